"""The way from a mapping to **Edit conditions**: what that dialog is given to know about an operation."""

from PySide6.QtWidgets import QWidget

from o365desk.catalogue import Operation
from o365desk.model.conditions.tree import Group
from o365desk.model.datasource import DataSource
from o365desk.ui.context import Context
from o365desk.ui.dialogs.conditions.asked import Asked
from o365desk.ui.dialogs.edit_conditions import about_operation, edited
from o365desk.ui.dialogs.security.conditions import Edit

_NEEDED = "Without a condition partners are shown nothing: add one, or remove the mapping."


def editor(context: Context, source: DataSource) -> Edit:
    """Opens Edit conditions for the partner defaults of a data source. The preview reads as whoever works here, who
    may see what a partner may not."""

    def edit(operation: Operation, before: Group, parent: QWidget) -> Group | None:
        return edited(context, asked_about(context, source, operation, before), parent)

    return edit


def asked_about(context: Context, source: DataSource, operation: Operation, before: Group) -> Asked:
    """What the dialog is given."""
    return about_operation(context, source, operation, before, partner=True, empty=_NEEDED)
