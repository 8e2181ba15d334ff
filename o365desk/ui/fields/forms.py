"""Forms out of fields: a labelled widget for each `Field`, with its help and its problem, and the value back."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from o365desk.model.fields import Field
from o365desk.model.problems import Problem
from o365desk.model.text.shown import shown
from o365desk.ui.fields.editors import CheckEditor, Editor, RadioEditor, SecretEditor
from o365desk.ui.fields.registry import EDITORS
from o365desk.ui.widgets.icons import Pictured, icon_button
from o365desk.ui.widgets.labels import Label, announce
from o365desk.ui.widgets.room import room_around
from o365desk.ui.widgets.theme import Theme


class Popover(QFrame):
    """A few sentences beside the widget that asked for them; Esc or a click elsewhere closes it."""

    def __init__(self, near: QWidget, title: str, text: str) -> None:
        super().__init__(near, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setProperty("role", "card")
        self.setObjectName("popover")
        head, body = Label(title), Label(text, wordWrap=True)
        head.setProperty("strong", True)
        body.setFixedWidth(min(340, body.fontMetrics().averageCharWidth() * 52))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 12, 16, 12)
        layout.setSpacing(4)
        layout.addWidget(head)
        layout.addWidget(body)
        self.setAccessibleName(f"{title}. {text}")
        self.adjustSize()
        self._place(near)
        self.show()
        self.setFocus()
        announce(self)

    def _place(self, near: QWidget) -> None:
        corner = near.mapToGlobal(QPoint(0, near.height() + 4))
        area = room_around(near)
        x = max(area.left(), min(corner.x(), area.right() - self.width()))
        below = corner.y() + self.height() <= area.bottom()
        self.move(x, corner.y() if below else near.mapToGlobal(QPoint(0, 0)).y() - self.height() - 4)


class FieldRow(QWidget):
    """A field as people see it: label, editor, help, a line below it, and its problem if it has one.

    `question` adds the **?** button; `hint` is a quiet line below; `editor` makes another editor than the kind's.
    """

    edited = Signal(str)
    left = Signal(str)

    def __init__(
        self,
        field: Field,
        theme: Theme,
        *,
        question: bool = False,
        hint: str = "",
        editor: Callable[[Field, Theme], Editor] | None = None,
    ) -> None:
        super().__init__()
        self.field = field
        self.problem: Problem | None = None
        self._theme = theme
        self.editor: Editor = (editor or EDITORS[field.kind])(field, theme)
        self.label = Label(wordWrap=True)
        self._own_hint = hint
        self._hint = Label(hint, wordWrap=True)
        self._hint.setProperty("role", "small")
        if not hint:  # nothing is shown here: without a parent it would be a window of its own
            self._hint.hide()
        self._question = self._question_button() if question else None
        self._error, self._error_text = self._error_line()
        self._label()
        self._name_widgets()
        self._check = isinstance(self.editor, CheckEditor)
        self._line = self._editor_line()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(8)
        self._grid.setVerticalSpacing(0 if self._check else 4)
        self._grid.setColumnStretch(1, 1)
        self.set_stacked(False)
        self.editor.edited.connect(lambda: self.edited.emit(field.key))

    # --- looks ---

    def set_stacked(self, stacked: bool) -> None:
        """Puts the label above the editor instead of left of it."""
        whole = self._check or stacked
        grid, column, span = self._grid, 0 if whole else 1, 2 if whole else 1
        if self._check:
            self.label.hide()
        else:
            top = Qt.AlignmentFlag.AlignVCenter if stacked else Qt.AlignmentFlag.AlignTop
            beside = 5 if isinstance(self.editor, RadioEditor) else 8  # so that both texts stand on one line
            self.label.setContentsMargins(0, 0 if stacked else beside, 0, 0)
            grid.addWidget(self.label, 0 if stacked else 1, 0, 1, span if stacked else 1, top)
        grid.addWidget(self._line, 1, column, 1, span)
        indent = 26 if self._check else 0
        self._hint.setContentsMargins(indent, 0, 0, 0)
        grid.addWidget(self._hint, 2, column, 1, span)
        grid.addWidget(self._error, 3, column, 1, span)

    def set_hint(self, text: str) -> None:
        """Says something else below the editor; "" brings the row's own hint back."""
        self._hint.setText(text or self._own_hint)
        self._hint.setVisible(bool(self._hint.text()))
        self._describe()

    def set_label_width(self, width: int) -> None:
        """Lines the editors of several rows up."""
        if not self._check:
            self.label.setFixedWidth(width)

    def label_width(self) -> int:
        """The width at which the label needs one line."""
        return 0 if self._check else self.label.fontMetrics().horizontalAdvance(self.field.plain_label) + 4

    def _editor_line(self) -> QWidget:
        """The editor, with the **?** behind it where there is one."""
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.editor, 0 if self._check else 1)
        if self._question:
            row.addWidget(self._question)
        if self._check:
            row.addStretch(1)
            line.setMinimumHeight(28)  # so that boxes with and without **?** are as far from their hints
        return line

    def _question_button(self) -> QPushButton:
        button = icon_button(self._theme, "help", f"Help for “{self.field.plain_label}”")
        button.setObjectName(f"help-{self.field.key}")
        button.clicked.connect(lambda: self.show_help(button))
        return button

    def _error_line(self) -> tuple[QWidget, Label]:
        line, icon, text = QWidget(), Label(), Label(wordWrap=True)
        Pictured(self._theme, icon, "failed", "bad")
        text.setProperty("role", "bad")
        text.setObjectName(f"problem-{self.field.key}")
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(text, 1)
        line.hide()
        return line, text

    # --- names, for keyboard and screen reader ---

    def _label(self) -> None:
        if isinstance(self.editor, CheckEditor):
            self.editor.box.setText(self.field.label)
            return
        self.label.setText(self.field.label)
        editor = self.editor
        self.label.setBuddy(editor.group if isinstance(editor, RadioEditor) else editor.target)

    def _targets(self) -> Iterable[QWidget]:
        editor = self.editor
        return editor.buttons.values() if isinstance(editor, RadioEditor) else (editor.target,)

    def _name_widgets(self) -> None:
        for target in self._targets():
            target.installEventFilter(self)
            target.setToolTip(self.field.help)
            target.setWhatsThis(self.field.help)
            if not isinstance(self.editor, RadioEditor):
                target.setObjectName(f"field-{self.field.key}")
                target.setAccessibleName(self.field.plain_label)
        self._describe()

    def _describe(self) -> None:
        fixed = "Always on; it cannot be changed." if self.field.fixed else ""
        problem = self.problem.sentence() if self.problem else ""
        hint = f"{self._hint.text()}." if self._hint.text() else ""
        for target in self._targets():
            target.setAccessibleDescription(
                " ".join(part for part in (problem, fixed, hint, self.field.help) if part)
            )

    # --- what happens ---

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.FocusOut and isinstance(watched, QWidget):
            reason = event.reason()  # type: ignore[attr-defined]
            if reason not in (Qt.FocusReason.PopupFocusReason, Qt.FocusReason.ActiveWindowFocusReason):
                self.left.emit(self.field.key)
        elif self._asks_help(event):
            if kind == QEvent.Type.KeyPress:
                self.show_help(self.editor.target)
            event.accept()
            return True
        return super().eventFilter(watched, event)

    def _asks_help(self, event: QEvent) -> bool:
        pressed = event.type() in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress)
        return pressed and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_F1 and bool(self.field.help)

    def show_help(self, near: QWidget) -> None:
        """Opens the field's help beside a widget."""
        Popover(near, self.field.plain_label, self.field.help)

    def show_problem(self, problem: Problem | None) -> None:
        """Shows a problem under the editor, or takes it away."""
        if problem == self.problem:
            return
        self.problem = problem
        self._error.setVisible(problem is not None)
        if problem:
            said = problem.with_(cause="") if problem.remedy else problem
            self._error_text.setText(said.sentence())
            self._error_text.setToolTip(shown(problem.sentence()))
        target = self.editor.target
        target.setProperty("invalid", problem is not None)
        target.style().unpolish(target)
        target.style().polish(target)
        self._describe()


