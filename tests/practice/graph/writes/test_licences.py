"""Licences: assigned and removed, refused for each reason, seats and states following."""

from typing import Any

import pytest

from tests.practice.fixtures import Client
from tests.practice.graph.writes.writing import NOBODY, Writer, refused, writer

Sku = dict[str, Any]


@pytest.fixture
def write(client: Client) -> Writer:
    """As an app that may set usage locations and assign licences."""
    names = ("User.ReadWrite.All", "LicenseAssignment.ReadWrite.All", "LicenseAssignment.Read.All")
    return writer(client, *names, "Group.ReadWrite.All")


@pytest.fixture
def skus(write: Writer) -> dict[str, Sku]:
    """The plans by part number."""
    return plans(write)


@pytest.fixture
def bare(write: Writer) -> str:
    """The id of a member with a usage location and no licence."""
    users = write.rows("/users?$select=id,usageLocation,assignedLicenses,userType,accountEnabled&$top=999")
    found = (
        user["id"]
        for user in users
        if user["usageLocation"] and not user["assignedLicenses"] and user["userType"] == "Member"
    )
    return str(next(found))


def plans(write: Writer) -> dict[str, Sku]:
    return {sku["skuPartNumber"]: sku for sku in write.get("/subscribedSkus")["value"]}


def assign(write: Writer, user: str, *skus: Sku, off: tuple[str, ...] = (), remove: tuple[Sku, ...] = ()) -> Any:
    body = {
        "addLicenses": [{"skuId": sku["skuId"], "disabledPlans": list(off)} for sku in skus],
        "removeLicenses": [sku["skuId"] for sku in remove],
    }
    return write.send("POST", f"/users/{user}/assignLicense", body)


def held(write: Writer, user: str) -> list[dict[str, Any]]:
    return list(write.get(f"/users/{user}?$select=assignedLicenses")["assignedLicenses"])


def states(write: Writer, user: str, sku: Sku) -> list[dict[str, Any]]:
    found = write.get(f"/users/{user}?$select=licenseAssignmentStates")["licenseAssignmentStates"]
    return [state for state in found if state["skuId"] == sku["skuId"]]


def first(write: Writer, sku: Sku, through: str = "") -> str:
    """Who has a plan directly, or through the group with this id."""
    users = write.rows("/users?$select=id,assignedLicenses&$top=999")
    for user in users:
        if any(entry["skuId"] == sku["skuId"] for entry in user["assignedLicenses"]):
            ways = [state["assignedByGroup"] for state in states(write, user["id"], sku)]
            if ways == [through or None]:
                return str(user["id"])
    raise AssertionError("nobody")


def test_a_licence_comes_and_goes(write: Writer, skus: dict[str, Sku], bare: str) -> None:
    sku = skus["SPB"]
    answer = assign(write, bare, sku)
    assert answer.status_code == 200
    assert answer.json()["@odata.context"].endswith("#users/$entity")
    assert answer.json()["assignedLicenses"] == [{"disabledPlans": [], "skuId": sku["skuId"]}]
    assert held(write, bare) == answer.json()["assignedLicenses"]
    assert plans(write)["SPB"]["consumedUnits"] == sku["consumedUnits"] + 1
    (state,) = states(write, bare, sku)
    assert (state["state"], state["error"], state["assignedByGroup"]) == ("Active", "None", None)
    assert assign(write, bare, sku).json()["assignedLicenses"] == held(write, bare), "again is no error"
    assert plans(write)["SPB"]["consumedUnits"] == sku["consumedUnits"] + 1
    assert assign(write, bare, remove=(sku,)).json()["assignedLicenses"] == []
    assert plans(write)["SPB"] == sku


def test_the_service_plans_left_out_are_replaced(write: Writer, skus: dict[str, Sku], bare: str) -> None:
    sku = skus["SPB"]
    one, other = (plan["servicePlanId"] for plan in sku["servicePlans"][:2])
    assign(write, bare, sku, off=(one,))
    assert assign(write, bare, sku, off=(other,)).json()["assignedLicenses"][0]["disabledPlans"] == [other]
    assert assign(write, bare, sku).json()["assignedLicenses"][0]["disabledPlans"] == []
    foreign = skus["POWER_BI_PRO"]["servicePlans"][0]["servicePlanId"]
    refused(assign(write, bare, sku, off=(foreign,)), 400, "does not contain the service plan")


