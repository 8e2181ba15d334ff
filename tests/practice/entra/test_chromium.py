"""A real browser signs people in at the practice tenant, with MSAL or our own program at the other end."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from o365desk.model.access.operator import OperatorKind
from o365desk.model.access.people import Role
from o365desk.model.datasource import SignIn
from o365desk.model.problems import ProblemError
from o365desk.model.stop import Stop
from o365desk.model.timing import Timing
from o365desk.services.signin.redirect_listener import Loopback
from o365desk.services.sso.single_sign_on import Change, SingleSignOnDesk
from tests.desk import Desk, StuckError
from tests.outside.clients import msal_client
from tests.outside.fixtures import authlib_provider
from tests.practice.entra.chromium import AtChromium, Chromium, chromium, missing, one_chromium
from tests.practice.entra.signing_in import person
from tests.practice.fixtures import Client

__all__ = ["authlib_provider", "chromium", "one_chromium"]
pytestmark = pytest.mark.xdist_group("chromium")


def sign_in(client: Client, chromium: Chromium, act: Callable[[], None], **more: Any) -> dict[str, Any]:
    """MSAL's result of a sign-in of the app `sso` in which the person does `act`."""
    app = msal_client(client.ready, client.ready["apps"]["sso"]["client_id"], client)
    with Loopback("a state") as loopback:
        flow = app.initiate_auth_code_flow(
            ["User.Read"], redirect_uri=loopback.redirect, state="a state", response_mode="form_post", **more
        )
        chromium.open(flow["auth_uri"])
        act()
        answer = loopback.wait(Stop(), 20)
    assert answer, chromium.text
    result: dict[str, Any] = app.acquire_token_by_auth_code_flow(flow, answer)
    return result


def test_picker_password_consent(client: Client, chromium: Chromium) -> None:
    client.control("/switches", {"consent": {"sso": "withdrawn"}})
    user, password = person(client, "user")

    def act() -> None:
        assert chromium.title.startswith("Pick an account")
        assert user in chromium.tiles
        chromium.pick(user)
        assert chromium.title.startswith("Enter password")
        chromium.enter(password)
        assert chromium.title.startswith("Permissions requested")
        assert "User.Read" in chromium.text
        chromium.answer("accept")
        chromium.until("o365desk")

    told = sign_in(client, chromium, act)["id_token_claims"]
    assert (told["preferred_username"], told["tid"]) == (user, client.ready["tenant"])
    assert "Done" in chromium.text


def test_a_wrong_password_can_be_put_right(client: Client, chromium: Chromium) -> None:
    user, password = person(client, "user")

    def act() -> None:
        chromium.enter("wrong", user)
        assert "AADSTS50126: Error validating credentials due to invalid username or password." in chromium.text
        chromium.enter(password, user)

    assert sign_in(client, chromium, act)["id_token_claims"]["preferred_username"] == user


@pytest.mark.parametrize("at", ["picker", "password", "consent"])
def test_giving_up(client: Client, chromium: Chromium, at: str) -> None:
    client.control("/switches", {"consent": {"sso": "withdrawn"}})
    user, password = person(client, "user")

    def act() -> None:
        if at != "picker":
            chromium.pick(user)
        if at == "consent":
            chromium.enter(password)
        chromium.answer("cancel")
        chromium.until("o365desk")

    assert sign_in(client, chromium, act)["error"] == "access_denied"
    assert "Not signed in" in chromium.text


def test_who_is_signed_in_is_remembered_until_they_sign_out(client: Client, chromium: Chromium) -> None:
    user, password = person(client, "user")
    sign_in(client, chromium, lambda: chromium.sign_in(user, password))
    again = sign_in(client, chromium, lambda: chromium.until("o365desk"), max_age=3600)
    assert again["id_token_claims"]["preferred_username"] == user

    def act() -> None:
        assert chromium.tiles[0] == f"{user} · Signed in"
        chromium.pick(user)

    assert "access_token" in sign_in(client, chromium, act, prompt="select_account")
    out = f"{client.ready['login']}/{client.ready['tenant']}/oauth2/v2.0/logout"
    with Loopback("out") as loopback:
        chromium.open(f"{out}?{urlencode({'post_logout_redirect_uri': loopback.redirect, 'state': 'out'})}")
    admin, secret = person(client, "admin")
    fresh = sign_in(client, chromium, lambda: chromium.sign_in(admin, secret))
    assert fresh["id_token_claims"]["preferred_username"] == admin, "the picker came again"


def test_it_takes_no_other_certificate(authlib_provider: dict[str, Any], chromium: Chromium) -> None:
    chromium.open(f"{authlib_provider['login']}/{authlib_provider['tenant']}/v2.0/keys")
    assert "ERR_CERT_AUTHORITY_INVALID" in chromium.text


