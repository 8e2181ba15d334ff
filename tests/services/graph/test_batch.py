"""Many requests in one: each is accounted for, whatever becomes of the answers."""

import base64
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from o365desk.model.problems import CancelledError, Problem, ProblemError
from o365desk.model.secret import Secret
from o365desk.model.stop import Control, Stop
from o365desk.services.graph import objects
from o365desk.services.graph.client import NOT_SENT, UNKNOWN, Graph, Pause, Reply, Request
from o365desk.services.graph.throttling import WIDEST, ConcurrencyLimit, Patience, near_limit
from o365desk.services.http.session import HttpSession
from o365desk.services.http.trust import read_ca
from tests.driven import Driven
from tests.practice.fixtures import Client
from tests.practice.graph.writes.writing import Writer, group_of, writer
from tests.services.scripted import QUICK, Asked, Said, Scripted, each
from tests.torture import examples

CLAIMS = base64.b64encode(b'{"access_token":{"nbf":{"essential":true,"value":"1"}}}').decode()
CHALLENGE = {"WWW-Authenticate": f'Bearer realm="", error="insufficient_claims", claims="{CLAIMS}"'}


@pytest.fixture
def line(practice: Any, switches: Callable[..., Any]) -> Iterator[HttpSession]:
    with HttpSession(Driven().stop(), read_ca(practice.ready["ca_file"]), (5.0, 1.5)) as made:
        yield made


@pytest.fixture
def paused() -> list[Pause | None]:
    return []


@pytest.fixture
def graph(client: Client, line: HttpSession, paused: list[Pause | None]) -> Graph:
    token = Secret(client.token("read-write").json()["access_token"])
    return Graph(client.ready["graph"], line, lambda _: token, QUICK, told=paused.append)


@pytest.fixture
def scripted(tmp_path: Path) -> Iterator[Callable[[Callable[[Asked, int], Said]], tuple[Scripted, HttpSession]]]:
    opened: list[Any] = []

    def made(script: Callable[[Asked, int], Said]) -> tuple[Scripted, HttpSession]:
        server = Scripted(tmp_path, script)
        opened.append(server.__enter__())
        line = server.line()
        opened.append(line)
        return server, line

    yield made
    for item in reversed(opened):
        item.__exit__()


def reads(count: int) -> list[Request]:
    return [Request(method="GET", path=f"/users?$top={number % 9 + 1}", key=number) for number in range(count)]


def writes(count: int) -> list[Request]:
    return [
        Request(method="PATCH", path=f"/groups/{number}", body={"a": number}, key=number) for number in range(count)
    ]


@pytest.mark.parametrize(("count", "here"), [(20, True), (60, False)])
def test_what_goes_in_one_request_needs_no_thread(scripted: Any, count: int, here: bool) -> None:
    server, line = scripted(lambda asked, number: each(asked, 200, {}))
    threads = set()

    def token(claims: str | None) -> Secret:
        threads.add(threading.current_thread())
        return Secret("token")

    replies = Graph(server.root, line, token, QUICK).batch(reads(count))
    assert [reply.status for reply in replies] == [200] * count
    assert (threads == {threading.current_thread()}) is here


@pytest.fixture
def adds(client: Client) -> tuple[Writer, str, list[Request]]:
    """Someone who can look, a security group, and requests that add 100 users who are not in it."""
    looking = writer(client)
    group = group_of(looking.rows("/groups?$top=999"), "security")
    members = looking.members(group)
    ids = [row["id"] for row in looking.rows("/users?$select=id&$top=999") if row["id"] not in members][:100]
    body = [{"@odata.id": looking.address(key)} for key in ids]
    path = f"/groups/{group}/members/$ref"
    return (
        looking,
        group,
        [Request(method="POST", path=path, body=item, key=key) for item, key in zip(body, ids, strict=True)],
    )


# --- against the practice tenant ------------------------------------------------------------------------------


