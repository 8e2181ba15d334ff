"""The vault and the secrets in it: kept, found, forgotten, and never shown."""

import copy
import dataclasses
import hashlib
import json
import logging
import os
import pickle
import shutil
import stat
import string
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keyring
import keyring.errors
import msgspec
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import chainer, fail, null

from o365desk.model.problems import ProblemError
from o365desk.model.secret import Secret
from o365desk.services.vault import passphrase_file
from o365desk.services.vault.keychain import Keychain, Unavailable
from o365desk.services.vault.vault import CLIENT_SECRET, ENVIRONMENT, Vault, VaultKind

PLAIN = "hunter2-Ünï-hunter2"


@pytest.fixture(autouse=True)
def no_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT, raising=False)


FULL_PRICE = passphrase_file._LOG_N


def test_a_guess_at_the_passphrase_is_dear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passphrase_file, "_LOG_N", FULL_PRICE)
    reopen(tmp_path).set("a", "n", Secret(PLAIN))
    assert (tmp_path / "vault").read_bytes()[8] >= 16
    monkeypatch.setattr(passphrase_file, "_LOG_N", 14)
    again = reopen(tmp_path)
    again.set("a", "m", Secret(PLAIN))
    assert (tmp_path / "vault").read_bytes()[8] == FULL_PRICE


def no_keychain() -> Keychain:
    raise Unavailable("this computer has none")


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """A vault on a computer without a keychain."""
    return Vault(tmp_path / "vault", keychain=no_keychain)


@pytest.fixture
def opened(vault: Vault) -> Vault:
    vault.unlock(Secret("correct horse"))
    return vault


def reopen(vault_folder: Path, passphrase: str = "correct horse") -> Vault:
    vault = Vault(vault_folder, keychain=no_keychain)
    vault.unlock(Secret(passphrase))
    return vault


def revealed(vault: Vault, owner: str, name: str) -> str | None:
    secret = vault.get(owner, name)
    return secret.reveal() if secret else None


# --- a secret never shows itself ----------------------------------------------------------------------------------


@dataclasses.dataclass
class Holder:
    secret: Secret


class Sheet(msgspec.Struct):
    secret: Secret


SHOWN: dict[str, Callable[[Secret], str]] = {
    "repr": repr,
    "str": str,
    "format": lambda secret: f"{secret}{secret!r}{secret!s}{secret!a}",
    "percent": lambda secret: "%s %r" % (secret, secret),  # noqa: UP031
    "template": lambda secret: string.Template("$s").substitute(s=secret),
    "in a list": lambda secret: repr([secret, {"key": secret}]),
    "in a dataclass": lambda secret: repr(Holder(secret)),
    "in a struct": lambda secret: repr(Sheet(secret)),
    "dir": lambda secret: repr([getattr(secret, name, "") for name in dir(secret) if name[:2] == "__"]),
    "traceback": lambda secret: _traceback(secret),
}


def _traceback(secret: Secret) -> str:
    try:
        raise ValueError(secret)
    except ValueError as error:
        return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


@pytest.mark.parametrize("show", SHOWN.values(), ids=SHOWN)
def test_a_secret_is_never_shown(show: Callable[[Secret], str]) -> None:
    assert "hunter2" not in show(Secret(PLAIN))


@pytest.mark.parametrize(
    "encode",
    [
        json.dumps, msgspec.json.encode, msgspec.msgpack.encode, msgspec.to_builtins, pickle.dumps, copy.copy,
        copy.deepcopy, lambda secret: msgspec.json.encode(Sheet(secret)), lambda secret: format(secret, ">20"),
        vars, lambda secret: dataclasses.asdict(Holder(secret)), lambda secret: json.dumps([secret]), iter, bytes,
    ],
)  # fmt: skip
def test_a_secret_is_never_encoded(encode: Callable[[Secret], object]) -> None:
    with pytest.raises(TypeError) as caught:
        encode(Secret(PLAIN))
    assert "hunter2" not in str(caught.value)


