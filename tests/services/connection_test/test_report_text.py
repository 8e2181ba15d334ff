"""Reports with texts of strangers: what they wrote is text in Markdown, HTML and JSON."""

import json
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from o365desk.model.problems import Problem
from o365desk.model.report import Report, Step, Verdict
from o365desk.model.status import Outcome
from o365desk.model.text.shown import shown
from o365desk.services.connection_test.report_text import render
from tests.names import HONEST, HOSTILE, hidden, short
from tests.scene import NOW

_MARKED_UP = (
    "[x](javascript:alert(1))", "![x](file:///etc/passwd)", "`code` ``more``", "a | b \\| c", "<https://evil.example>",
    "https://evil.example and www.evil.example", "**b** __i__ ~~s~~ *e* _u_", "<b onclick=x>b</b>",
    "&lt;b&gt; &#60;", "# head", "- item",
    "1. one", "> quote", "[ref]: http://evil.example", "<!-- c -->", "$x$", "end \\",
)  # fmt: skip
_NAMES = (*HOSTILE, *HONEST, *_MARKED_UP)


def _report(name: str) -> Report:
    problem = Problem(title=name, cause=name, remedy=name, code=name, detail=name)
    step = Step(
        key="users", title="Users", outcome=Outcome.FAILED, detail=name, problem=problem, request_id=name,
        facts=(("Issuer", name),),
    )  # fmt: skip
    return Report(
        source=name, outcome="failed", message=name, started=NOW, seconds=1, steps=(step,),
        operations=(Verdict(key="user-list", title="User List", outcome=Outcome.FAILED, detail=name),),
        problem=problem, account=name, tenant=name,
    )  # fmt: skip


class Page(HTMLParser):
    """The tags, attributes and texts of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def _plain(name: str) -> str:
    return shown(" ".join(name.split()))


@pytest.mark.parametrize("name", _NAMES, ids=short)
def test_html_is_the_same_page_whatever_the_names(name: str) -> None:
    page = render(_report(name), "html")
    assert hidden(page.replace("\n", "")) == []
    made = Page(page)
    assert made.tags == Page(render(_report("plain"), "html")).tags
    assert _plain(name) in " ".join(made.texts)
    assert ("default-src 'none'; style-src 'unsafe-inline'") in str(made.tags)


@pytest.mark.parametrize("name", _NAMES, ids=short)
def test_markdown_is_the_same_page_whatever_the_names(name: str) -> None:
    """By a renderer that was not written here."""
    document = render(_report(name), "markdown")
    assert hidden(document.replace("\n", "")) == []
    rendering = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    made = Page(rendering.render(document))
    assert made.tags == Page(rendering.render(render(_report("plain"), "markdown"))).tags
    assert _plain(name) in "".join(made.texts)


def test_markdown_makes_no_link_of_an_address() -> None:
    document = render(_report("see https://evil.example, http://a.b or www.evil.example"), "markdown")
    assert "://" not in document.replace("\\://", "")
    assert "www." not in document


@pytest.mark.parametrize("name", _NAMES, ids=short)
def test_json_holds_the_same_values(name: str) -> None:
    document = render(_report(name), "json")
    assert hidden(document.replace("\n", "")) == []
    assert json.loads(document)["source"] == json.loads(json.dumps(name))
    assert document.encode("utf-8")
