"""The desk at which window, command line and schedule import a tenant's users and groups into the copy on this
computer: read, held against the copy, and brought into it, or kept on show for a person.

Nothing is applied that is not whole, nor of another tenant; what is large or looks wrong waits (`Held`).
"""

import logging
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from o365desk import files
from o365desk.model.access.operator import Operator
from o365desk.model.activity import DONE, UNTRACED, Doing, Thing, Trace, What
from o365desk.model.datasource import DataSource
from o365desk.model.directory.choice import Groups
from o365desk.model.directory.imports import Found, ImportProgress, ImportReport, Kind, Limits
from o365desk.model.problems import NOT_ALLOWED, Action, Problem, ProblemError
from o365desk.model.stop import Stop
from o365desk.services.directory.copy import history, merging
from o365desk.services.directory.copy.store import Copy, meta, ready, round_of, set_meta
from o365desk.services.directory.imports import planning
from o365desk.services.directory.imports.plan import ImportPlan
from o365desk.services.directory.imports.staging import NO_GROUPS, Round, Staging
from o365desk.services.session import Session
from o365desk.services.settings import KeptSettings
from o365desk.services.state.database import transaction

if TYPE_CHECKING:
    from o365desk.catalogue import Operation
    from o365desk.services.directory.imports.rounds import Wanted
    from o365desk.services.graph.client import Pause

log = logging.getLogger(__name__)

Tell = Callable[[ImportProgress], None]
_TRIES = 3
"""So often a round is begun anew within one import, where the tenant does not know its links any more."""
_LOCK_SECONDS = 0.5


class OpensSessions(Protocol):
    """`Runner.session`: Graph for one piece of work, if whoever works here may do it."""

    def __call__(
        self,
        source: DataSource,
        stop: Stop,
        operation: "Operation | None" = None,
        *,
        told: "Callable[[Pause | None], None] | None" = None,
        priority: str = "",
        steadfast: bool = False,
        ending: Callable[[], bool] = ...,
        as_partner: str = "",
    ) -> AbstractContextManager[Session]:
        """See `Runner.session`."""


