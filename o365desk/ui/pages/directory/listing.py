"""The users or groups of the directory: searched while somebody types, with conditions, and who is chosen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLineEdit, QMenu, QPushButton, QVBoxLayout, QWidget

from o365desk import catalogue
from o365desk.catalogue import OPERATIONS
from o365desk.catalogue.parameters import parameters
from o365desk.model.conditions.operators import find, fits
from o365desk.model.conditions.parameters import Parameter, Type
from o365desk.model.conditions.tree import NO_CONDITION, Condition, Group, Join
from o365desk.model.datasource import DataSource
from o365desk.model.directory.imports import Kind
from o365desk.model.stop import Stop
from o365desk.model.text import wording
from o365desk.services.directory.copy import words
from o365desk.services.directory.copy.directory import START, Directory, Place
from o365desk.services.directory.suggestions import Suggestion
from o365desk.ui.context import Context
from o365desk.ui.destinations import Chosen
from o365desk.ui.dialogs.conditions.asked import Asked, Known, asked
from o365desk.ui.dialogs.edit_conditions import MOST as PREVIEWED
from o365desk.ui.dialogs.edit_conditions import edited
from o365desk.ui.pages.directory.details import FIELD, Details
from o365desk.ui.pages.directory.lazy import MOST, Count, LazyRows, Window
from o365desk.ui.pages.operations.result_columns import table_column
from o365desk.ui.pages.operations.result_export import ExportDialog, ExportWish
from o365desk.ui.pages.operations.result_rows import identity_of, pack, unpacked
from o365desk.ui.pages.operations.searching.conditions_row import ConditionsRow
from o365desk.ui.table.view import Empty, Table, TableArea, TableModel
from o365desk.ui.tasks import Tell
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import ElidedLabel, caption

_COUNTED = 10_000
_WIDE = 90
"""Letters: with less room the details stand below the list."""
_SEARCHED = {
    Kind.USERS: "name, mail, UPN, job or department",
    Kind.GROUPS: "name, mail, nickname or description",
}


@dataclass(frozen=True)
class Seen:
    """What is looked at: the directory of a data source, at a moment (None: now), and how many there are."""

    source: DataSource
    directory: Directory
    at: datetime | None = None
    users: int = 0
    groups: int = 0
    as_of: datetime | None = None

    def total(self, kind: Kind) -> int:
        """How many users or groups there are now."""
        return self.users if kind is Kind.USERS else self.groups


class Listing(QWidget):
    """See the module. `changed` follows when what can be done is another; `failed` carries a problem, `used` a
    Chosen, `restored` a Restoring, `opened` the kind and ID of somebody who is named."""

    changed = Signal()
    failed = Signal(object)
    used = Signal(object)
    restored = Signal(object)
    opened = Signal(object, str)

    def __init__(self, context: Context, kind: Kind) -> None:
        super().__init__()
        self._context, self.kind = context, kind
        self.operation = catalogue.operation(words.OPERATIONS[kind])
        self.seen: Seen | None = None
        self._wanted = ""  # who is to be shown as soon as there is a list
        theme, noun = context.theme, kind.value
        self.search = QLineEdit(placeholderText=f"Search all {noun} by {_SEARCHED[kind]}", clearButtonEnabled=True)
        self.search.setAccessibleName(f"Search all {noun} by {_SEARCHED[kind]}")
        self.count = ElidedLabel()
        self.count.setObjectName(f"count-{noun}")
        self.conditions = ConditionsRow(theme, self.operation)
        self.only_button = QPushButton("Onl&y those with…")
        self.use_button = QPushButton("&Use for…")
        self.columns_button, self.export_button = QPushButton("C&olumns"), QPushButton("E&xport…")
        self.model = TableModel([table_column(each) for each in self.operation.columns], identity_of("id"), self)
        self.table = Table(self.model, theme, f"{noun.capitalize()} of the directory", several=True)
        self.empty = Empty(theme, "search", "", "")
        self.area = TableArea(self.table, self.model, self.empty, theme)
        self.rows = LazyRows(context, self.table, self.model, f"Reading {noun} of the directory")
        self.details = Details(context, kind)
        self._lay_out()
        self.table.recall(context.app.state, self._key())
        self.table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self._connect()

    # --- what is shown --------------------------------------------------------------------------------------

    def show_seen(self, seen: Seen | None) -> None:
        """The directory that is looked at; None: none."""
        self.seen = seen
        if seen is None:
            self.rows.clear()
            self.details.forget()
            return
        self.look()

    def look(self) -> None:
        """Reads the list anew: another search, other conditions, or a newer directory."""
        seen = self.seen
        if seen is None:
            return
        typed, tree, kind = self.search.text(), self.conditions.tree, self.kind
        directory, at = seen.directory, seen.at

        def fetch(place: Any, check: Callable[[], None]) -> Window:
            found = directory.window(kind, search=typed, conditions=tree, at=at, after=place or START, check=check)
            return Window(pack(found.rows), found.next)

        def count() -> Count | None:
            if tree or at:
                return None
            found = directory.found(kind, typed, _COUNTED)
            return Count(found, least=bool(typed.strip()) and found >= _COUNTED)

        self.rows.show(fetch, count)

    def wish_for(self, key: str) -> None:
        """Shows one of them, wherever the list is."""
        self._wanted = key
        self._point()
        self._show_one()

    def commands_why(self) -> str:
        """Why nothing can be written to a file; "" where something can."""
        return "" if self.model.total else "There are no rows yet."

    def clear_search(self) -> bool:
        """Ends the search; False if there was none."""
        had = bool(self.search.text())
        self.search.clear()
        return had

    def remember(self) -> None:
        """Keeps which columns there are, and how wide."""
        self.table.remember(self._context.app.state, self._key())

    # --- what can be done -----------------------------------------------------------------------------------

    def edit_conditions(self) -> None:
        """Opens Edit conditions; its preview looks at the directory."""
        seen = self.seen
        if seen is None:
            return
        made = edited(self._context, about_directory(self._context, seen, self.kind, self.conditions.tree), self)
        if made is not None:
            self.conditions.put(made)

    def only(self, condition: Condition) -> None:
        """One more condition that all must satisfy."""
        tree = self.conditions.tree
        if tree and tree.join is not Join.AND:
            tree = Group(Join.AND, (tree,))
        self.conditions.put(Group(Join.AND, (*tree.rows, condition)))

    def export(self) -> None:
        """Asks what is to be written and where to, and writes it in a worker, from the directory itself."""
        seen = self.seen
        if seen is None or not self.model.total:
            return
        narrowed = bool(self.search.text().strip() or self.conditions.tree)
        some = self.rows.count.count if self.rows.count else self.model.total
        exact = self.rows.complete or (self.rows.count is not None and not self.rows.count.least)
        dialog = ExportDialog(
            self._context.theme, self.operation, seen.total(self.kind), some if narrowed else None, self.window(),
            exact=exact,
        )  # fmt: skip
        if dialog.exec():
            self.write(dialog.wish())
        dialog.deleteLater()

    def write(self, wish: ExportWish) -> None:
        """Writes rows to a file in a worker; says so when it is done."""
        seen, kind = self.seen, self.kind
        if seen is None:
            return
        listed = self.operation.columns
        columns = [listed[number] for number in self.table.columns.shown()] if wish.visible else list(listed)
        typed, tree = (self.search.text(), self.conditions.tree) if wish.filtered else ("", NO_CONDITION)

        def work(stop: Stop, tell: Tell) -> int:
            from o365desk.services.spreadsheets import export

            place: Place | None = START
            count = 0
            with export.writer(wish.form, wish.file, columns, bom=wish.bom) as out:
                while place is not None:
                    stop.check()
                    found = seen.directory.window(
                        kind, search=typed, conditions=tree, at=seen.at, after=place, limit=1_000, check=stop.check
                    )
                    out.rows(found.rows)
                    count += len(found.rows)
                    place = found.next
            return count

        def done(count: int) -> None:
            one = kind.value.removesuffix("s")
            said = f"{wording.many(count, one)} {'is' if count == 1 else 'are'} in {wish.file.name}"
            self._context.notices.say("good", said, str(wish.file))

        self._context.tasks.run(f"Writing {wish.file.name}", work, done, self._context.notices.problem, owner=self)

    def use(self, key: str, *, one: bool = False) -> None:
        """Takes the chosen rows, or the one whose details are shown, along to an operation."""
        if self.seen is None:
            return
        rows: Sequence[Any] = [unpacked(row) for row in self.table.selected() or [self.table.current()] if row]
        if one and self.details.known:
            rows = [self.details.known.person.row]
        if not rows:
            return
        items = tuple(_suggestion(row) for row in rows)
        noun = self.kind.value.removesuffix("s")
        where = f"{wording.many(len(items), noun)} from the directory"
        self.used.emit(Chosen(key, FIELD[self.kind], items, where))

    # --- inside ---------------------------------------------------------------------------------------------

    def _show_one(self) -> None:
        seen = self.seen
        if seen is None:
            return
        row = self.table.current()
        key = self._wanted or (unpacked(row)["id"] if row is not None else "")
        if key:
            self.details.show_one(seen.source, seen.directory, key, seen.at)
        else:
            self.details.forget()

    def _chosen(self) -> None:
        """Another row is the current one: whoever was asked for by name is not looked at any more."""
        if self.table.hasFocus():
            self._wanted = ""
        self._show_one()
        self._tell_uses()

    def _point(self) -> None:
        """Whoever is asked for by name is the current row; none is, as long as the list does not have them: another
        one's would seem to be what is shown beside it."""
        key, row = self._wanted, self.table.current()
        if not key or (row is not None and unpacked(row)["id"] == key):
            return
        self.table.choose(key)
        row = self.table.current()
        if row is not None and unpacked(row)["id"] != key:
            self.table.forget()
        self._wanted = key  # it is still

    def _came(self) -> None:
        if self.table.current() is not None:  # else nothing seems to be chosen, however many rows follow
            self._point()
        self._tell()
        self._tell_uses()
        self.changed.emit()

    def _tell(self) -> None:
        seen, noun = self.seen, self.kind.value
        if seen is None or not self.rows.read:
            self.count.setText("")
            return
        said = self._said(seen)
        if self.rows.full:
            said = f"{said}; the first {MOST:,} are here, in the order of the names: search for others"
        self.count.setText(said)
        narrowed = self.search.text().strip() or self.conditions.tree
        self.empty.title.setText(f"No {noun} are meant by this" if narrowed else f"No {noun}")
        self.empty.text.setText("Esc clears the search." if narrowed else "The import took none.")

    def _said(self, seen: Seen) -> str:
        """How many are meant, and of how many."""
        shown, noun, found = self.model.total, self.kind.value, self.rows.count
        all_of_them = seen.total(self.kind)
        total = f"{all_of_them:,} {noun}"
        if self.rows.complete:
            return (
                f"{shown:,} {noun} then" if seen.at else total if shown == all_of_them else f"{shown:,} of {total}"
            )
        if found and (found.least or found.count != all_of_them):
            return f"{'more than ' if found.least else ''}{found.count:,} of {total}"
        return f"the first {shown:,}" if seen.at or self.conditions.tree else total

    def _tell_uses(self) -> None:
        count = self.table.count_selected()
        several = f" ({wording.many(count, self.kind.value.removesuffix('s'))})" if count > 1 else ""
        for key, action in self._uses.items():
            action.setText(f"{caption(OPERATIONS[key].title)}{several}…")
        some = self.table.current() is not None
        for button in (self.use_button, self.only_button):
            button.setEnabled(some)
            button.setToolTip("" if some else "Choose a row first.")
        self.export_button.setEnabled(self.model.total > 0)
        self.export_button.setToolTip("Ctrl+E" if self.model.total else "There are no rows yet.")

    def _fill_only(self) -> None:
        """By column, what the chosen row holds there: only those with the same are shown then."""
        menu = self.only_button.menu()
        menu.clear()
        row = self.table.current()
        if row is None:
            return
        about, shown = parameters(self.operation), self.table.columns.shown()
        for number in shown:
            column = self.operation.columns[number]
            parameter = about.get(column.key)
            condition = _same(parameter, unpacked(row)) if parameter else None
            if condition:
                text = words.text(column, unpacked(row)) or "nothing"
                action = menu.addAction(caption(f"{column.title}: {text[:60]}"))
                action.triggered.connect(partial(self._only, condition))

    def _only(self, condition: Condition, _: bool = False) -> None:
        self.only(condition)

    def _choose_columns(self) -> None:
        menu = self.table.columns.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.columns_button.mapToGlobal(self.columns_button.rect().bottomLeft()))

    def _key(self) -> str:
        return f"directory/{self.kind.value}"

    def _lay_out(self) -> None:
        theme = self._context.theme
        for button, icon, name in (
            (self.only_button, "search", "only"), (self.use_button, "play", "use"),
            (self.columns_button, "sliders", "columns"), (self.export_button, "save", "export"),
        ):  # fmt: skip
            Pictured(theme, button, icon)
            button.setObjectName(f"{self.kind.value}-{name}")
        self.only_button.setMenu(QMenu(self.only_button))
        self.columns_button.setAccessibleDescription("Choose which columns are shown")
        self._uses: dict[str, QAction] = {}
        menu = QMenu(self.use_button)
        for operation in OPERATIONS.values():
            if operation.writes and any(field.kind is FIELD[self.kind] for field in operation.fields):
                action = self._uses[operation.key] = QAction(self)
                action.triggered.connect(partial(self._use, operation.key))
                menu.addAction(action)
                self.table.addAction(action)
        self.use_button.setMenu(menu)
        above, tools = QHBoxLayout(), QHBoxLayout()
        for row in (above, tools):
            row.setSpacing(8)
        above.addWidget(self.search, 3)
        above.addWidget(self.count, 1)
        tools.addWidget(self.conditions, 1)
        for widget in (self.only_button, self.use_button, self.columns_button, self.export_button):
            tools.addWidget(widget, 0, Qt.AlignmentFlag.AlignTop)
        self._sides = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._sides.setSpacing(12)
        self._sides.addWidget(self.area, 5)
        self._sides.addWidget(self.details, 3)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 12, 0, 0)
        column.setSpacing(8)
        column.addLayout(above)
        column.addLayout(tools)
        column.addLayout(self._sides, 1)

    def _use(self, key: str, _: bool = False) -> None:
        self.use(key)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Details beside the list where there is room for both, else below it."""
        super().resizeEvent(event)
        wide = self.width() >= self.fontMetrics().averageCharWidth() * _WIDE
        self.details.setMinimumWidth(self.details.tabs.tabBar().sizeHint().width() + 30 if wide else 0)
        directions = QBoxLayout.Direction
        self._sides.setDirection(directions.LeftToRight if wide else directions.TopToBottom)
        self.details.setMinimumHeight(0 if wide else self.fontMetrics().height() * 13)
        self.area.setMinimumHeight(self.fontMetrics().height() * 8)

    def minimumSizeHint(self) -> QSize:
        """As narrow as may be: columns are scrolled."""
        return QSize(0, super().minimumSizeHint().height())

    def _connect(self) -> None:
        self.search.textChanged.connect(lambda _: self.look())
        self.search.returnPressed.connect(self.area.setFocus)
        self.conditions.wanted.connect(self.edit_conditions)
        self.conditions.changed.connect(self.look)
        self.only_button.menu().aboutToShow.connect(self._fill_only)
        self.columns_button.clicked.connect(self._choose_columns)
        self.export_button.clicked.connect(self.export)
        self.rows.changed.connect(self._came)
        self.rows.failed.connect(self.failed)
        self.table.chosen.connect(self._chosen)
        self.table.opened.connect(lambda row: self.details.tabs.setFocus())
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._tell_uses())
        self.details.used.connect(lambda key: self.use(key, one=True))
        self.details.restored.connect(self.restored)
        self.details.opened.connect(self.opened)


def _suggestion(row: Any) -> Suggestion:
    note = str(row.get("userPrincipalName") or row.get("mail") or "")
    return Suggestion(str(row["id"]), str(row.get("displayName") or note or row["id"]), note, dict(row))


def _same(parameter: Parameter, row: Any) -> Condition | None:
    """The condition that a property holds the same as in a row; None where none says so."""
    value = parameter.of(row)
    if isinstance(value, list):
        value = value[0] if value else None
    operator = "equals"
    if value in (None, ""):
        operator, value = "is blank", None
    elif isinstance(value, bool):
        operator, value = ("is yes" if value else "is no"), None
    found = find(operator)
    if parameter.type is Type.DATE or found is None or not fits(found, parameter.type):
        return None
    return Condition(parameter.key, operator, value)


def about_directory(context: Context, seen: Seen, kind: Kind, before: Group) -> Asked:
    """What Edit conditions is asked about the directory: nothing of it reaches the network."""
    operation = catalogue.operation(words.OPERATIONS[kind])

    def read(stop: Stop) -> Known:
        found = seen.directory.window(kind, at=seen.at, limit=PREVIEWED, check=stop.check)
        as_of = f", as of {wording.moment(seen.as_of)}" if seen.as_of else ""
        return Known(found.rows, f"the directory{as_of}", complete=found.next is None)

    return asked(
        f"{kind.value.capitalize()} of the directory",
        parameters(operation),
        context.app.clock,
        saved=before,
        read=read,
        plans=lambda: context.lists.plans(seen.source.id),
        columns=tuple(column.key for column in operation.columns[:2]),
    )
