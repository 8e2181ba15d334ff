"""Letters that only look like others: a hyphen that does not break, a full-width @, a Cyrillic а. From
`resources/cells.json`; they stand in addresses and IDs that were copied from documents, or made to deceive.
"""

import re
import unicodedata
from functools import cache

from o365desk import paths


@cache
def looks() -> dict[str, str]:
    """By a letter the one that it looks like."""
    rows = paths.table("cells.json")["looks"]
    return {letter: meant for meant, letters in rows.items() for letter in letters}


@cache
def _looking() -> re.Pattern[str]:
    return re.compile(f"[{re.escape(''.join(looks()))}\uff01-\uff5e]")


def lookalike(text: str) -> tuple[str, str] | None:
    """The first letter of an address or an ID that only looks like another, and that other; None for none. A whole
    address in another alphabet is one: only among Latin letters is a Cyrillic one a deception."""
    if text.isascii() or not _looking().search(text):
        return None
    latin = any(letter.isascii() and letter.isalpha() for letter in text)
    for letter in text:
        meant = looks().get(letter) or _wide(letter)
        if meant and (latin or not meant.isalpha()):
            return letter, meant
    return None


def _wide(letter: str) -> str:
    """The letter that a full-width one is made of; "" for any other."""
    return unicodedata.normalize("NFKC", letter) if "\uff01" <= letter <= "\uff5e" else ""


def plain_letters(text: str) -> str:
    """The text with the letters that it looks like."""
    return "".join(looks().get(letter) or _wide(letter) or letter for letter in text)


def letter_name(letter: str) -> str:
    """A letter by its number and name: U+2011 (non-breaking hyphen)."""
    return f"U+{ord(letter):04X} ({unicodedata.name(letter, 'without a name').lower()})"


def told(text: str) -> tuple[str, str]:
    """What is wrong with a text that has such a letter, and what to do; two empty ones for nothing."""
    found = lookalike(text)
    if found is None:
        return "", ""
    letter, meant = found
    better = plain_letters(text)
    name = "a blank" if meant == " " else f"“{meant}”"
    remedy = "Type it anew, without it." if " " in better else f"Type it anew: “{better}”, if that is meant."
    return f"“{text}” has a letter that only looks like {name}: {letter_name(letter)}", remedy


_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Letters by their category that nothing shows: joiners and fillers."""


def unseen(text: str) -> str:
    """The first character of a text that is a control, a line's end, or changes the order or has no width; "" if
    there is none."""
    if text.isascii() and text.isprintable():
        return ""
    return next(
        (x for x in text if x in _INVISIBLE or unicodedata.category(x) in ("Cc", "Cf", "Zl", "Zp")),
        "",
    )


def unseen_but_joiners(text: str) -> str:
    """The same for a text of people, in which letters of some languages and pictures are joined or held apart."""
    return unseen(text.replace("\u200c", "").replace("\u200d", ""))


def control(text: str) -> str:
    """The first character of a text that is a control or a line's end; "" if there is none."""
    return next((x for x in text if unicodedata.category(x) in ("Cc", "Zl", "Zp")), "")
