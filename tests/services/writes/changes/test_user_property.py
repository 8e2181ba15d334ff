"""Properties of users: what can be emptied is, by a row and by an undo; what cannot be says so."""

from pathlib import Path

import pytest

from o365desk import catalogue
from o365desk.catalogue import countries
from o365desk.catalogue.changes import Reading, UserProperty
from o365desk.catalogue.operations import Box, Family, Operation, QueryType, Words
from o365desk.catalogue.users import USER
from o365desk.model.fields import Field, Kind
from o365desk.model.stop import Stop
from o365desk.services.spreadsheets import reader
from tests.services.bulk import Bulk, problems, standings

LOCATE = "set-usage-location"


def setting(change: UserProperty, *, empties: bool = True) -> Operation:
    """An operation that sets a property that is given as text."""
    return Operation(
        key=f"set-{change.name}",
        title=f"Set {change.name}",
        summary="Sets it.",
        family=Family.USERS,
        query_type=QueryType.UPDATE,
        request="PATCH /users/{id}",
        permission="User.ReadWrite.All",
        box=Box.USAGE_LOCATION,
        proof="users",
        fields=(USER, Field(key=change.name, label="&Value", kind=Kind.TEXT, empties=empties, help="What it is.")),
        change=change,
        words=Words(one="Set it for {item}", many="Set it for {count} users"),
        inverse=f"set-{change.name}",
    )


READING = Reading(code=countries.code_of, named=countries.named)
TOYS = [setting(UserProperty(name="department")), setting(UserProperty(name="city", reading=READING))]


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    for toy in TOYS:
        monkeypatch.setitem(catalogue.OPERATIONS, toy.key, toy)


def value(bulk: Bulk, user: str, name: str) -> str | None:
    found: str | None = bulk.writer.get(f"/users/{user}?$select={name}")[name]
    return found


def person(bulk: Bulk, name: str, text: str | None) -> str:
    """Somebody whose property is this."""
    user = str(next(user["id"] for user in bulk.users if user["accountEnabled"] and user["usageLocation"]))
    assert bulk.writer.send("PATCH", f"/users/{user}", {name: text}).status_code == 204
    return user


def test_a_department_is_cleared_and_comes_back(bulk: Bulk) -> None:
    user = person(bulk, "department", "Harbour")
    plan, run = bulk.done("set-department", [{"user": user, "department": ""}])
    assert standings(plan) == ["will change"]
    assert plan.rows[0].note == "Before: “Harbour”."
    assert plan.rows[0].label.endswith(" → none")
    assert run.counts.changed == 1, bulk.rows(run)
    assert value(bulk, user, "department") is None
    assert bulk.plan("set-department", [{"user": user, "department": ""}]).rows[0].note == "It is empty."
    assert bulk.apply(bulk.undo(run)).counts.changed == 1
    assert value(bulk, user, "department") == "Harbour"


def test_what_was_empty_before_is_emptied_again(bulk: Bulk) -> None:
    user = person(bulk, "department", None)
    _, run = bulk.done("set-department", [{"user": user, "department": "Harbour"}])
    assert value(bulk, user, "department") == "Harbour"
    back = bulk.undo(run)
    assert standings(back) == ["will change"]
    undone = bulk.apply(back)
    assert undone.counts.changed == 1, bulk.rows(undone)
    assert value(bulk, user, "department") is None
    # And the undo of that brings the department back.
    assert bulk.apply(bulk.undo(undone)).counts.changed == 1
    assert value(bulk, user, "department") == "Harbour"


def test_what_somebody_has_cleared_since_is_left_alone(bulk: Bulk) -> None:
    user = person(bulk, "department", "Harbour")
    _, run = bulk.done("set-department", [{"user": user, "department": "Quay"}])
    assert bulk.writer.send("PATCH", f"/users/{user}", {"department": None}).status_code == 204
    plan = bulk.undo(run)
    assert problems(plan.rows) == ["changed-since"]
    assert plan.rows[0].problem
    assert plan.rows[0].problem.cause == "It is “empty” now."


def test_a_usage_location_is_never_emptied(bulk: Bulk) -> None:
    user = person(bulk, "usageLocation", "IE")
    plan = bulk.plan(LOCATE, [{"user": user, "usageLocation": ""}])
    assert problems(plan.rows) == ["not-nullable"]
    problem = plan.rows[0].problem
    assert problem
    assert problem.title.startswith("The usage location of ")
    assert "another country's" in problem.cause
    assert "without a licence" in problem.remedy


def test_what_a_property_does_not_understand_never_empties_it(bulk: Bulk) -> None:
    user = person(bulk, "city", "IE")
    plan = bulk.plan("set-city", [{"user": user, "city": "Atlantis"}])
    assert problems(plan.rows) == ["no-value"]
    assert plan.rows[0].problem
    assert plan.rows[0].problem.title == "“Atlantis” is no value"
    plan, run = bulk.done("set-city", [{"user": user, "city": "uk"}])
    assert plan.rows[0].warnings == ("“uk” was read as GB (United Kingdom).",)
    assert run.counts.changed == 1
    assert value(bulk, user, "city") == "GB"


def test_another_word_for_nothing_in_a_file_never_empties_it(bulk: Bulk, tmp_path: Path) -> None:
    user = person(bulk, "department", "Harbour")
    file = tmp_path / "rows.csv"
    file.write_text(f"user,department\n{user},N/A\n{user},\n", "utf-8")
    rows = reader.read(file, TOYS[0], {}).rows
    assert [row.problem.code if row.problem else "" for row in rows] == ["no-value", ""]
    plan = bulk.runner.plan(bulk.source, TOYS[0], rows, Stop(), lambda _: None)
    assert standings(plan) == ["cannot", "will change"]
    with pytest.raises(AssertionError, match="must not empty department"):
        setting(UserProperty(name="department"), empties=False)


def test_nobody_clears_a_department_by_leaving_it_out(bulk: Bulk) -> None:
    plan = bulk.plan("set-department", [{"user": person(bulk, "department", "Harbour")}])
    assert problems(plan.rows) == ["missing"]
    assert plan.rows[0].problem
    assert "(department=)" in plan.rows[0].problem.remedy
