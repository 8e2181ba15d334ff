"""What this machine's user has set; `model/settings.py` declares it."""

import sqlite3

import msgspec

from o365desk.model.activity import DONE, UNTRACED, Trace, What
from o365desk.model.settings import Settings
from o365desk.services.state.state import State

_KEY = "settings"


class KeptSettings:
    """See the module. Raises ProblemError where the state cannot be used."""

    def __init__(self, state: State, trace: Trace = UNTRACED) -> None:
        self._state, self._trace = state, trace

    def get(self) -> Settings:
        """What is set; the defaults where that is nothing, or makes no sense."""
        return _decoded(self._state.remembered(_KEY) or b"")

    def keep(self, settings: Settings) -> None:
        """Keeps them, all at once."""
        kept = msgspec.json.encode(settings)
        then: list[Settings] = []

        def make(before: bytes) -> bytes:
            then[:] = [_decoded(before)]
            return kept

        def say(connection: sqlite3.Connection) -> None:
            if then[0] != settings:
                before, after = msgspec.to_builtins(then[0]), msgspec.to_builtins(settings)
                self._trace.within(connection, What.SETTINGS, outcome=DONE, before=before, after=after)

        self._state.change(_KEY, make, say)


def _decoded(kept: bytes) -> Settings:
    try:
        return msgspec.json.decode(kept, type=Settings) if kept else Settings()
    except msgspec.DecodeError:
        return Settings()
