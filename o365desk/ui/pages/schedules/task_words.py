"""How tasks and their runs are said and shown: words, icons, colours, and what to do where somebody is needed."""

from datetime import datetime

from o365desk.model.schedules.task import Outcome, TaskRun, TaskState
from o365desk.model.text import wording

STATES = {
    TaskState.WAITING: ("clock", "good"),
    TaskState.DUE: ("warning", "warn"),
    TaskState.RUNNING: ("play", "info"),
    TaskState.PAUSED: ("pause", "dim"),
    TaskState.ON_DEMAND: ("play", "dim"),
    TaskState.OVER: ("passed", "dim"),
    TaskState.ELSEWHERE: ("tenant", "dim"),
    TaskState.NOT_ARMED: ("warning", "warn"),
    TaskState.REFUSED: ("failed", "bad"),
}
"""Icon and colour of each state."""
OUTCOMES = {
    Outcome.RUNNING: ("play", "info"),
    Outcome.DONE: ("passed", "good"),
    Outcome.FAILED: ("failed", "bad"),
    Outcome.NOT_PROVEN: ("not-proven", "warn"),
    Outcome.CANCELLED: ("stop", "warn"),
    Outcome.INTERRUPTED: ("failed", "bad"),
    Outcome.MISSED: ("warning", "warn"),
}
"""The same of each outcome of a run."""


def ahead(when: datetime, now: datetime) -> str:
    """How long until then: “in 3 hours”; “now” for what is due."""
    seconds = int((when - now).total_seconds())
    if seconds <= 0:
        return "now"
    for limit, size, name in ((3600, 60, "minute"), (2 * 86_400, 3600, "hour"), (0, 86_400, "day")):
        if seconds < limit or not limit:
            return f"in {wording.many(max(1, round(seconds / size)), name)}"
    return ""


def run_words(run: TaskRun) -> str:
    """How a run ended, in a word or two: “missed, 3 runs”."""
    if run.outcome is Outcome.MISSED and run.missed > 1:
        return f"missed, {wording.many(run.missed, 'run')}"
    return run.outcome.value


def counts_words(run: TaskRun) -> str:
    """“12 added, 3 removed”; "" for nothing."""
    return ", ".join(f"{value:,} {key.replace('_', ' ')}" for key, value in run.counts.items() if value)


def took(run: TaskRun) -> str:
    """How long it took; "" where it never did."""
    return wording.span(run.seconds) if run.seconds is not None else ""
