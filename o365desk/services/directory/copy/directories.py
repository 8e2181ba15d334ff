"""The imported directories of this computer, for those who may look at them: whoever may run User List."""

import contextlib
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.status import Lifetime
from o365desk.services.directory.copy.store import Copy

if TYPE_CHECKING:
    from o365desk.services.directory.copy.directory import Directory

_DELTA = timedelta(days=7)
"""For so long Microsoft keeps delta tokens of users and groups."""


class Directories:
    """See the module. `folder` holds the copies; `refused` says why whoever works here may not look at that
    of a data source (None: they may)."""

    def __init__(
        self, folder: Path, refused: Callable[[DataSource], Problem | None], clock: Callable[[], datetime]
    ) -> None:
        self._folder = folder
        self.refused = refused
        self._clock = clock

    def of(self, source: DataSource) -> "Directory":
        """The directory of a data source, which need not be imported yet. Raises ProblemError where whoever works
        here may not look at it."""
        from o365desk.services.directory.copy.directory import Directory

        if why := self.refused(source):
            raise ProblemError(why)
        return Directory(Copy(self._folder, source.id, self._clock), self._clock)

    def lifetimes(self, source: DataSource) -> list[Lifetime]:
        """When the delta link ends that the next import goes on from; after that it reads everything. Nothing where
        nothing was imported, the file is damaged (which whoever looks into it is told), or whoever works here may
        not look at it."""
        copy = Copy(self._folder, source.id, self._clock)
        if self.refused(source) or not copy.exists:
            return []
        with contextlib.suppress(sqlite3.DatabaseError), closing(_opened(copy.path)) as connection:
            row = connection.execute("SELECT as_of FROM imports ORDER BY number DESC LIMIT 1").fetchone()
            if row:
                ends = datetime.fromisoformat(row[0]) + _DELTA
                return [Lifetime("delta", "The delta link of the import", ends, (3,))]
        return []


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
