"""The runner: the one way to run an operation, for window, command line, schedule and tests alike."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from o365desk.catalogue import OPERATIONS, Operation, permissions
from o365desk.catalogue.operations import Box
from o365desk.model.datasource import DataSource
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.model.stop import Stop
from o365desk.services.connections import NO_CREDENTIAL, Connections
from o365desk.services.state import State

if TYPE_CHECKING:
    from o365desk.services.graph import Graph, Pause
    from o365desk.services.reading import Page, ReadEnd
    from o365desk.services.secrets import Secret
    from o365desk.services.signin import SignIns, Token
    from o365desk.services.wire import Line

NOT_ALLOWED = "not-allowed"
"""The code of a problem that says why an operation may not be run; the command line's exit code 4."""

_RENEW = timedelta(minutes=2)
"""How long before its end a token is replaced: a request may wait that long."""


@dataclass(frozen=True)
class Session:
    """What an operation works with: Graph, reached as the data source says, and what the token may."""

    source: DataSource
    graph: "Graph"
    token: "Token"
    stop: Stop


class _Bearer:
    """The token of one piece of work, replaced in time. Safe from any thread."""

    def __init__(
        self, sign_ins: "SignIns", source: DataSource, line: "Line", clock: Callable[[], datetime]
    ) -> None:
        self._sign_ins, self._source, self._line = sign_ins, source, line
        self._clock = clock
        self._lock = threading.Lock()
        self.token = self._get(None)

    def _get(self, claims: str | None) -> "Token":
        return self._sign_ins.token(self._source, self._line, NO_CREDENTIAL, claims=claims)

    def __call__(self, claims: str | None) -> "Secret":
        with self._lock:
            if claims or self.token.expires - _RENEW < self._clock():
                self.token = self._get(claims)
            return self.token.value


class Runner:
    """See the module. `sign_ins` is called when first needed: what it needs is too costly for the start."""

    def __init__(
        self,
        connections: Connections,
        state: State,
        sign_ins: "Callable[[], SignIns]",
        clock: Callable[[], datetime],
        user: str,
    ) -> None:
        self._connections = connections
        self._state = state
        self._sign_ins = sign_ins
        self._clock = clock
        self._user = user

    # --- offline ----------------------------------------------------------------------------------------------

    def off(self, source: DataSource, operation: Operation) -> Problem | None:
        """Why an operation cannot be run now, as far as that is known offline: details missing, its box not
        checked, or its permission was lacking when the connection was last tested. None: it can be tried."""
        problems = self._connections.problems(source)
        if problems:
            return _not_allowed(
                f"“{source.name}” is incomplete",
                problems[0].title,
                problems[0].remedy,
                problems[0].action,
                problems[0].field,
            )
        known = self._connections.known(source)
        if known.attempt is None or known.attempt.fingerprint != known.proof:
            return refused(operation, source, None)
        report = self._connections.last_report(source.id)
        verdicts = {item.key: item for item in report.operations} if report else {}
        verdict = verdicts.get(operation.key)
        return refused(operation, source, verdict.missing if verdict else None)

    # --- reads ------------------------------------------------------------------------------------------------

    def read(
        self,
        source: DataSource,
        operation: Operation,
        values: Mapping[str, str],
        stop: Stop,
        page: "Callable[[Page], None]",
        *,
        told: "Callable[[Pause | None], None] | None" = None,
        max_rows: int | None = None,
        order: str = "",
    ) -> "ReadEnd":
        """Runs a read; `page` is called in this thread with each page as it comes. Raises ProblemError where
        nothing was read at all, CancelledError on stop."""
        from o365desk.catalogue.values import check
        from o365desk.services import reading

        problems = check(operation, values)
        if problems:
            raise ProblemError(problems[0])
        if operation.listing is None:
            raise AssertionError(f"{operation.key} is no read")
        with self.session(source, stop, operation, told=told) as session:
            return reading.read(
                session.graph, operation.listing, values, stop, page, max_rows=max_rows, order=order
            )

    @contextmanager
    def session(
        self,
        source: DataSource,
        stop: Stop,
        operation: Operation | None = None,
        *,
        told: "Callable[[Pause | None], None] | None" = None,
        priority: str = "",
    ) -> "Iterator[Session]":
        """Graph, open for one piece of work. Raises ProblemError where the operation is off, or the token says that
        its permission is lacking: before anything is sent."""
        from o365desk.services.graph import Graph

        if operation and (why := self._off_before(source, operation)):
            raise ProblemError(why)
        sign_ins = self._sign_ins()
        with sign_ins.line(source, stop) as line:
            bearer = _Bearer(sign_ins, source, line, self._clock)
            token = bearer.token
            if operation and token.claims:
                accepted = permissions.accepted(operation, source.sign_in.delegated, token.granted)
                missing = () if accepted else (permissions.asked_for(operation, source),)
                if why := refused(operation, source, missing):
                    raise ProblemError(why)
            yield Session(source, Graph(source.graph_root, line, bearer, told=told, priority=priority), token, stop)

    def _off_before(self, source: DataSource, operation: Operation) -> Problem | None:
        """As `off`, but what the last test found lacking may have been granted since: the token tells."""
        problems = self._connections.problems(source)
        return problems[0] if problems else refused(operation, source, None)


def refused(operation: Operation, source: DataSource, missing: "tuple[str, ...] | None") -> Problem | None:
    """Why an operation may not be run: its box is not checked, or a permission is known to be missing (None: not
    known)."""
    fix = Box.USAGE_LOCATION is operation.box and not source.set_usage_location
    if operation.writes and (not source.read_write or fix):
        box = "Also set missing usage locations" if source.read_write else "Read and write users & groups"
        return _not_allowed(
            f"“{operation.title}” is switched off",
            f"“{box}” is not checked in “{source.name}”.",
            "Check the box in the data source and have the permission consented to.",
            Action.FIELD,
            "readWrite",
        )
    if missing:
        names = ", ".join(missing)
        kind = "delegated" if source.sign_in.delegated else "application"
        return _not_allowed(
            f"“{operation.title}” needs {names}",
            f"{names} ({kind}) was not consented to for this app.",
            "Copy the consent link and send it to an administrator who may consent; then test the connection.",
            Action.CONSENT,
        )
    return None


def _not_allowed(title: str, cause: str, remedy: str, action: Action, field: str = "") -> Problem:
    return Problem(title=title, cause=cause, remedy=remedy, action=action, field=field, code=NOT_ALLOWED)


def available(runner: Runner, source: DataSource) -> dict[str, Problem | None]:
    """All operations, and why they are off where they are."""
    return {key: runner.off(source, operation) for key, operation in OPERATIONS.items()}
