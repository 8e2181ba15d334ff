"""Columns that may turn a row's meaning round: an action, a role, a status, “delete”, “skip”. A row that says the
opposite of the operation is refused, one that agrees is taken, and what is not understood is asked for. From
`resources/headings.json`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from o365desk import paths
from o365desk.catalogue.operations import Operation
from o365desk.catalogue.texts import is_nothing
from o365desk.model.problems import Action, Problem
from o365desk.services.spreadsheets.heading_names import TEXT, plain, spoken

_WORDS = re.compile(r"[^\W_]+|[✓✔]")
_FLAGS = {
    "removes": ("remove", "add"),
    "gone": ("remove", ""),
    "adds": ("add", "remove"),
    "here": ("here", "remove"),
    "owns": ("owner", "member"),
    "skips": ("skip", ""),
    "counts": ("", "skip"),
}
"""What “yes” and “no” in such a column mean; "" says nothing."""
_ALWAYS = frozenset({"says", "counts"})
"""Columns in which every row must say something, if any does: an action, an approval."""
_SAYS = {"add": "is to be added", "remove": "is to be removed", "change": "is to be changed",
         "member": "is a member", "here": "is there", "owner": "is an owner", "skip": "is not meant"}  # fmt: skip


@cache
def _columns() -> dict[str, str]:
    """The sort of a column by its plain heading."""
    rows = paths.table("headings.json")["turning"]["columns"]
    return {plain(name): sort for sort, names in rows.items() for name in names.split()}


@cache
def _words() -> dict[str, str]:
    """What a word means."""
    rows = paths.table("headings.json")["turning"]["words"]
    plain_ones = {word: meant for meant, words in rows.items() for word in words.split()}
    return plain_ones | {plain(word): meant for word, meant in plain_ones.items() if plain(word)}


def turns(heading: str, operation: Operation) -> str:
    """The sort of a column that may turn the rows of an operation round; "" for another column."""
    sort = next((found for name in spoken(heading) if (found := _columns().get(name))), "")
    change = operation.change
    return "" if sort in ("role", "owns") and not (change and change.has_roles) else sort


@lru_cache(maxsize=4096)
def meaning(sort: str, cell: str) -> str | None:
    """What a cell of such a column says: add, remove, change, here, member, owner, skip, or "" for nothing; None
    where it is not understood."""
    text = " ".join(cell.casefold().split())
    if not text or is_nothing(TEXT, text):
        # No mark in a column of marks is a no; no word in one of words says nothing.
        return _FLAGS[sort][1] if sort in ("removes", "owns") else ""
    words = _WORDS.findall(text)
    found = {_words().get(word) or _words().get(plain(word)) for word in words} - {"filler"}
    if len(found) > 1 and found <= {"add", "remove", "change", "here", "member"}:
        found -= {"member"}  # “add member” is an addition
    if len(found) != 1 or (only := found.pop()) is None:
        return None
    if sort in _FLAGS:
        yes, no = _FLAGS[sort]
        return {"yes": yes, "no": no}.get(only)
    if only in ("yes", "no") or (sort == "role") != (only in ("member", "owner")):
        return None
    return only


def _agrees(operation: Operation, said: str) -> bool:
    return said in ("", "member", "here") or (operation.change is not None and said in operation.change.said)


@dataclass(frozen=True)
class Turning:
    """A column that may turn a row round: where it is, what it is called, its sort."""

    place: int
    heading: str
    sort: str

    def cell(self, cells: Sequence[str]) -> str:
        """What a row has in it."""
        return cells[self.place].strip() if self.place < len(cells) else ""

    def contradicts(self, operation: Operation, cells: Sequence[str]) -> Problem | None:
        """Why a row is not meant for this operation; None where it is."""
        text = self.cell(cells)
        said = meaning(self.sort, text)
        if said is None or _agrees(operation, said):
            return None
        title = f"“{self.heading}” says “{text[:60]}”" if text else f"“{self.heading}” is empty"
        return Problem(
            title=f"{title}: the row {_SAYS[said]}",
            cause=f"That is not what “{operation.title}” does.",
            remedy="Take the row out, or leave the column out.",
            action=Action.FIELD,
            field="rows",
            code="contradicts",
        )


def not_understood(column: Turning, lines: Iterable[tuple[int, Sequence[str]]]) -> tuple[int, str] | None:
    """The first line and text of a column that cannot be understood, None for none: also a line that says nothing
    where others name an action."""
    nothing, spoken_of = 0, False
    for number, cells in lines:
        text = column.cell(cells)
        said = meaning(column.sort, text)
        if said is None:
            return number, text
        if column.sort in _ALWAYS and not nothing and (not text or is_nothing(TEXT, text)):
            nothing = number
        spoken_of = spoken_of or bool(text)
    return (nothing, "") if nothing and spoken_of else None