class Importer:
    """See the module. `folder` holds the copies; `refused` says why whoever works here may not look at that of a
    data source, as far as is known offline. Every method raises ProblemError where their files cannot be used."""

    def __init__(
        self,
        folder: Path,
        session: OpensSessions,
        settings: KeptSettings,
        clock: Callable[[], datetime],
        operator: Operator,
        refused: Callable[[DataSource], Problem | None],
        trace: Trace = UNTRACED,
    ) -> None:
        """`trace` hears of imports, and of copies that are forgotten."""
        self._trace = trace
        self._folder = folder
        self._session = session
        self._settings = settings
        self._clock = clock
        self._operator = operator
        self._refused = refused

    def run(
        self,
        source: DataSource,
        stop: Stop,
        tell: Tell,
        *,
        apply: bool,
        full: bool = False,
        allow_large: bool = False,
        priority: str = "",
    ) -> ImportReport:
        """Reads what changed since the last import (everything, if there was none, or `full`), and makes the plan;
        with `apply`, applies it if nothing holds it up, or `allow_large` says that a person has seen why. What
        breaks off is told in the report; what came until then is kept, and the next import goes on there. Raises
        ProblemError where nothing could be read at all, the import is off or may not be run, or the tenant is
        another one than that of the copy; CancelledError on stop. `priority` "low": by schedule, with patience."""
        began, run = time.monotonic(), uuid.uuid4().hex[:12]
        with (
            self._alone(source),
            self._trace.around(What.IMPORT, source=source, facts={"import": run}) as doing,
            self._opened(source) as (copy, staging),
        ):
            work = _Work(source, copy, staging, stop, tell, run, full)
            report = self._read(work, priority)
            if report.complete:
                report = self._planned(work, report, apply=apply, allow_large=allow_large)
            _say(doing, report)
            return replace(report, seconds=time.monotonic() - began)

    def waiting(self, source: DataSource) -> ImportPlan | None:
        """The plan that was made last and is not applied, to be looked at page by page; None for none. Raises
        ProblemError where whoever works here may not look at it."""
        self._admit(source)
        staging = Staging(self._folder, source.id, self._clock)
        if not staging.exists:
            return None
        with self._opened(source) as (copy, staging):
            found = planning.kept(staging)
            return ImportPlan(found, copy, staging) if found else None

    def apply(self, source: DataSource, plan: ImportPlan, tell: Tell, *, allow_large: bool = False) -> ImportReport:
        """Applies exactly the plan that somebody has seen, without reading on. Raises ProblemError where it waits
        for a person and nobody allowed it, where it was replaced meanwhile, or where somebody may not import."""
        began = time.monotonic()
        self._admit(source)
        with (
            self._alone(source),
            self._trace.around(What.IMPORT, source=source, facts={"seen": True}) as doing,
            self._opened(source) as (copy, staging),
        ):
            found = planning.kept(staging)
            if found is None or found.token != plan.found.token:
                raise ProblemError(_replaced(source))
            if found.held and not allow_large:
                raise ProblemError(_held(source, found))
            work = _Work(source, copy, staging, Stop(), tell, found.run, found.full)
            report = self._applied(work, _report(work, found))
            _say(doing, report)
            return replace(report, seconds=time.monotonic() - began)

    def forget(self, source_id: str) -> None:
        """Removes the copy of a data source's tenant from this computer, with its history and what waits."""
        if not any(self._folder.glob(f"{source_id.lower()}.*")):
            return
        said = self._trace.around(What.DIRECTORY_FORGOTTEN, source=Thing(source_id, ""))
        with self._locked(source_id, "The directory"), said:
            Staging(self._folder, source_id, self._clock).clear()
            Copy(self._folder, source_id, self._clock).forget()

    def copy(self, source_id: str) -> Copy:
        """The file of a data source's copy, which need not be there yet."""
        return Copy(self._folder, source_id, self._clock)

    # --- reading ----------------------------------------------------------------------------------------------

    def _admit(self, source: DataSource) -> None:
        if why := self._refused(source):
            raise ProblemError(why)

    def _read(self, work: "_Work", priority: str) -> ImportReport:
        """Reads the rounds. The report says whether they came to their ends."""
        operation = _users()
        # Where nobody waits for it, it may wait for long.
        steadfast = priority == "low"
        with self._session(
            work.source, work.stop, operation, told=work.told, priority=priority, steadfast=steadfast
        ) as session:
            _refuse_partner(session)
            work.tenant = session.token.tenant
            work.source = session.source
            refuse_other_tenant(work.source, work.copy, work.tenant)
            _refuse_basic(session)
            kinds = [Kind.USERS, *self._groups(work, session)]
            work.begin(kinds)
            if work.source.imports.groups is Groups.NONE:
                work.no_groups()
            try:
                for kind in kinds:
                    self._round(work, session, kind)
            except ProblemError as error:
                if not work.requests:
                    raise
                log.info("The import of %s broke off: %s", work.source.id, error.problem.title)
                return work.report(complete=False, problem=error.problem)
        return work.report(complete=True)

    def _groups(self, work: "_Work", session: Session) -> Iterator[Kind]:
        """Groups, if they are chosen and may be read; else the report says why they are not in it."""
        from o365desk import catalogue
        from o365desk.catalogue import permissions

        if work.source.imports.groups is Groups.NONE:
            return
        enough = permissions.enough("GET /groups/delta", session.source.sign_in.delegated)
        if session.token.claims and not set(enough) & set(session.token.granted):
            asked = permissions.asked_for(catalogue.operation("group-list"), session.source)
            work.notes.append(f"Groups are not imported: {asked} was not consented to for this app.")
            return
        yield Kind.GROUPS

    def _round(self, work: "_Work", session: Session, kind: Kind) -> None:
        """Reads one round to its end, from where it is. A link that the tenant does not know any more begins it
        anew: where the last import left off, and if that is not known either, with everything."""
        from o365desk.services.directory.imports import choosing
        from o365desk.services.directory.imports.rounds import LostTokenError, Wanted, read

        wanted = Wanted.of(kind, work.source.imports)
        chosen = choosing.chosen(kind, work.source.imports, self._clock())
        at = work.place(kind, wanted)
        for _ in range(_TRIES):
            try:
                read(session.graph, wanted, at, work.staging, chosen, work.stop, work.page(kind))
                return
            except LostTokenError:
                work.requests += 1
                at = work.anew(kind, wanted, at)
        raise ProblemError(_reset_again())

    # --- applying ---------------------------------------------------------------------------------------------

    def _planned(self, work: "_Work", report: ImportReport, *, apply: bool, allow_large: bool) -> ImportReport:
        work.tell(ImportProgress("Comparing with the copy"))
        settings = self._settings.get()
        limits = Limits(items=settings.import_items, percent=settings.import_percent)
        found = planning.make(work.staging, work.copy, work.run, limits, uuid.uuid4().hex)
        report = replace(_report(work, found), notes=report.notes)
        if not apply or (found.held and not allow_large):
            return report
        return self._applied(work, report)

    def _applied(self, work: "_Work", report: ImportReport) -> ImportReport:
        """Brings the plan into the copy. A large one takes some seconds for each hundred thousand, in which nobody
        can stop it: it is one transaction."""
        work.tell(ImportProgress("Bringing it into the copy"))
        copy, staging, settings = work.copy, work.staging, self._settings.get()
        token, tenant = staging.meta("token"), work.tenant or staging.meta("tenant")
        report = replace(report, applied=True)

        def act(connection: sqlite3.Connection) -> None:
            ready(connection)
            connection.execute("ATTACH ? AS staged", (str(staging.path),))
            try:
                with transaction(connection):
                    at = copy.now()
                    merging.merge(connection, report, at, self._operator.address, token)
                    set_meta(connection, tenant=tenant)
                    days, most = settings.history_days, settings.history_megabytes * 1_000_000
                    history.prune(connection, at, days, most)
            finally:
                connection.execute("DETACH staged")
            # Else the log stays as large as what was written, as long as somebody has the file open.
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

        copy.use(act)
        staging.clear()
        return report

    # --- files ------------------------------------------------------------------------------------------------

    @contextmanager
    def _alone(self, source: DataSource) -> Iterator[None]:
        """Keeps out other imports of the same data source."""
        with self._locked(source.id, f"The directory of “{source.name}”"):
            yield

    def _locked(self, source_id: str, what: str) -> AbstractContextManager[None]:
        path = self._folder / f"{source_id.lower()}-importing.lock"
        in_use = Problem(
            title=f"{what} is being imported already",
            cause="Another o365desk is at it just now.",
            remedy="Wait until it is done.",
            action=Action.RETRY,
            code="import-runs",
        )
        lock = files.Lock(path, what, private=True, seconds=_LOCK_SECONDS, in_use=in_use)
        return lock()

    @contextmanager
    def _opened(self, source: DataSource) -> Iterator[tuple[Copy, Staging]]:
        """The files, with connections of their own: who reads the copy is not kept waiting."""
        copy, staging = self.copy(source.id), Staging(self._folder, source.id, self._clock)
        try:
            # It may have been applied, and the program ended before it could be put away.
            if staging.exists and copy.exists and staging.meta("token") == planning.applied(copy) != "":
                staging.clear()
            yield copy, staging
        finally:
            staging.close()
            copy.close()


