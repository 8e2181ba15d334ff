"""A task that two people changed at once: both sides, field by field."""

from collections.abc import Iterable

from PySide6.QtWidgets import QWidget

from o365desk.catalogue import OPERATIONS
from o365desk.model.datasource import DataSource
from o365desk.model.schedules.task import TITLES, Task
from o365desk.model.text import wording
from o365desk.ui.dialogs import conflict
from o365desk.ui.dialogs.conflict import Choice, Compared
from o365desk.ui.dialogs.question import QuestionDialog
from o365desk.ui.dialogs.schedules import commands
from o365desk.ui.widgets.theme import Theme

_NONE = "—"


def compare(mine: Task, theirs: Task, sources: Iterable[DataSource]) -> list[Compared]:
    """All that a person sets of a task; what differs first."""
    names = {source.id: source.name for source in sources}
    left, right = _words(mine, names), _words(theirs, names)
    lines = [
        Compared(key, key, left[key], right[key], left[key] != right[key])
        for key in left
        if (left[key], right[key]) != (_NONE, _NONE)
    ]
    return sorted(lines, key=lambda line: not line.differs)


def _words(task: Task, names: dict[str, str]) -> dict[str, str]:
    operation = OPERATIONS.get(task.what.get("operation", ""))
    values = "; ".join(f"{key}: {text}" for key, text in sorted(task.values.items()))
    found = {
        "Name": task.name,
        "What it does": TITLES[task.work],
        "Data source": names.get(task.source, task.source),
        "Schedule": task.schedule.words,
        "Paused": "yes" if task.paused else "no",
        "Operation": operation.title if operation else task.what.get("operation", ""),
        "Asked": task.what.get("saved", "") or values,
        "To file": task.what.get("output", ""),
        "Group": task.what.get("group", ""),
        "Plan": task.what.get("sentence", ""),
        "Run limit": wording.many(task.limit, "minute"),
        "Report file": task.report,
        "Command after success": commands.as_line(task.on_success),
        "Command otherwise": commands.as_line(task.on_failure),
    }
    return {key: text or _NONE for key, text in found.items()}


def conflict_question(
    theme: Theme, mine: Task, theirs: Task | None, sources: Iterable[DataSource], parent: QWidget | None = None
) -> QuestionDialog[Choice]:
    """Both sides; closing it means: keep editing."""
    if theirs is None:
        return conflict.conflict_question(theme, mine.name, None, "", None, parent)
    lines = compare(mine, theirs, sources)
    return conflict.conflict_question(theme, mine.name, lines, theirs.modified_by, theirs.modified, parent)
