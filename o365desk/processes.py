"""The programs that this one starts: all of them. Ours run by this Python, which looks for modules where they were
installed, not in the current folder nor where PYTHONPATH says, and works in its own folder: the current one may be
a workspace that strangers write to. Others are the system's schedulers, and what a person has armed to run after a
task. Imports nothing of ours."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Ended:
    """How another program ended: its exit code, None where it could not be started or took too long (then `err`
    says which), and what it said."""

    code: int | None
    out: str = ""
    err: str = ""


def command(*words: str) -> list[str]:
    """The words with which any program starts one of our commands, whatever it takes texts for."""
    return _python("-X", "utf8", "-m", "o365desk", *words)


def windows_line(words: Sequence[str]) -> str:
    """Words as one line, which programs of Windows read back as these."""
    return subprocess.list2cmdline(words)


def system(words: Sequence[str], *, given: bytes | None = None, seconds: float = 30.0) -> Ended:
    """Runs a program of the system, in the person's environment without what is ours, and in plain English."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("O365DESK_")}
    return _ended(words, own | {"LC_ALL": "C.UTF-8"}, given, seconds)


def after(words: Sequence[str], told: Mapping[str, str], seconds: float) -> Ended:
    """Runs what a person has armed to run after a task: no shell, a bare environment and what it is `told`. It is
    looked for where PATH says, and never in the current folder."""
    plain = {name: os.environ[name] for name in _PLAIN if name in os.environ}
    program = found(words[0])
    if not program:
        return Ended(None, err=f"there is no program “{words[0]}”")
    return _ended([program, *words[1:]], plain | dict(told), None, seconds)


def found(program: str) -> str:
    """Where a program is, "" for nowhere: by its whole path, or by its name and PATH."""
    if Path(program).is_absolute():
        return program if os.access(program, os.X_OK) and Path(program).is_file() else ""
    if os.sep in program or (os.altsep and os.altsep in program):
        return ""  # beside wherever this happens to run
    where = os.pathsep.join(each for each in os.environ.get("PATH", os.defpath).split(os.pathsep) if each)
    return shutil.which(program, path=where) or ""


def _ended(words: Sequence[str], own: Mapping[str, str], given: bytes | None, seconds: float) -> Ended:
    try:
        done = subprocess.run(
            list(words), env=dict(own), cwd=_folder(), input=given or b"", capture_output=True, timeout=seconds,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return Ended(None, err=f"it did not end in {seconds:.0f} seconds")
    except (OSError, ValueError) as error:
        return Ended(None, err=getattr(error, "strerror", "") or str(error))
    out, err = (text.decode("utf-8", "surrogateescape") for text in (done.stdout, done.stderr))
    return Ended(done.returncode, out, err)


def _python(*words: str) -> list[str]:
    return [sys.executable, *_ISOLATED, *words]


def _folder() -> Path:
    return Path(sys.executable).parent
