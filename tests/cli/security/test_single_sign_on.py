"""`o365desk sso`, and who commands work as where single sign-on is enabled."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from o365desk import app, paths
from o365desk.model.status import Waiting
from tests.cli.shell import Shell
from tests.desk import Person

NOT_ALLOWED = 4
REAL_ACCOUNT = app.account
NAME = "Contoso"


@dataclass
class Clock:
    """The program's time: that of this computer, and so far from it."""

    off: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.off


@dataclass
class Scene:
    """A workspace with a connector for single sign-on, and a person at the browser, who types codes as well."""

    shell: Shell
    clock: Clock
    switches: Callable[..., Any]
    person: Person

    def __call__(self, *words: str) -> int:
        code = self.shell(*words)
        self.finish()
        return code

    def json(self, *words: str, code: int = 0) -> Any:
        found = self.shell.json(*words, code=code)
        self.finish()
        return found

    def finish(self) -> None:
        self.person.leave()

    def arrive(self, waiting: Waiting) -> None:
        """Types the code, if it is one."""
        if waiting.kind == "device-code":
            self.person.open(f"{waiting.url}?otc={waiting.code}")

    def switch(self, **values: Any) -> None:
        """Breaks something of the practice tenant, or mends it."""
        self.switches(**values)

    @property
    def administrator(self) -> str:
        return str(self.shell.ready["accounts"]["admin"]["username"])

    def enabled(self, *more: str) -> None:
        """With a connector, an Administrator, and single sign-on."""
        self.shell.add(NAME, "sso", "--sso")
        assert self("roles", "set", self.administrator, "administrator") == 0, self.shell.err
        assert self("sso", "set", "--enable", "--connector", NAME, *more) == 0, self.shell.err

    def redirecting(self) -> None:
        """With Auto redirect, which was confirmed; nobody is signed in."""
        self.enabled("--bypass", "berta", "--remember-me")
        for _ in range(2):
            assert self("sso", "rehearse") == 0, self.shell.err
        self.as_("berta")
        assert self("sources", "list") == 0, self.shell.err
        self.as_("alice")
        assert self("sso", "set", "--auto-redirect") == 0, self.shell.err
        assert self("sso", "sign-in") == 0, self.shell.err
        assert self("sso", "confirm") == 0, self.shell.err
        assert self("sso", "sign-out") == 0, self.shell.err

    as_: Callable[[str], None] = lambda name: None


@pytest.fixture
def scene(shell: Shell, monkeypatch: pytest.MonkeyPatch, switches: Callable[..., Any]) -> Iterator[Scene]:
    clock = Clock()
    made = Scene(shell, clock, switches, Person(shell.ready))
    monkeypatch.setattr("o365desk.cli.session.tell_waiting", made.arrive)
    monkeypatch.setattr("o365desk.app.build", partial(app.build, clock=clock, open_browser=made.person.open))
    made.as_ = lambda name: monkeypatch.setattr("o365desk.app.account", lambda: name)
    made.as_("alice")
    yield made
    made.finish()


def test_off_means_that_nobody_has_to_sign_in(scene: Scene) -> None:
    shown = scene.json("sso", "show")
    assert shown == {
        "enabled": False, "mode": "off", "provider": "Office 365", "connector": None, "autoRedirect": False,
        "armed": None, "lapsed": False, "bypassGroup": [], "rememberMe": False, "rememberDays": 14,
        "wayBack": False, "rehearsals": [], "lacking": shown["lacking"],
    }  # fmt: skip
    assert scene.json("sso", "whoami")["account"] == "alice"
    assert scene("sso", "sign-in", "--device-code") == 1
    assert "Single sign-on is not enabled" in scene.shell.err
    assert scene("sso", "confirm") == 1
    assert scene("sso", "sign-out") == 0


