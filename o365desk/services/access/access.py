"""Who may do what here and now: the decision, made of the workspace's people, the data source's settings, and what
the tenant last said. Window, command line and runner stand at this one desk."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from o365desk.model.access.operator import Operator, OperatorKind
from o365desk.model.access.people import NOBODY, People, Person, Role, same_address
from o365desk.model.access.security import Deed, Who, WhoKind
from o365desk.model.activity import REFUSED, UNTRACED, Trace, What
from o365desk.model.datasource import DataSource
from o365desk.model.problems import NOT_ALLOWED, Problem, ProblemError
from o365desk.model.run import Run
from o365desk.model.text import wording
from o365desk.services.access.decision import (
    Decision,
    Kind,
    Membership,
    Subject,
    decide,
    group_with_role,
    no,
)
from o365desk.services.access.known import NOT_KNOWN, KnownGroup, KnownIdentities, KnownUser, group_key, tenant_key

if TYPE_CHECKING:
    from o365desk.catalogue import Operation
    from o365desk.model.conditions.tree import PartnerValue
    from o365desk.services.graph.client import Graph

_EXTERNAL = "#ext#"


@dataclass(frozen=True)
class Unread:
    """What a decision needs of the tenant and does not have, or not lately."""

    groups: tuple[Who, ...] = ()
    addresses: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.groups or self.addresses)


@dataclass(frozen=True)
class Admission:
    """Who runs an operation, or as whom it is looked at, and the decision."""

    subject: Subject
    decision: Decision

    @property
    def partner(self) -> "Mapping[PartnerValue, str] | None":
        """What conditions may compare with; None where it is no partner who asks."""
        return self.subject.partner_values() if self.subject.kind.external else None


class Access:
    """See the module. `load` reads the people of the workspace; it raises ProblemError where that cannot be done.
    Every method raises ProblemError where the state cannot be used."""

    def __init__(
        self,
        load: Callable[[], People],
        known: KnownIdentities,
        operator: Operator,
        trace: Trace = UNTRACED,
    ) -> None:
        """`trace` hears of what is refused when it is to be done; looking whether it would be leaves no trace."""
        self._trace = trace
        self._load = load
        self._known = known
        self.operator = operator

    def people(self) -> People | Problem:
        """The people of the workspace, or why they are not known: then nobody may do anything."""
        try:
            return self._load()
        except ProblemError as error:
            return error.problem

    def decide(
        self,
        source: DataSource | None,
        wish: "Deed | Operation",
        subject: Subject | None = None,
        people: People | Problem | None = None,
    ) -> Decision:
        """Whether the operator, or somebody else who is asked about, may do this. `people`: as they were read a
        moment ago, for many decisions at once."""
        people = self.people() if people is None else people
        subject = subject or self.me(source, people)
        return decide(subject, people, source, wish, lambda who, group: self._in_group(source, who, group))

    def refuse(self, source: DataSource | None, wish: "Deed | Operation", title: str) -> None:
        """Raises ProblemError (code NOT_ALLOWED) where the operator may not do this."""
        decision = self.decide(source, wish)
        if problem := decision.problem(title):
            self.refused(source, problem, decision.rule, wish)
            raise ProblemError(problem)

    def refused(
        self, source: DataSource | None, problem: Problem, rule: str, wish: "Deed | Operation | None" = None
    ) -> None:
        """Writes down that the operator was refused something."""
        asked = wish.of("") if isinstance(wish, Deed) else wish.title if wish else ""
        facts = {"wished": asked, "why": problem.title, "because": problem.cause, "rule": rule}
        self._trace.note(
            What.REFUSED, source=source, outcome=REFUSED, facts={key: said for key, said in facts.items() if said}
        )

    def admit(self, source: DataSource, operation: "Operation", as_partner: str = "") -> Admission:
        """Whether the operator may run this, and as what: as themselves, or to see what a partner would get, which
        gives them nothing that they may not have as themselves."""
        people = self.people()
        me = self.me(source, people)
        own = self.decide(source, operation, me, people)
        if not (own.allowed and as_partner):
            return Admission(me, own)
        if me.kind.external:
            return Admission(me, no("Only people of the organisation may look as a partner.", "security.b2b", ""))
        partner = self.somebody(source, as_partner, people)
        if not partner.kind.external:
            return Admission(partner, no(
                f"{as_partner} is no partner, as far as is known ({partner.kind}).", "partners",
                "Enter their company as a partner (partners set), or look at the access of that user.",
            ))  # fmt: skip
        return Admission(partner, self.decide(source, operation, partner, people))

    def guard(self, deed: Deed, source: DataSource | None, becoming: DataSource | None = None) -> None:
        """Raises ProblemError where the operator may not do this, and where nobody could administer what a data
        source is to become."""
        people = self.people()
        decision = self.decide(source, deed, people=people)
        if problem := self.hindrance(deed, source, becoming, people):
            self.refused(source or becoming, problem, "lock-out" if decision.allowed else decision.rule, deed)
            raise ProblemError(problem)

    def hindrance(
        self,
        deed: Deed,
        source: DataSource | None,
        becoming: DataSource | None = None,
        people: People | Problem | None = None,
    ) -> Problem | None:
        """Why `guard` would raise; None: it would not. To look, without a trace."""
        people = self.people() if people is None else people
        title = f"You may not {deed.of(source.name if source else '')}"
        if problem := self.decide(source, deed, people=people).problem(title):
            return problem
        if becoming and not isinstance(people, Problem):
            return self._locked_out(becoming, people)
        return None

    def no_people(self, people: People) -> Problem | None:
        """Why the operator may not change roles and partners, as they are now; None: they may."""
        return self.decide(None, Deed.PEOPLE, people=people).problem("You may not change roles and partners")

    def no_activity_of_others(self) -> Problem | None:
        """Why the operator sees their own entries of the activity log only; None: they see all."""
        return self.decide(None, Deed.ACTIVITY).problem("You see your own entries only")

    def _locked_out(self, source: DataSource, people: People) -> Problem | None:
        """Why nobody could administer a data source with these settings; None: somebody can, as far as is known."""
        if not people.persons:
            return None
        could = (self._could_administer(source, person, people) for person in people.persons)
        if any(could):
            return None
        return Problem(
            title="Nobody could change this data source any more",
            cause="The workspace has no Administrator, and none of the Connection administrators has the role "
            "Manage datasources. Nothing was saved.",
            remedy="Name somebody who has it, or give somebody the role Administrator.",
            code="lock-out",
        )

    def _could_administer(self, source: DataSource, person: Person, people: People) -> bool:
        """Whether somebody of the workspace could; of a group it is enough that the tenant knows somebody in it."""
        if person.role is Role.USER:
            return False
        if person.kind is WhoKind.USER:
            somebody = self.somebody(source, person.address, people)
            return self.decide(source, Deed.SECURITY, somebody, people).allowed
        known = self._known.group(tenant_key(source), group_with_role(person))
        listed = [group_key(who) for who in source.security.administrators]
        fits = person.role is Role.ADMINISTRATOR or not listed or group_key(group_with_role(person)) in listed
        return fits and known is not None and self._known.believed(known) and bool(known.members)

    def sees(self, run: Run, find: Callable[[str], DataSource | None]) -> bool:
        """Whether the operator may see a run, its rows and its counts: their own; and those of others where they
        could have read as much, or administer the data source. `find` gives that by its id (None: it is gone); it
        is not asked about their own."""
        if same_address(run.by) == same_address(self.operator.address):
            return True
        people, source = self.people(), find(run.source_id)
        if self.decide(source, Deed.EDIT if source else Deed.ADD, people=people).allowed:
            return True
        if source is None or (operation := _known_operation(run.operation)) is None:
            return False
        decision = self.decide(source, operation, people=people)
        return decision.allowed and not decision.conditions and not decision.naming

    def refuse_others_run(self, run: Run, source: DataSource, title: str) -> None:
        """Raises ProblemError where the operator may not go on with a run, or take it back: it is somebody else's,
        and they do not administer the data source."""
        if same_address(run.by) != same_address(self.operator.address):
            self.refuse(source, Deed.EDIT, f"{title} Run {run.id} is by {run.by}.")

    def no_question(self, source: DataSource, address: str) -> Problem | None:
        """Why the operator may not ask what somebody else may, which tells who is there; None: it is themselves,
        or they may find everybody, or administer the data source."""
        if same_address(address) in ("", same_address(self.operator.address)):
            return None
        people, title = self.people(), f"You may not ask what “{address}” may"
        find = _known_operation("find-users")
        if find is None or self.decide(source, Deed.EDIT, people=people).allowed:
            return None
        decision = self.decide(source, find, people=people)
        if not decision.conditions:
            return decision.problem(title)
        cause = f"The answer tells who is there. {decision.because}"
        return Problem(title=title, cause=cause, remedy="Ask whoever administers it.", code=NOT_ALLOWED)

    def no_directory(self, source: DataSource) -> Problem | None:
        """Why the operator may not look at what was imported of a data source's tenant; None: they may. Partners
        never: it holds what the partner default would hide."""
        operation, title = _known_operation("user-list"), f"You may not look at the directory of “{source.name}”"
        if operation is None:
            raise AssertionError("there is no User List")
        admission = self.admit(source, operation)
        if admission.partner is None:
            return admission.decision.problem(title)
        cause = "Partners see what queries show them, and no copy of the tenant."
        return Problem(title=title, cause=cause, remedy="Run User List or Find Users.", code=NOT_ALLOWED)

    # --- who is asked about -----------------------------------------------------------------------------------

    def me(self, source: DataSource | None = None, people: People | Problem | None = None) -> Subject:
        """The operator: a person of the organisation, unless something says otherwise."""
        return self.somebody(source, self.operator.address, people)

    def somebody(self, source: DataSource | None, address: str, people: People | Problem | None = None) -> Subject:
        """Whoever has this address. Asking about them gives no rights."""
        found = self.people() if people is None else people
        listed = NOBODY if isinstance(found, Problem) else found
        here = same_address(address) == same_address(self.operator.address)
        if here and self.operator.kind is OperatorKind.MICROSOFT:
            return self._signed_in(listed)
        known = self._believed_user(source, address)
        # An account that is an address may be a partner's: where there are roles, the tenant must know it.
        foreign = source is not None and bool(listed.persons) and "@" in address
        otherwise = Kind.USER if here and not foreign else Kind.UNKNOWN
        addresses = _distinct([address.strip(), *home_address(address), *known.addresses])
        company = next(filter(None, map(listed.partner, addresses)), None)
        if company:
            kind = Kind.PARTNER
        elif known.guest or any(_EXTERNAL in each.lower() for each in addresses):
            kind = Kind.GUEST
        else:
            kind = Kind.USER if known.exists or listed.person(address) else otherwise
        return Subject(kind=kind, addresses=addresses, id=known.id, name=known.name, company=company)

    def _signed_in(self, people: People) -> Subject:
        """Whoever signed in: their object ID says who they are, and nothing that is known of an address, which may
        be somebody else's by now."""
        operator = self.operator
        addresses = _distinct([operator.address, *home_address(operator.address)])
        company = next(filter(None, map(people.partner, addresses)), None)
        external = operator.guest or any(_EXTERNAL in each.lower() for each in addresses)
        kind = Kind.PARTNER if company else Kind.GUEST if external else Kind.USER
        return Subject(
            kind=kind, addresses=addresses, id=operator.oid, name=operator.name, company=company, proven=True
        )

    def _believed_user(self, source: DataSource | None, address: str) -> KnownUser:
        """Somebody as far as what the tenant said of them still counts."""
        known = self._known.user(tenant_key(source), address) if source else None
        return known if known and self._known.believed(known) else NOT_KNOWN

    # --- what the tenant says ---------------------------------------------------------------------------------

    def unread(self, source: DataSource, subject: Subject, *, anew: bool = False) -> Unread:
        """What should be asked of the tenant before it is decided about somebody: what was never asked, or not
        lately; `anew`: also what was, and whether the users that the settings name are still there."""
        named = self._named(source)
        groups = [who for who in named if who.kind is WhoKind.GROUP]
        stale = [who for who in groups if anew or not self._known.fresh(self._known.group(tenant_key(source), who))]
        others = [who.address for who in named if who.kind is WhoKind.USER] if anew else []
        mine = [] if subject.proven else [subject.address]
        addresses = [address for address in _distinct([*mine, *others]) if "@" in address]
        asked = [
            each for each in addresses if anew or not self._known.fresh(self._known.user(tenant_key(source), each))
        ]
        return Unread(tuple(stale), tuple(asked))

    def _named(self, source: DataSource) -> list[Who]:
        """Whom the settings name, and the groups that have a role."""
        found = self.people()
        roles = () if isinstance(found, Problem) else found.persons
        groups = [group_with_role(each) for each in roles if each.kind is WhoKind.GROUP]
        return [*source.security.administrators, *source.security.users, *groups]

    def learn(self, graph: "Graph", source: DataSource, unread: Unread) -> None:
        """Asks the tenant. Raises ProblemError where it does not answer: then what was known stays."""
        self._known.learn(graph, tenant_key(source), unread.groups, unread.addresses)

    def known_group(self, source: DataSource, who: Who) -> KnownGroup | None:
        """A group of a data source as it was read, however long ago."""
        return self._known.group(tenant_key(source), who)

    def known_user(self, source: DataSource, address: str) -> KnownUser | None:
        """Somebody of a data source's tenant as they were read, however long ago."""
        return self._known.user(tenant_key(source), address)

    def is_gone(self, source: DataSource, address: str) -> bool:
        """Whether the tenant said that it has nobody with this address."""
        known = self.known_user(source, address)
        return known is not None and not known.exists

    def _in_group(self, source: DataSource | None, subject: Subject, who: Who) -> Membership:
        """Only what the data source's own tenant said counts: another could name a group the same."""
        if source is None:
            return Membership(None, "a role that a group gives counts for the data sources of its tenant only")
        known = self._known.group(tenant_key(source), who)
        if known is None:
            return Membership(None, "the group was not read yet")
        if not self._known.believed(known):
            return Membership(None, f"the group was last read on {wording.day(known.read)}, too long ago")
        if not known.exists:
            return Membership(None, "the tenant has no such group any more")
        known_by = () if subject.proven else subject.addresses
        keys = {same_address(key) for key in (*known_by, subject.id) if key}
        return Membership(not keys.isdisjoint(known.members))


def not_yours(run: Run) -> Problem:
    """Why a run is not shown."""
    return Problem(
        title=f"Run {run.id} is not yours",
        cause="It was begun by somebody else, and its rows show more than you may read.",
        remedy="Ask whoever administers the data source.",
        code=NOT_ALLOWED,
    )


def _known_operation(key: str) -> "Operation | None":
    from o365desk import catalogue

    try:
        return catalogue.operation(key)
    except KeyError:
        return None


def home_address(address: str) -> tuple[str, ...]:
    """The address that a guest has at home, out of the UPN that they were given here: "ann_fabrikam.com#EXT#@…" is
    ann@fabrikam.com. Source: Microsoft Entra B2B, "Properties of a B2B guest user"."""
    place = address.lower().find(_EXTERNAL)
    name, _, domain = address[: max(place, 0)].rpartition("_")
    return (f"{name}@{domain}",) if name and domain else ()


def _distinct(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple({same_address(each): each for each in reversed(list(addresses))}.values())[::-1]
