"""Connections: a data source and all that is known about it. Window and command line both stand on this."""

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from o365desk.model import datasource, status
from o365desk.model.datasource import DataSource, SignIn
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.report import Report, Step
from o365desk.model.status import Authorisation, Evidence, Known, Lifetime, Outcome, Status, Waiting
from o365desk.model.stop import Stop
from o365desk.services import addresses, credentials
from o365desk.services.credentials import NO_CREDENTIAL, Credential
from o365desk.services.secrets import CLIENT_SECRET, PASSPHRASE, Secret, Vault, VaultKind
from o365desk.services.state import State
from o365desk.services.workspace import ConflictError, Entry, Unreadable, Workspace

if TYPE_CHECKING:
    from o365desk.services.signin import SignIns
    from o365desk.services.trial import TestStep

__all__ = ["NO_CREDENTIAL", "Connections", "Credential", "Overview", "Progress", "Row", "StepBegan", "Waiting"]

log = logging.getLogger(__name__)

_STAMP = "secret/"
"""Where the state remembers a random word for the secret that is kept now; it changes whenever the secret does."""

_GONE = "gone"


def _new_stamp() -> str:
    return os.urandom(8).hex()


def _named(credential: Credential) -> tuple[tuple[str, Secret | None], ...]:
    return (CLIENT_SECRET, credential.secret), (PASSPHRASE, credential.passphrase)


@dataclass(frozen=True)
class Row:
    """A line of the list of data sources."""

    entry: Entry
    status: Status
    authorisation: Authorisation | None


@dataclass(frozen=True)
class Overview:
    """The list of data sources. `unreadable` are the files that need a hand: not readable, or with a name that
    another one has too (those are among the rows as well)."""

    rows: tuple[Row, ...]
    unreadable: tuple[Unreadable, ...]


@dataclass(frozen=True)
class StepBegan:
    """A step of the test started, `began` seconds after the test did; `key` and `title` as in `Step`."""

    key: str
    title: str
    began: float


Progress = StepBegan | Step
"""What a running test tells."""


