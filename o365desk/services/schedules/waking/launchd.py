"""An agent of the user's launchd. It is told each fifth minute by itself: what passes in sleep is then made up for
once, at the wake. It runs while its user is signed in."""

import os
import plistlib
import time
from pathlib import Path

from o365desk import files
from o365desk.model.problems import ProblemError
from o365desk.processes import Ended
from o365desk.services.schedules.waking.entry import MINUTES, Entry, Programs, Shown, Standing, done

_ALREADY = (0, 5, 37)
"""5 and 37: it is loaded still, or going down."""


class Launchd:
    """See `entry.Waker`."""

    key, title, starts = "launchd", "launchd", True
    notes: tuple[str, ...] = (
        "It wakes while you are signed in. macOS shows “Background items added”; the switch in Login Items must "
        "stay on. Folders such as Documents need Full Disk Access for the Python that runs it.",
    )

    def __init__(self, entry: Entry, programs: Programs, home: Path, user: int | None = None) -> None:
        self._entry, self._programs = entry, programs
        self._label = f"desk.o365.{entry.name.removeprefix('o365desk-')}"
        self._file = home / "Library" / "LaunchAgents" / f"{self._label}.plist"
        number = user if user is not None else os.getuid() if hasattr(os, "getuid") else 0
        self._domain = f"gui/{number}"

    def texts(self) -> list[Shown]:
        """The property list."""
        made = {
            "Label": self._label,
            "ProgramArguments": list(self._entry.words),
            "EnvironmentVariables": {"LANG": "en_US.UTF-8", **dict(self._entry.environment)},
            "StartCalendarInterval": [{"Minute": minute} for minute in range(0, 60, MINUTES)],
            "RunAtLoad": True,
            "ProcessType": "Standard",
        }
        return [Shown(str(self._file), plistlib.dumps(made, sort_keys=False).decode())]

    def standing(self) -> Standing:
        """By the file, and by whether launchd has it: what it prints is no interface."""
        try:
            data = files.read(self._file)
        except FileNotFoundError:
            return Standing()
        try:
            program = str(plistlib.loads(data)["ProgramArguments"][0])
        except (plistlib.InvalidFileException, KeyError, IndexError, TypeError, ValueError):
            program = ""
        loaded = self._ctl("print", self._target).code == 0
        return Standing(True, loaded, data.decode("utf-8", "replace") == self.texts()[0].text, program)

    def install(self) -> None:
        """Writes it, and loads it anew."""
        files.make_folder(self._file.parent)
        try:
            files.write(self._file, self.texts()[0].text.encode(), mode=0o644)
        except OSError as error:
            raise ProblemError(files.problem("The agent was not written", error, self._file.parent)) from error
        self._ctl("bootout", self._target)
        self._ctl("enable", self._target)
        ended = self._ctl("bootstrap", self._domain, str(self._file))
        for _ in range(5):
            if ended.code not in _ALREADY[1:]:
                break
            time.sleep(1)  # it goes down still
            ended = self._ctl("bootstrap", self._domain, str(self._file))
        done(ended, "Loading the agent")

    def start(self) -> None:
        """One wake, now."""
        done(self._ctl("kickstart", self._target), "Starting the agent")

    def uninstall(self) -> bool:
        """Unloads it, and removes the file."""
        there = self._file.exists()
        if there:
            self._ctl("bootout", self._target)
            files.remove(self._file)
        return there

    @property
    def _target(self) -> str:
        return f"{self._domain}/{self._label}"

    def _ctl(self, *words: str) -> Ended:
        return self._programs(["launchctl", *words])
