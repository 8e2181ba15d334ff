"""Handover sheets as PDF, by Qt's own printing: A4, pages numbered, text that can be selected. Letters that a font
lacks come from another one of the system's."""

import sys

from PySide6.QtCore import QBuffer, QEventLoop, QIODevice, QMarginsF, QRectF, QSizeF, Qt
from PySide6.QtGui import (
    QAbstractTextDocumentLayout,
    QFont,
    QFontMetricsF,
    QGuiApplication,
    QPageLayout,
    QPageSize,
    QPainter,
    QPalette,
    QPdfWriter,
    QTextBlock,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)

from o365desk import __version__
from o365desk.log import mask
from o365desk.model.text.shown import shown
from o365desk.services.handover.document import Sheet
from o365desk.services.handover.rendering import html_body

_DPI = 600
_MARGIN = 18.0
"""Millimetres, on all sides."""
_FOOT = 8.0
"""Millimetres of that height in which the number of the page stands, below the text."""
_ROOM = 28.0
"""Millimetres that must be left on a page below the top of what leads on to more; else it begins the next page."""
_FAMILIES = ["Segoe UI", "Helvetica Neue", "Noto Sans", "DejaVu Sans", "Arial"]
_STYLE = """
body { color: #1b1f24; } h1 { font-size: 19pt; font-weight: 600; color: #0d3c70; margin: 0 0 2px 0; }
h2 { font-size: 12.5pt; font-weight: 600; color: #0d3c70; margin: 14px 0 4px 0; } p { margin: 3px 0 6px 0; }
p.made { color: #57606a; margin-bottom: 8px; } p.point { margin: 2px 0; }
p.break { font-size: 4pt; margin: 0 0 6px 0; }
td, th { padding: 3px 6px 3px 4px; vertical-align: top; text-align: left; border-bottom: 0.5px solid #c8d1da; }
th { background-color: #e8eef5; color: #0d3c70; font-weight: 600; } td.label { color: #57606a; }
code { font-family: 'DejaVu Sans Mono', 'Consolas', 'Menlo', monospace; font-size: 7.5pt; }
.good { color: #1f6f2b; } .warn { color: #8a5300; } .bad { color: #b3261e; } .dim { color: #57606a; }
"""


def pdf(sheet: Sheet) -> bytes:
    """The sheet as a PDF file, in any thread of a process that has a QGuiApplication."""
    # A document's layout sets timers, which want a loop in their thread, though none of them has to go off.
    loop = QEventLoop()
    buffer = QBuffer(loop)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setTitle(_plain(sheet.title))
    writer.setCreator(f"o365desk {__version__}")
    writer.setResolution(_DPI)
    writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    writer.setPageMargins(QMarginsF(_MARGIN, _MARGIN, _MARGIN, _MARGIN), QPageLayout.Unit.Millimeter)
    painter = QPainter(writer)
    try:
        document = laid_out(sheet, painter)
        for page in range(document.pageCount()):
            if page:
                writer.newPage()
            paint(document, painter, page, _plain(sheet.title))
    finally:
        painter.end()
    buffer.close()
    return bytes(buffer.data().data())


def pdf_without_a_window(sheet: Sheet) -> bytes:
    """The same, for a process without a window: the command line."""
    if QGuiApplication.instance() is not None:
        return pdf(sheet)
    # Elsewhere the usual platform needs no screen of ours, and knows the system's fonts.
    platform = ["-platform", "offscreen"] if sys.platform.startswith("linux") else []
    qt = QGuiApplication(["o365desk", *platform])
    try:
        return pdf(sheet)
    finally:
        qt.shutdown()


def laid_out(sheet: Sheet, painter: QPainter) -> QTextDocument:
    """The sheet's text on pages of the painter's size, without the foot."""
    device, page = painter.device(), painter.viewport()
    document = QTextDocument()
    document.setDocumentMargin(0)
    document.setDefaultStyleSheet(_STYLE)
    document.setDefaultFont(_font(9))
    document.documentLayout().setPaintDevice(device)
    document.setHtml(html_body(sheet))
    document.setPageSize(QSizeF(page.width(), page.height() - _dots(painter, _FOOT)))
    _keep_together(document, _dots(painter, _ROOM))
    return document


def _keep_together(document: QTextDocument, room: float) -> None:
    """What would stand at the foot of a page without what it speaks of begins the next: headings, and sentences
    over a table. From the top down, as each moves what is below it."""
    layout, height = document.documentLayout(), document.pageSize().height()
    block = document.firstBlock()
    while block.isValid():
        leads = block.blockFormat().headingLevel() or (block.text() and _in_table(block.next()))
        if leads and not _in_table(block) and height - layout.blockBoundingRect(block).top() % height < room:
            form = block.blockFormat()
            form.setPageBreakPolicy(QTextFormat.PageBreakFlag.PageBreak_AlwaysBefore)
            QTextCursor(block).setBlockFormat(form)
            document.markContentsDirty(0, document.characterCount())  # else the end may be left out
        block = block.next()


def _in_table(block: QTextBlock) -> bool:
    return block.isValid() and QTextCursor(block).currentTable() is not None


def paint(document: QTextDocument, painter: QPainter, page: int, title: str) -> None:
    """Draws one page (the first is 0) with its foot."""
    size = document.pageSize()
    painter.save()
    painter.translate(0, -page * size.height())
    context = QAbstractTextDocumentLayout.PaintContext()
    context.clip = QRectF(0, page * size.height(), size.width(), size.height())
    context.palette.setColor(QPalette.ColorRole.Text, Qt.GlobalColor.black)
    painter.setClipRect(context.clip)
    document.documentLayout().draw(painter, context)
    painter.restore()
    font = _font(7.5)
    painter.setFont(font)
    painter.setPen(Qt.GlobalColor.darkGray)
    number = f"Page {page + 1} of {document.pageCount()}"
    measure = QFontMetricsF(font, painter.device())
    room = size.width() - 2 * measure.horizontalAdvance(number)
    foot = QRectF(0, size.height(), size.width(), _dots(painter, _FOOT))
    low = Qt.AlignmentFlag.AlignBottom
    painter.drawText(foot, low | Qt.AlignmentFlag.AlignRight, number)
    name = measure.elidedText(title, Qt.TextElideMode.ElideRight, room)
    painter.drawText(foot, low | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextSingleLine, name)


def _dots(painter: QPainter, millimetres: float) -> float:
    return millimetres / 25.4 * painter.device().logicalDpiY()


def _font(points: float) -> QFont:
    font = QFont(_FAMILIES)
    font.setPointSizeF(points)
    return font


def _plain(text: str) -> str:
    return shown(mask(text))
