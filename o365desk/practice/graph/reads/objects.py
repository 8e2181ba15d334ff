"""Lists whose entries are of several types: members, owners, whose member somebody is, what ids stand for."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from o365desk.practice import permissions
from o365desk.practice.directory.directory import DEVICE, GROUP, USER, Entity
from o365desk.practice.graph import properties
from o365desk.practice.graph.call import Call
from o365desk.practice.graph.properties import ObjectKind
from o365desk.practice.graph.reads import filterable
from o365desk.practice.graph.reads.filterable import Rules
from o365desk.practice.graph.selection import shown


@dataclass(frozen=True)
class Type:
    """A type of directory object. `readers` are the permissions any of which shows more of it than its id."""

    odata: str
    kind: ObjectKind
    rules: Rules
    readers: frozenset[str]


# By the last part of the type's name, as the segment of a path and as a body says it, in lower case.
TYPES = {
    "user": Type(USER, properties.USERS, filterable.USERS, permissions.READ_USERS),
    "group": Type(GROUP, properties.GROUPS, filterable.GROUPS, permissions.accepted("GET /groups", False)),
    "device": Type(DEVICE, properties.DEVICES, filterable.DEVICES, permissions.READ_DEVICES),
}


def type_of(entity: Entity) -> Type:
    """The type of a directory object, told by what only it has."""
    return TYPES["device" if "operatingSystem" in entity else "group" if "groupTypes" in entity else "user"]


def readable(call: Call, entity: Entity) -> bool:
    """Whether more of the object may be seen than its type and id."""
    return not type_of(entity).readers.isdisjoint(call.granted)


def of_type(entities: Sequence[Entity], wanted: Collection[str]) -> Sequence[Entity]:
    """Those of the named types; all if none is named."""
    types = [TYPES[name] for name in wanted]
    return [entity for entity in entities if type_of(entity) in types] if types else entities


def entry(call: Call, entity: Entity, shape: tuple[str, ...] | None) -> Entity:
    """One entry of a mixed list: `shape` None is each type's own default; of what may not be read type and id."""
    kind = type_of(entity)
    told = {"@odata.type": kind.odata, "id": entity["id"]}
    if readable(call, entity):
        own = tuple(name for name in shape or kind.kind.default if name in kind.kind.known)
        told |= shown(call.directory, [entity], kind.kind, own)[0]
    return told
