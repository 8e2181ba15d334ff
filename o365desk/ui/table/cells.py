"""How a cell of a table is drawn: icon, bar, text, a dim second line that wraps, and a focus ring that is seen."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QBrush, QFont, QFontDatabase, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QAbstractItemView, QStyledItemDelegate, QStyleOptionViewItem

from o365desk.ui.widgets.theme import Theme

NOTE_ROLE = Qt.ItemDataRole.UserRole + 1
ICON_ROLE = Qt.ItemDataRole.UserRole + 2
TONE_ROLE = Qt.ItemDataRole.UserRole + 3
LINK_ROLE = Qt.ItemDataRole.UserRole + 4
MONO_ROLE = Qt.ItemDataRole.UserRole + 5
BAR_ROLE = Qt.ItemDataRole.UserRole + 6
"""What is used, and of how many."""
WRAP_ROLE = Qt.ItemDataRole.UserRole + 7
"""Whether the text itself wraps, as a note does."""

_PAD = 12
_ICON = 18
_GAP = 8
_BAR = 0.36
"""The part of a cell that a bar takes."""
MONO = ("DejaVu Sans Mono", "Consolas", "Menlo")
Index = QModelIndex | QPersistentModelIndex


class CellDelegate(QStyledItemDelegate):
    """Draws the cells of `view.Table`. `data` is its model's: asked here, not through the index, which goes to Qt
    and comes back, eleven times a cell, and each time a worker may take its turn in the middle of a paint."""

    def __init__(self, theme: Theme, view: QAbstractItemView, data: Callable[..., Any]) -> None:
        super().__init__(view)
        self._theme, self._view, self._data = theme, view, data
        self.hovered = -1

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Background, icon, text and note, focus ring."""
        painter.save()
        rect: QRect = option.rect
        # The option's state would say it too, but Qt's class of styles is dear to load.
        selected = self._view.selectionModel().isSelected(index)
        if selected or index.row() == self.hovered:
            painter.fillRect(rect, self._theme.color("accent_soft" if selected else "hover"))
        painter.setPen(self._theme.color("line"))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        place = rect.adjusted(_PAD, 8, -_PAD, -8)
        icon = self._data(index, ICON_ROLE)
        if icon:
            top = place.top() + (QFontMetrics(self._strong(index)).height() - _ICON) // 2
            self._theme.icon(*icon).paint(painter, QRect(place.left(), top, _ICON, _ICON))
            place.setLeft(place.left() + _ICON + _GAP)
        bar = self._data(index, BAR_ROLE)
        if bar:
            width = int(place.width() * _BAR)
            self._paint_bar(painter, QRect(place.left(), rect.center().y() - 5, width, 10), *bar)
            place.setLeft(place.left() + width + _GAP)
        self._paint_texts(painter, place, index)
        if self._view.hasFocus() and index == self._view.currentIndex():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self._theme.color("focus"), 2))
            painter.drawRoundedRect(rect.adjusted(1, 1, -2, -2), 3, 3)
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """As wide as the text, as high as text and wrapped note in the column's present width."""
        font = QFontMetrics(self._strong(index))
        room = self._width(index) - 2 * _PAD - (_ICON + _GAP if self._data(index, ICON_ROLE) else 0)
        height = max(self._text_height(font, index, room), _ICON) + 16
        note = _breakable(self._data(index, NOTE_ROLE))
        if note:
            height += 2 + self._small().boundingRect(QRect(0, 0, max(room, 40), 1000), _WRAPPED, note).height()
        return QSize(font.horizontalAdvance(self._data(index) or "") + 2 * _PAD, height)

    def _paint_bar(self, painter: QPainter, place: QRect, used: int, enabled: int) -> None:
        """How much is used: full up to what there is; what goes beyond is hatched, so that no colour has to say it.
        The text beside it has the numbers."""
        color, whole = self._theme.color, max(used, enabled, 1)
        painter.fillRect(place, color("neutral_soft"))
        within = round(place.width() * min(used, enabled) / whole)
        painter.fillRect(QRect(place.left(), place.top(), within, place.height()), color("accent"))
        if used > enabled:
            over = QRect(place.left() + within, place.top(), place.width() - within, place.height())
            painter.fillRect(over, color("bad_soft"))
            painter.fillRect(over, QBrush(color("bad"), Qt.BrushStyle.BDiagPattern))
        painter.setPen(color("bad" if used > enabled else "control"))
        painter.drawRect(place.adjusted(0, 0, -1, -1))

    def _paint_texts(self, painter: QPainter, place: QRect, index: Index) -> None:
        font = self._strong(index)
        painter.setFont(font)
        link = self._data(index, LINK_ROLE)
        painter.setPen(self._theme.color(self._data(index, TONE_ROLE) or ("accent" if link else "text")))
        metrics = QFontMetrics(font)
        align = (
            Qt.AlignmentFlag(self._data(index, Qt.ItemDataRole.TextAlignmentRole))
            & Qt.AlignmentFlag.AlignHorizontal_Mask
        )
        height = self._text_height(metrics, index, place.width())
        if height > place.height():  # of many rows, those far below are as high as one line
            height = metrics.height()
        line = QRect(place.left(), place.top(), place.width(), height)
        if height > metrics.height():
            painter.drawText(line, _WRAPPED, _breakable(self._data(index)))
        else:
            text = metrics.elidedText(self._data(index) or "", Qt.TextElideMode.ElideRight, place.width())
            painter.drawText(line, int(align | Qt.AlignmentFlag.AlignVCenter), text)
        note = _breakable(self._data(index, NOTE_ROLE))
        if note:
            painter.setFont(self._small_font())
            painter.setPen(self._theme.color("dim"))
            wrapped = int(Qt.TextFlag.TextWordWrap | align | Qt.AlignmentFlag.AlignTop)
            painter.drawText(place.adjusted(0, height + 2, 0, 0), wrapped, note)

    def _text_height(self, metrics: QFontMetrics, index: Index, room: int) -> int:
        """How high the text is in so much room."""
        if not self._data(index, WRAP_ROLE):
            return metrics.height()
        return metrics.boundingRect(
            QRect(0, 0, max(room, 40), 1000), _WRAPPED, _breakable(self._data(index))
        ).height()

    def _strong(self, index: Index) -> QFont:
        font = QFont(self._view.font())
        if self._data(index, MONO_ROLE):
            font.setFamilies(_mono_families())
        if self._data(index, LINK_ROLE) or self._data(index, TONE_ROLE):
            font.setWeight(QFont.Weight.DemiBold)
        return font

    def _small_font(self) -> QFont:
        font = QFont(self._view.font())
        font.setPointSizeF(font.pointSizeF() * 0.9)
        return font

    def _small(self) -> QFontMetrics:
        return QFontMetrics(self._small_font())

    def _width(self, index: Index) -> int:
        return self._view.visualRect(index).width()


@cache
def _mono_families() -> list[str]:
    return [*MONO, QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family()]


_WRAPPED = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)


def _breakable(note: str | None) -> str:
    """Lets names of hosts and files wrap behind their dots, and ids behind their hyphens."""
    return re.sub(r"([.@/\\_-])(?=\S)", "\\1\u200b", note or "")
