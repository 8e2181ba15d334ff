"""Reads: streaming, complete or saying why not, each row once."""

import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from o365desk import catalogue
from o365desk.catalogue import Listing
from o365desk.catalogue.users import ROWS
from o365desk.model.problems import CancelledError, Problem, ProblemError
from o365desk.model.secret import Secret
from o365desk.model.stop import Stop
from o365desk.services.graph.client import Graph, Paging
from o365desk.services.graph.lists import GraphPage, ReadEnd, read
from o365desk.services.http.session import HttpSession
from o365desk.services.http.trust import read_ca
from tests.driven import Driven
from tests.practice.fixtures import Client
from tests.services.scripted import QUICK, Asked, Said, Scripted

USERS = 1260
LISTED = Listing(path="/users", select=("id",), rows=ROWS)


def listing(key: str) -> Listing:
    found = catalogue.operation(key).listing
    assert found is not None
    return found


@pytest.fixture
def line(practice: Any, switches: Callable[..., Any]) -> Iterator[HttpSession]:
    with HttpSession(Driven().stop(), read_ca(practice.ready["ca_file"]), (5.0, 10.0)) as made:
        yield made


@pytest.fixture
def graph(client: Client, line: HttpSession) -> Graph:
    token = Secret(client.token("read").json()["access_token"])
    return Graph(client.ready["graph"], line, lambda _: token, QUICK)


def all_of(
    graph: Graph, item: Listing, values: dict[str, str] | None = None, **more: Any
) -> tuple[list[GraphPage], ReadEnd]:
    pages: list[GraphPage] = []
    return pages, read(graph, item, values or {}, Stop(), pages.append, **more)


def test_all_users_come_in_full_pages(graph: Graph, client: Client) -> None:
    before = client.control("/")["requests"]
    pages, end = all_of(graph, listing("user-list"))
    assert [len(page.rows) for page in pages] == [999, USERS - 999]
    assert [page.so_far for page in pages] == [999, USERS]
    assert {page.total for page in pages} == {None}
    assert end == ReadEnd(USERS, True, USERS)
    assert client.control("/")["requests"] - before == 2
    assert len({row["id"] for page in pages for row in page.rows}) == USERS


def test_the_number_is_known_where_the_query_is_advanced_anyway(graph: Graph) -> None:
    pages, end = all_of(graph, listing("user-list"), order="createdDateTime desc")
    assert {page.total for page in pages} == {USERS}
    created = [row["createdDateTime"] for page in pages for row in page.rows if row["createdDateTime"]]
    assert created == sorted(created, reverse=True)
    assert (end.count, end.complete, end.total, end.reason) == (USERS, True, USERS, "")


@pytest.mark.parametrize(
    ("most", "sizes", "complete"),
    [
        (1, [1], False),
        (999, [999], False),
        (1100, [999, 101], False),
        (USERS, [999, 261], True),
        (9999, [999, 261], True),
    ],
)
def test_no_more_rows_come_than_asked_for(
    graph: Graph, client: Client, most: int, sizes: list[int], complete: bool
) -> None:
    before = client.control("/")["requests"]
    pages, end = all_of(graph, listing("user-list"), max_rows=most)
    assert [len(page.rows) for page in pages] == sizes
    assert (end.count, end.complete) == (sum(sizes), complete)
    assert bool(end.reason) is not complete
    assert client.control("/")["requests"] - before == len(sizes)


def test_a_row_that_cannot_be_judged_ends_the_read_without_its_page(graph: Graph) -> None:
    seen: list[str] = []

    def judge(row: Mapping[str, Any]) -> bool:
        seen.append(row["id"])
        if len(seen) == 1_000:
            raise ProblemError(Problem(title="Cannot tell", cause="", remedy="", code="cannot-tell"))
        return len(seen) % 2 == 0

    pages, end = all_of(graph, listing("user-list"), judge=judge)
    assert [len(page.rows) for page in pages] == [499]
    assert (end.count, end.complete, end.total) == (499, False, None)
    assert end.problem is not None
    assert end.problem.code == "cannot-tell"
    with pytest.raises(ProblemError):
        all_of(graph, listing("user-list"), judge=judge_never)


def judge_never(row: Mapping[str, Any]) -> bool:
    raise ProblemError(Problem(title="Cannot tell", cause="", remedy="", code="cannot-tell"))


