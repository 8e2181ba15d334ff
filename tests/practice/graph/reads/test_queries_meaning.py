"""What a filter lets through is what it says: random ones against the whole list; whatever comes is answered."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from o365desk.practice.server.server import PracticeTenant
from tests.practice.fixtures import Client
from tests.torture import examples

Object = dict[str, Any]
TEXTS = {
    "users": ["displayName", "givenName", "surname", "mail", "userPrincipalName", "jobTitle", "department", "city",
              "officeLocation", "mobilePhone", "companyName", "country", "usageLocation"],
    "groups": ["displayName", "mail", "mailNickname", "description"],
}  # fmt: skip
NULLABLE = {
    "users": ["mail", "jobTitle", "department", "usageLocation", "mobilePhone", "onPremisesSyncEnabled"],
    "groups": ["mail", "description", "onPremisesSyncEnabled"],
}
FLAGS = {"users": ["accountEnabled", "onPremisesSyncEnabled"], "groups": ["mailEnabled", "securityEnabled"]}
ITEMS = {"users": ["businessPhones", "proxyAddresses", "otherMails"], "groups": ["groupTypes", "proxyAddresses"]}
STARTING = {"businessPhones", "proxyAddresses", "otherMails"}
ENDING = {"mail", "userPrincipalName", "proxyAddresses", "otherMails"}
COUNTED = {"users": ["assignedLicenses", "proxyAddresses", "otherMails"], "groups": ["assignedLicenses"]}


@dataclass(frozen=True)
class Told:
    """A filter and what it means."""

    text: str
    holds: Callable[[Object], bool]
    loose: bool = False  # falls apart beside an `and`

    @property
    def tight(self) -> str:
        """The text as a part of another."""
        return f"({self.text})" if self.loose else self.text


class Whole:
    """Asks with one token; keeps the whole lists."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._headers = client.bearer("read") | {"ConsistencyLevel": "eventual"}
        picked = "id,createdDateTime,assignedLicenses," + ",".join(
            {*TEXTS["users"], *NULLABLE["users"], *FLAGS["users"], *ITEMS["users"]}
        )
        self.lists = {
            "users": self.rows("/users", {"$select": picked}),
            "groups": self.rows("/groups", {"$select": "id,assignedLicenses," + ",".join(
                {*TEXTS["groups"], *NULLABLE["groups"], *FLAGS["groups"], *ITEMS["groups"]})}),
        }  # fmt: skip

    def get(self, path: str, params: dict[str, str]) -> requests.Response:
        """One request."""
        return self._client.get(f"{self._client.ready['graph']}/v1.0{path}", params=params, headers=self._headers)

    def rows(self, path: str, params: dict[str, str]) -> list[Object]:
        """All pages."""
        answer = self.get(path, {"$top": "999"} | params)
        found: list[Object] = []
        while True:
            assert answer.status_code == 200, answer.text
            body = answer.json()
            found += body["value"]
            if "@odata.nextLink" not in body:
                return found
            answer = self._client.get(body["@odata.nextLink"], headers=self._headers)


@pytest.fixture(scope="module")
def whole(practice: PracticeTenant) -> Iterator[Whole]:
    """The lists as at the start."""
    with Client(practice) as client:
        client.control("/reset", {})
        yield Whole(client)


def quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def same(value: object, wanted: str) -> bool:
    return value is not None and str(value).casefold() == wanted.casefold()


def is_(name: str, value: str) -> Told:
    return Told(f"{name} eq {quoted(value)}", lambda o: same(o[name], value))


def is_not(name: str, value: str) -> Told:
    return Told(f"{name} ne {quoted(value)}", lambda o: not same(o[name], value))


def one_of(name: str, values: list[str]) -> Told:
    return Told(
        f"{name} in ({', '.join(map(quoted, values))})", lambda o: any(same(o[name], value) for value in values)
    )


def starts(name: str, value: str) -> Told:
    return Told(
        f"startsWith({name}, {quoted(value)})",
        lambda o: o[name] is not None and o[name].casefold().startswith(value.casefold()),
    )


def ends(name: str, value: str) -> Told:
    return Told(
        f"endswith({name},{quoted(value)})",
        lambda o: o[name] is not None and o[name].casefold().endswith(value.casefold()),
    )


def absent(name: str, wanted: bool) -> Told:
    return Told(f"{name} {'eq' if wanted else 'ne'} null", lambda o: (o[name] is None) is wanted)


def flag(name: str, operator: str, wanted: bool) -> Told:
    text = f"{name} {operator} {str(wanted).lower()}"
    return Told(text, lambda o: (o[name] is wanted) is (operator == "eq"))


def empty(name: str, wanted: bool) -> Told:
    return Told(f"{name}/$count {'eq' if wanted else 'ne'} 0", lambda o: (len(o[name]) == 0) is wanted)


def has(name: str, function: str, value: str) -> Told:
    if function == "eq":
        return Told(f"{name}/any(p:p eq {quoted(value)})", lambda o: any(same(p, value) for p in o[name]))
    test = str.startswith if function == "startswith" else str.endswith
    return Told(
        f"{name}/any(p:{function}(p,{quoted(value)}))",
        lambda o: any(test(p.casefold(), value.casefold()) for p in o[name]),
    )


def licensed(sku: str) -> Told:
    return Told(
        f"assignedLicenses/any(l:l/skuId eq {sku})", lambda o: any(e["skuId"] == sku for e in o["assignedLicenses"])
    )


