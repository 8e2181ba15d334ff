"""Who may do what, and why not: the one decision. Window, command line, runner and *View as…* ask it, and nothing
else compares a role or looks for somebody in a list.

It is a function of what it is given, without network or files. What it cannot find out, it denies, and says how to
mend that. Its order: whether the rules can be read at all; who asks; the role; the lists of the data source; what
partners get.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from o365desk.model.access.people import Partner, People, Person, Role, same_address
from o365desk.model.access.security import Deed, Security, Who, WhoKind
from o365desk.model.conditions import tree
from o365desk.model.conditions.tree import NO_CONDITION, Group, PartnerValue
from o365desk.model.datasource import DataSource, is_guid
from o365desk.model.problems import NOT_ALLOWED, Problem

if TYPE_CHECKING:
    from o365desk.catalogue import Operation


class Kind(StrEnum):
    """Who somebody is to a data source."""

    USER = "user"
    GUEST = "guest"  # external, of no company that the workspace has as a partner
    PARTNER = "partner"
    UNKNOWN = "unknown"

    @property
    def external(self) -> bool:
        """Whether what is said of partners is said of them."""
        return self in (Kind.GUEST, Kind.PARTNER)


@dataclass(frozen=True, kw_only=True)
class Subject:
    """Whoever is asked about. `addresses` are all by which they are known (UPN, mail, account), the first being the
    one they go by; `id` is Graph's, where they were found in the tenant; `name` is shown, never compared.
    `proven`: they signed in, so that the id alone tells who they are to Microsoft."""

    kind: Kind
    addresses: tuple[str, ...]
    id: str = ""
    name: str = ""
    company: Partner | None = None
    proven: bool = False

    @property
    def address(self) -> str:
        """The one they go by."""
        return self.addresses[0]

    def partner_values(self) -> Mapping[PartnerValue, str]:
        """What conditions may compare with; what is not known is empty."""
        company = self.company or Partner(company="")
        return {
            PartnerValue.MAIN_CONTACT_NAME: company.contact_name,
            PartnerValue.MAIN_CONTACT_EMAIL: company.contact_email,
            PartnerValue.COMPANY_NAME: company.company,
            PartnerValue.CURRENT_USER_NAME: self.name,
            PartnerValue.CURRENT_USER_EMAIL: self.address,
        }


@dataclass(frozen=True)
class Membership:
    """Whether somebody is in a group; None: it could not be found out, and `why` says the reason."""

    member: bool | None
    why: str = ""


Members = Callable[[Subject, Who], Membership]
"""Tells whether somebody is in a group."""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The answer. `because` is a sentence that names the setting that decided, `rule` its place in the files,
    `remedy` what would change it. `conditions` hold for every row of a query (only if it is allowed), and those of
    `naming`, by the key of a field, for whom and what that names: they are about the parameters of the reads that
    show it. `open`: it is refused for what is not known, and the tenant could tell."""

    allowed: bool
    because: str
    rule: str
    remedy: str = ""
    conditions: Group = NO_CONDITION
    naming: Mapping[str, Group] = field(default_factory=dict)
    open: bool = False

    def problem(self, title: str) -> Problem | None:
        """Why not; None where it is allowed."""
        if self.allowed:
            return None
        return Problem(title=title, cause=self.because, remedy=self.remedy, code=NOT_ALLOWED)


def decide(
    subject: Subject,
    people: People | Problem,
    source: DataSource | None,
    wish: "Deed | Operation",
    members: Members,
) -> Decision:
    """Whether somebody may do something with a data source (None: with none yet). `people` is a Problem where the
    workspace's file cannot be read: then nobody may do anything."""
    if isinstance(people, Problem):
        return no(
            f"{people.title}: until it is mended, nobody may. {people.cause}", "workspace.json", people.remedy
        )
    if wish is Deed.QUERY or not isinstance(wish, Deed):
        if source is None:
            raise AssertionError("a query needs a data source")
        query = _query(subject, source.security, members)
        if isinstance(wish, Deed) or not (query.allowed and subject.kind.external):
            return query
        return _as_partner(subject, source.security, wish, query)
    if wish is Deed.TEST and source and subject.kind is Kind.USER:
        # It shows what is there, so it is for those who may query, and for those who may mend it.
        query = _query(subject, source.security, members)
        mend = _administer(subject, people, source, wish, members)
        return mend if mend.allowed and not query.allowed else query
    return _administer(subject, people, source, wish, members)


def _yes(because: str, rule: str) -> Decision:
    return Decision(allowed=True, because=because, rule=rule)


def no(because: str, rule: str, remedy: str, *, open: bool = False) -> Decision:
    """A refusal."""
    return Decision(allowed=False, because=because, rule=rule, remedy=remedy, open=open)


# --- roles --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _HasRole:
    """The role that somebody has, and why; `doubt`: which group might have given more, and could not be read."""

    role: Role
    because: str
    doubt: str = ""


