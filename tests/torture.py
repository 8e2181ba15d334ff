"""How much `make test` tries of what `make torture` tries in full."""

import os

FULL = os.environ.get("O365DESK_TORTURE") == "1"


def examples(full: int) -> int:
    """How many examples hypothesis tries: other ones each time."""
    return full if FULL else max(10, full // 4)
