"""Settings of the program, for one machine's user: declared once, shown by a form made of the same fields."""

from collections.abc import Mapping
from typing import Any

import msgspec

from o365desk.model.fields import Field, Kind


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A plan with more rows that change than `large_items`, or that removes more than `large_percent` per cent of a
    group's members (takes more than that of a plan's licences), must be confirmed by typing a name. An import that
    changes, disables and removes more than `import_items`, or than `import_percent` per cent of what is there,
    waits for a person. What imports changed is kept for `history_days`, and at most `history_megabytes` of it;
    entries of the activity log for `activity_days`."""

    large_items: int = 500
    large_percent: int = 20
    import_items: int = 500
    import_percent: int = 10
    history_days: int = 365
    history_megabytes: int = 1_000
    activity_days: int = 400


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
    Field(
        key="importItems",
        label="Changes of an import that need no second look",
        kind=Kind.NUMBER,
        most=1_000_000,
        required=True,
        help="An import that would change, disable and remove more users (or groups) than this waits for a person "
        "(on the command line: --allow-large). Who is new does not count, nor does the first import.",
    ),
    Field(
        key="importPercent",
        label="Per cent of a directory that may change",
        kind=Kind.NUMBER,
        most=100,
        required=True,
        help="The same for an import that would do so to more than this part of those that are there; up to ten "
        "never count as too large a part.",
    ),
    Field(
        key="historyDays",
        label="Days that what imports changed is kept",
        kind=Kind.NUMBER,
        most=36_500,
        required=True,
        help="So far back it can be seen who was in a group, and who had a licence.",
    ),
    Field(
        key="historyMegabytes",
        label="Most megabytes of it for each data source",
        kind=Kind.NUMBER,
        most=1_000_000,
        required=True,
        help="What is oldest is forgotten beyond that. 0: as much as there is.",
    ),
    Field(
        key="activityDays",
        label="Days that the activity log is kept",
        kind=Kind.NUMBER,
        most=36_500,
        required=True,
        help="What is older is dropped; an entry says how much that was, and the chain goes on from it. "
        "0: nothing is dropped.",
    ),
)


def of(values: Mapping[str, Any]) -> Settings:
    """The settings with these values by the keys of their fields, as they are or as they were typed (checked); what
    is not given is as it is by itself."""
    numbers = {
        field.key: int(values[field.key]) for field in FIELDS if field.kind is Kind.NUMBER and field.key in values
    }
    return msgspec.convert({**values, **numbers}, Settings, strict=False)
