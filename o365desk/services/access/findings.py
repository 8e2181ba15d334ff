"""What is wrong, or dangerous, about the security settings of a data source, in plain words."""

from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Map
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from o365desk import catalogue
from o365desk.catalogue import Operation
from o365desk.catalogue.parameters import parameters
from o365desk.model.access.people import Partner, People
from o365desk.model.access.security import Deed, Mapping, Security, Who, WhoKind
from o365desk.model.conditions import judging, tree
from o365desk.model.conditions.tree import PartnerValue
from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.text import wording
from o365desk.services.access.access import Access

Rows = Map[str, Sequence[judging.Row]]


class Severity(StrEnum):
    """How much it matters."""

    RED = "red"
    AMBER = "amber"
    INFO = "info"


@dataclass(frozen=True)
class Finding:
    """One finding, a sentence."""

    severity: Severity
    text: str


@dataclass(frozen=True)
class Seen:
    """Lists that were read whole, by the operation, and what dates are held against."""

    now: datetime
    rows: Rows


NOTHING_SEEN = Seen(datetime.min.replace(tzinfo=UTC), {})


def findings(
    access: Access,
    source: DataSource,
    saved: DataSource | None = None,
    users: int | None = None,
    seen: Seen = NOTHING_SEEN,
) -> list[Finding]:
    """What there is to say about a data source, the worst first. `saved`: as its file has it, where this is a
    draft; `users`: how many the tenant has, if that is known; `seen`: what defaults are tried on."""
    people = access.people()
    if isinstance(people, Problem):
        return [
            Finding(Severity.RED, f"{people.title}: until it is mended, nobody may do anything. {people.cause}")
        ]
    found = [
        *_own(access, source, saved, people),
        *_users(source.security, users),
        *_named(access, source),
        *_partners(source.security, people),
        *_mappings(source.security, people, seen),
    ]
    return sorted(found, key=lambda finding: list(Severity).index(finding.severity))


def _own(access: Access, source: DataSource, saved: DataSource | None, people: People) -> Iterator[Finding]:
    if saved and access.decide(saved, Deed.SECURITY, people=people).allowed:
        after = access.decide(source, Deed.SECURITY, people=people)
        if not after.allowed:
            yield Finding(Severity.RED, f"You would lock yourself out. {after.because}")
    if not people.persons:
        yield Finding(
            Severity.INFO,
            "Nobody was given a role in this workspace: whoever opens it is its Administrator.",
        )


def _users(security: Security, users: int | None) -> Iterator[Finding]:
    if not security.users:
        profiles = wording.many(users, "user profile") if users else "every user profile"
        yield Finding(Severity.RED, f"Connection users is empty: anyone with this workspace may query {profiles}.")


def _named(access: Access, source: DataSource) -> Iterator[Finding]:
    """Groups and users that the settings name, and the tenant does not have, or was not asked about."""
    lists = (
        ("Connection administrators", source.security.administrators),
        ("Connection users", source.security.users),
    )
    for label, listed in lists:
        for who in listed:
            if who.kind is WhoKind.GROUP:
                yield from _group(access, source, label, who)
            elif who.address and access.is_gone(source, who.address):
                yield Finding(Severity.RED, f"{label}: {who.shown} is not in the tenant any more.")


def _group(access: Access, source: DataSource, label: str, who: Who) -> Iterator[Finding]:
    known = access.known_group(source, who)
    if known is None:
        yield Finding(
            Severity.AMBER, f"{label}: the group {who.shown} was not read yet; until then nobody may through it."
        )
    elif not known.exists:
        yield Finding(Severity.RED, f"{label}: the group {who.shown} no longer exists.")
    elif not known.members:
        yield Finding(Severity.AMBER, f"{label}: nobody is in the group {who.shown}.")


