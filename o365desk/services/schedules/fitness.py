"""Whether a task can run by itself: what would keep it from its next run, and what from its third."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from o365desk.model.datasource import DataSource
from o365desk.model.problems import Action, Problem
from o365desk.model.status import Lifetime
from o365desk.model.text import wording
from o365desk.services.connections import Connections
from o365desk.services.vault.vault import Vault, VaultKind

_RENEW = {"authorisation": Action.AUTHORIZE, "secret": Action.FIELD, "certificate": Action.FIELD}


@dataclass(frozen=True)
class Fitness:
    """`refusals` say why it may not be armed, `warnings` what will be in its way, or may. `unattended`: it signs in
    as an app, which needs nobody: fit for the night."""

    refusals: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()
    unattended: bool = True


def judge(
    source: DataSource,
    runs: Sequence[datetime],
    connections: Connections,
    vault: Vault,
    now: datetime,
    *,
    session: bool = False,
) -> Fitness:
    """For the next `runs` of a task, up to three; none of one that a person starts. `session`: this program keeps
    all that it knows for as long as it runs, as in a practice session: then its vault may, too."""
    known = connections.known(source)
    refusals, warnings = list(known.problems[:1]), []
    delegated = source.sign_in.delegated
    if delegated and known.authorisation is None:
        refusals.append(_nobody(source))
    if runs:
        refusals += _vault(vault, session=session)
        if delegated:
            warnings.append(
                "It signs in as a person: Microsoft may ask for them any time, as after a change of password or of "
                "a policy. Only a data source that signs in with a client secret or a certificate is fit for the "
                "night."
            )
        if session:
            warnings.append("It runs while this window is open only: nothing of a practice session outlives it.")
    for ends in connections.lifetimes(source):
        if ends.ends <= (runs[0] if runs else now):
            refusals.append(_ends(ends, runs[0] if runs else None, now))
        elif runs and ends.ends <= runs[-1]:
            number = next(place for place, run in enumerate(runs, 1) if ends.ends <= run)
            which = "second" if number == 2 else "third"
            warnings.append(f"{ends.sentence(now)} That is before the {which} run.")
    return Fitness(tuple(refusals), tuple(warnings), not delegated)


def _nobody(source: DataSource) -> Problem:
    return Problem(
        title=f"Nobody has signed in for “{source.name}” on this computer",
        cause="A task can only use a sign-in that is there.",
        remedy="Authorise the connection first.",
        action=Action.AUTHORIZE,
        code="not-authorised",
    )


def _ends(ends: Lifetime, run: datetime | None, now: datetime) -> Problem:
    before = f" The next run is on {wording.moment(run)}." if run and ends.ends > now else ""
    return Problem(
        title=f"{ends.title} ends before the next run" if before else f"{ends.title} has ended",
        cause=f"{ends.sentence(now)}{before}",
        remedy="Re-authorise the connection first." if ends.key == "authorisation" else "Renew it first.",
        action=_RENEW.get(ends.key, Action.NONE),
        code="ends-before",
    )


def _vault(vault: Vault, *, session: bool) -> list[Problem]:
    kind = vault.kind
    if kind is VaultKind.KEYCHAIN or (kind is VaultKind.SESSION and session):
        return []
    if kind is VaultKind.PASSPHRASE and vault.unattended:
        return []
    cause = (
        "Secrets are kept for this session only, and are gone when it ends."
        if kind is VaultKind.SESSION
        else "Secrets are in a file that a passphrase locks, and a person gave the passphrase."
    )
    return [
        Problem(
            title="The vault needs a person",
            cause=f"{cause} A task that runs by itself has nobody to ask.",
            remedy="Use the keychain, or put the passphrase into a file that only you can read, and name that in "
            "O365DESK_VAULT_PASSPHRASE_FILE.",
            action=Action.UNLOCK,
            code="vault-needs-person",
        )
    ]
