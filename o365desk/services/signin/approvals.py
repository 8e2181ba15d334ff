"""Which connection each data source's secrets were given for, and that they go to no other.

The one place that decides whether anything may be sent for a data source: `admit` comes before a `HttpSession` is
opened. The vault keeps the digest of the connection beside the secrets; the state keeps what it was in words, to
show the difference and to go back to, and speaks where the vault holds nothing or is locked. Neither can be reached
by whoever can write in the shared workspace.
"""

import hashlib
import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from o365desk.model import approval
from o365desk.model.access.operator import Operator
from o365desk.model.activity import CANCELLED, DONE, REFUSED, UNTRACED, Trace, What
from o365desk.model.approval import Approval, Connection, Part
from o365desk.model.datasource import DataSource, SignIn
from o365desk.model.problems import NOT_APPROVED, Action, Problem, ProblemError
from o365desk.model.secret import Secret
from o365desk.model.text import shells, wording
from o365desk.services.signin import credentials
from o365desk.services.signin.credentials import NO_CREDENTIAL, Credential
from o365desk.services.state.state import State
from o365desk.services.vault.vault import APPROVED, CLIENT_SECRET, Vault

if TYPE_CHECKING:
    from cryptography import x509

BLANK = DataSource(id="", cloud="")
"""What a person began with who makes a data source from nothing: all of it was made here."""


@dataclass(frozen=True)
class Admitted:
    """A data source to which its secrets may go, and the authorities to trust, as they were judged: the files may
    be others a moment later."""

    source: DataSource
    ca: bytes


@dataclass(frozen=True)
class Review:
    """What is to be looked at before secrets go to a connection. `then` is what was approved, None where that is
    not known; `mark` names what would be approved, so that a script can say which it means; `needed`: it is not
    yet."""

    then: Approval | None
    parts: tuple[Part, ...]
    mark: str
    needed: bool


