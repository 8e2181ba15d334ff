"""The plan page on the practice tenant: nothing is written before the button that says what it will do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from o365desk import catalogue
from o365desk.model.problems import Action, Problem
from o365desk.model.run import PlanRow, Row, Standing
from o365desk.model.settings import Settings
from o365desk.services.spreadsheets import reader
from o365desk.ui.context import CommandKey
from o365desk.ui.destinations import ToConnector, ToNotices, ToOperations, ToPlan, Wish
from o365desk.ui.dialogs.confirm import ConfirmDialog
from o365desk.ui.dialogs.question import Go
from o365desk.ui.dialogs.vault_dialog import VaultDialog
from o365desk.ui.pages.connector.connector import ConnectorPage
from o365desk.ui.pages.runs.fix_dialog import FixDialog
from o365desk.ui.pages.runs.plan import PlanPage
from o365desk.ui.pages.runs.plan_review import PlanReview
from o365desk.ui.table.cells import ICON_ROLE, NOTE_ROLE, TONE_ROLE
from o365desk.ui.widgets.theme import Theme
from tests import written
from tests.scene import NOW
from tests.ui.office import ADD, REMOVE, Office, click, office

__all__ = ["office"]

CTRL = Qt.KeyboardModifier.ControlModifier
Switches = Callable[..., Any]


def test_a_plan_says_what_will_change_what_is_so_and_what_cannot_be_done(office: Office) -> None:
    group = office.bulk.group("security")
    rows = office.members(group, 12)
    inside = sorted(office.bulk.writer.members(group))[0]
    rows += [{"group": group, "user": inside}, {"group": group, "user": "nobody@nowhere.example"}]
    page = office.planned(ADD, rows)
    assert page.title == "Add 12 users to O'Brien's team"
    assert page.apply_button.text() == "Add 12 users to O'Brien's team"
    assert page.apply_button.property("role") == "primary"
    assert {str(key): count for key, count in page.review.figures.counts.items()} == {
        "will change": 12, "already so": 1, "cannot": 1,
    }  # fmt: skip
    assert page.said.text() == "Contoso HR · nothing is written yet."
    first = page.review.model.row_at(page.review.model.index(0, 0))
    assert first.standing is Standing.CANNOT, "what cannot be done comes first"
    texts = [page.review.model.index(0, column).data() for column in range(4)]
    assert texts[0] == "14"
    assert texts[2] == "cannot be done"
    assert "nobody@nowhere.example" in texts[3]
    assert page.review.model.columns[3].whole(first).count(". ") >= 1, "the remedy is there as well"
    assert office.bulk.log("PATCH") == []
    assert office.window.windowTitle().startswith("Add User to Group")
    assert office.bulk.source.tenant in office.window.status.tenant.text()


def test_the_figures_filter_the_rows(office: Office) -> None:
    group = office.bulk.group("security")
    rows = [*office.members(group, 5), {"group": group, "user": "nobody@nowhere.example"}]
    page = office.planned(ADD, rows)
    assert page.review.model.rowCount() == 6
    will, cannot = office.button("figure-will-change"), office.button("figure-cannot")
    assert cannot.accessibleName() == "1 cannot be done"
    cannot.click()
    assert [item.row.number for item in page.review.rows()] == [6]
    assert page.review.model.rowCount() == 1
    will.click()
    assert (page.review.model.rowCount(), cannot.isChecked()) == (5, False)
    will.click()
    assert page.review.model.rowCount() == 6
    page.review.search.setText("nobody@")
    assert page.review.model.rowCount() == 1


def test_warnings_are_in_sight_counted_and_reached_by_the_keyboard(office: Office) -> None:
    group = office.bulk.group("security")
    inside = office.bulk.writer.members(group)
    off = [user for user in office.bulk.users if not user["accountEnabled"] and user["id"] not in inside][:2]
    rows = [*office.members(group, 3), *({"group": group, "user": user["id"]} for user in off)]
    page = office.planned(ADD, rows)
    card = office.button("figure-warned")
    assert (card.isVisible(), card.accessibleName()) == (True, "2 with warnings")
    first = page.review.model.index(0, 3)
    assert first.data() == "The account is disabled.", "they come first"
    assert (first.data(ICON_ROLE), first.data(TONE_ROLE)) == (("warning", "warn"), "warn")
    user = next(user for user in off if user["id"] == page.review.model.row_at(first).row.values["user"])
    assert page.review.model.index(0, 1).data(NOTE_ROLE) == f"{user['userPrincipalName']} · Security"
    page.review.figures.setFocus()
    card.setFocus()
    office.press(Qt.Key.Key_Space)
    assert page.review.model.rowCount() == 2
    remark = next(item for item in page.review.remarks.shown if item.button == "Leave them out")
    assert remark.text.startswith("2 accounts are disabled.")
    next(b for b in page.review.remarks.findChildren(QPushButton) if b.text() == "Leave them out").click()
    office.idle()
    assert page.plan is not None
    assert (page.plan.count(Standing.WILL), page.plan.left_out, card.isVisible()) == (3, 2, False)
    next(b for b in page.review.remarks.findChildren(QPushButton) if b.text() == "Take them in again").click()
    office.idle()
    assert page.plan.count(Standing.WILL) == 5


def test_long_warnings_wrap_instead_of_being_cut(qtbot: QtBot, theme: Theme) -> None:
    long = "The mail nickname is that of another group, too: " + "and so on, " * 20
    rows = [
        PlanRow(row=written.row(1), label="x", standing=Standing.WILL, warnings=(long,), note="A security group."),
        PlanRow(row=written.row(2), label="x", standing=Standing.WILL, note=long),
        PlanRow(row=written.row(3), label="x", standing=Standing.WILL),
    ]
    review = PlanReview(theme, lambda: NOW)
    qtbot.addWidget(review)
    review.resize(900, 700)
    review.show()
    review.show_plan(written.plan("", NOW, rows=tuple(rows)))
    heights = [review.table.rowHeight(line) for line in range(3)]
    assert min(heights[:2]) > 3 * review.table.fontMetrics().height() + 16
    assert heights[2] < heights[1]


def test_ctrl_enter_applies_and_enter_in_the_search_does_not(office: Office) -> None:
    group = office.bulk.group("security")
    page = office.planned(ADD, office.members(group, 3))
    page.review.search.setFocus()
    office.press(Qt.Key.Key_Return)
    assert page.plan is not None
    assert page.isVisible()
    before = office.bulk.writer.members(group)
    office.press(Qt.Key.Key_Return, CTRL)
    office.idle()
    assert office.run.isVisible()
    assert len(office.bulk.writer.members(group) - before) == 3


def test_a_plan_is_applied_once_however_often_the_button_is_pressed(office: Office) -> None:
    page = office.planned(ADD, office.members(office.bulk.group("security"), 3))
    page.apply()
    page.apply()
    office.idle()
    assert len(office.desk.app.journal.runs()) == 1
    office.window.go(ToPlan())
    assert office.window.menus.actions[CommandKey.RUN].toolTip() == "There is no plan yet."


def test_nothing_to_do_says_so_and_offers_close(office: Office) -> None:
    group = office.bulk.group("security")
    inside = sorted(office.bulk.writer.members(group))[:2]
    page = office.planned(ADD, [{"group": group, "user": user} for user in inside])
    assert [remark.text for remark in page.review.remarks.shown][:1] == [
        "There is nothing to do: all 2 rows are already so."
    ]
    assert not page.apply_button.isVisible()
    assert page.close_button.isVisible()
    assert office.window.menus.actions[CommandKey.RUN].toolTip() == "There is nothing to do."


@pytest.mark.parametrize(
    ("already", "cannot", "said"),
    [
        (1, 0, "There is nothing to do: it is already so."),
        (1, 2, "There is nothing to do: 1 row is already so, and 2 cannot be done."),
        (3, 1, "There is nothing to do: 3 rows are already so, and 1 cannot be done."),
    ],
)
def test_nothing_to_do_reads_right_for_one_row(
    already: int, cannot: int, said: str, qtbot: QtBot, theme: Theme
) -> None:
    standings = [Standing.ALREADY] * already + [Standing.CANNOT] * cannot
    rows = tuple(PlanRow(row=written.row(n), label="x", standing=each) for n, each in enumerate(standings, 1))
    review = PlanReview(theme, lambda: NOW)
    qtbot.addWidget(review)
    review.show_plan(written.plan("", NOW, rows=rows))
    assert [remark.text for remark in review.remarks.shown] == [said]


def test_planning_says_how_far_it_is_and_is_cancelled_at_once(office: Office, switches: Switches) -> None:
    rows = office.members_unseen()
    switches(latency_ms=3000)
    page = office.ask(ADD, rows)
    assert page.waiting.isVisible()
    assert "Checking 400 rows" in page.waiting.doing.text()
    assert office.window.menus.actions[CommandKey.RUN].toolTip() == "It is still being planned."
    office.press(Qt.Key.Key_Escape)
    assert office.window.tasks.shown() == []
    assert page.banner.accessibleName() == "Planning was cancelled"
    assert not page.waiting.isVisible()
    switches(latency_ms=0)
    office.press(Qt.Key.Key_F5)
    office.idle()
    assert page.plan is not None
    assert page.banner.isHidden()


def test_a_removal_is_red_and_a_large_one_asks_for_the_name(office: Office) -> None:
    group = office.bulk.group("security")
    inside = sorted(office.bulk.writer.members(group))
    page = office.planned(REMOVE, [{"group": group, "user": user} for user in inside])
    assert page.apply_button.property("role") == "danger"
    assert page.plan is not None
    assert page.plan.limit is not None
    assert page.plan.limit.reason in [remark.text for remark in page.review.remarks.shown]
    word = page.plan.limit.word

    def refuse(dialog: QDialog) -> None:
        assert isinstance(dialog, ConfirmDialog)
        assert dialog.line.hasFocus()
        assert not dialog.apply.isEnabled()
        dialog.line.setText(word.lower())
        assert dialog.why.text() == f"Almost: it is “{word}”; capitals matter."
        assert not dialog.apply.isEnabled()
        office.press(Qt.Key.Key_Return)
        office.press(Qt.Key.Key_Return, CTRL)
        assert dialog.isVisible(), "neither Enter nor Ctrl+Enter applies with the wrong word"
        dialog.line.setText(word)
        assert dialog.apply.isEnabled()
        office.press(Qt.Key.Key_Return)
        assert dialog.isVisible(), "Enter alone never applies"
        office.press(Qt.Key.Key_Escape)

    office.answer("confirm", refuse)
    page.apply_button.click()
    assert office.bulk.writer.members(group) == set(inside)
    assert page.plan is not None

    def accept(dialog: QDialog) -> None:
        assert isinstance(dialog, ConfirmDialog)
        dialog.line.setText(word)
        office.press(Qt.Key.Key_Return, CTRL)

    office.answer("confirm", accept)
    page.apply_button.click()
    office.idle()
    assert office.bulk.writer.members(group) == set()
    assert office.shown.counts.changed == len(inside)


def test_the_limit_follows_the_settings(office: Office) -> None:
    office.desk.app.settings.keep(Settings(large_items=2))
    page = office.planned(ADD, office.members(office.bulk.group("security"), 3))
    assert page.plan is not None
    assert page.plan.limit is not None
    asked = office.answer("confirm", lambda dialog: dialog.reject())
    page.apply()
    assert asked == ["confirm"]
    assert office.bulk.log("PATCH") == []


def test_an_old_plan_says_its_age_and_is_planned_again(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    page = office.planned(ADD, office.members(office.bulk.group("security"), 1))
    made = page.plan
    assert made is not None
    monkeypatch.setattr(page.review, "_clock", lambda: made.made + timedelta(minutes=12, seconds=30))
    page._ages.timeout.emit()
    (remark,) = [item for item in page.review.remarks.shown if item.button]
    assert remark.text.startswith("This plan is 12 minutes old.")
    monkeypatch.undo()
    next(b for b in page.review.remarks.findChildren(QPushButton) if b.text() == "Plan again").click()
    office.idle()
    assert page.plan is not None
    assert page.plan is not made
    assert not [item for item in page.review.remarks.shown if item.button]


def test_what_cannot_be_planned_is_a_banner_with_a_way_on(office: Office, switches: Switches) -> None:
    rows = [{"group": office.bulk.group("security"), "user": office.bulk.users[0]["id"]}]
    switches(secret="expired")
    page = office.planned(ADD, rows)
    assert page.banner.isVisible()
    assert page.banner.level == "bad"
    switches(secret="valid")
    again = next(b for b in page.banner.findChildren(QPushButton) if b.text() == "Try again" and b.isVisible())
    again.click()
    office.idle()
    assert page.plan is not None


def offered(page: PlanPage) -> dict[str, QPushButton]:
    """The buttons of the banner, by their words."""
    return {button.text(): button for button in page.banner.remedies if button.isVisible()}


def test_the_plan_leads_to_the_field_that_its_problem_names(office: Office, switches: Switches) -> None:
    rows = office.members_unseen()[:1]
    switches(secret="expired")
    page = office.planned(ADD, rows)
    assert list(offered(page)) == ["Go to “Client secret value”", "Try again"]
    offered(page)["Go to “Client secret value”"].click()
    connector = office.window.page(ToConnector)
    assert isinstance(connector, ConnectorPage)
    office.soon(lambda: connector.form.rows["secret"].editor.target.hasFocus())


def test_the_plan_offers_the_consent_that_is_lacking(office: Office) -> None:
    desk = office.desk
    source = desk.saved(desk.source("users-only", name="Fabrikam", read_write=True), "users-only")
    operation, rows = catalogue.operation(ADD), (Row(number=1, values=office.members_unseen()[0]),)
    office.window.go(ToPlan(Wish(source=source, operation=operation, rows=rows)))
    office.idle()
    assert list(offered(office.plan)) == ["Copy the consent link", "Test the connection"]
    offered(office.plan)["Copy the consent link"].click()
    assert source.client_id in QApplication.clipboard().text()


def test_the_plan_unlocks_the_vault_and_goes_on(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    page = office.planned(ADD, office.members(office.bulk.group("security"), 1))
    page._failed(Problem(title="The vault is locked", action=Action.UNLOCK))
    page.plan = None
    monkeypatch.setattr(VaultDialog, "exec", lambda _: True)
    assert list(offered(page)) == ["Unlock the vault…", "Try again"]
    offered(page)["Unlock the vault…"].click()
    office.idle()
    assert page.plan is not None


def test_what_is_wrong_in_the_form_leads_back_to_it(office: Office) -> None:
    page = office.planned(ADD, office.members(office.bulk.group("security"), 1))
    page._failed(Problem(title="There is no such group", field="group", action=Action.FIELD))
    offered(page)["Go to the field"].click()
    assert office.window.page(ToOperations).isVisible()
    office.idle()


def test_a_plan_that_is_ready_while_another_page_is_in_sight_is_told(office: Office) -> None:
    page = office.ask(ADD, office.members(office.bulk.group("security"), 2))
    office.window.go(ToNotices())
    office.idle()
    notice = office.window.notices.kept()[0]
    assert notice.text == f"The plan is ready: {page.plan.sentence if page.plan else None}"
    way = office.window.notices.way(notice)
    assert way is not None
    way[1]()
    assert page.isVisible()


def test_a_fix_is_planned_first_and_then_the_first_change_again(office: Office) -> None:
    plan_id = next(sku for sku in office.bulk.writer.rows("/subscribedSkus") if _free(sku) > 5)["skuId"]
    people = [user for user in office.bulk.users if not user["usageLocation"] and user["accountEnabled"]][:3]
    assert people, "the practice tenant has users without a usage location"
    rows = [{"user": user["id"], "plan": plan_id} for user in people]
    page = office.planned("assign-licence-to-user", rows)
    assert page.plan is not None
    assert page.plan.count(Standing.CANNOT) == len(people)
    fix = page.plan.fixes[0]

    def choose(dialog: QDialog) -> None:
        assert isinstance(dialog, FixDialog)
        dialog.row.editor.put("")
        dialog.buttons[Go.ON].click()
        assert dialog.isVisible(), "nothing is no location"
        assert dialog.row.problem is not None
        dialog.row.editor.put("DE")
        dialog.buttons[Go.ON].click()

    office.answer("fix", choose)
    next(b for b in page.review.remarks.findChildren(QPushButton) if b.text() == "Plan that first…").click()
    office.idle()
    assert page.wish is not None
    assert page.wish.operation.key == fix.operation
    assert page.plan.count(Standing.WILL) == len(people)
    page.apply()
    office.idle()
    assert office.shown.counts.changed == len(people)
    office.button("run-then").click()
    office.idle()
    assert page.wish.operation.key == "assign-licence-to-user"
    assert page.plan is not None
    assert page.plan.count(Standing.WILL) == len(people), "what was in the way is gone"


def test_closing_the_plan_of_a_fix_leads_back(office: Office) -> None:

    group = office.bulk.group("security")
    first = office.planned(ADD, office.members(group, 1)).wish
    assert first is not None
    office.planned(ADD, office.members(group, 2), then=first)
    office.plan.close_page()
    office.idle()
    assert isinstance(office.plan.wish, Wish)
    assert office.plan.wish.rows == first.rows


def test_the_command_line_that_does_the_same(office: Office, tmp_path: Path) -> None:
    group = office.bulk.group("security")
    (row,) = office.members(group, 1)
    page = office.planned(ADD, [row])
    run = f"o365desk --workspace {office.desk.app.workspace.folder} run 'Contoso HR' add-user-to-group"
    expected = f"{run} --set group={group} --set user={row['user']} --apply"
    assert not page.command.line.isVisible()
    page.command.open.click()
    assert page.command.line.text() == expected
    page.command.copy.click()
    assert QApplication.clipboard().text() == expected
    file = tmp_path / "members.csv"
    file.write_text("user\n" + "\n".join(item["user"] for item in office.members(group, 4)), "utf-8")
    read = reader.read(file, catalogue.operation(ADD), {"group": group})
    office.window.go(
        ToPlan(Wish(source=office.bulk.source, operation=catalogue.operation(ADD), rows=read.rows, sheet=read))
    )
    office.idle()
    assert page.command.line.text() == f"{run} --set group={group} --rows {file} --apply"
    assert page.review.model.index(0, 0).data() == "2", "rows of a file are known by their lines"
    assert page.review.model.headerData(0, Qt.Orientation.Horizontal) == "Line"
    assert page.review.model.index(0, 0).data(NOTE_ROLE) == "row 1", "and by their numbers"


def test_the_rows_go_to_a_file(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    group = office.bulk.group("security")
    page = office.planned(ADD, [*office.members(group, 2), {"group": group, "user": "nobody@nowhere.example"}])
    file = tmp_path / "plan.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    page.export_button.click()
    office.idle()
    lines = file.read_text("utf-8").splitlines()
    assert lines[0] == "row,line,label,outcome,detail,remedy,code,who,warnings,group,user"
    assert [line.split(",")[3] for line in lines[1:]] == ["will change", "will change", "cannot"]
    assert lines[3].endswith(f",{group},nobody@nowhere.example")
    again = reader.read(file, catalogue.operation(ADD))
    assert page.plan is not None
    assert [row.values for row in again.rows] == [item.row.values for item in page.plan.rows], (
        "it can be tried again"
    )
    office.button("figure-cannot").click()
    page.export_button.click()
    office.idle()
    assert office.window.notices.kept()[0].text == "1 row is in plan.csv"
    assert len(file.read_text("utf-8").splitlines()) == 2, "what is in sight is exported"


def test_enter_on_the_confirming_button_is_a_press(qtbot: Any, theme: Theme) -> None:
    dialog = ConfirmDialog(theme, "Move Sales & Co to Microsoft’s recycle bin", "", "Sales & Co", danger=True)
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.apply.text() == "Move Sales && Co to Microsoft’s recycle bin"
    dialog.line.setText(" Sales & Co ")
    click(dialog, "confirm-on")
    assert dialog.result() == QDialog.DialogCode.Accepted


def _free(sku: dict[str, Any]) -> int:
    free: int = sku["prepaidUnits"]["enabled"] - sku["consumedUnits"]
    return free if sku["capabilityStatus"] == "Enabled" else 0
