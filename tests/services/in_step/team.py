"""A team of the practice tenant that groups are kept in step with: made for a test, changed by it, imported."""

from itertools import count
from typing import Any

from o365desk.app import App
from o365desk.model.directory.in_step import Direction, KeptGroup, StepPlan, StepReport
from o365desk.model.stop import Stop
from o365desk.services.in_step import group_file
from tests.desk import Desk
from tests.practice.fixtures import Client
from tests.practice.graph.writes.writing import Writer, writer
from tests.services.directory.imports.office import Office

_NUMBERS = count()


class Team:
    """See the module. `people` are 40 users of the tenant, enabled members with an address of their own."""

    def __init__(self, desk: Desk, client: Client, profile: str = "read-write") -> None:
        self.office = Office(desk, client, profile)
        self.app: App = desk.app
        self.source = self.office.source
        self.tenant: Writer = writer(client)
        self.people = [
            row for row in self.tenant.rows(
                "/users?$select=id,userPrincipalName,displayName,accountEnabled,userType,department&$top=999"
            ) if row["accountEnabled"] and row["userType"] == "Member"
        ][:40]  # fmt: skip
        self.ids = [row["id"] for row in self.people]
        self.addresses = {row["id"]: row["userPrincipalName"] for row in self.people}

    def made(self, name: str, *people: str, groups: tuple[str, ...] = ()) -> str:
        """A new group of the tenant, by ID."""
        body = {
            "displayName": name,
            "mailEnabled": False,
            "securityEnabled": True,
            "mailNickname": f"step{next(_NUMBERS)}",
        }
        answer = self.tenant.send("POST", "/groups", body)
        assert answer.status_code == 201, answer.text
        key = str(answer.json()["id"])
        self.add(key, *people, *groups)
        return key

    def add(self, group: str, *keys: str) -> None:
        """People or groups come into a group of the tenant."""
        for start in range(0, len(keys), 20):
            answer = self.tenant.bind(group, *keys[start : start + 20])
            assert answer.status_code == 204, answer.text

    def take(self, group: str, *keys: str) -> None:
        """People leave a group of the tenant."""
        for key in keys:
            assert self.tenant.remove(group, key).status_code == 204

    def load(self, **options: Any) -> None:
        """An import that is applied."""
        assert self.office.run(allow_large=True, **options).applied

    def kept(self, group: str, name: str = "Team", **changes: Any) -> KeptGroup:
        """A group that is kept in step with one of the tenant, saved without a task."""
        made = KeptGroup(id=group_file.new_id(), name=name, sync=True)
        made = self.app.groups.pointed(made, self.source, group).replace(**changes)
        return self.app.groups.save(made, None, schedule=False).entry.thing

    def follows(self, group: str, conditions: Any = None, **changes: Any) -> KeptGroup:
        """A tenant group that is kept in step with conditions."""
        changes = {"override": True, "conditions": conditions or {}} | changes
        return self.kept(group, direction=Direction.TENANT, **changes)

    def rehearse(self, name: str = "Team") -> StepPlan:
        """What a run would do."""
        return self.app.groups.rehearse(name, Stop())

    def run(self, name: str = "Team", **options: Any) -> StepReport:
        """A run."""
        return self.app.groups.run(name, Stop(), lambda text: None, **options)

    def members(self, name: str = "Team") -> set[str]:
        """The IDs of those whom a group of the workspace has from the tenant, and the addresses of the others."""
        group = self.app.groups.get(name).group
        return {each.id or each.address for each in group.members}

    def edit(self, name: str = "Team", **changes: Any) -> KeptGroup:
        """Changes a group's file."""
        return self.app.groups.files.change(name, lambda group: group.replace(**changes)).thing


def everybody_disabled(team: Team) -> None:
    """The copy says that all accounts are disabled, as if a person had let that in."""
    copy = team.app.importer.copy(team.source.id)
    copy.use(lambda connection: connection.execute("UPDATE users SET accountEnabled = 0"))
    copy.close()
