"""Roles and partners of a workspace, and who may change them. Nobody locks themselves out: the first role that is
given makes whoever gives it Administrator too, and the last Administrator stays.
"""

import re
from collections.abc import Callable, Iterable

import msgspec

from o365desk.model.access.operator import Operator
from o365desk.model.access.people import Partner, People, Person, Role, same_address
from o365desk.model.access.security import Deed, WhoKind
from o365desk.model.activity import REFUSED, UNTRACED, Trace, What
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.text import letters
from o365desk.services.workspace.people_store import KnownPeople, PeopleStore

_LONGEST = 320
"""Letters of an address, as in mail; of a name as well."""


class WorkspacePeople:
    """The people of one workspace, as the operator sees and changes them. Each change is judged by the file as it
    is at that moment. Raises ProblemError, or PeopleConflictError where somebody else was quicker; then nothing was
    written."""

    def __init__(
        self,
        store: PeopleStore,
        operator: Operator,
        refused: Callable[[People], Problem | None],
        trace: Trace = UNTRACED,
    ) -> None:
        """`refused` says why the operator may not change these people; `trace` hears of it."""
        self._trace = trace
        self.store = store
        self._operator = operator
        self._refused = refused

    def load(self) -> KnownPeople:
        """The people as they are now. Raises ProblemError while the file is malformed: nothing is allowed then."""
        return self.store.load()

    def set_role(self, address: str, role: Role, *, group: bool = False) -> People:
        """Gives a person (or a group) a role, in place of the one that they have."""
        return self._change(lambda people: with_role(people, self._operator, address, role, group=group))

    def remove_role(self, address: str, *, group: bool = False) -> People:
        """Takes somebody's role away: they are no longer of this workspace. `group`: only if it is one."""
        return self._change(lambda people: without_role(people, address, group=group))

    def restore(self) -> People:
        """Puts the roles back that this workspace had, as this computer saw them last, where they are missing. It
        gives nobody what they did not have: so anybody may."""
        return self.store.restore().people

    def begin_anew(self, *, really: bool) -> None:
        """Forgets that this workspace had roles, where they are missing: then it belongs to whoever opens it. Not
        `really`: only looks whether that can be done."""
        self.store.begin_anew(really=really)

    def set_partner(
        self,
        company: str,
        contact_name: str,
        contact_email: str,
        users: Iterable[str] = (),
        domains: Iterable[str] = (),
    ) -> People:
        """Adds a partner, or replaces all that is known of it."""
        return self._change(
            lambda people: with_partner(people, company, contact_name, contact_email, users, domains)
        )

    def remove_partner(self, company: str) -> People:
        """Takes a partner away: its users are partners no longer."""
        return self._change(lambda people: without_partner(people, company))

    def subscribe(self, changed: Callable[[set[str]], None]) -> None:
        """See `PeopleStore.subscribe`."""
        self.store.subscribe(changed)

    def _change(self, change: Callable[[People], People]) -> People:
        known = self.store.load()
        if refused := self._refused(known.people):
            facts = {"wished": Deed.PEOPLE.value, "why": refused.title, "because": refused.cause, "rule": "roles"}
            self._trace.note(What.REFUSED, outcome=REFUSED, facts=facts)
            raise ProblemError(refused)
        changed = change(known.people)
        if not known.people.partner(self._operator.address) and changed.partner(self._operator.address):
            raise _refused(
                f"You, “{self._operator.address}”, would be a partner",
                "Partners change nothing: you could not take it back.",
                "Leave your own address and domain out of it, or give yourself the role Administrator first.",
            )
        return self.store.save(changed, known.version).people


# --- the changes --------------------------------------------------------------------------------------------------


def with_role(people: People, operator: Operator, address: str, role: Role, *, group: bool = False) -> People:
    """The people with that role given, by the operator."""
    address = _address(address, "Address")
    wanted, kind = same_address(address), WhoKind.GROUP if group else WhoKind.USER
    for partner in people.partners:
        if wanted in map(same_address, partner.users):
            raise _refused(
                f"“{address}” is a user of the partner “{partner.company}”",
                "Nobody is both: a partner's conditions would not hold.",
                "Take the address out of the partner first.",
            )
    before = _named(people, address)
    if before and before.kind is not kind:
        raise _refused(
            f"“{address}” is {_words(before.kind)} here",
            "Two roles for one address would contradict each other.",
            "Remove its role first.",
        )
    new = Person(address=address, role=role, kind=kind)
    if before:
        new = msgspec.structs.replace(before, role=role)
    persons = tuple(new if each is before else each for each in people.persons)
    if not before:
        persons += (new,)
    if not people.persons and wanted != same_address(operator.address):
        persons = (Person(address=operator.address, role=Role.ADMINISTRATOR), *persons)
    return _with_administrator(people.replace(persons=persons))


