"""Every command there is, with each part of a data source's connection changed by somebody else: nothing is sent.

What each is called with is in a table that must name every command; which of them reach the network is seen, not
said: a command that does and is not listed as one fails here, and so does a new command that is not listed at all.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer

from o365desk import catalogue, paths
from o365desk.app import build, whoever_is_here
from o365desk.cli.commands import root
from o365desk.model.directory.in_step import KeptGroup
from o365desk.model.run import Row
from o365desk.model.stop import Control, Stop
from o365desk.services.signin.rehearsals import Rehearsal, Rehearsals, connection_of
from tests.cli.shell import Shell
from tests.practice.fixtures import Client
from tests.practice.graph.writes.writing import group_of, writer
from tests.recorder import hosts
from tests.services.bulk import EVERYTHING
from tests.stranger import CHANGES, Stranger
from tests.torture import FULL

NAME = "Contoso"
ADD = "add-user-to-group"
NOT_ALLOWED = 4


@dataclass
class Scene:
    """A data source that was used through hosts which write down what comes, and what the commands are about."""

    shell: Shell
    stranger: Stranger
    group: str
    user: str
    done: str
    refused: str
    stopped: str

    @property
    def words(self) -> dict[str, list[tuple[str, ...]]]:
        """For each command, what it is called with."""
        write = ("run", NAME, ADD, "--set", f"group={self.group}", "--set", f"user={self.user}")
        folder = self.stranger.hosts.ca_file.parent
        conditions, settings = folder / "conditions.json", folder / "settings.json"
        rows, report = folder / "rows.csv", folder / "report.html"
        people = folder / "people.csv"
        people.write_text("email,displayName\nben@contoso.com,Ben\n")
        rows.write_text(f"group,user\n{self.group},{self.user}\n")
        condition = {"parameter": "displayName", "operator": "contains", "value": "a"}
        conditions.write_text(json.dumps({"join": "and", "rows": [condition]}))
        settings.write_text('{"b2b": true}')
        return {
            # Which reach the network. What is known about groups is asked for once in a while:
            "sources access": [
                ("sources", "access", NAME), ("sources", "access", NAME, "--as", "ann@contoso.com", "--json"),
            ],
            "test": [("test", NAME), ("test", NAME, "--json"), ("test", NAME, "--report", str(report))],
            "run": [
                ("run", NAME, "user-list", "--max-rows", "5"),
                ("run", NAME, "find-users", "--conditions", str(conditions), "--json"),
                ("run", NAME, "find-users", "--saved", "Those with an a"),
                ("run", NAME, "user-list", "--as-partner", "ann@fabrikam.com"),
                write,
                (*write, "--leave-out-disabled"),
                (*write, "--apply"),
                (*write, "--apply", "--allow-large"),
                ("run", NAME, ADD, "--rows", str(rows), "--apply"),
            ],
            "runs undo": [("runs", "undo", self.done), ("runs", "undo", self.done, "--apply")],
            "runs retry": [
                ("runs", "retry", self.refused, "--refused-too"),
                ("runs", "retry", self.refused, "--refused-too", "--apply"),
            ],
            "runs resume": [("runs", "resume", self.stopped)],
            "groups sync run": [("groups", "sync", "run", "Kept"), ("groups", "sync", "run", "Kept", "--json")],
            "authorize": [("authorize", NAME), ("authorize", NAME, "--device-code")],
            "import": [("import", NAME), ("import", NAME, "--apply", "--full"), ("import", NAME, "--json")],
            "directory owners": [
                ("directory", "owners", NAME, self.group), ("directory", "owners", NAME, self.group, "--json"),
            ],
            "schedule run": [("schedule", "run", "Nightly")],
            "sso rehearse": [("sso", "rehearse", "--device-code"), ("sso", "rehearse", NAME, "--device-code")],
            "sso sign-in": [("sso", "sign-in", "--device-code", "--remember")],
            # Which do not:
            "operations": [("operations",)],
            "settings": [("settings",)],
            "activity": [
                ("activity",), ("activity", "--verify"), ("activity", "--write-head", str(folder / "head.json")),
            ],
            "sources list": [("sources", "list")],
            "sources show": [("sources", "show", NAME), ("sources", "show", NAME, "--json")],
            "sources add": [("sources", "add", "Another", "--tenant", "contoso.com")],
            "sources edit": [("sources", "edit", NAME, "--no-sso")],
            "sources sheet": [("sources", "sheet", NAME, "--output", str(folder / "sheet.html"))],
            "sources check": [("sources", "check", NAME)],
            "sources security": [
                ("sources", "security", NAME),
                ("sources", "security", NAME, "--file", str(settings)),
                ("sources", "security", NAME, "--file", str(settings), "--apply"),
            ],
            "sources searches": [("sources", "searches", NAME)],
            "directory users": [("directory", "users", NAME, "--search", "a")],
            "directory groups": [("directory", "groups", NAME)],
            "directory changes": [("directory", "changes", NAME, "--since", "2026-01-01")],
            "lifetimes": [("lifetimes",), ("lifetimes", "--ics", str(folder / "ends.ics"))],
            "schedule list": [("schedule", "list")],
            "schedule show": [("schedule", "show", "Nightly")],
            "schedule next": [("schedule", "next", "Nightly")],
            "schedule add": [
                ("schedule", "add", "Weekly", "--task", "test", "--source", NAME, "--rule", "FREQ=WEEKLY"),
            ],
            "schedule pause": [("schedule", "pause", "Nightly")],
            "schedule resume": [("schedule", "resume", "Nightly")],
            "schedule run-due": [("schedule", "run-due")],
            "schedule remove": [("schedule", "remove", "Weekly")],
            "groups sync list": [("groups", "sync", "list")],
            "groups sync set": [("groups", "sync", "set", "Other", "--add", "ann@contoso.com")],
            "groups sync show": [("groups", "sync", "show", "Kept")],
            "groups sync rehearse": [("groups", "sync", "rehearse", "Kept")],
            "groups sync remove": [("groups", "sync", "remove", "Other")],
            "directory forget": [("directory", "forget", NAME)],
            "sources remove": [("sources", "remove", NAME)],
            "sources restore": [("sources", "restore", NAME)],
            "secret set": [("secret", "set", NAME, "--stdin")],
            "secret approve": [
                ("secret", "approve", NAME), ("secret", "approve", NAME, "--digest", "0" * 40),
            ],
            "runs list": [("runs", "list", "--source", NAME)],
            "runs show": [("runs", "show", self.done)],
            "roles list": [("roles", "list")],
            "roles set": [("roles", "set", "anna@contoso.com", "user")],
            "roles remove": [("roles", "remove", "anna@contoso.com")],
            "roles restore": [("roles", "restore")],
            "roles begin-anew": [("roles", "begin-anew"), ("roles", "begin-anew", "--apply")],
            "partners list": [("partners", "list")],
            "partners set": [
                ("partners", "set", "Fabrikam", "--contact-name", "Ann", "--contact-email", "ann@fabrikam.com",
                 "--domain", "fabrikam.com"),
            ],
            "partners remove": [("partners", "remove", "Fabrikam")],
            "sso show": [("sso", "show")],
            "sso set": [("sso", "set", "--remember-me")],
            "sso confirm": [("sso", "confirm")],
            "sso whoami": [("sso", "whoami")],
            "sso sign-out": [("sso", "sign-out"), ("sso", "sign-out", "--at-microsoft")],
            "people list": [("people", "list")],
            "people set": [("people", "set", "ann@contoso.com", "--inactive")],
            "people remove": [("people", "remove", "ann@contoso.com")],
            "people add": [
                ("people", "add", "--rows", str(people)), ("people", "add", "--rows", str(people), "--apply"),
            ],
            "people sample": [("people", "sample", str(folder / "sample.csv"))],
            "people export": [("people", "export", str(folder / "people-out.csv"))],
        }  # fmt: skip

    def call(self, words: tuple[str, ...]) -> int:
        """Carries one out; nothing has come before."""
        self.stranger.hosts.forget()
        return self.shell(*words, given="abC8Q~" + "x1Y_" * 8)

    def refuses(self, commands: Iterable[str], change: str) -> None:
        """Each of these ends with 4, says what to type, and sends nothing to anybody."""
        for command in commands:
            for words in self.words[command]:
                code = self.call(words)
                assert self.stranger.hosts.came == [], (change, words)
                if command != "sources access":  # which answers by what was read last
                    assert code == NOT_ALLOWED, (change, words, code, self.shell.err)
                    assert f"o365desk secret approve {NAME}" in self.shell.err, (change, words)


REACHING = (
    "test", "run", "runs undo", "runs retry", "runs resume", "sources access", "authorize", "import",
    "groups sync run", "directory owners", "schedule run", "sso rehearse", "sso sign-in",
)  # fmt: skip
NOT_TRIED = {
    "practice serve": "is a host and no client, and knows no data source",
    "schedule install": "changes the scheduler of this computer, and knows no data source",
    "schedule uninstall": "likewise",
}


def commands() -> list[str]:
    """Every command that there is, by its words."""

    def leaves(command: Any, words: tuple[str, ...]) -> Iterator[str]:
        inner = getattr(command, "commands", {})
        for name, each in inner.items():
            yield from leaves(each, (*words, name))
        if not inner:
            yield " ".join(words)

    return list(leaves(typer.main.get_command(root), ()))


@pytest.fixture
def scene(shell: Shell, client: Client, switches: Callable[..., Any], tmp_path: Path) -> Iterator[Scene]:
    with hosts(tmp_path, shell.ready) as made:
        switches(device_code="declined")  # nobody is there to sign in
        everything = client.control("/apps", {"profile": "bulk", "application": [*EVERYTHING]})
        where = ("--login", made.login.root, "--graph", made.graph.root, "--ca-file", str(made.ca_file))
        who = ("--tenant", shell.ready["tenant"], "--client-id", everything["client_id"], "--sign-in", "secret")
        assert shell("sources", "add", NAME, "--cloud", "custom", *where, *who, "--read-write", "--sso") == 0, (
            shell.err
        )
        assert shell("secret", "set", NAME, "--stdin", given=everything["secret"]) == 0, shell.err
        stranger = Stranger(made, lambda: next(the_folder().glob("contoso*.json")))
        tenant = writer(client, *EVERYTHING)
        group = group_of(tenant.rows("/groups?$top=999"), "security")
        people = tenant.rows("/users?$top=999&$select=id,accountEnabled")
        inside = tenant.members(group)
        users = [each["id"] for each in people if each["accountEnabled"] and each["id"] not in inside]
        partner_of(shell, tmp_path, group)
        condition = {"parameter": "displayName", "operator": "contains", "value": "a"}
        conditions = {"join": "and", "rows": [condition]}
        search = {"name": "Those with an a", "operation": "find-users", "conditions": conditions}
        stranger.writes(searches=[search])
        runs = list(three_runs(group, users))
        nightly = ("--task", "test", "--source", NAME, "--rule", "FREQ=DAILY;BYHOUR=2;BYMINUTE=30")
        assert shell("schedule", "add", "Nightly", *nightly) == 0, shell.err
        assert shell("import", NAME, "--apply") == 0, shell.err
        somebody_signed_in()
        assert shell("roles", "set", whoever_is_here().address, "administrator") == 0, shell.err
        assert shell("sso", "set", "--enable", "--connector", NAME) == 0, shell.err
        yield Scene(shell, stranger, group, users[3], *runs)


def somebody_signed_in() -> None:
    """Through the data source, as its connection test wants it."""
    app = build()
    try:
        source = app.workspace.get(NAME).source
        rehearsal = Rehearsal(
            at=app.clock(), account="ann", tid="", oid="", used="", workspace="", connection=connection_of(source)
        )
        Rehearsals(app.state).add(source.id, rehearsal)
    finally:
        app.close()


def the_folder() -> Path:
    return paths.default_workspace() / "data-sources"


def partner_of(shell: Shell, folder: Path, group: str) -> None:
    """Partners may query, and whoever administers is in a group that must be asked for."""
    settings = folder / "settings.json"
    settings.write_text(json.dumps({"b2b": True, "administrators": [{"kind": "group", "id": group}]}))
    assert shell("sources", "security", NAME, "--file", str(settings), "--apply") == 0, shell.err
    contact = ("--contact-name", "Ann", "--contact-email", "ann@fabrikam.com")
    assert shell("partners", "set", "Fabrikam", *contact, "--domain", "fabrikam.com") == 0, shell.err


def three_runs(group: str, users: list[str]) -> Iterator[str]:
    """The ids of a run that is done, one with a row that its plan refused, and one that was stopped."""
    app = build()
    try:
        source = app.workspace.get(NAME).source
        for how, user in zip(("done", "refused", "stopped"), users, strict=False):
            given = [user, "nobody@example.com"] if how == "refused" else [user]
            rows = [Row(number=place, values={"group": group, "user": each}) for place, each in enumerate(given, 1)]
            plan = app.runner.plan(source, catalogue.operation(ADD), rows, Stop(), lambda _: None)
            control = Control()
            if how == "stopped":
                control.cancel()
            run = app.runner.apply(source, plan, control, lambda _: None)
            counts = (run.counts.changed, run.counts.cannot, run.state.resumable)
            assert counts == {"done": (1, 0, False), "refused": (1, 1, False), "stopped": (0, 0, True)}[how]
            yield run.id
        kept = KeptGroup(id="kept", name="Kept", sync=True, source=source.id, group_id=group)
        app.groups.files.save(kept, None)
    finally:
        app.close()


def test_every_command_is_tried(scene: Scene) -> None:
    assert sorted([*scene.words, *NOT_TRIED]) == sorted(commands())


@pytest.mark.timeout(600)
@pytest.mark.long
def test_the_commands_that_reach_the_network_do_while_nothing_is_changed(scene: Scene) -> None:
    """Or the test below could not fail. Each says so by what comes, so none is forgotten."""
    for command, calls in scene.words.items():
        came = []
        for words in calls:
            code = scene.call(words)
            came += scene.stranger.hosts.came
            # One row that cannot be done is tried again in vain; there is nothing to approve by that digest; and
            # roles that are there need not be put back; nor is anybody there who signs in.
            in_vain = (
                "runs retry", "secret approve", "roles restore", "roles begin-anew", "sso rehearse", "sso sign-in",
                "sso confirm",
            )  # fmt: skip
            assert code == 0 or command in in_vain, (words, scene.shell.err)
        assert bool(came) == (command in REACHING), command


@pytest.mark.torture
@pytest.mark.timeout(3000 if FULL else 600)
@pytest.mark.long
def test_nothing_is_sent_by_any_command_once_a_part_of_the_connection_is_another(scene: Scene) -> None:
    stranger = scene.stranger
    people = paths.default_workspace() / "workspace.json"
    before = {file: file.read_bytes() for file in (stranger.file, people, stranger.hosts.ca_file)}
    for change, make in CHANGES.items():
        make(stranger)
        scene.refuses(REACHING, change)
        # Nor do those that need no network send anything, or approve it by the way.
        for command, calls in scene.words.items():
            for words in calls if command not in REACHING and (FULL or change == "login") else ():
                scene.call(words)
                assert stranger.hosts.came == [], (change, words)
        forgotten = "directory owners"  # what it is about went with directory forget
        scene.refuses([each for each in REACHING if each != forgotten] if FULL else ("test",), change)
        # The restored file works again without a question.
        for extra in the_folder().glob("*.json"):
            extra.unlink()
        for file, content in before.items():
            file.write_bytes(content)
        scene.shell("roles", "begin-anew", "--apply")  # without the roles that a command gave
        assert scene.shell("test", NAME) == 0, (change, scene.shell.err)
        assert scene.shell("import", NAME, "--apply") == 0, (change, scene.shell.err)
