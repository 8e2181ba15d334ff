"""How pages open the editor: what it needs is read in a worker first."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QDialog, QWidget

from o365desk.model.access.security import Deed
from o365desk.model.run import Plan
from o365desk.ui.context import Context
from o365desk.ui.rights import refusal

if TYPE_CHECKING:
    from o365desk.model.schedules.task import Task
    from o365desk.ui.dialogs.schedules.asked import Opened

Then = Callable[[], object]


def edit_task(context: Context, task_id: str, parent: QWidget, then: Then = lambda: None) -> None:
    """Opens a task; `then` follows once it was saved."""

    def read() -> "Opened":
        from o365desk.model.schedules.task import TaskState

        row = context.app.schedules.get(task_id)
        task = row.task
        refused = not_mine(context, task)
        away = row.state in (TaskState.ELSEWHERE, TaskState.NOT_ARMED)
        note = ""
        if row.state is TaskState.ELSEWHERE:
            note = f"It runs on {task.machine or 'another computer'}. Saved here, it runs here instead."
        elif row.state is TaskState.NOT_ARMED and row.why:
            note = f"{row.why.title}. {row.why.cause} Look at what it does: saving arms it here."
        return _opened(context, task, row.entry.version, refused=refused, note=note, armed_here=not away)

    _open(context, read, parent, then)


def add_task(
    context: Context,
    parent: QWidget,
    then: Then = lambda: None,
    *,
    made: "Callable[[], Task] | None" = None,
    plan: Plan | None = None,
) -> None:
    """Opens a new task: an empty one, or one that `made` begins. `plan`: an approved one, which it is to apply."""

    def read() -> "Opened":
        return _opened(context, made() if made else blank(), None, plan=plan)

    _open(context, read, parent, then)


def import_every_hour(context: Context, source_id: str, name: str, parent: QWidget) -> None:
    """A new task that imports a data source's users and groups."""

    def made() -> "Task":
        from o365desk.model.schedules.schedule import Recurs
        from o365desk.model.schedules.task import Work

        return blank(f"Import {name} every hour", Work.IMPORT, source_id, Recurs.HOURLY)

    add_task(context, parent, made=made)


def save_search_every_day(context: Context, source_id: str, operation: str, search: str, parent: QWidget) -> None:
    """A new task that saves what a saved search finds."""

    def made() -> "Task":
        from o365desk.model.schedules.task import Work

        return blank(search, Work.READ, source_id).replace(what={"operation": operation, "saved": search})

    add_task(context, parent, made=made)


def apply_later(context: Context, plan: Plan, parent: QWidget, then: Then) -> None:
    """A new task that applies a plan, which was seen and approved."""

    def made() -> "Task":
        from o365desk.model.schedules.schedule import Recurs
        from o365desk.model.schedules.task import LONGEST, Work

        return blank(plan.sentence[:LONGEST], Work.APPLY, plan.source_id, Recurs.ONCE)

    add_task(context, parent, then, made=made, plan=plan)


def blank(name: str = "", work: str = "import", source_id: str = "", recurs: str = "daily") -> "Task":
    """A task that is to be filled in."""
    from o365desk.model.schedules.schedule import Recurs, Schedule
    from o365desk.model.schedules.task import Task, Work
    from o365desk.services.schedules.task_file import new_id

    return Task(id=new_id(), name=name, work=Work(work), source=source_id, schedule=Schedule(recurs=Recurs(recurs)))


def not_mine(context: Context, task: "Task") -> str:
    """Why whoever works here may not change a task: it is somebody else's, of a data source that they may not
    edit. "" where they may."""
    if not task.owner or task.owner == context.app.access.operator.address:
        return ""
    why = refusal(context.app, context.app.connections.by_id(task.source), Deed.EDIT)
    return f"It is {task.owner}’s. {why}" if why else ""


def _opened(context: Context, task: "Task", base: str | None, **more: object) -> "Opened":
    from zoneinfo import available_timezones

    from o365desk.services.schedules import machine
    from o365desk.ui.dialogs.schedules.asked import Opened

    sources = tuple(entry.source for entry in context.app.workspace.list().entries)
    zones = tuple(sorted(available_timezones()))
    return Opened(task=task, base=base, sources=sources, zone=machine.time_zone(), zones=zones, **more)  # type: ignore[arg-type]


def _open(context: Context, read: "Callable[[], Opened]", parent: QWidget, then: Then) -> None:
    def show(opened: "Opened") -> None:
        from o365desk.ui.dialogs.schedules.editor import TaskDialog

        dialog = TaskDialog(context, opened, parent.window())
        if dialog.exec() == QDialog.DialogCode.Accepted and dialog.saved:
            task = dialog.saved.thing
            state = "is saved; it is paused" if task.paused else f"is saved: {task.schedule.words}"
            context.notices.say("good", f"“{task.name}” {state}", "", task.source)
            then()
        dialog.deleteLater()

    context.tasks.run("Opening the task", lambda stop, tell: read(), show, context.notices.problem, owner=parent)
