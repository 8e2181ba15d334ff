"""The programs that this one starts: all of them, and all by this Python. It looks for modules where they were
installed, not in the current folder nor where PYTHONPATH says, and works in its own folder: the current one may be
a workspace that strangers write to. Imports nothing of ours."""

import os
import subprocess
import sys
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
    command = _python("-m", "o365desk", *words)
    return subprocess.Popen(command, env=plain, cwd=_folder(), stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def browse(address: str) -> bool:
    """Shows an address in the system's browser, which gets the person's environment, as from a desktop. False where
    there is none."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("O365DESK_")}
    return subprocess.call(_python("-c", _BROWSE, address), env=own, cwd=_folder()) == 0


def _python(*words: str) -> list[str]:
    return [sys.executable, *_ISOLATED, *words]


def _folder() -> Path:
    return Path(sys.executable).parent