def test_what_is_wrong_about_settings_is_said_and_nothing_is_changed(scene: Scene) -> None:
    scene.shell.add("Plain", "read")
    scene.shell.add(NAME, "sso", "--sso")
    assert scene("sso", "set", "--enable", "--connector", NAME) == 1
    assert "This workspace has no roles yet" in scene.shell.err
    assert scene("roles", "set", scene.administrator, "administrator") == 0
    for words, said in {
        (): "name what is to be changed",
        ("--bypass", "a", "--no-bypass"): "leave one of",
    }.items():
        assert scene("sso", "set", *words) == 2
        assert said in scene.shell.err
    for words, said in {
        ("--enable",): "needs a connector",
        ("--enable", "--connector", "Plain"): "does not enable single sign-on",
        ("--enable", "--connector", "Nothing"): "Nothing",
        ("--remember-days", "91"): "Give 1 to 90 days",
        ("--auto-redirect",): "Single sign-on is not enabled",
    }.items():
        assert scene("sso", "set", *words) == 1, words
        assert said in scene.shell.err, words
    assert scene.json("sso", "show")["enabled"] is False


def test_only_an_administrator_changes_it(scene: Scene) -> None:
    scene.enabled()
    scene.as_("mallory")
    assert scene("sso", "set", "--disable") == NOT_ALLOWED
    assert "You may not change single sign-on" in scene.shell.err
    assert scene.json("sso", "show")["enabled"] is True
    assert scene.json("sso", "show")["wayBack"] is False


def test_whoever_signs_in_works_as_that_until_they_sign_out(scene: Scene) -> None:
    scene.enabled("--remember-me", "--remember-days", "30")
    found = scene.json("sso", "sign-in", "--device-code")
    assert found["address"] == scene.administrator
    assert found["name"] == "Alex Admin"
    who = scene.json("sso", "whoami")
    assert (who["kind"], who["role"], who["oid"]) == ("microsoft", "Administrator", found["oid"])
    assert scene("sources", "edit", NAME, "--no-sso") == 0, scene.shell.err
    assert scene.json("sources", "show", NAME)["modifiedBy"] == scene.administrator
    assert scene("sso", "sign-out") == 0
    assert scene.json("sso", "whoami")["account"] == "alice"
    # Whose the account is was written down.
    text = (paths.default_workspace() / "workspace.json").read_text("utf-8")
    assert found["oid"] in text


def test_what_is_not_remembered_is_forgotten_with_the_command(scene: Scene) -> None:
    scene.enabled()
    assert scene("sso", "sign-in", "--device-code") == 0
    assert "It is not remembered" in scene.shell.err
    assert scene.json("sso", "whoami")["account"] == "alice"
    assert scene("--device-code", "sources", "edit", NAME, "--read-write") == 0, scene.shell.err
    assert scene.json("sources", "show", NAME)["modifiedBy"] == scene.administrator
    assert scene("sources", "edit", NAME, "--no-read-write") == 0, scene.shell.err
    assert scene.json("sources", "show", NAME)["modifiedBy"] == "alice"


# --- nobody is locked out, and nobody else gets in ----------------------------------------------------------------


def test_auto_redirect_is_armed_after_two_sign_ins_and_a_bypass_account_that_was_here(scene: Scene) -> None:
    scene.enabled("--remember-me")
    titles = [each["title"] for each in scene.json("sso", "show")["lacking"]]
    assert titles == [
        "Two separate sign-ins must have succeeded", "No account that gets in without signing in is known to work",
    ]  # fmt: skip
    assert scene("sso", "rehearse", "--device-code") == 0
    assert scene.administrator in scene.shell.err
    assert scene("sso", "set", "--auto-redirect") == 1
    assert "Only one did" in scene.shell.err
    assert scene("sso", "rehearse") == 0
    assert scene("sso", "set", "--auto-redirect", "--bypass", "berta") == 1
    assert "berta" in scene.shell.err
    assert scene("sso", "set", "--bypass", "berta") == 0
    scene.as_("berta")
    assert scene("sources", "list") == 0
    assert scene.json("sso", "show")["bypassGroup"][0]["seen"]
    scene.as_("alice")
    shown = scene.json("sso", "set", "--auto-redirect")
    assert (shown["mode"], shown["armed"]["confirmed"]) == ("redirecting", False)
    # It holds now, also for whoever switched it on; confirming takes a sign-in.
    assert scene("sources", "list") == NOT_ALLOWED
    assert "--device-code before a command" in scene.shell.err
    assert scene("sso", "confirm") == NOT_ALLOWED
    assert scene("--way-back", "sso", "confirm") == NOT_ALLOWED
    assert "Only somebody who signed in can confirm it" in scene.shell.err
    assert scene("--device-code", "sso", "confirm") == 0, scene.shell.err
    scene.clock.off = timedelta(days=3)
    assert scene.json("sso", "show")["mode"] == "redirecting"


