"""Why an operation may not be run: as far as that is known offline, and as far as the token tells."""

from o365desk.catalogue import Operation, permissions
from o365desk.catalogue.operations import Box
from o365desk.model.datasource import FIELDS, DataSource
from o365desk.model.problems import NOT_ALLOWED, NOT_APPROVED, Action, Problem
from o365desk.services.access.by_token import missing_permission
from o365desk.services.connection_test.evidence import report_of
from o365desk.services.connections import Connections


def off(connections: Connections, source: DataSource, operation: Operation) -> Problem | None:
    """Why an operation is off, told offline: details are missing, its box is not checked, or its permission was
    lacking when the connection was last tested. None: it can be tried."""
    if why := refused_offline(connections, source, operation):
        return why
    known = connections.known(source)
    report = report_of(known.attempt)
    # What was found out with other details, or another secret, says nothing of this connection.
    if report is None or known.attempt is None or known.attempt.fingerprint != known.proof:
        return None if operation.box else _not_known(source, operation)
    verdicts = (*report.operations, *report.beyond)
    verdict = next((item for item in verdicts if item.key == operation.key), None)
    if verdict is None:  # a program before tested, which did not know it
        return None if operation.box else _not_known(source, operation)
    return missing_permission(source, operation, verdict.missing) if verdict.missing else None


def _not_known(source: DataSource, operation: Operation) -> Problem:
    """No box asks for the permission: it is off until a test shows that it was granted all the same."""
    return Problem(
        title=f"“{operation.title}” needs {permissions.asked_for(operation, source)}",
        cause="No check box asks for this permission, and no test has shown yet whether it was granted.",
        remedy="Test the connection. If it is lacking, add it to the app registration under API permissions and "
        "grant admin consent there.",
        action=Action.TEST,
        code=NOT_ALLOWED,
    )


def refused_offline(connections: Connections, source: DataSource, operation: Operation) -> Problem | None:
    """The same without what the last test found lacking: it may have been granted since."""
    problems = connections.problems(source)
    if problems:
        first = problems[0]
        if first.code == NOT_APPROVED:
            return first
        cause = f"“{source.name}” is not complete: {first.title}"
        return first.with_(title=f"“{operation.title}” cannot be used yet", cause=cause)
    ask = operation.box is Box.USAGE_LOCATION and source.read_write
    if not operation.writes or operation.box in permissions.boxes(source):
        return None
    box = FIELDS["setUsageLocation" if ask else "readWrite"]
    return Problem(
        title=f"“{operation.title}” is switched off",
        cause=f"“{box.plain_label}” is not checked in “{source.name}”.",
        remedy="Check the box in the data source, and have the permission consented to.",
        action=Action.FIELD,
        field=box.key,
        code=NOT_ALLOWED,
    )
