"""What there is to say about the settings, the worst first: how bad it is as a word and an icon, and a sentence."""

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from o365desk.model.text.shown import shown
from o365desk.services.access.findings import Finding, Severity
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import Label, selectable, text_label
from o365desk.ui.widgets.theme import Theme

LOOKS = {
    Severity.RED: ("failed", "bad", "Serious"),
    Severity.AMBER: ("warning", "warn", "Look at this"),
    Severity.INFO: ("info", "info", "Good to know"),
}
"""Icon, colour role and word of each."""
LIMIT = (
    "These rules guide honest people and scripts: files on a machine belong to whoever can read them. What "
    "Microsoft itself enforces are the permissions that were granted to the app."
)


class FindingsPanel(QFrame):
    """See the module."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._found: tuple[Finding, ...] | None = None
        self.setProperty("role", "card")
        self.setObjectName("findings")
        self._rows = QWidget()
        self._holder = QVBoxLayout()
        self._holder.addWidget(self._rows)
        limit = selectable(text_label(LIMIT, "small"))
        limit.setObjectName("limit")
        limit.setAccessibleName(LIMIT)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 16)
        column.setSpacing(12)
        column.addWidget(text_label("What follows from this", "section", wrap=False))
        column.addLayout(self._holder)
        column.addStretch(1)
        column.addWidget(text_label("How far these rules reach", "strong"))
        column.addWidget(limit)

    def texts(self) -> list[str]:
        """What it says, by line."""
        return [f"{LOOKS[each.severity][2]}: {each.text}" for each in self._found or ()]

    def show_findings(self, found: Sequence[Finding]) -> None:
        """Says these instead."""
        if self._found == tuple(found):
            return
        self._found = tuple(found)
        before, self._rows = self._rows, QWidget()
        grid = QGridLayout(self._rows)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(12)
        grid.setColumnStretch(1, 1)
        for number, finding in enumerate(found):
            self._add(grid, number, finding)
        if not found:
            icon = Label()
            Pictured(self._theme, icon, "passed", "good")
            grid.addWidget(icon, 0, 0)
            grid.addWidget(text_label("Nothing is amiss."), 0, 1)
        self._holder.replaceWidget(before, self._rows)
        before.hide()
        before.deleteLater()
        self.setAccessibleName(f"What follows from this: {self._counted()}")
        self.setAccessibleDescription(shown("\n".join(self.texts()), lines=True))

    def _add(self, grid: QGridLayout, number: int, finding: Finding) -> None:
        name, role, word = LOOKS[finding.severity]
        icon = Label()
        Pictured(self._theme, icon, name, role)
        text = QWidget()
        both = QVBoxLayout(text)
        both.setContentsMargins(0, 0, 0, 0)
        both.setSpacing(2)
        head = text_label(word, "strong", wrap=False)
        said = selectable(text_label(finding.text))
        said.setAccessibleName(f"{word}: {said.text()}")
        both.addWidget(head)
        both.addWidget(said)
        grid.addWidget(icon, number, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(text, number, 1)

    def _counted(self) -> str:
        words = Counter(LOOKS[each.severity][2] for each in self._found or ())
        return ", ".join(f"{word}: {count}" for word, count in words.items()) or "nothing is amiss"
