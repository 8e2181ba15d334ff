"""Whether a window can be shown here; asked before Qt is, which would abort the process. Imports no Qt."""

import ctypes
import ctypes.util
import importlib.util
import os
import sys
from collections.abc import Mapping
from pathlib import Path

_WITHOUT_SCREEN = {"offscreen", "minimal", "minimalegl", "vnc", "linuxfb", "eglfs", "vkkhrdisplay"}
_ALWAYS = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libfreetype.so.6": "libfreetype6",
    "libfontconfig.so.1": "libfontconfig1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libglib-2.0.so.0": "libglib2.0-0",
}
_ON_X11 = {
    "libX11.so.6": "libx11-6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
_ON_WAYLAND = {"libwayland-client.so.0": "libwayland-client0", "libwayland-cursor.so.0": "libwayland-cursor0"}
"""System libraries that Qt's wheels do not bring, with the Debian package that does."""


def why_no_window(environment: Mapping[str, str] = os.environ) -> str | None:
    """Why no window can be shown, as a clause for one line ("neither DISPLAY nor …"); None if one can."""
    if importlib.util.find_spec("PySide6") is None:
        return "PySide6 is not installed here (pip install PySide6-Essentials)"
    if not sys.platform.startswith("linux"):
        return None
    platform = environment.get("QT_QPA_PLATFORM", "").split(";")[0].split(":")[0]
    if platform in _WITHOUT_SCREEN:
        return _missing(_ALWAYS)
    wayland, x11 = _wayland(environment, platform), environment.get("DISPLAY", "") if platform != "wayland" else ""
    if not wayland and not x11:
        wanted = {"xcb": "DISPLAY is not set", "wayland": "no Wayland compositor answers"}
        return wanted.get(platform, "neither DISPLAY nor WAYLAND_DISPLAY is set")
    if wayland:
        lacks = _missing(_ALWAYS | _ON_WAYLAND)
        if not lacks or not x11:
            return lacks
    return _missing(_ALWAYS | _ON_X11) or _x11_refuses(x11)


def why_no_qt() -> str | None:
    """Why not even a page can be drawn, without any display; None if one can."""
    return why_no_window({"QT_QPA_PLATFORM": "offscreen"})


def _wayland(environment: Mapping[str, str], platform: str) -> bool:
    """Whether there is a Wayland compositor's socket and it is not ruled out."""
    name = environment.get("WAYLAND_DISPLAY", "")
    if not name or platform not in ("", "wayland", "wayland-egl"):
        return False
    return (Path(environment.get("XDG_RUNTIME_DIR", "/")) / name).exists()


def _missing(libraries: Mapping[str, str]) -> str | None:
    """What to install, if something Qt needs is not on this system."""
    absent = [name for name in libraries if not _loads(name)]
    if not absent:
        return None
    packages = " ".join(libraries[name] for name in absent)
    return f"{', '.join(absent)} not found (on Debian: apt-get install {packages})"


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _x11_refuses(display: str) -> str | None:
    """Asks the X server for a connection, as Qt will."""
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = (ctypes.c_char_p, ctypes.c_void_p)
    xcb.xcb_connection_has_error.argtypes = (ctypes.c_void_p,)
    xcb.xcb_disconnect.argtypes = (ctypes.c_void_p,)
    connection = xcb.xcb_connect(display.encode(), None)
    error = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    return f"the X server of DISPLAY={display} does not answer" if error else None
