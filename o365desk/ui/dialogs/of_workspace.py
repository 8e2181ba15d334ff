"""What the dialogs have in common that change `workspace.json`: cards, one above the other, whose changes are
written at once."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from o365desk.ui.widgets.banner import Banner
from o365desk.ui.widgets.labels import text_label

AT_ONCE = "Each change is written to workspace.json at once; the version before it stays in .history."


def lay_out(
    dialog: QDialog, title: str, banner: Banner, cards: Sequence[QWidget], close_button: QPushButton
) -> QScrollArea:
    """Lays them out, as large as the window behind has room for; returns what scrolls. Enter presses nothing by
    itself."""
    content = QWidget()
    inner = QVBoxLayout(content)
    inner.setContentsMargins(0, 0, 4, 0)
    inner.setSpacing(16)
    for card in cards:
        inner.addWidget(card)
    inner.addStretch(1)
    area = QScrollArea(widgetResizable=True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(content)
    column = QVBoxLayout(dialog)
    column.setContentsMargins(24, 16, 24, 16)
    column.setSpacing(12)
    column.addWidget(text_label(title, "section"))
    column.addWidget(text_label(AT_ONCE, "small"))
    column.addWidget(banner)
    column.addWidget(area, 1)
    foot = QHBoxLayout()
    foot.addStretch(1)
    foot.addWidget(close_button)
    column.addLayout(foot)
    for button in dialog.findChildren(QPushButton):
        button.setAutoDefault(False)
    parent = dialog.parentWidget()
    room = parent.window().size() if parent else dialog.sizeHint()
    dialog.setMinimumSize(480, 400)
    dialog.resize(min(760, max(480, room.width() - 40)), min(860, max(400, room.height() - 20)))
    return area
