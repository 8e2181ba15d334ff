"""What the options of `run` and `runs` say, checked before anything is done: wrong usage ends with exit code 2."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from o365desk import catalogue
from o365desk.catalogue import OPERATIONS, Column, ColumnKind, Operation
from o365desk.catalogue.values import check
from o365desk.cli.outcomes import Format
from o365desk.cli.printing import say
from o365desk.model.conditions.tree import NO_CONDITION, Group
from o365desk.model.problems import ProblemError
from o365desk.services.spreadsheets.formats import encodings
from o365desk.services.spreadsheets.formats.formats import MOST_BYTES, How
from o365desk.services.spreadsheets.formats.separated import delimiter_named
from o365desk.services.spreadsheets.repairs import cleaned

Apply = Annotated[bool, typer.Option("--apply", help="Write to the tenant. Without it, the plan is printed.")]
AllowLarge = Annotated[bool, typer.Option("--allow-large", help="Apply a plan that is over the limits, too.")]
Confirm = Annotated[
    str, typer.Option(metavar="NAME", help="The name that a plan asks to be typed.", show_default=False)
]
FormatOption = Annotated[
    Format | None,
    typer.Option("--format", help="How rows are written; by the ending of --output, else as a table."),
]
Output = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write the rows to this file.", show_default=False)
]


def operation_named(text: str) -> Operation:
    found = catalogue.find(text)
    if found is None:
        try:
            found = catalogue.operation(text.strip().casefold())
        except KeyError:
            known = ", ".join(OPERATIONS)
            raise typer.BadParameter(f"there is no “{text}”; there are {known}", param_hint="OPERATION") from None
    return found


def refuse_unfitting(item: Operation, *, reads: dict[str, Any], writes: dict[str, Any]) -> None:
    """Refuses options that would be without effect."""
    wrong, kind = (reads, "writes") if item.writes else (writes, "only reads")
    for option, value in wrong.items():
        if value:
            raise typer.BadParameter(f"“{item.title}” {kind}, so this says nothing", param_hint=option)


def values_of(item: Operation, given: Sequence[str], *, whole: bool, searching: bool = True) -> dict[str, str]:
    """Field values by key. `whole`: there is nothing but these, so what is missing is wrong, too; but for what to
    search for, unless `searching`."""
    values: dict[str, str] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not text.isprintable() and any("\ud800" <= letter <= "\udfff" for letter in text):
            raise typer.BadParameter("it holds bytes that are no UTF-8 text", param_hint=f"--set {key}=…")
        if not equals:
            raise typer.BadParameter(f"“{text}” is not FIELD=VALUE", param_hint="--set")
        key = key.strip()
        if key in values:
            raise typer.BadParameter(f"“{key}” is given twice", param_hint="--set")
        values[key] = value.strip()
    values, remarks = cleaned(item.fields, values)
    for key, text in remarks:
        say(f"--set {key}: {text}")
    problems = check(item, values, searching=searching)
    if not whole:
        problems = [problem for problem in problems if problem.field in values]
    if problems:
        raise typer.BadParameter(problems[0].sentence(), param_hint=f"--set {problems[0].field}=…")
    return values


def conditions_of(item: Operation, file: Path | None) -> Group:
    """The conditions of a file, in order for an operation. Raises BadParameter for what is wrong, by its place."""
    from o365desk.services.conditions import files, reading

    if file is None:
        return NO_CONDITION
    try:
        tree = files.read(file)
    except ProblemError as error:
        raise typer.BadParameter(error.problem.sentence(), param_hint="--conditions") from None
    found = reading.check(item, tree)
    if found:
        raise typer.BadParameter(f"{file.name}: {found[0].problem().sentence()}", param_hint="--conditions")
    return tree


def how_of(rows: Path | None, sheet: str, encoding: str, delimiter: str) -> How:
    """How the file of rows is to be read. Raises BadParameter for what nobody knows, and without a file."""
    for option, text in (("--sheet", sheet), ("--encoding", encoding), ("--delimiter", delimiter)):
        if text and rows is None:
            raise typer.BadParameter("there is no file to read without --rows", param_hint=option)
    codec = encodings.named(encoding) if encoding else ""
    if encoding and not codec:
        known = ", ".join(encodings.NAMES)
        raise typer.BadParameter(f"there is no “{encoding}”; there are {known}", param_hint="--encoding")
    sign = delimiter_named(delimiter) if delimiter else ""
    if delimiter and not sign:
        raise typer.BadParameter(
            f"“{delimiter}” is no single sign that can separate columns; give ; or , or tab",
            param_hint="--delimiter",
        )
    return How(sheet, codec, sign)


def given_rows() -> bytes:
    """What comes on standard input, as far as a file may go. Raises BadParameter where a person sits there."""
    if sys.stdin.isatty():
        raise typer.BadParameter(
            "nothing is piped to standard input; name a file, or pipe the rows: … | o365desk run … --rows -",
            param_hint="--rows",
        )
    return sys.stdin.buffer.read(MOST_BYTES + 1)


def rows_options(rows: Path | None, how: How) -> list[str]:
    """The options with which the same file is read the same way again."""
    given = (
        ("--rows", str(rows or "")), ("--sheet", how.sheet), ("--encoding", how.encoding),
        ("--delimiter", "tab" if how.delimiter == "\t" else how.delimiter),
    )  # fmt: skip
    return [word for option, text in given if text for word in (option, text)]


def format_of(form: Format | None, json: bool, output: Path | None) -> Format:
    """The format that is meant. Raises BadParameter where two are, or none can be told."""
    if output == Path("-"):
        raise typer.BadParameter(
            "rows go to standard output without it; say how with --format", param_hint="--output"
        )
    if json and form not in (None, Format.JSON):
        raise typer.BadParameter("--json is short for --format json; give one of them", param_hint="--format")
    if form is None:
        form = Format.JSON if json else None
    if form is None and output is not None:
        ending = output.suffix.lower().removeprefix(".")
        if ending not in (Format.CSV, Format.XLSX, Format.JSON, Format.JSONL):
            raise typer.BadParameter(f"“{output.name}” does not tell; say which", param_hint="--format")
        form = Format(ending)
    if form is Format.XLSX and output is None:
        raise typer.BadParameter("a workbook is written to a file: name it with --output", param_hint="--format")
    if form is Format.TABLE and output is not None:
        raise typer.BadParameter("a table is for the screen; choose another", param_hint="--format")
    return form or Format.TABLE


def columns_of(item: Operation, text: str, form: Format) -> tuple[Column, ...]:
    """Those named; else all, and in a table those that the window shows."""
    if not text and form is Format.TABLE:
        # Seats are a bar in the window; their numbers are columns of their own.
        return tuple(column for column in item.columns if column.shown and column.kind is not ColumnKind.SEATS)
    return _named(item, text) if text and text.strip().casefold() != "all" else item.columns


def _named(item: Operation, text: str) -> tuple[Column, ...]:
    by_key = {column.key.casefold(): column for column in item.columns}
    wanted = [key.strip() for key in text.split(",") if key.strip()]
    known = ", ".join(column.key for column in item.columns)
    if not wanted:
        raise typer.BadParameter(f"it names none; there are {known}", param_hint="--columns")
    for key in wanted:
        if key.casefold() not in by_key:
            raise typer.BadParameter(f"there is no “{key}”; there are {known}", param_hint="--columns")
    chosen = tuple(by_key[key.casefold()] for key in wanted)
    if len(set(chosen)) < len(chosen):
        raise typer.BadParameter("a column is named twice", param_hint="--columns")
    return chosen


def order_of(item: Operation, text: str, hint: str = "--sort") -> str:
    """What Microsoft is to sort by, as Graph writes it. Raises BadParameter for what it does not sort by."""
    words = text.split()
    if not words:
        return ""
    orders = item.listing.orders if item.listing else ()
    by_key = {key.casefold(): key for key in orders}
    key = by_key.get(words[0].casefold())
    if key is None:
        known = f"Microsoft sorts by {', '.join(orders)}" if orders else "Microsoft does not sort this list"
        raise typer.BadParameter(known, param_hint=hint)
    if len(words) > 2 or (words[1:] and words[1].casefold() not in ("asc", "desc")):
        raise typer.BadParameter("a key, and desc behind it for the other way round", param_hint=hint)
    return f"{key} desc" if words[1:] and words[1].casefold() == "desc" else key
