"""Handover sheets as PDF: whole, on A4, with numbered pages and text that can be selected."""

import re
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication, QImage, QPainter, QTextCursor, QTextDocument
from PySide6.QtWidgets import QApplication

from o365desk.model.access.security import Mapping, Security
from o365desk.model.datasource import new
from o365desk.model.text.shown import shown
from o365desk.services.handover.document import Grid, Section, Sheet
from o365desk.ui import printing
from o365desk.ui.printing import laid_out, pdf, pdf_without_a_window
from tests.names import HONEST, HOSTILE, hidden, short
from tests.scene import Scene
from tests.services.handover.papers import named, of

pytestmark = pytest.mark.usefixtures("qapp")
_DPI = 100
CONDITIONS = {"join": "and", "rows": [{"parameter": "department", "operator": "equals", "value": "Sales"}]}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    yield made
    made.close()


def pages(data: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", data))


@pytest.fixture
def painter(qapp: QApplication) -> Iterator[QPainter]:
    """Paints on a page of A4 without its margins, as a picture."""
    width, height = (round((side - 36) / 25.4 * _DPI) for side in (210, 297))
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.setDotsPerMeterX(round(_DPI / 0.0254))
    image.setDotsPerMeterY(round(_DPI / 0.0254))
    made = QPainter(image)
    yield made
    made.end()


def test_it_is_a_pdf_on_a4_with_its_title(scene: Scene) -> None:
    data = pdf(of(scene.app, scene.sources["Contoso HR"]))
    assert data.startswith(b"%PDF-")
    assert data.rstrip().endswith(b"%%EOF")
    assert re.search(rb"/MediaBox\s*\[\s*0 0 595\.?\d* 84[12]", data)
    assert "Handover sheet: Contoso HR".encode("utf-16-be") in data


def test_its_text_can_be_selected(scene: Scene) -> None:
    """Each font says which letters its shapes are: without that a PDF is a picture."""
    data = pdf(of(scene.app, scene.sources["Contoso HR"]))
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.DOTALL)
    unpacked = [_unpacked(stream) for stream in streams]
    maps = b"".join(stream for stream in unpacked if b"beginbfrange" in stream or b"beginbfchar" in stream)
    assert data.count(b"/ToUnicode") >= 2
    assert all(f"{ord(letter):04X}".encode() in maps.upper() for letter in "HandoverContosoHR")


