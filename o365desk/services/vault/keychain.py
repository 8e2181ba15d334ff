"""The operating system's keychain, through `keyring`, with a time limit: a keychain may wait for a password, or for
a service that is not there, for ever."""

import json
import sys
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.model.secret import Secret

SERVICE = "o365desk"
PROBE_SECONDS = 10.0
"""How long the first question may take. A keychain that is unlocked at log-in answers in milliseconds."""
CALL_SECONDS = 60.0
"""How long a later one may take: the system may ask the person to allow it."""
WINDOWS_BYTES = 2560
"""What Windows' Credential Manager holds in one entry, in UTF-16."""
_REAL = ("macOS", "Windows", "SecretService", "libsecret", "kwallet")

_Result = TypeVar("_Result")


class Unavailable(Exception):  # noqa: N818 - it is a state, told to the person in a sentence
    """There is no keychain to use; the text says why, in the middle of a sentence."""


class Keychain:
    """One entry per owner, which holds the owner's secrets by name: so that all can be forgotten at once."""

    def __init__(
        self, backend: Any = None, *, probe_seconds: float = PROBE_SECONDS, call_seconds: float = CALL_SECONDS
    ) -> None:
        """Finds the keychain, or takes the `keyring` backend given, and tries it. Raises Unavailable."""
        self._seconds = call_seconds
        found = _in_time(lambda: _probe(backend), probe_seconds)
        if isinstance(found, _Failure):
            raise Unavailable(found.reason)
        self._backend, self.title = found

    def read(self, owner: str) -> dict[str, Secret]:
        """All secrets of an owner. Raises ProblemError when the keychain refuses."""
        found = self._call(lambda: _wrap(self._backend.get_password(SERVICE, owner)), "read")
        return found or {}

    def write(self, owner: str, secrets: dict[str, Secret]) -> None:
        """Replaces all secrets of an owner. Raises ProblemError when they are too long or the keychain refuses."""
        if not secrets:
            self._call(lambda: _delete(self._backend, owner), "deleted")
            return
        if sys.platform == "win32" and len(_text(secrets)) * 2 > WINDOWS_BYTES:
            raise ProblemError(
                Problem(
                    title="The secret is too long for Windows' Credential Manager",
                    cause=f"One data source can keep {WINDOWS_BYTES // 2} characters there.",
                    remedy="Use a shorter one, or set O365DESK_VAULT_PASSPHRASE to keep secrets in a locked file.",
                    code="secret-too-long",
                )
            )
        self._call(lambda: self._backend.set_password(SERVICE, owner, _text(secrets)), "kept")

    def _call(self, act: Callable[[], _Result], done: str) -> _Result:
        found = _in_time(act, self._seconds)
        if isinstance(found, _Failure):
            raise ProblemError(
                Problem(
                    title=f"The secret could not be {done}",
                    cause=f"{self.title}: {found.reason}.",
                    remedy="Unlock the keychain, allow o365desk to use it, and try again.",
                    action=Action.RETRY,
                    code="keychain",
                    conclusive=False,
                )
            )
        return found


class _Failure:
    """Why it failed; not the exception itself, since its traceback holds the secret among the frames' locals."""

    def __init__(self, reason: str) -> None:
        self.reason = reason


class _Box(Generic[_Result]):
    result: "_Result | _Failure | None" = None


def _in_time(act: Callable[[], _Result], seconds: float) -> "_Result | _Failure":
    """Does it in a thread that is left behind when it hangs."""
    box: _Box[_Result] = _Box()

    def run() -> None:
        try:
            box.result = act()
        except Unavailable as error:
            box.result = _Failure(str(error))
        except Exception as error:  # noqa: BLE001 - backends raise whatever D-Bus, COM or the system gives them
            box.result = _Failure(_reason(error))

    thread = threading.Thread(target=run, name="keychain", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        return _Failure(f"the keychain did not answer in {seconds:g} seconds; it may be waiting to be unlocked")
    return box.result  # type: ignore[return-value]


def _reason(error: Exception) -> str:
    """The kind of error and no more: its text may quote what was to be kept."""
    kinds = {
        "KeyringLocked": "is locked",
        "InitError": "could not be opened",
        "PasswordSetError": "did not allow it",
    }
    return f"the keychain {kinds.get(type(error).__name__, f'failed ({type(error).__name__})')}"


def _probe(backend: Any) -> tuple[Any, str]:
    backend = backend if backend is not None else _find()
    backend.get_password(SERVICE, "probe")
    return backend, str(getattr(backend, "name", type(backend).__module__))


def _find() -> Any:
    import keyring
    from keyring.backend import KeyringBackend
    from keyring.backends.chainer import ChainerBackend

    chosen: KeyringBackend = keyring.get_keyring()
    members = list(chosen.backends) if isinstance(chosen, ChainerBackend) else [chosen]
    real = next((member for member in members if _is_real(member)), None)
    if real is None:
        raise Unavailable("this computer has no keychain that o365desk trusts")
    return real


def _is_real(backend: Any) -> bool:
    package, _, name = type(backend).__module__.partition("keyring.backends.")
    return not package and name.split(".")[0] in _REAL


def _text(secrets: dict[str, Secret]) -> str:
    return json.dumps({name: secret.reveal() for name, secret in secrets.items()}, ensure_ascii=False)


def _wrap(text: str | None) -> dict[str, Secret]:
    if text is None:
        return {}
    found = json.loads(text)
    return {str(name): Secret(str(value)) for name, value in found.items()}


def _delete(backend: Any, owner: str) -> None:
    if backend.get_password(SERVICE, owner) is not None:
        backend.delete_password(SERVICE, owner)
