"""Editors that pick from a tenant: users, groups and licence plans are searched for as one types.

What was chosen is shown by its name and kept by its id; typing over it lets go of the id. An id, a UPN or a mail
address that is typed needs no choosing, and without a tenant the line is a plain line.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QApplication, QCompleter, QLineEdit, QPushButton, QTreeView, QVBoxLayout, QWidget

from o365desk.catalogue.splitting import people
from o365desk.catalogue.values import several
from o365desk.model.fields import Field, Kind
from o365desk.model.problems import Problem
from o365desk.model.text.shown import shown
from o365desk.services.directory.suggestions import Suggestion
from o365desk.ui.fields.asking import Ask, Question
from o365desk.ui.fields.editors import Editor
from o365desk.ui.fields.suggestion_cells import NOTE, QUIET, SuggestionCells
from o365desk.ui.table.copying import copies_disarmed
from o365desk.ui.widgets.flow import FlowLayout
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import caption, text_label
from o365desk.ui.widgets.theme import Theme

_PAUSE = 250
"""Milliseconds without a key after which the tenant is asked."""
_CHIPS = 40
"""Chosen people that are shown; the rest are counted."""
_SUGGESTION = Qt.ItemDataRole.UserRole


class Suggestions(QObject):
    """The list under a line of text: asks after a pause, lets go of the question before, shows what came. Down,
    Enter and Esc work in it. `chosen` carries a Suggestion."""

    chosen = Signal(object)

    def __init__(self, line: QLineEdit, kind: Kind, theme: Theme, title: str) -> None:
        super().__init__(line)
        self._line, self._kind = line, kind
        self.ask: Ask | None = None
        self._question: Question | None = None
        self.model = QStandardItemModel(self)
        self._completer = QCompleter(self.model, self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.setWidget(line)
        self._completer.setMaxVisibleItems(10)
        self.popup = QTreeView(headerHidden=True, rootIsDecorated=False)
        copies_disarmed(self.popup)
        self._completer.setPopup(self.popup)
        self.popup.setItemDelegate(SuggestionCells(theme, self.popup))
        self.popup.setAccessibleName(f"Suggestions for {title}")
        self.popup.setObjectName("suggestions")
        self._completer.activated[QModelIndex].connect(  # type: ignore[index]
            self._activated
        )
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE)
        self._pause.timeout.connect(self.ask_now)
        line.textEdited.connect(self._typed)
        line.installEventFilter(self)
        self.popup.installEventFilter(self)

    def ask_now(self) -> None:
        """Asks for what stands in the line."""
        text = self._line.text().strip()
        self.let_go()
        if self.ask is None or (not text and self._kind is not Kind.PLAN):
            self.popup.hide()
            return
        self._show_line("Searching…")
        self._question = self.ask(self, self._kind, text, self._found, self._failed)
        if self._question is None:
            self.popup.hide()

    def close(self) -> None:
        """Forgets what is asked and shown."""
        self.let_go()
        self.popup.hide()

    def let_go(self) -> None:
        """Forgets the question that is under way."""
        self._pause.stop()
        question, self._question = self._question, None
        if question:
            question.abandon()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Down asks, or goes into the list; plans are listed as soon as somebody comes to the line."""
        kind = event.type()
        if watched is self.popup:
            return isinstance(event, QKeyEvent) and self._pressed_in_list(event)
        if kind == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _for_the_window(event):
            self.close()
        if kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Down:
            self.ask_now()
            return True
        if kind == QEvent.Type.FocusIn and self._kind is Kind.PLAN and not self._line.text():
            reason = event.reason()  # type: ignore[attr-defined]
            if reason in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.MouseFocusReason):
                self._pause.start()
        elif kind == QEvent.Type.FocusOut and event.reason() != Qt.FocusReason.PopupFocusReason:  # type: ignore[attr-defined]
            self.let_go()
        return super().eventFilter(watched, event)

    def _pressed_in_list(self, event: QKeyEvent) -> bool:
        """Esc closes the list, and is no shortcut of the window meanwhile; Enter takes the marked line, before the
        line of text hears of it. What is meant for the window closes the list and is the line's from then on."""
        if _for_the_window(event):
            self.close()
            QApplication.sendEvent(self._line, event)
            return True
        if event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        index = self.popup.currentIndex()
        enter = event.type() == QEvent.Type.KeyPress and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and index.isValid():
            self.popup.hide()
            self._activated(index)
            return True
        return False

    def _typed(self, text: str) -> None:
        self.let_go()
        if text.strip() or self._kind is Kind.PLAN:
            self._pause.start()
        else:
            self.popup.hide()

    def _found(self, found: list[Suggestion]) -> None:
        self._question = None
        if not found:
            self._show_line("Nothing found. An id, a UPN or a mail address can be typed as it is.")
            return
        self.model.clear()
        for suggestion in found:
            title, note = shown(suggestion.title), shown(suggestion.note)
            item = QStandardItem(title)
            item.setData(note, NOTE)
            item.setData(suggestion, _SUGGESTION)
            item.setData(f"{title}, {note}", Qt.ItemDataRole.AccessibleTextRole)
            item.setToolTip(f"{title}\n{note}")
            self.model.appendRow(item)
        self._open()

    def _failed(self, problem: Problem) -> None:
        self._question = None
        self._show_line(problem.title, problem.remedy or problem.cause)

    def _show_line(self, text: str, note: str = "") -> None:
        """One line that says something and cannot be chosen."""
        self.model.clear()
        item = QStandardItem(shown(text))
        item.setData(shown(note), NOTE)
        item.setData(True, QUIET)
        item.setFlags(Qt.ItemFlag.ItemIsEnabled)
        self.model.appendRow(item)
        self._open()

    def _open(self) -> None:
        if self._line.hasFocus() or self.popup.isVisible():
            self.popup.setMinimumWidth(self._line.fontMetrics().averageCharWidth() * 44)
            self._completer.complete()
            self.popup.setCurrentIndex(QModelIndex())  # nothing is chosen by Enter that nobody went to

    def _activated(self, index: QModelIndex) -> None:
        suggestion = index.data(_SUGGESTION)
        if isinstance(suggestion, Suggestion):
            self.chosen.emit(suggestion)


