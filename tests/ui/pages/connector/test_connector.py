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
from o365desk.model.timing import Timing
from o365desk.services.vault.vault import CLIENT_SECRET, Vault, VaultKind
from o365desk.ui.context import CommandKey
from o365desk.ui.destinations import Begins, ToConnector, ToNotices, ToSources
from o365desk.ui.pages.connector.connector import ConnectorPage
from o365desk.ui.widgets.theme import Theme
from tests.desk import Desk
from tests.failures import NOBODY
from tests.practice.fixtures import Client
from tests.ui.office import ALT, CTRL, Office, focused, office
from tests.ui.pages.connector.test_conflict import answer, edit

__all__ = ["office"]

SECRET_TEXT = "0-unlikely~secret.text"


def saved(office: Office, profile: str = "read-write", **changes: Any) -> DataSource:
    return office.desk.saved(office.desk.source(profile, **changes), profile)


def label(page: ConnectorPage, name: str) -> QLabel:
    found = page.window().findChild(QLabel, name)
    assert isinstance(found, QLabel)
    return found


def top(page: QWidget, widget: QWidget) -> int:
    return widget.mapTo(page, QPoint(0, 0)).y()


# --- what is there ------------------------------------------------------------------------------------------------


def test_the_order_of_the_web_original(office: Office) -> None:
    page = office.open_source(saved(office))
    office.window.resize(1240, 1400)
    QApplication.processEvents()
    keys = ("name", "readProfiles", "readWrite", "setUsageLocation", "sso")
    rows = [page.form.rows[key] for key in keys]
    parts: list[QWidget] = [rows[0], office.button("button-authorize"), *rows[1:], label(page, "status")]
    parts += [
        page.form.rows["cloud"],
        page.form.rows["tenant"],
        page.form.rows["clientId"],
        page.form.rows["signIn"],
    ]
    places = [top(office.window, part) for part in parts]
    assert places == sorted(places)
    bar = [office.button(f"button-{name}") for name in ("test", "save", "security", "close")]
    assert [button.text().replace("&", "") for button in bar] == ["Test connection", "Save", "Security", "Close"]
    assert [button.property("role") for button in bar] == ["go", "primary", "danger", ""]
    assert [button.mapTo(office.window, QPoint(0, 0)).x() for button in bar] == sorted(
        button.mapTo(office.window, QPoint(0, 0)).x() for button in bar
    )
    assert min(top(office.window, button) for button in bar) > places[-1]


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
    office: Office, changes: dict[str, Any], shown: set[str], hidden: set[str]
) -> None:
    page = office.open_source(office.desk.source(**changes), draft=office.desk.source(**changes), base=None)
    assert all(page.form.rows[key].isVisible() for key in shown)
    assert not any(page.form.rows[key].isVisible() for key in hidden)


def plain_letter(text: str) -> str:
    found = re.search(r"&(\w)", text)
    return found[1].lower() if found else ""


@pytest.mark.parametrize("changes", [{}, {"sign_in": SignIn.CERTIFICATE}, {"cloud": "global"}])
def test_every_mnemonic_is_there_once(office: Office, changes: dict[str, Any]) -> None:
    draft = office.desk.source(**changes)
    page = office.open_source(draft, draft=draft, base=None)
    marked = [widget.text() for widget in page.findChildren(QAbstractButton) if widget.isVisible()]
    marked += [widget.text() for widget in page.findChildren(QLabel) if widget.isVisible() and widget.buddy()]
    letters = [found[1].lower() for text in marked if (found := re.search(r"&(\w)", text.replace("&&", "")))]
    assert sorted(letters) == sorted(set(letters))
    for key, row in page.form.rows.items():
        if row.isVisible() and key not in ("signIn", "readProfiles"):
            own = row.editor.target.text() if isinstance(row.editor.target, QAbstractButton) else row.label.text()
            assert "&" in own.replace("&&", ""), f"{key} has no mnemonic"
    menus = [plain_letter(action.text()) for action in office.window.menuBar().actions() if action.isVisible()]
    assert not set(menus) & set(letters), "a letter of a menu is a letter of the form"
    for name in ("authorize", "test", "save", "security"):
        assert "&" in office.button(f"button-{name}").text(), f"{name} has no mnemonic"


