"""Settings of the program, for one machine's user: declared once, shown by a form made of the same fields."""

from collections.abc import Mapping
from typing import Any

import msgspec

from o365desk.model.fields import Field, Kind


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A plan with more rows that change than `large_items`, or that removes more than `large_percent` per cent of a
    group's members (takes more than that of a plan's licences), must be confirmed by typing a name."""

    large_items: int = 500
    large_percent: int = 20


FIELDS = (
    Field(
        key="largeItems",
        label="&Changes that need no second look",
        kind=Kind.NUMBER,
        most=1_000_000,
        required=True,
        help="A plan that changes more rows than this must be confirmed by typing a name (on the command line: "
        "--allow-large). 0 asks always.",
    ),
    Field(
        key="largePercent",
        label="&Per cent of a group that may leave",
        kind=Kind.NUMBER,
        most=100,
        required=True,
        help="The same for a plan that removes more than this part of a group's members, or takes more than this "
        "part of a plan's licences.",
    ),
)


def of(values: Mapping[str, Any]) -> Settings:
    """The settings with these values by the keys of their fields, as they are or as they were typed (checked)."""
    numbers = {field.key: int(values[field.key]) for field in FIELDS if field.kind is Kind.NUMBER}
    return msgspec.convert({**values, **numbers}, Settings, strict=False)
