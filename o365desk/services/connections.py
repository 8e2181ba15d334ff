"""Connections: a data source and all that is known about it. Window and command line both stand on this."""

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from o365desk import files
from o365desk.model import approval, datasource, status
from o365desk.model.approval import Approval
from o365desk.model.datasource import DataSource, SignIn
from o365desk.model.operator import Operator
from o365desk.model.problems import NOT_APPROVED, Problem, ProblemError
from o365desk.model.report import Report, Step
from o365desk.model.secret import Secret
from o365desk.model.status import Authorisation, Evidence, Known, Lifetime, Outcome, Status, Waiting
from o365desk.model.stop import Stop
from o365desk.services import addresses
from o365desk.services.signin import credentials
from o365desk.services.signin.approvals import BLANK, Admitted, Approvals, Review
from o365desk.services.signin.credentials import NO_CREDENTIAL, Credential
from o365desk.services.state.state import State
from o365desk.services.vault.vault import APPROVED, CLIENT_SECRET, PASSPHRASE, Vault, VaultKind
from o365desk.services.workspace.workspace import ConflictError, Entry, Unreadable, Workspace

if TYPE_CHECKING:
    from o365desk.services.connection_test.trial import TestStep
    from o365desk.services.signin.msal_sign_in import SignIns

__all__ = [
    "BLANK", "NO_CREDENTIAL", "Connections", "Credential", "Overview", "Progress", "Review", "Row", "StepBegan",
    "Waiting", "report_of",
]  # fmt: skip

log = logging.getLogger(__name__)

_DRAFT = "draft/"
"""Before the id of a data source: where the state keeps what tests of its unsaved details showed."""
_STAMP = "secret/"
"""Where the state remembers a random word for the secret that is kept now; it changes whenever the secret does."""


def _new_stamp() -> str:
    return os.urandom(8).hex()


def _named(credential: Credential) -> tuple[tuple[str, Secret | None], ...]:
    return (CLIENT_SECRET, credential.secret), (PASSPHRASE, credential.passphrase)


