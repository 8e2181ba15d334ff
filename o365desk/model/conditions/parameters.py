"""What a condition can be about: the parameters of an operation, with their types. The catalogue makes them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Type(StrEnum):
    """What a parameter holds, and so how it is compared (see `operators.py`). A list matches if one of its items
    does; its negative operators mean that none does."""

    TEXT = "text"
    IDENTIFIER = "identifier"
    CHOICE = "choice"  # text, one of `Parameter.choices` as far as Microsoft says
    CHECK = "yes/no"  # True, False or None
    NUMBER = "number"
    DATE = "date and time"  # ISO 8601 text, in UTC, as Graph gives it
    PLAN = "licence plan"  # a SKU id, lower case
    TEXTS = "list of texts"
    PLANS = "list of plans"  # SKU ids, lower case


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One parameter. `of` takes its native value out of a row as Graph gives it (None where it is blank); `needs`
    are Graph's properties that it is made of: where one of them cannot be read, nothing can be told ("user.mail": a
    property of what a write's field names). `property` is the one that Graph can filter by, "" where there is none.
    `absent` are the sorts of object in a mixed list (`@odata.type`) that do not have it at all: of those a row may
    lack it, and is blank. `meant` finds the values that a typed text names, such as SKU ids by a product's name:
    several where it is ambiguous, none where nothing is known by it. A property as it is has the `itemgetter` of
    its only need as `of`: then it is judged quickly."""

    key: str
    title: str
    type: Type
    of: Callable[[Mapping[str, Any]], Any]
    needs: tuple[str, ...]
    property: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    absent: frozenset[str] = frozenset()
    meant: Callable[[str], tuple[str, ...]] | None = None


Parameters = Mapping[str, Parameter]
