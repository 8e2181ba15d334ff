"""Which scheduler this computer has."""

import os
import sys
from pathlib import Path

from o365desk import processes
from o365desk.model.problems import Problem, ProblemError
from o365desk.services.schedules.waking.crontab import Crontab
from o365desk.services.schedules.waking.entry import Programs, Waker, entry_for
from o365desk.services.schedules.waking.launchd import Launchd
from o365desk.services.schedules.waking.systemd import Systemd
from o365desk.services.schedules.waking.windows import Windows


def choose(
    using: str, workspace: Path, programs: Programs, *, system: str = sys.platform, home: Path | None = None
) -> Waker:
    """The scheduler of this computer, or the one that is named. Raises ProblemError where there is none."""
    key = using or {"darwin": "launchd", "win32": "windows"}.get(system, "")
    if not key:
        booted = Path("/run/systemd/system").is_dir() and bool(os.environ.get("XDG_RUNTIME_DIR"))
        key = "systemd" if booted else "cron" if processes.found("crontab") else ""
    entry, home = entry_for(workspace, key or "cron"), home or Path.home()
    if key == "systemd":
        return Systemd(entry, programs, home)
    if key == "launchd":
        return Launchd(entry, programs, home)
    if key == "windows":
        return Windows(entry, programs)
    if key == "cron":
        return Crontab(entry, programs)
    raise ProblemError(
        Problem(
            title="This computer has no scheduler that o365desk can use",
            cause="There is neither a systemd of the user nor a crontab; in a container there usually is none.",
            remedy="Let the host’s scheduler run this every five minutes: o365desk schedule run-due",
            code="no-scheduler",
        )
    )
