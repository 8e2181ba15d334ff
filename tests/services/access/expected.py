"""Who may do what, once more: written from docs/security.md and what the dialogs say, as tables, knowing nothing of
how `services/access/` finds it. The matrix holds the program against this."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random
from types import SimpleNamespace
from typing import Any

from o365desk.catalogue import THE_TEN
from o365desk.model.access.people import Partner, People, Person, Role, same_address
from o365desk.model.access.security import Mapping, Security, Who, WhoKind
from o365desk.services.access.known import KnownGroup, KnownUser, group_key

ROLES = ("none given", "Administrator", "Manage datasources", "User", "not listed")
LISTS = ("empty", "me", "else", "my group", "other group", "unknown group", "else and my group")
DEFAULTS = ("off", "none", "this", "another", "unintelligible", "off but unintelligible")
SUBJECTS = ("user", "guest", "partner", "unknown")
ADDRESS = {
    "user": "me@contoso.com",
    "guest": "me_home.example#EXT#@contoso.com",
    "partner": "me@fabrikam.com",
    "unknown": "who@nowhere.example",
}
NOW = datetime(2026, 5, 12, 9, 30, tzinfo=UTC)
KEYS = tuple(operation.key for operation in THE_TEN)
_USERS, _GROUPS = ("user-list", "find-users"), ("group-list", "find-groups")
NAMES = {
    "create-group": _USERS,
    "add-user-to-group": (*_USERS, *_GROUPS),
    "remove-user-from-group": (*_USERS, *_GROUPS),
    "assign-licence-to-user": (*_USERS, "licence-plan-list"),
    "remove-licence-from-user": (*_USERS, "licence-plan-list"),
}
"""The reads whose defaults hold for whom and what an operation names."""
_QUERY_TYPE = {operation.key: operation.query_type.value for operation in THE_TEN}


@dataclass(frozen=True)
class Case:
    """A point of the matrix. `operation` is the key of one of the ten."""

    role: str
    administrators: str
    users: str
    b2b: bool
    defaults: str
    subject: str
    operation: str

    @property
    def address(self) -> str:
        return ADDRESS[self.subject]

    # --- what is so ---------------------------------------------------------------------------------------------

    @property
    def people(self) -> People:
        """The workspace's people: somebody else is Administrator wherever a role was given."""
        company = Partner(company="Fabrikam", contact_name="C", users=(ADDRESS["partner"],))
        if self.role == "none given":
            return People(partners=(company,))
        other = Person(address="other@contoso.com", role=Role.ADMINISTRATOR)
        if self.role == "not listed":
            return People(persons=(other,), partners=(company,))
        return People(persons=(other, Person(address=self.address, role=Role(self.role))), partners=(company,))

    @property
    def security(self) -> Security:
        """The data source's settings."""
        return Security(
            administrators=self._who(self.administrators),
            users=self._who(self.users),
            b2b=self.b2b,
            partner_defaults=self.defaults not in ("off", "off but unintelligible"),
            mappings=self._mappings(),
        )

    def _who(self, named: str) -> tuple[Who, ...]:
        other = Who(kind=WhoKind.USER, address="else@contoso.com")
        groups = {each: Who(kind=WhoKind.GROUP, address=f"{each.replace(' ', '-')}@contoso.com") for each in LISTS}
        return {
            "empty": (),
            "me": (Who(kind=WhoKind.USER, address=self.address.upper()),),
            "else": (other,),
            "my group": (groups["my group"],),
            "other group": (groups["other group"],),
            "unknown group": (groups["unknown group"],),
            "else and my group": (other, groups["my group"]),
        }[named]

    def _mappings(self) -> tuple[Mapping, ...]:
        another = self.another
        conditions = {
            "join": "and",
            "rows": [{"parameter": _any_parameter(self.operation), "operator": "not blank"}],
        }
        broken = {"join": "and", "rows": [{"parameter": "nothing", "operator": "equals", "value": "x"}]}
        made = {
            "this": (self.operation, conditions),
            "another": (another, broken),
            "unintelligible": (self.operation, broken),
            "off but unintelligible": (self.operation, broken),
        }
        found = made.get(self.defaults)
        if found is None:
            return ()
        key, rows = found
        return (Mapping(query_type=_QUERY_TYPE[key], operation=key, conditions=rows),)

    def known(self) -> Iterator[tuple[str, str, KnownGroup | KnownUser]]:
        """What the tenant last said: sort, key, what it is."""
        read = NOW - timedelta(minutes=5)
        mine = frozenset(ADDRESS[each].lower() for each in SUBJECTS)
        for name, members in (("my-group", mine), ("other-group", frozenset({"else@contoso.com"}))):
            who = Who(kind=WhoKind.GROUP, address=f"{name}@contoso.com")
            yield "group", group_key(who), KnownGroup(read=read, members=members)

    # --- what follows -------------------------------------------------------------------------------------------

    @property
    def another(self) -> str:
        """The operation for which a default is, where that is for another."""
        return KEYS[(KEYS.index(self.operation) + 1) % len(KEYS)]

    @property
    def kind(self) -> str:
        """Whoever has a role is somebody of the organisation, unless they are a partner or a guest."""
        has_role = self.role in ("Administrator", "Manage datasources", "User")
        return "user" if self.subject == "unknown" and has_role else self.subject

    @property
    def manages(self) -> bool:
        if self.kind != "user":
            return False
        if self.role in ("none given", "Administrator"):
            return True
        return self.role == "Manage datasources" and _among(self.administrators)

    @property
    def adds(self) -> bool:
        return self.kind == "user" and self.role in ("none given", "Administrator", "Manage datasources")

    @property
    def gives_roles(self) -> bool:
        return self.kind == "user" and self.role in ("none given", "Administrator")

    @property
    def queries(self) -> bool:
        invited = {"user": True, "guest": self.b2b, "partner": self.b2b, "unknown": False}[self.kind]
        return invited and _among(self.users)

    @property
    def tests(self) -> bool:
        return self.kind == "user" and (self.queries or self.manages)

    @property
    def runs(self) -> bool:
        external = self.kind in ("guest", "partner")
        named = self.defaults == "another" and self.another in NAMES.get(self.operation, ())
        return self.queries and not (external and (self.defaults == "unintelligible" or named))

    @property
    def hidden(self) -> bool:
        """Whether conditions hold for what they get."""
        return self.runs and self.kind in ("guest", "partner") and self.defaults == "this"

    @property
    def open(self) -> bool:
        """Whether the tenant, if it were asked, could make more of it."""
        if self.kind == "unknown":
            return True
        invited = self.kind == "user" or self.b2b
        return invited and self.users == "unknown group"


