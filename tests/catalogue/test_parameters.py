"""What conditions can be about: every column and plain field of every operation, and what their fields name."""

from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest

from o365desk.catalogue import OPERATIONS, groups, operation
from o365desk.catalogue.operations import ColumnKind, Operation
from o365desk.catalogue.parameters import parameters, plan_ids
from o365desk.model.conditions import judging, words
from o365desk.model.conditions.parameters import Type
from o365desk.model.conditions.tree import Condition, Group, Join, Value
from o365desk.model.problems import ProblemError

ALL = (*OPERATIONS.values(), operation("set-usage-location"), operation("delete-group"))
READS = [each for each in ALL if not each.writes]
NOW = datetime(2026, 5, 12, 9, 30, tzinfo=UTC)
E3 = "05e9a617-0261-4cee-bb44-138d3ef5d965"


def says(of: str, key: str, operator: str, value: Value, row: dict[str, Any]) -> bool:
    """What one row of the conditions of an operation says of a row."""
    condition = Group(Join.AND, (Condition(key, operator, value, "Europe/Dublin"),))
    return judging.judge(condition, parameters(operation(of)), NOW)(row)


@pytest.mark.parametrize("each", READS, ids=lambda each: str(each.key))
def test_a_read_has_all_its_columns(each: Operation) -> None:
    found = parameters(each)
    assert each.listing
    assert list(found) == [column.key for column in each.columns if column.kind is not ColumnKind.SEATS]
    for key, parameter in found.items():
        assert parameter.key == key
        assert set(parameter.needs) <= set(each.listing.select)
        assert parameter.property in ("", key)


@pytest.mark.parametrize("each", ALL, ids=lambda each: str(each.key))
def test_they_can_all_be_judged_and_said(each: Operation) -> None:
    for key, parameter in parameters(each).items():
        condition = Group(Join.AND, (Condition(key, "is blank"),))
        assert judging.check(condition, {key: parameter}) == []
        assert words.sentence(condition, {key: parameter}) == f"{parameter.title} is blank"


@pytest.mark.parametrize("each", ALL, ids=lambda each: str(each.key))
def test_a_row_without_anything_cannot_be_told(each: Operation) -> None:
    for key, parameter in parameters(each).items():
        if each.writes and not parameter.needs and key != "mailNickname":  # a field that was left out is blank
            continue
        with pytest.raises(ProblemError):
            says(each.key, key, "is blank", None, {})


def test_what_graph_can_filter() -> None:
    filtered = {each.key: {key for key, one in parameters(each).items() if not one.property} for each in READS}
    assert filtered["user-list"] == filtered["find-users"] == set()
    assert filtered["group-list"] == {"kind", "visibility", "createdDateTime", "membershipRule"}
    for key in ("licence-plan-list", "group-members", "groups-of-user"):
        assert not any(one.property for one in parameters(operation(key)).values())
    for each in ALL:
        assert not each.writes or not any(one.property for one in parameters(each).values())


def test_types() -> None:
    users, plans = parameters(operation("user-list")), parameters(operation("licence-plan-list"))
    assert users["userType"].type is Type.CHOICE
    assert [key for key, _ in users["userType"].choices] == ["Member", "Guest"]
    assert users["assignedLicenses"].type is Type.PLANS
    assert users["businessPhones"].type is Type.TEXTS
    assert users["createdDateTime"].type is Type.DATE
    assert users["accountEnabled"].type is Type.CHECK
    assert users["id"].type is Type.IDENTIFIER
    assert [key for key, one in plans.items() if one.type is Type.NUMBER] == [
        "enabledUnits", "consumedUnits", "freeUnits",
    ]  # fmt: skip
    assert plans["skuId"].type is Type.PLAN


def test_every_kind_of_group_is_a_choice() -> None:
    row: dict[str, Any]
    choices = {key for key, _ in parameters(operation("group-list"))["kind"].choices}
    for types, mail, security in product(
        ([], ["Unified"], ["DynamicMembership"], ["Unified", "DynamicMembership"]), (True, False), (True, False)
    ):
        row = {"groupTypes": types, "mailEnabled": mail, "securityEnabled": security}
        assert groups.kind_of(row) in choices
        assert says("group-list", "kind", "equals", groups.kind_of(row), row)
    with pytest.raises(ProblemError):
        says("group-list", "kind", "not equals", "Security", {"groupTypes": None, "mailEnabled": None,
                                                              "securityEnabled": None})  # fmt: skip


