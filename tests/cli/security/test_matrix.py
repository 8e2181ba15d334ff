"""The matrix of who may do what, on the command line: it ends with 4 exactly where the tables say no."""

import json
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from o365desk.app import App
from o365desk.model.access.operator import os_user
from tests.cli.shell import Shell
from tests.desk import Desk
from tests.practice.fixtures import Client
from tests.samples import sample
from tests.services.access.expected import Case, some
from tests.services.access.staged import secured
from tests.torture import FULL

HERE = ("user", "guest", "partner")  # whoever works here is somebody
NOT_ALLOWED = 4


class Lent(App):
    """Services that outlive the command."""

    def close(self) -> None:
        """Not yet."""


class Terminal:
    """Somebody before the command line, with one data source that may do everything."""

    def __init__(self, desk: Desk, shell: Shell, lent: App) -> None:
        self._shell, self.app = shell, lent
        self._user = desk.ready["accounts"]["admin"]["username"]
        self.source = desk.saved(desk.source("read-write"), "read-write")

    def take(self, case: Case) -> None:
        """Has it be so."""
        self.source = secured(self.app, self.source, case)

    def __call__(self, *words: str) -> int:
        return self._shell(*words)

    def runs(self, case: Case) -> int:
        """Runs its operation (a write is only planned)."""
        values = sample(case.operation, self._user)
        given = [word for key, text in values.items() for word in ("--set", f"{key}={text}")]
        return self("run", self.source.name, case.operation, *given, "--json")

    def access(self, *words: str) -> Any:
        assert self("sources", "access", self.source.name, "--json", *words) == 0, self.err
        return json.loads(self._shell.out)

    @property
    def err(self) -> str:
        return self._shell.err


@pytest.fixture
def terminal(
    tmp_path: Path, client: Client, shell: Shell, switches: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Terminal]:
    desk = Desk(tmp_path, client.ready)
    lent = Lent(**{part.name: getattr(desk.app, part.name) for part in fields(desk.app)})
    monkeypatch.setattr("o365desk.cli.session.make_app", lambda workspace, practice=False: lent)
    yield Terminal(desk, shell, lent)
    desk.close()


@pytest.mark.torture
def test_commands_end_as_the_tables_say(terminal: Terminal, tmp_path: Path) -> None:
    settings = tmp_path / "settings.json"
    settings.write_text('{"b2b": true}')
    for case in some(400 if FULL else 0, seed=4, subjects=HERE)[: None if FULL else 40]:
        terminal.take(case)
        code = terminal.runs(case)
        assert (code == NOT_ALLOWED) == (not case.runs), (case, code, terminal.err)
        name = terminal.source.name
        code = terminal("sources", "edit", name, "--tenant", terminal.source.tenant, "--json")
        assert (code == NOT_ALLOWED) == (not case.manages), (case, code, terminal.err)
        if not case.manages:
            assert terminal("sources", "security", name, "--file", str(settings), "--apply") == NOT_ALLOWED, case
            assert terminal("sources", "remove", name) == NOT_ALLOWED, case
        if not case.adds:
            assert terminal("sources", "add", "Another") == NOT_ALLOWED, case
        if not case.tests:
            assert terminal("test", name) == NOT_ALLOWED, case


@pytest.mark.torture
def test_access_says_what_the_tables_say(terminal: Terminal) -> None:
    for case in some(400 if FULL else 0, seed=5)[: None if FULL else 50]:
        terminal.take(case)
        own = case.subject != "unknown"
        if not own:
            terminal.app.access.operator = os_user("other@contoso.com")
        told = terminal.access(*(() if own else ("--as", case.address)))
        (row,) = [each for each in told["operations"] if each["key"] == case.operation]
        assert told["kind"] == case.kind, case
        assert told["administer"]["allowed"] == case.manages, case
        assert told["query"]["allowed"] == case.queries, case
        assert (row["allowed"], row["conditions"] is not None) == (case.runs, case.hidden), case
        assert terminal.access("--as", case.address) == told, "asked about oneself by name"