def test_a_secret_is_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "o365desk"):
        logging.getLogger("o365desk").debug("kept %s %r", Secret(PLAIN), [Secret(PLAIN)])
    assert "••••" in caplog.text
    assert "hunter2" not in caplog.text


def test_secrets_compare_by_their_text() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert Secret("x")
    assert not Secret("")


# --- the passphrase-locked file -----------------------------------------------------------------------------------


def test_without_a_keychain_it_is_locked_until_a_passphrase_is_given(vault: Vault, tmp_path: Path) -> None:
    assert (vault.kind, vault.locked, vault.exists) == (VaultKind.PASSPHRASE, True, False)
    assert "this computer has none" in vault.description
    assert "locked now" in vault.description
    assert not vault.has("a", CLIENT_SECRET)
    vault.delete("a")  # nothing there to forget
    uses: tuple[Callable[[], object], ...] = (
        lambda: vault.get("a", "n"),
        lambda: vault.set("a", "n", Secret(PLAIN)),
    )
    for use in uses:
        with pytest.raises(ProblemError, match="vault is locked") as caught:
            use()
        assert caught.value.problem.remedy
    assert not (tmp_path / "vault").exists()
    vault.unlock(Secret("correct horse"))
    assert (vault.kind, vault.locked, vault.exists) == (VaultKind.PASSPHRASE, False, True)


def test_secrets_are_kept_found_and_forgotten(opened: Vault, tmp_path: Path) -> None:
    opened.set("a", CLIENT_SECRET, Secret(PLAIN))
    opened.set("a", "other", Secret("x"))
    opened.set("b", CLIENT_SECRET, Secret(""))
    again = reopen(tmp_path / "vault")
    assert revealed(again, "a", CLIENT_SECRET) == PLAIN
    assert again.has("a", "other")
    assert again.has("b", CLIENT_SECRET)
    assert again.get("b", "other") is None
    again.delete("a")
    again.delete("nobody")
    assert not opened.has("a", CLIENT_SECRET)  # the first one sees what the second did
    assert not opened.has("a", "other")
    assert opened.has("b", CLIENT_SECRET)


def test_with_the_file_locked_again_nothing_is_forgotten_in_silence(opened: Vault, tmp_path: Path) -> None:
    opened.set("a", "n", Secret(PLAIN))
    locked = Vault(tmp_path / "vault", keychain=no_keychain)
    with pytest.raises(ProblemError, match="locked"):
        locked.delete("a")
    assert opened.has("a", "n")


@pytest.mark.parametrize("passphrase", ["incorrect", "correct horse ", "Correct horse"])
def test_a_wrong_passphrase_is_refused(opened: Vault, tmp_path: Path, passphrase: str) -> None:
    opened.set("a", "n", Secret(PLAIN))
    before = (tmp_path / "vault" / "vault").read_bytes()
    vault = Vault(tmp_path / "vault", keychain=no_keychain)
    with pytest.raises(ProblemError, match="passphrase is wrong") as caught:
        vault.unlock(Secret(passphrase))
    assert caught.value.problem.remedy
    assert passphrase not in str(caught.value)
    assert vault.locked
    assert (tmp_path / "vault" / "vault").read_bytes() == before
    vault.unlock(Secret("correct horse"))
    assert revealed(vault, "a", "n") == PLAIN


def test_a_wrong_passphrase_leaves_an_open_vault_open(opened: Vault) -> None:
    opened.set("a", "n", Secret(PLAIN))
    with pytest.raises(ProblemError):
        opened.unlock(Secret("wrong"))
    assert revealed(opened, "a", "n") == PLAIN


def test_an_empty_passphrase_is_refused(vault: Vault) -> None:
    with pytest.raises(ProblemError, match="passphrase is empty"):
        vault.unlock(Secret(""))
    assert not vault.exists


