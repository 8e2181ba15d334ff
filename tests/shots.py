"""Pictures of every window and dialog, light and dark, to a folder; `python -m tests.shots --help` says how.

Offscreen, with a set clock, made-up data and one font, so that the same commit makes the same pictures. Without
`--only`, at scale 1 and 9 points it also writes docs/window-light.png and docs/window-dark.png for the README.

A new window or dialog is one line in SHOTS.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import msgspec

from o365desk.ui.destinations import (
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

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication, QWidget

    from o365desk.ui.shell.window import Window
    from tests.scene import Scene

_OCTOBER = date(2026, 10, 11)
WIDE, SMALL = (1240, 800), (960, 640)
README = {"light": "docs/window-light.png", "dark": "docs/window-dark.png"}


@dataclass
class Stage:
    """What a shot works with: a window in one theme over the scene."""

    qt: "QApplication"
    scene: "Scene"
    window: "Window"

    def settle(self) -> None:
        """Waits until nothing runs and nothing moves any more."""
        quiet = 0
        for _ in range(1500):
            self.qt.processEvents()
            time.sleep(0.01)
            quiet = 0 if self.window.tasks.active() else quiet + 1
            if quiet > 25:
                return
        raise RuntimeError(f"still running: {[task.title for task in self.window.tasks.active()]}")


@dataclass(frozen=True)
class Shot:
    """A picture: its name, what brings about what it shows (the widget to take), and the window's size."""

    name: str
    take: Callable[[Stage], "QWidget"]
    size: tuple[int, int] = WIDE


def page(to: Destination) -> Callable[[Stage], "QWidget"]:
    """A page in the window."""

    def take(stage: Stage) -> "QWidget":
        stage.window.go(to)
        if isinstance(to, ToSources):
            stage.window.page(ToSources).search.clear()  # type: ignore[attr-defined]
        return stage.window

    return take


def connector(name: str) -> Callable[[Stage], "QWidget"]:
    """The connector with a data source of the scene."""
    return lambda stage: page(ToConnector(stage.scene.sources[name].id))(stage)


def _new_draft(stage: Stage) -> "QWidget":
    from o365desk.model.datasource import new

    stage.window.go(ToConnector(draft=new()))
    return stage.window


def _waiting(stage: Stage) -> "QWidget":
    from o365desk.model.status import Waiting
    from o365desk.ui.pages.connector.connector import ConnectorPage
    from tests.scene import NOW

    stage.window.go(ToConnector(source_id=stage.scene.sources["Own endpoints"].id))
    stage.settle()
    page = stage.window.page(ToConnector)
    assert isinstance(page, ConnectorPage)
    url = "https://login.microsoftonline.com/2f1a7c3e-5b0d-4c6a-9e8f-0a1b2c3d4e5f/oauth2/v2.0/authorize?client_id=14d82eec"
    page.view.waiting.show_waiting(Waiting("browser", url, NOW + timedelta(minutes=5)))
    return stage.window


def _notice_on_the_connector(stage: Stage) -> "QWidget":
    _notice("bad", "The details could not be saved", "The folder is full.")(stage)
    stage.window.go(ToConnector(source_id=stage.scene.sources["Contoso HR"].id))
    return stage.window


def _search(stage: Stage) -> "QWidget":
    stage.window.go(ToSources())
    stage.settle()
    stage.window.page(ToSources).search.setText("nothing like this")  # type: ignore[attr-defined]
    return stage.window


def _draft_left(stage: Stage) -> "QWidget":
    stage.scene.leave_draft()
    stage.scene.spoil()
    page = stage.window.page(ToSources)
    page.search.clear()  # type: ignore[attr-defined]
    page.drafts.read(again=True)  # type: ignore[attr-defined]
    page._loaded = False  # type: ignore[attr-defined]
    stage.window.go(ToSources())
    return stage.window


def _schedules(key: str = "import", *, installed: bool = False) -> Callable[[Stage], "QWidget"]:
    """The list of tasks, one of which is chosen."""

    def take(stage: Stage) -> "QWidget":
        stage.scene.schedule()
        waking: Any = stage.scene.app.waking
        if installed:
            from o365desk.model.stop import Stop

            waking.install(Stop())
        else:
            waking.uninstall()
        stage.window.go(ToSchedules(task=stage.scene.tasks[key].id))
        stage.settle()
        stage.window.page(ToSchedules).table.choose(stage.scene.tasks[key].id)  # type: ignore[attr-defined]
        return stage.window

    return take


def _schedules_broken(stage: Stage) -> "QWidget":
    from tests import scheduled

    scheduled.spoil(stage.scene.app)
    _schedules()(stage)
    stage.window.go(ToSchedules())
    stage.settle()
    stage.window.page(ToSchedules).table.choose("file broken.json")  # type: ignore[attr-defined]
    stage.settle()
    stage.scene.app.schedules.files.folder.joinpath("broken.json").unlink()
    return stage.window


def _history(stage: Stage) -> "QWidget":
    stage.scene.schedule()
    stage.window.go(ToTask(task=stage.scene.tasks["import"].id))
    stage.settle()
    page: Any = stage.window.page(ToTask)
    page.table.choose(page.model.row_at(page.model.index(10, 0)).number)
    return stage.window


def _lifetimes(stage: Stage) -> "QWidget":
    stage.scene.schedule()
    stage.window.go(ToLifetimes())
    return stage.window


def _task(key: str = "", **changes: Any) -> Callable[[Stage], "QWidget"]:
    """The editor with a task of the scene, or a new one; `changes` are what is typed."""

    def take(stage: Stage) -> "QWidget":
        from o365desk.ui.dialogs.schedules.asked import Opened
        from o365desk.ui.dialogs.schedules.editor import TaskDialog
        from o365desk.ui.dialogs.schedules.opening import blank

        stage.scene.schedule()
        app, sources = stage.scene.app, tuple(stage.scene.sources.values())
        entry = app.schedules.files.get(stage.scene.tasks[key].id) if key else None
        made = entry.thing if entry else blank()
        opened = Opened(
            task=made, base=entry.version if entry else None, sources=sources, zone="Europe/Dublin",
            zones=("Europe/Berlin", "Europe/Dublin"), refused=changes.get("refused", ""),
        )  # fmt: skip
        dialog = TaskDialog(stage.window.context, opened, stage.window)
        dialog.form.put(changes)  # "refused" is no field
        dialog._touched = set(changes)
        dialog._show_needed()
        dialog.look()
        dialog.show()
        return dialog

    return take


def _task_conflict(stage: Stage) -> "QWidget":
    from o365desk.ui.dialogs.schedules.comparing import conflict_question

    stage.scene.schedule()
    theirs = stage.scene.tasks["test"].replace(modified_by="m.jones", modified=stage.scene.clock.now)
    mine = theirs.replace(name="Test Fabrikam weekly", limit=30, on_failure=("mail", "it is broken"))
    dialog = conflict_question(stage.window.theme, mine, theirs, stage.scene.sources.values(), stage.window)
    dialog.show()
    return dialog


def _wakes(installed: bool) -> Callable[[Stage], "QWidget"]:
    """What wakes o365desk: before, or installed and proven."""

    def take(stage: Stage) -> "QWidget":
        from o365desk.ui.dialogs.schedules.wakes import WakesDialog

        stage.scene.app.waking.uninstall()
        dialog = WakesDialog(stage.window.context, stage.window)
        dialog.show()
        stage.settle()
        if installed:
            dialog.install()
        return dialog

    return take


def _notice(level: str, text: str, detail: str = "") -> Callable[[Stage], "QWidget"]:
    def take(stage: Stage) -> "QWidget":
        from o365desk.services.state.state import Notice
        from tests.scene import NOW

        stage.window.go(ToSources())
        # Shown, but not kept: the list of notices is in another picture.
        stage.window.notices.said.emit(Notice(NOW, level, text, detail))
        return stage.window

    return take


def _menu(key: str) -> Callable[[Stage], "QWidget"]:
    def take(stage: Stage) -> "QWidget":
        stage.window.go(ToConnector(source_id=stage.scene.sources["Contoso HR"].id))
        stage.settle()
        menu = stage.window.menus.menus[key]
        menu.popup(stage.window.pos())
        return menu

    return take


