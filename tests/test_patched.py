"""What tests replace inside the program. Times, sizes and limits are handed in (`Timing`, `Limits`, `Kept`, an
argument), so none of them is replaced; besides the clock and dialogs only what is listed here, with its reason."""

import ast
from pathlib import Path

TESTS = Path(__file__).parent

CLOCK_AND_DIALOGS = ("._clock", "._now", ".exec")
REASONS = {
    "alice.store.load": "somebody who changes the file at this moment",
    "app.connections.overview": "a workspace that cannot be read at this moment",
    "app.state.record_approval": "a disk that is full at this moment",
    "app.workspace.list": "a file that changes at this moment",
    "journal.locks.is_held": "a run that ends at this moment",
    "kind.name": "counts how often a list is read",
    "o365desk.app.account": "somebody else's account of the operating system",
    "o365desk.app.build": "another clock, and somebody at the browser, of all commands",
    "o365desk.catalogue.OPERATIONS": "operations of tests beside ours",
    "o365desk.catalogue.countries.code_of": "a country that the table does not have any more",
    "o365desk.cli.commands.run": "a mistake of the program, or Ctrl+C, in a command",
    "o365desk.cli.printing._results": "a terminal's width",
    "o365desk.cli.session.make_app": "commands on the services of the window beside them",
    "o365desk.cli.session.tell_waiting": "somebody who types the code that is shown",
    "o365desk.files._WINDOWS": "another operating system",
    "o365desk.files.write": "a disk that is full at this moment",
    "o365desk.practice.server.server.Tenant": "thousands of small tenants, each in the place of the one before",
    "o365desk.processes.browse": "the browser",
    "o365desk.services.activity.activity.Activity.record": "a log that cannot be written at this moment",
    "o365desk.services.connection_test.verdicts.extra_permissions": "a mistake of the program",
    "o365desk.services.directory.suggestions.Suggestion": "a stranger's text in all that is shown",
    "o365desk.services.graph.client.Graph._post_batch": "an answer to one item of a batch",
    "o365desk.services.http.trust._context": "counts what is dear",
    "o365desk.services.http.trust.read_ca": "a file that changes at this moment",
    "o365desk.services.runner.Runner.session": "a run that somebody else ends at this moment",
    "o365desk.services.state.database.lasting": "the fuzz writes thousands of times, and survives no power cut",
    "o365desk.services.state.state.State.use": "a process that dies at this moment",
    "o365desk.services.vault.passphrase_file._LOG_N": "hundreds of vaults in tests, most opened by commands; the "
    "test of the price has the true one",
    "o365desk.services.vault.passphrase_file.random": "likewise: a few salts, so that a key is made once for many",
    "o365desk.services.vault.vault.Vault.kind": "notes in which thread it is asked",
    "o365desk.services.workspace.people_store.PeopleStore.load": "a file that changes at this moment",
    "o365desk.services.writes.changes.new_group._look": "a cancel, or throttling, at this moment",
    "o365desk.services.writes.changes.new_group.meaning_of": "a process that dies at this moment",
    "o365desk.services.writes.journal.journal.Journal.ended": "a process that dies at this moment",
    "o365desk.ui.crash.CrashWindow.add": "a mistake of the program while it tells of one",
    "o365desk.ui.display._loads": "libraries that a computer lacks",
    "o365desk.ui.display.why_no_qt": "libraries that a computer lacks",
    "o365desk.ui.dialogs.question.QuestionDialog.ask": "the dialog",
    "o365desk.ui.pages.connector.connector.ConnectorPage.name": "notes what a page begins with",
    "o365desk.ui.pages.datasources.datasources.show_in_system": "the system's file manager",
    "o365desk.ui.printing.QPainter": "a printer that draws nothing",
    "o365desk.ui.shell.places.PLACES": "a page of tests beside ours",
    "o365desk.ui.tasks._LEAVE": "a window that does nothing for longer, or that a worker waits for no longer",
    "o365desk.ui.tasks._PIECE": "work that has gone on for long already",
    "page.may_leave": "a page that keeps whoever is there",
    "stage.app.activity.within": "a log that cannot be written at this moment",
    "stage.schedules.records.claim": "a process that dies at this moment",
    "shown.panel.steps.seconds": "the clock of the list of steps",
    "tasks._way.leave": "notes who asks the window for leave",
    "window.go": "notes where a command leads",
}
"""By what is replaced, a name of ours or what a test holds: what stands in its place, or why."""