class Connections:
    """See the module. `sign_ins` is called when first needed: what it needs is too costly for the start."""

    def __init__(
        self,
        workspace: Workspace,
        state: State,
        vault: Vault,
        sign_ins: "Callable[[], SignIns]",
        clock: Callable[[], datetime],
        user: str,
    ) -> None:
        self._workspace = workspace
        self._state = state
        self._vault = vault
        self._sign_ins = sign_ins
        self._clock = clock
        self._user = user
        # Typed secrets that a test was made with, and the stamp of its evidence, by data source.
        self._typed: dict[str, tuple[Credential, str]] = {}
        # Sign-ins whose tokens live for the session only.
        self._session: dict[str, Authorisation] = {}

    # --- what is known, offline -------------------------------------------------------------------------------

    def overview(self, *, deep: bool = False) -> Overview:
        """All data sources of the workspace with their status. No network. Not `deep`, it is safe before the first
        window: secrets and certificates, which bring costly imports and may ask a keychain, are not looked at."""
        if deep:
            self._tidy()
        listing, now = self._workspace.list(), self._clock()
        evidence, authorisations = self._state.all_evidence(), self._state.all_authorisations()
        rows = []
        for entry in listing.entries:
            source = entry.source
            if deep:
                known = self.known(source)
            else:
                proven, attempt = evidence.get(source.id, (None, None))
                authorisation = self._authorisation(source, authorisations.get(source.id))
                problems = tuple(datasource.check(source))
                known = Known(problems, authorisation, proven, attempt, proof=self._proof(source, authorisation))
            rows.append(Row(entry, status.derive(source, known, now), known.authorisation))
        return Overview(tuple(rows), listing.unreadable + listing.clashes)

    def _authorisation(self, source: DataSource, kept: Authorisation | None) -> Authorisation | None:
        """What was authorised for another app or another tenant is no authorisation for this one. A tenant that is
        given by its domain cannot be compared offline; the test does."""
        kept = self._session.get(source.id) or kept
        if kept is None or kept.client_id.lower() != source.client_id.lower():
            return None
        other = datasource.is_guid(source.tenant) and kept.tenant.lower() != source.tenant.lower()
        return None if other else kept

    def _proof(
        self, source: DataSource, authorisation: Authorisation | None, credential: Credential = NO_CREDENTIAL
    ) -> str:
        """What evidence must be of: the details, and the account or the secret that it was proven with."""
        if source.sign_in.delegated:
            with_ = authorisation.account if authorisation else ""
        elif credential != NO_CREDENTIAL:
            typed, stamp = self._typed.get(source.id, (NO_CREDENTIAL, ""))
            with_ = stamp if typed == credential else "typed and not tested"
        else:
            with_ = (self._state.remembered(_STAMP + source.id) or b"").decode()
        if source.sign_in is SignIn.CERTIFICATE:
            with_ += _digest(source.certificate)
        return f"{datasource.fingerprint(source)}\0{with_}"

    def problems(self, source: DataSource, credential: Credential = NO_CREDENTIAL) -> list[Problem]:
        """Every offline check: details, secret, certificate; in the form's order."""
        found = datasource.check(source)
        if bad := _check_ca_file(source):
            found.append(bad)
        return found + credentials.check(source, credential, self._vault, self._clock())

    def known(self, source: DataSource, credential: Credential = NO_CREDENTIAL) -> Known:
        """All that is known about a (perhaps unsaved) data source. No network."""
        evidence, attempt = self._state.evidence(source.id)
        authorisation = self._authorisation(source, self._state.authorisation(source.id))
        return Known(
            problems=tuple(self.problems(source, credential)),
            authorisation=authorisation,
            evidence=evidence,
            attempt=attempt,
            certificate_ends=credentials.certificate_ends(source, credential, self._vault),
            proof=self._proof(source, authorisation, credential),
        )

    def status(self, source: DataSource, credential: Credential = NO_CREDENTIAL) -> Status:
        """Its status now."""
        return status.derive(source, self.known(source, credential), self._clock())

    def lifetimes(self, source: DataSource) -> list[Lifetime]:
        """What about it ends by itself, soonest first."""
        return status.lifetimes(source, self.known(source))

    def last_report(self, source_id: str) -> Report | None:
        """The report of the last test, as it was; None if there is none, or it is of an older version."""
        _, attempt = self._state.evidence(source_id)
        if attempt is None or not attempt.report:
            return None
        try:
            return msgspec.json.decode(attempt.report, type=Report)
        except msgspec.DecodeError:
            return None

    def has_secret(self, source_id: str, name: str) -> bool:
        """Whether the vault holds a secret of the data source (CLIENT_SECRET or PASSPHRASE)."""
        return self._vault.has(source_id, name)

    def consent_link(self, source: DataSource) -> str:
        """The link to send to whoever can consent for the tenant. Raises ProblemError where that would lead
        elsewhere."""
        from o365desk import catalogue
        from o365desk.catalogue import permissions

        link = permissions.consent_link(source, catalogue.plan(source), permissions.REDIRECT)
        return addresses.for_browser(link, source)

    # --- changing ---------------------------------------------------------------------------------------------

    def save(self, source: DataSource, base: str | None, credential: Credential = NO_CREDENTIAL) -> Entry:
        """Saves secrets to the vault and details to the workspace, and drops the draft. Raises ConflictError or
        ProblemError; then the file and the secrets are as they were."""
        credentials.refuse_misplaced(source)
        # Who saved it last is written anew, whatever stood there.
        for problem in datasource.check_texts(source.replace(modified_by="")):
            raise ProblemError(problem.with_(cause=f"{problem.cause} Nothing was saved."))
        before = self._kept(source.id) if credential != NO_CREDENTIAL else {}
        stamp = self._state.remembered(_STAMP + source.id)
        try:
            self.keep(source.id, credential)
            entry = self._workspace.save(source, base)
        except (ProblemError, ConflictError):
            self._put_back(source.id, credential, before, stamp)
            raise
        self._state.drop_draft(self._workspace.folder, source.id)
        return entry

    def keep(self, source_id: str, credential: Credential) -> None:
        """Keeps typed secrets in the vault. What was proven with others speaks for the data source no longer; what
        was proven with these, before they were kept, does from now on. Raises ProblemError."""
        if credential == NO_CREDENTIAL:
            return
        for name, typed in _named(credential):
            if typed:
                self._vault.set(source_id, name, typed)
        tested, stamp = self._typed.pop(source_id, (NO_CREDENTIAL, ""))
        self._state.remember(_STAMP + source_id, (stamp if tested == credential else _new_stamp()).encode())

    def _kept(self, source_id: str) -> dict[str, Secret | None]:
        return {name: self._vault.get(source_id, name) for name, _ in _named(NO_CREDENTIAL)}

    def _put_back(
        self, source_id: str, credential: Credential, before: Mapping[str, Secret | None], stamp: bytes | None
    ) -> None:
        if credential == NO_CREDENTIAL:
            return
        self._vault.delete(source_id)
        for name, secret in before.items():
            if secret:
                self._vault.set(source_id, name, secret)
        self._state.remember(_STAMP + source_id, stamp or b"")

    def gone(self, source_id: str) -> None:
        """A data source is gone for good: what is kept for it outside the workspace is forgotten by and by. Only
        notes that down, as it is told while the workspace is locked."""
        self._note({*self._noted(), source_id})

    def forget(self, source_id: str) -> None:
        """Forgets secrets, tokens and the authorisation of a data source. Raises ProblemError while the vault is
        locked, or when it refuses."""
        self._vault.delete(source_id)
        self._sign_ins().forget(source_id)
        self._session.pop(source_id, None)
        self._state.record_authorisation(source_id, None)

    def _tidy(self) -> None:
        """Forgets what is noted to be gone, as far as the vault lets it. What is there again (git may bring it
        back) is not gone."""
        noted = self._noted()
        if not noted:
            return
        live = {entry.source.id for entry in self._workspace.list().entries}
        self._note(noted - live)
        for source_id in sorted(noted - live):
            try:
                self.forget(source_id)
            except ProblemError as error:
                log.info("Secrets of %s are still kept: %s", source_id, error.problem.title)
            else:
                self._note(self._noted() - {source_id})

    def _noted(self) -> set[str]:
        return set((self._state.remembered(_GONE) or b"").decode().split())

    def _note(self, ids: set[str]) -> None:
        self._state.remember(_GONE, " ".join(sorted(ids)).encode())

    # --- over the network -------------------------------------------------------------------------------------

    def authorise(
        self,
        source: DataSource,
        stop: Stop,
        tell: Callable[[Waiting], None],
        *,
        credential: Credential = NO_CREDENTIAL,
        device_code: bool = False,
    ) -> Authorisation:
        """Blocks while an administrator signs in (or, for secret and certificate, consents). Opens the system
        browser unless `device_code`. Raises ProblemError (also for another tenant) or CancelledError."""
        problems = self.problems(source, credential)
        if problems:
            raise ProblemError(problems[0])
        # Before anybody signs in: the tokens could not be kept, and it would have to be done again.
        self._vault.get(source.id, CLIENT_SECRET)
        if source.sign_in.delegated:
            authorisation = self._sign_ins().sign_in(source, stop, tell, device_code=device_code)
        else:
            authorisation = self._sign_ins().consent(source, stop, tell, credential)
        if source.sign_in.delegated and self._vault.kind is VaultKind.SESSION:
            # The tokens are gone when the program ends, so the authorisation must not outlive it.
            self._session[source.id] = authorisation
        else:
            self._session.pop(source.id, None)
            self._state.record_authorisation(source.id, authorisation)
        return authorisation

    def test(
        self,
        source: DataSource,
        stop: Stop,
        tell: Callable[[Progress], None],
        *,
        credential: Credential = NO_CREDENTIAL,
    ) -> Report:
        """Blocks while the connection is tested; keeps the evidence. `tell` is called in this thread. Raises
        CancelledError only."""
        from o365desk import catalogue
        from o365desk.services import testing
        from o365desk.services.trial import Trial

        def began(row: "TestStep", at: float) -> None:
            tell(StepBegan(row.key, row.title, at))

        known = self.known(source, credential)
        # Without its CA file no line can be opened, and none will be needed: the first step says so and ends it.
        trusting = source.replace(ca_file="") if _check_ca_file(source) else source
        with self._sign_ins().line(trusting, stop) as line:
            trial = Trial(
                source=source,
                typed=credential,
                known=known,
                plan=catalogue.plan(source),
                sign_ins=self._sign_ins(),
                line=line,
                now=self._clock,
            )
            report = testing.test(trial, began, tell)
        if credential != NO_CREDENTIAL:
            self._typed[source.id] = (credential, _new_stamp())
        proof = self._proof(source, known.authorisation, credential)
        try:
            self._state.record_evidence(source.id, self._evidence(report, proof))
        except ProblemError as error:
            # The answer is there; that it cannot be kept must not take it away.
            log.warning("The evidence of a test could not be kept: %s", error.problem.sentence())
        if source.id in self._session and self._vault.kind is not VaultKind.SESSION:
            # The vault was opened since the sign-in: its tokens were moved there, and outlive the program now.
            self._state.record_authorisation(source.id, self._session.pop(source.id))
        log.info("Test of %s: %s", source.id, report.outcome)
        return report

    def _evidence(self, report: Report, proof: str) -> Evidence:
        return Evidence(
            outcome=report.outcome,
            message=report.message,
            at=report.started,
            by=report.account or self._user,
            fingerprint=proof,
            passed=sum(item.outcome is Outcome.PASSED for item in report.operations),
            total=len(report.operations),
            report=msgspec.json.encode(report),
        )


def _digest(path: str) -> str:
    """A file's content in a word, "" if it cannot be read: another certificate at the same path is another one."""
    import hashlib

    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]
    except (OSError, ValueError):
        return ""


def _check_ca_file(source: DataSource) -> Problem | None:
    if not source.ca_file:
        return None
    from o365desk.services.wire import check_ca_file

    return check_ca_file(source.ca_file)