def gets_in(scene: Scene, *ways: str) -> bool:
    """Whether somebody does, by any of these ways; if not, they are told how it goes, and nothing is done."""
    before = (paths.default_workspace() / "workspace.json").read_bytes()
    for way in ways:
        code = scene(*way.split(), "sources", "list", "--json")
        assert code in (0, 1, NOT_ALLOWED), scene.shell.err
        if code == 0:
            return True
        assert scene.shell.err.strip()
    assert (paths.default_workspace() / "workspace.json").read_bytes() == before
    return False


def secret_expired(scene: Scene) -> None:
    scene.switch(secret="expired")


def consent_withdrawn(scene: Scene) -> None:
    scene.switch(consent={"sso": "withdrawn"}, admin_consent_only=True)
    scene.person.kind = "user"  # nobody who could consent


def connector_deleted(scene: Scene) -> None:
    assert scene("--way-back", "sources", "remove", NAME) == 0, scene.shell.err


def workspace_damaged(scene: Scene) -> None:
    (paths.default_workspace() / "workspace.json").write_text('{"version": 1,\n "people": [}')


def workspace_gone(scene: Scene) -> None:
    (paths.default_workspace() / "workspace.json").write_text("{}")


def clock_wrong(scene: Scene) -> None:
    scene.clock.off = timedelta(days=365)


def clock_wrong_the_other_way(scene: Scene) -> None:
    scene.clock.off = timedelta(days=-365)


def out_of_reach(scene: Scene) -> None:
    scene.switch(login_down="refuse")


def bypass_emptied(scene: Scene) -> None:
    assert scene("--way-back", "sso", "set", "--no-bypass") == 0, scene.shell.err
    scene.switch(login_down="503")


DRILL: dict[str, Callable[[Scene], None]] = {
    "the connector's secret expired": secret_expired,
    "consent was withdrawn": consent_withdrawn,
    "the connector was deleted": connector_deleted,
    "workspace.json is damaged": workspace_damaged,
    "workspace.json was emptied": workspace_gone,
    "the clock is a year ahead": clock_wrong,
    "the clock is a year behind": clock_wrong_the_other_way,
    "Microsoft is out of reach": out_of_reach,
    "the bypass group was emptied, and sign-in is down": bypass_emptied,
}
SIGN_IN_WORKS = ("the connector's secret expired",)
BYPASS_WORKS = [case for case in DRILL if "workspace.json" not in case and "bypass" not in case]


@pytest.mark.parametrize("case", DRILL)
def test_the_administrator_gets_in_and_nobody_else_does(scene: Scene, case: str) -> None:
    scene.redirecting()
    DRILL[case](scene)
    # By the computer and account that enabled it, always.
    assert gets_in(scene, "--way-back"), scene.shell.err
    assert not gets_in(scene, "")
    assert (scene("sso", "sign-in") == 0) == (case in SIGN_IN_WORKS), scene.shell.err
    assert gets_in(scene, "") == (case in SIGN_IN_WORKS), scene.shell.err
    scene("sso", "sign-out")
    scene.as_("berta")
    assert gets_in(scene, "") == (case in BYPASS_WORKS), scene.shell.err
    scene.as_("mallory")
    assert not gets_in(scene, "", "--way-back")
    assert scene("sso", "set", "--disable") == NOT_ALLOWED
    assert scene("--way-back", "sso", "set", "--disable") == NOT_ALLOWED


