"""What is said of a deed, made fit to be kept: nothing that looks secret, nothing endless, nothing that is no
JSON."""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import Enum
from typing import Any

from o365desk.log import without_secret

_LONGEST = 2_000
"""Letters of a text."""
_MOST = 200
"""Values of a list, or names of a mapping."""
_DEEP = 6


def clean(value: object, deep: int = _DEEP) -> Any:
    """A value as an entry keeps it."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Enum):
        return clean(value.value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return text(value)
    if deep and isinstance(value, Mapping):
        return {text(str(key)): clean(held, deep - 1) for key, held in list(value.items())[:_MOST]}
    if deep and isinstance(value, Sequence | set | frozenset) and not isinstance(value, bytes):
        held = list(value)
        more = [f"… and {len(held) - _MOST} more"] if len(held) > _MOST else []
        return [clean(each, deep - 1) for each in held[:_MOST]] + more
    # What it is may be anything, a secret too.
    return f"({type(value).__name__})"


def text(value: str) -> str:
    """A text as an entry keeps it."""
    kept = without_secret(value[: 4 * _LONGEST])
    if len(kept) > _LONGEST:
        kept = f"{kept[:_LONGEST]}…"
    return kept if kept.isascii() else kept.encode("utf-8", "replace").decode()


def mapping(values: Mapping[str, object]) -> dict[str, Any]:
    """The same of named values."""
    found: dict[str, Any] = clean(dict(values))
    return found
