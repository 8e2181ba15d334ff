"""The shape of conditions: what is a tree, what is not and where, and that it survives a file."""

import pytest

from o365desk.model.conditions import tree
from o365desk.model.conditions.tree import Condition, Group, Join, PartnerValue

EXAMPLE = {
    "join": "and",
    "rows": [
        {"parameter": "department", "operator": "equals", "value": "Sales"},
        {
            "join": "or",
            "rows": [
                {
                    "parameter": "createdDateTime",
                    "operator": "within last days",
                    "value": 30,
                    "zone": "Europe/Dublin",
                },
                {"parameter": "mail", "operator": "ends with", "value": {"partner": "currentUserEmail"}},
                {"parameter": "userType", "operator": "is one of", "value": ["Guest", "Member"]},
                {"parameter": "mail", "operator": "is blank"},
            ],
        },
    ],
}


def test_it_survives_a_file() -> None:
    assert tree.dumps(tree.loads(EXAMPLE)) == EXAMPLE


def test_what_it_is_in_memory() -> None:
    found = tree.loads(EXAMPLE)
    assert found.rows[0] == Condition("department", "equals", "Sales")
    inner = found.rows[1]
    assert isinstance(inner, Group)
    assert inner.join is Join.OR
    assert inner.rows[1] == Condition("mail", "ends with", PartnerValue.CURRENT_USER_EMAIL)
    assert inner.rows[2] == Condition("userType", "is one of", ("Guest", "Member"))
    assert [tree.place_words(place) for place, _ in tree.rows_of(found)][:2] == ["row 1", "row 1 of group 2"]


def test_the_name_of_a_partners_value_is_not_that_value() -> None:
    assert Condition("mail", "equals", "companyName") != Condition("mail", "equals", PartnerValue.COMPANY_NAME)


@pytest.mark.parametrize("nothing", [{}, {"join": "and", "rows": []}, {"join": "or", "rows": []}])
def test_only_the_outermost_may_be_empty(nothing: object) -> None:
    assert not tree.loads(nothing)
    with pytest.raises(tree.MalformedError) as caught:
        tree.loads({"join": "and", "rows": [nothing]})
    assert caught.value.place == (0,)


ROW = {"parameter": "mail", "operator": "equals", "value": "a"}


@pytest.mark.parametrize(
    ("given", "path"),
    [
        (None, ()),
        ([], ()),
        ("text", ()),
        ({"join": "and"}, ("rows",)),
        ({"join": "xor", "rows": [ROW]}, ("join",)),
        ({"join": ["and"], "rows": [ROW]}, ("join",)),
        ({"rows": [ROW]}, ("join",)),
        ({"join": "and", "rows": {}}, ("rows",)),
        ({"join": "and", "rows": [ROW, 7]}, ("rows", 1)),
        ({"join": "and", "rows": [ROW, {**ROW, "not": True}]}, ("rows", 1, "not")),
        ({"join": "and", "rows": [ROW], "not": True}, ("not",)),
        ({"join": "and", "rows": [{"operator": "equals", "value": "a"}]}, ("rows", 0, "parameter")),
        ({"join": "and", "rows": [{**ROW, "operator": ""}]}, ("rows", 0, "operator")),
        ({"join": "and", "rows": [{**ROW, "operator": 7}]}, ("rows", 0, "operator")),
        ({"join": "and", "rows": [{**ROW, "zone": 7}]}, ("rows", 0, "zone")),
        ({"join": "and", "rows": [{**ROW, "value": True}]}, ("rows", 0, "value")),
        ({"join": "and", "rows": [{**ROW, "value": float("inf")}]}, ("rows", 0, "value")),
        ({"join": "and", "rows": [{**ROW, "value": [1, float("nan")]}]}, ("rows", 0, "value", 1)),
        ({"join": "and", "rows": [{**ROW, "value": ["a", None]}]}, ("rows", 0, "value", 1)),
        ({"join": "and", "rows": [{**ROW, "value": [["a"]]}]}, ("rows", 0, "value", 0)),
        ({"join": "and", "rows": [{**ROW, "value": {"partner": "mail"}}]}, ("rows", 0, "value")),
        ({"join": "and", "rows": [{**ROW, "value": {"partner": ["mail"]}}]}, ("rows", 0, "value")),
        (
            {"join": "and", "rows": [{**ROW, "value": {"partner": "companyName", "or": 1}}]},
            ("rows", 0, "value", "or"),
        ),
        ({"join": "and", "rows": [{**ROW, "value": "a" * (tree.MAX_LETTERS + 1)}]}, ("rows", 0, "value")),
        ({"join": "and", "rows": [{**ROW, "value": ["a"] * (tree.MAX_VALUES + 1)}]}, ("rows", 0, "value")),
        ({"join": "and", "rows": [ROW] * (tree.MAX_ROWS + 1)}, ("rows", tree.MAX_ROWS)),
    ],
)
def test_what_is_no_tree(given: object, path: tuple[object, ...]) -> None:
    with pytest.raises(tree.MalformedError) as caught:
        tree.loads(given)
    assert caught.value.path == path
    assert caught.value.why


def nested(levels: int) -> dict[str, object]:
    made: dict[str, object] = {"join": "and", "rows": [ROW]}
    for _ in range(levels - 1):
        made = {"join": "or", "rows": [made]}
    return made


def test_how_deep_it_may_be() -> None:
    assert tree.loads(nested(tree.MAX_DEPTH))
    with pytest.raises(tree.MalformedError):
        tree.loads(nested(tree.MAX_DEPTH + 1))
