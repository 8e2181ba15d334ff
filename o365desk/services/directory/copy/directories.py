"""The imported directories of this computer, for those who may look at them: whoever may run User List."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem, ProblemError
from o365desk.services.directory.copy.store import Copy

if TYPE_CHECKING:
    from o365desk.services.directory.copy.directory import Directory


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