def test_replies_come_in_the_order_asked(graph: Graph, client: Client) -> None:
    before = client.control("/")["requests"]
    wanted = [*reads(45), Request(method="GET", path="/users/nobody%40nowhere.example", key="nobody")]
    replies = graph.batch(wanted)
    assert [reply.request for reply in replies] == wanted
    assert [len(reply.body["value"]) for reply in replies[:-1]] == [number % 9 + 1 for number in range(45)]
    assert all(reply.problem is None and len(reply.request_id) == 36 for reply in replies[:-1])
    assert replies[-1].status == 404
    assert replies[-1].problem is not None
    assert replies[-1].problem.code == "Request_ResourceNotFound"
    rows = client.control("/requests")[before:]
    assert sum(row["path"].endswith("$batch") for row in rows) == 3


def test_an_advanced_query_keeps_its_header_inside(graph: Graph) -> None:
    path = "/users?$top=1&$count=true&$select=id"
    plain, advanced = graph.batch(
        [Request(method="GET", path=path), Request(method="GET", path=path, eventual=True)]
    )
    assert "@odata.count" not in plain.body
    assert advanced.body["@odata.count"] == 1260


def test_nothing_asked_is_nothing_sent(graph: Graph, client: Client) -> None:
    before = client.control("/")["requests"]
    assert graph.batch([]) == []
    assert client.control("/")["requests"] == before


def test_only_what_was_throttled_is_sent_again(
    graph: Graph, client: Client, switches: Callable[..., Any], paused: list[Pause | None], adds: Any
) -> None:
    looking, group, requests = adds
    before = looking.members(group)
    switches(batch_throttle=33, retry_after=0.2)
    replies = graph.batch(requests)
    assert [reply.status for reply in replies] == [204] * 100
    assert looking.members(group) - before == {request.key for request in requests}
    assert {pause.reason for pause in paused if pause} == {"Microsoft asks for 0.2 s"}
    assert paused[-1] is None


@pytest.mark.parametrize("switch", ["reset_after_work", "timeout_after_work"])
def test_a_write_whose_answer_was_lost_is_not_sent_again(
    switch: str, graph: Graph, switches: Callable[..., Any], adds: Any
) -> None:
    looking, group, requests = adds
    before = looking.members(group)
    switches(**{switch: 1})
    replies = graph.batch(requests)
    counts = Counter(reply.status for reply in replies)
    lost = [reply for reply in replies if reply.status == UNKNOWN]
    assert counts[UNKNOWN] > 0
    assert counts[UNKNOWN] + counts[204] == 100
    assert all(reply.problem is not None and not reply.problem.conclusive for reply in lost)
    # Done all the same, and once: nobody could know.
    assert looking.members(group) - before == {request.key for request in requests}


def test_reads_get_through_faults(
    graph: Graph, switches: Callable[..., Any], client: Client, paused: list[Pause | None]
) -> None:
    before = client.control("/")["requests"]
    switches(graph_500=2)
    replies = graph.batch(reads(60))
    assert [reply.status for reply in replies] == [200] * 60
    assert sum(row["path"].endswith("$batch") for row in client.control("/requests")[before:]) > 3
    assert any(paused)


def test_quotas_slow_down_and_lose_nothing(
    graph: Graph, client: Client, switches: Callable[..., Any], adds: Any
) -> None:
    looking, group, requests = adds
    before = looking.members(group)
    time = Driven(waited=lambda seconds: switches(clock_offset=time.passed))  # the tenant's goes with ours
    switches(throttling="tight")
    with HttpSession(time.stop(), read_ca(client.ready["ca_file"]), (5.0, 5.0)) as patient:
        replies = Graph(graph.root, patient, graph._token, Patience(longest=60)).batch(requests[:44])
    assert time.waits
    switches(throttling="off")
    assert [reply.status for reply in replies] == [204] * 44
    assert looking.members(group) - before == {request.key for request in requests[:44]}


# --- against answers that are made up -------------------------------------------------------------------------


