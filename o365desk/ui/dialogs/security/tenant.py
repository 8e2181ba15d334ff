"""How the dialogs ask the tenant who is who."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem
from o365desk.ui.context import Context
from o365desk.ui.tasks import Task


def find_out(
    context: Context,
    owner: QObject,
    source: DataSource,
    address: str,
    done: Callable[[], None],
    failed: Callable[[Problem], None],
) -> Task:
    """Asks who is in the groups that the settings name, whether the users are still there, and who has this address
    ("": whoever works here)."""

    return context.tasks.run(
        f"Asking the tenant of “{source.name}”",
        lambda stop, tell: context.app.runner.find_out(source, stop, address, anew=True),
        lambda _: done(),
        failed,
        owner=owner,
        cancelled=done,
    )
