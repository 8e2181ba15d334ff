"""The desk of single sign-on: what is written down, and when; guests; another connection; signing out."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from o365desk.model.access.people import Role
from o365desk.model.access.single_sign_on import Mode
from o365desk.model.activity import Entry
from o365desk.model.datasource import DataSource, SignIn
from o365desk.model.problems import SIGN_IN_NEEDED, CancelledError, Problem, ProblemError
from o365desk.model.stop import Stop
from o365desk.model.timing import Timing
from o365desk.services.access.decision import Kind
from o365desk.services.activity.activity import Activity, Query
from o365desk.services.sso.id_tokens import AGAIN
from o365desk.services.sso.sessions import FRESH
from o365desk.services.sso.single_sign_on import Change, SingleSignOnDesk
from tests.desk import Desk


class Scene:
    """A desk with a connector, whose clock is set."""

    def __init__(self, folder: Path, ready: Any) -> None:
        self.off = timedelta(0)
        self.desk = Desk(
            folder, ready, clock=lambda: datetime.now(UTC) + self.off,
            timing=Timing(browser=timedelta(seconds=20)),
        )  # fmt: skip
        self.source: DataSource = self.desk.saved(self.desk.source("sso", sso=True), "sso")
        self.admin = ready["accounts"]["admin"]["username"]
        self.desk.app.people.set_role(self.admin, Role.ADMINISTRATOR)

    @property
    def said(self) -> list[Entry]:
        """What the activity log says of single sign-on, the oldest first."""
        found = reversed(list(self.desk.app.activity.all(Query())))
        return [entry for entry in found if entry.what.startswith(("sso-", "sign-", "way-"))]

    @property
    def sso(self) -> SingleSignOnDesk:
        return self.desk.app.single_sign_on

    def enabled(self, **more: Any) -> None:
        self.sso.set(Change(enabled=True, connector=self.source.id, bypass_group=("a.admin",), **more))

    def sign_in(self, **more: Any) -> Any:
        return self.sso.sign_in(Stop(), lambda _: None, **more)


_FULL = Problem(title="The disk is full", code="full")


@pytest.fixture
def scene(tmp_path: Path, practice: Any, switches: Callable[..., Any]) -> Iterator[Scene]:
    made = Scene(tmp_path, practice.ready)
    yield made
    made.desk.close()


def test_what_is_done_is_written_down_with_what_was_before(scene: Scene) -> None:
    scene.enabled()
    scene.sso.rehearse(Stop(), lambda _: None)
    scene.sign_in(remember=True)
    scene.sso.set(Change(auto_redirect=True))
    scene.desk.app = scene.desk.app.seated(scene.sign_in(remember=True).operator)
    scene.sso.confirm()
    scene.sso.sign_out(Stop())
    said = scene.said
    assert [(entry.what, entry.who, entry.rest.facts.get("rehearsed", False)) for entry in said] == [
        ("sso-changed", "a.admin", False), ("sign-in", "a.admin", True), ("sign-in", "a.admin", False),
        ("sso-armed", "a.admin", False), ("sign-in", "a.admin", False), ("sso-confirmed", scene.admin, False),
        ("sign-out", scene.admin, False),
    ]  # fmt: skip
    changed, armed = said[0].rest, said[3].rest
    assert changed.after["enabled"] is True
    assert armed.after["autoRedirect"] is True
    assert said[1].rest.facts["account"] == scene.admin
    assert said[5].rest.identity == f"microsoft {scene.desk.ready['tenant']}/{said[1].rest.facts['oid']}"
    assert "eyJ" not in repr(said)


def test_a_sign_in_that_fails_is_written_down(scene: Scene, switches: Callable[..., Any]) -> None:
    scene.enabled()
    switches(login_down="refuse")
    with pytest.raises(ProblemError):
        scene.sign_in()
    stopped = Stop()
    stopped.set()
    with pytest.raises(CancelledError):
        scene.sso.sign_in(stopped, lambda _: None)
    assert [entry.what for entry in scene.said] == ["sso-changed", "sign-in-failed", "sign-in-failed"]
    assert [entry.rest.outcome for entry in scene.said[1:]] == ["failed", "cancelled"]


def test_the_way_back_is_written_down_before_anybody_is_let_in(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.enabled()
    for _ in range(2):
        scene.sso.rehearse(Stop(), lambda _: None)
    scene.sso.set(Change(auto_redirect=True))
    scene.sso.set(Change(bypass_group=("berta",)))
    assert not scene.sso.door().goes_on
    with pytest.raises(ProblemError) as error:
        scene.sso.seat(Stop())
    assert error.value.problem.code == SIGN_IN_NEEDED

    def full(*_: Any, **__: Any) -> None:
        raise ProblemError(_FULL)

    with monkeypatch.context() as patched:
        patched.setattr(Activity, "record", full)
        with pytest.raises(ProblemError, match="The disk is full"):
            scene.sso.seat(Stop(), way_back=True)
    assert scene.sso.seat(Stop(), way_back=True).address == "a.admin"
    assert scene.said[-1].what == "way-back"
    # What fell back by itself is told once.
    scene.off = timedelta(minutes=11)
    for _ in range(2):
        assert scene.sso.seat(Stop()).address == "a.admin"
    assert [entry.what for entry in scene.said].count("sso-rolled-back") == 1


def test_another_connector_ends_auto_redirect(scene: Scene) -> None:
    scene.enabled()
    for _ in range(2):
        scene.sso.rehearse(Stop(), lambda _: None)
    scene.sso.set(Change(auto_redirect=True))
    assert scene.sso.door().mode is Mode.REDIRECTING
    other = scene.desk.saved(scene.desk.source("sso", name="Other", sso=True), "sso")
    scene.sso.set(Change(connector=other.id))
    assert scene.sso.door().mode is Mode.OPEN
    with pytest.raises(ProblemError, match="Two separate sign-ins"):
        scene.sso.set(Change(auto_redirect=True))


def test_whoever_is_kept_signed_in_is_that_account_and_no_other(scene: Scene) -> None:
    scene.enabled(remember_me=True)
    scene.desk.person.kind = "user"
    signed = scene.sign_in()
    user = scene.desk.ready["accounts"]["user"]["username"]
    assert signed.operator.address == user
    assert scene.sso.resume(Stop()) == signed.operator
    assert scene.sso.whoami().role == ""
    scene.off = FRESH + timedelta(minutes=1)
    assert scene.sso.resume(Stop()) == signed.operator
    # Somebody else's tokens in their place are found out at the next renewal.
    session = scene.sso._sessions.current()
    scene.desk.person.kind = "admin"
    scene.sso._asking().keep(scene.source.id, scene.sso.rehearse(Stop(), lambda _: None))
    assert session is not None
    scene.sso._sessions.keep(msgspec.structs.replace(session, renewed=session.begun - 2 * FRESH))
    scene.off = timedelta(0)
    with pytest.raises(ProblemError, match="another account"):
        scene.sso.resume(Stop())
    assert scene.sso.resume(Stop()) is None


def test_people_sign_in_where_the_apps_certificate_is_not(scene: Scene) -> None:
    """It is on the computers of those who run operations."""
    scene.enabled()
    entry = scene.desk.app.workspace.get(scene.source.id)
    by_certificate = entry.source.replace(sign_in=SignIn.CERTIFICATE, certificate="/nowhere/app.pem")
    scene.desk.app.workspace.save(by_certificate, entry.version)
    # What was approved here was another way to sign in.
    with pytest.raises(ProblemError, match="Changed since it was approved"):
        scene.sign_in()
    # On a computer that knows nothing of the app's credential, people sign in, and stay so.
    scene.desk.app.vault.delete(scene.source.id)
    scene.desk.app.state.record_approval(scene.source.id, None)
    for _ in range(2):
        assert scene.sign_in(remember=True).account == scene.admin
        session = scene.sso._sessions.current()
        assert session is not None
        scene.sso._sessions.keep(msgspec.structs.replace(session, renewed=session.begun - 2 * FRESH))
        assert scene.sso.resume(Stop()) is not None


def test_what_is_kept_goes_nowhere_where_nothing_was_approved(scene: Scene) -> None:
    scene.enabled()
    scene.sign_in(remember=True)
    session = scene.sso._sessions.current()
    assert session is not None
    scene.sso._sessions.keep(msgspec.structs.replace(session, renewed=session.begun - 2 * FRESH))
    scene.desk.app.vault.delete(scene.source.id)
    scene.desk.app.state.record_approval(scene.source.id, None)
    with pytest.raises(ProblemError, match="Not approved yet"):
        scene.sso.resume(Stop())


def test_a_guest_is_a_guest(scene: Scene) -> None:
    scene.enabled()
    scene.desk.person.kind = "guest"
    signed = scene.sign_in()
    assert signed.operator.guest
    scene.desk.app = scene.desk.app.seated(signed.operator)
    assert scene.desk.app.access.me().kind is Kind.GUEST
    assert not scene.desk.app.single_sign_on.whoami().role


def test_an_account_of_another_tenant_is_refused(scene: Scene, switches: Callable[..., Any]) -> None:
    scene.enabled()
    switches(landing_tenant="other")
    with pytest.raises(ProblemError) as error:
        scene.sign_in()
    assert error.value.problem.code == "id-token-tenant"


def test_a_key_that_rolled_over_is_accepted_without_a_restart(scene: Scene, switches: Callable[..., Any]) -> None:
    scene.enabled()
    for key in ("first", "rolled", "withdrawn"):
        switches(signing_key=key)
        assert scene.sign_in().account == scene.admin
        scene.off += AGAIN + timedelta(seconds=1)
    switches(signing_key="unpublished")
    with pytest.raises(ProblemError) as error:
        scene.sign_in()
    assert error.value.problem.code == "id-token-key"


def test_signing_out_at_microsoft_opens_its_page_and_nothing_else(scene: Scene) -> None:
    scene.enabled()
    scene.sign_in(remember=True)
    address = scene.sso.sign_out(Stop(), at_microsoft=True)
    assert address.startswith(scene.desk.ready["login"])
    assert "/oauth2/v2.0/logout" in address
    assert scene.desk.person.opened[-1] == address
    assert scene.sso.sign_out(Stop(), at_microsoft=True) == ""
    assert scene.sso.resume(Stop()) is None


@pytest.mark.parametrize(("off", "ends"), [(-4, ""), (-6, "still to come"), (14 * 24 * 60 + 1, "which ended on")])
def test_a_session_bears_a_clock_that_is_put_right_and_no_more(scene: Scene, off: int, ends: str) -> None:
    scene.enabled()
    signed = scene.sign_in(remember=True)
    scene.off = timedelta(minutes=off)
    if not ends:
        assert scene.sso.resume(Stop()) == signed.operator
        return
    with pytest.raises(ProblemError, match=ends):
        scene.sso.resume(Stop())


def test_a_session_lives_no_longer_than_the_setting_and_the_connector(scene: Scene) -> None:
    scene.enabled()
    scene.sign_in(remember=True)
    scene.sso.set(Change(enabled=False))
    assert scene.sso.resume(Stop()) is None
    assert scene.sso._sessions.current() is None
    assert scene.sso._sessions.way_back() is None
