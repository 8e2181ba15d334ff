"""What imports saw change: counted, filtered, searched, exported, planned back."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from o365desk.model.directory.imports import Kind
from o365desk.ui.pages.directory.changes import Changes
from tests.ui.pages.directory.conftest import Shelf


def opened(shelf: Shelf) -> Changes:
    page = shelf.open()
    page.tabs.setCurrentWidget(page.changes)
    shelf.idle()
    return page.changes


def test_after_one_import_it_says_that_the_second_is_to_come(shelf: Shelf) -> None:
    from tests import imported

    imported.run(shelf.app, shelf.source, imported.people(20), [])
    changes = opened(shelf)
    assert "still to come" in changes.empty.text.text()
    assert not changes.since.isEnabled()


def test_who_came_left_and_changed(shelf: Shelf) -> None:
    shelf.fill()
    changes = opened(shelf)
    counts = changes.figures.counts
    assert (counts["came"], counts["left"], counts["changed"]) == (5, 4, 7)
    assert counts["disabled"] == 2
    total = len(changes.model.all_rows())
    assert changes.count.text() == f"{total} changes"
    changes.figures.buttons["left"].click()
    assert changes.model.total == 4
    assert changes.count.text() == f"4 of {total} changes"
    assert all("can be restored there for 30 days" in changes.model.columns[4].text(row)
               for row in changes.model.all_rows())  # fmt: skip
    changes.figures.buttons["left"].click()
    changes.search.setText("Marketing")
    assert 0 < changes.model.rowCount() < changes.model.total


def test_the_words_before_the_two_moments_are_whole(shelf: Shelf) -> None:
    shelf.fill()
    shelf.window.resize(960, 640)
    changes = opened(shelf)
    labels = [label for label in changes.findChildren(QLabel) if label.buddy() in (changes.since, changes.until)]
    assert {label.text() for label in labels} == {"Fro&m", "&To"}
    letters = [sum(map(label.fontMetrics().horizontalAdvance, label.text().replace("&", ""))) for label in labels]
    assert all(label.width() >= width for label, width in zip(labels, letters, strict=True))


def test_a_click_leads_to_the_person(shelf: Shelf) -> None:
    shelf.fill()
    changes = opened(shelf)
    changes.figures.buttons["changed"].click()
    row = changes.model.all_rows()[0]
    changes.table.opened.emit(row)
    shelf.idle()
    assert shelf.page.tabs.currentWidget() is (shelf.page.users if row.kind != "groups" else shelf.page.groups)
    listing = shelf.page.users if row.kind != "groups" else shelf.page.groups
    assert listing.details.known
    assert listing.details.known.person.row["id"] == row.id


def test_two_memberships_are_planned_back_at_once(shelf: Shelf) -> None:
    shelf.fill()
    changes = opened(shelf)
    changes.figures.buttons["left a group"].click()
    alone = [row for row in changes.model.all_rows() if row.why is None]
    assert len(alone) == 2
    changes.model.set_rows(alone)
    changes.table.setFocus(Qt.FocusReason.TabFocusReason)
    changes.table.selectAll()
    (action,) = changes.restore_button.menu().actions()
    assert action.text() == "Put 2 back into groups…"


def test_the_way_back_says_why_it_is_off(shelf: Shelf) -> None:
    shelf.fill()
    changes = opened(shelf)
    changes.figures.buttons["came"].click()
    changes.table.selectAll()
    assert not changes.restore_button.isEnabled()
    assert "memberships or licences" in changes.restore_button.toolTip()
    assert shelf.app.directories.of(shelf.source).count(Kind.USERS) == 321
