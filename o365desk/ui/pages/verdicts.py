"""What a connection test shows about each of the ten operations: icon, word, and the permission that is missing."""

from collections.abc import Iterable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from o365desk.catalogue import OPERATIONS
from o365desk.model.report import Verdict
from o365desk.model.status import Outcome
from o365desk.ui.labels import ElidedLabel, text_label
from o365desk.ui.pages.steps import outcome_icon, show_outcome
from o365desk.ui.theme import Theme


class Verdicts(QWidget):
    """One line per operation, laid out before anything is known, so that nothing jumps."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._shown: dict[str, Verdict] = {}
        self._lines: dict[str, tuple[QLabel, QLabel, ElidedLabel]] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(4, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(3, 1)
        for row, operation in enumerate(OPERATIONS.values()):
            icon, word = outcome_icon(theme, None), text_label(wrap=False)
            why = ElidedLabel(role="small", mode=Qt.TextElideMode.ElideMiddle)
            word.setObjectName(f"verdict-{operation.key}")
            why.setObjectName(f"missing-{operation.key}")
            self._lines[operation.key] = icon, word, why
            title = text_label(operation.title, wrap=False)
            for column, widget in enumerate((icon, title, word, why)):
                grid.addWidget(widget, row, column)
        grid.setColumnMinimumWidth(2, self.fontMetrics().horizontalAdvance("not proven") + 4)
        theme.changed.connect(lambda: self.show_all(list(self._shown.values())))
        self.clear()

    def clear(self) -> None:
        """Nothing is known about any of them."""
        self.show_all(())

    def show_all(self, verdicts: Iterable[Verdict]) -> None:
        """Shows what is known; the others say nothing."""
        self._shown = {verdict.key: verdict for verdict in verdicts}
        for key, (icon, word, why) in self._lines.items():
            verdict = self._shown.get(key)
            show_outcome(self._theme, icon, verdict.outcome if verdict else None)
            word.setText(str(verdict.outcome) if verdict else "")
            why.setText(reason(verdict) if verdict else "")
            title = OPERATIONS[key].title
            word.setAccessibleName(f"{title}: {verdict.outcome if verdict else 'not yet tested'}. {why.text()}")


def reason(verdict: Verdict) -> str:
    """What is behind a verdict, in the few words that a line has room for."""
    if verdict.outcome is Outcome.FAILED and verdict.missing:
        return f"needs {' or '.join(verdict.missing[:1])}"
    return "" if verdict.outcome is Outcome.PASSED else verdict.detail
