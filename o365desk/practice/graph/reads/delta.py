"""Delta queries of users and groups: a full round, then what changed since, in pages.

By delta-query-overview, delta-query-groups, user-delta and group-delta of Microsoft's documentation. A full round
goes through the lists as they are; what changes meanwhile is told in the next round, which begins in the change log
where the full one began. What is told of an object is always its present state.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any, NamedTuple, overload

import msgspec
from msgspec.structs import replace

from o365desk.practice.directory.change_log import Change, ChangeLog
from o365desk.practice.directory.directory import Directory, Entity, type_of
from o365desk.practice.graph import metadata, properties
from o365desk.practice.graph.call import Call, GraphError, Handler, unmodelled
from o365desk.practice.graph.properties import ObjectKind
from o365desk.practice.graph.reads import expansion
from o365desk.practice.graph.reads.delta_tokens import DeltaTokens, Round
from o365desk.practice.graph.reads.filters import unsupported
from o365desk.practice.graph.reads.page_cache import DirectoryCache
from o365desk.practice.graph.selection import shape_of, shown
from o365desk.practice.tenant import Tenant
from o365desk.practice.wire import Answer

_OPTIONS = frozenset({"$select", "$filter", "$deltatoken", "$skiptoken"})
_MOST_IDS = 50
_CLAUSE = re.compile(r"\s*id\s+eq\s+'([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})'\s*", re.IGNORECASE)
_MEMBERS_PER_OBJECT = 10
_BYTES_OF_PAGES = 64 * 2**20
_REPLAYED = 25  # changes of before that a round tells again
_ROUNDS_KEPT = 8


@dataclass(frozen=True)
class _Collection:
    """One that can be asked for changes. `relation` is the one navigation property that is tracked; `usual`: it
    comes where nothing is selected too."""

    name: str
    kind: ObjectKind
    relation: str
    usual: bool


_COLLECTIONS = (
    _Collection("users", properties.USERS, "manager", usual=False),
    _Collection("groups", properties.GROUPS, "members", usual=True),
)


@dataclass(frozen=True)
class _Asked:
    """What a round tells of: properties, and whether the relation too."""

    shape: tuple[str, ...]
    related: bool

    @property
    def tracked(self) -> frozenset[str]:
        """What must have changed for an object to be told of."""
        return frozenset(self.shape) | ({"members", "manager"} if self.related else set())


@dataclass
class _Changed:
    """What changed of one object in a round. `members` are those of the relation, with their OData types."""

    whole: bool = False
    names: set[str] = field(default_factory=set)
    members: dict[str, str] = field(default_factory=dict)


class _Page(NamedTuple):
    """One page: its entries as JSON, and where the next begins; `over`: nowhere."""

    entries: bytes
    place: int
    rest: str
    told: int
    over: bool


class Deltas:
    """Answers delta queries."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._tokens = DeltaTokens(tenant)
        self._pages: DirectoryCache[_Page] = DirectoryCache(_BYTES_OF_PAGES, lambda page: len(page.entries) + 500)
        self._rounds: dict[object, dict[str, _Changed]] = {}

    def handlers(self) -> dict[str, Handler]:
        """What is modelled, by row of the permission table."""
        return {f"GET /{one.name}/delta": partial(self._answer, one) for one in _COLLECTIONS}

    def _answer(self, collection: _Collection, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /users/delta and /groups/delta"""
        state = self._round(collection, call)
        asked = _asked(collection, call, state.select)
        minimal = state.since >= 0 and "return=minimal" in call.request.headers.get("prefer", "").lower()
        if self._empties(state):
            answer = self._told(call, state, _Page(b"[]", state.place, state.rest, state.told, False), True)
        else:
            answer = self._told(call, state, self._page(collection, call, state, asked, minimal))
        if minimal:
            answer.headers["Preference-Applied"] = "return=minimal"
        return answer

    def _empties(self, state: Round) -> bool:
        """Whether an empty page comes before this one."""
        begun = state.place > 0 or bool(state.rest)
        return begun and not state.after_empty and self._tenant.switches.value("empty_page") is True

    def _told(self, call: Call, state: Round, page: _Page, empty: bool = False) -> Answer:
        """The answer with the way on."""
        body: dict[str, Any] = {"@odata.context": _context(call, state)}
        link = f"{call.context.removesuffix('$metadata#')}{state.collection}/delta?"
        if page.over:
            after = Round(
                collection=state.collection, tenant=state.tenant, since=state.until, until=state.until,
                select=state.select, ids=state.ids, final=True,
            )  # fmt: skip
            body["@odata.deltaLink"] = f"{link}$deltatoken={self._tokens.token(after, call.directory)}"
        else:
            # An empty page does not step back for what went before it: the next one does.
            seen = state.seen if empty else call.directory.logs[state.collection].end
            after = replace(
                state, place=page.place, rest=page.rest, told=page.told, after_empty=empty, seen=seen
            )  # fmt: skip
            body["@odata.nextLink"] = f"{link}$skiptoken={self._tokens.token(after, call.directory)}"
        return Answer(200, msgspec.json.encode(body | {"value": msgspec.Raw(page.entries)}))

    # Which round

    def _round(self, collection: _Collection, call: Call) -> Round:
        """The round that is asked for, begun now or gone on with."""
        options, directory = call.request.options, call.directory
        for name in sorted(options.keys() - _OPTIONS):
            raise unsupported(f"The query option '{name}' is not supported in delta queries of directory objects.")
        skip, delta = options.get("$skiptoken"), options.get("$deltatoken")
        if skip is not None:
            if len(options) > 1:
                raise unsupported("With '$skiptoken' no other query option is supported: it was told at first.")
            return self._tokens.read(skip, collection.name, directory, final=False)
        log = directory.logs[collection.name]
        shown_until = log.shown(call.now, self._tenant.switches.number("delta_lag"))
        select = options.get("$select", "")
        if delta and delta.lower() != "latest":
            if "$filter" in options:
                raise unsupported("'$filter' can be told in the first request only.")
            before = self._tokens.read(delta, collection.name, directory, final=True)
            until = max(before.until, shown_until)
            since = before.since
            if self._tenant.switches.value("delta_repeats") is True:
                since = max(log.begin, since - _REPLAYED)
            return replace(before, since=since, until=until, select=select or before.select, final=False)
        ids = _ids(options["$filter"]) if "$filter" in options else ()
        state = Round(
            collection=collection.name, tenant=directory.tenant_id, until=shown_until, select=select, ids=ids,
            seen=log.end,
        )  # fmt: skip
        return replace(state, since=shown_until) if delta else state

    # What is on a page

    def _page(self, collection: _Collection, call: Call, state: Round, asked: _Asked, minimal: bool) -> _Page:
        size, repeats = int(self._tenant.switches.number("delta_page")), self._repeats()
        if state.since >= 0:
            return self._of_changes(collection, call, state, asked, minimal, size)
        log, directory = call.directory.logs[state.collection], call.directory
        late: frozenset[str] = frozenset()
        if self._tenant.switches.number("delta_lag"):
            late = frozenset(change.key for change in log.between(state.until, log.end) if change.whole)
        if state.place or state.rest:  # what went meanwhile let the rest move up
            state = _stepped_back(state, log)
        sees_hidden = not expansion.hidden(call, {"visibility": "HiddenMembership"})
        key = (replace(state, issued=0.0, seen=0, generation=0), asked, size, repeats, late, sees_hidden)

        def make() -> _Page:
            source = _everything(directory, state, late)
            return self._made(_Full(collection, call, asked), source, state, size)

        return self._pages.get(directory, key, make)

    def _of_changes(
        self, collection: _Collection, call: Call, state: Round, asked: _Asked, minimal: bool, size: int
    ) -> _Page:
        log = call.directory.logs[state.collection]
        key = (log.epoch, state.collection, state.since, state.until, asked, state.ids)
        if key not in self._rounds:
            while len(self._rounds) >= _ROUNDS_KEPT:
                del self._rounds[next(iter(self._rounds))]
            self._rounds[key] = _gathered(log.between(state.since, state.until), asked.tracked, state.ids)
        changed = self._rounds[key]
        source = list(changed)
        return self._made(_Differences(collection, call, asked, changed, minimal), source, state, size)

    def _repeats(self) -> bool:
        return self._tenant.switches.value("delta_repeats") is True

    def _made(self, teller: "_Full", source: Sequence[Any], state: Round, size: int) -> _Page:
        """The page that begins where the round stands: objects, with as many members as there is room for."""
        room, place, rest, told = size * _MEMBERS_PER_OBJECT, state.place, "", 0
        entries: list[Entity] = []
        if state.rest:
            part = teller.related(state.rest)[state.told : state.told + room]
            left = len(teller.related(state.rest)) > state.told + len(part)
            entries += teller.entries([teller.found(state.rest)], [part])
            rest, told, room = (state.rest, state.told + len(part), 0) if left else ("", 0, room - len(part))
        objects: list[Any] = []
        parts: list[Sequence[Entity]] = []
        while not rest and room > 0 and len(objects) < size and place < len(source):
            one = source[place : place + (size if teller.plain else 1)]
            place += len(one)
            objects += one
            if not teller.plain:
                whole = teller.related(_id(one[0]))
                parts.append(whole[:room])
                if len(whole) > room:
                    rest, told = _id(one[0]), room
                room -= len(parts[-1])
        entries += teller.entries(objects, parts)
        if self._repeats():
            entries += entries[:2]
            entries += teller.entries(source[max(0, state.place - 1) : state.place], [])
            Random(f"{state.until}:{place}:{told}").shuffle(entries)  # noqa: S311 - any order
        return _Page(msgspec.json.encode(entries), place, rest, told, not rest and place >= len(source))


class _Full:
    """Tells of objects as they are: what was ever set of them, and all of the relation."""

    def __init__(self, collection: _Collection, call: Call, asked: _Asked) -> None:
        self._collection, self._call, self._asked = collection, call, asked
        self._directory = call.directory
        self.plain = not asked.related

    def found(self, key: str) -> Any:
        """The object with this id, else the id."""
        known = self._directory.user_by_key if self._collection.name == "users" else self._directory.group_by_id
        return known.get(key, key)

    def related(self, key: str) -> Sequence[Any]:
        """The relation's objects of the object with this id."""
        directory = self._directory
        if self._collection.relation == "manager":
            return [directory.managers[key]] if key in directory.managers else []
        group = directory.group_by_id.get(key)
        return () if group is None or expansion.hidden(self._call, group) else directory.members[key]

    def entries(self, objects: Sequence[Any], parts: Sequence[Sequence[Any]]) -> list[Entity]:
        """Objects (or ids of what is gone) as they are told; `parts` are what is to be told of their relations."""
        objects = [self.found(one) if isinstance(one, str) else one for one in objects]
        there = [one for one in objects if isinstance(one, dict) and one["id"] not in self._directory.deleted]
        shapes = iter(self.values(there))
        name = f"{self._collection.relation}@delta"
        told: list[Entity] = []
        for n, one in enumerate(objects):
            if isinstance(one, dict) and one["id"] not in self._directory.deleted:
                entry = next(shapes)
                if n < len(parts) and parts[n]:
                    entry[name] = [self.reference(_id(one), member) for member in parts[n]]
                told.append(entry)
            elif _id(one) not in self._directory.pending:
                reason = "changed" if _id(one) in self._directory.deleted else "deleted"
                told.append({"id": _id(one), "@removed": {"reason": reason}})
        return told

    def values(self, entities: Sequence[Entity]) -> list[Entity]:
        """Their properties, but for those that never had a value."""
        cleared = self._directory.cleared
        told = shown(self._directory, entities, self._collection.kind, self._asked.shape)
        return [
            {name: value for name, value in entry.items() if value is not None}
            if entry["id"] not in cleared
            else {name: value for name, value in entry.items() if value is not None or name in cleared[entry["id"]]}
            for entry in told
        ]

    def reference(self, key: str, member: Any) -> Entity:
        """One object of the relation of the object with this id."""
        return {"@odata.type": type_of(member), "id": member["id"]}


class _Differences(_Full):
    """Tells of what changed in a round."""

    def __init__(
        self, collection: _Collection, call: Call, asked: _Asked, changed: dict[str, _Changed], minimal: bool
    ) -> None:
        super().__init__(collection, call, asked)
        self._changed, self._minimal = changed, minimal

    def related(self, key: str) -> Sequence[Any]:
        """The ids that came to or went from the relation, with their types."""
        group = self._directory.group_by_id.get(key) if self._collection.relation == "members" else None
        secret = group is not None and expansion.hidden(self._call, group)
        return () if secret or self.gone(key) else list(self._changed[key].members.items())

    def gone(self, key: str) -> bool:
        """Whether the object with this id is no longer there."""
        return isinstance(self.found(key), str)

    def values(self, entities: Sequence[Entity]) -> list[Entity]:
        """All that is tracked, or only what changed."""
        if not self._minimal:
            return super().values(entities)
        told = shown(self._directory, entities, self._collection.kind, self._asked.shape)
        whole = {entry["id"]: entry for entry in super().values(entities)}
        return [
            whole[entry["id"]]
            if self._changed[entry["id"]].whole
            else {name: value for name, value in entry.items() if name in self._changed[entry["id"]].names | {"id"}}
            for entry in told
        ]

    def reference(self, key: str, member: Any) -> Entity:
        """One that came, or one that went: the reason is the same whether it was deleted or only taken out."""
        other, kind = member
        told: Entity = {"@odata.type": kind, "id": other}
        if self._collection.relation == "manager":
            manager = self._directory.managers.get(key)
            there = manager is not None and manager["id"] == other
        else:
            there = self._directory.members[key].has(other)
        return told if there else told | {"@removed": {"reason": "deleted"}}


def _id(one: Any) -> str:
    return one if isinstance(one, str) else str(one["id"])


def _context(call: Call, state: Round) -> str:
    return f"{call.context}{state.collection}" + (f"({state.select})" if state.select else "")


def _asked(collection: _Collection, call: Call, selected: str) -> _Asked:
    """What was selected, or a refusal of what cannot be."""
    names = [part.strip() for part in selected.split(",") if part.strip()]
    plain = [name for name in names if name.lower() != collection.relation]
    for name in plain:
        if name.lower() in metadata.RELATIONS[collection.name]:
            raise unmodelled(f"changes of '{name}'", there=True)
    related = len(plain) < len(names) or (not names and collection.usual)
    shape = shape_of(call, collection.kind, selected=",".join(plain)) if plain or not names else ()
    return _Asked(tuple(dict.fromkeys((*shape, "id"))), related)


def _ids(text: str) -> tuple[str, ...]:
    """The ids of a filter, which can do nothing else."""
    clauses = [_CLAUSE.fullmatch(part) for part in re.split(r"\bor\b", text, flags=re.IGNORECASE)]
    found = [clause[1].lower() for clause in clauses if clause]
    if len(found) < len(clauses):
        raise unsupported("Unsupported Query.")
    if len(found) > _MOST_IDS:
        text = f"Too many objects in the filter of a delta query: {len(found)}. Max allowed: {_MOST_IDS}."
        raise GraphError(400, "Request_UnsupportedQuery", text)
    return tuple(dict.fromkeys(found))


def _everything(directory: Directory, state: Round, late: frozenset[str]) -> Sequence[Any]:
    """What a full round goes through: what is there, then what is in the recycle bin; nothing that is to be told of
    later, and only the ids that were asked for."""
    users = state.collection == "users"
    there = directory.users if users else directory.groups
    binned = [one for one in directory.deleted.values() if ("userPrincipalName" in one) == users]
    if state.ids:
        return [one for one in (*_known(directory, users, state.ids), *binned) if one["id"] in set(state.ids)]
    if late:
        return [one for one in (*there, *binned) if one["id"] not in late]
    return _Chained(there, binned)


class _Chained(Sequence[Entity]):
    """One list after another, without copying either."""

    def __init__(self, first: Sequence[Entity], second: Sequence[Entity]) -> None:
        self._first, self._second = first, second

    def __len__(self) -> int:
        return len(self._first) + len(self._second)

    @overload
    def __getitem__(self, index: int) -> Entity: ...
    @overload
    def __getitem__(self, index: slice) -> list[Entity]: ...
    def __getitem__(self, index: int | slice) -> Entity | list[Entity]:
        border = len(self._first)
        if isinstance(index, int):
            return self._first[index] if index < border else self._second[index - border]
        start, stop, _ = index.indices(len(self))
        return [*self._first[start:stop], *self._second[max(0, start - border) : max(0, stop - border)]]


def _known(directory: Directory, users: bool, ids: Iterable[str]) -> list[Entity]:
    known = directory.user_by_key if users else directory.group_by_id
    return [known[key] for key in ids if key in known]


def _stepped_back(state: Round, log: ChangeLog) -> Round:
    """A full round, as many objects and members further back as may have gone since: rather twice than never."""
    since = log.between(state.seen, log.end)
    moved = sum(1 for change in since if change.whole)
    left = sum(1 for change in since if change.member and change.key == state.rest)
    return replace(state, place=max(0, state.place - moved), told=max(0, state.told - left))


def _gathered(changes: Iterable[Change], tracked: frozenset[str], ids: Sequence[str]) -> dict[str, _Changed]:
    """What changed by object, in the order in which it first did."""
    only = frozenset(ids)
    found: dict[str, _Changed] = {}
    for change in changes:
        if (only and change.key not in only) or not (change.whole or change.names & tracked):
            continue
        one = found.setdefault(change.key, _Changed())
        one.whole = one.whole or change.whole
        one.names |= change.names
        if change.member:
            one.members[change.member] = change.type
    return found