def _partners(security: Security, people: People) -> Iterator[Finding]:
    if not security.b2b:
        return
    for operation in catalogue.OPERATIONS.values():
        has = security.partner_defaults and any(each.operation == operation.key for each in security.mappings)
        if not has:
            severity = Severity.AMBER if operation.key == "licence-plan-list" else Severity.RED
            why = f"{operation.title} has no default" if security.partner_defaults else "partner defaults are off"
            may = _MAY.get(operation.key, f"use {operation.title}")
            yield Finding(severity, f"Partners may {may}: B2B is on and {why}.")
    if not people.partners:
        yield Finding(Severity.AMBER, "No partner is entered: only guests of the tenant count as external.")
    for person in people.persons:
        if "#ext#" in person.address.lower() and person.kind is WhoKind.USER:
            yield Finding(
                Severity.AMBER,
                f"{person.address} is external: the role {person.role} gives no right to change anything.",
            )


_MAY = {
    "user-list": "list all users",
    "group-list": "list all groups",
    "find-users": "find any user",
    "find-groups": "find any group",
    "create-group": "create any group",
    "add-user-to-group": "add any user to any group",
    "remove-user-from-group": "remove any user from any group",
    "licence-plan-list": "list all licence plans",
    "assign-licence-to-user": "assign any licence to any user",
    "remove-licence-from-user": "remove any licence from any user",
    "group-members": "see who is in any group",
    "groups-of-user": "see what any user belongs to",
}


def _mappings(security: Security, people: People, seen: Seen) -> Iterator[Finding]:
    if security.mappings and not (security.b2b and security.partner_defaults):
        off = "Enable partner default query parameters" if security.b2b else "Enable B2B"
        yield Finding(Severity.INFO, f"The partner defaults do not hold: {off} is not checked.")
    for number, mapping in enumerate(security.mappings, 1):
        operation = catalogue.OPERATIONS.get(mapping.operation)
        if operation is None:
            yield Finding(
                Severity.RED, f"Partner default {number} is for “{mapping.operation}”, which is no operation."
            )
        else:
            yield from _mapping(number, mapping, operation, people)
            yield from _hides_everyone(number, mapping, operation, seen)


def _mapping(number: int, mapping: Mapping, operation: Operation, people: People) -> Iterator[Finding]:
    denied = f"Partner default {number} ({operation.title}) denies everything"
    if mapping.query_type != operation.query_type.value:
        yield Finding(Severity.RED, f"{denied}: its query type is {mapping.query_type}.")
        return
    try:
        conditions = mapping.tree
    except tree.MalformedError as error:
        yield Finding(Severity.RED, f"{denied}: {tree.place_words(error.place)}: {error.why}.")
        return
    if not conditions:
        yield Finding(Severity.RED, f"{denied}: it has no conditions.")
        return
    some = dict.fromkeys(PartnerValue, "somebody@example.com")
    for wrong in judging.check(conditions, parameters(operation), partner=some)[:1]:
        yield Finding(Severity.RED, f"{denied}: {tree.place_words(wrong.place)}: {wrong.why}")
    used = {
        value
        for _, row in tree.rows_of(conditions)
        for value in (row.value if isinstance(row.value, tuple) else (row.value,))
        if isinstance(value, PartnerValue)
    }
    for partner in people.partners:
        if missing := [value.title for value in used if not _has(partner, value)]:
            yield Finding(
                Severity.AMBER,
                f"Partner default {number} ({operation.title}) denies everything to {partner.company}: its "
                f"{missing[0]} is not entered.",
            )


def _hides_everyone(number: int, mapping: Mapping, operation: Operation, seen: Seen) -> Iterator[Finding]:
    """A default that lets nobody through of a list that was read: it is hardly meant."""
    rows = seen.rows.get(operation.key, ())
    try:
        shows = judging.judge(mapping.tree, parameters(operation), seen.now)
        if not rows or any(map(shows, rows)):
            return
    except (ProblemError, tree.MalformedError):
        return  # which is said by itself, or depends on who asks
    count = wording.many(len(rows), "row", "rows")
    yield Finding(
        Severity.RED,
        f"Partner default {number} ({operation.title}) hides everyone: none of the {count} that were read last "
        "satisfies it.",
    )


def _has(partner: Partner, value: PartnerValue) -> bool:
    """Whether a company has what conditions compare with; what is the user's own is theirs."""
    texts = {
        PartnerValue.MAIN_CONTACT_NAME: partner.contact_name,
        PartnerValue.MAIN_CONTACT_EMAIL: partner.contact_email,
        PartnerValue.COMPANY_NAME: partner.company,
    }
    return bool(texts.get(value, "-").strip())
