"""Looking up what people type, over HTTPS against the practice tenant."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from o365desk.catalogue.changes import GroupRemoval
from o365desk.model.fields import Kind
from o365desk.model.problems import ProblemError
from o365desk.model.secret import Secret
from o365desk.model.stop import Stop
from o365desk.model.targets import GroupTarget
from o365desk.services.directory.lookup import Found, groups, plans, users
from o365desk.services.directory.suggestions import suggest
from o365desk.services.graph.client import Graph
from o365desk.services.graph.throttling import Patience
from o365desk.services.http.session import HttpSession
from o365desk.services.http.trust import read_ca
from o365desk.services.writes.changes import sort_of
from o365desk.services.writes.journal.journal import JournalRow
from tests.practice.fixtures import Client
from tests.practice.graph.writes.writing import writer
from tests.services.scripted import Asked, Said, Scripted, each

QUICK = Patience(tries=3, first=0.01, longest=0.5)


@pytest.fixture
def line(practice: Any, switches: Callable[..., Any]) -> Iterator[HttpSession]:
    with HttpSession(Stop(), read_ca(practice.ready["ca_file"]), (5.0, 10.0)) as made:
        yield made


@pytest.fixture
def reach(client: Client, line: HttpSession) -> Callable[[str], Graph]:
    def made(profile: str) -> Graph:
        token = Secret(client.token(profile).json()["access_token"])
        return Graph(client.ready["graph"], line, lambda _: token, QUICK)

    return made


@pytest.fixture
def graph(reach: Callable[[str], Graph]) -> Graph:
    return reach("read-write")


@pytest.fixture
def people(graph: Graph) -> list[dict[str, Any]]:
    select = "id,displayName,userPrincipalName,mail,userType"
    pages = graph.pages("/users", {"$select": select, "$top": "999"})
    return [row for page in pages for row in page.body["value"]]


@pytest.fixture
def teams(graph: Graph) -> list[dict[str, Any]]:
    return list(graph.get("/groups", {"$top": "999"}).body["value"])


def code(found: Found) -> str:
    assert (found.entity is None) != (found.problem is None)
    return found.problem.code if found.problem else ""


def sent(client: Client, work: Callable[[], object]) -> list[str]:
    """Method and path of the HTTP requests to Graph that the work sent; without those inside a `$batch`."""
    before = client.control("/")["requests"]
    work()
    log = client.control("/requests")[before:]
    return [f"{row['method']} {row['path']}" for row in log if "batch" not in row and "/v1.0" in row["path"]]


def test_each_odd_user_is_found_by_id_upn_and_mail(graph: Graph, people: list[dict[str, Any]]) -> None:
    marks = ("'", "#EXT#", "+", "ming.li", "null.nobody")
    odd = [user for user in people if any(mark in user["userPrincipalName"] for mark in marks)]
    assert len(odd) > 15
    by_text = {user[key]: user for user in odd for key in ("id", "userPrincipalName", "mail") if user[key]}
    found = users(graph, by_text)
    assert {text: item.entity["id"] for text, item in found.items() if item.entity} == {
        text: user["id"] for text, user in by_text.items()
    }
    entity = next(iter(found.values())).entity
    assert entity is not None
    assert {"accountEnabled", "userType", "usageLocation", "onPremisesSyncEnabled"} <= set(entity)


def test_case_and_blanks_do_not_matter(graph: Graph, people: list[dict[str, Any]]) -> None:
    user = people[50]
    texts = [user["id"].upper(), f" {user['userPrincipalName'].upper()} ", user["userPrincipalName"]]
    assert {item.entity["id"] for item in users(graph, texts).values() if item.entity} == {user["id"]}


class Readdressed(Graph):
    """The tenant's users with other mail addresses, by id: the practice tenant gives each its own."""

    mails: Mapping[str, str]

    def pages(self, *asked: Any, **how: Any) -> Iterator[Any]:
        for answer in super().pages(*asked, **how):
            for row in answer.body["value"]:
                row["mail"] = self.mails.get(row["id"], row["mail"])
            yield answer


def test_a_upn_wins_and_a_mail_that_two_have_is_not_guessed(
    client: Client, line: HttpSession, people: list[dict[str, Any]]
) -> None:
    token = Secret(client.token("read-write").json()["access_token"])
    graph = Readdressed(client.ready["graph"], line, lambda _: token, QUICK)
    one, other, third = people[60:63]
    shared = "shared@box.example"
    graph.mails = {one["id"]: shared, other["id"]: shared, third["id"]: one["userPrincipalName"]}
    found = users(graph, [*(user["userPrincipalName"] for user in people), shared])
    assert (found[one["userPrincipalName"]].entity or {})["id"] == one["id"]
    assert code(found[shared]) == "ambiguous"
    assert found[shared].problem
    for user in (one, other):
        assert user["id"] in found[shared].problem.cause  # type: ignore[union-attr]