def test_nothing_is_on_disk_in_the_clear(opened: Vault, tmp_path: Path) -> None:
    opened.set("the-owner", "the-name", Secret(PLAIN))
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert len(everything) > 100
    for text in (PLAIN, "hunter2", "the-owner", "the-name", "correct horse"):
        assert text.encode() not in everything


def test_each_write_has_a_nonce_of_its_own(opened: Vault, tmp_path: Path) -> None:
    nonces = set()
    for _ in range(5):
        opened.set("a", "n", Secret(PLAIN))
        nonces.add((tmp_path / "vault" / "vault").read_bytes()[25:37])
    assert len(nonces) == 5


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX rights")
def test_only_the_user_may_read_the_file(vault: Vault, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        vault.unlock(Secret("correct horse"))
        vault.set("a", "n", Secret(PLAIN))
    finally:
        os.umask(before)
    rights = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "vault").iterdir()}
    assert rights == {"vault": 0o600, "vault.lock": 0o600}
    assert stat.S_IMODE((tmp_path / "vault").stat().st_mode) == 0o700


def test_any_change_to_the_file_is_noticed(opened: Vault, tmp_path: Path) -> None:
    opened.set("a", "n", Secret(PLAIN))
    file = tmp_path / "vault" / "vault"
    good = file.read_bytes()
    for place in range(len(good)):
        file.write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :])
        assert not opened.has("a", "n")
        with pytest.raises(ProblemError, match="damaged") as caught:
            opened.set("b", "n", Secret("x"))
        assert caught.value.problem.remedy
    for end in (0, 1, 8, 9, 36, 37, 40, 69, len(good) - 1):
        file.write_bytes(good[:end])
        with pytest.raises(ProblemError, match="damaged"):
            opened.get("a", "n")
    file.write_bytes(good + b"x")
    with pytest.raises(ProblemError, match="damaged"):
        opened.get("a", "n")
    file.write_bytes(good)
    assert revealed(opened, "a", "n") == PLAIN


@pytest.mark.parametrize("place", [8, 9, 24, 25, 36, 37, -40, -33])
def test_a_change_by_somebody_who_knows_the_format_is_noticed_too(
    opened: Vault, tmp_path: Path, place: int
) -> None:
    """Who makes the checksum right again still cannot make the authentication right."""
    opened.set("a", "n", Secret(PLAIN))
    file = tmp_path / "vault" / "vault"
    body = bytearray(file.read_bytes()[:-32])
    body[place if place >= 0 else place + 32] ^= 1
    file.write_bytes(bytes(body) + hashlib.sha256(body).digest())
    with pytest.raises(ProblemError, match="passphrase is wrong"):
        reopen(tmp_path / "vault")


def test_a_demand_for_endless_work_is_refused(opened: Vault, tmp_path: Path) -> None:
    file = tmp_path / "vault" / "vault"
    body = bytearray(file.read_bytes()[:-32])
    body[8] = 40
    file.write_bytes(bytes(body) + hashlib.sha256(body).digest())
    with pytest.raises(ProblemError, match="damaged"):
        reopen(tmp_path / "vault")


def test_a_vault_begun_anew_elsewhere_is_not_opened_with_the_old_passphrase(opened: Vault, tmp_path: Path) -> None:
    (tmp_path / "vault" / "vault").unlink()
    other = reopen(tmp_path / "vault", "another passphrase")
    other.set("b", "n", Secret("theirs"))
    with pytest.raises(ProblemError, match="passphrase is wrong"):
        opened.set("a", "n", Secret(PLAIN))
    assert revealed(other, "b", "n") == "theirs"


def test_errors_do_not_carry_secrets_in_their_frames(opened: Vault, tmp_path: Path) -> None:
    opened.set("b", "n", Secret(PLAIN))
    (tmp_path / "vault" / "vault").rename(tmp_path / "good")
    (tmp_path / "vault" / "vault").mkdir()
    secret, failed = Secret(PLAIN), None
    try:
        opened.set("a", "n", secret)
    except ProblemError as error:
        failed = error
    assert failed
    assert "hunter2" not in _everything_in(failed)


