"""Security settings with something in them, and what the tenant last said of whom they name."""

from datetime import timedelta

from o365desk.app import App
from o365desk.model.access.people import Partner, People, Person
from o365desk.model.access.security import Mapping, Security, Who, WhoKind
from o365desk.model.datasource import DataSource
from o365desk.services.access.known import KnownGroup, KnownUser, group_key, tenant_key

SALES = Who(
    kind=WhoKind.GROUP, id="6f1c2d3e-0000-4000-8000-000000000001", address="sales@contoso.com", name="Sales"
)
GONE = Who(kind=WhoKind.GROUP, id="6f1c2d3e-0000-4000-8000-000000000002", name="Interns 2024")
ANNA = Who(kind=WhoKind.USER, id="a1", address="anna@contoso.com", name="Anna Müller")
LEFT = Who(kind=WhoKind.USER, id="b2", address="bea@contoso.com", name="Bea Black")
CONDITIONS = {
    "join": "and",
    "rows": [
        {"parameter": "department", "operator": "equals", "value": "Sales"},
        {"parameter": "mail", "operator": "ends with", "value": {"partner": "currentUserEmail"}},
    ],
}
SECURITY = Security(
    administrators=(ANNA, LEFT),
    users=(SALES, GONE, ANNA, Who(kind=WhoKind.USER, address="a.admin")),
    b2b=True,
    partner_defaults=True,
    mappings=(
        Mapping(query_type="Read", operation="user-list", conditions=CONDITIONS),
        Mapping(query_type="Create", operation="create-group", conditions={}),
    ),
)


def know(app: App, source: DataSource) -> None:
    """As if the tenant had been asked a while ago."""
    read = app.clock() - timedelta(minutes=12)
    ids = {f"6f1c2d3e-0000-4000-9000-{number:012}" for number in range(36)}
    known = app.access._known
    for who, exists in ((SALES, True), (GONE, False)):
        members = frozenset(ids | {ANNA.address}) if exists else frozenset[str]()
        known._keep(
            tenant_key(source), "group", group_key(who), KnownGroup(read=read, exists=exists, members=members)
        )
    for who, exists in ((ANNA, True), (LEFT, False)):
        user = KnownUser(read=read, exists=exists, id=who.id, name=who.name, addresses=(who.address,))
        known._keep(tenant_key(source), "user", who.address, user)


def people(app: App, *persons: Person, partners: tuple[Partner, ...] = ()) -> None:
    """Gives the workspace these people."""
    found = People(persons=persons, partners=partners)
    app.access._load = lambda: found


FABRIKAM = Partner(
    company="Fabrikam", contact_name="Carl Fab", contact_email="carl@fabrikam.com", domains=("fabrikam.com",)
)
