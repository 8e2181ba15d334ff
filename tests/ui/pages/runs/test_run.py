"""The run page on the practice tenant: live, in the background, paused, cancelled, resumed, undone, tried again."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from o365desk import catalogue
from o365desk.model.problems import Problem
from o365desk.model.run import Counts, RowOutcome, Run, RunProgress, RunRow, RunState
from o365desk.model.stop import Control
from o365desk.ui.context import CommandKey
from o365desk.ui.destinations import ToConnector, ToNotices, ToPlan, ToRun
from o365desk.ui.pages.connector.connector import ConnectorPage
from o365desk.ui.pages.runs.live_run import Live
from o365desk.ui.pages.runs.run_after import Kept
from o365desk.ui.pages.runs.run_words import (
    counts_text,
    headline,
    shared_reason,
    undone,
    why,
    why_not_undone,
)
from o365desk.ui.table.view import Table
from tests import written
from tests.scene import NOW
from tests.ui.office import ADD, REMOVE, Office, click, office

__all__ = ["office"]

Switches = Callable[..., Any]


@pytest.fixture
def slow(office: Office, switches: Switches) -> str:
    """A removal of 200 members that takes its time and has begun: the group's id."""
    group = office.bulk.group("security")
    office.applied(ADD, office.members(group, 200))
    office.desk.app.settings.keep(office.desk.app.settings.get().__class__(large_items=1000, large_percent=100))
    people = sorted(office.bulk.writer.members(group))[:200]
    office.planned(REMOVE, [{"group": group, "user": user} for user in people])
    switches(latency_ms=400)
    office.plan.apply()
    office.soon(lambda: office.run.live and office.run.live.counts.changed)
    return group


def all_changed(office: Office) -> None:
    """The latest run, of 200 rows, did all that it was to do, and nobody else did any of it."""
    run = office.desk.app.journal.runs()[0]
    rows = office.desk.app.journal.run_rows(run.id)
    odd = [(row.number, row.detail, row.request_id) for row in rows if row.outcome is not RowOutcome.CHANGED]
    sent = [entry for entry in office.bulk.log("POST") if entry["path"].endswith("/$batch")]
    assert odd == [], sent[-12:]
    assert (run.state, len(rows), run.doubtful) == (RunState.FINISHED, 200, 0)


def test_a_run_ends_with_a_headline_its_figures_and_every_row(office: Office) -> None:
    group = office.bulk.group("security")
    inside = sorted(office.bulk.writer.members(group))[0]
    rows = [*office.members(group, 45), {"group": group, "user": inside}]
    rows.insert(20, {"group": group, "user": "nobody@nowhere.example"})
    run = office.applied(ADD, rows)
    view = office.run.view
    assert view.banner.accessibleName() == "45 added, 1 already so, 1 cannot be done"
    assert view.banner.level == "warn"
    assert not view.progress.isVisible()
    assert office.button("figure-changed").accessibleName() == "45 changed"
    assert view.model.rowCount() == 47
    first = view.model.row_at(view.model.index(0, 0))
    assert (first.outcome, first.number) == (RowOutcome.CANNOT, 21)
    assert first.remedy
    assert office.run.title == "Add 45 users to O'Brien's team"
    assert run.id in office.run.said.text()
    office.run.view.figures.buttons[RowOutcome.CANNOT].click()
    assert view.model.rowCount() == 1
    assert not office.run.pause_button.isVisible()
    assert office.run.after.undo_button.isEnabled()


def test_each_run_is_shown_from_its_first_row_whatever_row_was_chosen_in_another(office: Office) -> None:
    office.applied(ADD, office.members(office.bulk.group("security"), 3))
    assert office.run.view.table.current().number == 1
    rows = [*office.members(office.bulk.group("security"), 2), {"group": "", "user": "nobody@nowhere.example"}]
    office.applied(ADD, rows)
    assert office.run.view.table.current().number == 3, "what cannot be done comes first"


