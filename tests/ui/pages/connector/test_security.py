"""Security settings and View as…, from the connector page on: kept in the form, written by Save."""

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QLabel, QPushButton

from o365desk import catalogue
from o365desk.model.access.people import Person, Role
from o365desk.model.access.security import Mapping, Security, Who, WhoKind
from o365desk.model.conditions import tree
from o365desk.model.datasource import DataSource
from o365desk.model.stop import Stop
from o365desk.services.access.known import KnownGroup, group_key, tenant_key
from o365desk.ui.context import CommandKey
from o365desk.ui.dialogs.security.editing import asked_about
from o365desk.ui.dialogs.security.settings import SecurityDialog
from o365desk.ui.dialogs.security.view_as import ViewAsDialog
from o365desk.ui.dialogs.security.who_list import WhoList
from o365desk.ui.pages.connector.connector import ConnectorPage
from tests.secured import ANNA, FABRIKAM, SALES, people
from tests.ui.office import Office, click, office
from tests.ui.pages.connector.test_conflict import edit

__all__ = ["office"]


def on_disk(office: Office, source: DataSource) -> Security:
    return office.desk.app.workspace.get(source.id).source.security


def secure(office: Office, act: Any) -> None:
    """Opens the dialog by its button, does something in it and waits."""
    seen = office.answer("security", act)
    office.button("button-security").click()
    assert seen == ["security"]
    office.idle()


def keep(office: Office, dialog: QDialog) -> None:
    assert isinstance(dialog, SecurityDialog)
    dialog.ok.click()


def name_anna(office: Office) -> Any:
    def act(dialog: QDialog) -> None:
        assert isinstance(dialog, SecurityDialog)
        dialog.users.add(ANNA)
        dialog.ok.click()

    return act


# --- kept in the form, written by Save ----------------------------------------------------------------------------


def test_ok_keeps_in_the_form_and_save_writes(office: Office) -> None:
    source = office.source()
    page = office.open_source(source)
    assert not page.dirty()
    secure(office, name_anna(office))
    assert page.dirty()
    assert on_disk(office, source) == Security()
    page.save()
    office.idle()
    assert on_disk(office, source).users == (ANNA,)
    assert not page.dirty()


def test_what_is_kept_outlives_a_killed_program_and_goes_with_discard(office: Office) -> None:
    source = office.source()
    page = office.open_source(source)
    secure(office, name_anna(office))
    page._draft.keep()
    kept = office.desk.app.state.drafts(office.desk.app.workspace.folder)
    assert [draft.source.security.users for draft in kept] == [(ANNA,)]
    page._discard()
    assert not page.dirty()
    assert page.source() is not None
    assert page.source().security == Security()  # type: ignore[union-attr]


def test_what_is_typed_beside_it_stays_and_a_save_keeps_both(office: Office) -> None:
    source = office.source()
    page = office.open_source(source)
    edit(page, "name", "Contoso People")
    secure(office, name_anna(office))
    page.save()
    office.idle()
    saved = office.desk.app.workspace.get(source.id).source
    assert (saved.name, saved.security.users) == ("Contoso People", (ANNA,))


def test_a_conflict_names_the_security_settings(office: Office) -> None:
    source = office.source()
    page = office.open_source(source)
    entry = office.desk.app.workspace.get(source.id)
    theirs = Security(b2b=True, users=(Who(kind=WhoKind.USER, address="bea@contoso.com"), ANNA))
    office.desk.app.workspace.save(entry.source.replace(security=theirs), entry.version)
    secure(office, name_anna(office))
    texts: list[str] = []

    def look(dialog: QDialog) -> None:
        texts.extend(label.text() for label in dialog.findChildren(QLabel))
        click(dialog, "conflict-edit")

    seen = office.answer("conflict", look)
    page.save()
    office.soon(lambda: seen)
    office.idle()
    assert "Connection users" in texts
    assert ANNA.shown in texts
    assert any("bea@contoso.com" in text for text in texts)


def test_the_service_refuses_what_would_lock_everybody_out(office: Office) -> None:
    """Not only the dialog: the file may have changed since it looked."""
    source = office.source()
    page = office.open_source(source)
    secure(office, lambda dialog: (dialog.administrators.add(ANNA), dialog.ok.click()))
    people(office.desk.app, Person(address="a.admin", role=Role.MANAGE))
    page.save()
    office.idle()
    assert on_disk(office, source) == Security()
    assert "Nobody could change this data source any more" in page.sheet.banner.plain_text()
    assert page.dirty()


