"""A workspace that had roles, and whose workspace.json is gone or empty: the computer that knew allows nothing."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from o365desk import app as composition
from o365desk.app import App
from o365desk.model.access.operator import os_user
from o365desk.model.access.people import Role
from o365desk.model.access.security import Deed
from o365desk.model.datasource import new
from o365desk.model.problems import Problem, ProblemError
from o365desk.services.workspace.people_store import ROLES_GONE, PeopleStore


class Computer:
    """A computer with a state of its own, on which somebody opens a shared workspace."""

    def __init__(self, folder: Path) -> None:
        self.shared, self._folder = folder / "shared", folder
        self._apps: list[App] = []

    def opened(self, account: str = "ada", state: str = "state") -> App:
        made = composition.build(
            self.shared, state_folder=self._folder / state, session_only=True, operator=os_user(account)
        )
        self._apps.append(made)
        return made

    @property
    def file(self) -> Path:
        return self.shared / "workspace.json"

    def close(self) -> None:
        for app in self._apps:
            app.close()


@pytest.fixture
def computer(tmp_path: Path) -> Iterator[Computer]:
    made = Computer(tmp_path)
    people = made.opened().people
    people.set_role("ada", Role.ADMINISTRATOR)
    people.set_role("uwe", Role.USER)
    yield made
    made.close()


def may(app: App) -> bool:
    return app.access.decide(None, Deed.ADD).allowed


def code(act: object) -> str:
    with pytest.raises(ProblemError) as caught:
        act()  # type: ignore[operator]
    return caught.value.problem.code


EMPTY = json.dumps({"version": 1, "people": []})


@pytest.mark.parametrize("text", [None, EMPTY, json.dumps({"version": 1})])
def test_without_the_roles_that_were_there_nobody_may_do_anything(computer: Computer, text: str | None) -> None:
    ada, uwe = computer.opened(), computer.opened("uwe")
    assert (may(ada), may(uwe)) == (True, False)
    computer.file.unlink()
    if text is not None:
        computer.file.write_text(text, "utf-8")
    for app in (ada, uwe, computer.opened(), computer.opened("uwe")):
        decision = app.access.decide(None, Deed.ADD)
        assert not decision.allowed
        assert "it held roles" in decision.because
        assert "o365desk roles restore" in decision.remedy
        assert not app.access.decide(new("A"), Deed.QUERY).allowed
        assert code(app.people.load) == ROLES_GONE
        assert code(lambda app=app: app.people.set_role("uwe", Role.ADMINISTRATOR)) == ROLES_GONE
    assert computer.file.exists() is (text is not None)
    # A computer that never saw them knows nothing: see docs/security.md.
    assert may(computer.opened("uwe", state="another"))


def test_they_are_put_back_as_they_were_last_not_as_they_were_before(computer: Computer) -> None:
    """The version before, in .history, gave more: whoever lost a role does not get it back so."""
    people = computer.opened().people
    people.set_role("bob", Role.ADMINISTRATOR)
    people.remove_role("bob")
    before = computer.file.read_bytes()
    computer.file.unlink()
    uwe = computer.opened("uwe")
    assert [each.address for each in uwe.people.restore().persons] == ["ada", "uwe"]
    assert computer.file.read_bytes() == before
    assert (may(uwe), may(computer.opened())) == (False, True)


def test_what_another_computer_changed_is_seen_by_looking(computer: Computer) -> None:
    computer.opened(state="another").people.set_role("bob", Role.MANAGE)
    assert may(computer.opened())
    computer.file.unlink()
    assert [each.address for each in computer.opened("uwe").people.restore().persons] == ["ada", "uwe", "bob"]


def test_it_begins_anew_only_where_somebody_says_so(computer: Computer) -> None:
    uwe = computer.opened("uwe")
    assert code(lambda: uwe.people.begin_anew(really=True)) == "roles-there"
    assert code(uwe.people.restore) == "roles-there"
    computer.file.unlink()
    uwe.people.begin_anew(really=False)
    assert not may(uwe)
    uwe.people.begin_anew(really=True)
    assert may(uwe)
    assert may(computer.opened())
    assert code(uwe.people.restore) == "not-found"
    # The first role that is given is remembered again.
    uwe.people.set_role("uwe", Role.ADMINISTRATOR)
    assert (may(uwe), may(computer.opened())) == (True, False)
    computer.file.unlink()
    assert not may(uwe)


def test_a_file_that_cannot_be_understood_is_neither_replaced_nor_forgotten(computer: Computer) -> None:
    computer.file.write_text("{", "utf-8")
    app = computer.opened()
    for act in (app.people.restore, lambda: app.people.begin_anew(really=True)):
        assert code(act) == "unreadable-file"
    assert computer.file.read_text("utf-8") == "{"
    computer.file.unlink()
    assert not may(app)


def test_a_workspace_that_never_had_roles_is_everybodys_and_elsewhere_too(
    computer: Computer, tmp_path: Path
) -> None:
    other = Computer(tmp_path / "other")
    app = other.opened("uwe")
    assert may(app)
    app.people.set_partner("Fabrikam", "Carl", "carl@fabrikam.com")
    other.file.unlink()
    assert may(app)
    assert code(app.people.restore) == "not-found"
    other.close()


def test_what_cannot_be_remembered_locks_nobody_out(
    computer: Computer, expected_warning: Callable[[str], None]
) -> None:
    app = computer.opened()
    expected_warning("could not be remembered")

    class Full:
        def last(self) -> bytes | None:
            return None

        def keep(self, data: bytes | None) -> None:
            raise ProblemError(Problem(title="No space left"))

    store = PeopleStore(computer.shared, Full())
    assert len(store.load().people.persons) == 2
    assert may(app)
