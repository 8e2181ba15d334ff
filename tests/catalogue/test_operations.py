"""The operations as data: what they ask of a person and of Graph, and what derives from them."""

from pathlib import Path
from typing import Any

import pytest

from o365desk import catalogue, paths
from o365desk.catalogue import OPERATIONS, Operation, groups, licences, manual, odata, values
from o365desk.catalogue.plans import product_name
from o365desk.model.fields import Field, Kind
from tests.samples import sample

ROOT = Path(__file__).parents[2]

DESIGNED = {
    "user-list": [],
    "group-list": [],
    "licence-plan-list": [],
    "find-users": ["search"],
    "find-groups": ["search"],
    "create-group": ["displayName", "kind", "mailNickname", "description", "visibility", "owners", "members"],
    "add-user-to-group": ["group", "user"],
    "remove-user-from-group": ["group", "user"],
    "assign-licence-to-user": ["user", "plan", "disabledPlans", "usageLocation"],
    "remove-licence-from-user": ["user", "plan"],
    "group-members": ["group"],
    "groups-of-user": ["user"],
}
"""Operation keys and their fields, which scripts and files of rows depend on."""


def test_keys_and_fields_are_those_that_scripts_depend_on() -> None:
    assert set(OPERATIONS) == set(DESIGNED)
    assert {item.key for item in catalogue.THE_TEN} == set(OPERATIONS) - {"group-members", "groups-of-user"}
    for key, fields in DESIGNED.items():
        own = [field.key for field in OPERATIONS[key].fields]
        assert [name for name in own if name in fields] == fields
        assert set(own) - set(fields) <= {"match"}


@pytest.mark.parametrize("key", OPERATIONS)
def test_there_are_values_to_try_it_with(key: str) -> None:
    assert values.check(OPERATIONS[key], sample(key, "anna@contoso.com")) == []


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda item: item.key)
def test_an_operation_is_whole(operation: Operation) -> None:
    assert operation.summary.endswith(".")
    assert (operation.listing is None) == operation.writes == (operation.change is not None)
    listing = operation.listing
    if listing is None:
        assert not operation.inverse or catalogue.operation(operation.inverse).writes
        assert not operation.columns
        assert operation.words.sentence(["Ann Lee"], ["Sales"])
    else:
        assert operation.columns
        assert len({column.key for column in operation.columns}) == len(operation.columns)
        assert any(column.has_text and column.shown for column in operation.columns)
        for key in listing.addressed:
            field = operation.field(key)
            assert field.required
            assert field.kind in (Kind.USER, Kind.GROUP)
        assert listing.single == bool(listing.nothing)
    for field in operation.fields:
        assert field.help.endswith("."), field.key


@pytest.mark.parametrize("key", ["add-user-to-group", "assign-licence-to-user"])
def test_an_inverse_leads_back(key: str) -> None:
    inverse = catalogue.operation(OPERATIONS[key].inverse)
    assert catalogue.operation(inverse.inverse).key == key


def test_the_manual_is_made_from_the_catalogue() -> None:
    assert (ROOT / "docs/operations.md").read_text("utf-8") == manual.text(), "run `make docs`"


def test_an_operation_is_found_by_key_or_title() -> None:
    found = [catalogue.find(text) for text in ("user-list", "User List", " assign licence to USER ", "users")]
    assert [item and item.key for item in found] == ["user-list", "user-list", "assign-licence-to-user", None]


# --- what Graph is asked ------------------------------------------------------------------------------------------


def query(key: str, given: dict[str, str] | None = None, order: str = "") -> Any:
    listing = OPERATIONS[key].listing
    assert listing
    return listing.query(given or {}, order)


def test_a_list_asks_for_its_columns_in_pages_of_999() -> None:
    asked = query("user-list")
    assert asked.options["$top"] == "999"
    assert "accountEnabled" in asked.options["$select"].split(",")
    assert not asked.eventual
    assert set(query("licence-plan-list").options) == {"$select"}


def test_the_default_search_needs_no_advanced_query() -> None:
    asked = query("find-users", {"search": "O'Brien"})
    assert asked.options["$filter"].startswith("startswith(displayName,'O''Brien') or ")
    assert not asked.eventual
    assert "$count" not in asked.options


def test_words_and_orders_of_a_filter_are_advanced() -> None:
    words = query("find-groups", {"search": 'Sales "North"', "match": "words"})
    assert words.eventual
    assert words.options["$count"] == "true"
    assert '"displayName:Sales \\"North\\""' in words.options["$search"]
    assert query("find-users", {"search": "a"}, "displayName desc").eventual
    assert query("user-list", order="createdDateTime").eventual
    assert not query("user-list", order="userPrincipalName desc").eventual


@pytest.mark.parametrize(
    ("text", "quoted"), [("O'Brien", "'O''Brien'"), ("''", "''''''"), ("100% & Sons", "'100% & Sons'")]
)
def test_literals_double_their_quotes(text: str, quoted: str) -> None:
    assert odata.literal(text) == quoted


# --- what is derived ----------------------------------------------------------------------------------------------