def test_the_longest_wait_asked_for_counts(scripted: Any) -> None:
    def script(asked: Asked, number: int) -> Said:
        said = each(asked, 200, {})
        if number == 0:
            said.body["responses"][1] |= {"status": 429, "headers": {"retry-after": "0.05"}}
            said.body["responses"][2] |= {"status": 503, "headers": {"RETRY-AFTER": "0.301"}}
            said.body["responses"][3] |= {"status": 429, "headers": {"Retry-After": "0.02"}}
            said.body["responses"][4] |= {"status": 424}
            said.body["responses"].reverse()
        return said

    server, line = scripted(script)
    paused: list[Pause | None] = []
    wanted = writes(6)
    wanted[2] = reads(1)[0]
    replies = server.graph(line, told=paused.append).batch(wanted)
    assert server.time.passed >= 0.3
    assert [reply.status for reply in replies] == [200] * 6
    again = [item["url"] for asked in server.asked[1:] for item in asked.items]
    assert again == ["/groups/1", "/users?$top=1", "/groups/3", "/groups/4"]
    assert len(paused) == 2
    assert paused[0] is not None
    assert paused[0].reason == "Microsoft asks for 0.3 s"
    # After a 503 the connection is another one.
    assert server.asked[0].port != server.asked[1].port


@pytest.mark.parametrize("whole", [False, True])
def test_a_write_that_met_a_503_is_in_doubt_whatever_wait_it_asks_for(scripted: Any, whole: bool) -> None:
    """It may have been done all the same: a group must not be made twice."""

    def script(asked: Asked, number: int) -> Said:
        if number:
            return each(asked, 200, {})
        if whole:
            return Said(503, {}, {"Retry-After": "0.2"})
        return each(asked, 503, {}, Retry_After="0.2")

    server, line = scripted(script)
    paused: list[Pause | None] = []
    replies = server.graph(line, told=paused.append).batch([*writes(2), *reads(1)])
    assert [reply.status for reply in replies] == [503, 503, 200]
    assert all(reply.problem and not reply.problem.conclusive for reply in replies[:2])
    assert [len(asked.items) for asked in server.asked] == [3, 1]
    assert paused[0] is not None
    assert paused[0].seconds > 0.15


@pytest.mark.parametrize("status", [424, 429])
@pytest.mark.parametrize("itemised", [False, True])
def test_a_batch_that_is_turned_away_as_a_whole(scripted: Any, status: int, itemised: bool) -> None:
    def script(asked: Asked, number: int) -> Said:
        if number:
            return each(asked, 204)
        if not itemised:
            return Said(status, {"error": {"code": "TooManyRequests"}}, {"Retry-After": "0.1"})
        said = each(asked, 429, {"error": {"code": "TooManyRequests"}}, Retry_After="0.1")
        said.status = status
        said.body["responses"][0] |= {"status": 204}
        return said

    server, line = scripted(script)
    replies = server.graph(line).batch(writes(3))
    assert [reply.status for reply in replies] == [204] * 3
    again = [item["url"] for asked in server.asked[1:] for item in asked.items]
    assert sorted(again) == ["/groups/0", "/groups/1", "/groups/2"][itemised:]


@pytest.mark.parametrize(
    "fault", [Said(500, {}), Said(504, {}), Said(503, {}), Said(0), Said(200, b"{"), Said(200, {})]
)
def test_a_fault_of_the_whole_repeats_reads_only(scripted: Any, fault: Said) -> None:
    server, line = scripted(lambda asked, number: each(asked, 200, {"id": "x"}) if number else fault)
    mixed = [*writes(2), *reads(2), Request(method="PATCH", path="/users/1", body={}, repeatable=True)]
    replies = server.graph(line).batch(mixed)
    assert [reply.status for reply in replies] == [UNKNOWN, UNKNOWN, 200, 200, 200]
    assert [reply.problem is None for reply in replies] == [False, False, True, True, True]
    assert [[item["url"] for item in asked.items] for asked in server.asked] == [
        [request.path for request in mixed],
        [request.path for request in mixed[2:]],
    ]