def test_what_is_missing_says_why(
    graph: Graph, client: Client, people: list[dict[str, Any]], teams: list[dict[str, Any]]
) -> None:
    gone = people[70]
    assert writer(client, "User.ReadWrite.All").send("DELETE", f"/users/{gone['id']}").status_code == 204
    unknown = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
    texts = [gone["id"], gone["userPrincipalName"], teams[0]["id"], unknown, "no@body.example", "Anna", ""]
    found = users(graph, texts)
    assert {text: code(item) for text, item in found.items()} == {
        gone["id"]: "deleted", gone["userPrincipalName"]: "deleted", teams[0]["id"]: "other-type",
        unknown: "not-found", "no@body.example": "not-found", "Anna": "not-found", "": "not-found",
    }  # fmt: skip
    assert all(item.problem and item.problem.remedy and item.problem.field == "user" for item in found.values())
    assert "a group, not a user" in found[teams[0]["id"]].problem.title  # type: ignore[union-attr]
    assert "alias" in found["no@body.example"].problem.cause  # type: ignore[union-attr]


def test_groups_are_found_and_never_guessed(graph: Graph, teams: list[dict[str, Any]]) -> None:
    falcons = [group for group in teams if group["displayName"] == "Project Falcon"]
    mailed = next(group for group in falcons if group["mail"])
    texts = ["O'Brien's team", "müller & söhne", "Project Falcon", mailed["mail"], falcons[0]["id"].upper()]
    found = groups(graph, [*texts, "No team"])
    assert {text: code(item) for text, item in found.items() if item.problem} == {
        "Project Falcon": "ambiguous", "No team": "not-found",
    }  # fmt: skip
    problem = found["Project Falcon"].problem
    assert problem
    assert all(group["id"] in problem.cause for group in falcons)
    assert (found[mailed["mail"]].entity or {})["id"] == mailed["id"]
    assert (found["müller & söhne"].entity or {})["displayName"] == "Müller & Söhne"


def test_a_long_name_is_found(graph: Graph, client: Client) -> None:
    name = "x" * 250
    body = {"displayName": name, "mailNickname": "long", "mailEnabled": False, "securityEnabled": True}
    assert writer(client, "Group.ReadWrite.All").send("POST", "/groups", body).status_code == 201
    assert groups(graph, [name])[name].entity


def test_many_cost_few_requests(graph: Graph, client: Client, people: list[dict[str, Any]]) -> None:
    some = [user["userPrincipalName"] for user in people[:600]]
    assert sent(client, lambda: users(graph, some)) == ["POST /v1.0/$batch"] * 2
    everybody = [user["userPrincipalName"] for user in people]
    found: dict[str, Found] = {}
    asked = sent(client, lambda: found.update(users(graph, everybody)))
    assert asked == ["GET /v1.0/users"] * 3
    assert [item.entity["id"] for item in found.values() if item.entity] == [user["id"] for user in people]


@pytest.mark.parametrize("fault", [{"graph_500": 50}, {"graph_throttle": 50, "retry_after": 60}])
def test_a_read_that_broke_off_is_not_a_missing_user(
    graph: Graph, people: list[dict[str, Any]], switches: Callable[..., Any], fault: dict[str, Any]
) -> None:
    switches(**fault)
    for count in (3, len(people)):
        with pytest.raises(ProblemError) as caught:
            users(graph, [user["userPrincipalName"] for user in people[:count]])
        assert not caught.value.problem.conclusive


def test_without_permission_that_is_said(reach: Callable[[str], Graph]) -> None:
    with pytest.raises(ProblemError) as caught:
        users(reach("no-consent"), ["a@b.c"])
    assert caught.value.problem.code == "Authorization_RequestDenied"


def test_plans_are_found_by_id_part_number_and_name(graph: Graph) -> None:
    known = plans(graph)
    for text in ("enterprisepack", "Office 365 E3", "6fd2c87f-b296-42f0-b197-1e91e994b900"):
        assert (known.find(text).entity or {})["skuPartNumber"] == "ENTERPRISEPACK", text
    problem = known.find("Office 365 E33").problem
    assert problem
    assert "Office 365 E3 (ENTERPRISEPACK)" in problem.cause


def test_plans_that_may_not_be_read_are_taken_by_id(reach: Callable[[str], Graph]) -> None:
    known = plans(reach("users-only"))
    assert not known.readable
    sku = "6fd2c87f-b296-42f0-b197-1e91e994b900"
    assert (known.find(sku).entity or {})["skuId"] == sku
    assert "seats" in known.find(sku).note
    assert code(known.find("ENTERPRISEPACK")) == "Authorization_RequestDenied"


