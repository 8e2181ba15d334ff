"""When secrets are forgotten: after a deletion that a person ordered here, and never while the source may live."""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from o365desk.app import App, build
from o365desk.model.access.operator import os_user
from o365desk.model.datasource import DataSource
from o365desk.model.secret import Secret
from o365desk.services.signin.credentials import Credential
from o365desk.services.vault.vault import CLIENT_SECRET, Vault
from tests.torture import examples

SOURCE = DataSource(id="contoso-hr", name="Contoso")


class Machine:
    """One computer with its clock, state and vault, and the clones of a workspace that lie on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
        self.vault = Vault(folder, session_only=True)
        self.apps: dict[str, App] = {}

    def at(self, clone: str) -> App:
        """The program, open on a clone."""
        if clone not in self.apps:
            app = build(
                self.folder / clone,
                state_folder=self.folder / "state",
                clock=lambda: self.now,
                operator=os_user("ada"),
            )
            # As it is shared by all programs of this computer.
            for service in (app.connections, app.approvals, app.connections._authorisations):
                service._vault = self.vault
            self.apps[clone] = app
        return self.apps[clone]

    def file(self, clone: str) -> Path:
        return self.folder / clone / "data-sources" / "contoso.json"

    def pull(self, clone: str, *, there: bool) -> None:
        """What git does: the source's file is there, or it is not."""
        if there:
            self.file(clone).parent.mkdir(parents=True, exist_ok=True)
            self.file(clone).write_text('{"id": "contoso-hr", "name": "Contoso"}')
        else:
            self.file(clone).unlink(missing_ok=True)

    def add(self, clone: str) -> None:
        """A person adds the source with its secret."""
        self.at(clone).connections.save(SOURCE, None, Credential(secret=Secret("opens everything")))

    def live(self, clone: str) -> bool:
        entries = self.at(clone).workspace.list().entries
        return any(entry.source.id == SOURCE.id for entry in entries)

    @property
    def kept(self) -> bool:
        return self.vault.has(SOURCE.id, CLIENT_SECRET)

    def look(self, clone: str) -> None:
        """Everything that only looks."""
        app = self.at(clone)
        app.connections.overview()
        app.connections.overview(deep=True)
        app.workspace.recycled()
        app.workspace.history(SOURCE.id)

    def change(self, clone: str) -> None:
        """A person adds and deletes something else: whatever may be forgotten is forgotten now."""
        self.at(clone).workspace.save(DataSource(id="other", name="Other"), None)
        self.at(clone).workspace.delete("other")

    def days(self, number: int, clone: str = "one") -> None:
        """Days on which the program is used."""
        for _ in range(number):
            self.now += timedelta(days=1)
            self.look(clone)

    def close(self) -> None:
        for app in self.apps.values():
            app.close()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    made.close()


def test_thirty_days_after_a_person_deleted_it_here_the_next_change_forgets(machine: Machine) -> None:
    machine.add("one")
    machine.at("one").workspace.delete("Contoso")
    machine.days(29)
    machine.change("one")
    kept = [machine.kept]
    machine.days(1)
    machine.look("one")
    kept += [machine.kept]
    assert kept == [True, True], "looking forgets nothing"
    machine.change("one")
    assert not machine.kept
    assert not list((machine.folder / "one" / ".recycle-bin").glob("*-contoso.*"))


def test_what_git_or_a_colleague_took_away_is_not_forgotten(machine: Machine) -> None:
    machine.add("one")
    machine.pull("one", there=False)
    machine.days(90)
    machine.change("one")
    assert machine.kept


def test_a_merge_conflict_counts_as_the_source(machine: Machine) -> None:
    machine.add("one")
    machine.at("one").workspace.delete("Contoso")
    machine.file("one").write_text("<<<<<<< ours\n")
    machine.days(60)
    machine.change("one")
    assert machine.kept
    machine.pull("one", there=False)
    machine.change("one")
    assert not machine.kept


def test_another_clone_that_has_it_keeps_it(machine: Machine) -> None:
    machine.add("one")
    machine.pull("two", there=True)
    machine.look("two")
    machine.at("one").workspace.delete("Contoso")
    machine.days(60)
    machine.change("one")
    assert machine.kept
    # Nor is that deletion waiting for the clone to go: a person has to delete it anew.
    machine.pull("two", there=False)
    machine.days(60)
    machine.change("one")
    assert machine.kept


@pytest.mark.parametrize("how", ["away", "unreadable"])
def test_another_clone_that_cannot_be_read_keeps_it(machine: Machine, how: str) -> None:
    machine.add("one")
    machine.pull("two", there=True)
    machine.at("two").workspace.get("Contoso")  # as any command does
    machine.at("one").workspace.delete("Contoso")
    if how == "away":
        (machine.folder / "two").rename(machine.folder / "unplugged")
    else:
        machine.file("two").write_bytes(b"")
    machine.days(60)
    machine.change("one")
    assert machine.kept


def test_what_was_restored_is_not_forgotten_however_it_goes_later(machine: Machine) -> None:
    machine.add("one")
    machine.at("one").workspace.delete("Contoso")
    machine.days(20)
    machine.at("one").workspace.restore("Contoso")
    machine.look("one")
    machine.pull("one", there=False)
    (machine.folder / "one" / "data-sources" / "contoso.json").unlink(missing_ok=True)
    machine.days(60)
    machine.change("one")
    assert machine.kept


