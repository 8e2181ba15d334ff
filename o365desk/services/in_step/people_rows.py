"""Files of people: what one would do to the people of the workspace, the sample, and the export."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from o365desk.catalogue import Column, ColumnKind
from o365desk.catalogue.operations import Family, Operation, QueryType
from o365desk.model.access.people import same_address
from o365desk.model.directory.people import LocalPeople, LocalPerson, PersonRow, no_address
from o365desk.model.fields import Field, Kind
from o365desk.model.problems import Problem
from o365desk.model.run import Row, place_of
from o365desk.services.spreadsheets import export, reader

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
_TITLES = {field.key: field.plain_label for field in FIELDS}
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
    `differs` says column by column (its key) what was and what comes; `problem` why it cannot be."""

    row: Row
    email: str
    what: str
    differs: tuple[tuple[str, str, str], ...] = ()
    problem: Problem | None = None
    person: LocalPerson | None = None

    @property
    def how(self) -> str:
        """Why it cannot be, or what is another, in words."""
        if self.problem:
            return self.problem.sentence()
        return "; ".join(f"{_TITLES[key]}: {was or '–'} → {now}" for key, was, now in self.differs)


@dataclass(frozen=True)
class PeoplePlan:
    """What a file of people would do. `before` are the people that it was held against."""

    sheet: reader.Sheet
    rows: tuple[PeopleRow, ...]
    before: LocalPeople

    def count(self, what: str) -> int:
        """How many rows end so."""
        return sum(each.what == what for each in self.rows)


def planned(
    file: Path, before: LocalPeople, check: Callable[[], None] = lambda: None, how: reader.How | None = None
) -> PeoplePlan:
    """What a file would do to these people, with what the clinic saw of it. Raises ProblemError where no row can be
    understood, ChoiceError where somebody has to say how it is read."""
    return judged(reader.read(file, ROWS, check=check, how=how), before)


def judged(sheet: reader.Sheet, before: LocalPeople) -> PeoplePlan:
    """What a file that was read would do to these people."""
    known, rows = before.by_address(), list[PeopleRow]()
    lines = Counter(row.line for row in sheet.rows)
    seen: dict[str, Row] = {}
    for row in sheet.rows:
        made = _judged(row, known, several=lines[row.line] > 1)
        key = same_address(made.email)
        if made.problem is None and key in seen:
            made = PeopleRow(row, made.email, "cannot", problem=_twice(seen[key]))
        elif made.problem is None:
            seen[key] = row
        rows.append(made)
    return PeoplePlan(sheet, tuple(rows), before)


def export_to(file: Path, rows: list[PersonRow]) -> None:
    """Writes people as a CSV or XLSX file. Raises ProblemError."""
    form = "xlsx" if file.suffix.lower() == ".xlsx" else "csv"
    with export.writer(form, file, COLUMNS) as writer:
        writer.rows([{"row": row} for row in rows])


def sample(file: Path) -> None:
    """Writes a file that shows which columns people are imported with: CSV, or XLSX by its ending. Raises
    ProblemError."""
    form = "xlsx" if file.suffix.lower() == ".xlsx" else "csv"
    columns = [Column(key=field.key, title=field.plain_label) for field in FIELDS]
    with export.writer(form, file, columns) as writer:
        keys = [field.key for field in FIELDS]
        writer.rows([dict(zip(keys, values, strict=True)) for values in _SAMPLE])


def _judged(row: Row, known: dict[str, LocalPerson], *, several: bool) -> PeopleRow:
    email = row.values.get("email", "").strip()
    given = _given(row)
    why = row.problem or no_address(email) or (_several() if several else None)
    if why is None and not given["display"]:
        why = _nameless()
    if why:
        return PeopleRow(row, email or "—", "cannot", problem=why)
    before = known.get(same_address(email))
    if before is None:
        return PeopleRow(row, email, "added", person=LocalPerson(email=email).replace(**given))
    # A cell that is empty says nothing.
    pairs = ((key, getattr(before, name), given[name]) for key, name in _NAMES.items() if given[name])
    differs = tuple(each for each in pairs if each[1] != each[2])
    if not differs:
        return PeopleRow(row, before.email, "unchanged")
    person = before.replace(**{_NAMES[key]: text for key, _, text in differs})
    return PeopleRow(row, before.email, "changed", differs, person=person)


def _given(row: Row) -> dict[str, str]:
    """Names and telephone of a row; the display name is made of the others where there is none."""
    given = {name: row.values.get(key, "").strip() for key, name in _NAMES.items()}
    given["display"] = given["display"] or " ".join(filter(None, (given["first"], given["last"])))
    return given


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
    return Problem(
        title=f"The address is also that of {place_of(other.number, other.line)}",
        remedy="Keep one of the two.", field="email", code="twice",
    )  # fmt: skip
