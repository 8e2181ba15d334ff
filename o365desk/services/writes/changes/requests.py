"""Rows in requests: one in each, or several together, and these in parts again where Graph refuses them.

Source: microsoftgraph/microsoft-graph-docs-contrib api-reference/v1.0/api/{group-post-members,group-update}.md. A
PATCH takes 20 members or none.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from o365desk.services.graph.client import Request
from o365desk.services.writes.journal.journal import JournalRow

TOGETHER = 20
"""Most members that come into a group by one request."""


@dataclass(frozen=True)
class WriteRequest:
    """Rows that go in one request. `target_key` is what a refusal of them may concern as a whole."""

    rows: tuple[JournalRow, ...]
    request: Request
    target_key: str


def own_key(row: JournalRow) -> str:
    """A refusal concerns the row alone."""
    return str(row.number)


def one_each(
    rows: Sequence[JournalRow],
    request: Callable[[JournalRow], Request],
    key_of: Callable[[JournalRow], str] = own_key,
) -> list[WriteRequest]:
    """A request for each row."""
    return [WriteRequest((row,), request(row), key_of(row)) for row in rows]


def one_per_user(rows: Sequence[JournalRow], user_of: Callable[[JournalRow], str]) -> list[list[JournalRow]]:
    """The rows in turns: two requests for the same user are never on their way at once."""
    seen: Counter[str] = Counter()
    turns: list[list[JournalRow]] = []
    for row in rows:
        turn = seen[user_of(row)]
        seen[user_of(row)] += 1
        if turn == len(turns):
            turns.append([])
        turns[turn].append(row)
    return turns


def smaller(refused: Sequence[WriteRequest]) -> int:
    """How many rows of refused requests go in one the next time, so that the bad row comes to stand alone: one,
    where all of them fit into two batches, else first five."""
    total = sum(len(pack.rows) for pack in refused)
    return 1 if total <= 2 * TOGETHER or all(len(pack.rows) <= 5 for pack in refused) else 5


def addition(root: str, group: str, users: Sequence[str]) -> Request:
    """Users come into a group: all of them, or none."""
    addresses = [reference(root, user) for user in users]
    if len(addresses) == 1:
        return Request(method="POST", path=f"/groups/{group}/members/$ref", body={"@odata.id": addresses[0]})
    return Request(method="PATCH", path=f"/groups/{group}", body={"members@odata.bind": addresses})


def reference(root: str, key: str) -> str:
    """How a body names an object of the directory."""
    return f"{root}/v1.0/directoryObjects/{key}"
