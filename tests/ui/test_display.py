"""Whether a window can be shown is found out without Qt, told in one line, and never ends in an abort."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from o365desk.ui import display
from o365desk.ui.display import why_no_window

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a screen")


@pytest.fixture
def complete(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system on which no library is missing."""
    monkeypatch.setattr(display, "_loads", lambda library: True)


@pytest.mark.parametrize(
    "platform", ["offscreen", "minimal", "vnc:size=800x600", "offscreen;xcb", "linuxfb:fb=/dev/fb0"]
)
def test_platforms_without_a_screen_need_none(complete: None, platform: str) -> None:
    assert why_no_window({"QT_QPA_PLATFORM": platform}) is None


def test_without_display_it_says_so(complete: None) -> None:
    assert why_no_window({}) == "neither DISPLAY nor WAYLAND_DISPLAY is set"
    assert why_no_window({"QT_QPA_PLATFORM": "xcb", "WAYLAND_DISPLAY": "wayland-0"}) == "DISPLAY is not set"
    assert why_no_window({"QT_QPA_PLATFORM": "wayland", "DISPLAY": ":0"}) == "no Wayland compositor answers"


def test_an_x_server_that_does_not_answer_is_named(complete: None) -> None:
    assert why_no_window({"DISPLAY": ":4711"}) == "the X server of DISPLAY=:4711 does not answer"


def test_a_missing_library_is_named_with_the_package_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(display, "_loads", lambda library: library not in ("libxcb-cursor.so.0", "libEGL.so.1"))
    reason = why_no_window({"DISPLAY": ":0"})
    assert reason is not None
    assert "libEGL.so.1, libxcb-cursor.so.0 not found" in reason
    assert "apt-get install libegl1 libxcb-cursor0" in reason
    assert "\n" not in reason
    offscreen = why_no_window({"QT_QPA_PLATFORM": "offscreen"})
    assert offscreen is not None
    assert "libEGL.so.1" in offscreen
    assert "cursor" not in offscreen


def test_a_wayland_compositor_will_do(complete: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX) as compositor:
        monkeypatch.chdir(tmp_path)  # a socket's path must be short
        compositor.bind("wayland-7")
        there = {"WAYLAND_DISPLAY": "wayland-7", "XDG_RUNTIME_DIR": str(tmp_path)}
        assert why_no_window(there) is None
        assert why_no_window(there | {"WAYLAND_DISPLAY": "wayland-8"}) is not None


def test_where_wayland_lacks_a_library_x11_is_tried(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(display, "_loads", lambda library: "wayland" not in library)
    (tmp_path / "wayland-0").touch()
    there = {"WAYLAND_DISPLAY": "wayland-0", "XDG_RUNTIME_DIR": str(tmp_path)}
    assert "libwayland-client0" in str(why_no_window(there))
    assert why_no_window(there | {"DISPLAY": ":4711"}) == "the X server of DISPLAY=:4711 does not answer"


def test_without_pyside_it_says_what_to_install() -> None:
    code = (
        "import importlib.util as u; real = u.find_spec; "
        "u.find_spec = lambda name, *a: None if name == 'PySide6' else real(name, *a); "
        "from o365desk.ui.display import why_no_window; print(why_no_window({}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "PySide6 is not installed" in done.stdout


@pytest.mark.parametrize("variables", [{}, {"DISPLAY": ":4711"}, {"WAYLAND_DISPLAY": "nowhere"}])
def test_asking_never_aborts_and_imports_no_qt_of_its_own(variables: dict[str, str]) -> None:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    code = (
        "import runpy, sys; found = runpy.run_path(sys.argv[1])['why_no_window'](); print(found); "
        "assert not any('PySide6' in name for name in sys.modules); assert found"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(display.__file__)], env=kept | variables, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.strip().splitlines()) == 1