def test_a_clock_that_jumps_ahead_forgets_nothing_and_empties_no_bin(machine: Machine) -> None:
    machine.add("one")
    machine.at("one").workspace.delete("Contoso")
    for years in (4, -4, 4, 8):
        machine.now += timedelta(days=365 * years)
        machine.look("one")
        machine.change("one")
    assert machine.kept
    assert list((machine.folder / "one" / ".recycle-bin").glob("*-contoso.json"))


def test_a_colleague_whose_clock_is_years_ahead_only_looks(machine: Machine, tmp_path: Path) -> None:
    machine.add("one")
    machine.at("one").workspace.delete("Contoso")
    colleague = Machine(tmp_path)
    colleague.now += timedelta(days=4 * 365)
    colleague.apps["one"] = build(
        tmp_path / "one",
        state_folder=tmp_path / "elsewhere",
        clock=lambda: colleague.now,
        operator=os_user("charles"),
    )
    colleague.days(3)
    colleague.change("one")
    colleague.close()
    assert [item.source.name for item in machine.at("one").workspace.recycled()] == ["Other", "Contoso"]
    assert machine.at("one").workspace.restore("Contoso").source.id == SOURCE.id


def test_a_note_that_makes_no_sense_forgets_nothing(machine: Machine) -> None:
    machine.add("one")
    machine.at("one").workspace.delete("Contoso")
    machine.at("one").state.remember("deleted", b"\xff{")
    machine.days(60)
    machine.change("one")
    assert machine.kept


def test_a_locked_vault_is_tried_again(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.add("one")
    app = machine.at("one")
    app.workspace.delete("Contoso")
    machine.days(31)
    app.connections._vault = Vault(machine.folder / "locked")
    (machine.folder / "locked").mkdir()
    (machine.folder / "locked" / "vault").write_bytes(b"locked")
    machine.change("one")
    assert machine.kept
    app.connections._vault = machine.vault
    machine.change("one")
    assert not machine.kept


class Interleavings(RuleBasedStateMachine):
    """Whatever happens in whatever order: a secret is never forgotten while its source is in a clone that this
    computer knows, nor within 30 days of use after it was deleted."""

    forgotten_before = False

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="forgetting-"))
        self.machine = Machine(self.folder)
        self.machine.add("one")
        self.machine.pull("two", there=True)
        self.machine.look("two")
        self.known = {"one", "two"}

    def teardown(self) -> None:
        if hasattr(self, "machine"):
            self.machine.close()
            shutil.rmtree(self.folder)

    clones = st.sampled_from(["one", "two"])

    @precondition(lambda self: self.machine.live("one"))
    @rule()
    def delete_for_a_month(self) -> None:
        self.delete("one")
        self.a_month_of_use("one")

    @rule(clone=clones)
    def look(self, clone: str) -> None:
        self.machine.look(clone)
        self._knows(clone)

    @rule(clone=clones, there=st.booleans())
    def pull(self, clone: str, there: bool) -> None:
        self.machine.pull(clone, there=there)

    @rule(clone=clones, content=st.sampled_from(["", "<<<<<<< ours\n", '{"id": "contoso-hr"']))
    def conflict(self, clone: str, content: str) -> None:
        if self.machine.file(clone).exists():
            self.machine.file(clone).write_text(content)

    @rule(clone=clones)
    def delete(self, clone: str) -> None:
        if self.machine.live(clone):
            self.machine.at(clone).workspace.delete(SOURCE.id)
            self._knows(clone)

    @rule(clone=clones)
    def restore(self, clone: str) -> None:
        app = self.machine.at(clone)
        if not self.machine.file(clone).exists() and any(
            item.source.id == SOURCE.id for item in app.workspace.recycled()
        ):
            app.workspace.restore(SOURCE.id)
            self._knows(clone)

    @rule(days=st.sampled_from([1, 7, 7, 40, 400, -3, -400]))
    def pass_time(self, days: int) -> None:
        self.machine.now += timedelta(days=days)

    @rule(clone=clones)
    def change(self, clone: str) -> None:
        self.machine.change(clone)
        self._knows(clone)

    @rule(clone=clones)
    def a_month_of_use(self, clone: str) -> None:
        for _ in range(5):
            self.machine.now += timedelta(days=7)
            self.machine.at(clone).workspace.list()
        self.change(clone)

    @precondition(lambda self: not self.machine.kept)
    @rule()
    def given_anew(self) -> None:
        self.machine.vault.set(SOURCE.id, CLIENT_SECRET, Secret("another"))

    def _knows(self, clone: str) -> None:
        if self.machine.live(clone):
            self.known.add(clone)

    @invariant()
    def never_while_it_may_live(self) -> None:
        if hasattr(self, "machine") and not self.machine.kept:
            there = [clone for clone in self.known if self.machine.file(clone).exists()]
            assert not there or self.forgotten_before, there
        self.forgotten_before = hasattr(self, "machine") and not self.machine.kept


TestInterleavings = Interleavings.TestCase
TestInterleavings.settings = settings(
    max_examples=examples(25), stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
