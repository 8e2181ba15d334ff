"""What the dialog is given to know about an operation of a data source, for partner defaults and for searches."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtWidgets import QDialog, QWidget

from o365desk.catalogue import Operation
from o365desk.catalogue.parameters import parameters
from o365desk.catalogue.values import check
from o365desk.model.conditions.tree import Group, place_words
from o365desk.model.datasource import DataSource
from o365desk.model.directory.imports import Kind
from o365desk.model.problems import ProblemError
from o365desk.model.stop import Stop
from o365desk.model.text import wording
from o365desk.services.conditions import compiling
from o365desk.services.graph.lists import GraphPage
from o365desk.ui.context import Context
from o365desk.ui.dialogs.conditions.asked import Asked, Cost, Known, asked

MOST = 2_000
"""Rows that the preview reads where it is asked to."""
_COLUMNS = 2
"""So many of the operation's columns are in the preview besides those of the conditions."""


def edited(context: Context, asked: Asked, parent: QWidget) -> Group | None:
    """Shows the dialog; returns the conditions as they were made, None where it was left without them."""
    from o365desk.ui.dialogs.conditions.dialog import ConditionsDialog

    dialog = ConditionsDialog(context.theme, context.tasks, asked, parent)
    made = dialog.tree if dialog.exec() == QDialog.DialogCode.Accepted else None
    dialog.deleteLater()
    return made


def imported(context: Context, source: DataSource, operation: Operation, stop: Stop) -> Known | None:
    """The first rows of the imported directory, where it has what an operation lists; None where not. For a worker.
    Raises ProblemError."""
    kind = {"user-list": Kind.USERS, "group-list": Kind.GROUPS}.get(operation.key)
    directory = context.app.directories.of(source) if kind else None
    as_of = directory.as_of if directory else None
    if kind is None or directory is None or as_of is None:
        return None
    found = directory.window(kind, limit=MOST, check=stop.check)
    what = f"the tenant is out of reach: from the directory, as of {wording.moment(as_of)}"
    return Known(found.rows, what, complete=found.next is None)


def about_operation(
    context: Context,
    source: DataSource,
    operation: Operation,
    before: Group,
    values: Mapping[str, str] | None = None,
    **rest: Any,
) -> Asked:
    """What is asked about the conditions of an operation, with what the last read of it said. `values`: what its
    fields hold; None where the conditions hold whatever these are. Its preview reads as whoever works here."""
    app, lists, about = context.app, context.lists, parameters(operation)
    given, last = values or {}, lists.last(source.id, operation.key)

    def read(stop: Stop) -> Known:
        rows: list[Mapping[str, Any]] = []

        def take(page: GraphPage) -> None:
            rows.extend(page.rows)

        try:
            app.runner.read(source, operation, given, stop, take, max_rows=MOST)
        except ProblemError as error:
            known = None if error.problem.conclusive else imported(context, source, operation, stop)
            if known is None:
                raise
            return known
        what = f"{operation.title}, read at {wording.clock(app.clock())}"
        return Known(rows, what, complete=len(rows) < MOST)

    def explain(tree: Group) -> Cost:
        if operation.listing is None:
            return Cost()
        made = compiling.compiled(tree, about, operation.listing, app.clock(), values=given)
        here = "; ".join(f"{place_words(each.place)}: {each.why}" for each in made.here)
        return Cost("\n".join(made.filters), here, compiling.cost(made, operation.listing))

    # Rows that conditions left out cannot be counted, nor those of another search.
    same = last is not None and not last.filtered and dict(last.values) == dict(given)
    return asked(
        operation.title,
        about,
        app.clock,
        saved=before,
        explain=explain if operation.listing else None,
        known=Known(last.rows, last.what, last.complete) if last and same else None,
        read=read if operation.listing and not check(operation, given) else None,
        plans=lambda: lists.plans(source.id),
        suggestions=lists.suggestions(source.id, operation.key, about),
        columns=tuple(column.key for column in operation.columns[:_COLUMNS]),
        **rest,
    )