def _practice_menu(stage: Stage) -> "QWidget":
    from PySide6.QtWidgets import QMenu

    from o365desk.practice.switches import Switches
    from o365desk.ui.shell.practice_menu import PracticeMenu

    switches = Switches(lambda *_: None)
    switches.profiles = ["users-only", "read", "read-write", "no-consent", "sso"]
    practice = SimpleNamespace(ready={"apps": {}}, switches=switches.listed)
    menu = QMenu("Practice", stage.window)
    PracticeMenu(menu, practice, stage.window.context, lambda: "")  # type: ignore[arg-type]
    stage.settle()
    menu.popup(stage.window.pos())
    return menu


def _palette(stage: Stage) -> "QWidget":
    from o365desk.ui.shell.palette import Palette

    stage.window.go(ToSources())
    stage.settle()
    dialog = Palette(stage.window)
    dialog.show()
    dialog.words.setText("co")
    return dialog


def _sheet(name: str) -> Callable[[Stage], "QWidget"]:
    def take(stage: Stage) -> "QWidget":
        from PySide6.QtWidgets import QPlainTextEdit

        from o365desk.ui.shell import help as helping

        page = stage.window.page(ToSources)
        sheets = {
            "help": lambda: helping.help_sheet(stage.window, page),
            "shortcuts": lambda: helping.shortcuts_sheet(stage.window),
            "explain": lambda: helping.explain_sheet(stage.window),
            "about": lambda: helping.about_sheet(stage.window),
        }
        sheet = sheets[name]()
        sheet.show()
        for pasted in sheet.findChildren(QPlainTextEdit, "pasted"):
            pasted.setPlainText("AADSTS7000222: The provided client secret keys are expired.")
        return sheet

    return take


def _delete(stage: Stage) -> "QWidget":
    from o365desk.ui.pages.datasources.datasources import delete_question

    box = delete_question(stage.window.theme, "Contoso HR", stage.window)
    box.show()
    return box


def _crash(stage: Stage) -> "QWidget":
    from o365desk.ui.crash import CrashWindow

    window = CrashWindow()
    window.add(
        "made up",
        "o365desk 0.1.0, Python 3.12.4, Qt 6.9.0, Linux\n2026-05-12 09:30:00 UTC, thread MainThread\n"
        "Traceback (most recent call last):\n"
        '  File "o365desk/ui/pages/connector/connector.py", line 212, in _tested\n'
        "    self.panel.show_report(report)\nKeyError: 'clock'\n",
    )
    window.show()
    return window


def _conflict(stage: Stage) -> "QWidget":
    from o365desk.ui.pages.connector.conflict import conflict_question

    theirs = stage.scene.app.workspace.get(stage.scene.sources["Contoso HR"].id)
    mine = theirs.source.replace(tenant="contoso.com", read_write=False)
    dialog = conflict_question(stage.window.theme, mine, theirs, stage.window)
    dialog.show()
    return dialog


def _changed(stage: Stage) -> "QWidget":
    stage.scene.meddle()
    stage.window.go(ToConnector(source_id=stage.scene.sources["Northwind"].id))
    return stage.window


def _approval(stage: Stage) -> "QWidget":
    from datetime import UTC, datetime

    from o365desk.ui.pages.connector.approval import Look, approval_question

    entry = stage.scene.app.workspace.get(stage.scene.sources["Northwind"].id)
    review = stage.scene.app.approvals.review(entry.source)
    written = datetime.fromtimestamp(entry.path.stat().st_mtime, UTC)
    dialog = approval_question(stage.window.theme, Look(entry.source, entry, review, written), stage.window)
    dialog.show()
    return dialog


def _conditions(
    shown: Callable[[Any], None] = lambda dialog: None, size: tuple[int, int] = (940, 720), **rest: Any
) -> Callable[[Stage], "QWidget"]:
    """**Edit conditions** over what is saved, then as `shown` leaves it."""

    def take(stage: Stage) -> "QWidget":
        from o365desk import catalogue
        from o365desk.catalogue.parameters import parameters
        from o365desk.model.conditions import tree
        from o365desk.ui.dialogs.conditions.asked import Cost, Known, asked
        from o365desk.ui.dialogs.conditions.dialog import ConditionsDialog

        saved = {"join": "and", "rows": [
            {"join": "or", "rows": [
                {"parameter": "department", "operator": "equals", "value": "Sales"},
                {"parameter": "createdDateTime", "operator": "within last days", "value": 30,
                 "zone": "Europe/Dublin"}]},
            {"join": "and", "rows": [
                {"parameter": "userType", "operator": "is one of", "value": ["Member", "Guest"]},
                {"parameter": "accountEnabled", "operator": "is yes"}]}]}  # fmt: skip
        given = asked(
            "User List", parameters(catalogue.operation("user-list")), lambda: stage.scene.clock.now,
            saved=tree.loads(rest.get("saved", saved)), zone="Europe/Dublin", columns=("displayName", "mail"),
            partner=rest.get("partner", False),
            known=Known([_condition_row(number) for number in range(1260)], "User List, read at 09:30"),
            explain=lambda made: Cost(
                "$filter=(department eq 'Sales' or createdDateTime ge 2026-04-12T09:30:00Z) and userType ne null",
                "Nothing: Graph answers all of it, and each row is judged here again.",
                "Reads 1,260 users: 2 requests.",
            ),
        )  # fmt: skip
        dialog = ConditionsDialog(stage.window.theme, stage.window.tasks, given, stage.window)
        dialog.resize(*size)
        dialog.show()
        stage.settle()
        shown(dialog)
        while dialog.meaning.counting:
            stage.qt.processEvents()
        return dialog

    return take


def _condition_row(number: int) -> dict[str, Any]:
    return {
        "displayName": f"{('Ada', 'Béla', 'Chen')[number % 3]} {('Lovelace', 'Bartók', 'Wei')[number % 3]}",
        "mail": f"user{number}@contoso.com",
        "department": ("Sales", "Research")[number % 2],
        "userType": ("Member", "Guest")[number % 5 == 0],
        "accountEnabled": number % 7 > 0,
        "createdDateTime": f"2026-0{1 + number % 5}-02T08:00:00Z",
    }


def _edited_conditions(dialog: Any) -> None:
    """A row that was changed, so that the difference shows."""
    from o365desk.ui.dialogs.conditions import editing

    dialog._edit(lambda draft: editing.type_value(draft, 2, "Research"), None)


def _unfinished_conditions(dialog: Any) -> None:
    dialog._command("add", 1)


_DEEP = {"join": "and", "rows": [
    {"join": "or", "rows": [
        {"parameter": "mail", "operator": "ends with", "value": {"partner": "currentUserEmail"}},
        {"join": "and", "rows": [
            {"parameter": "createdDateTime", "operator": "is between", "value": ["2026-01-01", "2026-02-01"],
             "zone": "Europe/Dublin"},
            {"parameter": "displayName", "operator": "matches pattern", "value": "a(?=b)"}]}]}]}  # fmt: skip


def _leave(stage: Stage) -> "QWidget":
    from o365desk.ui.pages.connector.conflict import leave_question

    dialog = leave_question(stage.window.theme, "Contoso HR", stage.window)
    dialog.show()
    return dialog


def _vault(stage: Stage) -> "QWidget":
    from o365desk.services.vault.vault import Vault
    from o365desk.ui.dialogs.vault_dialog import VaultDialog

    locked = Vault(stage.scene.app.log_folder.parent / "another")
    dialog = VaultDialog(stage.window.theme, stage.window.tasks, locked, stage.window)
    dialog.show()
    return dialog


def _register(stage: Stage) -> "QWidget":
    from o365desk.ui.pages.connector.register_app import RegisterDialog

    dialog = RegisterDialog(stage.window.theme, stage.scene.sources["Contoso HR"], stage.window)
    dialog.show()
    return dialog


def _operation(key: str, bring: Callable[[Any], None] = lambda view: None) -> Callable[[Stage], "QWidget"]:
    """An operation of a data source; `bring` fills in what it shows, as if it had come from a tenant."""

    def take(stage: Stage) -> "QWidget":
        from o365desk.ui.pages.operations.operations import OperationsPage

        stage.window.go(ToOperations(source_id=stage.scene.sources["Contoso HR"].id, operation=key))
        stage.settle()
        page = stage.window.page(ToOperations)
        assert isinstance(page, OperationsPage)
        bring(page.view)
        return stage.window

    return take


