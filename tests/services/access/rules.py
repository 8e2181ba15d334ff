"""What tests of decisions are made of: people, settings, and what is known of groups."""

from collections.abc import Mapping as Map
from typing import Any

from o365desk.model.access.people import Partner, People, Person, Role
from o365desk.model.access.security import Mapping, Security, Who, WhoKind
from o365desk.model.datasource import DataSource
from o365desk.services.access.decision import Kind, Members, Membership, Subject

ADA = Subject(kind=Kind.USER, addresses=("ada@contoso.com",), id="a" * 8, name="Ada")
MANAGER = Subject(kind=Kind.USER, addresses=("mia@contoso.com",), id="b" * 8, name="Mia")
USER = Subject(kind=Kind.USER, addresses=("uwe@contoso.com",), id="c" * 8, name="Uwe")
STRANGER = Subject(kind=Kind.USER, addresses=("sam@contoso.com",), id="d" * 8, name="Sam")
NOBODY_KNOWS = Subject(kind=Kind.UNKNOWN, addresses=("who@example.org",))
COMPANY = Partner(
    company="Fabrikam", contact_name="Carl", contact_email="carl@fabrikam.com", domains=("fabrikam.com",)
)
PARTNER = Subject(kind=Kind.PARTNER, addresses=("pia@fabrikam.com",), name="Pia", company=COMPANY)
GUEST = Subject(kind=Kind.GUEST, addresses=("gil_x.org#EXT#@contoso.com",), name="Gil")

PEOPLE = People(
    persons=(
        Person(address="ada@contoso.com", role=Role.ADMINISTRATOR),
        Person(address="mia@contoso.com", role=Role.MANAGE),
        Person(address="uwe@contoso.com", role=Role.USER),
    ),
    partners=(COMPANY,),
)

SALES = Who(kind=WhoKind.GROUP, id="0" * 8, address="sales@contoso.com", name="Sales")
DEPARTMENT = {"join": "and", "rows": [{"parameter": "department", "operator": "equals", "value": "Sales"}]}


def user(address: str, **more: Any) -> Who:
    """A user as settings name one."""
    return Who(kind=WhoKind.USER, address=address, **more)


def default(operation: str = "user-list", query_type: str = "Read", conditions: Any = DEPARTMENT) -> Mapping:
    """A mapping."""
    return Mapping(query_type=query_type, operation=operation, conditions=conditions)


def source(**security: Any) -> DataSource:
    """A data source with these security settings."""
    return DataSource(id="one", name="Contoso", security=Security(**security))


def members(known: Map[str, tuple[str, ...] | None] | None = None) -> Members:
    """Who is in groups, by the group's address; None: it could not be found out, as is any that is not named."""

    def tell(subject: Subject, who: Who) -> Membership:
        found = (known or {}).get(who.address or who.id)
        if found is None:
            return Membership(None, "the group was not read yet")
        return Membership(subject.address in found)

    return tell


def tree(*rows: Map[str, Any], join: str = "and") -> dict[str, Any]:
    """Conditions."""
    return {"join": join, "rows": list(rows)}


def row(parameter: str, operator: str, value: Any = None) -> dict[str, Any]:
    """A row of conditions."""
    made = {"parameter": parameter, "operator": operator}
    return made if value is None else {**made, "value": value}
