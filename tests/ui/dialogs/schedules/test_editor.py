"""The editor of a task: what follows is shown while one types, what is wrong is told at its field, and what
somebody else has saved meanwhile is not lost."""

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QPushButton

from o365desk.model.access.people import Person, Role
from o365desk.model.schedules.schedule import Recurs
from o365desk.model.schedules.task import Task, TaskState, Work
from o365desk.model.searches import Search
from o365desk.ui.dialogs.schedules import opening
from o365desk.ui.dialogs.schedules.editor import TaskDialog
from tests.secured import people
from tests.ui.scheduled import Planned


class Open:
    """Opens the editor, and does something with it once it has looked what follows."""

    def __init__(self, planned: Planned) -> None:
        self.planned = planned
        self.seen: list[str] = []

    def __call__(self, begin: Callable[[], object], act: Callable[[TaskDialog], object]) -> None:
        """`begin` opens it; it is closed without a question afterwards, if `act` has left it open."""

        def look() -> None:
            dialog: Any = QApplication.activeModalWidget()
            here = isinstance(dialog, TaskDialog) and QApplication.activeWindow() is dialog
            if not here or not (dialog.remarks.shown or dialog.found.times):
                QTimer.singleShot(10, self.planned.window, look)
                return
            try:
                act(dialog)
            finally:
                if dialog.isVisible():
                    dialog.done(0)

        QTimer.singleShot(0, self.planned.window, look)
        begin()
        self.planned.idle()

    def edit(self, task: Task, act: Callable[[TaskDialog], object]) -> None:
        page = self.planned.page()
        self(lambda: opening.edit_task(self.planned.window.context, task.id, page), act)

    def add(self, act: Callable[[TaskDialog], object]) -> None:
        page = self.planned.page()
        self(lambda: opening.add_task(self.planned.window.context, page), act)


@pytest.fixture
def opened(planned: Planned) -> Open:
    return Open(planned)


def type_in(dialog: TaskDialog, key: str, text: str) -> None:
    """As a person does: over what is there."""
    line = dialog.form.rows[key].editor.target
    assert isinstance(line, QLineEdit)
    assert line.isVisible(), key
    line.setFocus()
    line.selectAll()
    QTest.keyClick(line, Qt.Key.Key_Delete)
    QTest.keyClicks(line, text)


def choose(dialog: TaskDialog, key: str, value: str) -> None:
    editor: Any = dialog.form.rows[key].editor
    editor.put(value)
    editor.edited.emit()


def problem(dialog: TaskDialog, key: str) -> str:
    found = dialog.form.problem(key)
    return found.title if found else ""


def answer_next(planned: Planned, name: str, button: str) -> list[str]:
    """Answers the next question of this name."""
    seen: list[str] = []

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, QDialog) or dialog.objectName() == "task":
            QTimer.singleShot(10, planned.window, look)
            return
        seen.append(dialog.objectName())
        found = dialog.findChild(QPushButton, f"{name}-{button}")
        if dialog.objectName() != name or found is None:
            dialog.reject()
        else:
            found.click()

    QTimer.singleShot(0, planned.window, look)
    return seen


def test_a_new_task_is_saved_and_runs_here(planned: Planned, opened: Open) -> None:
    source = planned.source()

    def act(dialog: TaskDialog) -> None:
        type_in(dialog, "name", "Import at night")
        choose(dialog, "recurs", "weekly")
        type_in(dialog, "at", "02:30")
        type_in(dialog, "zone", "Europe/Berlin")
        planned.soon(lambda: len(dialog.found.times) == 5 and "UTC+02:00" in dialog.times.text())
        assert dialog.times.text().splitlines()[0] == "Mon, 18 May 2026, 02:30 UTC+02:00"
        dialog.save()
        planned.soon(lambda: not dialog.isVisible())
        assert dialog.saved is not None

    opened.add(act)
    (row,) = planned.app.schedules.overview().rows
    assert (row.task.name, row.task.work, row.task.source) == ("Import at night", Work.IMPORT, source.id)
    assert row.task.schedule.words == "every week on Monday at 02:30 (Europe/Berlin)"
    assert row.state is TaskState.WAITING
    assert planned.said()[0] == "“Import at night” is saved: every week on Monday at 02:30 (Europe/Berlin)"
    assert planned.page().table.current().name == "Import at night"


