"""Suggestions of values under a line: those that occur, asked for in a worker as one types; text, never markup."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QCompleter, QLineEdit

from o365desk.model.text.shown import shown
from o365desk.ui.dialogs.conditions.entry.picking import Kit
from o365desk.ui.tasks import Task

PAUSE = 120
"""Milliseconds without a key after which they are asked for."""
_MOST = 30


class Suggesting(QObject):
    """See the module."""

    def __init__(self, kit: Kit, line: QLineEdit, parameter: str) -> None:
        super().__init__(line)
        self._kit, self._line, self._parameter = kit, line, parameter
        self._task: Task | None = None
        self.model = QStandardItemModel(self)
        completer = QCompleter(self.model, self)
        completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        completer.setCompletionRole(Qt.ItemDataRole.UserRole)
        completer.setMaxVisibleItems(10)
        line.setCompleter(completer)
        self._completer = completer
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self._ask)
        line.textEdited.connect(self._typed)

    def _typed(self) -> None:
        if self._task:
            self._task.abandon()
        self.model.clear()
        self._pause.start()

    def _ask(self) -> None:
        suggestions, key, typed = self._kit.asked.suggestions, self._parameter, self._line.text()
        self._task = self._kit.tasks.run(
            "Looking for values",
            lambda stop, tell: list(suggestions(key, typed))[:_MOST],
            self._found,
            lambda problem: None,  # no suggestions then: what is typed counts all the same
            owner=self,
            quiet=True,
        )

    def _found(self, values: Sequence[str]) -> None:
        self._task = None
        self.model.clear()
        for value in values:
            if value == self._line.text():
                continue
            item = QStandardItem(shown(value, 200))
            item.setData(value, Qt.ItemDataRole.UserRole)
            self.model.appendRow(item)
        if self.model.rowCount() and self._line.hasFocus():
            self._completer.complete()
