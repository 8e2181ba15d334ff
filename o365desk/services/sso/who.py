"""Whose a Microsoft account is in a workspace: the one place that finds it out.

An account is what its tenant and its object ID say. A person of the workspace to whom it is bound is meant,
whatever the account is called by now. Else a person is meant whose address Microsoft says is that account's, unless
another account is theirs: an address that was given to somebody else gives them nobody's role. Names are never
compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from o365desk.model.access.operator import Operator, microsoft_account
from o365desk.model.access.people import Account, People, Person, same_address
from o365desk.model.access.security import WhoKind
from o365desk.services.workspace.people_store import KnownPeople, PeopleStore


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Somebody who signed in, as Microsoft has them: `addresses` are those that it says of the object ID, the UPN
    first. `tid` and `oid` are in small letters."""

    tid: str
    oid: str
    addresses: tuple[str, ...]
    name: str = ""
    guest: bool = False


@dataclass(frozen=True)
class Recognised:
    """Who that is here. `binds`: the person whom the account would be bound to from now on, None for none."""

    operator: Operator
    binds: Person | None = None


def recognise(identity: Identity, people: People) -> Recognised:
    """Who somebody is in a workspace."""
    person = people.with_identity(identity.tid, identity.oid)
    if person:
        return Recognised(_operator(identity, person.address))
    for address in _claimed(identity):
        found = people.person(address)
        if found and found.identity is None:
            return Recognised(_operator(identity, found.address), found)
    return Recognised(_operator(identity, _free(identity, people)))


def bind(store: PeopleStore, identity: Identity, known: KnownPeople) -> KnownPeople:
    """Writes whose the account is, if that is still so in the file that was read. Raises ProblemError or
    PeopleConflictError; then nothing was written."""
    person = recognise(identity, known.people).binds
    if person is None:
        return known
    account = Account(tid=identity.tid, oid=identity.oid)
    bound = msgspec.structs.replace(person, identity=account)
    persons = tuple(bound if each is person else each for each in known.people.persons)
    return store.save(known.people.replace(persons=persons), known.version)


def _claimed(identity: Identity) -> Sequence[str]:
    """By which addresses they may be found: at last by the object ID itself, if somebody gave that a role. What
    mail address a guest has is for another tenant to say."""
    addresses = identity.addresses[:1] if identity.guest else identity.addresses
    return (*addresses, identity.oid)


def _free(identity: Identity, people: People) -> str:
    """What somebody is called who is nobody of the workspace: an address of theirs that is nobody else's, else the
    object ID."""
    taken = {same_address(each.address) for each in people.persons if each.kind is WhoKind.USER or each.identity}
    free = (address for address in _claimed(identity) if same_address(address) not in taken)
    return next(free, f"{identity.tid} {identity.oid}")


def _operator(identity: Identity, address: str) -> Operator:
    return microsoft_account(
        address, tenant=identity.tid, oid=identity.oid, name=identity.name, guest=identity.guest
    )