def test_every_control_has_a_name(office: Office) -> None:
    page = office.open_source(saved(office))
    for widget in page.findChildren(QWidget):
        if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            text = widget.text() if isinstance(widget, QAbstractButton) else ""
            assert widget.accessibleName() or text, f"{widget} has no name"


def test_tab_goes_the_way_one_reads(office: Office) -> None:
    page = office.open_source(saved(office))
    page.test()
    office.idle()
    page.form.focus("name")
    names: list[str] = []
    while focused().objectName() not in names and len(names) < 60:
        names.append(focused().objectName() or focused().accessibleName())
        office.press(Qt.Key.Key_Tab)
    expected = [
        "field-name", "button-authorize", "field-readProfiles", "field-readWrite", "help-readWrite",
        "field-setUsageLocation", "field-sso", "help-sso", "field-cloud", "field-login", "field-graph",
        "field-tenant", "field-clientId", "field-signIn-secret", "field-secret", "reveal-secret",
        "field-secretExpires", "Choose Secret expires from a calendar", "field-caFile", "Browse for CA file",
        "step-details", "button-copy-report", "button-save-report", "button-copy-consent", "button-register",
        "button-test", "button-save", "button-security", "button-close",
    ]  # fmt: skip
    assert names[: len(expected)] == expected


@pytest.mark.parametrize("size", [(960, 640), (1240, 800), (1800, 900)])
@pytest.mark.parametrize("profile", ["read-write", "read"])
def test_nothing_is_cut_off(office: Office, size: tuple[int, int], profile: str) -> None:
    source = saved(office, profile, read_write=True, sso=True)
    page = office.open_source(source)
    office.window.resize(*size)
    page.test()
    office.idle()
    office.qtbot.wait(1)  # what wraps is laid out in two turns
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


def test_two_columns_where_there_is_room_else_one(office: Office) -> None:
    page = office.open_source(saved(office))
    for width, beside in ((1300, True), (960, False)):
        office.window.resize(width, 800)
        QApplication.processEvents()
        form, panel = page.view.mapTo(page, QPoint(0, 0)), page.panel.mapTo(page, QPoint(0, 0))
        assert (panel.x() > form.x()) is beside


# --- editing ------------------------------------------------------------------------------------------------------


