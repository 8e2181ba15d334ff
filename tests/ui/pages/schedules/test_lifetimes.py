"""Lifetimes: what ends and what runs, as rows and on one line; and as a calendar file."""

from datetime import date
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from o365desk.ui.context import CommandKey
from o365desk.ui.destinations import ToConnector, ToLifetimes, ToSchedules
from o365desk.ui.pages.schedules.lifetimes import LifetimesPage
from tests.ui.scheduled import Planned


def lifetimes(planned: Planned) -> LifetimesPage:
    planned.window.go(ToLifetimes())
    planned.idle()
    page = planned.window.page(ToLifetimes)
    assert isinstance(page, LifetimesPage)
    return page


def filled(planned: Planned) -> LifetimesPage:
    source = planned.source()
    ends = planned.source("Fabrikam & co")
    for each, day in ((source, date(2026, 5, 20)), (ends, date(2026, 5, 1))):
        entry = planned.app.workspace.get(each.id)
        planned.app.workspace.save(entry.source.replace(secret_expires=day), entry.version)
    planned.task()
    return lifetimes(planned)


def test_nothing_ends_yet(planned: Planned) -> None:
    page = lifetimes(planned)
    assert page.empty.isVisible()
    assert not page.card.isVisible()


def test_rows_and_line_say_the_same(planned: Planned) -> None:
    page = filled(planned)
    rows = [page.model.row_at(page.model.index(line, 0)) for line in range(page.model.rowCount())]
    said = [(page.model.index(line, 1).data(), page.model.index(line, 2).data()) for line in range(len(rows))]
    assert said == [
        ("The client secret has ended", "Fabrikam & co"),
        ("“Nightly” runs", "Contoso HR"),
        ("The client secret ends", "Contoso HR"),
    ]
    points = {point.key: point for point in page.line.points}
    assert set(points) == {page.identity(row) for row in rows}
    assert [point.tone for point in page.line.points] == ["bad", "info", "warn"]
    spots = [page.line.spot(point) for point in page.line.points]
    assert spots[0].x() <= spots[1].x() < spots[2].x() <= page.line.width()
    assert page.line.lanes == ("Fabrikam & co", "Contoso HR")
    said_aloud = page.line.accessibleName()
    assert said_aloud.startswith("1 end ahead, 1 past, 1 next run. The nearest: The client secret ends, Contoso HR")


def test_a_point_chooses_its_row(planned: Planned) -> None:
    page = filled(planned)
    point = page.line.points[2]
    QTest.mouseClick(page.line, Qt.MouseButton.LeftButton, pos=page.line.spot(point).toPoint())
    assert page.current is not None
    assert page.identity(page.current) == point.key == page.line._marked


def test_enter_leads_to_where_it_is_renewed(planned: Planned) -> None:
    page, seen = filled(planned), list[object]()
    for number in (1, 2):
        page.table.choose(page.line.points[number].key)
        page.table.setFocus()
        QTest.keyClick(page.table, Qt.Key.Key_Return)
        seen.append(planned.window._where)
        page = lifetimes(planned)
    assert seen == [ToSchedules, ToConnector]


def test_the_calendar_is_written(planned: Planned, tmp_path: Path) -> None:
    page = filled(planned)
    assert callable(page.commands()[CommandKey.EXPORT])
    file = tmp_path / "o365desk.ics"
    page.write(file)
    planned.idle()
    text = file.read_bytes().decode()
    assert text.startswith("BEGIN:VCALENDAR\r\n")
    assert text.count("BEGIN:VEVENT") == 3
    assert "RRULE:FREQ=HOURLY" in text
    assert planned.said()[0] == "o365desk.ics is written: calendars can read it"


def test_a_calendar_that_cannot_be_written_is_told(planned: Planned, tmp_path: Path) -> None:
    page = filled(planned)
    page.write(tmp_path / "no folder" / "o365desk.ics")
    planned.idle()
    assert "o365desk.ics" in planned.said()[0]
    assert planned.window.notices.kept()[0].level == "bad"


def test_many_data_sources_are_told_to_be_in_the_table(planned: Planned) -> None:
    for number in range(10):
        made = planned.source(f"Tenant {number}")
        entry = planned.app.workspace.get(made.id)
        changed = entry.source.replace(secret_expires=date(2026, 6, 1 + number))
        planned.app.workspace.save(changed, entry.version)
    page = lifetimes(planned)
    assert page.line.left_out == 2
    assert page.model.rowCount() == 10
    assert page.line.height() <= page.height() / 2, "the table keeps its room"
    page.line.grab()
