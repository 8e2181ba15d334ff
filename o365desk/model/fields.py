"""A field: what a form asks for, once, for the form, the command line and the documentation alike."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a field holds, and so which widget shows it."""

    TEXT = "text"
    IDENTIFIER = "identifier"  # GUIDs and the like: monospaced
    CHOICE = "choice"  # one of `Field.choices`, as a drop-down
    RADIO = "radio"  # one of `Field.choices`, all visible
    CHECK = "check"
    SECRET = "secret"  # never shown, never in a file
    FILE = "file"
    DATE = "date"
    NUMBER = "number"  # whole, from 0
    USER = "user"  # an object id, UPN or mail
    USERS = "users"  # several of them, separated by semicolons
    GROUP = "group"  # an object id, mail, or a display name that only one group has
    PLAN = "plan"  # a licence plan: SKU id, part number or product name
    SERVICE_PLANS = "service-plans"  # service plans of a licence plan, by id or name, separated by semicolons
    COUNTRY = "country"  # the two letters of ISO 3166-1


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field. `key` is its name in files, and with hyphens its option on the command line; `label` carries the
    mnemonic as `&`; `hint` is a quiet line below it; `fixed` means it is always on and cannot be changed;
    `required`: it cannot be left out; `longest`: most letters, 0 for any number; `forbidden`: letters that it must
    not have, and then only ASCII; `inner`: letters that it must not begin or end with; `most`: the largest number,
    0 for any; `lines`: it may have line breaks; `free`: whatever is typed is meant, such as what to look for;
    `only_with`: the key and the value of a choice without which it makes no sense; `empties`: nothing in it empties
    what there is, so it is given on purpose: no word of other programs is taken for nothing, and leaving it out is
    wrong."""

    key: str
    label: str
    kind: Kind
    help: str = ""
    hint: str = ""
    placeholder: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    fixed: bool = False
    required: bool = False
    longest: int = 0
    forbidden: str = ""
    inner: str = ""
    most: int = 0
    lines: bool = False
    free: bool = False
    only_with: tuple[str, str] = ("", "")
    empties: bool = False

    @property
    def option(self) -> str:
        """Its option on the command line."""
        return "--" + re.sub(r"[A-Z]", lambda letter: f"-{letter[0].lower()}", self.key)

    @property
    def plain_label(self) -> str:
        """The label without its mnemonic."""
        return self.label.replace("&&", "\0").replace("&", "").replace("\0", "&")
