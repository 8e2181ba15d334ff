"""Moments, ages and counts as they are said: here for people, in UTC for everybody else; and by one module."""

import ast
import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

import o365desk
from o365desk.model.datasource import SignIn, new
from o365desk.model.status import Known, lifetimes
from o365desk.model.text import wording

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
LATE = datetime(2026, 5, 12, 23, 30, 5, tzinfo=UTC)
"""The next day in Kyiv."""


@pytest.fixture(params=["Europe/Kyiv", "America/Los_Angeles"])
def zone(request: pytest.FixtureRequest) -> Iterator[str]:
    """The machine's time zone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


def test_people_see_the_time_of_their_place(zone: str) -> None:
    east = zone == "Europe/Kyiv"
    assert wording.day(LATE) == ("13 May 2026" if east else "12 May 2026")
    assert wording.day(LATE, year=False) == ("13 May" if east else "12 May")
    assert wording.clock(LATE) == ("02:30" if east else "16:30")
    assert wording.moment(LATE) == ("13 May 2026, 02:30" if east else "12 May 2026, 16:30")
    assert wording.in_table(LATE) == ("2026-05-13 02:30" if east else "2026-05-12 16:30")
    exact = "Wednesday, 13 May 2026 02:30:05" if east else "Tuesday, 12 May 2026 16:30:05"
    assert wording.exact(LATE) == exact
    assert wording.age(LATE, LATE + timedelta(days=90)) == f"on {wording.day(LATE)}"


def test_what_leaves_the_machine_is_in_utc(zone: str) -> None:
    for when in (LATE, LATE.astimezone()):
        assert wording.utc(when) == "2026-05-12 23:30:05 UTC"
        assert wording.iso(when) == "2026-05-12T23:30:05+00:00"
    assert wording.iso(None) is None


def test_a_secret_ends_on_the_day_that_was_noted(zone: str) -> None:
    for day in (date(2027, 1, 2), date.min, date.max):
        source = new("A", sign_in=SignIn.SECRET, secret_expires=day)
        (ends,) = lifetimes(source, Known())
        assert f" on {wording.day(day)}." in ends.sentence(NOW)
    assert wording.day(date(2027, 1, 2)) == "2 January 2027"


def test_the_ends_of_the_calendar_are_said_too(zone: str) -> None:
    for when in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        assert wording.moment(when)


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        ({"seconds": 20}, "just now"),
        ({"seconds": -5}, "just now"),
        ({"minutes": 1}, "1 minute ago"),
        ({"minutes": 59}, "59 minutes ago"),
        ({"hours": 1}, "1 hour ago"),
        ({"hours": 24}, "yesterday"),
        ({"days": 3}, "3 days ago"),
        ({"days": 90}, "on 25 August 2026"),
    ],
)
def test_age_in_words(ago: dict[str, float], words: str) -> None:
    assert wording.age(NOW - timedelta(**ago), NOW) == words


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "1 s"), (89, "89 s"), (95, "2 min"), (3600, "60 min"), (7500, "2 h 5 min")]
)
def test_stretches_of_time(seconds: float, text: str) -> None:
    assert wording.span(seconds) == text


def test_one_is_told_as_one() -> None:
    assert [wording.many(count, "row") for count in (0, 1, 1200)] == ["0 rows", "1 row", "1,200 rows"]
    assert [wording.many(count, "plan has", "plans have") for count in (1, 2)] == ["1 plan has", "2 plans have"]


FILE_NAME = "%Y%m%dT%H%M%SZ"


def _says_a_moment(node: ast.AST) -> bool:
    """Whether it writes a moment in its own way."""
    if isinstance(node, ast.FormattedValue) and isinstance(node.format_spec, ast.JoinedStr):
        spec = "".join(
            part.value
            for part in node.format_spec.values
            if isinstance(part, ast.Constant) and isinstance(part.value, str)
        )
        return spec.startswith("%") and spec != FILE_NAME
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr == "strftime"
    return False


def test_names_are_listed_as_in_a_sentence() -> None:
    said = [wording.listed(list(names)) for names in ("", "A", "AB", "ABC")]
    assert said == ["", "A", "A and B", "A, B and C"]
    names = [f"n{number}" for number in range(1_202)]
    assert wording.listed(names, 2) == "n0, n1 and 1,200 more"
    assert wording.listed(names[:2], 2) == "n0 and n1"


def test_one_module_says_moments() -> None:
    home = Path(o365desk.__file__).parent
    found = {
        f"{file.relative_to(home).as_posix()}:{node.lineno}"  # type: ignore[attr-defined]
        for file in home.rglob("*.py")
        if "practice" not in file.parts and file.name != "wording.py"
        for text in [file.read_text("utf-8")]
        if "strftime" in text or ":%" in text  # the others need no parsing
        for node in ast.walk(ast.parse(text))
        if _says_a_moment(node)
    }
    assert not found
