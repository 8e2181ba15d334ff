"""The control port: the trainer's switches, the log of requests, more apps."""

from collections import deque
from datetime import UTC, datetime
from typing import Any

import msgspec

from o365desk.practice.paging import without_token
from o365desk.practice.permissions import OIDC, application_names, delegated_names
from o365desk.practice.switches import SwitchError
from o365desk.practice.tenant import Tenant
from o365desk.practice.wire import Answer, Request, json_answer

_KEPT = 20_000
_REAL = {"login": "https://login.microsoftonline.com", "graph": "https://graph.microsoft.com"}


class Control:
    """Answers requests to the control port."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._log: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        self._count = 0

    def record(self, side: str, request: Request, status: int) -> None:
        """Logs one request to sign-in or Graph; `status` 0: no answer was given. Never a token, secret or body."""
        self._count += 1
        query = ""
        if side == "graph" and request.query:
            query = "?" + "&".join(without_token(request.query))
        self._log.append(
            {
                "number": self._count,
                "time": self._now(),
                "side": side,
                "method": request.method,
                "path": request.path,
                "status": status,
                "client_request_id": request.headers.get("client-request-id", ""),
                "real_url": _REAL[side] + request.path + query.rstrip("?"),
            }
        )

    def answer(self, request: Request) -> Answer:
        """The answer to one request."""
        routes = {
            ("GET", "/"): self._state,
            ("GET", "/requests"): self._requests,
            ("POST", "/switches"): self._set,
            ("POST", "/reset"): self._reset,
            ("POST", "/apps"): self._add_app,
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
        return json_answer(200, [entry for entry in self._log if entry["number"] > int(since)])

    def _set(self, request: Request) -> Answer:
        self._tenant.switches.set(_object(request))
        return self._state(request)

    def _reset(self, request: Request) -> Answer:
        self._tenant.reset()
        self._log.clear()
        self._count = 0
        return self._state(request)

    def _add_app(self, request: Request) -> Answer:
        """Registers an app until the reset: {"profile", "delegated": […], "application": […], "consented"}."""
        wanted = _object(request)
        profile = wanted.get("profile")
        if not isinstance(profile, str) or not profile.replace("-", "").isalnum():
            raise SwitchError("profile must be a name of letters, digits and hyphens.")
        delegated = _names(wanted, "delegated", frozenset(delegated_names().values())) | OIDC
        application = _names(wanted, "application", application_names())
        try:
            app = self._tenant.register(profile, delegated, application, wanted.get("consented", True) is True)
        except ValueError as error:
            raise SwitchError(str(error)) from None
        return json_answer(200, self._tenant.described(app))


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
        raise SwitchError(f"{key} must be a list of permissions.")
    unknown = sorted(set(names) - known)
    if unknown:
        raise SwitchError(f"{key}: unknown permission {', '.join(unknown)}.")
    return frozenset(names)
