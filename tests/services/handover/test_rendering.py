"""Handover sheets with texts of strangers: what they wrote is text in HTML and Markdown."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from o365desk.log import mask, without_secret
from o365desk.model.text.shown import shown
from o365desk.services.handover.document import Sheet, Tone
from o365desk.services.handover.rendering import render
from tests.names import HONEST, HOSTILE, hidden, short
from tests.scene import Scene
from tests.services.connection_test.test_report_text import Page
from tests.services.handover.papers import named, of, prove
from tests.torture import FULL


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    made = Scene(tmp_path_factory.mktemp("scene"), empty=True)
    yield made
    made.close()


def sheet(scene: Scene, name: str) -> Sheet:
    source, people = named(name)
    source = source.replace(cloud="global")
    prove(scene.app, source, name.encode("utf-8", "replace").decode())
    return of(scene.app, source, people)


def _blank(part: Any) -> Any:
    """The same sheet in which every text is an x."""
    if isinstance(part, Tone):
        return part
    if isinstance(part, str):
        return "x"
    if isinstance(part, tuple):
        return tuple(map(_blank, part))
    if is_dataclass(part) and not isinstance(part, type):
        return replace(part, **{each.name: _blank(getattr(part, each.name)) for each in fields(part)})
    return part


def _plain(name: str) -> str:
    return shown(mask(" ".join(without_secret(name).split())))


@pytest.mark.torture
@pytest.mark.parametrize("name", [*HOSTILE, *HONEST], ids=short)
def test_both_forms_are_the_same_page_whatever_the_names(scene: Scene, name: str) -> None:
    name = name if FULL else name[:10_000]  # the parser of Markdown takes seconds for the longest
    made = sheet(scene, name)
    plain = _blank(made)
    page = render(made, ".html")
    assert hidden(page.replace("\n", "")) == []
    assert Page(page).tags == Page(render(plain, ".html")).tags
    assert _plain(name) in " ".join(Page(page).texts)
    document = render(made, ".md")
    assert hidden(document.replace("\n", "")) == []
    rendering = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    tags = [tag for tag, _ in Page(rendering.render(document)).tags if tag != "code"]
    assert tags == [tag for tag, _ in Page(rendering.render(render(plain, ".md"))).tags if tag != "code"]
    assert _plain(name) in "".join(Page(rendering.render(document)).texts)


def test_the_page_loads_and_runs_nothing(scene: Scene) -> None:
    page = render(sheet(scene, "plain"), ".html")
    assert "default-src 'none'; style-src 'unsafe-inline'" in page
    tags = {tag for tag, _ in Page(page).tags}
    assert not tags & {"a", "img", "script", "link", "iframe"}
    assert "overflow-wrap: anywhere" in page


def test_what_is_to_be_copied_stands_as_it_is_in_markdown(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    document = render(of(scene.app, scene.sources["Contoso HR"]), ".md")
    scene.close()
    assert "`https://login.microsoftonline.com/contoso.onmicrosoft.com/v2.0/adminconsent?client_id=" in document
    assert "`0c2b7a91-e4f7-" in document