class Approvals:
    """See the module. `signed_in` tells whether tokens are kept for a data source's id; `command_here` is a
    command of ours as it works on this workspace."""

    def __init__(
        self,
        state: State,
        vault: Vault,
        clock: Callable[[], datetime],
        operator: Operator,
        signed_in: Callable[[str], bool],
        command_here: Callable[[str], str],
        trace: Trace = UNTRACED,
    ) -> None:
        """`trace` hears of approvals, and of what was not sent for lack of one."""
        self._state, self._vault, self._clock, self._operator = state, vault, clock, operator
        self._signed_in, self._command_here, self._trace = signed_in, command_here, trace

    # --- judging ----------------------------------------------------------------------------------------------

    def admit(
        self,
        source: DataSource,
        typed: Credential = NO_CREDENTIAL,
        opened: DataSource | None = None,
        *,
        anew: bool = False,
    ) -> Admitted:
        """The data source with what it trusts. Raises ProblemError: NOT_APPROVED where its secrets were given
        for another connection, or for none that is known. `typed` is given now, for what the form says; `opened`
        is the data source as it was when the person began to change it (None: it is as the file has it); `anew`:
        somebody is about to sign in or to give a secret, so that what is kept is not used."""
        try:
            return self._admit(source, typed, opened, anew=anew)
        except ProblemError as error:
            if error.problem.code == NOT_APPROVED:
                facts = {"why": error.problem.title, "because": error.problem.cause, "rule": "approval"}
                self._trace.note(What.REFUSED, source=source, outcome=REFUSED, facts=facts)
            raise

    def _admit(
        self,
        source: DataSource,
        typed: Credential,
        opened: DataSource | None = None,
        *,
        anew: bool = False,
    ) -> Admitted:
        ca = _ca_of(source)
        if problem := self._judge(source, ca, typed, opened, anew):
            raise ProblemError(problem)
        return Admitted(source, ca)

    def admit_person(self, source: DataSource, *, held: bool) -> Admitted:
        """The same for somebody who signs in through a data source or, if `held`, is kept signed in: what its app
        signs in with takes no part in that, and need not be on this computer. Raises ProblemError
        (NOT_APPROVED)."""
        ca, kept = _ca_of(source), self._digest(source.id)
        then = self._then(source.id, kept)
        now = self._of_person(source, ca, then)
        if kept == now.digest or (not kept and not held):
            return Admitted(source, ca)
        parts = approval.compare(self._named(source, now, ca, None), then, source, source)
        raise ProblemError(self._not_approved(source, then, parts))

    def confirm_person(self, admitted: Admitted) -> None:
        """Somebody has signed in through what was admitted: where nothing was approved yet, that is from now on.
        Raises ProblemError."""
        source, ca = admitted.source, admitted.ca
        if not self._digest(source.id):
            self.record(source, self._named(source, self._of_person(source, ca, None), ca, None))

    def _of_person(self, source: DataSource, ca: bytes, then: Approval | None) -> Connection:
        """The connection, with the certificate that was approved where the file names the same one, unread; one
        that is another by its name is taken for another."""
        now = _connection(source, ca, None)
        if then is None:
            return now
        here = approval.details(source)
        if all(here[key] == then.details.get(key) for key in ("sign_in", "certificate")):
            return msgspec.structs.replace(now, certificate=then.connection.certificate)
        named = source.certificate if source.sign_in is SignIn.CERTIFICATE else ""
        return msgspec.structs.replace(now, certificate=named)

    def problem(
        self,
        source: DataSource,
        typed: Credential = NO_CREDENTIAL,
        opened: DataSource | None = None,
        *,
        anew: bool = False,
    ) -> Problem | None:
        """The same as what is wrong with a data source, for its status. What cannot be read is told by others."""
        try:
            return self._judge(source, _ca_of(source), typed, opened, anew)
        except ProblemError:
            return None

    def review(self, source: DataSource) -> Review:
        """What a person looks at before approving. Raises ProblemError where the vault is locked, or a file that is
        part of the connection cannot be read."""
        now, kept = self._approval(source, _ca_of(source), NO_CREDENTIAL), self._digest(source.id)
        then = self._then(source.id, kept)
        needed = bool(kept) or self._uses_what_is_kept(source, NO_CREDENTIAL, source)
        return Review(
            then,
            tuple(approval.compare(now, then, source, source)),
            now.connection.mark,
            needed and kept != now.connection.digest,
        )

    def refuse_other(self, source: DataSource) -> None:
        """Raises ProblemError where secrets were given for another connection than this: a new one should not be
        typed for it before somebody has looked."""
        if problem := self.problem(source, anew=True):
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

    def knows(self, source: DataSource) -> bool:
        """Whether this is the connection that was approved for its id, as far as that can be told without the
        vault: of two files with one id it tells which is the copy."""
        then = self._state.approval(source.id)
        return then is not None and then.details == approval.details(source)

    def _judge(
        self, source: DataSource, ca: bytes, typed: Credential, opened: DataSource | None, anew: bool
    ) -> Problem | None:
        known = self._state.approval(source.id) is not None
        if not known and not anew and not self._uses_what_is_kept(source, typed, opened or source):
            return None
        kept = self._digest(source.id)
        if anew and not kept:
            return None
        certificate = self._certificate(source, typed)
        now = _connection(source, ca, certificate)
        if kept == now.digest:
            return None
        then = self._then(source.id, kept)
        parts = approval.compare(self._named(source, now, ca, certificate), then, source, opened or source)
        if all(part.same or part.typed for part in parts):
            return None
        return self._not_approved(source, then, parts)

    def _uses_what_is_kept(self, source: DataSource, typed: Credential, opened: DataSource) -> bool:
        """Whether anything that was given before would be used: a secret, a certificate's key, a sign-in. What is
        typed, or chosen in the form, is given for what the form says."""
        if source.sign_in is SignIn.SECRET:
            return not typed.secret and self._vault.has(source.id, CLIENT_SECRET)
        if source.sign_in is SignIn.CERTIFICATE:
            chosen = bool(typed.passphrase) or source.certificate != opened.certificate
            return bool(source.certificate.strip()) and not chosen
        return self._signed_in(source.id)

    # --- approving --------------------------------------------------------------------------------------------

    def follows(self, source: DataSource, typed: Credential, opened: DataSource) -> Approval | None:
        """What saving `source` approves, which a person made of `opened`: None where nothing is to be approved,
        where somebody else's change is in it, or where that cannot be told."""
        try:
            admitted = self._admit(source, typed, opened)
            something = typed != NO_CREDENTIAL or self._state.approval(source.id) is not None
            if something or self._uses_what_is_kept(source, NO_CREDENTIAL, source):
                return self._approval(source, admitted.ca, typed)
        except ProblemError:
            pass
        return None

    def given(self, source: DataSource, typed: Credential) -> Approval | None:
        """What giving secrets for a data source as it is approves; None where that cannot be told, as a file
        cannot be read. Raises ProblemError where those that were given before are for another connection."""
        try:
            return self._approval(source, self._admit(source, typed, anew=True).ca, typed)
        except ProblemError as error:
            if error.problem.code == NOT_APPROVED:
                raise
            return None

    def approve(self, source: DataSource, mark: str) -> None:
        """From now on the secrets of the data source are for this connection, if it is the one that somebody has
        looked at, which `mark` names. Raises ProblemError."""
        found = self._approval(source, _ca_of(source), NO_CREDENTIAL)
        if mark != found.connection.mark:
            raise ProblemError(_another_mark(source))
        self.record(source, found)

    def confirm(self, admitted: Admitted) -> None:
        """Somebody has signed in to what was admitted: from now on its tokens are for that. Raises ProblemError."""
        source = admitted.source
        self.record(source, self._approval(source, admitted.ca, NO_CREDENTIAL))

    def record(self, source: DataSource, found: Approval, secrets: dict[str, Secret] | None = None) -> None:
        """Keeps an approval, together with secrets that are given for it: in one step, so that no crash leaves a
        secret beside another's approval. Raises ProblemError; then nothing is kept."""
        if secrets or self._vault_must_know(source.id, found):
            digest = Secret(found.connection.digest)
            self._vault.put(source.id, {**(secrets or {}), APPROVED: digest})
        self.put_back(source, found)

    def put_back(self, source: DataSource, found: Approval | None) -> None:
        """Keeps what was approved in the state alone, or (None) that nothing is. Where it is another than before,
        the activity log says so in the same step."""
        then = self._state.approval(source.id)

        def say(connection: sqlite3.Connection) -> None:
            if (then and then.connection) != (found and found.connection):
                before, after = then.details if then else {}, found.details if found else {}
                self._trace.within(
                    connection, What.APPROVED, source=source, outcome=DONE if found else CANCELLED,
                    before=before, after=after,
                )  # fmt: skip

        self._state.record_approval(source.id, found, say)

    def prepare(self, source_id: str, found: Approval) -> None:
        """Raises ProblemError where the approval could not be kept, as the vault is locked: before anything is."""
        if self._vault_must_know(source_id, found):
            self._vault.get(source_id, APPROVED)

    def _vault_must_know(self, source_id: str, found: Approval) -> bool:
        # A certificate without a passphrase needs no vault: where there is none, the state alone has to do. Nor is
        # a locked one opened for what it was told before.
        if not self._vault.locked:
            return True
        then = self._state.approval(source_id)
        return self._vault.exists and (then is None or then.connection.digest != found.connection.digest)

    # --- what is known ----------------------------------------------------------------------------------------

    def _digest(self, source_id: str) -> str:
        """The digest of what was approved, "" for nothing. Raises ProblemError where the vault refuses."""
        kept = None if self._vault.locked else self._vault.get(source_id, APPROVED)
        if kept:
            return kept.reveal()
        then = self._state.approval(source_id)
        return then.connection.digest if then else ""

    def _then(self, source_id: str, digest: str) -> Approval | None:
        """What was approved in words, if it is that of the digest: the state may have been lost, or be older."""
        then = self._state.approval(source_id)
        return then if then and then.connection.digest == digest else None

    def _certificate(self, source: DataSource, typed: Credential) -> "x509.Certificate | None":
        if source.sign_in is not SignIn.CERTIFICATE or not source.certificate.strip():
            return None
        return credentials.certificate_of(source, typed, self._vault)

    def _approval(self, source: DataSource, ca: bytes, typed: Credential) -> Approval:
        certificate = self._certificate(source, typed)
        return self._named(source, _connection(source, ca, certificate), ca, certificate)

    def _named(
        self, source: DataSource, connection: Connection, ca: bytes, certificate: "x509.Certificate | None"
    ) -> Approval:
        return Approval(
            connection=connection,
            details=approval.details(source),
            ca_named=_ca_named(source.ca_file, ca, connection.ca) if ca else "",
            authorities=_authorities(ca),
            certificate_named=_certificate_named(certificate) if certificate else "",
            at=self._clock(),
            by=self._operator.address,
        )

    def _not_approved(self, source: DataSource, then: Approval | None, parts: list[Part]) -> Problem:
        name = source.name if source.name.strip() and source.name.isprintable() else source.id
        command = self._command_here(shells.ours(["secret", "approve"], [name]))
        differing = [part.title for part in parts if not part.same and not part.typed]
        names = " and ".join([", ".join(differing[:-1]), differing[-1]] if differing[1:] else differing)
        if then:
            title = "Changed since it was approved"
            cause = f"{names} {'is' if len(differing) == 1 else 'are'} not what its secrets were given for."
        else:
            title = "Not approved yet"
            host = source.login_root or "no login address"
            cause = (
                "Its secrets were kept by an earlier o365desk, or for a connection that is not known any more. "
                f"They would go to {host}, tenant {source.tenant or '(none)'}."
            )
        return Problem(
            title=title,
            cause=f"{cause} Nothing was sent to anybody.",
            remedy=f"See what changed ({command}); then approve it, or go back to what was approved.",
            action=Action.APPROVE,
            code=NOT_APPROVED,
        )


