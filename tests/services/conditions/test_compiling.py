"""Conditions as filters: what is asked, how, and what is left to be judged here."""

from datetime import UTC, datetime
from typing import Any

import pytest

from o365desk import catalogue
from o365desk.catalogue.parameters import parameters
from o365desk.model.conditions.tree import PartnerValue, Place, loads
from o365desk.services.conditions.compiling import Compiled, compiled, cost

NOW = datetime(2026, 3, 15, 12, 0, 0, tzinfo=UTC)
E3 = "6fd2c87f-b296-42f0-b197-1e91e994b900"
UNIFIED, DYNAMIC = "groupTypes/any(c:c eq 'Unified')", "groupTypes/any(c:c eq 'DynamicMembership')"
ID = "00000000-0000-0000-0000-0000000000"


def row(parameter: str, operator: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {"parameter": parameter, "operator": operator, "value": value, **more}


def both(*rows: Any) -> dict[str, Any]:
    return {"join": "and", "rows": list(rows)}


def either(*rows: Any) -> dict[str, Any]:
    return {"join": "or", "rows": list(rows)}


def made(tree: dict[str, Any], operation: str = "user-list", **more: Any) -> Compiled:
    item = catalogue.operation(operation)
    assert item.listing
    return compiled(loads(tree), parameters(item), item.listing, NOW, **more)


@pytest.mark.parametrize(
    ("given", "asked", "eventual"),
    [
        (row("department", "equals", "Berlin"), "department eq 'Berlin'", False),
        (row("department", "equals", "O'Brien & Co +#%"), "department eq 'O''Brien & Co +#%'", False),
        (row("department", "starts with", " Ber "), "startswith(department,'Ber')", False),
        (row("department", "equals", "Finance"), "department eq 'Finance' or startswith(department,'ﬁ')", False),
        (row("officeLocation", "equals", "Cork"), "officeLocation eq 'Cork'", True),
        (row("companyName", "starts with", "Cork"), "startswith(companyName,'Cork')", True),
        (row("mail", "ends with", "@x.ie"), "endswith(mail,'@x.ie')", True),
        (row("employeeId", "equals", "12"), "employeeId eq '12'", False),
        (row("id", "equals", f" {ID}01 "), f"id eq '{ID}01'", False),
        (row("usageLocation", "equals", "FI"), "usageLocation eq 'FI'", False),
        (row("businessPhones", "equals", "+1"), "businessPhones/any(p:p eq '+1')", True),
        (row("businessPhones", "starts with", "+1"), "businessPhones/any(p:startswith(p,'+1'))", True),
        (row("accountEnabled", "is yes"), "accountEnabled eq true", False),
        (row("accountEnabled", "is no"), "accountEnabled eq false", False),
        (row("onPremisesSyncEnabled", "is blank"), "onPremisesSyncEnabled eq null", True),
        (row("onPremisesSyncEnabled", "not blank"),
         "onPremisesSyncEnabled eq true or onPremisesSyncEnabled eq false", False),
        (row("userType", "equals", "guest"), "userType eq 'Guest'", False),
        (row("userType", "is one of", ["Guest", "Member", "guest"]), "userType in ('Guest','Member')", False),
        (row("assignedLicenses", "equals", E3), f"assignedLicenses/any(a:a/skuId eq {E3})", False),
        (row("assignedLicenses", "not equals", E3), f"not assignedLicenses/any(a:a/skuId eq {E3})", True),
        (row("assignedLicenses", "is blank"), "assignedLicenses/$count eq 0", True),
        (row("assignedLicenses", "not blank"), "assignedLicenses/$count ne 0", True),
        (row("createdDateTime", "equals", "2026-01-31", zone="Europe/Berlin"),
         "createdDateTime ge 2026-01-30T23:00:00Z and createdDateTime le 2026-01-31T23:00:00Z", False),
        (row("createdDateTime", "within last days", 30, zone="UTC"),
         "createdDateTime ge 2026-02-13T12:00:00Z and createdDateTime le 2026-03-15T12:00:01Z", False),
        (row("createdDateTime", "less than", "2026-01-31", zone="UTC"),
         "createdDateTime le 2026-01-31T00:00:00Z", False),
        (row("createdDateTime", "is blank"), "createdDateTime eq null", True),
        (both(row("city", "equals", "Cork"),
              either(row("country", "equals", "IE"), row("accountEnabled", "is yes"))),
         "city eq 'Cork' and (country eq 'IE' or accountEnabled eq true)", False),
        (either(row("city", "equals", "Cork"),
                both(row("country", "equals", "IE"), row("accountEnabled", "is no"))),
         "city eq 'Cork' or (country eq 'IE' and accountEnabled eq false)", False),
        (either(*(row("city", "equals", each) for each in ("Bonn", "Cork", "Bonn"))),
         "city in ('Bonn','Cork')", False),
        (either(*(row("city", "equals", f"Bonn {n}") for n in range(16))),
         "city in (" + ",".join(f"'Bonn {n}'" for n in range(16)) + ")", True),
    ],
)  # fmt: skip
def test_what_is_asked_for_users(given: dict[str, Any], asked: str, eventual: bool) -> None:
    found = made(given if "rows" in given else both(given))
    assert (found.filters, found.here) == ((asked,), ())
    assert found.queries[0].eventual is eventual


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        (row("kind", "equals", "Microsoft 365"), UNIFIED),
        (row("kind", "equals", "Security, dynamic"), f"mailEnabled eq false and {DYNAMIC}"),
        (row("kind", "is one of", ["Microsoft 365", "Distribution"]),
         f"{UNIFIED} or (mailEnabled eq true and securityEnabled eq false)"),
        (row("groupTypes", "equals", "Unified"), "groupTypes/any(p:p eq 'Unified')"),
        (row("groupTypes", "not equals", "Unified"), "not groupTypes/any(p:p eq 'Unified')"),
        (row("description", "starts with", "Team"), "startswith(description,'Team')"),
    ],
)  # fmt: skip
def test_what_is_asked_for_groups(given: dict[str, Any], asked: str) -> None:
    assert made(both(given), "group-list").filters == (asked,)


