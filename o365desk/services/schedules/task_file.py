"""The file of a scheduled task: bytes to `Task` and back, as strict as the other files that people share."""

import re
import uuid
from datetime import UTC, datetime
from typing import Any

from o365desk.log import without_secret
from o365desk.model.activity import What
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.schedules.schedule import Recurs, RuleError, Schedule, check, read_rule, read_start, with_time
from o365desk.model.schedules.task import LIMIT, MOST_MINUTES, VERSION, Task, Work
from o365desk.model.text import wording
from o365desk.services.schedules.recurrence import zone_of
from o365desk.services.workspace import data_source_file, strict_json
from o365desk.services.workspace.security_block import items_of, object_of, rest_of, text_of, with_rest
from o365desk.services.workspace.shared_files import Sort
from o365desk.services.workspace.strict_json import BACK, FORMAT_KEYS, FaultError, Path, short, sort_of

SCHEMA = "https://o365desk.example/schema/schedule-1.json"
"""The `$id` of `resources/schedule.schema.json`."""
FOLDER = "schedules"

_KEYS = frozenset((
    "id", "name", "task", "source", "rule", "start", "zone", "paused", "what", "values", "report", "onSuccess",
    "onFailure", "limit", "owner", "machine", "machineId", "modified", "modifiedBy", *FORMAT_KEYS,
))  # fmt: skip
_SORT = strict_json.Sort(
    version=VERSION,
    keys=_KEYS,
    judged=frozenset(("id", "modified", "start", "rule")),
    nested=frozenset(("what", "values", "onSuccess", "onFailure")),
    too_large="A task needs a few hundred; see what it is.",
    made_to_be="The files of a workspace are",
    items={"onSuccess": "“onSuccess” word", "onFailure": "“onFailure” word"},
)
_HEX = re.compile(r"[0-9A-Za-z-]{0,64}")
_WORKS = ", ".join(f"“{work}”" for work in Work)


def decode(data: bytes, label: str) -> Task:
    """Reads the file's bytes; `label` is what problems call it. Raises ProblemError with line and place."""
    document = strict_json.read(data, label, _SORT)
    try:
        return _task(document.found)
    except FaultError as error:
        raise document.fault(error) from None


def encode(task: Task) -> bytes:
    """A task as the bytes of its file; the same task always gives the same bytes. Raises ProblemError for what
    could not be read back, also for a secret."""
    body: dict[str, Any] = {"$schema": SCHEMA, "version": VERSION}
    body |= {"id": task.id, "name": task.name, "task": task.work.value, "source": task.source}
    schedule = task.schedule
    if schedule.rule:
        body["rule"] = schedule.rule
    if schedule.start:
        body["start"] = wording.iso_on_wall(schedule.start)
    body["zone"] = schedule.zone
    optional: dict[str, Any] = {
        "paused": task.paused, "what": task.what, "values": task.values, "report": task.report,
        "onSuccess": list(task.on_success), "onFailure": list(task.on_failure), "limit": task.limit,
        "owner": task.owner, "machine": task.machine, "machineId": task.machine_id,
        "modified": wording.iso(task.modified), "modifiedBy": task.modified_by,
    }  # fmt: skip
    body |= {key: value for key, value in optional.items() if value}
    body = with_rest(body, task.extra, set(_KEYS))
    key = strict_json.secret_in(body, _SORT)
    if key is not None:
        raise ProblemError(
            Problem(
                title=f"“{short(without_secret(key))}” of the task looks like a secret",
                cause="The files of a workspace are made to be shared, so nothing secret may be in them. Nothing "
                "was saved.",
                remedy="Leave it out; let a command that needs a secret fetch it itself.",
                code="secret-in-file",
            )
        )
    data = strict_json.written(body)
    decode(data, f"“{task.name}”")
    return data


FILES: Sort[Task] = Sort(FOLDER, "task", decode, encode, what=What.SCHEDULE)
"""For `shared_files.SharedFiles`."""


def new_id() -> str:
    """An id that no other task has."""
    return str(uuid.uuid4())


