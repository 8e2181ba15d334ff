"""A timer of the user's systemd. It counts in UTC, so that no change of clocks takes a wake away, and starts at
once what was due while it could not."""

import os
import re
from pathlib import Path

from o365desk import files
from o365desk.model.problems import ProblemError
from o365desk.processes import Ended
from o365desk.services.schedules.waking.entry import MINUTES, Entry, Programs, Shown, Standing, done

_EXEC = re.compile(r'^ExecStart="((?:[^"\\]|\\.)*)"', re.MULTILINE)


class Systemd:
    """See `entry.Waker`."""

    key, title, starts = "systemd", "the user’s systemd", True
    notes: tuple[str, ...] = (
        "It wakes while you are signed in. To have it wake without: loginctl enable-linger; then the keychain may "
        "be locked.",
    )

    def __init__(self, entry: Entry, programs: Programs, home: Path) -> None:
        self._entry, self._programs = entry, programs
        config = os.environ.get("XDG_CONFIG_HOME", "")
        self._folder = (Path(config) if config else home / ".config") / "systemd" / "user"
        self._service = self._folder / f"{entry.name}.service"
        self._timer = self._folder / f"{entry.name}.timer"

    def texts(self) -> list[Shown]:
        """The two unit files."""
        carried = "".join(f"Environment={_quoted(f'{key}={value}')}\n" for key, value in self._entry.environment)
        service = (
            "[Unit]\nDescription=o365desk: run the scheduled tasks that are due\n\n"
            "[Service]\nType=oneshot\n"
            f"ExecStart={' '.join(_command_word(word) for word in self._entry.words)}\n"
            f"{carried}"
            # Without it a run that hangs would end all wakes.
            "TimeoutStartSec=6h\n"
        )
        timer = (
            "[Unit]\nDescription=o365desk: look every five minutes whether a task is due\n\n"
            f"[Timer]\nOnCalendar=*:0/{MINUTES} UTC\nPersistent=true\nAccuracySec=15s\n\n"
            "[Install]\nWantedBy=timers.target\n"
        )
        return [Shown(str(self._service), service), Shown(str(self._timer), timer)]

    def standing(self) -> Standing:
        """By the files, and by what systemd says of the timer."""
        found = {shown.where: _read(Path(shown.where)) for shown in self.texts()}
        if None in found.values():
            return Standing(installed=any(text is not None for text in found.values()))
        enabled = self._ctl("is-enabled", self._timer.name).code == 0
        active = self._ctl("is-active", self._timer.name).code == 0
        program = _EXEC.search(found[str(self._service)] or "")
        same = all(found[shown.where] == shown.text for shown in self.texts())
        return Standing(True, enabled and active, same, _unquoted(program[1]) if program else "")

    def install(self) -> None:
        """Writes both, and enables the timer."""
        files.make_folder(self._folder)
        for shown in self.texts():
            _write(Path(shown.where), shown.text)
        done(self._ctl("daemon-reload"), "Reading the timer")
        done(self._ctl("enable", "--now", self._timer.name), "Enabling the timer")
        done(self._ctl("restart", self._timer.name), "Starting the timer")

    def start(self) -> None:
        """Starts the service, and does not wait for it."""
        done(self._ctl("start", "--no-block", self._service.name), "Starting the service")

    def uninstall(self) -> bool:
        """Disables the timer, and removes both files and the stamp."""
        there = any(path.exists() for path in (self._timer, self._service))
        if there:
            self._ctl("disable", "--now", self._timer.name)
            self._ctl("clean", "--what=state", self._timer.name)
            for path in (self._timer, self._service):
                files.remove(path)
            self._ctl("daemon-reload")
            self._ctl("reset-failed", self._service.name)
        return there

    def _ctl(self, *words: str) -> Ended:
        return self._programs(["systemctl", "--user", *words])


def _quoted(text: str) -> str:
    """A word in a unit file, in which systemd sees no specifier of its own."""
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("%", "%%")
    return f'"{text}"'


def _command_word(word: str) -> str:
    return _quoted(word).replace("$", "$$")


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text.replace("%%", "%").replace("$$", "$"))


def _read(path: Path) -> str | None:
    try:
        return files.read(path).decode("utf-8", "replace")
    except FileNotFoundError:
        return None


def _write(path: Path, text: str) -> None:
    try:
        files.write(path, text.encode(), mode=0o644)
    except OSError as error:
        raise ProblemError(files.problem(f"{path.name} could not be written", error, path.parent)) from error
