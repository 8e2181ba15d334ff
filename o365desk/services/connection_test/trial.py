"""One run of the connection test: which step may start when, side by side, and how it is stopped."""

import logging
import queue
import threading
import time
import traceback
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from o365desk.catalogue.permissions import Permission
from o365desk.log import mask
from o365desk.model.datasource import DataSource
from o365desk.model.problems import Action, CancelledError, Problem, ProblemError
from o365desk.model.report import Step
from o365desk.model.status import Known, Outcome
from o365desk.services.http.session import HttpSession
from o365desk.services.signin.credentials import Credential
from o365desk.services.signin.msal_sign_in import SignIns, Token
from o365desk.services.signin.rehearsals import Rehearsal

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a step found. `warning`: passed, but worth a look."""

    outcome: Outcome = Outcome.PASSED
    detail: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    problem: Problem | None = None
    request_id: str = ""
    warning: bool = False


@dataclass
class TestContext:
    """What the steps share. A step writes only its own part, and only those that come after it read that."""

    source: DataSource
    typed: Credential
    known: Known
    plan: Collection[Permission]
    sign_ins: SignIns
    line: HttpSession
    now: Callable[[], Any]
    limit: float
    """Seconds after which it gives up: an answer that comes in drops may take longer, and so may a few of them."""
    rehearsals: Sequence[Rehearsal] = ()
    """Sign-ins of people through it, the latest first."""
    document: dict[str, Any] = field(default_factory=dict)
    token: Token | None = None
    date_header: str = ""
    date_seen: Any = None
    steps: dict[str, Step] = field(default_factory=dict)

    def passed(self, key: str) -> bool:
        """Whether a step has run and passed."""
        return key in self.steps and self.steps[key].outcome is Outcome.PASSED

    def got_token(self) -> Token:
        """The token, for steps that come after it."""
        if self.token is None:
            raise AssertionError("the table lets this step run only after the token")
        return self.token


@dataclass(frozen=True, kw_only=True)
class TestStep:
    """One row of the test's table: what it is, what must have passed before (`after`), what must only have ended
    before (`ended`), and the function that finds out. The function raises ProblemError where it fails."""

    key: str
    title: str
    check: Callable[[TestContext], Finding]
    after: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()


def run(
    table: Sequence[TestStep],
    trial: TestContext,
    began: Callable[[TestStep, float], None],
    done: Callable[[Step], None],
) -> float:
    """Runs every step as soon as it may; independent ones side by side. Fills `trial.steps` and returns the seconds
    it took. `began` and `done` are called in the caller's thread. After `trial.limit` it gives up: what has not
    ended is not proven. Raises CancelledError as soon as the line's stop is set. What is still on its way then is
    cut off and forgotten."""
    start, limit = time.monotonic(), trial.limit
    results: queue.Queue[Step | BaseException | None] = queue.Queue()
    waiting, running = list(table), 0

    def wake() -> None:
        results.put(None)

    def work(row: TestStep, at: float) -> None:
        try:
            results.put(_ended(row, trial, at, start))
        except BaseException as error:  # noqa: BLE001 - handed to the caller's thread, which raises it
            results.put(error)

    trial.line.stop.listen(wake)
    try:
        while waiting or running:
            for row in [row for row in waiting if _may_start(row, trial)]:
                waiting.remove(row)
                running += 1
                at = time.monotonic() - start
                began(row, at)
                threading.Thread(target=work, args=(row, at), daemon=True, name=f"test {row.key}").start()
            try:
                result = results.get(timeout=max(0.0, start + limit - time.monotonic()))
            except queue.Empty:
                for step in _given_up(table, trial, limit):
                    trial.steps[step.key] = step
                    done(step)
                trial.line.stop.set()
                break
            trial.line.stop.check()
            if isinstance(result, BaseException):
                raise result
            if result:
                running -= 1
                trial.steps[result.key] = result
                done(result)
    finally:
        trial.line.stop.unlisten(wake)
    return time.monotonic() - start


def _given_up(table: Sequence[TestStep], trial: TestContext, limit: float) -> list[Step]:
    """What had not ended when the test gave up."""
    left = [row for row in table if row.key not in trial.steps]
    titles = ", ".join(row.title for row in left)
    problem = Problem(
        title=f"The test gave up after {limit / 60:.0f} minutes",
        cause=f"No whole answer had come by then for: {titles}.",
        remedy="Test again; if it stays so, see whether a proxy or firewall slows the connection down.",
        action=Action.RETRY,
        code="gave-up",
        conclusive=False,
    )
    return [
        Step(key=row.key, title=row.title, outcome=Outcome.NOT_PROVEN, detail=problem.title, problem=problem,
             remedy=problem.remedy, began=limit)
        for row in left
    ]  # fmt: skip


def _may_start(row: TestStep, trial: TestContext) -> bool:
    return all(key in trial.steps for key in (*row.after, *row.ended))


def _ended(row: TestStep, trial: TestContext, at: float, start: float) -> Step:
    blocked = [trial.steps[key].title for key in row.after if not trial.passed(key)]
    if blocked:
        finding = Finding(outcome=Outcome.NOT_PROVEN, detail=f"Not tried: rests on {', '.join(blocked)}.")
    else:
        try:
            finding = row.check(trial)
        except ProblemError as error:
            finding = found(error.problem)
        except CancelledError:
            raise
        except Exception as error:
            # A mistake in one step must not cost the other steps their answer, nor count as proven.
            log.exception("The step %s of the connection test made a mistake", row.key)
            finding = found(_mistake(row, error))
    problem = finding.problem
    if problem and problem.action is Action.AUTHORIZE and not trial.source.sign_in.delegated:
        problem = problem.with_(action=Action.RETRY)  # nobody is signed in who could sign in again
    return Step(
        key=row.key,
        title=row.title,
        outcome=finding.outcome,
        detail=finding.detail or (problem.title if problem else ""),
        remedy=problem.remedy if problem else "",
        request_id=finding.request_id or (problem.request_id if problem else ""),
        began=at,
        seconds=time.monotonic() - start - at,
        warning=finding.warning,
        facts=finding.facts,
        problem=problem,
    )


def _mistake(row: TestStep, error: Exception) -> Problem:
    return Problem(
        title=f"o365desk made a mistake in the step “{row.title}”",
        cause=f"{type(error).__name__} was not expected there.",
        remedy="Test again; if it stays so, send the report to whoever looks after o365desk.",
        action=Action.RETRY,
        code=type(error).__name__,
        detail=mask("".join(traceback.format_exception(error))),
        conclusive=False,
    )


def found(problem: Problem) -> Finding:
    """A problem as a finding: failed where it is conclusive, not proven where the check could not be made."""
    outcome = Outcome.FAILED if problem.conclusive else Outcome.NOT_PROVEN
    return Finding(outcome=outcome, problem=problem, request_id=problem.request_id)
