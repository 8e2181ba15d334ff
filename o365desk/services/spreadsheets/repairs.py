"""What people and programs do to ids, addresses and names, and how it is put right where there is no doubt: in
files of rows, for `--set` and in forms alike. Whatever changes a value is said with both.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import cache
from struct import pack
from uuid import UUID

from o365desk import paths
from o365desk.catalogue.splitting import CLAIM, pieces
from o365desk.catalogue.texts import is_nothing, may_be_nothing, names_one
from o365desk.model.datasource import is_guid
from o365desk.model.fields import Field, Kind
from o365desk.services.spreadsheets.export import as_given

_MOST_ROUNDS = 12
_SHOWN = 80
"""Letters of a value in what is said of it."""

_CLEAN = re.compile(r"[!-~]+(?: [!-~]+)*")
"""Letters that nothing can be wrong with as such: most cells need no second look."""
_MARKED = re.compile(r"^'|[;,]'")
_PLAIN = re.compile(
    r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
    r"|[A-Za-z0-9][A-Za-z0-9._'+#~!^=&-]*@[A-Za-z0-9](?:[A-Za-z0-9-]|\.(?=[A-Za-z0-9]))*"
)
"""An object ID or an address as they should be."""
_NAME = re.compile(r"(?!S-1-)(?![0-9A-Fa-f]{32}$)[A-Za-z0-9_-]+(?: [A-Za-z0-9&_-]+)*")
"""A name in which there is nothing that a repair could look for."""

_ADDRESS = re.compile(r"[^\W_][\w.'+#~!^=&-]*@\w(?:[\w-]|\.(?=\w))*")
_WORDS = re.compile(r"(?!S-1-)(?![0-9A-Fa-f]{32}$)[\w-]+(?: [\w&-]+)*")
"""The same in whatever letters."""
_COMMON = 2
"""The place of the last repair that texts of every sort need."""

_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u202a-\u202e"
    r"\u2060-\u2064\u2066-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]"
    r"|(?<![^\u0000-\u024f])[\u200c\u200d]|[\u200c\u200d](?![^\u0000-\u024f])"
)
"""Joiners belong to words of Persian and Hindi and to emoji; beside a Latin letter nobody sees them."""
_NAMED_MAIL = re.compile(r"[^<>]*<\s*([^<>\s@]+@[^<>\s]++)\s*>[\s;,.]*")
_MAIL_IN_BRACKETS = re.compile(r"[^()@]*\(\s*([^()\s@]+@[^()\s]++)\s*\)[\s;,.]*")
_MAIL_AND_NAME = re.compile(r"([^\s()<>@;,]+@[^\s()<>@;,]++)\s*\([^()@]*\)[\s;,.]*")
_QUOTES = {ord("‘"): "'", ord("’"): "'", ord("‚"): "'", ord("“"): '"', ord("”"): '"', ord("„"): '"'}
_PAIRS = {'"': '"', "“": "”", "„": "“”", "”": "”", "«": "»", "»": "«"}
_SINGLE = {"'": "'", "`": "`'", "‘": "’", "‚": "‘’", "’": "’", "‹": "›", "›": "‹"}
_AROUND = " \t\n;,.:()[]<>{}"
"""What is left around an address or an ID by whatever it was copied from."""
_GUID = r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_HEX = re.compile(r"[0-9A-Fa-f]{32}")
_CLOUD_SID = re.compile(r"S-1-12-1-(\d{1,10})-(\d{1,10})-(\d{1,10})-(\d{1,10})", re.IGNORECASE)
_IN_PAGE = re.compile(rf"(?:([A-Za-z_]{{2,40}})(?:[/=('\"]|%2f|%3d|%27){{1,4}})?\{{?({_GUID})", re.IGNORECASE)
_LABEL = re.compile(rf"([A-Za-z][A-Za-z ()_-]{{1,60}})[:=]\s*['\"{{]?({_GUID})['\"}}]?", re.IGNORECASE)
_LOGIN = re.compile(r"https?://login\.[\w.-]{1,100}/([\w.-]{1,253})(?:/|$)", re.IGNORECASE)
_SITE = re.compile(r"(?:https?://)?(?:www\.)?@?((?:[\w-]{1,63}\.){1,10}[A-Za-z]{2,63})\.?/?", re.IGNORECASE)

_PEOPLE = frozenset({Kind.USER, Kind.USERS})
_IDS = frozenset({Kind.USER, Kind.USERS, Kind.GROUP, Kind.PLAN, Kind.SERVICE_PLANS, Kind.IDENTIFIER})
_LISTS = frozenset({Kind.USERS, Kind.SERVICE_PLANS})
_NAMES = {"tenant": "tenant", "clientId": "app"}
"""What the fields of a data source name, by key."""

Repair = tuple[str, Callable[[Field, str], str]]


def _sort(field: Field) -> str:
    """What sort of thing a field names: user, group, tenant, app; "" for none of them."""
    if field.kind in _PEOPLE:
        return "user"
    return "group" if field.kind is Kind.GROUP else _NAMES.get(field.key, "")


@cache
def _prefix() -> re.Pattern[str]:
    known = "|".join(map(re.escape, paths.table("cells.json")["prefixes"]))
    return re.compile(rf"\s*(?:{known})\s*", re.IGNORECASE)


@cache
def _typed_address() -> re.Pattern[str]:
    known = "|".join(paths.table("cells.json")["address_types"])
    return re.compile(rf"(?:^|[+;,\s{{}}\[\]]+)({known}):", re.IGNORECASE)


# --- the repairs -------------------------------------------------------------------------------------------------


def _visible(field: Field, text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return _INVISIBLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _trimmed(field: Field, text: str) -> str:
    return text.strip()


def _composed(field: Field, text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _unquoted(field: Field, text: str) -> str:
    if len(text) < 2:
        return text
    if text[-1] in _PAIRS.get(text[0], ()):
        return text[1:-1]
    inner = text[1:-1].strip(_AROUND)
    return inner if text[-1] in _SINGLE.get(text[0], ()) and names_one(inner) else text


def _straight(field: Field, text: str) -> str:
    return text if text.isascii() else text.translate(_QUOTES)


def _claimed(field: Field, text: str) -> str:
    match = CLAIM.match(text) if "|" in text else None
    return text[match.end() :] if match and "|" not in text[match.end() :] else text


def _primary(field: Field, text: str) -> str:
    """Of the addresses of one person, as Microsoft's exports list them, the one in capitals is the primary."""
    if ":" not in text or not _sort(field):
        return text
    parts = _typed_address().split(text)
    if parts[0].strip() or len(parts) < 5:
        return text
    items = [(kind, value.strip(" ;,+{}[]")) for kind, value in zip(parts[1::2], parts[2::2], strict=True)]
    first = [value for kind, value in items if kind == "SMTP"]
    mails = {value for kind, value in items if kind.casefold() == "smtp"}
    found = first if len(first) == 1 else list(mails) if len(mails) == 1 else []
    return found[0] if found and names_one(found[0]) else text


