"""The control port: the trainer's switches, the log of requests, more apps."""

from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from o365desk.practice.directory.directory import Account
from o365desk.practice.entra.claims import OPTIONAL
from o365desk.practice.graph.reads.paging import without_token
from o365desk.practice.permissions import OIDC, application_names, delegated_names
from o365desk.practice.switches import SwitchError
from o365desk.practice.tenant import Tenant
from o365desk.practice.wire import Answer, Request, json_answer

_KEPT = 20_000
_LONGEST_BODY = 65_536
_MOST_DAYS = 366
_HEADERS = ("consistencylevel", "content-type", "prefer", "accept", "x-ms-throttle-priority")
Inner = Sequence[tuple[Request, int]]
_REAL = {"login": "https://login.microsoftonline.com", "graph": "https://graph.microsoft.com"}


class ControlPort:
    """Answers requests to the control port."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._log: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self._count = 0

    def record(self, side: str, request: Request, status: int, inner: Inner = ()) -> None:
        """Logs one request to sign-in or Graph; `status` 0: no answer was given. Never a token or a secret.

        Of requests to Graph also the body, which holds no secrets there. Those inside a batch (`inner`) follow
        it, with its number.
        """
        batch = self._kept(side, request, status)
        for item, answered in inner:
            self._kept(side, item, answered)["batch"] = batch["number"]

    def _kept(self, side: str, request: Request, status: int) -> dict[str, Any]:
        self._count += 1
        query = ""
        if side == "graph" and request.query:
            query = "?" + "&".join(without_token(request.query))
        entry: dict[str, Any] = {
            "number": self._count,
            "time": self._now(),
            "side": side,
            "method": request.method,
            "path": request.path,
            "status": status,
            "client_request_id": request.headers.get("client-request-id", ""),
            "real_url": _REAL[side] + request.path + query.rstrip("?"),
        }
        if side == "graph":
            given = {name: request.headers[name] for name in _HEADERS if name in request.headers}
            entry |= {"query": query.removeprefix("?"), "headers": given, "body": request.body}
        self._log.append(entry)
        return entry

    def answer(self, request: Request) -> Answer:
        """The answer to one request."""
        routes = {
            ("GET", "/"): self._state,
            ("GET", "/requests"): self._requests,
            ("POST", "/switches"): self._set,
            ("POST", "/reset"): self._reset,
            ("POST", "/apps"): self._add_app,
            ("POST", "/day"): self._pass_days,
            ("GET", "/accounts"): self._account,
            ("POST", "/accounts"): self._change_account,
        }
        if "origin" in request.headers:
            return json_answer(403, {"error": "Web pages may not move these switches."})
        handler = routes.get((request.method, request.path))
        if handler is None:
            known = ", ".join(" ".join(route) for route in routes)
            return json_answer(
                404, {"error": f"There is no {request.method} {request.path} here; there are {known}."}
            )
        try:
            return handler(request)
        except SwitchError as error:
            return json_answer(400, {"error": str(error)})

    def _now(self) -> str:
        return datetime.fromtimestamp(self._tenant.now(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def _state(self, request: Request) -> Answer:
        state = {"switches": self._tenant.switches.listed(), "now": self._now(), "requests": self._count}
        return json_answer(200, state)

    def _requests(self, request: Request) -> Answer:
        """All that is kept; with ?since=N what came after number N."""
        since = request.params.get("since", "0")
        if not since.isdecimal():
            raise SwitchError("since must be a number.")
        entries = (entry for entry in self._log if entry["number"] > int(since))
        return json_answer(
            200, [entry | {"body": _told(entry["body"])} if "body" in entry else entry for entry in entries]
        )

    def _set(self, request: Request) -> Answer:
        self._tenant.switches.set(_object(request))
        return self._state(request)

    def _reset(self, request: Request) -> Answer:
        self._tenant.reset()
        self._log.clear()
        self._count = 0
        return self._state(request)

    def _pass_days(self, request: Request) -> Answer:
        """Lets days pass: {"days": 1 to 366, "seed": a whole number}, both of which may be left out."""
        wanted = _object(request)
        unknown = sorted(wanted.keys() - {"days", "seed"})
        if unknown:
            raise SwitchError(f"There is no {unknown[0]!r} here; there are days and seed.")
        days, seed = wanted.get("days", 1), wanted.get("seed", 0)
        if type(days) is not int or not 1 <= days <= _MOST_DAYS:
            raise SwitchError(f"days: {days!r} is not a whole number from 1 to {_MOST_DAYS}.")
        if type(seed) is not int:
            raise SwitchError(f"seed: {seed!r} is not a whole number.")
        changed = self._tenant.pass_days(days, seed)
        return json_answer(200, {"days": days, "seed": seed, "now": self._now(), **changed})

    def _account(self, request: Request) -> Answer:
        """How somebody signs in: ?user= with a user name, principal name or id."""
        return self._told(self._meant(request.params.get("user")))

    def _change_account(self, request: Request) -> Answer:
        """Changes an account until the reset: {"user", "password": a new one, "enabled": yes or no, "revoke": its
        sessions}, of which all but the user may be left out."""
        wanted = _object(request)
        unknown = sorted(wanted.keys() - {"user", "password", "enabled", "revoke"})
        if unknown:
            raise SwitchError(f"There is no {unknown[0]!r} here; there are user, password, enabled and revoke.")
        account = self._meant(wanted.get("user"))
        new, enabled, revoke = wanted.get("password", ""), wanted.get("enabled"), wanted.get("revoke", False)
        if not isinstance(new, str) or not isinstance(revoke, bool) or not isinstance(enabled, bool | None):
            raise SwitchError("password must be a text, enabled and revoke true or false.")
        if enabled is not None:
            self._tenant.enable(account, enabled)
        if new:
            self._tenant.change_password(account, new)
        if revoke:
            self._tenant.sessions.revoke(account.oid)
        return self._told(self._meant(account.oid))

    def _meant(self, user: object) -> Account:
        found = (
            self._tenant.accounts.find(user) or self._tenant.accounts.by_id(user) if isinstance(user, str) else None
        )
        if found is None:
            raise SwitchError(f"user: there is nobody {user!r} who could sign in.")
        return found

    def _told(self, account: Account) -> Answer:
        return json_answer(
            200,
            {
                "username": account.username,
                "password": account.password,
                "oid": account.oid,
                "upn": account.user["userPrincipalName"],
                "guest": not account.member,
                "state": self._tenant.accounts.state(account),
                "home_tenant": self._tenant.accounts.home_of(account).tenant_id,
            },
        )

    def _add_app(self, request: Request) -> Answer:
        """Registers an app until the reset: {"profile", "delegated": […], "application": […], "consented",
        "optional_claims": […]}."""
        wanted = _object(request)
        profile = wanted.get("profile")
        if not isinstance(profile, str) or not profile.replace("-", "").isalnum():
            raise SwitchError("profile must be a name of letters, digits and hyphens.")
        delegated = _names(wanted, "delegated", frozenset(delegated_names().values())) | OIDC
        application = _names(wanted, "application", application_names())
        optional = _names(wanted, "optional_claims", OPTIONAL)
        consented = wanted.get("consented", True) is True
        try:
            app = self._tenant.register(profile, delegated, application, consented, optional)
        except ValueError as error:
            raise SwitchError(str(error)) from None
        return json_answer(200, self._tenant.described(app))


def _told(body: bytes) -> Any:
    """A body of JSON as it was sent, passwords masked; None for one that is too long or something else."""
    if not body or len(body) > _LONGEST_BODY:
        return None
    try:
        return _masked(msgspec.json.decode(body))
    except (msgspec.DecodeError, RecursionError):
        return None


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: "***" if "password" in name.lower() else _masked(inner) for name, inner in value.items()}
    return [_masked(inner) for inner in value] if isinstance(value, list) else value


def _object(request: Request) -> dict[str, Any]:
    try:
        value = msgspec.json.decode(request.body)
    except msgspec.DecodeError as error:
        raise SwitchError(f"The body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise SwitchError("The body must be a JSON object.")
    return value


def _names(wanted: dict[str, Any], key: str, known: frozenset[str]) -> frozenset[str]:
    names = wanted.get(key, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise SwitchError(f"{key} must be a list of names.")
    unknown = sorted(set(names) - known)
    if unknown:
        raise SwitchError(f"{key}: unknown {', '.join(unknown)}.")
    return frozenset(names)