def test_what_the_plan_ended_already_is_listed_while_the_run_goes_on(office: Office, switches: Switches) -> None:
    group = office.bulk.group("security")
    inside = sorted(office.bulk.writer.members(group))[0]
    rows = [
        *office.members(group, 3),
        {"group": group, "user": inside},
        {"group": group, "user": "nobody@x.example"},
    ]
    office.planned(ADD, rows)
    switches(latency_ms=400)
    office.plan.apply()
    view = office.run.view
    assert office.run.live is not None
    assert list(view.model.all_rows()) == [], "none failed so far"
    office.run.view.figures.buttons[RowOutcome.CANNOT].click()
    assert [(row.number, row.outcome) for row in view.model.all_rows()] == [(5, RowOutcome.CANNOT)]
    assert view.model.row_at(view.model.index(0, 0)).remedy
    office.button("figure-already").click()
    assert [row.number for row in view.model.all_rows()] == [4]
    switches(latency_ms=0)
    office.idle()
    assert view.model.rowCount() == 5


@pytest.mark.parametrize("key", [ADD, REMOVE])
def test_a_consent_that_was_withdrawn_half_way_is_named_and_leads_to_the_test(
    key: str, office: Office, switches: Switches
) -> None:
    """No row is to blame: whether all that is left was refused at once, or some was never sent."""
    group = office.bulk.group("security" if key == ADD else "large")
    inside = sorted(office.bulk.writer.members(group))
    people = [user for user in inside if any(user == known["id"] for known in office.bulk.users)][:400]
    rows = office.members(group, 45) if key == ADD else [{"group": group, "user": user} for user in people]
    office.planned(key, rows)
    switches(consent_withdrawn_after=1 if key == ADD else 30)
    office.plan.apply()
    office.idle()
    banner = office.run.view.banner
    assert office.shown.counts.not_attempted > 0
    assert office.shown.counts.failed == 0
    assert f"“{catalogue.operation(key).title}” needs Group.ReadWrite.All" in banner.plain_text()
    assert "consent link" in banner.plain_text()
    first = next(button for button in banner.findChildren(QPushButton) if button.isVisible())
    assert first.text() == "Test the connection"
    first.click()
    connector = office.window.page(ToConnector)
    assert isinstance(connector, ConnectorPage)
    office.soon(lambda: connector.panel.report)
    assert connector.isVisible()
    assert connector.panel.report
    assert connector.panel.report.outcome == "failed"


def test_a_run_that_did_all_is_good(office: Office) -> None:
    office.applied(ADD, office.members(office.bulk.group("security"), 3))
    assert office.run.view.banner.level == "good"
    assert office.run.view.banner.accessibleName() == "3 added"
    assert not office.run.after.retry_button.isVisible()
    assert not office.run.after.resume_button.isVisible()
    assert office.window.menus.actions[CommandKey.RESUME].toolTip() == "It is finished: nothing is left."


def test_it_goes_on_while_another_page_is_in_sight(office: Office, slow: str, switches: Switches) -> None:
    office.window.go(ToNotices())
    status = office.window.status
    office.soon(status.work.isVisible)
    assert status.work.text().startswith("Remove 200 users from O'Brien's team: ")
    assert " of 200" in status.work.text()
    office.press(Qt.Key.Key_Escape)
    assert not office.run.lives[-1].control.cancelled, "Esc elsewhere does not touch it"
    status.back.click()
    assert office.run.isVisible()
    assert office.run.view.progress.isVisible()
    office.window.go(ToNotices())
    switches(latency_ms=0)
    office.idle()
    notice = office.window.notices.kept()[0]
    assert notice.text == "Remove 200 users from O'Brien's team: 200 removed"
    way = office.window.notices.way(notice)
    assert way is not None
    way[1]()
    office.idle()
    all_changed(office)


