"""Signing in: tokens from the sign-in service, through MSAL, and what they say. The only place that knows MSAL.

Source: facts on Entra ID sign-in (MicrosoftDocs/entra-docs docs/identity-platform; msal 1.39).
"""

import base64
import hashlib
import secrets as random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from msgspec import Struct

from o365desk import __version__, catalogue
from o365desk.catalogue import permissions
from o365desk.catalogue.permissions import REDIRECT
from o365desk.log import mask
from o365desk.model.datasource import CLOUDS, DataSource, SignIn, is_guid
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.model.secret import Secret
from o365desk.model.status import Authorisation, Waiting
from o365desk.model.stop import Stop
from o365desk.model.timing import Timing
from o365desk.services import addresses, explain
from o365desk.services.graph import answers
from o365desk.services.http.session import LITTLE, TIMEOUTS, HttpSession
from o365desk.services.signin import credentials, entra
from o365desk.services.signin.approvals import Admitted
from o365desk.services.signin.credentials import Credential
from o365desk.services.signin.entra import claims_of
from o365desk.services.signin.redirect_listener import Loopback
from o365desk.services.signin.token_cache import TokenCaches, session_key
from o365desk.services.vault.vault import Vault

if TYPE_CHECKING:
    import msal
    import requests

CONSENT_WAIT = timedelta(minutes=15)


@dataclass(frozen=True)
class Token:
    """An access token, and what it says of itself. It is meant for Graph: what it says here is a hint, and a claim
    that is missing proves nothing (`claims` is empty for a token that cannot be read)."""

    value: Secret
    expires: datetime
    claims: dict[str, Any] = field(default_factory=dict, repr=False)
    scopes: frozenset[str] = frozenset()
    """Delegated permissions as the sign-in service names them in its answer."""

    @property
    def tenant(self) -> str:
        """The tenant's GUID, "" if the token does not say."""
        return str(self.claims.get("tid") or "")

    @property
    def delegated(self) -> bool:
        """Whether it speaks for a person."""
        return "scp" in self.claims

    @property
    def granted(self) -> frozenset[str]:
        """The permissions that it carries."""
        if self.delegated:
            return frozenset(str(self.claims["scp"]).split())
        roles = self.claims.get("roles") or ()
        return frozenset(str(role) for role in roles)

    @property
    def account(self) -> str:
        """The signed-in person's name, "" for an application."""
        names = ("upn", "unique_name", "preferred_username")
        return next((str(self.claims[name]) for name in names if self.claims.get(name)), "")

    @property
    def directory_roles(self) -> frozenset[str]:
        """Titles of the directory roles that the catalogue speaks of and the person has."""
        ids = self.claims.get("wids") or ()
        return frozenset(
            permissions.DIRECTORY_ROLES[str(item)] for item in ids if str(item) in permissions.DIRECTORY_ROLES
        )


@dataclass(frozen=True)
class Answered:
    """What came of a person's sign-in, or of its renewal; nothing of it is validated. `nonce` is what the ID token
    must say, None where none was sent; `kept` are the tokens as they can be kept ("" where they are already)."""

    token: Token
    id_token: str = field(repr=False)
    nonce: str | None
    kept: str = field(repr=False)


class SignedOutError(ProblemError):
    """Raised where a kept sign-in cannot be renewed any more: only the person can sign in again."""


def discover(source: DataSource, line: HttpSession) -> dict[str, Any]:
    """The tenant's OpenID Connect discovery document. Raises ProblemError if there is no such tenant."""
    url = f"{source.login_root}/{quote(source.tenant)}/v2.0/.well-known/openid-configuration"
    response = line.send("GET", url, headers={"Accept": "application/json"}, most=LITTLE)
    answer = heard(response, entra.Discovery)
    if isinstance(answer, entra.Refused):
        raise ProblemError(explain.sign_in_error(msgspec.to_builtins(answer), source.sign_in))
    document: dict[str, Any] = msgspec.to_builtins(answer)
    return document


def tenant_id(document: dict[str, Any]) -> str:
    """The tenant's GUID out of its discovery document, whose issuer has it; "" if it does not."""
    parts = str(document.get("issuer", "")).split("/")
    return next((part for part in parts if is_guid(part)), "")


class BusyError(ProblemError):
    """Raised where the sign-in service cannot answer now; `wait`: seconds that it asks to wait, if it does."""

    def __init__(self, problem: Problem, wait: float | None) -> None:
        super().__init__(problem)
        self.wait = wait