def test_a_damaged_file_is_set_aside_and_put_back_by_the_way_back(scene: Scene) -> None:
    scene.redirecting()
    workspace_damaged(scene)
    assert scene("--way-back", "roles", "restore") == 1, "what cannot be understood is never overwritten"
    (paths.default_workspace() / "workspace.json").rename(paths.default_workspace() / "workspace.damaged")
    scene.as_("mallory")
    assert scene("--way-back", "roles", "restore") == NOT_ALLOWED
    scene.as_("alice")
    assert scene("--way-back", "roles", "restore") == 0, scene.shell.err
    assert scene("sso", "sign-in") == 0, scene.shell.err
    assert gets_in(scene, "")


def test_auto_redirect_outlives_the_process_that_armed_it_for_ten_minutes(scene: Scene) -> None:
    """With processes of their own: the one is killed as soon as it is armed."""
    name = REAL_ACCOUNT()
    scene.as_(name)
    scene.enabled("--bypass", name, "--bypass", "berta")
    for _ in range(2):
        assert scene("sso", "rehearse") == 0
    command = [sys.executable, "-m", "o365desk"]
    file = paths.default_workspace() / "workspace.json"
    with subprocess.Popen([*command, "sso", "set", "--auto-redirect"], stderr=subprocess.DEVNULL) as process:
        while b'"armed"' not in file.read_bytes() and process.poll() is None:
            time.sleep(0.01)
        process.kill()
    assert scene("sso", "set", "--bypass", "berta") == 0, "it is still in the bypass group"

    def listed() -> int:
        return subprocess.run([*command, "sources", "list"], capture_output=True, check=False).returncode

    assert listed() == NOT_ALLOWED
    content = json.loads(file.read_text("utf-8"))
    armed = content["singleSignOn"]["armed"]
    for key in ("at", "until"):
        armed[key] = (datetime.fromisoformat(armed[key]) - timedelta(minutes=11)).isoformat()
    file.write_text(json.dumps(content))
    assert listed() == 0


def test_what_was_armed_and_never_confirmed_is_off_by_itself(scene: Scene) -> None:
    """Whatever became of the process that armed it."""
    scene.enabled("--bypass", "alice")
    for _ in range(2):
        assert scene("sso", "rehearse") == 0
    assert scene("sso", "set", "--auto-redirect") == 0
    scene.as_("mallory")
    scene.clock.off = timedelta(minutes=9)
    assert not gets_in(scene, "", "--way-back")
    scene.clock.off = timedelta(minutes=10, seconds=1)
    assert gets_in(scene, "")
    shown = scene.json("sso", "show")
    assert (shown["mode"], shown["lapsed"]) == ("open", True)
    scene.as_("alice")
    assert scene("sso", "confirm") == 1
    assert "There is nothing to confirm" in scene.shell.err


def test_a_remembered_session_ends_when_microsoft_ends_it(scene: Scene) -> None:
    scene.redirecting()
    good = {"sessions_revoked": False, "refresh_idle": False, "admin_account": "ok", "sign_in_frequency": 0}
    for change, value, said in (
        ("sessions_revoked", True, "The sign-in was revoked"),
        ("refresh_idle", True, "not used for too long"),
        ("admin_account", "disabled", "The account is disabled"),
        ("sign_in_frequency", 1e-9, "older than the tenant allows"),
    ):
        scene.switch(**good)
        scene.clock.off = timedelta(0)
        assert scene("sso", "sign-in") == 0, scene.shell.err
        scene.switch(**{change: value})
        assert gets_in(scene, ""), "nobody asked Microsoft within the hour"
        scene.clock.off = timedelta(minutes=61)
        assert not gets_in(scene, "")
        assert "Your sign-in has ended" in scene.shell.err
        assert said in scene.shell.err
        assert scene.json("sso", "whoami")["rememberedUntil"] is None