def _mail_only(field: Field, text: str) -> str:
    if "@" not in text or not (_sort(field) and field.kind is not Kind.IDENTIFIER):
        return text
    if match := _prefix().match(text):
        return text[match.end() :]
    for pattern in (_NAMED_MAIL, _MAIL_IN_BRACKETS, _MAIL_AND_NAME):
        if match := pattern.fullmatch(text):
            return match[1]
    return text


def _from_page(field: Field, text: str) -> str:
    """The ID in the address of one of Microsoft's pages, where it is one of what the field names."""
    sort = _sort(field)
    if "://" not in text or not sort or any(letter.isspace() for letter in text):
        return text
    if sort == "tenant" and (login := _LOGIN.match(text)):
        return str(login[1])
    return _in_page(sort, text) or text


def _in_page(sort: str, address: str) -> str:
    """The one ID in the address that is what this sort of field names by the word before it; else the only one, if
    no word says that it is another's; "" for none."""
    named = [(word.casefold(), guid.lower()) for word, guid in _IN_PAGE.findall(address)]
    words: dict[str, list[str]] = paths.table("cells.json")["pages"]
    own = {guid for word, guid in named if word in words[sort]}
    if len(own) == 1:
        return str(own.pop())
    others = {word for key in words if key != sort for word in words[key]}
    only = {guid for _, guid in named}
    if len(only) != 1 or own or any(word in others for word, _ in named):
        return ""
    return str(only.pop())


