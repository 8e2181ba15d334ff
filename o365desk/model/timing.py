"""How long the services wait, and how often they look, where nobody else says so."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Seconds, but for `browser`. What Microsoft asks for is obeyed all the same."""

    browser: timedelta = timedelta(minutes=5)
    """For who signs in in the browser to come back."""
    consent_look: float = 5.0
    """Between two looks whether an administrator has consented meanwhile."""
    retry: float = 1.0
    """Before work is tried again for the first time; then twice that, and so on."""
    group_looks: tuple[float, ...] = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0)
    """Before each look for a new group, or try to add to it: replication takes some."""
