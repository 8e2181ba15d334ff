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
        said: dict[_Said, list[str]] = {}
        for who in listed:
            if about := _of_who(access, source, who):
                said.setdefault(about, []).append(who.shown)
        for (severity, one, several), names in said.items():
            text = one if len(names) == 1 else several
            yield Finding(severity, f"{label}: {text.format(wording.listed(names))}")


_Said = tuple[Severity, str, str]
"""How much it matters, and a sentence about one name; the same about several."""
_USER_GONE = (Severity.RED, "{} is not in the tenant any more.", "{} are not in the tenant any more.")
_NOT_READ = (
    Severity.AMBER,
    "the group {} was not read yet; until then nobody may through it.",
    "the groups {} were not read yet; until then nobody may through them.",
)
_GROUP_GONE = (Severity.RED, "the group {} no longer exists.", "the groups {} no longer exist.")
_EMPTY = (Severity.AMBER, "nobody is in the group {}.", "nobody is in the groups {}.")


def _of_who(access: Access, source: DataSource, who: Who) -> _Said | None:
    if who.kind is WhoKind.USER:
        return _USER_GONE if who.address and access.is_gone(source, who.address) else None
    known = access.known_group(source, who)
    if known is None:
        return _NOT_READ
    if not known.exists:
        return _GROUP_GONE
    return None if known.members else _EMPTY


def _partners(security: Security, people: People) -> Iterator[Finding]:
    if not security.b2b:
        return
    yield from _not_judged(security)
    if not people.partners:
        yield Finding(Severity.AMBER, "No partner is entered: only guests of the tenant count as external.")
    external: dict[str, list[str]] = {}
    for person in people.persons:
        if "#ext#" in person.address.lower() and person.kind is WhoKind.USER:
            external.setdefault(person.role, []).append(person.address)
    for role, addresses in external.items():
        are = "is" if len(addresses) == 1 else "are"
        yield Finding(
            Severity.AMBER,
            f"{wording.listed(addresses)} {are} external: the role {role} gives no right to change anything.",
        )


def _not_judged(security: Security) -> Iterator[Finding]:
    """The operations of which nothing is hidden from partners."""
    on = security.partner_defaults
    judged = {each.operation for each in security.mappings} if on else set()
    free = [each for each in catalogue.OPERATIONS.values() if each.key not in judged]
    # What was bought tells of nobody; but where nothing is judged, that is said once and not by halves.
    plans = [each for each in free if each.key == "licence-plan-list"] if on else []
    worse = [each for each in free if each not in plans]
    for severity, operations in ((Severity.RED, worse), (Severity.AMBER, plans)):
        if operations:
            yield Finding(severity, _free(operations, on))


def _free(operations: Sequence[Operation], defaults: bool) -> str:
    """That nothing is hidden from partners in these operations, in one sentence that names each."""
    may = [_MAY.get(each.key, f"use {each.title}") for each in operations]
    if len(operations) == 1:
        why = f"{operations[0].title} has no default" if defaults else "partner defaults are off"
        return f"Partners may {may[0]}: B2B is on and {why}."
    named = [f"{each} ({operation.title})" for each, operation in zip(may, operations, strict=True)]
    why = f"{len(operations)} operations have no default" if defaults else "partner defaults are off"
    return f"Partners may {wording.listed(named, len(named))}: B2B is on and {why}."


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
    wrong: dict[str, list[str]] = {}
    needing: dict[PartnerValue, list[str]] = {}
    for number, mapping in enumerate(security.mappings, 1):
        operation = catalogue.OPERATIONS.get(mapping.operation)
        if operation is None:
            yield Finding(
                Severity.RED, f"Partner default {number} is for “{mapping.operation}”, which is no operation."
            )
            continue
        label = f"{number} ({operation.title})"
        if why := _denies(mapping, operation):
            wrong.setdefault(why, []).append(label)
        for value in _compared(mapping):
            needing.setdefault(value, []).append(label)
        yield from _hides_everyone(number, mapping, operation, seen)
    for why, labels in wrong.items():
        yield Finding(Severity.RED, f"{_default(labels)} everything: {why}")
    for needed, value, companies in _not_entered(people.partners, needing):
        yield Finding(
            Severity.AMBER,
            f"{_default(needed)} everything to {wording.listed(companies)}: "
            f"{'its' if len(companies) == 1 else 'their'} {value.title} is not entered.",
        )


def _default(labels: Sequence[str]) -> str:
    """“Partner default 1 (User List) denies”, of as many as are meant."""
    one = len(labels) == 1
    return f"Partner default{'' if one else 's'} {wording.listed(labels)} {'denies' if one else 'deny'}"


def _denies(mapping: Mapping, operation: Operation) -> str:
    """Why a default lets nobody anything; "": it means something."""
    if mapping.query_type != operation.query_type.value:
        return f"its query type is {mapping.query_type}."
    try:
        conditions = mapping.tree
    except tree.MalformedError as error:
        return f"{tree.place_words(error.place)}: {error.why}."
    if not conditions:
        return "there are no conditions."
    some = dict.fromkeys(PartnerValue, "somebody@example.com")
    for wrong in judging.check(conditions, parameters(operation), partner=some):
        return f"{tree.place_words(wrong.place)}: {wrong.why}"
    return ""


def _compared(mapping: Mapping) -> set[PartnerValue]:
    """What of a partner the conditions of a default compare with."""
    try:
        rows = [row for _, row in tree.rows_of(mapping.tree)]
    except tree.MalformedError:
        return set()
    values = (value for row in rows for value in (row.value if isinstance(row.value, tuple) else (row.value,)))
    return {value for value in values if isinstance(value, PartnerValue)}


def _not_entered(
    partners: Sequence[Partner], needing: Map[PartnerValue, Sequence[str]]
) -> Iterator[tuple[Sequence[str], PartnerValue, list[str]]]:
    """The defaults that need something of a partner, and the companies of which it is not entered."""
    for value in PartnerValue:
        companies = [each.company for each in partners if not _has(each, value)]
        if companies and value in needing:
            yield needing[value], value, companies


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
