"""Rows of a read as the table of results keeps them: each as its own bytes, and what is shown of them.

A hundred thousand dictionaries would be walked through by Python's collector again and again, and the window
would stand still meanwhile; bytes are not. A row is decoded when it comes into sight, a column of many rows when it
is sorted by.
No Qt here: pages are packed in the worker that reads them.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, overload

import msgspec

from o365desk.catalogue.operations import Column, ColumnKind
from o365desk.model.text import wording
from o365desk.services.spreadsheets.export import LIST_SEPARATOR, cell

Packed = bytes
_IN_SIGHT = 1_024
"""Rows that are kept decoded: what is in sight, a few times over."""

packed: Callable[[Any], Packed] = msgspec.json.Encoder().encode
decoded: Callable[[Packed], Any] = msgspec.json.Decoder().decode


@lru_cache(_IN_SIGHT)
def unpacked(row: Packed) -> Mapping[str, Any]:
    """The row in Graph's shape, not to be changed."""
    made: Mapping[str, Any] = decoded(row)
    return made


def pack(rows: Sequence[Mapping[str, Any]]) -> list[Packed]:
    """A page of rows."""
    return [packed(row) for row in rows]


class Unpacked(Sequence[Mapping[str, Any]]):
    """Packed rows as rows; each is decoded when it is looked at. Not to be changed."""

    def __init__(self, rows: Sequence[Packed]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, at: int) -> Mapping[str, Any]: ...

    @overload
    def __getitem__(self, at: slice) -> list[Mapping[str, Any]]: ...

    def __getitem__(self, at: int | slice) -> Mapping[str, Any] | list[Mapping[str, Any]]:
        """A row, or some of them."""
        found = self._rows[at]
        made: Mapping[str, Any] | list[Mapping[str, Any]]
        made = decoded(found) if isinstance(found, Packed) else list(map(decoded, found))
        return made


def identity_of(key: str) -> Callable[[Packed], object]:
    """What tells a row from another when the list is read again: its property of this name."""
    one = msgspec.defstruct("One", [("value", Any, None)], rename={"value": key}, gc=False)
    decode: Callable[[bytes], Any] = msgspec.json.Decoder(one).decode
    return lambda row: decode(row).value or row


def searched(columns: Sequence[Column], row: Mapping[str, Any]) -> str:
    """What the filter looks at: the texts of the columns that it searches."""
    values = [column.value(row) for column in columns]
    return "\n".join([value if type(value) is str else _plain(value) for value in values if value]).casefold()


def searched_again(columns: Sequence[Column], rows: Sequence[Packed], rest: Callable[[], None]) -> list[str]:
    """The same of many rows; `rest` is called now and then."""
    texts = []
    for number, row in enumerate(rows):
        texts.append(searched(columns, decoded(row)))
        if number % _IN_SIGHT == 0:
            rest()
    return texts


# --- what is shown -----------------------------------------------------------------------------------------------


def text_of(column: Column) -> Callable[[Packed], str]:
    """What a cell of the column says."""
    shown: Callable[[Any], str] = _TEXTS.get(column.kind, _plain)
    return lambda row: shown(column.value(unpacked(row)))


def sort_of(column: Column) -> Callable[[Packed], Any]:
    """The column's native value: what it is sorted by."""
    native: Callable[[Any], Any] = _NATIVES.get(column.kind, _native_text)
    return lambda row: native(column.value(unpacked(row)))


def bulk_of(column: Column) -> Callable[[Sequence[Packed]], list[Any]]:
    """The same for many rows; of a column that is a property of Graph, only that one is decoded."""
    native: Callable[[Any], Any] = _NATIVES.get(column.kind, _native_text)
    value = column.value
    if column.of:
        return lambda rows: [native(value(decoded(row))) for row in rows]
    one = msgspec.defstruct("One", [("value", Any, None)], rename={"value": column.key}, gc=False)
    decode: Callable[[bytes], Any] = msgspec.json.Decoder(list[one]).decode  # type: ignore[valid-type]
    return lambda rows: [native(item.value) for item in decode(b"[" + b",".join(rows) + b"]")]


def _plain(value: Any) -> str:
    return str(cell(value)) if value is not None else ""


def _yes_no(value: Any) -> str:
    return "" if value is None else "Yes" if value else "No"


def when(value: Any) -> datetime | None:
    """A point in time as Graph gives it; None where it is none."""
    try:
        return wording.here(datetime.fromisoformat(str(value))) if value else None
    except ValueError:
        return None


def _date(value: Any) -> str:
    at = when(value)
    return wording.in_table(at) if at else _plain(value)


def _number(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else _plain(value)


def seats(value: Any) -> str:
    """Seats in words: what is used, of how many, and what is free or too many."""
    if not isinstance(value, Mapping):
        return ""
    free = value["free"]
    left = f"{free:,} free" if free >= 0 else f"{-free:,} too many"
    return f"{value['used']:,} of {value['enabled']:,}, {left}"


def _native_text(value: Any) -> str | None:
    return str(value).casefold() if value not in (None, "") else None


def _joined(value: Any) -> str | None:
    return LIST_SEPARATOR.join(map(str, value)).casefold() or None if value else None


_TEXTS: dict[ColumnKind, Callable[[Any], str]] = {
    ColumnKind.CHECK: _yes_no,
    ColumnKind.DATE: _date,
    ColumnKind.NUMBER: _number,
    ColumnKind.SEATS: seats,
}
_NATIVES: dict[ColumnKind, Callable[[Any], Any]] = {
    ColumnKind.NUMBER: lambda value: value,
    ColumnKind.CHECK: lambda value: None if value is None else not value,
    ColumnKind.LIST: _joined,
    ColumnKind.SEATS: lambda value: value["used"] / value["enabled"] if value["enabled"] else value["used"],
}
"""What is sorted otherwise than as text: yes before no, plans by how full they are."""
