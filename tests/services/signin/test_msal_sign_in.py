"""Signing in, against the practice tenant: whose tokens are kept, where, and what stops it."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from o365desk.model.datasource import DataSource, SignIn
from o365desk.model.problems import Action, CancelledError, ProblemError
from o365desk.model.secret import Secret
from o365desk.model.status import Waiting
from o365desk.model.stop import Stop
from o365desk.model.timing import Timing
from o365desk.services.http.session import HttpSession
from o365desk.services.http.trust import read_ca
from o365desk.services.signin import msal_sign_in
from o365desk.services.signin.entra import claims_of
from o365desk.services.signin.msal_sign_in import Token
from o365desk.services.signin.redirect_listener import Loopback
from tests.desk import Desk
from tests.practice.fixtures import Client

PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def delegated(desk: Desk) -> DataSource:
    return desk.source("read-write", sign_in=SignIn.ADMINISTRATOR)


@pytest.mark.parametrize("device_code", [False, True])
def test_an_administrator_signs_in_and_the_test_succeeds(
    desk: Desk, delegated: DataSource, device_code: bool
) -> None:
    authorisation = desk.authorise(delegated, device_code=device_code)
    assert authorisation.account == desk.ready["admin"]["username"]
    assert authorisation.tenant == desk.ready["tenant"]
    report = desk.test(delegated)
    assert (report.outcome, report.account) == ("succeeded", authorisation.account), report.as_json()
    assert str(desk.app.connections.status(delegated).word) == "ready"


def test_a_user_without_a_role_is_told_that_writes_are_not_proven(desk: Desk, delegated: DataSource) -> None:
    desk.person.kind = "user"
    desk.authorise(delegated)
    report = desk.test(delegated)
    outcomes = {item.key: str(item.outcome) for item in report.operations}
    assert outcomes["user-list"] == "passed"
    assert outcomes["add-user-to-group"] == outcomes["assign-licence-to-user"] == "not proven"
    assert report.outcome == "not proven"


def test_tokens_are_kept_encrypted_and_found_by_the_next_process(
    tmp_path: Path, practice: Any, switches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("O365DESK_VAULT_PASSPHRASE", PASSPHRASE)
    first = Desk(tmp_path, practice.ready, session_only=False)
    source = first.source("read-write", sign_in=SignIn.ADMINISTRATOR)
    first.authorise(source)
    first.close()
    second = Desk(tmp_path, practice.ready, session_only=False)
    assert second.test(source).outcome == "succeeded"
    second.app.connections.forget(source.id)
    assert second.test(source).problem.code == "not-authorised"  # type: ignore[union-attr]
    second.close()
    for file in tmp_path.rglob("*"):
        if file.is_file():
            data = file.read_bytes()
            assert b"eyJ" not in data, file
            assert b"refresh_token" not in data, file


def test_a_damaged_token_cache_means_to_sign_in_again(
    tmp_path: Path,
    practice: Any,
    switches: Any,
    monkeypatch: pytest.MonkeyPatch,
    expected_warning: Callable[[str], None],
) -> None:
    monkeypatch.setenv("O365DESK_VAULT_PASSPHRASE", PASSPHRASE)
    desk = Desk(tmp_path, practice.ready, session_only=False)
    source = desk.source("read-write", sign_in=SignIn.ADMINISTRATOR)
    desk.authorise(source)
    (file,) = (tmp_path / "state" / "tokens").glob("*.bin")
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    expected_warning("cannot be opened")
    report = desk.test(source)
    assert report.problem
    assert report.problem.action is Action.AUTHORIZE
    desk.authorise(source)
    assert desk.test(source).outcome == "succeeded"
    desk.close()


def test_another_tenant_is_refused_and_both_are_named(
    desk: Desk, delegated: DataSource, switches: Callable[..., Any]
) -> None:
    switches(landing_tenant="other")
    with pytest.raises(ProblemError) as caught:
        desk.authorise(delegated)
    problem = caught.value.problem
    assert problem.code == "other-tenant"
    assert desk.ready["other_tenant"]["tenant"] in problem.cause
    assert desk.ready["tenant"] in problem.cause
    assert desk.app.state.authorisation(delegated.id) is None
    switches(landing_tenant="own")
    assert desk.test(delegated).problem.code == "not-authorised"  # type: ignore[union-attr]


def test_signing_in_again_replaces_who_was_signed_in(desk: Desk, delegated: DataSource) -> None:
    desk.person.kind = "user"
    desk.authorise(delegated)
    desk.person.kind = "admin"
    desk.authorise(delegated)
    assert desk.test(delegated).account == desk.ready["admin"]["username"]


@pytest.mark.parametrize("device_code", [False, True])
def test_waiting_for_a_person_is_cancelled_at_once(desk: Desk, delegated: DataSource, device_code: bool) -> None:
    desk.person.absent = True
    stop, told = Stop(), []

    def tell(waiting: Waiting) -> None:
        told.append(waiting)
        threading.Timer(0.05, stop.set).start()

    with pytest.raises(CancelledError):
        desk.app.connections.authorise(delegated, stop, tell, device_code=device_code)
    assert told[0].kind == ("device-code" if device_code else "browser")
    assert bool(told[0].code) == device_code


@pytest.mark.parametrize("timing", [Timing(browser=timedelta(milliseconds=50))], ids=["quick"])
def test_nobody_coming_ends_with_a_way_out(desk: Desk, delegated: DataSource) -> None:
    desk.person.absent = True
    with pytest.raises(ProblemError) as caught:
        desk.authorise(delegated)
    assert caught.value.problem.code == "nobody-came"
    assert "device code" in caught.value.problem.remedy


def test_the_browser_gets_pkce_and_form_post(desk: Desk, delegated: DataSource) -> None:
    desk.authorise(delegated)
    (url,) = desk.person.opened
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert query["code_challenge_method"] == "S256"
    assert query["response_mode"] == "form_post"
    assert query["redirect_uri"].startswith("http://localhost:")
    assert f"{desk.ready['graph']}/User.Read.All" in query["scope"].split()


@pytest.mark.parametrize("timing", [Timing(consent_look=0.05)], ids=["quick"])
def test_consent_is_noticed_wherever_it_is_given(desk: Desk, switches: Callable[..., Any]) -> None:
    """The link was sent to somebody else: nothing comes back to this computer, but the grant is there."""
    desk.person.absent = True
    source = desk.source("no-consent")

    def tell(waiting: Waiting) -> None:
        assert waiting.kind == "consent"
        switches(consent={"no-consent": "granted"})

    done = desk.app.connections.authorise(source, Stop(), tell, credential=desk.secret("no-consent"))
    assert done.tenant == desk.ready["tenant"]
    assert desk.test(source, desk.secret("no-consent")).outcome == "succeeded"


def test_consent_in_the_own_browser(desk: Desk) -> None:
    source = desk.source("no-consent")
    desk.authorise(source, desk.secret("no-consent"))
    assert len(desk.person.opened) == 1
    assert desk.test(source, desk.secret("no-consent")).outcome == "succeeded"


def test_what_was_consented_to_is_not_asked_for_again(desk: Desk) -> None:
    desk.authorise(desk.source("read-write"), desk.secret("read-write"))
    assert desk.person.opened == []


def test_authorising_needs_complete_details(desk: Desk) -> None:
    with pytest.raises(ProblemError) as caught:
        desk.authorise(desk.source("read", client_id="", sign_in=SignIn.ADMINISTRATOR))
    assert caught.value.problem.field == "clientId"
    assert desk.person.opened == []


def test_the_certificate_signs_in(desk: Desk) -> None:
    certificate = desk.ready["apps"]["read-write"]["certificate"]
    source = desk.source("read-write", sign_in=SignIn.CERTIFICATE, certificate=certificate)
    assert desk.test(source).outcome == "succeeded"


def test_the_loopback_listens_to_its_own_sign_in_only() -> None:
    with Loopback("mine") as loopback:
        port = urlsplit(loopback.redirect).port
        base = f"http://127.0.0.1:{port}/"
        assert requests.get(base + "favicon.ico", timeout=5).status_code == 404
        assert requests.get(base, params={"code": "c", "state": "other"}, timeout=5).status_code == 400
        strange = requests.get(
            base, params={"code": "c", "state": "mine"}, headers={"Host": "evil.example"}, timeout=5
        )
        assert strange.status_code == 403
        error = {"error": "<b>bad</b>", "state": "mine"}
        page = requests.post(base, data=error, timeout=5)
        assert "<b>" not in page.text
        assert loopback.wait(Stop(), 5) == error
        assert loopback.wait(Stop(), 0.01) is None


def test_a_token_that_cannot_be_read_proves_nothing(desk: Desk, client: Client) -> None:
    opaque = Token(Secret("opaque"), desk.app.clock())
    assert (opaque.granted, opaque.tenant, opaque.account, opaque.delegated) == (frozenset(), "", "", False)
    for text in ("", "a.b.c", "a.b", "eyJ.W10.x", "..", "a.####.c"):
        assert claims_of(text) == {}
    assert claims_of(client.token("read").json()["access_token"])["tid"] == desk.ready["tenant"]
    assert "eyJ" not in repr(Token(Secret("eyJabc"), desk.app.clock(), {"a": "eyJclaims"}))


def test_a_tenant_without_an_id_accepts_nobody(desk: Desk, delegated: DataSource) -> None:
    source = delegated.replace(tenant="contoso.com")
    for tenant in (desk.ready["tenant"], ""):
        with pytest.raises(ProblemError) as caught:
            msal_sign_in._refuse_other_tenant(source, msal_sign_in.expected_tenant(source, {}), tenant, "admin")
        assert caught.value.problem.code == "other-tenant"
    named = delegated.replace(tenant=desk.ready["tenant"].upper())
    msal_sign_in._refuse_other_tenant(named, msal_sign_in.expected_tenant(named, {}), desk.ready["tenant"], "admin")


def test_secrets_go_to_the_configured_sign_in_host_only(desk: Desk) -> None:
    source = desk.source("read")
    with HttpSession(Stop(), read_ca(desk.ready["ca_file"])) as line:
        for url in (desk.ready["graph"] + "/token", "https://evil.example/token"):
            with pytest.raises(ProblemError) as caught:
                msal_sign_in._Http(line, source).post(url, data={"client_secret": "s"})
            assert caught.value.problem.code == "foreign-host"


def test_a_lock_of_a_killed_process_does_not_stay(
    tmp_path: Path, practice: Any, switches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("O365DESK_VAULT_PASSPHRASE", PASSPHRASE)
    desk = Desk(tmp_path, practice.ready, session_only=False)
    source = desk.source("read-write", sign_in=SignIn.ADMINISTRATOR)
    desk.authorise(source)
    lock = tmp_path / "state" / "tokens" / f"{source.id}.bin.lockfile"
    lock.write_text("4242 o365desk")  # as o365desk 0.1 left it
    assert desk.test(source).outcome == "succeeded"  # waiting for it would end in a problem
    desk.close()