def _listed(kind: str) -> Callable[[Any], None]:
    """Rows made up, as far as they had come."""

    def bring(view: Any) -> None:
        from o365desk.model.problems import Problem
        from o365desk.ui.pages.operations.result_rows import pack, searched
        from tests import written

        made = {"plans": written.plans, "members": written.members}
        rows = made[kind]() if kind in made else written.users(1260 if kind == "ended" else 999)
        view.results.begin()
        view.results.take(pack(rows), [searched(view.results.searching, row) for row in rows], None)
        if kind == "waiting":
            view.results.wait("Microsoft asks for 12 s")
        elif kind == "broken":
            lost = Problem(title="The connection was lost", cause="graph.microsoft.com closed it.", code="reset")
            view.results.break_off(lost, "The list broke off after 999 rows: it is incomplete.")
        else:
            view.results.end("", complete=True)

    return bring


def _filled(view: Any) -> None:
    from o365desk.services.directory.suggestions import Suggestion

    anna = Suggestion("0f5c", "Anna Müller", "anna.mueller@contoso.com")
    view.form.put({"displayName": "Project Falcon", "owners": anna, "members": anna})
    view.form.put({"members": Suggestion("1f5c", "Bea Black", "bea.black@contoso.com")})
    view.form.go_to("description")


def _chosen(view: Any) -> None:
    """As if rows of User List had been taken along."""
    from o365desk.services.directory.suggestions import Suggestion
    from tests import written

    people = tuple(Suggestion(row["id"], row["displayName"]) for row in written.users(37))
    view.form.take("user", people, "37 users from User List")


def _stale(view: Any) -> None:
    """As if it had been read a while ago, and a run had written since."""
    from tests.scene import NOW

    _listed("ended")(view)
    view.results.read_at = (NOW - timedelta(minutes=25)).astimezone()
    view.results.stale_since([SimpleNamespace(ended=NOW)])


def _with_conditions(view: Any) -> None:
    """Find Users with conditions beside the search, and what they brought."""
    from o365desk.model.conditions import tree

    view.form.put({"search": "an"})
    view.form.conditions.put(
        tree.loads({"join": "and", "rows": [
            {"join": "or", "rows": [
                {"parameter": "department", "operator": "equals", "value": "Sales"},
                {"parameter": "createdDateTime", "operator": "within last days", "value": 30}]},
            {"parameter": "accountEnabled", "operator": "is yes"}]})
    )  # fmt: skip
    view.results.begin(view.form.conditions.sentence)
    _rows_came(view)
    view.results.end("", complete=True)


def _rows_came(view: Any) -> None:
    from o365desk.ui.pages.operations.result_rows import pack, searched
    from tests import written

    rows = written.users(999)
    view.results.take(pack(rows), [searched(view.results.searching, row) for row in rows], None)


def _wrong_conditions(view: Any) -> None:
    """Conditions of a newer program, say."""
    from o365desk.model.conditions import tree

    wrong = {"parameter": "shoeSize", "operator": "equals", "value": "44"}
    view.form.conditions.put(tree.loads({"join": "and", "rows": [wrong]}))


def _searches_menu(stage: Stage) -> "QWidget":
    """The saved searches of Find Users."""
    from PySide6.QtWidgets import QMenu

    from o365desk.model.searches import Search

    view: Any = None

    def bring(found: Any) -> None:
        nonlocal view
        view = found

    _operation("find-users", bring)(stage)
    saved = tuple(Search(name=name, operation="find-users") for name in ("Guests", "Leavers & movers"))
    view.saved.follow(view.source.replace(searches=saved))
    menu = view.saved.menu()
    assert isinstance(menu, QMenu)
    menu.popup(view.saved.mapToGlobal(view.saved.rect().bottomLeft()))
    return menu


def _name_search(stage: Stage) -> "QWidget":
    from o365desk import catalogue
    from o365desk.model.searches import Search
    from o365desk.ui.pages.operations.searching.saved_searches import NameDialog

    taken = (Search(name="Guests", operation="find-users"),)
    dialog = NameDialog(stage.window.theme, catalogue.operation("find-users"), taken, stage.window)
    dialog.line.setText("guests")
    dialog.show()
    return dialog


def _tried_in_vain(stage: Stage) -> "QWidget":
    stage.scene.try_in_vain()
    return connector("Contoso HR")(stage)


def _selected(view: Any) -> None:
    """Some rows of a list, to be used for something."""
    _listed("ended")(view)
    view.results.search.setText("an")
    view.results.table.selectAll()


_ASKED = "Name,UPN,Status\nLi Ming,ming.li@contoso.com,active\nAnn Lee,ann.lee@contoso.com,on leave\n"
_REMARKED = (
    "Contoso GmbH, Berlin, Germany\nObjekt-ID,Benutzerprinzipalname,Gruppe,Aktion\n"
    ",SMTP:ming.li@contoso.com,Sales,hinzufügen\n"
    ",ann.lee@contoso.com;joerg.mueller@contoso.com,Sales,hinzufügen\n"
    "NULL,siobhan.o’brien@contoso.com,Sales,entfernen\n,break‑glass@contoso.com,MÃ¼ller,hinzufügen\n"
)


def _rows(text: str) -> Callable[[Any], None]:
    """A file that people have, at the form."""

    def fill(view: Any) -> None:
        file = Path(tempfile.mkdtemp(prefix="o365desk-shots-"), "members.csv")
        file.write_text(text, "utf-8")
        view.form.many.editor.buttons["file"].click()
        view.form.file.use(file)

    return fill


def _file(view: Any) -> None:
    file = Path(tempfile.mkdtemp(prefix="o365desk-shots-"), "members.csv")
    lines = ["User", "anna@contoso.com", " bea@contoso.com ", "1.16E+20", "", "anna@contoso.com", "cem@contoso.com"]
    file.write_text("\n".join(lines), "utf-8")
    view.form.many.editor.buttons["file"].click()
    view.form.file.use(file)


def _choice(view: Any) -> None:
    """A workbook of which two sheets fit: it is asked which is meant."""
    from openpyxl import Workbook

    file = Path(tempfile.mkdtemp(prefix="o365desk-shots-"), "starters.xlsx")
    book = Workbook()
    book.active.title = "May"
    for page in (book.active, book.create_sheet("June")):
        page.append(("user",))
        page.append(("anna@contoso.com",))
    book.save(file)
    view.form.many.editor.buttons["file"].click()
    view.form.file.use(file)


def _encoding(view: Any) -> None:
    """A file whose encoding nothing tells: refused by its line, with a choice."""
    file = Path(tempfile.mkdtemp(prefix="o365desk-shots-"), "groups.csv")
    file.write_bytes("displayName;description\nKsięgowość;Działy łódzki\n".encode("cp1250"))
    view.form.many.editor.buttons["file"].click()
    view.form.file.use(file)


def _encoding_chosen(view: Any) -> None:
    """The same, read as Central European."""
    from PySide6.QtWidgets import QApplication

    _encoding(view)
    combo = view.form.file.choices.encodings
    for _ in range(400):
        QApplication.processEvents()
        time.sleep(0.01)
        if combo.count():
            break
    combo.setCurrentIndex(combo.findData("cp1250"))
    combo.activated.emit(combo.currentIndex())


def _suggested(stage: Stage) -> "QWidget":
    """The list of suggestions; the tenant is made up."""
    from o365desk.services.directory.suggestions import Suggestion
    from o365desk.ui.pages.operations.operations import OperationsPage

    _operation("assign-licence-to-user")(stage)
    page = stage.window.page(ToOperations)
    assert isinstance(page, OperationsPage)
    assert page.view is not None
    editor: Any = page.view.form.form.rows["user"].editor
    people = (("Anna Müller", "anna.mueller@contoso.com"), ("Anna Novák", "a.novak@contoso.com · guest"))
    found = [Suggestion(note, title, note) for title, note in people]
    editor.connect_to(lambda owner, kind, text, show, failed: show(found))
    editor.line.setFocus()
    editor.line.setText("anna")
    editor.suggestions._found(found)
    popup: QWidget = editor.suggestions.popup
    popup.setCurrentIndex(editor.suggestions._completer.completionModel().index(0, 0))  # type: ignore[attr-defined]
    return popup