def test_a_full_disk_does_not_carry_secrets_either(opened: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    opened.set("b", "n", Secret(PLAIN))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    secret, failed = Secret(PLAIN), None
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        try:
            opened.set("a", "n", secret)
        except ProblemError as error:
            failed = error
    assert failed
    assert "Free some space" in failed.problem.remedy
    assert "hunter2" not in _everything_in(failed)
    assert revealed(opened, "b", "n") == PLAIN
    assert not opened.has("a", "n")


def _everything_in(error: BaseException) -> str:
    """All that a crash report could show: every exception that led here, with the locals of every frame but the
    test's."""
    shown: list[str] = []
    seen: set[int] = set()
    queue: list[BaseException | None] = [error]
    while queue:
        current = queue.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        told = traceback.TracebackException.from_exception(current, capture_locals=True)
        told.stack = traceback.StackSummary.from_list([frame for frame in told.stack if frame.filename != __file__])
        shown += told.format()
        queue += [current.__cause__, current.__context__]
    lines = "".join(shown)
    assert "Error" in lines
    return lines


# --- the environment ----------------------------------------------------------------------------------------------


def test_the_environment_opens_it_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT, "from the environment")

    def never() -> Keychain:
        raise AssertionError("who sets the variable has chosen the file")

    vault = Vault(tmp_path, keychain=never)
    assert (vault.kind, vault.locked, vault.exists) == (VaultKind.PASSPHRASE, False, False)
    assert not vault.has("a", "n")
    assert not vault.exists  # nothing was kept yet
    vault.set("a", "n", Secret(PLAIN))
    assert revealed(Vault(tmp_path, keychain=never), "a", "n") == PLAIN
    assert ENVIRONMENT in vault.description


def test_a_wrong_passphrase_in_the_environment_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reopen(tmp_path).set("a", "n", Secret(PLAIN))
    monkeypatch.setenv(ENVIRONMENT, "wrong")
    vault = Vault(tmp_path, keychain=no_keychain)
    assert vault.locked
    assert not vault.has("a", "n")
    with pytest.raises(ProblemError, match=ENVIRONMENT):
        vault.get("a", "n")
    with pytest.raises(ProblemError, match=ENVIRONMENT):
        vault.set("a", "n", Secret("x"))
    vault.unlock(Secret("correct horse"))
    assert revealed(vault, "a", "n") == PLAIN


# --- for the session ----------------------------------------------------------------------------------------------


def test_for_the_session_nothing_touches_the_disk(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "v", session_only=True, keychain=no_keychain)
    assert (vault.kind, vault.locked) == (VaultKind.SESSION, False)
    vault.set("a", "n", Secret(PLAIN))
    assert revealed(vault, "a", "n") == PLAIN
    assert vault.get("a", "m") is None
    vault.delete("a")
    assert not vault.has("a", "n")
    assert "memory" in vault.description
    assert not (tmp_path / "v").exists()


def test_a_locked_vault_can_go_on_for_the_session_and_be_unlocked_later(vault: Vault, tmp_path: Path) -> None:
    vault.use_session()
    vault.set("a", "n", Secret(PLAIN))
    assert (vault.kind, vault.locked) == (VaultKind.SESSION, False)
    vault.unlock(Secret("correct horse"))
    assert vault.kind is VaultKind.PASSPHRASE
    assert revealed(reopen(tmp_path / "vault"), "a", "n") == PLAIN


# --- the keychain -------------------------------------------------------------------------------------------------


