"""Every page's commands, and every other place of the window that asks for something from the network, with each
part of a data source's connection changed by somebody else: nothing is sent.

The pages are those of the window's table, their commands those that the menus show, and the other places are found
in the window's own source text: who adds one is told here.
"""

import ast
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QDialog
from pytestqt.qtbot import QtBot

import o365desk.ui
from o365desk import catalogue
from o365desk.catalogue import OPERATIONS
from o365desk.model.access.operator import microsoft_account
from o365desk.model.access.people import Role
from o365desk.model.conditions.tree import NO_CONDITION
from o365desk.model.datasource import DataSource
from o365desk.model.directory.in_step import KeptGroup
from o365desk.model.fields import Kind
from o365desk.model.problems import ProblemError
from o365desk.model.run import Row, Run
from o365desk.model.status import Outcome
from o365desk.model.stop import Control, Stop
from o365desk.services.sso.sessions import Session
from o365desk.services.sso.single_sign_on import Change
from o365desk.ui.context import Context, Does
from o365desk.ui.destinations import (
    Begin,
    Destination,
    ToActivity,
    ToAddNew,
    ToConnector,
    ToDirectory,
    ToGroupsInStep,
    ToImport,
    ToLifetimes,
    ToNotices,
    ToOperations,
    ToPeople,
    ToPlan,
    ToRecycleBin,
    ToRun,
    ToRuns,
    ToSchedules,
    ToSources,
    ToTask,
    Wish,
)
from o365desk.ui.dialogs.edit_conditions import about_operation
from o365desk.ui.dialogs.security.view_as import ViewAsDialog
from o365desk.ui.pages.directory.owners import OwnersTab
from o365desk.ui.shell.places import PLACES
from o365desk.ui.sso.settings import SingleSignOnDialog
from o365desk.ui.sso.sign_in_window import SignInWindow
from o365desk.ui.sso.why import Why
from o365desk.ui.suggesting import asking
from o365desk.ui.table.view import Column
from o365desk.ui.widgets.theme import Theme
from tests import scheduled
from tests.desk import Desk
from tests.practice.fixtures import Client
from tests.recorder import hosts
from tests.stranger import CHANGES, Stranger
from tests.torture import FULL
from tests.ui.office import ADD, REMOVE, Office

SERVICES = {
    "runner": ("read", "suggest", "find_out", "plan", "apply", "resume", "undo", "retry", "session"),
    "connections": ("test", "authorise"),
    "schedules": ("run", "run_due"),
    "importer": ("run", "apply"),
    "owners": ("ask",),
    "groups": ("run",),
    "desk": ("rehearse", "sign_in", "resume", "ended", "sign_out"),
    "single_sign_on": ("resume",),
}
"""What of the services may reach the network."""

PAGES = {
    ("pages/connector/checks.py", "test"),
    ("pages/connector/checks.py", "authorise"),
    ("pages/directory/importing.py", "run"),
    ("pages/directory/importing.py", "apply"),
    ("pages/in_step/groups.py", "run"),
    ("pages/operations/operation_view.py", "read"),
    ("pages/runs/plan.py", "plan"),
    ("pages/runs/plan.py", "undo"),
    ("pages/runs/live_run.py", "apply"),
    ("pages/runs/live_run.py", "resume"),
}
"""Where the window asks for it by a page's command, or as soon as a page is shown."""


SIGNING_IN = {
    ("shell/leaving.py", "ended"),
    ("sso/settings.py", "rehearse"),
    ("sso/sign_in_window.py", "sign_in"),
    ("sso/sign_in_window.py", "resume"),
    ("sso/sign_in_window.py", "sign_out"),
}
"""Where people sign in: with what the app does so takes no part in that."""

SHOWN = OPERATIONS if FULL else ("user-list", "find-groups", ADD)
"""The operations whose pages are visited; they are all the same page."""

