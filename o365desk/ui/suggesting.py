"""How forms and dialogs ask for people and groups while somebody types: the tenant, and where that is out of reach
the imported directory, which says so in each line."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from o365desk.app import App
from o365desk.model.datasource import DataSource
from o365desk.model.fields import Kind
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.stop import Stop
from o365desk.services.directory.suggestions import Suggestion
from o365desk.ui.context import Context
from o365desk.ui.fields.asking import Ask
from o365desk.ui.tasks import Task


def asking(context: Context, source: DataSource, kind: Callable[[], Kind] | None = None) -> Ask:
    """Asks about a data source's tenant, for the kind of the field, or whatever `kind` says at that moment."""

    def ask(
        owner: QObject,
        asked: Kind,
        text: str,
        found: Callable[[list[Suggestion]], None],
        failed: Callable[[Problem], None],
    ) -> Task:
        app, wanted = context.app, kind() if kind else asked
        return context.tasks.run(
            f"Searching {source.name}",
            lambda stop, tell: suggest(app, source, wanted, text, stop),
            found,
            failed,
            owner=owner,
            quiet=True,
        )

    return ask


def suggest(app: App, source: DataSource, kind: Kind, text: str, stop: Stop) -> list[Suggestion]:
    """See the module. To be called in a worker. Raises ProblemError, CancelledError."""
    from o365desk.services.directory.copy import suggesting

    try:
        return app.runner.suggest(source, kind, text, stop)
    except ProblemError as error:
        # Whatever else it is, no older answer may stand in for it.
        if error.problem.conclusive or kind not in suggesting.KINDS:
            raise
        directory = app.directories.of(source)
        if not directory.imported:
            raise
        return suggesting.suggest(directory, kind, text)
