"""Two small time lines, painted; the tables beside them say the same to the keyboard and to screen readers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from o365desk.model.text import wording
from o365desk.model.text.shown import shown
from o365desk.ui.widgets.theme import Theme

_MOST = 60
"""Runs that are drawn: the latest."""


@dataclass(frozen=True)
class Bar:
    """A run: how long it took (None: it never did), how much it counted, its colour, and what the tip says."""

    key: object
    seconds: float | None
    count: int
    tone: str
    tip: str


class RunsTimeline(QWidget):
    """Durations as bars, counts as bars below; from the oldest to the latest. `chosen` carries the key of a bar
    that was pressed."""

    chosen = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.bars: tuple[Bar, ...] = ()
        self._marked: object = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_bars(self, bars: Sequence[Bar], said: str) -> None:
        """Shows these, of which the last is the latest; `said` is all of it in a sentence."""
        self.bars = tuple(bars[-_MOST:])
        self.setAccessibleName(shown(said))
        self.update()

    def mark(self, key: object) -> None:
        """Marks the bar of the row that is chosen beside it."""
        self._marked = key
        self.update()

    def sizeHint(self) -> QSize:
        """As high as two strips with their words."""
        line = self.fontMetrics().height()
        return QSize(320, line * 2 + 104)

    def minimumSizeHint(self) -> QSize:
        """Likewise; narrower, its bars are."""
        return QSize(160, self.sizeHint().height())

    def place(self, number: int) -> QRectF:
        """The whole column of a bar."""
        wide = max(1, self.width() - 1)
        step = min(28.0, wide / max(1, len(self.bars)))
        return QRectF(number * step, 0, step, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = self.fontMetrics().height()
        upper, lower = QRectF(0, line + 4, self.width(), 56), QRectF(0, 2 * line + 72, self.width(), 28)
        longest = max((bar.seconds or 0 for bar in self.bars), default=0)
        most = max((bar.count for bar in self.bars), default=0)
        painter.setPen(self._theme.color("dim"))
        painter.drawText(QPointF(0, line - 3), f"Took, at most {wording.span(longest)}" if longest else "Took")
        counted = f"Counted, at most {most:,}" if most else "Counted nothing"
        painter.drawText(QPointF(0, lower.top() - 7), counted)
        painter.setPen(QPen(self._theme.color("control"), 1))
        for strip in (upper, lower):
            painter.drawLine(strip.bottomLeft(), strip.bottomRight())
        for number, bar in enumerate(self.bars):
            self._paint(painter, bar, self.place(number), (upper, lower), (longest, most))

    def _paint(
        self,
        painter: QPainter,
        bar: Bar,
        column: QRectF,
        strips: tuple[QRectF, QRectF],
        most: tuple[float, int],
    ) -> None:
        upper, lower = strips
        colour = self._theme.color(bar.tone)
        wide = max(2.0, min(16.0, column.width() - 3))
        left = column.center().x() - wide / 2
        if bar.key == self._marked:
            behind = QRectF(column.left(), upper.top() - 2, column.width(), lower.bottom() - upper.top() + 3)
            painter.fillRect(behind, self._theme.color("accent_soft"))
        painter.setPen(Qt.PenStyle.NoPen)
        if bar.seconds is None:  # it never was: an empty frame
            painter.setPen(QPen(colour, 1.5, Qt.PenStyle.DashLine))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(left, upper.bottom() - 20, wide, 19))
            return
        high = max(3.0, bar.seconds / (most[0] or 1) * upper.height())
        painter.fillRect(QRectF(left, upper.bottom() - high, wide, high), colour)
        if bar.count:
            high = max(3.0, bar.count / most[1] * lower.height())
            painter.fillRect(QRectF(left, lower.bottom() - high, wide, high), self._theme.color("accent"))

    def _at(self, point: QPointF) -> Bar | None:
        found = (bar for number, bar in enumerate(self.bars) if self.place(number).contains(point))
        return next(found, None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A bar that is pressed is the chosen row."""
        if bar := self._at(event.position()):
            self.chosen.emit(bar.key)

    def event(self, event: QEvent) -> bool:
        """The tip of the bar under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            bar = self._at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), shown(bar.tip) if bar else "", self)
            return True
        return super().event(event)


@dataclass(frozen=True)
class Point:
    """Something on the time line: which lane, when, its sort (a shape), its colour, and what the tip says."""

    key: object
    lane: str
    at: datetime
    sort: str
    tone: str
    tip: str


_SHAPES = {"authorisation": "diamond", "secret": "square", "certificate": "square", "run": "circle"}
_WORDS = {
    "diamond": "authorisation", "square": "secret or certificate", "triangle": "what else ends",
    "circle": "next run",
}  # fmt: skip
_MOST_LANES = 8
_ROW = 26


class LifeLine(QWidget):
    """Lanes from now into the coming months: a diamond is an authorisation, a square a secret or a certificate, a
    triangle what else ends, a circle a run. `chosen` carries the key of a point that was pressed."""

    chosen = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self.points: tuple[Point, ...] = ()
        self.lanes: tuple[str, ...] = ()
        self.left_out = 0
        self._now, self._end = datetime.min, datetime.max  # noqa: DTZ901 - before anything is shown
        self._marked: object = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def show_points(self, points: Sequence[Point], now: datetime, said: str) -> None:
        """Shows these; what is later than a year stands at the right edge. `said` is all of it in a sentence."""
        lanes = tuple(dict.fromkeys(point.lane for point in points))
        self.lanes, self.left_out = lanes[:_MOST_LANES], max(0, len(lanes) - _MOST_LANES)
        self.points = tuple(point for point in points if point.lane in self.lanes)
        last = max((point.at for point in points), default=now)
        self._now, self._end = now, min(max(last, now + timedelta(days=28)), now + timedelta(days=366))
        self.setAccessibleName(shown(said))
        self.updateGeometry()
        self.update()

    def mark(self, key: object) -> None:
        """Marks the point of the row that is chosen beside it."""
        self._marked = key
        self.update()

    def sizeHint(self) -> QSize:
        """A row for each lane, and the months above."""
        rows = max(1, len(self.lanes)) + bool(self.left_out) + 1
        return QSize(320, self._head() + rows * self._row() + 4)

    def minimumSizeHint(self) -> QSize:
        """Likewise."""
        return QSize(200, self.sizeHint().height())

    def _head(self) -> int:
        return self.fontMetrics().height() + 8

    def _row(self) -> int:
        return max(_ROW, self.fontMetrics().height() + 8)

    def _left(self) -> float:
        """Where time begins: right of the names of the lanes."""
        metrics = self.fontMetrics()
        wide = max((metrics.horizontalAdvance(shown(lane)) for lane in self.lanes), default=0)
        return float(min(wide + 16, self.width() * 0.3)) + 8

    def x_of(self, at: datetime) -> float:
        """Where a moment is."""
        left, right = self._left(), self.width() - 12.0
        part = (at - self._now) / (self._end - self._now)
        return left + min(1.0, max(0.0, part)) * (right - left)

    def spot(self, point: Point) -> QPointF:
        """Where a point is."""
        return QPointF(self.x_of(point.at), self._head() + (self.lanes.index(point.lane) + 0.5) * self._row())

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.points:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = self.fontMetrics()
        self._paint_months(painter, metrics)
        for number, lane in enumerate(self.lanes):
            middle = self._head() + (number + 0.5) * self._row()
            painter.setPen(self._theme.color("text"))
            text = metrics.elidedText(shown(lane), Qt.TextElideMode.ElideRight, int(self._left() - 16))
            painter.drawText(QPointF(0, middle + metrics.ascent() / 2 - 1), text)
            painter.setPen(QPen(self._theme.color("control"), 1))
            painter.drawLine(QPointF(self._left(), middle), QPointF(self.width(), middle))
        if self.left_out:
            painter.setPen(self._theme.color("dim"))
            more = f"{wording.many(self.left_out, 'more data source')} in the table"
            painter.drawText(QPointF(0, self._head() + (len(self.lanes) + 0.5) * self._row() + 4), more)
        for point in sorted(self.points, key=lambda each: each.key == self._marked):
            marked = point.key == self._marked
            painter.setPen(QPen(self._theme.color("text" if marked else "card"), 2 if marked else 1))
            painter.setBrush(QColor(self._theme.color(point.tone)))
            draw(painter, self.spot(point), _SHAPES.get(point.sort, "triangle"), 7.0 if marked else 5.5)
        self._paint_legend(painter, metrics)

    def _paint_months(self, painter: QPainter, metrics: QFontMetrics) -> None:
        bottom = self._head() + len(self.lanes) * self._row()
        painter.setPen(QPen(self._theme.color("accent"), 1.5))
        painter.drawLine(QPointF(self._left(), self._head() - 4), QPointF(self._left(), bottom))
        painter.drawText(QPointF(self._left(), metrics.ascent()), "now")
        taken = self._left() + metrics.horizontalAdvance("now") + 8
        for month in _months(self._now, self._end):
            x = self.x_of(month)
            painter.setPen(QPen(self._theme.color("line"), 1))
            painter.drawLine(QPointF(x, self._head() - 4), QPointF(x, bottom))
            text = wording.day(month.date()).split(" ", 1)[1]
            text = f"{text[:3]} {text[-4:]}"
            wide = metrics.horizontalAdvance(text)
            if x - 2 >= taken and x + wide <= self.width():
                painter.setPen(self._theme.color("dim"))
                painter.drawText(QPointF(x, metrics.ascent()), text)
                taken = x + wide + 8

    def _paint_legend(self, painter: QPainter, metrics: QFontMetrics) -> None:
        """What the shapes are of those that are there."""
        x, middle = self._left(), self.height() - self._row() / 2
        there = {_SHAPES.get(point.sort, "triangle") for point in self.points}
        for shape, words in _WORDS.items():
            if shape in there:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(self._theme.color("dim"))
                draw(painter, QPointF(x + 6, middle), shape, 4.5)
                painter.setPen(self._theme.color("dim"))
                painter.drawText(QPointF(x + 18, middle + metrics.ascent() / 2 - 1), words)
                x += 34 + metrics.horizontalAdvance(words)

    def _at(self, point: QPointF) -> Point | None:
        near = [(abs(self.spot(each).x() - point.x()) + abs(self.spot(each).y() - point.y()), number)
                for number, each in enumerate(self.points)]  # fmt: skip
        distance, number = min(near, default=(99.0, 0))
        return self.points[number] if distance <= 12 else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A point that is pressed is the chosen row."""
        if found := self._at(event.position()):
            self.chosen.emit(found.key)

    def event(self, event: QEvent) -> bool:
        """The tip of the point under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            found = self._at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), shown(found.tip) if found else "", self)
            return True
        return super().event(event)


def draw(painter: QPainter, spot: QPointF, shape: str, size: float) -> None:
    """A shape around a spot, with the pen and the brush that are set."""
    if shape == "circle":
        painter.drawEllipse(spot, size - 1.5, size - 1.5)
    elif shape == "square":
        painter.drawRect(QRectF(spot.x() - size, spot.y() - size, 2 * size, 2 * size))
    else:
        low = 0.0 if shape == "diamond" else size
        corners = [QPointF(0, -size - 1), QPointF(size + 1, low), QPointF(-size - 1, low)]
        if shape == "diamond":
            corners.insert(2, QPointF(0, size + 1))
        painter.drawPolygon([spot + corner for corner in corners])


def _months(begin: datetime, end: datetime) -> list[datetime]:
    """The first of each month in between, here."""
    first = wording.here(begin).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    found = []
    for number in range(1, 15):
        months = first.year * 12 + first.month - 1 + number
        month = first.replace(year=months // 12, month=months % 12 + 1)
        if month < end:
            found.append(month)
    return found
