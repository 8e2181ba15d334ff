"""The chain: what of an entry is hashed, and how each holds the one before.

hash = SHA-256(hash of the entry before, 32 bytes; zeros before the first + the entry). The entry is its number and
the number that it settles, 8 bytes each, then its texts (`at`, `who`, `what`, `source`, `run`, `workspace`,
`data`), each with its length in 4 bytes before it, in UTF-8; all numbers are big-endian. docs/activity.md says so,
too: it can be checked with another program.
"""

import hashlib
from collections.abc import Sequence

FIRST = bytes(32)
"""What stands for the hash of the entry before the first."""

COLUMNS = ("at", "who", "what", "source", "run", "workspace", "data")
"""The texts of an entry, in their order."""


def canonical(number: int, settles: int, texts: Sequence[bytes]) -> bytes:
    """An entry as it is hashed."""
    parts = [number.to_bytes(8, "big", signed=True), settles.to_bytes(8, "big", signed=True)]
    for text in texts:
        parts += (len(text).to_bytes(4, "big"), text)
    return b"".join(parts)


def link(before: bytes, number: int, settles: int, texts: Sequence[bytes]) -> bytes:
    """The hash of an entry that comes after one with the hash `before`."""
    return hashlib.sha256(before + canonical(number, settles, texts)).digest()
