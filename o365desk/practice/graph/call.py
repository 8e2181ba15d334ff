"""One request to Graph with whose it is, and the refusals in Graph's words that every part of it raises."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from o365desk.practice.directory.directory import Account, Directory, Entity
from o365desk.practice.graph import properties
from o365desk.practice.tokens import Claims
from o365desk.practice.wire import Answer, Request

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


# What is followed by the id of an object.
_KEYED = frozenset({"users", "groups", "serviceprincipals", "directoryobjects", "organization", "subscribedskus"})


def is_guid(text: str) -> bool:
    """Whether this has the form of an object's id."""
    return _GUID.fullmatch(text) is not None


class GraphError(Exception):
    """A refusal in Graph's words."""

    def __init__(self, status: int, code: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.details: list[dict[str, str]] = []
        self.status, self.code, self.message = status, code, message
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def unmodelled(what: str, there: bool = False) -> GraphError:
    """The honest answer to what this practice tenant cannot; `there`: Microsoft Graph surely can."""
    also = " yet; Microsoft Graph does." if there else ", and does not know whether Microsoft Graph does."
    return GraphError(501, "NotImplemented", f"The practice tenant does not model {what}{also}")


def denied() -> GraphError:
    """The permission or the role is missing."""
    return GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def bad_request(message: str, **detail: str) -> GraphError:
    """The directory does not accept what was sent; `detail` is the entry of the error's `details`."""
    error = GraphError(400, "Request_BadRequest", message)
    error.details = [detail] if detail else []
    return error


def invalid_value(name: str, resource: str) -> GraphError:
    """A property cannot have this value."""
    text = f"Invalid value specified for property '{name}' of resource '{resource}'."
    return bad_request(text, code="InvalidValue", target=name)


def conflict(name: str) -> GraphError:
    """Another object has this value, which only one can have."""
    text = f"Another object with the same value for property {name} already exists."
    return bad_request(text, code="ObjectConflict", target=name)


def restricted() -> GraphError:
    """Only the administrators of a restricted management administrative unit change what is in it."""
    text = (
        "Insufficient privileges to complete the operation. Target object is a member of a restricted "
        "management administrative unit and can only be modified by administrators scoped to that "
        "administrative unit. Check that you are assigned a role that has permission to perform the operation "
        "for this restricted management administrative unit. Learn more: "
        "https://go.microsoft.com/fwlink/?linkid=2197831"
    )
    return GraphError(403, "Authorization_RequestDenied", text)


def not_found(key: str) -> GraphError:
    """Nothing there by that name."""
    text = f"Resource '{key}' does not exist or one of its queried reference-property objects are not present."
    return GraphError(404, "Request_ResourceNotFound", text)


@dataclass
class Call:
    """One request with whose it is: `permissions` are the token's, `account` the person, None for an app."""

    request: Request
    claims: Claims
    granted: frozenset[str]
    account: Account | None
    directory: Directory
    context: str
    now: float  # the tenant's time
    replication_delay: float  # seconds until a new object is seen
    members_delay: float  # seconds until a change of members is listed
    opened_by: frozenset[str] = field(default_factory=frozenset)
    naming_policy: str = "none"  # what the names of Microsoft 365 groups must keep to

    def group(self, key: str) -> Entity:
        """The group with this id, or Graph's refusal."""
        if not is_guid(key):
            raise GraphError(400, "Request_BadRequest", f"Invalid object identifier '{key}'.")
        found = self.directory.group_by_id.get(key.lower())
        if found is None:
            raise not_found(key)
        return found

    def user(self, key: str) -> Entity:
        """The user with this id or user principal name, or Graph's refusal."""
        found = self.directory.user_by_key.get(key.lower())
        if found is None:
            raise not_found(key)
        return found


def pattern(parts: tuple[str, ...]) -> str:
    """A path as the table writes it: lower case, identifiers as {id}."""
    first = parts[0].lower()
    if first == "directory" and len(parts) > 2 and "." not in parts[2]:
        parts = (*parts[:2], "{id}", *parts[3:])
    if first not in _KEYED:
        return "/" + "/".join(part.lower() for part in parts)
    words = [part.lower() if part.lower() in properties.SEGMENTS else "{id}" for part in parts[1:]]
    return "/" + "/".join([first, *words])


# What answers a row of the permission table; it is given the parts of the path behind the version.
Handler = Callable[[Call, tuple[str, ...]], Answer]