def test_an_item_without_an_answer_is_in_doubt(scripted: Any) -> None:
    def script(asked: Asked, number: int) -> Said:
        said = each(asked, 204)
        if number == 0:
            said.body["responses"] = [*said.body["responses"][2:], {"id": "77", "status": 204}, {"id": "0"}, None]
        return said

    server, line = scripted(script)
    wanted = [*writes(1), *reads(1), *writes(2)]
    first, second, *rest = server.graph(line).batch(wanted)
    assert first.status == UNKNOWN
    assert first.problem is not None
    assert first.problem.code == "no-answer"
    assert second.status == 204
    assert [item["url"] for item in server.asked[1].items] == [wanted[1].path]
    assert [reply.status for reply in rest] == [204, 204]


@pytest.mark.parametrize(
    "odd",
    [
        {"status": -1}, {"status": 0}, {"status": 10**40}, {"status": True}, {"status": "204"}, {"status": 204.5},
        {"status": None}, {"status": [204]}, {"id": 0}, {"id": None}, {"id": ["0"]}, {"id": "00"},
    ],
)  # fmt: skip
def test_what_makes_no_sense_in_a_batch_answers_nothing(scripted: Any, odd: dict[str, Any]) -> None:
    def script(asked: Asked, number: int) -> Said:
        said = each(asked, 204)
        said.body["responses"][0] |= odd
        return said

    server, line = scripted(script)
    first, second = server.graph(line).batch(writes(2))
    assert (first.status, first.problem and first.problem.code) == (UNKNOWN, "no-answer")
    assert (second.status, second.problem) == (204, None)


def test_what_is_answered_twice_is_in_doubt(scripted: Any) -> None:
    def script(asked: Asked, number: int) -> Said:
        said = each(asked, 204)
        said.body["responses"].append({"id": "0", "status": 403})
        return said

    server, line = scripted(script)
    first, second = server.graph(line).batch(writes(2))
    assert (first.status, first.problem and first.problem.code) == (UNKNOWN, "no-answer")
    assert second.status == 204


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("body", [{}, {"id": None}, {"id": "a/../b?"}, {"id": "a\n"}, [], "e30=", None])
def test_an_answer_of_another_shape_is_no_answer(scripted: Any, method: str, body: Any) -> None:
    server, line = scripted(lambda asked, number: each(asked, 200, body))
    (reply,) = server.graph(line).batch([Request(method=method, path="/x", shape=objects.one(("id",)))])
    assert reply.status == UNKNOWN
    assert reply.problem is not None
    assert reply.problem.code in ("no-sense", "no-object")
    assert not reply.problem.conclusive
    assert len(server.asked) == 1


@pytest.mark.parametrize("text", ["[" * 100_000, '{"responses":' + "[" * 100_000, '{"responses": {}}', "\xff"])
def test_a_batch_that_cannot_be_read_leaves_all_in_doubt(scripted: Any, text: str) -> None:
    server, line = scripted(lambda asked, number: Said(200, text.encode("latin-1")))
    replies = server.graph(line).batch(writes(3))
    assert {(reply.status, reply.problem and reply.problem.code) for reply in replies} == {(UNKNOWN, "not-json")}


def test_what_is_refused_is_final(scripted: Any) -> None:
    server, line = scripted(lambda asked, number: Said(403, {"error": {"code": "Authorization_RequestDenied"}}))
    replies = server.graph(line).batch(writes(25))
    assert {reply.status for reply in replies} == {403}
    assert {reply.problem.code for reply in replies} == {"Authorization_RequestDenied"}
    assert len(server.asked) == 2


def test_an_item_that_fails_inside_is_final_for_a_write(scripted: Any) -> None:
    server, line = scripted(lambda asked, number: each(asked, 500, {"error": {"code": "InternalServerError"}}))
    (reply,) = server.graph(line).batch(writes(1))
    assert reply.status == 500
    assert reply.problem is not None
    assert not reply.problem.conclusive
    assert len(server.asked) == 1


