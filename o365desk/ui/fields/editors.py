"""One editor per kind of field: the widget in which a person gives its value."""

from datetime import date
from typing import Any

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QTextCharFormat
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QCalendarWidget,
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from o365desk.model.fields import Field, Kind
from o365desk.model.problems import Problem
from o365desk.model.secret import Secret
from o365desk.model.text.shown import shown
from o365desk.ui.widgets.flow import FlowLayout
from o365desk.ui.widgets.icons import Pictured, icon_button
from o365desk.ui.widgets.labels import Label
from o365desk.ui.widgets.theme import Theme


class Editor(QWidget):
    """What a person changes in a field. `edited` follows each change by hand; `target` takes the focus."""

    edited = Signal()

    def __init__(self, field: Field, target: QWidget | None = None) -> None:
        super().__init__()
        self.field = field
        self.target: QWidget = target or self
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(4)

    def value(self) -> Any:
        """The value: text, key of a choice, bool, Secret or None, date or None."""
        raise NotImplementedError

    def put(self, value: Any) -> None:
        """Shows a value, without `edited`."""
        raise NotImplementedError

    def own_problem(self) -> Problem | None:
        """What is wrong with what is typed so that it has no value at all."""
        return None


class LineEditor(Editor):
    """TEXT, IDENTIFIER, COUNTRY and FILE: a line of text; FILE with Browse…"""

    def __init__(self, field: Field, theme: Theme) -> None:
        self.line = QLineEdit()
        super().__init__(field, self.line)
        self.line.setPlaceholderText(field.placeholder)
        self.line.setProperty("mono", field.kind is Kind.IDENTIFIER)
        self.line.textEdited.connect(self.edited)
        self._row.addWidget(self.line, 1)
        if field.kind is Kind.FILE:
            browse = QPushButton("Browse…")
            browse.setAccessibleName(f"Browse for {field.plain_label}")
            browse.clicked.connect(self._browse)
            self._row.addWidget(browse)

    def value(self) -> str:
        return self.line.text()

    def put(self, value: Any) -> None:
        self.line.setText(value or "")
        self.line.setCursorPosition(0)

    def _browse(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, self.field.plain_label, self.line.text())
        if chosen and chosen != self.line.text():
            self.line.setText(chosen)
            self.edited.emit()


class SecretEditor(Editor):
    """SECRET: masked, shown while the eye is held, never filled from the vault, emptied after saving."""

    def __init__(self, field: Field, theme: Theme) -> None:
        self.line = QLineEdit()
        super().__init__(field, self.line)
        self.line.setEchoMode(QLineEdit.EchoMode.Password)
        hints = Qt.InputMethodHint
        self.line.setInputMethodHints(
            hints.ImhHiddenText | hints.ImhSensitiveData | hints.ImhNoPredictiveText | hints.ImhNoAutoUppercase
        )
        self.line.textEdited.connect(self.edited)
        eye = icon_button(theme, "eye", f"Show {field.plain_label} while held")
        eye.setObjectName(f"reveal-{field.key}")
        eye.pressed.connect(lambda: self.line.setEchoMode(QLineEdit.EchoMode.Normal))
        eye.released.connect(lambda: self.line.setEchoMode(QLineEdit.EchoMode.Password))
        self._row.addWidget(self.line, 1)
        self._row.addWidget(eye)

    def value(self) -> Secret | None:
        return Secret(self.line.text()) if self.line.text() else None

    def put(self, value: Any) -> None:
        """Only ever empties the line: a secret goes in by hand and never comes back out."""
        self.line.setText("")


class CheckEditor(Editor):
    """CHECK: a box with its own label. A fixed one can be reached and read, not changed."""

    class _Box(QCheckBox):
        fixed = False

        def nextCheckState(self) -> None:
            if not self.fixed:
                super().nextCheckState()

    def __init__(self, field: Field, theme: Theme) -> None:
        self.box = CheckEditor._Box()
        super().__init__(field, self.box)
        self._row.addWidget(self.box)
        if field.fixed:
            self.box.fixed = True
            self.box.setChecked(True)
            self.box.setProperty("fixed", True)
            lock, words = Label(), Label("always on")
            Pictured(theme, lock, "lock", "dim")
            words.setProperty("role", "small")
            self._row.addWidget(lock)
            self._row.addWidget(words)
        self.box.clicked.connect(self.edited)

    def value(self) -> bool:
        return self.box.isChecked()

    def put(self, value: Any) -> None:
        self.box.setChecked(bool(value) or self.field.fixed)


class ChoiceEditor(Editor):
    """CHOICE: a drop-down. The wheel turns it only while it has the focus, so scrolling a page changes nothing."""

    def __init__(self, field: Field, theme: Theme) -> None:
        self.combo = QComboBox()
        super().__init__(field, self.combo)
        for key, title in field.choices:
            self.combo.addItem(title, str(key))
        self.combo.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.combo.setMinimumContentsLength(16)
        self.combo.installEventFilter(self)
        self.combo.activated.connect(self.edited)
        self._row.addWidget(self.combo, 1)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Wheel and not self.combo.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def value(self) -> str:
        return str(self.combo.currentData())

    def put(self, value: Any) -> None:
        at = self.combo.findData(str(value))
        if at < 0:  # a file from elsewhere may name what this version does not know: shown as it came
            self.combo.addItem(shown(str(value)), str(value))
            at = self.combo.count() - 1
        self.combo.setCurrentIndex(at)


