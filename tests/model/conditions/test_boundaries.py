"""Each operator at its edges: what is just within, and what is just not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from o365desk.model.conditions import judging
from o365desk.model.conditions.tree import Condition, Group, Join, PartnerValue, Value
from tests.model.conditions.given import NOBODY, NOW, PARAMETERS, PLAN_IDS, tree

E3, E5 = PLAN_IDS


def says(key: str, operator: str, typed: Value, value: Any, zone: str = "Europe/Dublin") -> bool:
    """What one row of the conditions says of one value, on Tuesday 12 May 2026, 10:30 in Dublin."""
    judge = judging.judge(tree(Condition(key, operator, typed, zone)), PARAMETERS, NOW)
    return judge({**NOBODY, key: value})


TEXTS: tuple[tuple[str, Value, tuple[Any, ...], tuple[Any, ...]], ...] = (
    ("equals", " Sales ", ("Sales", "sALES"), ("Sales ", "Sale", "", " ", None)),
    ("not equals", "Sales", ("Sale", "Sales ", "", None), ("sales",)),
    ("contains", "ale", ("SALES", "ale"), ("al", "", None)),
    ("does not contain", "ale", ("al", "", None), ("SALES",)),
    ("starts with", "sa", ("Sales", "SA"), ("S", "asa", None)),
    ("ends with", "es", ("Sales", "ES"), ("s", "esa", None)),
    ("greater than", "b", ("ba", "C", "\U0001f600", "é"), ("b", "B", "a", "", " ", "\u3000", None)),
    ("greater or equal", "b", ("b", "B", "ba"), ("a", "az", "\u3000", None)),
    ("less than", "b", ("a", "az", "A"), ("b", "B", "ba", "", " ", None)),
    ("less or equal", "b", ("b", "B", "a"), ("ba", "", " ", None)),
    ("is blank", None, ("", " ", "\u3000\t", None), ("a", " a ")),
    ("not blank", None, ("a", " a "), ("", " ", None)),
    ("matches pattern", "^sa.*s$", ("Sales", "SALES"), ("Sale", "a Sales", "", None)),
    ("matches pattern", ".*", ("x",), ("", " ", None)),
    ("matches pattern", "(?-i)Sales", ("Sales",), ("sales", None)),
    ("does not match pattern", "^sa.*s$", ("Sale", "", None), ("Sales",)),
    ("equals", "e\u0301", ("é", "É", "e\u0301"), ("e", "è")),
    ("contains", "é", ("cafe\u0301",), ("cafe",)),
    ("matches pattern", "cafe\u0301$", ("café", "CAFE\u0301"), ("cafe",)),
)


@pytest.mark.parametrize(("operator", "typed", "within", "without"), TEXTS)
def test_texts(operator: str, typed: Value, within: tuple[Any, ...], without: tuple[Any, ...]) -> None:
    for key in ("department", "employeeId"):
        assert [value for value in (*within, *without) if says(key, operator, typed, value)] == list(within)


def test_a_list_matches_by_one_item_and_is_not_by_none() -> None:
    assert says("phones", "equals", "1", ["2", "1"])
    assert not says("phones", "equals", "1", ["2", "3"])
    assert not says("phones", "not equals", "1", ["2", "1"])
    assert says("phones", "not equals", "1", ["2", "3"])
    assert says("phones", "does not contain", "9", [])
    assert says("phones", "is blank", None, [])
    assert says("phones", "is blank", None, ["", " "])
    assert says("phones", "is blank", None, None)
    assert not says("phones", "is blank", None, ["", "1"])
    assert says("phones", "not blank", None, ["", "1"])
    assert not says("phones", "less than", "b", [" "])


def test_choices_and_plans() -> None:
    assert says("userType", "equals", "guest", "Guest")
    assert says("userType", "equals", "Guest account", "Guest")
    assert not says("userType", "equals", "guest", "Member")
    assert says("userType", "not equals", "guest", None)
    assert says("userType", "is one of", ("member", "guest"), "Guest")
    assert not says("userType", "is one of", ("member",), "Guest")
    assert not says("userType", "is none of", ("member", "guest"), "Guest")
    assert says("userType", "is none of", ("member",), None)
    assert says("plan", "equals", "Microsoft 365 E3", E3)
    assert says("plan", "equals", E3.upper(), E3)
    assert not says("plan", "equals", "E5", E3)
    assert says("plans", "is one of", ("SPE_E3", "E5"), [E5])
    assert says("plans", "is none of", ("SPE_E3",), [E5])
    assert not says("plans", "is none of", ("SPE_E3",), [E5, E3])
    assert says("plans", "is none of", ("SPE_E3",), [])


def test_yes_and_no() -> None:
    answers = {
        operator: [says("enabled", operator, None, value) for value in (True, False, None)]
        for operator in ("is yes", "is no", "is blank", "not blank")
    }
    assert answers == {
        "is yes": [True, False, False],
        "is no": [False, True, False],
        "is blank": [False, False, True],
        "not blank": [True, True, False],
    }


@pytest.mark.parametrize(
    ("operator", "typed", "within"),
    [
        ("equals", 2, [2, 2.0]),
        ("not equals", 2, [None, 1, 3, 1.5]),
        ("greater than", 2, [3]),
        ("greater or equal", 2, [2, 3, 2.0]),
        ("less than", 2, [1, 1.5]),
        ("less or equal", 2, [1, 2, 1.5, 2.0]),
        ("is between", (1, 2), [1, 2, 1.5, 2.0]),
        ("is between", (2, 2), [2, 2.0]),
        ("is blank", None, [None]),
        ("not blank", None, [1, 2, 3, 1.5, 2.0]),
    ],
)
def test_numbers(operator: str, typed: Value, within: list[Any]) -> None:
    assert [value for value in (None, 1, 2, 3, 1.5, 2.0) if says("seats", operator, typed, value)] == within


# --- dates: [first moment that is within, first moment that is not any more], in UTC ------------------------------

DAY = "2026-05-12"
DATES: tuple[tuple[str, Value, str, str], ...] = (
    ("equals", DAY, "2026-05-11T23:00", "2026-05-12T23:00"),
    ("equals", "2026-05-12T22:59Z", "2026-05-11T23:00", "2026-05-12T23:00"),
    ("greater than", DAY, "2026-05-12T23:00", ""),
    ("greater or equal", DAY, "2026-05-11T23:00", ""),
    ("less than", DAY, "", "2026-05-11T23:00"),
    ("less or equal", DAY, "", "2026-05-12T23:00"),
    ("greater than", "2026-05-12T12:00", "2026-05-12T11:00:00.000001", ""),
    ("greater or equal", "2026-05-12T12:00", "2026-05-12T11:00", ""),
    ("less than", "2026-05-12T12:00", "", "2026-05-12T11:00"),
    ("less or equal", "2026-05-12T12:00", "", "2026-05-12T11:00:00.000001"),
    ("less or equal", "2026-05-12t12:00z", "", "2026-05-12T12:00:00.000001"),
    ("less than", "2026-05-12 12:00+05:30", "", "2026-05-12T06:30"),
    ("is between", ("2026-05-10", DAY), "2026-05-09T23:00", "2026-05-12T23:00"),
    ("is between", (DAY, DAY), "2026-05-11T23:00", "2026-05-12T23:00"),
    ("is today", None, "2026-05-11T23:00", "2026-05-12T23:00"),
    ("is yesterday", None, "2026-05-10T23:00", "2026-05-11T23:00"),
    ("is tomorrow", None, "2026-05-12T23:00", "2026-05-13T23:00"),
    ("is before today", None, "", "2026-05-11T23:00"),
    ("is after today", None, "2026-05-12T23:00", ""),
    ("within last hours", 2, "2026-05-12T07:30", "2026-05-12T09:30:00.000001"),
    ("within last days", 7, "2026-05-05T09:30", "2026-05-12T09:30:00.000001"),
    ("within last days", 0, "2026-05-12T09:30", "2026-05-12T09:30:00.000001"),
    ("within last days", 60, "2026-03-13T10:30", "2026-05-12T09:30:00.000001"),  # it was winter time then
    ("within last weeks", 1, "2026-05-05T09:30", "2026-05-12T09:30:00.000001"),
    ("within last months", 1, "2026-04-12T09:30", "2026-05-12T09:30:00.000001"),
    ("within next hours", 2, "2026-05-12T09:30", "2026-05-12T11:30:00.000001"),
    ("within next days", 7, "2026-05-12T09:30", "2026-05-19T09:30:00.000001"),
    ("within next weeks", 1, "2026-05-12T09:30", "2026-05-19T09:30:00.000001"),
    ("within next months", 1, "2026-05-12T09:30", "2026-06-12T09:30:00.000001"),
    ("more than days ago", 7, "", "2026-05-05T09:30"),
    ("more than weeks ago", 1, "", "2026-05-05T09:30"),
    ("more than months ago", 1, "", "2026-04-12T09:30"),
    ("more than days ahead", 7, "2026-05-19T09:30:00.000001", ""),
    ("more than weeks ahead", 1, "2026-05-19T09:30:00.000001", ""),
    ("more than months ahead", 1, "2026-06-12T09:30:00.000001", ""),
    ("this week", None, "2026-05-10T23:00", "2026-05-17T23:00"),
    ("last week", None, "2026-05-03T23:00", "2026-05-10T23:00"),
    ("next week", None, "2026-05-17T23:00", "2026-05-24T23:00"),
    ("this month", None, "2026-04-30T23:00", "2026-05-31T23:00"),
    ("last month", None, "2026-03-31T23:00", "2026-04-30T23:00"),
    ("next month", None, "2026-05-31T23:00", "2026-06-30T23:00"),
    ("this year", None, "2026-01-01T00:00", "2027-01-01T00:00"),
    ("last year", None, "2025-01-01T00:00", "2026-01-01T00:00"),
    ("next year", None, "2027-01-01T00:00", "2028-01-01T00:00"),
    ("is between days", (-1, 1), "2026-05-10T23:00", "2026-05-13T23:00"),
    ("is between days", (0, 0), "2026-05-11T23:00", "2026-05-12T23:00"),
)


@pytest.mark.parametrize(("operator", "typed", "first", "end"), DATES)
def test_dates(operator: str, typed: Value, first: str, end: str) -> None:
    micro = timedelta(microseconds=1)
    if first:
        begins = datetime.fromisoformat(first).replace(tzinfo=UTC)
        assert says("created", operator, typed, begins.isoformat())
        assert not says("created", operator, typed, (begins - micro).isoformat())
    else:
        assert says("created", operator, typed, "0001-01-01T00:00:00Z")
    if end:
        ends = datetime.fromisoformat(end).replace(tzinfo=UTC)
        assert says("created", operator, typed, (ends - micro).isoformat())
        assert not says("created", operator, typed, ends.isoformat())
    else:
        assert says("created", operator, typed, "9999-12-31T23:59:59.999999Z")
    assert not says("created", operator, typed, None)


def test_not_equals_is_every_other_day_and_none() -> None:
    assert says("created", "not equals", DAY, None)
    assert says("created", "not equals", DAY, "2026-05-12T23:00:00Z")
    assert not says("created", "not equals", DAY, "2026-05-12T22:59:59Z")


def test_week_days_are_those_of_the_zone() -> None:
    friday, saturday, sunday = "2026-05-15T22:59:59Z", "2026-05-15T23:00:00Z", "2026-05-17T22:59:59Z"
    assert [says("created", "is on a week day", None, each) for each in (friday, saturday, sunday)] == [
        True,
        False,
        False,
    ]
    assert says("created", "is on a week day", None, "2026-05-17T23:00:00Z")
    assert says("created", "is on a week day", None, saturday, "UTC")
    assert not says("created", "is on a week day", None, None)


def test_graphs_dates_are_utc_also_without_saying_so() -> None:
    for text in ("2026-05-11T23:00:00Z", "2026-05-11T23:00:00", "2026-05-12T01:00:00+02:00"):
        assert says("created", "is today", None, text)
    assert says("created", "is blank", None, "")


def test_months_without_such_a_day_end_on_their_last() -> None:
    now = datetime(2026, 3, 31, 12, tzinfo=UTC)
    judge = judging.judge(tree(Condition("created", "within last months", 1, "UTC")), PARAMETERS, now)
    assert judge({**NOBODY, "created": "2026-02-28T12:00:00Z"})
    assert not judge({**NOBODY, "created": "2026-02-28T11:59:59Z"})


@pytest.mark.parametrize("digits", [0, 4, 9, 30, 400])
@pytest.mark.parametrize("unit", ["hours", "days", "weeks", "months"])
def test_no_year_is_too_far(unit: str, digits: int) -> None:
    count = 10**digits if digits else 0
    for operator in (
        f"within last {unit}",
        f"within next {unit}",
        f"more than {unit} ago",
        f"more than {unit} ahead",
    ):
        if operator.startswith("more") and unit == "hours":
            continue
        for zone in ("Europe/Dublin", "Pacific/Apia", "America/St_Johns", ""):
            said = [
                says("created", operator, count, text, zone)
                for text in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-05-12T09:30:00Z")
            ]
            assert said[2] is operator.startswith("within")
            if digits >= 9:
                assert said[:2] == [operator.startswith("within last"), operator.startswith("within next")]


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00"])
def test_the_ends_of_the_calendar(day: str) -> None:
    for zone in ("Europe/Dublin", "Pacific/Apia", "America/St_Johns", ""):
        for operator in ("equals", "not equals", "greater than", "greater or equal", "less than", "less or equal"):
            for text in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-05-12T09:30:00Z"):
                says("created", operator, day, text, zone)
    for now in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        for operator in ("is today", "this week", "last month", "next month", "next year", "is on a week day"):
            for zone in ("Pacific/Apia", "America/St_Johns", ""):
                judge = judging.judge(tree(Condition("created", operator, None, zone)), PARAMETERS, now)
                judge({**NOBODY, "created": "2026-05-12T09:30:00Z"})


# --- groups ------------------------------------------------------------------------------------------------------


def test_and_or_and_nothing() -> None:
    yes, no = Condition("department", "equals", "a"), Condition("department", "equals", "b")
    row = {**NOBODY, "department": "a"}

    def whole(*rows: Condition | Group, join: str) -> bool:
        return judging.judge(tree(*rows, join=join), PARAMETERS, NOW)(row)

    assert [whole(*rows, join="and") for rows in ((yes, yes), (yes, no), (no, yes), (no, no))] == [
        True,
        False,
        False,
        False,
    ]
    assert [whole(*rows, join="or") for rows in ((yes, yes), (yes, no), (no, yes), (no, no))] == [
        True,
        True,
        True,
        False,
    ]
    assert whole(yes, Group(Join.OR, (no, yes)), join="and")
    assert not whole(yes, Group(Join.AND, (no, yes)), join="and")
    assert judging.judge(Group(), PARAMETERS, NOW)({})


def test_what_a_partner_is_called_is_no_pattern() -> None:
    condition = Condition("department", "matches pattern", PartnerValue.COMPANY_NAME)
    judge = judging.judge(tree(condition), PARAMETERS, NOW, {PartnerValue.COMPANY_NAME: ".*"})
    assert not judge({**NOBODY, "department": "Sales"})
    assert judge({**NOBODY, "department": "a .* b"})
