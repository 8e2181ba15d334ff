"""What is sent with a write: a JSON object, and in it references to other objects by their addresses."""

from typing import Any
from urllib.parse import unquote

import msgspec

from o365desk.practice.directory.directory import Entity
from o365desk.practice.graph import properties
from o365desk.practice.graph.call import Call, GraphError, bad_request, not_found

_MOST_REFERENCES = 20
SYNCED = (
    "Unable to update the specified properties for on-premises mastered Directory Sync objects or objects "
    "currently undergoing migration."
)
_KINDS = ("directoryobjects", "users", "groups", "devices")


def json_object(call: Call) -> dict[str, Any]:
    """The JSON object that was sent; GraphError in the words of Graph's front door for anything else."""
    kind = call.request.headers.get("content-type", "").lower()
    if not kind:
        text = "Write requests (excluding DELETE) must contain the Content-Type header declaration."
        raise GraphError(400, "BadRequest", text)
    if not kind.startswith("application/json"):
        raise GraphError(400, "BadRequest", "Entity only allows writes with a JSON Content-Type header.")
    try:
        value = _spelled(msgspec.json.decode(call.request.body))
    except (ValueError, RecursionError):  # msgspec's errors are of the first kind
        value = None
    if not isinstance(value, dict):
        text = (
            "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid"
        )
        raise GraphError(400, "BadRequest", f"{text} JSON format.")
    return value


def _spelled(value: Any) -> Any:
    """What was sent, with names as Graph writes them: it takes them in any case. ValueError if one comes twice."""
    if isinstance(value, list):
        return [_spelled(one) for one in value]
    if not isinstance(value, dict):
        return value
    found = {properties.SPELLED.get(name.lower(), name): _spelled(one) for name, one in value.items()}
    if len(found) < len(value):
        raise ValueError("a name comes twice")
    return found


def check_count(body: dict[str, Any]) -> None:
    """Refuses more than 20 references in one request."""
    given = [value for name, value in body.items() if name.endswith("@odata.bind") and isinstance(value, list)]
    if sum(map(len, given)) > _MOST_REFERENCES:
        raise bad_request(f"A request can add at most {_MOST_REFERENCES} references.")


def bound(call: Call, body: dict[str, Any], name: str) -> list[Entity]:
    """The objects behind `{name}@odata.bind`, each once; [] without it."""
    given = body.get(f"{name}@odata.bind", [])
    if not isinstance(given, list):
        raise bad_request(f"Invalid value specified for property '{name}@odata.bind': a list is expected.")
    found = [referred(call, address) for address in given]
    seen: set[str] = set()
    for entity in found:
        if entity["id"] in seen:
            text = f"The object '{entity['id']}' can only be present once as an add/remove change of '{name}'."
            raise bad_request(text)
        seen.add(entity["id"])
    return found


def referred(call: Call, address: object) -> Entity:
    """The object behind an address such as {root}/v1.0/directoryObjects/{id}, which must be on this host."""
    root = call.context.removesuffix("$metadata#")
    if not isinstance(address, str) or not address.lower().startswith(root.lower()):
        raise bad_request(f"Resource reference '{address}' is not an address of this service's version 1.0.")
    kind, _, key = address[len(root) :].rstrip("/").partition("/")
    if kind.lower() not in _KINDS or not key or "/" in key:
        raise bad_request(f"Resource reference '{address}' does not name an object of the directory.")
    key = unquote(key)
    found = _found(call, kind.lower(), key.lower())
    if found is None:
        raise not_found(key)
    return found


def _found(call: Call, kind: str, key: str) -> Entity | None:
    directory = call.directory
    by_kind = {"users": directory.user_by_key, "groups": directory.group_by_id, "devices": directory.device_by_id}
    if kind != "directoryobjects":
        return by_kind[kind].get(key)
    if "@" in key:  # only /users takes a user principal name
        return None
    return next((entries[key] for entries in by_kind.values() if key in entries), None)
