"""**Rehearse**: the difference that the next run of a group would make."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from o365desk.model.directory.in_step import Somebody, StepPlan
from o365desk.model.text import wording
from o365desk.ui.context import Context
from o365desk.ui.rights import show_refusal
from o365desk.ui.table.view import Column, Empty, Table, TableArea, TableModel
from o365desk.ui.widgets.banner import Banner, Remedies
from o365desk.ui.widgets.labels import text_label

_LOOKS = {
    "joins": ("Joins", "add", "good"),
    "leaves": ("Leaves", "dash", "bad"),
    "disabled": ("Is not active any more", "pause", "warn"),
    "removed": ("Is removed", "bin", "bad"),
    "active again": ("Is active again", "restore", "good"),
    "another address": ("Has another address", "edit", "info"),
}


@dataclass(frozen=True)
class _Line:
    what: str
    who: Somebody


_COLUMNS = (
    Column(
        key="what",
        title="What",
        text=lambda line: _LOOKS[line.what][0],
        sort=lambda line: list(_LOOKS).index(line.what),
        icon=lambda line: _LOOKS[line.what][1:],
        width=190,
        searched=True,
    ),
    Column(key="name", title="Name", text=lambda line: line.who.name or "–", width=190, grows=True, searched=True),
    Column(
        key="address",
        title="Address",
        text=lambda line: line.who.address,
        note=lambda line: "" if line.who.id else "put in by hand",
        width=240,
        grows=True,
        searched=True,
    ),
)


class DifferenceDialog(QDialog):
    """See the module. Accepted: it is to be run. `refused` says why it cannot be."""

    def __init__(self, context: Context, plan: StepPlan, refused: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("difference")
        self._plan = plan
        self.setWindowTitle("Rehearsal")
        theme = context.theme
        self.banner = Banner(theme)
        self.said = text_label(_said(context, plan))
        self.said.setObjectName("difference-said")
        self.model = TableModel(_COLUMNS, lambda line: (line.what, line.who.id, line.who.address), self)
        self.table = Table(self.model, theme, "The difference that the next run would make", several=True)
        empty = Empty(theme, "passed", "Nothing would change", "The group is as its source has it.")
        self.area = TableArea(self.table, self.model, empty, theme)
        self.run_button, self.close_button = QPushButton("&Run now"), QPushButton("&Close")
        self.run_button.setProperty("role", "primary")
        self.run_button.clicked.connect(self.accept)
        self.close_button.clicked.connect(self.reject)
        self._lay_out(plan)
        self.model.set_rows([_Line(what, who) for what, people in plan.parts.items() for who in people])
        self._tell(plan)
        show_refusal(self.run_button, refused or (plan.problem.title if plan.problem else ""))
        if plan.held:
            self.run_button.setText("&Run all the same…")
        self.close_button.setDefault(True)

    def offer(self, ways: Remedies) -> None:
        """What can be done about the plan's problem; it leads elsewhere, so that the dialog closes."""
        if self._plan.problem:
            buttons = [(text, partial(self._leave, do)) for text, do in ways]
            self.banner.show_problem(self._plan.problem, buttons, "warn")

    def _leave(self, do: Callable[[], object]) -> None:
        self.reject()
        do()

    def _tell(self, plan: StepPlan) -> None:
        if plan.problem:
            self.banner.show_problem(plan.problem, level="warn")
        elif plan.held:
            why: Sequence[str] = [each.why for each in plan.held]
            self.banner.show_text("warn", "A run would wait for a person", " ".join((*why, *plan.notes)))
        elif plan.notes:
            self.banner.show_text("info", "To know about it", " ".join(plan.notes))
        self.area.setVisible(plan.problem is None)

    def _lay_out(self, plan: StepPlan) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        column.addWidget(text_label(f"What the next run would do to “{plan.group.name}”", "section"))
        column.addWidget(self.said)
        column.addWidget(self.banner)
        column.addWidget(self.area, 1)
        column.addStretch(0)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.run_button)
        buttons.addWidget(self.close_button)
        column.addLayout(buttons)
        self.resize(820, 560)


def _said(context: Context, plan: StepPlan) -> str:
    if plan.problem:
        return "Nothing: a run would change nobody."
    stay = f"; {plan.stays:,} unchanged" if plan.stays else ""
    first = f"{plan.sentence[:1].upper()}{plan.sentence[1:]}{stay}."
    if plan.as_of is None:
        return first
    age = wording.age(plan.as_of, context.app.clock())
    return f"{first} As of {wording.moment(plan.as_of)} ({age}); a run imports what changed first."
