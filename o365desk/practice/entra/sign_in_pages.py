"""Signing in by pages: authorize, account, second factor, consent, device code, admin consent, sign-out."""

import re
from collections.abc import Callable
from dataclasses import replace

from o365desk.practice.accounts import login_hint
from o365desk.practice.directory.directory import Account
from o365desk.practice.entra import html, scopes
from o365desk.practice.entra.aadsts import Refusal
from o365desk.practice.entra.browser_sessions import BrowserSessions
from o365desk.practice.entra.flows import Flow, Flows
from o365desk.practice.entra.grants import Signed, capable, refuse_account, s256
from o365desk.practice.entra.scopes import Asked
from o365desk.practice.entra.token_endpoint import Grants
from o365desk.practice.entra.way_back import WayBack
from o365desk.practice.permissions import needs_administrator, summary
from o365desk.practice.tenant import AppRegistration, Tenant
from o365desk.practice.wire import Answer, Request, html_answer, redirect_answer

_LOOPBACK = re.compile(r"http://localhost(:[0-9]{1,5})?/?")
_MODES = ("query", "fragment", "form_post")
_PROMPTS = ("", "login", "none", "consent", "select_account", "create")


class SignInPages:
    """The pages: the ways in, and the steps."""

    def __init__(self, tenant: Tenant, grants: Grants) -> None:
        self._tenant = tenant
        self._grants = grants
        self._flows = Flows()
        self._back = WayBack(tenant, grants)
        self._browsers = BrowserSessions(tenant)

    # Ways in

    def authorize(self, request: Request, realm: str) -> Answer:
        """GET or POST of the authorize address."""
        params = request.form if request.method == "POST" else request.params
        for name in ("client_id", "response_type"):
            if not params.get(name):
                raise Refusal(900144, parameter=name)
        app = self._grants.credentials.usable(params["client_id"], realm)
        redirect = self._redirect(app, params.get("redirect_uri", ""))
        self._grants.refuse_shared(app, realm)
        mode = params.get("response_mode", "query")
        flow = Flow(
            "authorize", app, Asked((), frozenset(), False), redirect, mode if mode in _MODES else "query",
            params.get("state"), params.get("nonce", ""), params.get("code_challenge", ""),
            params.get("prompt", ""), params.get("login_hint", ""), params.get("domain_hint", "").lower(),
            capable=capable(params.get("claims", "")), client_info=params.get("client_info") == "1",
        )  # fmt: skip
        try:
            if params["response_type"] != "code":
                raise Refusal(700054, response_type=params["response_type"])
            flow.challenge = _challenge(flow.challenge, params.get("code_challenge_method", "plain"))
            flow.asked = scopes.asked(self._tenant, app, params.get("scope", ""))
            flow.max_age = _max_age(params.get("max_age", ""))
            _check_prompt(flow)
        except Refusal as refusal:
            return self._back.with_error(flow, refusal)
        if flow.prompt == "none":
            return self._silent(flow, request)
        found = self._candidates(flow, request)
        if len(found) == 1 and flow.prompt != "select_account" and not self._stale(flow, found[0]):
            return self._go_on(flow, request, found[0])
        hinted = self._tenant.accounts.find(flow.hint) if flow.hint else None
        return self._ask_password(flow, hinted) if hinted else self._pick(flow, request)

    def device_page(self, request: Request) -> Answer:
        """The page on which a device's code is typed."""
        typed = request.form.get("user_code") or request.params.get("otc", "")
        if not typed:
            return html_answer(200, html.enter_code(""))
        device = self._grants.by_user_code(typed)
        if device is None:
            return html_answer(200, html.enter_code("That code didn’t work. Check the code and try again."))
        return self._pick(Flow("device", device.app, device.asked, device=device), request)

    def admin_consent(self, request: Request, realm: str, second: bool) -> Answer:
        """GET of the administrator's consent, v1 or v2.0."""
        params = request.params
        for name in ("client_id", "scope") if second else ("client_id",):
            if not params.get(name):
                raise Refusal(900144, parameter=name)
        app = self._grants.credentials.usable(params["client_id"], realm)
        redirect = self._redirect(app, params.get("redirect_uri", "http://localhost"))
        wanted = Asked((), frozenset(), True)
        if second:
            wanted = scopes.asked(self._tenant, app, params["scope"])
        kind = "adminconsent v2" if second else "adminconsent v1"
        return self._pick(Flow(kind, app, wanted, redirect, state=params.get("state")), request)

    def logout(self, request: Request) -> Answer:
        """Ends the browser's session, and goes back if the address is registered. Of several accounts it signs out
        of the one that `logout_hint` means; without one it asks which."""
        params = request.form if request.method == "POST" else request.params
        known = self._browsers.signed_in(request)
        leaving = [one for one in known if login_hint(one.account) == params.get("logout_hint")]
        if len(known) > 1 and not leaving:
            tiles = [
                (login_hint(one.account), str(one.account.user["displayName"]), one.account.username)
                for one in known
            ]
            return html_answer(200, html.pick_sign_out(request.path, tiles, params))
        after = params.get("post_logout_redirect_uri", "")
        if after and _is_loopback(after):
            answer = redirect_answer(after, {"state": params["state"]} if "state" in params else {})
        else:
            answer = html_answer(
                200, html.notice("You signed out", "It’s a good idea to close all browser windows.")
            )
        answer.headers["Set-Cookie"] = self._browsers.end(request, leaving or known)
        return answer

    def _redirect(self, app: AppRegistration, redirect: str) -> str:
        """The redirect address if it is registered: http://localhost, any port, no path."""
        if not redirect:
            raise Refusal(900144, parameter="redirect_uri")
        registered = self._tenant.switches.text("redirect", app.profile) != "none"
        if not (registered and _is_loopback(redirect)):
            raise Refusal(50011, redirect=redirect, client=app.client_id)
        return redirect

    def _silent(self, flow: Flow, request: Request) -> Answer:
        """prompt=none: answers without a page, or says what would be needed."""
        found = self._candidates(flow, request)
        try:
            if not found:
                raise Refusal(50058)
            if len(found) > 1:
                raise Refusal(16000)
            signed = found[0]
            refuse_account(self._tenant, signed.account)
            if self._stale(flow, signed):
                raise Refusal(70044 if self._tenant.too_old(signed.at) else 50058)
            self._judge(flow, signed)
            if self._tenant.switches.text("conditional_access") == "mfa" and not signed.multifactor:
                raise Refusal(50076, resource="00000003-0000-0000-c000-000000000000")
            if flow.asked.needed(flow.app) - self._tenant.consents.delegated(flow.app, signed.account):
                raise Refusal(65001, client=flow.app.client_id, app=flow.app.title)
        except Refusal as refusal:
            return self._back.with_error(flow, refusal, **_silent_error(refusal))
        return self._back.with_code(flow, signed)

    def _candidates(self, flow: Flow, request: Request) -> list[Signed]:
        """Who of those signed in in this browser is meant: all, if the app gave no hint. A domain hint chooses only
        among several."""
        found = self._browsers.signed_in(request)
        if flow.hint:
            hinted = self._tenant.accounts.find(flow.hint)
            return [one for one in found if hinted and one.account.oid == hinted.oid]
        there = [one for one in found if flow.domain and one.account.username.lower().endswith("@" + flow.domain)]
        return there or found

    def _stale(self, flow: Flow, signed: Signed) -> bool:
        """Whether a sign-in in the browser does not do: the app or a policy wants a fresh one."""
        old = flow.max_age is not None and self._tenant.now() > signed.at + flow.max_age
        return old or flow.prompt == "login" or self._tenant.too_old(signed.at)

    def _go_on(self, flow: Flow, request: Request, signed: Signed) -> Answer:
        """Goes on with a sign-in that the browser has: single sign-on, no password."""
        try:
            refuse_account(self._tenant, signed.account)
        except Refusal as refusal:
            return self._pick(flow, request, _told(refusal))
        flow.signed = signed
        self._judge(flow, signed)
        if self._tenant.switches.text("conditional_access") == "mfa" and not signed.multifactor:
            return html_answer(200, html.second_factor(self._flows.key(flow, "mfa"), signed.account.username))
        return self._after_sign_in(flow, signed)

    # Steps: each form posts to /common/practice/<step>

    def step(self, request: Request, name: str) -> Answer:
        """The next page after a form."""
        steps: dict[str, Callable[[Flow, Request], Answer]] = {
            "login": self._login,
            "mfa": self._second_factor,
            "consent": self._consent,
            "approval": self._approval,
        }
        flow = self._flows.find(request.form.get("flow", ""))
        if name not in steps or flow is None or name not in ("login", flow.stage):
            raise Refusal(50089)
        return steps[name](flow, request)

    def _pick(self, flow: Flow, request: Request, problem: str = "") -> Answer:
        """The picker: who is signed in in this browser, then the accounts with a purpose."""
        remarks = {"ok": "", "locked": "locked", "disabled": "disabled", "password_expired": "password expired"}
        known = {one.account.oid: one.account for one in self._browsers.signed_in(request)}
        others = [one for one in self._tenant.accounts.seeded() if one.oid not in known]
        tiles = [(one.username, str(one.user["displayName"]), "Signed in") for one in known.values()]
        tiles += [(one.username, str(one.user["displayName"]), remarks.get(one.state, "")) for one in others]
        there = [tile for tile in tiles if tile[0].lower().endswith("@" + flow.domain)]
        tiles = there if flow.domain and there else tiles
        return html_answer(
            200, html.pick_account(self._flows.key(flow, "login"), flow.app.title, tiles, flow.hint, problem)
        )

    def _login(self, flow: Flow, request: Request) -> Answer:
        form = request.form
        if form.get("answer") == "cancel":
            return self._back.cancelled(flow)
        typed = form.get("tile") or form.get("username", "")
        account = self._tenant.accounts.find(typed)
        if "tile" in form and account is not None:
            known = [one for one in self._browsers.signed_in(request) if one.account.oid == account.oid]
            if known and not self._stale(flow, known[0]):
                return self._go_on(flow, request, known[0])
            return self._ask_password(flow, account)
        try:
            account = self._proven(flow, account, typed, form.get("password", ""))
        except Refusal as refusal:
            if refusal.number == 50020:
                raise
            if "picked" in form and account is not None:  # they stay where they were, as at Microsoft
                return self._ask_password(flow, account, _told(refusal))
            flow.hint = typed
            return self._pick(flow, request, _told(refusal))
        flow.signed = self._signed(account)
        self._judge(flow, flow.signed)
        if self._tenant.switches.text("conditional_access") == "mfa":
            return html_answer(200, html.second_factor(self._flows.key(flow, "mfa"), account.username))
        return self._signed_in(flow, request, flow.signed)

    def _ask_password(self, flow: Flow, account: Account, problem: str = "") -> Answer:
        key = self._flows.key(flow, "login")
        return html_answer(200, html.ask_password(key, account.username, account.password, problem))

    def _proven(self, flow: Flow, account: Account | None, typed: str, password: str) -> Account:
        """The account, if the password is its own; else Refusal."""
        stranger = self._tenant.accounts.elsewhere(typed) if account is None else None
        if account is None and stranger is None:
            raise Refusal(50034, user=typed, tenant=self._tenant.home.company)
        if stranger is not None and password == stranger.password:
            idp = f"{self._tenant.addresses.login}/{self._tenant.other.tenant_id}/"
            raise Refusal(
                50020, user=typed, idp=idp, tenant=self._tenant.home.company, client=flow.app.client_id,
                app=flow.app.title,
            )  # fmt: skip
        if account is None or password != account.password:
            raise Refusal(50126)
        refuse_account(self._tenant, account)
        return account

    def _signed(self, account: Account) -> Signed:
        directory = self._tenant.landing()
        if directory is not self._tenant.home:
            kinds = {other.kind: other for other in directory.accounts}
            account = kinds.get(account.kind, kinds["user"])
        return Signed(account, directory, self._tenant.new_session(), False, self._tenant.now())

    def _judge(self, flow: Flow, signed: Signed) -> None:
        """Policies that end the sign-in on a page, without going back to the app."""
        policy = self._tenant.switches.text("conditional_access")
        if policy == "block_all" or (policy == "block_device_code" and flow.device):
            if flow.device:
                flow.device.blocked = True
            raise Refusal(53003)
        if self._tenant.switches.text("app_state", flow.app.profile) == "assignment_required":
            user = str(signed.account.user["userPrincipalName"])
            raise Refusal(50105, client=flow.app.client_id, app=flow.app.title, user=user)

    def _second_factor(self, flow: Flow, request: Request) -> Answer:
        if flow.signed is None:
            raise Refusal(50089)
        if request.form.get("answer") != "approve":
            raise Refusal(500121)
        flow.signed = replace(flow.signed, multifactor=True)
        return self._signed_in(flow, request, flow.signed)

    def _signed_in(self, flow: Flow, request: Request, signed: Signed) -> Answer:
        """The person is known: keep the browser's session, then see to consent."""
        answer = self._after_sign_in(flow, signed)
        answer.headers["Set-Cookie"] = self._browsers.keep(request, signed)
        return answer

    def _after_sign_in(self, flow: Flow, signed: Signed) -> Answer:
        account = signed.account
        if flow.kind.startswith("adminconsent"):
            if not account.administrator:
                raise Refusal(90094, tenant=self._tenant.home.company, app=flow.app.title)
            return self._ask_consent(flow, account, self._admin_list(flow), for_all=True)
        missing = flow.asked.needed(flow.app) - self._tenant.consents.delegated(flow.app, account)
        if not missing and flow.prompt != "consent":
            return self._back.with_code(flow, signed)
        if not account.administrator and self._needs_administrator(missing):
            refusal = self._approval_refusal(flow)
            key = self._flows.key(flow, "approval")
            return html_answer(200, html.need_approval(key, flow.app.title, _told(refusal)))
        return self._ask_consent(flow, account, flow.asked.needed(flow.app), for_all=False)

    def _approval_refusal(self, flow: Flow) -> Refusal:
        return Refusal(90094, tenant=self._tenant.home.company, app=flow.app.title)

    def _needs_administrator(self, missing: frozenset[str]) -> bool:
        if not missing:
            return False
        only = self._tenant.switches.value("admin_consent_only") is True
        return only or any(needs_administrator(name) for name in missing)

    def _admin_list(self, flow: Flow) -> frozenset[str]:
        if flow.asked.everything:
            return flow.app.delegated | flow.app.application
        return flow.asked.names

    def _ask_consent(self, flow: Flow, account: Account, names: frozenset[str], for_all: bool) -> Answer:
        listed = [(name, summary(name)) for name in sorted(names)]
        offered = account.administrator and not for_all
        key = self._flows.key(flow, "consent")
        return html_answer(200, html.consent(key, flow.app.title, account.username, listed, for_all, offered))

    def _consent(self, flow: Flow, request: Request) -> Answer:
        if flow.signed is None:
            raise Refusal(50089)
        accepted = request.form.get("answer") == "accept"
        if flow.kind.startswith("adminconsent"):
            if not flow.signed.account.administrator:
                raise self._approval_refusal(flow)
            return self._back.with_admin_consent(flow, accepted)
        if not accepted:
            return self._back.with_error(flow, Refusal(65004), error_subcode="cancel")
        account = flow.signed.account
        names = flow.asked.needed(flow.app)
        missing = names - self._tenant.consents.delegated(flow.app, account)
        if not account.administrator and self._needs_administrator(missing):
            return self._back.with_error(flow, self._approval_refusal(flow))
        everybody = account.administrator and bool(request.form.get("everybody"))
        self._tenant.consents.grant(flow.app, names, None if everybody else account)
        return self._back.with_code(flow, flow.signed)

    def _approval(self, flow: Flow, request: Request) -> Answer:
        return self._back.with_error(flow, self._approval_refusal(flow))


