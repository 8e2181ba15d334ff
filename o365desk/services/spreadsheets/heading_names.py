"""What columns may be called: by people, by this program's exports and by Microsoft's, in several languages. From
`resources/headings.json`; everything is compared as `plain` makes it.
"""

import re
import unicodedata
from functools import cache, lru_cache

from o365desk import paths
from o365desk.catalogue import OPERATIONS
from o365desk.catalogue.operations import Operation
from o365desk.model.fields import Field, Kind
from o365desk.services.spreadsheets.repairs import clean

TEXT = Field(key="", label="", kind=Kind.TEXT, required=True)
"""Of what belongs to no field; it is looked at as it is."""
_BRACKET = re.compile(r"([^\[\](){}]*)[\[({]([^\[\](){}]*)[\])}]", re.DOTALL)
"""Words and what stands in a bracket behind them: “User name [userPrincipalName] Required”, “Login (UPN)”."""


def plain(heading: str) -> str:
    """Its letters and digits, without case, accents and full width."""
    if heading.isascii():
        return "".join(letter for letter in heading.lower() if letter.isalnum())
    parts = unicodedata.normalize("NFKD", heading.casefold())
    return "".join(letter for letter in parts if letter.isalnum())


def shown(heading: str) -> str:
    """A heading in one line, without what nobody sees."""
    return " ".join(clean(TEXT, heading)[0].split())


@cache
def _foreign() -> dict[str, str]:
    """The English name of headings in other languages."""
    languages = paths.table("headings.json")["languages"].values()
    return {plain(name): meant for names in languages for name, meant in names.items()}


@lru_cache(maxsize=4096)
def spoken(heading: str) -> tuple[str, ...]:
    """What a heading may mean, the likeliest first: what is in a bracket, if it is a property; the whole; the words
    before the bracket. In English, where it is known."""
    bracket = _BRACKET.match(heading)
    found = [bracket[2]] if bracket and heading.lstrip()[:1] not in "[({" else []
    found += [heading, *([bracket[1]] if bracket else [])]
    names = [plain(each) for each in found]
    return tuple(dict.fromkeys(_foreign().get(name, name) for name in names if name))


def exported(kind: Kind) -> set[str]:
    """The headings of the lists of users, groups or plans that this program exports."""
    reads = [item for item in OPERATIONS.values() if item.listing and item.listing.rows.kind is kind]
    return {plain(column.key) for item in reads for column in item.columns}


USERS, GROUPS = exported(Kind.USER), exported(Kind.GROUP)
OURS = USERS | GROUPS | exported(Kind.PLAN)
"""Headings that we write ourselves: none is a typing error."""


def known(operation: Operation, *, groups: bool) -> dict[str, str]:
    """Field key by plain heading, the surest first: keys and labels, then what people write instead. `groups`: in a
    list of groups."""
    fields = {item.key for item in operation.fields}
    names: dict[str, str] = {}
    for item in operation.fields:
        names |= {plain(item.key): item.key, plain(item.plain_label): item.key}
    table = paths.table("headings.json")
    near = [("group", table["in_lists_of_groups"])] if groups else []
    for key, words in [*near, *table["fields"].items()]:
        if key in fields and (key not in _OWN or _sets(operation, key)):
            for name in words.split():
                names.setdefault(name, key)
    return names


_OWN = frozenset({"usageLocation"})
"""What is beside the point for most operations: a column means it only by its own name."""


def _sets(operation: Operation, key: str) -> bool:
    """Whether the operation is there to set this property: then a column of another name may mean it, too."""
    return operation.change is not None and operation.change.sets == key


def is_of_employees(heading: str) -> bool:
    """Whether a column holds employee IDs, by which a user is found where nothing else tells who it is."""
    return any(name in paths.table("headings.json")["employees"].split() for name in spoken(heading))


def own(operation: Operation) -> dict[str, str]:
    """Field key by the names that are the fields' own, and not only mean them."""
    return {plain(name): item.key for item in operation.fields for name in (item.key, item.plain_label)}


def is_of_others(heading: str) -> bool:
    """Whether a heading names somebody else than who the row is about, such as a manager."""
    name = plain(heading)
    return any(plain(word) in name for word in paths.table("headings.json")["others"].split())


# --- typing errors -----------------------------------------------------------------------------------------------


def nearest(heading: str, names: dict[str, str]) -> str:
    """The known name of which a heading is probably a typing error, "" for none. Short ones are near too many
    words."""
    name = plain(heading)
    if name in names or name in OURS or name[-1:].isdecimal():  # “E-mail 2” is no typing error
        return ""
    return next((each for each in names if len(each) > 3 and _slips(name, each) <= 1 + (len(each) > 8)), "")


def _slips(one: str, other: str) -> int:
    """How many letters are wrong, missing, too many or changed places; 9 where the lengths alone are far apart."""
    if abs(len(one) - len(other)) > 2:
        return 9
    above: list[int] = []
    row = list(range(len(other) + 1))
    for down, letter in enumerate(one, 1):
        earlier, above, row = above, row, [down]
        for right, wanted in enumerate(other, 1):
            best = min(above[right] + 1, row[-1] + 1, above[right - 1] + (letter != wanted))
            if down > 1 < right and letter == other[right - 2] and one[down - 2] == wanted:
                best = min(best, earlier[right - 2] + 1)
            row.append(best)
    return row[-1]