REACHING = {
    "ToConnector": {"authorize", "test"},
    "ToDirectory": {"run", "Import the directory, reading everything ane&w…"},
    "ToGroupsInStep": {"run"},
    "ToImport": {"", "refresh", "Read everything ane&w"},  # what is applied was read before
    "ToOperations": {"refresh", "run"},
    "ToPlan": {"", "refresh", "run"},
    "ToRun": {"", "resume", "undo-run"},
    "ToRuns": {"undo-run"},
    "ToSchedules": {"run"},
}
"""By page, the commands that reach the network; "" is the page itself, as soon as it is shown."""


class Everywhere:
    """A window over a data source that was used through hosts which write down what comes."""

    def __init__(self, office: Office, stranger: Stranger) -> None:
        self.office, self.stranger = office, stranger
        group = office.bulk.group("security")
        rows = office.members(group, 4)
        self.done = office.bulk.done(ADD, rows[:1])[1]
        self.stopped = self._stopped(rows[1:2])
        self.plan = office.bulk.plan(ADD, rows[2:3])
        self.rows = rows[3:]
        self.task = scheduled.keep(office.desk.app, scheduled.task("Test it", office.bulk.source))
        kept = KeptGroup(id="kept", name="Kept", sync=True, source=self.source.id, group_id=group)
        office.desk.app.groups.files.save(kept, None)
        office.desk.app.persons.set("ann@contoso.com", note="there is one")
        self.original = stranger.file.read_bytes(), stranger.hosts.ca_file.read_bytes()
        self.path = stranger.file

    def _stopped(self, rows: list[dict[str, str]]) -> Run:
        control = Control()
        control.cancel()
        return self.office.bulk.apply(self.office.bulk.plan(ADD, rows), control)

    @property
    def source(self) -> DataSource:
        return self.office.desk.app.workspace.get(self.office.bulk.source.id).source

    def restore(self) -> None:
        """Everything as it was approved."""
        for extra in self.path.parent.glob("*.json"):
            extra.unlink()
        self.path.write_bytes(self.original[0])
        self.stranger.hosts.ca_file.write_bytes(self.original[1])

    # --- pages ------------------------------------------------------------------------------------------------

    def destinations(self) -> list[Destination]:
        """Every page, with something to be about; an operation of each sort."""
        source = self.source
        undo = Wish(source, catalogue.operation(REMOVE), undoes=self.done.id)
        return [
            ToSources(),
            ToAddNew(),
            ToConnector(source.id),
            *(ToOperations(source_id=source.id, operation=key) for key in SHOWN),
            ToPlan(Wish(source, catalogue.operation(ADD), rows=(Row(number=1, values=self.rows[0]),))),
            ToPlan(undo),
            ToRuns(),
            ToRun(run_id=self.done.id),
            ToRun(run_id=self.stopped.id),
            ToRun(run_id=self.stopped.id, resume=True),
            ToRun(begin=Begin(source, self.plan)),
            ToSchedules(task=self.task.id),
            ToTask(task=self.task.id),
            ToLifetimes(),
            ToDirectory(source.id),
            ToImport(source.id, begin=True),
            ToGroupsInStep(),
            ToPeople(),
            ToActivity(source.id),
            ToRecycleBin(),
            ToNotices(),
        ]

    def visit(self, to: Destination, only: Collection[str] = ()) -> set[str]:
        """Shows a page and does all that its menus can do there, or only some. Returns the commands of which the
        hosts heard; "" is what the page did by itself."""
        heard = set()
        for key in [key for key in ("", *self._commands(to)) if not only or key in only]:
            self.stranger.hosts.forget()
            self.office.window.go(to)
            self.office.idle()
            if key:
                self.stranger.hosts.forget()
                does = self._commands(to).get(key, "It is gone.")
                if callable(does):
                    does()
                self.office.idle()
            if self.stranger.hosts.came:
                heard.add(key)
        return heard

    def _commands(self, to: Destination) -> dict[str, Does]:
        """What the menus can do on a page."""
        page = self.office.window.page(type(to))
        found: dict[str, Does] = {str(key): does for key, does in page.commands().items()}
        return found | dict(page.extras())

    # --- what else asks ---------------------------------------------------------------------------------------

    def elsewhere(self) -> dict[tuple[str, str], Callable[[], object]]:
        """Everything that asks and is no page's command, by where it stands and what it asks for."""
        return {
            ("dialogs/edit_conditions.py", "read"): self._preview,
            ("suggesting.py", "suggest"): self._who,
            ("dialogs/security/tenant.py", "find_out"): self._refresh,
            ("dialogs/security/rows_seen.py", "read"): self._rows_seen,
            ("pages/directory/owners.py", "ask"): self._owners,
            ("due_tasks.py", "run"): self._run_task,
            ("due_tasks.py", "run_due"): self._run_due,
            ("sso/settings.py", "rehearse"): self._rehearse,
            ("sso/sign_in_window.py", "sign_in"): self._sign_in,
            ("sso/sign_in_window.py", "resume"): lambda: self._remembered(Why.START),
            ("shell/leaving.py", "ended"): self._still_there,
            ("sso/sign_in_window.py", "sign_out"): lambda: self._remembered(Why.SIGN_OUT_THERE),
        }

    def heard_by(self, act: Callable[[], object]) -> list[str]:
        """What came to the hosts when something was done."""
        self.stranger.hosts.forget()
        act()
        self.office.idle()
        return list(self.stranger.hosts.came)

    def _preview(self) -> None:
        asked = about_operation(self.context, self.source, OPERATIONS["user-list"], NO_CONDITION)
        assert asked.read
        with suppress(ProblemError):
            asked.read(Stop())

    def _who(self) -> None:
        ask = asking(self.context, self.source)
        ask(self.office.window, Kind.USER, "anna", lambda _: None, lambda _: None)

    def _refresh(self) -> None:
        dialog = ViewAsDialog(self.context, self.source, parent=self.office.window)
        dialog.line.setText("anna@contoso.com")
        dialog.find_out()
        self.office.idle()
        dialog.done(0)

    def _rows_seen(self) -> None:
        dialog = ViewAsDialog(self.context, self.source, parent=self.office.window)
        self.office.soon(lambda: dialog.found)
        dialog.rows.operations.setCurrentIndex(dialog.rows.operations.findData("user-list"))
        dialog.rows.read()
        self.office.idle()
        dialog.done(0)

    def _owners(self) -> None:
        tab = OwnersTab(self.context, Column(key="name", title="Owner", text=lambda each: each.name))
        tab.show_group(self.source, {"id": self.rows[0]["group"]}, None, past=False)
        tab.ask_tenant()
        self.office.idle()
        tab.deleteLater()

    def _run_task(self) -> None:
        self.office.window.due.run(self.task.id, self.task.name)

    def _run_due(self) -> None:
        """As the open window does every half minute, once the next moment has come."""
        app = self.office.desk.app
        app.schedules.files.change(self.task.id, lambda found: found.replace(paused=False))
        app.state.use(lambda connection: connection.execute("DELETE FROM task_runs").connection.commit())
        app.schedules.records.pass_by(self.task.id, app.clock() - timedelta(days=2), None, "")
        self.office.window.due.look()

    def _rehearse(self) -> None:
        page = SingleSignOnDialog(self.context, self.office.window)
        self.office.idle()
        page.rehearsing.begin()
        self.office.soon(lambda: page.redirect.panel.waiting or not page.rehearsing.busy)
        page.done(0)

    def _sign_in(self) -> None:
        window = SignInWindow(self.office.desk.app, self.context.theme, Why.SWITCH)
        window.asking.begin()
        self.office.soon(lambda: window.panel.waiting or not window.asking.busy)
        window.done(0)

    def _still_there(self) -> None:
        """As the open window does every hour, where somebody is signed in."""
        self._keep_session()
        access, before = self.office.desk.app.access, self.office.desk.app.operator
        access.operator = microsoft_account("o@contoso.com", tenant="t", oid="o")
        self.office.window.seat.look()
        self.office.idle()
        self.office.window.show()  # where it ended
        access.operator = before

    def _remembered(self, why: Why) -> None:
        self._keep_session()
        window = SignInWindow(self.office.desk.app, self.context.theme, why)
        window.begin()
        self.office.soon(lambda: not window.tasks.active())
        window.done(0)

    def _keep_session(self) -> None:
        """As if somebody had been signed in long ago."""
        app, then = self.office.desk.app, self.office.desk.app.clock() - timedelta(hours=5)
        app.single_sign_on._sessions.keep(
            Session(
                source=self.source.id, tid="t", oid="o", addresses=(), name="", guest=False, begun=then,
                renewed=then, days=5,
            )
        )  # fmt: skip

    @property
    def context(self) -> Context:
        return self.office.window.context