def _ca_of(source: DataSource) -> bytes:
    """What it trusts besides the system. Raises ProblemError. Where it names nothing, OpenSSL is not loaded."""
    if not source.ca_file:
        return b""
    from o365desk.services.http.trust import read_ca

    return read_ca(source.ca_file)


def _connection(source: DataSource, ca: bytes, certificate: "x509.Certificate | None") -> Connection:
    """The connection, of files that were read once: what is named is what is compared."""
    return Connection(
        login=approval.root(source.login_root),
        graph=approval.root(source.graph_root),
        # The ends of lines are what git makes of them.
        ca=hashlib.sha256(ca.replace(b"\r\n", b"\n")).hexdigest() if ca else "",
        tenant=source.tenant.strip().lower(),
        client_id=source.client_id.strip().lower(),
        certificate=_fingerprint(certificate) if certificate else "",
    )


def _another_mark(source: DataSource) -> Problem:
    return Problem(
        title="This is not the connection that was looked at",
        cause=f"“{source.name}” leads elsewhere by now, or the digest belongs to another data source. Nothing was "
        "approved.",
        remedy="Look at it again, and give the digest that is shown.",
        action=Action.APPROVE,
        code=NOT_APPROVED,
    )


def _fingerprint(certificate: "x509.Certificate") -> str:
    from cryptography.hazmat.primitives.hashes import SHA256

    return certificate.fingerprint(SHA256()).hex()


