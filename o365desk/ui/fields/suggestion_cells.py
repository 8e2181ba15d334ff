"""How a suggestion is drawn: the name, and below it what tells it from others of that name."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyledItemDelegate, QStyleOptionViewItem

from o365desk.ui.widgets.theme import Theme

NOTE = Qt.ItemDataRole.UserRole + 1
QUIET = Qt.ItemDataRole.UserRole + 2
"""A line that is no suggestion but says something."""
_PAD = 8
Index = QModelIndex | QPersistentModelIndex


class SuggestionCells(QStyledItemDelegate):
    """Draws the lines of a list of suggestions."""

    def __init__(self, theme: Theme, view: QAbstractItemView) -> None:
        super().__init__(view)
        self._theme, self._view = theme, view

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        if self._view.selectionModel().isSelected(index) and not index.data(QUIET):
            painter.fillRect(option.rect, self._theme.color("accent_soft"))
        place = option.rect.adjusted(_PAD, 4, -_PAD, -4)
        metrics = QFontMetrics(self._view.font())
        painter.setFont(self._view.font())
        painter.setPen(self._theme.color("dim" if index.data(QUIET) else "text"))
        painter.drawText(place, int(Qt.AlignmentFlag.AlignLeft), _cut(metrics, index.data() or "", place.width()))
        note = index.data(NOTE)
        if note:
            painter.setFont(self._small())
            painter.setPen(self._theme.color("dim"))
            below = place.adjusted(0, metrics.height() + 1, 0, 0)
            painter.drawText(
                below, int(Qt.AlignmentFlag.AlignLeft), _cut(QFontMetrics(self._small()), note, place.width())
            )
        painter.restore()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """A line, or two with a note."""
        metrics = QFontMetrics(self._view.font())
        note = QFontMetrics(self._small()).height() + 1 if index.data(NOTE) else 0
        return QSize(metrics.horizontalAdvance(index.data() or "") + 2 * _PAD, metrics.height() + note + 8)

    def _small(self) -> QFont:
        font = QFont(self._view.font())
        font.setPointSizeF(font.pointSizeF() * 0.9)
        return font


def _cut(metrics: QFontMetrics, text: str, width: int) -> str:
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width)
