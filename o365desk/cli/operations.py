"""`o365desk operations` and `o365desk run`: any of the operations on one item or on a file of them."""

from collections.abc import Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from o365desk import catalogue, files
from o365desk.app import App
from o365desk.catalogue import OPERATIONS, Column, Operation
from o365desk.cli.failing import fail
from o365desk.cli.options import (
    AllowLarge,
    Apply,
    Confirm,
    FormatOption,
    Output,
    columns_of,
    conditions_of,
    format_of,
    given_rows,
    how_of,
    operation_named,
    order_of,
    refuse_unfitting,
    rows_options,
    values_of,
)
from o365desk.cli.outcomes import Format, save_fix, show_findings
from o365desk.cli.printing import StreamedTable, interruptible, print_json, print_table, say
from o365desk.cli.progress import Ticker
from o365desk.cli.searches import saved_of, with_saved
from o365desk.cli.session import DONE, NOT_PROVEN, Json, Name, entry_of, services, unlocked
from o365desk.cli.terminal import results
from o365desk.cli.writing import apply_options, apply_plan, tell_plan
from o365desk.model.conditions.tree import NO_CONDITION, Group, both
from o365desk.model.datasource import DataSource
from o365desk.model.run import Plan, Row
from o365desk.model.stop import Stop
from o365desk.model.text import wording
from o365desk.services.graph.lists import GraphPage, ReadEnd
from o365desk.services.graph.throttling import Pause
from o365desk.services.spreadsheets import export, reader
from o365desk.services.spreadsheets.formats.formats import STDIN


def operations(json: Json = False) -> int:
    """List the operations, with their fields."""
    if json:
        print_json([_described(item) for item in OPERATIONS.values()])
        return DONE
    rows = [
        (item.key, item.title, str(item.query_type), ", ".join(field.key for field in item.fields), item.permission)
        for item in OPERATIONS.values()
    ]
    print_table(("Key", "Title", "Type", "Fields", "Permission"), rows)
    return DONE


def _described(item: Operation) -> dict[str, Any]:
    return {
        "key": item.key,
        "title": item.title,
        "summary": item.summary,
        "queryType": str(item.query_type),
        "permission": item.permission,
        "fields": [
            {
                "key": field.key,
                "label": field.plain_label,
                "kind": str(field.kind),
                "required": field.required,
                "choices": [key for key, _ in field.choices],
                "help": field.help,
            }
            for field in item.fields
        ],
        "columns": [column.key for column in item.columns],
        "inverse": item.inverse or None,
    }


@dataclass(frozen=True, kw_only=True)
class _Wish:
    """What was asked for, checked as far as that can be done without a data source."""

    operation: Operation
    values: dict[str, str]
    form: Format
    output: Path | None
    rows: Path | None = None
    apply: bool = False
    allow_large: bool = False
    confirm: str = ""
    columns: tuple[Column, ...] = ()
    max_rows: int | None = None
    sort: str = ""
    save_repaired: Path | None = None
    save_fix: Path | None = None
    left_out: tuple[str, ...] = ()
    leave_out_disabled: bool = False
    conditions: Group = NO_CONDITION
    as_partner: str = ""
    how: reader.How = reader.How()  # noqa: RUF009 - frozen as well