def _bare_id(field: Field, text: str) -> str:
    """An object ID without its braces, or what it is called by."""
    if "-" not in text:
        return text
    inner = text.removeprefix("urn:uuid:").removeprefix("api://").strip(_AROUND)
    return inner if inner != text and is_guid(inner) else text


def _labelled(field: Field, text: str) -> str:
    """An ID that was copied with its label: “Application (client) ID: …”."""
    match = _LABEL.fullmatch(text) if _sort(field) else None
    if match is None:
        return text
    label = "".join(letter for letter in match[1].casefold() if letter.isalnum())
    labels: dict[str, list[str]] = paths.table("cells.json")["labels"]
    own = labels[_sort(field)]
    others = {word for words in labels.values() for word in words} - set(own)
    meant = any(word in label for word in own) and not any(word in label for word in others)
    return str(match[2]) if meant else text


def _hyphened(field: Field, text: str) -> str:
    if not (_sort(field) or field.kind in (Kind.PLAN, Kind.SERVICE_PLANS)):
        return text
    bare = text.strip(_AROUND)
    return str(UUID(bare)) if len(bare) == 32 and _HEX.fullmatch(bare) else text


def _from_sid(field: Field, text: str) -> str:
    """A security identifier of the cloud is its object ID in other figures."""
    match = _CLOUD_SID.fullmatch(text) if _sort(field) in ("user", "group") else None
    if match is None or any(int(part) >= 1 << 32 for part in match.groups()):
        return text
    return str(UUID(bytes_le=pack("<4I", *map(int, match.groups()))))


def _left_over(field: Field, text: str) -> str:
    """An address without what stood around it."""
    if "@" not in text:
        return text
    inner = text.strip(_AROUND)
    return inner if inner != text and names_one(inner) else text


def _domain(field: Field, text: str) -> str:
    """A tenant's domain without what is around it."""
    match = _SITE.fullmatch(text.strip(_AROUND + "'\"`")) if field.key == "tenant" else None
    return match[1] if match else text


def _choice(field: Field, text: str) -> str:
    """A choice by its key or its words, in any case."""
    wanted = text.casefold()
    return next((key for key, words in field.choices if wanted in (key.casefold(), words.casefold())), text)


REPAIRS: tuple[Repair, ...] = (
    ("invisible", _visible),
    ("blanks", _trimmed),
    ("letters", _composed),
    ("choice", _choice),
)
"""Those for every field."""
_OF_IDS: tuple[Repair, ...] = (
    *REPAIRS[:3],
    ("around", _unquoted),
    ("quotes", _straight),
    ("claim", _claimed),
    ("primary", _primary),
    ("address", _mail_only),
    ("page", _from_page),
    ("braces", _bare_id),
    ("label", _labelled),
    ("hyphens", _hyphened),
    ("sid", _from_sid),
    ("left-over", _left_over),
    ("domain", _domain),
)
"""Those for fields that name somebody or something."""

SAID = {
    "invisible": "Invisible letters in {column} were taken out.",
    "blanks": "Blanks around {column} were taken away.",
    "letters": "Letters of {column} that were made of two parts were made whole.",
    "around": "The quotation marks around {column} were taken away",
    "quotes": "Typographic quotation marks in {column} were made plain",
    "claim": "The account was taken out of the claim in {column}",
    "primary": "Of the addresses in {column} the primary one was taken",
    "address": "The address was taken out of {column}",
    "page": "The ID was taken out of the address of a page in {column}",
    "braces": "The braces around the ID in {column} were taken away.",
    "label": "The ID in {column} was taken without its label",
    "hyphens": "The ID in {column} was written with its hyphens",
    "sid": "The security identifier in {column} was written as the object ID that it stands for",
    "left-over": "What was left around the address in {column} was taken away",
    "domain": "The domain was taken out of {column}",
    "text-mark": "The apostrophe that marks {column} as text was taken away.",
    "list": "What {column} holds was taken as a list",
    "choice": "{column} was written as it is meant.",
    "nothing-in": "What is no value in {column} was left out",
    "nothing": "“{was}” in {column} is no value; it was taken as empty.",
}
"""What is said of a repair, by its kind. Where the sentence does not end, the value before and after it follows."""


