"""Microsoft Graph's side: tokens, permissions, lists in pages, errors in Graph's envelope."""

import base64
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from o365desk.practice import permissions, properties
from o365desk.practice.directory import DEVICE, USER, Account, Directory, Entity
from o365desk.practice.paging import PageTokens
from o365desk.practice.tenant import GRAPH_APP_ID, Tenant
from o365desk.practice.tokens import Claims, TokenError
from o365desk.practice.wire import Answer, Request, json_answer, text_answer

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_DENIED = "Insufficient privileges to complete the operation."
_UNMODELLED_OPTIONS = frozenset({"$filter", "$search", "$orderby", "$expand", "$format", "$apply"})
_KNOWN_OPTIONS = _UNMODELLED_OPTIONS | {"$select", "$top", "$count", "$skiptoken"}
_KNOWN_ROOTS = frozenset(
    {"users", "groups", "me", "organization", "subscribedskus", "$batch", "directoryobjects", "applications",
     "serviceprincipals", "oauth2permissiongrants", "directory", "domains", "devices", "contacts", "auditlogs",
     "directoryroles", "rolemanagement", "policies", "$metadata"}
)  # fmt: skip
_TOKEN_MESSAGES = {
    "shape": "CompactToken parsing failed with error code: 80049217",
    "signature": "Access token validation failure. Invalid signature.",
    "audience": "Access token validation failure. Invalid audience.",
    "expired": "Lifetime validation failed, the token is expired.",
    "early": "Lifetime validation failed, the token is not yet valid.",
}
_COSTS = {"/users": 2, "/subscribedskus": 3, "/groups/{id}/members": 3, "/groups/{id}/transitivemembers": 5,
          "/users/{id}/licensedetails": 2, "/users/{id}/memberof": 2}  # fmt: skip
_KEY_IN_BRACKETS = re.compile(r"(users|groups)\('(.+)'\)", re.IGNORECASE)


