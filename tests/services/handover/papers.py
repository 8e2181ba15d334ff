"""What tests of handover sheets are made of: sheets of the scene's data sources, and of ones that are made up."""

from typing import Any

from o365desk.app import App
from o365desk.model.access.people import NOBODY, Partner, People, Person, Role
from o365desk.model.access.security import Mapping, Security, Who, WhoKind
from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem
from o365desk.model.status import Evidence
from o365desk.services.access.access import Access
from o365desk.services.handover.document import Details, Grid, Points, Section, Sheet, Text
from o365desk.services.handover.sheet import sheet
from tests.scene import NOW, succeeded


def of(app: App, source: DataSource, people: People | Problem = NOBODY) -> Sheet:
    """The sheet of a data source, saved or not, in a workspace with these people."""

    class Peopled(Access):
        def people(self) -> People | Problem:
            return people

    return sheet(app.connections, Peopled(lambda: NOBODY, app.access._known, app.access.operator), source, NOW)


def named(text: str) -> tuple[DataSource, People]:
    """A data source and people who have this text wherever there can be one."""
    conditions = {
        "join": "or",
        "rows": [{"parameter": text[:999], "operator": text[:999] or "-", "value": text[:999]}],
    }
    kept = text.encode("utf-8", "replace").decode()  # as files are read, which have no half of a character
    who = Who(kind=WhoKind.GROUP, id=kept, address=kept, name=text)
    partner = Partner(company=text, contact_name=text, contact_email=text, users=(text,), domains=(text,))
    security = Security(
        administrators=(who,), users=(who,), b2b=True, partner_defaults=True,
        mappings=(
            Mapping(query_type=text, operation=text, conditions=conditions),
            Mapping(query_type="Read", operation="user-list", conditions=conditions),
        ),
    )  # fmt: skip
    source = DataSource(
        id="1", name=text, cloud="custom", login=text, graph=text, ca_file=text, tenant=text, client_id=text,
        certificate=text, modified_by=text, modified=NOW, security=security,
    )  # fmt: skip
    return source, People(persons=(Person(address=text, name=text, role=Role.MANAGE),), partners=(partner,))


def prove(app: App, source: DataSource, text: str) -> None:
    """A test of it was made that had this text in all that came from outside."""
    import msgspec

    report = succeeded(source)
    steps = tuple(msgspec.structs.replace(step, detail=text, request_id=text) for step in report.steps)
    verdicts = tuple(msgspec.structs.replace(each, detail=text, missing=(text,)) for each in report.operations)
    report = msgspec.structs.replace(
        report, source=text, message=text, account=text, tenant=text, steps=steps, operations=verdicts
    )
    evidence = Evidence("failed", text, NOW, text, "", 0, 10, msgspec.json.encode(report))
    app.state.record_evidence(source.id, evidence)


def section(sheet: Sheet, title: str) -> Section:
    """A section by its title."""
    return next(each for each in sheet.sections if each.title == title)


def rows(section: Section, kind: type[Details] | type[Grid]) -> list[tuple[str, ...]]:
    """The rows of a section's tables of a kind, as plain texts."""
    found: list[tuple[str, ...]] = []
    for block in section.blocks:
        if isinstance(block, kind):
            for row in block.rows:
                given: Any = row
                cells = given if isinstance(block, Grid) else (given[0], *given[1])
                found.append(tuple(each.text if isinstance(each, Text) else each for each in cells))
    return found


def points(section: Section) -> list[str]:
    """The points of a section."""
    return [point.text for block in section.blocks if isinstance(block, Points) for point in block.points]