# --- what may not be done is off ----------------------------------------------------------------------------------


def test_who_only_queries_finds_everything_off_with_the_reason(office: Office) -> None:
    source = office.source()
    people(office.desk.app, Person(address="a.admin", role=Role.USER))
    page = office.open_source(source)
    why = "a.admin has the role User"
    for name in ("button-save", "button-authorize"):
        button = office.button(name)
        assert not button.isEnabled(), name
        assert why in button.toolTip().replace("A.admin", "a.admin")
        assert why in button.accessibleDescription().replace("A.admin", "a.admin")
    said = page.sheet.banner.plain_text()
    assert "You may look at this data source, and not change it" in said, "without a mouse over a button, too"
    assert "has the role User" in said
    commands = page.commands()
    for key in (CommandKey.SAVE, CommandKey.AUTHORIZE):
        assert "role User" in str(commands[key])
    assert office.button("button-test").isEnabled(), "whoever may query may see whether it works"
    seen: list[Any] = []

    def look(dialog: QDialog) -> None:
        assert isinstance(dialog, SecurityDialog)
        seen.extend((dialog.ok.isEnabled(), dialog.banner.plain_text()))
        dialog.close_button.click()

    secure(office, look)
    assert seen[0] is False
    assert "has the role User" in seen[1]


def test_rights_that_come_turn_things_on_again(office: Office) -> None:
    source = office.source()
    people(office.desk.app, Person(address="a.admin", role=Role.USER))
    page = office.open_source(source)
    assert not office.button("button-save").isEnabled()
    assert page.sheet.banner.isVisible()
    people(office.desk.app, Person(address="a.admin", role=Role.ADMINISTRATOR))
    page._follow(now=True)
    office.idle()
    assert office.button("button-save").isEnabled()
    assert "Ctrl+S" in office.button("button-save").toolTip()
    assert not page.sheet.banner.isVisible()