@pytest.fixture
def everywhere(qtbot: QtBot, desk: Desk, client: Client, theme: Theme, tmp_path: Path) -> Iterator[Everywhere]:
    with hosts(tmp_path, desk.ready) as made:
        office = Office(qtbot, desk, client, theme)
        workspace = desk.app.workspace
        entry = workspace.get(office.bulk.source.id)
        moved = entry.source.replace(
            login=made.login.root, graph=made.graph.root, ca_file=str(made.ca_file), sso=True
        )
        office.bulk.source = desk.app.connections.save(moved, entry.version).source
        desk.app.people.set_role("a.admin", Role.ADMINISTRATOR)
        desk.app.single_sign_on.set(Change(enabled=True, connector=moved.id))
        desk.person.absent = True
        closing = closing_dialogs(office)
        yield Everywhere(office, Stranger(made, lambda: workspace.get(moved.id).path))
        closing.stop()
        office.close()


def closing_dialogs(office: Office) -> QTimer:
    """Whatever a command asks is answered with no, in a moment."""

    def close() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, QDialog):
            dialog.reject()

    timer = QTimer(office.window, interval=20)
    timer.timeout.connect(close)
    timer.start()
    return timer


def asking_in_the_window() -> set[tuple[str, str]]:
    """Where the window's source text calls, or hands on, what may reach the network: file and name."""
    found = set()
    folder = Path(o365desk.ui.__file__).parent
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if not isinstance(node, ast.Attribute):
                continue
            owner = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
            if node.attr in SERVICES.get(owner.lstrip("_"), ()):
                found.add((file.relative_to(folder).as_posix(), node.attr))
    return found


