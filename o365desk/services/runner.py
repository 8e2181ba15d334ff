"""The runner: the one way to run an operation, for window, command line, schedule and tests alike."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from o365desk.model.access.operator import Operator
from o365desk.model.access.security import Deed
from o365desk.model.activity import DONE, FAILED, UNTRACED, Doing, Trace, What
from o365desk.model.datasource import DataSource
from o365desk.model.fields import Kind
from o365desk.model.problems import NOT_ALLOWED, CancelledError, Problem, ProblemError
from o365desk.model.run import Plan, PlanProgress, Row, Run, RunProgress, RunState, Standing
from o365desk.model.stop import Control, Stop
from o365desk.model.timing import Timing
from o365desk.services.access.access import Access, Admission
from o365desk.services.connections import Connections
from o365desk.services.session import Session
from o365desk.services.settings import KeptSettings
from o365desk.services.signin.approvals import Approvals
from o365desk.services.signin.credentials import NO_CREDENTIAL
from o365desk.services.writes import plan_progress
from o365desk.services.writes.journal.journal import Journal

if TYPE_CHECKING:
    from o365desk.catalogue import Operation
    from o365desk.model.conditions.tree import Group
    from o365desk.services.directory.suggestions import Suggestion
    from o365desk.services.graph.client import Pause
    from o365desk.services.graph.lists import GraphPage, ReadEnd
    from o365desk.services.signin.msal_sign_in import SignIns, Token
    from o365desk.services.writes.changes.planned_row import KnownMembers
    from o365desk.services.writes.journal.recorder import Progress

log = logging.getLogger(__name__)


class Runner:
    """See the module. `sign_ins` is called when first needed: what it needs is too costly for the start."""

    def __init__(
        self,
        connections: Connections,
        approvals: Approvals,
        journal: Journal,
        settings: KeptSettings,
        sign_ins: "Callable[[], SignIns]",
        clock: Callable[[], datetime],
        operator: Operator,
        timing: Timing,
        access: Access,
        trace: Trace = UNTRACED,
    ) -> None:
        self._trace = trace
        self._connections = connections
        self._approvals = approvals
        self._journal = journal
        self._settings = settings
        self._sign_ins = sign_ins
        self._clock = clock
        self._operator = operator
        self._timing = timing
        self._access = access

    def off(self, source: DataSource, operation: "Operation") -> Problem | None:
        """Why an operation cannot be run now, as far as that is known offline; None: it can be tried."""
        from o365desk.services.access import operations

        admission = self._access.admit(source, operation)
        if not admission.decision.open and (why := _refusal(operation, admission)):
            return why
        return operations.off(self._connections, source, operation)

    # --- writes -----------------------------------------------------------------------------------------------

    def plan(
        self,
        source: DataSource,
        operation: "Operation",
        rows: Sequence[Row],
        stop: Stop,
        tell: Callable[[PlanProgress], None],
        *,
        leave_out_disabled: bool = False,
        as_partner: str = "",
        members: "Mapping[str, KnownMembers] | None" = None,
        priority: str = "",
    ) -> Plan:
        """What a write would do to the tenant as it is now; `leave_out_disabled`: gives nothing to disabled
        accounts; `as_partner`: as somebody with this address would see it; `members`: those of groups, by ID, that
        need not be read. Raises ProblemError where that cannot
        be found out, CancelledError on stop."""
        from o365desk.services.writes import planning

        telling = plan_progress.PlanTelling(len(rows), tell)
        with self.session(
            source, stop, operation, told=telling.wait, as_partner=as_partner, priority=priority
        ) as session:
            plan = planning.plan(
                session, operation, rows, self._settings.get(), telling, self._clock(),
                leave_out_disabled=leave_out_disabled, members=members,
            )  # fmt: skip
        return self._planned(source, plan, as_partner=as_partner)

    def _planned(self, source: DataSource, plan: Plan, *, of_run: str = "", as_partner: str = "") -> Plan:
        """A plan that somebody is shown, after it was written down."""
        facts = {
            "operation": plan.operation,
            "would": plan.sentence,
            "asPartner": as_partner,
            **planned_counts(plan),
        }
        said = {name: value for name, value in facts.items() if value != ""}
        self._trace.record(What.RUN_PLANNED, source=source, outcome=DONE, run=of_run, facts=said)
        return plan

    def apply(
        self,
        source: DataSource,
        plan: Plan,
        control: Control,
        tell: Callable[[RunProgress], None],
        *,
        allow_large: bool = False,
        confirmed: str = "",
    ) -> Run:
        """Carries a plan out; every row is accounted for in what it returns, however it ended. `confirmed` is the
        word that a large plan asks for. Raises ProblemError or CancelledError only while nothing was written."""
        from o365desk import catalogue
        from o365desk.services.writes import applying
        from o365desk.services.writes.journal import recorder

        applying.refuse_other_source(plan, source)
        applying.refuse_large(plan, allow_large=allow_large, confirmed=confirmed)
        operation, progress = catalogue.operation(plan.operation), recorder.Progress(tell, control)
        with self._writing(source, operation, control, progress) as session:
            plan = self._judged_again(session, operation, plan)
            tenant = session.token.tenant
            with self._journal.begin(plan, operation.title, tenant, self._operator.address) as run:
                applying.carry_out(session, self._journal, run, operation, control, progress, fresh=True)
        return self._journal.run(run)

    def _judged_again(self, session: Session, operation: "Operation", plan: Plan) -> Plan:
        """A plan without the rows that the partner default refuses by now: it may have been made before that was
        set, or before somebody in it became another."""
        from o365desk.services.writes import planning

        given = [(item.row, item.target) for item in plan.rows]
        refused = planning.hidden(session, operation, given, self._settings.get(), self._clock())
        return planning.without(plan, refused)

    def _refuse_hidden(self, session: Session, operation: "Operation", run: Run) -> None:
        """Raises ProblemError where the partner default refuses rows of a run that are left, or where the journal
        does not say what was given for them, so that they cannot be judged."""
        from o365desk.services.writes import planning

        if not (session.conditions or session.naming):
            return
        targets = {row.number: row.target for row in self._journal.kept(run.id)}
        given = [(row, targets.pop(row.number, None)) for row in self._journal.waiting(run.id)]
        if targets or planning.hidden(session, operation, given, self._settings.get(), self._clock()):
            raise ProblemError(_hidden_since(run))

    def resume(self, run_id: str, control: Control, tell: Callable[[RunProgress], None]) -> Run:
        """Carries on a run that was cancelled, stopped or interrupted: what is in doubt is read back first. Raises
        ProblemError where it cannot be, or need not; CancelledError only while nothing was done."""
        from o365desk.services.writes import applying
        from o365desk.services.writes.journal import recorder

        run = self._journal.run(run_id)
        if not run.state.resumable:
            raise ProblemError(applying.not_resumable(run))
        operation, progress = _operation_of(run), recorder.Progress(tell, control)
        source = _source_of(run, self._connections)
        self._access.refuse_others_run(run, source, "You may not go on with it.")
        with (
            self._writing(source, operation, control, progress) as session,
            self._journal.locks.hold(run.id),
        ):
            self._refuse_hidden(session, operation, run)
            # Until it was held, another process may have ended it.
            now = self._journal.run(run.id)
            if now.state is RunState.FINISHED:
                raise ProblemError(applying.not_resumable(now))
            _refuse_other_tenant(run, self._journal.tenant(run.id), session)
            self._journal.reopen(run.id)
            applying.carry_out(session, self._journal, run.id, operation, control, progress, fresh=False)
        return self._journal.run(run.id)

    def undo(self, run_id: str, stop: Stop, tell: Callable[[PlanProgress], None]) -> Plan:
        """The plan that brings back what was before a run, for the rows that it really changed. Raises ProblemError
        where there is no way back, or the tenant could not be read; CancelledError on stop."""
        from o365desk import catalogue
        from o365desk.services.writes import subjects, undoing

        run = self._journal.run(run_id)
        operation = catalogue.operation(undoing.inverse_of(run, _operation_of(run)))
        telling, source = plan_progress.PlanTelling(run.undoable, tell), _source_of(run, self._connections)
        self._access.refuse_others_run(run, source, "You may not undo it.")
        with self.session(source, stop, operation, told=telling.wait) as session:
            _refuse_other_tenant(run, self._journal.tenant(run.id), session)
            rows = self._journal.kept(run.id, undoable=True)
            since = subjects.changed_since(run, rows, self._journal.made_beside(run))
            plan = undoing.undo(session, operation, rows, since, self._settings.get(), telling, self._clock(), run)
        return self._planned(source, plan, of_run=run.id)

    def retry(
        self, run_id: str, stop: Stop, tell: Callable[[PlanProgress], None], *, refused_too: bool = False
    ) -> Plan:
        """A plan for the rows of a run that failed, as they were given, and `refused_too` for those that its plan
        refused. Raises ProblemError where there are none, or the tenant could not be read; CancelledError on
        stop."""
        from o365desk.services.writes import planning

        run, rows = self._journal.run(run_id), self._journal.failed(run_id, refused_too=refused_too)
        if not rows:
            raise ProblemError(_nothing_failed(run))
        operation, source = _operation_of(run), _source_of(run, self._connections)
        self._access.refuse_others_run(run, source, "You may not try it again.")
        telling = plan_progress.PlanTelling(len(rows), tell)
        with self.session(source, stop, operation, told=telling.wait) as session:
            _refuse_other_tenant(run, self._journal.tenant(run.id), session)
            plan = planning.plan(session, operation, rows, self._settings.get(), telling, self._clock())
        return self._planned(source, plan, of_run=run.id)

    def suggest(self, source: DataSource, kind: Kind, text: str, stop: Stop) -> "list[Suggestion]":
        """What somebody who types this into a field may mean. Raises ProblemError, CancelledError."""
        from o365desk.services.directory import suggestions

        if why := self._no_suggestions(self._filed(source), kind):
            raise ProblemError(why)
        with self.session(source, stop, priority="high") as session:
            return suggestions.suggest(session.graph, kind, text)

    def _no_suggestions(self, source: DataSource, kind: Kind) -> Problem | None:
        """Why nothing is suggested: it would show what a query may not. Who administers is to pick people, too."""
        from o365desk import catalogue
        from o365desk.catalogue.parameters import SHOWN_BY

        if self._access.decide(source, Deed.EDIT).allowed:
            return None
        reads = [catalogue.operation(key) for key in SHOWN_BY.get(kind, SHOWN_BY[Kind.USER])]
        admissions = [(each, self._access.admit(source, each)) for each in reads]
        if any(admission.decision.conditions for _, admission in admissions):
            return Problem(
                title="Partners are given no suggestions",
                cause="They would show what the partner default hides.",
                remedy="Type the whole address or ID.",
                code=NOT_ALLOWED,
            )
        return next(filter(None, (_refusal(each, admission) for each, admission in admissions)), None)

    # --- reads ------------------------------------------------------------------------------------------------

    def read(
        self,
        source: DataSource,
        operation: "Operation",
        values: Mapping[str, str],
        stop: Stop,
        page: "Callable[[GraphPage], None]",
        *,
        told: "Callable[[Pause | None], None] | None" = None,
        max_rows: int | None = None,
        order: str = "",
        conditions: "Group | None" = None,
        as_partner: str = "",
    ) -> "ReadEnd":
        """Runs a read; `page` is called in this thread with each page as it comes. Only rows that satisfy the
        `conditions`, and the partner default where a partner asks, are told of; with conditions, nothing need be
        searched for. `as_partner`: what a partner with this address would get. Raises ProblemError where nothing
        was read at all, also because the conditions cannot be judged; CancelledError on stop."""
        from o365desk.catalogue import permissions
        from o365desk.catalogue.values import check
        from o365desk.model.conditions.tree import NO_CONDITION, both
        from o365desk.services.conditions.naming import namings
        from o365desk.services.conditions.reading import reading
        from o365desk.services.directory.addressed import addressed
        from o365desk.services.graph import lists

        tree = conditions or NO_CONDITION
        problems = check(operation, values, searching=not tree)
        if problems:
            raise ProblemError(problems[0])
        # What is wrong with them whatever the token says is told before one is asked for.
        reading(operation, (), tree, self._clock(), self._access.admit(source, operation, as_partner).partner)
        asked = {
            "operation": operation.key,
            "asked": dict(values),
            "conditions": bool(tree),
            "asPartner": as_partner,
        }
        with (
            self._trace.around(
                What.READ, source=source, facts={name: said for name, said in asked.items() if said}
            ) as doing,
            self.session(source, stop, operation, told=told, as_partner=as_partner) as session,
        ):
            delegated, granted = source.sign_in.delegated, session.token.granted
            opening = permissions.accepted(operation, delegated, granted)
            whole = both(tree, session.conditions)
            made = reading(operation, opening, whole, self._clock(), session.partner, values=values, order=order)
            naming = namings(session.naming, operation, self._clock(), session.partner)
            with _telling_nobody(session):
                where = addressed(
                    session.graph, operation, values, granted, delegated=delegated, naming=naming
                )  # fmt: skip
            listing = made.listing.at(where.ids)
            end = lists.read(
                session.graph, listing, values, stop, page,
                max_rows=max_rows, order=order, also=made.also, judge=made.judge,
            )  # fmt: skip
            _say_read(doing, end)
            return end.saying(where.note).saying(listing.missing_with(granted))

    def _writing(
        self, source: DataSource, operation: "Operation", control: Control, progress: "Progress"
    ) -> "AbstractContextManager[Session]":
        """Graph, open for a run."""
        return self.session(
            source,
            control.stop,
            operation,
            told=progress.wait,
            steadfast=True,
            ending=lambda: control.cancelled,
        )

    @contextmanager
    def session(
        self,
        source: DataSource,
        stop: Stop,
        operation: "Operation | None" = None,
        *,
        told: "Callable[[Pause | None], None] | None" = None,
        priority: str = "",
        steadfast: bool = False,
        ending: Callable[[], bool] = lambda: False,
        as_partner: str = "",
    ) -> "Iterator[Session]":
        """Graph, open for one piece of work; `steadfast`: with the patience of a run; `ending`: no more waits, it
        was cancelled gently; `as_partner`: as somebody would see it who has this address. Raises ProblemError where
        the operation is off, the operator may not run it, or the token says that its permission is lacking: before
        anything of it is sent."""
        from o365desk.services.access import by_token, operations
        from o365desk.services.graph import throttling
        from o365desk.services.graph.client import PATIENT, STEADFAST, Graph
        from o365desk.services.signin.msal_sign_in import BusyError
        from o365desk.services.signin.renewing_token import Bearer

        # Whoever may is told by the file as it is now, not as somebody opened it.
        source = self._secured(source) if operation else source
        admission = self._access.admit(source, operation, as_partner) if operation else None
        if operation and admission and not admission.decision.open:
            self._refuse(source, operation, admission)
        if operation and (why := operations.refused_offline(self._connections, source, operation)):
            raise ProblemError(why)
        sign_ins, admitted = self._sign_ins(), self._approvals.admit(source)
        with sign_ins.line(admitted, stop) as line:
            patience = replace(STEADFAST if steadfast else PATIENT, first=self._timing.retry)

            def rest(pause: "Pause") -> bool:
                throttling.rest(pause, stop, told, ending)
                return not ending()

            def ask(claims: str | None, renew: bool) -> "Token":
                return sign_ins.token(source, line, NO_CREDENTIAL, claims=claims, renew=renew)

            try:
                bearer = Bearer(ask, patience, rest, self._clock, stop.now)
            except BusyError:
                if ending():
                    raise CancelledError from None
                raise
            token = bearer.token
            if operation and (why := by_token.off_by_token(source, operation, token)):
                raise ProblemError(why)
            graph = Graph(source.graph_root, line, bearer, patience, told=told, priority=priority, ending=ending)

            def lacking() -> Problem | None:
                return bearer.lacking(partial(by_token.off_by_token, source, operation)) if operation else None

            session = Session(source, graph, token, stop, self._timing, lacking)
            yield self._admitted(session, operation, as_partner) if operation else session

    def _admitted(self, session: Session, operation: "Operation", as_partner: str) -> Session:
        """A session with what holds for whoever works in it. What is not known of them is asked of the tenant
        first. Raises ProblemError where they may not."""
        # A token may have taken its time.
        source = self._secured(session.source)
        admission = self._access.admit(source, operation, as_partner)
        if unread := self._access.unread(source, admission.subject):
            try:
                self._access.learn(session.graph, source, unread)
            except ProblemError as error:
                log.warning("Who may use %s could not be found out: %s", source.id, error.problem.sentence())
            admission = self._access.admit(source, operation, as_partner)
        self._refuse(source, operation, admission)
        made = admission.decision
        return replace(
            session, source=source, conditions=made.conditions, naming=made.naming, partner=admission.partner
        )

    def _refuse(self, source: DataSource, operation: "Operation", admission: Admission) -> None:
        """Raises ProblemError where whoever asks may not run an operation, after it was written down."""
        if why := _refusal(operation, admission):
            self._access.refused(source, why, admission.decision.rule, operation)
            raise ProblemError(why)

    def _secured(self, source: DataSource) -> DataSource:
        """A data source with the security settings that its file has now. Raises ProblemError where it has none, or
        none that can be read."""
        saved = self._connections.by_id(source.id)
        if saved is None:
            raise ProblemError(
                Problem(
                    title=f"Who may use “{source.name}” is not known",
                    cause="There is no file of this data source that can be read.",
                    remedy="Save it; or mend its file, which the list of data sources names.",
                    code=NOT_ALLOWED,
                )
            )
        return source.replace(security=saved.security)

    def _filed(self, source: DataSource) -> DataSource:
        """A data source, which need not be saved yet, as its file secures it. Raises ProblemError where that cannot
        be read; and where there is none, for who may not add one."""
        saved = self._connections.filed(source.id)
        if saved is None:
            self._access.refuse(
                None, Deed.ADD, f"You may not ask the tenant of “{source.name}”, which is not saved"
            )
            return source
        return source.replace(security=saved.security)

    def find_out(self, source: DataSource, stop: Stop, address: str = "", *, anew: bool = False) -> None:
        """Asks the tenant who is in the groups that the security settings and the roles name, and who has this
        address ("": whoever works here); `anew`: also what was asked just now, and whether the users that the
        settings name are still there. Raises ProblemError where it cannot be found out, or may not be asked by
        whoever works here, CancelledError."""
        filed = self._filed(source)
        if self._access.no_question(filed, address):
            self.find_out(source, stop)  # which may tell that they may
        if why := self._access.no_question(filed, address):
            raise ProblemError(why)
        if not self._access.decide(filed, Deed.EDIT).allowed:
            source = filed  # what a draft names is for those to ask who may save it
        subject = self._access.somebody(source, address) if address else self._access.me(source)
        if unread := self._access.unread(source, subject, anew=anew):
            with self.session(source, stop) as session:
                self._access.learn(session.graph, source, unread)


def planned_counts(plan: Plan) -> dict[str, int]:
    """How many rows of a plan stand how."""
    return {str(standing): count for standing in Standing if (count := plan.count(standing))}


def _say_read(doing: Doing, end: "ReadEnd") -> None:
    """What the activity log says of a read: never a row."""
    doing.facts |= {"rows": end.count, "complete": end.complete}
    if end.problem:
        doing.outcome = FAILED
        doing.facts |= {"why": end.problem.title}
        doing.requests.append(end.problem.request_id)


@contextmanager
def _telling_nobody(session: Session) -> Iterator[None]:
    """Says to a partner of somebody whom they named wrong no more than that."""
    from o365desk.services.writes.partner_default import NAMING, not_there

    try:
        yield
    except ProblemError as error:
        hides = session.partner is not None and session.source.security.partner_defaults
        if hides and error.problem.code in (*NAMING, "hidden-members"):
            raise ProblemError(not_there(error.problem.field)) from None
        raise


def _refusal(operation: "Operation", admission: Admission) -> Problem | None:
    """Why whoever asks may not run an operation; None: they may."""
    return admission.decision.problem(f"{admission.subject.address} may not use “{operation.title}”")


def _operation_of(run: Run) -> "Operation":
    """What a run does. Raises ProblemError."""
    from o365desk import catalogue

    try:
        return catalogue.operation(run.operation)
    except KeyError:
        raise ProblemError(
            Problem(
                title=f"This o365desk does not know “{run.title}”",
                cause=f"Run {run.id} was begun by another version, which has the operation {run.operation}.",
                remedy="Use that version, or a newer one; nothing was sent.",
                code="no-operation",
            )
        ) from None


def _hidden_since(run: Run) -> Problem:
    return Problem(
        title=f"Run {run.id} may not go on",
        cause="The partner default refuses some of the rows that are left.",
        remedy="Ask whoever administers the data source, or plan anew what may be done.",
        code=NOT_ALLOWED,
    )


def _nothing_failed(run: Run) -> Problem:
    again = f"Plan the undo of run {run.undoes} anew: it leaves alone what is done." if run.undoes else ""
    left = "Resume it: that goes on with what is left." if run.state.resumable else ""
    refused = f"{run.counts.cannot:,} could not be done: mend what they name, then plan them again (--refused-too)."
    return Problem(
        title=f"No row of run {run.id} can be tried again",
        cause="It undid another run." if run.undoes else "None of its rows failed.",
        remedy=again or " ".join(filter(None, (left, refused if run.refused else ""))),
        code="nothing-failed",
    )


def _source_of(run: Run, connections: Connections) -> DataSource:
    """The data source of a run, as it is now. Raises ProblemError."""
    rows = connections.overview().rows
    found = next((row.entry.source for row in rows if row.entry.source.id == run.source_id), None)
    if found is None:
        raise ProblemError(
            Problem(
                title=f"The data source of run {run.id} is gone",
                cause=f"“{run.source_name}” is not in this workspace.",
                remedy="Restore it from the recycle bin, or open the workspace that has it.",
                code="no-source",
            )
        )
    return found


def _refuse_other_tenant(run: Run, then: str, session: Session) -> None:
    now = session.token.tenant
    if then and now and then.lower() != now.lower():
        raise ProblemError(
            Problem(
                title=f"Run {run.id} was made in another tenant",
                cause=f"It ran in the tenant {then}; “{session.source.name}” leads to {now} now.",
                remedy="Let the data source lead to that tenant again; nothing was sent.",
                field="tenant",
                code="other-tenant",
            )
        )