def _certificate_named(certificate: "x509.Certificate") -> str:
    ends = certificate.not_valid_after_utc.date()  # what was approved reads the same everywhere
    return (
        f"{certificate.subject.rfc4514_string()}, ends {wording.day(ends)}, "
        f"SHA-256 {_fingerprint(certificate)[:16]}…"
    )


def _ca_named(path: str, ca: bytes, digest: str) -> str:
    found = _authorities(ca)
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    return f"{found[0] if found else 'authorities'}{more}; file SHA-256 {digest[:16]}…, {path}"


_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]{1,40})-----.*?(?:-----END \1-----|\Z)", re.DOTALL)


@lru_cache(maxsize=16)
def _authorities(ca: bytes) -> tuple[str, ...]:
    """Each part of a CA file in words that only this one has. What cannot be read here may be trusted all the
    same: OpenSSL reads more."""
    from cryptography import x509

    found = []
    for block in _BLOCK.finditer(ca):
        try:
            certificate = x509.load_pem_x509_certificate(block[0])
            found.append(
                f"{certificate.subject.rfc4514_string()[:200]} (SHA-256 {_fingerprint(certificate)[:16]}…)"
            )
        except ValueError:
            found.append(f"a part without a name (SHA-256 {hashlib.sha256(block[0]).hexdigest()[:16]}…)")
    return tuple(found)
