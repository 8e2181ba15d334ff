"""A house where several people work in turn, to try what each may do there."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from o365desk import catalogue
from o365desk.app import now
from o365desk.model.access.operator import Operator, os_user
from o365desk.model.access.people import Role
from o365desk.model.access.security import Security
from o365desk.model.datasource import DataSource
from o365desk.model.problems import NOT_ALLOWED, Problem, ProblemError
from o365desk.model.run import Plan, Row, Run
from o365desk.model.stop import Control, Stop
from o365desk.services.graph.lists import GraphPage, ReadEnd
from tests.desk import Desk
from tests.practice.graph.writes.writing import group_of
from tests.services.access.rules import row
from tests.services.access.rules import tree as conditions

ADMIN, MANAGER, USER = "a.admin", "mia", "uwe"
PIA = "pia@fabrikam.com"
SALES = conditions(row("department", "equals", "Sales"))
USER_LIST, FIND_USERS = catalogue.operation("user-list"), catalogue.operation("find-users")
ADD = catalogue.operation("add-user-to-group")


class House:
    """One workspace and one state, and several people who work there in turn."""

    def __init__(self, folder: Path, ready: dict[str, Any]) -> None:
        self._folder, self._ready = folder, ready
        self._desks: list[Desk] = []
        self.clock: Callable[[], datetime] = now
        self.admin = self.desk(os_user(ADMIN))
        self.source = self.admin.saved(self.admin.source())
        people = self.admin.app.people
        people.set_role(ADMIN, Role.ADMINISTRATOR)
        people.set_role(MANAGER, Role.MANAGE)
        people.set_role(USER, Role.USER)
        people.set_partner("Fabrikam", "Carl", "carl@fabrikam.com", domains=["fabrikam.com"])

    def desk(self, operator: Operator | str) -> Desk:
        """Where somebody works; all share the workspace, the state and the secrets of this machine."""
        who = os_user(operator) if isinstance(operator, str) else operator
        made = Desk(self._folder, self._ready, operator=who, clock=lambda: self.clock())
        self._desks.append(made)
        if len(self._desks) > 1:
            # Secrets live for the session here: everybody's vault has them.
            for name, secret in self.kept.items():
                made.app.vault.put(self.source.id, {name: secret})
        return made

    @property
    def kept(self) -> dict[str, Any]:
        names = ("client-secret", "approved")
        found = {name: self.admin.app.vault.get(self.source.id, name) for name in names}
        return {name: secret for name, secret in found.items() if secret}

    def secure(self, **settings: Any) -> DataSource:
        """The administrator sets these."""
        entry = self.admin.app.workspace.get(self.source.id)
        changed = entry.source.replace(security=Security(**settings))
        self.source = self.admin.app.connections.save(changed, entry.version, opened=entry.source).source
        return self.source

    def close(self) -> None:
        for desk in self._desks:
            desk.close()


def listed(desk: Desk, source: DataSource, operation: catalogue.Operation = USER_LIST, **more: Any) -> list[Any]:
    """The rows of a read."""
    found: list[Any] = []
    ended(desk, source, operation, lambda page: found.extend(page.rows), **more)
    return found


def ended(
    desk: Desk,
    source: DataSource,
    operation: catalogue.Operation = USER_LIST,
    page: Callable[[GraphPage], None] = lambda page: None,
    values: dict[str, str] | None = None,
    **more: Any,
) -> ReadEnd:
    return desk.app.runner.read(source, operation, values or {}, Stop(), page, **more)


def refused(act: Callable[[], Any], code: str = NOT_ALLOWED) -> Problem:
    with pytest.raises(ProblemError) as caught:
        act()
    problem = caught.value.problem
    assert problem.code == code, problem
    assert problem.title
    return problem


def plan(desk: Desk, source: DataSource, *rows: dict[str, str], **more: Any) -> Plan:
    given = [Row(number=number, values=values) for number, values in enumerate(rows, 1)]
    return desk.app.runner.plan(source, ADD, given, Stop(), lambda _: None, **more)


def apply(desk: Desk, source: DataSource, made: Plan) -> Run:
    return desk.app.runner.apply(source, made, Control(), lambda _: None, allow_large=True, confirmed=made.confirm)


def a_group(house: House) -> str:
    return group_of(listed(house.admin, house.source, catalogue.operation("group-list")), "security")


def outsiders(house: House, group: str, *, sales: bool) -> list[dict[str, Any]]:
    """Enabled people who are not in the group: of Sales, or of nothing like it."""
    members = catalogue.operation("group-members")
    inside = {each["id"] for each in listed(house.admin, house.source, members, values={"group": group})}
    users = [each for each in listed(house.admin, house.source) if each["id"] not in inside]
    return [each for each in users if (each["department"] == "Sales") is sales and each["accountEnabled"]]


def someone(house: House, *, sales: bool) -> dict[str, Any]:
    return outsiders(house, a_group(house), sales=sales)[0]


def departments(rows: list[Any]) -> set[str | None]:
    return {each["department"] for each in rows}


def apply_gently(desk: Desk, source: DataSource, made: Plan) -> Run:
    """Applies a plan that is cancelled before its first row."""
    control = Control()
    control.cancel()
    return desk.app.runner.apply(source, made, control, lambda _: None, allow_large=True, confirmed=made.confirm)


def resume(desk: Desk, run: Run) -> Run:
    return desk.app.runner.resume(run.id, Control(), lambda _: None)