@pytest.mark.parametrize(
    "given",
    [
        row("department", "contains", "x"), row("department", "not equals", "x"), row("department", "is blank"),
        row("department", "not blank"), row("department", "greater than", "x"), row("department", "ends with", "x"),
        row("department", "matches pattern", "x"), row("employeeId", "starts with", "1"), row("id", "equals", "me"),
        row("department", "equals", "李明"), row("userType", "not equals", "Guest"), row("userType", "is blank"),
        row("createdDateTime", "not equals", "2026-01-31"), row("createdDateTime", "is on a week day"),
        row("employeeId", "equals", "FI"), row("department", "equals", {"partner": "companyName"}),
        either(row("city", "equals", "Cork"), row("city", "contains", "x")),
    ],
)  # fmt: skip
def test_what_is_judged_here(given: dict[str, Any]) -> None:
    found = made(both(given))
    assert found.filters == ()
    assert found.here
    assert all(each.why for each in found.here)


def test_inside_and_what_can_be_sent_is() -> None:
    found = made(
        both(row("city", "contains", "x"), row("city", "equals", "Cork"), row("department", "equals", "Müll"))
    )
    assert found.filters == ("city eq 'Cork' and startswith(department,'M')",)
    assert [each.place for each in found.here] == [(0,), (2,)]


def test_inside_or_all_or_nothing_is() -> None:
    tree = both(row("city", "equals", "Cork"), either(row("country", "equals", "IE"), row("city", "contains", "x")))
    found = made(tree)
    assert found.filters == ("city eq 'Cork'",)
    places: list[Place] = [(1, 0), (1, 1)]
    assert [each.place for each in found.here] == places


def test_a_partners_value_is_sent_as_a_typed_one() -> None:
    tree = both(row("companyName", "equals", {"partner": "companyName"}))
    found = made(tree, partner={PartnerValue.COMPANY_NAME: "O'Reilly"})
    assert found.filters == ("companyName eq 'O''Reilly'",)
    assert made(tree, partner={PartnerValue.COMPANY_NAME: " "}).filters == ()


def test_ids_are_asked_for_in_several_reads() -> None:
    ids = [f"{ID}{n:02}" for n in range(40)]
    tree = both(either(*(row("id", "equals", each) for each in ids)), row("accountEnabled", "is yes"))
    found = made(tree)
    assert [text.count(ID) for text in found.filters] == [15, 15, 10]
    assert all(text.endswith(" and accountEnabled eq true") for text in found.filters)
    assert {query.eventual for query in found.queries} == {False}
    assert made(tree, order="displayName").filters == ("accountEnabled eq true",)


def test_what_is_too_long_for_an_address_is_judged_here() -> None:
    long = either(*(row("city", "equals", f"{n} {'x' * 100}") for n in range(15)))
    found = made(both(long, row("country", "equals", "IE")))
    assert found.filters == ("country eq 'IE'",)
    assert {each.place[0] for each in found.here} == {0}


@pytest.mark.parametrize("match", ["starts", "words", "equals"])
def test_a_simple_search_goes_beside_the_conditions(match: str) -> None:
    item = catalogue.operation("find-users").listing
    assert item
    values = {"search": "Anna", "match": match}
    found = made(both(row("city", "equals", "Cork")), "find-users", values=values)
    options = item.query(values, also=found.queries[0]).options
    plain = item.query(values).options
    if match == "words":
        assert options["$search"] == plain["$search"]
        assert options["$filter"] == "city eq 'Cork'"
    else:
        assert options["$filter"] == f"({plain['$filter']}) and (city eq 'Cork')"


def test_lists_that_are_not_filtered_are_judged_here() -> None:
    assert made(both(row("displayName", "equals", "x")), "group-members").filters == ()
    assert made(both(row("skuPartNumber", "equals", "x")), "licence-plan-list").filters == ()


def test_the_cost_in_words() -> None:
    listing, plans = catalogue.operation("user-list").listing, catalogue.operation("licence-plan-list").listing
    assert listing
    assert plans
    whole = made(both(row("city", "equals", "Cork")))
    part = made(both(row("city", "equals", "Cork"), row("city", "contains", "x")))
    nothing = made(both(row("city", "contains", "x")))
    assert cost(nothing, listing, 12_431) == "reads all 12,431 users: 13 requests"
    assert cost(nothing, listing) == "reads all users"
    assert cost(whole, listing, 12_431) == "reads the users that match, and no others"
    assert cost(part, listing, 12_431) == (
        "reads the users that Microsoft Graph finds by the filter, at most all 12,431 users: 13 requests"
    )
    assert cost(nothing, plans) == "reads all plans: 1 request"
