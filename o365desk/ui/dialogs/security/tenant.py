"""How the dialogs ask the tenant: for people and groups while somebody types, and for who is who."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from o365desk.model.datasource import DataSource
from o365desk.model.fields import Kind
from o365desk.model.problems import Problem
from o365desk.services.directory.suggestions import Suggestion
from o365desk.ui.context import Context
from o365desk.ui.fields.asking import Ask
from o365desk.ui.tasks import Task


def asking(context: Context, source: DataSource, kind: Callable[[], Kind]) -> Ask:
    """Asks the tenant of a data source, for whatever `kind` says at that moment."""

    def ask(
        owner: QObject,
        _: Kind,
        text: str,
        found: Callable[[list[Suggestion]], None],
        failed: Callable[[Problem], None],
    ) -> Task:
        runner, wanted = context.app.runner, kind()
        return context.tasks.run(
            f"Searching {source.name}",
            lambda stop, tell: runner.suggest(source, wanted, text, stop),
            found,
            failed,
            owner=owner,
            quiet=True,
        )

    return ask


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
