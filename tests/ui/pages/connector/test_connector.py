"""The connector page: the web original's parts in their order; editing, testing, saving; nothing typed is lost."""

import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from o365desk.model.datasource import DataSource, SignIn, new
from o365desk.model.problems import Action, Problem
from o365desk.model.secret import Secret
from o365desk.model.status import Authorisation, Lifetime
from o365desk.services.vault.vault import CLIENT_SECRET, Vault, VaultKind
from o365desk.ui.context import CommandKey
from o365desk.ui.destinations import ToConnector, ToNotices, ToSources
from o365desk.ui.pages.connector.connector import ConnectorPage
from o365desk.ui.widgets.theme import Theme
from tests.desk import Desk
from tests.failures import NOBODY
from tests.ui.connecting import ALT, CTRL, Bench, bench, focused, soon
from tests.ui.pages.connector.test_conflict import answer, edit

__all__ = ["bench"]

SECRET_TEXT = "0-unlikely~secret.text"


def saved(bench: Bench, profile: str = "read-write", **changes: Any) -> DataSource:
    return bench.desk.saved(bench.desk.source(profile, **changes), profile)


def label(page: ConnectorPage, name: str) -> QLabel:
    found = page.window().findChild(QLabel, name)
    assert isinstance(found, QLabel)
    return found


def top(page: QWidget, widget: QWidget) -> int:
    return widget.mapTo(page, QPoint(0, 0)).y()


# --- what is there ------------------------------------------------------------------------------------------------


def test_the_order_of_the_web_original(bench: Bench) -> None:
    page = bench.open(saved(bench))
    bench.window.resize(1240, 1400)
    QApplication.processEvents()
    keys = ("name", "readProfiles", "readWrite", "setUsageLocation", "sso")
    rows = [page.form.rows[key] for key in keys]
    parts: list[QWidget] = [rows[0], bench.button("authorize"), *rows[1:], label(page, "status")]
    parts += [
        page.form.rows["cloud"],
        page.form.rows["tenant"],
        page.form.rows["clientId"],
        page.form.rows["signIn"],
    ]
    places = [top(bench.window, part) for part in parts]
    assert places == sorted(places)
    bar = [bench.button(name) for name in ("test", "save", "security", "close")]
    assert [button.text().replace("&", "") for button in bar] == ["Test connection", "Save", "Security", "Close"]
    assert [button.property("role") for button in bar] == ["go", "primary", "danger", ""]
    assert [button.mapTo(bench.window, QPoint(0, 0)).x() for button in bar] == sorted(
        button.mapTo(bench.window, QPoint(0, 0)).x() for button in bar
    )
    assert min(top(bench.window, button) for button in bar) > places[-1]


def test_security_is_off_and_says_why(bench: Bench) -> None:
    page = bench.open(saved(bench))
    button = bench.button("security")
    assert not button.isEnabled()
    assert "next version" in button.toolTip()
    assert "next version" in button.accessibleDescription()
    assert "next version" in str(page.commands()[CommandKey.SECURITY])


@pytest.mark.parametrize(
    ("changes", "shown", "hidden"),
    [
        (
            {"cloud": "global"},
            {"secret", "secretExpires", "caFile"},
            {"login", "graph", "certificate", "passphrase"},
        ),
        ({"cloud": "custom"}, {"login", "graph", "caFile"}, set()),
        ({"sign_in": SignIn.CERTIFICATE}, {"certificate", "passphrase"}, {"secret", "secretExpires"}),
        ({"sign_in": SignIn.ADMINISTRATOR}, set(), {"certificate", "passphrase", "secret", "secretExpires"}),
    ],
)
def test_only_the_fields_that_matter_are_shown(
    bench: Bench, changes: dict[str, Any], shown: set[str], hidden: set[str]
) -> None:
    page = bench.open(bench.desk.source(**changes), ToConnector(draft=bench.desk.source(**changes)))
    assert all(page.form.rows[key].isVisible() for key in shown)
    assert not any(page.form.rows[key].isVisible() for key in hidden)


def plain_letter(text: str) -> str:
    found = re.search(r"&(\w)", text)
    return found[1].lower() if found else ""


