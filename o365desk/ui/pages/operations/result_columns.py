"""The columns of the catalogue as columns of the table: alignment, faces, marks and bars by their kind."""

from dataclasses import replace
from typing import Any

from o365desk.catalogue.operations import Column as Listed
from o365desk.catalogue.operations import ColumnKind
from o365desk.model.text import wording
from o365desk.ui.pages.operations.result_rows import Packed, bulk_of, sort_of, text_of, unpacked, when
from o365desk.ui.table.model import Column


def table_column(listed: Listed) -> Column:
    """How a column of a read is shown in a table of packed rows."""
    made = Column(
        key=listed.key,
        title=listed.title,
        text=text_of(listed),
        sort=sort_of(listed),
        bulk=bulk_of(listed),
        width=listed.width,
        shown=listed.shown,
        right=listed.kind is ColumnKind.NUMBER,
        mono=listed.kind is ColumnKind.IDENTIFIER,
        grows=listed.kind in (ColumnKind.TEXT, ColumnKind.LIST) and listed.width > 160,
    )
    more = _BY_KIND.get(listed.kind)
    return more(made, listed) if more else made


def _check(made: Column, listed: Listed) -> Column:
    marks = {True: ("check", "good"), False: ("cross", "dim")}
    return replace(made, icon=lambda row: marks.get(listed.value(unpacked(row))))


def _date(made: Column, listed: Listed) -> Column:
    def tip(row: Packed) -> str:
        """As Graph gives it, and in full here."""
        value = listed.value(unpacked(row))
        at = when(value)
        return f"{value} · here {wording.exact(at)}" if at else str(value or "")

    return replace(made, tip=tip, mono=False)


def _seats(made: Column, listed: Listed) -> Column:
    def bar(row: Packed) -> tuple[int, int]:
        value: dict[str, Any] = listed.value(unpacked(row))
        return value["used"], value["enabled"]

    def tone(row: Packed) -> str:
        return "bad" if listed.value(unpacked(row))["free"] < 0 else ""

    return replace(made, bar=bar, tone=tone, width=max(listed.width, 380))


_BY_KIND = {ColumnKind.CHECK: _check, ColumnKind.DATE: _date, ColumnKind.SEATS: _seats}