def test_two_plans_of_which_one_needs_the_other(write: Writer, skus: dict[str, Sku], bare: str) -> None:
    addon, base = skus["MCOMEETADV"], skus["EXCHANGESTANDARD"]
    refused(assign(write, bare, addon), 400, "depends on the service plan(s)")
    assert held(write, bare) == []
    assert assign(write, bare, addon, base).status_code == 200
    refused(assign(write, bare, remove=(base,)), 400, "depends on the service plan(s)")
    exchange = next(
        p["servicePlanId"] for p in base["servicePlans"] if p["servicePlanName"] == "EXCHANGE_S_STANDARD"
    )
    refused(assign(write, bare, base, off=(exchange,)), 400, "depends on the service plan(s)")
    assert assign(write, bare, remove=(base, addon)).json()["assignedLicenses"] == []
    assert plans(write) == skus


def test_all_or_nothing(write: Writer, skus: dict[str, Sku], bare: str) -> None:
    refused(assign(write, bare, skus["SPB"], skus["VISIOCLIENT"]), 400, "does not have any available licenses")
    assert held(write, bare) == []
    assert plans(write) == skus


def test_exclusive_plans(write: Writer, skus: dict[str, Sku], bare: str) -> None:
    basic, pro = skus["Microsoft_Teams_Rooms_Basic"], skus["Microsoft_Teams_Rooms_Pro"]
    refused(assign(write, bare, basic, pro), 400, "are mutually exclusive")
    assert assign(write, bare, basic).status_code == 200
    refused(assign(write, bare, pro), 400, "are mutually exclusive")
    assert assign(write, bare, pro, remove=(basic,)).status_code == 200, "one for the other in one request"


@pytest.mark.parametrize(
    ("part", "text"),
    [("VISIOCLIENT", "does not have any available licenses"), ("POWER_BI_PRO", "does not have any available"),
     ("WINDOWS_STORE", "cannot be assigned to users")],
)  # fmt: skip
def test_plans_that_nobody_can_get(write: Writer, skus: dict[str, Sku], bare: str, part: str, text: str) -> None:
    refused(assign(write, bare, skus[part]), 400, text)


def test_a_plan_in_its_grace_period_can_be_given(write: Writer, skus: dict[str, Sku], bare: str) -> None:
    assert skus["PROJECTPROFESSIONAL"]["capabilityStatus"] == "Warning"
    assert assign(write, bare, skus["PROJECTPROFESSIONAL"]).status_code == 200


def test_the_last_seat(write: Writer, skus: dict[str, Sku]) -> None:
    sku = skus["ENTERPRISEPACK"]
    users = write.rows("/users?$select=id,usageLocation,assignedLicenses&$top=999")
    wanting = [user["id"] for user in users if user["usageLocation"] and not user["assignedLicenses"]]
    left = sku["prepaidUnits"]["enabled"] - sku["consumedUnits"]
    for user in wanting[:left]:
        assert assign(write, user, sku).status_code == 200
    refused(assign(write, wanting[left], sku), 400, f"SKU {sku['skuId']} does not have any available licenses")
    assert assign(write, wanting[0], remove=(sku,)).status_code == 200
    assert assign(write, wanting[left], sku).status_code == 200


def test_a_usage_location_is_needed(write: Writer, skus: dict[str, Sku]) -> None:
    users = write.rows("/users?$select=id,usageLocation,assignedLicenses,userType,onPremisesSyncEnabled&$top=999")
    nowhere = next(
        user["id"] for user in users
        if not user["usageLocation"] and user["userType"] == "Member" and not user["assignedLicenses"]
    )  # fmt: skip
    refused(assign(write, nowhere, skus["SPB"]), 400, "invalid usage location")
    assert write.send("PATCH", f"/users/{nowhere}", {"usageLocation": "IE"}).status_code == 204
    assert assign(write, nowhere, skus["SPB"]).status_code == 200