def run_operation(
    context: typer.Context,
    name: Name,
    operation: Annotated[str, typer.Argument(metavar="OPERATION", help="Its key or title; see operations.")],
    given: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="FIELD=VALUE", help="A field's value; with --rows, for all rows."),
    ] = None,
    rows: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A CSV, XLSX or JSON file with a column for each field; - for standard input.",
            show_default=False,
        ),
    ] = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="A column of the file that is not to be used.", show_default=False),
    ] = None,
    sheet_title: Annotated[
        str, typer.Option("--sheet", metavar="TITLE", help="The sheet of the workbook.", show_default=False)
    ] = "",
    encoding: Annotated[
        str,
        typer.Option(metavar="NAME", help="How the file is encoded: utf-8, cp1250, mac, …", show_default=False),
    ] = "",
    delimiter: Annotated[
        str, typer.Option(metavar="SIGN", help="What separates its columns: ; or tab, …", show_default=False)
    ] = "",
    apply: Apply = False,
    allow_large: AllowLarge = False,
    confirm: Confirm = "",
    form: FormatOption = None,
    json: Json = False,
    output: Output = None,
    columns: Annotated[
        str, typer.Option(metavar="all|KEY,KEY", help="Which columns of a read.", show_default=False)
    ] = "",
    sort: Annotated[
        str, typer.Option(metavar="KEY [desc]", help="What Microsoft sorts a read by.", show_default=False)
    ] = "",
    max_rows: Annotated[
        int | None, typer.Option(min=1, help="Stop a read after so many rows.", show_default=False)
    ] = None,
    save_repaired: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Save the rows, as they were repaired, as CSV.", show_default=False),
    ] = None,
    save_fix: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Save the rows of what the plan says to do first.", show_default=False),
    ] = None,
    leave_out_disabled: Annotated[
        bool, typer.Option("--leave-out-disabled", help="Give nothing to accounts that are disabled.")
    ] = False,
    conditions: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Show only what satisfies the conditions of this JSON file; instead of what to search for, or "
            "beside it.",
            show_default=False,
        ),
    ] = None,
    saved: Annotated[
        str,
        typer.Option(
            metavar="SEARCH",
            help="A saved search of the data source: its conditions; and its values, sorting and number of rows, "
            "unless they are set here.",
            show_default=False,
        ),
    ] = "",
    as_partner: Annotated[
        str,
        typer.Option(
            metavar="EMAIL", help="Show what this partner would get; writes are planned only.", show_default=False
        ),
    ] = "",
) -> int:
    """Run an operation. A read prints or writes its rows; a write prints its plan, and is carried out with --apply.

    Exit code 0 done, 1 nothing succeeded, 2 wrong usage, 3 partly done or incomplete, 4 not allowed, 130 cancelled.
    """
    if as_partner and apply:
        raise typer.BadParameter("it shows what a partner would get; nothing is done as one", param_hint="--apply")
    item = operation_named(operation)
    refuse_unfitting(item, reads={"--columns": columns, "--sort": sort, "--max-rows": max_rows,
                                   "--conditions": conditions, "--saved": saved}, writes={
        "--rows": rows, "--apply": apply, "--allow-large": allow_large, "--confirm": confirm,
        "--save-repaired": save_repaired, "--save-fix": save_fix, "--leave-out": leave_out,
        "--leave-out-disabled": leave_out_disabled,
    })  # fmt: skip
    how = how_of(rows, sheet_title, encoding, delimiter)
    if rows is None:
        _refuse_about_rows(save_repaired, leave_out)
    chosen = format_of(form, json, output)
    _refuse_files(rows, output, save_repaired, save_fix, conditions)
    early = services(context) if saved else None
    search = saved_of(entry_of(early, name).source, item, saved) if early else None
    said = with_saved(search, given or [])
    tree = both(search.tree if search else NO_CONDITION, conditions_of(item, conditions))
    wish = _Wish(
        operation=item,
        values=values_of(item, said, whole=rows is None, searching=not tree),
        form=chosen,
        output=output,
        rows=rows,
        apply=apply,
        allow_large=allow_large,
        confirm=confirm,
        columns=columns_of(item, columns, chosen),
        max_rows=max_rows or (search.max_rows or None if search else None),
        sort=order_of(item, sort or (search.sort if search else "")),
        save_repaired=save_repaired,
        save_fix=save_fix,
        left_out=tuple(leave_out or ()),
        leave_out_disabled=leave_out_disabled,
        conditions=tree,
        as_partner=as_partner.strip(),
        how=how,
    )
    app = unlocked(early or services(context))
    source = entry_of(app, name).source
    return _write(app, source, wish) if item.writes else _read(app, source, wish)


def _refuse_about_rows(save_repaired: Path | None, leave_out: Sequence[str] | None) -> None:
    """Refuses what means nothing where no file of rows was given."""
    if save_repaired:
        raise typer.BadParameter("there is no file to repair without --rows", param_hint="--save-repaired")
    if leave_out:
        raise typer.BadParameter("there is no file with columns without --rows", param_hint="--leave-out")


def _refuse_files(
    rows: Path | None,
    output: Path | None,
    save_repaired: Path | None,
    save_fix: Path | None,
    conditions: Path | None,
) -> None:
    """Refuses what would write over what is read or over itself, and what cannot be written, beforehand."""
    if output and conditions and files.same(output, conditions):
        raise typer.BadParameter("it is the file of conditions", param_hint="--output")
    for option, file in (("--output", output), ("--save-fix", save_fix)):
        if file and rows and files.same(file, rows):
            raise typer.BadParameter("it is the file of rows, which is never changed", param_hint=option)
    written = [file for file in (output, save_repaired, save_fix) if file]
    if len({file.absolute() for file in written}) < len(written):
        raise typer.BadParameter("two of them would be the same file", param_hint="--output, --save-…")
    for file in written:
        export.refuse_unwritable(file)


