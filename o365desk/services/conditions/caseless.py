"""Which texts Graph is asked for, so that it finds at least those that a condition means.

A condition compares whole texts after folding (`model/text/folding.py`): "Straße" is "STRASSE". How Graph compares
is not published. It is taken to compare letter by letter without case (Unicode's simple folding), and not to know
that an accent can be a character of its own. So a text is sent as it is typed only as far as it is plain ASCII,
and beside it each letter that folds to more than one: who looks for "Finance" asks for "Finance" or what begins
with "ﬁ".

Two letters are left to the simple folding, in which they are k and s: the Kelvin sign and the long s. Asked for as
well, they would stand in nearly every filter, and nobody's department is written with them.
"""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from o365desk.model.text.folding import folded

LONGEST = 120
"""Letters of a value that a filter can hold; longer ones are refused (known issue "query parameters")."""
_MOST = 8
"""Alternatives for one text; with more, its beginning alone is asked for."""

EXPANSIONS: dict[str, str] = {
    "\u00df": "ss",  # ß
    "\u1e9e": "ss",  # ẞ
    "\u0130": "i\u0307",  # İ
    "\u0149": "\u02bcn",  # ŉ
    "\u1e9a": "a\u02be",  # ẚ
    "\ufb00": "ff",
    "\ufb01": "fi",
    "\ufb02": "fl",
    "\ufb03": "ffi",
    "\ufb04": "ffl",
    "\ufb05": "st",
    "\ufb06": "st",
    "\u037e": ";",  # not by case: Unicode calls these two the same as their ASCII ones
    "\u1fef": "`",
}
"""Every letter that is not ASCII and is folded to something with ASCII in it, letter by letter or not. A test makes
this table anew out of Unicode's."""


class Way(StrEnum):
    """How Graph compares a property with a text."""

    EQUALS = "eq"
    STARTS = "startswith"
    ENDS = "endswith"


@dataclass(frozen=True)
class Ask:
    """What Graph is asked for one text: one of `tests` holds. `whole`: of the text nothing was left out."""

    tests: tuple[tuple[Way, str], ...]
    whole: bool


def asks(way: Way, typed: str, *, plain: bool = False) -> list[Ask]:
    """What can be asked for a typed text, the closest first; [] where nothing can. `plain`: what is stored is
    ASCII, as Microsoft sees to it."""
    text = unicodedata.normalize("NFC", typed.strip())
    if folded(text).isascii():
        text = text if text.isascii() else folded(text)
    if plain and _sendable(text):
        return [Ask(((way, text),), True)]
    # An accent that follows may have joined the last of the letters that another one folds to: ß with an accent.
    apart = unicodedata.normalize("NFD", folded(text))
    others = _others(way, apart)
    found = []
    if _sendable(text) and len(others) < _MOST:
        found.append(Ask(((way, text), *((_beside(way), _put(way, text, *other)) for other in others)), True))
    rest = _shortened(way, text, others, len(apart))
    if rest:
        found.append(Ask(((_beside(way), rest),), False))
    return found


def _sendable(text: str) -> bool:
    return 0 < len(text) <= LONGEST and text.isascii() and text.isprintable()


def _beside(way: Way) -> Way:
    """What finds a text of which only the beginning is known (or the end, if that is what is looked for)."""
    return Way.ENDS if way is Way.ENDS else Way.STARTS


def _others(way: Way, text: str) -> list[tuple[int, int, str]]:
    """Each place of a folded text where one other letter may be stored: from, to, the letter. At an end at which
    the text may go on, it may stand for more than the text has."""
    found = []
    for letter, long in EXPANSIONS.items():
        first = 1 - len(long) if way is Way.ENDS else 0
        last = len(text) - (1 if way is Way.STARTS else len(long))
        for at in range(first, last + 1):
            inside = text[max(at, 0) : at + len(long)]
            if inside and long[max(-at, 0) :].startswith(inside):
                found.append((max(at, 0), min(at + len(long), len(text)), letter))
    return sorted(found)


def _put(way: Way, text: str, start: int, end: int, letter: str) -> str:
    """The text up to (from) the first (last) letter that is stored as another one, with that."""
    return letter + text[end:] if way is Way.ENDS else text[:start] + letter


def _shortened(way: Way, text: str, others: list[tuple[int, int, str]], length: int) -> str:
    """The longest beginning (end) of a text that is stored letter by letter. `length`: with its accents apart, as
    the places of the others count."""
    if way is Way.ENDS:
        kept = length - max((end for _, end, _ in others), default=0)
        rest = text[max(len(text) - kept, 0) :]
        while rest and not _sendable(rest):
            rest = rest[1:]
        return rest.lstrip()
    end = min((start for start, _, _ in others), default=len(text))
    end = next((place for place, letter in enumerate(text[:end]) if not _sendable(letter)), end)
    return text[: min(end, LONGEST)].rstrip()