@pytest.mark.parametrize("inside", [False, True])
def test_a_claims_challenge_is_answered_once(scripted: Any, inside: bool) -> None:
    refused = {"error": {"code": "InvalidAuthenticationToken"}}

    def script(asked: Asked, number: int) -> Said:
        if asked.headers["authorization"] == "Bearer new":
            return each(asked, 204)
        return each(asked, 401, refused, **CHALLENGE) if inside else Said(401, refused, CHALLENGE)

    server, line = scripted(script)
    wanted: list[str | None] = []

    def token(claims: str | None) -> Secret:
        wanted.append(claims)
        return Secret("new" if claims else "old")

    assert [reply.status for reply in Graph(server.root, line, token, QUICK).batch(writes(3))] == [204] * 3
    assert len(wanted) == 2
    assert "nbf" in (wanted[1] or "")
    stubborn = Graph(server.root, line, lambda _: Secret("old"), QUICK).batch(writes(1))
    assert stubborn[0].status == 401
    assert len(server.asked) == 4


def test_a_wait_that_is_too_long_ends_the_work(scripted: Any) -> None:
    busy = {"error": {"code": "TooManyRequests"}}
    server, line = scripted(lambda asked, number: each(asked, 429, busy, Retry_After="90"))
    replies = server.graph(line).batch(writes(200))
    counts = Counter(reply.status for reply in replies)
    assert counts[429] + counts[NOT_SENT] == 200
    assert counts[NOT_SENT] >= 160
    assert all(reply.problem and "90 seconds" in reply.problem.remedy for reply in replies)


def test_throttling_without_end_is_given_up(scripted: Any) -> None:
    server, line = scripted(lambda asked, number: each(asked, 429, {}, Retry_After="0.01"))
    replies = server.graph(line).batch(writes(1))
    assert replies[0].status == 429
    assert replies[0].problem
    assert replies[0].problem.remedy == "Try again."  # not: in 0 seconds
    # However short the waits are, it goes on as long as its patience lasts, and asks less and less often.
    assert QUICK.longest / 2 < server.time.passed < QUICK.longest * 2
    assert QUICK.tries < len(server.asked) < 4 * QUICK.tries


def test_throttling_is_borne_as_long_as_something_gets_through(scripted: Any) -> None:
    def script(asked: Asked, number: int) -> Said:
        said = each(asked, 429, {}, Retry_After="0.001")
        said.body["responses"][0] |= {"status": 204}
        return said

    server, line = scripted(script)
    assert [reply.status for reply in server.graph(line).batch(writes(20))] == [204] * 20
    assert len(server.asked) == 20


def test_a_service_that_is_down_ends_the_work(scripted: Any) -> None:
    server, line = scripted(lambda asked, number: Said(0))
    replies = server.graph(line).batch(writes(1000))
    counts = Counter(reply.status for reply in replies)
    assert counts[UNKNOWN] <= 2 * QUICK.tries * 20
    assert counts[UNKNOWN] + counts[NOT_SENT] == 1000
    assert all(reply.problem is not None for reply in replies)


def test_where_nothing_listens_nothing_is_in_doubt(tmp_path: Path) -> None:
    with Scripted(tmp_path, lambda asked, number: each(asked)) as server:
        pass
    with server.line() as line:
        replies = server.graph(line).batch([*writes(30), *reads(1)])
    assert {reply.status for reply in replies} == {NOT_SENT}
    assert {reply.problem.code for reply in replies if reply.problem} == {"refused"}


def test_without_a_token_nothing_is_sent(scripted: Any) -> None:
    server, line = scripted(lambda asked, number: each(asked))

    def token(claims: str | None) -> Secret:
        raise ProblemError(Problem(title="The client secret has expired", code="AADSTS7000222"))

    replies = Graph(server.root, line, token, QUICK).batch(writes(30))
    assert {reply.status for reply in replies} == {NOT_SENT}
    assert {reply.problem.code for reply in replies if reply.problem} == {"AADSTS7000222"}
    assert not server.asked


