"""Several values in one text: people between semicolons, commas, bars, line breaks or blanks; licence plans as
Microsoft's exports join them. What is one name with a separator in it stays one.
"""

import re
from functools import cache

from o365desk import paths
from o365desk.catalogue.texts import names_one, sort_of_name
from o365desk.model.fields import Field, Kind

CLAIM = re.compile(r"[ic]:0[!-{}~]{1,6}\|(?:[\w .-]{1,80}\|)?", re.IGNORECASE)
"""What SharePoint writes before an account or a group: `i:0#.f|membership|`."""
_BLANKS = re.compile(r"\s*[/&+]\s*|\s+")
_SEPARATED = re.compile(r"[;,|+/&\s]")
"""Whatever may separate two values."""
_PART = re.compile(r"[\w-]+")
"""A service plan's or a product's technical name."""
_MOST = 2000
"""Pieces into which a cell is cut at plus signs and commas."""


def pieces(field: Field, text: str) -> list[str]:
    """The single values in a text, each as it stands there; the whole of it, where it is one."""
    if not _SEPARATED.search(text):
        return [text]
    if field.kind in (Kind.USER, Kind.USERS):
        return people(text)
    if field.kind is Kind.PLAN:
        return plans(text)
    if field.kind is Kind.SERVICE_PLANS:
        return _service_plans(text)
    if field.kind is Kind.GROUP:
        parts = _cut(text, ";,|\n")
        return parts if len(parts) > 1 and all(map(names_one, parts)) else [text]
    return [text]


def people(text: str) -> list[str]:
    """The accounts in a text: “Li, Ming <ming@…>; ann@…” are two."""
    if sort_of_name(text):
        return [text]
    found = []
    for part in _cut(CLAIM.sub("", text) if "|" in text else text, ";|\n"):
        found += _named_by_commas(part) if "," in part else [part]
    return [each for part in found for each in _apart(part)] or [text]


def _named_by_commas(text: str) -> list[str]:
    """Cut at commas, but “Surname, First <address>” is one person."""
    if sort_of_name(text):
        return [text]
    found: list[str] = []
    surname = ""
    for part in _cut(text, ","):
        whole = f"{surname}, {part}" if surname else part
        if "@" not in part and not names_one(part) and not surname:
            surname = part
            continue
        if surname and ("<" in part or "(" in part):
            found.append(whole)
        else:
            found += [surname, part] if surname else [part]
        surname = ""
    return [*found, *([surname] if surname else [])]


def _apart(text: str) -> list[str]:
    """Addresses that only blanks, slashes or plus signs keep apart."""
    if text.count("@") < 2 or "<" in text:
        return [text]
    parts = [part for part in _BLANKS.split(text) if part]
    return parts if len(parts) > 1 and all(map(names_one, parts)) else [text]


def _cut(text: str, separators: str) -> list[str]:
    """The parts between separators that stand in no quotation marks and no angle brackets, without blanks."""
    if not any(letter in text for letter in separators):
        return [text.strip()] if text.strip() else []
    parts, start, quoted, angle = [], 0, False, False
    for place, letter in enumerate(text):
        if letter == '"':
            quoted = not quoted
        elif letter in "<>":
            angle = letter == "<"
        elif letter in separators and not quoted and not angle:
            parts.append(text[start:place])
            start = place + 1
    if quoted or angle:  # never closed: then they mean nothing
        parts = re.split(f"[{re.escape(separators)}]", text)
    else:
        parts.append(text[start:])
    return list(dict.fromkeys(part.strip() for part in parts if part.strip()))


@cache
def _products() -> frozenset[str]:
    """All names and part numbers of products."""
    rows = paths.table("licence-skus.json")["skus"]
    return frozenset(str(row[key]).casefold() for row in rows for key in ("name", "skuPartNumber", "skuId"))


def is_product(text: str) -> bool:
    """Whether a text is a product that Microsoft publishes."""
    return text.strip().casefold() in _products()


def plans(text: str) -> list[str]:
    """The licence plans in a text: “A+B” of the Microsoft 365 export are two, “Enterprise Mobility + Security E3”
    is one. Where the parts are not all known, a plus sign or comma belongs to the name."""
    found = []
    for part in _cut(text, ";|\n"):
        found += _known(part, "+") or _known(part, ",") or [part]
    return list(dict.fromkeys(found)) or [text]


def likely_plans(text: str) -> list[str]:
    """The same, also where only one of the parts between plus signs is known."""
    found = plans(text)
    parts = [part.strip() for part in text.split("+") if part.strip()]
    return parts if len(found) == 1 and not is_product(text) and any(map(is_product, parts)) else found


def _known(text: str, separator: str) -> list[str]:
    """The known products of which a text is made up, [] where it is not: the longest first."""
    if separator not in text or is_product(text):
        return []
    parts = text.split(separator)
    found, start = [], 0
    while start < len(parts) <= _MOST:
        for end in range(min(len(parts), start + 6), start, -1):  # no name has more plus signs or commas
            name = separator.join(parts[start:end]).strip()
            if is_product(name) or names_one(name):
                found.append(name)
                start = end
                break
        else:
            return []
    return found


def _service_plans(text: str) -> list[str]:
    found = []
    for part in _cut(text, ";|\n"):
        parts = _cut(part, ",")
        found += parts if len(parts) > 1 and all(map(_PART.fullmatch, parts)) else [part]
    return found or [text]