def _among(named: str) -> bool:
    return named in ("empty", "me", "my group", "else and my group")


def _any_parameter(operation: str) -> str:
    from o365desk import catalogue
    from o365desk.catalogue.parameters import parameters

    return next(iter(parameters(catalogue.operation(operation))))


_AXES: dict[str, tuple[Any, ...]] = {
    "role": ROLES,
    "administrators": LISTS,
    "users": LISTS,
    "b2b": (False, True),
    "defaults": DEFAULTS,
    "subject": SUBJECTS,
    "operation": KEYS,
}


def every(**only: Any) -> Iterator[Case]:
    """The whole matrix, or the part of it with these values."""
    axes = [(only[key],) if key in only else values for key, values in _AXES.items()]
    return (Case(*point) for point in product(*axes))


def some(number: int, seed: int, subjects: tuple[str, ...] = SUBJECTS) -> list[Case]:
    """Points by chance in which every pair of two axes' values occurs, and more until there are so many."""
    chance = Random(seed)
    axes = {**_AXES, "subject": subjects}

    def at_random() -> Case:
        return Case(**{key: chance.choice(values) for key, values in axes.items()})

    found: list[Case] = []
    names = list(axes)
    wanted = {
        (a, x, b, y)
        for place, a in enumerate(names)
        for b in names[place + 1 :]
        for x, y in product(axes[a], axes[b])
    }
    while wanted:
        a, x, b, y = next(iter(sorted(wanted, key=str)))
        tried = [replace(at_random(), **{a: x, b: y}) for _ in range(24)]
        best = max(tried, key=lambda case: len(_pairs(case) & wanted))
        found.append(best)
        wanted -= _pairs(best)
    found.extend(at_random() for _ in range(number - len(found)))
    return found


def _pairs(case: Case) -> set[tuple[str, Any, str, Any]]:
    values = [(field.name, getattr(case, field.name)) for field in fields(case)]
    return {(a, x, b, y) for place, (a, x) in enumerate(values) for b, y in values[place + 1 :]}


def identities(case: Case) -> Any:
    """What is known of groups, and that the user is one of the tenant, in memory."""
    kept = {(sort, key): data for sort, key, data in case.known()}
    colleague = KnownUser(read=NOW, addresses=(ADDRESS["user"],))
    return SimpleNamespace(
        group=lambda source_id, who: kept.get(("group", group_key(who))),
        user=lambda source_id, address: colleague if same_address(address) == ADDRESS["user"] else None,
        believed=lambda data: data is not None,
        fresh=lambda data: data is not None,
        learn=lambda *asked: None,
    )