def _silent_error(refusal: Refusal) -> dict[str, str]:
    """What prompt=none calls a refusal that a page could settle."""
    if refusal.number == 50058:
        return {}
    return {"error": "consent_required" if refusal.number == 65001 else "interaction_required"}


def _told(refusal: Refusal) -> str:
    return f"AADSTS{refusal.number}: {refusal.text}"


def _max_age(text: str) -> float | None:
    """Seconds; None where it was not asked for."""
    if text and not (text.isdecimal() and len(text) < 12):
        raise Refusal(90023, problem="Invalid 'max_age' value.")
    return float(text) if text else None


def _check_prompt(flow: Flow) -> None:
    if flow.prompt not in _PROMPTS:
        raise Refusal(90023, problem="Unsupported 'prompt' value.")
    if flow.prompt == "select_account" and flow.hint:
        raise Refusal(
            90023, problem="'login_hint' should not be provided when 'select_account' prompt is supplied."
        )


def _challenge(challenge: str, method: str) -> str:
    """The challenge as S256; a plain one is its own verifier."""
    if not challenge or method == "S256":
        return challenge
    if method != "plain":
        raise Refusal(9002313)
    return s256(challenge)


def _is_loopback(address: str) -> bool:
    """Whether it is http://localhost, with any port and no path; nothing that could be taken for more."""
    return _LOOPBACK.fullmatch(address) is not None