def test_what_follows_is_shown_while_one_types(planned: Planned, opened: Open) -> None:
    task = planned.task()

    def act(dialog: TaskDialog) -> None:
        assert dialog.times.text().splitlines()[0] == "Tue, 12 May 2026, 10:00 UTC+00:00"
        type_in(dialog, "minute", "15")
        planned.soon(lambda: "10:15" in dialog.times.text())
        type_in(dialog, "minute", "75")
        planned.soon(lambda: problem(dialog, "minute"))
        assert problem(dialog, "minute") == "“75” does not fit"
        assert "as soon as the schedule makes sense" in dialog.times.text()
        type_in(dialog, "zone", "Mars")
        planned.soon(lambda: problem(dialog, "zone"))
        assert problem(dialog, "zone") == "“Mars” is no time zone"
        assert problem(dialog, "minute"), "both are told"
        type_in(dialog, "minute", "0")
        type_in(dialog, "zone", "America/New_York")
        planned.soon(lambda: "UTC-04:00" in dialog.times.text())
        assert not problem(dialog, "zone")

    opened.edit(task, act)


def test_where_the_clocks_change_it_is_said(planned: Planned, opened: Open) -> None:
    task = planned.task()

    def act(dialog: TaskDialog) -> None:
        choose(dialog, "recurs", "daily")
        type_in(dialog, "at", "02:30")
        type_in(dialog, "date", "2026-10-23")
        type_in(dialog, "zone", "Europe/Berlin")
        planned.soon(lambda: "The clocks change" in dialog.times.text())
        lines = dialog.times.text().splitlines()
        assert lines[1:3] == ["Sat, 24 October 2026, 02:30 UTC+02:00", "Sun, 25 October 2026, 02:30 UTC+02:00"]
        assert lines[3] == "Mon, 26 October 2026, 02:30 UTC+01:00"

    opened.edit(task, act)


def test_a_late_answer_does_not_replace_a_newer_one(planned: Planned, opened: Open) -> None:
    task = planned.task()

    def act(dialog: TaskDialog) -> None:
        dialog.look()
        dialog.form.put({"minute": "30"})
        dialog.look()  # while the first is under way
        planned.soon(lambda: "10:30" in dialog.times.text())
        planned.idle()
        assert "10:30" in dialog.times.text()

    opened.edit(task, act)


def test_what_is_missing_is_told_when_it_is_saved(planned: Planned, opened: Open) -> None:
    planned.source()

    def act(dialog: TaskDialog) -> None:
        choose(dialog, "work", "read")
        assert not problem(dialog, "output"), "nobody has been there yet"
        dialog.save()
        assert problem(dialog, "name") == "The task needs a name"
        assert problem(dialog, "output") == "The file is missing"
        assert QApplication.focusWidget() is dialog.form.rows["name"].editor.target
        type_in(dialog, "output", "users.csv")
        planned.soon(lambda: problem(dialog, "output") == "It is no whole path")
        type_in(dialog, "output", "/srv/users.doc")
        planned.soon(lambda: "no ending" in problem(dialog, "output"))
        type_in(dialog, "limit", "0")
        type_in(dialog, "report", "/srv/report.pdf")
        type_in(dialog, "on_failure", "mail 'it is")
        planned.soon(lambda: problem(dialog, "on_failure"))
        assert problem(dialog, "limit") == "“0” does not fit"
        assert problem(dialog, "report")
        assert problem(dialog, "on_failure") == "A quote is not closed"
        assert dialog.isVisible()

    opened.add(act)
    assert not planned.app.schedules.overview().rows


def test_a_name_that_is_taken_is_told_at_the_name(planned: Planned, opened: Open) -> None:
    planned.task("Nightly")

    def act(dialog: TaskDialog) -> None:
        type_in(dialog, "name", "NIGHTLY")
        dialog.save()
        planned.soon(lambda: problem(dialog, "name"))
        assert problem(dialog, "name") == "There is a task “Nightly” already"
        assert dialog.save_button.isEnabled()

    opened.add(act)


