"""The import page: what waits, what holds it up, what is typed before it goes on, and what breaks off."""

from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from o365desk.model.directory.imports import Kind
from o365desk.ui.destinations import ToDirectory, ToImport
from tests import imported
from tests.ui.pages.directory.conftest import Shelf


def gone(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"id": row["id"], "@removed": {"reason": "changed"}} for row in rows]


def waiting(shelf: Shelf) -> None:
    shelf.window.go(ToImport(source_id=shelf.source.id))
    shelf.idle()


def test_nothing_waits(shelf: Shelf) -> None:
    waiting(shelf)
    assert "No import waits" in shelf.imports.banner.plain_text()
    assert shelf.imports.apply_button.isHidden()
    assert isinstance(shelf.imports._why_not_now(), str)


def test_a_plan_is_shown_by_its_figures(shelf: Shelf) -> None:
    shelf.fill()
    rows = imported.people(320)
    imported.run(shelf.app, shelf.source, *imported.changed(rows[100:]), apply=False)
    page = shelf.open()
    assert "waits to be applied" in page.banner.plain_text()
    assert page.import_button.text() == "Look at the &import…"
    page.import_now()
    shelf.idle()
    view = shelf.imports.plan_view
    assert view.figures[Kind.USERS].counts["users-removed"] == 4
    assert view.key == "users-removed", "what matters first"
    assert view.model.total == 4
    for kind, key, count in ((Kind.USERS, "users-changed", 12), (Kind.USERS, "users-unchanged", 0),
                             (Kind.GROUPS, "members", 1), (Kind.GROUPS, "groups-changed", 1)):  # fmt: skip
        view.figures[kind].buttons[key].click()
        shelf.idle()
        assert view.model.total == count, key
    view.figures[Kind.USERS].buttons["users-changed"].click()
    shelf.idle()
    how = [view.model.columns[2].text(row) for row in view.model.all_rows()]
    assert any("→ Marketing" in line for line in how)


def test_leaving_loses_nothing(shelf: Shelf) -> None:
    shelf.fill()
    shelf.waits(gone(imported.people(320)[100:103]))
    waiting(shelf)
    shelf.imports.close_page()
    shelf.idle()
    assert shelf.window._where is ToDirectory
    assert not shelf.page.banner.isHidden()
    waiting(shelf)
    assert shelf.imports.found
    assert shelf.imports.found.plan


def test_half_a_tenant_gone_waits_for_a_typed_name(shelf: Shelf) -> None:
    shelf.fill()
    shelf.waits(gone(imported.people(320)[100:300]))
    page = shelf.open()
    assert "waits for a person" in page.banner.plain_text()
    assert "More than half would be removed" in page.banner.plain_text()
    waiting(shelf)
    assert shelf.imports.banner.level == "warn"
    assert "looks wrong" in shelf.imports.banner.plain_text()
    remarks = [each.text for each in shelf.imports.plan_view.remarks.shown]
    assert any("200 of 321 users" in text for text in remarks)
    seen: list[Any] = []

    def look() -> None:
        dialog: Any = QApplication.activeModalWidget()
        seen.append((dialog.objectName(), dialog.apply.isEnabled()))
        QTest.keyClicks(dialog.line, "contoso")
        seen.append(dialog.apply.isEnabled())
        dialog.reject()

    QTimer.singleShot(100, shelf.window, look)
    shelf.imports.apply()
    assert seen == [("confirm", False), False]
    shelf.idle()
    assert shelf.app.directories.of(shelf.source).count(Kind.USERS) == 321, "nobody was removed"
    assert shelf.imports.found
    assert shelf.imports.found.plan


def test_a_press_before_it_can_be_read_applies_nothing(shelf: Shelf) -> None:
    shelf.fill()
    shelf.waits(gone(imported.people(320)[100:103]))
    waiting(shelf)
    shelf.imports.calm.begin()
    shelf.imports._show_state()
    assert not shelf.imports.apply_button.isEnabled()
    QTest.keyClick(shelf.window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert shelf.imports._task is None


def test_without_a_network_the_read_says_why_and_what_waits_stays(shelf: Shelf) -> None:
    shelf.fill()
    source = shelf.app.workspace.get(shelf.source.id)
    nowhere = source.source.replace(cloud="custom", login="https://127.0.0.1:9", graph="https://127.0.0.1:9")
    shelf.app.workspace.save(nowhere, source.version)
    page = shelf.open()
    assert page.users.model.total > 0
    page.import_now()
    shelf.idle()
    assert shelf.imports.banner.level == "bad"
    assert shelf.imports.apply_button.isHidden()
    shelf.imports.close_page()
    shelf.idle()
    assert shelf.type("finn"), "the copy answers as before"