def _export(stage: Stage) -> "QWidget":
    from o365desk import catalogue
    from o365desk.ui.pages.operations.result_export import ExportDialog

    dialog = ExportDialog(stage.window.theme, catalogue.operation("user-list"), 1260, 37, stage.window)
    dialog.show()
    return dialog


def _plan(kind: str) -> Callable[[Stage], "QWidget"]:
    """The plan page with a made-up plan, as if it had been made just now."""

    def take(stage: Stage) -> "QWidget":
        from o365desk import catalogue
        from o365desk.model.run import PlanProgress
        from o365desk.ui.pages.runs.plan import PlanPage
        from tests import written
        from tests.scene import NOW

        source = stage.scene.sources["Contoso HR"]
        stage.window.go(ToPlan())
        page = stage.window.page(ToPlan)
        assert isinstance(page, PlanPage)
        key = "create-group" if kind == "warned" else "add-user-to-group"
        page.wish = Wish(source, catalogue.operation(key), (written.row(1),))
        page.banner.hide()
        if kind == "planning":
            page._task = SimpleNamespace(cancel=lambda: None)  # type: ignore[assignment]
            page.waiting.tell(PlanProgress(done=4000, total=10_000, doing="Looking up users"))
            page._show_state()
            page._task = None
            return stage.window
        made = {
            "plan": written.plan(source.id, NOW),
            "large": written.large(source.id, NOW - timedelta(minutes=12)),
            "undo": written.undo(source.id, NOW),
            "warned": written.warned(source.id, NOW),
        }
        if kind == "undo":
            page.wish = Wish(source, catalogue.operation("remove-user-from-group"), undoes="1c5065b0")
        page._planned(made[kind])
        page.command.open.setChecked(kind == "plan")
        return stage.window

    return take


def _confirm(stage: Stage) -> "QWidget":
    from o365desk.ui.dialogs.confirm import ConfirmDialog

    reason = "This removes 412 of the 1,030 members of Sales, 40 %."
    dialog = ConfirmDialog(
        stage.window.theme, "Remove 412 users from Sales", reason, "Sales", danger=True, parent=stage.window
    )
    dialog.show()
    dialog.line.setText("sales")
    return dialog


def _closing(stage: Stage) -> "QWidget":
    from o365desk.ui.dialogs.confirm import ClosingDialog

    title = "Add 9,963 users to Sales: 4,135 of 10,000"
    writing = SimpleNamespace(
        writing=lambda: [SimpleNamespace(title=title, scheduled=False)],
        running_changed=stage.window.tasks.running_changed,
    )
    dialog = ClosingDialog(stage.window.theme, writing, stage.window)  # type: ignore[arg-type]
    dialog.show()
    return dialog


def _fixing(stage: Stage) -> "QWidget":
    from o365desk import catalogue
    from o365desk.ui.pages.runs.fix_dialog import FixDialog
    from tests import written
    from tests.scene import NOW

    fix = written.large("", NOW).fixes[0]
    field = catalogue.operation(fix.operation).field(fix.asks)
    dialog = FixDialog(stage.window.theme, fix, field, stage.window)
    dialog.show()
    return dialog


def _settings(stage: Stage) -> "QWidget":
    from o365desk.ui.pages.settings import SettingsDialog

    dialog = SettingsDialog(stage.window.theme, stage.scene.app.settings, stage.window)
    dialog.show()
    return dialog


def _running(stage: Stage) -> "QWidget":
    from o365desk.ui.pages.runs.live_run import Live
    from o365desk.ui.pages.runs.run import RunPage
    from tests import written

    source = stage.scene.sources["Contoso HR"]
    stage.window.go(ToRun())
    page = stage.window.page(ToRun)
    assert isinstance(page, RunPage)
    live = Live(stage.window.context, "Add 9,963 users to Sales", source=source, parent=page)
    live._told(written.progress("Microsoft asks for 12 s"))
    page.live = live
    page.after.show(None)
    page.view.show_live(live)
    page.view.figures.choose(None)
    page.view._filter()
    page._show_state()
    return stage.window


def _run(state: str) -> Callable[[Stage], "QWidget"]:
    def take(stage: Stage) -> "QWidget":
        from o365desk.model.run import Counts, RunState
        from o365desk.ui.pages.runs.run import RunPage
        from o365desk.ui.pages.runs.run_after import Kept
        from tests import written
        from tests.scene import NOW

        source = stage.scene.sources["Contoso HR"]
        run = written.run(source.id, NOW)
        if state == "interrupted":
            counts = Counts(changed=4120, already=3, failed=12, not_attempted=5865)
            run = written.run(source.id, NOW, state=RunState.INTERRUPTED, counts=counts, doubtful=400, ended=None)
        stage.window.go(ToRun())
        page = stage.window.page(ToRun)
        assert isinstance(page, RunPage)
        page.live = None
        again = (written.row(14),)
        page._show_kept(Kept(run, written.run_rows(60), source, again, again), resume=False)
        return stage.window

    return take


def _activity(what: str = "", *, search: str = "", touched: bool = False) -> Callable[[Stage], "QWidget"]:
    """The log as it is after some days, with an entry of a kind chosen."""

    def take(stage: Stage) -> "QWidget":
        from o365desk.ui.pages.activity.activity import ActivityPage

        stage.scene.act()
        stage.window.go(ToActivity())
        stage.settle()
        shown = stage.window.page(ToActivity)
        assert isinstance(shown, ActivityPage)
        shown.search.setText(search)
        stage.settle()
        chosen = next((row for row in shown.context.app.activity.all(Query(what=what))), None)
        if chosen and what:
            shown.table.choose(chosen.number)
        if touched:
            verdict = Verdict(
                41, None, 17, "What it says, or the entry before it, is not what its hash was made of."
            )
            title, _, text = sentence(verdict).partition(". ")
            shown.banner.show_text("bad", title, text)
        stage.settle()
        return stage.window

    from o365desk.services.activity.activity import Query
    from o365desk.services.activity.verifying import Verdict, sentence

    return take


def _activity_between(first: str, last: str) -> Callable[[Stage], "QWidget"]:
    """Days of one's own."""

    def take(stage: Stage) -> "QWidget":
        from o365desk.ui.dialogs.conditions.entry.picking import KEY
        from o365desk.ui.pages.activity.activity import ActivityPage

        _activity()(stage)
        shown = stage.window.page(ToActivity)
        assert isinstance(shown, ActivityPage)
        span, time_box = shown.filters.span, shown.filters.time
        time_box.setCurrentIndex(next(at for at in range(time_box.count()) if time_box.itemData(at, KEY) == "days"))
        span.first.line.setText(first)
        span.last.line.setText(last)
        span.last.edited.emit()
        stage.settle()
        return stage.window

    return take


def _runs(stage: Stage) -> "QWidget":
    from o365desk.model.problems import Problem
    from o365desk.model.run import Counts, RunState
    from o365desk.ui.pages.runs.runs import RunLine, RunsPage
    from tests import written
    from tests.scene import NOW

    source = stage.scene.sources["Contoso HR"]
    stage.window.go(ToRuns())
    stage.settle()
    page = stage.window.page(ToRuns)
    assert isinstance(page, RunsPage)
    lost = Counts(changed=4120, already=3, failed=12, not_attempted=5865)
    runs = [
        written.run(source.id, NOW - timedelta(minutes=4)),
        written.run(
            source.id, NOW - timedelta(hours=1), id="1c5065b0", sentence="Add 854 users to Sales",
            counts=Counts(changed=854, cannot=6), undoable=574, undone_by="e03a11d7",
        ),
        written.run(
            source.id, NOW - timedelta(hours=3), id="91fe20b4", state=RunState.INTERRUPTED, counts=lost,
            doubtful=400,
        ),
        written.run(
            source.id, NOW - timedelta(days=1), id="0b77aa10", operation="remove-user-from-group",
            title="Remove User From Group", sentence="Remove 12 users from Marketing", undoes="77ab1200",
            counts=Counts(changed=12),
        ),
        written.run(
            "gone", NOW - timedelta(days=9), id="44c0ffee", operation="create-group", title="Create Group",
            sentence="Create the group Project Falcon", source_name="Litware trial", state=RunState.STOPPED,
            counts=Counts(failed=1), problem=Problem(title="Consent was withdrawn"),
        ),
    ]  # fmt: skip
    page.model.set_rows([RunLine(run, source if run.source_id != "gone" else None) for run in runs])
    page.table.setCurrentIndex(page.model.index(0, 0))
    return stage.window


