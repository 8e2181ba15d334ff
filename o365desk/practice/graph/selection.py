"""How an object looks in an answer: which properties, of what was asked for and may be seen."""

import struct
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import msgspec

from o365desk.practice.directory import licences_held
from o365desk.practice.directory.directory import Directory, Entity
from o365desk.practice.graph import properties
from o365desk.practice.graph.call import Call, GraphError, denied
from o365desk.practice.graph.properties import ObjectKind
from o365desk.practice.wire import Answer, json_answer

_KEPT = frozenset({"@odata.count", "@odata.nextLink", "@odata.deltaLink"})

# What is to be added to an object.
More = Callable[[Entity], Entity]


def selection(call: Call) -> str:
    """What was selected, as the context of an answer says it."""
    selected = call.request.options.get("$select", "")
    return f"({selected})" if selected else ""


def entity_answer(
    call: Call, name: str, entity: Entity, kind: ObjectKind, status: int = 200, more: More | None = None
) -> Answer:
    """One object in the shape that was asked for, else in its default one; `more` says what is added to it."""
    context = f"{call.context}{name}{selection(call)}/$entity"
    body = {
        "@odata.context": context,
        **shown(call.directory, [entity], kind, shape_of(call, kind, single=True))[0],
    }
    answer = json_answer(status, body | more(entity) if more is not None else body)
    if status == 201:
        answer.headers["Location"] = reference(call, entity)
    return answer


def shown(
    directory: Directory, entities: Sequence[Entity], kind: ObjectKind, shape: tuple[str, ...]
) -> list[Entity]:
    """Objects with just these properties: what is kept of them, what is worked out, else what stands for none."""
    pairs = [(name, kind.empty.get(name)) for name in shape]
    found = [{name: entity.get(name, empty) for name, empty in pairs} for entity in entities]
    for name in _COMPUTED.keys() & set(shape):
        for entity, entry in zip(entities, found, strict=True):
            entry[name] = _COMPUTED[name](directory, entity)
    return found


def without_metadata(body: bytes) -> bytes:
    """An answer for who wants no annotations: all but the count and the way on are taken out."""
    return msgspec.json.encode(_bare(msgspec.json.decode(body)))


def _bare(value: Any) -> Any:
    if isinstance(value, list):
        return [_bare(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: _bare(one) for name, one in value.items() if "@odata." not in name or name in _KEPT}


def reference(call: Call, entity: Entity) -> str:
    """The address of a directory object as Graph itself writes it in `Location` and in references."""
    kind = "User" if "userPrincipalName" in entity else "Device" if "operatingSystem" in entity else "Group"
    root = call.context.partition("/v1.0/")[0]
    return (
        f"{root}/v2/{call.directory.tenant_id}/directoryObjects/{entity['id']}/Microsoft.DirectoryServices.{kind}"
    )


def shape_of(call: Call, kind: ObjectKind, single: bool = False, selected: str | None = None) -> tuple[str, ...]:
    """The properties to answer with, or a refusal of what cannot be selected. `selected`: instead of what the call
    asks for."""
    if selected is None:
        selected = call.request.options.get("$select", "")
    basic = kind is properties.USERS and call.opened_by <= {"User.ReadBasic.All"}
    if not selected:
        return properties.BASIC if basic else kind.default
    shape: list[str] = []
    for asked in (part.strip() for part in selected.split(",")):
        if not asked:
            continue
        name = kind.spelled.get(asked.lower())
        if name is None:
            text = f"Parsing OData Select and Expand failed: Could not find a property named '{asked}' on type "
            raise GraphError(400, "BadRequest", f"{text}'{kind.type_name}'.")
        if not single and name in kind.single_only:
            raise GraphError(501, "NotImplemented", "This operation target is not yet supported.")
        if name in kind.refused:
            raise GraphError(*kind.refused[name])
        if basic and name not in properties.BASIC:
            raise denied()
        shape.append(name)
    return tuple(dict.fromkeys(shape))


def _security_identifier(directory: Directory, entity: Entity) -> str:
    """What Windows knows an object of the cloud by: its id as four numbers."""
    return "S-1-12-1-" + "-".join(map(str, struct.unpack("<4I", UUID(entity["id"]).bytes_le)))


def _identities(directory: Directory, user: Entity) -> list[Entity]:
    """How somebody signs in."""
    name = {"signInType": "userPrincipalName", "issuer": directory.domain}
    return [name | {"issuerAssignedId": user["userPrincipalName"]}] if "userPrincipalName" in user else []


# What is not kept but worked out.
_COMPUTED: dict[str, Callable[[Directory, Entity], Any]] = {
    "licenseAssignmentStates": licences_held.states,
    "securityIdentifier": _security_identifier,
    "identities": _identities,
    "isManagementRestricted": lambda directory, entity: True if entity["id"] in directory.restricted else None,
}