def _for_the_window(event: QKeyEvent) -> bool:
    """Whether a key is a shortcut, a mnemonic or goes to the next field, rather than to a list."""
    key, held = event.key(), event.modifiers()
    if key in (Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_AltGr, Qt.Key.Key_Shift, Qt.Key.Key_Meta):
        return False
    return (
        bool(held & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier))
        or key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)
        or Qt.Key.Key_F1 <= key <= Qt.Key.Key_F35
    )


class PickerEditor(Editor):
    """USER, GROUP and PLAN: a line, and what was chosen in it."""

    def __init__(self, field: Field, theme: Theme) -> None:
        self.line = QLineEdit(clearButtonEnabled=True)
        super().__init__(field, self.line)
        self.line.setPlaceholderText(field.placeholder)
        self.suggestions = Suggestions(self.line, field.kind, theme, field.plain_label)
        self.chosen: Suggestion | None = None
        self._note = text_label(role="small")
        self._note.setObjectName(f"chosen-{field.key}")
        self._note.hide()
        both = QVBoxLayout()
        both.setSpacing(2)
        both.addWidget(self.line)
        both.addWidget(self._note)
        self._row.addLayout(both, 1)
        self.suggestions.chosen.connect(self._choose)
        self.line.textEdited.connect(self._typed)

    def connect_to(self, ask: Ask | None) -> None:
        """Whom to ask; None where there is no tenant."""
        self.suggestions.ask = ask

    def value(self) -> str:
        """The id of what was chosen, else what is typed."""
        return self.chosen.value if self.chosen else self.line.text().strip()

    def put(self, value: Any) -> None:
        """Shows a text, or a Suggestion by its name."""
        self.suggestions.close()
        self.chosen = value if isinstance(value, Suggestion) else None
        self.line.setText(shown(self.chosen.title) if self.chosen else value or "")
        self.line.setCursorPosition(0)
        self._show_note()

    def _choose(self, suggestion: Suggestion) -> None:
        self.put(suggestion)
        self.edited.emit()

    def _typed(self) -> None:
        self.chosen = None
        self._show_note()
        self.edited.emit()

    def _show_note(self) -> None:
        """Who exactly it is: names are not unique."""
        chosen = self.chosen
        self._note.setVisible(chosen is not None)
        if chosen:
            self._note.setText(chosen.note or chosen.value)
            self._note.setToolTip(shown(chosen.value))
            self._note.setAccessibleName(shown(f"Chosen: {chosen.title}, {chosen.note}, {chosen.value}"))


