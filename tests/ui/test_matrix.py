"""Each operation × {granted, not granted, revoked half-way} × {window, command line}: the same in both."""

import io
import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from o365desk import catalogue
from o365desk.app import App
from o365desk.catalogue import OPERATIONS, permissions
from o365desk.cli import main
from o365desk.model.datasource import DataSource, SignIn
from o365desk.model.run import Row
from o365desk.model.secret import Secret
from o365desk.model.stop import Stop
from o365desk.services.signin.credentials import Credential
from o365desk.ui.destinations import ToOperations, ToPlan, ToRun, Wish
from o365desk.ui.pages.operations.operations import OperationsPage
from o365desk.ui.pages.runs.plan import PlanPage
from o365desk.ui.pages.runs.run import RunPage
from o365desk.ui.shell.window import Window
from o365desk.ui.tasks import Tasks
from o365desk.ui.widgets.theme import Theme
from tests.desk import Desk
from tests.practice.fixtures import Client
from tests.practice.graph.writes.writing import Writer, group_of, writer
from tests.samples import sample

GRANTED, NOT_GRANTED, REVOKED = "granted", "not granted", "revoked half-way"
EVERYTHING = (
    "User.Read.All",
    "Group.ReadWrite.All",
    "LicenseAssignment.ReadWrite.All",
    "LicenseAssignment.Read.All",
    "GroupMember.ReadBasic.All",
)
MANY = 45
"""Rows of a write that can be cut in the middle: more than one request, whatever the shape."""

Rows = list[dict[str, str]]


