"""The headings of a file of rows: which column is which field, whatever people call it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from o365desk.catalogue.operations import Operation
from o365desk.model.datasource import is_guid
from o365desk.model.fields import Field, Kind
from o365desk.model.problems import ProblemError
from o365desk.services.cells import clean
from o365desk.services.grids import Finding, Line, refusal

TEXT = Field(key="", label="", kind=Kind.TEXT)
"""Of what belongs to no field."""

_NEAR = {
    "user": "upn userprincipalname userprincipal email emailaddress mail mailaddress userid objectid id username "
    "login member useremail primarysmtpaddress account",
    "group": "groupname groupid groupmail groupemail groupdisplayname team teamname",
    "plan": "sku skuid skupartnumber partnumber licence license licenceplan licenseplan product productname "
    "licences licenses",
    "disabledPlans": "disabledplan without disabledserviceplans excludedplans withoutplans",
    "displayName": "name groupname title group",
    "kind": "type grouptype groupkind",
    "mailNickname": "nickname alias",
    "description": "notes about",
    "visibility": "privacy access",
    "owners": "owner groupowner groupowners",
    "members": "member firstmembers groupmembers users",
    "usageLocation": "location country countrycode usagecountry",
}
"""Headings that people give the columns, as `_plain` makes them."""


def _plain(heading: str) -> str:
    return "".join(letter for letter in heading.casefold() if letter.isalnum())


class Headings:
    """What an operation's columns may be called. `fixed` are the fields whose value is given for all rows."""

    def __init__(self, path: Path, operation: Operation, fixed: frozenset[str]) -> None:
        self._path, self._operation, self._fixed = path, operation, fixed
        self._fields = {item.key: item for item in operation.fields}
        self._names = self._known_headings()
        self.findings: list[Finding] = []

    def _refused(self, why: str, remedy: str, code: str, line: int) -> ProblemError:
        return refusal(self._path, why, remedy, code, line)

    def _known_headings(self) -> dict[str, str]:
        """Field key by plain heading: keys and labels first, then what people write instead."""
        names: dict[str, str] = {}
        for item in self._operation.fields:
            names |= {_plain(item.key): item.key, _plain(item.plain_label): item.key}
        for key in self._fields:
            for name in _NEAR.get(key, "").split():
                names.setdefault(name, key)
        return names

    def score(self, cells: Sequence[str]) -> int:
        """How much these cells look like this operation's headings."""
        exact = sum(cell.strip() in self._fields for cell in cells)
        return exact + 2 * len({self._names[name] for cell in cells if (name := _plain(cell)) in self._names})

    def columns(self, headings: Sequence[str], line: int, lines: Sequence[Line]) -> dict[int, str]:
        """Field key by place. Raises ProblemError for unknown, double and missing ones."""
        columns: dict[int, str] = {}
        unknown: list[str] = []
        for place, heading in enumerate(headings):
            shown = " ".join(clean(TEXT, heading)[0].split())
            key = self._names.get(_plain(shown))
            if not shown:
                self._nameless(place, line, lines)
            elif key is None:
                unknown.append(shown)
            elif key in columns.values():
                first = next(headings[place] for place in columns if columns[place] == key)
                raise self._doubled(key, first, heading, line)
            else:
                columns[place] = key
                if heading != key:
                    self.findings.append(
                        Finding(line, "column", f"The column “{shown}” was read as “{key}”.", True)
                    )
        if unknown:
            raise self._unknown(unknown, columns, line)
        missing = [
            item.key for item in self._operation.fields
            if item.required and item.key not in columns.values() and item.key not in self._fixed
        ]  # fmt: skip
        if missing:
            names = ", ".join(f"“{key}”" for key in missing)
            remedy = f"Add it to line {line}, or give one value for all rows (--set {missing[0]}=…)."
            raise self._refused(f"The column {names} is missing.", remedy, "missing-column", line)
        return columns

    def _unknown(self, unknown: Sequence[str], columns: Mapping[int, str], line: int) -> ProblemError:
        known = ", ".join(self._fields)
        names = ", ".join(f"“{name[:60]}”" for name in unknown[:5])
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        if not columns and any("@" in name or is_guid(name) for name in unknown):
            why = f"Its first line holds values ({names}{more}), not the names of columns."
            return self._refused(why, f"Put a line with the names above it: {known}.", "no-headings", line)
        why = f"“{self._operation.title}” knows no column {names}{more}."
        remedy = f"Its columns: {known}. Rename or delete the others: values nobody looks at would be lost."
        return self._refused(why, remedy, "unknown-column", line)

    def _doubled(self, key: str, first: str, second: str, line: int) -> ProblemError:
        same = first.strip() == second.strip()
        why = (
            f"The column “{first.strip()}” is there twice."
            if same
            else f"The columns “{first.strip()}” and “{second.strip()}” both mean “{key}”."
        )
        return self._refused(why, "Keep one of them.", "double-column", line)

    def _nameless(self, place: int, line: int, lines: Sequence[Line]) -> None:
        for number, cells in lines:
            if len(cells) > place and cells[place].strip():
                why = f"Column {place + 1} has a value here, but no name in line {line}."
                raise self._refused(why, "Name the column, or delete it.", "nameless-column", number)
