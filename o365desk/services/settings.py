"""What this machine's user has set; `model/settings.py` declares it."""

import msgspec

from o365desk.model.settings import Settings
from o365desk.services.state.state import State

_KEY = "settings"


class KeptSettings:
    """See the module. Raises ProblemError where the state cannot be used."""

    def __init__(self, state: State) -> None:
        self._state = state

    def get(self) -> Settings:
        """What is set; the defaults where that is nothing, or makes no sense."""
        kept = self._state.remembered(_KEY)
        try:
            return msgspec.json.decode(kept, type=Settings) if kept else Settings()
        except msgspec.DecodeError:
            return Settings()

    def keep(self, settings: Settings) -> None:
        """Keeps them, all at once."""
        self._state.remember(_KEY, msgspec.json.encode(settings))
