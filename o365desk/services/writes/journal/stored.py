"""How targets of rows, and what was before them, are in the state file: as JSON that names their sort. Rows of
before that was so have no name of it; their keys tell.
"""

from typing import Any, TypeVar

import msgspec

from o365desk.model.run import Also, Row
from o365desk.model.targets import (
    Before,
    GroupTarget,
    LicenceBefore,
    LicenceTarget,
    MemberTarget,
    NewGroupBefore,
    NewGroupTarget,
    PropertyBefore,
    PropertyTarget,
    SameTarget,
    Target,
)

_TARGET = msgspec.json.Decoder(Target)
_BEFORE = msgspec.json.Decoder(Before)
_ALSO, _PICKED = "also", "picked"
"""Beside a target: what its row was given besides its values."""
T = TypeVar("T")


def target_text(target: Target | None, row: Row) -> bytes:
    """A target, with what its row was given besides its values."""
    besides = {key: value for key, value in ((_ALSO, row.also), (_PICKED, row.picked)) if value}
    return msgspec.json.encode((msgspec.to_builtins(target) if target else {}) | besides)


def given_besides(text: bytes) -> tuple[tuple[Also, ...], dict[str, str]]:
    """What a row was given besides its values: further identifiers, and the names that were picked."""
    kept = msgspec.json.decode(text)
    return msgspec.convert(kept.get(_ALSO, ()), tuple[Also, ...]), kept.get(_PICKED, {})


def before_text(before: Before | None) -> bytes:
    """What was before a row."""
    return msgspec.json.encode(before) if before else b"{}"


def target_of(text: bytes) -> Target | None:
    """A target; None where there is none, or this program does not know its sort."""
    try:
        found: Target = _TARGET.decode(text)
    except msgspec.ValidationError:
        return _unnamed(text, _TARGETS)
    return found


def before_of(text: bytes) -> Before | None:
    """What was before a row; None where nothing is kept of it, or this program does not know its sort."""
    try:
        found: Before = _BEFORE.decode(text)
    except msgspec.ValidationError:
        return _unnamed(text, _BEFORES)
    return found


# --- rows without the name of their sort --------------------------------------------------------------------------

_TARGETS: tuple[tuple[set[str], type[Target]], ...] = (
    ({"same"}, SameTarget),
    ({"group", "user"}, MemberTarget),
    ({"user", "sku", "wish"}, LicenceTarget),
    ({"user", "name", "value"}, PropertyTarget),
    ({"owners", "members", "body"}, NewGroupTarget),
    ({"group"}, GroupTarget),
)
_BEFORES: tuple[tuple[set[str], type[Before]], ...] = (
    ({"direct"}, LicenceBefore),
    ({"value"}, PropertyBefore),
    ({"made"}, NewGroupBefore),
    ({"theirs"}, NewGroupBefore),
)
"""The keys by which each sort is known; the first that fits is it."""


def _unnamed(text: bytes, sorts: tuple[tuple[set[str], type[T]], ...]) -> T | None:
    kept: dict[str, Any] = msgspec.json.decode(text)
    sort = None if "sort" in kept else next((sort for keys, sort in sorts if keys <= kept.keys()), None)
    try:
        return msgspec.convert(kept, sort) if sort else None
    except msgspec.ValidationError:
        return None
