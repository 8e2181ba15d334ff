"""The history of a task: its runs as rows and as bars, which say the same."""

from datetime import timedelta

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from o365desk.model.problems import Problem
from o365desk.model.schedules.task import Outcome, Task
from o365desk.ui.context import CommandKey
from o365desk.ui.destinations import ToRun, ToSchedules, ToTask
from o365desk.ui.pages.schedules.history import HistoryPage
from tests import scheduled
from tests.ui.scheduled import Planned


def history(planned: Planned, task: Task) -> HistoryPage:
    planned.window.go(ToTask(task=task.id))
    planned.idle()
    page = planned.window.page(ToTask)
    assert isinstance(page, HistoryPage)
    return page


def with_runs(planned: Planned) -> Task:
    task = planned.task()
    app = planned.app
    scheduled.ran(app, task, timedelta(hours=5), Outcome.MISSED, "", count=2)
    scheduled.ran(app, task, timedelta(hours=4), Outcome.DONE, "All.", counts={"added": 8}, seconds=100)
    scheduled.ran(app, task, timedelta(hours=3), Outcome.FAILED, "No.", seconds=2,
                  problem=Problem(title="The vault is locked", code="vault-locked"))  # fmt: skip
    scheduled.ran(app, task, timedelta(hours=2), Outcome.DONE, "Applied.", counts={"changed": 2}, seconds=50,
                  details={"run": "r1"})  # fmt: skip
    return task


def test_before_the_first_run_it_says_so(planned: Planned) -> None:
    page = history(planned, planned.task())
    assert page.empty.isVisible()
    assert not page.card.isVisible()
    assert page.title == "Nightly"


def test_rows_and_bars_say_the_same(planned: Planned) -> None:
    page = history(planned, with_runs(planned))
    rows = [page.model.row_at(page.model.index(line, 0)) for line in range(page.model.rowCount())]
    assert [run.outcome for run in rows] == [Outcome.DONE, Outcome.FAILED, Outcome.DONE, Outcome.MISSED]
    bars = page.timeline.bars
    assert [bar.key for bar in bars] == [run.number for run in reversed(rows)], "the latest is on the right"
    assert [(bar.seconds, bar.count) for bar in bars] == [(None, 0), (100.0, 8), (2.0, 0), (50.0, 2)]
    assert page.timeline.accessibleName() == (
        "4 runs: 2 done, 1 failed and 1 missed; the longest took 2 min. The table has all."
    )
    assert "8 added" in bars[1].tip


def test_a_bar_chooses_its_row_and_a_row_marks_its_bar(planned: Planned) -> None:
    page = history(planned, with_runs(planned))
    QTest.mouseClick(page.timeline, Qt.MouseButton.LeftButton, pos=page.timeline.place(2).center().toPoint())
    assert page.current is not None
    assert page.current.outcome is Outcome.FAILED
    assert page.timeline._marked == page.current.number
    assert "The vault is locked" in page.about.plain_text()


def test_only_a_run_that_wrote_is_opened(planned: Planned) -> None:
    page = history(planned, with_runs(planned))
    opens = page.commands()[CommandKey.OPEN]
    assert callable(opens)
    page.table.choose(page.timeline.bars[0].key)
    assert page.commands()[CommandKey.OPEN] == "It wrote nothing to a tenant: there are no rows to look at."
    page.table.choose(page.timeline.bars[3].key)
    page.table.setFocus()
    QTest.keyClick(page.table, Qt.Key.Key_Return)
    assert planned.window._where is ToRun


def test_escape_leads_back_to_the_task(planned: Planned) -> None:
    task = planned.task()
    history(planned, task)
    QTest.keyClick(planned.window, Qt.Key.Key_Escape)
    planned.idle()
    assert planned.window._where is ToSchedules
    other = planned.task("Other")
    page = history(planned, other)
    assert page.title == "Other"


def test_a_task_that_is_gone_is_told(planned: Planned) -> None:
    task = planned.task()
    page = history(planned, task)
    planned.app.schedules.remove(task.id)
    page.refresh()
    planned.idle()
    assert "There is no task" in page.banner.plain_text()
