"""Scheduled tasks as JSON. The shapes stay: scripts read them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from o365desk.log import mask
from o365desk.model.problems import Problem
from o365desk.model.schedules.task import TaskRun
from o365desk.model.text import wording
from o365desk.services.schedules.running import Tick
from o365desk.services.schedules.schedules import TaskRow
from o365desk.services.workspace import layout
from o365desk.services.workspace.layout import Unreadable


def error(problem: Problem | None) -> dict[str, str] | None:
    """A problem as every command tells it."""
    return {key: mask(value) for key, value in problem.as_json().items()} if problem else None


def run(each: TaskRun) -> dict[str, Any]:
    """One run."""
    return {
        "run": each.number,
        "task": each.name,
        "id": each.task,
        "due": wording.iso(each.due),
        "started": wording.iso(each.started),
        "ended": wording.iso(each.ended),
        "seconds": None if each.seconds is None else round(each.seconds, 3),
        "outcome": each.outcome.value,
        "exit_code": each.exit_code,
        "message": mask(each.message),
        "counts": each.counts,
        "missed": each.missed,
        "notice": mask(each.notice),
        "by": each.by,
        "machine": each.machine,
        "details": each.details,
        "error": error(each.problem),
    }


def row(each: TaskRow) -> dict[str, Any]:
    """A task with how it stands."""
    task = each.task
    return {
        "name": task.name,
        "id": task.id,
        "task": task.work.value,
        "source": each.source.name if each.source else None,
        "rule": task.schedule.rule,
        "start": wording.iso_on_wall(task.schedule.start) if task.schedule.start else None,
        "zone": task.schedule.zone,
        "schedule": task.schedule.words,
        "state": each.state.value,
        "paused": task.paused,
        "here": each.here,
        "last": run(each.last) if each.last else None,
        "next": wording.iso(each.next),
        "owner": task.owner,
        "machine": task.machine,
        "problem": error(each.why),
    }


def details(each: TaskRow, runs: Sequence[TaskRun]) -> dict[str, Any]:
    """All that there is to know of a task."""
    task = each.task
    return row(each) | {
        "file": layout.label(each.entry.path),
        "what": task.what,
        "values": task.values,
        "report": task.report,
        "on_success": list(task.on_success),
        "on_failure": list(task.on_failure),
        "limit": task.limit,
        "runs": [run(each) for each in runs],
    }


def refused(item: Unreadable) -> dict[str, Any]:
    """A file that makes no sense."""
    return {"file": layout.label(item.path), "error": error(item.problem)}


def tick(made: Tick) -> dict[str, Any]:
    """What a wake did."""
    return {
        "at": wording.iso(made.at),
        "runs": [run(each) for each in made.runs],
        "missed": [{"task": task.name, "count": count} for task, count in made.missed],
        "due": [{"task": held.task.name, "error": error(held.why)} for held in made.held],
        "refused": [refused(item) for item in made.refused],
        "next": wording.iso(made.next),
    }


def moments(found: Sequence[datetime]) -> list[str]:
    """Moments with the offset of their zone."""
    return [moment.isoformat() for moment in found]
