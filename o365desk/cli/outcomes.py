"""Plans and runs as the command line tells them: tables and sentences for people, JSON for scripts, exit codes."""

import json
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from o365desk import files
from o365desk.catalogue import Column, ColumnKind, operation
from o365desk.cli.printing import print_json, print_table, say
from o365desk.cli.session import CANCELLED, DONE, FAILED, NOT_ALLOWED, NOT_PROVEN, not_allowed
from o365desk.cli.terminal import results
from o365desk.model.problems import ProblemError
from o365desk.model.run import Counts, Fix, Plan, PlanRow, Run, RunRow, RunState, Standing, place_of
from o365desk.model.text import shells, wording
from o365desk.services.spreadsheets import export
from o365desk.services.spreadsheets.reader import Symptom
from o365desk.services.writes.journal import journal

Item = dict[str, Any]
Here = Callable[[str], str]
"""A command of ours as it works on this workspace: `App.command_here`."""

_READ = 400
"""Letters of a value that a terminal is shown."""
_LISTED = 50
"""How many rows a terminal is shown; files get all."""
_WORDS = {Standing.WILL: "will change", Standing.ALREADY: "already", Standing.CANNOT: "cannot"}
_ITEM = ("row", "outcome", "detail", "request_id")
_COLUMNS = tuple(
    Column(key=key, title=key)
    for key in ("row", "line", "label", "outcome", "detail", "remedy", "code", "request_id")
)
_WARNINGS = Column(key="warnings", title="warnings", kind=ColumnKind.LIST)
_PLANNED = (Column(key="who", title="who"), _WARNINGS)
"""What rows of a plan have besides."""


class Format(StrEnum):
    """How rows are written."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    XLSX = "xlsx"


# --- shapes ------------------------------------------------------------------------------------------------------


def plan_items(plan: Plan) -> list[Item]:
    """A plan's rows, in the shape of a run's."""
    return [_plan_item(row) for row in plan.rows]


def _plan_item(row: PlanRow) -> Item:
    problem = row.problem
    return {
        "row": row.row.number,
        "line": row.row.line,
        "label": row.label,
        "outcome": _WORDS[row.standing],
        "detail": journal.told(problem) if problem else row.note,
        "remedy": problem.remedy if problem else "",
        "code": problem.code if problem else "",
        "request_id": problem.request_id if problem else "",
        "given": row.row.values,
        "warnings": list(row.warnings),
        "who": row.who,
    }


def run_items(rows: Sequence[RunRow]) -> list[Item]:
    """A run's rows. One that is in doubt says so."""
    doubt = "It was sent, and nobody knows yet whether it was done. Resume the run."
    return [
        {
            "row": row.number,
            "line": row.line,
            "label": row.label,
            "outcome": str(row.outcome),
            "detail": row.detail or (doubt if row.doubtful else ""),
            "remedy": row.remedy,
            "code": row.code,
            "request_id": row.request_id,
            "given": row.given,
        }
        for row in rows
    ]


def _counts(counts: Counts) -> dict[str, int]:
    return {key: getattr(counts, key) for key in ("changed", "already", "failed", "cannot", "not_attempted")}


def plan_counts(plan: Plan) -> Counts:
    """What a plan would count as if it ended now: nothing was attempted."""
    return Counts(
        already=plan.count(Standing.ALREADY),
        cannot=plan.count(Standing.CANNOT),
        not_attempted=plan.count(Standing.WILL),
    )


def document(operation: str, run: str | None, counts: Counts, items: Sequence[Item]) -> dict[str, Any]:
    """The JSON of a write, applied or not. In a plan, rows that have warnings list them, and `counts` says how many
    such rows there are, if there are any."""
    warned = sum(bool(item.get("warnings")) for item in items)
    return {
        "run": run,
        "operation": operation,
        "applied": run is not None,
        "counts": _counts(counts) | ({"warnings": warned} if warned else {}),
        "items": [_told(item) for item in items],
    }


def _told(item: Item) -> Item:
    told = {key: item[key] for key in _ITEM}
    told["detail"] = " ".join(filter(None, (item["detail"], item["remedy"])))
    return told | ({"warnings": item["warnings"]} if item.get("warnings") else {})


