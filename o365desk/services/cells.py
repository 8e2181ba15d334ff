"""What people's spreadsheets do to ids, addresses and names, and how it is put right where there is no doubt."""

import re
import unicodedata
from collections.abc import Callable

from o365desk.catalogue.values import several
from o365desk.model.fields import Field, Kind
from o365desk.services.exports import as_given

_CLEAN = re.compile(r"[!-~]+(?: [!-~]+)*")
"""Letters that nothing can be wrong with as such: most cells need no second look."""
_FOREIGN = re.compile(r"^(?:mailto:|')|[;,]'|[<>{}\"]", re.IGNORECASE)
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)
_QUOTES = {ord("‘"): "'", ord("’"): "'", ord("‚"): "'", ord("“"): '"', ord("”"): '"', ord("„"): '"'}
_NAMED_MAIL = re.compile(r"[^<>]*<\s*([^<>\s@]+@[^<>\s]++)\s*>")
_BRACED = re.compile(r"\{([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\}", re.IGNORECASE)

_MOST_ROUNDS = 12

_PEOPLE = frozenset({Kind.USER, Kind.USERS})
_IDS = frozenset({Kind.USER, Kind.USERS, Kind.GROUP, Kind.PLAN, Kind.SERVICE_PLANS, Kind.IDENTIFIER})
_LISTS = frozenset({Kind.USERS, Kind.SERVICE_PLANS})

ERRORS = frozenset({"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"})
"""What a spreadsheet writes where it could not calculate."""

Repair = tuple[str, Callable[[Field, str], str]]


def _visible(field: Field, text: str) -> str:
    return _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _trimmed(field: Field, text: str) -> str:
    return text.strip()


def _composed(field: Field, text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _straight(field: Field, text: str) -> str:
    if field.kind not in _IDS:
        return text
    plain = text.translate(_QUOTES)
    return plain[1:-1] if len(plain) > 1 and plain[0] == plain[-1] == '"' else plain


def _mail_only(field: Field, text: str) -> str:
    if field.kind not in _PEOPLE and field.kind is not Kind.GROUP:
        return text
    if text[:7].lower() == "mailto:":
        return text[7:]
    match = _NAMED_MAIL.fullmatch(text)
    return match[1] if match else text


def _unbraced(field: Field, text: str) -> str:
    match = _BRACED.fullmatch(text) if field.kind in _IDS else None
    return match[1] if match else text


def _choice(field: Field, text: str) -> str:
    """A choice by its key or its words, in any case."""
    wanted = text.casefold()
    return next((key for key, words in field.choices if wanted in (key.casefold(), words.casefold())), text)


REPAIRS: tuple[Repair, ...] = (
    ("invisible", _visible),
    ("blanks", _trimmed),
    ("letters", _composed),
    ("quotes", _straight),
    ("address", _mail_only),
    ("braces", _unbraced),
    ("choice", _choice),
)

SAID = {
    "invisible": "Invisible letters in {column} were taken out.",
    "blanks": "Blanks around {column} were taken away.",
    "letters": "Letters of {column} that were made of two parts were made whole.",
    "quotes": "Typographic quotation marks in {column} were made plain.",
    "address": "The address was taken out of {column}.",
    "braces": "The braces around the ID in {column} were taken away.",
    "text-mark": "The apostrophe that marks {column} as text was taken away.",
    "choice": "{column} was written as it is meant.",
}
"""What is said of a repair, by its kind."""


def clean(field: Field, text: str) -> tuple[str, list[str]]:
    """A cell as it is meant, and the kinds of what was put right."""
    if not text or (not field.choices and _CLEAN.fullmatch(text) and not _FOREIGN.search(text)):
        return text, []
    given = as_given(text)  # once: what an export marked, and what had a mark before that
    value, kinds = _repaired_list(field, given) if field.kind in _LISTS else _repaired(field, given)
    return value, [*(["text-mark"] if given != text else []), *kinds]


def _repaired_list(field: Field, text: str) -> tuple[str, list[str]]:
    seen = _visible(field, text)
    items = [_repaired(field, item) for item in several(seen)]
    kinds = [*(["invisible"] if seen != text else []), *(kind for _, found in items for kind in found)]
    joined = "; ".join(item for item, _ in items if item) if kinds else text.strip()
    return joined, list(dict.fromkeys([*kinds, *([] if joined or not text.strip() else ["blanks"])]))


def _repaired(field: Field, text: str) -> tuple[str, list[str]]:
    """One repair may uncover the next: goes on until nothing changes. What is wrapped up more often than a person
    would do it stays as it is: to unwrap a megabyte letter by letter takes hours."""
    given, kinds = text, list[str]()
    for _ in range(_MOST_ROUNDS):
        before = text
        for kind, repair in REPAIRS:
            better = repair(field, text)
            if better != text:
                kinds.append(kind)
                text = better
        if text == before:
            return text, list(dict.fromkeys(kinds))
    return given, []
