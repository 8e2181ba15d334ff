"""What an import would do, on show: figures of users and groups, which choose what the table below lists."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from o365desk.model.directory.imports import Counts, Found, Kind, What
from o365desk.model.text import wording
from o365desk.services.directory.copy import words
from o365desk.services.directory.imports.plan import ImportPlan
from o365desk.ui.context import Context
from o365desk.ui.pages.directory.lazy import MOST, LazyRows, Window
from o365desk.ui.table.view import Column, Empty, Table, TableArea, TableModel
from o365desk.ui.widgets.figures import FigureKind, Figures, Remark, Remarks
from o365desk.ui.widgets.labels import ElidedLabel, text_label

_PAGE = 200
UNCHANGED, MEMBERS = "unchanged", "members"
_LOOKS = (
    (What.ADDED, "added", "add", "good"),
    (What.CHANGED, "changed", "edit", "accent"),
    (What.DISABLED, "disabled", "pause", "warn"),
    (What.REMOVED, "removed", "cross", "bad"),
)
_ICONS = {key: (icon, tone) for key, _, icon, tone in _LOOKS}


def _figures(kind: Kind) -> tuple[FigureKind, ...]:
    own = tuple(
        FigureKind(f"{kind.value}-{key.value}", text, icon, tone)
        for key, text, icon, tone in _LOOKS
        if kind is Kind.USERS or key is not What.DISABLED
    )
    if kind is Kind.GROUPS:
        own += (FigureKind(MEMBERS, "memberships", "link", "accent"),)
    return (*own, FigureKind(f"{kind.value}-{UNCHANGED}", "unchanged", "skipped", "dim"))


COLUMNS = (
    Column(
        key="what",
        title="What",
        text=lambda each: (
            ("joins" if each.what is What.ADDED else "leaves") if each.kind == "members" else str(each.what)
        ),
        icon=lambda each: _ICONS[each.what],
        tone=lambda each: _ICONS[each.what][1],
        width=130,
    ),
    Column(key="name", title="Who", text=lambda each: each.name, width=240, grows=True),
    Column(key="how", title="How", text=words.how, width=420, grows=True, wraps=True),
)


class ImportPlanView(QWidget):
    """See the module. `failed` carries a problem."""

    failed = Signal(object)

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._plan: ImportPlan | None = None
        self.remarks = Remarks(context.theme)
        self.figures = {kind: Figures(context.theme, _figures(kind)) for kind in Kind}
        self.count = ElidedLabel(role="dim")
        self.model = TableModel(COLUMNS, lambda each: (each.kind, each.id, each.group), self)
        self.table = Table(self.model, context.theme, "What the import would do", several=True)
        self.empty = Empty(context.theme, "skipped", "Nothing of this sort", "")
        self.area = TableArea(self.table, self.model, self.empty, context.theme)
        self.rows = LazyRows(context, self.table, self.model, "Reading what the import would do")
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setColumnStretch(1, 1)
        for line, kind in enumerate(Kind):
            grid.addWidget(text_label(kind.value.capitalize(), "section", wrap=False), line, 0)
            grid.addWidget(self.figures[kind], line, 1)
            self.figures[kind].chosen.connect(lambda key, kind=kind: self._choose(kind, key))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.remarks)
        column.addLayout(grid)
        column.addWidget(self.count)
        column.addWidget(self.area, 1)
        self.rows.changed.connect(self._tell)
        self.rows.failed.connect(self.failed)
        self.key: object = None

    def show_plan(self, plan: ImportPlan | None) -> None:
        """Shows a plan, from its first row: what is removed first, for that is what matters."""
        self._plan = plan
        self.rows.clear()
        if plan is None:
            return
        found = plan.found
        counts = {Kind.USERS: found.users, Kind.GROUPS: found.groups}
        for kind, figures in self.figures.items():
            figures.show_counts(_counts(kind, counts[kind], found))
        self.remarks.show_remarks([Remark("warn", each.why) for each in found.held])
        for kind, figures in self.figures.items():
            for what in (What.REMOVED, What.DISABLED, What.CHANGED, What.ADDED):
                if figures.counts.get(f"{kind.value}-{what.value}"):
                    self._choose(kind, f"{kind.value}-{what.value}")
                    return
        self._choose(Kind.GROUPS, MEMBERS)

    # --- inside ---------------------------------------------------------------------------------------------

    def _choose(self, kind: Kind, key: object) -> None:
        """Lists what a figure counts. One is always chosen."""
        key = key or self.key
        self.key = key
        for figures in self.figures.values():
            figures.choose(key if key in figures.buttons else None)
        self.table.forget()
        self.rows.show(_fetching(self._plan, str(key)))

    def _tell(self) -> None:
        self.count.setVisible(self.rows.read and self.model.total > 0)
        if not self.rows.read:
            return
        shown = self.model.total
        unchanged = str(self.key).endswith(UNCHANGED)
        self.empty.title.setText("What is unchanged is not listed" if unchanged else "Nothing of this sort")
        self.empty.text.setText("The directory has it as it is." if unchanged else "")
        if self.rows.full:
            self.count.setText(f"The first {MOST:,} are here.")
        else:
            self.count.setText(wording.many(shown, "difference") if self.rows.complete else "")


def _counts(kind: Kind, counts: Counts, found: Found) -> dict[Any, int]:
    made: dict[Any, int] = {f"{kind.value}-{what.value}": getattr(counts, what.value) for what in What}
    made[f"{kind.value}-{UNCHANGED}"] = counts.unchanged
    return made | ({MEMBERS: found.joined + found.left} if kind is Kind.GROUPS else {})


def _fetching(plan: ImportPlan | None, key: str) -> Callable[[Any, Callable[[], None]], Window]:
    """Brings pages of what a figure counts."""

    def fetch(place: Any, check: Callable[[], None]) -> Window:
        offset = place or 0
        if plan is None or key.endswith(UNCHANGED):
            return Window([], None)
        if key == MEMBERS:
            found = plan.members(offset=offset, limit=_PAGE)
        else:
            kind, _, what = key.partition("-")
            found = plan.differences(Kind(kind), What(what), offset=offset, limit=_PAGE)
        return Window(found, offset + _PAGE if len(found) == _PAGE else None)

    return fetch
