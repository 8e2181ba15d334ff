"""Texts that are no value, or not the value that they look like: what other programs write for nothing, what a
spreadsheet could not calculate, names by which nobody is found. From `resources/cells.json`.
"""

import re
from functools import cache

from o365desk import paths
from o365desk.model.datasource import is_guid
from o365desk.model.fields import Field, Kind

_ERROR = re.compile(r"#[^\W\d_][^\s!?]{0,30}[!?]")
"""The shape of a spreadsheet's errors, in whatever language."""
_LONGEST = 40
"""Letters of the longest text that is no value."""
ADDRESS = re.compile(r"[^\s@;,<>()\[\]\"|:\\/]+@[^\s@;,<>()\[\]\"|:\\/]+")
"""What may be a UPN or a mail address. Not by RFC 5322: Graph knows no others."""
_DN = re.compile(r"(?:CN|OU|UID|DC)=[^,]+,.*(?:DC|OU|O)=", re.IGNORECASE | re.DOTALL)
_SID = re.compile(r"S-1-\d{1,3}(?:-\d{1,10})+", re.IGNORECASE)
_ACCOUNT = re.compile(r"[\w.-]{1,64}\\[^\\/]+")
_PAGE = re.compile(r"(?:https?|api)://", re.IGNORECASE)
_SPECIAL = re.compile(r"[=\\/]|^S-1-", re.IGNORECASE)
"""What all of these have."""
_X500 = re.compile(r"(?:x500:)?/o=", re.IGNORECASE)

_TWICE = re.compile("[\xc2-\xf4][\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]")
"""Two bytes of a letter in UTF-8, read as two letters."""

_SHAPELESS = frozenset({Kind.CHOICE, Kind.RADIO, Kind.CHECK, Kind.SECRET, Kind.FILE, Kind.DATE, Kind.NUMBER})
"""What is judged in another way: these know the values that they may have."""
_LISTS = frozenset({Kind.USERS})
_OPTIONAL = frozenset({Kind.TEXT, Kind.IDENTIFIER, *_LISTS})
"""What may be empty without any harm, where it is not required."""


@cache
def _table(name: str) -> frozenset[str]:
    return frozenset(paths.table("cells.json")[name])


def is_nothing(field: Field, text: str) -> bool:
    """Whether a text is what other programs write for “no value”, in a field that is judged by that."""
    if len(text) > _LONGEST or field.kind in _SHAPELESS:
        return False
    plain = text.casefold()
    return plain in _table("none") and plain not in paths.table("cells.json")["none_but"].get(field.key, ())


def is_unlicensed(field: Field, text: str) -> bool:
    """Whether the cell of a plan says that there is none."""
    return field.kind is Kind.PLAN and len(text) <= _LONGEST and text.casefold() in _table("unlicensed")


def may_be_nothing(field: Field) -> bool:
    """Whether “no value” can be taken as empty: nothing depends on it, nothing is cleared or switched on by it."""
    return not field.required and field.kind in _OPTIONAL and not field.empties


def is_error(text: str) -> bool:
    """Whether it is what a spreadsheet writes where it could not calculate, in any language."""
    if text[:1] != "#" or len(text) > _LONGEST:
        return False
    upper = text.upper()
    return upper in _table("errors") or (text == upper and _ERROR.fullmatch(text) is not None)


def names_one(text: str) -> bool:
    """Whether this is one address or one object ID, and nothing else."""
    return is_guid(text) or (ADDRESS.fullmatch(text) is not None and text[-1] not in ".'`")


def sort_of_name(text: str) -> str:
    """What sort of name a text is, of those by which Microsoft 365 knows nobody; "" for none of them."""
    if not _SPECIAL.search(text):
        return ""
    for pattern, what in (
        (_DN, "a distinguished name of Active Directory"),
        (_X500, "an X500 address of Exchange"),
        (_PAGE, "the address of a page"),
    ):
        if pattern.match(text):
            return what
    if _SID.fullmatch(text):
        return "a security identifier (SID)"
    if _ACCOUNT.fullmatch(text):
        return "an account name of Active Directory (DOMAIN\\name)"
    return ""


def twice_converted(text: str) -> str:
    """What a text was before it was read as Windows-1252 though it was UTF-8, and saved so: “Müller” for “MÃ¼ller”;
    "" where that did not happen."""
    if text.isascii() or len(text) > 4000 or not _TWICE.search(text):
        return ""
    try:
        before = b"".join(_byte(letter) for letter in text).decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return ""
    return before if before != text else ""


def _byte(letter: str) -> bytes:
    """The letter's byte in Windows-1252, which leaves five of them to control characters."""
    return letter.encode("latin-1") if "\x80" <= letter <= "\x9f" else letter.encode("cp1252")