@pytest.mark.parametrize(
    ("kind", "text", "title"),
    [
        (Kind.USER, "siobhán o'b", "Siobhán O'Brien"),
        (Kind.USER, "O'Brien", "Siobhán O'Brien"),
        (Kind.USER, "lea+pl", "Lea Plus"),
        (Kind.GROUP, "Falcon", "Project Falcon"),
        (Kind.GROUP, "müller &", "Müller & Söhne"),
        (Kind.PLAN, "enterprisep", "Office 365 E3"),
        (Kind.SERVICE_PLANS, "ENTERPRISEPACK", "EXCHANGE_S_ENTERPRISE"),
    ],
)
def test_suggestions_as_one_types(graph: Graph, client: Client, kind: Kind, text: str, title: str) -> None:
    offered: list[Any] = []
    assert len(sent(client, lambda: offered.extend(suggest(graph, kind, text)))) == 1
    assert title in [item.title for item in offered]
    assert kind is Kind.SERVICE_PLANS or len(offered) <= 20
    assert all(item.value for item in offered)


def test_nothing_typed_asks_nothing(graph: Graph, client: Client) -> None:
    assert sent(client, lambda: suggest(graph, Kind.USER, "  ")) == []


def test_an_id_is_suggested_as_what_it_is(graph: Graph, people: list[dict[str, Any]]) -> None:
    (found,) = suggest(graph, Kind.USER, people[20]["id"])
    assert found.title == people[20]["displayName"]
    guest = next(user for user in people if user["userType"] == "Guest")
    (found,) = suggest(graph, Kind.USER, guest["id"])
    assert found.note.endswith("guest")


# --- answers from which nothing may be concluded ------------------------------------------------------------------


def is_gone(graph: Graph, row: JournalRow) -> bool:
    sending = sort_of(GroupRemoval()).send
    assert sending
    return sending.fulfilled(graph, GroupRemoval(), [row])[row.number]


def asked(tmp_path: Path, script: Callable[[Asked, int], Said], act: Callable[[Graph], Any]) -> Any:
    with Scripted(tmp_path, script) as server, server.line() as line:
        return act(server.graph(line))


@pytest.mark.parametrize("said", [Said(200, {}), Said(200, b""), Said(200, {"value": 3}), Said(200, [])])
def test_plans_are_not_read_from_what_is_no_list(tmp_path: Path, said: Said) -> None:
    with pytest.raises(ProblemError) as caught:
        asked(tmp_path, lambda asked, number: said, plans)
    assert not caught.value.problem.conclusive


def test_plans_are_read_to_their_end(tmp_path: Path) -> None:
    def script(asked: Asked, number: int) -> Said:
        seats = {"prepaidUnits": {"enabled": 5}, "consumedUnits": 0}
        rows = [{"skuId": str(number), "skuPartNumber": f"P{number}", **seats}]
        more = {"@odata.nextLink": f"https://{asked.headers['host']}/v1.0/subscribedSkus?page=2"}
        return Said(200, {"value": rows} | (more if number == 0 else {}))

    assert [sku["skuId"] for sku in asked(tmp_path, script, plans).all] == ["0", "1"]


def test_who_is_missing_in_a_list_that_ended_early_is_asked_for_by_name(tmp_path: Path) -> None:
    people = [{"id": str(n), "userPrincipalName": f"u{n}@x.example", "mail": None} for n in range(700)]

    def script(asked: Asked, number: int) -> Said:
        if asked.path.endswith("/$batch"):

            def answer(item: dict[str, Any]) -> dict[str, Any]:
                wanted = [row for row in people if f"'{row['userPrincipalName']}'" in unquote(item["url"])]
                return {"id": item["id"], "status": 200, "body": {"value": wanted}}

            return Said(200, {"responses": [answer(item) for item in asked.items]})
        if "count=true" in asked.path:
            return Said(200, {"@odata.count": 700, "value": []})
        return Said(200, {"value": people[:300]})

    texts = [row["userPrincipalName"] for row in people]
    found = asked(tmp_path, script, lambda graph: users(graph, [str(text) for text in texts]))
    assert [item.entity and item.entity["id"] for item in found.values()] == [row["id"] for row in people]


def test_an_object_that_was_not_asked_for_proves_nothing(tmp_path: Path) -> None:
    row = JournalRow(number=1, label="", target=GroupTarget(group="g"))
    with pytest.raises(ProblemError) as caught:
        asked(tmp_path, lambda asked, number: each(asked, 200, {"id": "h"}),
              lambda graph: is_gone(graph, row))  # fmt: skip
    assert caught.value.problem.code == "no-sense"
    assert caught.value.problem.detail == "g was asked for; h came."


def test_a_read_that_brings_no_object_is_not_taken_for_one_that_is_gone(tmp_path: Path) -> None:
    row = JournalRow(number=1, label="", target=GroupTarget(group="g"))
    with pytest.raises(ProblemError) as caught:
        asked(tmp_path, lambda asked, number: each(asked, 200),
              lambda graph: is_gone(graph, row))  # fmt: skip
    assert caught.value.problem.code == "no-object"