def said(kind: str, key: str, was: str, now: str) -> str:
    """The sentence about a repair of a field's value."""
    text = SAID[kind].format(column=f"“{key}”", was=_short(was))
    return text if text[-1] == "." else f"{text}: “{_short(was)}” is read as “{_short(now)}”."


def _short(text: str) -> str:
    shown = " ".join(_INVISIBLE.sub("", text).split())
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"


# --- cleaning ----------------------------------------------------------------------------------------------------


def clean(field: Field, text: str) -> tuple[str, list[str]]:
    """A value as it is meant, and the kinds of what was put right. A free one is left alone."""
    if not text or field.free or _is_clean(field, text):
        return text, []
    given = as_given(text)  # once: what an export marked, and what had a mark before that
    marks = ["text-mark"] if given != text else []
    value, kinds = _repaired_list(field, given) if field.kind in _LISTS else _repaired(field, given)
    if value and may_be_nothing(field) and is_nothing(field, value):
        return "", [*marks, "nothing"]
    return value, [*marks, *kinds]


def _is_clean(field: Field, text: str) -> bool:
    if field.choices:
        return False
    if field.kind not in _IDS:
        if not _CLEAN.fullmatch(text) or _MARKED.search(text):
            return False
    elif not (_PLAIN if "@" in text or field.kind in _PEOPLE else _NAME).fullmatch(text):
        return False
    return not (may_be_nothing(field) and is_nothing(field, text))


def _repaired_list(field: Field, text: str) -> tuple[str, list[str]]:
    seen = _primary(field, _visible(field, text))
    kinds = ["invisible"] if _visible(field, text) != text else []
    items = []
    for item in pieces(field, seen):
        value, found = _repaired(field, item)
        kinds += found
        if value and is_nothing(field, value) and field.kind is Kind.USERS and len(value) < len(seen):
            kinds.append("nothing-in")
        else:
            items.append(value)
    joined = "; ".join(dict.fromkeys(item for item in items if item))
    if not kinds and _same(joined, text):
        return text.strip(), [] if text.strip() or not text else ["blanks"]
    return joined, list(dict.fromkeys(kinds or ["list"]))


def _same(joined: str, text: str) -> bool:
    """Whether a list is written as it would be here, but for blanks."""
    return [part.strip() for part in text.split(";")] == joined.split("; ") or joined == text.strip()


def _repaired(field: Field, text: str) -> tuple[str, list[str]]:
    """One repair may uncover the next: goes on until nothing changes. What is wrapped up more often than a person
    would do it stays as it is: to unwrap a megabyte letter by letter takes hours."""
    given, kinds = text, list[str]()
    repairs = _OF_IDS if field.kind in _IDS else REPAIRS if field.choices else REPAIRS[:3]
    settled = _settled(field)
    for _ in range(_MOST_ROUNDS):
        before = text
        for place, (kind, repair) in enumerate(repairs):
            better = repair(field, text)
            if better != text:
                kinds.append(kind)
                text = better
            elif place != _COMMON:
                continue
            if place >= _COMMON and settled and settled.fullmatch(text):
                return text, list(dict.fromkeys(kinds))
        if text == before:
            return text, list(dict.fromkeys(kinds))
    return given, []


def _settled(field: Field) -> re.Pattern[str] | None:
    """What leaves nothing to be repaired in a field of ids, once it is visible, trimmed and composed."""
    if field.kind in _PEOPLE:
        return _ADDRESS
    return _WORDS if field.kind in _IDS and field.key not in _NAMES else None


def cleaned(fields: Iterable[Field], values: dict[str, str]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Values that a person gave, as they are meant, and what is to be said of each: its key and a sentence."""
    known = {field.key: field for field in fields}
    better, remarks = dict(values), []
    for key, text in values.items():
        if key in known:
            better[key], kinds = clean(known[key], text)
            remarks += [(key, said(kind, key, text, better[key])) for kind in kinds if kind not in _QUIET]
    return better, remarks


_QUIET = frozenset({"blanks", "choice", "text-mark"})
"""What needs no word where a person typed it."""