def test_what_the_tenant_says_while_one_looks_turns_things_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever administers through a group finds all off until it was read; asking for it is enough."""
    app = office.desk.app
    source = office.source(security=Security(administrators=(SALES,)))
    people(app, Person(address="a.admin", role=Role.MANAGE))
    page = office.open_source(source)
    assert "the group was not read yet" in office.button("button-save").toolTip()

    def refreshed(dialog: ViewAsDialog) -> None:
        known = KnownGroup(read=app.clock(), members=frozenset({"a.admin"}))
        app.access._known._keep(tenant_key(source), "group", group_key(SALES), known)

    monkeypatch.setattr(ViewAsDialog, "exec", refreshed)
    page.view_as()
    office.idle()
    assert office.button("button-save").isEnabled()


# --- with a tenant ------------------------------------------------------------------------------------------------


def test_people_are_found_in_the_tenant_and_groups_are_read(office: Office) -> None:
    bulk = office.bulk
    user, group = bulk.users[0], bulk.group("security")
    office.open_source(bulk.source)

    def act(dialog: QDialog) -> None:
        assert isinstance(dialog, SecurityDialog)
        part = dialog.users
        part.line.setFocus()
        QTest.keyClicks(part.line, user["userPrincipalName"])
        part.suggestions.ask_now()
        office.soon(lambda: part.suggestions.model.rowCount() and part.suggestions._question is None)
        QTest.keyClick(part.suggestions.popup, Qt.Key.Key_Down)
        QTest.keyClick(part.suggestions.popup, Qt.Key.Key_Return)
        assert [who.id for who in part.who] == [user["id"]]
        part.add(Who(kind=WhoKind.GROUP, id=group, name="A group"))
        part.add(Who(kind=WhoKind.USER, address="gone@nowhere.example"))
        dialog.refresh.click()
        office.soon(lambda: dialog._asking and not dialog._asking.running)
        office.soon(lambda: "read just now" in told(part, 1))
        assert told(part, 2) == "no longer exists"
        assert [who.name for who in part.who][:2] == [user["displayName"], "A group"]
        dialog.ok.click()

    secure(office, act)


def told(part: WhoList, place: int) -> str:
    """What the tenant said of somebody in a list."""
    item = part.list.topLevelItem(place)
    return item.text(2) if item else ""


def view_as(office: Office, page: ConnectorPage, act: Any) -> None:
    seen = office.answer("view-as", act)
    does = page.extras()["&View as…"]
    assert callable(does)
    does()
    assert seen == ["view-as"]
    office.idle()


def looked(office: Office, dialog: QDialog, address: str) -> ViewAsDialog:
    """Types an address and waits for the answer."""
    assert isinstance(dialog, ViewAsDialog)
    dialog.line.setFocus()
    dialog.line.selectAll()
    QTest.keyClicks(dialog.line, address)
    QTest.keyClick(dialog.line, Qt.Key.Key_Return)
    office.soon(lambda: dialog.found and dialog.found.subject.address == address)
    return dialog


def test_view_as_says_who_that_is_what_they_may_and_which_setting_decided(office: Office) -> None:
    people(
        office.desk.app,
        Person(address="a.admin", role=Role.ADMINISTRATOR),
        Person(address="uwe@contoso.com", role=Role.USER),
        partners=(FABRIKAM,),
    )
    rows = {"join": "and", "rows": [{"parameter": "department", "operator": "equals", "value": "Sales"}]}
    mapping = Mapping(query_type="Read", operation="user-list", conditions=rows)
    source = office.source(security=Security(b2b=True, partner_defaults=True, mappings=(mapping,)))
    page = office.open_source(source)

    def act(dialog: QDialog) -> None:
        view = looked(office, dialog, "pia@fabrikam.com")
        assert view.who.text() == "pia@fabrikam.com is a partner of Fabrikam."
        said = view.answer.text().splitlines()
        assert said[0].startswith("Administer: may not. A partner is external")
        (line,) = [line for line in said if line.startswith("User List: may.")]
        assert "Department equals “Sales”" in line
        assert "Decided by: partner defaults." in line
        assert view.rows.button.text() == "&Preview as partner"
        view = looked(office, dialog, "uwe@contoso.com")
        assert "is a person of the organisation" in view.who.text()
        said = view.answer.text().splitlines()
        assert said[0].startswith("Administer: may not. uwe@contoso.com has the role User.")
        assert "Decided by: roles of the workspace." in said[0]
        assert said[1].startswith("Query: may. Connection users is empty")
        view = looked(office, dialog, "who@else.example")
        assert "is not known" in view.who.text()
        assert not view.rows.button.isEnabled()
        assert "They are shown nothing." in view.rows.said.text()
        view.close_button.click()

    view_as(office, page, act)


def test_view_as_asks_the_tenant_and_shows_rows(office: Office) -> None:
    bulk = office.bulk
    person = bulk.users[0]
    page = office.open_source(bulk.source)

    def act(dialog: QDialog) -> None:
        view = looked(office, dialog, person["userPrincipalName"])
        assert "not asked about them yet" in view.age.text()
        assert not view.rows.button.isEnabled(), "it is not known who that is"
        view.refresh.click()
        office.soon(lambda: "just now" in view.age.text())
        assert person["displayName"] in view.who.text()
        view.rows.button.click()
        office.soon(lambda: view.rows.table is not None)
        assert view.rows.table is not None
        assert view.rows.table.model().rowCount() == 100
        assert "the first 100" in view.rows.said.text()
        view.rows.operations.setCurrentIndex(1)
        assert view.rows.said.text() == "", "rows of another list are gone"
        view.close_button.click()

    view_as(office, page, act)


def test_a_partner_is_shown_what_the_partner_default_lets_through(office: Office) -> None:
    people(office.desk.app, Person(address="a.admin", role=Role.ADMINISTRATOR), partners=(FABRIKAM,))
    bulk = office.bulk
    sales = [
        user for user in bulk.writer.rows("/users?$select=id,department&$top=999") if user["department"] == "Sales"
    ]
    assert sales
    rows = {"join": "and", "rows": [{"parameter": "department", "operator": "equals", "value": "Sales"}]}
    mapping = Mapping(query_type="Read", operation="user-list", conditions=rows)
    source = office.source(
        name="With partners", security=Security(b2b=True, partner_defaults=True, mappings=(mapping,))
    )
    page = office.open_source(source)

    def act(dialog: QDialog) -> None:
        view = looked(office, dialog, "pia@fabrikam.com")
        assert view.rows.button.text() == "&Preview as partner"
        view.rows.button.click()
        office.soon(lambda: view.rows.table is not None)
        assert view.rows.table is not None
        shown = view.rows.table.model()
        assert shown.rowCount() == min(100, len(sales))
        view.close_button.click()

    view_as(office, page, act)


def test_view_as_of_a_draft_is_about_the_draft(office: Office) -> None:
    source = office.source()
    page = office.open_source(source)

    def act(dialog: QDialog) -> None:
        assert isinstance(dialog, SecurityDialog)
        dialog.users.add(ANNA)
        said: list[str] = []

        def look(view: QDialog) -> None:
            assert isinstance(view, ViewAsDialog)
            office.soon(lambda: view.found)
            said.append(view.answer.text())
            said.extend(label.text() for label in view.findChildren(QLabel))
            view.close_button.click()

        seen = office.answer("view-as", look)
        dialog.view_as.click()
        assert seen
        assert "a.admin is not among the Connection users" in said[0]
        assert any("not saved yet" in text for text in said)
        dialog.ok.click()

    secure(office, act)
    assert page.dirty()


def test_a_tenant_that_does_not_answer_is_told_and_what_was_known_stays(office: Office) -> None:
    source = office.source(tenant="")
    page = office.open_source(source)

    def act(dialog: QDialog) -> None:
        assert isinstance(dialog, ViewAsDialog)
        office.soon(lambda: dialog.found)
        dialog.line.setText("anna@contoso.com")
        dialog.refresh.click()
        office.soon(lambda: dialog.banner.isVisible())
        assert dialog.refresh.text() == "&Refresh from the tenant"
        assert dialog.findChild(QPushButton, "view-as-look") is dialog.look_button
        dialog.close_button.click()

    view_as(office, page, act)


def test_edit_conditions_opens_over_the_dialog(office: Office) -> None:
    """With the true dialog: it is given the operation's parameters and what is there."""
    conditions = tree.dumps(tree.Group(rows=(tree.Condition("mail", "is blank"),)))
    mapping = Mapping(query_type="Read", operation="user-list", conditions=conditions)
    source = office.source(security=Security(b2b=True, partner_defaults=True, mappings=(mapping,)))
    office.open_source(source)

    def act(dialog: QDialog) -> None:
        assert isinstance(dialog, SecurityDialog)
        seen = office.answer("conditions", lambda inner: inner.accept())
        dialog.mappings.rows[0].conditions.click()
        assert seen == ["conditions"]
        assert dialog.security().mappings == (mapping,)
        dialog.close_button.click()

    secure(office, act)