def test_pause_and_go_on(office: Office, slow: str, switches: Switches) -> None:
    page = office.run
    page.pause_button.click()
    assert page.pause_button.text() == "&Go on"
    assert page.view.progress.doing.text().startswith("Paused.")
    assert office.window.status.work.text().endswith(" of 200: paused")
    live = page.live
    assert live is not None
    office.soon(lambda: not office.bulk.under_way())  # what was on its way arrives
    office.soon(lambda: live.counts == office.desk.app.journal.runs()[0].counts)
    done = live.counts.changed
    office.qtbot.wait(600)
    assert live.counts.changed == done < 200
    switches(latency_ms=0)
    page.pause_button.click()
    office.idle()
    all_changed(office)


def test_a_gentle_cancel_ends_with_every_row_known_and_is_resumed(
    office: Office, slow: str, switches: Switches
) -> None:
    page = office.run
    page.view.search.setFocus()
    page.view.search.setText("anna")
    office.press(Qt.Key.Key_Escape)
    assert page.view.search.text() == ""
    assert page.live is not None
    assert not page.live.control.cancelled, "the first Esc ends the search"
    office.press(Qt.Key.Key_Escape)
    assert page.cancel_button.text() == "St&op now"
    assert not page.pause_button.isEnabled()
    assert page.view.progress.doing.text().startswith("Finishing what is on its way")
    office.press(Qt.Key.Key_Escape)
    assert page.live is not None
    assert not page.live.control.stop.is_set(), "Esc pressed twice does no harm"
    office.idle()
    run = office.shown
    assert run.state is RunState.CANCELLED
    assert run.doubtful == 0
    assert 0 < run.counts.changed < 200
    assert page.view.banner.accessibleName() == (
        f"Cancelled: {run.counts.changed} removed, {run.counts.not_attempted} not attempted"
    )
    switches(latency_ms=0)
    page.after.resume_button.click()
    office.idle()
    assert office.shown.id == run.id
    all_changed(office)


def test_a_second_cancel_stops_at_once_and_resuming_reads_back(
    office: Office, slow: str, switches: Switches
) -> None:
    page = office.run
    switches(graph_down="hang")
    office.soon(office.bulk.under_way)
    page.cancel_button.click()
    page.cancel_button.click()
    assert not page.cancel_button.isEnabled()
    office.qtbot.waitUntil(lambda: page.live is None)
    office.idle()
    run = office.shown
    assert run.state is not RunState.FINISHED
    assert run.counts.total == 200
    switches(graph_down="none", latency_ms=0)
    office.window.menus.actions[CommandKey.RESUME].trigger()
    office.idle()
    all_changed(office)


def test_of_runs_that_ended_only_the_latest_are_held_in_memory(office: Office) -> None:
    group = office.bulk.group("security")
    for _ in range(7):
        office.applied(ADD, office.members(group, 1))
    assert len(office.run.lives) == 5
    assert len(office.desk.app.journal.runs()) == 7


def test_what_could_not_be_done_is_planned_again_by_itself(office: Office) -> None:
    group = office.bulk.group("security")
    rows = office.members(group, 4)
    page = office.planned(ADD, [*rows, {"group": group, "user": "late@contoso.example"}])
    page.apply()
    office.idle()
    assert not office.run.after.retry_button.isVisible()
    office.run.after.refused_button.click()
    office.idle()
    assert page.isVisible()
    assert page.wish is not None
    assert [row.values["user"] for row in page.wish.rows] == ["late@contoso.example"]


def test_undo_leads_to_a_plan_of_the_inverse_and_brings_all_back(office: Office) -> None:
    group = office.bulk.group("security")
    before = office.bulk.writer.members(group)
    first = office.applied(ADD, office.members(group, 5))
    office.run.after.undo_button.click()
    office.idle()
    page = office.plan
    assert page.isVisible()
    assert page.title == "Remove 5 users from O'Brien's team"
    assert page.said.text() == f"Contoso HR · undoes run {first.id} · nothing is written yet."
    assert page.apply_button.property("role") == "danger"
    page.command.open.setChecked(True)
    here = f"o365desk --workspace {office.desk.app.workspace.folder}"
    assert page.command.line.text().startswith(f"{here} runs undo {first.id} --apply")
    assert page.plan is not None
    dialog = office.answer("confirm", lambda dialog: _type_the_word(page, dialog)) if page.plan.limit else []
    page.apply()
    office.idle()
    assert dialog in ([], ["confirm"])
    assert office.bulk.writer.members(group) == before
    assert office.shown.undoes == first.id
    office.window.go(ToRun(run_id=first.id))
    office.idle()
    assert not office.run.after.undo_button.isEnabled()
    assert office.run.after.undo_button.toolTip() == "It was undone already."


