"""Whether this computer wakes o365desk while its window is closed: read in a worker, said in a banner."""

from dataclasses import dataclass
from datetime import datetime

from o365desk.app import App
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.text import wording

WAKE = "&Wake o365desk while closed…"


@dataclass(frozen=True)
class Wakes:
    """How it stands. `scheduler` is what people call it, "" where there is none; `proven`: when it reported last,
    `proof` whether all was well then; `last` is the last heartbeat; `trouble` is what is wrong."""

    scheduler: str = ""
    installed: bool = False
    enabled: bool | None = None
    same: bool = True
    proven: datetime | None = None
    good: bool = False
    last: datetime | None = None
    trouble: Problem | None = None
    session: bool = False

    @property
    def wakes(self) -> bool:
        """Whether it does, as far as is known."""
        return self.installed and self.enabled is not False and self.trouble is None


def read(app: App) -> Wakes:
    """Asks the system, in a worker. Never raises for what it says."""
    if app.practice:
        return Wakes(session=True)
    waking = app.waking
    try:
        waker = waking.waker()
        standing = waker.standing()
    except ProblemError as error:
        return Wakes(trouble=error.problem, last=waking.last_wake())
    proven = waking.proven() if standing.installed else None
    return Wakes(
        scheduler=waker.title,
        installed=standing.installed,
        enabled=standing.enabled,
        same=standing.same,
        proven=proven[0] if proven else None,
        good=proven is not None and proven[1].good,
        last=waking.last_wake(),
        trouble=waking.trouble() if standing.installed else None,
    )


def said(wakes: Wakes, now: datetime) -> tuple[str, str, str]:
    """Level, title and text of the banner."""
    if wakes.session:
        text = "Nothing of a practice session outlives it, so nothing can wake it."
        return "info", "Tasks run while this window is open", text
    if wakes.trouble:
        text = f"{wakes.trouble.cause} Tasks run while this window is open."
        return "warn", wakes.trouble.title, text
    if not wakes.installed:
        text = "Nothing wakes o365desk on this computer while it is closed: what is due then is missed."
        return "info", "Tasks run while this window is open only", text
    if wakes.enabled is False:
        text = "Somebody turned it off: what is due while this window is closed is missed."
        return "warn", f"{_upper(wakes.scheduler)} has an entry of o365desk that is off", text
    heart = f"The last wake was {wording.age(wakes.last, now)}." if wakes.last else "No wake has come yet."
    if wakes.proven is None:
        return "warn", f"{_upper(wakes.scheduler)} is to wake o365desk, which is not proven", heart
    proven = f"Proven {wording.age(wakes.proven, now)}. {heart}"
    if not wakes.good:
        return "warn", f"{_upper(wakes.scheduler)} wakes o365desk, and its proof showed something amiss", proven
    if not wakes.same:
        return "warn", f"{_upper(wakes.scheduler)} wakes o365desk by an entry of another version", proven
    return "good", f"{_upper(wakes.scheduler)} wakes o365desk every five minutes", proven


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