def test_a_remembered_session_is_renewed_and_lasts_as_long_as_was_set(scene: Scene) -> None:
    scene.redirecting()
    assert scene("sso", "sign-in") == 0
    scene.clock.off = timedelta(minutes=61)
    assert gets_in(scene, "")
    scene.switch(login_down="refuse")
    scene.clock.off = timedelta(minutes=100)
    assert gets_in(scene, ""), "it was renewed, so Microsoft is not asked again"
    scene.clock.off = timedelta(minutes=200)
    assert not gets_in(scene, "")
    assert "could not be found out" in scene.shell.err
    scene.clock.off = timedelta(days=14, minutes=1)
    scene.switch(login_down="none")
    assert not gets_in(scene, "")
    assert "Your sign-in is over" in scene.shell.err


def test_nothing_is_sent_for_a_connector_that_leads_elsewhere_by_now(scene: Scene) -> None:
    scene.redirecting()
    assert scene("sso", "sign-in") == 0
    file = next((paths.default_workspace() / "data-sources").glob("*.json"))
    file.write_text(file.read_text("utf-8").replace(scene.shell.ready["login"], "https://localhost:9"))
    scene.clock.off = timedelta(minutes=61)
    for words in (
        ("sources", "list"),
        ("--device-code", "sources", "list"),
        ("sso", "sign-in"),
        ("sso", "rehearse"),
    ):
        assert scene(*words) == NOT_ALLOWED
        assert "Changed since it was approved" in scene.shell.err
        assert "Nothing was sent" in scene.shell.err


def test_tasks_run_unattended_with_the_rights_of_whoever_set_them_up(scene: Scene) -> None:
    scene.redirecting()
    file = next((paths.default_workspace() / "data-sources").glob("*.json"))
    assert scene("sso", "sign-in") == 0
    secret = scene.shell.ready["apps"]["sso"]["secret"]
    assert scene("sources", "edit", NAME, "--sign-in", "secret") == 0, scene.shell.err
    assert scene.shell("secret", "set", NAME, "--stdin", given=secret) == 0, scene.shell.err
    users = [{"kind": "user", "address": scene.administrator}]
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | {"security": {"users": users}}))
    task = ("--task", "test", "--source", NAME, "--rule", "FREQ=DAILY;BYHOUR=2;BYMINUTE=30")
    assert scene("schedule", "add", "Nightly", *task) == 0, scene.shell.err
    assert scene("sso", "sign-out") == 0
    scene.clock.off = timedelta(days=2)
    assert not gets_in(scene, "")
    found = scene.json("schedule", "run-due", code=1)
    (run,) = found["runs"]
    assert run["by"] == scene.administrator
    # The tenant is in doubt about the app, and nobody about who asks.
    assert "may not" not in run["message"], run
    assert scene.json("schedule", "run-due")["runs"] == []


def test_it_reads_like_this(scene: Scene) -> None:
    scene.redirecting()
    assert scene("sso", "show") == 0
    lines = {line.split("  ")[0]: line.strip() for line in scene.shell.out.splitlines()}
    assert lines["Office 365 connector"].endswith(NAME)
    assert lines["Auto redirect to SSO"].endswith("yes")
    assert "berta (was here)" in lines["SSO bypass group"]
    assert scene.administrator in lines["Rehearsed"]
    assert scene("sso", "whoami") == 0
    assert scene.shell.out.splitlines()[-1].split()[0] == "alice"
    assert "Commands need a sign-in" in scene.shell.err
    assert scene("sso", "sign-in") == 0
    assert scene("sso", "whoami") == 0
    assert scene.administrator in scene.shell.out
    assert "Remembered until" in scene.shell.err