def _type_the_word(page: Any, dialog: QDialog) -> None:
    dialog.line.setText(page.plan.limit.word)  # type: ignore[attr-defined]
    click(dialog, "confirm-on")


def test_a_run_that_never_began_says_why(office: Office) -> None:
    page = office.planned(ADD, office.members(office.bulk.group("security"), 2))
    assert page.wish is not None
    page.wish = replace(page.wish, source=page.wish.source.replace(read_write=False))
    page.apply()
    office.idle()
    banner = office.run.view.banner
    assert (banner.level, office.run.live, office.run.after.kept) == ("bad", None, None)
    assert "Read and write users" in banner.plain_text()
    assert office.desk.app.journal.runs() == []
    assert office.window.notices.kept()[0].text == banner.accessibleName()
    assert not office.run.pause_button.isVisible()


def test_the_rows_go_to_a_file(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    members = office.members(office.bulk.group("security"), 3)
    office.applied(ADD, members)
    file = tmp_path / "run.json"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    office.window.menus.actions[CommandKey.EXPORT].trigger()
    office.idle()
    rows = json.loads(file.read_text("utf-8"))
    assert [row["outcome"] for row in rows] == ["changed"] * 3
    assert all(row["request_id"] for row in rows)
    assert [{key: row[key] for key in ("group", "user")} for row in rows] == members


# --- closing the window -----------------------------------------------------------------------------------------


def test_closing_asks_and_keeps_running(office: Office, slow: str, switches: Switches) -> None:
    asked = office.answer("closing", lambda dialog: click(dialog, "closing-keep"))
    event = QCloseEvent()
    office.window.closeEvent(event)
    assert asked == ["closing"]
    assert not event.isAccepted()
    assert office.run.live is not None
    assert not office.run.live.control.cancelled
    switches(latency_ms=0)
    office.idle()
    all_changed(office)


def test_a_gentle_close_waits_for_what_is_on_its_way(office: Office, slow: str, switches: Switches) -> None:
    office.answer("closing", lambda dialog: click(dialog, "closing-gently"))
    assert not office.window.close()
    assert office.window.isVisible()
    switches(latency_ms=0)
    office.qtbot.waitUntil(lambda: not office.window.isVisible())
    (run, _) = office.desk.app.journal.runs()
    assert run.state is RunState.CANCELLED
    assert run.doubtful == 0


def test_close_now_leaves_a_run_that_can_be_resumed(office: Office, slow: str, switches: Switches) -> None:
    office.answer("closing", lambda dialog: click(dialog, "closing-now"))
    assert office.window.close()
    (run, _) = office.desk.app.journal.runs()
    assert run.state.resumable
    switches(latency_ms=0)
    run = office.desk.app.runner.resume(run.id, Control(), lambda _: None)
    all_changed(office)


def test_the_question_goes_away_when_the_run_ends_meanwhile(office: Office, slow: str, switches: Switches) -> None:
    office.answer("closing", lambda dialog: switches(latency_ms=0))
    assert office.window.close()
    all_changed(office)


def test_rows_in_doubt_have_a_figure_of_their_own(office: Office) -> None:
    page = office.run
    office.window.go(ToRun())
    rows = [
        RunRow(number=number, label="x", outcome=RowOutcome.NOT_ATTEMPTED, doubtful=number < 3)
        for number in range(1, 6)
    ]
    run = written.run("gone", NOW, state=RunState.INTERRUPTED, counts=Counts(not_attempted=5), doubtful=2)
    page._show_kept(Kept(run, rows, None), resume=False)
    doubt, rest = office.button("figure-in-doubt"), office.button("figure-not-attempted")
    assert (doubt.accessibleName(), rest.accessibleName()) == ("2 in doubt", "3 not attempted")
    doubt.click()
    assert [row.number for row in page.view.model.all_rows()] == [1, 2]
    rest.click()
    assert [row.number for row in page.view.model.all_rows()] == [3, 4, 5]
    assert doubt.isVisible()
    first = office.button("figure-changed")
    office.window.resize(1240, 800)
    office.soon(lambda: doubt.y() == rest.y() == first.y())
    office.window.resize(720, 800)
    office.soon(lambda: doubt.y() == rest.y() > first.y() + first.height())
    page._show_kept(Kept(written.run("gone", NOW), [], None), resume=False)
    assert not doubt.isVisible(), "where there is none, there is no figure"
    assert rest.isVisible()


def _wide_enough(table: Table, needed: int) -> bool:
    return table.columnWidth(1) >= needed


def test_what_was_done_can_be_read_in_an_ordinary_window(office: Office) -> None:
    page = office.run
    office.window.resize(1240, 800)
    office.window.go(ToRun())
    label = "anna.mueller@contoso.onmicrosoft.com → Vertrieb Nord"
    rows = [RunRow(number=1, label=label, outcome=RowOutcome.CHANGED)]
    page._show_kept(Kept(written.run("gone", NOW), rows, None), resume=False)
    office.plan.review.show_plan(written.plan("", NOW))
    office.plan._stack.setCurrentWidget(office.plan._reviewed)
    for where, table in ((ToRun(), page.view.table), (ToPlan(), office.plan.review.table)):
        office.window.go(where)
        needed = table.fontMetrics().horizontalAdvance(label) + 24
        office.soon(partial(_wide_enough, table, needed))


# --- words --------------------------------------------------------------------------------------------------------


def test_what_is_waited_for_is_counted_down(qtbot: QtBot, office: Office) -> None:
    live = Live(office.window.context, "Add 3 users", parent=office.window)
    live._told(RunProgress(run="r", counts=Counts(not_attempted=3), waiting="Microsoft asks for 12 s"))
    assert live.waiting == "Microsoft asks for 12 s"
    for _ in range(5):
        live.waits.tick()
    assert live.waiting == "Microsoft asks for 7 s"
    for _ in range(8):
        live.waits.tick()
    assert live.waiting == "Microsoft asks for 12 s: any moment now"
    live._told(RunProgress(run="r", counts=Counts(not_attempted=3)))
    assert live.waiting == ""


def test_while_it_waits_nothing_is_said_of_how_long_it_takes(office: Office) -> None:
    live = Live(office.window.context, "Add 3 users", parent=office.window)
    view = office.run.view
    view.show_live(live)
    waits = "Microsoft asks for 12 s"
    for waiting, said in ((waits, "4,135 of 10,000 rows · 236 a second"), ("", "about 25 s left")):
        live._told(written.progress(waiting))
        view.tell()
        assert view.progress.pace.text().endswith(said)
    live.waits.say("")


def test_one_reason_of_many_rows_is_told_once() -> None:
    def failed(*details: str) -> list[RunRow]:
        return [
            RunRow(number=number, label="x", outcome=RowOutcome.FAILED, detail=detail)
            for number, detail in enumerate(details)
        ]

    refused = "Microsoft Graph refused to change it. The permission was taken away."
    said = "4 failed for one reason: Microsoft Graph refused to change it."
    assert shared_reason(failed(*[refused] * 4, "No such user.")) == said
    assert shared_reason(failed(refused, refused)) == ""
    assert shared_reason(failed(*[refused] * 3, "a.", "b.", "c.")) == ""
    assert shared_reason([]) == ""
    refusals = [msgspec.structs.replace(row, outcome=RowOutcome.CANNOT) for row in failed(*[refused] * 3)]
    assert shared_reason(refusals) == said.replace("4 failed", "3 cannot be done")


@pytest.mark.parametrize(
    ("changes", "level", "head"),
    [
        ({}, "warn", "9,960 added, 3 already so, 25 failed, 12 cannot be done"),
        ({"counts": Counts(changed=5)}, "good", "5 added"),
        ({"counts": Counts(failed=5)}, "bad", "5 failed"),
        ({"counts": Counts(cannot=5)}, "bad", "5 cannot be done"),
        ({"counts": Counts(changed=5, cannot=1)}, "warn", "5 added, 1 cannot be done"),
        ({"counts": Counts()}, "good", "no rows"),
        ({"operation": "remove-licence-from-user", "counts": Counts(changed=2)}, "good", "2 taken away"),
        ({"operation": "from-a-newer-program", "counts": Counts(changed=2)}, "good", "2 changed"),
        (
            {"state": RunState.INTERRUPTED, "counts": Counts(changed=1, not_attempted=9), "doubtful": 4},
            "warn",
            "Interrupted: 1 added, 5 not attempted, 4 in doubt",
        ),
        (
            {"state": RunState.STOPPED, "counts": Counts(not_attempted=9), "problem": Problem(title="No consent")},
            "bad",
            "Stopped: 9 not attempted",
        ),
    ],
)
def test_headlines(changes: dict[str, Any], level: str, head: str) -> None:
    run: Run = written.run("x", NOW, **changes)
    assert headline(run)[:2] == (level, head)
    assert (run.problem is None) or "No consent." in headline(run)[2]
    assert counts_text(run) in head


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"undoable": 854}, ""),
        ({"undoable": 574, "undone_by": "e03a11d7"}, "Partly undone (280 of 854) by run e03a11d7."),
        ({"undoable": 0, "undone_by": "e03a11d7"}, "Undone by run e03a11d7."),
        ({"undoable": 854, "undone_by": "e03a11d7"}, ""),
    ],
)
def test_how_much_of_a_run_was_undone(changes: dict[str, Any], words: str) -> None:
    run = written.run("x", NOW, counts=Counts(changed=854), **changes)
    assert headline(run)[2] == undone(run) == words
    assert (why_not_undone(run) == "") is (run.undoable > 0)