def heard(response: "requests.Response", kind: type[entra.Kind]) -> entra.Kind | entra.Refused:
    """An answer of the sign-in service, which is of that kind or a refusal. Raises BusyError where it is down,
    ProblemError where it is neither, or another's."""
    refuse_busy(response)
    if response.status_code == 200:
        return entra.decode(response, kind)
    return entra.decode(response, entra.Refused)


def refuse_busy(response: "requests.Response") -> None:
    """Raises BusyError where the sign-in service cannot answer now."""
    wait = answers.retry_after(response.headers)
    if response.status_code == 429 or response.status_code >= 500:
        throttled = response.status_code == 429
        raise BusyError(
            Problem(
                title="The sign-in service asks to slow down"
                if throttled
                else "The sign-in service is not available",
                cause="Too many sign-ins came from here."
                if throttled
                else "It answers that it is down or overloaded.",
                remedy=answers.wait_first(wait) if wait else "Wait a little and try again.",
                action=Action.RETRY,
                code=f"HTTP {response.status_code}",
                detail=mask(response.text[:300]),
                conclusive=False,
            ),
            wait,
        )


def refuse_foreign(url: str, source: DataSource) -> None:
    """Raises ProblemError where an address is not one of the data source's sign-in service."""
    host, ours = urlsplit(url).netloc, urlsplit(source.login_root).netloc
    hosts = {ours.lower()} | (frozenset() if CLOUDS[source.cloud].own_endpoints else addresses.MICROSOFT_LOGIN)
    if host.lower() not in hosts:
        raise ProblemError(
            Problem(
                title="The sign-in service points to another host",
                cause=f"Its discovery document names “{host}”, not “{ours}”.",
                remedy="Check the login address; something may change answers. No secret was sent there.",
                field="login",
                code="foreign-host",
            )
        )


@dataclass(frozen=True)
class _Heard:
    """An answer as MSAL gets it: only what was decoded."""

    status_code: int
    text: str


class _Http:
    """MSAL's http_client over our line: its time-outs, trust, proxy and stop. What is no answer of the sign-in
    service becomes a ProblemError here, so that MSAL's own results are OAuth errors only; MSAL takes it for granted
    that answers are well formed. Secrets and refresh
    tokens go to the configured host only, wherever a discovery document may point."""

    def __init__(self, line: HttpSession, source: DataSource, signed_in: type[Struct] = entra.SignedIn) -> None:
        """`signed_in`: what comes where a person has just signed in."""
        self._line, self._source, self._signed_in = line, source, signed_in

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> Any:
        return self._send("GET", f"{url}?{urlencode(params)}" if params else url, headers, None, entra.Discovery)

    def post(self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any) -> Any:
        grant = data.get("grant_type", "")
        by_person = grant == "authorization_code" or grant.endswith(":device_code")
        kind = (self._signed_in if by_person else entra.Tokens) if grant else entra.DeviceCode
        return self._send("POST", f"{url}?{urlencode(params)}" if params else url, headers, data, kind)

    def _send(self, method: str, url: str, headers: Any, data: Any, kind: type[Struct]) -> _Heard:
        refuse_foreign(url, self._source)
        response = self._line.send(method, url, headers=headers, data=data, most=LITTLE)
        answer = heard(response, kind)
        return _Heard(response.status_code, msgspec.json.encode(answer).decode())

    def close(self) -> None:
        """The line is closed by whoever opened it."""


