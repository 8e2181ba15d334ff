"""The programs that this one starts. All are started here, by this Python: it looks for modules where it was
installed and not in the current folder, nor where PYTHONPATH says; for programs, not in the current folder
either, which may be a workspace that strangers write to. Imports nothing of ours."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_ISOLATED = ("-E", "-P")
"""Not -I, which would also leave out what a user installed for themselves, this program perhaps."""

_PLAIN = (
    "PATH", "HOME", "USERPROFILE", "SYSTEMROOT", "WINDIR", "TEMP", "TMP", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE",
    "TZ", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
)  # fmt: skip
"""What a program of ours needs to run. Anything else may be a secret, or change what it does."""

_BROWSE = "import sys, webbrowser; sys.exit(not webbrowser.open(sys.argv[1]))"


def ours(*words: str) -> subprocess.Popen[bytes]:
    """Starts `o365desk` with these words, with pipes for standard input and output and a bare environment."""
    plain = {name: os.environ[name] for name in _PLAIN if name in os.environ}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    return subprocess.Popen(**_python("-m", "o365desk", *words, environment=plain), **pipes)  # type: ignore[call-overload,no-any-return]


def browse(address: str) -> bool:
    """Shows an address in the system's browser, which gets the person's environment, as from a desktop. False where
    there is none."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("O365DESK_")}
    return subprocess.call(**_python("-c", _BROWSE, address, environment=own)) == 0


def _python(*words: str, environment: Mapping[str, str]) -> dict[str, object]:
    command = [sys.executable, *_ISOLATED, *words]
    return {"args": command, "env": environment, "cwd": Path(sys.executable).parent}
