"""A desk to work at: the services on a temporary folder and the practice tenant, with a person at the browser."""

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests

from o365desk.app import App, build, now
from o365desk.model.access.operator import os_user
from o365desk.model.datasource import DataSource, SignIn, new
from o365desk.model.report import Report
from o365desk.model.secret import Secret
from o365desk.model.status import Authorisation, Waiting
from o365desk.model.stop import Stop
from o365desk.services.signin.approvals import BLANK
from o365desk.services.signin.credentials import NO_CREDENTIAL, Credential
from tests.failures import Failure
from tests.practice.entra.browser import sign_in

_LONGEST = 20.0
"""Seconds that somebody may still need at the browser when the test is over."""


class StuckError(Exception):
    """Whoever sits at the browser could not go on; what they met is its cause. No AssertionError, which `waitUntil`
    would wait out."""


@dataclass
class Person:
    """Whoever sits at the browser: signs in as `kind` and consents or declines; stays away if `absent`.

    They have a thread of their own. What fails there fails the test: the program hears at once that nobody comes,
    and `check` and `leave` raise it."""

    ready: dict[str, Any]
    kind: str = "admin"
    consents: bool = True
    absent: bool = False
    pages: list[requests.Response] = field(default_factory=list)
    opened: list[str] = field(default_factory=list)
    _threads: list[threading.Thread] = field(default_factory=list)
    _met: list[Exception] = field(default_factory=list)

    def open(self, url: str, stop: Stop | None = None) -> bool:
        """The part that stands in for the system's browser: a browser indeed, but without a window. `stop` ends
        what waits for them, where the address does not lead back to it."""
        self.opened.append(url)
        if not self.absent:
            thread = threading.Thread(target=self._go, args=(url, stop))
            self._threads.append(thread)
            thread.start()
        return True

    def _go(self, url: str, stop: Stop | None) -> None:
        try:
            self._sign_in(url)
        except Exception as error:  # noqa: BLE001 - a thread's error would pass unseen
            self._met.append(error)
            _give_up(url, error)
            if stop:
                stop.set()

    def _sign_in(self, url: str) -> None:
        account = self.ready["accounts"][self.kind]
        self.pages.append(
            sign_in(url, account["username"], account["password"], self.ready["ca_file"], self.consents)
        )

    def check(self) -> None:
        """Raises StuckError where they could not go on. It is said once: a test that expects it goes on."""
        if self._met:
            error = self._met.pop(0)
            raise StuckError(f"{type(error).__name__}: {error}") from error

    def leave(self) -> None:
        """Waits until every page is done. Raises StuckError where one could not be."""
        for thread in self._threads:
            thread.join(_LONGEST)
        sitting, self._threads = [each for each in self._threads if each.is_alive()], []
        self.check()
        assert not sitting, f"somebody still sits at the browser, after {_LONGEST} s"


def _give_up(url: str, error: Exception) -> None:
    """Tells whoever waits for a sign-in at this address that nobody comes, as a sign-in service would."""
    asked = dict(parse_qsl(urlsplit(url).query))
    if redirect := asked.get("redirect_uri"):
        told = {"error": "stuck", "error_description": f"{error}", "state": asked.get("state", "")}
        with suppress(requests.RequestException):  # nobody waits any more
            requests.get(redirect, told, timeout=5)


class Desk:
    """See the module."""

    def __init__(self, folder: Path, ready: dict[str, Any], **options: Any) -> None:
        self.ready = ready
        self.person: Person = options.pop("person", None) or Person(ready)
        defaults: dict[str, Any] = {
            "session_only": True, "operator": os_user("a.admin"), "clock": now, "state_folder": folder / "state",
        }  # fmt: skip
        self.app: App = build(
            folder / "workspace",
            open_browser=self.person.open,
            **(defaults | options),
        )

    def close(self) -> None:
        """Puts everything away."""
        try:
            self.person.leave()
        finally:
            self.app.close()

    def source(self, profile: str = "read-write", **changes: Any) -> DataSource:
        """A data source for an app of the practice tenant, by secret unless `changes` say otherwise; not saved."""
        details: dict[str, Any] = {
            "cloud": "practice",
            "login": self.ready["login"],
            "graph": self.ready["graph"],
            "ca_file": self.ready["ca_file"],
            "tenant": self.ready["tenant"],
            "client_id": self.ready["apps"][profile]["client_id"],
            "sign_in": SignIn.SECRET,
            "read_write": profile in ("read-write", "no-consent"),
        }
        return new(changes.pop("name", "Contoso HR"), **(details | changes))

    def secret(self, profile: str = "read-write") -> Credential:
        """The app's client secret, as typed."""
        return Credential(secret=Secret(self.ready["apps"][profile]["secret"]))

    def prepared(self, failure: Failure) -> tuple[DataSource, str]:
        """A row of the table of failures: its data source, and the client secret to type ("" for none)."""
        details = {
            key: value.format(**self.ready) if type(value) is str else value
            for key, value in failure.details.items()
        }
        if details.get("sign_in") is SignIn.CERTIFICATE:
            details["certificate"] = self.ready["apps"][failure.profile]["certificate"]
        source = self.source(failure.profile, **details)
        by_secret = source.sign_in is SignIn.SECRET
        return source, (failure.secret or self.ready["apps"][failure.profile]["secret"]) if by_secret else ""

    def saved(self, source: DataSource, profile: str = "read-write") -> DataSource:
        """The data source, saved with its secret."""
        typed = self.secret(profile) if source.sign_in is SignIn.SECRET else NO_CREDENTIAL
        return self.app.connections.save(source, None, typed).source

    def test(self, source: DataSource, credential: Credential = NO_CREDENTIAL, stop: Stop | None = None) -> Report:
        """Tests the connection; one that was not saved is as somebody typed it just now."""
        saved = any(item.source.id == source.id for item in self.app.workspace.list().entries)
        opened = None if saved else BLANK
        return self.app.connections.test(
            source, stop or Stop(), lambda _: None, credential=credential, opened=opened
        )

    def authorise(
        self, source: DataSource, credential: Credential = NO_CREDENTIAL, *, device_code: bool = False
    ) -> Authorisation:
        """Authorises; with a device code, the person types it on the page."""

        stop = Stop()

        def tell(waiting: Waiting) -> None:
            if waiting.kind == "device-code":
                self.person.open(f"{waiting.url}?otc={waiting.code}", stop)

        return self.app.connections.authorise(source, stop, tell, credential=credential, device_code=device_code)
