"""The editor of a scheduled task: what it does and when on the left, what follows from that on the right: the next
five times, and what would keep it from running. Save writes it, and arms it on this computer."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QCompleter,
    QDialog,
    QFrame,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from o365desk.app import App
from o365desk.model.fields import Field
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.model.schedules.schedule import Recurs, RuleError
from o365desk.model.schedules.task import Task, Work
from o365desk.model.text.shown import shown
from o365desk.services.schedules.task_file import new_id
from o365desk.services.workspace.shared_files import SharedConflictError, SharedEntry
from o365desk.ui.context import Context
from o365desk.ui.destinations import Begins, ToConnector
from o365desk.ui.dialogs.conflict import Choice
from o365desk.ui.dialogs.question import Go, Option, QuestionDialog
from o365desk.ui.dialogs.schedules import asked, when
from o365desk.ui.dialogs.schedules.asked import Opened
from o365desk.ui.dialogs.schedules.comparing import conflict_question
from o365desk.ui.fields.editors import ChoiceEditor, LineEditor, NewFileEditor, SeveralEditor
from o365desk.ui.fields.forms import FieldRow, Form
from o365desk.ui.fields.mnemonics import lettered
from o365desk.ui.widgets.banner import Banner
from o365desk.ui.widgets.figures import Remark, Remarks
from o365desk.ui.widgets.flow import FlowLayout
from o365desk.ui.widgets.labels import announce, selectable, text_label

_PAUSE = 200
"""Milliseconds without a key after which it is looked at what follows."""
_NEXT = 5
_BUTTONS = ("s", "c")
"""The letters of the buttons."""
_EDITORS: Mapping[str, Any] = {"output": NewFileEditor, "report": NewFileEditor, "days": SeveralEditor}
_WHEN = (when.RECURS, *when.FIELDS)


@dataclass(frozen=True)
class Looked:
    """What follows from what is typed. `times` are the next ones in the zone of the schedule; `problems` have the
    field that is at fault, or none."""

    times: tuple[datetime, ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[str, ...] = ()


class TaskDialog(QDialog):
    """See the module. `saved` is the entry that was written, once it was accepted."""

    looked = Signal()

    def __init__(self, context: Context, opened: Opened, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("task")
        self._context, self._opened = context, opened
        self.saved: SharedEntry[Task] | None = None
        self._round = 0
        self._saving = False
        self._touched: set[str] = set()
        self.found = Looked()
        theme = context.theme
        self.banner, self.remarks = Banner(theme), Remarks(theme)
        self.form = Form([self._row(field) for field in self._fields()], self)
        self.about = text_label(role="dim")
        self.times = selectable(text_label())
        self.times.setObjectName("task-times")
        self.times.setAccessibleName("The next five times")
        self.save_button, self.close_button = QPushButton("&Save"), QPushButton("&Close")
        self._pause = QTimer(self, singleShot=True, interval=_PAUSE)
        self._lay_out()
        self._begin(opened)
        self._pause.timeout.connect(self.look)
        self.form.edited.connect(self._edited)
        self.save_button.clicked.connect(self.save)
        self.close_button.clicked.connect(self.reject)
        self.look()
        self.form.focus("name")

    # --- what is typed ----------------------------------------------------------------------------------------

    def values(self) -> dict[str, Any]:
        """What is typed, by field."""
        return self.form.values()

    def dirty(self) -> bool:
        """Whether something was changed."""
        return self.values() != self._before

    def reject(self) -> None:
        """Closes it, and asks before what was typed is lost."""
        if self._saving:
            return
        if not self._opened.refused and self.dirty() and not self._sure():
            return
        super().reject()

    def _begin(self, opened: Opened) -> None:
        """Shows a task as it was opened."""
        self._opened = opened
        self.setWindowTitle(shown(f"Scheduled task “{opened.task.name}”" if opened.base else "New scheduled task"))
        values = asked.values_of(opened)
        self._fill_searches(str(values["source"]), str(values["operation"]))
        self.form.put(values)
        self._touched = set()
        self._before = self.values()
        self.save_button.setText("&Save" if opened.armed_here else "&Save, and run it here")
        if opened.refused:
            self._lock(opened.refused)
        elif opened.note:
            self.banner.show_text("info", opened.note)
        self._show_needed()

    def _lock(self, why: str) -> None:
        """Everything can be looked at, and nothing changed."""
        for row in self.form.rows.values():
            row.editor.setEnabled(False)
        self.save_button.setEnabled(False)
        self.save_button.setToolTip(shown(why))
        self.save_button.setAccessibleDescription(shown(why))
        self.banner.show_text("info", "You may look at this task, and not change it", why)

    def _edited(self, key: str) -> None:
        self._touched.add(key)
        values = self.values()
        if key in ("source", "operation"):
            self._fill_searches(str(values["source"]), str(values["operation"]))
        self._show_needed()
        self._pause.start()

    def _fill_searches(self, source_id: str, operation: str) -> None:
        """The saved searches that there are for what is chosen; the one that is chosen stays."""
        editor = self.form.rows["saved"].editor
        assert isinstance(editor, ChoiceEditor)  # noqa: S101 - declared so
        before = editor.value() if editor.combo.count() else ""
        editor.combo.clear()
        for name, title in asked.searches_of(self._opened.sources, source_id, operation):
            editor.combo.addItem(title, name)
        editor.combo.setCurrentIndex(max(0, editor.combo.findData(before)))

    def _show_needed(self) -> None:
        values = self.values()
        seen = {"name", "work", "source", *asked.in_sight(values), "recurs", *when.in_sight(values)}
        seen |= {field.key for field in asked.AFTER}
        for key, row in self.form.rows.items():
            row.setVisible(key in seen)
        unit = when.unit(Recurs(values["recurs"]))
        self.form.rows["every"].set_hint(f"{unit.capitalize()}; 1 is each one" if unit else "")
        self.about.setText(self._about(Work(values["work"])))
        self.about.setVisible(bool(self.about.text()))

    def _about(self, work: Work) -> str:
        if work is not Work.APPLY:
            return ""
        sentence = self._opened.plan.sentence if self._opened.plan else self._opened.task.what.get("sentence", "")
        return f"The approved plan: {sentence}. This one is applied, and no other." if sentence else ""

    # --- what follows -----------------------------------------------------------------------------------------

    def look(self) -> None:
        """Finds out in a worker what follows from what is typed; what is typed meanwhile counts."""
        self._pause.stop()
        self._round += 1
        number, app, opened, values = self._round, self._context.app, self._opened, self.values()

        def done(found: Looked) -> None:
            if number == self._round:
                self._show_found(found)

        self._context.tasks.run(
            "Looking when it runs",
            lambda stop, tell: look(app, values, opened),
            done,
            lambda problem: done(Looked(problems=(problem,))),
            owner=self,
            quiet=True,
        )

    def _show_found(self, found: Looked) -> None:
        self.found = found
        self._show_problems(found.problems, only=self._touched)
        self._show_times(found)
        unplaced = [each for each in found.problems if each.field not in self.form.rows]
        remarks = [Remark("bad", each.sentence(), *self._way(each)) for each in unplaced]
        remarks += [Remark("warn", warning) for warning in found.warnings]
        if not found.problems and not found.warnings and found.times:
            remarks.append(Remark("good", "Nothing is known that would keep it from running by itself."))
        self.remarks.show_remarks(remarks)
        self.looked.emit()

    def _show_times(self, found: Looked) -> None:
        if found.times:
            text = "\n".join(map(when.in_zone, found.times))
            if len({moment.utcoffset() for moment in found.times}) > 1:
                text += "\n\nThe clocks change in between."
        elif Recurs(self.values()["recurs"]) is Recurs.ON_DEMAND:
            text = "It runs only when somebody starts it."
        else:
            text = "They stand here as soon as the schedule makes sense."
        self.times.setText(text)

    def _show_problems(self, problems: tuple[Problem, ...], only: set[str] | None = None) -> Problem | None:
        """Shows each at its field (`only` at those); returns the first that has one."""
        first: dict[str, Problem] = {}
        for problem in problems:
            if problem.field in self.form.rows and (only is None or problem.field in only or _at_once(problem)):
                first.setdefault(problem.field, problem)
        for key in self.form.rows:
            self.form.show_problem(key, first.get(key))
        return next((first[key] for key in self.form.rows if key in first), None)

    def _way(self, problem: Problem) -> tuple[str, Callable[[], object]] | tuple[()]:
        """The button that leads to where something can be done about it."""
        source_id = str(self.values()["source"])
        to = {
            Action.AUTHORIZE: ("Authorize…", ToConnector(source_id=source_id, then=Begins.AUTHORIZE)),
            Action.FIELD: ("Open the data source", ToConnector(source_id=source_id)),
        }.get(problem.action)
        if to is None:
            return ()
        text, destination = to

        def go() -> None:
            self.reject()
            if not self.isVisible():
                self._context.go(destination)

        return text, go

    # --- saving -----------------------------------------------------------------------------------------------

    def save(self) -> None:
        """Writes what is typed, if it makes sense; says at each field what does not."""
        if self._saving or self._opened.refused:
            return
        self._touched = set(self.form.rows)
        values, opened = self.values(), self._opened
        _, wrong = asked.read(values, opened)
        if first := self._show_problems(tuple(wrong)):
            self.form.focus(first.field)
            return
        self._save(values, opened)

    def _save(self, values: dict[str, Any], opened: Opened) -> None:
        app = self._context.app
        self._saving = True
        self.save_button.setEnabled(False)
        self._context.tasks.run(
            "Saving the task",
            lambda stop, tell: write(app, values, opened),
            self._written,
            self._failed,
            owner=self,
            cancelled=self._ended,
        )

    def _ended(self) -> None:
        self._saving = False
        self.save_button.setEnabled(True)

    def _written(self, written: "SharedEntry[Task] | SharedConflictError[Task]") -> None:
        self._ended()
        if isinstance(written, SharedConflictError):
            self._conflict(written)
            return
        self.saved = written
        self.accept()

    def _failed(self, problem: Problem) -> None:
        self._ended()
        placed = asked.placed(problem, self.values())
        self._round += 1  # what was looked at before says less
        if self._show_problems((placed,)):
            self.form.focus(placed.field)
            return
        self.banner.show_problem(problem, [way] if (way := self._way(problem)) else [])
        announce(self.banner)

    def _conflict(self, conflict: "SharedConflictError[Task]") -> None:
        opened, theirs = self._opened, conflict.theirs
        dialog = conflict_question(
            self._context.theme, conflict.mine, theirs.thing if theirs else None, opened.sources, self
        )
        choice = dialog.ask()
        dialog.deleteLater()
        if choice is Choice.TAKE_THEIRS and theirs:
            self._begin(_opened(opened, theirs.thing, theirs.version))
            self.look()
        elif choice is Choice.KEEP_MINE:
            self._opened = _opened(opened, opened.task, theirs.version if theirs else None)
            self._save(self.values(), self._opened)
        elif choice is Choice.COPY:
            copy = opened.task.replace(id=new_id())
            name = self.form.rows["name"].editor
            name.put(f"{name.value()} (copy)")
            self._opened = _opened(opened, copy, None)
            self._save(self.values(), self._opened)

    def _sure(self) -> bool:
        answers = (Option(Go.ON, "&Discard", "danger"), Option(Go.BACK, "Keep &editing"))
        dialog = QuestionDialog(
            self._context.theme, "leave-task", "Unsaved changes", "Discard what was changed?",
            "It is not saved yet.", answers, Go.BACK, parent=self,
        )  # fmt: skip
        answer = dialog.ask()
        dialog.deleteLater()
        return answer is Go.ON

    # --- room -------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The next times beside the form where there is room for both, else above it: in sight while one types."""
        super().resizeEvent(event)
        letter = self.fontMetrics().horizontalAdvance("0")
        wide = self.width() >= letter * 84
        self._both.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.BottomToTop)
        stacked = self.width() < letter * 70
        self.form.set_stacked(stacked)
        if not stacked:
            self.form.set_label_width(max(row.label_width() for row in self.form.rows.values()))

    def _fields(self) -> Iterator[Field]:
        fields = (asked.NAME, asked.WORK, asked.SOURCE, *asked.WHAT, *_WHEN, *asked.AFTER)
        yield from lettered(fields, _BUTTONS)

    def _row(self, field: Field) -> FieldRow:
        row = FieldRow(field, self._context.theme, hint=field.hint, editor=_EDITORS.get(field.key))
        editor = row.editor
        if isinstance(editor, ChoiceEditor) and field.key == "source":
            for source in self._opened.sources:
                editor.combo.addItem(shown(source.name or source.id), source.id)
        if isinstance(editor, LineEditor) and field.key == "zone":
            completer = QCompleter(list(self._opened.zones), editor.line)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.activated.connect(lambda _: row.edited.emit("zone"))
            editor.line.setCompleter(completer)
        return row

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(12)
        column.addWidget(self.banner)
        column.addWidget(self._scroller(), 1)
        foot = QWidget()
        flow = FlowLayout(foot)
        self.save_button.setProperty("role", "primary")
        for button, name in ((self.save_button, "save"), (self.close_button, "close")):
            button.setObjectName(f"task-{name}")
            flow.addWidget(button)
        column.addWidget(foot)
        for button in self.findChildren(QPushButton):  # Enter saves, wherever the keyboard has been
            button.setAutoDefault(False)
        self.save_button.setDefault(True)
        parent = self.parentWidget()
        room = parent.window().size() if parent else self.sizeHint()
        self.setMinimumSize(480, 360)
        self.resize(min(980, room.width() - 40), min(720, room.height() - 20))

    def _scroller(self) -> QScrollArea:
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        content = QWidget()
        scroll.setWidget(content)
        self._both = QBoxLayout(QBoxLayout.Direction.LeftToRight, content)
        self._both.setContentsMargins(0, 0, 8, 0)
        self._both.setSpacing(16)
        left = QVBoxLayout()
        left.setSpacing(8)
        heads = {"name": "What", "recurs": "When", "limit": "Each run"}
        for key, row in self.form.rows.items():
            if key in heads:
                left.addSpacing(8 if left.count() else 0)
                left.addWidget(text_label(heads[key], "section"))
            left.addWidget(row)
            if key == "source":
                left.addWidget(self.about)
        left.addStretch(1)
        self._both.addLayout(left, 3)
        right = QVBoxLayout()
        right.setSpacing(12)
        right.addWidget(self._card())
        right.addWidget(self.remarks)
        right.addStretch(1)
        self._both.addLayout(right, 2)
        return scroll

    def _card(self) -> QFrame:
        card = QFrame()
        card.setProperty("role", "card")
        column = QVBoxLayout(card)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(text_label("The next five times", "section"))
        column.addWidget(self.times)
        return card