def _secured(stage: Stage) -> Any:
    """A data source whose security settings have something in them, and a workspace with people."""
    from o365desk.model.access.people import Partner, People, Person, Role
    from tests.secured import SECURITY, know

    people = People(
        persons=(
            Person(address="a.admin", role=Role.ADMINISTRATOR),
            Person(address="m.jones@contoso.com", role=Role.MANAGE),
        ),
        partners=(
            Partner(
                company="Fabrikam", contact_name="Carl Fab", contact_email="carl@fabrikam.com",
                domains=("fabrikam.com",),
            ),
        ),
    )  # fmt: skip
    stage.scene.app.access._load = lambda: people
    source = stage.scene.sources["Contoso HR"].replace(security=SECURITY)
    know(stage.scene.app, source)
    return source


def _security(kind: str) -> Callable[[Stage], "QWidget"]:
    def take(stage: Stage) -> "QWidget":
        from o365desk.ui.dialogs.security.settings import Secured, SecurityDialog

        source = _secured(stage)
        refused = "A.admin has the role User. To change the security of “Contoso HR” takes Manage datasources."
        saved = stage.scene.sources["Contoso HR"]
        secured = Secured(source=source, saved=saved, refused=refused if kind == "refused" else "", users=12_431)
        if kind == "empty":
            secured = Secured(source=saved, saved=saved, users=12_431)
        dialog = SecurityDialog(stage.window.context, secured, lambda *_: None, stage.window)
        dialog.show()
        if kind == "partners":
            stage.settle()
            bar = dialog._scroll.verticalScrollBar()
            bar.setValue(bar.maximum())
        return dialog

    return take


def _imported(stage: Stage) -> Any:
    """A data source whose directory was imported twice, and its page."""
    from tests import imported

    source = stage.scene.sources["Contoso HR"]
    app = stage.scene.app
    if not app.directories.of(source).imported:
        imported.fill(app, source)
    stage.window.go(ToDirectory(source_id=source.id))
    stage.settle()
    page: Any = stage.window.page(ToDirectory)
    for listing in (page.users, page.groups):
        listing.clear_search()
        listing.conditions.clear()
    return page


def _directory(tab: str, bring: Callable[[Any], None] = lambda page: None) -> Callable[[Stage], "QWidget"]:
    """The directory at a tab; `bring` makes it say more."""

    def take(stage: Stage) -> "QWidget":
        page = _imported(stage)
        page.moments.setCurrentIndex(0)
        page._show_moment()
        page.tabs.setCurrentWidget(getattr(page, tab))
        stage.settle()
        bring(page)
        stage.settle()
        return stage.window

    return take


def _searched(page: Any) -> None:
    page.users.search.setText("an mü")
    page.users.table.setFocus()


def _in_history(page: Any) -> None:
    """Somebody who joined a group, with that chosen."""
    from o365desk.model.directory.imports import Kind

    rows = page.changes.model.all_rows()
    joined = next(each for each in rows if each.kind == "members" and each.what == "added")
    page._open(Kind.USERS, joined.id)
    page.users.details.tabs.setCurrentIndex(2)
    _until(lambda: page.users.details.history.total > 0)
    page.users.details.tables["history"].selectRow(0)


def _in_the_past(page: Any) -> None:
    page.moments.setCurrentIndex(1)
    page._show_moment()
    page.groups.details.tabs.setCurrentIndex(1)


def _at_owners(page: Any) -> None:
    """The owners of a group, which cannot be asked for just now: as they were known last."""
    from o365desk.model.directory.imports import Kind
    from tests import imported

    app, seen = page.context.app, page.known.seen
    person, other = seen.directory.users().rows[3:5]
    group = next(each["id"] for each in seen.directory.groups().rows if each["displayName"] == "Engineering")
    user = {"@odata.type": "#microsoft.graph.user"}
    payroll = {"@odata.type": "#microsoft.graph.servicePrincipal", "id": "a" * 8, "displayName": "Payroll sync"}
    imported.owned(app, seen.source, group, user | {"id": person["id"]}, user | {"id": other["id"]}, payroll)
    page._open(Kind.GROUPS, group)
    details = page.groups.details
    _until(lambda: details.known is not None and details.known.person.row["id"] == group)
    details.tabs.setCurrentWidget(details.owners)


def _change_chosen(page: Any) -> None:
    page.changes.figures.buttons["left a group"].click()
    page.changes.table.selectRow(0)


def _until(so: Callable[[], bool]) -> None:
    from PySide6.QtWidgets import QApplication

    for _ in range(400):
        QApplication.processEvents()
        if so():
            return
        time.sleep(0.005)


def _import(state: str) -> Callable[[Stage], "QWidget"]:
    """The import page: reading, with a plan, with one that is held."""

    def take(stage: Stage) -> "QWidget":
        from o365desk.model.directory.imports import ImportProgress
        from tests import imported

        _imported(stage)
        source, app = stage.scene.sources["Contoso HR"], stage.scene.app
        rows = imported.people(320)
        left = [{"id": row["id"], "@removed": {"reason": "changed"}} for row in rows[100:300]]
        if state == "plan":
            imported.run(app, source, *imported.changed(rows[100:]), apply=False)
        elif state == "held":
            imported.run(app, source, left, [], apply=False)
        stage.window.go(ToImport(source_id=source.id))
        stage.settle()
        page: Any = stage.window.page(ToImport)
        if state == "reading":
            page._task = SimpleNamespace(cancel=lambda: None)
            page.banner.hide()
            page.progress.start(can_cancel=True)
            page.progress.tell(ImportProgress("Reading users", 12_987))
            page.progress._began -= 4
            page.progress.tell(ImportProgress("Reading users", 13_986))
            page._show_state()
            page._task = None
        return stage.window

    return take


def _choose_import(stage: Stage) -> "QWidget":
    from o365desk.model.directory.choice import Choice, Groups, NamedGroup
    from o365desk.ui.pages.directory.choosing import ChooseDialog

    page = _imported(stage)
    row = page.known.seen.directory.groups().rows[0]
    choice = Choice(
        conditions={"join": "and", "rows": [
            {"parameter": "department", "operator": "equals", "value": "Sales"}]},
        guests=False, groups=Groups.NAMED, named=(NamedGroup(id=row["id"], name=str(row["displayName"])),),
    )  # fmt: skip
    dialog = ChooseDialog(stage.window.context, page.known.source.replace(imports=choice), "", stage.window)
    dialog.show()
    return dialog


def _in_step(stage: Stage) -> Any:
    """Groups that are kept in step in every way, and their page."""
    from datetime import timedelta

    from o365desk.model.directory.in_step import Direction, KeptGroup, Member, StepState
    from o365desk.services.in_step.in_step import LastStep

    _imported(stage)
    source, app = stage.scene.sources["Contoso HR"], stage.scene.app
    if not app.groups.overview().rows:
        rows = {"join": "and", "rows": [{"parameter": "department", "operator": "equals", "value": "Sales"}]}
        first = app.groups.pointed(KeptGroup(id="sales", name="Sales team", sync=True), source, "Sales EMEA")
        for group, state, said in (
            (first.replace(override=True, auto_disable=True, members=(Member("m.jones@contoso.com"),)),
             StepState.IN_STEP, "3 join."),
            (app.groups.pointed(first.replace(id="falcon", name="Falcon"), source, "Project Falcon"),
             StepState.HELD, "Waits for a person, and nothing was changed: More than half would go: 31 of 61."),
            (first.replace(id="gone", name="Former", group_id=first.group_id.replace("0", "f", 1)),
             StepState.GONE, "“Sales EMEA” is gone at the source."),
            (app.groups.pointed(
                KeptGroup(id="eng", name="Engineering", direction=Direction.TENANT, conditions=rows, sync=True,
                          override=True), source, "Engineering"), StepState.RENAMED, "12 join, 3 leave."),
        ):  # fmt: skip
            app.groups.files.save(group, None)
            told = LastStep(at=app.clock() - timedelta(minutes=24), state=state, message=said)
            app.state.remember(app.groups._prefix + group.id, msgspec.json.encode(told))
    stage.window.go(ToGroupsInStep())
    stage.settle()
    return stage.window.page(ToGroupsInStep)


