"""What makes it impossible to tell anything: it is found before anything is asked, where it can be; it is never
covered by an Or; and it is said with its place, its reason, a remedy, and nothing of what the list holds."""

from typing import Any

import pytest

from o365desk.model.conditions import judging
from o365desk.model.conditions.tree import Condition, Group, Join, PartnerValue, Value
from o365desk.model.problems import ProblemError
from tests.model.conditions.given import NOBODY, NOW, PARAMETERS, tree

GOOD = Condition("department", "equals", "Sales")
FOUND: tuple[tuple[str, str, Value, str], ...] = (
    ("nobody", "equals", "x", "no parameter “nobody”"),
    ("department", "is like", "x", "cannot be compared by “is like”"),
    ("department", "is today", None, "cannot be compared by “is today”"),
    ("enabled", "equals", "yes", "cannot be compared by “equals”"),
    ("department", "equals", None, "a value is missing"),
    ("department", "equals", "", "the value is empty"),
    ("department", "equals", " \u3000", "the value is empty"),
    ("department", "equals", 5, "compared with a text, not with a number"),
    ("department", "equals", ("a", "b"), "takes one value"),
    ("department", "is blank", "x", "takes no value"),
    ("userType", "is one of", "Guest", "takes a list of values"),
    ("userType", "is one of", (), "a value is missing"),
    ("userType", "is one of", ("Guest", ""), "the value is empty"),
    ("userType", "equals", "Gest", "never “Gest”"),
    ("seats", "equals", "5", "compared with a number"),
    ("seats", "equals", True, "compared with a number"),
    ("seats", "equals", float("nan"), "compared with a number"),
    ("seats", "equals", PartnerValue.COMPANY_NAME, "compared with a number"),
    ("seats", "is between", (1, 2, 3), "takes a list of two values"),
    ("seats", "is between", (2, 1), "the first value"),
    ("created", "equals", "12.5.2026", "“12.5.2026” is no date"),
    ("created", "equals", "2026-02-30", "is no date"),
    ("created", "equals", "20260512", "is no date"),
    ("created", "equals", "2026-05-12T25:00", "is no date"),
    ("created", "equals", "", "compared with a date"),
    ("created", "equals", 5, "compared with a date"),
    ("created", "is between", ("2026-05-13", "2026-05-12"), "the first value"),
    ("created", "is between days", (1, -1), "the first value"),
    ("created", "is between days", (1.5, 2), "whole numbers of days"),
    ("created", "within last days", -1, "a whole number from 0"),
    ("created", "within last days", 1.0, "a whole number from 0"),
    ("created", "within last days", "30", "a whole number from 0"),
    ("created", "within last days", True, "a whole number from 0"),
    ("plan", "equals", "Teams", "may be 2 licence plans"),
    ("plans", "equals", "E7", "no licence plan"),
    ("plan", "equals", 5, "compared with a licence plan"),
    ("department", "matches pattern", "(", "a “(” is never closed"),
    ("department", "equals", PartnerValue.MAIN_CONTACT_NAME, "“Main Contact Name” is empty"),
    ("department", "matches pattern", PartnerValue.MAIN_CONTACT_EMAIL, "“Main Contact Email” is empty"),
)


@pytest.mark.parametrize(("key", "operator", "value", "why"), FOUND)
def test_it_is_found_before_anything_is_asked(key: str, operator: str, value: Value, why: str) -> None:
    wrong = Condition(key, operator, value)
    partner = {PartnerValue.MAIN_CONTACT_NAME: " "}
    found = judging.check(tree(GOOD, Group(Join.OR, (GOOD, wrong))), PARAMETERS, partner)
    assert [each.place for each in found] == [(1, 1)]
    assert why in found[0].why
    assert found[0].remedy
    with pytest.raises(ProblemError) as error:
        judging.judge(tree(GOOD, wrong, join="or"), PARAMETERS, NOW, partner)
    problem = error.value.problem
    assert problem.code == judging.CANNOT_TELL
    assert "row 2" in problem.title
    assert why.lower() in problem.cause.lower()
    assert problem.remedy


