"""A plan as it is read before it is applied: figures, what should be known first, and the rows."""

from collections.abc import Callable, Hashable, Sequence
from datetime import datetime, timedelta
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from o365desk import catalogue
from o365desk.model.run import Plan, PlanRow, Standing
from o365desk.model.text import shells, wording
from o365desk.ui.destinations import Wish
from o365desk.ui.table.view import Column, Empty, Table, TableArea, TableModel
from o365desk.ui.widgets.figures import FigureKind, Figures, Remark, Remarks
from o365desk.ui.widgets.theme import Theme

OLD = timedelta(minutes=10)
"""After this a plan says how old it is, and suggests to plan again."""

STANDINGS = (
    FigureKind(Standing.WILL, "will change", "edit", "accent"),
    FigureKind(Standing.ALREADY, "already so", "skipped", "dim"),
    FigureKind(Standing.CANNOT, "cannot be done", "failed", "bad"),
)
WARNED = "warned"
"""The key of rows with warnings, which are counted as what they are as well."""
_FIGURES = (*STANDINGS, FigureKind(WARNED, "with warnings", "warning", "warn", rare=True))
_LOOKS = {kind.key: (kind.words, kind.icon, kind.tone) for kind in STANDINGS}
_ORDER = (Standing.CANNOT, Standing.WILL, Standing.ALREADY)


def words_of(wish: Wish, state: str) -> str:
    """Where it is planned, what it undoes, and how it stands: beside the title."""
    undoes = f"undoes run {wish.undoes}" if wish.undoes else ""
    return " · ".join(part for part in (wish.source.name, undoes, state) if part)


def command_of(wish: Wish, plan: Plan | None) -> str:
    """The command that does the same; "" where no command can say these rows."""
    large: tuple[str, ...] = ("--allow-large",) if plan and plan.limit else ()
    if wish.leave_out_disabled:
        large = ("--leave-out-disabled", *large)
    if wish.undoes:
        sure = ("--confirm", plan.confirm) if plan and plan.confirm else ()
        return shells.ours(["runs", "undo"], [wish.undoes], ["--apply", *large, *sure])
    if wish.sheet is not None:
        fixed = {key: text for key, text in wish.rows[0].values.items() if key not in wish.sheet.columns}
        return catalogue.command_line(
            wish.source.name, wish.operation, fixed, *wish.sheet.options(), "--apply", *large
        )
    if len(wish.rows) == 1:
        return catalogue.command_line(wish.source.name, wish.operation, wish.rows[0].values, "--apply", *large)
    return ""


def why(item: PlanRow) -> str:
    """Why a row stands as it does, in a few words; before that, what should be known of it."""
    return item.problem.title if item.problem else " ".join(item.warnings) or item.note


def way_out(item: PlanRow) -> str:
    """The cause and what to do about a row that cannot be done; of one with warnings, what else there is to say."""
    if item.problem is None:
        return item.note if item.warnings else ""
    both = item.problem.with_(title=item.problem.cause or item.problem.remedy, cause="")
    said = both if item.problem.cause else both.with_(remedy="")
    return said.sentence() if said.title else ""


COLUMNS = (
    Column(
        key="number",
        title="Row",
        text=lambda item: f"{item.row.line or item.row.number:,}",
        sort=lambda item: item.row.line or item.row.number,
        note=lambda item: f"row {item.row.number:,}" if item.row.line else "",
        width=76,
        right=True,
    ),
    Column(
        key="label",
        title="What",
        text=lambda item: item.label,
        note=lambda item: item.who,
        width=340,
        searched=True,
        grows=True,
    ),
    Column(
        key="standing",
        title="How it stands",
        text=lambda item: _LOOKS[item.standing][0],
        sort=lambda item: (_ORDER.index(item.standing), not item.warnings),
        icon=lambda item: _LOOKS[item.standing][1:],
        tone=lambda item: _LOOKS[item.standing][2],
        width=160,
    ),
    Column(
        key="why",
        title="Why",
        text=why,
        note=way_out,
        icon=lambda item: ("warning", "warn") if item.warnings else None,
        tone=lambda item: "warn" if item.warnings else "",
        width=290,
        searched=True,
        grows=True,
        wraps=True,
    ),
)