_RANK = {Role.USER: 0, Role.MANAGE: 1, Role.ADMINISTRATOR: 2}


def _role(subject: Subject, people: People, members: Members) -> _HasRole:
    """A person's own entry wins; else the highest that one of their groups has."""
    if not people.persons:
        return _HasRole(Role.ADMINISTRATOR, "nobody was given a role in this workspace yet")
    for address in subject.addresses:
        if own := people.person(address):
            return _HasRole(own.role, f"{own.address} has the role {own.role}")
    best, doubt = _HasRole(Role.USER, f"{subject.address} was given no role, which makes them a User"), ""
    for person in people.persons:
        if person.kind is WhoKind.USER or _RANK[person.role] <= _RANK[best.role]:
            continue
        group = group_with_role(person)
        found = members(subject, group)
        if found.member:
            best = _HasRole(person.role, f"the group {group.shown} has the role {person.role}")
        elif found.member is None:
            doubt = f"whether the group {group.shown} gives a role could not be found out: {found.why}"
    return _HasRole(best.role, best.because, doubt)


def group_with_role(person: Person) -> Who:
    """A group that has a role, as it is looked up."""
    if is_guid(person.address):
        return Who(kind=WhoKind.GROUP, id=person.address, name=person.name)
    return Who(kind=WhoKind.GROUP, address=person.address, name=person.name)


def _administer(
    subject: Subject, people: People, source: DataSource | None, deed: Deed, members: Members
) -> Decision:
    doing = deed.of(source.name if source else "")
    if subject.kind is not Kind.USER:
        who = "It is not known who this is" if subject.kind is Kind.UNKNOWN else f"A {subject.kind} is external"
        return no(
            f"{who}: only people of the organisation may {doing}.", "roles", "Let a person of the workspace do it."
        )
    has = _role(subject, people, members)
    if has.role is Role.ADMINISTRATOR:
        return _yes(_sentence(has.because), "roles")
    of_workspace = deed in (Deed.PEOPLE, Deed.SINGLE_SIGN_ON, Deed.ACTIVITY)
    needed = "Administrator" if of_workspace else "Administrator or Manage datasources"
    if has.role is not Role.MANAGE or of_workspace:
        cause = f"{_sentence(has.because)} To {doing} takes {needed}."
        cause = f"{cause} {_sentence(has.doubt)}".strip()
        return no(cause, "roles", f"Ask {_administrators(people)} for the role {needed}.", open=bool(has.doubt))
    listed = source.security.administrators if source else ()
    if not listed:
        return _yes(_sentence(has.because), "roles")
    found = _among(subject, listed, members)
    if found.member:
        return _yes(f"{_sentence(has.because)} Connection administrators: {found.why}.", "security.administrators")
    if found.member is None:
        return _unknown("Connection administrators", found, "security.administrators")
    return no(
        f"{subject.address} is not among the Connection administrators: {_named(listed)}.",
        "security.administrators",
        "Ask an Administrator, or one of them.",
    )


def _administrators(people: People) -> str:
    names = [each.address for each in people.persons if each.role is Role.ADMINISTRATOR]
    more = f" or {len(names) - 3} more" if len(names) > 3 else ""
    return f"an Administrator ({', '.join(names[:3])}{more})" if names else "whoever looks after workspace.json"


# --- lists of users and groups ------------------------------------------------------------------------------------


def _among(subject: Subject, listed: tuple[Who, ...], members: Members) -> Membership:
    """Whether somebody is named in a list, or in a group of it. `why` says by what, or why that is not known."""
    unknown = ""
    for who in listed:
        if who.kind is WhoKind.USER:
            if is_who(subject, who):
                return Membership(True, f"{who.shown} is named")
            continue
        found = members(subject, who)
        if found.member:
            return Membership(True, f"{subject.address} is in the group {who.shown}")
        if found.member is None and not unknown:
            unknown = f"who is in the group {who.shown}: {found.why}"
    return Membership(None, unknown) if unknown else Membership(False)


def is_who(subject: Subject, who: Who) -> bool:
    """Whether this user is meant: by Graph's id where both have one (an address can pass to somebody else), else by
    any of their addresses."""
    if who.id and subject.id:
        return who.id.lower() == subject.id.lower()
    return bool(who.address) and same_address(who.address) in map(same_address, subject.addresses)


def _unknown(label: str, found: Membership, rule: str) -> Decision:
    return no(
        f"{label}: it could not be found out {found.why}",
        rule,
        "Ask again while the tenant can be reached (sources access); or name the users themselves.",
        open=True,
    )