class RadioEditor(Editor):
    """RADIO: all choices visible, one of them on."""

    button: type[QAbstractButton] = QRadioButton

    def __init__(self, field: Field, theme: Theme) -> None:
        super().__init__(field)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # The label's buddy: a mnemonic that led to a choice itself would click it, a moment later.
        self.group = holder = QWidget()
        holder.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        flow = FlowLayout(holder, spacing=12, between_lines=0)
        self.buttons: dict[str, QAbstractButton] = {}
        group = QButtonGroup(self)
        group.setExclusive(self.button is QRadioButton)
        for key, title in field.choices:
            button = self.button(title)  # type: ignore[arg-type]
            button.setObjectName(f"field-{field.key}-{key}")
            button.setAccessibleDescription(f"{field.plain_label}. {field.help}")
            button.clicked.connect(self._chosen)
            self.buttons[str(key)] = button
            group.addButton(button)
            flow.addWidget(button)
        self._row.addWidget(holder, 1)
        self.target = next(iter(self.buttons.values()))
        holder.setFocusProxy(self.target)

    def value(self) -> str:
        return next((key for key, button in self.buttons.items() if button.isChecked()), "")

    def _chosen(self) -> None:
        self.put(self.value())
        self.edited.emit()

    def put(self, value: Any) -> None:
        self.target = self.buttons[str(value)]
        self.target.setChecked(True)
        self.group.setFocusProxy(self.target)
        for button in self.buttons.values():  # Tab stops at the one that is on, as Qt does after the first click
            on = button is self.target
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus if on else Qt.FocusPolicy.ClickFocus)


class SeveralEditor(RadioEditor):
    """All choices visible, any number of them on: the value is a tuple of keys."""

    button = QCheckBox

    def value(self) -> tuple[str, ...]:  # type: ignore[override]
        return tuple(key for key, button in self.buttons.items() if button.isChecked())

    def _chosen(self) -> None:
        self.edited.emit()

    def put(self, value: Any) -> None:
        for key, button in self.buttons.items():
            button.setChecked(key in value)


class NewFileEditor(LineEditor):
    """A file that is to be written, by its whole path."""

    def _browse(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self, self.field.plain_label, self.line.text(), options=QFileDialog.Option.DontConfirmOverwrite
        )
        if chosen and chosen != self.line.text():
            self.line.setText(chosen)
            self.edited.emit()


class DateEditor(Editor):
    """DATE: a day or nothing, typed as 2026-05-31 or chosen from a calendar."""

    def __init__(self, field: Field, theme: Theme) -> None:
        self.line = QLineEdit()
        super().__init__(field, self.line)
        self._theme = theme
        self.line.setPlaceholderText(field.placeholder or "YYYY-MM-DD, or empty")
        self.line.textEdited.connect(self.edited)
        pick = icon_button(theme, "calendar", f"Choose {field.plain_label} from a calendar")
        pick.clicked.connect(self._pick)
        self._row.addWidget(self.line, 1)
        self._row.addWidget(pick)

    def value(self) -> date | None:
        try:
            return date.fromisoformat(self.line.text().strip())
        except ValueError:
            return None

    def put(self, value: Any) -> None:
        self.line.setText(value.isoformat() if value else "")

    def own_problem(self) -> Problem | None:
        if not self.line.text().strip() or self.value():
            return None
        return Problem(
            title=f"{self.field.plain_label} is not a date",
            cause=f"“{self.line.text()}” does not have the form year-month-day.",
            remedy="Type it like 2026-05-31, or leave it empty.",
            field=self.field.key,
        )

    def _pick(self) -> None:
        dialog = QDialog(self, Qt.WindowType.Popup)
        calendar = QCalendarWidget()
        calendar.setSelectedDate(self.value() or date.today())  # type: ignore[arg-type]  # noqa: DTZ011
        weekend = QTextCharFormat()
        weekend.setForeground(self._theme.color("dim"))
        for day in (Qt.DayOfWeek.Saturday, Qt.DayOfWeek.Sunday):
            calendar.setWeekdayTextFormat(day, weekend)
        layout = QVBoxLayout(dialog)
        layout.addWidget(calendar)
        calendar.activated.connect(dialog.accept)
        calendar.clicked.connect(dialog.accept)
        dialog.move(self.mapToGlobal(QPoint(0, self.height())))
        if dialog.exec():
            self.put(calendar.selectedDate().toPython())
            self.edited.emit()


class NumberEditor(Editor):
    """NUMBER: a whole number from 0, as text."""

    def __init__(self, field: Field, theme: Theme) -> None:
        self.line = QLineEdit()
        super().__init__(field, self.line)
        self.line.setMaximumWidth(self.line.fontMetrics().averageCharWidth() * 20)
        self.line.setPlaceholderText(field.placeholder)
        self.line.textEdited.connect(self.edited)
        self._row.addWidget(self.line)
        self._row.addStretch(1)

    def value(self) -> str:
        return self.line.text().strip()

    def put(self, value: Any) -> None:
        self.line.setText("" if value is None else str(value))

    def own_problem(self) -> Problem | None:
        text = self.value()
        if not text or (text.isascii() and text.isdecimal() and len(text) <= _DIGITS):
            return None
        return Problem(
            title=f"{self.field.plain_label} is not a whole number",
            cause=f"“{text}” is none from 0 to {'9' * _DIGITS}.",
            remedy="Type digits only, without separators.",
            field=self.field.key,
        )


_DIGITS = 9