class _File(ast.NodeVisitor):
    """What a file of tests replaces, by the names under which it is imported."""

    def __init__(self) -> None:
        self.replaced: set[str] = set()
        self._imported: dict[str, str] = {}

    def visit_Import(self, node: ast.Import) -> None:
        for item in node.names:
            self._imported[item.asname or item.name] = item.name

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for item in node.names:
            self._imported[item.asname or item.name] = f"{node.module}.{item.name}"

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        if not (isinstance(node.func, ast.Attribute) and node.args):
            return
        target, *more = node.args
        if node.func.attr == "setitem":
            self.replaced.add(self._said(target))
        elif node.func.attr == "setattr" and isinstance(target, ast.Constant):
            self.replaced.add(str(target.value))
        elif node.func.attr == "setattr" and more:
            name = str(more[0].value) if isinstance(more[0], ast.Constant) else ast.unparse(more[0])
            self.replaced.add(f"{self._said(target)}.{name}")

    def visit_Assign(self, node: ast.Assign) -> None:
        self.generic_visit(node)
        for target in node.targets:
            for each in target.elts if isinstance(target, ast.Tuple) else [target]:
                if isinstance(each, ast.Attribute) and self._said(each).startswith("o365desk."):
                    self.replaced.add(self._said(each))

    def _said(self, node: ast.expr) -> str:
        """An expression, its first name by where it was imported from."""
        first, dot, rest = ast.unparse(node).partition(".")
        return self._imported.get(first, first) + dot + rest


def _somebody_elses(said: str, imported: set[str]) -> bool:
    """Whether it is no part of the program: of Python, Qt, a library, or of the tests themselves."""
    first = said.partition(".")[0]
    return first in imported - {"o365desk"}


def _replaced_in(path: Path) -> set[str]:
    file = _File()
    file.visit(ast.parse(path.read_text("utf-8")))
    roots = {name.partition(".")[0] for name in file._imported.values()} | {"msal"}
    ours = {said for said in file.replaced if not _somebody_elses(said, roots)}
    return {said for said in ours if not said.endswith(CLOCK_AND_DIALOGS)}


OF_TESTS = {"SHELF.problem", "SHELF.toys", "narrow.print", "qtbot.waitUntil", "type(chain).backends"}
"""What a test has made itself, or a library's."""


def test_tests_replace_nothing_of_the_program_without_a_reason() -> None:
    found = {path.relative_to(TESTS).as_posix(): _replaced_in(path) for path in sorted(TESTS.rglob("*.py"))}
    new = [f"{name}: {said}" for name, all_of in found.items() for said in all_of - set(REASONS) - OF_TESTS]
    assert not new, "hand it in, or say in REASONS why not"
    gone = set(REASONS) - set().union(*found.values())
    assert not gone, "nobody replaces it any more"


def test_what_is_replaced_is_seen_however_it_is_written(tmp_path: Path) -> None:
    file = tmp_path / "test_it.py"
    file.write_text(
        "import time\n"
        "from o365desk import files as f\n"
        "from o365desk.ui import table\n"
        "monkeypatch.setattr(f, '_LIMIT', 1)\n"
        "monkeypatch.setattr('o365desk.log.MOST', 1)\n"
        "patch.setattr(page.view, 'seconds', 1)\n"
        "patch.setattr(time, 'monotonic', 1)\n"
        "patch.setattr(page, '_clock', 1)\n"
        "monkeypatch.setitem(table.KINDS, 'a', 1)\n"
        "a, table.model.SIZE = 1, 2\n"
    )
    assert _replaced_in(file) == {
        "o365desk.files._LIMIT", "o365desk.log.MOST", "page.view.seconds", "o365desk.ui.table.KINDS",
        "o365desk.ui.table.model.SIZE",
    }  # fmt: skip
