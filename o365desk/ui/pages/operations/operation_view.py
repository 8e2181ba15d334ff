"""One operation of one data source: what it is, why it is off, its form, and for a read what it brought."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QScrollArea, QVBoxLayout, QWidget

from o365desk import catalogue
from o365desk.catalogue import Operation
from o365desk.model.conditions.tree import NO_CONDITION, Group
from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem
from o365desk.model.searches import Search
from o365desk.model.stop import Stop
from o365desk.model.text import wording
from o365desk.services.conditions.files import write as write_conditions
from o365desk.ui.context import Context
from o365desk.ui.destinations import Chosen, ToOperations, ToPlan, Wish
from o365desk.ui.dialogs.command_line import CommandLine
from o365desk.ui.lists_read import ListRead
from o365desk.ui.pages.operations.operation_form import OperationForm, order_field
from o365desk.ui.pages.operations.problem_actions import OperationHelp
from o365desk.ui.pages.operations.result_rows import Unpacked
from o365desk.ui.pages.operations.results import Results
from o365desk.ui.pages.operations.searching.saved_searches import SavedSearches
from o365desk.ui.pages.operations.streaming import Pages, Turn
from o365desk.ui.suggesting import asking
from o365desk.ui.tasks import Task, Tell
from o365desk.ui.widgets.banner import Banner

_ALL_ROOM = 1000


class OperationView(QWidget):
    """See the module. `changed` follows when something begins, ends or can be done that could not."""

    changed = Signal()

    def __init__(self, context: Context, source: DataSource, operation: Operation) -> None:
        super().__init__()
        self._context = context
        self._help = OperationHelp(context, self, lambda key: self.form.go_to(key), self.run)
        self.source, self.operation = source, operation
        self.off: Problem | None = None
        self._task: Task | None = None
        self._wanted = False  # the file is still being read; then it goes on
        self._keep: Callable[[Any], None] = lambda end: None
        self.banner = Banner(context.theme)
        self.form = OperationForm(context, operation)
        self.form.connect_to(asking(context, source))
        self.results = Results(context, operation, operation.listing) if operation.listing else None
        self.command = CommandLine(context.theme)
        self.saved = self._saved_searches()
        self._applied: Search | None = None
        self._file: tuple[Group, Path] | None = None
        """Where the conditions were saved as a file, and which."""
        self._lay_out()
        self.form.edited.connect(self._edited)
        self.form.entered.connect(self.run)
        if self.results:
            self.results.again.connect(self.run)
            self.results.changed.connect(self.changed)
        self._edited()

    # --- what is known --------------------------------------------------------------------------------------

    @property
    def reading(self) -> bool:
        """Whether a read is under way, or a file."""
        return self._task is not None or self._wanted

    def button_text(self) -> str:
        """What the button does, in words."""
        if self.operation.writes:
            return "Check what will change…"
        title = self.operation.title
        if title.startswith("Find") or self.operation.listing is None:
            return title
        if self.operation.listing.single:
            return f"Show the {self.operation.listing.rows.one}"
        what = self.operation.listing.rows.many
        return f"List {title.removesuffix(' List').lower()}s" if title.endswith(" List") else f"List {what}"

    def why_off(self) -> str:
        """Why it cannot be run now; "" if it can."""
        if self.off:
            return self.off.sentence()
        return "It is running already." if self.reading else ""

    def follow(self, source: DataSource) -> None:
        """The data source as it is now."""
        if source != self.source:
            self.source = source
            self.form.connect_to(asking(self._context, source))
            if self.saved:
                self.saved.follow(source)
            self._edited()

    def show_off(self, problem: Problem | None) -> None:
        """Says why the operation is off; None: it is not."""
        self.off = problem
        if problem:
            self.banner.show_problem(problem, self._help.remedies(problem, self.source), "warn")
        else:
            self.banner.hide()
        self.changed.emit()

    # --- actions --------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Reads, or goes on to the plan of a write; nothing while something runs or is wrong."""
        if self.why_off() or self.form.insist():
            return
        if self.operation.writes:
            self._plan()
        else:
            self._read()

    def cancel(self) -> None:
        """Stops the read."""
        self._wanted = False
        if self._task:
            self._task.cancel()

    def use(self, chosen: Chosen) -> None:
        """Fills in what was chosen in the results of another operation."""
        field = next(field for field in self.operation.fields if field.kind is chosen.kind)
        self.form.take(field.key, chosen.items, chosen.where)

    def remember(self) -> None:
        """Keeps how the table looks."""
        if self.results:
            self.results.remember()

    # --- a write --------------------------------------------------------------------------------------------

    def _plan(self) -> None:
        if self.form.file and self.form.from_file:
            self.form.file.finish()
        rows = self.form.rows()
        self._wanted = rows is None
        if rows is not None:
            self._context.go(
                ToPlan(
                    Wish(
                        source=self.source, operation=self.operation, rows=rows, sheet=self.form.sheet(), undoes=""
                    )
                )
            )
        self.changed.emit()

    # --- a read ---------------------------------------------------------------------------------------------

    def _read(self) -> None:
        results, source, operation = self.results, self.source, self.operation
        if results is None:
            return
        values, most, order = self.form.values(), self.form.most(), self.form.order()
        conditions = self.form.conditions
        tree = conditions.tree if conditions else NO_CONDITION
        runner = self._context.app.runner

        def work(stop: Stop, tell: Tell) -> Any:
            pages = Pages(columns, tell)
            end = runner.read(
                source, operation, values, stop, pages.take,
                told=pages.pause, max_rows=most, order=order, conditions=tree,
            )  # fmt: skip
            pages.hand_over()
            return end

        self._keep = partial(self._keep_list, values, tree)
        results.begin(conditions.sentence if conditions else "")
        columns = results.searching
        self.banner.hide()
        self._task = self._context.tasks.run(
            f"{operation.title}: {source.name}",
            work,
            self._ended,
            self._failed,
            owner=self,
            told=self._told,
            cancelled=self._cancelled,
            back=lambda: self._context.go(ToOperations(source_id=source.id, operation=operation.key)),
        )
        self.changed.emit()

    def _told(self, what: Any) -> None:
        """A Turn, a Pause, or None at its end."""
        if self.results is None:
            return
        if isinstance(what, Turn):
            self.results.take(what.rows, what.texts, what.total)
            self.results.table.paint_now()
            what.over()
        else:
            self.results.wait(what.reason if what else "")

    def _ended(self, end: Any) -> None:
        self._task = None
        if self.results is None:
            return
        if end.problem:
            self.results.break_off(end.problem, end.reason, self._help.remedies(end.problem, self.source))
        else:
            self.results.end(end.reason, complete=end.complete)
        self._keep(end)
        if not self.isVisible():
            self._say_elsewhere("warn" if end.problem else "good")
        self.changed.emit()

    def _failed(self, problem: Problem) -> None:
        self._task = None
        if self.results:
            self.results.break_off(problem, "", self._help.remedies(problem, self.source))
        if not self.isVisible():
            self._context.notices.problem(problem, self.source.id)
        self.changed.emit()

    def _cancelled(self) -> None:
        self._task = None
        if self.results:
            self.results.cancelled()
        self.changed.emit()

    def _say_elsewhere(self, level: str) -> None:
        """Somebody is on another page: says that the read ended, with the way back."""
        if self.results:
            here = ToOperations(self.source.id, self.operation.key)
            way = ("Show", lambda: self._context.go(here))
            said = f"{self.operation.title}: {self.results.count.text()}"
            self._context.notices.say(level, said, "", self.source.id, way)

    def _keep_list(self, values: Mapping[str, str], tree: Group, end: Any) -> None:
        """For previews of conditions, and for values that occur."""
        results = self.results
        if results is None or results.read_at is None or self.form.conditions is None:
            return
        read = ListRead(
            Unpacked(results.model.all_rows()),
            f"{self.operation.title}, read at {wording.clock(results.read_at)}",
            {key: text for key, text in values.items() if text},
            end.complete,
            filtered=bool(tree),
        )
        self._context.lists.keep(self.source.id, self.operation.key, read)

    # --- conditions -----------------------------------------------------------------------------------------

    def edit_conditions(self) -> None:
        """Opens Edit conditions for what is asked now."""
        from o365desk.ui.dialogs.edit_conditions import about_operation, edited

        conditions = self.form.conditions
        if conditions is None:
            return
        values = {key: text for key, text in self.form.values().items() if text}
        asked = about_operation(self._context, self.source, self.operation, conditions.tree, values)
        made = edited(self._context, asked, self.window())
        if made is not None:
            conditions.put(made)

    def apply(self, search: Search) -> None:
        """Puts a saved search into the form; where it asks for what this operation has not, says so instead."""
        known = [field.key for field in self.operation.fields]
        unknown = [key for key in search.values if key not in known]
        if unknown:
            self.banner.show_problem(_unknown_field(search, unknown[0], self.operation), level="warn")
            return
        orders = order_field(self.operation)
        if search.sort and search.sort not in dict(orders.choices if orders else ()):
            self.banner.show_problem(_unknown_order(search, self.operation), level="warn")
            return
        self.form.ask(search)
        self._applied = search
        self._edited()

    def save_conditions(self) -> None:
        """Asks for a file, and writes the conditions to it."""
        tree = self.form.conditions.tree if self.form.conditions else NO_CONDITION
        chosen, _ = QFileDialog.getSaveFileName(self, "Save conditions", "conditions.json", "Conditions (*.json)")
        if not chosen:
            return
        file = Path(chosen)
        file = file if file.suffix else file.with_name(f"{file.name}.json")

        def done(_: Any) -> None:
            self._file = (tree, file)
            self._edited()
            self._context.notices.say("good", f"The conditions are in {file.name}", str(file))

        self._context.tasks.run(
            f"Writing {file.name}",
            lambda stop, tell: write_conditions(file, tree),
            done,
            self._context.notices.problem,
            owner=self,
        )

    def _saved_searches(self) -> SavedSearches | None:
        conditions = self.form.conditions
        if conditions is None:
            return None
        saved = SavedSearches(self._context, self.source, self.operation, self.form.asked)
        saved.chosen.connect(self.apply)
        saved.to_file.connect(self.save_conditions)
        conditions.add(saved)
        conditions.wanted.connect(self.edit_conditions)
        return saved

    def _options_of_conditions(self) -> tuple[bool, list[str]]:
        """What the command says of them: the name of the search that was applied and not changed, else their file;
        and whether that says the values, too."""
        tree = self.form.conditions.tree if self.form.conditions else NO_CONDITION
        if self._applied and self._applied in self.source.searches:
            now = self.form.asked(self._applied.name)
            if all(getattr(now, each) == getattr(self._applied, each) for each in _ASKED):
                return True, ["--saved", self._applied.name]
        if not tree:
            return False, []
        return False, ["--conditions", str(self._file[1]) if self._file and self._file[0] == tree else "FILE"]

    # --- inside ---------------------------------------------------------------------------------------------

    def _edited(self) -> None:
        values = {key: text for key, text in self.form.values().items() if text}
        options: list[str] = []
        sheet = self.form.sheet()
        if sheet:
            options += sheet.options()
        whole, more = self._options_of_conditions()
        options += more
        if self.form.order() and not whole:
            options += ["--sort", self.form.order()]
        if self.form.most() and not whole:
            options += ["--max-rows", str(self.form.most())]
        line = catalogue.command_line(self.source.name, self.operation, {} if whole else values, *options)
        self.command.show_command(self._context.app.command_here(line))
        self.command.setVisible(not self.form.from_list)  # no command says which were chosen in a list
        self._rows.setStretchFactor(self.form, _ALL_ROOM if self.form.is_tall() else 0)
        if self._wanted and self.form.rows() is not None:
            self._wanted = False
            self.run()
        self.changed.emit()

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self._scrolled(), 1)
        column.addWidget(self.command)

    def _scrolled(self) -> QScrollArea:
        """Form and results; where there is no room for both they are scrolled."""
        inside = QWidget()
        self._rows = QVBoxLayout(inside)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(12)
        self._rows.addWidget(self.banner)
        self._rows.addWidget(self.form)
        if self.results:
            self.form.setVisible(not self.form.is_empty())
            self._rows.addWidget(self.results, 1)
        else:
            self._rows.addStretch(1)
        area = QScrollArea(widgetResizable=True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(inside)
        return area


_ASKED = ("values", "tree", "sort", "max_rows")
"""What `--saved` says of a search."""


def _unknown_order(search: Search, operation: Operation) -> Problem:
    return Problem(
        title=f"The saved search “{search.name}” cannot be used",
        cause=f"It is sorted by “{search.sort}”, by which Microsoft does not sort “{operation.title}”.",
        remedy="Replace it, or take “sort” out of it in the data source's file.",
        code="unknown-order",
    )


def _unknown_field(search: Search, key: str, operation: Operation) -> Problem:
    return Problem(
        title=f"The saved search “{search.name}” cannot be used",
        cause=f"It has a value of “{key}”, which “{operation.title}” has not.",
        remedy="Replace it, or take the value out of the data source's file.",
        code="unknown-field",
    )