def _unpacked(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return stream


def test_it_has_as_many_pages_as_its_text_needs(scene: Scene, painter: QPainter) -> None:
    few = of(scene.app, scene.sources["Contoso HR"])
    mapping = Mapping(query_type="Read", operation="user-list", conditions=CONDITIONS)
    security = Security(b2b=True, partner_defaults=True, mappings=(mapping,) * 50)
    many = of(scene.app, scene.sources["Contoso HR"].replace(security=security))
    assert 2 <= pages(pdf(few)) <= 4
    assert pages(pdf(few)) < pages(pdf(many)) <= 7
    assert laid_out(many, painter).toPlainText().count("Department equals") == 50
    draft = of(scene.app, new())
    assert pages(pdf(draft)) >= 1
    short = Sheet("Short", "made up", (), (Section("One", ("a sentence",)),))
    assert pages(pdf(short)) == 1


def test_each_page_is_numbered(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []

    class Overheard(QPainter):
        def drawText(self, *given: object) -> None:  # type: ignore[override]
            drawn.append(str(given[-1]))
            QPainter.drawText(self, *given)  # type: ignore[call-overload]

    monkeypatch.setattr(printing, "QPainter", Overheard)
    count = pages(pdf(of(scene.app, scene.sources["Contoso HR"])))
    assert [text for text in drawn if text.startswith("Page")] == [
        f"Page {at + 1} of {count}" for at in range(count)
    ]
    assert drawn.count("Handover sheet: Contoso HR") == count


@pytest.mark.parametrize("name", [*HOSTILE, *HONEST], ids=short)
def test_names_of_strangers_are_text(scene: Scene, painter: QPainter, name: str) -> None:
    source, people = named(name)
    document = laid_out(of(scene.app, source, people), painter)
    text = document.toPlainText()
    assert hidden(text.replace("\n", "").replace("\ufffc", "")) == []
    assert shown(" ".join(name.split())) in text.replace("\u00a0", " ") or "\u00a0" in name or "\u3000" in name
    assert document.idealWidth() <= document.pageSize().width() + 1
    assert document.size().width() <= document.pageSize().width() + 1, "a long name makes it wider than the page"


def test_a_long_name_makes_no_endless_foot_and_is_there_in_whole(scene: Scene) -> None:
    source, people = named("x" * 3000)
    data = pdf(of(scene.app, source, people))
    assert data.startswith(b"%PDF-")


def test_no_heading_stands_alone_at_the_foot_of_a_page(scene: Scene, painter: QPainter) -> None:
    for count in range(1, 40, 3):
        filler = Section("Filler", tuple(f"line {at}" for at in range(count)))
        made = Sheet("t", "m", (), (filler, Section("Heading", ("what follows",))))
        document = laid_out(made, painter)
        height = document.pageSize().height()
        heading = next(
            block
            for at in range(document.blockCount())
            if (block := document.findBlockByNumber(at)).text().endswith("Heading")
        )
        layout = document.documentLayout()
        top, follows = (layout.blockBoundingRect(block).top() for block in (heading, heading.next()))
        assert top // height == follows // height
        assert QTextCursor(heading).currentTable() is None


def _is_whole(document: QTextDocument) -> None:
    """Each text has its place, below the one before, on pages that there are."""
    layout, before, height = document.documentLayout(), -1.0, document.pageSize().height()
    for at in range(document.blockCount()):
        block = document.findBlockByNumber(at)
        box = layout.blockBoundingRect(block)
        if block.text() and not QTextCursor(block).currentTable():
            assert block.layout().lineCount() > 0, block.text()
            assert box.top() > before, block.text()
            before = box.top()
            assert box.bottom() <= document.pageCount() * height, block.text()
            assert box.bottom() <= document.size().height() + 1, block.text()


def test_nothing_is_lost_wherever_pages_end(scene: Scene, painter: QPainter) -> None:
    grid = Grid(("A", "B"), (50, 50), tuple((f"{at}", "b " * 60) for at in range(12)))
    for count in range(1, 60, 2):
        filler = Section("Filler", tuple(f"line {at}" for at in range(count)))
        more = Section("More", ("over a table", grid, "over another", grid))
        made = Sheet("t", "m", (), (filler, more, Section("Last", ("the end",))))
        document = laid_out(made, painter)
        _is_whole(document)
        assert document.lastBlock().text() == "the end"
    for name in ("Contoso HR", "Fabrikam Federal", "Northwind", "Own endpoints"):
        for mappings in range(5):
            mapping = Mapping(query_type="Read", operation="user-list", conditions=CONDITIONS)
            security = Security(b2b=True, partner_defaults=True, mappings=(mapping,) * mappings)
            _is_whole(laid_out(of(scene.app, scene.sources[name].replace(security=security)), painter))


def test_it_is_printed_in_a_worker_too(scene: Scene) -> None:
    made, found = of(scene.app, scene.sources["Contoso HR"]), list[bytes]()
    worker = threading.Thread(target=lambda: found.append(pdf(made)))
    worker.start()
    worker.join(60)
    assert found[0].startswith(b"%PDF-")


def test_where_there_is_an_application_no_other_is_made(scene: Scene, qapp: QApplication) -> None:
    assert pdf_without_a_window(of(scene.app, scene.sources["Contoso HR"])).startswith(b"%PDF-")
    assert QGuiApplication.instance() is qapp
