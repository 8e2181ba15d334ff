"""Debian's Chromium, driven without a window: a person at the pages of the sign-in service, with script and all.

It knows no certificate authority of ours, and takes the certificates of the addresses that it is given, and of no
others. `make test` installs it where it can; without it the tests are skipped. Import `one_chromium` and `chromium`
to use it, and mark the tests with `xdist_group("chromium")`: it takes seconds to start.
"""

import base64
import hashlib
import shutil
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate
from selenium import webdriver
from selenium.common.exceptions import TimeoutException, WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support import expected_conditions as condition
from selenium.webdriver.support.wait import WebDriverWait

from o365desk.practice.server.server import PracticeTenant
from tests.desk import Person

_PATIENCE = 20.0  # seconds
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip


def missing() -> str:
    """Why there is no such browser; "" if there is."""
    absent = [name for name in ("chromium", "chromedriver") if not shutil.which(name)]
    return f"There is no {' and no '.join(absent)}: `make test` as root installs them on Debian." if absent else ""


def _spki(address: str) -> str:
    """The hash of the public key that an address shows, as Chromium's list of exceptions wants it."""
    parts = urlsplit(address)
    shown = load_pem_x509_certificate(ssl.get_server_certificate((str(parts.hostname), parts.port or 443)).encode())
    key = shown.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(key).digest()).decode()


class Chromium:
    """What a person does. Each step waits until the next page is there."""

    def __init__(self, driver: WebDriver) -> None:
        self._driver = driver

    @property
    def title(self) -> str:
        """The title of the page."""
        return self._driver.title

    @property
    def text(self) -> str:
        """What can be read on the page."""
        return self._driver.find_element(By.TAG_NAME, "body").text

    @property
    def tiles(self) -> list[str]:
        """The user names that the picker offers, with what is remarked of them."""
        return [tile.text.split("\n")[1] for tile in self._driver.find_elements(By.NAME, "tile")]

    def forget(self) -> None:
        """As a new browser: no cookies."""
        self._driver.get("about:blank")
        self._driver.execute_cdp_cmd("Network.clearBrowserCookies", {})

    def open(self, url: str) -> None:
        """Opens an address, and follows where it leads by itself."""
        self._driver.get(url)

    def until(self, title: str) -> None:
        """Waits for a page whose title contains this."""
        self._wait(condition.title_contains(title), title)

    def pick(self, username: str) -> None:
        """Picks an account."""
        self._press(self._driver.find_element(By.CSS_SELECTOR, f'button.tile[value="{username}"]'))

    def enter(self, password: str, username: str = "") -> None:
        """Types a password, and a user name where there is a field for one; and signs in."""
        if username:
            field = self._driver.find_element(By.CSS_SELECTOR, 'input[name="username"]')
            field.clear()
            field.send_keys(username)
        field = self._driver.find_element(By.NAME, "password")
        field.send_keys(password)
        self._press(self._driver.find_element(By.CSS_SELECTOR, "button.go"))

    def answer(self, value: str) -> None:
        """Presses the button of this value: accept, cancel, approve, deny, return."""
        self._press(self._driver.find_element(By.CSS_SELECTOR, f'button[name="answer"][value="{value}"]'))

    def sign_in(self, username: str, password: str, consent: bool = True) -> None:
        """From the picker on: account, password, and consent if that is asked for."""
        if self.title.startswith("Pick an account"):
            self.pick(username)
        if self.title.startswith("Enter password"):
            self.enter(password)
        if self.title.startswith("Permissions requested"):
            self.answer("accept" if consent else "cancel")

    def _press(self, button: WebElement) -> None:
        page = self._driver.find_element(By.TAG_NAME, "html")
        button.click()
        self._wait(condition.staleness_of(page), "the next page")
        self._wait(lambda driver: driver.execute_script("return document.readyState") == "complete", "all of it")

    def _wait(self, for_what: Callable[[WebDriver], object], words: str) -> None:
        """Waits until it is so. A page that leads on by itself may be gone in the middle of a question."""
        wait = WebDriverWait(self._driver, _PATIENCE, 0.05, ignored_exceptions=(WebDriverException,))
        try:
            wait.until(for_what)
        except TimeoutException:
            raise AssertionError(f"{words} did not come; there is: {self.title}: {self.text}") from None


class AtChromium(Person):
    """Somebody whom our own program shows the page to: they do `act` there, and are led back."""

    def __init__(self, ready: dict[str, Any], chromium: Chromium) -> None:
        super().__init__(ready)
        self.chromium = chromium
        self.act: Callable[[], object] = self.signs_in

    def signs_in(self) -> None:
        """Picks the account of their `kind`, types its password, and consents if that is asked for."""
        account = self.ready["accounts"][self.kind]
        self.chromium.sign_in(account["username"], account["password"], self.consents)

    def _sign_in(self, url: str) -> None:
        self.chromium.open(url)
        self.act()
        self.chromium.until("o365desk")


@contextmanager
def driven(folder: Path, trusted: Iterable[str]) -> Iterator[Chromium]:
    """A browser with an empty profile in `folder`, which takes the certificates that `trusted` addresses show."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    known = ",".join(_spki(address) for address in trusted)
    for flag in (*_FLAGS, f"--user-data-dir={folder}", f"--ignore-certificate-errors-spki-list={known}"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        driver.set_page_load_timeout(_PATIENCE)
        yield Chromium(driver)
    finally:
        driver.quit()


@pytest.fixture(scope="session")
def one_chromium(practice: PracticeTenant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """A browser for the whole session, which takes the practice tenant's certificate."""
    if why := missing():
        pytest.skip(why)
    with driven(tmp_path_factory.mktemp("chromium"), [practice.ready["login"]]) as started:
        yield started


@pytest.fixture
def chromium(one_chromium: Chromium) -> Chromium:
    """The same, but it remembers nobody."""
    one_chromium.forget()
    return one_chromium
