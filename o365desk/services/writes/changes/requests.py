"""What a change looks like to Graph: the requests that carry rows out, and the reads that tell what became of them.

Source: microsoftgraph/microsoft-graph-docs-contrib api-reference/v1.0/api/{group-post-members,group-update,
group-delete-members,group-delete,user-assignlicense,user-update}.md. A PATCH takes 20 members or none.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from o365desk.catalogue.operations import Change, GroupRemoval, Licences, Members, UserProperty
from o365desk.services.directory.holdings import (
    direct,
    groups_now,
    members_of,
    not_given,
    through_groups,
    users_now,
)
from o365desk.services.graph.client import Graph, Request
from o365desk.services.writes.journal.journal import JournalRow

TOGETHER = 20
"""Most members that come into a group by one request."""


@dataclass(frozen=True)
class WriteRequest:
    """Rows that go in one request. `target_key` as of its rows."""

    rows: tuple[JournalRow, ...]
    request: Request
    target_key: str


# --- writing ------------------------------------------------------------------------------------------------------


def one_per_user(change: Change, rows: Sequence[JournalRow]) -> list[list[JournalRow]]:
    """The rows in turns: two requests for the same user are never on their way at once."""
    if not isinstance(change, Licences | UserProperty):
        return [list(rows)]
    seen: Counter[str] = Counter()
    turns: list[list[JournalRow]] = []
    for row in rows:
        turn = seen[row.target["user"]]
        seen[row.target["user"]] += 1
        if turn == len(turns):
            turns.append([])
        turns[turn].append(row)
    return turns


def packs(change: Change, rows: Sequence[JournalRow], root: str, size: int = TOGETHER) -> list[WriteRequest]:
    """The requests for the rows: up to `size` in one where Graph takes several. `root` is Graph's host."""
    if isinstance(change, Members) and change.adds:
        return _additions(rows, root, size)
    shape = _SHAPES[type(change)]
    return [WriteRequest((row,), shape(change, row.target), target_key(row)) for row in rows]


def split(change: Change, refused: Sequence[WriteRequest], root: str) -> list[WriteRequest]:
    """The rows of refused requests, in smaller ones, so that the bad row comes to stand alone: in ones where all of
    them fit into two batches, else first in fives."""
    total = sum(len(pack.rows) for pack in refused)
    size = 1 if total <= 2 * TOGETHER or all(len(pack.rows) <= 5 for pack in refused) else 5
    return [part for pack in refused for part in packs(change, pack.rows, root, size)]


def target_key(row: JournalRow) -> str:
    """What a refusal of the row may concern as a whole: its group, else the row itself."""
    return str(row.target.get("group") or row.number)


def _additions(rows: Iterable[JournalRow], root: str, size: int) -> list[WriteRequest]:
    by_group: dict[str, list[JournalRow]] = {}
    for row in rows:
        by_group.setdefault(row.target["group"], []).append(row)
    made = []
    for group, all_ in by_group.items():
        for start in range(0, len(all_), size):
            some = tuple(all_[start : start + size])
            users = [row.target["user"] for row in some]
            made.append(WriteRequest(some, addition(root, group, users), group))
    return made


def addition(root: str, group: str, users: Sequence[str]) -> Request:
    """Users come into a group: all of them, or none."""
    addresses = [reference(root, user) for user in users]
    if len(addresses) == 1:
        return Request(method="POST", path=f"/groups/{group}/members/$ref", body={"@odata.id": addresses[0]})
    return Request(method="PATCH", path=f"/groups/{group}", body={"members@odata.bind": addresses})


def reference(root: str, key: str) -> str:
    """How a body names an object of the directory."""
    return f"{root}/v1.0/directoryObjects/{key}"


def _removal(change: Change, target: Mapping[str, Any]) -> Request:
    # The only place that makes this address. Without its end, Graph would delete the user instead.
    return Request(method="DELETE", path=f"/groups/{target['group']}/members/{target['user']}/$ref")


def _licence(change: Change, target: Mapping[str, Any]) -> Request:
    wish, sku = target["wish"], target["sku"]
    body: dict[str, Any] = {"addLicenses": [], "removeLicenses": [sku]}
    if wish is not None:
        body = {"addLicenses": [{"skuId": sku, "disabledPlans": wish}], "removeLicenses": []}
    return Request(method="POST", path=f"/users/{target['user']}/assignLicense", body=body)


def _property(change: Change, target: Mapping[str, Any]) -> Request:
    name = change.name if isinstance(change, UserProperty) else ""
    return Request(method="PATCH", path=f"/users/{target['user']}", body={name: target["value"]})


def _group_removal(change: Change, target: Mapping[str, Any]) -> Request:
    return Request(method="DELETE", path=f"/groups/{target['group']}")


_SHAPES: dict[type, Callable[[Change, Mapping[str, Any]], Request]] = {
    Members: _removal,
    Licences: _licence,
    UserProperty: _property,
    GroupRemoval: _group_removal,
}


# --- reading ------------------------------------------------------------------------------------------------------


def fulfilled(graph: Graph, change: Change, rows: Sequence[JournalRow]) -> dict[int, bool]:
    """By row number, whether the tenant is now as the row wants it. Raises ProblemError where it cannot be read."""
    return _READS[type(change)](graph, change, rows)


def _members_fulfilled(graph: Graph, change: Change, rows: Sequence[JournalRow]) -> dict[int, bool]:
    adds = isinstance(change, Members) and change.adds
    found = members_of(graph, dict.fromkeys(row.target["group"] for row in rows))
    result = {}
    for row in rows:
        members = found[row.target["group"]]
        result[row.number] = members is not None and (row.target["user"] in members) is adds
    return result


def _licences_fulfilled(graph: Graph, change: Change, rows: Sequence[JournalRow]) -> dict[int, bool]:
    found = users_now(graph, (row.target["user"] for row in rows), "licenseAssignmentStates")
    result = {}
    for row in rows:
        user, target = found[row.target["user"]], row.target
        done = user is not None and direct(user, target["sku"]) == target["wish"]
        done = done and (target["wish"] is None or not not_given(user or {}, target["sku"]))
        # Somebody who is to lose a plan, and has it through a group that the plan did not know of, has not lost it.
        through = user is not None and target["wish"] is None and through_groups(user, target["sku"])
        result[row.number] = done and (not through or bool(target.get("stays")))
    return result


def _property_fulfilled(graph: Graph, change: Change, rows: Sequence[JournalRow]) -> dict[int, bool]:
    name = change.name if isinstance(change, UserProperty) else ""
    found = users_now(graph, (row.target["user"] for row in rows), name)
    result = {}
    for row in rows:
        user = found[row.target["user"]]
        result[row.number] = user is not None and (user.get(name) or None) == row.target["value"]
    return result


def _groups_gone(graph: Graph, change: Change, rows: Sequence[JournalRow]) -> dict[int, bool]:
    found = groups_now(graph, (row.target["group"] for row in rows), ("id",))
    return {row.number: found[row.target["group"]] is None for row in rows}


_READS: dict[type, Callable[[Graph, Change, Sequence[JournalRow]], dict[int, bool]]] = {
    Members: _members_fulfilled,
    Licences: _licences_fulfilled,
    UserProperty: _property_fulfilled,
    GroupRemoval: _groups_gone,
}