@dataclass
class Seen:
    """What somebody sees of an operation, in either face. `said` is the title of what went wrong."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    outcomes: list[str] = field(default_factory=list)
    said: str = ""
    complete: bool = True
    allowed: bool = True


@dataclass
class World:
    """A data source whose app was granted what the case says, on a practice tenant as at the start."""

    desk: Desk
    client: Client
    source: DataSource
    tenant: Writer
    app: dict[str, str]

    def values(self, key: str) -> Rows:
        """What is asked for: 45 rows for a write (two new groups), one search for a find."""
        groups = self.tenant.rows("/groups?$top=999")
        people = self.tenant.rows("/users?$top=999&$select=id,accountEnabled,usageLocation,assignedLicenses")
        group = group_of(groups, "security")
        inside = self.tenant.members(group)
        outside = [user["id"] for user in people if user["accountEnabled"] and user["id"] not in inside]
        bare = [user["id"] for user in people
                if user["accountEnabled"] and user["usageLocation"] and not user["assignedLicenses"]]  # fmt: skip
        pack = next(sku for sku in self.tenant.get("/subscribedSkus")["value"] if sku["skuPartNumber"] == "EMS")
        having = [user["id"] for user in people if pack["skuId"] in str(user["assignedLicenses"])]
        large = group_of(groups, "large")
        made: dict[str, Rows] = {
            "group-members": [{"group": large}],
            "create-group": [{"displayName": f"Night shift {n}"} for n in range(3)],
            "add-user-to-group": [{"group": group, "user": user} for user in outside[:MANY]],
            "remove-user-from-group": [{"group": large, "user": user} for user in sorted(outside)[:MANY]],
            "assign-licence-to-user": [{"user": user, "plan": "FLOW_FREE"} for user in bare[:MANY]],
            "remove-licence-from-user": [{"user": user, "plan": "EMS"} for user in having[:MANY]],
        }
        return made.get(key, [sample(key, sorted(inside)[0])])

    def revoke_after(self, requests: int) -> None:
        """The consent goes after so many more requests to Graph (0: now); tokens that are out lose it too."""
        self.client.control("/switches", {"consent_withdrawn_after": max(1, requests)})
        if requests == 0:
            token = self.client.token(client_id=self.app["client_id"], client_secret=self.app["secret"])
            self.client.graph("/users?$top=1", {"Authorization": f"Bearer {token.json()['access_token']}"})

    def planning(self, key: str) -> int:
        """How many requests a plan costs."""
        before = self.client.control("/")["requests"]
        rows = [Row(number=number, values=values) for number, values in enumerate(self.values(key), 1)]
        asked = self.client.control("/")["requests"] - before
        self.desk.app.runner.plan(self.source, catalogue.operation(key), rows, Stop(), lambda progress: None)
        log = [entry for entry in self.client.control("/requests") if entry["number"] > before + asked]
        # A batch itself needs no permission, and so is not counted.
        return sum(entry["side"] == "graph" and entry["path"] != "/v1.0/$batch" for entry in log)


class CommandLine:
    """What the command line shows."""

    def __init__(self, capsys: pytest.CaptureFixture[str], folder: Path) -> None:
        self._capsys, self._folder = capsys, folder

    def _run(self, *words: str) -> tuple[int, str, str]:
        self._capsys.readouterr()
        code = main(["run", "Contoso HR", *words, "--json"])
        said = self._capsys.readouterr()
        return code, said.out, said.err

    def read(self, world: World, key: str, revoke: int | None) -> Seen:
        given = world.values(key)[0]
        if revoke is not None:
            world.revoke_after(revoke)
        code, out, err = self._run(key, *(word for name in given for word in ("--set", f"{name}={given[name]}")))
        rows = json.loads(out)
        if isinstance(rows, dict):  # it did not begin
            assert list(rows) == ["error"]
            rows = []
        return Seen(rows=rows, said=_title(err) if code else "", complete=code == 0, allowed=code != 4)

    def write(self, world: World, key: str, revoke: int | None) -> Seen:
        file = self._folder / "rows.csv"
        given = world.values(key)
        lines = [",".join(given[0]), *(",".join(row.values()) for row in given)]
        file.write_text("\n".join(lines), "utf-8")
        if revoke is not None:
            world.revoke_after(revoke)
        code, out, err = self._run(key, "--rows", str(file), "--apply", "--allow-large")
        shape = json.loads(out)
        if list(shape) == ["error"]:
            return Seen(said=_title(err), allowed=code != 4)
        outcomes = [item["outcome"] for item in shape["items"]]
        return Seen(counts=shape["counts"], outcomes=outcomes, said=_stopped(err), complete=code == 0)


def _title(text: str) -> str:
    return next((line for line in text.splitlines() if line.strip() and "so far" not in line), "")


def _stopped(text: str) -> str:
    found = re.search(r"“[\w ]+” needs [A-Za-z.]+[a-zA-Z]", text)
    return found[0] if found else ""


class InWindow:
    """What the window shows."""

    def __init__(self, qtbot: QtBot, desk: Desk, theme: Theme) -> None:
        self._qtbot = qtbot
        self.window = Window(desk.app, Tasks(), theme)
        self.window.show()

    def _idle(self) -> None:
        self._qtbot.waitUntil(lambda: not self.window.tasks.active())
        plan = self.window.page(ToPlan)
        assert isinstance(plan, PlanPage)
        self._qtbot.waitUntil(lambda: plan.calm.over)

    def read(self, world: World, key: str, revoke: int | None) -> Seen:
        given = world.values(key)[0]
        self.window.go(ToOperations(source_id=world.source.id, operation=key))
        self._idle()
        page = self.window.page(ToOperations)
        assert isinstance(page, OperationsPage)
        view = page.view
        assert view
        assert view.results
        if view.off:
            return Seen(said=view.off.sentence(), complete=False, allowed=False)
        view.form.put(given)
        if revoke is not None:
            world.revoke_after(revoke)
        view.run()
        self._idle()
        results = view.results
        rows = [_plain(row) for row in results.model.all_rows()]
        said = results.banner.plain_text() if results.banner.isVisible() else ""
        complete = not said and "incomplete" not in results.count.text()
        return Seen(rows=rows, said=said, complete=complete)

    def write(self, world: World, key: str, revoke: int | None) -> Seen:
        rows = tuple(Row(number=number, values=values) for number, values in enumerate(world.values(key), 1))
        if revoke is not None:
            world.revoke_after(revoke)
        self.window.go(ToPlan(Wish(source=world.source, operation=catalogue.operation(key), rows=rows)))
        self._idle()
        plan, run = self.window.page(ToPlan), self.window.page(ToRun)
        assert isinstance(plan, PlanPage)
        assert isinstance(run, RunPage)
        if plan.plan is None:
            return Seen(said=plan.banner.plain_text())
        plan.apply()
        self._idle()
        kept = run.after.kept
        assert kept
        counts = {
            name: getattr(kept.run.counts, name)
            for name in ("changed", "already", "failed", "cannot", "not_attempted")
        }
        said = kept.run.problem.title if kept.run.problem else ""
        done = counts["changed"] == len(kept.rows)
        return Seen(counts=counts, outcomes=[str(row.outcome) for row in kept.rows], said=said, complete=done)

    def close(self) -> None:
        self.window.tasks.shut_down()
        self.window.hide()
        self.window.deleteLater()
        self._qtbot.wait(0)


def _plain(row: Any) -> dict[str, Any]:
    from o365desk.ui.pages.operations.result_rows import unpacked

    return dict(unpacked(row))


@pytest.fixture
def world(desk: Desk, client: Client, switches: Callable[..., Any]) -> Callable[[str, str], World]:
    """Makes the world of a case, anew each time."""

    def make(grant: str, key: str) -> World:
        client.control("/reset", {})
        needs = OPERATIONS[key]
        granted = list(EVERYTHING)
        if grant == NOT_GRANTED:
            granted = [
                name for name in EVERYTHING if name not in permissions.enough(needs.request, delegated=False)
            ]
        app = client.control("/apps", {"profile": "matrix", "application": granted, "delegated": list(EVERYTHING)})
        asked = not needs.writes and needs.box  # an administrator consents to what the boxes ask for
        kind = SignIn.ADMINISTRATOR if grant == REVOKED and asked else SignIn.SECRET
        source = desk.source(client_id=app["client_id"], sign_in=kind)
        typed = Credential(secret=Secret(app["secret"])) if kind is SignIn.SECRET else Credential()
        for entry in desk.app.workspace.list().entries:
            desk.app.workspace.delete(entry.source.id)
        saved = desk.app.connections.save(source, None, typed).source
        if kind is SignIn.ADMINISTRATOR:
            desk.authorise(saved)
        if needs.box is None:  # off until a test has shown its permission
            desk.test(saved)
        return World(desk, client, saved, writer(client), app)

    return make


class Lent(App):
    """The services, lent to a command: whoever lent them closes them."""

    def close(self) -> None:
        """Nothing: see the class."""


@pytest.fixture
def shell(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> CommandLine:
    """The command line, over the same services as the window."""
    lent = Lent(**{part.name: getattr(desk.app, part.name) for part in fields(desk.app)})
    monkeypatch.setattr("o365desk.cli.session.make_app", lambda workspace, practice=False: lent)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    return CommandLine(capsys, tmp_path)


@pytest.fixture
def office(qtbot: QtBot, desk: Desk, theme: Theme) -> Iterator[InWindow]:
    made = InWindow(qtbot, desk, theme)
    yield made
    made.close()


@pytest.mark.parametrize("grant", [GRANTED, NOT_GRANTED, REVOKED])
@pytest.mark.parametrize("key", OPERATIONS)
def test_window_and_command_line_see_the_same(
    key: str, grant: str, world: Callable[[str, str], World], shell: CommandLine, office: InWindow
) -> None:
    seen = []
    for face in (shell, office):
        made = world(grant, key)
        writes = OPERATIONS[key].writes
        revoke = None
        if grant == REVOKED:
            revoke = made.planning(key) + 2 if writes else 1 if key == "user-list" else 0
        seen.append((face.write if writes else face.read)(made, key, revoke))
    line, window = seen
    _judge(line, key, grant)
    assert window.counts == line.counts
    # Several batches are on their way at once: which of them the withdrawal meets is chance.
    assert sorted(window.outcomes) == sorted(line.outcomes)
    assert window.complete == line.complete
    assert len(window.rows) == len(line.rows)
    assert [row.get("id") or row.get("skuId") for row in window.rows] == [
        row.get("id") or row.get("skuId") for row in line.rows
    ]
    assert line.said in window.said


def _judge(seen: Seen, key: str, grant: str) -> None:
    """What either face must show."""
    operation = OPERATIONS[key]
    if grant == NOT_GRANTED or (grant == REVOKED and operation.box is None):
        assert not seen.allowed
        assert operation.permission in seen.said
    elif operation.writes:
        changed = seen.counts["changed"]
        assert changed > 0
        assert sum(seen.counts.values()) == len(seen.outcomes)
        assert (grant == GRANTED) == (changed == len(seen.outcomes))
        assert (f"“{operation.title}” needs {operation.permission}" == seen.said) == (grant == REVOKED)
    elif grant == GRANTED:
        assert seen.rows
        assert not seen.said
    else:
        assert not seen.complete
        assert bool(seen.rows) == (key == "user-list")
        assert "refused" in seen.said or "incomplete" in seen.said
