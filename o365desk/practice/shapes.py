"""How an object looks in an answer: which properties, of what was asked for and may be seen."""

from collections.abc import Callable

from o365desk.practice import holdings, properties
from o365desk.practice.call import Call, GraphError, denied
from o365desk.practice.directory import Directory, Entity
from o365desk.practice.properties import Kind
from o365desk.practice.wire import Answer, json_answer

# What is to be added to an object.
More = Callable[[Entity], Entity]


def selection(call: Call) -> str:
    """What was selected, as the context of an answer says it."""
    selected = call.request.params.get("$select", "")
    return f"({selected})" if selected else ""


def entity_answer(
    call: Call, name: str, entity: Entity, kind: Kind, status: int = 200, more: More | None = None
) -> Answer:
    """One object in the shape that was asked for, else in its default one; `more` says what is added to it."""
    shape = shape_of(call, kind, single=True)
    entity = {**entity, **_computed(call.directory, entity, shape)}
    context = f"{call.context}{name}{selection(call)}/$entity"
    body = {"@odata.context": context, **{key: entity.get(key) for key in shape}}
    return json_answer(status, body | more(entity) if more is not None else body)


def shape_of(call: Call, kind: Kind, single: bool = False) -> tuple[str, ...]:
    """The properties to answer with, or a refusal of what cannot be selected."""
    selected = call.request.params.get("$select", "")
    basic = kind is properties.USERS and call.opened_by <= {"User.ReadBasic.All"}
    if not selected:
        return properties.BASIC if basic else kind.default
    names = {name.lower(): name for name in kind.known}
    shape: list[str] = []
    for asked in dict.fromkeys(part.strip() for part in selected.split(",") if part.strip()):
        if asked in kind.elsewhere or (not single and asked in kind.single_only):
            raise GraphError(501, "NotImplemented", "This operation target is not yet supported.")
        name = names.get(asked.lower())
        if name is None:
            text = f"Parsing OData Select and Expand failed: Could not find a property named '{asked}' on type "
            raise GraphError(400, "BadRequest", f"{text}'{kind.type_name}'.")
        if basic and name not in properties.BASIC:
            raise denied()
        shape.append(name)
    return tuple(shape)


def _computed(directory: Directory, user: Entity, shape: tuple[str, ...]) -> Entity:
    """What is not kept but worked out for one user."""
    if "licenseAssignmentStates" not in shape:
        return {}
    return {"licenseAssignmentStates": holdings.states(directory, user)}
