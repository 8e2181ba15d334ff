"""The desk of people of the workspace: who there is, who is active, notes, and people from files. The tenant is
never asked, nor changed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from o365desk.catalogue import Column, ColumnKind
from o365desk.catalogue.operations import Family, Operation, QueryType
from o365desk.model.access.people import People, Person, Role, same_address
from o365desk.model.access.security import Deed, WhoKind
from o365desk.model.directory.in_step import KeptGroup
from o365desk.model.directory.people import LONGEST_NOTE, Inactive, LocalPeople, LocalPerson, PersonRow
from o365desk.model.fields import Field, Kind
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.run import Row
from o365desk.model.text import wording
from o365desk.services.access.access import Access
from o365desk.services.in_step.in_step import GroupsInStep
from o365desk.services.spreadsheets import export, reader
from o365desk.services.writes.journal.journal import Journal

FIELDS = (
    Field(key="email", label="&Email", kind=Kind.USER, required=True, longest=320),
    Field(key="firstName", label="&First name", kind=Kind.TEXT, longest=64),
    Field(key="lastName", label="&Last name", kind=Kind.TEXT, longest=64),
    Field(key="displayName", label="&Display name", kind=Kind.TEXT, longest=256),
    Field(key="telephone", label="&Telephone", kind=Kind.TEXT, longest=64),
)
ROWS = Operation(
    key="import-people", title="People from a file", summary="Brings people from a file into the workspace.",
    family=Family.USERS, query_type=QueryType.CREATE, request="", permission="", box=None, proof="", fields=FIELDS,
)  # fmt: skip
"""What the file clinic reads a file of people as. It asks nothing of Graph, so it is none of the catalogue's."""
_NAMES = {"firstName": "first", "lastName": "last", "displayName": "display", "telephone": "telephone"}
COLUMNS = (
    Column(key="displayName", title="Display name", of=lambda row: row["row"].display),
    Column(key="email", title="Email", kind=ColumnKind.IDENTIFIER, of=lambda row: row["row"].email),
    Column(key="primaryRole", title="Primary role", of=lambda row: row["row"].role),
    Column(key="groups", title="Groups", kind=ColumnKind.LIST, of=lambda row: list(row["row"].groups)),
    Column(key="active", title="Active", kind=ColumnKind.CHECK, of=lambda row: row["row"].active),
    Column(key="lastActive", title="Last active", kind=ColumnKind.DATE, of=lambda row: row["row"].last_active),
)
"""The export's, as the web original has them."""
_SAMPLE = (
    ("anna.muster@example.com", "Anna", "Muster", "Anna Muster", "+353 1 555 0100"),
    ("ben.beispiel@example.com", "Ben", "Beispiel", "Ben Beispiel", ""),
)


@dataclass(frozen=True)
class PeopleRow:
    """A row of a file of people against the workspace. `what` is "added", "changed", "unchanged" or "cannot";
    `differs` says field by field what was and what comes; `problem` why it cannot be."""

    row: Row
    email: str
    what: str
    differs: tuple[tuple[str, str, str], ...] = ()
    problem: Problem | None = None
    person: LocalPerson | None = None


@dataclass(frozen=True)
class PeoplePlan:
    """What a file of people would do. `before` are the people that it was held against."""

    sheet: reader.Sheet
    rows: tuple[PeopleRow, ...]
    before: LocalPeople

    def count(self, what: str) -> int:
        """How many rows end so."""
        return sum(each.what == what for each in self.rows)


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
        if why := _no_address(email):
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

    def plan(
        self, file: Path, check: Callable[[], None] = lambda: None, how: reader.How | None = None
    ) -> PeoplePlan:
        """What a file of people would do, with what the clinic saw of it. Raises ProblemError where no row can be
        understood, ChoiceError where somebody has to say how it is read."""
        sheet = reader.read(file, ROWS, check=check, how=how)
        before = self.store.load()
        known = before.by_address()
        rows: list[PeopleRow] = []
        lines = [row.line for row in sheet.rows]
        seen: dict[str, Row] = {}
        for row in sheet.rows:
            made = _judged(row, known, several=lines.count(row.line) > 1 if len(set(lines)) < len(lines) else False)
            key = same_address(made.email)
            if made.problem is None and key in seen:
                made = PeopleRow(row, made.email, "cannot", problem=_twice(seen[key]))
            else:
                seen.setdefault(key, row)
            rows.append(made)
        return PeoplePlan(sheet, tuple(rows), before)

    def apply(self, plan: PeoplePlan) -> int:
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
        rows = self.everybody()
        form = "xlsx" if file.suffix.lower() == ".xlsx" else "csv"
        with export.writer(form, file, COLUMNS) as writer:
            writer.rows([{"row": row} for row in rows])
        return len(rows)