class GraphError(Exception):
    """A refusal in Graph's words."""

    def __init__(self, status: int, code: str, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


def unmodelled(what: str) -> GraphError:
    """The honest answer to what Microsoft Graph could do and this practice tenant cannot."""
    return GraphError(
        501, "NotImplemented", f"The practice tenant does not model {what} yet; Microsoft Graph does."
    )


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
    opened_by: frozenset[str] = field(default_factory=frozenset)


class Graph:
    """Answers requests to the Graph port."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._root = tenant.addresses.graph
        self._pages = PageTokens(self._root)

    def answer(self, request: Request) -> Answer:
        """The answer to one request, with Graph's headers."""
        try:
            answer = self._answer(request)
        except GraphError as error:
            answer = self.error(request, error)
        answer.headers["x-ms-resource-unit"] = str(_resource_units(request))
        return self._with_ids(request, answer)

    def error(self, request: Request, error: GraphError) -> Answer:
        """A refusal in Graph's envelope."""
        inner = {
            "date": datetime.fromtimestamp(self._tenant.now(), UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            **_ids(request),
        }
        if error.status == 429:
            inner |= {"code": "429", "status": "429", "message": error.message}
        body = {"error": {"code": error.code, "message": error.message, "innerError": inner}}
        return self._with_ids(request, json_answer(error.status, body, **error.headers))

    def throttle_scope(self, request: Request) -> str:
        """The `x-ms-throttle-scope` of a 429: whose quota was used up."""
        try:
            app = self._token(request)["appid"]
        except GraphError:
            app = GRAPH_APP_ID
        return f"Tenant_Application/ReadWrite/{app}/{self._tenant.home.tenant_id}"

    def _with_ids(self, request: Request, answer: Answer) -> Answer:
        answer.headers |= _ids(request)
        if answer.body is not None and answer.content_type.startswith("application/json"):
            answer.content_type = (
                "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"
                if answer.status < 300
                else "application/json"
            )
        answer.headers["Cache-Control"] = "no-cache"
        return answer

    def _answer(self, request: Request) -> Answer:
        parts = request.segments
        if parts == ("oidc", "userinfo"):
            return self._userinfo(self._call(request))
        if parts[0] == "beta":
            raise unmodelled("the beta version")
        if parts[0] != "v1.0" or len(parts) == 1:
            raise GraphError(400, "BadRequest", f"Invalid version: {parts[0]}")
        bracketed = _KEY_IN_BRACKETS.fullmatch(parts[1])
        inner = (bracketed[1], bracketed[2].replace("''", "'"), *parts[2:]) if bracketed else parts[1:]
        return self._routed(self._call(request), inner)

    def _call(self, request: Request) -> Call:
        claims = self._token(request)
        directory = self._tenant.directory(claims["tid"])
        if directory is None:
            raise GraphError(401, "InvalidAuthenticationToken", "Access token validation failure.")
        delegated = claims.get("idtyp") == "user"
        granted = frozenset(claims.get("scp", "").split()) if delegated else frozenset(claims.get("roles", ()))
        account = next((a for a in directory.accounts if a.oid == claims["oid"]), None) if delegated else None
        if delegated and account is None:
            raise self._unauthorized("Access token validation failure.")
        return Call(request, claims, granted, account, directory, f"{self._root}/v1.0/$metadata#")

    def _token(self, request: Request) -> Claims:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise self._unauthorized("Access token is empty.")
        audience = (self._root, self._root + "/", GRAPH_APP_ID)
        if "." not in token:
            raise self._unauthorized("IDX14100: JWT is not well formed, there are no dots (.).")
        try:
            claims = self._tenant.signer.verified(token.strip(), audience, self._tenant.now())
        except TokenError as error:
            raise self._unauthorized(_TOKEN_MESSAGES[error.reason]) from None
        if "cp1" in claims.get("xms_cc", ()) and "sid" in claims and self._tenant.session_ended(claims):
            raise self._challenge()
        return claims

    def _realm(self) -> str:
        address = f"{self._tenant.addresses.login}/common/oauth2/authorize"
        return f'Bearer realm="", authorization_uri="{address}", client_id="{GRAPH_APP_ID}"'

    def _unauthorized(self, message: str) -> GraphError:
        return GraphError(401, "InvalidAuthenticationToken", message, WWW_Authenticate=self._realm())

    def _challenge(self) -> GraphError:
        """The claims challenge of continuous access evaluation."""
        wanted = {"access_token": {"nbf": {"essential": True, "value": str(int(self._tenant.revoked_at))}}}
        claims = base64.b64encode(json.dumps(wanted).encode()).decode()
        header = f'{self._realm()}, error="insufficient_claims", claims="{claims}"'
        text = (
            "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: "
            "TokenIssuedBeforeRevocationTimestamp"
        )
        return GraphError(401, "InvalidAuthenticationToken", text, WWW_Authenticate=header)

    def _userinfo(self, call: Call) -> Answer:
        if call.account is None or "openid" not in call.granted:
            raise GraphError(403, "Authorization_RequestDenied", _DENIED)
        user = call.account.user
        info = {
            "sub": call.claims["sub"],
            "name": user["displayName"],
            "family_name": user["surname"],
            "given_name": user["givenName"],
            "picture": f"{self._root}/v1.0/me/photo/$value",
        }
        if "email" in call.granted and user["mail"]:
            info["email"] = user["mail"]
        return json_answer(200, info)

    def _routed(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """Permission first, then what is modelled, then an honest refusal."""
        method, path = call.request.method, _pattern(parts)
        row = f"{method} {path.removesuffix('/$count')}"
        if row in permissions.rows():
            call.opened_by = permissions.allows(row, call.granted, call.account is not None)
            self._enforce(call, row, parts)
        handler = _HANDLERS.get(path) if method == "GET" else None
        if handler is not None:
            self._check_options(call, path)
            return handler(self, call, parts)
        if parts[0].lower() not in _KNOWN_ROOTS:
            text = f"Resource not found for the segment '{parts[0]}'."
            raise GraphError(404, "Request_ResourceNotFound", text)
        raise unmodelled(f"{method} /{'/'.join(parts)}")

    def _enforce(self, call: Call, row: str, parts: tuple[str, ...]) -> None:
        if row == "GET /me" and call.account is None:
            text = "/me request is only valid with delegated authentication flow."
            raise GraphError(400, "BadRequest", text)
        if not call.opened_by:
            raise GraphError(403, "Authorization_RequestDenied", _DENIED)
        if call.account is None:
            return
        own = row in ("GET /me", "GET /organization")
        if parts[0].lower() == "users" and len(parts) > 1:
            own = parts[1].lower() in (call.account.oid, str(call.account.user["userPrincipalName"]).lower())
            only_own = call.opened_by <= {"User.Read", "User.ReadWrite"}
            if only_own and not own:
                raise GraphError(403, "Authorization_RequestDenied", _DENIED)
        if not call.account.member and not own:
            raise GraphError(403, "Authorization_RequestDenied", _DENIED)

    def _check_options(self, call: Call, path: str) -> None:
        """Refuses what Graph refuses, and what only this practice tenant cannot."""
        asked = {name for name in call.request.params if name.startswith("$")}
        if path == "/subscribedskus" and asked - {"$select", "$format"}:
            text = "This resource doesn't support these query options; only $select is supported."
            raise GraphError(400, "Request_UnsupportedQuery", text)
        for name in sorted(asked):
            if name in _UNMODELLED_OPTIONS:
                raise unmodelled(name)
            if name not in _KNOWN_OPTIONS:
                raise GraphError(400, "Request_BadRequest", f"'{name}' is not supported by the service.")

    # What is modelled. Each takes the call and the path behind the version.

    def organization(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /organization"""
        return self._list(call, "organization", [call.directory.organization], properties.ORGANIZATION)

    def me(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /me"""
        if call.account is None:
            raise GraphError(403, "Authorization_RequestDenied", _DENIED)
        return self._entity(call, "users", call.account.user, properties.USERS)

    def users(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /users"""
        return self._list(call, "users", call.directory.users, properties.USERS)

    def user(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /users/{id or user principal name}"""
        key = parts[1].lower()
        found = call.directory.user_by_key.get(key)
        if found is None:
            raise not_found(parts[1])
        return self._entity(call, "users", found, properties.USERS)

    def groups(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /groups"""
        return self._list(call, "groups", call.directory.groups, properties.GROUPS)

    def group(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /groups/{id}"""
        return self._entity(call, "groups", self._group(call, parts[1]), properties.GROUPS)

    def members(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /groups/{id}/members: of members whose type may not be read only type and id."""
        group = self._group(call, parts[1])
        hidden = group["visibility"] == "HiddenMembership" and "Member.Read.Hidden" not in call.granted
        if hidden and "Directory.ReadWrite.All" not in call.granted:
            raise GraphError(403, "Authorization_RequestDenied", _DENIED)
        return self._list(call, "directoryObjects", call.directory.members[group["id"]], properties.MEMBERS)

    def subscribed_skus(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET /subscribedSkus"""
        return self._list(call, "subscribedSkus", call.directory.skus, properties.SKUS)

    def count(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """GET …/$count: a number as text; wants ConsistencyLevel."""
        if call.request.headers.get("consistencylevel", "").lower() != "eventual":
            raise GraphError(400, "Request_BadRequest", "$count is not currently supported.")
        if parts[0].lower() == "users":
            return text_answer(200, str(len(call.directory.users)))
        if parts[1] == "$count":
            return text_answer(200, str(len(call.directory.groups)))
        return text_answer(200, str(len(call.directory.members[self._group(call, parts[1])["id"]])))

    def _group(self, call: Call, key: str) -> Entity:
        if not _GUID.fullmatch(key):
            raise GraphError(400, "Request_BadRequest", f"Invalid object identifier '{key}'.")
        found = call.directory.group_by_id.get(key.lower())
        if found is None:
            raise not_found(key)
        return found

    def _entity(self, call: Call, name: str, entity: Entity, kind: properties.Kind) -> Answer:
        shape = self._shape(call, kind, single=True)
        entity = {**entity, **_computed(call.directory, entity, shape)}
        context = f"{call.context}{name}{_selection(call)}/$entity"
        return json_answer(200, {"@odata.context": context, **{key: entity.get(key) for key in shape}})

    def _shape(self, call: Call, kind: properties.Kind, single: bool = False) -> tuple[str, ...]:
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
                raise GraphError(403, "Authorization_RequestDenied", _DENIED)
            shape.append(name)
        return tuple(shape)

    def _list(self, call: Call, name: str, entities: Sequence[Entity], kind: properties.Kind) -> Answer:
        try:
            start, after_empty = self._pages.position(call.request, call.directory.tenant_id)
        except ValueError:
            text = "The specified page token value has expired and can no longer be used."
            raise GraphError(400, "Directory_ExpiredPageToken", text) from None
        size = self._page_size(call, kind)
        empty = bool(start) and not after_empty and self._tenant.switches.value("empty_page") is True
        page = [] if empty else entities[start : start + size]
        following = start + len(page)
        body: dict[str, Any] = {"@odata.context": f"{call.context}{name}{_selection(call)}"}
        if self._counts(call) and not start:
            body["@odata.count"] = len(entities)
        if following < len(entities):
            body["@odata.nextLink"] = self._pages.next_link(
                call.request, call.directory.tenant_id, following, empty
            )
        shape = self._shape(call, kind)
        if kind is properties.MEMBERS:
            body["value"] = [_member(call, entity, shape) for entity in page]
        else:
            body["value"] = [{key: entity.get(key) for key in shape} for entity in page]
        return Answer(200, msgspec.json.encode(body))

    @staticmethod
    def _counts(call: Call) -> bool:
        eventual = call.request.headers.get("consistencylevel", "").lower() == "eventual"
        return eventual and call.request.params.get("$count", "").lower() == "true"

    @staticmethod
    def _page_size(call: Call, kind: properties.Kind) -> int:
        asked = call.request.params.get("$top")
        if not kind.paged:
            return 1_000_000
        if asked is None:
            return 100
        if not asked.isdecimal() or not 1 <= int(asked) <= 999:
            text = f"Invalid page size specified: '{asked}'. Must be between 1 and 999 inclusive."
            raise GraphError(400, "Request_UnsupportedQuery", text)
        return int(asked)


def _ids(request: Request) -> dict[str, str]:
    return {"request-id": request.id, "client-request-id": request.client_id}


def _selection(call: Call) -> str:
    selected = call.request.params.get("$select", "")
    return f"({selected})" if selected else ""


def _member(call: Call, entity: Entity, shape: tuple[str, ...]) -> Entity:
    device = "operatingSystem" in entity
    readers = permissions.READ_DEVICES if device else permissions.READ_USERS
    entry = {"@odata.type": DEVICE if device else USER, "id": entity["id"]}
    if readers & call.granted:
        entry |= {key: entity[key] for key in shape if key in entity}
    return entry


def _computed(directory: Directory, user: Entity, shape: tuple[str, ...]) -> Entity:
    """What is not kept but worked out for one user."""
    if "licenseAssignmentStates" not in shape:
        return {}
    return {"licenseAssignmentStates": directory.assignment_states(user)}


def _pattern(parts: tuple[str, ...]) -> str:
    """A path as the table writes it: lower case, identifiers as {id}."""
    first = parts[0].lower()
    if first not in ("users", "groups", "serviceprincipals", "directoryobjects"):
        return "/" + "/".join(part.lower() for part in parts)
    words = [part.lower() if part.lower() in properties.SEGMENTS else "{id}" for part in parts[1:]]
    return "/" + "/".join([first, *words])


def _resource_units(request: Request) -> int:
    """What Graph says a request costs."""
    cost = _COSTS.get(_pattern(request.segments[1:] or ("",)), 1) if request.method == "GET" else 1
    top = request.params.get("$top", "")
    cost += ("$expand" in request.params) - ("$select" in request.params)
    return max(1, cost - (top.isdecimal() and int(top) < 20))


_Handler = Callable[[Graph, Call, tuple[str, ...]], Answer]
_HANDLERS: dict[str, _Handler] = {
    "/organization": Graph.organization,
    "/me": Graph.me,
    "/users": Graph.users,
    "/users/$count": Graph.count,
    "/users/{id}": Graph.user,
    "/groups": Graph.groups,
    "/groups/$count": Graph.count,
    "/groups/{id}": Graph.group,
    "/groups/{id}/members": Graph.members,
    "/groups/{id}/members/$count": Graph.count,
    "/subscribedskus": Graph.subscribed_skus,
}