def made(operator: str, moment: str) -> Told:
    compare: dict[str, Callable[[str, str], bool]] = {
        "ge": str.__ge__, "le": str.__le__, "gt": str.__gt__, "lt": str.__lt__,
    }  # fmt: skip
    return Told(f"createdDateTime {operator} {moment}", lambda o: compare[operator](o["createdDateTime"], moment))


def no(told: Told) -> Told:
    return Told(f"not ({told.text})", lambda o: not told.holds(o))


def both(a: Told, b: Told) -> Told:
    return Told(f"({a.text}) and ({b.text})", lambda o: a.holds(o) and b.holds(o))


def either(a: Told, b: Told, c: Told) -> Told:
    """Without parentheses: `and` binds closer."""
    text = f"{a.tight} or {b.tight} and {c.tight}"
    return Told(text, lambda o: a.holds(o) or (b.holds(o) and c.holds(o)), loose=True)


def leaves(kind: str, objects: list[Object]) -> st.SearchStrategy[Told]:
    """Comparisons, mostly with values that are there."""
    odd = ["", "x", "O'Brien", "李", "%", "&", "+", "#EXT#", "a", "Z", "''"]

    def values(name: str) -> st.SearchStrategy[str]:
        found = (o[name] if isinstance(o[name], list) else [o[name]] for o in objects)
        known = sorted({text for texts in found for text in texts if text})
        whole = st.sampled_from(known or odd) | st.sampled_from(odd)
        cut = st.builds(lambda text, at: text[:at].upper(), whole, st.integers(1, 5))
        return whole | cut

    def several(name: str) -> st.SearchStrategy[list[str]]:
        return st.lists(values(name), min_size=1, max_size=4)

    def on(names: list[str], make: Callable[..., Told], *more: st.SearchStrategy[Any]) -> st.SearchStrategy[Told]:
        return st.sampled_from(names).flatmap(lambda name: st.builds(make, st.just(name), *more, values(name)))

    texts, ending = TEXTS[kind], [name for name in TEXTS[kind] if name in ENDING]
    skus = sorted({entry["skuId"] for o in objects for entry in o["assignedLicenses"]})
    kinds = [
        on(texts, is_), on(texts, is_not), on(texts, starts), on(ending, ends),
        st.sampled_from(texts).flatmap(lambda n: st.builds(one_of, st.just(n), several(n))),
        on(ITEMS[kind], has, st.just("eq")),
        on([name for name in ITEMS[kind] if name in STARTING], has, st.just("startswith")),
        on([name for name in ITEMS[kind] if name in ENDING], has, st.just("endswith")),
        st.builds(absent, st.sampled_from(NULLABLE[kind]), st.booleans()),
        st.builds(flag, st.sampled_from(FLAGS[kind]), st.sampled_from(["eq", "ne"]), st.booleans()),
        st.builds(empty, st.sampled_from(COUNTED[kind]), st.booleans()),
        st.builds(licensed, st.sampled_from(skus)),
    ]  # fmt: skip
    if kind == "users":
        days = st.sampled_from(sorted({o["createdDateTime"] for o in objects}))
        kinds.append(st.builds(made, st.sampled_from(["ge", "le", "gt", "lt"]), days))
    return st.one_of(kinds)


@pytest.mark.parametrize("kind", ["users", "groups"])
@pytest.mark.torture
def test_a_filter_lets_through_what_it_says(whole: Whole, kind: str) -> None:
    objects = whole.lists[kind]
    trees = st.recursive(
        leaves(kind, objects),
        lambda inner: st.builds(no, inner) | st.builds(both, inner, inner) | st.builds(either, inner, inner, inner),
        max_leaves=5,
    )

    @settings(max_examples=examples(200), deadline=None)
    @given(told=trees)
    def holds(told: Told) -> None:
        found = whole.rows(f"/{kind}", {"$filter": told.text, "$count": "true", "$select": "id"})
        assert [entry["id"] for entry in found] == [entry["id"] for entry in objects if told.holds(entry)]

    holds()


ALPHABET = st.sampled_from(
    ["displayName", "mail", "eq", "ne", "in", "not", "and", "or", "startswith(", "any(", "null", "true", "'x'", "(",
     ")", ",", "/", "$count", ":", "5", "2020-01-01", "'", '"', "\\", "AND", "OR", '"mail:x"', " ",
     "assignedLicenses", "contains(",
     "=", "asc", "desc", "groupTypes", "a", "[", "{", "%", "&", "+", "\x00", "é", "-", "duration'P1D'"]
)  # fmt: skip


@settings(max_examples=examples(300), deadline=None)
@given(
    path=st.sampled_from(["/users", "/groups", "/users/$count"]),
    option=st.sampled_from(["$filter", "$search", "$orderby", "$expand"]),
    text=st.lists(ALPHABET, max_size=9).map(" ".join)
    | st.lists(ALPHABET, max_size=9).map("".join)
    | st.text(st.characters(codec="utf-8"), max_size=30),
)
def test_whatever_is_asked_an_answer_comes(whole: Whole, path: str, option: str, text: str) -> None:
    answer = whole.get(path, {option: text, "$count": "true", "$top": "1"})
    assert answer.status_code in (200, 400, 501)
    if answer.status_code != 200:
        assert answer.json()["error"]["code"] in (
            "BadRequest", "Request_BadRequest", "Request_UnsupportedQuery", "NotImplemented",
        )  # fmt: skip
