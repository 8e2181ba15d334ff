"""The manual of the operations, out of the catalogue: `make docs` writes docs/operations.md, a test compares it."""

from collections.abc import Iterator

from o365desk.catalogue import OPERATIONS, Family, Listing, Operation, permissions
from o365desk.model.fields import Field

_INTRO = """\
# The operations

Made from `o365desk/catalogue/` by `make docs`; a test compares it. In the window they are on the *Operations* page;
on the command line:

    o365desk run NAME OPERATION [--set field=value]... [--rows FILE.csv|xlsx|json] [--apply]

`NAME` is the data source, `OPERATION` the key or the title. Field keys are also the column names of files of rows.
A user is an object ID, UPN or mail; a group an object ID, mail, or a display name that only one group has; a plan a
SKU ID, part number or product name. Nothing is written without `--apply`: without it a write prints its plan.

In a file of rows, columns may bear the names of Microsoft's and this program's exports, in English, German, French,
Spanish, Italian, Dutch, Portuguese or Japanese; a column that only means a field yields to a value for all rows.
Several users or plans in a cell become rows of their own. A column such as `action`, `role`, `status` or `isDelete`
is obeyed: a row that contradicts the operation is refused, and what is not understood there is asked for;
`--leave-out COLUMN` leaves a column out. What other programs write for nothing (NULL, N/A, `-`) is empty where that
does no harm, else refused. Whatever was put right or guessed is said, with its line.

A read shows only what satisfies conditions with `--conditions FILE`, a file of JSON; then `search` is not needed,
and goes beside them if it is given. Groups of rows are joined by `and` or `or`, to any depth; parameters are the
keys of the columns:

    {"join": "and", "rows": [
        {"parameter": "department", "operator": "equals", "value": "Sales"},
        {"join": "or", "rows": [
            {"parameter": "createdDateTime", "operator": "within last days", "value": 30, "zone": "Europe/Dublin"},
            {"parameter": "mail", "operator": "ends with", "value": "@contoso.com"}]}]}

As much of them as Microsoft Graph can filter by is sent to it, so that less is read; every row that comes is judged
by all of them here. What cannot be judged (an unknown parameter, a value of another type, a property that may not
be read) shows no rows, and says which row of the conditions is to blame.
"""


def text() -> str:
    """The whole page, as Markdown."""
    return "\n".join([_INTRO, *_overview(), *(line for item in OPERATIONS.values() for line in _chapter(item))])


def _overview() -> Iterator[str]:
    yield "| operation | key | type | least permission Microsoft accepts | o365desk asks for |"
    yield "|---|---|---|---|---|"
    for family in Family:
        for item in OPERATIONS.values():
            if item.family is family:
                least = permissions.enough(item.request, delegated=False)[0]
                yield (
                    f"| [{item.title}](#{item.title.lower().replace(' ', '-')}) | `{item.key}` | {item.query_type} "
                    f"| {least} | {item.permission if item.box else 'nothing'} |"
                )
    yield ""


def _chapter(item: Operation) -> Iterator[str]:
    yield f"## {item.title}"
    yield ""
    yield item.summary if item.place else f"{item.summary} Beyond the web original's ten."
    yield ""
    yield f"- **Request**: `{item.request}`"
    yield f"- **Permission**: {item.permission}. {permissions.reason(item.permission)} " + _also(item)
    if item.box is None:
        yield "- **Asked for by** no check box: it is off until a test shows that one of these was granted"
    if item.roles:
        yield f"- **Role of a signed-in administrator**, one of: {', '.join(item.roles)}"
    if item.change:
        yield f"- **In bulk**: {item.change.in_bulk}"
    if item.inverse:
        yield f"- **Undone by**: {_title(item.inverse)}"
    elif item.change:
        yield f"- **Undone by**: nothing. {item.change.by_hand}"
    yield ""
    if item.fields:
        yield "| field | what it is |"
        yield "|---|---|"
        yield from (_row(field) for field in item.fields)
        yield ""
    if item.listing:
        yield from _answer(item, item.listing)


def _answer(item: Operation, listing: Listing) -> Iterator[str]:
    """What a read brings: its columns, what it lacks, and the orders that Microsoft knows."""
    listed = (f"`{column.key}`" + ("" if column.shown else "*") for column in item.columns)
    yield f"Columns (* hidden at first): {', '.join(listed)}."
    yield ""
    if listing.left_out:
        yield " ".join(listing.left_out)
        yield ""
    if listing.orders:
        names = ", ".join(f"`{name}`" for name in listing.orders)
        yield f'Microsoft sorts by {names} (`--sort "{listing.orders[0]} desc"`).'
        yield ""


def _also(item: Operation) -> str:
    names = [name for name in permissions.enough(item.request, delegated=False) if name != item.permission]
    return f"Also enough: {', '.join(names)}." if names else ""


def _title(key: str) -> str:
    from o365desk.catalogue import operation

    return operation(key).title


def _row(field: Field) -> str:
    choices = ", ".join(f"`{key}`" for key, _ in field.choices if key)
    notes = [field.help, f"One of {choices}." if choices else "", "Needed." if field.required else ""]
    notes.append(f"At most {field.longest} letters." if field.longest else "")
    return f"| `{field.key}` | {' '.join(note for note in notes if note)} |".replace("\\", "\\\\")


if __name__ == "__main__":
    import sys

    sys.stdout.write(text())