def test_every_place_of_the_window_that_asks_is_tried(everywhere: Everywhere) -> None:
    assert asking_in_the_window() == PAGES | set(everywhere.elsewhere())
    assert {type(to) for to in everywhere.destinations()} == set(PLACES)


@pytest.mark.timeout(600)
@pytest.mark.long
def test_they_do_reach_it_while_nothing_is_changed(everywhere: Everywhere) -> None:
    """Or the test below could not fail. Who adds a command that does is told."""
    heard: dict[str, set[str]] = {}
    for to in everywhere.destinations():
        heard[type(to).__name__] = heard.get(type(to).__name__, set()) | everywhere.visit(to)
    assert {page: commands for page, commands in heard.items() if commands} == REACHING
    for where, act in everywhere.elsewhere().items():
        assert everywhere.heard_by(act), where


@pytest.mark.torture
@pytest.mark.timeout(3000 if FULL else 600)
@pytest.mark.long
def test_nothing_is_sent_from_any_page_once_a_part_of_the_connection_is_another(everywhere: Everywhere) -> None:
    for change, make in CHANGES.items():
        make(everywhere.stranger)
        whole = FULL or change == "both"
        for to in everywhere.destinations():
            reaching = REACHING.get(type(to).__name__, ())
            if whole or reaching:
                assert everywhere.visit(to, () if whole else reaching) == set(), (change, to)
        for where, act in everywhere.elsewhere().items():
            if change != "certificate" or where not in SIGNING_IN:
                assert everywhere.heard_by(act) == [], (change, where)
        assert everywhere.office.desk.person.opened == []
        # None of these has approved it by the way, and the restored file works again without a question.
        with pytest.raises(ProblemError):
            everywhere.office.desk.test(everywhere.source)
        everywhere.restore()
        report = everywhere.office.desk.test(everywhere.source)
        # Nobody has signed in through it.
        assert {each.key for each in report.steps if each.outcome is Outcome.NOT_PROVEN} == {"sso"}, change
        assert report.outcome == "not proven", change
