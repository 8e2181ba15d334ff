"""People of the workspace through the window."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog

from o365desk.ui.destinations import ToPeople
from o365desk.ui.pages.in_step.people import PeoplePage, PersonDialog
from o365desk.ui.pages.in_step.people_file import PeopleFileDialog
from tests.ui.office import Office, office

__all__ = ["office"]


@pytest.fixture
def page(office: Office) -> PeoplePage:
    office.window.go(ToPeople())
    office.idle()
    page = office.window.page(ToPeople)
    assert isinstance(page, PeoplePage)
    return page


def answered(office: Office, act: Callable[[], object], answer: Callable[[Any], object]) -> None:
    """Does something that opens a dialog, and answers that."""
    done: list[object] = []

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, QDialog) and not done:
            done.append(dialog)
            answer(dialog)

    timer = QTimer(office.window, interval=10)
    timer.timeout.connect(look)
    timer.start()
    act()
    timer.stop()
    assert done
    office.idle()


def chosen(monkeypatch: pytest.MonkeyPatch, file: Path) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))


def test_the_sample_is_saved_brought_in_and_exported(
    office: Office, page: PeoplePage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert page.area.isVisible()
    sample, out = tmp_path / "sample.csv", tmp_path / "out.csv"
    chosen(monkeypatch, sample)
    page.sample_button.click()
    office.idle()

    def bring(dialog: PeopleFileDialog) -> None:
        assert not dialog.apply_button.isEnabled()
        dialog.file.use(sample)
        office.soon(dialog.apply_button.isEnabled)
        assert "Comes in: 2" in dialog.said.text()
        dialog.apply_button.click()

    answered(office, page.import_button.click, bring)
    assert page.model.total == 2
    assert page.count.text() == "2 people"
    chosen(monkeypatch, out)
    page.export_button.click()
    office.idle()
    assert out.read_text("utf-8-sig").splitlines()[0] == "displayName,email,primaryRole,groups,active,lastActive"


def test_rows_that_are_wrong_are_shown_and_the_others_come_in(
    office: Office, page: PeoplePage, tmp_path: Path
) -> None:
    file = tmp_path / "people.csv"
    file.write_text("Email;Surname;Forename\nann@x.com;Lee;Ann\nnobody;Last;First\n")

    def bring(dialog: PeopleFileDialog) -> None:
        dialog.file.use(file)
        office.soon(dialog.apply_button.isEnabled)
        assert "Cannot be brought in: 1" in dialog.said.text()
        dialog.apply_button.click()

    answered(office, page.import_button.click, bring)
    assert [row.email for row in office.desk.app.persons.everybody()] == ["ann@x.com"]


def test_a_file_that_is_none_brings_nobody(office: Office, page: PeoplePage, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("")

    def look(dialog: PeopleFileDialog) -> None:
        dialog.file.use(file)
        office.soon(lambda: dialog.file.banner.isVisible())
        assert not dialog.apply_button.isEnabled()
        dialog.reject()

    answered(office, page.import_button.click, look)
    assert page.model.total == 0


def test_somebody_is_made_inactive_with_a_note_and_forgotten(office: Office, page: PeoplePage) -> None:
    office.desk.app.persons.set("ann@x.com", note="first")
    page.refresh()
    office.idle()

    def edit(dialog: PersonDialog) -> None:
        dialog.active.setChecked(False)
        dialog.note.setPlainText("on leave")
        dialog.save_button.click()

    answered(office, lambda: page.act("Acti&ve and note…"), edit)
    row = page.current
    assert row
    assert (row.active, row.note) == (False, "on leave")
    page.forget(row)
    office.idle()
    assert page.model.total == 0


def test_who_may_not_change_people_sees_them_and_why(office: Office, page: PeoplePage) -> None:
    app = office.desk.app
    app.persons.set("ann@x.com", note="first")
    (app.workspace.folder / "workspace.json").write_text(
        '{"version": 1, "people": [{"address": "boss@x.com", "role": "Administrator"}]}'
    )
    page.refresh()
    office.idle()
    seen: list[bool] = []

    def look(dialog: PersonDialog) -> None:
        seen.append(dialog.save_button.isEnabled())
        dialog.reject()

    page.table.choose("ann@x.com")
    answered(office, lambda: page.act("Acti&ve and note…"), look)
    assert seen == [False]
    assert app.groups.people.load().persons[0].note == "first"
