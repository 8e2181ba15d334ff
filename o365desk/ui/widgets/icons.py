"""Icons on labels and buttons that keep to the theme's colours."""

from PySide6.QtCore import QObject, QSize
from PySide6.QtWidgets import QPushButton

from o365desk.ui.widgets.labels import Label
from o365desk.ui.widgets.theme import Theme

SMALL = 16
"""The least size of icons beside text, in device-independent pixels; they grow with large texts."""


class Pictured(QObject):
    """Keeps the icon of a label or button in the theme's colours."""

    def __init__(self, theme: Theme, widget: Label | QPushButton, name: str, role: str = "text") -> None:
        super().__init__(widget)
        self._theme, self._widget, self._name, self._role = theme, widget, name, role
        theme.changed.connect(self._draw)
        self._draw()

    def show(self, name: str, role: str = "text") -> None:
        """Another icon or colour."""
        self._name, self._role = name, role
        self._draw()

    def _draw(self) -> None:
        size = max(SMALL, self._widget.fontMetrics().height())
        if isinstance(self._widget, Label):
            self._widget.setPixmap(self._theme.pixmap(self._name, size, self._role))
        else:
            self._widget.setIcon(self._theme.icon(self._name, self._role))
            wide = size + 4 if self._widget.text() else size  # some air between icon and text
            self._widget.setIconSize(QSize(wide, size))


def icon_button(theme: Theme, icon: str, name: str) -> QPushButton:
    """A small button that is only an icon, with its name for tool tip and screen reader."""
    button = QPushButton()
    button.setProperty("role", "link")
    Pictured(theme, button, icon, "dim")
    button.setToolTip(name)
    button.setAccessibleName(name)
    return button