def test_it_is_said_why_there_is_no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert missing() == "There is no chromium and no chromedriver: `make test` as root installs them on Debian."


@pytest.fixture
def somebody(client: Client, chromium: Chromium) -> AtChromium:
    return AtChromium(client.ready, chromium)


@pytest.fixture
def desk(client: Client, somebody: AtChromium, tmp_path: Path) -> Iterator[Desk]:
    """Our own program, which waits for nobody who is not coming."""
    made = Desk(tmp_path, client.ready, person=somebody, timing=Timing(browser=timedelta(seconds=20)))
    yield made
    made.close()


def test_our_own_program_is_at_the_other_end(client: Client, desk: Desk, somebody: AtChromium) -> None:
    source = desk.source("no-consent", sign_in=SignIn.ADMINISTRATOR)
    done = desk.authorise(source)
    assert (done.account, done.tenant) == (client.ready["admin"]["username"], client.ready["tenant"])
    somebody.leave()
    assert "Done" in somebody.chromium.text
    somebody.act = lambda: somebody.chromium.answer("cancel")
    with pytest.raises(ProblemError) as caught:
        desk.authorise(source)
    assert caught.value.problem.code == "access_denied"


@pytest.fixture
def sso(client: Client, desk: Desk) -> SingleSignOnDesk:
    """Single sign-on is enabled, and nobody has consented yet."""
    client.control("/switches", {"consent": {"sso": "withdrawn"}})
    source = desk.saved(desk.source("sso", sso=True), "sso")
    desk.app.people.set_role("a.admin", Role.ADMINISTRATOR)
    desk.app.people.set_role(person(client, "user")[0], Role.MANAGE)
    desk.app.single_sign_on.set(Change(enabled=True, connector=source.id))
    return desk.app.single_sign_on


def test_single_sign_on_by_picker_password_put_right_and_consent(
    client: Client, somebody: AtChromium, sso: SingleSignOnDesk
) -> None:
    chromium, (user, password) = somebody.chromium, person(client, "user")

    def act() -> None:
        assert chromium.title.startswith("Pick an account")
        chromium.pick(user)
        chromium.enter("wrong")
        assert chromium.title.startswith("Enter password"), "whoever mistyped does not pick again"
        assert "AADSTS50126: Error validating credentials due to invalid username or password." in chromium.text
        chromium.enter(password)
        assert chromium.title.startswith("Permissions requested")
        assert "User.Read" in chromium.text
        chromium.answer("accept")

    somebody.act = act
    signed = sso.sign_in(Stop(), lambda _: None, remember=True)
    somebody.leave()
    assert "Done" in chromium.text
    oid = client.graph(f"/users/{user}?$select=id").json()["id"]
    assert (signed.identity.tid, signed.identity.oid) == (client.ready["tenant"], oid)
    assert signed.operator is not None
    assert (signed.operator.kind, signed.operator.address) == (OperatorKind.MICROSOFT, user)
    here = sso.whoami()
    assert here.session is not None
    assert (here.session.oid, here.operator.address, here.role) == (oid, user, Role.MANAGE.value)


@pytest.mark.parametrize(
    ("at", "cause"),
    [
        ("picker", "Somebody pressed Cancel on its pages"),
        ("password", "Somebody pressed Cancel on its pages"),
        ("consent", "The user pressed Cancel on the consent page"),
    ],
)
def test_whoever_gives_up_single_sign_on_is_not_signed_in(
    client: Client, somebody: AtChromium, sso: SingleSignOnDesk, at: str, cause: str
) -> None:
    chromium, (user, password) = somebody.chromium, person(client, "user")

    def act() -> None:
        if at != "picker":
            chromium.pick(user)
        if at == "consent":
            chromium.enter(password)
        chromium.answer("cancel")

    somebody.act = act
    with pytest.raises(ProblemError) as caught:
        sso.sign_in(Stop(), lambda _: None, remember=True)
    somebody.leave()
    assert caught.value.problem.cause.startswith(cause)
    assert "Not signed in" in chromium.text
    here = sso.whoami()
    assert (here.session, here.operator.kind, here.operator.address) == (None, OperatorKind.OS, "a.admin")


def test_what_goes_wrong_at_the_browser_fails_the_test_at_once(somebody: AtChromium, sso: SingleSignOnDesk) -> None:
    somebody.act = lambda: somebody.chromium.answer("approve")  # there is no such button there
    with pytest.raises(ProblemError) as caught:
        sso.sign_in(Stop(), lambda _: None)
    assert caught.value.problem.code == "stuck"
    with pytest.raises(StuckError, match="NoSuchElementException"):
        somebody.leave()
