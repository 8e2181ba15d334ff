"""Who is in a group of the tenant, by the imported copy of it: all of one moment, and without the network."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from o365desk.model.access.people import same_address
from o365desk.model.directory.imports import Why
from o365desk.model.directory.in_step import AtSource, KeptGroup, Somebody
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.model.text.folding import plain
from o365desk.services.directory.copy.store import Copy, meta
from o365desk.services.directory.copy.tables import GROUPS

_SOME = 500
_HIDDEN = "HiddenMembership"
_EXTERNAL = "#EXT#"
"""In the user principal name of a guest, who has a mail address of their own."""


@dataclass(frozen=True, kw_only=True)
class GroupSeen:
    """A group as the copy has it. `row` by Graph's names; `people` are the users directly in it, `others` the IDs
    of whom only that is known, `nested` the IDs of the groups in it. `as_of`: how old that is."""

    row: dict[str, Any]
    people: dict[str, Somebody]
    others: frozenset[str]
    nested: tuple[str, ...]
    as_of: datetime

    @property
    def hidden(self) -> bool:
        """Whether Microsoft tells only few who is in it; others get an empty list."""
        return self.row.get("visibility") == _HIDDEN

    @property
    def name(self) -> str:
        """What it is called now."""
        return str(self.row.get("displayName") or self.row["id"])


def find_group(copy: Copy, text: str) -> dict[str, Any]:
    """The group of the copy that is meant by an ID, a mail address or a name that only one has, as its row. Raises
    ProblemError."""
    wanted = text.strip()
    with copy.reading() as connection:
        _as_of(connection)
        for condition, value in (
            ("id = ?", wanted.lower()), ("lower(mail) = ?", wanted.lower()), ("sort = ?", plain(wanted)),
        ):  # fmt: skip
            rows = connection.execute(
                f"SELECT id, {GROUPS.columns} FROM groups WHERE {condition} LIMIT 11", (value,)
            ).fetchall()
            if len(rows) > 1:
                raise ProblemError(_several(wanted, [row[0] for row in rows]))
            if rows:
                return {"id": rows[0][0], **GROUPS.values(rows[0][1:])}
        raise ProblemError(_unknown(wanted))


def tenant_of(copy: Copy) -> str:
    """The tenant that was imported. Raises ProblemError where none was."""
    with copy.reading() as connection:
        _as_of(connection)
        return meta(connection, "tenant")


def seen(copy: Copy, group: KeptGroup) -> GroupSeen:
    """A group's own members. Raises ProblemError where nothing was imported, another tenant was, or the group is
    not there: from that, nothing may be concluded about its members."""
    with copy.reading() as connection:
        return _seen(connection, group)


def everyone(copy: Copy, group: KeptGroup) -> tuple[GroupSeen, AtSource]:
    """The group, and who counts as in it: directly, or through groups in it if it is `transitive`. Raises as `seen`
    does."""
    with copy.reading() as connection:
        own = _seen(connection, group)
        people, unknown, whole = dict(own.people), set(own.others), not own.hidden
        left, looked = list(own.nested) if group.transitive else [], {own.row["id"]}
        while left:
            key = left.pop()
            if key in looked:  # groups may be in each other, also in a circle
                continue
            looked.add(key)
            kept = connection.execute("SELECT visibility FROM groups WHERE id = ?", (key,)).fetchone()
            whole = whole and kept is not None and kept[0] != _HIDDEN
            if kept is None:
                continue
            found = _members(connection, key)
            people |= found[0]
            unknown |= found[1]
            left += found[2]
    return own, AtSource(people=_distinct(people), unknown=frozenset(unknown), whole=whole)


def by_texts(copy: Copy, texts: Iterable[str]) -> dict[str, list[Somebody]]:
    """The users that IDs, user principal names or mail addresses name, by the text as it is compared; more than one
    where several have it. Raises ProblemError."""
    found: dict[str, dict[str, Somebody]] = {}
    wanted = list(dict.fromkeys(same_address(text) for text in texts))
    with copy.reading() as connection:
        _as_of(connection)
        # No index has addresses: they are read once, as they lie, whatever the number of texts.
        asked = set(wanted)
        for row in connection.execute("SELECT id, displayName, userPrincipalName, mail FROM users"):
            for text in {same_address(each) for each in (row[0], row[2], row[3]) if each} & asked:
                found.setdefault(text, {})[row[0]] = _somebody(*row)
    return {text: list(found.get(text, {}).values()) for text in wanted}


def names(copy: Copy, ids: Iterable[str]) -> dict[str, str]:
    """Display names of users by ID; of those that are there."""
    found: dict[str, str] = {}
    with copy.reading() as connection:
        keys = list(ids)
        for start in range(0, len(keys), _SOME):
            some = keys[start : start + _SOME]
            marks = ", ".join("?" * len(some))
            found |= dict(
                connection.execute(f"SELECT id, displayName FROM users WHERE id IN ({marks})", some).fetchall()
            )
    return {key: name for key, name in found.items() if name}


def _seen(connection: sqlite3.Connection, group: KeptGroup) -> GroupSeen:
    as_of = _as_of(connection)
    tenant = meta(connection, "tenant")
    if group.tenant and tenant and tenant.lower() != group.tenant.lower():
        raise ProblemError(_other_tenant(group, tenant))
    kept = connection.execute(
        f"SELECT id, {GROUPS.columns} FROM groups WHERE id = ?", (group.group_id.lower(),)
    ).fetchone()
    if kept is None:
        raise ProblemError(_gone(connection, group))
    people, others, nested = _members(connection, kept[0])
    return GroupSeen(
        row={"id": kept[0], **GROUPS.values(kept[1:])},
        people=_distinct(people),
        others=frozenset(others),
        nested=tuple(nested),
        as_of=as_of,
    )


def _members(connection: sqlite3.Connection, group: str) -> tuple[dict[str, Somebody], set[str], list[str]]:
    """The users of a group by ID, the IDs of whom only that is known, and those of groups."""
    people: dict[str, Somebody] = {}
    others: set[str] = set()
    nested: list[str] = []
    for key, sort, known, *rest in connection.execute(
        "SELECT m.id, m.type, u.id, u.displayName, u.userPrincipalName, u.mail FROM members m"
        " LEFT JOIN users u ON u.id = m.id WHERE m.key = (SELECT key FROM keys WHERE id = ?) ORDER BY m.id",
        (group,),
    ):
        if known is not None:
            people[key] = _somebody(key, *rest)
        elif sort == "group":
            nested.append(key)
        elif sort in ("user", ""):  # devices, contacts and service principals are no people
            others.add(key)
    return people, others, nested


def _somebody(key: str, name: str | None, upn: str | None, mail: str | None) -> Somebody:
    upn, mail = upn or "", mail or ""
    address = mail if mail and _EXTERNAL in upn.upper() else upn or mail or key
    return Somebody(key, address, name or "")


def _distinct(people: dict[str, Somebody]) -> dict[str, Somebody]:
    """With an address that tells each from the others: a guest's mail address may be a member's, too."""
    return dict(_told_apart(people))


def _told_apart(people: dict[str, Somebody]) -> Iterator[tuple[str, Somebody]]:
    taken: dict[str, str] = {}
    for key, each in sorted(people.items()):
        mine = taken.setdefault(same_address(each.address), key) == key
        yield key, each if mine else Somebody(key, key, each.name)


def _as_of(connection: sqlite3.Connection) -> datetime:
    row = connection.execute("SELECT as_of FROM imports ORDER BY number DESC LIMIT 1").fetchone()
    if row is None:
        raise ProblemError(
            Problem(
                title="The directory was not imported yet",
                cause="Who is in a group is read from the copy on this computer.",
                remedy="Import it first.",
                action=Action.IMPORT,
                code="not-imported",
            )
        )
    return datetime.fromisoformat(row[0])


def _gone(connection: sqlite3.Connection, group: KeptGroup) -> Problem:
    """The group is not in the copy: why, as far as it is known."""
    name = group.group_name or group.group_id
    if not connection.execute("SELECT 1 FROM rounds WHERE kind = 'groups'").fetchone():
        return Problem(
            title="No groups were imported",
            cause=f"So nothing is known of the members of “{name}”. Nobody was changed.",
            remedy="Choose groups for the import, have the permission for them consented to, and import.",
            code="no-groups",
        )
    row = connection.execute(
        "SELECT why FROM differences WHERE kind = 'groups' AND id = ? AND what = 'removed' ORDER BY n DESC LIMIT 1",
        (group.group_id.lower(),),
    ).fetchone()
    why = f" ({Why(row[0]).words})" if row and row[0] in tuple(Why) else ""
    other = connection.execute("SELECT id FROM groups WHERE sort = ? LIMIT 1", (plain(name),)).fetchone()
    again = f" Another group is called so now ({other[0]}); it is not taken for the same." if other else ""
    return Problem(
        title=f"“{name}” is gone at the source",
        cause=f"The group {group.group_id} is not in the imported directory any more{why}.{again} Nobody was "
        "changed because of that.",
        remedy="Restore it, choose it for the import again, or choose another group.",
        code="group-gone",
    )


def _other_tenant(group: KeptGroup, tenant: str) -> Problem:
    return Problem(
        title=f"What was imported is of another tenant than that of “{group.name}”",
        cause=f"The group was chosen in the tenant {group.tenant}; the copy is of {tenant}. Nobody was changed.",
        remedy="Let the data source lead to that tenant again, or choose the group anew.",
        field="tenant",
        code="other-tenant",
    )


def _unknown(text: str) -> Problem:
    return Problem(
        title=f"No imported group is “{text}”",
        cause="It is looked for by object ID, mail address and name in the copy on this computer.",
        remedy="See how it is spelled (directory groups NAME), or import the directory anew.",
        field="group",
        code="not-found",
    )


def _several(text: str, ids: list[str]) -> Problem:
    return Problem(
        title=f"Several groups are called “{text}”",
        cause=f"They are {', '.join(ids[:10])}.",
        remedy="Give the object ID of the one that is meant.",
        field="group",
        code="several",
    )