def _named(listed: tuple[Who, ...]) -> str:
    names = [who.shown for who in listed]
    return ", ".join(names[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")


def _sentence(text: str) -> str:
    """A sentence; an address at its beginning stays as it is written."""
    begun = text if "@" in text.partition(" ")[0] else f"{text[:1].upper()}{text[1:]}"
    return f"{begun}." if begun and begun[-1] not in ".!?" else begun


# --- queries ------------------------------------------------------------------------------------------------------


def _query(subject: Subject, security: Security, members: Members) -> Decision:
    """Whether somebody may query at all."""
    if subject.kind is Kind.UNKNOWN:
        return no(
            f"It could not be found out who {subject.address} is: perhaps a partner.",
            "people",
            "Ask again while the tenant can be reached, or give them a role, or enter their company as a partner.",
            open=True,
        )
    if subject.kind.external and not security.b2b:
        return no(
            f"Enable B2B is off, and {subject.address} is a {subject.kind}.",
            "security.b2b",
            "Check Enable B2B in the security settings, if partners are to query.",
        )
    if not security.users:
        return _yes("Connection users is empty: anyone with this workspace may query.", "security.users")
    found = _among(subject, security.users, members)
    if found.member is None:
        return _unknown("Connection users", found, "security.users")
    if found.member:
        return _yes(f"Connection users: {found.why}.", "security.users")
    return no(
        f"{subject.address} is not among the Connection users: {_named(security.users)}.",
        "security.users",
        "Ask whoever administers this data source to add them.",
    )


def _as_partner(subject: Subject, security: Security, operation: "Operation", query: Decision) -> Decision:
    """What a partner, who may query, gets of one operation."""
    from o365desk.catalogue import OPERATIONS

    if not security.partner_defaults:
        because = f"{query.because} Enable B2B is on; partner defaults are off: nothing is hidden."
        return _yes(because, "security.b2b")
    if operation.key not in OPERATIONS:
        return no(
            f"“{operation.title}” has no place in the partner defaults, so partners may not.",
            "security.partnerDefaults",
            "Let a person of the organisation do it.",
        )
    return _with_defaults(subject, security, operation, query.because)


def _with_defaults(subject: Subject, security: Security, operation: "Operation", because: str) -> Decision:
    """What partners get by default conditions: those of the operation hold for its rows, and for whom its fields
    name those of the reads that would show them, since whoever names somebody learns whether they are there."""
    from o365desk.catalogue import OPERATIONS
    from o365desk.catalogue.parameters import SHOWN_BY

    own = _held(subject, security, operation)
    if isinstance(own, Decision):
        return own
    naming: dict[str, Group] = {}
    reads: list[str] = []
    for each in operation.fields:
        for key in SHOWN_BY.get(each.kind, ()):
            held = _held(subject, security, OPERATIONS[key])
            if isinstance(held, Decision):
                return held
            if held:
                naming[each.key] = tree.both(naming.get(each.key, NO_CONDITION), held)
                reads.append(OPERATIONS[key].title)
    if own:
        because = f"{because} The partner default of {operation.title} holds for every row."
    elif naming:
        because = f"{because} {operation.title} has no partner default."
    else:
        because = f"{because} {operation.title} has no partner default: nothing is hidden."
    if naming:
        because = f"{because} What it names must be shown by that of {' and '.join(dict.fromkeys(reads))}."
    return Decision(allowed=True, because=because, rule="security.mappings", conditions=own, naming=naming)


def _held(subject: Subject, security: Security, operation: "Operation") -> "Group | Decision":
    """The conditions of all mappings for one operation, which all hold; a refusal where one cannot be told."""
    from o365desk.catalogue.parameters import parameters
    from o365desk.model.conditions import judging

    whole = NO_CONDITION
    for place, conditions in _defaults(security, operation):
        if isinstance(conditions, Decision):
            return conditions
        wrong = judging.check(conditions, parameters(operation), partner=subject.partner_values())
        if wrong:
            return _cannot_tell(place, f"{tree.place_words(wrong[0].place)}: {wrong[0].why}", wrong[0].remedy)
        whole = tree.both(whole, conditions)
    return whole


def _defaults(security: Security, operation: "Operation") -> Iterator[tuple[int, Group | Decision]]:
    """The conditions for an operation, by the number of their mapping; a refusal for one that means nothing."""
    for place, mapping in enumerate(security.mappings):
        if mapping.operation != operation.key:
            continue
        if mapping.query_type != operation.query_type.value:
            why = (
                f"its query type is {mapping.query_type}, that of {operation.title} is {operation.query_type.value}"
            )
            yield place, _cannot_tell(place, why, "Choose the operation anew.")
            return
        try:
            conditions = mapping.tree
        except tree.MalformedError as error:
            yield (
                place,
                _cannot_tell(place, f"{tree.place_words(error.place)}: {error.why}", "Edit the conditions."),
            )
            return
        if not conditions:
            yield place, _cannot_tell(place, "it has no conditions", "Add one, or remove the mapping.")
            return
        yield place, conditions


def _cannot_tell(place: int, why: str, remedy: str) -> Decision:
    return no(
        f"Cannot tell what partner default {place + 1} hides, so all is hidden. {_sentence(why)}",
        f"security.mappings[{place}]",
        remedy,
    )
