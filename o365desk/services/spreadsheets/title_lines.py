"""Which of a file's first lines has the headings: below titles, with commas or without, below lines of key and
value, below what is wider than the table.
"""

import re
from collections.abc import Callable, Sequence

from o365desk.catalogue.texts import names_one
from o365desk.services.spreadsheets.formats.formats import Line

Keys = Callable[[Sequence[str]], list[str]]
"""By place the field that each cell would mean as a heading, "" for none."""

_VERSION = re.compile(r"version:v?[\d.]+", re.IGNORECASE)
"""The first line of Microsoft's templates."""


def is_value(cell: str) -> bool:
    """Whether this is an address or an ID, and so no heading and no title."""
    text = cell.strip()
    return names_one(text) or ("@" in text and " " not in text)


def top_line(lines: Sequence[Line], keys: Keys) -> tuple[int | None, int]:
    """The place of the line that has the headings, None for none; and of the one that looks most like it, which is
    to be blamed where the file is refused."""
    best, most, sure = None, 0, False
    for place, (_, cells) in enumerate(lines):
        full = [cell for cell in cells if cell.strip()]
        if any(map(is_value, full)):
            if sure or is_value(full[0]) or len(full) > 2:
                break
            continue  # “Exported by;admin@…” above the table
        known = keys(cells)
        named = len({key for key in known if key})
        heads = _heads(lines, place, known)
        rank = named + 2 * heads if named else 0
        if rank > most and _may_be(lines, place, named, first=best is None, heads=heads, full=len(full) == named):
            best, most, sure = place, rank, heads
    return best, _likely(lines) if best is None else best


def _heads(lines: Sequence[Line], place: int, known: Sequence[str]) -> bool:
    """Whether the line below has an address or an ID in a column that is known."""
    below = lines[place + 1][1] if place + 1 < len(lines) else []
    return any(key and is_value(cell) for key, cell in zip(known, below, strict=False))


def _may_be(lines: Sequence[Line], place: int, named: int, *, first: bool, heads: bool, full: bool) -> bool:
    """Whether nothing but titles is above a line: it is wider than they; or what is above says nothing, and it is
    full of names or has values right below its names."""
    above = [cells for _, cells in lines[:place] if not _VERSION.fullmatch("".join(cells).strip().rstrip(",;"))]
    wider = max(map(_width, above), default=0) < _width(lines[place][1])
    return wider or heads or (first and full and named > 1)


def _likely(lines: Sequence[Line]) -> int:
    """The line that looks most like headings where none is known: right above the first line of values that has
    none itself, else the first of the widest ones."""
    values = [any(map(is_value, cells)) for _, cells in lines]
    if values[:1] == [True] and is_value(next(cell for cell in lines[0][1] if cell.strip())):
        return 0  # rows right from the beginning
    above = (place for place, held in enumerate(values[1:]) if held and not values[place])
    return next(above, max(range(len(lines)), key=lambda place: (_width(lines[place][1]), -place), default=0))


def _width(cells: Sequence[str]) -> int:
    return sum(not cell.isspace() and cell != "" for cell in cells)