def test_seats_are_told_from_what_is_there_and_what_is_used() -> None:
    sku = {"prepaidUnits": {"enabled": 10, "warning": 5, "suspended": 99}, "consumedUnits": 18}
    assert licences.seats(sku) == {"used": 18, "enabled": 15, "free": -3}
    assert licences.seats({"prepaidUnits": None}) == {"used": 0, "enabled": 0, "free": 0}


def test_products_have_names() -> None:
    known = paths.table("licence-skus.json")["skus"][0]
    assert product_name(known["skuId"].upper()) == known["name"]
    assert product_name("0000", "NEW_PART") == "NEW_PART"


@pytest.mark.parametrize(
    ("group", "kind"),
    [
        ({"groupTypes": ["Unified"], "mailEnabled": True}, "Microsoft 365"),
        ({"groupTypes": [], "securityEnabled": True, "mailEnabled": False}, "Security"),
        ({"groupTypes": ["DynamicMembership"], "securityEnabled": True}, "Security, dynamic"),
        ({"groupTypes": ["Unified", "DynamicMembership"], "mailEnabled": True}, "Microsoft 365, dynamic"),
        ({"groupTypes": [], "securityEnabled": True, "mailEnabled": True}, "Mail-enabled security"),
        ({"groupTypes": [], "securityEnabled": False, "mailEnabled": True}, "Distribution"),
    ],
)
def test_kinds_of_groups(group: dict[str, Any], kind: str) -> None:
    assert groups.kind_of(group) == kind


@pytest.mark.parametrize(
    ("name", "nickname"),
    [
        ("Project Falcon", "project-falcon"),
        ("Müller & Söhne", "muller-sohne"),
        ("Straße 7", "strasse-7"),
        ("  O'Brien's  team ", "o-brien-s-team"),
        ("李明", ""),
        ("x" * 80, "x" * 64),
    ],
)
def test_a_nickname_is_suggested_that_graph_takes(name: str, nickname: str) -> None:
    assert groups.nickname(name) == nickname
    assert values.check_field(OPERATIONS["create-group"].field("mailNickname"), nickname) is None


# --- values -------------------------------------------------------------------------------------------------------

GUID = "11111111-2222-4333-8444-555555555555"
GOOD = {
    "user": [
        "ann.lee@contoso.com",
        GUID,
        "gus_partner.example#EXT#@contoso.onmicrosoft.com",
        "o'brien@contoso.com",
    ],
    "group": ["Sales", GUID, "sales@contoso.com"],
    "plan": ["SPE_E3", "Microsoft 365 E3", GUID],
}
BAD = {
    "user": ["", "1.16E+20", "1,16e+20", "Ann Lee", "ann@", GUID[:-1], GUID.replace("-", "")],
    "group": ["", "1.16E+20", GUID[:20]],
    "plan": ["", "5.3E+12"],
}


def field(key: str) -> Field:
    return next(field for item in OPERATIONS.values() for field in item.fields if field.key == key)


@pytest.mark.parametrize(("key", "text"), [(key, text) for key, texts in GOOD.items() for text in texts])
def test_good_references_pass(key: str, text: str) -> None:
    assert values.check_field(field(key), text) is None


@pytest.mark.parametrize(("key", "text"), [(key, text) for key, texts in BAD.items() for text in texts])
def test_bad_references_are_told_with_a_way_out(key: str, text: str) -> None:
    problem = values.check_field(field(key), text)
    assert problem
    assert problem.field == key
    assert problem.remedy


def test_one_bad_user_of_several_is_named() -> None:
    problem = values.check_field(field("members"), "ann@contoso.com; Ben;\ncarl@contoso.com")
    assert problem
    assert "“Ben”" in problem.title
    assert values.several("a; b;;a\nc ") == ["a", "b", "c"]


def test_values_are_checked_in_the_form_s_order_and_strangers_are_wrong() -> None:
    found = values.check(OPERATIONS["create-group"], {"kind": "team", "mailNickname": "a b@", "nickname": "x"})
    assert [problem.field for problem in found] == ["displayName", "kind", "mailNickname", "nickname"]
    assert "blank @" in found[2].title
    assert "mailNickname" in found[3].remedy


def test_the_command_line_that_does_the_same() -> None:
    item = OPERATIONS["add-user-to-group"]
    given = {"group": "Sales", "user": "siobhan.o'brien@contoso.com"}
    line = catalogue.command_line("Contoso HR", item, given, "--apply")
    assert line.startswith("o365desk run 'Contoso HR' add-user-to-group --set group=Sales --set 'user=siobhan.o'")
    assert line.endswith(" --apply")


def test_a_narrow_permission_selects_what_it_opens() -> None:
    listing = OPERATIONS["user-list"].listing
    assert listing
    assert set(listing.narrowed(["User.ReadBasic.All"]).select) == {
        "id", "displayName", "givenName", "surname", "mail", "userPrincipalName",
    }  # fmt: skip
    assert listing.narrowed(["User.ReadBasic.All", "User.Read.All"]) is listing
    assert listing.narrowed([]) is listing
