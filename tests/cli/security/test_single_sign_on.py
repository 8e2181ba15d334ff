"""`o365desk sso`, and who commands work as where single sign-on is enabled."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from o365desk import paths
from o365desk.cli import session
from o365desk.model.status import Waiting
from tests.cli.shell import Shell
from tests.practice.entra.browser import sign_in

NOT_ALLOWED = 4
NAME = "Contoso"


@dataclass
class Clock:
    """The program's time: that of this computer, and so far from it."""

    off: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.off


@dataclass
class Scene:
    """A workspace with a connector for single sign-on, and a person who types codes."""

    shell: Shell
    clock: Clock
    kind: str = "admin"
    threads: list[threading.Thread] = field(default_factory=list)

    def __call__(self, *words: str) -> int:
        code = self.shell(*words)
        self.finish()
        return code

    def json(self, *words: str, code: int = 0) -> Any:
        found = self.shell.json(*words, code=code)
        self.finish()
        return found

    def finish(self) -> None:
        for thread in self.threads:
            thread.join(20)
        self.threads.clear()

    def arrive(self, waiting: Waiting) -> None:
        """Types the code, as whoever it is now."""
        account = self.shell.ready["accounts"][self.kind]
        where = (f"{waiting.url}?otc={waiting.code}", account["username"], account["password"])
        thread = threading.Thread(target=sign_in, args=(*where, self.shell.ready["ca_file"]))
        self.threads.append(thread)
        thread.start()

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
            assert self("sso", "rehearse", "--device-code") == 0, self.shell.err
        self.as_("berta")
        assert self("sources", "list") == 0, self.shell.err
        self.as_("alice")
        assert self("sso", "set", "--auto-redirect") == 0, self.shell.err
        assert self("--device-code", "sso", "confirm") == 0, self.shell.err
        assert self("sso", "sign-out") == 0, self.shell.err

    as_: Callable[[str], None] = lambda name: None


@pytest.fixture
def scene(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    clock = Clock()
    made = Scene(shell, clock)
    monkeypatch.setattr(session, "tell_waiting", made.arrive)
    monkeypatch.setattr("o365desk.cli.security.single_sign_on.tell_waiting", made.arrive)
    monkeypatch.setattr("o365desk.app.now", clock)
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
    assert scene.json("sources", "show", NAME)["modified_by"] == scene.administrator
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
    assert scene.json("sources", "show", NAME)["modified_by"] == scene.administrator
    assert scene("sources", "edit", NAME, "--no-read-write") == 0, scene.shell.err
    assert scene.json("sources", "show", NAME)["modified_by"] == "alice"
