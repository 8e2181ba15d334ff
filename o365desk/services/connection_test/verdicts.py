"""Verdicts: what the token's permissions and the test's reads show about each operation."""

from o365desk import catalogue
from o365desk.catalogue import Operation, permissions
from o365desk.model.datasource import FIELDS
from o365desk.model.report import Verdict
from o365desk.model.status import Outcome
from o365desk.services.connection_test.trial import TestContext
from o365desk.services.signin.msal_sign_in import Token


def missing_permissions(trial: TestContext) -> list[str]:
    """Asked for, and neither granted nor covered by a broader permission."""
    return permissions.missing(trial.source, catalogue.OPERATIONS.values(), trial.got_token().granted)


def extra_permissions(trial: TestContext) -> list[str]:
    """Granted, and neither asked for nor standing in for something asked for."""
    token, delegated = trial.got_token(), trial.source.sign_in.delegated
    useful = {item.name for item in trial.plan} | {"openid", "profile", "email", "offline_access", "User.Read"}
    for operation in catalogue.OPERATIONS.values():
        if operation.box is None or operation.box in permissions.boxes(trial.source):
            opening = permissions.accepted(operation, delegated, token.granted)
            if permissions.asked_for(operation, trial.source) not in opening:
                useful |= set(opening[:1])
    return sorted(token.granted - useful)


def verdict(operation: Operation, trial: TestContext) -> Verdict:
    """What the steps show about an operation: from its permission, the box, and the read that proves it."""
    asked = operation.box in permissions.boxes(trial.source)
    proof = trial.steps[operation.proof]
    if operation.writes and not asked:
        box = FIELDS["readWrite"].plain_label
        return _verdict(operation, Outcome.SKIPPED, f"Switched off: “{box}” is not checked.")
    token = trial.token
    if token is None:
        if not asked:
            return _verdict(operation, Outcome.SKIPPED, "Not asked for.")
        return _verdict(operation, Outcome.NOT_PROVEN, "There is no token to prove it with.")
    if token.claims and not permissions.accepted(operation, trial.source.sign_in.delegated, token.granted):
        missing = (permissions.asked_for(operation, trial.source),)
        if not asked:
            return _verdict(operation, Outcome.SKIPPED, "Not asked for, and not consented to.", missing)
        return _verdict(operation, Outcome.FAILED, f"{missing[0]} was not consented to.", missing)
    if operation.writes and not token.claims:
        return _verdict(operation, Outcome.NOT_PROVEN, "The token does not tell its permissions.")
    if operation.writes and proof.outcome is Outcome.FAILED:
        # The read was refused; what that means for the write cannot be told without writing.
        return _verdict(operation, Outcome.NOT_PROVEN, f"{proof.title}: {proof.detail}")
    if proof.outcome is Outcome.PASSED:
        return _roles_enough(operation, token) or _verdict(operation, Outcome.PASSED, _proven(operation))
    return _verdict(operation, proof.outcome, f"{proof.title}: {proof.detail}")


def _proven(operation: Operation) -> str:
    if operation.writes:
        return "Permission granted; judged without writing."
    return "Permission granted; judged by another read." if _addressed(operation) else "Proven by reading."


def _addressed(operation: Operation) -> bool:
    return operation.listing is not None and bool(operation.listing.addressed)


def _roles_enough(operation: Operation, token: Token) -> Verdict | None:
    """For a signed-in person the permission is half of it: a write needs a directory role too."""
    if not token.delegated or not operation.roles:
        return None
    if "wids" not in token.claims:
        detail = "The permission is granted; the token does not tell the account's directory roles."
        return _verdict(operation, Outcome.NOT_PROVEN, detail)
    if token.directory_roles & {"Global Administrator", *operation.roles}:
        return None
    detail = f"{token.account} has none of the roles known to allow it: {', '.join(operation.roles)}."
    return _verdict(operation, Outcome.NOT_PROVEN, detail)


def _verdict(operation: Operation, outcome: Outcome, detail: str, missing: tuple[str, ...] = ()) -> Verdict:
    return Verdict(key=operation.key, title=operation.title, outcome=outcome, missing=missing, detail=detail)
