"""What the form of a task asks besides its times: the fields, and what a task has to be to be shown and read."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from o365desk.catalogue import OPERATIONS
from o365desk.model.datasource import DataSource
from o365desk.model.fields import Field, Kind
from o365desk.model.problems import Problem
from o365desk.model.run import Plan
from o365desk.model.schedules.task import LONGEST, MOST_MINUTES, TITLES, Task, Work
from o365desk.model.text.shown import shown
from o365desk.ui.dialogs.schedules import commands, when

_PICKED = (Kind.USER, Kind.USERS, Kind.GROUP, Kind.PLAN)
_NO_SEARCH = "None"
ENDINGS = (".csv", ".xlsx", ".json", ".jsonl")


@dataclass(frozen=True, kw_only=True)
class Opened:
    """What is edited. `base` is the version of the file that it began with (None: new); `zone` is this computer's,
    `zones` are all that it knows; `refused` says why it can only be looked at; `note` what saving does besides;
    `plan` is the approved plan that it is to apply; `armed_here`: it runs here already, or is paused."""

    task: Task
    base: str | None
    sources: tuple[DataSource, ...]
    zone: str
    zones: tuple[str, ...] = ()
    refused: str = ""
    note: str = ""
    plan: Plan | None = None
    armed_here: bool = True


READS = tuple(operation for operation in OPERATIONS.values() if not operation.writes)


def _value_fields() -> tuple[Field, ...]:
    made = []
    for operation in READS:
        for field in operation.fields:
            # It is looked up in the tenant at each run: by whatever is typed here.
            kind = Kind.TEXT if field.kind in _PICKED else field.kind
            made.append(dataclasses.replace(field, key=value_key(operation.key, field.key), kind=kind))
    return tuple(made)


def value_key(operation: str, field: str) -> str:
    """The key in this form of a field of an operation."""
    return f"{operation}.{field}"


NAME = Field(key="name", label="&Name", kind=Kind.TEXT, required=True, longest=LONGEST,
             placeholder="Such as Import every night")  # fmt: skip
WORK = Field(key="work", label="&What it does", kind=Kind.CHOICE,
             choices=tuple((work.value, title) for work, title in TITLES.items()))  # fmt: skip
SOURCE = Field(key="source", label="&Data source", kind=Kind.CHOICE)
WHAT = (
    Field(
        key="group",
        label="&Group",
        kind=Kind.TEXT,
        help="The group of this workspace that is kept in step, by its name.",
    ),
    Field(
        key="operation",
        label="&Operation",
        kind=Kind.CHOICE,
        choices=tuple((operation.key, operation.title) for operation in READS),
        help="What is read; its rows go to the file below.",
    ),
    Field(
        key="saved",
        label="Saved searc&h",
        kind=Kind.CHOICE,
        help="A search that is saved in the data source’s file: what it asks at the time of the run.",
    ),
    *_value_fields(),
    Field(
        key="output",
        label="To &file",
        kind=Kind.FILE,
        placeholder="Its whole path, ending in .csv, .xlsx, .json or .jsonl",
        help="It is replaced by each run that reads the whole list, and stays as it is otherwise.",
    ),
)
AFTER = (
    Field(
        key="limit",
        label="Run &limit",
        kind=Kind.NUMBER,
        most=MOST_MINUTES,
        hint="Minutes that a run may take",
        help="What takes longer is ended, and has failed.",
    ),
    Field(
        key="report",
        label="&Report file",
        kind=Kind.FILE,
        placeholder="None; or a path ending in .html or .md",
        help="A summary of the latest run, ready to be mailed. It is replaced by each run.",
    ),
    Field(
        key="on_success",
        label="Command after success",
        kind=Kind.TEXT,
        placeholder="None; or a program and its arguments",
        help="It is run as it stands, without a shell: quotes keep blanks together, and $, * and \\ are letters. "
        "O365DESK_TASK, O365DESK_OUTCOME, O365DESK_MESSAGE, O365DESK_COUNTS and O365DESK_REPORT tell it "
        "what there was.",
    ),
    Field(
        key="on_failure",
        label="Command otherwise",
        kind=Kind.TEXT,
        placeholder="None; or a program and its arguments",
        help="The same after a run that failed, or of which not all was done.",
    ),
)


def values_of(opened: Opened) -> dict[str, Any]:
    """What stands in the fields of a task."""
    task = opened.task
    operation = task.what.get("operation", "") or READS[0].key
    found: dict[str, Any] = {
        "name": task.name,
        "work": task.work.value,
        "source": task.source or (opened.sources[0].id if opened.sources else ""),
        "group": task.what.get("group", ""),
        "operation": operation,
        "saved": task.what.get("saved", ""),
        "output": task.what.get("output", ""),
        "limit": str(task.limit),
        "report": task.report,
        "on_success": commands.as_line(task.on_success),
        "on_failure": commands.as_line(task.on_failure),
    }
    found |= {value_key(operation, key): text for key, text in task.values.items()}
    return found | when.shown(task.schedule, opened.zone)


def searches_of(sources: Iterable[DataSource], source_id: str, operation: str) -> list[tuple[str, str]]:
    """The choices of saved searches, none first."""
    from o365desk.model.searches import of_operation

    source = next((each for each in sources if each.id == source_id), None)
    found = of_operation(source.searches, operation) if source else ()
    return [("", _NO_SEARCH), *((each.name, shown(each.name)) for each in found)]


def in_sight(values: Mapping[str, Any]) -> set[str]:
    """The fields that the kind of work needs."""
    work = Work(values["work"])
    if work is Work.SYNC:
        return {"group"}
    if work is not Work.READ:
        return set()
    operation = str(values["operation"])
    found = {"operation", "saved", "output"}
    if not values["saved"]:
        found |= {
            value_key(operation, field.key) for each in READS if each.key == operation for field in each.fields
        }
    return found


def read(values: Mapping[str, Any], opened: Opened) -> tuple[Task, list[Problem]]:
    """The task that is meant, but for its schedule, and what is wrong with what is typed, each with its field."""
    problems: list[Problem] = []
    before, work = opened.task, Work(values["work"])
    name = " ".join(str(values["name"]).split())
    if not name:
        problems.append(_wrong("name", "The task needs a name", "Give it one."))
    elif len(name) > LONGEST:
        problems.append(_wrong("name", f"The name has more than {LONGEST} letters", "Shorten it."))
    if not values["source"]:
        problems.append(_wrong("source", "There is no data source yet", "Add one first."))
    what, asked = _what(work, values, opened, problems)
    made = before.replace(
        name=name,
        work=work,
        source=str(values["source"]),
        what=what,
        values=asked,
        report=_report(str(values["report"]).strip(), problems),
        on_success=_command("on_success", values, before.on_success, problems),
        on_failure=_command("on_failure", values, before.on_failure, problems),
        limit=_limit(str(values["limit"]).strip(), problems),
    )
    return made, problems


def _what(
    work: Work, values: Mapping[str, Any], opened: Opened, problems: list[Problem]
) -> tuple[dict[str, str], dict[str, str]]:
    """What the work is about, and the values of a read. Keys that this form does not know stay."""
    before = opened.task
    kept = {key: text for key, text in before.what.items() if key not in ("operation", "saved", "output", "group")}
    if work is not before.work:
        kept = {}
    if work is Work.APPLY:
        if not before.what.get("plan") and opened.plan is None:
            remedy = "Make the plan under Operations, look at it, and press “Apply later…” there."
            problems.append(_wrong("work", "A plan is approved where it can be seen", remedy))
        return (dict(before.what) if before.work is Work.APPLY else {}), {}
    if work is Work.SYNC:
        group = str(values["group"]).strip()
        if not group:
            problems.append(_wrong("group", "The group is missing", "Type its name."))
        return kept | {"group": group}, {}
    if work is not Work.READ:
        return kept, {}
    operation, saved, output = str(values["operation"]), str(values["saved"]), str(values["output"]).strip()
    if why := _no_file(output, ENDINGS):
        problems.append(_wrong("output", *why))
    what = {"operation": operation, "saved": saved, "output": output}
    return kept | {key: text for key, text in what.items() if text}, _asked(operation, saved, values)


def _asked(operation: str, saved: str, values: Mapping[str, Any]) -> dict[str, str]:
    fields = next((each.fields for each in READS if each.key == operation), ())
    typed = {field.key: str(values.get(value_key(operation, field.key)) or "").strip() for field in fields}
    return {} if saved else {key: text for key, text in typed.items() if text}


def _no_file(text: str, endings: Sequence[str]) -> tuple[str, str] | None:
    """Why a text names no file to be written, and what to do."""
    said = " or ".join(filter(None, (", ".join(endings[:-1]), endings[-1])))
    if not text:
        return "The file is missing", f"Name one that ends in {said}."
    path = Path(text)
    if not path.is_absolute():
        return "It is no whole path", "Begin with the disk or with /: a task has no folder of its own."
    if path.suffix.lower() not in endings:
        return f"“{path.name}” has no ending that is known", f"End it in {said}."
    return None


def _report(text: str, problems: list[Problem]) -> str:
    if text and (why := _no_file(text, (".html", ".md"))):
        problems.append(_wrong("report", *why))
    return text


def _limit(text: str, problems: list[Problem]) -> int:
    if text.isascii() and text.isdecimal() and 1 <= int(text[:6]) <= MOST_MINUTES:
        return int(text)
    title = f"“{text}” does not fit" if text else "The limit is missing"
    problems.append(_wrong("limit", title, f"Type how many minutes a run may take, from 1 to {MOST_MINUTES}."))
    return 1


def _command(
    key: str, values: Mapping[str, Any], before: tuple[str, ...], problems: list[Problem]
) -> tuple[str, ...]:
    line = str(values[key])
    if line == commands.as_line(before):  # also with what a line of text cannot hold
        return before
    try:
        words = commands.as_words(line)
    except ValueError:
        problems.append(_wrong(key, "A quote is not closed", "Close it, or leave it out."))
        return ()
    if words and not words[0].strip():
        problems.append(_wrong(key, "The first word is empty", "Begin with the program."))
    return words


def _wrong(key: str, title: str, remedy: str) -> Problem:
    return Problem(title=title, remedy=remedy, field=key, code="form")


_AT = {"rule": "recurs", "start": "date"}
_BY_CODE = {"no-data-source": "source", "no-work": "work", "no-plan": "work", "name-taken": "name", "name": "name",
            "over": "date", "repeats": "recurs"}  # fmt: skip


def placed(problem: Problem, values: Mapping[str, Any]) -> Problem:
    """What a service says, with the field of this form that is at fault; "" where it is none of them."""
    operation = str(values["operation"])
    key = _BY_CODE.get(problem.code) or _AT.get(problem.field, problem.field)
    own = value_key(operation, key)
    return problem.with_(field=own if own in {field.key for field in WHAT} else key)


def schedule_of(values: Mapping[str, Any], before: Task) -> tuple[str, str, str]:
    """See `when.meant`."""
    return when.meant(values, before.schedule if before.schedule.start else None)