def test_a_single_row_is_told_as_one() -> None:
    one, two = (
        written.run("x", NOW, state=RunState.INTERRUPTED, counts=Counts(not_attempted=count), doubtful=count)
        for count in (1, 2)
    )
    assert headline(one)[2].startswith("The row in doubt was sent, and no answer came")
    assert headline(two)[2].startswith("Rows in doubt (2) were sent, and no answer came")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"undoable": 0}, "It changed nothing."),
        ({"undoable": 0, "undone_by": "77"}, "It was undone already."),
        ({"doubtful": 3}, "Resume it first: rows are in doubt."),
        ({"state": RunState.RUNNING}, "It still runs."),
        (
            {"operation": "delete-group"},
            "There is nothing that undoes this operation. A deleted group can be restored in the Entra admin "
            "centre for 30 days.",
        ),
        ({"operation": "of a newer version"}, "There is nothing that undoes this operation."),
    ],
)
def test_why_a_run_is_not_undone(changes: dict[str, Any], reason: str) -> None:
    assert why_not_undone(written.run("x", NOW, **changes)) == reason


def test_why_a_row_ended_so_is_short_and_the_rest_follows() -> None:
    failed = RunRow(
        number=1, label="x", outcome=RowOutcome.FAILED, detail="No u.x@b.de. It is gone.", remedy="Look."
    )
    assert why(failed) == ("No u.x@b.de", "It is gone. Look.")
    assert why(RunRow(number=1, label="x", outcome=RowOutcome.ALREADY, detail="already a member")) == (
        "already a member",
        "",
    )


def test_a_run_that_is_gone_is_said_so(office: Office) -> None:
    office.window.go(ToRun(run_id="ffffffff"))
    office.idle()
    assert "There is no run" in office.run.view.banner.accessibleName()
    back = next(b for b in office.run.view.banner.findChildren(QPushButton) if b.text() == "All runs")
    back.click()
    assert office.runs.isVisible()
