"""The file of a task: what is written is read back and fits its schema; what makes no sense is told by its
place."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from o365desk import paths
from o365desk.model.problems import ProblemError
from o365desk.model.schedules.schedule import WEEK_DAYS, Recurs, Schedule
from o365desk.model.schedules.task import Task, Work
from o365desk.services.schedules.task_file import SCHEMA, decode, encode

FULL = Task(
    id="a-1", name="Nightly", work=Work.READ, source="s", paused=True,
    what={"operation": "user-list"},
    values={"search": "ä"}, report="/r.md", on_success=("mail", ""), on_failure=("x",), limit=5, owner="ada",
    machine="pc", machine_id="abc", modified=datetime(2026, 11, 27, tzinfo=UTC), modified_by="ada",
    extra={"z": [1]},
    schedule=Schedule(
        recurs=Recurs.DAILY, every=2, days=WEEK_DAYS, start=datetime.fromisoformat("2026-12-01T02:30"),
        zone="Europe/Berlin", until=datetime.fromisoformat("2027-12-01T00:00"),
    ),
)  # fmt: skip


def test_all_of_it_is_read_back_and_fits_the_schema() -> None:
    data = encode(FULL)
    assert decode(data, "it") == FULL
    assert encode(decode(data, "it")) == data
    schema = json.loads((paths.resources() / "schedule.schema.json").read_text("utf-8"))
    assert schema["$id"] == SCHEMA
    jsonschema.validate(json.loads(data), schema)
    assert set(json.loads(data)) == {*schema["properties"], "z"}


def test_the_mark_is_of_what_it_does_and_not_of_when() -> None:
    other = FULL.replace(name="x", paused=False, schedule=Schedule(recurs=Recurs.ON_DEMAND), owner="eve")
    assert other.mark == FULL.mark
    changes: list[dict[str, Any]] = [
        {"on_success": ()}, {"report": ""}, {"what": {}}, {"source": "t"}, {"work": Work.TEST},
    ]  # fmt: skip
    for change in changes:
        assert FULL.replace(**change).mark != FULL.mark


# what is replaced, by what, the line, and a part of what is said
FAULTS = (
    ('"rule": "FREQ=DAILY', '"rule": "FREQ=DAILY;INTERVAL=0;X=', 8, "“rule”"),
    ('"2026-12-01T02:30"', '"soon"', 9, "“start” is no date and time"),
    ('"Europe/Berlin"', '"Europe/Atlantis"', 10, "“zone” is no time zone"),
    ('"task": "read"', '"task": "eat"', 6, "“eat” is no task"),
    ('"paused": true', '"paused": 1', 11, "must be true or false"),
    ('"limit": 5', '"limit": 0', None, "no number of minutes"),
    ('"limit": 5', '"limit": true', None, "no number of minutes"),
    ('"x"', "7", None, "“onFailure” word 1"),
    ('"id": "a-1"', '"id": "../a"', 4, "letters, digits and hyphens"),
    ('"id": "a-1",', "", None, "“id” is missing"),
    ('"search": "ä"', '"search": 7', None, "must be a text"),
    ("2026-11-27T00:00:00+00:00", "yesterday", None, "“modified” is no date"),
)


@pytest.mark.parametrize(("old", "new", "line", "said"), FAULTS)
def test_what_makes_no_sense_is_told_by_line_and_field(old: str, new: str, line: int | None, said: str) -> None:
    text = encode(FULL).decode()
    assert old in text
    with pytest.raises(ProblemError) as caught:
        decode(text.replace(old, new, 1).encode(), "nightly.json")
    problem = caught.value.problem
    assert problem.title == "nightly.json cannot be read"
    assert said in problem.cause
    assert line is None or f"Line {line}:" in problem.cause
    assert problem.remedy


def test_a_secret_is_in_no_file(tmp_path: Path) -> None:
    key = "client_secret=abcdefghijklmnopqrstuvwxyz"
    with pytest.raises(ProblemError, match="looks like a secret"):
        encode(FULL.replace(on_success=("curl", key)))
