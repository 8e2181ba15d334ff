"""Search as you type: what somebody who types this into a field may mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from o365desk.catalogue import odata
from o365desk.catalogue.groups import kind_of
from o365desk.catalogue.licences import seats
from o365desk.model.datasource import is_guid
from o365desk.model.fields import Kind
from o365desk.model.problems import ProblemError
from o365desk.services.directory.lookup import (
    GROUP_SELECT,
    GROUPS,
    USER_SELECT,
    USERS,
    Entity,
    Sort,
    key_of,
    part_number,
    path_of,
    plan_name,
    plans,
    rows_of,
    sku_id,
)
from o365desk.services.graph import objects
from o365desk.services.graph.batch import Request
from o365desk.services.graph.client import Graph

_SUGGESTED = 20


@dataclass(frozen=True)
class Suggestion:
    """One line of a search as you type. `value` is the id that goes into the field."""

    value: str
    title: str
    note: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


_STARTS = {
    Kind.USER: ("displayName", "givenName", "surname", "mail", "userPrincipalName"),
    Kind.GROUP: ("displayName", "mail", "mailNickname"),
}


def suggest(graph: Graph, kind: Kind, text: str) -> list[Suggestion]:
    """What a person who types this may mean, at most 20, what begins with it first. For SERVICE_PLANS the text is
    the licence plan, and all of its service plans that users can have are given: they are ticked, not searched.
    Raises ProblemError."""
    wanted = text.strip()
    if kind is Kind.PLAN:
        return [_plan_suggestion(sku) for sku in plans(graph).all if _fits(wanted, sku)][:_SUGGESTED]
    if kind is Kind.SERVICE_PLANS:
        return _service_plans(plans(graph).find(wanted).entity or {})
    if not wanted:
        return []
    sort, shown = (GROUPS, _group_suggestion) if kind is Kind.GROUP else (USERS, _user_suggestion)
    rows = _typed(graph, sort, wanted, _STARTS.get(kind, _STARTS[Kind.USER]))
    return [shown(row) for row in rows[:_SUGGESTED]]


def _typed(graph: Graph, sort: Sort, text: str, starts: Sequence[str]) -> list[Entity]:
    """Both searches in one `$batch`: what begins so, and (where the tenant has the index) whose name has such a
    word."""
    select = USER_SELECT if sort is USERS else GROUP_SELECT
    shared, shape = {"$select": ",".join(select), "$top": str(_SUGGESTED)}, objects.page(select)
    if is_guid(text):
        options = {"$filter": f"id eq {odata.literal(text)}"}
        return list(rows_of(graph, [Request(method="GET", path=path_of(sort.path, options | shared), shape=shape)]))
    begins = {"$filter": odata.any_starts_with(starts, text)}
    word = {"$search": odata.any_word(("displayName",), text), "$count": "true"}
    asked = [Request(method="GET", path=path_of(sort.path, begins | shared), shape=shape)]
    if odata.searchable(text):
        asked.append(Request(method="GET", path=path_of(sort.path, word | shared), eventual=True, shape=shape))
    first, *words = graph.batch(asked)
    if first.problem is not None:
        raise ProblemError(first.problem)
    rows = [*first.body["value"], *(row for reply in words if reply.problem is None for row in reply.body["value"])]
    return list({row["id"]: row for row in rows}.values())


def _user_suggestion(user: Entity) -> Suggestion:
    note = str(user.get("userPrincipalName") or "")
    marks = [
        word
        for word, holds in (
            ("guest", user.get("userType") == "Guest"),
            ("disabled", user.get("accountEnabled") is False),
        )
        if holds
    ]
    return Suggestion(user["id"], str(user.get("displayName") or note), " · ".join([note, *marks]), user)


def _group_suggestion(group: Entity) -> Suggestion:
    parts = [kind_of(group), *([group["mail"]] if group.get("mail") else [])]
    return Suggestion(group["id"], str(group.get("displayName") or ""), " · ".join(parts), group)


def _fits(text: str, sku: Entity) -> bool:
    wanted = key_of(text)
    return any(wanted in key_of(way(sku)) for way in (sku_id, part_number, plan_name))


def _plan_suggestion(sku: Entity) -> Suggestion:
    free = seats(sku)["free"]
    said = f"{free:,} free" if free >= 0 else f"{-free:,} too many in use"
    return Suggestion(sku_id(sku), plan_name(sku), f"{part_number(sku)} · {said}", sku)


def _service_plans(sku: Entity) -> list[Suggestion]:
    return [
        Suggestion(str(plan["servicePlanId"]), str(plan["servicePlanName"]), "", plan)
        for plan in sku.get("servicePlans") or ()
        if plan.get("appliesTo", "User") == "User"
    ]
