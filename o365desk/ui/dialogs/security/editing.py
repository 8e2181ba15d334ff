"""The way from a mapping to **Edit conditions**: what that dialog is given to know about an operation."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QDialog, QWidget

from o365desk.app import App
from o365desk.catalogue import Operation
from o365desk.catalogue.parameters import parameters
from o365desk.catalogue.values import check
from o365desk.model.conditions.tree import Group, place_words
from o365desk.model.datasource import DataSource
from o365desk.model.stop import Stop
from o365desk.model.text import wording
from o365desk.services.conditions import compiling
from o365desk.services.graph.lists import GraphPage
from o365desk.ui.context import Context
from o365desk.ui.dialogs.conditions.asked import Asked, Cost, Known, asked
from o365desk.ui.dialogs.security.conditions import Edit

_NEEDED = "Without a condition partners are shown nothing: add one, or remove the mapping."
_MOST = 2_000
"""Rows that the preview reads where it is asked to."""


def editor(context: Context, source: DataSource) -> Edit:
    """Opens Edit conditions for the partner defaults of a data source."""

    def edit(operation: Operation, before: Group, parent: QWidget) -> Group | None:
        from o365desk.ui.dialogs.conditions.dialog import ConditionsDialog

        about = asked_about(context.app, source, operation, before)
        dialog = ConditionsDialog(context.theme, context.tasks, about, parent)
        made = dialog.tree if dialog.exec() == QDialog.DialogCode.Accepted else None
        dialog.deleteLater()
        return made

    return edit


def asked_about(app: App, source: DataSource, operation: Operation, before: Group) -> Asked:
    """What the dialog is given. Its preview reads as whoever works here, who may see what a partner may not."""

    def read(stop: Stop) -> Known:
        rows: list[Mapping[str, Any]] = []

        def take(page: GraphPage) -> None:
            rows.extend(page.rows)

        app.runner.read(source, operation, {}, stop, take, max_rows=_MOST)
        what = f"{operation.title}, read at {wording.clock(app.clock())}"
        return Known(rows, what, complete=len(rows) < _MOST)

    def explain(tree: Group) -> Cost:
        if operation.listing is None:
            return Cost()
        made = compiling.compiled(tree, about, operation.listing, app.clock())
        here = "; ".join(f"{place_words(each.place)}: {each.why}" for each in made.here)
        return Cost("\n".join(made.filters), here, compiling.cost(made, operation.listing))

    about = parameters(operation)
    lists = operation.listing is not None and not check(operation, {})
    return asked(
        operation.title,
        about,
        app.clock,
        saved=before,
        partner=True,
        empty=_NEEDED,
        explain=explain if operation.listing else None,
        read=read if lists else None,
    )
