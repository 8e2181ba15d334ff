"""Asking Microsoft who somebody is: a sign-in or its renewal, its ID token, and what Graph says of that ID."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from o365desk.log import mask
from o365desk.model.access.operator import Operator
from o365desk.model.datasource import CLOUDS, DataSource, is_guid
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.model.status import Waiting
from o365desk.model.stop import Stop
from o365desk.model.text import letters
from o365desk.model.text.shown import shown
from o365desk.services import addresses
from o365desk.services.graph import objects
from o365desk.services.graph.client import IMPATIENT, Graph
from o365desk.services.http.session import LITTLE, HttpSession
from o365desk.services.signin import entra, msal_sign_in
from o365desk.services.signin.approvals import Approvals
from o365desk.services.signin.msal_sign_in import Answered, SignedOutError, SignIns
from o365desk.services.sso.id_tokens import Claims, Expected, Keys, validate
from o365desk.services.sso.who import Identity, Recognised
from o365desk.services.vault.vault import CLIENT_SECRET, Vault

_LONGEST = 320
"""Letters of an address, as in mail; of a name as well."""
_SELECT = ("id", "displayName", "userPrincipalName", "mail", "userType")


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """Somebody who signed in. `account` is how people read who it is; `operator` who they are here, and `binds`: to
    whose address the account would be bound by a sign-in that counts."""

    identity: Identity
    account: str
    signed_in: datetime
    used: str
    hint: str
    answered: Answered = field(repr=False)
    operator: Operator | None = None
    binds: str = ""

    def recognised(self, found: Recognised) -> "SignedIn":
        """With who that is here."""
        return replace(self, operator=found.operator, binds=found.binds.address if found.binds else "")


class Asking:
    """See the module. Nothing is sent for a data source but where its secrets may go (`approvals.py`)."""

    def __init__(
        self,
        sign_ins: SignIns,
        approvals: Approvals,
        vault: Vault,
        clock: Callable[[], datetime],
        open_browser: Callable[[str], bool],
    ) -> None:
        self._sign_ins, self._approvals, self._vault = sign_ins, approvals, vault
        self._clock, self.open_browser = clock, open_browser
        self._keys = Keys(clock)

    def refuse_locked(self, source_id: str) -> None:
        """Raises ProblemError where nobody could be kept signed in, as the vault is locked: before they sign in."""
        self._vault.get(source_id, CLIENT_SECRET)

    def ask(
        self,
        source: DataSource,
        stop: Stop,
        tell: Callable[[Waiting], None],
        *,
        device_code: bool,
        prompt: str,
    ) -> SignedIn:
        """Waits while somebody signs in, and says who that is. Raises ProblemError or CancelledError."""
        admitted = self._approvals.admit_person(source, held=False)
        with self._sign_ins.line(admitted, stop) as line:
            document = msal_sign_in.discover(source, line)
            answered = self._sign_ins.ask_person(source, line, stop, tell, device_code=device_code, prompt=prompt)
            claims = self._validated(source, line, document, answered)
            identity, name = _identity(claims, self._me(source, line, answered))
        self._approvals.confirm_person(admitted)
        return SignedIn(
            identity=identity,
            account=name,
            signed_in=claims.signed_in,
            used=claims.used,
            hint=claims.hint,
            answered=answered,
        )

    def keep(self, source_id: str, signed: SignedIn) -> None:
        """Keeps somebody signed in through a data source."""
        self._sign_ins.keep_person(source_id, signed.answered)

    def forget(self, source_id: str) -> None:
        """Nobody is any more."""
        self._sign_ins.forget_person(source_id)

    def hold(self, signed: SignedIn | None) -> None:
        """Keeps somebody signed in as long as this process goes on, in its memory; None: nobody."""
        self._sign_ins.hold_person(signed.answered if signed else None)

    def renew(self, source: DataSource, identity: Identity, stop: Stop, *, held: bool = False) -> None:
        """Finds out whether somebody is still signed in: who is kept so, or is `held`. Raises SignedOutError where
        they are not, ProblemError where that cannot be told."""
        admitted = self._approvals.admit_person(source, held=True)
        with self._sign_ins.line(admitted, stop) as line:
            document = msal_sign_in.discover(source, line)
            answered = self._sign_ins.renew_person(source, line, held=held)
            if not answered.id_token and CLOUDS[source.cloud].own_endpoints:
                return  # other providers say with the refresh token alone that it is still good
            claims = self._validated(source, line, document, answered)
        if (claims.tenant, claims.oid) != (identity.tid, identity.oid):
            raise SignedOutError(_ANOTHER)

    def end_session(self, source: DataSource | None, hint: str, stop: Stop) -> str:
        """Where a browser's sign-in at Microsoft ends; "" where the data source is gone. Raises ProblemError where
        that would lead elsewhere."""
        if source is None:
            return ""
        address = f"{source.authority}/oauth2/v2.0/logout"
        try:
            with self._sign_ins.line(self._approvals.admit_person(source, held=True), stop) as line:
                address = str(msal_sign_in.discover(source, line).get("end_session_endpoint") or address)
        except ProblemError as error:
            if error.problem.conclusive:
                raise
        if hint:
            address += f"{'&' if '?' in address else '?'}{urlencode({'logout_hint': hint})}"
        return addresses.for_browser(address, source)

    def _validated(
        self, source: DataSource, line: HttpSession, document: dict[str, Any], answered: Answered
    ) -> Claims:
        tenant = msal_sign_in.expected_tenant(source, document).lower()
        if is_guid(source.tenant) and tenant != source.tenant.lower():
            raise ProblemError(_other_document(source, tenant))

        def fetch(address: str) -> Any:
            msal_sign_in.refuse_foreign(address, source)
            response = line.send("GET", address, headers={"Accept": "application/json"}, most=LITTLE)
            msal_sign_in.refuse_busy(response)
            return entra.decode(response, dict[str, Any])

        jwks = str(document.get("jwks_uri") or "")
        expected = Expected(
            issuer=f"{source.login_root}/{tenant}/v2.0",
            audience=source.client_id.strip(),
            tenant=tenant,
            now=self._clock(),
            nonce=answered.nonce,
        )
        return validate(answered.id_token, expected, lambda name: self._keys.find(jwks, name, fetch))

    def _me(self, source: DataSource, line: HttpSession, answered: Answered) -> dict[str, Any] | None:
        """What Graph says of whoever signed in; None where there is no Graph."""
        graph = Graph(source.graph_root, line, lambda claims: answered.token.value, IMPATIENT)
        try:
            answer = graph.get("/me", {"$select": ",".join(_SELECT)}, shape=objects.one(_SELECT))
        except ProblemError as error:
            # A provider that is not Microsoft has no Graph: its people are known by their IDs, and no address of
            # theirs is believed.
            if error.problem.code == "wrong-host" and CLOUDS[source.cloud].own_endpoints:
                return None
            raise
        return dict(answer.body)


def _identity(claims: Claims, me: dict[str, Any] | None) -> tuple[Identity, str]:
    """Who signed in, and how people read it. Raises ProblemError where Graph speaks of somebody else."""
    if me is None:
        identity = Identity(tid=claims.tenant, oid=claims.oid, addresses=(), name=claims.name, guest=claims.guest)
        return identity, shown(claims.account) or claims.oid
    if str(me.get("id") or "").lower() != claims.oid:
        raise ProblemError(_ELSE)
    upn, mail = _fit(me.get("userPrincipalName")), _fit(me.get("mail"))
    identity = Identity(
        tid=claims.tenant,
        oid=claims.oid,
        addresses=tuple(dict.fromkeys(filter(None, (upn, mail)))),
        name=str(me.get("displayName") or claims.name)[:_LONGEST],
        guest=claims.guest or me.get("userType") == "Guest" or "#ext#" in upn.lower(),
    )
    return identity, upn or mail or shown(claims.account) or claims.oid


def _fit(address: object) -> str:
    """An address that can be somebody's; "" for what is none, or holds what nobody sees."""
    text = address if isinstance(address, str) else ""
    fits = "@" in text and len(text) <= _LONGEST and not letters.unseen(text) and " " not in text
    return text if fits else ""


_ELSE = Problem(
    title="Microsoft Graph speaks of somebody else",
    cause="Its /me has another object ID than the ID token. Nobody was signed in.",
    remedy="Sign in again; if it stays so, check the Graph address of the data source.",
    action=Action.AUTHORIZE,
    code="other-person",
)
_ANOTHER = Problem(
    title="The kept sign-in is another account's",
    cause="What Microsoft says of it now is not whom it was kept for.",
    remedy="Sign in again.",
    action=Action.AUTHORIZE,
    code="other-person",
)


def _other_document(source: DataSource, tenant: str) -> Problem:
    return Problem(
        title="Another tenant answered",
        cause=f"The sign-in service speaks of tenant {mask(tenant) or '(not said)'}, but “{source.name}” is for "
        f"{source.tenant}.",
        remedy="Check the login address and the tenant of the data source.",
        field="tenant",
        action=Action.FIELD,
        code="other-tenant",
    )
