"""Connections: a data source and all that is known about it. Window and command line both stand on this."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from o365desk.model import approval, datasource, status
from o365desk.model.access.security import Deed
from o365desk.model.activity import UNTRACED, Doing, Thing, Trace, What
from o365desk.model.approval import Approval
from o365desk.model.datasource import DataSource
from o365desk.model.problems import NOT_ALLOWED, NOT_APPROVED, Problem, ProblemError
from o365desk.model.report import Report, Step
from o365desk.model.searches import Searches
from o365desk.model.secret import Secret
from o365desk.model.status import Authorisation, Known, Lifetime, Outcome, Status, Waiting
from o365desk.model.stop import Stop
from o365desk.model.text import letters
from o365desk.model.timing import Timing
from o365desk.services.connection_test.evidence import KeptEvidence
from o365desk.services.signin import credentials
from o365desk.services.signin.approvals import BLANK, Admitted, Approvals
from o365desk.services.signin.authorisations import Authorisations
from o365desk.services.signin.credentials import NO_CREDENTIAL, Credential
from o365desk.services.signin.rehearsals import Rehearsals
from o365desk.services.state.state import State
from o365desk.services.vault.vault import APPROVED, CLIENT_SECRET, PASSPHRASE, Vault
from o365desk.services.workspace.workspace import ConflictError, Entry, Guard, Unreadable, Workspace

if TYPE_CHECKING:
    from o365desk.services.connection_test.trial import TestStep
    from o365desk.services.signin.msal_sign_in import SignIns

log = logging.getLogger(__name__)


def _named(credential: Credential) -> tuple[tuple[str, Secret | None], ...]:
    return (CLIENT_SECRET, credential.secret), (PASSPHRASE, credential.passphrase)


def _say_report(doing: Doing, report: Report) -> None:
    """What the activity log says of a test."""
    failed = [step for step in report.steps if step.outcome is not Outcome.PASSED]
    doing.outcome = report.outcome
    doing.facts |= {"steps": len(report.steps), "notPassed": [step.title for step in failed]}
    doing.requests += [step.request_id for step in failed if step.request_id]


def _given(credential: Credential) -> dict[str, Secret]:
    return {name: typed for name, typed in _named(credential) if typed}


@dataclass(frozen=True)
class SourceRow:
    """A line of the list of data sources."""

    entry: Entry
    status: Status
    authorisation: Authorisation | None


@dataclass(frozen=True)
class Overview:
    """The list of data sources. `unreadable` are the files that need a hand: not readable, or with a name that
    another one has too (those are among the rows as well)."""

    rows: tuple[SourceRow, ...]
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
        authorisations: Authorisations,
        rehearsals: Rehearsals,
        evidence: KeptEvidence,
        sign_ins: "Callable[[], SignIns]",
        clock: Callable[[], datetime],
        timing: Timing,
        guard: Guard,
        trace: Trace = UNTRACED,
    ) -> None:
        self._trace = trace
        self._workspace = workspace
        self._guard = guard
        self._state = state
        self._vault = vault
        self._approvals = approvals
        self._authorisations = authorisations
        self._rehearsals = rehearsals
        self._evidence = evidence
        self._sign_ins = sign_ins
        self._clock = clock
        self._timing = timing

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
                    authorisation = self._authorisations.of(source)
                    proof, problems = self._evidence.proof(source, authorisation), tuple(datasource.check(source))
                    known = Known(problems, authorisation, *self._evidence.tests(source.id, proof), proof=proof)
                rows.append(SourceRow(entry, status.derive(source, known, now), known.authorisation))
        return Overview(tuple(rows), listing.unreadable + listing.clashes)

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
        authorisation = self._authorisations.of(source)
        proof = self._evidence.proof(source, authorisation, credential)
        drafted = opened is not None and datasource.fingerprint(opened) != datasource.fingerprint(source)
        evidence, attempt = self._evidence.tests(source.id, proof, drafted=drafted or credential != NO_CREDENTIAL)
        return Known(
            problems=tuple(self.problems(source, credential, opened)),
            authorisation=authorisation,
            evidence=evidence,
            attempt=attempt,
            certificate_ends=credentials.certificate_ends(source, credential, self._vault),
            proof=proof,
        )

    def status(self, source: DataSource, credential: Credential = NO_CREDENTIAL) -> Status:
        """Its status now."""
        return status.derive(source, self.known(source, credential), self._clock())

    def lifetimes(self, source: DataSource) -> list[Lifetime]:
        """What about it ends by itself, soonest first."""
        return status.lifetimes(source, self.known(source))

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
        self.refuse_unseen(source)
        if credential != NO_CREDENTIAL:
            self._guard(Deed.SECRETS, self.filed(source.id))
        opened = opened or self._opened(source, base)
        follows = self._approvals.follows(source, credential, opened)
        if credential == NO_CREDENTIAL:
            if follows:
                self._approvals.prepare(source.id, follows)
            entry = self._workspace.save(source, base)
            if follows:
                self._approvals.record(source, follows)
        else:
            entry = self._save_with(source, base, credential, follows)
        self._evidence.adopt(entry.source, self._authorisations.of(entry.source))
        self._state.drop_draft(self._workspace.folder, source.id)
        return entry

    def keep_searches(self, source_id: str, change: Callable[[Searches], Searches]) -> Entry:
        """Changes the saved searches that the file of a data source has now, and nothing else: what is typed in its
        form stays typed. Raises ProblemError."""
        before, folder = self._workspace.get(source_id), self._workspace.folder
        changed = before.source.replace(searches=change(before.source.searches))
        self.refuse_unseen(changed)
        try:
            entry = self._workspace.save(changed, before.version)
        except ConflictError as error:
            raise ProblemError(_changed_meanwhile(before.source)) from error
        for draft in self._state.drafts(folder):
            if draft.source.id == source_id and draft.base == before.version:
                self._state.keep_draft(folder, draft.source.replace(searches=changed.searches), entry.version)
        return entry

    def refuse_unseen(self, source: DataSource) -> None:
        """Raises ProblemError where the security settings or the saved searches hold a character that cannot be
        seen, or ends a line, in a text that the file has not: shown or copied, it is not what it looks like."""
        if (source.security, source.searches) == (BLANK.security, BLANK.searches):
            return
        filed = set(_texts(self.by_id(source.id) or BLANK))
        for place, key, text in _texts(source):
            letter = _UNSEEN.get((place, key), letters.unseen_but_joiners)(text)
            if letter and (place, key, text) not in filed:
                raise ProblemError(_not_seen(place, key, letter))

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
        put_back = self._evidence.secrets_put_back(source.id)
        with self._secrets_given(source, credential):
            try:
                self._keep(source, credential, follows)
                return self._workspace.save(source, base)
            except (ProblemError, ConflictError):
                kept = {name: secret for name, secret in before.items() if secret}
                self._vault.put(source.id, kept, only=True)
                self._approvals.put_back(source, approved)
                put_back()
                raise

    def _secrets_given(self, source: DataSource, credential: Credential) -> "AbstractContextManager[Doing]":
        """Says that secrets are given, and whether they were kept; which they are, nobody is told."""
        return self._trace.around(What.SECRET_SET, source=source, facts={"given": sorted(_given(credential))})

    def keep(self, source: DataSource, credential: Credential) -> bool:
        """Keeps secrets that are given for a data source as it is; returns whether that approves where it leads,
        which it does not while a file of the connection cannot be read. Raises ProblemError, also where those that
        were given before are for another connection."""
        self._guard(Deed.SECRETS, self.filed(source.id))
        found = self._approvals.given(source, credential)
        with self._secrets_given(source, credential):
            self._keep(source, credential, found)
        self._evidence.adopt(source, self._authorisations.of(source))
        return found is not None

    def _keep(self, source: DataSource, credential: Credential, found: Approval | None) -> None:
        if found:
            self._approvals.record(source, found, _given(credential))
        else:
            self._vault.put(source.id, _given(credential))
        self._evidence.secrets_kept(source.id, credential)

    def discard(self, source_id: str) -> None:
        """Forgets a draft, and with it what tests of it showed: all that is known is of what is saved."""
        self._state.drop_draft(self._workspace.folder, source_id)
        self._evidence.discard(source_id)

    def approve(self, source: DataSource, mark: str) -> None:
        """From now on the secrets of the data source are for this connection, if it is the one that somebody has
        looked at, which `mark` names. Raises ProblemError."""
        self._guard(Deed.SECRETS, self.filed(source.id))
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
        with self._trace.around(What.SECRET_FORGOTTEN, source=Thing(source_id, "")):
            self._vault.delete(source_id)
            self._sign_ins().forget(source_id)
            self._authorisations.forget(source_id)
            self._rehearsals.forget(source_id)
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
        self._guard(Deed.AUTHORISE, self.filed(source.id))
        # Before anybody signs in: the tokens could not be kept, and it would have to be done again.
        admitted = self._approvals.admit(source, credential, opened, anew=source.sign_in.delegated)
        problems = [item for item in self.problems(source, credential, opened) if item.code != NOT_APPROVED]
        if problems:
            raise ProblemError(problems[0])
        self._vault.get(source.id, CLIENT_SECRET)
        with self._trace.around(What.AUTHORISED, source=source, facts={"signIn": source.sign_in.value}) as doing:
            if source.sign_in.delegated:
                authorisation = self._sign_ins().sign_in(
                    admitted, stop, tell, lambda: self._approvals.confirm(admitted), device_code=device_code
                )
            else:
                authorisation = self._sign_ins().consent(admitted, stop, tell, credential)
            doing.facts |= {"account": authorisation.account, "tenant": authorisation.tenant}
            self._authorisations.record(source, authorisation)
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
        in this thread; `opened` as in `problems`. Raises CancelledError, and ProblemError only where it may
        not be tested by whoever works here, or its secrets were given for another connection: then nothing is
        tried."""
        from o365desk import catalogue
        from o365desk.services.connection_test import steps
        from o365desk.services.connection_test.trial import TestContext

        def began(row: "TestStep", at: float) -> None:
            tell(StepBegan(row.key, row.title, at))

        self._guard(Deed.TEST, self.filed(source.id))
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
        with (
            self._trace.around(What.TEST, source=source) as doing,
            stop.follower() as ends,
            self._sign_ins().line(admitted, ends) as line,
        ):
            trial = TestContext(
                source=source,
                typed=credential,
                known=known,
                plan=catalogue.permissions_asked_for(source),
                sign_ins=self._sign_ins(),
                line=line,
                now=self._clock,
                limit=self._timing.test,
                rehearsals=self._rehearsals.of(source) if source.sso else (),
            )
            report = steps.test(trial, began, tell)
            _say_report(doing, report)
        try:
            self._evidence.record(source, report, known.authorisation, credential, lambda: self._is_saved(source))
        except ProblemError as error:
            # The answer is there; that it cannot be kept must not take it away.
            log.warning("The evidence of a test could not be kept: %s", error.problem.sentence())
        self._authorisations.vault_opened(source.id)
        log.info("Test of %s: %s", source.id, report.outcome)
        return report

    def by_id(self, source_id: str) -> DataSource | None:
        """A data source as its file has it; None for one that has none, or whose file cannot be read."""
        return self.sources().get(source_id.lower())

    def sources(self) -> dict[str, DataSource]:
        """All data sources as their files have them, by their ids in lower case: who asks for many reads once."""
        return {entry.source.id.lower(): entry.source for entry in self._workspace.list().entries}

    def approved(self, source: DataSource) -> bool:
        """Whether it leads where it was approved to lead on this computer. Where not, nothing goes there: not even
        a look whether the host is there."""
        return self._approvals.knows(source)

    def filed(self, source_id: str) -> DataSource | None:
        """The same, None for one that has no file yet. Raises ProblemError (NOT_ALLOWED) where a file that cannot
        be read has this id: then it is not known who may."""
        found = self.by_id(source_id)
        if found is None and (problem := self._workspace.unreadable(source_id)):
            cause = f"{problem.title}. {problem.cause}".strip()
            raise ProblemError(
                problem.with_(title="Who may use this data source is not known", cause=cause, code=NOT_ALLOWED)
            )
        return found

    def _is_saved(self, source: DataSource) -> bool:
        """Whether a file says the same, as far as a test proves it."""
        file = self.by_id(source.id)
        return file is not None and datasource.fingerprint(file) == datasource.fingerprint(source)