def test_a_read_keeps_what_it_asks(planned: Planned, opened: Open) -> None:
    source = planned.source()
    search = Search(name="Guests & co", operation="find-users", values={"search": "gu"})
    planned.app.connections.keep_searches(source.id, lambda found: (*found, search))

    def act(dialog: TaskDialog) -> None:
        choose(dialog, "work", "read")
        choose(dialog, "operation", "find-users")
        type_in(dialog, "name", "Guests")
        type_in(dialog, "find-users.search", "anna")
        type_in(dialog, "output", "/srv/guests.csv")
        assert not dialog.form.rows["group-members.group"].isVisible()
        choose(dialog, "saved", "Guests & co")
        assert not dialog.form.rows["find-users.search"].isVisible(), "the search says what is asked"
        choose(dialog, "saved", "")
        type_in(dialog, "on_success", "mail -s 'it is there' ada@contoso.com")
        dialog.save()
        planned.soon(lambda: not dialog.isVisible())

    opened.add(act)
    (row,) = planned.app.schedules.overview().rows
    assert row.task.what == {"operation": "find-users", "output": "/srv/guests.csv"}
    assert row.task.values == {"search": "anna", "match": "starts"}
    assert row.task.on_success == ("mail", "-s", "it is there", "ada@contoso.com")


def test_what_the_form_does_not_show_stays(planned: Planned, opened: Open) -> None:
    words = ("tool", "two\nlines")
    task = planned.task(on_success=words, extra={"later": 1}, what={"newer": "key"}, values={})

    def act(dialog: TaskDialog) -> None:
        type_in(dialog, "name", "Other")
        dialog.save()
        planned.soon(lambda: not dialog.isVisible())

    opened.edit(task, act)
    found = planned.app.schedules.get(task.id).task
    assert found.name == "Other"
    assert (found.on_success, found.extra, found.what) == (words, {"later": 1}, {"newer": "key"})
    assert found.schedule == task.schedule


def test_what_would_keep_it_from_running_is_told(planned: Planned, opened: Open) -> None:
    task = planned.task()

    def act(dialog: TaskDialog) -> None:
        choose(dialog, "work", "sync")
        type_in(dialog, "group", "Sales")
        planned.soon(lambda: problem(dialog, "work"))
        assert problem(dialog, "work") == "This o365desk cannot “sync”"
        choose(dialog, "work", "apply")
        planned.soon(lambda: "approved where it can be seen" in problem(dialog, "work"))
        choose(dialog, "work", "import")
        planned.soon(lambda: not problem(dialog, "work") and dialog.remarks.shown)
        assert "open only" in dialog.remarks.shown[0].text, "a session's vault ends with it"

    opened.edit(task, act)


def test_both_sides_of_a_conflict_are_shown(planned: Planned, opened: Open) -> None:
    task = planned.task()
    files = planned.app.schedules.files

    def meddle(name: str) -> None:
        files.change(task.id, lambda found: found.replace(name=name, modified_by="m.jones"))

    def theirs(dialog: TaskDialog) -> None:
        meddle("Theirs")
        type_in(dialog, "name", "Mine")
        seen = answer_next(planned, "conflict", "theirs")
        dialog.save()
        planned.soon(lambda: seen and dialog.form.values()["name"] == "Theirs")
        assert not dialog.dirty()

    def mine(dialog: TaskDialog) -> None:
        meddle("Theirs again")
        type_in(dialog, "name", "Mine")
        answer_next(planned, "conflict", "mine")
        dialog.save()
        planned.soon(lambda: not dialog.isVisible())

    def copy(dialog: TaskDialog) -> None:
        meddle("Theirs at last")
        answer_next(planned, "conflict", "copy")
        dialog.save()
        planned.soon(lambda: not dialog.isVisible())

    def names() -> list[str]:
        return [entry.thing.name for entry in files.list().entries]

    opened.edit(task, theirs)
    assert names() == ["Theirs"]
    opened.edit(task, mine)
    assert names() == ["Mine"]
    assert next(entry.thing.name for entry in files.history(task.id)) == "Theirs again"
    opened.edit(task, copy)
    assert names() == ["Mine (copy)", "Theirs at last"]