def test_the_priority_is_told_inside_and_out(scripted: Any) -> None:
    server, line = scripted(lambda asked, number: each(asked, 200, {}))
    server.graph(line, priority="high").batch(reads(1))
    assert server.asked[0].headers["x-ms-throttle-priority"] == "high"
    assert server.asked[0].items[0]["headers"] == {"x-ms-throttle-priority": "high"}


FAULTS = ("work", "throttle", "refuse", "fail", "forget", "drop", "busy", "cut before", "cut after")


@given(st.integers(1, 90), st.integers(0, 2**32), st.lists(st.sampled_from(FAULTS), min_size=1, max_size=9))
@settings(max_examples=examples(30), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_each_is_accounted_for(scripted: Any, count: int, seed: int, faults: list[str]) -> None:
    chance, done, lock = Random(seed), Counter[str](), threading.Lock()

    def item(asked: dict[str, Any], whole: str) -> dict[str, Any] | None:
        fault = "work" if whole == "cut after" or chance.random() < 0.7 else chance.choice(faults)
        status = {"throttle": 429, "refuse": 400, "fail": 500}.get(fault, 204)
        if fault != "throttle" and fault != "refuse" and (fault != "fail" or chance.random() < 0.5):
            done[asked["url"]] += 1
        return None if fault == "forget" else {"id": asked["id"], "status": status, "headers": {"retry-after": "0"}}

    def script(asked: Asked, number: int) -> Said:
        with lock:
            whole = chance.choice(faults) if chance.random() < 0.3 else "work"
            if whole == "busy":
                return Said(429, {}, {"Retry-After": "0"})
            if whole in ("cut before", "drop"):
                return Said(0)
            answers = [answer for given in asked.items if (answer := item(given, whole))]
            chance.shuffle(answers)
            return Said(0) if whole == "cut after" else Said(200, {"responses": answers})

    server, line = scripted(script)
    wanted = writes(count)
    told: list[Reply] = []
    patience = Patience(tries=6, first=0.001, longest=0.01)
    replies = server.graph(line, patience=patience).batch(wanted, answered=told.extend)
    assert [reply.request for reply in replies] == wanted
    for reply in replies:
        times = done[reply.request.path]
        assert times <= 1
        if 200 <= reply.status < 300:
            assert times == 1
        elif reply.status in (NOT_SENT, 400, 429):
            assert times == 0
        else:
            assert reply.problem is not None
            assert not reply.problem.conclusive
    final = [reply for reply in replies if reply.status != NOT_SENT]
    assert sorted(reply.request.path for reply in told) == sorted(reply.request.path for reply in final)


# --- hooks ------------------------------------------------------------------------------------------------------


def test_hooks_hear_of_each_request_before_and_after(scripted: Any) -> None:
    events: list[tuple[str, Any]] = []
    lock = threading.Lock()

    def script(asked: Asked, number: int) -> Said:
        with lock:
            assert {("before", item["body"]["a"]) for item in asked.items} <= set(events)
        return each(asked, 204)

    server, line = scripted(script)
    threads = set()

    def note(kind: str) -> Callable[[Any], None]:
        def heard(items: list[Any]) -> None:
            threads.add(threading.current_thread())
            with lock:
                events.extend((kind, (item.request if isinstance(item, Reply) else item).key) for item in items)

        return heard

    server.graph(line).batch(writes(95), before=note("before"), answered=note("answered"))
    assert Counter(kind for kind, _ in events) == {"before": 95, "answered": 95}
    assert len(set(events)) == 190
    assert threads == {threading.current_thread()}


def test_a_gentle_cancel_lets_arrive_what_is_under_way(scripted: Any) -> None:
    server, line = scripted(lambda asked, number: each(asked, 204))
    answers = iter([True, True, True])
    replies = server.graph(line).batch(writes(100), go_on=lambda: next(answers, False))
    assert [reply.status for reply in replies] == [204] * 60 + [NOT_SENT] * 40
    assert all(reply.problem is None for reply in replies)


def test_answers_are_heard_while_paused(scripted: Any) -> None:
    control, heard = Control(), threading.Event()

    def script(asked: Asked, number: int) -> Said:
        if number == 0:
            control.pause()
        return each(asked, 204)

    server, line = scripted(script)
    told: list[int] = []

    def answered(replies: list[Reply]) -> None:
        told.append(len(replies))
        heard.set()

    def go_on_when_heard() -> None:
        heard.wait()
        control.go()

    waiting = threading.Thread(target=go_on_when_heard)
    waiting.start()
    replies = server.graph(line).batch(writes(100), answered=answered, go_on=control.may_go_on)
    waiting.join()
    assert [reply.status for reply in replies] == [204] * 100
    assert sum(told) == 100


def test_a_hard_stop_ends_it_at_once_and_keeps_what_came(tmp_path: Path) -> None:
    control, released = Control(), threading.Event()

    def script(asked: Asked, number: int) -> Said:
        if number:
            control.stop.set()
            released.wait()
        return each(asked, 204)

    told: list[Reply] = []
    with Scripted(tmp_path, script) as server, server.line(control.stop) as line:
        with pytest.raises(CancelledError):
            server.graph(line).batch(writes(200), answered=told.extend, go_on=control.may_go_on)
        released.set()
    assert {reply.status for reply in told} <= {204}


def test_a_stop_ends_a_wait(tmp_path: Path) -> None:
    stop = Stop()

    def told(pause: Pause | None) -> None:
        if pause:
            stop.set()

    busy: Callable[[Asked, int], Said] = lambda asked, number: each(asked, 429, {}, Retry_After="1000")  # noqa: E731
    with Scripted(tmp_path, busy) as server, server.line(stop) as line:
        graph = server.graph(line, patience=Patience(longest=1000), told=told)
        with pytest.raises(CancelledError):
            graph.batch(writes(3))
        assert len(server.asked) == 1


def test_what_a_hook_raises_ends_it(scripted: Any) -> None:
    server, line = scripted(lambda asked, number: each(asked, 204))

    def full(replies: list[Reply]) -> None:
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        server.graph(line).batch(writes(50), answered=full, go_on=lambda: True)


# --- how many at a time -----------------------------------------------------------------------------------------


def test_more_and_more_are_in_flight_until_graph_says_so(scripted: Any) -> None:
    def script(asked: Asked, number: int) -> Said:
        said = each(asked, 204)
        if number == 60:
            said.headers["x-ms-throttle-limit-percentage"] = "0.91"
        return said

    server, line = scripted(script)
    flying, seen = 0, []

    def before(requests: list[Request]) -> None:
        nonlocal flying
        flying += 1
        seen.append(flying)

    def answered(replies: list[Reply]) -> None:
        nonlocal flying
        flying -= 1

    replies = server.graph(line).batch(writes(1600), before=before, answered=answered)
    assert [reply.status for reply in replies] == [204] * 1600
    assert seen[:2] == [1, 2]
    assert max(seen) == WIDEST
    assert min(seen[61:]) < WIDEST - 2  # and fewer again when the quota was nearly used up


def test_the_width_grows_by_rounds_and_halves_once_a_flood() -> None:
    width = ConcurrencyLimit()
    for _ in range(100):
        width.clean()
    assert width.now == WIDEST
    flood = width.flood
    assert width.halve(flood)
    assert not width.halve(flood)
    assert width.now == WIDEST // 2
    for _ in range(9):
        width.halve(width.flood)
    assert width.now == 1


def test_a_throttled_batch_is_followed_by_smaller_ones() -> None:
    width, sizes = ConcurrencyLimit(20), []
    for got_through in (7, 0, 0):
        width.shrink(got_through)
        sizes.append(width.size)
    for _ in range(6):
        width.clean()
        sizes.append(width.size)
    assert sizes == [7, 1, 1, 2, 4, 8, 16, 20, 20]


@pytest.mark.parametrize(
    ("text", "near"), [(None, False), ("0.8", False), ("0.9", True), ("1.8", True), ("x", False)]
)
def test_the_share_of_the_quota_is_read(text: str | None, near: bool) -> None:
    assert near_limit(text) is near
