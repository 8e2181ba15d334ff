"""The Graph client: pages, waits, challenges, and where the token goes."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import pytest

from o365desk.model.problems import ProblemError
from o365desk.model.secret import Secret
from o365desk.services.graph.answers import challenge, retry_after
from o365desk.services.graph.client import IMPATIENT, Graph, Patience, Pause
from o365desk.services.graph.throttling import RetryBudget
from o365desk.services.http.session import HttpSession
from o365desk.services.http.trust import read_ca
from tests.driven import Driven
from tests.practice.fixtures import Client
from tests.services.scripted import Asked, Said, Scripted

QUICK = Patience(tries=4, first=0.01, longest=0.5)


@pytest.fixture
def line(practice: Any) -> Iterator[HttpSession]:
    with HttpSession(Driven().stop(), read_ca(practice.ready["ca_file"]), (5.0, 10.0)) as made:
        yield made


@pytest.fixture
def graph(client: Client, line: HttpSession, switches: Callable[..., Any]) -> Graph:
    token = Secret(client.token("read").json()["access_token"])
    return Graph(client.ready["graph"], line, lambda _: token, QUICK)


def test_every_page_is_read_once(graph: Graph, switches: Callable[..., Any]) -> None:
    switches(empty_page=True)
    pages = list(graph.pages("/users", {"$select": "id", "$top": "999", "$count": "true"}, eventual=True))
    ids = [row["id"] for page in pages for row in page.body["value"]]
    assert len(ids) == len(set(ids)) == pages[0].body["@odata.count"] == 1260
    assert any(not page.body["value"] for page in pages)


def test_throttling_is_waited_out(graph: Graph, switches: Callable[..., Any], client: Client) -> None:
    switches(graph_throttle=2, retry_after=0.1)
    before = client.control("/")["requests"]
    assert graph.get("/users", {"$top": "1"}).body["value"]
    statuses = [row["status"] for row in client.control("/requests")[before:]]
    assert statuses[-3:] == [429, 429, 200]


def test_a_wait_that_is_too_long_is_told(graph: Graph, switches: Callable[..., Any]) -> None:
    switches(graph_throttle=9, retry_after=90)
    with pytest.raises(ProblemError) as caught:
        graph.get("/users")
    assert caught.value.problem.remedy.startswith("It asks to wait 90 seconds")
    assert not caught.value.problem.conclusive


def test_a_cut_connection_is_tried_again_for_reads_only(
    graph: Graph, switches: Callable[..., Any], client: Client
) -> None:
    switches(graph_down="refuse")
    for method, tries in (("GET", 4), ("POST", 1)):
        before = client.control("/")["requests"]
        with pytest.raises(ProblemError) as caught:
            graph.send(method, graph.address("/users"), body={} if method == "POST" else None)
        assert caught.value.problem.code == "reset"
        assert client.control("/")["requests"] - before == tries


def test_the_token_goes_to_the_configured_host_only(graph: Graph, client: Client) -> None:
    for url in (client.ready["login"] + "/v1.0/users", "https://evil.example/v1.0/users", "http" + graph.root[5:]):
        with pytest.raises(ProblemError) as caught:
            graph.send("GET", url)
        assert caught.value.problem.code == "foreign-host"


def test_refusals_carry_what_support_asks_for(graph: Graph, client: Client) -> None:
    with pytest.raises(ProblemError) as caught:
        graph.get("/applications")
    problem = caught.value.problem
    assert problem.code == "Authorization_RequestDenied"
    assert len(problem.request_id) == 36


def test_a_claims_challenge_is_answered_once(
    client: Client, line: HttpSession, switches: Callable[..., Any]
) -> None:
    from tests.practice.entra.signing_in import signed_in

    asked: list[str | None] = []
    claims = json.dumps({"access_token": {"xms_cc": {"values": ["cp1"]}}})
    old = Secret(signed_in(client, "read", claims=claims)["access_token"])

    def token(wanted: str | None) -> Secret:
        asked.append(wanted)
        return old

    switches(sessions_revoked=True)
    with pytest.raises(ProblemError) as caught:
        Graph(client.ready["graph"], line, token, QUICK).get("/me")
    assert caught.value.problem.code == "InvalidAuthenticationToken"
    assert len(asked) == 2
    assert asked[0] is None
    assert "nbf" in json.loads(asked[1] or "")["access_token"]


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ('Bearer realm="", error="insufficient_claims", claims="{}"', True),
        ('PoP realm="x", nonce="a,b", Bearer claims="{}", realm=""', True),
        ('Bearer realm="", error="invalid_token"', False),
        ('PoP claims="{}"', False),
        ('Bearer claims="%%%"', False),
        ("", False),
    ],
)
def test_a_challenge_is_found_among_others(header: str, found: bool) -> None:
    claims = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}'
    for encoded in (base64.b64encode(claims.encode()), base64.urlsafe_b64encode(claims.encode()).rstrip(b"=")):
        text = header.replace("{}", encoded.decode())
        assert challenge({"WWW-Authenticate": text}) == (claims if found else None)


@pytest.mark.parametrize(
    ("text", "seconds"), [("2", 2.0), ("2.128", 2.128), ("-3", 0.0), ("soon", None), ("", None)]
)
def test_retry_after_is_read(text: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": text}) == seconds


def test_retry_after_may_be_a_date() -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    assert 95 < (retry_after({"Retry-After": when}) or 0) < 101


def test_an_address_keeps_its_dollar_signs_and_encodes_values() -> None:
    graph = Graph("https://g", None, None, IMPATIENT)  # type: ignore[arg-type]
    url = graph.address("/users", {"$filter": "displayName eq 'O''Brien + Söhne & #1'", "$top": "1"})
    assert url == (
        "https://g/v1.0/users?$filter=displayName%20eq%20%27O%27%27Brien%20%2B%20S%C3%B6hne%20%26%20%231%27&$top=1"
    )


def test_a_date_without_a_zone_is_in_utc() -> None:
    when = (datetime.now(UTC) + timedelta(seconds=100)).strftime("%a, %d %b %Y %H:%M:%S -0000")
    assert 95 < (retry_after({"Retry-After": when}) or 0) < 101


class _Unavailable:
    status_code = 503
    headers: ClassVar[dict[str, str]] = {}


def test_a_create_is_not_repeated_when_nobody_knows_whether_it_was_done(graph: Graph) -> None:
    endurance = RetryBudget(Patience(first=1.5), Driven().now)
    pause = graph._wait("GET", _Unavailable(), endurance)  # type: ignore[arg-type]
    assert pause is not None
    assert pause.seconds == 1.5
    assert graph._wait("POST", _Unavailable(), endurance) is None  # type: ignore[arg-type]


def test_short_waits_are_obeyed_however_many(tmp_path: Path) -> None:
    def script(asked: Asked, number: int) -> Said:
        return Said(429, {}, {"Retry-After": "0.01"}) if number < 6 else Said(200, {"value": []})

    with Scripted(tmp_path, script) as server, server.line() as line:
        assert server.graph(line).get("/users").body == {"value": []}
        assert len(server.asked) == 7 > QUICK.tries


def test_a_wait_is_seen(tmp_path: Path) -> None:
    def script(asked: Asked, number: int) -> Said:
        return (
            Said(429, {}, {"Retry-After": "0.25"})
            if number == 0
            else Said(500, {})
            if number == 1
            else Said(200, {})
        )

    told: list[Pause | None] = []
    with Scripted(tmp_path, script) as server, server.line() as line:
        server.graph(line, told=told.append).get("/me")
    assert [pause.reason if pause else None for pause in told] == [
        "Microsoft asks for 0.2 s",
        None,
        "Microsoft Graph answered 500; the next try is in 0 s",
        None,
    ]
    assert told[0] is not None
    assert 0.25 <= told[0].seconds <= 0.35


def test_after_a_503_the_connection_is_another_one(tmp_path: Path) -> None:
    unwell = Scripted(tmp_path, lambda asked, number: Said(200 if number else 503, {}))
    with unwell as server, server.line() as line:
        server.graph(line, priority="high").get("/me")
    first, second = server.asked
    assert first.port != second.port
    assert {asked.headers["x-ms-throttle-priority"] for asked in server.asked} == {"high"}


def _always(answer: Said, asked: Asked, number: int) -> Said:
    return answer


def test_a_create_is_sent_once_when_its_answer_is_lost(tmp_path: Path) -> None:
    for fault in (Said(0), Said(500, {}), Said(503, {}), Said(504, {})):
        with Scripted(tmp_path, partial(_always, fault)) as server, server.line() as line:
            with pytest.raises(ProblemError) as caught:
                server.graph(line).send("POST", server.root + "/v1.0/groups", body={"displayName": "A"})
            assert len(server.asked) == 1
        assert not caught.value.problem.conclusive