def summary(run: Run) -> dict[str, Any]:
    """The JSON of a run in a list."""
    return {
        "run": run.id,
        "operation": run.operation,
        "sentence": run.sentence,
        "source": run.source_name,
        "state": str(run.state),
        "by": run.by,
        "started": wording.iso(run.started),
        "ended": wording.iso(run.ended),
        "counts": _counts(run.counts),
        "doubtful": run.doubtful,
        "undoable": run.undoable,
        "undoes": run.undoes or None,
        "undone": run.undone,
        "undone_by": run.undone_by if run.undone else None,
        "partly_undone": bool(run.undone and run.undoable),
    }


def write_items(form: Format, output: Path | None, shape: dict[str, Any], items: Sequence[Item]) -> None:
    """Writes a write's items as the form says, to a file or standard output. All but the JSON, whose shape is
    fixed, have what the rows were given as well. Raises ProblemError."""
    if form is Format.JSON:
        if output is None:
            print_json(shape)
            return
        text = json.dumps(shape, indent=2, ensure_ascii=False) + "\n"
        try:
            export.save(output, text.encode("utf-8", errors="replace"))
        except OSError as error:
            raise ProblemError(files.problem(f"“{output.name}” was not saved", error, output.parent)) from error
        say(f"Saved: {output}")
        return
    planned = _PLANNED if any("warnings" in item for item in items) else ()
    columns = [*_COLUMNS, *planned]
    if form is Format.JSONL:
        columns = [column for column in columns if column.key in (*_ITEM, _WARNINGS.key)]
    rows = shape["items"] if form is Format.JSONL else items
    given = export.columns_given(item["given"] for item in items)
    with export.writer(form, output or results(form.value), [*columns, *given]) as writer:
        writer.rows([{**item["given"], **row} for item, row in zip(items, rows, strict=True)])
    if output:
        say(f"Saved: {output}")


# --- for people --------------------------------------------------------------------------------------------------


def show_findings(findings: Sequence[Symptom], path: Path) -> None:
    """What the clinic saw in a file."""
    for finding in findings[:_LISTED]:
        where = f"{path.name}, line {finding.line}" if finding.line else path.name
        say(f"{where}: {finding.text}")
    if len(findings) > _LISTED:
        say(f"{path.name}: and {len(findings) - _LISTED:,} more remarks.")
    if any(finding.repaired for finding in findings):
        say("The file itself was not changed; --save-repaired FILE writes a repaired copy.")


def show_plan(plan: Plan) -> None:
    """A plan: its sentence and counts, what should be known of rows, what cannot be done and why."""
    say(plan.sentence)
    counts = {
        "Will change": plan.count(Standing.WILL),
        "Already so": plan.count(Standing.ALREADY),
        "Cannot": plan.count(Standing.CANNOT),
        **({"With warnings": plan.warned} if plan.warned else {}),
    }
    print_table(tuple(counts), [tuple(f"{count:,}" for count in counts.values())])
    items = plan_items(plan)
    _warned([item for item in items if item["warnings"]])
    _rows([item for item in items if item["outcome"] == "cannot"], "cannot be done")


def show_left_out(plan: Plan) -> None:
    """How many disabled accounts were left out, as asked for."""
    if plan.left_out:
        say(f"Left out, as they are disabled: {wording.many(plan.left_out, 'account')}.")


def show_warnings(plan: Plan) -> None:
    """What should be known of the rows of a plan that is applied at once."""
    show_left_out(plan)
    warned = [row for row in plan.rows if row.warnings]
    for row in warned[:_LISTED]:
        say(_short(f"{place_of(row.row.number, row.row.line)}, {row.label}: {' '.join(row.warnings)}"))
    if len(warned) > _LISTED:
        say(f"And {len(warned) - _LISTED:,} more rows with warnings.")


def show_way_on(plan: Plan, command: str, fix_file: Path | None, here: Here) -> None:
    """What there is to know and to do before a plan is applied, and how that is done. `fix_file`: where the rows of
    the first fix were saved, which was told then."""
    for note in plan.notes:
        say(note)
    if plan.disabled:
        accounts = wording.many(plan.disabled, "account is", "accounts are")
        say(f"{accounts} disabled; --leave-out-disabled plans without.")
    show_left_out(plan)
    for fix in plan.fixes[1 if fix_file else 0 :]:
        say(f"{fix.title}; --save-fix FILE saves the rows:", f"  {here(fix_command(plan.source_name, fix))}")
    if plan.limit:
        say(f"{plan.limit.reason} It is applied only with --allow-large.")
    if plan.count(Standing.WILL):
        how = ["To apply it:", f"  {command}"] if command else ["A partner would apply it themselves."]
        say(f"Nothing was changed. {how[0]}", *how[1:])


