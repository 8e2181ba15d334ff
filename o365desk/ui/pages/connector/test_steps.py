"""The steps of a connection test: outcome, a small waterfall of durations, evidence, and details on demand."""

import math
from collections.abc import Iterable

from PySide6.QtCore import QElapsedTimer, QEvent, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from o365desk.model.report import Step
from o365desk.model.status import Outcome
from o365desk.model.text.shown import shown
from o365desk.services.connections import StepBegan
from o365desk.ui.pressing import for_window
from o365desk.ui.widgets.labels import Label, selectable, text_label
from o365desk.ui.widgets.theme import Theme

LOOKS = {
    Outcome.PASSED: ("passed", "good"),
    Outcome.FAILED: ("failed", "bad"),
    Outcome.NOT_PROVEN: ("not-proven", "warn"),
    Outcome.SKIPPED: ("skipped", "dim"),
}
"""Icon and colour of each outcome."""

_FONT_CHANGES = (QEvent.Type.FontChange, QEvent.Type.StyleChange)
"""After these, what was measured is measured again."""
_ICON = 18
_GAP = 8
_CHEVRON = 22
_WRAPPED = int(Qt.TextFlag.TextWordWrap)


def duration(seconds: float) -> str:
    """A duration for people: 84 ms, 2.4 s."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


class StepRow(QAbstractButton):
    """One step: waiting, running (it `began`) or ended (`step`). It paints itself, so that icon, title, bar and
    evidence line up over all rows."""

    def __init__(self, theme: Theme, owner: "StepList", key: str, title: str) -> None:
        super().__init__(owner)
        self._theme = theme
        self._owner = owner
        self.key, self.title = key, title
        self.began: float | None = None
        self.step: Step | None = None
        self._laid_out = ""
        self._heights: dict[tuple[int, int], int] = {}
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setObjectName(f"step-{key}")
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.refresh()

    @property
    def running(self) -> bool:
        """Whether it has begun, has not ended, and the test still runs."""
        return self.step is None and self.began is not None and self._owner.running

    def words(self) -> str:
        """The state in a word or two."""
        if self.step:
            return f"{self.step.outcome}, with a remark" if self.step.warning else str(self.step.outcome)
        if self.running:
            return "running"
        return "waiting" if self._owner.running else "stopped" if self.began is not None else "not yet tested"

    def evidence(self) -> str:
        """What is written to the right of the bar."""
        if self.step is None:
            return "…" if self.running else "stopped" if self.words() == "stopped" else ""
        return shown(self.step.detail) or (
            duration(self.step.seconds) if self.step.seconds else str(self.step.outcome)
        )

    def refresh(self) -> None:
        """Something about the test changed: words and picture may be others."""
        took = f"Took {duration(self.step.seconds)}." if self.step and self.step.seconds else ""
        text = shown(" ".join(part for part in (self.step.detail if self.step else "", took) if part))
        self.setAccessibleName(f"{self.title}: {self.words()}")
        self.setAccessibleDescription(f"{text} Press Enter for details.".strip() if self.step else "")
        self.setToolTip(f"{self.title}: {self.words()}. {text}".strip())
        if self.evidence() != self._laid_out:
            self._laid_out = self.evidence()
            self._heights.clear()
            self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(260, self._line_height())

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        """Evidence that does not fit on a line goes on below."""
        # Laying out asks some hundred times, for a few widths: each is measured once for one text and font.
        state = (width, self._owner.title_width())
        if state not in self._heights:
            room = max(1, width - self._places(width)[2] - _CHEVRON)
            area = QRect(0, 0, room, 10_000)
            text = self.fontMetrics().boundingRect(area, _WRAPPED, self._breakable(room)).height()
            self._heights[state] = max(
                self._line_height(), text + self._line_height() - self.fontMetrics().height()
            )
        return self._heights[state]

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in _FONT_CHANGES:
            self._heights.clear()
        super().changeEvent(event)

    def _breakable(self, room: int) -> str:
        """The evidence; a word that is longer than a line, such as an address, may be broken anywhere."""
        wide = self.fontMetrics().horizontalAdvance
        return " ".join("\u200b".join(word) if wide(word) > room else word for word in self.evidence().split(" "))

    def _line_height(self) -> int:
        return self._icon_size() + 6

    def _places(self, width: int) -> tuple[int, int, int]:
        """Where title, bar and evidence begin."""
        title = 4 + self._icon_size() + _GAP
        bar = title + self._owner.title_width() + _GAP
        wide = self._owner.bar_width(width)
        return title, bar, bar + wide + _GAP if wide else bar

    def _icon_size(self) -> int:
        return max(self.fontMetrics().height(), _ICON)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End):
            self._owner.move_focus(self, Qt.Key(key))
        else:
            super().keyPressEvent(event)

    # --- painting ---

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter)
        size = self._icon_size()
        line = self._line_height()
        middle = (line - size) // 2
        if self.running:
            self._paint_spinner(painter, QRectF(6.5, middle + 2.5, size - 5, size - 5))
        else:
            icon, role = self._look()
            painter.drawPixmap(4, middle, self._theme.pixmap(icon, size, role))
        left, bar, evidence = self._places(self.width())
        painter.setPen(self._theme.color("text" if self.step or self.running else "dim"))
        title = self.fontMetrics().elidedText(self.title, Qt.TextElideMode.ElideRight, bar - _GAP - left)
        painter.drawText(left, 0, bar - _GAP - left, line, int(Qt.AlignmentFlag.AlignVCenter), title)
        if evidence > bar and (self.step or self._owner.running):
            self._paint_bar(painter, bar, evidence - _GAP - bar)
        painter.setPen(self._theme.color("dim"))
        top = (line - self.fontMetrics().height()) // 2
        room = self.width() - evidence - _CHEVRON
        painter.drawText(evidence, top, room, self.height() - top, _WRAPPED, self._breakable(room))
        chevron = "chevron-down" if self.isChecked() else "chevron-right"
        if self.step:
            painter.drawPixmap(self.width() - 18, (line - 14) // 2, self._theme.pixmap(chevron, 14, "dim"))

    def _look(self) -> tuple[str, str]:
        if self.step is None:
            return "dash", "dim"
        return ("warning", "warn") if self.step.warning else LOOKS[self.step.outcome]

    def _paint_ground(self, painter: QPainter) -> None:
        area = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self.underMouse() or self.isChecked():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("hover"))
            painter.drawRoundedRect(area, 4, 4)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._theme.color("focus"), 2))
            painter.drawRoundedRect(area, 4, 4)

    def _paint_spinner(self, painter: QPainter, area: QRectF) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._theme.color("line"), 2))
        painter.drawEllipse(area)
        painter.setPen(QPen(self._theme.color("accent"), 2, c=Qt.PenCapStyle.RoundCap))
        painter.drawArc(area, -int(self._owner.turn * 16), 100 * 16)

    def _paint_bar(self, painter: QPainter, left: int, width: int) -> None:
        middle, total = self._line_height() / 2, self._owner.total()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("line"))
        painter.drawRoundedRect(QRectF(left, middle - 1, width, 2), 1, 1)
        start = self.step.began if self.step else self.began
        if start is None or (self.step and self.step.outcome is Outcome.SKIPPED):
            return
        length = self.step.seconds if self.step else max(0.0, total - start)
        x = left + min(width - 4.0, width * start / total)
        wide = max(4.0, min(left + width - x, width * length / total))
        role = self._look()[1] if self.step else "accent"
        painter.setBrush(self._theme.color("accent" if role == "good" else role))
        painter.drawRoundedRect(QRectF(x, middle - 4, wide, 8), 4, 4)


class StepDetails(QFrame):
    """What a step has to say beyond its line: evidence, cause and remedy, codes, and a way to copy them."""

    def __init__(self, step: Step) -> None:
        super().__init__()
        self.setObjectName(f"details-{step.key}")
        grid = QGridLayout(self)
        grid.setContentsMargins(30, 4, 22, 8)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        lines = details(step)
        for at, (name, value) in enumerate(lines):
            title = text_label(name, "small", wrap=False)
            title.setContentsMargins(0, 1, 0, 0)
            grid.addWidget(title, at, 0, Qt.AlignmentFlag.AlignTop)
            label = selectable(text_label(value, "mono" if name in ("Request ID", "Code") else ""))
            label.setAccessibleName(f"{name}: {label.text()}")
            grid.addWidget(label, at, 1)
        self.copy = copy = QPushButton("Copy these details")
        copy.setProperty("role", "link")
        text = "\n".join(f"{name}: {value}" for name, value in lines)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(f"{step.title}\n{text}"))
        row = QHBoxLayout()
        row.addWidget(copy)
        row.addStretch(1)
        grid.addLayout(row, len(lines), 0, 1, 2)


def details(step: Step) -> list[tuple[str, str]]:
    """Everything a step has to say, as pairs."""
    problem = for_window(step.problem) if step.problem else None
    lines = [("Outcome", str(step.outcome))]
    if problem is None or problem.title not in step.detail:
        lines.append(("What it shows", step.detail))
    if problem:
        lines += [("What happened", problem.title), ("Why", problem.cause)]
    lines.append(("What to do", problem.remedy if problem and problem.remedy else step.remedy))
    lines += step.facts
    lines.append(("Took", duration(step.seconds)))
    if problem:
        lines += [("Code", problem.code), ("As it came", problem.detail)]
    lines.append(("Request ID", step.request_id or (problem.request_id if problem else "")))
    return [(name, value) for name, value in lines if value]


class StepList(QWidget):
    """The rows, laid out before anything is known. Up, Down, Home and End go between them, Enter shows details; to
    Tab they are one stop."""

    expanded = Signal(QWidget)

    def __init__(self, theme: Theme, steps: Iterable[tuple[str, str]]) -> None:
        """`steps` are (key, title)."""
        super().__init__()
        self._theme = theme
        self._rows: dict[str, StepRow] = {}
        self._widest = 0
        self._details: dict[str, StepDetails] = {}
        self._seconds = 0.0
        self.running = False
        self.turn = 0.0
        self.setAccessibleName("Steps of the connection test")
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._clock = QElapsedTimer()
        self._timer = QTimer(self, interval=60)
        self._timer.timeout.connect(self._spin)
        theme.changed.connect(self.refresh)
        for key, title in steps:
            self._row(key, title)

    @property
    def rows(self) -> list[StepRow]:
        """From top to bottom."""
        return list(self._rows.values())

    def clear(self) -> None:
        """Nothing is known about any step."""
        for row in self._rows.values():
            row.setChecked(False)
            row.began, row.step = None, None
        self._seconds = 0.0
        self.stop()

    def start(self) -> None:
        """A test begins: the rows wait, run and end, until `stop`."""
        self.clear()
        self.running = True
        self._clock.start()
        self._timer.start()
        self.refresh()

    def stop(self) -> None:
        """Nothing runs any more."""
        self.running = False
        self._timer.stop()
        self.refresh()

    def begin(self, began: StepBegan) -> None:
        """A step started."""
        row = self._row(began.key, began.title)
        row.began = began.began
        self._seconds = max(self._seconds, began.began)
        self.refresh()

    def end(self, step: Step) -> None:
        """A step ended (perhaps without having begun: skipped)."""
        row = self._row(step.key, step.title)
        row.began, row.step = step.began, step
        self._seconds = max(self._seconds, step.began + step.seconds)
        self.refresh()

    def _row(self, key: str, title: str) -> StepRow:
        if key not in self._rows:
            row = self._rows[key] = StepRow(self._theme, self, key, title)
            self._widest = 0
            row.toggled.connect(lambda shown: self._toggle(row, shown))
            self._layout.addWidget(row)
            if len(self._rows) == 1:
                row.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return self._rows[key]

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in _FONT_CHANGES:
            self._widest = 0
        super().changeEvent(event)

    def seconds(self) -> float:
        """How long the test has been running; 0 when it does not."""
        return self._clock.elapsed() / 1000 if self.running else 0.0

    def total(self) -> float:
        """Seconds that the whole width of a bar stands for."""
        return max(self._seconds, self.seconds(), 0.001)

    def title_width(self) -> int:
        """The widest title's width: the bars begin behind it."""
        # Each row asks, at each step of laying out: titles are measured again for another font or another row only.
        if not self._widest:
            wide = self.fontMetrics().horizontalAdvance
            self._widest = max((wide(row.title) for row in self._rows.values()), default=0)
        return min(self._widest + 2, int(self.width() * 0.45))

    def bar_width(self, width: int) -> int:
        """The bars' width within a row's; 0 where there is no room for any."""
        room = width - self.title_width() - _ICON - 200
        return min(140, room) if room >= 40 else 0

    def refresh(self) -> None:
        """Paints all rows anew."""
        for row in self._rows.values():
            row.refresh()

    def move_focus(self, row: StepRow, key: Qt.Key) -> None:
        """From a row to the one above or below, the first or the last."""
        rows = self.rows
        at = rows.index(row)
        to = {
            Qt.Key.Key_Up: max(0, at - 1),
            Qt.Key.Key_Down: min(len(rows) - 1, at + 1),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: len(rows) - 1,
        }[key]
        row.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        rows[to].setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        rows[to].setFocus(Qt.FocusReason.TabFocusReason)

    def _toggle(self, row: StepRow, shown: bool) -> None:
        key = row.key
        old = self._details.pop(key, None)
        if old:
            self._layout.removeWidget(old)
            old.hide()
            old.deleteLater()
        if shown and row.step:
            panel = StepDetails(row.step)
            self._details[key] = panel
            self._layout.insertWidget(self._layout.indexOf(row) + 1, panel)
            QWidget.setTabOrder(row, panel.copy)
            self.expanded.emit(panel)
        elif shown:
            row.setChecked(False)

    def _spin(self) -> None:
        self.turn = math.fmod(self.turn + 20, 360)
        self.update()  # the bars of all rows are parts of a whole that grows


def outcome_icon(theme: Theme, outcome: Outcome | None) -> Label:
    """A label for an outcome's icon; see `show_outcome`."""
    label = Label()
    show_outcome(theme, label, outcome)
    return label


def show_outcome(theme: Theme, label: Label, outcome: Outcome | None) -> None:
    """Draws an outcome (None: nothing known yet) and names it."""
    icon, role = LOOKS[outcome] if outcome else ("dash", "dim")
    label.setPixmap(theme.pixmap(icon, max(label.fontMetrics().height(), _ICON), role))
    label.setToolTip(str(outcome) if outcome else "not yet tested")
    label.setAccessibleName(label.toolTip())
