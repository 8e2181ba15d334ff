"""Lists whose first page comes in a `$batch`: read to their end, or nothing is concluded from them."""

from pathlib import Path
from typing import Any

import pytest

from o365desk.model.problems import ProblemError
from o365desk.services.directory import holdings, lookup
from o365desk.services.graph.client import Request
from tests.services.scripted import Asked, Said, Scripted, each


def reading(folder: Path, first: Any, then: Any) -> tuple[list[Asked], str]:
    """What was asked, and the code of the problem, when members are read from pages like these."""

    def say(asked: Asked, number: int) -> Said:
        return each(asked, body=first(server)) if asked.path.endswith("$batch") else Said(body=then(server))

    with Scripted(folder, say) as server, server.line() as line:
        graph = server.graph(line)
        with pytest.raises(ProblemError) as caught:
            holdings.members_of(graph, ["g"])
        asked = list(server.asked)
        with pytest.raises(ProblemError) as again:
            list(lookup.rows_of(graph, [Request(method="GET", path="/users")]))
    assert caught.value.problem.code == again.value.problem.code
    assert not caught.value.problem.conclusive
    return asked, caught.value.problem.code


def test_a_next_page_that_leads_in_a_circle_ends(tmp_path: Path) -> None:
    def page(server: Scripted) -> dict[str, Any]:
        return {"value": [{"id": "u"}], "@odata.nextLink": f"{server.root}/v1.0/more"}

    asked, code = reading(tmp_path, page, page)
    assert code == "next-link"
    assert len(asked) == 2


@pytest.mark.parametrize("body", [None, {}, {"value": None}, {"value": {"id": "u"}}])
def test_what_is_no_list_is_no_empty_list(tmp_path: Path, body: Any) -> None:
    asked, code = reading(tmp_path, lambda _: body, lambda _: body)
    assert code == "no-list"
    assert len(asked) == 1


def test_a_later_page_that_is_no_list_is_no_end(tmp_path: Path) -> None:
    def page(server: Scripted) -> dict[str, Any]:
        return {"value": [{"id": "u"}], "@odata.nextLink": f"{server.root}/v1.0/more"}

    _, code = reading(tmp_path, page, lambda _: {"error": None})
    assert code == "no-list"
