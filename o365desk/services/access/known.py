"""Who is in a group, and who an address is, as the tenant last said: kept on this machine, with the age of each.

A decision needs both where there is no network, and at each query. What is older than a day counts as not known:
who left the group must not stay in for ever because nobody asked.
"""

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from o365desk.model.access.people import same_address
from o365desk.model.access.security import Who
from o365desk.model.datasource import DataSource, is_guid
from o365desk.services.state.database import SchemaStep
from o365desk.services.state.state import State

if TYPE_CHECKING:
    from o365desk.services.graph.client import Graph

BELIEVED = timedelta(days=1)
"""For so long an answer of the tenant counts."""
FRESH = timedelta(minutes=15)
"""For so long it is not asked again where it could be."""

STEPS = (
    SchemaStep(
        "0006-known",
        (
            """
            CREATE TABLE known (
                source_id TEXT NOT NULL, sort TEXT NOT NULL, key TEXT NOT NULL, data BLOB NOT NULL,
                PRIMARY KEY (source_id, sort, key)
            ) WITHOUT ROWID
            """,
        ),
    ),
)
"""See `state.STEPS`."""

_GROUP, _USER = "group", "user"


class KnownGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A group as it was read. `members` are the ids and addresses of all users in it and in the groups inside it,
    as `same_address` gives them. Not `exists`: the tenant has no such group (any more)."""

    read: datetime
    exists: bool = True
    name: str = ""
    members: frozenset[str] = frozenset()

    @property
    def count(self) -> int:
        """How many users are in it: each has one id, and one or two addresses."""
        return sum(map(is_guid, self.members))


class KnownUser(msgspec.Struct, frozen=True, kw_only=True):
    """A user as they were read; not `exists`: the tenant has nobody with that address."""

    read: datetime
    exists: bool = True
    id: str = ""
    name: str = ""
    addresses: tuple[str, ...] = ()
    guest: bool = False


NOT_KNOWN = KnownUser(read=datetime.min.replace(tzinfo=UTC), exists=False)
"""Somebody of whom the tenant said nothing that counts."""


class KnownIdentities:
    """See the module. Raises ProblemError where the state cannot be used."""

    def __init__(self, state: State, clock: Callable[[], datetime]) -> None:
        self._state = state
        self._clock = clock
        state.add(STEPS)

    def group(self, source_id: str, who: Who) -> KnownGroup | None:
        """A group as it was read, however long ago."""
        data = self._get(source_id, _GROUP, group_key(who))
        try:
            return msgspec.json.decode(data, type=KnownGroup) if data else None
        except msgspec.DecodeError:
            return None

    def user(self, source_id: str, address: str) -> KnownUser | None:
        """Somebody as they were read, however long ago."""
        data = self._get(source_id, _USER, same_address(address))
        try:
            return msgspec.json.decode(data, type=KnownUser) if data else None
        except msgspec.DecodeError:
            return None

    def believed(self, known: KnownGroup | KnownUser | None) -> bool:
        """Whether it still counts. What was read in the future was not: the clock was wrong, then or now."""
        return known is not None and timedelta(0) <= self._clock() - known.read <= BELIEVED

    def fresh(self, known: KnownGroup | KnownUser | None) -> bool:
        """Whether it was read just now."""
        return known is not None and timedelta(0) <= self._clock() - known.read <= FRESH

    def learn(self, graph: "Graph", source_id: str, groups: Collection[Who], addresses: Collection[str]) -> None:
        """Asks the tenant about these groups and addresses. Raises ProblemError where it cannot be found out: then
        what was known stays, with its age."""
        from o365desk.services.directory import lookup

        if groups:
            self._learn_groups(graph, source_id, {group_key(who): who for who in groups})
        asked = list(dict.fromkeys(addresses))
        for address, found in lookup.users(graph, asked).items() if asked else ():
            user = found.entity
            if user is None and found.problem and found.problem.code not in _ABSENT:
                continue
            self._keep(source_id, _USER, same_address(address), self._known_user(user))

    def _known_user(self, user: "dict[str, object] | None") -> KnownUser:
        now = self._clock()
        if user is None:
            return KnownUser(read=now, exists=False)
        names = [str(user[key]) for key in ("userPrincipalName", "mail") if user.get(key)]
        guest = user.get("userType") == "Guest" or any("#ext#" in name.lower() for name in names)
        return KnownUser(
            read=now,
            id=str(user["id"]),
            name=str(user.get("displayName") or ""),
            addresses=tuple(names),
            guest=guest,
        )

    def _learn_groups(self, graph: "Graph", source_id: str, groups: dict[str, Who]) -> None:
        from o365desk.services.directory import holdings, lookup

        texts = {key: who.id or who.address for key, who in groups.items()}
        found = lookup.groups(graph, list(texts.values()))
        for key, text in texts.items():
            entity, problem = found[text].entity, found[text].problem
            if entity is None:
                if problem and problem.code in _ABSENT:
                    self._keep(source_id, _GROUP, key, KnownGroup(read=self._clock(), exists=False))
                continue
            members = holdings.everyone_in(graph, entity["id"])
            if members is None:
                self._keep(source_id, _GROUP, key, KnownGroup(read=self._clock(), exists=False))
                continue
            name = str(entity.get("displayName") or "")
            self._keep(
                source_id, _GROUP, key,
                KnownGroup(read=self._clock(), name=name, members=frozenset(map(same_address, members))),
            )  # fmt: skip

    def _get(self, source_id: str, sort: str, key: str) -> bytes | None:
        row = self._state.use(
            lambda file: file.execute(
                "SELECT data FROM known WHERE source_id = ? AND sort = ? AND key = ?",
                _place(source_id, sort, key),
            ).fetchone()
        )
        return row[0] if row else None

    def _keep(self, source_id: str, sort: str, key: str, known: KnownGroup | KnownUser) -> None:
        data = msgspec.json.encode(known)
        self._state.use(
            lambda file: file.execute(
                "INSERT OR REPLACE INTO known VALUES (?, ?, ?, ?)",
                (*_place(source_id, sort, key), data),
            )
        )


_ABSENT = ("not-found", "deleted", "other-type")
"""What the tenant says of somebody who is not there; ambiguity, or that it may not be read, says nothing."""


def group_key(who: Who) -> str:
    """By what a group is kept: its id, else its address."""
    return same_address(who.id or who.address)


def tenant_key(source: DataSource) -> str:
    """By what is kept what a data source's tenant said: where it leads elsewhere, nothing is known of that yet."""
    return f"{source.id} {source.tenant.lower()} {source.graph_root}" if source.tenant else source.id


def _place(source_id: str, sort: str, key: str) -> tuple[str, str, str]:
    """Where something is kept; without half of a character, which can be typed but be in no database."""
    whole = (text.encode("utf-8", "replace").decode() for text in (source_id, key))
    return next(whole), sort, next(whole)
