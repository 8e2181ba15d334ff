"""How far a plan is made."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from o365desk.model.run import PlanProgress

if TYPE_CHECKING:
    from o365desk.services.graph.client import Pause


class PlanTelling:
    """Tells how far a plan is made. A wait is told in place of the work that it holds up, and then that again."""

    def __init__(self, total: int, tell: Callable[[PlanProgress], None]) -> None:
        self._tell = tell
        self._last = PlanProgress(done=0, total=total, doing="")

    def __call__(self, progress: PlanProgress) -> None:
        self._last = progress
        self._tell(progress)

    def wait(self, pause: "Pause | None") -> None:
        """A wait begins, or ends."""
        told = msgspec.structs.replace(self._last, doing=pause.reason, waits=True) if pause else self._last
        self._tell(told)
