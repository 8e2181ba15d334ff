"""The panel that shows a connection test: its headline and what to do, its steps, and each operation’s verdict."""

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from o365desk.catalogue import OPERATIONS, THE_TEN
from o365desk.model.problems import Problem
from o365desk.model.report import Report, Step, Verdict
from o365desk.model.status import Evidence, Outcome
from o365desk.model.text import wording
from o365desk.services.connection_test import report_text, steps
from o365desk.services.connections import Progress
from o365desk.services.spreadsheets import export
from o365desk.ui.pages.connector.test_steps import StepList, duration, outcome_icon, show_outcome
from o365desk.ui.pressing import for_window
from o365desk.ui.widgets.banner import Banner, Remedies
from o365desk.ui.widgets.flow import FlowLayout
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import Label, announce, set_role, text_label
from o365desk.ui.widgets.theme import Theme

_INTRO = (
    "Proves step by step that the connection works, and says of each operation whether it will. It only reads: "
    "nothing is written."
)
_LEVELS = {"succeeded": "good", "failed": "bad"}
_FILTERS = {"Markdown (*.md)": "markdown", "HTML (*.html)": "html", "JSON (*.json)": "json"}


class TestPanel(QFrame):
    """See the module. The page runs the test and tells the panel; `cancel` and `copied` go the other way."""

    __test__ = False
    cancel = Signal()
    copied = Signal(str)

    def __init__(
        self, theme: Theme, remedies: Callable[[Problem], Remedies], clock: Callable[[], datetime], limit: float
    ) -> None:
        """`remedies` gives the buttons for a problem: (text, function). A test gives up after so many seconds."""
        super().__init__()
        self._theme, self._remedies, self._clock, self._limit = theme, remedies, clock, limit
        self.report: Report | None = None
        self._followed: Evidence | None = None
        self._said, self._changed = "", False
        self.setProperty("role", "card")
        self.setObjectName("test-panel")
        self.setAccessibleName("Connection test")
        self._when = text_label(role="small")
        self._stop = QPushButton("Cancel test")
        self.headline = Banner(theme, headline=True)
        self._intro = text_label(_INTRO, "dim")
        self.steps = StepList(theme, ((row.key, row.title) for row in steps.TABLE))
        self.verdicts = Verdicts(theme)
        self._second = QTimer(self, interval=1000)
        self._second.timeout.connect(self._grow_older)
        self._copy, self._save = QPushButton("Copy report"), QPushButton("Save report…")
        self._lay_out()
        self.clear()

    # --- what the page tells ---

    def clear(self) -> None:
        """No test yet."""
        self.report, self._followed = None, None
        self.headline.hide()
        self.steps.clear()
        self.verdicts.clear()
        self._intro.show()
        self._outcome.hide()
        self._idle()

    def start(self) -> None:
        """A test begins."""
        self.report, self._changed = None, False
        self._intro.hide()
        self._outcome.show()
        self.steps.start()
        self.verdicts.clear()
        self._stop.setVisible(True)
        self.headline.show_text("info", "Testing the connection…", "Nothing is written. You can go on working.")
        self._second.start()
        self._grow_older()
        self._offer_report()

    def tell(self, progress: Progress) -> None:
        """A step began or ended."""
        if isinstance(progress, Step):
            self.steps.end(progress)
        else:
            self.steps.begin(progress)

    def finish(self, report: Report) -> None:
        """The test ended by itself."""
        self._show_report(report)
        announce(self.headline)

    def follow(self, last: Evidence | None, report: Report | None) -> None:
        """What the last test of the details showed, some time ago; where that is another than it was, as when a
        draft was discarded. What a person was told since stays until then."""
        if last is None and self._followed is not None:
            self.clear()
        elif last and last != self._followed and report and report != self.report:
            self._show_report(report)
        self._followed = last

    def fail(self, problem: Problem) -> None:
        """There is a problem to act upon, from the test itself or from signing in."""
        self._intro.hide()
        self._idle()
        self.headline.show_problem(
            for_window(problem), self._remedies(problem), "bad" if problem.conclusive else "warn"
        )
        announce(self.headline)

    def cancelled(self) -> None:
        """The person stopped the test."""
        self._idle()
        self._said = "cancelled"
        self._grow_older()
        self.headline.show_text("warn", "The test was cancelled", "Nothing was proven, and nothing has changed.")

    def mark_changed(self, changed: bool) -> None:
        """Says that the report is about details that were changed since, so that an old success deceives nobody."""
        self._changed = changed
        self._grow_older()

    def headline_text(self) -> str:
        """The headline as it reads, "" where there is none."""
        return "" if self.headline.isHidden() else self.headline.accessibleName()

    # --- parts ---

    def _show_report(self, report: Report) -> None:
        self._intro.hide()
        self._outcome.show()
        self.steps.stop()
        for step in report.steps:
            self.steps.end(step)
        self.verdicts.show_all(report.operations)
        self.report = report
        self._idle()
        level = _LEVELS.get(report.outcome, "warn")
        if report.problem and report.outcome != "succeeded":
            self.headline.show_problem(for_window(report.problem), self._remedies(report.problem), level)
        else:
            passed = sum(verdict.outcome == "passed" for verdict in report.operations)
            self.headline.show_text(
                level, report.message, f"{passed} of {len(report.operations)} operations will work."
            )

    def _grow_older(self) -> None:
        """Says when the test was that is shown; of one that runs, for how long, and when it gives up."""
        changed, said = False, self._said
        if self.steps.running:
            gone = int(self.steps.seconds())
            left = max(0, int(self._limit) - gone)
            said = f"running for {gone} s; gives up in {left // 60}:{left % 60:02d}"
        elif self.report:
            when = wording.age(self.report.started, self._clock())
            said, changed = f"tested {when}, took {duration(self.report.seconds)}", self._changed
        self._when.setText(f"{said}; details changed since" if changed else said)
        set_role(self._when, "warn" if changed else "small")

    def _idle(self) -> None:
        self.steps.stop()
        self._second.stop()
        self._stop.setVisible(False)
        self._said = ""
        self._grow_older()
        self._offer_report()

    def _offer_report(self) -> None:
        self._offer.setVisible(self.report is not None)

    def _lay_out(self) -> None:
        self._stop.setObjectName("button-cancel-test")
        self._stop.setToolTip("Cancel the test (Esc)")
        self._stop.clicked.connect(self.cancel)
        head = QHBoxLayout()
        head.addWidget(text_label("Connection test", "section", wrap=False))
        self._when.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(self._when, 1)
        head.addWidget(self._stop)
        column = QVBoxLayout(self)
        head.setContentsMargins(0, 0, 0, 0)
        column.setContentsMargins(16, 5, 16, 16)  # 12 to the title: its line is as high as Cancel test, always
        column.setSpacing(8)
        line = QWidget()
        line.setLayout(head)
        line.setMinimumHeight(self._stop.sizeHint().height())
        column.addWidget(line)
        # Before the first test there is nothing to list: the permissions below are what helps then.
        self._outcome = QWidget()
        inside = QVBoxLayout(self._outcome)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(8)
        inside.addWidget(self.steps)
        inside.addSpacing(4)
        inside.addWidget(text_label("Operations", "strong", wrap=False))
        inside.addWidget(self.verdicts)
        for widget in (self.headline, self._intro, self._outcome):
            column.addWidget(widget)
        self._offer = self._report_buttons()
        column.addWidget(self._offer)

    def _report_buttons(self) -> QWidget:
        holder = QWidget()
        flow = FlowLayout(holder)
        flow.setContentsMargins(0, 4, 0, 0)
        for button, icon, name in ((self._copy, "copy", "copy-report"), (self._save, "save", "save-report")):
            button.setObjectName(f"button-{name}")
            Pictured(self._theme, button, icon)
            flow.addWidget(button)
        self._copy.setToolTip("Copy the report as Markdown; it holds no secret and no token")
        self._save.setToolTip("Save the report as Markdown, HTML or JSON; it holds no secret and no token")
        self._copy.clicked.connect(self.copy_report)
        self._save.clicked.connect(self.save_report)
        return holder

    # --- the report ---

    def copy_report(self) -> None:
        """Puts the report on the clipboard, as Markdown."""
        if self.report:
            QGuiApplication.clipboard().setText(report_text.render(self.report, "markdown"))
            self.copied.emit("The report is on the clipboard")

    def save_report(self) -> None:
        """Asks where, then writes the report in the form that the file's ending names."""
        if not self.report:
            return
        name, chosen = QFileDialog.getSaveFileName(
            self, "Save the report", "connection-test.md", ";;".join(_FILTERS), next(iter(_FILTERS))
        )
        if not name:
            return
        file = Path(name)
        by_ending = {ending: form for form, ending in report_text.FORMATS.items()}
        form = by_ending.get(file.suffix.lower()) or _FILTERS.get(chosen, "markdown")
        if not file.suffix:
            file = file.with_suffix(report_text.FORMATS[form])
        try:
            export.save(file, report_text.render(self.report, form).encode("utf-8", "replace"))
        except OSError as error:
            self.headline.show_text(
                "bad", "The report could not be saved", f"{error.strerror}: {file}. Choose another folder."
            )
            return
        self.copied.emit(f"The report was saved as {file.name}")


class Verdicts(QWidget):
    """One line per operation, laid out before anything is known, so that nothing jumps."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._shown: dict[str, Verdict] = {}
        self._lines: dict[str, tuple[Label, Label, Label]] = {}
        grid = QGridLayout(self)
        grid.setContentsMargins(4, 0, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(3, 1)
        for row, operation in enumerate(THE_TEN):
            icon, word = outcome_icon(theme, None), text_label(wrap=False)
            why = text_label(role="small")
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
