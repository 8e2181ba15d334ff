"""What tests have shown of each data source, and of what: of which details, and with which account or secret."""

import os
import re
from collections.abc import Callable

import msgspec

from o365desk import files
from o365desk.model import datasource
from o365desk.model.access.operator import Operator
from o365desk.model.datasource import DataSource, SignIn
from o365desk.model.report import Report
from o365desk.model.status import Authorisation, Evidence, Outcome
from o365desk.services.signin import credentials
from o365desk.services.signin.credentials import NO_CREDENTIAL, Credential
from o365desk.services.state.state import State

_DRAFT = "draft/"
"""Before the id of a data source: where the state keeps what tests of its unsaved details showed."""
_STAMP = "secret/"
"""Where the state remembers a random word for the secret that is kept now; it changes whenever the secret does."""


class KeptEvidence:
    """See the module. Raises ProblemError where the state cannot be used."""

    def __init__(self, state: State, operator: Operator) -> None:
        self._state = state
        self._operator = operator
        # Typed secrets that a test was made with, and the stamp of its evidence, by data source.
        self._typed: dict[str, tuple[Credential, str]] = {}

    def proof(
        self, source: DataSource, authorisation: Authorisation | None, credential: Credential = NO_CREDENTIAL
    ) -> str:
        """What evidence must be of to speak for a data source: the details, and the account or the secret that it
        was proven with."""
        if source.sign_in.delegated:
            with_ = authorisation.account if authorisation else ""
        elif credential != NO_CREDENTIAL:
            typed, stamp = self._typed.get(source.id, (NO_CREDENTIAL, ""))
            with_ = stamp if typed == credential else "typed and not tested"
        else:
            with_ = self._stamp(source.id).decode()
        if source.sign_in is SignIn.CERTIFICATE:
            with_ += _digest(source.certificate)
        return f"{datasource.fingerprint(source)}\0{with_}"

    def tests(
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

    def record(
        self,
        source: DataSource,
        report: Report,
        authorisation: Authorisation | None,
        credential: Credential,
        is_saved: Callable[[], bool],
    ) -> None:
        """Keeps what a test has shown; apart where it was made with a typed `credential`, or of details that no
        file has."""
        if credential != NO_CREDENTIAL:
            self._typed[source.id] = (credential, _new_stamp())
        proof = self.proof(source, authorisation, credential)
        saved = credential == NO_CREDENTIAL and is_saved()
        evidence = Evidence(
            outcome=report.outcome,
            message=report.message,
            at=report.started,
            by=report.account or self._operator.address,
            fingerprint=proof,
            passed=sum(item.outcome is Outcome.PASSED for item in report.operations),
            total=len(report.operations),
            report=msgspec.json.encode(report),
        )
        self._state.record_evidence(source.id if saved else _DRAFT + source.id, evidence)

    def secrets_kept(self, source_id: str, credential: Credential) -> None:
        """What was proven with other secrets speaks for the data source no longer; what was proven with these,
        before they were kept, does from now on."""
        tested, stamp = self._typed.pop(source_id, (NO_CREDENTIAL, ""))
        self._state.remember(_STAMP + source_id, (stamp if tested == credential else _new_stamp()).encode())

    def secrets_put_back(self, source_id: str) -> Callable[[], None]:
        """For whoever keeps secrets and may have to put those back that are kept now: what was proven with them
        speaks again then."""
        stamp = self._stamp(source_id)
        return lambda: self._state.remember(_STAMP + source_id, stamp)

    def adopt(self, source: DataSource, authorisation: Authorisation | None) -> None:
        """What was proven of a draft speaks for what is saved, where that is the same."""
        proof = self.proof(source, authorisation)
        self._state.move_evidence(_DRAFT + source.id, source.id, proof)

    def discard(self, source_id: str) -> None:
        """Forgets what tests of a draft showed."""
        self._state.forget_evidence(_DRAFT + source_id)
        self._typed.pop(source_id, None)

    def _stamp(self, source_id: str) -> bytes:
        return self._state.remembered(_STAMP + source_id) or b""


def report_of(evidence: Evidence | None) -> Report | None:
    """The report of a test, as it was; None if there is none, or it is of an older version."""
    if evidence is None or not evidence.report:
        return None
    try:
        return msgspec.json.decode(evidence.report, type=Report)
    except msgspec.DecodeError:
        return None


def users_counted(report: Report | None) -> int | None:
    """How many users the tenant had when it was tested; None where that was not found out."""
    step = next((step for step in report.steps if step.key == "users"), None) if report else None
    found = re.match(r"[\d,]+", step.detail) if step and step.outcome is Outcome.PASSED else None
    return int(found[0].replace(",", "")) if found else None


def _new_stamp() -> str:
    return os.urandom(8).hex()


def _digest(path: str) -> str:
    """A file's content in a word, "" if it cannot be read: another certificate at the same path is another one."""
    import hashlib

    try:
        data = files.read_named(path, credentials.MAX_CERTIFICATE_BYTES, by_others=True)
    except (OSError, ValueError):
        return ""
    return hashlib.sha256(data).hexdigest()[:16]