class SignIns:
    """Gets tokens for data sources. Every call makes a new MSAL application object: one that is kept would answer a
    repeated request from its own cache for a minute, after an administrator has long mended the cause."""

    def __init__(
        self,
        vault: Vault,
        folder: Path,
        clock: Callable[[], datetime],
        open_browser: Callable[[str], bool],
        timeouts: tuple[float, float] = TIMEOUTS,
        timing: Timing = Timing(),  # noqa: B008 - frozen
    ) -> None:
        self._vault = vault
        self._caches = TokenCaches(folder, vault)
        self._clock = clock
        self._open_browser = open_browser
        self._timeouts = timeouts
        self._timing = timing
        # Of whoever works here and is not remembered: in memory only, and gone with this process.
        self._held: msal.SerializableTokenCache | None = None

    def line(self, admitted: Admitted | Problem, stop: Stop) -> HttpSession:
        """An open line that trusts what the data source trusts; or one on which everything that is to be sent meets
        the problem instead."""
        if isinstance(admitted, Problem):
            return HttpSession(stop, shut=admitted)
        return HttpSession(stop, admitted.ca, self._timeouts)

    def forget(self, source_id: str) -> None:
        """Nobody is signed in for the data source any more, nor through it."""
        self._caches.forget(source_id)
        self._caches.forget(session_key(source_id))

    # --- tokens without a person ------------------------------------------------------------------------------

    def token(
        self,
        source: DataSource,
        line: HttpSession,
        typed: Credential,
        *,
        claims: str | None = None,
        renew: bool = False,
    ) -> Token:
        """A token without asking anybody: from the signed-in administrator's refresh token, or with secret or
        certificate. `renew` asks the sign-in service even if the cache has one; `claims` answers a challenge."""
        if source.sign_in.delegated:
            return self._silent(source, line, claims, renew)
        app = self._confidential(source, line, typed)
        result = app.acquire_token_for_client(self._scopes(source), claims_challenge=claims)
        return self._token_of(result, source)

    def _silent(self, source: DataSource, line: HttpSession, claims: str | None, renew: bool) -> Token:
        with self._caches.translated():
            app = self._public(source, line, self._caches.open(source.id))
            accounts = app.get_accounts()
            result = accounts and app.acquire_token_silent_with_error(
                self._scopes(source), accounts[0], force_refresh=renew, claims_challenge=claims
            )
        # None: there is an account but no refresh token, as after a change of the client ID. Nobody was asked.
        if not result:
            raise ProblemError(_NOT_AUTHORISED)
        return self._token_of(result, source)

    def _scopes(self, source: DataSource) -> list[str]:
        return permissions.scopes(source, catalogue.permissions_asked_for(source))

    def _token_of(self, result: dict[str, Any], source: DataSource) -> Token:
        if "access_token" not in result:
            raise ProblemError(explain.sign_in_error(result, source.sign_in))
        raw = str(result["access_token"])
        return Token(
            value=Secret(raw),
            expires=self._clock() + timedelta(seconds=result["expires_in"]),
            claims=claims_of(raw),
            scopes=frozenset(str(result.get("scope") or "").split()),
        )

    # --- people who sign in through a data source --------------------------------------------------------------

    def ask_person(
        self,
        source: DataSource,
        line: HttpSession,
        stop: Stop,
        tell: Callable[[Waiting], None],
        *,
        device_code: bool = False,
        prompt: str = "select_account",
    ) -> Answered:
        """Waits while somebody signs in to the data source's app, as whoever they are: nothing is kept, and nothing
        of what comes is validated. Raises ProblemError or CancelledError."""
        import msal

        source = source.replace(sign_in=SignIn.ADMINISTRATOR)  # it is a person who signs in, whatever the app does
        fresh = msal.SerializableTokenCache()
        app, scopes = self._public(source, line, fresh, entra.Identified), _sso_scopes(source)
        if device_code:
            result, nonce = self._by_code(app, source, scopes, stop, tell), None
        else:
            result, nonce = self._by_browser(app, source, scopes, stop, tell, prompt)
        return self._answered(result, source, nonce, fresh.serialize())

    def _answered(self, result: dict[str, Any], source: DataSource, nonce: str | None, kept: str) -> Answered:
        return Answered(self._token_of(result, source), str(result.get("id_token") or ""), nonce, kept)

    def keep_person(self, source_id: str, answered: Answered) -> None:
        """Keeps somebody signed in through a data source, in place of whoever was."""
        with self._caches.translated():
            self._caches.replace(session_key(source_id), answered.kept)

    def hold_person(self, answered: Answered | None) -> None:
        """Holds somebody's tokens in memory, in place of whoever's were; None: nobody's. No file and no vault has
        them."""
        self._held = None
        if answered:
            import msal

            self._held = msal.SerializableTokenCache()
            self._held.deserialize(answered.kept)

    def renew_person(self, source: DataSource, line: HttpSession, *, held: bool = False) -> Answered:
        """What Microsoft says now of whoever is kept signed in, or whose tokens are `held` in memory. Raises
        SignedOutError where they are not signed in any more, ProblemError where that could not be found out."""
        source = source.replace(sign_in=SignIn.ADMINISTRATOR)
        with self._caches.translated():
            cache = self._held if held else self._caches.open(session_key(source.id))
            if cache is None:
                raise SignedOutError(_NOT_SIGNED_IN)
            app = self._public(source, line, cache)
            accounts = app.get_accounts()
            # Of Graph nothing is wanted now; other providers refuse what they did not grant.
            result = accounts and app.acquire_token_silent_with_error(["email"], accounts[0], force_refresh=True)
        if not result:
            raise SignedOutError(_NOT_SIGNED_IN)
        if "access_token" not in result:
            problem = explain.sign_in_error(result, source.sign_in)
            over = problem.conclusive and result.get("error") in ("invalid_grant", "interaction_required")
            raise SignedOutError(problem) if over else ProblemError(problem)
        return self._answered(result, source, None, "")

    def forget_person(self, source_id: str) -> None:
        """Nobody is kept signed in through the data source any more."""
        self._caches.forget(session_key(source_id))

    # --- MSAL's objects ---------------------------------------------------------------------------------------

    def _public(
        self, source: DataSource, line: HttpSession, cache: Any, signed_in: type[Struct] = entra.SignedIn
    ) -> "msal.PublicClientApplication":
        import msal

        return self._made(
            source,
            lambda **kw: msal.PublicClientApplication(source.client_id, token_cache=cache, **kw),
            _Http(line, source, signed_in),
        )

    def _confidential(
        self, source: DataSource, line: HttpSession, typed: Credential
    ) -> "msal.ConfidentialClientApplication":
        import msal

        credential = credentials.for_msal(source, typed, self._vault)
        return self._made(
            source,
            lambda **kw: msal.ConfidentialClientApplication(source.client_id, client_credential=credential, **kw),
            _Http(line, source),
        )

    def _made(self, source: DataSource, make: Callable[..., Any], http: _Http) -> Any:
        """A new application object. Its constructor asks the network for the tenant's addresses."""
        try:
            return make(
                authority=source.authority,
                http_client=http,
                # Own hosts are unknown to MSAL: it would ask Microsoft's worldwide host about them.
                instance_discovery=False,
                client_capabilities=["CP1"],
                app_name="o365desk",
                app_version=__version__,
            )
        except ValueError as error:
            # MSAL hides the sign-in service's own words one level down.
            text = str(error.__context__ or error)
            answer = {"error": "invalid_tenant", "error_description": text}
            raise ProblemError(explain.sign_in_error(answer, source.sign_in)) from error

    # --- with a person ----------------------------------------------------------------------------------------

    def sign_in(
        self,
        admitted: Admitted,
        stop: Stop,
        tell: Callable[[Waiting], None],
        confirm: Callable[[], None],
        *,
        device_code: bool = False,
    ) -> Authorisation:
        """Waits while an administrator signs in. Keeps the tokens only if they are the data source's tenant's, and
        calls `confirm` before that: no crash leaves tokens beside another connection's approval. Raises
        ProblemError or CancelledError."""
        import msal

        source = admitted.source
        with self.line(admitted, stop) as line:
            expected = expected_tenant(source, discover(source, line))
            fresh = msal.SerializableTokenCache()
            app = self._public(source, line, fresh)
            result = (
                self._by_code(app, source, self._scopes(source), stop, tell)
                if device_code
                else self._by_browser(app, source, self._scopes(source), stop, tell)[0]
            )
            token = self._token_of(result, source)
            person = result.get("id_token_claims") or {}
            tenant = token.tenant or str(person.get("tid") or "")
            account = token.account or str(person.get("preferred_username") or "")
            if not tenant:
                raise ProblemError(_no_tenant(source, account))
            _refuse_other_tenant(source, expected, tenant, account)
        with self._caches.translated():
            self._caches.forget(source.id)
            confirm()
            self._caches.replace(source.id, fresh.serialize())
        return Authorisation(account=account, at=self._clock(), tenant=tenant, client_id=source.client_id)

    def _by_browser(
        self,
        app: Any,
        source: DataSource,
        scopes: list[str],
        stop: Stop,
        tell: Callable[[Waiting], None],
        prompt: str = "select_account",
    ) -> tuple[dict[str, Any], str]:
        """What came, and the nonce that was sent."""
        state = random.token_urlsafe(24)
        with Loopback(state) as loopback:
            flow = app.initiate_auth_code_flow(
                scopes,
                redirect_uri=loopback.redirect,
                state=state,
                prompt=prompt,
                response_mode="form_post",
            )
            page = addresses.for_browser(flow["auth_uri"], source)
            tell(Waiting("browser", page, self._clock() + self._timing.browser))
            self._open_browser(page)
            answer = loopback.wait(stop, self._timing.browser.total_seconds())
        if answer is None:
            raise ProblemError(_nobody_came(self._timing.browser))
        if "error" in answer:
            raise ProblemError(explain.sign_in_error(answer, source.sign_in))
        try:
            result: dict[str, Any] = app.acquire_token_by_auth_code_flow(flow, answer)
        except (ValueError, RuntimeError) as error:  # MSAL's words for a state or nonce that is not this sign-in's
            raise ProblemError(_not_ours(error)) from error
        return result, hashlib.sha256(str(flow["nonce"]).encode()).hexdigest()  # as MSAL sends it

    def _by_code(
        self, app: Any, source: DataSource, scopes: list[str], stop: Stop, tell: Callable[[Waiting], None]
    ) -> dict[str, Any]:
        if not app.authority.device_authorization_endpoint:
            raise ProblemError(_NO_DEVICE_CODES)
        flow = app.initiate_device_flow(scopes)
        if "user_code" not in flow:
            raise ProblemError(explain.sign_in_error(flow, source.sign_in))
        until = self._clock() + timedelta(seconds=flow["expires_in"])
        page = addresses.for_browser(flow["verification_uri"], source)
        tell(Waiting("device-code", page, until, flow["user_code"]))
        pause = float(flow["interval"])
        while True:
            stop.wait(pause)
            try:
                result: dict[str, Any] = app.acquire_token_by_device_flow(flow, exit_condition=lambda _: True)
            except ProblemError as error:
                # A hiccup of the network does not end a wait of fifteen minutes.
                if error.problem.conclusive or self._clock() >= until:
                    raise
                continue
            if result.get("error") == "slow_down":
                pause += 5
            elif result.get("error") != "authorization_pending":
                return result
            if self._clock() >= until:
                return {"error": "expired_token"}

    def consent(
        self, admitted: Admitted, stop: Stop, tell: Callable[[Waiting], None], typed: Credential
    ) -> Authorisation:
        """Waits until an administrator has consented to what an application by itself needs, and proves it with a
        token. It looks by itself every few seconds, so the link may be opened by somebody else, elsewhere."""
        source = admitted.source
        with self.line(admitted, stop) as line:
            token = self.token(source, line, typed)
            if _lacks(source, token):
                token = self._wait_for_consent(source, line, typed, tell)
            _refuse_other_tenant(source, expected_tenant(source, discover(source, line)), token.tenant, "The app")
        return Authorisation(
            account="an administrator's consent", at=self._clock(), tenant=token.tenant, client_id=source.client_id
        )

    def _wait_for_consent(
        self, source: DataSource, line: HttpSession, typed: Credential, tell: Callable[[Waiting], None]
    ) -> Token:
        state = random.token_urlsafe(24)
        until = self._clock() + CONSENT_WAIT
        with Loopback(state) as loopback:
            link = permissions.consent_link(
                source, catalogue.permissions_asked_for(source), loopback.redirect, state
            )
            addresses.for_browser(link, source)
            tell(Waiting("consent", link, until))
            self._open_browser(link)
            while self._clock() < until:
                answer = loopback.wait(line.stop, self._timing.consent_look)
                # On the v2.0 endpoint admin_consent=True comes with refusals too: the error counts.
                if answer and "error" in answer:
                    raise ProblemError(explain.sign_in_error(answer, source.sign_in))
                try:
                    token = self.token(source, line, typed)
                except ProblemError as error:
                    if error.problem.conclusive:
                        raise
                    continue
                if not _lacks(source, token):
                    return token
        raise ProblemError(_nobody_came(CONSENT_WAIT))