def _groups_in_step(stage: Stage) -> "QWidget":
    _in_step(stage)
    return stage.window


def _group_editor(name: str) -> Callable[[Stage], "QWidget"]:
    def take(stage: Stage) -> "QWidget":
        from o365desk.ui.pages.in_step.editor import GroupEditor

        app = _in_step(stage).context.app
        row, sources = app.groups.get(name), app.groups.overview().sources
        dialog = GroupEditor(stage.window.context, row, "", sources, stage.window)
        dialog.show()
        return dialog

    return take


def _difference(name: str) -> Callable[[Stage], "QWidget"]:
    def take(stage: Stage) -> "QWidget":
        from o365desk.model.stop import Stop
        from o365desk.ui.pages.in_step.difference import DifferenceDialog

        plan = _in_step(stage).context.app.groups.rehearse(name, Stop())
        dialog = DifferenceDialog(stage.window.context, plan, "", stage.window)
        dialog.show()
        return dialog

    return take


def _persons(stage: Stage) -> "QWidget":
    app = stage.scene.app
    app.persons.set("m.jones@contoso.com", active=False, note="On leave until autumn; knows the contracts")
    app.persons.set("anna.muster@example.com", note="Comes on Mondays")
    stage.window.go(ToPeople())
    stage.settle()
    return stage.window


def _person(stage: Stage) -> "QWidget":
    from o365desk.ui.pages.in_step.people import PersonDialog

    _persons(stage)
    row = next(each for each in stage.scene.app.persons.everybody() if not each.active)
    dialog = PersonDialog(stage.window.context.theme, row, "", stage.window)
    dialog.show()
    return dialog


def _people_file(stage: Stage) -> "QWidget":
    from o365desk.ui.pages.in_step.people_file import PeopleFileDialog

    _persons(stage)
    file = stage.scene.app.workspace.folder / "people.csv"
    file.write_text(
        "Surname;Given name;Email;Mobile\nMuster;Anna;anna.muster@example.com;+353 1 555 0100\n"
        "Beispiel;Ben;ben.beispiel@example.com ;\nNobody;Nora;nora at example;\n"
    )
    dialog = PeopleFileDialog(stage.window.context, "", stage.window)
    dialog.show()
    dialog.file.use(file)
    stage.settle()
    return dialog


def _people(stage: Stage) -> "QWidget":
    from o365desk.model.access.people import Role
    from o365desk.ui.dialogs.people.roles_and_partners import RolesDialog

    people = stage.scene.app.people
    if not people.load().people.persons:
        people.set_role("m.jones@contoso.com", Role.MANAGE)
        people.set_role("hr-team@contoso.com", Role.USER, group=True)
        people.set_partner("Fabrikam", "Carl Fab", "carl@fabrikam.com", ("pia@fabrikam.org",), ("fabrikam.com",))
    dialog = RolesDialog(stage.window.context, stage.window)
    dialog.show()
    return dialog


def _view_as(address: str) -> Callable[[Stage], "QWidget"]:
    def take(stage: Stage) -> "QWidget":
        from o365desk.ui.dialogs.security.view_as import ViewAsDialog

        source = _secured(stage)
        partner = address.endswith("@fabrikam.com")
        if partner:
            source = source.replace(security=source.security.replace(users=()))
        dialog = ViewAsDialog(stage.window.context, source, parent=stage.window)
        dialog.show()
        dialog.line.setText(address)
        dialog.look()
        if partner:
            from o365desk import catalogue
            from tests import written

            stage.settle()
            dialog.rows._show(catalogue.operation("user-list"), written.users(12), "")
        return dialog

    return take


def _signing_on(stage: Stage, **settings: Any) -> None:
    """Single sign-on by the scene's first data source, set like this; nobody asks whether it was rehearsed."""
    from o365desk.model.access.people import Role
    from o365desk.model.access.single_sign_on import SingleSignOn

    app = stage.scene.app
    if not app.people.load().people.persons:
        app.people.set_role("ann.lee@contoso.com", Role.ADMINISTRATOR)
    entry = app.workspace.get(stage.scene.sources["Contoso HR"].id)
    if not entry.source.sso:
        app.workspace.save(entry.source.replace(sso=True), entry.version)
    known = app.people.store.load()
    given: dict[str, Any] = {"enabled": True, "connector": entry.source.id} | settings
    made = SingleSignOn(**given)
    app.people.store.save(known.people.replace(single_sign_on=made), known.version)


def _armed(by: str = "a.admin", *, confirmed: bool = False) -> dict[str, Any]:
    """Auto redirect, since a while ago."""
    from o365desk.model.access.single_sign_on import Armed, Bypass
    from tests.scene import NOW

    since = NOW - timedelta(seconds=18)
    armed = Armed(by=by, at=since, until=since + timedelta(minutes=10), confirmed=confirmed)
    group = (Bypass(account="a.admin", seen=NOW - timedelta(days=3)), Bypass(account="b.bypass"))
    return {"auto_redirect": True, "armed": armed, "bypass_group": group}


def _sign_on_page(
    rehearsed: int = 0, show: Callable[[Any], None] = lambda dialog: None, **settings: Any
) -> Callable[[Stage], "QWidget"]:
    def take(stage: Stage) -> "QWidget":
        from o365desk.services.signin.rehearsals import Rehearsal, Rehearsals, connection_of
        from o365desk.ui.sso.settings import SingleSignOnDialog
        from tests.scene import NOW

        _signing_on(stage, **settings)
        app = stage.scene.app
        source = app.workspace.get(stage.scene.sources["Contoso HR"].id).source
        kept = Rehearsals(app.state)
        kept.forget(source.id)
        for number in range(rehearsed):
            made = Rehearsal(
                at=NOW - timedelta(minutes=40 - 11 * number), account="ann.lee@contoso.com", tid="t", oid="o",
                used=str(number), workspace=app.single_sign_on._sessions.place, connection=connection_of(source),
            )  # fmt: skip
            kept.add(source.id, made)
        dialog = SingleSignOnDialog(stage.window.context, stage.window)
        dialog.show()
        stage.settle()
        show(dialog)
        return dialog

    return take


def _busy(asking: Any) -> None:
    """As if somebody were signing in."""
    asking._task = SimpleNamespace(cancel=lambda: None)
    asking.changed.emit()


def _rehearsing(dialog: Any) -> None:
    from o365desk.model.status import Waiting
    from tests.scene import NOW

    url = "https://login.microsoftonline.com/2f1a7c3e-5b0d-4c6a-9e8f-0a1b2c3d4e5f/oauth2/v2.0/authorize?client_id=14d82eec"
    _busy(dialog.rehearsing)
    dialog.redirect.panel.show_waiting(Waiting("browser", url, NOW + timedelta(minutes=5)))
    dialog._area.ensureWidgetVisible(dialog.redirect.panel)


def _sign_in(
    show: Callable[[Any], None] = lambda window: None, *, way_back: bool = False, **settings: Any
) -> Callable[[Stage], "QWidget"]:
    """The sign-in window."""

    def take(stage: Stage) -> "QWidget":
        from o365desk.ui.sso.sign_in_window import SignInWindow

        _signing_on(stage, **settings)
        app = stage.scene.app
        app.single_sign_on._sessions.keep_way_back("a.admin" if way_back else "")
        window = SignInWindow(app, stage.window.theme)
        window.begin()
        show(window)
        return window

    return take


