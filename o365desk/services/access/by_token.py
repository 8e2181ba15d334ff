"""What a token does not allow."""

from typing import TYPE_CHECKING

from o365desk.catalogue import Operation, permissions
from o365desk.model.datasource import DataSource
from o365desk.model.problems import NOT_ALLOWED, Action, Problem

if TYPE_CHECKING:
    from o365desk.services.signin.msal_sign_in import Token


def off_by_token(source: DataSource, operation: Operation, token: "Token") -> Problem | None:
    """Why an operation may not be run with this token. One that cannot be read proves nothing."""
    if not token.claims or permissions.accepted(operation, source.sign_in.delegated, token.granted):
        return None
    return missing_permission(source, operation, (permissions.asked_for(operation, source),))


def missing_permission(source: DataSource, operation: Operation, missing: tuple[str, ...]) -> Problem:
    names = ", ".join(missing)
    kind = "delegated" if source.sign_in.delegated else "application"
    if operation.box is None:
        return Problem(
            title=f"“{operation.title}” needs {names}",
            cause=f"{names} ({kind}) was not consented to for this app, and no check box asks for it.",
            remedy="Add it to the app registration under API permissions and grant admin consent there; then test "
            "the connection.",
            action=Action.TEST,
            code=NOT_ALLOWED,
        )
    return Problem(
        title=f"“{operation.title}” needs {names}",
        cause=f"{names} ({kind}) was not consented to for this app.",
        remedy="Copy the consent link and send it to an administrator who may consent; then test the connection.",
        action=Action.CONSENT,
        code=NOT_ALLOWED,
    )