def test_a_task_that_was_deleted_meanwhile_is_saved_again(planned: Planned, opened: Open) -> None:
    task = planned.task()

    def act(dialog: TaskDialog) -> None:
        planned.app.schedules.remove(task.id)
        type_in(dialog, "name", "Still wanted")
        answer_next(planned, "conflict", "mine")
        dialog.save()
        planned.soon(lambda: not dialog.isVisible())

    opened.edit(task, act)
    assert [row.task.name for row in planned.app.schedules.overview().rows] == ["Still wanted"]


def test_closing_asks_before_what_was_typed_is_lost(planned: Planned, opened: Open) -> None:
    task = planned.task()

    def act(dialog: TaskDialog) -> None:
        type_in(dialog, "name", "Changed")
        seen = answer_next(planned, "leave-task", "back")
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
        assert seen == ["leave-task"]
        assert dialog.isVisible()
        answer_next(planned, "leave-task", "on")
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
        assert not dialog.isVisible()

    opened.edit(task, act)
    assert planned.app.schedules.get(task.id).task.name == "Nightly"


def test_who_may_not_change_it_sees_why(planned: Planned, opened: Open) -> None:
    task = planned.task()
    planned.app.schedules.files.change(task.id, lambda found: found.replace(owner="m.jones"))
    people(planned.app, Person(address="a.admin", role=Role.USER))

    def act(dialog: TaskDialog) -> None:
        assert "look at this task, and not change it" in dialog.banner.plain_text()
        assert "m.jones" in dialog.save_button.toolTip()
        assert "role User" in dialog.save_button.toolTip()
        assert not dialog.save_button.isEnabled()
        assert not any(row.editor.isEnabled() for row in dialog.form.rows.values())
        assert dialog.times.text().count("\n") == 4, "what it does can be seen"

    opened.edit(task, act)


def test_saving_a_task_of_another_computer_says_that_it_moves_here(planned: Planned, opened: Open) -> None:
    task = planned.task()
    away = task.replace(machine="jones-pc", machine_id="5f")
    planned.app.schedules.files.change(task.id, lambda found: away)

    def act(dialog: TaskDialog) -> None:
        assert "It runs on jones-pc. Saved here, it runs here instead." in dialog.banner.plain_text()
        assert dialog.save_button.text() == "&Save, and run it here"
        dialog.save()
        planned.soon(lambda: not dialog.isVisible())

    opened.edit(task, act)
    assert planned.app.schedules.get(task.id).state is TaskState.WAITING


def test_the_whole_of_it_by_keyboard(planned: Planned, opened: Open) -> None:
    planned.source()

    def act(dialog: TaskDialog) -> None:
        focused: Any = QApplication.focusWidget()
        assert focused is dialog.form.rows["name"].editor.target
        QTest.keyClicks(focused, "By keys")
        reached = set()
        for _ in range(60):
            QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)  # type: ignore[arg-type]
            reached.add(QApplication.focusWidget())
        wanted = {row.editor.target for row in dialog.form.rows.values() if row.isVisible()}
        assert wanted <= reached, [each.objectName() for each in wanted - reached]
        assert {dialog.save_button, dialog.close_button} <= reached
        dialog.form.focus("name")
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)  # type: ignore[arg-type]
        planned.soon(lambda: not dialog.isVisible())

    opened.add(act)
    assert [row.task.name for row in planned.app.schedules.overview().rows] == ["By keys"]


def test_a_new_task_that_imports_begins_hourly(planned: Planned, opened: Open) -> None:
    source = planned.source("Fabrikam")
    page = planned.page()

    def act(dialog: TaskDialog) -> None:
        values = dialog.values()
        assert (values["name"], values["work"], values["recurs"]) == (
            "Import Fabrikam every hour", "import", "hourly",
        )  # fmt: skip
        assert values["source"] == source.id
        dialog.save()
        planned.soon(lambda: not dialog.isVisible())

    opened(lambda: opening.import_every_hour(planned.window.context, source.id, "Fabrikam", page), act)
    (row,) = planned.app.schedules.overview().rows
    assert (row.task.schedule.recurs, row.task.schedule.every) == (Recurs.HOURLY, 1)
