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
    are Graph's properties that it is made of: where one of them cannot be read, nothing can be told. `property` is
    the one that Graph can filter by, "" where there is none."""

    key: str
    title: str
    type: Type
    of: Callable[[Mapping[str, Any]], Any]
    needs: tuple[str, ...]
    property: str = ""
    choices: tuple[tuple[str, str], ...] = ()


Parameters = Mapping[str, Parameter]
