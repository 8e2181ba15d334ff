"""Labels that behave: one line that shortens instead of being cut off, and texts that can be selected."""

from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from o365desk.model.text.shown import shown
from o365desk.ui.widgets.theme import Theme


class Label(QLabel):
    """The one class of texts in the window: what it shows is text, never markup, and what is invisible or steers in
    it is marked. Lines stay lines."""

    def __init__(self, text: str = "", **options: Any) -> None:
        super().__init__(shown(text, lines=True), textFormat=Qt.TextFormat.PlainText, **options)

    def setText(self, text: str) -> None:
        super().setText(shown(text, lines=True))


def caption(text: str) -> str:
    """A foreign text for a button or a menu, where & would mark the next letter."""
    return shown(text).replace("&", "&&")


def text_label(text: str = "", role: str = "", *, wrap: bool = True) -> Label:
    """A label in one of the style sheet's roles ("strong" is a weight, not a role)."""
    label = Label(text, wordWrap=wrap)
    if role == "strong":
        label.setProperty("strong", True)
    elif role:
        label.setProperty("role", role)
    return label


def selectable(label: Label) -> Label:
    """The same label, its text selectable by mouse and keyboard."""
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return label


def announce(widget: QWidget) -> None:
    """Tells a screen reader that a widget's text is new and matters."""
    from PySide6.QtGui import QAccessible, QAccessibleEvent  # late: they take a moment to load

    QAccessible.updateAccessibility(QAccessibleEvent(widget, QAccessible.Event.Alert))


def set_role(widget: QWidget, role: str) -> None:
    """Gives a widget another role of the style sheet, and draws it and what is in it anew."""
    before = widget.property("role")
    widget.setProperty("role", role)
    if before == role or not widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):  # not drawn yet
        return
    for each in (widget, *widget.findChildren(QWidget)):
        each.style().unpolish(each)
        each.style().polish(each)


class ElidedLabel(Label):
    """One line of text with … where there is no room; the whole of it as tool tip and for screen readers."""

    def __init__(
        self, text: str = "", role: str = "", mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight
    ) -> None:
        super().__init__()
        self._mode = mode
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        if role:
            self.setProperty("role", role)
        self.setText(text)

    def setText(self, text: str) -> None:
        super().setText(shown(text))
        self.setToolTip(self.text())

    def minimumSizeHint(self) -> QSize:
        """A few letters."""
        return QSize(self.fontMetrics().averageCharWidth() * 6, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        area = self.contentsRect()
        text = self.fontMetrics().elidedText(self.text(), self._mode, area.width())
        self.style().drawItemText(
            painter, area, int(self.alignment() | Qt.AlignmentFlag.AlignVCenter), self.palette(),
            self.isEnabled(), text, self.foregroundRole(),
        )  # fmt: skip


class Tag(Label):
    """A word in a quiet frame, such as the kind of a permission."""

    def __init__(self, theme: Theme, text: str) -> None:
        super().__init__(text)
        self._theme = theme
        self.setProperty("role", "small")
        self.setContentsMargins(6, 1, 6, 1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("neutral_soft"))
        painter.drawRoundedRect(QRectF(self.rect()), 4, 4)
        painter.end()
        super().paintEvent(event)
