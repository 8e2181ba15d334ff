"""What Microsoft Graph's lists can be filtered by, property by property and operator by operator, as data.

Source: microsoftgraph/microsoft-graph-docs-contrib concepts/includes/filter-directory-objects.md; `endsWith` by
concepts/aad-advanced-queries.md, `id` and `groupTypes` by the reference pages. What is not in it is judged here:
members, what somebody belongs to and licence plans are not filtered at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass

DEFAULT, ADVANCED, NOT = "D", "A", "-"
"""Works as it is; needs the header ConsistencyLevel with `$count=true`; is not supported."""


@dataclass(frozen=True)
class Filterable:
    """One property; each column is DEFAULT, ADVANCED or NOT. `name` ends in “/any” where it is a list and one item
    is compared, and in “/any/…” where that is a part of the item. `letters`, if “plain”: Microsoft keeps it to
    ASCII, so that nothing but upper and lower case can differ."""

    name: str
    eq: str
    starts_with: str
    ends_with: str
    order: str  # ge and le
    null: str  # eq null
    count: str  # /$count eq 0
    letters: str

    @property
    def plain(self) -> bool:
        """See `letters`."""
        return self.letters == "plain"


def _table(rows: str) -> dict[str, Filterable]:
    found = {}
    for row in rows.strip().splitlines():
        name, *columns = row.split()
        found[name.partition("/")[0]] = Filterable(name, *columns)
    return found


FILTERABLE: Mapping[str, Mapping[str, Filterable]] = {
    # property                    eq startsWith endsWith ge/le null count
    "/users": _table("""
    id                            D - - - - - plain
    displayName                   D D - - A - text
    givenName                     D D - - A - text
    surname                       D D - - A - text
    mail                          D D A - A - text
    userPrincipalName             D D A - - - text
    jobTitle                      D D - - A - text
    department                    D D - - A - text
    officeLocation                A A - - A - text
    mobilePhone                   A A - - A - text
    businessPhones/any            A A - - - - text
    companyName                   A A - - A - text
    country                       D D - - A - text
    city                          D D - - A - text
    usageLocation                 D D - - A - plain
    employeeId                    D - - - A - text
    accountEnabled                D - - - - - plain
    userType                      D - - - A - plain
    createdDateTime               D - - D A - plain
    assignedLicenses/any/skuId    D - - - - A plain
    onPremisesSyncEnabled         D - - - A - plain
    """),
    "/groups": _table("""
    id                            D - - - - - plain
    displayName                   D D - - A - text
    mail                          D D - - A - text
    mailNickname                  D D - - A - text
    description                   A A - - A - text
    groupTypes/any                D - - - - - plain
    securityEnabled               D - - - - - plain
    mailEnabled                   D - - - - - plain
    isAssignableToRole            D - - - - - plain
    onPremisesSyncEnabled         D - - - A - plain
    """),
}
"""By the path of a list, then by the property."""

_UNIFIED = "groupTypes/any(c:c eq 'Unified')"
_DYNAMIC = "groupTypes/any(c:c eq 'DynamicMembership')"
_KINDS = {
    "Microsoft 365": _UNIFIED,
    "Security": "mailEnabled eq false",
    "Mail-enabled security": "mailEnabled eq true and securityEnabled eq true",
    "Distribution": "mailEnabled eq true and securityEnabled eq false",
}
MADE: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("/groups", "kind"): _KINDS | {f"{kind}, dynamic": f"{asked} and {_DYNAMIC}" for kind, asked in _KINDS.items()}
}
"""What is made of several properties: by list and parameter, for each value a filter that lets all of it through.
More than that would take advanced queries."""