@pytest.mark.parametrize("changes", [{}, {"sign_in": SignIn.CERTIFICATE}, {"cloud": "global"}])
def test_every_mnemonic_is_there_once(bench: Bench, changes: dict[str, Any]) -> None:
    draft = bench.desk.source(**changes)
    page = bench.open(draft, ToConnector(draft=draft))
    marked = [widget.text() for widget in page.findChildren(QAbstractButton) if widget.isVisible()]
    marked += [widget.text() for widget in page.findChildren(QLabel) if widget.isVisible() and widget.buddy()]
    letters = [found[1].lower() for text in marked if (found := re.search(r"&(\w)", text.replace("&&", "")))]
    assert sorted(letters) == sorted(set(letters))
    for key, row in page.form.rows.items():
        if row.isVisible() and key not in ("signIn", "readProfiles"):
            own = row.editor.target.text() if isinstance(row.editor.target, QAbstractButton) else row.label.text()
            assert "&" in own.replace("&&", ""), f"{key} has no mnemonic"
    menus = [plain_letter(action.text()) for action in bench.window.menuBar().actions() if action.isVisible()]
    assert not set(menus) & set(letters), "a letter of a menu is a letter of the form"
    for name in ("authorize", "test", "save", "security"):
        assert "&" in bench.button(name).text(), f"{name} has no mnemonic"


def test_every_control_has_a_name(bench: Bench) -> None:
    page = bench.open(saved(bench))
    for widget in page.findChildren(QWidget):
        if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            text = widget.text() if isinstance(widget, QAbstractButton) else ""
            assert widget.accessibleName() or text, f"{widget} has no name"


def test_tab_goes_the_way_one_reads(bench: Bench) -> None:
    page = bench.open(saved(bench))
    page.test()
    bench.idle()
    page.form.focus("name")
    names: list[str] = []
    while focused().objectName() not in names and len(names) < 60:
        names.append(focused().objectName() or focused().accessibleName())
        bench.press(Qt.Key.Key_Tab)
    expected = [
        "field-name", "button-authorize", "field-readProfiles", "field-readWrite", "help-readWrite",
        "field-setUsageLocation", "field-sso", "help-sso", "field-cloud", "field-login", "field-graph",
        "field-tenant", "field-clientId", "field-signIn-secret", "field-secret", "reveal-secret",
        "field-secretExpires", "Choose Secret expires from a calendar", "field-caFile", "Browse for CA file",
        "step-details", "button-copy-report", "button-save-report", "button-copy-consent", "button-register",
        "button-test", "button-save", "button-close",
    ]  # fmt: skip
    assert names[: len(expected)] == expected


@pytest.mark.parametrize("size", [(960, 640), (1240, 800), (1800, 900)])
@pytest.mark.parametrize("profile", ["read-write", "read"])
def test_nothing_is_cut_off(bench: Bench, size: tuple[int, int], profile: str) -> None:
    source = saved(bench, profile, read_write=True, sso=True)
    page = bench.open(source)
    bench.window.resize(*size)
    page.test()
    bench.idle()
    bench.qtbot.wait(1)  # what wraps is laid out in two turns
    QApplication.processEvents()
    bar = page.sheet._scroll.horizontalScrollBar()
    assert bar.maximum() == 0, "no scrolling sideways"
    for widget in page.findChildren(QWidget):
        if not widget.isVisible() or not isinstance(widget, QPushButton | QLabel):
            continue
        need = widget.minimumSizeHint()
        assert widget.width() >= need.width(), f"{widget.objectName()} “{widget.text()}” is cut off"
        if isinstance(widget, QLabel) and widget.wordWrap():
            assert widget.height() >= widget.heightForWidth(widget.width()), f"“{widget.text()}” is cut off"


def test_two_columns_where_there_is_room_else_one(bench: Bench) -> None:
    page = bench.open(saved(bench))
    for width, beside in ((1300, True), (960, False)):
        bench.window.resize(width, 800)
        QApplication.processEvents()
        form, panel = page.view.mapTo(page, QPoint(0, 0)), page.panel.mapTo(page, QPoint(0, 0))
        assert (panel.x() > form.x()) is beside