def without_role(people: People, address: str, *, group: bool = False) -> People:
    """The people without somebody."""
    before = _named(people, address)
    if before is None or (group and before.kind is not WhoKind.GROUP):
        raise ProblemError(
            Problem(
                title=f"“{address}” has no role in this workspace",
                cause="It is a person, not a group." if before else "",
                remedy="See o365desk roles list.",
                code="not-found",
            )
        )
    return _with_administrator(people.replace(persons=tuple(each for each in people.persons if each is not before)))


def with_partner(
    people: People,
    company: str,
    contact_name: str,
    contact_email: str,
    users: Iterable[str] = (),
    domains: Iterable[str] = (),
) -> People:
    """The people with that partner, in place of the one of that name."""
    new = Partner(
        company=_text(company, "Company"),
        contact_name=_text(contact_name, "Main contact's name"),
        contact_email=_mail(contact_email, "Main contact's email"),
        users=_once(_mail(each, "User's address") for each in users),
        domains=_once(map(_domain, domains)),
    )
    mine = {same_address(each) for each in new.users}
    for person in people.persons:
        if same_address(person.address) in mine:
            raise _refused(
                f"“{person.address}” has the role {person.role} in this workspace",
                "Nobody is both: a partner's conditions would not hold.",
                "Remove the role first, or leave the address out of the partner.",
            )
    before = _company(people, company)
    if before is None:
        return people.replace(partners=(*people.partners, new))
    new = msgspec.structs.replace(new, company=before.company, extra=before.extra)
    return people.replace(partners=tuple(new if each is before else each for each in people.partners))


def without_partner(people: People, company: str) -> People:
    """The people without a partner."""
    before = _company(people, company)
    if before is None:
        raise ProblemError(
            Problem(
                title=f"There is no partner “{company}”",
                remedy="See o365desk partners list.",
                code="not-found",
            )
        )
    return people.replace(partners=tuple(each for each in people.partners if each is not before))


def _with_administrator(people: People) -> People:
    """The same, unless nobody could change it any more. A group does not count: whether anybody is in it is for the
    tenant to say."""
    if any(each.role is Role.ADMINISTRATOR and each.kind is WhoKind.USER for each in people.persons):
        return people
    raise ProblemError(
        Problem(
            title="This workspace would have no Administrator any more",
            cause="Nobody could change roles and partners then. Nothing was changed.",
            remedy="Make another person Administrator first.",
            code="last-administrator",
        )
    )


def _named(people: People, address: str) -> Person | None:
    """The person or group with this address."""
    wanted = same_address(address)
    return next((each for each in people.persons if same_address(each.address) == wanted), None)


def _company(people: People, company: str) -> Partner | None:
    wanted = same_address(company)
    return next((each for each in people.partners if same_address(each.company) == wanted), None)


# --- what was typed -----------------------------------------------------------------------------------------------


def _text(text: str, what: str) -> str:
    """A text that was typed, without blanks around it. Raises ProblemError for what nobody could tell apart."""
    text = text.strip()
    if not text:
        raise _refused(f"{what} is missing", "", "Type it.")
    if len(text) > _LONGEST:
        raise _refused(f"{what} is longer than {_LONGEST} letters", "", "Type a shorter one.")
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise _refused(f"{what} holds bytes that are no UTF-8 text", "", "Type it anew.")
    letter = letters.unseen(text)
    if letter:
        name = letters.letter_name(letter)
        raise _refused(f"{what} holds a character that cannot be seen", f"It is {name}.", "Type it anew.")
    return text


def _address(text: str, what: str) -> str:
    text = _text(text, what)
    title, remedy = letters.told(text)
    if title:
        raise _refused(f"{what} cannot be used: {title}", "", remedy)
    return text


def _mail(text: str, what: str) -> str:
    text = _address(text, what)
    before, _, domain = text.rpartition("@")
    if not before or not domain or " " in text:
        raise _refused(f"{what} cannot be used", f"“{text}” is no mail address.", "Type it like anna@fabrikam.com.")
    return text


def _domain(text: str) -> str:
    text = _address(text, "Domain").removeprefix("@")
    if not re.fullmatch(r"[^\s@/\\:]+", text):
        raise _refused("Domain cannot be used", f"“{text}” is no domain.", "Type it like fabrikam.com.")
    return text


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    """Each text once, in order."""
    return tuple({same_address(each): each for each in reversed(list(texts))}.values())[::-1]


def _refused(title: str, cause: str, remedy: str) -> ProblemError:
    return ProblemError(Problem(title=title, cause=cause, remedy=f"{remedy} Nothing was changed."))


def _words(kind: WhoKind) -> str:
    return "a group" if kind is WhoKind.GROUP else "a person"