def _at_once(problem: Problem) -> bool:
    """Whether it is told before anybody has been at its field: it is about two fields together, or about what was
    there already, and no empty field."""
    return problem.code != "form"


def _opened(opened: Opened, task: Task, base: str | None) -> Opened:
    import dataclasses

    return dataclasses.replace(opened, task=task, base=base)


# --- in a worker ------------------------------------------------------------------------------------------------


def look(app: App, values: Mapping[str, Any], opened: Opened) -> Looked:
    """What follows from what is typed."""
    from o365desk.services.schedules.recurrence import zone_of

    task, problems = asked.read(values, opened)
    try:
        zone_of(str(values["zone"]).strip() or "UTC")
    except RuleError as error:  # told besides what else is wrong
        problems.append(when.fault(error, values))
    try:
        schedule = app.schedules.settled(*asked.schedule_of(values, opened.task))
        zone = zone_of(schedule.zone)
        times = tuple(moment.astimezone(zone) for moment in app.schedules.following(schedule, _NEXT))
    except RuleError as error:
        return Looked(problems=(*problems, when.fault(error, values)))
    except ProblemError as error:
        return Looked(problems=(*problems, error.problem))
    if problems:
        return Looked(times, tuple(problems))
    if opened.plan is not None:
        task = app.schedules.add_plan(task, opened.plan)
    fitness = app.schedules.fitness(task.replace(schedule=schedule))
    found = tuple(asked.placed(problem, values) for problem in fitness.refusals)
    return Looked(times, found, fitness.warnings)


def write(app: App, values: Mapping[str, Any], opened: Opened) -> "SharedEntry[Task] | SharedConflictError[Task]":
    """Writes the task; or the conflict with what somebody else wrote. Raises ProblemError."""
    task, _ = asked.read(values, opened)
    try:
        task = task.replace(schedule=app.schedules.settled(*asked.schedule_of(values, opened.task)))
    except RuleError as error:
        raise ProblemError(when.fault(error, values)) from error
    if opened.plan is not None:
        task = app.schedules.add_plan(task, opened.plan)
    try:
        return app.schedules.save(task, opened.base)
    except SharedConflictError as conflict:
        return conflict
