"""How pages open the two dialogs."""

from PySide6.QtWidgets import QDialog, QWidget

from o365desk.model.access.security import Deed, Security
from o365desk.model.datasource import DataSource
from o365desk.model.report import Report
from o365desk.services.connection_test.evidence import users_counted
from o365desk.ui.context import Context
from o365desk.ui.rights import Refusals


def secure(
    context: Context,
    source: DataSource,
    saved: DataSource | None,
    refusals: Refusals,
    report: Report | None,
    parent: QWidget,
) -> Security | None:
    """Shows the security settings of a data source as the form has it; returns them as they were changed, None
    where they were not. `report`: of its last test."""
    from o365desk.ui.dialogs.security.editing import editor
    from o365desk.ui.dialogs.security.settings import Secured, SecurityDialog

    deed = Deed.SECURITY if saved else Deed.ADD
    secured = Secured(source=source, saved=saved, refused=refusals.get(deed, ""), users=users_counted(report))
    dialog = SecurityDialog(context, secured, editor(context, saved or source), parent)
    kept = dialog.exec() == QDialog.DialogCode.Accepted
    security = dialog.security()
    dialog.deleteLater()
    return security if kept and security != source.security else None


def view_as(context: Context, source: DataSource, parent: QWidget, *, drafted: bool = False) -> None:
    """Shows what somebody would get from a data source."""
    from o365desk.ui.dialogs.security.view_as import ViewAsDialog

    dialog = ViewAsDialog(context, source, drafted=drafted, parent=parent)
    dialog.exec()
    dialog.deleteLater()