def sample(file: Path) -> None:
    """Writes a file that shows which columns people are imported with: CSV, or XLSX by its ending. Raises
    ProblemError."""
    form = "xlsx" if file.suffix.lower() == ".xlsx" else "csv"
    columns = [Column(key=field.key, title=field.plain_label) for field in FIELDS]
    with export.writer(form, file, columns) as writer:
        keys = [field.key for field in FIELDS]
        writer.rows([dict(zip(keys, values, strict=True)) for values in _SAMPLE])


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


def _judged(row: Row, known: dict[str, LocalPerson], *, several: bool) -> PeopleRow:
    email = row.values.get("email", "").strip()
    given = _given(row)
    why = row.problem or _no_address(email) or (_several() if several else None)
    if why is None and not given["display"]:
        why = _nameless()
    if why:
        return PeopleRow(row, email or "—", "cannot", problem=why)
    before = known.get(same_address(email))
    if before is None:
        return PeopleRow(row, email, "added", person=LocalPerson(email=email).replace(**given))
    # A cell that is empty says nothing.
    pairs = ((name, getattr(before, name), text) for name, text in given.items() if text)
    differs = tuple(each for each in pairs if each[1] != each[2])
    if not differs:
        return PeopleRow(row, before.email, "unchanged")
    person = before.replace(**{name: text for name, _, text in differs})
    return PeopleRow(row, before.email, "changed", differs, person=person)


def _given(row: Row) -> dict[str, str]:
    """Names and telephone of a row; the display name is made of the others where there is none."""
    given = {name: row.values.get(key, "").strip() for key, name in _NAMES.items()}
    given["display"] = given["display"] or " ".join(filter(None, (given["first"], given["last"])))
    return given


def _origin(known: LocalPerson | None, role: bool, grouped: bool) -> str:
    """Whence somebody is known, in words."""
    said: Sequence[tuple[bool, str]] = (
        (role, "role"), (grouped, "group"), (known is not None and not known.id, "file or by hand"),
        (known is not None and bool(known.id), "data source"),
    )  # fmt: skip
    return ", ".join(word for holds, word in said if holds)


def _no_address(email: str) -> Problem | None:
    text = email.strip()
    name, at, domain = text.rpartition("@")
    if name and at and domain and not any(letter.isspace() for letter in text) and len(text) <= 320:
        return None
    return Problem(
        title=f"“{text[:60]}” is no email address", cause="People of the workspace are known by their address.",
        remedy="Write it like anna@contoso.com.", field="email", code="no-address",
    )  # fmt: skip


def _several() -> Problem:
    return Problem(
        title="The line has several addresses", cause="Its names can be those of one person only.",
        remedy="Give each person a line.", field="email", code="several",
    )  # fmt: skip


def _nameless() -> Problem:
    return Problem(
        title="The line has an address and no name", cause="People are shown by their names.",
        remedy="Give it a display name, or a first and a last name.", field="displayName", code="no-name",
    )  # fmt: skip


def _twice(other: Row) -> Problem:
    from o365desk.model.run import place_of

    return Problem(
        title=f"The address is also that of {place_of(other.number, other.line)}",
        remedy="Keep one of the two.", field="email", code="twice",
    )  # fmt: skip


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