_UNSEEN: dict[tuple[str, str], Callable[[str], str]] = {
    **{(place, key): letters.unseen for place in ("administrators", "users") for key in ("address", "id")},
    **{(place, "name"): letters.control for place in ("administrators", "users")},
}
"""What may not be in a text, by its place, where that is more or less than elsewhere: addresses and IDs are
compared; a name is the tenant's, and nothing depends on it."""


def _texts(source: DataSource) -> Iterator[tuple[str, str, str]]:
    """The texts of the security settings and the saved searches, each with the list that it is in and its key."""
    import msgspec

    blocks = {**msgspec.to_builtins(source.security), "searches": msgspec.to_builtins(source.searches)}
    for place, block in blocks.items():
        yield from _texts_in(block, place, place)


def _texts_in(value: object, place: str, key: str) -> Iterator[tuple[str, str, str]]:
    if isinstance(value, str):
        yield place, key, value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _texts_in(item, place, str(name))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts_in(item, place, key)


def _not_seen(place: str, key: str, letter: str) -> Problem:
    where = "the saved searches" if place == "searches" else f"“{place}” of the security settings"
    return Problem(
        title=f"“{key}” in {where} holds a character that cannot be seen",
        cause=f"It is {letters.letter_name(letter)}; with it, the text is not what it looks like. Nothing was "
        "saved.",
        remedy="Type it anew, without it.",
        code="unseen-character",
    )


def _changed_meanwhile(source: DataSource) -> Problem:
    return Problem(
        title=f"“{source.name}” was changed by someone else at that moment",
        cause="Nothing was saved.",
        remedy="Try again.",
        code="conflict",
    )


def _whole(source: DataSource) -> DataSource:
    """With no half of a character in it, which can be typed or named on a command line, but be in no file."""
    fields = {name: str(getattr(source, name)) for name in approval.FILE_FIELDS if name != "sign_in"}
    return source.replace(**{name: text.encode("utf-8", "replace").decode() for name, text in fields.items()})


def _check_ca_file(source: DataSource) -> Problem | None:
    if not source.ca_file:
        return None
    from o365desk.services.http.trust import check_ca_file

    return check_ca_file(source.ca_file)