def _say(doing: Doing, report: ImportReport) -> None:
    """What the activity log says of an import: counts, and nobody's name."""
    doing.outcome = _outcome(report)
    doing.facts |= {
        "import": report.run,
        "applied": report.applied,
        "requests": report.requests,
        "full": report.full,
        "users": report.users.as_json(),
        "groups": report.groups.as_json(),
        "joined": report.joined,
        "left": report.left,
    }
    if report.problem:
        doing.facts |= {"why": report.problem.title}
        doing.requests.append(report.problem.request_id)


def _outcome(report: ImportReport) -> str:
    if report.applied:
        return DONE
    if not report.complete:
        return "incomplete"
    return "waits" if report.held else "not applied"


class _Work:
    """One import while it runs."""

    def __init__(
        self, source: DataSource, copy: Copy, staging: Staging, stop: Stop, tell: Tell, run: str, full: bool
    ) -> None:
        self.source, self.copy, self.staging = source, copy, staging
        self.stop, self.tell, self.run, self.full = stop, tell, run, full
        self.tenant = ""
        self.requests = 0
        self.notes: list[str] = []

    def told(self, pause: "Pause | None") -> None:
        """Hears of waits."""
        if pause:
            self.tell(ImportProgress(pause.reason, waits=True))

    def page(self, kind: Kind) -> Callable[[int], None]:
        """Hears of pages that were laid up."""
        so_far = 0

        def told(count: int) -> None:
            nonlocal so_far
            so_far += count
            self.requests += 1
            self.tell(ImportProgress(f"Reading {kind.value}", so_far))

        return told

    def begin(self, kinds: list[Kind]) -> None:
        """Sees to it that what is laid up is of this tenant, of what is asked for, and not of an answer that looked
        wrong: that is asked for anew."""
        found = planning.kept(self.staging)
        if self.staging.meta("tenant") not in ("", self.tenant) or (found and found.suspicious):
            self.staging.clear()
        self.staging.keep(tenant=self.tenant)
        for kind in Kind:
            if kind not in kinds and self.staging.round(kind):
                self.staging.drop(kind)

    def no_groups(self) -> None:
        """Lays up that no group is to be kept."""
        from o365desk.services.directory.imports.rounds import Wanted

        wanted = Wanted.of(Kind.GROUPS, self.source.imports)
        self.staging.begin(Kind.GROUPS, "", wanted.mark, full=True)
        self.staging.lay(wanted.table, (), (), "", NO_GROUPS)

    def place(self, kind: Kind, wanted: "Wanted") -> Round:
        """Where a round is read on."""
        from o365desk.services.directory.imports import choosing

        at = self.staging.round(kind)
        full = self.full or (kind is Kind.USERS and choosing.moves(self.source.imports))
        if at and (at.wanted != wanted.mark or (full and not at.full)):
            at = None
        if at is None:
            link, mark = self.copy.use(lambda connection: round_of(connection, kind))
            known = bool(link) and mark == wanted.mark and not full
            return self.staging.begin(kind, link if known else "", wanted.mark, full=not known)
        if not at.link and at.done:
            self.staging.go_on(kind)
            at = replace(at, link=at.done)
        return at

    def anew(self, kind: Kind, wanted: "Wanted", lost: Round) -> Round:
        """Where a round is begun anew after its link was lost."""
        link, mark = self.copy.use(lambda connection: round_of(connection, kind))
        known = bool(link) and mark == wanted.mark and not lost.full and self.staging_link(kind) != link
        log.info("The tenant does not know where the last import of %s ended: read anew", kind.value)
        return self.staging.begin(kind, link if known else "", wanted.mark, full=not known)

    def staging_link(self, kind: Kind) -> str:
        """The link that a round stopped at."""
        at = self.staging.round(kind)
        return at.link if at else ""

    def report(self, *, complete: bool, problem: Problem | None = None) -> ImportReport:
        """What is known so far."""
        return ImportReport(
            run=self.run, source=self.source.name, applied=False, complete=complete, requests=self.requests,
            problem=problem, notes=tuple(self.notes),
        )  # fmt: skip


