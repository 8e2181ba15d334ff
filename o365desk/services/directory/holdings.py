"""What users and groups hold now: members, licences, properties."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from o365desk.catalogue.operations import PAGE
from o365desk.model.problems import Problem, ProblemError
from o365desk.services.graph import answers, objects
from o365desk.services.graph.client import Graph, Reply, Request

_IDS, _TYPED = objects.page(("id",)), objects.page(("id", "@odata.type"))
_GROUP = "#microsoft.graph.group"
"""What Graph calls the type of a group, which it tells where a list has several types."""


def groups_now(graph: Graph, groups: Iterable[str], select: Sequence[str]) -> dict[str, dict[str, Any] | None]:
    """Some properties of groups by id, as they are now. None: it is not there."""
    return _now(graph, "/groups", groups, tuple(select))


def _now(graph: Graph, path: str, keys: Iterable[str], select: tuple[str, ...]) -> dict[str, dict[str, Any] | None]:
    """Some properties of objects by id, each read singly. Raises ProblemError where one comes for another, too."""
    properties, shape, found = ",".join(select), objects.one(select), {}
    asked = [
        Request(method="GET", path=f"{path}/{key}?$select={properties}", key=key, shape=shape)
        for key in dict.fromkeys(keys)
    ]
    for reply in graph.batch(asked):
        key, entity = str(reply.request.key), good(reply)
        if entity and entity["id"].lower() != key.lower():
            raise ProblemError(answers.no_sense(reply.request_id, f"{key} was asked for; {entity['id']} came."))
        found[key] = entity
    return found


def members_of(
    graph: Graph,
    groups: Collection[str],
    read: Callable[[int], None] = lambda number: None,
    nested: dict[str, list[str]] | None = None,
) -> dict[str, set[str] | None]:
    """The ids of the members of each group, every list read to its end; None for a group that is not there. `read`
    hears how many were read so far; `nested` is given the ids of those members that are groups. Raises
    ProblemError: an incomplete list is never returned."""
    shape = _IDS if nested is None else _TYPED
    asked = [
        Request(method="GET", path=f"/groups/{group}/members?$select=id&$top={PAGE}", key=group, shape=shape)
        for group in groups
    ]
    found: dict[str, set[str] | None] = {}
    number = 0
    for reply in graph.batch(asked):
        if reply.status == 404:
            found[str(reply.request.key)] = None
            continue
        ids: set[str] = set()
        for row in graph.rows(reply):
            ids.add(row["id"])
            if nested is not None and row.get("@odata.type") == _GROUP:
                nested.setdefault(str(reply.request.key), []).append(row["id"])
            if len(ids) % PAGE == 0:
                read(number + len(ids))
        found[str(reply.request.key)] = ids
        number += len(ids)
        read(number)
    return found


def good(reply: Reply) -> Any:
    """The body of a read; None where the object is not there. Raises ProblemError for any other refusal, and where
    no object came: from that, nothing may be concluded."""
    if reply.problem is None:
        if not isinstance(reply.body, dict):
            raise ProblemError(answers.no_object(reply.request_id))
        return reply.body
    if reply.status == 404:
        return None
    raise ProblemError(reply.problem)


def users_now(graph: Graph, users: Iterable[str], select: str) -> dict[str, dict[str, Any] | None]:
    """Some properties of users by id, each read singly: not all of them are in lists. None: not there."""
    return _now(graph, "/users", users, ("id", *select.split(",")))


NOT_GIVEN = "Error"
"""The state of an assignment that has no effect."""


def direct(user: Mapping[str, Any], sku: str) -> list[str] | None:
    """What is left out of a plan that a user has directly, sorted; None if it was not assigned directly."""
    for state in user.get("licenseAssignmentStates") or ():
        if str(state.get("skuId")).lower() == sku.lower() and not state.get("assignedByGroup"):
            return sorted(str(plan).lower() for plan in state.get("disabledPlans") or ())
    return None


def through_groups(user: Mapping[str, Any], sku: str) -> list[str]:
    """The ids of the groups through which a user has a plan; not of those that should give it and could not."""
    return [
        str(state["assignedByGroup"])
        for state in user.get("licenseAssignmentStates") or ()
        if str(state.get("skuId")).lower() == sku.lower()
        and state.get("assignedByGroup")
        and state.get("state") != NOT_GIVEN
    ]


def not_given(user: Mapping[str, Any], sku: str) -> str:
    """Microsoft's word for why a plan that was assigned directly was not given (CountViolation); "" if it was."""
    for state in user.get("licenseAssignmentStates") or ():
        if str(state.get("skuId")).lower() == sku.lower() and not state.get("assignedByGroup"):
            return str(state.get("error") or "Other") if state.get("state") == NOT_GIVEN else ""
    return ""


_PERSON = ("id", "userPrincipalName", "mail", "@odata.type")
_DEEPEST = 20
"""Levels of groups in groups that are looked through."""


def everyone_in(graph: Graph, group: str) -> set[str] | None:
    """The ids and addresses (UPN and mail) of the users in a group and in the groups inside it; None where it is
    not there. Raises ProblemError: an incomplete list is never returned, nor one of groups nested deeper than 20.
    """
    shape, found = objects.page(_PERSON), set[str]()
    seen, left = {group.lower()}, [group]
    for depth in range(_DEEPEST):
        asked = [
            Request(
                method="GET",
                path=f"/groups/{key}/members?$select=id,userPrincipalName,mail&$top={PAGE}",
                key=key,
                shape=shape,
            )
            for key in left
        ]
        left = []
        for reply in graph.batch(asked):
            if reply.status == 404:
                if not depth:
                    return None
                continue
            for row in graph.rows(reply):
                found.update(str(row[name]) for name in _PERSON[:3] if row.get(name))
                if row.get("@odata.type") == _GROUP and row["id"].lower() not in seen:
                    seen.add(row["id"].lower())
                    left.append(row["id"])
        if not left:
            return found
    raise ProblemError(
        Problem(
            title="Who is in the group could not be found out",
            cause=f"Groups are nested in it more than {_DEEPEST} levels deep.",
            remedy="Name a group nearer to the people.",
            code="too-deep",
        )
    )