def test_an_inherited_licence_stays(write: Writer, skus: dict[str, Sku]) -> None:
    sku = skus["POWER_BI_PRO"]
    group = next(g["id"] for g in write.rows("/groups") if g["displayName"].startswith("Licensed"))
    user = first(write, sku, through=group)
    refused(assign(write, user, remove=(sku,)), 400, "inherited from a group membership")
    if write.get(f"/users/{user}?$select=usageLocation")["usageLocation"] is None:
        write.send("PATCH", f"/users/{user}", {"usageLocation": "DE"})
    assert assign(write, user, sku).status_code == 200, "directly besides: takes no second seat"
    assert [state["assignedByGroup"] for state in states(write, user, sku)] == [group, None]
    assert plans(write)["POWER_BI_PRO"] == sku
    assert assign(write, user, remove=(sku,)).status_code == 200
    assert [entry["skuId"] for entry in held(write, user)].count(sku["skuId"]) == 1, "the user keeps it"


def test_licences_follow_membership(write: Writer, skus: dict[str, Sku], bare: str) -> None:
    sku = skus["POWER_BI_PRO"]
    group = next(g["id"] for g in write.rows("/groups") if g["displayName"].startswith("Licensed"))
    assert write.add(group, bare).status_code == 204
    (state,) = states(write, bare, sku)
    assert (state["state"], state["error"], held(write, bare)) == ("Error", "CountViolation", [])
    leaver = first(write, sku, through=group)
    assert write.remove(group, leaver).status_code == 204
    assert sku["skuId"] not in [entry["skuId"] for entry in held(write, leaver)]
    assert plans(write)["POWER_BI_PRO"]["consumedUnits"] == sku["consumedUnits"] - 1
    overdrawn = plans(write)["POWER_BI_PRO"]
    while overdrawn["consumedUnits"] >= overdrawn["prepaidUnits"]["enabled"]:
        assert write.remove(group, first(write, sku, through=group)).status_code == 204
        overdrawn = plans(write)["POWER_BI_PRO"]
    assert write.send("POST", f"/users/{bare}/reprocessLicenseAssignment", {}).status_code == 200
    assert states(write, bare, sku)[0]["state"] == "Active"
    assert [entry["skuId"] for entry in held(write, bare)] == [sku["skuId"]]


def test_what_is_no_licence_or_not_held(write: Writer, skus: dict[str, Sku], bare: str) -> None:
    refused(assign(write, bare, {"skuId": NOBODY}), 400, f"License {NOBODY} does not correspond to a valid company")
    refused(assign(write, bare, remove=(skus["SPB"],)), 400, "does not have a corresponding license")
    refused(assign(write, bare, remove=({"skuId": NOBODY},)), 400, "does not correspond to a valid company License")
    refused(assign(write, NOBODY, skus["SPB"]), 404, NOBODY)


@pytest.mark.parametrize(
    "body",
    [{"addLicenses": []}, {"removeLicenses": []}, {"addLicenses": [], "removeLicenses": []},
     {"addLicenses": [{"skuId": None}], "removeLicenses": []}, {"addLicenses": [1], "removeLicenses": []},
     {"addLicenses": [{"skuId": NOBODY}, {"skuId": NOBODY}], "removeLicenses": []},
     {"addLicenses": [{"skuId": NOBODY}], "removeLicenses": [NOBODY]}, {"addLicenses": [], "removeLicenses": [7]}],
)  # fmt: skip
def test_bodies_that_are_refused(write: Writer, bare: str, body: dict[str, Any]) -> None:
    answer = write.send("POST", f"/users/{bare}/assignLicense", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "Request_BadRequest")


def test_seats_are_free_again_when_somebody_is_deleted(write: Writer, skus: dict[str, Sku], bare: str) -> None:
    assign(write, bare, skus["SPB"])
    assert write.send("DELETE", f"/users/{bare}").status_code == 204
    assert plans(write) == skus
    assert write.send("POST", f"/directory/deletedItems/{bare}/restore").status_code == 200
    assert plans(write)["SPB"]["consumedUnits"] == skus["SPB"]["consumedUnits"] + 1
