"""Microsoft Graph's side: tokens, permissions, which part answers, errors in Graph's envelope."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from o365desk.practice import permissions
from o365desk.practice.graph import batch, metadata
from o365desk.practice.graph.access_token import Bearer
from o365desk.practice.graph.call import Call, GraphError, denied, pattern, unmodelled
from o365desk.practice.graph.reads import memberships, recycled
from o365desk.practice.graph.reads.delta import Deltas
from o365desk.practice.graph.reads.reads import Reads
from o365desk.practice.graph.selection import without_metadata
from o365desk.practice.graph.throttling import Throttle, scope
from o365desk.practice.graph.writes import group_writes, licence_writes, user_writes
from o365desk.practice.tenant import GRAPH_APP_ID, Tenant
from o365desk.practice.wire import Answer, Request, json_answer

_COSTS = {"/users": 2, "/subscribedskus": 3, "/groups/{id}/members": 3, "/groups/{id}/transitivemembers": 5,
          "/directoryobjects/getbyids": 3, "/users/{id}/licensedetails": 2, "/users/{id}/memberof": 2}  # fmt: skip
_KEY_IN_BRACKETS = re.compile(r"(users|groups)\('(.+)'\)", re.IGNORECASE)

_CAST = re.compile(r"(?<!deleteditems)/microsoft\.graph\.\w+$")  # of a list: who may read it all may read a part
_ALIAS = re.compile(r"graph\.(user|group|device)", re.IGNORECASE)  # so Microsoft's SDKs write a cast

_FUNCTION = re.compile(r"(microsoft\.graph\.)?delta(\(\))?", re.IGNORECASE)  # with its full name, or called

_JSON = "application/json"
_TYPE = _JSON + ";odata.metadata={};odata.streaming=true;IEEE754Compatible=false;charset=utf-8"

_REFUSALS = {
    # value of the switch: whether writes only, status, code, text
    "denied": (False, 403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
    "identity": (False, 403, "Authorization_IdentityNotFound", "The identity of the calling application could not "
                 "be established."),
    "quota": (True, 400, "Directory_QuotaExceeded", "The directory object quota limit for the Tenant has been "
              "exceeded."),
    "method": (True, 405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target."),
    "bad_request": (True, 400, "Request_BadRequest", "Invalid object identifier 'practice'."),
    "unsupported": (False, 400, "Request_UnsupportedQuery", "Unsupported Query."),
    "token": (False, 401, "InvalidAuthenticationToken", "Access token validation failure."),
    "bad_gateway": (False, 502, "UnknownError", "The gateway got no answer."),
    "timeout": (False, 504, "UnknownError", "The gateway gave up waiting."),
}  # fmt: skip


class Graph:
    """Answers requests to the Graph port."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._root = tenant.addresses.graph
        self._bearer = Bearer(tenant)
        self._throttle = Throttle()
        tenant.at_reset.append(self._throttle.forget)
        self._handlers = Reads(tenant).handlers() | Deltas(tenant).handlers() | memberships.handlers()
        for room in (group_writes, user_writes, recycled, licence_writes):
            self._handlers |= room.handlers()

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
            "date": datetime.fromtimestamp(self._tenant.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            **_ids(request),
        }
        if error.status == 429:
            inner |= {"code": "429", "status": "429", "message": error.message}
        told: dict[str, Any] = {"code": error.code, "message": error.message, "innerError": inner}
        if error.details:
            told["details"] = error.details
        return self._with_ids(request, json_answer(error.status, {"error": told}, **error.headers))

    def throttled(self, request: Request) -> GraphError:
        """The 429 that the switches ask for."""
        try:
            app = self._bearer.claims(request)["appid"]
        except GraphError:
            app = GRAPH_APP_ID
        error = GraphError(429, "TooManyRequests", "Too many requests.")
        error.headers = {
            "Retry-After": f"{self._tenant.switches.number('retry_after'):g}",
            "x-ms-throttle-scope": scope("ReadWrite", app, self._tenant.home.tenant_id),
            "x-ms-throttle-information": "ResourceUnitLimitExceeded",
        }
        return error

    def _with_ids(self, request: Request, answer: Answer) -> Answer:
        answer.headers |= _ids(request)
        if answer.body is not None and answer.status < 300:
            answer.headers["OData-Version"] = "4.0"
        if answer.body is not None and answer.content_type.startswith("application/json"):
            plain = "odata.metadata=none" in request.headers.get("accept", "").lower().replace(" ", "")
            if plain and answer.status < 300:
                answer.body = without_metadata(answer.body)
            answer.content_type = _TYPE.format("none" if plain else "minimal") if answer.status < 300 else _JSON
        answer.headers["Cache-Control"] = "no-cache"
        return answer

    def _answer(self, request: Request) -> Answer:
        parts = request.segments
        if parts == ("oidc", "userinfo"):
            return self._userinfo(self._call(request))
        if parts[0] == "beta":
            raise unmodelled("the beta version", there=True)
        if parts[0] != "v1.0" or len(parts) == 1:
            raise GraphError(400, "BadRequest", f"Invalid version: {parts[0]}")
        if parts[1].lower() == "$batch" and len(parts) == 2 and request.method == "POST":
            self._bearer.claims(request)
            return batch.answered(request, self._item, self._tenant.home.tenant_id)
        self._refuse(request)
        bracketed = _KEY_IN_BRACKETS.fullmatch(parts[1])
        inner = (bracketed[1], bracketed[2].replace("''", "'"), *parts[2:]) if bracketed else parts[1:]
        if len(inner) == 2 and _FUNCTION.fullmatch(inner[1]):
            inner = (inner[0], "delta")
        whole = tuple(f"microsoft.{part}" if _ALIAS.fullmatch(part) else part for part in inner)
        return self._metered(*self._as_oneself(self._call(request), whole))

    def _as_oneself(self, call: Call, parts: tuple[str, ...]) -> tuple[Call, tuple[str, ...]]:
        """What begins with /me, but for reading /me itself, is what begins with /users and one's own id."""
        if parts[0].lower() != "me" or (len(parts) == 1 and call.request.method == "GET"):
            return call, parts
        if call.account is None:
            raise _not_a_person()
        parts = ("users", call.account.oid, *parts[1:])
        return replace(call, request=replace(call.request, path="/v1.0/" + "/".join(map(quote, parts)))), parts

    def _refuse(self, request: Request) -> None:
        """The refusal that a switch asks for."""
        asked = _REFUSALS.get(self._tenant.switches.text("graph_refuses"))
        if asked and (request.method != "GET" or not asked[0]):
            raise GraphError(*asked[1:])

    def _item(self, request: Request) -> Answer:
        """The answer to one request of a batch: the same as outside, but for a switch of its own."""
        if self._tenant.switches.take("batch_throttle"):
            return self.error(request, self.throttled(request))
        return self.answer(request)

    def _metered(self, call: Call, parts: tuple[str, ...]) -> Answer:
        """Counts the request, tells how much of the quota is used."""
        profile, units = self._tenant.switches.text("throttling"), _resource_units(call.request)
        used = self._throttle.charge(profile, call, units, batch.writes(call.request))
        try:
            answer = self._routed(call, parts)
        except GraphError as error:
            error.headers |= used
            raise
        answer.headers |= used
        return answer

    def _call(self, request: Request) -> Call:
        claims = self._bearer.claims(request)
        directory = self._tenant.directory(claims["tid"])
        if directory is None:
            raise GraphError(401, "InvalidAuthenticationToken", "Access token validation failure.")
        delegated = claims.get("idtyp") == "user"
        granted = frozenset(claims.get("scp", "").split()) if delegated else frozenset(claims.get("roles", ()))
        account = self._tenant.accounts.by_id(claims["oid"], directory) if delegated else None
        if delegated and (account is None or account.user.get("deletedDateTime")):
            raise self._bearer.refused("Access token validation failure.")
        granted = self._tenant.still_granted(claims["appid"], account, granted)
        now = self._tenant.now()
        directory.settle(now)
        return Call(
            request,
            claims,
            granted,
            account,
            directory,
            context=f"{self._root}/v1.0/$metadata#",
            now=now,
            replication_delay=self._tenant.switches.number("replication_delay"),
            members_delay=self._tenant.switches.number("members_delay"),
            naming_policy=self._tenant.switches.text("naming_policy"),
        )

    def _userinfo(self, call: Call) -> Answer:
        if call.account is None or "openid" not in call.granted:
            raise denied()
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
        method, path = call.request.method, pattern(parts)
        row = f"{method} {_CAST.sub('', path.removesuffix('/$count'))}"
        if row in permissions.rows():
            call.opened_by = permissions.allows(row, call.granted, call.account is not None)
            if row == "PATCH /groups/{id}" and not call.opened_by and group_writes.only_adds_members(call):
                call.opened_by = permissions.ADD_MEMBERS & call.granted
            self._enforce(call, row, parts)
        handler = self._handlers.get(f"{method} {path}")
        if handler is not None:
            return handler(call, parts)
        unknown = metadata.unknown_segment(parts)
        if unknown is not None:
            raise GraphError(400, "BadRequest", f"Resource not found for the segment '{unknown}'.")
        raise unmodelled(
            f"{method} /{'/'.join(parts)}", there=row in permissions.rows() or metadata.has(method, parts)
        )

    def _enforce(self, call: Call, row: str, parts: tuple[str, ...]) -> None:
        if row == "GET /me" and call.account is None:
            raise _not_a_person()
        if not call.opened_by:
            raise denied()
        if call.account is None:
            return
        own = row in ("GET /me", "GET /organization", "GET /organization/{id}")
        if parts[0].lower() == "users" and len(parts) > 1:
            own = parts[1].lower() in (call.account.oid, str(call.account.user["userPrincipalName"]).lower())
            only_own = call.opened_by <= {"User.Read", "User.ReadWrite"}
            if only_own and not own:
                raise denied()
        if not call.account.member and not own:
            raise denied()


def _not_a_person() -> GraphError:
    return GraphError(400, "BadRequest", "/me request is only valid with delegated authentication flow.")


def _ids(request: Request) -> dict[str, str]:
    return {"request-id": request.id, "client-request-id": request.client_id}


def _resource_units(request: Request) -> int:
    """What Graph says a request costs."""
    cost = 1 if batch.writes(request) else _COSTS.get(pattern(request.segments[1:] or ("",)), 1)
    top = request.options.get("$top", "")
    cost += ("$expand" in request.options) - ("$select" in request.options)
    return max(1, cost - (top.isdecimal() and int(top) < 20))
