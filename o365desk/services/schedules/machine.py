"""This computer: its name and id, its time zone, and for how long it has been awake."""

import contextlib
import os
import socket
import sys
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from o365desk.services.state.state import State

_KEY = "machine-id"
_LOCALTIME = Path("/etc/localtime")
_FOLDER = "zoneinfo/"
_BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Machine:
    """Where tasks run: `name` is for people, `id` tells two of one name apart."""

    name: str
    id: str


def this(state: State) -> Machine:
    """This computer, as its user's state knows it."""
    made = state.remembered(_KEY) or state.change(_KEY, lambda found: found or uuid.uuid4().hex[:16].encode())
    return Machine(socket.gethostname()[:100] or "this computer", made.decode())


@dataclass(frozen=True)
class Uptime:
    """`boot` names the time since this computer was started, "" where that is not known; `awake` are the seconds
    since then, without those asleep where the system tells them apart (Windows does not)."""

    boot: str
    awake: float


def uptime() -> Uptime:
    """As it is now."""
    boot = ""
    with contextlib.suppress(OSError):
        boot = _BOOT.read_text().strip()
    return Uptime(boot, time.monotonic())


def signed_in_for() -> float | None:
    """Seconds since this user signed in, None where that is not known."""
    folder = os.environ.get("XDG_RUNTIME_DIR", "")
    with contextlib.suppress(OSError):
        return time.time() - Path(folder, "systemd").stat().st_ctime if folder else None
    return None


def time_zone(environment: str | None = None, localtime: Path = _LOCALTIME) -> str:
    """The IANA name of its time zone; "UTC" where the system does not tell. Its present offset would be none: that
    ignores the change of clocks. `environment` is what TZ says (None: as it is)."""
    named = os.environ.get("TZ", "") if environment is None else environment
    candidates = [named.removeprefix(":")]
    if sys.platform == "win32":
        candidates.append(_zone_of_windows())
    else:
        with contextlib.suppress(OSError):
            candidates.append(str(localtime.resolve()).rpartition(_FOLDER)[2])
    return next((name for name in candidates if _is_known(name)), "UTC")


def _is_known(name: str) -> bool:
    with contextlib.suppress(KeyError, ValueError, OSError):
        return bool(name) and bool(ZoneInfo(name).key)
    return False


def _zone_of_windows() -> str:
    """As Windows' own ICU has it: the registry knows Windows' names only."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        name, error = ctypes.create_unicode_buffer(128), ctypes.c_int(0)
        ctypes.CDLL("icu.dll").ucal_getDefaultTimeZone(name, 128, ctypes.byref(error))
        return name.value if error.value <= 0 else ""
    return ""
