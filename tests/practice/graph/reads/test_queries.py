"""Filters, searches and orders: every cell of Microsoft's tables, every refusal, odd values."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
import requests

from tests.practice.fixtures import Client
from tests.practice.graph.writes.writing import Writer

SKU = "6fd2c87f-b296-42f0-b197-1e91e994b900"
# What facts and reference pages say, cell by cell: property, eq, startsWith, endsWith, ge/le, eq null, orderby.
# D: by default; A: with the header and $count=true; -: not at all.
USERS = """
id                 D - - - - -
displayName        D D - - A D
givenName          D D - - A -
surname            D D - - A -
mail               D D A - A -
userPrincipalName  D D A - - D
jobTitle           D D - - A -
department         D D - - A -
officeLocation     A A - - A -
mobilePhone        A A - - A -
businessPhones[]   A A - - - -
companyName        A A - - A -
country            D D - - A -
city               D D - - A -
usageLocation      D D - - A -
employeeId         D - - - A -
accountEnabled     D - - - - -
userType           D - - - A -
createdDateTime    D - - D A A
assignedLicenses[] D - - - - -
onPremisesSyncEnabled D - - - A -
proxyAddresses[]   D D A - - -
otherMails[]       D D A - - -
aboutMe            - - - - - -
licenseAssignmentStates - - - - - -
"""
GROUPS = """
id                 D - - - - -
displayName        D D - - A D
mail               D D A - A -
mailNickname       D D - - A -
description        A A - - A -
groupTypes[]       D - - - - -
securityEnabled    D - - - - -
mailEnabled        D - - - - -
isAssignableToRole D - - - - -
onPremisesSyncEnabled D - - - A -
membershipRuleProcessingState D - - - - -
visibility         - - - - - -
createdDateTime    - - - - - -
assignedLicenses[] D - - - - -
hasMembersWithLicenseErrors D - - - - -
"""
BOOLEANS = {"accountEnabled", "onPremisesSyncEnabled", "securityEnabled", "mailEnabled", "isAssignableToRole",
            "hasMembersWithLicenseErrors"}  # fmt: skip
MATRIX = [
    pytest.param(kind, *row.split(), id=f"{kind}-{row.split()[0]}")
    for kind, table in (("users", USERS), ("groups", GROUPS))
    for row in table.strip().splitlines()
]


@pytest.fixture
def app(client: Client) -> dict[str, str]:
    """The header with the token of the app `read`."""
    return client.bearer("read")


@pytest.fixture
def get(client: Client, app: dict[str, str]) -> Callable[..., requests.Response]:
    """Call it with a path and options: they are encoded once, as a client must. `eventual`: with the header."""

    def send(path: str, eventual: bool = False, prefer: str = "", **options: str) -> requests.Response:
        query = "&".join(f"${name}={quote(value, safe='')}" for name, value in options.items())
        headers = (
            app | ({"ConsistencyLevel": "eventual"} if eventual else {}) | ({"Prefer": prefer} if prefer else {})
        )
        return client.graph(f"{path}?{query}", headers)

    return send


def advanced(get: Callable[..., requests.Response], path: str, **options: str) -> requests.Response:
    return get(path, eventual=True, count="true", **options)


def refusal(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def compared(name: str, operator: str) -> str:
    """A comparison of this property that has the right type."""
    value = "true" if name in BOOLEANS else "2020-01-01T00:00:00Z" if name.endswith("DateTime") else "'x'"
    plain = name.removesuffix("[]")
    item, value = ("a/skuId", SKU) if plain == "assignedLicenses" else ("a", value)
    if operator in ("startsWith", "endsWith"):
        inner = f"{operator}({item if name != plain else plain},'x')"
    else:
        inner = f"{item if name != plain else plain} {operator} {value}"
    return f"{plain}/any(a:{inner})" if name != plain else inner


def check(get: Callable[..., requests.Response], kind: str, takes: str, **options: str) -> None:
    """Whether a query is answered by default (D), with header and count (A), or not at all (-)."""
    plain, header = get(f"/{kind}", **options), get(f"/{kind}", eventual=True, **options)
    count, full = get(f"/{kind}", count="true", **options), advanced(get, f"/{kind}", **options)
    wanted = {"D": (200, 200, 200, 200), "A": (400, 400, 400, 200), "-": (400, 400, 400, 400)}[takes]
    answers = (plain, header, count, full)
    assert tuple(answer.status_code for answer in answers) == wanted, options
    for answer in answers:
        if answer.status_code == 400:
            assert answer.json()["error"]["code"] == "Request_UnsupportedQuery", options
    if takes == "A":
        assert {answer.json()["error"]["message"] for answer in answers[:3]} == {"Unsupported Query."}
    if takes == "-":
        assert "nsupported" in plain.json()["error"]["message"]


@pytest.mark.parametrize(("kind", "name", "eq", "starts", "ends", "order", "null", "sort"), MATRIX)
def test_every_cell_of_the_matrix(
    get: Callable[..., requests.Response],
    kind: str, name: str, eq: str, starts: str, ends: str, order: str, null: str, sort: str,
) -> None:  # fmt: skip
    check(get, kind, eq, filter=compared(name, "eq"))
    harder = "A" if eq != "-" else "-"
    check(get, kind, harder, filter=compared(name, "ne"))
    check(get, kind, harder, filter=f"not({compared(name, 'eq')})")
    check(get, kind, starts, filter=compared(name, "startsWith"))
    check(get, kind, ends, filter=compared(name, "endsWith"))
    for operator in ("ge", "le", "gt", "lt"):
        check(get, kind, order, filter=compared(name, operator))
    if "[" in name:
        return
    check(get, kind, null, filter=f"{name} eq null")
    check(get, kind, null.replace("D", "A"), filter=f"{name} ne null")
    check(get, kind, sort, orderby=name)
    if name not in BOOLEANS and not name.endswith("DateTime"):
        check(get, kind, eq, filter=f"{name} in ('x', 'y')")


@pytest.mark.parametrize(
    ("kind", "takes", "text"),
    [
        ("users", "A", "displayName eq 'x' or officeLocation eq 'x'"),
        ("users", "A", "assignedLicenses/$count eq 0"),
        ("users", "A", "assignedLicenses/$count ne 0 and accountEnabled eq true"),
        ("groups", "A", "assignedLicenses/$count eq 0"),
        ("users", "-", "assignedLicenses/$count eq 1"),
        ("users", "-", "assignedLicenses/$count gt 0"),
        ("users", "-", "businessPhones/$count eq 0"),
        ("users", "-", "contains(displayName,'x')"),
        ("users", "-", "tolower(displayName) eq 'x'"),
        ("users", "-", "assignedLicenses/all(a:a/skuId eq " + SKU + ")"),
        ("users", "-", "assignedLicenses/any()"),
        ("users", "A", "NOT startsWith(displayName,'x')"),
        ("groups", "A", "not groupTypes/any(c:c eq 'DynamicMembership')"),
        ("groups", "D", "groupTypes/any(c:c eq 'Unified') and mailEnabled eq true"),
        ("users", "D", "(((displayName eq 'x')) and (mail eq 'y' or mail eq 'z'))"),
        ("users", "D", "createdDateTime ge 2020-01-01"),
        ("users", "D", "createdDateTime ge 2020-01-01T01:00:00.123+01:00"),
        ("users", "D", f"assignedLicenses/any(x:x/skuId eq '{SKU}')"),
        ("users", "A", "assignedLicenses/any(x:x/skuId eq " + SKU + " or x/skuId eq " + SKU + ")"),
    ],
)
def test_what_is_put_together(get: Callable[..., requests.Response], kind: str, takes: str, text: str) -> None:
    check(get, kind, takes, filter=text)


@pytest.mark.parametrize(
    "text",
    ["", " ", "displayName", "displayName eq", "eq 'x'", "displayName eq 'x", "displayName eq O'Brien",
     "displayName = 'x'", "displayName eq 'x' and", "(displayName eq 'x'", "displayName eq 'x')", "startswith('x')",
     "startsWith(displayName,5)", "displayName eq x", "displayName eq true", "accountEnabled eq 'true'",
     "createdDateTime ge '2020-01-01T00:00:00Z'", "createdDateTime ge 2020-02-31T00:00:00Z",
     "createdDateTime ge 2020-01-01T00:00:00", "id eq 6fd2c87f-b296-42f0-b197-1e91e994b900", "nonsense eq 'x'",
     "nonsense/$count eq 0", "businessPhones/any(p:q eq 'x')", "startswith(nonsense,'x')", "nonsense(displayName)",
     "'x' eq displayName", "displayName in ()", "displayName in 'x'", "a eq b eq c", "$count eq 0",
     "not displayName", "displayName eq mail", "x=1", "f(a=1,b=2,c=3)", "a/b/c/any(d:d eq 'x')",
     "not " * 3000 + "mail eq 'x'"],
)  # fmt: skip
def test_what_no_filter_says(get: Callable[..., requests.Response], text: str) -> None:
    answer = get("/users", filter=text)
    assert refusal(answer) == (400, "BadRequest")
    assert answer.json()["error"]["message"].startswith("Invalid filter clause: ")


def test_how_many_and_how_long(get: Callable[..., requests.Response]) -> None:
    fifteen, sixteen = ("(" + ", ".join(f"'{n}'" for n in range(many)) + ")" for many in (15, 16))
    assert get("/users", filter=f"id in {fifteen}").status_code == 200
    for text in (f"id in {sixteen}", " or ".join(f"mail eq '{n}'" for n in range(16)),
                 f"id in {fifteen} or mail eq 'x'", f"mail eq '{'x' * 121}'"):  # fmt: skip
        assert refusal(get("/users", filter=text)) == (400, "Request_UnsupportedQuery")
        assert advanced(get, "/users", filter=text).status_code == 200
    assert get("/users", filter=f"mail eq '{'x' * 120}'").status_code == 200
    assert refusal(advanced(get, "/users", filter=f"mail eq '{'x' * 2048}'")) == (400, "Request_BadRequest")


def test_orders(get: Callable[..., requests.Response]) -> None:
    def names(**options: str) -> list[Any]:
        key = options["orderby"].split()[0]
        answer = advanced(get, "/users", top="999", select=f"id,{key}", **options)
        return [user[key] for user in answer.json()["value"]]

    for key in ("displayName", "userPrincipalName", "createdDateTime"):
        found = names(orderby=key)
        assert found == sorted(found, key=str.casefold)
        assert names(orderby=f"{key} asc") == found
        down = names(orderby=f"{key} desc")
        assert down == sorted(down, key=str.casefold, reverse=True)
        assert down[0] == max([*found, *down], key=str.casefold)
    for text in ("", "displayName sideways", "displayName desc x"):
        assert refusal(get("/users", orderby=text)) == (400, "BadRequest")
    for text in ("jobTitle", "displayName,userPrincipalName", "nonsense"):
        assert refusal(advanced(get, "/users", orderby=text)) == (400, "Request_UnsupportedQuery")
    both = {"filter": "accountEnabled eq true", "orderby": "displayName"}
    assert refusal(get("/users", **both)) == (400, "Request_UnsupportedQuery")
    assert refusal(get("/users", eventual=True, **both)) == (400, "Request_UnsupportedQuery")
    assert advanced(get, "/users", **both).status_code == 200


def test_the_next_page_forgets_the_header(client: Client, app: dict[str, str]) -> None:
    path = "/users?$filter=accountEnabled ne false&$count=true&$top=500"
    eventual = app | {"ConsistencyLevel": "eventual"}
    first = client.graph(path, eventual).json()
    assert first["@odata.count"] == 1240
    assert refusal(client.get(first["@odata.nextLink"], headers=app)) == (400, "Request_UnsupportedQuery")
    second = client.get(first["@odata.nextLink"], headers=eventual).json()
    assert "@odata.count" not in second
    third = client.get(second["@odata.nextLink"], headers=eventual).json()
    pages = [page["value"] for page in (first, second, third)]
    assert [len(page) for page in pages] == [500, 500, 240]
    assert len({user["id"] for page in pages for user in page}) == 1240


def test_count_in_the_path_is_of_what_was_asked_for(get: Callable[..., requests.Response]) -> None:
    listed = advanced(get, "/users", filter="userType eq 'Guest'", top="999").json()
    assert len(listed["value"]) == listed["@odata.count"] == 15
    assert get("/users/$count", eventual=True, filter="userType eq 'Guest'").text == "15"
    assert get("/users/$count", eventual=True, filter="userType ne 'Guest'").text == "1245"
    assert get("/groups/$count", eventual=True, search='"displayName:falcon"').text == "2"
    assert refusal(get("/users/$count", filter="userType eq 'Guest'")) == (400, "Request_BadRequest")


def test_difficult_values_are_found(client: Client, get: Callable[..., requests.Response]) -> None:
    domain = client.ready["domain"]
    values = [
        ("surname", "O'Brien"), ("surname", "李"), ("surname", "100% & Sons"), ("displayName", "李明"),
        ("userPrincipalName", f"lea+plus@{domain}"), ("userPrincipalName", f"siobhan.o'brien@{domain}"),
        ("userPrincipalName", f"gus.guest_partner.example#EXT#@{domain}"), ("surname", "MÜLLER"),
    ]  # fmt: skip
    for name, value in values:
        text = value.replace("'", "''")
        for said in (f"{name} eq '{text}'", f"startsWith({name},'{text}')", f"{name} in ('{text}')"):
            found = get("/users", filter=said, select=f"id,{name}").json()["value"]
            assert found, said
            assert {user[name].casefold() for user in found} == {value.casefold()}
        way = {"eventual": True, "prefer": "legacySearch=false"}  # without it & and # are too much for Graph
        found = get("/users", **way, search=f'"{name}:{value}"', select=f"id,{name}").json()["value"]
        assert {user[name].casefold() for user in found} == {value.casefold()}, value
    # A plus that was not encoded is a blank, and an apostrophe that was not doubled ends the value.
    assert client.graph(f"/users?$filter=userPrincipalName eq 'lea+plus@{domain}'").json()["value"] == []
    assert refusal(get("/users", filter="surname eq 'O'Brien'")) == (400, "BadRequest")


def test_search_needs_the_header_but_no_count(get: Callable[..., requests.Response]) -> None:
    answer = get("/users", search='"displayName:anna"')
    assert refusal(answer) == (400, "Request_UnsupportedQuery")
    assert "ConsistencyLevel" in answer.json()["error"]["message"]
    found = get("/users", eventual=True, search='"displayName:anna"', top="999").json()
    assert "@odata.count" not in found
    assert found["value"]
    assert all("anna" in user["displayName"].casefold() for user in found["value"])


@pytest.mark.parametrize(
    "text",
    ["", "x", "displayName:x", '"displayName"', '"displayName:"', '"displayName:x', '"displayName:x" and "mail:y"',
     '"displayName:x" "mail:y"', '("displayName:x"', '"displayName:x")', 'AND "mail:x"', '"mail:x" OR',
     '"mail:x" ORDER "mail:y"', "(" * 5000],
)  # fmt: skip
def test_what_no_search_says(get: Callable[..., requests.Response], text: str) -> None:
    assert refusal(get("/users", eventual=True, search=text)) == (400, "BadRequest")


@pytest.mark.parametrize("name", ["nonsense", "accountEnabled", "createdDateTime", "employeeId", "aboutMe"])
def test_what_is_not_indexed_for_search(get: Callable[..., requests.Response], name: str) -> None:
    assert refusal(get("/users", eventual=True, search=f'"{name}:x"')) == (400, "Request_UnsupportedQuery")


# The examples of Microsoft's page, and what follows from it: what a name is, what finds it, what does not.
WORDS = [
    ("hello world", ["hello", "world", "wor", "world hello", "HELLO", "hel WOR"], ["ello", "helloworld", "hi x"]),
    ("HelloWorld", ["hello", "world", "World Hello", "HelloWorld"], ["helloworld", "lowo"]),
    ("HELLOworld", ["helloworld", "hell"], ["world"]),
    ("hello.world", ["hello", "world", "hello.world", "helloworld", "."], ["hello-world", "lloworld"]),
    ("hello123world", ["hello", "123", "world", "12", "hello123world"], ["23", "1234"]),
    ("李四(David Li)", ["李四(David Li)", "李四", "David", "Li", "David)", "(李四", "Li 李"], ["四", "Dave"]),
    ('say "hi" \\o/', ['\\"hi\\"', "say hi", "\\\\o"], ["hey"]),
]


@pytest.mark.parametrize(("name", "finding", "missing"), WORDS, ids=[row[0] for row in WORDS])
def test_search_goes_by_words(client: Client, name: str, finding: list[str], missing: list[str]) -> None:
    app = Writer(client, client.bearer("read-write"))
    body = {"displayName": name, "mailNickname": "words", "mailEnabled": False, "securityEnabled": True,
            "description": f"zebra {name}"}  # fmt: skip
    key = app.send("POST", "/groups", body).json()["id"]

    def finds(field: str, text: str) -> bool:
        clause = quote(f'"{field}:{text}"', safe="")
        answer = app.get(f"/groups?$top=999&$select=id&$search={clause}")
        return key in {group["id"] for group in answer["value"]}

    for field in ("displayName", "description"):
        assert [text for text in finding if not finds(field, text)] == []
        assert [text for text in missing if finds(field, text)] == []
    assert finds("mailNickname", "WOR")
    assert not finds("mailNickname", "ords")


def test_clauses_are_joined(get: Callable[..., requests.Response]) -> None:
    def names(search: str, **more: str) -> set[str]:
        answer = get("/groups", eventual=True, search=search, top="999", **more)
        return {group["displayName"] for group in answer.json()["value"]}

    falcon, sales = names('"displayName:falcon"'), names('"displayName:sales"')
    assert falcon == {"Project Falcon"}
    assert names('"displayName:falcon" OR "displayName:sales"') == falcon | sales
    assert names('"displayName:sales" AND "displayName:berlin"') == {n for n in sales if "Berlin" in n}
    everything = '"displayName:sales" AND "displayName:berlin" OR "displayName:falcon"'
    assert names(everything) == {n for n in sales if "Berlin" in n} | falcon
    grouped = '"displayName:sales" AND ("displayName:berlin" OR "displayName:falcon")'
    assert names(grouped) == {n for n in sales if "Berlin" in n}
    mailed = names('"displayName:falcon"', filter="mailEnabled eq true")
    assert mailed == {"Project Falcon"}
    assert names('"displayName:falcon"', filter="displayName eq 'x'") == set()
