"""What is told of a run: a notice, a summary as a file, and the command that somebody wants to run after it."""

import json
import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from o365desk import processes
from o365desk.log import mask
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.schedules.task import TITLES, Outcome, Task, TaskRun
from o365desk.model.text import wording
from o365desk.model.text.shown import shown
from o365desk.model.timing import Timing
from o365desk.services.handover.document import Details, Section, Sheet, Text, Tone
from o365desk.services.state.state import State

log = logging.getLogger(__name__)

REPORTS = (".html", ".md")
_TONES = {Outcome.DONE: Tone.GOOD, Outcome.FAILED: Tone.BAD}
_LEVELS = {Outcome.DONE: "good", Outcome.FAILED: "bad", Outcome.CANCELLED: "info"}
_QUIET = (Outcome.DONE,)
"""Of runs that went well nobody is told: 24 notices a day of a group in step hide the one that matters."""


class Telling:
    """See the module."""

    def __init__(self, state: State, clock: Callable[[], datetime], timing: Timing) -> None:
        self._state, self._clock, self._timing = state, clock, timing

    def notice(self, level: str, text: str, detail: str = "", source_id: str = "") -> str:
        """Tells the person, now or when they come; returns the text. That it cannot be kept takes nothing away."""
        try:
            self._state.add_notice(level, text, detail, source_id)
        except ProblemError as error:
            log.warning("A notice could not be kept: %s", error.problem.sentence())
        return text

    def of_end(self, task: Task, outcome: Outcome, message: str, diagnosis: str) -> str:
        """The notice of a run that ended; "" for none. `diagnosis` is what a test of the connection showed then."""
        if outcome in _QUIET:
            return ""
        detail = " ".join(filter(None, (message, diagnosis)))
        text = f"“{task.name}”: {outcome}. {detail}"
        return self.notice(_LEVELS.get(outcome, "warn"), text, detail, task.source)

    def afterwards(self, task: Task, run: TaskRun, source_name: str) -> list[str]:
        """Writes the summary and runs the command; what went wrong with that, in sentences. It changes nothing
        about the run."""
        wrong = []
        if task.report and (why := self._report(task, run, source_name)):
            wrong.append(why)
        words = task.on_success if run.outcome.good else task.on_failure
        if words and (why := self._command(task, run, words)):
            wrong.append(why)
        for why in wrong:
            self.notice("warn", f"“{task.name}”: {why}", source_id=task.source)
        return wrong

    def _report(self, task: Task, run: TaskRun, source_name: str) -> str:
        from o365desk.services.handover.rendering import render
        from o365desk.services.spreadsheets import export

        target = Path(task.report)
        try:
            text = render(summary(task, run, source_name), target.suffix.lower())
            export.save_document(target, text.encode("utf-8", "replace"))
        except ProblemError as error:
            return f"The summary was not written. {error.problem.sentence()}"
        return ""

    def _command(self, task: Task, run: TaskRun, words: tuple[str, ...]) -> str:
        told = {
            "O365DESK_TASK": task.name, "O365DESK_OUTCOME": run.outcome.value, "O365DESK_MESSAGE": run.message,
            "O365DESK_REPORT": task.report, "O365DESK_COUNTS": json.dumps(run.counts),
        }  # fmt: skip
        told = {name: value.replace("\0", "").encode("utf-8", "replace").decode() for name, value in told.items()}
        ended = processes.after(words, told, self._timing.after_task)
        if ended.code == 0:
            return ""
        said = shown(mask((ended.err or ended.out).strip()[-300:]))
        how = "could not be run" if ended.code is None else f"ended with {ended.code}"
        return f"The command after the run, {shown(words[0])}, {how}{f': {said}' if said else ''}."


def summary(task: Task, run: TaskRun, source_name: str) -> Sheet:
    """A run, to be mailed or printed: with the times in UTC, as it is read elsewhere."""
    rows: list[tuple[str, tuple[str, ...]]] = [
        ("Task", (TITLES[task.work],)),
        ("Data source", (source_name or "gone",)),
        ("Schedule", (task.schedule.words,)),
        ("Due", (wording.utc(run.due) if run.due else "started by hand",)),
        ("Began", (wording.utc(run.started),)),
        ("Ended", (wording.utc(run.ended) if run.ended else "not yet",)),
        ("Took", (wording.span(run.seconds) if run.seconds is not None else "–",)),
        ("On", (f"{run.machine}, by {run.by}",)),
    ]
    rows += [(key.replace("_", " ").capitalize(), (f"{value:,}",)) for key, value in run.counts.items()]
    if run.missed:
        rows.append(("Missed before", (wording.many(run.missed, "run"),)))
    sections = [Section("The run", (Details(tuple(rows)),))]
    if run.problem:
        sections.append(Section("What is wrong", tuple(_why(run.problem))))
    return Sheet(
        title=f"{task.name}: {run.outcome}",
        made=f"o365desk, {wording.utc(run.ended or run.started)}",
        summary=(Text(run.message, _TONES.get(run.outcome, Tone.WARN)),),
        sections=tuple(sections),
    )


def _why(problem: Problem) -> list[str]:
    return [text for text in (problem.title, problem.cause, problem.microsoft_says, problem.remedy) if text]