def _short(text: str) -> str:
    """As much of a text as a terminal has room for; files have all of it."""
    return text if len(text) <= _READ else f"{text[:_READ]}…"


def _rows(items: Sequence[Item], what: str) -> None:
    """The rows that need a look, with reason and way out."""
    if not items:
        return
    rows = [(_short(item["label"]), _who(item), _short(item["detail"]), item["remedy"]) for item in items[:_LISTED]]
    _print(items, ("What", "Who", "Why", "What to do"), rows)
    if len(items) > _LISTED:
        say(f"And {len(items) - _LISTED:,} more that {what}.")


def _warned(items: Sequence[Item]) -> None:
    """The rows that have warnings, with these."""
    if not items:
        return
    rows = [(_short(item["label"]), _who(item), " ".join(item["warnings"])) for item in items[:_LISTED]]
    _print(items, ("What", "Who", "Warning"), rows)
    if len(items) > _LISTED:
        say(f"And {len(items) - _LISTED:,} more with warnings.")


def _who(item: Item) -> str:
    return _short(item.get("who", ""))


def _print(items: Sequence[Item], titles: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table of rows: each with its number and, where there is a file, its line. An empty column is left out."""
    places = [(str(item["row"]), str(item["line"] or "")) for item in items[: len(rows)]]
    cells = [[*place, *row] for place, row in zip(places, rows, strict=True)]
    heads = ["Row", "Line", *titles]
    shown = [number for number in range(len(heads)) if any(row[number] for row in cells)]
    print_table([heads[number] for number in shown], [[row[number] for number in shown] for row in cells])


def fix_command(source: str, fix: Fix, file: str = "FILE") -> str:
    """The command that carries out a fix, once its rows are in a file."""
    asked = ["--set", f"{fix.asks}={fix.suggestion or '…'}"] if fix.asks else []
    return shells.ours(["run"], [source, fix.operation], ["--rows", file, *asked, "--apply"])


def save_fix(plan: Plan, target: Path, here: Here) -> None:
    """Writes the rows of a plan's first fix to a CSV file, for `run --rows`. Raises ProblemError."""
    if not plan.fixes:
        say("There is nothing that could be fixed first; no file was written.")
        return
    fix = plan.fixes[0]
    asked = [item for item in operation(fix.operation).fields if item.key != fix.asks]
    columns = [Column(key=item.key, title=item.key) for item in asked]
    with export.writer("csv", target, columns) as writer:
        writer.rows([dict(row.values) for row in fix.rows])
    command = here(fix_command(plan.source_name, fix, str(target)))
    say(f"{fix.title}. The rows are saved; to do it:", f"  {command}")


def show_run(run: Run, items: Sequence[Item]) -> None:
    """How a run ended: counts, what failed or could not be done, and why."""
    say(f"{run.sentence}: {run.state}.")
    counts = _counts(run.counts)
    print_table(
        ("Changed", "Already so", "Failed", "Cannot be done", "Not attempted"),
        [[f"{n:,}" for n in counts.values()]],
    )
    _rows([item for item in items if item["outcome"] == "failed"], "failed")
    _rows([item for item in items if item["outcome"] == "cannot"], "cannot be done")
    if run.undone:
        say(f"It is {run.undone_words}, by run {run.undone_by}.")
    if run.problem:
        say(run.problem.sentence(), *filter(None, [run.problem.microsoft_says]))
    if run.doubtful:
        say(f"In doubt: {run.doubtful:,}, which were sent, and no answer came. Resuming reads them back.")


# --- exit codes --------------------------------------------------------------------------------------------------


def plan_code(plan: Plan) -> int:
    """0 all can be done (or is so already), 3 some cannot, 1 none can."""
    cannot = plan.count(Standing.CANNOT)
    if not cannot:
        return DONE
    return NOT_PROVEN if cannot < len(plan.rows) else FAILED


def run_code(run: Run) -> int:
    """0 done, 3 partly, 1 nothing succeeded, 4 not allowed, 130 cancelled."""
    counts = run.counts
    succeeded = counts.changed + counts.already
    if run.state is RunState.CANCELLED:
        return CANCELLED
    if run.problem and not_allowed(run.problem) and not counts.changed:
        return NOT_ALLOWED
    if counts.failed or counts.cannot or counts.not_attempted or run.doubtful:
        return NOT_PROVEN if succeeded else FAILED
    return DONE
