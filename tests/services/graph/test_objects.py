"""What answers are made of: what fits, and what is no answer."""

import json
from typing import Any

import pytest

from o365desk import catalogue
from o365desk.model.problems import ProblemError
from o365desk.services.directory import lookup
from o365desk.services.graph import objects
from o365desk.services.graph.objects import Shape
from tests.names import short

ASSIGNMENT: dict[str, Any] = {"skuId": "s", "disabledPlans": [], "assignedByGroup": None, "state": "Active"}
GOOD: dict[str, Any] = {
    "id": "6fd2c87f-b296-42f0-b197-1e91e994b900",
    "displayName": "Anna",
    "createdDateTime": "2019-01-01T09:00:00Z",
    "licenseAssignmentStates": [ASSIGNMENT],
    "prepaidUnits": {"enabled": 5, "warning": None},
    "consumedUnits": 3,
    "groupTypes": [],
    "strange": ["a"],
}
SHAPE = objects.one(tuple(GOOD), "displayName")


def refused(shape: Shape, body: Any) -> str:
    """The code of what is wrong with it; "" for nothing."""
    try:
        shape.decoded(json.dumps(body).encode(), "r")
    except ProblemError as error:
        problem = error.problem
    else:
        return ""
    assert not problem.conclusive
    assert problem.request_id == "r"
    return problem.code


def test_what_fits_is_kept_as_far_as_it_was_asked_for() -> None:
    made = SHAPE.decoded(json.dumps({**GOOD, "@odata.context": "x", "more": 1}).encode(), "r")
    assert made.keys() == GOOD.keys()
    assert made["createdDateTime"].tzinfo is not None
    assert made["strange"] == ["a"]


@pytest.mark.parametrize("name", ["id", "displayName", "licenseAssignmentStates", "prepaidUnits", "consumedUnits"])
def test_what_would_be_taken_for_something_else_must_be_there(name: str) -> None:
    assert refused(SHAPE, GOOD | {name: None}) == "no-sense"
    assert refused(SHAPE, {key: value for key, value in GOOD.items() if key != name}) == "no-sense"


@pytest.mark.parametrize("name", ["createdDateTime", "groupTypes", "strange"])
def test_what_may_be_missing_may_be_null(name: str) -> None:
    assert not refused(SHAPE, GOOD | {name: None})
    assert not refused(SHAPE, {key: value for key, value in GOOD.items() if key != name})


UNFIT: dict[str, list[Any]] = {
    "id": ["", "a/b", "..", "a?b", "a#b", "a b", "a%2Fb", "a\n", "ä", "x" * 101, 7, ["a"]],
    "createdDateTime": ["", "today", "2019-02-31T09:00:00Z", "2019-01-01T09:00:00", 7],
    "licenseAssignmentStates": [
        [None], [{}], {}, [ASSIGNMENT | {"assignedByGroup": 7}],
        *([ASSIGNMENT | {name: None}] for name in ("skuId", "disabledPlans", "state")),
    ],
    "prepaidUnits": [[], 7, {"enabled": "5"}, {"enabled": 10**12}],
    "consumedUnits": ["3", 3.5, True, 2**31, 10**400],
    "groupTypes": ["Unified", [None], ["Unified", 7], {}],
    "strange": [{}, [{}], [["a"]], 10**40],
}  # fmt: skip


@pytest.mark.parametrize(("name", "value"), [(name, bad) for name, values in UNFIT.items() for bad in values])
def test_what_does_not_fit_is_no_answer(name: str, value: Any) -> None:
    assert refused(SHAPE, GOOD | {name: value}) == "no-sense"


@pytest.mark.parametrize("body", [None, [], "text", 7])
def test_no_object_and_no_list_are_told_as_such(body: Any) -> None:
    assert refused(SHAPE, body) == "no-object"
    assert refused(objects.page(("id",)), body) == "no-list"
    assert refused(objects.page(("id",)), {"value": body}) == ("" if body == [] else "no-list")


@pytest.mark.parametrize("count", [None, "7", -1, 1.5, 2**60])
def test_a_count_is_a_number_of_objects(count: Any) -> None:
    assert refused(objects.page(("id",)), {"value": [], "@odata.count": count}) == "no-sense"


@pytest.mark.parametrize(
    "content", [b"", b"[" * 100_000, b'{"id":"\xff"}', b'{"id":"\\ud800"}', b'{"id":"a"', b"9" * 9999], ids=short
)
def test_what_cannot_be_read_is_no_answer(content: bytes) -> None:
    for shape in (SHAPE, objects.page(("id",))):
        with pytest.raises(ProblemError):
            shape.decoded(content, "r")


def test_the_type_of_every_property_of_the_catalogue_is_known() -> None:
    listings = [operation.listing for operation in catalogue.OPERATIONS.values() if operation.listing]
    asked = {name for listing in listings for name in listing.select} | {*lookup.USER_SELECT, *lookup.GROUP_SELECT}
    assert sorted(asked - objects.KNOWN) == []