def _waiting_in(window: Any) -> None:
    from o365desk.model.status import Waiting
    from tests.scene import NOW

    url = "https://login.microsoftonline.com/2f1a7c3e-5b0d-4c6a-9e8f-0a1b2c3d4e5f/oauth2/v2.0/authorize?client_id=14d82eec"
    _busy(window.asking)
    window.panel.show_waiting(Waiting("browser", url, NOW + timedelta(minutes=5)))
    window._fit()


def _code_in(window: Any) -> None:
    from o365desk.model.status import Waiting
    from tests.scene import NOW

    _busy(window.asking)
    window.panel.show_waiting(
        Waiting("device-code", "https://microsoft.com/devicelogin", NOW + timedelta(minutes=15), "F7KX9QWPB")
    )
    window._fit()


def _ended_in(window: Any) -> None:
    from o365desk.model.problems import Problem

    window.tell(
        Problem(
            title="Your sign-in has ended", code="AADSTS50057",
            cause="The account is disabled. Microsoft says: The user account is disabled.",
            remedy="Sign in again: o365desk sso sign-in, or --device-code before a command. Ask whoever "
            "administers the accounts to enable it.",
        )
    )  # fmt: skip


def _closed_to_all(stage: Stage) -> "QWidget":
    """Nobody can sign in, and this computer's account has the way back."""
    from o365desk.ui.sso.sign_in_window import SignInWindow

    _signing_on(stage, **_armed(confirmed=True) | {"bypass_group": ()})
    app, path = stage.scene.app, stage.scene.app.people.store.path
    app.single_sign_on._sessions.keep_way_back("a.admin")
    app.people.load()
    good = path.read_bytes()
    path.write_text('{"version": 1, "people": [', "utf-8")
    try:
        window = SignInWindow(app, stage.window.theme)
    finally:
        path.write_bytes(good)
    window.begin()
    return window


def _sign_out(stage: Stage) -> "QWidget":
    from unittest.mock import patch

    from o365desk.ui.dialogs.question import QuestionDialog
    from o365desk.ui.shell.leaving import SignOut

    asked: list[Any] = []

    def ask(dialog: Any) -> SignOut:
        asked.append(dialog)
        return SignOut.BACK

    with patch.object(QuestionDialog, "ask", ask):
        stage.window.seat.sign_out()
    asked[0].show()
    return asked[0]  # type: ignore[no-any-return]


def _armed_window(stage: Stage, **settings: Any) -> "QWidget":
    _signing_on(stage, **(settings or _armed()))
    stage.window.go(ToSources())
    stage.window.seat.follow()
    return stage.window


_OFF: dict[str, Any] = {"enabled": False, "connector": ""}

SHOTS = (
    Shot("datasources", page(ToSources())),
    Shot("datasources-small", page(ToSources()), SMALL),
    Shot("datasources-nothing-found", _search),
    Shot("add-new", page(ToAddNew())),
    Shot("add-new-small", page(ToAddNew()), SMALL),
    Shot("connector", connector("Contoso HR")),
    Shot("connector-small", connector("Contoso HR"), SMALL),
    Shot("connector-failed", connector("Fabrikam Federal")),
    Shot("connector-incomplete", connector("Own endpoints")),
    Shot("connector-new", _new_draft),
    Shot("connector-waiting", _waiting),
    Shot("connector-notice-small", _notice_on_the_connector, SMALL),
    Shot("operations", _operation("user-list")),
    Shot("operations-users", _operation("user-list", _listed("ended"))),
    Shot("operations-list-time", _operation("user-list", _stale)),
    Shot("operations-list-time-small", _operation("user-list", _stale), SMALL),
    Shot("operations-users-small", _operation("user-list", _listed("ended")), SMALL),
    Shot("operations-waiting", _operation("find-users", _listed("waiting"))),
    Shot("operations-conditions", _operation("find-users", _with_conditions)),
    Shot("operations-conditions-small", _operation("find-users", _with_conditions), SMALL),
    Shot("operations-conditions-wrong-small", _operation("find-groups", _wrong_conditions), SMALL),
    Shot("menu-saved-searches", _searches_menu),
    Shot("dialog-name-search", _name_search),
    Shot("operations-broken-small", _operation("find-users", _listed("broken")), SMALL),
    Shot("operations-plans", _operation("licence-plan-list", _listed("plans"))),
    Shot("operations-members", _operation("group-members", _listed("members"))),
    Shot("operations-groups-of-user", _operation("groups-of-user")),
    Shot("operations-create", _operation("create-group", _filled)),
    Shot("operations-selected", _operation("user-list", _selected)),
    Shot("operations-chosen", _operation("add-user-to-group", _chosen)),
    Shot("operations-chosen-small", _operation("add-user-to-group", _chosen), SMALL),
    Shot("operations-file", _operation("add-user-to-group", _file)),
    Shot("operations-file-sheet", _operation("add-user-to-group", _choice)),
    Shot("operations-file-encoding", _operation("create-group", _encoding)),
    Shot("operations-file-encoding-chosen", _operation("create-group", _encoding_chosen)),
    Shot("operations-file-small", _operation("add-user-to-group", _file), SMALL),
    Shot("operations-file-refused", _operation("add-user-to-group", _rows(_ASKED))),
    Shot("operations-file-refused-small", _operation("add-user-to-group", _rows(_ASKED)), SMALL),
    Shot("operations-file-remarks", _operation("add-user-to-group", _rows(_REMARKED))),
    Shot("operations-suggested", _suggested),
    Shot("dialog-export", _export),
    Shot("plan", _plan("plan")),
    Shot("plan-small", _plan("plan"), SMALL),
    Shot("plan-warnings", _plan("warned")),
    Shot("plan-warnings-small", _plan("warned"), SMALL),
    Shot("plan-large-small", _plan("large"), SMALL),
    Shot("plan-large", _plan("large")),
    Shot("plan-undo", _plan("undo")),
    Shot("plan-planning", _plan("planning")),
    Shot("dialog-confirm", _confirm),
    Shot("dialog-fix", _fixing),
    Shot("dialog-closing", _closing),
    Shot("dialog-settings", _settings),
    Shot("run-live", _running),
    Shot("run-live-small", _running, SMALL),
    Shot("run-ended", _run("ended")),
    Shot("run-ended-small", _run("ended"), SMALL),
    Shot("run-interrupted-small", _run("interrupted"), SMALL),
    Shot("runs-empty", page(ToRuns())),
    Shot("runs", _runs),
    Shot("runs-small", _runs, SMALL),
    Shot("schedules-empty", page(ToSchedules())),
    Shot("schedules", _schedules()),
    Shot("schedules-small", _schedules("read"), SMALL),
    Shot("schedules-woken", _schedules("test", installed=True)),
    Shot("schedules-failed-small", _schedules("sync", installed=True), SMALL),
    Shot("schedules-foreign", _schedules("foreign")),
    Shot("schedules-broken", _schedules_broken),
    Shot("task-history", _history),
    Shot("task-history-small", _history, SMALL),
    Shot("lifetimes", _lifetimes),
    Shot("lifetimes-small", _lifetimes, SMALL),
    Shot("dialog-task-new", _task()),
    Shot("dialog-task-weekly", _task("test")),
    Shot("dialog-task-read-small", _task("read", until=None), SMALL),
    Shot("dialog-task-wrong", _task("test", name="", recurs="hourly", minute="75", zone="Mars")),
    Shot("dialog-task-clocks", _task("test", recurs="weekly", at="02:30", days=("SU",), date=_OCTOBER)),
    Shot("dialog-task-refused-small", _task("test", refused="It is m.jones’s. A.admin has the role User."), SMALL),
    Shot("dialog-task-conflict", _task_conflict),
    Shot("dialog-wakes", _wakes(False)),
    Shot("dialog-wakes-proven", _wakes(True)),
    Shot("dialog-wakes-small", _wakes(True), SMALL),
    Shot("directory-none", page(ToDirectory())),
    Shot("directory-users", _directory("users")),
    Shot("directory-users-small", _directory("users"), SMALL),
    Shot("directory-searched", _directory("users", _searched)),
    Shot("directory-history", _directory("users", _in_history)),
    Shot("directory-groups", _directory("groups")),
    Shot("directory-groups-past", _directory("groups", _in_the_past)),
    Shot("directory-owners", _directory("groups", _at_owners)),
    Shot("directory-owners-small", _directory("groups", _at_owners), SMALL),
    Shot("directory-groups-small", _directory("groups"), SMALL),
    Shot("directory-changes", _directory("changes")),
    Shot("directory-changes-chosen", _directory("changes", _change_chosen)),
    Shot("directory-changes-small", _directory("changes"), SMALL),
    Shot("import-reading", _import("reading")),
    Shot("import-plan", _import("plan")),
    Shot("import-plan-small", _import("plan"), SMALL),
    Shot("import-held", _import("held")),
    Shot("import-held-small", _import("held"), SMALL),
    Shot("dialog-choose", _choose_import),
    Shot("dialog-choose-small", _choose_import, SMALL),
    Shot("groups-in-step", _groups_in_step),
    Shot("groups-in-step-small", _groups_in_step, SMALL),
    Shot("dialog-group", _group_editor("Sales team")),
    Shot("dialog-group-tenant", _group_editor("Engineering")),
    Shot("dialog-group-small", _group_editor("Sales team"), SMALL),
    Shot("dialog-difference", _difference("Sales team")),
    Shot("dialog-difference-gone", _difference("Former")),
    Shot("people", _persons),
    Shot("people-small", _persons, SMALL),
    Shot("dialog-person", _person),
    Shot("dialog-people-file", _people_file),
    Shot("activity", _activity()),
    Shot("activity-small", _activity(), SMALL),
    Shot("activity-change", _activity("security-changed")),
    Shot("activity-touched", _activity(touched=True)),
    Shot("activity-days", _activity_between("2026-05-10", "2026-05-12")),
    Shot("activity-days-small", _activity_between("2026-05-12", "2026-05-10"), SMALL),
    Shot("activity-none", _activity(search="nobody did this")),
    Shot("recycle-bin", page(ToRecycleBin())),
    Shot("notices", page(ToNotices())),
    Shot("notices-small", page(ToNotices()), SMALL),
    Shot("notice-good", _notice("good", "Details saved successfully")),
    Shot("notice-bad", _notice("bad", "The client secret expired", "Code: AADSTS7000222")),
    Shot("palette", _palette),
    Shot("shortcuts", _sheet("shortcuts")),
    Shot("help", _sheet("help")),
    Shot("about", _sheet("about")),
    Shot("explain", _sheet("explain")),
    Shot("menu-file", _menu("file")),
    Shot("menu-source", _menu("source")),
    Shot("menu-practice", _practice_menu),
    Shot("dialog-conditions", _conditions(_edited_conditions)),
    Shot("dialog-conditions-unfinished", _conditions(_unfinished_conditions)),
    Shot("dialog-conditions-deep", _conditions(saved=_DEEP, partner=True)),
    Shot("dialog-conditions-small", _conditions(size=SMALL)),
    Shot("dialog-conditions-empty", _conditions(saved={})),
    Shot("dialog-delete", _delete),
    Shot("dialog-leave", _leave),
    Shot("dialog-conflict", _conflict),
    Shot("dialog-vault", _vault),
    Shot("dialog-register", _register),
    Shot("crash", _crash),
    Shot("dialog-security", _security("")),
    Shot("dialog-security-small", _security(""), SMALL),
    Shot("dialog-security-empty-small", _security("empty"), SMALL),
    Shot("dialog-security-partners-small", _security("partners"), SMALL),
    Shot("dialog-security-refused", _security("refused")),
    Shot("dialog-view-as", _view_as("pia@fabrikam.com")),
    Shot("dialog-view-as-small", _view_as("anna@contoso.com"), SMALL),
    Shot("dialog-people", _people),
    Shot("dialog-people-small", _people, SMALL),
    Shot("connector-ready-failed-try", _tried_in_vain),
    Shot("connector-changed", _changed),
    Shot("dialog-approval", _approval),
    Shot("datasources-draft-and-unreadable", _draft_left),
    Shot("sign-in", _sign_in()),
    Shot("sign-in-waiting", _sign_in(_waiting_in, remember_me=True)),
    Shot("sign-in-code", _sign_in(_code_in)),
    Shot("sign-in-ended", _sign_in(_ended_in)),
    Shot("sign-in-way-back", _sign_in(way_back=True, **_armed(confirmed=True) | {"bypass_group": ()})),
    Shot("sign-in-closed", _closed_to_all),
    Shot("dialog-sign-out", _sign_out),
    Shot("dialog-single-sign-on-off", _sign_on_page(**_OFF)),
    Shot("dialog-single-sign-on-lacking", _sign_on_page(1)),
    Shot("dialog-single-sign-on-rehearsing", _sign_on_page(1, _rehearsing)),
    Shot("dialog-single-sign-on-ready", _sign_on_page(2, bypass_group=_armed()["bypass_group"])),
    Shot("dialog-single-sign-on-armed", _sign_on_page(2, **_armed())),
    Shot("dialog-single-sign-on-small", _sign_on_page(1), SMALL),
    Shot("single-sign-on-armed", _armed_window),
    Shot("single-sign-on-armed-small", _armed_window, SMALL),
)
"""The last ones leave the scene changed."""