def test_edit_conditions_is_told_what_graph_is_asked_and_reads_as_whoever_works_here(office: Office) -> None:
    source = office.source()
    user_list, create = catalogue.operation("user-list"), catalogue.operation("create-group")
    about = asked_about(office.window.context, source, user_list, tree.NO_CONDITION)
    assert about.partner
    assert about.empty
    assert about.explain is not None
    assert about.read is not None
    department = tree.Condition("department", "equals", "Sales")
    cost = about.explain(tree.Group(rows=(department,)))
    assert "department" in cost.sent
    assert "reads" in cost.cost
    whose = tree.Condition("mail", "equals", tree.PartnerValue.CURRENT_USER_EMAIL)
    assert about.explain(tree.Group(rows=(department, whose))).here.startswith("row 2: ")
    known = about.read(Stop())
    assert known.rows
    assert known.what.startswith("User List, read at ")
    of_write = asked_about(office.window.context, source, create, tree.NO_CONDITION)
    assert of_write.read is None, "a write lists nothing"


def test_edit_conditions_knows_the_plans_and_values_that_were_read(office: Office) -> None:
    source = office.source()
    user_list = catalogue.operation("user-list")
    before = asked_about(office.window.context, source, user_list, tree.NO_CONDITION)
    assert len(before.plans()) > 100, "all that Microsoft publishes"
    assert before.suggestions("department", "") == ()
    assert before.known is None
    for key in ("licence-plan-list", "user-list"):
        office.open_operation(source, key)
        office.run_operation()
    about = asked_about(office.window.context, source, user_list, tree.NO_CONDITION)
    assert 0 < len(about.plans()) < 100, "those of the tenant"
    assert about.known is not None
    departments = {row["department"] for row in about.known.rows if row["department"]}
    assert set(about.suggestions("department", "")) == departments
    wanted = sorted(departments)[0]
    assert about.suggestions("department", wanted[:3].upper())[0] == wanted
