"""Lifetimes: what ends by itself over all data sources, and when tasks run next, on one time line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QFrame, QPushButton, QVBoxLayout

from o365desk.model.text import wording
from o365desk.services.schedules.lifetimes import Moment
from o365desk.ui.context import CommandKey, Commands, Context
from o365desk.ui.destinations import Begins, ToConnector, ToDirectory, ToLifetimes, ToSchedules
from o365desk.ui.pages.list_page import ListAction, ListPage
from o365desk.ui.pages.schedules.task_words import ahead
from o365desk.ui.pages.schedules.timeline import LifeLine, Point
from o365desk.ui.table.view import Column

_FIELDS = {"secret": "secret", "certificate": "certificate"}


@dataclass(frozen=True)
class Line:
    """A moment, seen at some time."""

    moment: Moment
    number: int

    @property
    def run(self) -> bool:
        """Whether it is a task's next run."""
        return self.moment.task is not None


class LifetimesPage(ListPage[ToLifetimes, Line]):
    """See the module."""

    title = "Lifetimes"
    breadcrumb = ("Schedules", "Lifetimes")
    help = (
        "<p>What ends by itself: authorisations, client secrets, certificates and what an import goes on from; and "
        "the next run of each task. Above the list the same as a time line of a year: a <b>diamond</b> is an "
        "authorisation, a <b>square</b> a secret or a certificate, a <b>triangle</b> what else ends, a "
        "<b>circle</b> a run. What is later stands at its right edge, what has ended at its left.</p><p>Enter "
        "leads to where it can be renewed. <b>Export calendar</b> writes all of it as a file that calendars read; "
        "alarms come 14 days before an authorisation, a secret or a certificate ends.</p>"
    )

    key = "lifetimes"
    thing = "moment"
    searched = "what it is or data source"
    nothing = (
        "calendar",
        "Nothing ends by itself yet",
        "Authorisations, client secrets and certificates stand here once they are known, and the next runs of "
        "tasks.",
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.line = LifeLine(context.theme)
        self.line.setObjectName("lifetimes-line")
        self.line.chosen.connect(self.table.choose)
        self.card = QFrame()
        self.card.setProperty("role", "card")
        inner = QVBoxLayout(self.card)
        inner.setContentsMargins(16, 12, 16, 12)
        inner.addWidget(self.line)
        self.column.insertWidget(1, self.card)
        self.export_button = QPushButton("E&xport calendar…")
        self.export_button.setObjectName("export-calendar")
        self.export_button.clicked.connect(self.export)
        self.close_button = QPushButton("&Close")
        self.close_button.clicked.connect(self.close_page)
        for button in (self.export_button, self.close_button):
            self.tools.addWidget(button)
        self.table.chosen.connect(self._mark)

    def escape(self) -> None:
        """Ends the search; else goes back to the tasks."""
        if self.search.text():
            super().escape()
        else:
            self.close_page()

    def commands(self) -> Commands:
        """What can be done with a moment; the calendar; closing."""
        return {**super().commands(), CommandKey.EXPORT: self.export, CommandKey.CLOSE: self.close_page}

    def close_page(self) -> None:
        """Back to the tasks."""
        self.context.go(ToSchedules())

    def read(self) -> Sequence[Line]:
        """What ends and what runs, the earliest first."""
        return [Line(moment, number) for number, moment in enumerate(self.context.app.lifetimes.moments())]

    def identity(self, row: Line) -> object:
        """What it is of what."""
        moment = row.moment
        return (moment.key, moment.source.id if moment.source else "", moment.task.id if moment.task else "",
                moment.title)  # fmt: skip

    def can_do(self) -> Sequence[ListAction[Line]]:
        """Going where it can be renewed or changed."""
        return (ListAction(CommandKey.OPEN, self.open, "&Open"),)

    def open(self, line: Line) -> None:
        """Leads to the task, or to where it is renewed."""
        moment = line.moment
        if moment.task:
            self.context.go(ToSchedules(task=moment.task.id))
        elif moment.source and moment.key == "authorisation" and self._ends_soon(moment):
            self.context.go(ToConnector(source_id=moment.source.id, then=Begins.AUTHORIZE))
        elif moment.source and moment.key == "delta":
            self.context.go(ToDirectory(source_id=moment.source.id))
        elif moment.source:
            self.context.go(ToConnector(source_id=moment.source.id, field=_FIELDS.get(moment.key, "")))

    def export(self) -> None:
        """Writes the calendar file."""
        chosen, _ = QFileDialog.getSaveFileName(
            self, "Export calendar", "o365desk.ics", "Calendar, iCalendar (*.ics)"
        )
        if chosen:
            file = Path(chosen)
            self.write(file if file.suffix.lower() == ".ics" else file.with_name(f"{file.name}.ics"))

    def write(self, file: Path) -> None:
        """Writes it to a file, whole or not at all."""
        lifetimes = self.context.app.lifetimes

        def work(stop: object, tell: object) -> None:
            from o365desk.services.spreadsheets import export

            export.save_document(file, lifetimes.calendar())

        self.context.tasks.run(
            f"Writing {file.name}",
            work,
            lambda _: self.context.notices.say("good", f"{file.name} is written: calendars can read it", str(file)),
            self.context.notices.problem,
            owner=self,
        )

    def show_rows(self, rows: Sequence[Line]) -> None:
        """The list, and the same as a time line."""
        super().show_rows(rows)
        now = self.context.app.clock()
        self.card.setVisible(bool(rows))
        self.line.show_points([self._point(row, now) for row in rows], now, _said(rows, now))
        self._mark()

    def grow_older(self) -> None:
        """Time goes on."""
        self.refresh(quiet=True)

    def columns(self) -> Sequence[Column]:
        """When, what, of which data source, and whether it is near."""
        clock = self.context.app.clock
        return (
            Column(key="at", title="When", text=lambda line: wording.moment(line.moment.at),
                   note=lambda line: _when(line.moment, clock()), sort=lambda line: line.moment.at.timestamp(),
                   width=168),
            Column(key="what", title="What", text=_what, icon=_look, tone=lambda line: _look(line)[1], width=232,
                   grows=True, link=True, searched=True),
            Column(key="source", title="Data source", text=_source, width=168, grows=True, searched=True),
        )  # fmt: skip

    def _ends_soon(self, moment: Moment) -> bool:
        return moment.warning is not None

    def _point(self, row: Line, now: datetime) -> Point:
        moment = row.moment
        tip = f"{_what(row)}, {_source(row)}: {wording.moment(moment.at)}, {_when(moment, now)}"
        return Point(self.identity(row), _source(row), moment.at, moment.key, _look(row)[1], tip)

    def _mark(self) -> None:
        self.line.mark(self.identity(self.current) if self.current else None)


def _what(line: Line) -> str:
    moment = line.moment
    return moment.title if line.run else f"{moment.title} {'has ended' if moment.warning == 0 else 'ends'}"


def _source(line: Line) -> str:
    return line.moment.source.name if line.moment.source else "gone"


def _when(moment: Moment, now: datetime) -> str:
    return ahead(moment.at, now) if moment.at > now else wording.age(moment.at, now)


def _look(line: Line) -> tuple[str, str]:
    """Icon and colour: the nearer, the louder."""
    if line.run:
        return "clock", "info"
    warning = line.moment.warning
    if warning == 0:
        return "failed", "bad"
    return ("warning", "warn") if warning is not None else ("passed", "good")


def _said(lines: Sequence[Line], now: datetime) -> str:
    """All of it in a sentence, for who cannot see the line."""
    if not lines:
        return ""
    ending = [line for line in lines if not line.run]
    ended = sum(line.moment.at <= now for line in ending)
    runs = len(lines) - len(ending)
    first = next((line for line in ending if line.moment.at > now), None)
    said = [f"{wording.many(len(ending) - ended, 'end')} ahead", f"{ended} past", wording.many(runs, "next run")]
    nearest = f" The nearest: {_what(first)}, {_source(first)}, {_when(first.moment, now)}." if first else ""
    return f"{', '.join(said)}.{nearest} The table has all."