class Form(QObject):
    """Several field rows together. The page places the rows; the form knows them by key."""

    edited = Signal(str)
    left = Signal(str)

    def __init__(self, rows: Iterable[FieldRow], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows = {row.field.key: row for row in rows}
        for row in self.rows.values():
            row.edited.connect(self.edited)
            row.left.connect(self.left)

    def values(self) -> dict[str, Any]:
        """Every field's value by key; see `Editor.value`."""
        return {key: row.editor.value() for key, row in self.rows.items()}

    def put(self, values: Mapping[str, Any]) -> None:
        """Shows values; keys that are not given stay as they are."""
        for key, value in values.items():
            if key in self.rows:
                self.rows[key].editor.put(value)

    def own_problems(self) -> list[Problem]:
        """What was typed that is no value at all (a date that is none)."""
        found = (row.editor.own_problem() for row in self.rows.values() if not row.isHidden())
        return [problem for problem in found if problem]

    def show_problem(self, key: str, problem: Problem | None) -> None:
        """Shows a field's problem, or takes it away."""
        if key in self.rows:
            self.rows[key].show_problem(problem)

    def problem(self, key: str) -> Problem | None:
        """The problem that a field shows."""
        return self.rows[key].problem

    def focus(self, key: str) -> bool:
        """Puts the focus into a field; False if it is not there or not shown."""
        row = self.rows.get(key)
        if row is None or row.isHidden():
            return False
        row.editor.target.setFocus(Qt.FocusReason.ShortcutFocusReason)
        select = getattr(row.editor.target, "selectAll", None)
        if select:
            select()
        return True

    def set_kept(self, key: str, kept: bool) -> None:
        """Says whether the vault has the field's secret."""
        self.rows[key].set_hint("Kept in the vault — leave empty to keep it" if kept else "")

    def clear_secrets(self) -> None:
        """Empties every secret's line."""
        for row in self.rows.values():
            if isinstance(row.editor, SecretEditor):
                row.editor.put(None)

    def set_label_width(self, width: int) -> None:
        """Lines all editors up."""
        for row in self.rows.values():
            row.set_label_width(width)

    def set_stacked(self, stacked: bool) -> None:
        """All labels above (narrow) or left (wide) of their editors."""
        for row in self.rows.values():
            row.set_stacked(stacked)
            row.label.setMinimumWidth(0)
            row.label.setMaximumWidth(16777215)
