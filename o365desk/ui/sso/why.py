"""Why the sign-in window asks who somebody is."""

from enum import Enum


class Why(Enum):
    """See the module."""

    START = "start"
    SWITCH = "switch"
    """Somebody else is to work, or the same person signed in."""
    SIGN_OUT = "sign-out"
    SIGN_OUT_THERE = "sign-out-there"
    """Also at Microsoft."""