def _report(work: _Work, found: Found) -> ImportReport:
    return ImportReport(
        run=found.run,
        source=work.source.name,
        applied=False,
        complete=True,
        users=found.users,
        groups=found.groups,
        joined=found.joined,
        left=found.left,
        requests=work.requests,
        as_of=found.as_of,
        held=found.held,
        full=found.full,
    )


def _users() -> "Operation":
    from o365desk import catalogue

    return catalogue.operation("user-list")


# --- refusals ----------------------------------------------------------------------------------------------------


def _refuse_partner(session: Session) -> None:
    """A copy holds what the partner default would hide."""
    if session.partner is not None or session.conditions:
        raise ProblemError(
            Problem(
                title="Partners do not import",
                cause="An import keeps users and groups on this computer, whatever the partner default would show.",
                remedy="Ask whoever administers the data source.",
                code=NOT_ALLOWED,
            )
        )


def _refuse_basic(session: Session) -> None:
    """A list of users opens with less than its changes do."""
    from o365desk.catalogue import permissions

    enough = permissions.enough("GET /users/delta", session.source.sign_in.delegated)
    if session.token.claims and not set(enough) & set(session.token.granted):
        raise ProblemError(
            Problem(
                title="An import needs User.Read.All",
                cause="It was not consented to for this app. What opens User List alone does not open its changes.",
                remedy="Copy the consent link and send it to an administrator who may consent; then test the "
                "connection.",
                action=Action.CONSENT,
                code=NOT_ALLOWED,
            )
        )


def refuse_other_tenant(source: DataSource, copy: Copy, tenant: str) -> None:
    """Raises ProblemError where the copy is of another tenant than the sign-in ("": that is not known)."""
    known = copy.use(lambda connection: meta(connection, "tenant")) if copy.exists else ""
    if known and tenant and known != tenant:
        raise ProblemError(
            Problem(
                title=f"“{source.name}” leads to another tenant now",
                cause=f"What was imported is of the tenant {known}, and the sign-in is of {tenant}. "
                "Nothing was changed.",
                remedy="Correct the data source; or forget what was imported (directory forget) and import anew.",
                code="other-tenant",
            )
        )


def _reset_again() -> Problem:
    return Problem(
        title="Microsoft Graph forgets where the import is",
        cause=f"It was begun anew {_TRIES} times, and each time Graph did not know its own links.",
        remedy="Wait a while and import again.",
        action=Action.RETRY,
        code="resync",
        conclusive=False,
    )


def _replaced(source: DataSource) -> Problem:
    return Problem(
        title="What you have seen is not what would be applied now",
        cause=f"The directory of “{source.name}” was imported meanwhile. Nothing was applied.",
        remedy="Look at what is on show now.",
        code="plan-replaced",
    )


def _held(source: DataSource, found: Found) -> Problem:
    return Problem(
        title=f"The import of “{source.name}” waits for a person",
        cause=" ".join(each.why for each in found.held),
        remedy="Look at what it would do, and allow it if that is meant.",
        code="import-held",
    )