# --- reads -------------------------------------------------------------------------------------------------------


def _read(app: App, source: DataSource, wish: _Wish) -> int:
    """Streams a read's rows to where they belong; says at its end how many came, and whether that is all."""
    noun = wish.operation.family.value.lower() if wish.operation.family.value != "Licences" else "licence plans"
    table = StreamedTable(wish.columns)
    target = (
        nullcontext(table)
        if wish.form is Format.TABLE
        else export.writer(wish.form.value, wish.output or results(wish.form.value), wish.columns)
    )
    with Ticker(moving=wish.form is not Format.TABLE) as ticker:
        end = _streamed(app, source, wish, target, ticker, noun)
    if table.left_out:
        say(f"Too narrow for all columns; left out: {', '.join(table.left_out)}. Choose with --columns.")
    if end.problem:
        fail(end.problem)
        kept = f" “{wish.output}” is as it was before." if wish.output else ""
        say(f"The list is incomplete: {_counted(end.count, noun)} came before it broke off.{kept}")
        return NOT_PROVEN
    say(f"{_counted(end.count, noun)}." + (f" {end.reason}" if end.reason else ""))
    if wish.output:
        say(f"Saved: {wish.output}")
    return DONE


def _counted(count: int, noun: str) -> str:
    """ "1 group", "2 groups"."""
    return wording.many(count, noun.removesuffix("s"), noun)


class _IncompleteError(Exception):
    """Takes a file back whose list broke off."""


def _streamed(app: App, source: DataSource, wish: _Wish, target: Any, ticker: Ticker, noun: str) -> ReadEnd:
    ends: list[ReadEnd] = []

    def told(pause: Pause | None) -> None:
        if pause:
            ticker.waiting(pause.reason)

    def work(stop: Stop) -> None:
        with target as writer:

            def page(page: GraphPage) -> None:
                writer.rows(page.rows)
                of = f" of {page.total:,}" if page.total else ""
                ticker.tell(f"{page.so_far:,}{of} {noun} so far …")

            ends.append(
                app.runner.read(
                    source, wish.operation, wish.values, stop, page,
                    told=told, max_rows=wish.max_rows, order=wish.sort, conditions=wish.conditions,
                    as_partner=wish.as_partner,
                )
            )  # fmt: skip
            # What did not even begin is no empty list.
            if ends[0].problem and (wish.output or not ends[0].count):
                raise _IncompleteError

    with suppress(_IncompleteError):
        interruptible(work)
    return ends[0]


# --- writes ------------------------------------------------------------------------------------------------------


def _write(app: App, source: DataSource, wish: _Wish) -> int:
    rows = _rows(wish)
    with Ticker() as ticker:
        plan: Plan = interruptible(
            lambda stop: app.runner.plan(
                source,
                wish.operation,
                rows,
                stop,
                ticker.planning,
                leave_out_disabled=wish.leave_out_disabled,
                as_partner=wish.as_partner,
            )
        )
    if wish.save_fix:
        save_fix(plan, wish.save_fix, app.command_here)
    if wish.apply:
        return apply_plan(app, source, plan, wish.form, wish.output, wish.allow_large, wish.confirm)
    if wish.as_partner:
        return tell_plan(app, plan, "", wish.form, wish.output, wish.save_fix)
    options = rows_options(wish.rows, wish.how)
    for column in wish.left_out:
        options += ["--leave-out", column]
    options += ["--leave-out-disabled"] if wish.leave_out_disabled else []
    command = catalogue.command_line(source.name, wish.operation, wish.values, *options, *apply_options(plan))
    return tell_plan(app, plan, command, wish.form, wish.output, wish.save_fix)


def _rows(wish: _Wish) -> Sequence[Row]:
    """The rows of the file, with what the clinic saw said; or the one row that was given."""
    if wish.rows is None:
        return (Row(number=1, values=wish.values),)
    path, given = (STDIN, given_rows()) if wish.rows == Path("-") else (wish.rows, None)
    made = reader.read(path, wish.operation, wish.values, how=wish.how, left_out=wish.left_out, given=given)
    show_findings(made.findings, path)
    if wish.save_repaired:
        made.save_repaired(wish.save_repaired)
        say(f"Repaired copy saved: {wish.save_repaired}")
    return made.rows