def _task(found: dict[str, Any]) -> Task:
    task = Task(
        id=text_of(found, "id", (), needed=True),
        name=text_of(found, "name", (), needed=True),
        work=_work(found),
        source=text_of(found, "source", (), needed=True),
        schedule=_schedule(found),
        paused=_paused(found),
        what=_texts(found, "what"),
        values=_texts(found, "values"),
        report=text_of(found, "report", ()),
        on_success=_command(found, "onSuccess"),
        on_failure=_command(found, "onFailure"),
        limit=_limit(found),
        owner=text_of(found, "owner", ()),
        machine=text_of(found, "machine", ()),
        machine_id=text_of(found, "machineId", ()),
        modified=_modified(found),
        modified_by=text_of(found, "modifiedBy", ()),
        extra=rest_of(found, set(_KEYS)),
    )
    if not data_source_file.is_id(task.id):
        raise FaultError(("id",), "is not made of 1 to 64 letters, digits and hyphens", f"Write “{new_id()}”.")
    if not _HEX.fullmatch(task.machine_id):
        raise FaultError(("machineId",), "is no id", "Remove the line, and arm the task again.")
    return task


def _work(found: dict[str, Any]) -> Work:
    work = found.get("task")
    if work not in tuple(Work):
        reason = f": “{short(work)}” is no task" if isinstance(work, str) else f"is {sort_of(work)}"
        raise FaultError(("task",), reason if "task" in found else "is missing", f"Write one of {_WORKS}.")
    return Work(work)


def _schedule(found: dict[str, Any]) -> Schedule:
    """The schedule of a file. Raises FaultError at the key that makes no sense."""
    texts = {key: text_of(found, key, ()).strip() for key in ("rule", "start", "zone")}
    try:
        zone = texts["zone"] or "UTC"
        zone_of(zone)
        start = read_start(texts["start"]) if texts["start"] else None
        made = Schedule(recurs=Recurs.ONCE if start else Recurs.ON_DEMAND, start=start, zone=zone)
        if texts["rule"]:
            written = read_rule(texts["rule"])
            made = written.schedule.replace(start=start, zone=zone)
            if written.until_utc:
                raise RuleError("rule", "ends in UTC", "Write UNTIL in the time of the zone, without the Z.")
            if start and with_time(written, start) != start:
                raise RuleError("rule", "says another time of day than the start", "Say it in the start only.")
        check(made)
    except RuleError as error:
        raise FaultError((error.part,), error.reason, error.remedy) from None
    return made


def _paused(found: dict[str, Any]) -> bool:
    value = found.get("paused", False)
    if not isinstance(value, bool):
        raise FaultError(("paused",), f"is {sort_of(value)} and must be true or false", BACK)
    return value


def _texts(found: dict[str, Any], key: str) -> dict[str, str]:
    given = object_of(found.get(key, {}), (key,))
    for name, text in given.items():
        if not isinstance(text, str):
            raise FaultError((key, name), f"is {sort_of(text)} and must be a text", BACK)
    return given


def _command(found: dict[str, Any], key: str) -> tuple[str, ...]:
    words = []
    place: Path
    for word, place in items_of(found, key, ()):
        if not isinstance(word, str) or "\0" in word:
            raise FaultError(place, f"is {sort_of(word)} and must be a text", BACK)
        words.append(word)
    if words and not words[0].strip():
        raise FaultError((key, 0), "is empty and must name a program", BACK)
    return tuple(words)


def _limit(found: dict[str, Any]) -> int:
    value = found.get("limit", LIMIT)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_MINUTES:
        remedy = f"Write how many minutes a run may take, from 1 to {MOST_MINUTES}."
        raise FaultError(("limit",), "is no number of minutes", remedy)
    return value


def _modified(found: dict[str, Any]) -> datetime | None:
    text = text_of(found, "modified", ())
    try:
        made = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise FaultError(
            ("modified",), "is no date and time", "Write it like 2027-01-31T12:00:00Z, or remove the line."
        ) from None
    if made is None or made.year not in data_source_file.YEARS:
        return None
    return made if made.tzinfo else made.replace(tzinfo=UTC)