def _sso_scopes(source: DataSource) -> list[str]:
    """What somebody who signs in is asked for; MSAL adds the rest of the third check box by itself."""
    return [f"{source.graph_root}/User.Read", "email"]


def _lacks(source: DataSource, token: Token) -> list[str]:
    return permissions.missing(source, catalogue.OPERATIONS.values(), token.granted)


def expected_tenant(source: DataSource, document: dict[str, Any]) -> str:
    """The GUID of the tenant that the data source is for; "" if neither it nor the discovery document says."""
    return tenant_id(document) or (source.tenant if is_guid(source.tenant) else "")


def _refuse_other_tenant(source: DataSource, expected: str, tenant: str, account: str) -> None:
    if expected and tenant.lower() == expected.lower():
        return
    raise ProblemError(
        Problem(
            title="Signed in to another tenant",
            cause=f"{account or 'The account'} belongs to tenant {tenant or '(not said)'}, "
            f"but this data source is for {source.tenant} ({expected or 'its ID is not known'}).",
            remedy="Sign in again with an account of this data source's tenant, or change the tenant.",
            field="tenant",
            action=Action.AUTHORIZE,
            code="other-tenant",
            conclusive=bool(expected and tenant),
        )
    )


def _no_tenant(source: DataSource, account: str) -> Problem:
    """What it means that neither token says whose it is: nothing is kept then."""
    own = CLOUDS[source.cloud].own_endpoints
    check = f" check that {source.login_root} is a sign-in service of Microsoft, or" if own else ""
    return Problem(
        title="Microsoft did not say which tenant the account belongs to",
        cause=f"The ID token of {account or 'the account'} came without “tid”, the tenant's ID, so nobody can tell "
        f"whether it is {source.tenant}'s. Nothing was kept.",
        remedy=f"Sign in again; if it stays so,{check} show this to Microsoft's support.",
        action=Action.AUTHORIZE,
        code="no-tenant-id",
        conclusive=False,
    )


