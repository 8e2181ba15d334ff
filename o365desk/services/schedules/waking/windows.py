"""A task of Windows' Task Scheduler, given as XML: in UTF-16 with a mark, or it is refused. It runs while its user
is signed in, as only then the Credential Manager opens by itself."""

import csv
import io
import tempfile
from pathlib import Path
from xml.etree import ElementTree as Xml
from xml.sax.saxutils import escape

from o365desk import processes
from o365desk.processes import Ended
from o365desk.services.schedules.waking.entry import MINUTES, Entry, Programs, Shown, Standing, done

_SPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"


class Windows:
    """See `entry.Waker`."""

    key, title, starts = "windows", "the Task Scheduler", True
    notes: tuple[str, ...] = (
        "It runs only while you are signed in. A passphrase file must be set for your account "
        "(setx O365DESK_VAULT_PASSPHRASE_FILE …): a task has no environment of its own.",
    )

    def __init__(self, entry: Entry, programs: Programs, user: str = "") -> None:
        """`user` is the SID of whose task it is ("": asked for when needed)."""
        self._entry, self._programs, self._user = entry, programs, user
        self._name = f"\\o365desk\\{entry.name.removeprefix('o365desk-')}"

    def texts(self) -> list[Shown]:
        """The task."""
        user, (program, *words) = escape(self._sid()), self._entry.words
        command, arguments = escape(_windowless(program)), escape(processes.windows_line(words))
        return [
            Shown(
                f"Task Scheduler {self._name}",
                f"""<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="{_SPACE}">
  <RegistrationInfo><Description>o365desk: runs the scheduled tasks that are due</Description></RegistrationInfo>
  <Triggers>
    <TimeTrigger>
      <Repetition><Interval>PT{MINUTES}M</Interval><StopAtDurationEnd>false</StopAtDurationEnd></Repetition>
      <StartBoundary>2020-01-01T00:00:00</StartBoundary>
      <Enabled>true</Enabled>
    </TimeTrigger>
    <LogonTrigger><Enabled>true</Enabled><UserId>{user}</UserId></LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>{user}</UserId><LogonType>InteractiveToken</LogonType><RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <RunOnlyIfNetworkAvailable>false</RunOnlyIfNetworkAvailable>
    <WakeToRun>false</WakeToRun>
    <ExecutionTimeLimit>PT6H</ExecutionTimeLimit>
    <Priority>6</Priority>
  </Settings>
  <Actions Context="Author"><Exec><Command>{command}</Command><Arguments>{arguments}</Arguments></Exec></Actions>
</Task>
""",
            )
        ]

    def standing(self) -> Standing:
        """As the system gives it back, to which it may have added: what matters is compared, not the text."""
        ended = self._tasks("/Query", "/TN", self._name, "/XML")
        if ended.code != 0:
            return Standing()
        ours, theirs = _parts(self.texts()[0].text), _parts(ended.out)
        return Standing(True, theirs["enabled"] != "false", _same(ours, theirs), theirs["command"])

    def install(self) -> None:
        """Registers it, or replaces it."""
        with tempfile.TemporaryDirectory(prefix="o365desk-task-") as folder:
            file = Path(folder, "task.xml")
            file.write_bytes(b"\xff\xfe" + self.texts()[0].text.replace("\n", "\r\n").encode("utf-16-le"))
            done(self._tasks("/Create", "/TN", self._name, "/XML", str(file), "/F"), "Registering the task")

    def start(self) -> None:
        """One wake, now."""
        done(self._tasks("/Run", "/TN", self._name), "Starting the task")

    def uninstall(self) -> bool:
        """Removes it."""
        there = self._tasks("/Query", "/TN", self._name).code == 0
        if there:
            done(self._tasks("/Delete", "/TN", self._name, "/F"), "Removing the task")
        return there

    def _sid(self) -> str:
        """Whose task it is: by name, a domain's and a local account could be mistaken for each other."""
        if not self._user:
            ended = done(self._programs(["whoami", "/user", "/fo", "csv", "/nh"]), "Asking who you are")
            rows = [row for row in csv.reader(io.StringIO(ended.out)) if row]
            self._user = rows[-1][-1].strip() if rows else ""
        return self._user

    def _tasks(self, *words: str) -> Ended:
        return self._programs(["schtasks", *words])


def _windowless(program: str) -> str:
    """The Python that opens no console: another one would flash up every five minutes."""
    path = Path(program)
    other = path.with_name(path.name.lower().replace("python", "pythonw", 1))
    return str(other) if path.name.lower() == "python.exe" and other.is_file() else program


def _parts(text: str) -> dict[str, str]:
    """What matters of a task's XML."""
    try:
        root = Xml.fromstring(text[text.find("<Task") :])  # noqa: S314 - of the system
    except Xml.ParseError:
        return {"command": "", "arguments": "", "enabled": "", "interval": ""}
    names = {"command": "Command", "arguments": "Arguments", "interval": "Interval"}
    found = {key: root.findtext(f".//{{{_SPACE}}}{name}") or "" for key, name in names.items()}
    return found | {"enabled": root.findtext(f"{{{_SPACE}}}Settings/{{{_SPACE}}}Enabled") or "true"}


def _same(ours: dict[str, str], theirs: dict[str, str]) -> bool:
    return all(ours[key] == theirs[key] for key in ("command", "arguments", "interval"))