def test_a_list_that_is_not_paged_is_read_too(graph: Graph) -> None:
    pages, end = all_of(graph, listing("licence-plan-list"))
    assert len(pages) == 1
    assert end.complete
    assert end.count == len(pages[0].rows) > 0


def test_an_empty_page_is_not_the_end(graph: Graph, switches: Callable[..., Any]) -> None:
    switches(empty_page=True)
    pages, end = all_of(graph, listing("user-list"))
    assert [len(page.rows) for page in pages] == [999, 0, 261]
    assert end.complete


def test_what_breaks_off_is_incomplete(graph: Graph, switches: Callable[..., Any]) -> None:
    switches(graph_down_after=1)
    pages, end = all_of(graph, listing("user-list"))
    assert [len(page.rows) for page in pages] == [999]
    assert not end.complete
    assert end.count == 999
    assert end.problem is not None
    assert end.problem.code == "reset"
    assert "incomplete" in end.reason


def test_what_does_not_begin_is_a_problem(graph: Graph, switches: Callable[..., Any]) -> None:
    switches(graph_down="refuse")
    with pytest.raises(ProblemError):
        all_of(graph, listing("user-list"))


def test_a_permission_that_is_lacking_is_a_problem(client: Client, line: HttpSession) -> None:
    token = Secret(client.token("users-only").json()["access_token"])
    with pytest.raises(ProblemError) as caught:
        all_of(Graph(client.ready["graph"], line, lambda _: token, QUICK), listing("group-list"))
    assert caught.value.problem.code == "Authorization_RequestDenied"


def rows(*ids: str) -> dict[str, Any]:
    return {"value": [{"id": key} for key in ids]}


def serving(tmp_path: Path, *bodies: Any) -> Scripted:
    """A list of these pages."""

    def script(asked: Asked, number: int) -> Said:
        more = (
            {"@odata.nextLink": f"{server.root}/v1.0/users?page={number + 1}"} if number + 1 < len(bodies) else {}
        )
        body = bodies[number]
        return Said(200, body | more if isinstance(body, dict) else body)

    server = Scripted(tmp_path, script)
    return server


def test_rows_that_come_again_are_dropped(tmp_path: Path) -> None:
    pages = [rows("a", "b", "c"), rows("c", "d"), rows("d", "d", "a"), rows("e", "f")]
    with serving(tmp_path, *pages) as server, server.line() as line:
        got, end = all_of(server.graph(line), LISTED)
    assert [[row.get("id") for row in page.rows] for page in got] == [["a", "b", "c"], ["d"], [], ["e", "f"]]
    assert (end.count, end.complete, end.duplicates) == (6, True, 4)


@pytest.mark.parametrize(
    "odd", [{}, {"id": None}, {"id": 7}, {"id": ""}, {"id": ["b"]}, {"id": {"a": "b"}}, None, "b", ["b"], 7]
)
def test_a_row_without_an_id_makes_no_list(tmp_path: Path, odd: Any) -> None:
    pages = [rows("a"), {"value": [{"id": "b"}, odd]}]
    with serving(tmp_path, *pages) as server, server.line() as line:
        got, end = all_of(server.graph(line), LISTED)
    assert [row["id"] for page in got for row in page.rows] == ["a"]
    assert not end.complete
    assert end.problem is not None
    assert end.problem.code == "no-sense"
    assert "$.value[1]" in end.problem.detail


def test_what_was_not_asked_for_is_not_kept(tmp_path: Path) -> None:
    with serving(tmp_path, {"value": [{"id": "a", "else": [None]}]}) as server, server.line() as line:
        got, end = all_of(server.graph(line), LISTED)
    assert (end.complete, got[0].rows) == (True, [{"id": "a"}])


def test_another_number_than_counted_is_told(tmp_path: Path) -> None:
    with serving(tmp_path, rows("a", "b") | {"@odata.count": 3}) as server, server.line() as line:
        _, end = all_of(server.graph(line), LISTED)
    assert end.complete
    assert (end.count, end.total) == (2, 3)
    assert "counted 3 and sent 2" in end.reason