class Memory(KeyringBackend):
    """A keychain that keeps what it is given, and can be told to refuse."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}
        self.refusal: Exception | None = None

    def _check(self) -> None:
        if self.refusal:
            raise self.refusal

    def get_password(self, service: str, username: str) -> str | None:
        self._check()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._check()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._check()
        if (service, username) not in self.kept:
            raise keyring.errors.PasswordDeleteError
        del self.kept[service, username]


@pytest.fixture
def backend() -> Memory:
    return Memory()


@pytest.fixture
def chained(backend: Memory, tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault", keychain=lambda: Keychain(backend))


def test_a_keychain_keeps_finds_and_forgets(chained: Vault, backend: Memory, tmp_path: Path) -> None:
    assert (chained.kind, chained.locked) == (VaultKind.KEYCHAIN, False)
    assert "keychain" in chained.description
    chained.set("a", CLIENT_SECRET, Secret(PLAIN))
    chained.set("a", "other", Secret("x"))
    chained.set("b", "n", Secret("y"))
    assert revealed(chained, "a", CLIENT_SECRET) == PLAIN
    assert revealed(chained, "a", "other") == "x"
    chained.delete("a")
    chained.delete("nobody")
    assert not chained.has("a", CLIENT_SECRET)
    assert not chained.has("a", "other")
    assert list(backend.kept) == [("o365desk", "b")]
    chained.unlock(Secret("needless"))
    assert not (tmp_path / "vault" / "vault").exists()


@pytest.mark.parametrize("error", [keyring.errors.KeyringLocked(PLAIN), RuntimeError(PLAIN), OSError(PLAIN)])
def test_a_keychain_that_refuses_later_says_so_and_shows_nothing(
    chained: Vault, backend: Memory, error: Exception
) -> None:
    chained.set("a", "n", Secret(PLAIN))
    backend.refusal = error
    secret, failed = Secret(PLAIN), []
    uses: tuple[Callable[[], object], ...] = (
        lambda: chained.set("a", "n", secret),
        lambda: chained.get("a", "n"),
        lambda: chained.delete("a"),
    )
    for use in uses:
        try:
            use()
        except ProblemError as problem:
            failed.append(problem)
    assert len(failed) == 3
    assert all(problem.problem.remedy for problem in failed)
    assert not any("hunter2" in _everything_in(problem) for problem in failed)
    assert not chained.has("a", "n")


def test_an_entry_that_makes_no_sense_is_a_problem(chained: Vault, backend: Memory) -> None:
    backend.kept["o365desk", "a"] = "not ours"
    with pytest.raises(ProblemError, match="could not be read"):
        chained.get("a", "n")


@pytest.mark.parametrize(
    "error", [keyring.errors.KeyringLocked("no"), keyring.errors.InitError("no"), OSError("no")]
)
def test_a_keychain_that_refuses_at_once_gives_way_to_the_passphrase(
    chained: Vault, backend: Memory, error: Exception
) -> None:
    backend.refusal = error
    assert (chained.kind, chained.locked) == (VaultKind.PASSPHRASE, True)
    chained.unlock(Secret("correct horse"))
    chained.set("a", "n", Secret(PLAIN))
    assert revealed(chained, "a", "n") == PLAIN
    assert backend.kept == {}


@pytest.fixture
def hanging() -> Iterator[Any]:
    released = threading.Event()

    class Hanging(Memory):
        asked = 0

        def _check(self) -> None:
            self.asked += 1
            released.wait()

    yield Hanging()
    released.set()
    for thread in threading.enumerate():
        if thread.name == "keychain":
            thread.join()


def test_a_keychain_that_hangs_gives_way_to_the_passphrase(tmp_path: Path, hanging: Any) -> None:
    vault = Vault(tmp_path, keychain=lambda: Keychain(hanging, probe_seconds=0.1))
    locked = vault.locked
    assert locked
    assert "the keychain did not answer in 0.1 seconds" in vault.description
    vault.unlock(Secret("correct horse"))
    assert not vault.locked
    assert hanging.asked == 1  # not each time


def test_a_keychain_that_hangs_later_is_a_problem(tmp_path: Path, backend: Memory, hanging: Any) -> None:
    keychain = Keychain(backend, call_seconds=0.1)
    keychain._backend = hanging
    with pytest.raises(ProblemError, match="the keychain did not answer"):
        keychain.read("a")


class Plaintext(Memory):
    """As keyrings.alt has it: it works, and protects nothing."""


@pytest.mark.parametrize("chosen", [null.Keyring, fail.Keyring, Plaintext])
def test_only_real_keychains_are_trusted(chosen: type[KeyringBackend]) -> None:
    before = keyring.get_keyring()
    keyring.set_keyring(chosen())
    try:
        with pytest.raises(Unavailable, match="no keychain that o365desk trusts"):
            Keychain()
    finally:
        keyring.set_keyring(before)


def test_a_chain_of_nothing_is_no_keychain(monkeypatch: pytest.MonkeyPatch) -> None:
    before = keyring.get_keyring()
    chain = chainer.ChainerBackend()
    monkeypatch.setattr(type(chain), "backends", [null.Keyring(), Plaintext()])
    keyring.set_keyring(chain)
    try:
        with pytest.raises(Unavailable):
            Keychain()
    finally:
        keyring.set_keyring(before)


@pytest.mark.parametrize(
    "name", ["macOS.Keyring", "Windows.WinVaultKeyring", "SecretService.Keyring", "kwallet.DBusKeyring"]
)
def test_the_real_ones_are_known_by_where_they_come_from(name: str) -> None:
    from o365desk.services.vault.keychain import _is_real

    module, _, kind = name.partition(".")
    assert _is_real(type(kind, (), {"__module__": f"keyring.backends.{module}"})())
    assert not _is_real(type(kind, (), {"__module__": f"keyrings.alt.{module}"})())


@pytest.mark.skipif(not shutil.which("dbus-run-session"), reason="needs a D-Bus to run a Secret Service on")
@pytest.mark.parametrize(
    ("mode", "kind", "why"),
    [
        ("open", "keychain", "keychain (SecretService Keyring)"),
        ("dismissed", "passphrase", "the keychain is locked"),
        ("waiting", "passphrase", "the keychain did not answer in 1 seconds"),
        ("silent", "passphrase", "the keychain did not answer in 1 seconds"),
        ("none", "passphrase", "this computer has no keychain"),
    ],
)
def test_with_a_secret_service_on_a_real_d_bus(tmp_path: Path, mode: str, kind: str, why: str) -> None:
    program = Path(__file__).with_name("secret_service.py")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("DBUS_", "PYTHON_KEYRING"))}
    done = subprocess.run(
        ["dbus-run-session", "--", sys.executable, program, "client", mode, tmp_path / "vault"],
        capture_output=True,
        text=True,
        env={**env, "PYTHONPATH": str(Path(__file__).resolve().parents[3])},
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["kind"], found["locked"]) == (kind, kind == "passphrase")
    assert why in found["description"]
    if mode == "open":
        assert found["kept"] == "hunter2-Ünï-2"
        assert found["after"] == [False, False, True]
    assert "hunter2" not in done.stderr


def test_windows_holds_no_long_values(chained: Vault, monkeypatch: pytest.MonkeyPatch, backend: Memory) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    chained.set("a", "n", Secret("x" * 1000))
    with pytest.raises(ProblemError, match="too long") as caught:
        chained.set("a", "m", Secret("hunter2" * 100))
    assert "hunter2" not in str(caught.value)
    assert json.loads(backend.kept["o365desk", "a"]) == {"n": "x" * 1000}


def test_nothing_dear_is_imported_before_it_is_needed() -> None:
    code = (
        "import sys, pathlib, datetime\n"
        "from o365desk.model.access.operator import os_user\n"
        "from o365desk.services.state import state\n"
        "from o365desk.services.vault.vault import Vault\n"
        "from o365desk.services.workspace.workspace import Workspace\n"
        "Vault(pathlib.Path('/nowhere'))\n"
        "Workspace(pathlib.Path('/nowhere'), datetime.datetime.now, os_user('me')).list()\n"
        "dear = {'keyring', 'cryptography', 'filelock', 'platformdirs', 'msal', 'requests', 'asyncio'}\n"
        "print(sorted(dear & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