def test_the_sub_option_follows_its_box_and_the_permissions_follow_both(office: Office) -> None:
    source = saved(office, read_write=False)
    page = office.open_source(source)
    box, sub = (page.form.rows[key].editor.target for key in ("readWrite", "setUsageLocation"))
    assert not sub.isEnabled()
    assert page.permissions.names == ["User.Read.All"]
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))
    assert sub.isEnabled()
    assert "Group.ReadWrite.All" in page.permissions.names
    QTest.mouseClick(sub, Qt.MouseButton.LeftButton, pos=QPoint(8, sub.height() // 2))
    assert "User.ReadWrite.All" in page.permissions.names
    office.idle()
    assert page.dirty()


def test_status_follows_what_is_typed(office: Office) -> None:
    page = office.open_source(saved(office))
    assert label(page, "status-pill").text() == "not tested yet"
    assert label(page, "status").text() == "not tested yet — test the connection"
    edit(page, "tenant", "contoso")
    office.idle()
    assert "Tenant is neither an ID nor a domain" in label(page, "status").text()


def test_a_problem_is_not_shown_while_first_typing_but_after_leaving(office: Office) -> None:
    page = office.open_source(saved(office))
    edit(page, "tenant", "contoso")
    office.idle()
    assert page.form.problem("tenant") is None
    office.press(Qt.Key.Key_Tab)
    problem = page.form.problem("tenant")
    assert problem is not None
    assert "neither" in problem.title
    edit(page, "tenant", "contoso.onmicrosoft.com")
    office.idle()
    assert page.form.problem("tenant") is None


def test_walking_through_an_empty_form_complains_of_nothing(office: Office) -> None:
    draft = new("", cloud="global")
    page = office.open_source(draft, draft=draft, base=None)
    for _ in range(12):
        office.press(Qt.Key.Key_Tab)
    office.idle()
    assert not any(page.form.problem(key) for key in page.form.rows)
    page.save()
    office.idle()
    assert page.form.problem("tenant") is not None


def test_the_title_and_the_words_beside_the_buttons_say_what_is_not_saved(office: Office) -> None:
    page = office.open_source(saved(office))
    assert label(page, "saved-state").text() == "All changes saved"
    assert not office.window.isWindowModified()
    edit(page, "name", "Other")
    assert label(page, "saved-state").text() == "Unsaved changes"
    assert office.window.isWindowModified()
    edit(page, "name", "Contoso HR")
    assert label(page, "saved-state").text() == "All changes saved"
    assert not office.window.isWindowModified()


# --- saving -------------------------------------------------------------------------------------------------------


def _notices(office: Office) -> list[tuple[str, str, str]]:
    return [(notice.level, notice.text, notice.detail) for notice in office.desk.app.state.notices()]


def test_details_are_saved_also_when_some_are_missing(office: Office) -> None:
    draft = new("Half done", cloud="global")
    page = office.open_source(draft, draft=draft, base=None)
    assert label(page, "saved-state").text() == "Not saved yet"
    office.press(Qt.Key.Key_S, CTRL)
    office.idle()
    level, text, detail = _notices(office)[0]
    assert (level, text) == ("good", "Details saved successfully")
    assert "Tenant is missing" in detail
    assert office.desk.app.workspace.get("Half done").source.id == draft.id
    assert label(page, "saved-state").text() == "All changes saved"


def test_a_secret_goes_to_the_vault_and_leaves_the_form(office: Office) -> None:
    source = saved(office)
    page = office.open_source(source)
    edit(page, "secret", SECRET_TEXT)
    assert page.dirty()
    page.save()
    office.idle()
    assert office.desk.app.vault.get(source.id, CLIENT_SECRET) == Secret(SECRET_TEXT)
    assert page.form.values()["secret"] is None
    assert not page.dirty()
    for file in office.desk.app.workspace.folder.rglob("*"):
        assert file.is_dir() or SECRET_TEXT not in file.read_text("utf-8", errors="replace")


def test_a_date_that_is_none_is_not_saved_away(office: Office) -> None:
    source = saved(office)
    page = office.open_source(source)
    edit(page, "secretExpires", "31 May")
    page.save()
    office.idle()
    assert page.form.problem("secretExpires") is not None
    assert QApplication.focusWidget() is page.form.rows["secretExpires"].editor.target
    assert "is not a date" in page.sheet.banner.plain_text()
    assert office.desk.app.workspace.get(source.id).source.secret_expires is None


def test_a_taken_name_is_refused_at_its_field(office: Office) -> None:
    saved(office, name="First")
    page = office.open_source(saved(office, name="Second"))
    edit(page, "name", "First")
    page.save()
    office.idle()
    assert page.form.problem("name") is not None
    assert _notices(office)[0][0] == "bad"
    assert page.sheet.banner.isVisible()
    assert page.dirty()
    edit(page, "name", "Third")
    page.save()
    office.idle()
    assert not page.sheet.banner.isVisible()
    assert not page.dirty()


def test_the_locked_vault_is_asked_for_before_a_secret_is_saved(
    qtbot: QtBot, tmp_path: Any, practice: Any, client: Client, theme: Theme
) -> None:
    desk = Desk(tmp_path, practice.ready, session_only=False, timing=Timing(press=0.02))
    office = Office(qtbot, desk, client, theme)
    try:
        draft = desk.source()
        page = office.open_source(draft, draft=draft, base=None)
        edit(page, "secret", SECRET_TEXT)
        answer("vault-session")
        page.save()
        office.idle()
        assert desk.app.vault.get(draft.id, CLIENT_SECRET) == Secret(SECRET_TEXT)
    finally:
        office.close()
        desk.close()


def test_a_save_that_began_is_told_even_if_it_was_cancelled(office: Office) -> None:
    source = saved(office)
    page = office.open_source(source)
    edit(page, "name", "Other")
    page.save()
    for task in office.window.tasks.active():
        task.cancel()
    office.soon(lambda: not page.busy())
    assert office.desk.app.workspace.get(source.id).source.name == "Other"
    assert not page.dirty()
    edit(page, "name", "Third")
    page.save()
    office.idle()
    assert office.desk.app.workspace.get(source.id).source.name == "Third", "and the next meets no conflict"


def test_what_is_typed_while_saving_stays(office: Office) -> None:
    source = saved(office)
    page = office.open_source(source)
    edit(page, "name", "Saved")
    page.save()
    edit(page, "tenant", "later.onmicrosoft.com")
    office.idle()
    entry = office.desk.app.workspace.get(source.id).source
    assert (entry.name, entry.tenant) == ("Saved", source.tenant)
    assert page.form.values()["tenant"] == "later.onmicrosoft.com"
    assert page.dirty()


def test_unknown_keys_of_the_file_survive(office: Office) -> None:
    source = saved(office)
    entry = office.desk.app.workspace.get(source.id)
    office.desk.app.workspace.save(entry.source.replace(extra={"colour": "green"}), entry.version)
    page = office.open_source(source)
    edit(page, "name", "Other")
    page.save()
    office.idle()
    assert office.desk.app.workspace.get(source.id).source.extra == {"colour": "green"}


# --- leaving and coming back --------------------------------------------------------------------------------------


def test_close_goes_back_to_the_list(office: Office) -> None:
    office.open_source(saved(office))
    office.button("button-close").click()
    assert office.window.page(ToSources).isVisible()


@pytest.mark.parametrize(("button", "name"), [("leave-save", "Other"), ("leave-discard", "Contoso HR")])
def test_leaving_with_changes_saves_or_discards(office: Office, button: str, name: str) -> None:
    source = saved(office)
    page = office.open_source(source)
    edit(page, "name", "Other")
    page._draft.keep()
    answer(button)
    office.button("button-close").click()
    assert office.window.page(ToSources).isVisible()
    assert office.desk.app.workspace.get(source.id).source.name == name
    assert office.desk.app.state.drafts(office.desk.app.workspace.folder) == []
    assert not page.dirty()


def test_keep_editing_stays(office: Office) -> None:
    page = office.open_source(saved(office))
    edit(page, "name", "Other")
    answer("leave-edit")
    office.button("button-close").click()
    assert page.isVisible()
    assert page.form.values()["name"] == "Other"


def test_leaving_is_stopped_when_the_save_fails(office: Office) -> None:
    saved(office, name="First")
    page = office.open_source(saved(office, name="Second"))
    edit(page, "name", "First")
    answer("leave-save")
    office.button("button-close").click()
    assert page.isVisible()
    assert page.form.problem("name") is not None


def test_an_untouched_new_draft_is_left_without_a_question(office: Office) -> None:
    draft = new("", cloud="global")
    office.open_source(draft, draft=draft, base=None)
    office.button("button-close").click()
    assert office.window.page(ToSources).isVisible()


@pytest.mark.parametrize("existing", [True, False])
def test_a_killed_program_offers_what_was_typed(office: Office, theme: Theme, existing: bool) -> None:
    source = saved(office) if existing else office.desk.source(name="Brand new")
    page = office.open_source(source) if existing else office.open_source(source, draft=source, base=None)
    edit(page, "name", "Typed")
    edit(page, "secret", SECRET_TEXT)
    folder = office.desk.app.workspace.folder
    office.soon(lambda: [kept.source.name for kept in office.desk.app.state.drafts(folder)] == ["Typed"])
    office.close()
    again = Office(office.qtbot, office.desk, office.client, theme)
    try:
        [kept] = office.desk.app.state.drafts(folder)
        where = {} if existing else {"draft": kept.source, "base": kept.base}
        page = again.open_source(kept.source, **where)
        assert page.form.values()["name"] == "Typed"
        assert page.form.values()["secret"] is None, "a draft holds no secret"
        assert page.dirty()
        assert "is back" in page.sheet.banner.plain_text()
        [discard] = [b for b in page.sheet.banner.findChildren(QPushButton) if b.isVisible()]
        discard.click()
        again.idle()
        assert page.form.values()["name"] != "Typed" or not existing
        assert office.desk.app.state.drafts(folder) == []
        assert not page.sheet.banner.isVisible()
    finally:
        again.close()


def test_a_draft_whose_file_changed_meanwhile_meets_the_conflict(office: Office) -> None:
    source = saved(office)
    workspace, state = office.desk.app.workspace, office.desk.app.state
    entry = workspace.get(source.id)
    state.keep_draft(workspace.folder, entry.source.replace(name="Mine"), entry.version)
    workspace.save(entry.source.replace(name="Theirs"), entry.version)
    page = office.open_source(source)
    assert page.form.values()["name"] == "Mine"
    answer("conflict-edit")
    page.save()
    office.idle()
    assert workspace.get(source.id).source.name == "Theirs"


def test_discarding_a_draft_whose_file_is_gone_leaves_it_unsaved(office: Office) -> None:
    source = saved(office)
    page = office.open_source(source)
    edit(page, "name", "Other")
    office.desk.app.workspace.delete(source.id)
    answer("leave-discard")
    assert page.may_leave()
    assert page.form.values()["name"] == "Contoso HR"
    assert label(page, "saved-state").text() == "Not saved yet"


def test_a_data_source_that_is_gone_leads_back_to_the_list(office: Office) -> None:
    office.window.go(ToConnector(source_id="no-such-id"))
    office.idle()
    office.soon(lambda: office.window.page(ToSources).isVisible())
    assert _notices(office)[0][0] == "bad"


def test_going_away_and_coming_back_shows_the_same(office: Office) -> None:
    page = office.open_source(saved(office))
    page.test()
    office.idle()
    office.window.go(ToNotices())
    office.window.go(ToConnector())
    assert page.form.values()["name"] == "Contoso HR"
    assert page.headline_text() == "Connection test succeeded"


# --- testing ------------------------------------------------------------------------------------------------------


def test_test_connection_with_a_secret_that_is_only_typed(office: Office) -> None:
    draft = office.desk.source()
    page = office.open_source(draft, draft=draft, base=None)
    edit(page, "secret", office.desk.ready["apps"]["read-write"]["secret"])
    office.press(Qt.Key.Key_T, CTRL)
    office.idle()
    assert page.headline_text() == "Connection test succeeded"
    assert label(page, "status-pill").text() == "ready"
    assert not office.desk.app.vault.has(draft.id, CLIENT_SECRET), "testing saves nothing"


def test_a_second_click_starts_no_second_run(office: Office) -> None:
    office.open_source(saved(office))
    button = office.button("button-test")
    for _ in range(3):
        button.click()
    running = [task.title for task in office.window.tasks.active() if task.title.startswith("Testing")]
    assert running == ["Testing “Contoso HR”"]
    assert button.isEnabled(), "it keeps the focus"
    assert button.text() == "Testing…"
    office.idle()
    assert button.text() == "&Test connection"


def test_esc_is_back_to_idle_at_once_and_the_worker_is_ignored(
    office: Office, switches: Callable[..., Any]
) -> None:
    page = office.open_source(saved(office))
    switches(login_down="hang")
    page.test()
    office.soon(lambda: "running" in page.panel.steps.rows[1].accessibleName())
    began = datetime.now(UTC)
    office.press(Qt.Key.Key_Escape)
    assert not page.busy()
    assert page.headline_text() == "The test was cancelled"
    assert datetime.now(UTC) - began < timedelta(milliseconds=200)
    assert page.isVisible()


def test_esc_that_comes_as_the_test_ends_closes_nothing(office: Office, switches: Callable[..., Any]) -> None:
    page = office.open_source(saved(office))
    switches(login_down="hang")
    page.test()
    for _ in range(3):
        office.press(Qt.Key.Key_Escape)
    assert page.headline_text() == "The test was cancelled"
    assert page.isVisible()
    page._calm._moment.timeout.emit()
    page._calm._moment.stop()
    office.press(Qt.Key.Key_Escape)
    assert not page.isVisible()


def test_authorising_a_draft_that_lacks_something_marks_the_field(office: Office) -> None:
    draft = office.desk.source(tenant="", sign_in=SignIn.ADMINISTRATOR)
    page = office.open_source(draft, draft=draft, base=None)
    page.authorise()
    office.idle()
    assert page.headline_text() == "Tenant is missing"
    assert page.form.problem("tenant") is not None
    assert QApplication.focusWidget() is page.form.rows["tenant"].editor.target


def test_the_outcome_can_be_looked_up_again(office: Office) -> None:
    page = office.open_source(saved(office))
    page.test()
    office.idle()
    assert _notices(office)[0][:2] == ("good", "Connection test succeeded")
    edit(page, "clientId", NOBODY)
    page.test()
    office.idle()
    level, text, detail = _notices(office)[0]
    assert (level, text) == ("bad", page.headline_text())
    assert "AADSTS700016" in detail


def test_a_test_goes_on_while_one_looks_elsewhere(office: Office) -> None:
    page = office.open_source(saved(office))
    page.test()
    office.window.go(ToNotices())
    assert page.busy()
    office.idle()
    assert ("good", "Connection test succeeded") in [said[:2] for said in _notices(office)]
    office.window.go(ToConnector())
    assert page.headline_text() == "Connection test succeeded"


def test_close_stops_what_runs(office: Office, switches: Callable[..., Any]) -> None:
    page = office.open_source(saved(office))
    switches(login_down="hang")
    page.test()
    office.button("button-close").click()
    assert not page.busy()


def test_the_remedy_goes_to_the_field(office: Office) -> None:
    page = office.open_source(saved(office))
    edit(page, "secret", NOBODY)
    page.test()
    office.idle()
    remedy = page.findChild(QPushButton, "remedy")
    assert remedy is not None
    assert "Client secret value" in remedy.text()
    office.press(Qt.Key.Key_Return, ALT)
    assert QApplication.focusWidget() is page.form.rows["secret"].editor.target


@pytest.mark.parametrize("action", list(Action))
def test_every_action_has_its_button(office: Office, action: Action, monkeypatch: pytest.MonkeyPatch) -> None:
    page = office.open_source(saved(office))
    remedies = page._helping.remedies(Problem(title="x", field="tenant", action=action))
    assert bool(remedies) is (action is not Action.NONE)
    assert all(text and "&" not in text.replace("&&", "") for text, _ in remedies)


def test_the_last_report_is_there_when_the_page_opens(office: Office, theme: Theme) -> None:
    source = saved(office, "read", read_write=True)
    office.desk.test(source)
    page = office.open_source(source)
    assert page.panel.headline.level == "bad"
    assert label(page, "missing-create-group").text() == "needs Group.ReadWrite.All"
    assert page.panel.report is not None


def test_an_old_success_says_that_details_changed_since(office: Office) -> None:
    page = office.open_source(saved(office))
    page.test()
    office.idle()

    def said() -> bool:
        return any("details changed since" in shown.text() for shown in page.panel.findChildren(QLabel))

    assert not said()
    edit(page, "tenant", "other.onmicrosoft.com")
    office.idle()
    assert said()
    assert "changed since its test" in label(page, "status").text()
    edit(page, "tenant", office.desk.ready["tenant"])
    office.idle()
    assert not said()
    assert label(page, "status-pill").text() == "ready"


def test_another_data_source_stops_the_first_ones_test(office: Office, switches: Callable[..., Any]) -> None:
    first, second = saved(office, name="First"), saved(office, name="Second")
    page = office.open_source(first)
    switches(login_down="hang")
    page.test()
    office.window.go(ToConnector(source_id=second.id))
    assert not page.busy()
    assert page.headline_text() == ""
    assert page.form.values()["name"] == "Second"


def test_an_end_in_sight_is_the_banner(office: Office) -> None:
    soon_over = (datetime.now(UTC) + timedelta(days=9)).date()
    page = office.open_source(saved(office, secret_expires=soon_over))
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
    office: Office, key: str, title: str, button: str, days: int, level: str
) -> None:
    now = datetime.now(UTC)
    source = saved(office)
    page, ends = office.open_source(source), now + timedelta(days=days)
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
def test_an_authorisation_asks_to_be_renewed(office: Office, months: float, words: str) -> None:
    source = saved(office, sign_in=SignIn.ADMINISTRATOR)
    at = datetime.now(UTC) - timedelta(days=months * 30.4)
    office.desk.app.state.record_authorisation(
        source.id, Authorisation("admin@contoso", at, office.desk.ready["tenant"], source.client_id)
    )
    page = office.open_source(source)
    assert page.sheet.banner.plain_text().startswith(words)


def _is_focused(field: str) -> bool:
    return focused().objectName() == field


def _is_chosen(page: ConnectorPage, sign_in: str) -> bool:
    return bool(page.form.values()["signIn"] == sign_in)


def test_the_vault_is_never_asked_on_the_main_thread(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """A keychain that hangs takes ten seconds to answer."""
    asked: list[bool] = []
    ask: Callable[[Vault], VaultKind] = vars(Vault)["kind"].fget

    def kind(vault: Vault) -> VaultKind:
        asked.append(threading.current_thread() is threading.main_thread())
        return ask(vault)

    monkeypatch.setattr(Vault, "kind", property(kind))
    office.window.go(ToSources())
    page = office.open_source(saved(office))
    asked.clear()  # the test itself saved
    page.form.focus("secret")
    office.type(SECRET_TEXT)
    office.idle()
    page.save()
    office.idle()
    page.test()
    office.idle()
    office.window.menus.actions[CommandKey.DIAGNOSTICS].trigger()
    office.idle()
    office.window.go(ToSources())
    office.idle()
    office.qtbot.waitUntil(lambda: not office.window.page(ToSources)._reading.closer.isActive())  # type: ignore[attr-defined]
    office.idle()
    assert len(asked) > 5
    assert not any(asked)


def test_in_a_narrow_window_the_test_comes_into_view(office: Office) -> None:
    page = office.open_source(saved(office))
    office.window.resize(960, 640)
    office.idle()
    page.test()
    office.idle()
    viewport = page.sheet._scroll.viewport()
    seen = page.panel.headline.mapTo(viewport, QPoint(0, 0)).y()
    assert 0 <= seen < viewport.height() // 3


def test_what_came_into_view_stays_there_unless_somebody_scrolls(office: Office) -> None:
    page = office.open_source(saved(office))
    office.window.resize(960, 640)
    office.idle()
    page.test()
    office.idle()
    viewport, bar = page.sheet._scroll.viewport(), page.sheet._scroll.verticalScrollBar()

    def seen() -> int:
        return page.panel.headline.mapTo(viewport, QPoint(0, 0)).y()

    longer = bar.maximum()
    rows = [page.form.rows[key] for key in ("cloud", "tenant", "clientId")]
    for row in rows:  # what is above it becomes shorter
        row.hide()
    office.soon(lambda: bar.maximum() < longer - viewport.height() // 6)
    office.soon(lambda: 0 <= seen() < viewport.height() // 3)
    bar.setValue(0)
    for row in rows:
        row.show()
    office.soon(lambda: bar.maximum() == longer)
    assert bar.value() == 0


# --- the whole journey, by keyboard alone -------------------------------------------------------------------------


def test_fill_in_authorise_test_save_close_by_keyboard_alone(office: Office) -> None:
    ready = office.desk.ready
    draft = new("", cloud="global")
    page = office.open_source(draft, draft=draft, base=None)
    assert QApplication.focusWidget() is page.form.rows["name"].editor.target
    office.type("Typed by hand")
    office.press(Qt.Key.Key_W, ALT)
    office.soon(lambda: page.form.values()["readWrite"])
    office.press(Qt.Key.Key_U, ALT)
    office.type("Prac")
    office.press(Qt.Key.Key_Tab)
    office.type(ready["login"])
    office.press(Qt.Key.Key_Tab)
    office.type(ready["graph"])
    office.press(Qt.Key.Key_I, ALT)
    office.type(ready["ca_file"])
    office.press(Qt.Key.Key_A, ALT)
    office.type(ready["domain"])
    office.press(Qt.Key.Key_L, ALT)
    office.type(ready["apps"]["read-write"]["client_id"])
    for key, choice in ((Qt.Key.Key_Right, "secret"), (Qt.Key.Key_Left, "administrator")):
        field = f"field-signIn-{page.form.values()['signIn']}"
        office.press(Qt.Key.Key_G, ALT)
        office.soon(partial(_is_focused, field))
        office.press(key)
        office.soon(partial(_is_chosen, page, choice))
    office.press(Qt.Key.Key_Z, ALT)
    office.soon(page.busy)
    office.idle()
    assert page.headline_text() == "Connection test succeeded"
    office.press(Qt.Key.Key_T, ALT)
    office.soon(page.busy)
    office.idle()
    assert page.headline_text() == "Connection test succeeded"
    office.press(Qt.Key.Key_S, ALT)
    office.soon(lambda: ("good", "Details saved successfully") in [said[:2] for said in _notices(office)])
    office.press(Qt.Key.Key_Escape)
    office.soon(lambda: office.window.page(ToSources).isVisible())
    [row] = office.desk.app.connections.overview().rows
    assert (row.entry.source.name, str(row.status.word)) == ("Typed by hand", "ready")


@pytest.mark.parametrize(
    ("begins", "does"), [(Begins.TEST, "test"), (Begins.AUTHORIZE, "authorise"), (Begins.APPROVE, "approve")]
)
def test_who_comes_for_something_finds_it_begun(
    office: Office, monkeypatch: pytest.MonkeyPatch, begins: Begins, does: str
) -> None:
    source = saved(office)
    begun: list[str] = []
    for name in ("test", "authorise", "approve"):
        monkeypatch.setattr(ConnectorPage, name, lambda page, name=name: begun.append(name))
    office.open_source(source, source_id=source.id, then=begins)
    office.soon(lambda: begun)
    assert begun == [does]
    assert len(Begins) == 3, "each is tried"


def test_who_comes_for_a_field_is_led_to_it(office: Office) -> None:
    source = saved(office)
    page = office.open_source(source, source_id=source.id, field="tenant")
    office.soon(page.form.rows["tenant"].editor.target.hasFocus)
