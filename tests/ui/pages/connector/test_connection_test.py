"""The panel of the connection test: steps as they run, the headline with its remedy, verdicts, and the report."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from o365desk.catalogue import THE_TEN
from o365desk.model.problems import Action, Problem
from o365desk.model.report import Report, Step, Verdict
from o365desk.model.status import Evidence, Outcome
from o365desk.services.connection_test import steps as testing
from o365desk.services.connections import StepBegan
from o365desk.ui.pages.connector.connection_test import TestPanel
from o365desk.ui.pages.connector.test_steps import StepDetails, StepRow
from o365desk.ui.widgets.theme import DARK, LIGHT, Theme
from tests.ui.office import focused

NOW = datetime(2026, 5, 12, 9, 30, tzinfo=UTC)
PROBLEM = Problem(
    title="The secret has expired",
    cause="Its end was in May.",
    remedy="Create a new one.",
    field="secret",
    action=Action.FIELD,
    code="AADSTS7000222",
    request_id="req-1",
)


def report(outcome: str = "succeeded", problem: Problem | None = None, **more: Any) -> Report:
    steps = tuple(
        Step(
            key=row.key,
            title=row.title,
            outcome=Outcome.PASSED,
            detail=f"{row.key} is well",
            began=n / 10,
            seconds=0.1,
        )
        for n, row in enumerate(testing.TABLE)
    )
    if problem:
        failed = Step(key="token", title="Token", outcome=Outcome.FAILED, problem=problem, remedy=problem.remedy)
        steps = tuple(failed if step.key == "token" else step for step in steps)
    verdicts = tuple(Verdict(key=item.key, title=item.title, outcome=Outcome.PASSED) for item in THE_TEN)
    values: dict[str, Any] = {
        "source": "Contoso HR",
        "outcome": outcome,
        "message": problem.title if problem else testing.SUCCEEDED,
        "started": NOW,
        "seconds": 1.4,
        "steps": steps,
        "operations": verdicts,
        "problem": problem,
    }
    return Report(**(values | more))


def evidence(at: datetime = NOW) -> Evidence:
    return Evidence("succeeded", testing.SUCCEEDED, at, "a.admin", "these", 10, 10)


class Shown:
    """The panel, and what was pressed in it."""

    def __init__(self, qtbot: QtBot, theme: Theme) -> None:
        self.pressed: list[str] = []
        self.panel = TestPanel(theme, self._remedies, lambda: NOW + timedelta(days=3), 180.0)
        qtbot.addWidget(self.panel)
        self.panel.resize(480, 900)
        self.panel.show()
        self.panel.activateWindow()
        qtbot.waitUntil(lambda: QApplication.activeWindow() is self.panel)

    def _remedies(self, problem: Problem) -> list[tuple[str, Any]]:
        return [(f"Go to {problem.field}", lambda: self.pressed.append(problem.field))] if problem.field else []

    def row(self, key: str) -> StepRow:
        found = self.panel.findChild(StepRow, f"step-{key}")
        assert found is not None
        return found

    def button(self, name: str) -> QPushButton:
        found = self.panel.findChild(QPushButton, name)
        assert found is not None
        return found

    def label(self, name: str) -> QLabel:
        found = self.panel.findChild(QLabel, name)
        assert found is not None
        return found


@pytest.fixture
def shown(qtbot: QtBot, theme: Theme) -> Shown:
    return Shown(qtbot, theme)


def test_before_any_test_it_says_what_it_will_do(shown: Shown) -> None:
    assert shown.panel.headline_text() == ""
    assert [row.title for row in shown.panel.steps.rows] == [row.title for row in testing.TABLE]
    assert all("not yet tested" in row.accessibleName() for row in shown.panel.steps.rows)
    assert not shown.button("button-copy-report").isVisible()
    assert not shown.button("button-cancel-test").isVisible()


def test_steps_run_and_end_without_anything_jumping(shown: Shown) -> None:
    shown.panel.start()
    QApplication.processEvents()
    places = [row.y() for row in shown.panel.steps.rows]
    shown.panel.tell(StepBegan("details", "Details complete", 0.0))
    assert shown.row("details").accessibleName() == "Details complete: running"
    assert shown.row("token").accessibleName() == "Token: waiting"
    shown.panel.tell(
        Step(key="details", title="Details complete", outcome=Outcome.PASSED, detail="all there", seconds=0.2)
    )
    shown.panel.tell(Step(key="clock", title="Clock", outcome=Outcome.PASSED, detail="40 s ahead", warning=True))
    assert shown.row("details").accessibleName() == "Details complete: passed"
    assert "all there Took 200 ms." in shown.row("details").accessibleDescription()
    assert shown.row("clock").accessibleName() == "Clock: passed, with a remark"
    QApplication.processEvents()
    assert [row.y() for row in shown.panel.steps.rows] == places


def test_success(shown: Shown) -> None:
    shown.panel.start()
    shown.panel.finish(report())
    assert shown.panel.headline_text() == "Connection test succeeded"
    assert shown.panel.headline.level == "good"
    assert not shown.button("remedy").isVisible()
    assert not shown.panel.steps.running
    assert shown.label("verdict-create-group").text() == "passed"


def test_a_failure_is_the_headline_with_cause_remedy_and_a_button(qtbot: QtBot, shown: Shown) -> None:
    shown.panel.start()
    shown.panel.finish(report("failed", PROBLEM))
    assert shown.panel.headline_text() == "The secret has expired"
    assert shown.panel.headline.level == "bad"
    assert shown.panel.headline.accessibleDescription() == "Its end was in May. Create a new one."
    shown.button("remedy").click()
    assert shown.pressed == ["secret"]
    QTest.keyClick(shown.panel, Qt.Key.Key_Return, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: shown.pressed == ["secret", "secret"])


def test_what_is_not_proven_looks_neither_good_nor_bad(shown: Shown) -> None:
    unreachable = Problem(title="Graph did not answer", conclusive=False)
    shown.panel.finish(report("not proven", unreachable))
    assert shown.panel.headline.level == "warn"
    shown.panel.fail(unreachable)
    assert shown.panel.headline.level == "warn"


def test_the_code_and_request_id_are_under_details_and_can_be_copied(shown: Shown) -> None:
    shown.panel.fail(PROBLEM)
    details = next(
        button for button in shown.panel.headline.findChildren(QPushButton) if button.text() == "Details"
    )
    text = next(label for label in shown.panel.headline.findChildren(QLabel) if "AADSTS7000222" in label.text())
    assert not text.isVisible()
    details.click()
    assert text.isVisible()
    copy = next(button for button in shown.panel.headline.findChildren(QPushButton) if "Copy" in button.text())
    copy.click()
    assert "AADSTS7000222" in QApplication.clipboard().text()
    assert "req-1" in QApplication.clipboard().text()


def test_the_next_headline_takes_the_last_remedies_away(shown: Shown) -> None:
    shown.panel.fail(PROBLEM)
    assert shown.button("remedy").isVisible()
    shown.panel.fail(PROBLEM.with_(field=""))
    assert not shown.button("remedy").isVisible()
    shown.panel.start()
    assert shown.panel.headline_text() == "Testing the connection…"


def test_the_keyboard_goes_through_the_steps_and_opens_details(qtbot: QtBot, shown: Shown) -> None:
    shown.panel.finish(report("failed", PROBLEM))
    rows = shown.panel.steps.rows
    rows[0].setFocus()
    for _ in range(5):
        QTest.keyClick(focused(), Qt.Key.Key_Down)
    assert QApplication.focusWidget() is shown.row("token")
    QTest.keyClick(focused(), Qt.Key.Key_Return)
    details = shown.panel.findChild(StepDetails, "details-token")
    assert details is not None
    said = {label.accessibleName() for label in details.findChildren(QLabel)}
    assert {
        "Why: Its end was in May.",
        "What to do: Create a new one.",
        "Code: AADSTS7000222",
        "Request ID: req-1",
    } <= said
    qtbot.waitUntil(details.copy.isVisible)
    QTest.keyClick(focused(), Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is details.copy
    QTest.keyClick(focused(), Qt.Key.Key_Space)
    assert "AADSTS7000222" in QApplication.clipboard().text()
    shown.row("token").setFocus()
    QTest.keyClick(focused(), Qt.Key.Key_Return)
    assert not details.isVisible()
    QTest.keyClick(focused(), Qt.Key.Key_Home)
    assert QApplication.focusWidget() is rows[0]
    QTest.keyClick(focused(), Qt.Key.Key_End)
    assert QApplication.focusWidget() is rows[-1]


def test_a_step_that_has_not_ended_has_no_details(shown: Shown) -> None:
    shown.row("token").click()
    assert not shown.row("token").isChecked()
    assert shown.panel.findChild(StepDetails) is None


def test_cancel_is_told_and_leaves_the_panel_idle(qtbot: QtBot, shown: Shown) -> None:
    shown.panel.start()
    shown.panel.tell(StepBegan("login", "Sign-in service reachable", 0.0))
    with qtbot.waitSignal(shown.panel.cancel):
        shown.button("button-cancel-test").click()
    shown.panel.cancelled()
    assert shown.panel.headline_text() == "The test was cancelled"
    assert shown.row("login").accessibleName() == "Sign-in service reachable: stopped"
    assert not shown.button("button-cancel-test").isVisible()


def test_a_missing_permission_is_named(shown: Shown) -> None:
    missing = Verdict(
        key="create-group", title="Create Group", outcome=Outcome.FAILED, missing=("Group.ReadWrite.All",)
    )
    off = Verdict(key="find-groups", title="Find Groups", outcome=Outcome.SKIPPED, detail="Switched off")
    shown.panel.finish(report("failed", PROBLEM, operations=(missing, off)))
    assert shown.label("verdict-create-group").text() == "failed"
    assert shown.label("missing-create-group").text() == "needs Group.ReadWrite.All"
    assert "failed. needs Group.ReadWrite.All" in shown.label("verdict-create-group").accessibleName()
    assert shown.label("missing-find-groups").text() == "Switched off"
    assert shown.label("verdict-user-list").text() == ""


def test_a_running_test_says_for_how_long_and_when_it_gives_up(
    shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown.panel.start()
    monkeypatch.setattr(shown.panel.steps, "seconds", lambda: 12.4)
    shown.panel._second.timeout.emit()
    assert shown.panel._when.text() == "running for 12 s; gives up in 2:48"
    shown.panel.cancelled()
    assert (shown.panel._when.text(), shown.panel._second.isActive()) == ("cancelled", False)


def test_the_age_of_a_test_grows(shown: Shown) -> None:
    ages = iter((NOW, NOW + timedelta(minutes=2)))
    shown.panel._clock = lambda: next(ages)
    shown.panel.finish(report())
    assert shown.panel._when.text() == "tested just now, took 1.4 s"
    shown.panel.mark_changed(False)
    assert shown.panel._when.text() == "tested 2 minutes ago, took 1.4 s"


def test_evidence_is_never_cut_it_goes_on_below(qtbot: QtBot, shown: Shown) -> None:
    long = (
        "2 permissions are missing: Group.ReadWrite.All and LicenseAssignment.ReadWrite.All, both of the kind Role"
    )
    low = shown.row("token").height()
    shown.panel.finish(
        report("failed", PROBLEM, steps=(Step(key="token", title="Token", outcome=Outcome.FAILED, detail=long),))
    )
    row = shown.row("token")
    qtbot.waitUntil(lambda: row.height() > low)
    room = row.width() - row._places(row.width())[2] - 22
    lines = -(-row.fontMetrics().horizontalAdvance(long) // room)
    assert row.height() >= lines * row.fontMetrics().height() > low >= shown.row("details").height()


def test_the_last_report_is_shown_with_its_age(shown: Shown) -> None:
    shown.panel.follow(evidence(), report())
    assert any(label.text() == "tested 3 days ago, took 1.4 s" for label in shown.panel.findChildren(QLabel))
    assert shown.panel.headline_text() == "Connection test succeeded"
    assert shown.button("button-copy-report").isVisible()


def test_the_report_is_copied(qtbot: QtBot, shown: Shown) -> None:
    shown.panel.finish(report())
    with qtbot.waitSignal(shown.panel.copied):
        shown.button("button-copy-report").click()
    assert "Connection test succeeded" in QApplication.clipboard().text()


@pytest.mark.parametrize(
    ("name", "chosen", "begins", "file"),
    [
        ("report.md", "Markdown (*.md)", "#", "report.md"),
        ("report.html", "Markdown (*.md)", "<!", "report.html"),
        ("report", "JSON (*.json)", "{", "report.json"),
    ],
)
def test_the_report_is_saved_in_the_form_of_its_ending(
    shown: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, chosen: str, begins: str, file: str
) -> None:
    shown.panel.finish(report())
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / name), chosen))
    shown.button("button-save-report").click()
    text = (tmp_path / file).read_text("utf-8")
    assert text.lstrip().startswith(begins)
    if begins == "{":
        assert json.loads(text)["outcome"] == "succeeded"


def test_where_it_cannot_be_saved_the_headline_says_so(
    shown: Shown, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown.panel.finish(report())
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "no" / "r.md"), ""))
    shown.button("button-save-report").click()
    assert shown.panel.headline_text() == "The report could not be saved"


def test_the_waterfall_is_drawn_in_the_theme_s_colours(qtbot: QtBot, shown: Shown, theme: Theme) -> None:
    shown.panel.finish(report("failed", PROBLEM.with_(detail="x")))

    def colours(key: str) -> set[str]:
        picture = shown.row(key).grab().toImage()
        return {picture.pixelColor(x, picture.height() // 2).name() for x in range(picture.width())}

    before = dict(theme.tokens)
    try:
        for tokens in (LIGHT, DARK):
            theme.tokens = tokens
            assert tokens["accent"] in colours("details")
            assert tokens["bad"] in colours("token")
            assert tokens["accent"] not in colours("token")
    finally:
        theme.tokens = LIGHT if before == dict(LIGHT) else DARK


def test_later_steps_begin_further_right(shown: Shown, theme: Theme) -> None:
    shown.panel.finish(report())

    def left(key: str) -> int:
        picture = shown.row(key).grab().toImage()
        middle, accent = picture.height() // 2, theme.tokens["accent"]
        return next(x for x in range(picture.width()) if picture.pixelColor(x, middle).name() == accent)

    places = [left(row.key) for row in testing.TABLE]
    assert places == sorted(places)
    assert places[0] < places[-1]
