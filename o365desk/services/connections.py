"""Connections: a data source and all that is known about it. Window and command line both stand on this."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from o365desk import catalogue
from o365desk.catalogue import permissions
from o365desk.model import datasource, status
from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.report import Report, Step
from o365desk.model.status import Authorisation, Evidence, Known, Lifetime, Outcome, Status, Waiting
from o365desk.model.stop import Stop
from o365desk.services import credentials
from o365desk.services.credentials import NO_CREDENTIAL, Credential
from o365desk.services.secrets import CLIENT_SECRET, PASSPHRASE, Vault
from o365desk.services.state import State
from o365desk.services.workspace import Entry, Unreadable, Workspace

if TYPE_CHECKING:
    from o365desk.services.signin import SignIns
    from o365desk.services.trial import TestStep

__all__ = ["NO_CREDENTIAL", "Connections", "Credential", "Overview", "Progress", "Row", "StepBegan", "Waiting"]

log = logging.getLogger(__name__)


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

    # --- what is known, offline -------------------------------------------------------------------------------

    def overview(self, *, deep: bool = False) -> Overview:
        """All data sources of the workspace with their status. No network. Not `deep`, it is safe before the first
        window: secrets and certificates, which bring costly imports and may ask a keychain, are not looked at."""
        listing, now = self._workspace.list(), self._clock()
        evidence, authorisations = self._state.all_evidence(), self._state.all_authorisations()
        rows = []
        for entry in listing.entries:
            source = entry.source
            if deep:
                known = self.known(source)
                rows.append(Row(entry, status.derive(source, known, now), known.authorisation))
                continue
            proven, attempt = evidence.get(source.id, (None, None))
            known = Known(
                problems=tuple(datasource.check(source)),
                authorisation=self._authorisation(source, authorisations.get(source.id)),
                evidence=proven,
                attempt=attempt,
            )
            rows.append(Row(entry, status.derive(source, known, now), known.authorisation))
        return Overview(tuple(rows), listing.unreadable + listing.clashes)

    @staticmethod
    def _authorisation(source: DataSource, kept: Authorisation | None) -> Authorisation | None:
        """What was authorised for another app or another tenant is no authorisation for this one. A tenant that is
        given by its domain cannot be compared offline; the test does."""
        if kept is None or kept.client_id.lower() != source.client_id.lower():
            return None
        other = datasource.is_guid(source.tenant) and kept.tenant.lower() != source.tenant.lower()
        return None if other else kept

    def problems(self, source: DataSource, credential: Credential = NO_CREDENTIAL) -> list[Problem]:
        """Every offline check: details, secret, certificate; in the form's order."""
        found = datasource.check(source)
        if bad := _check_ca_file(source):
            found.append(bad)
        return found + credentials.check(source, credential, self._vault, self._clock())

    def known(self, source: DataSource, credential: Credential = NO_CREDENTIAL) -> Known:
        """All that is known about a (perhaps unsaved) data source. No network."""
        evidence, attempt = self._state.evidence(source.id)
        return Known(
            problems=tuple(self.problems(source, credential)),
            authorisation=self._authorisation(source, self._state.authorisation(source.id)),
            evidence=evidence,
            attempt=attempt,
            certificate_ends=credentials.certificate_ends(source, credential, self._vault),
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
        """The link to send to whoever can consent for the tenant."""
        return permissions.consent_link(source, catalogue.plan(source), permissions.REDIRECT)

    # --- changing ---------------------------------------------------------------------------------------------

    def save(self, source: DataSource, base: str | None, credential: Credential = NO_CREDENTIAL) -> Entry:
        """Saves secrets to the vault and details to the workspace (in this order), and drops the draft. Raises
        ConflictError or ProblemError; then the file is as it was."""
        for name, typed in ((CLIENT_SECRET, credential.secret), (PASSPHRASE, credential.passphrase)):
            if typed:
                self._vault.set(source.id, name, typed)
        entry = self._workspace.save(source, base)
        self._state.drop_draft(self._workspace.folder, source.id)
        return entry

    def forget(self, source_id: str) -> None:
        """Forgets secrets, tokens and the authorisation of a data source that is gone for good."""
        if not self._vault.locked:
            self._vault.delete(source_id)
        self._sign_ins().forget(source_id)
        self._state.record_authorisation(source_id, None)

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
        problems = [item for item in self.problems(source, credential) if item.field != "name"]
        if problems:
            raise ProblemError(problems[0])
        if source.sign_in.delegated:
            authorisation = self._sign_ins().sign_in(source, stop, tell, device_code=device_code)
        else:
            authorisation = self._sign_ins().consent(source, stop, tell, credential)
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
        self._state.record_evidence(source.id, self._evidence(source, report))
        log.info("Test of %s: %s", source.id, report.outcome)
        return report

    def _evidence(self, source: DataSource, report: Report) -> Evidence:
        return Evidence(
            outcome=report.outcome,
            message=report.message,
            at=report.started,
            by=report.account or self._user,
            fingerprint=datasource.fingerprint(source),
            passed=sum(item.outcome is Outcome.PASSED for item in report.operations),
            total=len(report.operations),
            report=msgspec.json.encode(report),
        )


def _check_ca_file(source: DataSource) -> Problem | None:
    if not source.ca_file:
        return None
    from o365desk.services.wire import check_ca_file

    return check_ca_file(source.ca_file)
