"""The desk of people of the workspace: who there is, who is active, notes, and people from files. The tenant is
never asked, nor changed."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from o365desk.model.access.people import People, Person, Role, same_address
from o365desk.model.access.security import Deed, WhoKind
from o365desk.model.directory.in_step import KeptGroup
from o365desk.model.directory.people import (
    LONGEST_NOTE,
    Inactive,
    LocalPeople,
    LocalPerson,
    PersonRow,
    no_address,
)
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.text import wording
from o365desk.services.access.access import Access
from o365desk.services.in_step.in_step import GroupsInStep
from o365desk.services.writes.journal.journal import Journal

if TYPE_CHECKING:
    from o365desk.services.in_step.people_rows import PeoplePlan
    from o365desk.services.spreadsheets.reader import How, Sheet


class PeopleOfWorkspace:
    """See the module. Safe from any thread. Every method raises ProblemError where files cannot be used."""

    def __init__(
        self, groups: GroupsInStep, people: Callable[[], People], journal: Journal, access: Access
    ) -> None:
        """`people` are those with roles."""
        self._groups, self._people, self._journal, self._access = groups, people, journal, access
        self.store = groups.people

    # --- looking --------------------------------------------------------------------------------------------------

    def everybody(self) -> list[PersonRow]:
        """Everybody who has a role, is in a group of the workspace, or came from a file, by name."""
        roles = {same_address(each.address): each for each in self._people().persons
                 if each.kind is WhoKind.USER}  # fmt: skip
        local = self.store.load().by_address()
        groups, names, addresses = self._in_groups()
        active: dict[str, str] = {}
        for run in self._journal.runs():
            key = same_address(run.by)
            active[key] = max(active.get(key, ""), wording.iso(run.started) or "")
        rows = [
            _row(key, local.get(key), roles.get(key), groups.get(key, []), names.get(key, ""), addresses, active)
            for key in roles.keys() | local.keys() | groups.keys()
        ]
        return sorted(rows, key=lambda each: ((each.display or each.email).casefold(), each.email))

    def _in_groups(self) -> tuple[dict[str, list[str]], dict[str, str], dict[str, str]]:
        """By address that is compared: the groups, a display name, the address as it is written."""
        groups: dict[str, list[str]] = {}
        names: dict[str, str] = {}
        addresses: dict[str, str] = {}
        for row in self._groups.overview().rows:
            for each in self._groups.named(row.group):
                key = same_address(each.address)
                groups.setdefault(key, []).append(row.group.name)
                addresses[key] = each.address
                if each.name:
                    names[key] = each.name
        return groups, names, addresses

    # --- changing -------------------------------------------------------------------------------------------------

    def set(self, email: str, *, active: bool | None = None, note: str | None = None) -> LocalPerson:
        """Says of somebody whether they are active, and what there is to note; None: as it is. Raises
        ProblemError where the operator may not, or it is no address."""
        self._admit(f"You may not change “{email}”")
        if why := no_address(email):
            raise ProblemError(why)
        if note is not None and len(note) > LONGEST_NOTE:
            raise ProblemError(_too_long(note))
        key = same_address(email)
        brought = self._brought(key)

        def make(people: LocalPeople) -> LocalPeople:
            found = people.by_address()
            person = found.get(key) or LocalPerson(email=email.strip(), id=brought[0], source=brought[1])
            if active is not None:
                person = person.replace(inactive=None if active else person.inactive or Inactive.BY_HAND)
            if note is not None:
                person = person.replace(note=note.strip())
            found[key] = person
            return people.replace([each for each in found.values() if not each.says_nothing])

        after = self.store.change(make).by_address()
        return after.get(key) or LocalPerson(email=email.strip(), id=brought[0], source=brought[1])

    def _brought(self, key: str) -> tuple[str, str]:
        """The object ID and the data source of somebody whom a group has from there."""
        for entry in self._groups.files.list().entries:
            group: KeptGroup = entry.thing
            for member in group.members:
                if member.id and same_address(member.address) == key:
                    return member.id, group.source
        return "", ""

    def remove(self, email: str) -> LocalPerson:
        """Forgets what is known of somebody here; their roles and groups stay. Raises ProblemError where that is
        nothing."""
        self._admit(f"You may not remove “{email}”")
        key = same_address(email)
        known = self.store.load().by_address().get(key)
        if known is None:
            raise ProblemError(
                Problem(
                    title=f"Nothing is kept of “{email}”",
                    cause="directory.json has nobody with that address.",
                    remedy="See how it is spelled (people list). Roles and groups are removed elsewhere.",
                    code="not-found",
                )
            )
        self.store.change(lambda people: people.replace(
            [each for each in people.persons if same_address(each.email) != key]
        ))  # fmt: skip
        return known

    def _admit(self, title: str) -> None:
        self._access.refuse(None, Deed.PEOPLE, title)

    # --- files ----------------------------------------------------------------------------------------------------

    def plan(self, file: Path, check: Callable[[], None] = lambda: None, how: "How | None" = None) -> "PeoplePlan":
        """What a file of people would do: see `people_rows.planned`."""
        from o365desk.services.in_step.people_rows import planned

        return planned(file, self.store.load(), check, how)

    def plan_sheet(self, sheet: "Sheet") -> "PeoplePlan":
        """The same of a file that was read already, as `people_rows.ROWS`."""
        from o365desk.services.in_step.people_rows import judged

        return judged(sheet, self.store.load())

    def apply(self, plan: "PeoplePlan") -> int:
        """Brings the rows that can be brought in into the workspace; how many were added or changed. Who is not in
        the file stays. Raises ProblemError where the operator may not, or somebody changed the people meanwhile."""
        self._admit("You may not bring people into the workspace")
        new = {same_address(each.email): each.person for each in plan.rows if each.person is not None}

        def make(people: LocalPeople) -> LocalPeople:
            if people != plan.before:
                raise ProblemError(_moved())
            return people.replace(list((people.by_address() | new).values()))

        if new:
            self.store.change(make)
        return len(new)

    def export(self, file: Path) -> int:
        """Writes everybody as a CSV or XLSX file; how many. Raises ProblemError."""
        from o365desk.services.in_step.people_rows import export_to

        rows = self.everybody()
        export_to(file, rows)
        return len(rows)


def _row(
    key: str,
    known: LocalPerson | None,
    role: Person | None,
    groups: list[str],
    name: str,
    addresses: dict[str, str],
    active: dict[str, str],
) -> PersonRow:
    emails = (known.email if known else "", role.address if role else "", addresses.get(key, ""))
    names = (known.display if known else "", role.name if role else "", name)
    return PersonRow(
        email=next(filter(None, emails), key),
        display=next(filter(None, names), ""),
        role=str(role.role if role else Role.USER),
        groups=tuple(sorted(groups, key=str.casefold)),
        active=not (known and known.inactive),
        last_active=active.get(key, ""),
        note=known.note if known else "",
        origin=_origin(known, role is not None, bool(groups)),
        local=known,
    )


def _origin(known: LocalPerson | None, role: bool, grouped: bool) -> str:
    """Whence somebody is known, in words."""
    said: Sequence[tuple[bool, str]] = (
        (role, "role"), (grouped, "group"), (known is not None and not known.id, "file or by hand"),
        (known is not None and bool(known.id), "data source"),
    )  # fmt: skip
    return ", ".join(word for holds, word in said if holds)


def _too_long(note: str) -> Problem:
    return Problem(
        title="The note is too long", cause=f"It has {len(note):,} letters of at most {LONGEST_NOTE:,}.",
        remedy="Make it shorter.", field="note", code="note",
    )  # fmt: skip


def _moved() -> Problem:
    return Problem(
        title="The people of the workspace were changed meanwhile",
        cause="Somebody changed directory.json since the file was read. Nothing was saved.",
        remedy="Read the file again.",
        code="conflict",
    )