def main(arguments: list[str]) -> int:
    """Takes the pictures; returns 0."""
    wish = _wish(arguments)
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ["QT_FONT_DPI"] = "96"
    os.environ["QT_SCALE_FACTOR"] = str(wish.scale)
    os.environ["LC_ALL"] = "C.UTF-8"
    from PySide6.QtGui import QFont

    from o365desk.ui.main import application

    qt = application()
    qt.setCursorFlashTime(0)
    qt.setFont(QFont("DejaVu Sans", wish.points))
    wish.folder.mkdir(parents=True, exist_ok=True)
    for scheme in ("light", "dark"):
        with tempfile.TemporaryDirectory(prefix="o365desk-shots-") as folder:
            _take_all(qt, scheme, Path(folder), wish)
    return 0


def _wish(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("shots"))
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--points", type=int, default=9, help="the size of the texts")
    parser.add_argument("--only", default="", help="pictures whose names begin so")
    return parser.parse_args(arguments)


def _take_all(qt: "QApplication", scheme: str, folder: Path, wish: argparse.Namespace) -> None:
    from o365desk.ui.shell.window import Window
    from o365desk.ui.tasks import Tasks
    from o365desk.ui.widgets.theme import Theme
    from tests.scene import Scene

    scene, theme = Scene(folder), Theme(qt, scheme, False)
    window = Window(scene.app, Tasks(), theme)
    window.go(ToSources())
    window.show()
    stage = Stage(qt, scene, window)
    stage.settle()
    for shot in SHOTS:
        if shot.name.startswith(wish.only):
            file = wish.folder / f"{shot.name}-{scheme}.png"
            _take(stage, shot, file)
            # At once: later pictures change what is known of that data source.
            if shot.name == "connector" and not wish.only and (wish.scale, wish.points) == (1, 9):
                shutil.copyfile(file, README[scheme])
    window.tasks.shut_down()
    window.hide()
    window.deleteLater()
    qt.processEvents()
    scene.close()


def _take(stage: Stage, shot: Shot, file: Path) -> None:
    from PySide6.QtWidgets import QDialog

    from o365desk.ui.pages.connector.authorize import AuthorizePanel

    stage.window.resize(*shot.size)
    widget = shot.take(stage)
    stage.settle()
    file.parent.mkdir(parents=True, exist_ok=True)
    if not widget.grab().save(str(file)):
        raise RuntimeError(f"{file} cannot be written")
    print(file)
    if widget is not stage.window:
        if isinstance(widget, QDialog):
            widget.done(0)  # asks nothing
        put_away(widget)
    while _dismiss(stage):
        pass
    for panel in stage.window.findChildren(AuthorizePanel):
        panel.stop()


def put_away(widget: "QWidget") -> None:
    """Closes a window; a dialog without its question about what is not saved."""
    from PySide6.QtWidgets import QDialog

    if isinstance(widget, QDialog):
        widget.done(0)
    else:
        widget.close()


def _dismiss(stage: Stage) -> bool:
    """Takes a notice away that a shot brought."""
    from o365desk.ui.widgets.notices import NoticeBar

    bar = stage.window.findChild(NoticeBar)
    return bool(bar and bar.dismiss_notice())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