class PlanReview(QWidget):
    """See the module. `again` asks for a new plan, `fix` carries the Fix that was chosen; `leave_out` says whether
    disabled accounts are to be left out of a new one."""

    again = Signal()
    leave_out = Signal(bool)
    fix = Signal(object)

    def __init__(self, theme: Theme, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self._clock = clock
        self.plan: Plan | None = None
        self.remarks = Remarks(theme)
        self.figures = Figures(theme, _FIGURES)
        self.search = QLineEdit(placeholderText="Search these rows", clearButtonEnabled=True)
        self.search.setAccessibleName("Search the rows of the plan")
        self.model = TableModel(COLUMNS, lambda item: item.row.number, self)
        self.table = Table(self.model, theme, "Rows of the plan")
        self.area = TableArea(self.table, self.model, Empty(theme, "skipped", "No such rows", ""), theme)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        for widget in (self.remarks, self.figures, self.search):
            column.addWidget(widget)
        column.addWidget(self.area, 1)
        self.table.sortByColumn(2, Qt.SortOrder.AscendingOrder)
        self.figures.chosen.connect(self._filter)
        self.search.textChanged.connect(self.area.filter)
        self.search.returnPressed.connect(self.area.setFocus)

    def show_plan(self, plan: Plan) -> None:
        """Shows a plan, from its first row, unfiltered."""
        self.plan = plan
        self.search.clear()
        self.figures.choose(None)
        counts: dict[Hashable, int] = {standing: plan.count(standing) for standing in Standing}
        self.figures.show_counts(counts | ({WARNED: plan.warned} if plan.warned else {}))
        self.table.forget()
        self.model.retitle(0, "Line" if any(item.row.line for item in plan.rows) else "Row")
        self._filter(None)
        self.tell_age()

    def tell_age(self) -> None:
        """What should be known before the plan is applied; how old it is grows."""
        if self.plan:
            self.remarks.show_remarks(self._remarks(self.plan))

    def rows(self) -> Sequence[PlanRow]:
        """The rows that the chosen figure leaves."""
        if self.plan is None:
            return ()
        key = self.figures.key
        if key == WARNED:
            return [item for item in self.plan.rows if item.warnings]
        return [item for item in self.plan.rows if key is None or item.standing is key]

    def _filter(self, key: object) -> None:
        self.model.set_rows(self.rows())
        self.table.choose_first()

    def _remarks(self, plan: Plan) -> list[Remark]:
        found = []
        old = self._clock() - plan.made
        if old > OLD:
            minutes = int(old.total_seconds() // 60)
            text = f"This plan is {minutes} minutes old. The tenant may have changed since: plan again."
            found.append(Remark("warn", text, "Plan again", self.again.emit))
        if not plan.count(Standing.WILL):
            found.append(Remark("info", _nothing(plan)))
        if plan.limit:
            found.append(Remark("warn", plan.limit.reason))
        found += self._about_disabled(plan)
        found += [Remark("info", fix.title, "Plan that first…", partial(self.fix.emit, fix)) for fix in plan.fixes]
        return found + [Remark("info", note) for note in plan.notes]

    def _about_disabled(self, plan: Plan) -> list[Remark]:
        """How many disabled accounts there are, with the way to leave them out, or to take them in again."""
        if plan.left_out:
            said = _accounts(plan.left_out, "was", "were")
            text = f"{said} left out: disabled accounts get nothing."
            return [Remark("info", text, "Take them in again", partial(self.leave_out.emit, False))]
        if not plan.disabled:
            return []
        text = (
            f"{_accounts(plan.disabled, 'is', 'are')} disabled. New starters, shared mailboxes and rooms often are."
        )
        return [Remark("warn", text, "Leave them out", partial(self.leave_out.emit, True))]


def _accounts(count: int, one: str, many: str) -> str:
    return wording.many(count, f"account {one}", f"accounts {many}")


def _nothing(plan: Plan) -> str:
    already, cannot = plan.count(Standing.ALREADY), plan.count(Standing.CANNOT)
    if not plan.rows:
        return "There is nothing to do: no rows."
    if not cannot:
        return "There is nothing to do: " + (
            f"all {already:,} rows are already so." if already > 1 else "it is already so."
        )
    if not already:
        return "Nothing can be done: the rows below say why, and what to do about it."
    are = "are" if already > 1 else "is"
    return (
        f"There is nothing to do: {wording.many(already, 'row')} {are} already so, and {cannot:,} cannot be done."
    )