_NOT_AUTHORISED = Problem(
    title="Not authorised yet",
    cause="No administrator is signed in for this data source on this computer.",
    remedy="Authorize it: sign in as an administrator of the tenant.",
    action=Action.AUTHORIZE,
    code="not-authorised",
)


_NOT_SIGNED_IN = Problem(
    title="Nobody is signed in any more",
    cause="The kept sign-in is gone, or is for another app.",
    remedy="Sign in again.",
    action=Action.AUTHORIZE,
    code="not-signed-in",
)

_NO_DEVICE_CODES = Problem(
    title="The sign-in service offers no device codes",
    cause="The tenant's discovery document does not say where to get one.",
    remedy="Sign in with the browser instead.",
    action=Action.BROWSER,
    code="no-device-codes",
    conclusive=False,
)


def _nobody_came(waited: timedelta) -> Problem:
    return Problem(
        title="Nobody signed in",
        cause=f"No answer came from the browser within {waited.total_seconds() / 60:.0f} minutes. If its page "
        "showed an error (AADSTS50011, for example), the app registration must be changed first.",
        remedy="Start again, copy the link into another browser, or use a device code instead.",
        action=Action.AUTHORIZE,
        code="nobody-came",
    )


def _not_ours(error: Exception) -> Problem:
    return Problem(
        title="The sign-in's answer does not fit",
        cause="It was made for another sign-in; an old page may have been sent again.",
        remedy="Close the browser's page and start the sign-in again.",
        action=Action.AUTHORIZE,
        code="other-sign-in",
        detail=mask(str(error)),
    )


def redirect_registered(source: DataSource, line: HttpSession) -> tuple[bool | None, str]:
    """Whether the redirect address is registered for the app, without a person: a silent sign-in is answered at a
    registered address and nowhere else. None (with what came) where the answer tells neither."""
    query = {
        "client_id": source.client_id,
        "response_type": "code",
        "redirect_uri": REDIRECT,
        "response_mode": "query",
        "scope": "openid",
        "prompt": "none",
        "state": random.token_urlsafe(12),
        # No code can come of a silent sign-in without a session; the challenge is here for hosts that insist.
        "code_challenge": base64.urlsafe_b64encode(random.token_bytes(32)).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "nonce": random.token_urlsafe(12),
    }
    response = line.send("GET", f"{source.authority}/oauth2/v2.0/authorize?{urlencode(query)}", most=LITTLE)
    target = response.headers.get("Location", "")
    if response.is_redirect and target.lower().startswith((f"{REDIRECT}/", f"{REDIRECT}?")):
        return True, ""
    code = explain.aadsts(response.text)
    if code in (50011, 500113, 900971):
        return False, f"AADSTS{code}"
    return None, f"AADSTS{code}" if code else f"HTTP {response.status_code}"
