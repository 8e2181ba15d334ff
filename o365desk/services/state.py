"""State: what this machine's user knows and does not share, in one SQLite file. GUI and CLI use it at once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from o365desk.model.datasource import DataSource
from o365desk.model.status import Authorisation, Evidence


@dataclass(frozen=True)
class Draft:
    """What was typed and not saved. `base` is the file version it started from, None for a new data source."""

    source: DataSource
    base: str | None
    at: datetime


@dataclass(frozen=True)
class Notice:
    """Something the person was told. `level` is info, good, warn or bad; `detail` is a problem's long form."""

    at: datetime
    level: str
    text: str
    detail: str = ""
    source_id: str = ""


class State:
    """The state file; made, and stepped to the newest schema (after a copy), when first used."""

    def __init__(self, file: Path, clock: Callable[[], datetime]) -> None: ...

    def close(self) -> None:
        """Lets go of the file. It opens again on the next use."""

    def evidence(self, source_id: str) -> tuple[Evidence | None, Evidence | None]:
        """The last test that ended in succeeded or failed, and the last of all."""
        raise NotImplementedError

    def all_evidence(self) -> dict[str, tuple[Evidence | None, Evidence | None]]:
        """The same for every data source in one read, without the reports."""
        raise NotImplementedError

    def record_evidence(self, source_id: str, evidence: Evidence) -> None:
        """Keeps a test's outcome; the last 50 per data source stay."""
        raise NotImplementedError

    def authorisation(self, source_id: str) -> Authorisation | None:
        """Who authorised the connection on this machine, if anyone did."""
        raise NotImplementedError

    def all_authorisations(self) -> dict[str, Authorisation]:
        """The same for every data source in one read."""
        raise NotImplementedError

    def record_authorisation(self, source_id: str, authorisation: Authorisation | None) -> None:
        """Keeps it, or forgets it (None)."""
        raise NotImplementedError

    def drafts(self, workspace: Path) -> list[Draft]:
        """Everything typed and not saved in a workspace, the latest first."""
        raise NotImplementedError

    def keep_draft(self, workspace: Path, source: DataSource, base: str | None) -> None:
        """Keeps what was typed (never a secret), replacing the draft of the same data source."""
        raise NotImplementedError

    def drop_draft(self, workspace: Path, source_id: str) -> None:
        """Forgets a draft: it was saved, or discarded."""
        raise NotImplementedError

    def add_notice(self, level: str, text: str, detail: str = "", source_id: str = "") -> Notice:
        """Keeps a notice; the last 1,000 stay."""
        raise NotImplementedError

    def notices(self, limit: int = 200) -> list[Notice]:
        """The latest notices first."""
        raise NotImplementedError

    def remembered(self, key: str) -> bytes | None:
        """A remembered value, such as the window's place."""
        raise NotImplementedError

    def remember(self, key: str, value: bytes) -> None:
        """Keeps a value under a key."""
        raise NotImplementedError