class UsersEditor(Editor):
    """USERS: a line to search in, and everybody who was chosen below it. Enter adds what is typed; several at once
    may be pasted, by line or between semicolons."""

    def __init__(self, field: Field, theme: Theme) -> None:
        self.line = _PeopleLine()
        super().__init__(field, self.line)
        self._theme = theme
        self.line.setPlaceholderText(field.placeholder or "Search, or paste UPNs; Enter adds them")
        self.suggestions = Suggestions(self.line, Kind.USER, theme, field.plain_label)
        self.people: list[Suggestion] = []
        self._chips = QWidget()
        self._flow = FlowLayout(self._chips, spacing=4)
        self._more = text_label(role="small", wrap=False)
        both = QVBoxLayout()
        both.setSpacing(4)
        for widget in (self.line, self._chips, self._more):
            both.addWidget(widget)
        self._row.addLayout(both, 1)
        self.suggestions.chosen.connect(lambda person: self._add([person]))
        self.line.textEdited.connect(self.edited)
        self.line.added.connect(lambda texts: self._add([Suggestion(text, text) for text in texts]))
        self.line.taken_back.connect(lambda: self._remove(self.people[-1]) if self.people else None)
        self._show()

    def connect_to(self, ask: Ask | None) -> None:
        """Whom to ask; None where there is no tenant."""
        self.suggestions.ask = ask

    def value(self) -> str:
        """Ids and what was typed, between semicolons."""
        return "; ".join([*(person.value for person in self.people), *several(self.line.text())])

    def put(self, value: Any) -> None:
        """Shows a text of several between semicolons, or a Suggestion besides those that are there."""
        if isinstance(value, Suggestion):
            self.people.append(value)
        else:
            self.people = [Suggestion(text, text) for text in several(value or "")]
            self.line.clear()
        self._show()

    def _add(self, people: list[Suggestion]) -> None:
        self.suggestions.close()
        self.people = _once([*self.people, *people])
        self.line.clear()
        self._show()
        self.edited.emit()

    def _remove(self, person: Suggestion) -> None:
        self.people.remove(person)
        self._show()
        self.line.setFocus()
        self.edited.emit()

    def _show(self) -> None:
        while (item := self._flow.takeAt(0)) is not None:
            widget = item.widget()
            if widget:
                widget.hide()
                widget.deleteLater()
        before: QWidget = self.line
        names = Counter(person.title.casefold() for person in self.people)
        for person in self.people[:_CHIPS]:
            chip = self._chip(person, alone=names[person.title.casefold()] == 1)
            self._flow.addWidget(chip)
            self.setTabOrder(before, chip)
            before = chip
        more = len(self.people) - _CHIPS
        self._more.setText(f"and {more:,} more")
        self._more.setVisible(more > 0)
        self._chips.setVisible(bool(self.people))

    def _chip(self, person: Suggestion, *, alone: bool) -> QPushButton:
        """One person, by name; where somebody else has the same name, with what tells them apart."""
        name = person.title if alone else f"{person.title} ({person.note or person.value})"
        chip = QPushButton(caption(name))
        chip.setProperty("role", "chip")
        Pictured(self._theme, chip, "close", "dim")
        chip.setToolTip(shown(f"{person.note or person.value}: take out"))
        chip.setAccessibleName(shown(f"Take out {name}"))
        chip.clicked.connect(lambda: self._remove(person))
        return chip


def _once(people: list[Suggestion]) -> list[Suggestion]:
    """Each only where they are named first."""
    seen: dict[str, Suggestion] = {}
    for person in people:
        seen.setdefault(person.value.casefold(), person)
    return list(seen.values())


def _pasted() -> list[str]:
    """The people in the clipboard."""
    return people(QApplication.clipboard().text().strip())


class _PeopleLine(QLineEdit):
    """A line whose Enter adds what is typed, and that takes several pasted lines as several people. Backspace in
    the empty line takes back who was added last."""

    added = Signal(object)
    taken_back = Signal()

    def __init__(self) -> None:
        super().__init__(clearButtonEnabled=True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers()
        if enter and self.text().strip():
            self.added.emit(people(self.text().strip()))
        elif event.matches(QKeySequence.StandardKey.Paste) and len(_pasted()) > 1:
            self.added.emit([*several(self.text()), *_pasted()])
        elif event.key() == Qt.Key.Key_Backspace and not self.text() and not event.isAutoRepeat():
            self.taken_back.emit()
        else:
            super().keyPressEvent(event)


def _service_plans(field: Field, theme: Theme) -> Editor:
    from o365desk.ui.fields.service_plans import ServicePlansEditor

    return ServicePlansEditor(field, theme)


EDITORS: dict[Kind, Callable[[Field, Theme], Editor]] = {
    Kind.USER: PickerEditor,
    Kind.GROUP: PickerEditor,
    Kind.PLAN: PickerEditor,
    Kind.USERS: UsersEditor,
    Kind.SERVICE_PLANS: _service_plans,
}
