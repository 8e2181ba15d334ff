"""The operators: which each type has, in which order, and what is the opposite of what."""

import pytest

from o365desk.model.conditions import operators
from o365desk.model.conditions.operators import Takes
from o365desk.model.conditions.parameters import Type

TEXT = (
    "equals · not equals · contains · does not contain · starts with · ends with · greater than · "
    "greater or equal · less than · less or equal · is blank · not blank · matches pattern · does not match pattern"
)
CHOICE = "equals · not equals · is one of · is none of · is blank · not blank"
NUMBER = (
    "equals · not equals · greater than · greater or equal · less than · less or equal · is between · is blank · "
    "not blank"
)
DATE = (
    f"{NUMBER} · is today · is yesterday · is tomorrow · is before today · is after today · within last hours · "
    "within last days · within last weeks · within last months · within next hours · within next days · "
    "within next weeks · within next months · more than days ago · more than weeks ago · more than months ago · "
    "more than days ahead · more than weeks ahead · more than months ahead · this week · last week · next week · "
    "this month · last month · next month · this year · last year · next year · is on a week day · is between days"
)


@pytest.mark.parametrize(
    ("type_", "keys"),
    [
        (Type.TEXT, TEXT),
        (Type.IDENTIFIER, TEXT),
        (Type.TEXTS, TEXT),
        (Type.CHOICE, CHOICE),
        (Type.PLAN, CHOICE),
        (Type.PLANS, CHOICE),
        (Type.CHECK, "is yes · is no · is blank · not blank"),
        (Type.NUMBER, NUMBER),
        (Type.DATE, DATE),
    ],
)
def test_each_type_has_its_operators_in_this_order(type_: Type, keys: str) -> None:
    """These keys are in files."""
    assert " · ".join(each.key for each in operators.operators(type_)) == keys


def test_all_types_have_operators() -> None:
    assert all(operators.operators(type_) for type_ in Type)


def test_opposites_are_mutual_and_one_of_them_takes_blank() -> None:
    pairs = set()
    for type_ in Type:
        keys = {each.key: each for each in operators.operators(type_)}
        for each in keys.values():
            if each.opposite:
                other = keys[each.opposite]
                assert other.opposite == each.key
                assert other.takes is each.takes
                assert other.blank is not each.blank
                pairs.add(frozenset((each.key, other.key)))
            else:
                assert not each.blank
    assert len(pairs) == 5


def test_labels_are_the_originals_words() -> None:
    labels = {each.key: each.label for type_ in Type for each in operators.operators(type_)}
    assert labels["equals"] == "Equals"
    assert labels["does not match pattern"] == "Does not match pattern"
    assert labels["is between days"] == "Is between days"
    assert labels["within last days"] == "Within last … days"
    assert labels["more than weeks ahead"] == "More than … weeks ahead"
    assert len(set(labels.values())) == len(labels)
    counted = [key for key, label in labels.items() if "…" in label]
    assert all((found := operators.find(key)) and found.takes is Takes.COUNT for key in counted)
    assert len(counted) == 14


def test_an_operator_is_found_by_its_key_alone() -> None:
    found = operators.find("is today")
    assert found
    assert operators.fits(found, Type.DATE)
    assert not operators.fits(found, Type.TEXT)
    assert operators.find("Is today") is None
