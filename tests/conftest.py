"""What every test can rely on: a home of its own, no network but loopback, and nothing overlooked.

A warning, a Qt warning, an unexpected log warning, or a thread left behind fails the test that caused it.
"""

import gc
import hashlib
import logging
import os
import secrets
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import trustme
from hypothesis import is_hypothesis_test, settings

from tests.torture import FULL, examples

_PLENTY = 4_000_000_000
"""Bytes that are free; the whole suite takes a tenth of that."""

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# A shell that starts this in the background has it ignore Ctrl+C, which some tests press.
signal.signal(signal.SIGINT, signal.default_int_handler)
# The tests' programs never see the tester's settings, keychain, proxy, vault or authorities.
_OF_THE_TESTER = (
    "O365DESK_VAULT_PASSPHRASE", "DBUS_SESSION_BUS_ADDRESS",
    "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE",
)  # fmt: skip
for name in [name for name in os.environ if name.lower().endswith("_proxy") or name in _OF_THE_TESTER]:
    del os.environ[name]
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
# Where OpenSSL looks, they trust one authority that nobody has: the hundreds of a system are looked at for each
# connection, and no test is about them.
_NOBODYS = tempfile.TemporaryDirectory(prefix="o365desk-trust-")
os.environ["SSL_CERT_FILE"] = str(Path(_NOBODYS.name, "authority.pem"))
trustme.CA().cert_pem.write_to_path(os.environ["SSL_CERT_FILE"])
os.environ["SSL_CERT_DIR"] = str(Path(_NOBODYS.name, "authorities"))
Path(os.environ["SSL_CERT_DIR"]).mkdir()
# What they import is compiled once, not in each of some hundred programs.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


def _in_memory() -> None:
    """Tests have their folders in memory if there is plenty: on a disk, most of what thousands of them do is wait
    until it has written. The full numbers are for a disk."""
    memory = Path("/dev/shm")
    if not FULL and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _PLENTY:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(memory))


_in_memory()

from o365desk.model.timing import Timing  # noqa: E402
from o365desk.practice.server.server import PracticeTenant  # noqa: E402 - reads the environment
from o365desk.services.vault import passphrase_file  # noqa: E402
from tests.desk import Desk  # noqa: E402
from tests.driven import LONG  # noqa: E402
from tests.practice.fixtures import attendant, client, practice, switches  # noqa: E402

__all__ = ["attendant", "client", "practice", "switches"]

# How long an example takes says how busy the machine is.
settings.register_profile("unhurried", deadline=None, max_examples=examples(100))
settings.load_profile("unhurried")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever tries examples belongs to the torture, which tries them all. What takes long comes first."""
    for item in items:
        if is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker(pytest.mark.torture)
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    """What is there by now stays: nobody looks through it for rubbish again and again."""
    gc.collect()
    gc.freeze()


_SCRYPT = lru_cache(hashlib.scrypt)
_SALTS = cycle([secrets.token_bytes(16) for _ in range(8)])


class _FewSalts:
    """In place of `secrets`: vaults are salted with one of few, in turn."""

    @staticmethod
    def token_bytes(size: int) -> bytes:
        return next(_SALTS) if size == 16 else secrets.token_bytes(size)


def _only_loopback(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "socket.connect" or not isinstance(arguments[1], tuple):
        return
    host = str(arguments[1][0])
    if not (host.startswith("127.") or host in ("::1", "localhost", "::ffff:127.0.0.1")):
        raise AssertionError(f"a test reached for the network: {arguments[1]}")


sys.addaudithook(_only_loopback)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own for each test; programs that it starts inherit it."""
    folder = tmp_path / "home"
    folder.mkdir()
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(folder))
    for variable, name in (("XDG_DATA_HOME", "data"), ("XDG_CONFIG_HOME", "config"), ("XDG_CACHE_HOME", "cache")):
        monkeypatch.setenv(variable, str(folder / name))
    for variable in ("LOCALAPPDATA", "APPDATA"):
        monkeypatch.setenv(variable, str(folder / "appdata"))
    return folder


@pytest.fixture(autouse=True)
def cheap_guesses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A vault's key costs a quarter, and once only: hundreds of tests open one, of which every eighth has the salt
    of another. `test_vault` asks."""
    monkeypatch.setattr(passphrase_file, "_LOG_N", 14)
    monkeypatch.setattr(passphrase_file, "random", _FewSalts)
    monkeypatch.setattr(hashlib, "scrypt", _SCRYPT)


class _Overheard(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture(autouse=True)
def expected_warning() -> Iterator[Callable[[str], None]]:
    """Call it with a part of a log warning that the test provokes; any other one fails the test."""
    handler = _Overheard()
    expected: list[str] = []
    logging.getLogger().addHandler(handler)
    yield expected.append
    logging.getLogger().removeHandler(handler)
    messages = [record.getMessage() for record in handler.records]
    unexpected = [text for text in messages if not any(part in text for part in expected)]
    assert not unexpected, f"unexpected log warnings: {unexpected}"
    silent = [part for part in expected if not any(part in text for text in messages)]
    assert not silent, f"log warnings that did not come: {silent}"


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """A thread that would keep the program from ending must not outlive its test."""
    before = set(threading.enumerate())
    yield
    left = [item for item in threading.enumerate() if item not in before and not item.daemon]
    for thread in left:
        thread.join(5)
    assert not [thread.name for thread in left if thread.is_alive()]


@pytest.fixture
def timing() -> Timing:
    """How long the program waits. A test that wants to wait less takes another one as a parameter of this name."""
    return Timing()


@pytest.fixture
def desk(tmp_path: Path, practice: PracticeTenant, switches: Callable[..., Any], timing: Timing) -> Iterator[Desk]:
    """The services, on a temporary folder and the practice tenant as at the start."""
    made = Desk(tmp_path, practice.ready, timing=timing)
    yield made
    made.close()


@pytest.fixture
def hasty_desk(
    tmp_path: Path, practice: PracticeTenant, switches: Callable[..., Any], timing: Timing
) -> Iterator[Desk]:
    """The same, but it waits for no answer longer than a second and a half."""
    made = Desk(tmp_path, practice.ready, timeouts=(5.0, 1.5), timing=timing)
    yield made
    made.close()


@pytest.fixture
def patient_desk(tmp_path: Path, practice: PracticeTenant, switches: Callable[..., Any]) -> Iterator[Desk]:
    """The same, but it waits for each answer longer than a test may take: what is not cut fails by that."""
    made = Desk(tmp_path, practice.ready, timeouts=LONG, timing=Timing(test=LONG[1]))
    yield made
    made.close()