def _given(credential: Credential) -> dict[str, Secret]:
    return {name: typed for name, typed in _named(credential) if typed}


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
        approvals: Approvals,
        sign_ins: "Callable[[], SignIns]",
        clock: Callable[[], datetime],
        operator: Operator,
    ) -> None:
        self._workspace = workspace
        self._state = state
        self._vault = vault
        self._approvals = approvals
        self._sign_ins = sign_ins
        self._clock = clock
        self._operator = operator
        # Typed secrets that a test was made with, and the stamp of its evidence, by data source.
        self._typed: dict[str, tuple[Credential, str]] = {}
        # Sign-ins whose tokens live for the session only.
        self._session: dict[str, Authorisation] = {}

    # --- what is known, offline -------------------------------------------------------------------------------

    def overview(self, *, deep: bool = False) -> Overview:
        """All data sources of the workspace with their status. No network. Not `deep`, it is safe before the first
        window: secrets and certificates, which bring costly imports and may ask a keychain, are not looked at."""
        listing, now = self._workspace.list(), self._clock()
        rows = []
        with self._state.at_once(), self._vault.at_once():
            for entry in listing.entries:
                source = entry.source
                if deep:
                    known = self.known(source)
                else:
                    authorisation = self._authorisation(source, self._state.authorisation(source.id))
                    proof, problems = self._proof(source, authorisation), tuple(datasource.check(source))
                    known = Known(problems, authorisation, *self._tests(source.id, proof), proof=proof)
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

    def problems(
        self, source: DataSource, credential: Credential = NO_CREDENTIAL, opened: DataSource | None = None
    ) -> list[Problem]:
        """Every offline check: that it is what its secrets were given for, details, secret, certificate; in the
        form's order. `opened`: as it was when the person began to change it (None: it is as the file has it)."""
        changed = self._approvals.problem(source, credential, opened)
        found = [*([changed] if changed else []), *datasource.check(source)]
        if bad := _check_ca_file(source):
            found.append(bad)
        return found + credentials.check(source, credential, self._vault, self._clock())

    def known(
        self, source: DataSource, credential: Credential = NO_CREDENTIAL, opened: DataSource | None = None
    ) -> Known:
        """All that is known about a (perhaps unsaved) data source; `opened` as in `problems`. No network."""
        authorisation = self._authorisation(source, self._state.authorisation(source.id))
        proof = self._proof(source, authorisation, credential)
        drafted = opened is not None and datasource.fingerprint(opened) != datasource.fingerprint(source)
        evidence, attempt = self._tests(source.id, proof, drafted=drafted or credential != NO_CREDENTIAL)
        return Known(
            problems=tuple(self.problems(source, credential, opened)),
            authorisation=authorisation,
            evidence=evidence,
            attempt=attempt,
            certificate_ends=credentials.certificate_ends(source, credential, self._vault),
            proof=proof,
        )

    def _tests(
        self, source_id: str, proof: str, *, drafted: bool = False
    ) -> tuple[Evidence | None, Evidence | None]:
        """The last test that ended in succeeded or failed, and the last of all: of these very details, saved or
        not; where there is none, of those that are saved. `drafted`: these are not, so that tests of a draft are
        meant as well."""
        both = self._state.evidence(source_id), self._state.evidence(_DRAFT + source_id)
        found = []
        for kept in zip(*both, strict=True):
            tests = [test for test in kept if test]
            these = [test for test in tests if test.fingerprint == proof]
            others = tests if drafted else [test for test in kept[:1] if test]
            found.append(max(these or others, key=lambda test: test.at, default=None))
        return found[0], found[1]

    def status(self, source: DataSource, credential: Credential = NO_CREDENTIAL) -> Status:
        """Its status now."""
        return status.derive(source, self.known(source, credential), self._clock())

    def lifetimes(self, source: DataSource) -> list[Lifetime]:
        """What about it ends by itself, soonest first."""
        return status.lifetimes(source, self.known(source))

    def last_report(self, source: DataSource) -> Report | None:
        """The report of the last test of a data source as it is saved; see `report_of`."""
        proof = self._proof(source, self._authorisation(source, self._state.authorisation(source.id)))
        return report_of(self._tests(source.id, proof)[1])

    def has_secret(self, source_id: str, name: str) -> bool:
        """Whether the vault holds a secret of the data source (CLIENT_SECRET or PASSPHRASE)."""
        return self._vault.has(source_id, name)

    def consent_link(self, source: DataSource) -> str:
        """The link to send to whoever can consent for the tenant. Raises ProblemError where that would lead
        elsewhere."""
        from o365desk import catalogue
        from o365desk.catalogue import permissions

        link = permissions.consent_link(source, catalogue.permissions_asked_for(source), permissions.REDIRECT)
        return addresses.for_browser(link, source)

    # --- changing ---------------------------------------------------------------------------------------------

    def save(
        self,
        source: DataSource,
        base: str | None,
        credential: Credential = NO_CREDENTIAL,
        opened: DataSource | None = None,
    ) -> Entry:
        """Saves secrets to the vault and details to the workspace, and drops the draft. What a person changed
        here is approved by that, as far as it is all that changed. Raises ConflictError or ProblemError; then
        the file and the secrets are as they were."""
        credentials.refuse_misplaced(source)
        source = _whole(source)
        # Who saved it last is written anew, whatever stood there.
        for problem in datasource.check_texts(source.replace(modified_by="")):
            raise ProblemError(problem.with_(cause=f"{problem.cause} Nothing was saved."))
        opened = opened or self._opened(source, base)
        follows = self._approvals.follows(source, credential, opened)
        if credential == NO_CREDENTIAL:
            if follows:
                self._approvals.prepare(source.id, follows)
            entry = self._workspace.save(source, base)
            if follows:
                self._approvals.record(source.id, follows)
        else:
            entry = self._save_with(source, base, credential, follows)
        self._adopt_tests(entry.source)
        self._state.drop_draft(self._workspace.folder, source.id)
        return entry

    def _opened(self, source: DataSource, base: str | None) -> DataSource:
        """What a person began with who saves over the version `base`; where that is not what the file holds,
        nothing counts as theirs, and the save ends in a conflict."""
        if base is None:
            return BLANK
        entries = self._workspace.list().entries
        return next(
            (item.source for item in entries if item.source.id == source.id and item.version == base), source
        )

    def _save_with(
        self, source: DataSource, base: str | None, credential: Credential, follows: Approval | None
    ) -> Entry:
        before = {name: self._vault.get(source.id, name) for name in (CLIENT_SECRET, PASSPHRASE, APPROVED)}
        approved = self._state.approval(source.id)
        stamp = self._state.remembered(_STAMP + source.id)
        try:
            self._keep(source.id, credential, follows)
            return self._workspace.save(source, base)
        except (ProblemError, ConflictError):
            kept = {name: secret for name, secret in before.items() if secret}
            self._vault.put(source.id, kept, only=True)
            self._state.record_approval(source.id, approved)
            self._state.remember(_STAMP + source.id, stamp or b"")
            raise

    def keep(self, source: DataSource, credential: Credential) -> bool:
        """Keeps secrets that are given for a data source as it is; returns whether that approves where it leads,
        which it does not while a file of the connection cannot be read. Raises ProblemError, also where those that
        were given before are for another connection."""
        found = self._approvals.given(source, credential)
        self._keep(source.id, credential, found)
        self._adopt_tests(source)
        return found is not None

    def _keep(self, source_id: str, credential: Credential, found: Approval | None) -> None:
        """What was proven with other secrets speaks for the data source no longer; what was proven with these,
        before they were kept, does from now on."""
        if found:
            self._approvals.record(source_id, found, _given(credential))
        else:
            self._vault.put(source_id, _given(credential))
        tested, stamp = self._typed.pop(source_id, (NO_CREDENTIAL, ""))
        self._state.remember(_STAMP + source_id, (stamp if tested == credential else _new_stamp()).encode())

    def _adopt_tests(self, source: DataSource) -> None:
        """What was proven of a draft speaks for what is saved, where that is the same."""
        proof = self._proof(source, self._authorisation(source, self._state.authorisation(source.id)))
        self._state.move_evidence(_DRAFT + source.id, source.id, proof)

    def discard(self, source_id: str) -> None:
        """Forgets a draft, and with it what tests of it showed: all that is known is of what is saved."""
        self._state.drop_draft(self._workspace.folder, source_id)
        self._state.forget_evidence(_DRAFT + source_id)
        self._typed.pop(source_id, None)

    def refuse_other(self, source: DataSource) -> None:
        """Raises ProblemError where secrets were given for another connection than this: a new one should not be
        typed for it before somebody has looked."""
        if problem := self._approvals.problem(source, anew=True):
            raise ProblemError(problem)

    def leads(self, before: DataSource | None, after: DataSource) -> str:
        """Where the secrets of a data source go from now on, in a sentence; "" where that is no other host or
        authority than before, or is not approved."""
        then = self._state.approval(after.id)
        if before is None or then is None or then.details != approval.details(after):
            return ""
        where = [(source.login_root, source.graph_root, source.ca_file) for source in (before, after)]
        if where[0] == where[1]:
            return ""
        trusting = f", trusting the authorities in {after.ca_file}" if after.ca_file else ""
        return f"Its secrets go to {after.login_root}, and its tokens to {after.graph_root}, from now on{trusting}."

    def review(self, source: DataSource) -> Review:
        """What to look at before the secrets of a data source go where it leads. Raises ProblemError."""
        return self._approvals.review(source)

    def approve(self, source: DataSource, mark: str) -> None:
        """Its secrets are for this connection from now on, if it still is the one that was looked at
        (`Review.mark`). Raises ProblemError."""
        self._approvals.approve(source, mark)

    def go_back(self, entry: Entry) -> Entry:
        """Puts the connection that was approved into the data source's file again; all else stays, also what is
        in the files that it names. Raises ConflictError or ProblemError."""
        then = self._approvals.review(entry.source).then
        if then is None:
            raise ProblemError(
                Problem(
                    title="What was approved before is not known any more",
                    remedy="Put back an older version of the file, or correct it, and look again.",
                    code="no-approval",
                )
            )
        back = then.put_back(entry.source)
        # Nothing counts as typed: a CA file that it names may have become another.
        return self.save(back, entry.version, opened=back)

    def forget(self, source_id: str) -> None:
        """Forgets secrets, tokens and the authorisation of a data source (`forgetting.py` says when). Raises
        ProblemError while the vault is locked, or when it refuses."""
        self._vault.delete(source_id)
        self._sign_ins().forget(source_id)
        self._session.pop(source_id, None)
        self._state.record_authorisation(source_id, None)
        self._state.record_approval(source_id, None)

    # --- over the network -------------------------------------------------------------------------------------

    def authorise(
        self,
        source: DataSource,
        stop: Stop,
        tell: Callable[[Waiting], None],
        *,
        credential: Credential = NO_CREDENTIAL,
        opened: DataSource | None = None,
        device_code: bool = False,
    ) -> Authorisation:
        """Blocks while an administrator signs in (or, for secret and certificate, consents). Opens the system
        browser unless `device_code`. `opened` as in `problems`. Raises ProblemError (also for another tenant) or
        CancelledError."""
        # Before anybody signs in: the tokens could not be kept, and it would have to be done again.
        admitted = self._approvals.admit(source, credential, opened, anew=source.sign_in.delegated)
        problems = [item for item in self.problems(source, credential, opened) if item.code != NOT_APPROVED]
        if problems:
            raise ProblemError(problems[0])
        self._vault.get(source.id, CLIENT_SECRET)
        if source.sign_in.delegated:
            authorisation = self._sign_ins().sign_in(
                admitted, stop, tell, lambda: self._approvals.confirm(admitted), device_code=device_code
            )
        else:
            authorisation = self._sign_ins().consent(admitted, stop, tell, credential)
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
        opened: DataSource | None = None,
    ) -> Report:
        """Blocks while the connection is tested; keeps the evidence, apart for what is not saved. `tell` is called
        in this thread; `opened` as in `problems`. Raises CancelledError, and ProblemError only where its secrets
        were given for another connection: then nothing is tried."""
        from o365desk import catalogue
        from o365desk.services.connection_test import steps
        from o365desk.services.connection_test.trial import TestContext

        def began(row: "TestStep", at: float) -> None:
            tell(StepBegan(row.key, row.title, at))

        known = self.known(source, credential, opened)
        admitted: Admitted | Problem
        try:
            admitted = self._approvals.admit(source, credential, opened)
        except ProblemError as error:
            if error.problem.code == NOT_APPROVED:
                raise
            # The first step says so, and nothing is sent.
            admitted = error.problem
            known = replace(known, problems=known.problems or (error.problem,))
        with stop.follower() as ends, self._sign_ins().line(admitted, ends) as line:
            trial = TestContext(
                source=source,
                typed=credential,
                known=known,
                plan=catalogue.permissions_asked_for(source),
                sign_ins=self._sign_ins(),
                line=line,
                now=self._clock,
            )
            report = steps.test(trial, began, tell)
        if credential != NO_CREDENTIAL:
            self._typed[source.id] = (credential, _new_stamp())
        proof = self._proof(source, known.authorisation, credential)
        try:
            saved = credential == NO_CREDENTIAL and self._is_saved(source)
            self._state.record_evidence(source.id if saved else _DRAFT + source.id, self._evidence(report, proof))
        except ProblemError as error:
            # The answer is there; that it cannot be kept must not take it away.
            log.warning("The evidence of a test could not be kept: %s", error.problem.sentence())
        if source.id in self._session and self._vault.kind is not VaultKind.SESSION:
            # The vault was opened since the sign-in: its tokens were moved there, and outlive the program now.
            self._state.record_authorisation(source.id, self._session.pop(source.id))
        log.info("Test of %s: %s", source.id, report.outcome)
        return report

    def _is_saved(self, source: DataSource) -> bool:
        """Whether a file says the same, as far as a test proves it."""
        sources = (entry.source for entry in self._workspace.list().entries)
        file = next((each for each in sources if each.id == source.id), None)
        return file is not None and datasource.fingerprint(file) == datasource.fingerprint(source)

    def _evidence(self, report: Report, proof: str) -> Evidence:
        return Evidence(
            outcome=report.outcome,
            message=report.message,
            at=report.started,
            by=report.account or self._operator.address,
            fingerprint=proof,
            passed=sum(item.outcome is Outcome.PASSED for item in report.operations),
            total=len(report.operations),
            report=msgspec.json.encode(report),
        )


def _whole(source: DataSource) -> DataSource:
    """With no half of a character in it, which can be typed or named on a command line, but be in no file."""
    fields = {name: str(getattr(source, name)) for name in approval.FILE_FIELDS if name != "sign_in"}
    return source.replace(**{name: text.encode("utf-8", "replace").decode() for name, text in fields.items()})


def report_of(evidence: Evidence | None) -> Report | None:
    """The report of a test, as it was; None if there is none, or it is of an older version."""
    if evidence is None or not evidence.report:
        return None
    try:
        return msgspec.json.decode(evidence.report, type=Report)
    except msgspec.DecodeError:
        return None


def _digest(path: str) -> str:
    """A file's content in a word, "" if it cannot be read: another certificate at the same path is another one."""
    import hashlib

    try:
        data = files.read_named(path, credentials.MAX_CERTIFICATE_BYTES, by_others=True)
    except (OSError, ValueError):
        return ""
    return hashlib.sha256(data).hexdigest()[:16]


def _check_ca_file(source: DataSource) -> Problem | None:
    if not source.ca_file:
        return None
    from o365desk.services.http.trust import check_ca_file

    return check_ca_file(source.ca_file)
