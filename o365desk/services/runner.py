"""The runner: the one way to run an operation, for window, command line, schedule and tests alike."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.run import Run, RunRow
from o365desk.model.settings import Settings
from o365desk.model.stop import Stop
from o365desk.services.connections import NO_CREDENTIAL, Connections
from o365desk.services.journal import Journal
from o365desk.services.state import State

if TYPE_CHECKING:
    from o365desk.catalogue import Operation
    from o365desk.services.graph import Graph, Pause
    from o365desk.services.reading import Page, ReadEnd
    from o365desk.services.secrets import Secret
    from o365desk.services.signin import SignIns, Token
    from o365desk.services.wire import Line

_SETTINGS = "settings"
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
        self._journal = Journal(state, clock)

    # --- offline ----------------------------------------------------------------------------------------------

    def off(self, source: DataSource, operation: "Operation") -> Problem | None:
        """Why an operation cannot be run now, as far as that is known offline; None: it can be tried."""
        from o365desk.services import allowed

        return allowed.off(self._connections, source, operation)

    @property
    def settings(self) -> Settings:
        """What this machine's user has set; the defaults where that is nothing, or makes no sense."""
        kept = self._state.remembered(_SETTINGS)
        if kept is None:
            return Settings()
        try:
            return msgspec.json.decode(kept, type=Settings)
        except msgspec.DecodeError:
            return Settings()

    def keep_settings(self, settings: Settings) -> None:
        """Keeps them."""
        self._state.remember(_SETTINGS, msgspec.json.encode(settings))

    def runs(self, source_id: str = "", limit: int = 200) -> list[Run]:
        """The latest runs first, of one data source or of all."""
        return self._journal.runs(source_id, limit)

    def run(self, run_id: str) -> Run:
        """A run by its id, or by a beginning of it that no other has. Raises ProblemError."""
        return self._journal.run(run_id)

    def run_rows(self, run_id: str) -> list[RunRow]:
        """All its rows, in their order. Raises ProblemError."""
        return self._journal.run_rows(run_id)

    # --- reads ------------------------------------------------------------------------------------------------

    def read(
        self,
        source: DataSource,
        operation: "Operation",
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
        from o365desk.catalogue import permissions
        from o365desk.catalogue.values import check
        from o365desk.services import reading

        problems = check(operation, values)
        if problems:
            raise ProblemError(problems[0])
        if operation.listing is None:
            raise AssertionError(f"{operation.key} is no read")
        with self.session(source, stop, operation, told=told) as session:
            opening = permissions.accepted(operation, source.sign_in.delegated, session.token.granted)
            listing = operation.listing.narrowed(opening)
            return reading.read(session.graph, listing, values, stop, page, max_rows=max_rows, order=order)

    @contextmanager
    def session(
        self,
        source: DataSource,
        stop: Stop,
        operation: "Operation | None" = None,
        *,
        told: "Callable[[Pause | None], None] | None" = None,
        priority: str = "",
    ) -> "Iterator[Session]":
        """Graph, open for one piece of work. Raises ProblemError where the operation is off, or the token says that
        its permission is lacking: before anything is sent."""
        from o365desk.services import allowed
        from o365desk.services.graph import Graph

        if operation and (why := allowed.off_before(self._connections, source, operation)):
            raise ProblemError(why)
        sign_ins = self._sign_ins()
        with sign_ins.line(source, stop) as line:
            bearer = _Bearer(sign_ins, source, line, self._clock)
            token = bearer.token
            if operation and (why := allowed.off_by_token(source, operation, token)):
                raise ProblemError(why)
            yield Session(source, Graph(source.graph_root, line, bearer, told=told, priority=priority), token, stop)
