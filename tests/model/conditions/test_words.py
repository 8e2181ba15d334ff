"""Conditions in words: as people say it, never ambiguous, and no value reads as another condition."""

import json

import pytest

from o365desk.model.conditions import operators, tree
from o365desk.model.conditions.operators import Takes
from o365desk.model.conditions.tree import Condition, Group, Join, PartnerValue, Value
from o365desk.model.conditions.words import sentence
from tests.model.conditions.given import PARAMETERS


def words(*rows: Condition | Group, join: Join = Join.AND) -> str:
    return sentence(Group(join, rows), PARAMETERS)


SALES = Condition("department", "equals", "Sales")
RECENT = Condition("created", "within last days", 30)
OURS = Condition("employeeId", "ends with", PartnerValue.CURRENT_USER_EMAIL)


def test_groups_stand_in_brackets() -> None:
    assert words(SALES, Group(Join.OR, (RECENT, OURS))) == (
        "Department equals “Sales” and (Created is within the last 30 days or "
        "Employee ID ends with the Partner Current User Email)"
    )
    assert words(Group(Join.OR, (RECENT, OURS))) == words(RECENT, OURS, join=Join.OR)
    assert words(SALES, Group(Join.OR, (OURS,))) == words(SALES, OURS)
    inner = Group(Join.AND, (Group(Join.OR, (SALES, OURS)),))
    assert words(SALES, inner) == words(SALES, Group(Join.OR, (SALES, OURS)))
    deep = Group(Join.AND, (Group(Join.OR, (SALES, Group(Join.AND, (SALES, OURS)))), OURS))
    assert words(SALES, deep, join=Join.OR).count("(") == 3


@pytest.mark.parametrize(
    ("key", "operator", "value", "said"),
    [
        ("department", "not equals", " Sales ", "Department does not equal “Sales”"),
        ("department", "is blank", None, "Department is blank"),
        ("department", "not blank", None, "Department is not blank"),
        ("department", "greater or equal", "m", "Department is greater than or equal to “m”"),
        ("department", "matches pattern", "^s", "Department matches the pattern “^s”"),
        ("userType", "equals", "Guest", "Type equals “Guest account”"),
        ("userType", "is none of", ("Guest", "Member"), "Type is none of “Guest account”, “Member”"),
        ("enabled", "is no", None, "Enabled is no"),
        ("seats", "is between", (1, 12000), "Seats is between 1 and 12,000"),
        ("created", "equals", "2026-01-31", "Created is on 31 January 2026"),
        ("created", "greater than", "2026-01-31", "Created is after 31 January 2026"),
        ("created", "less or equal", "2026-01-31T18:30", "Created is on or before 2026-01-31 18:30:00"),
        ("created", "equals", "soon", "Created is on “soon”"),
        ("created", "within last days", 1, "Created is within the last 1 day"),
        ("created", "within next months", 3, "Created is within the next 3 months"),
        ("created", "more than weeks ago", 2, "Created is more than 2 weeks ago"),
        ("created", "more than days ahead", 2, "Created is more than 2 days ahead"),
        ("created", "last month", None, "Created is last month"),
        ("created", "is on a week day", None, "Created is on a week day"),
        ("created", "is between days", (-7, 0), "Created is in the days from 7 days ago to today"),
        ("created", "is between days", (-1, 3), "Created is in the days from yesterday to 3 days ahead"),
    ],
)
def test_each_sort_of_row(key: str, operator: str, value: Value, said: str) -> None:
    assert words(Condition(key, operator, value)) == said


def test_the_time_zone_is_said_where_it_matters() -> None:
    assert (
        words(Condition("created", "is today", None, "Europe/Dublin")) == "Created is today by Europe/Dublin time"
    )
    assert words(Condition("created", "is blank", None, "Europe/Dublin")) == "Created is blank"
    assert words(Condition("department", "is blank", None, "Europe/Dublin")) == "Department is blank"
    assert words(Condition("created", "is today", None, "x or Mail")) == "Created is today by “x or Mail” time"


def test_nothing() -> None:
    assert sentence(Group(), PARAMETERS) == "No condition"
    assert words(SALES, Group()) == "Department equals “Sales” and (nothing yet)"


def test_what_was_typed_never_reads_as_another_condition() -> None:
    said = words(Condition("department", "equals", "x” or Department equals “y"))
    assert said.count("“") == said.count("”") == 1
    assert words(Condition("a” or “b", "like “x”", "z")).count("”") == 3
    assert "\u202e" not in words(Condition("department", "equals", "a\u202eb\nc"))


def test_every_operator_reads_whole_or_half_typed() -> None:
    said = set()
    for key, parameter in PARAMETERS.items():
        for operator in operators.operators(parameter.type):
            for value in (
                None,
                (),
                "x",
                5,
                ("x",),
                (5,),
                ("x", "y", "z"),
                (1, 2),
                True,
                1.5,
                PartnerValue.COMPANY_NAME,
            ):
                assert words(Condition(key, operator.key, value)).startswith(parameter.title)
            empty = words(Condition(key, operator.key))
            assert ("…" in empty) == (operator.takes is not Takes.NOTHING)
            said.add(empty)
    assert len(said) == sum(len(operators.operators(each.type)) for each in PARAMETERS.values())


def test_the_same_after_a_file() -> None:
    whole = Group(Join.OR, (SALES, Group(Join.AND, (RECENT, OURS)), Condition("seats", "is between", (1, 2.5))))
    again = tree.loads(json.loads(json.dumps(tree.dumps(whole))))
    assert sentence(again, PARAMETERS) == sentence(whole, PARAMETERS)
