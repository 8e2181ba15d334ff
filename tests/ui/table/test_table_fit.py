"""Rows are as high as their notes, and the window does not stand still while that is measured."""

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from o365desk.ui.table.view import Column, Table, TableModel
from o365desk.ui.widgets.theme import Theme


def test_the_rows_in_sight_are_fitted_first_and_the_others_in_turns(qapp: QApplication, qtbot: QtBot) -> None:
    column = Column(
        key="name",
        title="Name",
        text=lambda row: f"Row {row}",
        note=lambda row: "a long note that wraps " * 9,
        width=150,
    )
    model = TableModel((column,), lambda row: row)
    table = Table(model, Theme(qapp, "light", False), "Rows")
    qtbot.addWidget(table)
    table.resize(200, 300)
    table.show()
    measured: list[int] = []
    fit = table.resizeRowToContents
    table.resizeRowToContents = lambda row: (measured.append(row), fit(row))  # type: ignore[method-assign,assignment,func-returns-value]
    model.set_rows(range(2000))
    assert measured[:1] == [0]
    assert len(measured) <= 100, "no more than a few in the turn that shows them"
    qtbot.waitUntil(lambda: max(measured) == 499)
    heights = {table.rowHeight(row) for row in range(500)}
    assert len(heights) == 1
    assert heights.pop() > 2 * table.rowHeight(1999)


@pytest.mark.parametrize("wraps", [True, False])
def test_what_wraps_is_seen_whole_instead_of_being_scrolled(qapp: QApplication, qtbot: QtBot, wraps: bool) -> None:
    name = Column(key="name", title="Name", text=str, width=240, grows=True)
    how = Column(key="how", title="How", text=lambda row: "word " * 20, width=420, grows=True, wraps=wraps)
    model = TableModel((name, how), lambda row: row)
    table = Table(model, Theme(qapp, "light", False), "Rows", several=True)
    qtbot.addWidget(table)
    table.resize(500, 300)
    table.show()
    model.set_rows(range(3))
    qtbot.waitUntil(lambda: table.horizontalScrollBar().isVisible() is not wraps)
    assert (table.horizontalHeader().length() <= table.viewport().width()) is wraps