@pytest.mark.parametrize("name", ["Europe/Dublinn", "../etc/passwd", "/etc/passwd", "Europe", "\ud800", "a\0b"])
def test_an_unknown_time_zone(name: str) -> None:
    found = judging.check(tree(Condition("created", "is today", None, name)), PARAMETERS)
    assert [each.why.startswith("there is no time zone") for each in found] == [True]


def test_all_of_them_are_found_in_their_order() -> None:
    bad = Condition("x", "equals", "1")
    found = judging.check(tree(bad, GOOD, Group(), Group(Join.OR, (bad,))), PARAMETERS)
    assert [each.place for each in found] == [(0,), (2,), (3, 0)]
    assert found[1].why == "a group has no rows"


def test_while_nobody_asks_a_partners_value_is_no_mistake_yet() -> None:
    named = [
        Condition(key, "equals", PartnerValue.COMPANY_NAME) for key in ("department", "userType", "plan", "phones")
    ]
    assert judging.check(tree(*named), PARAMETERS) == []
    assert len(judging.check(tree(*named), PARAMETERS, {})) == 4
    with pytest.raises(ProblemError):
        judging.judge(tree(named[0]), PARAMETERS, NOW)


def test_what_may_not_be_read_cannot_be_told() -> None:
    found = judging.check(tree(GOOD), PARAMETERS, unreadable={"department"})
    assert "cannot be read" in found[0].why
    assert judging.check(tree(GOOD), PARAMETERS, unreadable={"mail"}) == []


def test_foreign_words_are_shown_safely() -> None:
    found = judging.check(tree(Condition("a\u202eb\n" + "x" * 900, "equals", "y")), PARAMETERS)
    assert "\u202e" not in found[0].why
    assert "\n" not in found[0].why
    assert len(found[0].why) < 200


ROWS: tuple[tuple[str, str, Value, Any], ...] = (
    ("department", "not equals", "x", 5),
    ("department", "contains", "x", ["x"]),
    ("userType", "not equals", "Guest", 5),
    ("enabled", "is no", None, "false"),
    ("enabled", "is no", None, 0),
    ("seats", "not equals", 1, "1"),
    ("seats", "not equals", 1, True),
    ("seats", "not equals", 1, float("nan")),
    ("created", "not equals", "2026-05-12", "yesterday"),
    ("created", "not equals", "2026-05-12", 5),
    ("created", "is today", None, "2026-13-01T00:00:00Z"),
    ("plans", "is none of", ("E5",), "abc"),
    ("phones", "not equals", "1", ["2", None]),
    ("phones", "equals", "1", ["1", 5]),
)


@pytest.mark.parametrize(("key", "operator", "typed", "value"), ROWS)
def test_a_value_of_another_sort_or_none_at_all(key: str, operator: str, typed: Value, value: Any) -> None:
    true = Condition("employeeId", "is blank")
    wrong = Condition(key, operator, typed)
    lacking = {name: each for name, each in NOBODY.items() if name != key}
    behind_no = Group(Join.AND, (Condition("employeeId", "not blank"), wrong))
    for rows in ((wrong,), (true, wrong), (wrong, true), (true, behind_no)):
        judge = judging.judge(tree(*rows, join="or"), PARAMETERS, NOW)
        for row in ({**NOBODY, key: value}, lacking):
            with pytest.raises(ProblemError) as error:
                judge(row)
            problem = error.value.problem
            assert problem.code == judging.CANNOT_TELL
            assert PARAMETERS[key].title in problem.cause
            assert "yesterday" not in problem.sentence()
            number = next(place for place, row_ in enumerate(rows) if row_ is not true) + 1
            assert str(number) in problem.title
        judge(NOBODY)  # others can still be told
