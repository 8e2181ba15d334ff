"""What somebody at this computer has agreed that a tenant group follows. Its file is shared: what a stranger writes
there leads nothing into a group of the tenant before a person here has seen it."""

import hashlib
import json
from pathlib import Path

from o365desk.model.directory.imports import Held
from o365desk.model.directory.in_step import KeptGroup
from o365desk.services.state.state import State, place_of

CHANGED = Held(
    "Whom it takes in, or which group it changes, is not what was last saved or allowed on this computer: look at "
    "the group first."
)


class Agreed:
    """See the module. Raises ProblemError where the state cannot be used."""

    def __init__(self, workspace: Path, state: State) -> None:
        self._state = state
        self._prefix = f"in-step-agreed {place_of(workspace)} "

    def keep(self, group: KeptGroup) -> None:
        """A person has saved it here, or let it go on."""
        self._state.remember(self._prefix + group.id, _digest(group))

    def knows(self, group: KeptGroup) -> bool:
        """Whether it does what was agreed to."""
        return self._state.remembered(self._prefix + group.id) == _digest(group)


def _digest(group: KeptGroup) -> bytes:
    return hashlib.sha256(json.dumps(group.settings, sort_keys=True).encode()).digest()