# --- editing ------------------------------------------------------------------------------------------------------


def test_the_sub_option_follows_its_box_and_the_permissions_follow_both(bench: Bench) -> None:
    source = saved(bench, read_write=False)
    page = bench.open(source)
    box, sub = (page.form.rows[key].editor.target for key in ("readWrite", "setUsageLocation"))
    assert not sub.isEnabled()
    assert page.permissions.names == ["User.Read.All"]
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))
    assert sub.isEnabled()
    assert "Group.ReadWrite.All" in page.permissions.names
    QTest.mouseClick(sub, Qt.MouseButton.LeftButton, pos=QPoint(8, sub.height() // 2))
    assert "User.ReadWrite.All" in page.permissions.names
    bench.idle()
    assert page.dirty()


def test_status_follows_what_is_typed(bench: Bench) -> None:
    page = bench.open(saved(bench))
    assert label(page, "status-pill").text() == "not tested yet"
    assert label(page, "status").text() == "not tested yet — test the connection"
    edit(page, "tenant", "contoso")
    bench.idle()
    assert "Tenant is neither an ID nor a domain" in label(page, "status").text()


def test_a_problem_is_not_shown_while_first_typing_but_after_leaving(bench: Bench) -> None:
    page = bench.open(saved(bench))
    edit(page, "tenant", "contoso")
    bench.idle()
    assert page.form.problem("tenant") is None
    bench.press(Qt.Key.Key_Tab)
    problem = page.form.problem("tenant")
    assert problem is not None
    assert "neither" in problem.title
    edit(page, "tenant", "contoso.onmicrosoft.com")
    bench.idle()
    assert page.form.problem("tenant") is None


def test_walking_through_an_empty_form_complains_of_nothing(bench: Bench) -> None:
    draft = new("", cloud="global")
    page = bench.open(draft, ToConnector(draft=draft))
    for _ in range(12):
        bench.press(Qt.Key.Key_Tab)
    bench.idle()
    assert not any(page.form.problem(key) for key in page.form.rows)
    page.save()
    bench.idle()
    assert page.form.problem("tenant") is not None


def test_the_title_and_the_words_beside_the_buttons_say_what_is_not_saved(bench: Bench) -> None:
    page = bench.open(saved(bench))
    assert label(page, "saved-state").text() == "All changes saved"
    assert not bench.window.isWindowModified()
    edit(page, "name", "Other")
    assert label(page, "saved-state").text() == "Unsaved changes"
    assert bench.window.isWindowModified()
    edit(page, "name", "Contoso HR")
    assert label(page, "saved-state").text() == "All changes saved"
    assert not bench.window.isWindowModified()


# --- saving -------------------------------------------------------------------------------------------------------


def _notices(bench: Bench) -> list[tuple[str, str, str]]:
    return [(notice.level, notice.text, notice.detail) for notice in bench.desk.app.state.notices()]


def test_details_are_saved_also_when_some_are_missing(bench: Bench) -> None:
    draft = new("Half done", cloud="global")
    page = bench.open(draft, ToConnector(draft=draft))
    assert label(page, "saved-state").text() == "Not saved yet"
    bench.press(Qt.Key.Key_S, CTRL)
    bench.idle()
    level, text, detail = _notices(bench)[0]
    assert (level, text) == ("good", "Details saved successfully")
    assert "Tenant is missing" in detail
    assert bench.desk.app.workspace.get("Half done").source.id == draft.id
    assert label(page, "saved-state").text() == "All changes saved"


def test_a_secret_goes_to_the_vault_and_leaves_the_form(bench: Bench) -> None:
    source = saved(bench)
    page = bench.open(source)
    edit(page, "secret", SECRET_TEXT)
    assert page.dirty()
    page.save()
    bench.idle()
    assert bench.desk.app.vault.get(source.id, CLIENT_SECRET) == Secret(SECRET_TEXT)
    assert page.form.values()["secret"] is None
    assert not page.dirty()
    for file in bench.desk.app.workspace.folder.rglob("*"):
        assert file.is_dir() or SECRET_TEXT not in file.read_text("utf-8", errors="replace")


def test_a_date_that_is_none_is_not_saved_away(bench: Bench) -> None:
    source = saved(bench)
    page = bench.open(source)
    edit(page, "secretExpires", "31 May")
    page.save()
    bench.idle()
    assert page.form.problem("secretExpires") is not None
    assert QApplication.focusWidget() is page.form.rows["secretExpires"].editor.target
    assert "is not a date" in page.sheet.banner.plain_text()
    assert bench.desk.app.workspace.get(source.id).source.secret_expires is None


def test_a_taken_name_is_refused_at_its_field(bench: Bench) -> None:
    saved(bench, name="First")
    page = bench.open(saved(bench, name="Second"))
    edit(page, "name", "First")
    page.save()
    bench.idle()
    assert page.form.problem("name") is not None
    assert _notices(bench)[0][0] == "bad"
    assert page.sheet.banner.isVisible()
    assert page.dirty()
    edit(page, "name", "Third")
    page.save()
    bench.idle()
    assert not page.sheet.banner.isVisible()
    assert not page.dirty()


def test_the_locked_vault_is_asked_for_before_a_secret_is_saved(
    qtbot: QtBot, tmp_path: Any, practice: Any, theme: Theme
) -> None:
    desk = Desk(tmp_path, practice.ready, session_only=False)
    bench = Bench(qtbot, desk, theme)
    try:
        draft = desk.source()
        page = bench.open(draft, ToConnector(draft=draft))
        edit(page, "secret", SECRET_TEXT)
        answer("vault-session")
        page.save()
        bench.idle()
        assert desk.app.vault.get(draft.id, CLIENT_SECRET) == Secret(SECRET_TEXT)
    finally:
        bench.close()
        desk.close()


def test_a_save_that_began_is_told_even_if_it_was_cancelled(bench: Bench) -> None:
    source = saved(bench)
    page = bench.open(source)
    edit(page, "name", "Other")
    page.save()
    for task in bench.window.tasks.active():
        task.cancel()
    soon(bench.qtbot, lambda: not page.busy())
    assert bench.desk.app.workspace.get(source.id).source.name == "Other"
    assert not page.dirty()
    edit(page, "name", "Third")
    page.save()
    bench.idle()
    assert bench.desk.app.workspace.get(source.id).source.name == "Third", "and the next meets no conflict"


def test_what_is_typed_while_saving_stays(bench: Bench) -> None:
    source = saved(bench)
    page = bench.open(source)
    edit(page, "name", "Saved")
    page.save()
    edit(page, "tenant", "later.onmicrosoft.com")
    bench.idle()
    entry = bench.desk.app.workspace.get(source.id).source
    assert (entry.name, entry.tenant) == ("Saved", source.tenant)
    assert page.form.values()["tenant"] == "later.onmicrosoft.com"
    assert page.dirty()


def test_unknown_keys_of_the_file_survive(bench: Bench) -> None:
    source = saved(bench)
    entry = bench.desk.app.workspace.get(source.id)
    bench.desk.app.workspace.save(entry.source.replace(extra={"colour": "green"}), entry.version)
    page = bench.open(source)
    edit(page, "name", "Other")
    page.save()
    bench.idle()
    assert bench.desk.app.workspace.get(source.id).source.extra == {"colour": "green"}


# --- leaving and coming back --------------------------------------------------------------------------------------


def test_close_goes_back_to_the_list(bench: Bench) -> None:
    bench.open(saved(bench))
    bench.button("close").click()
    assert bench.window.page(ToSources).isVisible()


@pytest.mark.parametrize(("button", "name"), [("leave-save", "Other"), ("leave-discard", "Contoso HR")])
def test_leaving_with_changes_saves_or_discards(bench: Bench, button: str, name: str) -> None:
    source = saved(bench)
    page = bench.open(source)
    edit(page, "name", "Other")
    page._draft.keep()
    answer(button)
    bench.button("close").click()
    assert bench.window.page(ToSources).isVisible()
    assert bench.desk.app.workspace.get(source.id).source.name == name
    assert bench.desk.app.state.drafts(bench.desk.app.workspace.folder) == []
    assert not page.dirty()


def test_keep_editing_stays(bench: Bench) -> None:
    page = bench.open(saved(bench))
    edit(page, "name", "Other")
    answer("leave-edit")
    bench.button("close").click()
    assert page.isVisible()
    assert page.form.values()["name"] == "Other"


def test_leaving_is_stopped_when_the_save_fails(bench: Bench) -> None:
    saved(bench, name="First")
    page = bench.open(saved(bench, name="Second"))
    edit(page, "name", "First")
    answer("leave-save")
    bench.button("close").click()
    assert page.isVisible()
    assert page.form.problem("name") is not None


def test_an_untouched_new_draft_is_left_without_a_question(bench: Bench) -> None:
    draft = new("", cloud="global")
    bench.open(draft, ToConnector(draft=draft))
    bench.button("close").click()
    assert bench.window.page(ToSources).isVisible()


@pytest.mark.parametrize("existing", [True, False])
def test_a_killed_program_offers_what_was_typed(bench: Bench, theme: Theme, existing: bool) -> None:
    source = saved(bench) if existing else bench.desk.source(name="Brand new")
    page = bench.open(source) if existing else bench.open(source, ToConnector(draft=source))
    edit(page, "name", "Typed")
    edit(page, "secret", SECRET_TEXT)
    folder = bench.desk.app.workspace.folder
    soon(bench.qtbot, lambda: [kept.source.name for kept in bench.desk.app.state.drafts(folder)] == ["Typed"])
    bench.close()
    again = Bench(bench.qtbot, bench.desk, theme)
    try:
        [kept] = bench.desk.app.state.drafts(folder)
        page = (
            again.open(kept.source)
            if existing
            else again.open(kept.source, ToConnector(draft=kept.source, base=kept.base))
        )
        assert page.form.values()["name"] == "Typed"
        assert page.form.values()["secret"] is None, "a draft holds no secret"
        assert page.dirty()
        assert "is back" in page.sheet.banner.plain_text()
        [discard] = [b for b in page.sheet.banner.findChildren(QPushButton) if b.isVisible()]
        discard.click()
        again.idle()
        assert page.form.values()["name"] != "Typed" or not existing
        assert bench.desk.app.state.drafts(folder) == []
        assert not page.sheet.banner.isVisible()
    finally:
        again.close()


def test_a_draft_whose_file_changed_meanwhile_meets_the_conflict(bench: Bench) -> None:
    source = saved(bench)
    workspace, state = bench.desk.app.workspace, bench.desk.app.state
    entry = workspace.get(source.id)
    state.keep_draft(workspace.folder, entry.source.replace(name="Mine"), entry.version)
    workspace.save(entry.source.replace(name="Theirs"), entry.version)
    page = bench.open(source)
    assert page.form.values()["name"] == "Mine"
    answer("conflict-edit")
    page.save()
    bench.idle()
    assert workspace.get(source.id).source.name == "Theirs"


def test_discarding_a_draft_whose_file_is_gone_leaves_it_unsaved(bench: Bench) -> None:
    source = saved(bench)
    page = bench.open(source)
    edit(page, "name", "Other")
    bench.desk.app.workspace.delete(source.id)
    answer("leave-discard")
    assert page.may_leave()
    assert page.form.values()["name"] == "Contoso HR"
    assert label(page, "saved-state").text() == "Not saved yet"


def test_a_data_source_that_is_gone_leads_back_to_the_list(bench: Bench) -> None:
    bench.window.go(ToConnector(source_id="no-such-id"))
    bench.show()
    soon(bench.qtbot, lambda: bench.window.page(ToSources).isVisible())
    assert _notices(bench)[0][0] == "bad"


def test_going_away_and_coming_back_shows_the_same(bench: Bench) -> None:
    page = bench.open(saved(bench))
    page.test()
    bench.idle()
    bench.window.go(ToNotices())
    bench.window.go(ToConnector())
    assert page.form.values()["name"] == "Contoso HR"
    assert page.headline_text() == "Connection test succeeded"


# --- testing ------------------------------------------------------------------------------------------------------


def test_test_connection_with_a_secret_that_is_only_typed(bench: Bench) -> None:
    draft = bench.desk.source()
    page = bench.open(draft, ToConnector(draft=draft))
    edit(page, "secret", bench.desk.ready["apps"]["read-write"]["secret"])
    bench.press(Qt.Key.Key_T, CTRL)
    bench.idle()
    assert page.headline_text() == "Connection test succeeded"
    assert label(page, "status-pill").text() == "ready"
    assert not bench.desk.app.vault.has(draft.id, CLIENT_SECRET), "testing saves nothing"


def test_a_second_click_starts_no_second_run(bench: Bench) -> None:
    bench.open(saved(bench))
    button = bench.button("test")
    for _ in range(3):
        button.click()
    running = [task.title for task in bench.window.tasks.active() if task.title.startswith("Testing")]
    assert running == ["Testing “Contoso HR”"]
    assert button.isEnabled(), "it keeps the focus"
    assert button.text() == "Testing…"
    bench.idle()
    assert button.text() == "&Test connection"


def test_esc_is_back_to_idle_at_once_and_the_worker_is_ignored(bench: Bench, switches: Callable[..., Any]) -> None:
    page = bench.open(saved(bench))
    switches(login_down="hang")
    page.test()
    soon(bench.qtbot, lambda: "running" in page.panel.steps.rows[1].accessibleName())
    began = datetime.now(UTC)
    bench.press(Qt.Key.Key_Escape)
    assert not page.busy()
    assert page.headline_text() == "The test was cancelled"
    assert datetime.now(UTC) - began < timedelta(milliseconds=200)
    assert page.isVisible()


def test_esc_that_comes_as_the_test_ends_closes_nothing(bench: Bench, switches: Callable[..., Any]) -> None:
    page = bench.open(saved(bench))
    switches(login_down="hang")
    page.test()
    for _ in range(3):
        bench.press(Qt.Key.Key_Escape)
    assert page.headline_text() == "The test was cancelled"
    assert page.isVisible()
    page._calm._moment.timeout.emit()
    page._calm._moment.stop()
    bench.press(Qt.Key.Key_Escape)
    assert not page.isVisible()


def test_authorising_a_draft_that_lacks_something_marks_the_field(bench: Bench) -> None:
    draft = bench.desk.source(tenant="", sign_in=SignIn.ADMINISTRATOR)
    page = bench.open(draft, ToConnector(draft=draft))
    page.authorise()
    bench.idle()
    assert page.headline_text() == "Tenant is missing"
    assert page.form.problem("tenant") is not None
    assert QApplication.focusWidget() is page.form.rows["tenant"].editor.target


def test_the_outcome_can_be_looked_up_again(bench: Bench) -> None:
    page = bench.open(saved(bench))
    page.test()
    bench.idle()
    assert _notices(bench)[0][:2] == ("good", "Connection test succeeded")
    edit(page, "clientId", NOBODY)
    page.test()
    bench.idle()
    level, text, detail = _notices(bench)[0]
    assert (level, text) == ("bad", page.headline_text())
    assert "AADSTS700016" in detail


def test_a_test_goes_on_while_one_looks_elsewhere(bench: Bench) -> None:
    page = bench.open(saved(bench))
    page.test()
    bench.window.go(ToNotices())
    assert page.busy()
    bench.idle()
    assert ("good", "Connection test succeeded") in [said[:2] for said in _notices(bench)]
    bench.window.go(ToConnector())
    assert page.headline_text() == "Connection test succeeded"


def test_close_stops_what_runs(bench: Bench, switches: Callable[..., Any]) -> None:
    page = bench.open(saved(bench))
    switches(login_down="hang")
    page.test()
    bench.button("close").click()
    assert not page.busy()


def test_the_remedy_goes_to_the_field(bench: Bench) -> None:
    page = bench.open(saved(bench))
    edit(page, "secret", NOBODY)
    page.test()
    bench.idle()
    remedy = page.findChild(QPushButton, "remedy")
    assert remedy is not None
    assert "Client secret value" in remedy.text()
    bench.press(Qt.Key.Key_Return, ALT)
    assert QApplication.focusWidget() is page.form.rows["secret"].editor.target


@pytest.mark.parametrize("action", list(Action))
def test_every_action_has_its_button(bench: Bench, action: Action, monkeypatch: pytest.MonkeyPatch) -> None:
    page = bench.open(saved(bench))
    remedies = page._helping.remedies(Problem(title="x", field="tenant", action=action))
    assert bool(remedies) is (action is not Action.NONE)
    assert all(text and "&" not in text.replace("&&", "") for text, _ in remedies)


def test_the_last_report_is_there_when_the_page_opens(bench: Bench, theme: Theme) -> None:
    source = saved(bench, "read", read_write=True)
    bench.desk.test(source)
    page = bench.open(source)
    assert page.panel.headline.level == "bad"
    assert label(page, "missing-create-group").text() == "needs Group.ReadWrite.All"
    assert page.panel.report is not None


def test_an_old_success_says_that_details_changed_since(bench: Bench) -> None:
    page = bench.open(saved(bench))
    page.test()
    bench.idle()

    def said() -> bool:
        return any("details changed since" in shown.text() for shown in page.panel.findChildren(QLabel))

    assert not said()
    edit(page, "tenant", "other.onmicrosoft.com")
    bench.idle()
    assert said()
    assert "changed since its test" in label(page, "status").text()
    edit(page, "tenant", bench.desk.ready["tenant"])
    bench.idle()
    assert not said()
    assert label(page, "status-pill").text() == "ready"


def test_another_data_source_stops_the_first_ones_test(bench: Bench, switches: Callable[..., Any]) -> None:
    first, second = saved(bench, name="First"), saved(bench, name="Second")
    page = bench.open(first)
    switches(login_down="hang")
    page.test()
    bench.window.go(ToConnector(source_id=second.id))
    assert not page.busy()
    assert page.headline_text() == ""
    assert page.form.values()["name"] == "Second"


def test_an_end_in_sight_is_the_banner(bench: Bench) -> None:
    soon_over = (datetime.now(UTC) + timedelta(days=9)).date()
    page = bench.open(saved(bench, secret_expires=soon_over))
    assert "The client secret ends in" in page.sheet.banner.plain_text()
    [go] = [button for button in page.sheet.banner.findChildren(QPushButton) if button.isVisible()]
    go.click()
    assert QApplication.focusWidget() is page.form.rows["secret"].editor.target


@pytest.mark.parametrize(
    ("key", "title", "button"),
    [
        ("authorisation", "The authorisation", "Re-Authorize"),
        ("secret", "The client secret", "Go to the client secret"),
        ("certificate", "The certificate", "Go to the certificate"),
    ],
)
@pytest.mark.parametrize(("days", "level"), [(30, "warn"), (14, "warn"), (3, "warn"), (-1, "bad")])
def test_each_end_has_its_banner_with_its_action(
    bench: Bench, key: str, title: str, button: str, days: int, level: str
) -> None:
    now = datetime.now(UTC)
    source = saved(bench)
    page, ends = bench.open(source), now + timedelta(days=days)
    lifetime = Lifetime(key, title, ends)
    assert lifetime.warning(now) is not None
    later = Lifetime("secret", "Something later", ends + timedelta(hours=1))
    page._saying.warn((lifetime, later))
    text = page.sheet.banner.plain_text()
    assert text.startswith(f"{title} {'ended' if days < 0 else 'ends'}")
    assert "later" not in text, "at most one banner"
    assert page.sheet.banner.level == level
    shown = [each.text() for each in page.sheet.banner.findChildren(QPushButton) if each.isVisible()]
    assert shown == [button]


@pytest.mark.parametrize(("months", "words"), [(5.9, "The authorisation ends"), (6.3, "The authorisation ended")])
def test_an_authorisation_asks_to_be_renewed(bench: Bench, months: float, words: str) -> None:
    source = saved(bench, sign_in=SignIn.ADMINISTRATOR)
    at = datetime.now(UTC) - timedelta(days=months * 30.4)
    bench.desk.app.state.record_authorisation(
        source.id, Authorisation("admin@contoso", at, bench.desk.ready["tenant"], source.client_id)
    )
    page = bench.open(source)
    assert page.sheet.banner.plain_text().startswith(words)


def _is_focused(field: str) -> bool:
    return focused().objectName() == field


def _is_chosen(page: ConnectorPage, sign_in: str) -> bool:
    return bool(page.form.values()["signIn"] == sign_in)


def test_the_vault_is_never_asked_on_the_main_thread(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A keychain that hangs takes ten seconds to answer."""
    asked: list[bool] = []
    ask: Callable[[Vault], VaultKind] = vars(Vault)["kind"].fget

    def kind(vault: Vault) -> VaultKind:
        asked.append(threading.current_thread() is threading.main_thread())
        return ask(vault)

    monkeypatch.setattr(Vault, "kind", property(kind))
    bench.window.go(ToSources())
    page = bench.open(saved(bench))
    asked.clear()  # the test itself saved
    page.form.focus("secret")
    bench.type(SECRET_TEXT)
    bench.idle()
    page.save()
    bench.idle()
    page.test()
    bench.idle()
    bench.window.menus.actions[CommandKey.DIAGNOSTICS].trigger()
    bench.idle()
    bench.window.go(ToSources())
    bench.idle()
    bench.qtbot.waitUntil(lambda: not bench.window.page(ToSources)._reading.closer.isActive())  # type: ignore[attr-defined]
    bench.idle()
    assert len(asked) > 5
    assert not any(asked)


def test_in_a_narrow_window_the_test_comes_into_view(bench: Bench) -> None:
    page = bench.open(saved(bench))
    bench.window.resize(960, 640)
    bench.idle()
    page.test()
    bench.idle()
    viewport = page.sheet._scroll.viewport()
    seen = page.panel.headline.mapTo(viewport, QPoint(0, 0)).y()
    assert 0 <= seen < viewport.height() // 3


# --- the whole journey, by keyboard alone -------------------------------------------------------------------------


def test_fill_in_authorise_test_save_close_by_keyboard_alone(bench: Bench) -> None:
    ready = bench.desk.ready
    draft = new("", cloud="global")
    page = bench.open(draft, ToConnector(draft=draft))
    assert QApplication.focusWidget() is page.form.rows["name"].editor.target
    bench.type("Typed by hand")
    bench.press(Qt.Key.Key_W, ALT)
    soon(bench.qtbot, lambda: page.form.values()["readWrite"])
    bench.press(Qt.Key.Key_U, ALT)
    bench.type("Prac")
    bench.press(Qt.Key.Key_Tab)
    bench.type(ready["login"])
    bench.press(Qt.Key.Key_Tab)
    bench.type(ready["graph"])
    bench.press(Qt.Key.Key_I, ALT)
    bench.type(ready["ca_file"])
    bench.press(Qt.Key.Key_A, ALT)
    bench.type(ready["domain"])
    bench.press(Qt.Key.Key_L, ALT)
    bench.type(ready["apps"]["read-write"]["client_id"])
    for key, choice in ((Qt.Key.Key_Right, "secret"), (Qt.Key.Key_Left, "administrator")):
        field = f"field-signIn-{page.form.values()['signIn']}"
        bench.press(Qt.Key.Key_G, ALT)
        soon(bench.qtbot, partial(_is_focused, field))
        bench.press(key)
        soon(bench.qtbot, partial(_is_chosen, page, choice))
    bench.press(Qt.Key.Key_Z, ALT)
    soon(bench.qtbot, page.busy)
    bench.idle()
    assert page.headline_text() == "Connection test succeeded"
    bench.press(Qt.Key.Key_T, ALT)
    soon(bench.qtbot, page.busy)
    bench.idle()
    assert page.headline_text() == "Connection test succeeded"
    bench.press(Qt.Key.Key_S, ALT)
    soon(bench.qtbot, lambda: ("good", "Details saved successfully") in [said[:2] for said in _notices(bench)])
    bench.press(Qt.Key.Key_Escape)
    soon(bench.qtbot, lambda: bench.window.page(ToSources).isVisible())
    [row] = bench.desk.app.connections.overview().rows
    assert (row.entry.source.name, str(row.status.word)) == ("Typed by hand", "ready")