@pytest.mark.parametrize("page", [{}, {"value": None}, {"value": {"id": "a"}}])
def test_what_is_no_list_never_counts_as_an_empty_one(tmp_path: Path, page: Any) -> None:
    with serving(tmp_path, page) as server, server.line() as line, pytest.raises(ProblemError) as caught:
        all_of(server.graph(line), LISTED)
    assert caught.value.problem.code == "no-list"
    with serving(tmp_path, rows("a"), page) as server, server.line() as line:
        _, end = all_of(server.graph(line), LISTED)
    assert not end.complete
    assert end.problem is not None
    assert end.problem.code == "no-list"


def test_a_link_that_leads_back_ends_incomplete(tmp_path: Path) -> None:
    def script(asked: Asked, number: int) -> Said:
        return Said(200, rows(str(number)) | {"@odata.nextLink": f"{server.root}/v1.0/users?page=1"})

    with Scripted(tmp_path, script) as server, server.line() as line:
        _, end = all_of(server.graph(line), LISTED)
    assert (end.count, end.complete) == (2, False)
    assert end.problem is not None
    assert end.problem.code == "next-link"


def endless(tmp_path: Path, rows_of: Callable[[int], dict[str, Any]], **paging: int) -> tuple[ReadEnd, int]:
    """How a list ends whose every page links to another one, and how many pages were read of it."""

    def script(asked: Asked, number: int) -> Said:
        return Said(200, rows_of(number) | {"@odata.nextLink": f"{server.root}/v1.0/users?page={number}"})

    with Scripted(tmp_path, script) as server, server.line() as line:
        _, end = all_of(server.graph(line, paging=Paging(**paging)), LISTED)
        assert not end.complete
        assert end.problem is not None
        assert end.problem.code == "next-link"
        return end, len(server.asked)


def test_pages_that_bring_nothing_come_to_an_end(tmp_path: Path) -> None:
    end, number = endless(tmp_path, lambda number: rows("a", "b") if number == 3 else rows(), barren=20)
    assert (end.count, number) == (2, 24)


def test_pages_without_end_come_to_one(tmp_path: Path) -> None:
    end, number = endless(tmp_path, lambda number: rows(str(number)), pages=20)
    assert end.count == number == 21


def test_a_page_that_comes_again_under_another_link_ends_the_list(tmp_path: Path) -> None:
    end, number = endless(tmp_path, lambda number: rows("a", "b") if number % 2 else rows("c"))
    assert (end.count, number) == (3, 3)


@pytest.mark.parametrize("link", [None, "", 0, False, 7, [], {}, ["x"], "https://[", "//", "\x00"])
def test_a_link_that_is_none_is_no_end(tmp_path: Path, link: Any) -> None:
    with serving(tmp_path, rows("a") | {"@odata.nextLink": link}) as server, server.line() as line:
        _, end = all_of(server.graph(line), LISTED)
    assert (end.count, end.complete) == (1, False)
    assert end.problem is not None
    assert end.problem.code in ("next-link", "foreign-host")


def test_the_next_page_is_asked_for_while_one_is_handed_over(tmp_path: Path) -> None:
    second = threading.Event()

    def script(asked: Asked, number: int) -> Said:
        if number:
            second.set()
            return Said(200, rows("b"))
        return Said(200, rows("a") | {"@odata.nextLink": f"{server.root}/v1.0/users?page=1"})

    with Scripted(tmp_path, script) as server, server.line() as line:

        def page(given: GraphPage) -> None:
            assert threading.current_thread() is here
            second.wait()

        here = threading.current_thread()
        assert read(server.graph(line), LISTED, {}, Stop(), page).complete


def test_a_stop_ends_it(graph: Graph, line: HttpSession) -> None:
    pages: list[GraphPage] = []

    def page(given: GraphPage) -> None:
        pages.append(given)
        line.stop.set()

    with pytest.raises(CancelledError):
        read(graph, listing("user-list"), {}, line.stop, page)
    assert len(pages) == 1


def test_who_gives_up_on_a_page_does_not_wait_for_the_next(tmp_path: Path) -> None:
    released = threading.Event()

    def script(asked: Asked, number: int) -> Said:
        if number:
            released.wait()
        return Said(200, rows(str(number)) | {"@odata.nextLink": f"{server.root}/v1.0/users?page={number}"})

    def page(given: GraphPage) -> None:
        raise OSError("no space left")

    with Scripted(tmp_path, script) as server, server.line() as line:
        with pytest.raises(OSError, match="no space"):
            read(server.graph(line), LISTED, {}, Stop(), page)
        released.set()