def test_plans_by_any_of_their_names() -> None:
    row = {"assignedLicenses": [{"skuId": E3.upper(), "disabledPlans": []}]}
    for name in ("Microsoft 365 E3", "spe_e3", E3, E3.upper()):
        assert says("user-list", "assignedLicenses", "equals", name, row)
        assert says("licence-plan-list", "skuId", "equals", name, {"skuId": E3})
    assert not says("user-list", "assignedLicenses", "is none of", ("SPE_E3",), row)
    assert says("user-list", "assignedLicenses", "is none of", ("SPE_E5",), row)
    assert says("user-list", "assignedLicenses", "is blank", None, {"assignedLicenses": []})
    assert plan_ids("00000000-0000-0000-0000-00000000000A") == ("00000000-0000-0000-0000-00000000000a",)
    for wrong in ("Microsoft 365 E99", ""):
        with pytest.raises(ProblemError):
            says("user-list", "assignedLicenses", "not equals", wrong, row)
    odd: Any
    for odd in ([{}], [None], {"skuId": E3}, [{"skuId": None}], "x"):
        with pytest.raises(ProblemError):
            says("user-list", "assignedLicenses", "is none of", ("SPE_E5",), {"assignedLicenses": odd})


def test_seats_are_three_numbers() -> None:
    row = {"prepaidUnits": {"enabled": 20, "warning": 5}, "consumedUnits": 30}
    assert says("licence-plan-list", "enabledUnits", "equals", 25, row)
    assert says("licence-plan-list", "consumedUnits", "equals", 30, row)
    assert says("licence-plan-list", "freeUnits", "less than", 0, row)
    with pytest.raises(ProblemError):
        says("licence-plan-list", "freeUnits", "less than", 0, {"prepaidUnits": {"enabled": 20}})


def test_a_mixed_list_has_what_each_sort_has() -> None:
    user = {"@odata.type": "#microsoft.graph.user", "department": "Sales", "userPrincipalName": "a@b.c"}
    device = {"@odata.type": "#microsoft.graph.device", "displayName": "PC 1"}
    assert says("group-members", "department", "equals", "Sales", user)
    assert not says("group-members", "department", "equals", "Sales", device)
    assert says("group-members", "department", "is blank", None, device)
    assert says("group-members", "type", "equals", "Device", device)
    for lacking in ({"@odata.type": "#microsoft.graph.user"}, {"@odata.type": "#microsoft.graph.newThing"}, {}):
        with pytest.raises(ProblemError):
            says("group-members", "department", "not equals", "Sales", lacking)
    group = {
        "@odata.type": "#microsoft.graph.group",
        "groupTypes": ["Unified"],
        "mailEnabled": True,
        "securityEnabled": False,
    }
    assert says("groups-of-user", "type", "equals", "Group: Microsoft 365", group)
    assert says(
        "groups-of-user", "type", "equals", "Directory role", {"@odata.type": "#microsoft.graph.directoryRole"}
    )
    with pytest.raises(ProblemError):
        says("groups-of-user", "type", "not equals", "Group: Security", {"@odata.type": "#microsoft.graph.group"})


def test_a_write_has_its_fields_and_what_they_name() -> None:
    found = parameters(operation("assign-licence-to-user"))
    assert found["user.department"].title == "User › Department"
    assert found["plan.skuId"].title == "Licence plan › SKU ID"
    assert found["usageLocation"].type is Type.TEXT
    assert "disabledPlans" not in found
    row = {"user": {"department": "Sales", "assignedLicenses": []}, "plan": {"skuId": E3}, "usageLocation": "uk"}
    assert says("assign-licence-to-user", "user.department", "equals", "sales", row)
    assert says("assign-licence-to-user", "plan.skuId", "equals", "Microsoft 365 E3", row)
    assert says("assign-licence-to-user", "user.assignedLicenses", "is none of", ("SPE_E3",), row)
    assert says("assign-licence-to-user", "usageLocation", "equals", "GB", row)
    spoilt: Any
    for spoilt in ({"user": "anna@contoso.com"}, {"user": None}, {"user": {}}, {"user": []}):
        with pytest.raises(ProblemError):
            says("assign-licence-to-user", "user.department", "not equals", "Sales", spoilt)
    group = {"groupTypes": [], "mailEnabled": False, "securityEnabled": True}
    assert says("add-user-to-group", "group.kind", "equals", "Security", {"group": group})
    with pytest.raises(ProblemError):
        says("add-user-to-group", "group.kind", "equals", "Security", {"group": {"groupTypes": []}})


def test_what_a_new_group_will_be() -> None:
    found = parameters(operation("create-group"))
    assert list(found) == ["displayName", "kind", "mailNickname", "description", "visibility"]
    row = {"displayName": "Project Falcon", "kind": "", "mailNickname": " ", "description": ""}
    assert says("create-group", "mailNickname", "equals", "project-falcon", row)
    assert says("create-group", "kind", "equals", "security", row)
    assert says("create-group", "kind", "equals", "Microsoft 365", row | {"kind": "microsoft365"})
    assert says("create-group", "description", "is blank", None, row)
    assert says("create-group", "visibility", "is blank", None, row)
    with pytest.raises(ProblemError):
        says("create-group", "description", "is blank", None, {"description": 5})
