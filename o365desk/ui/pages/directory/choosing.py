"""**Choose what is imported**: which users and groups a data source's copy holds, and who would leave by that."""

from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from o365desk import catalogue
from o365desk.model.conditions import tree as trees
from o365desk.model.conditions.tree import NO_CONDITION, Group
from o365desk.model.datasource import DataSource
from o365desk.model.directory.choice import Choice, Groups, NamedGroup
from o365desk.model.directory.imports import Kind
from o365desk.model.fields import Field
from o365desk.model.fields import Kind as FieldKind
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.stop import Stop
from o365desk.model.text import wording
from o365desk.model.text.shown import shown
from o365desk.services.directory.imports.preview import Preview, Side, preview
from o365desk.services.workspace.workspace import ConflictError
from o365desk.ui.context import Context
from o365desk.ui.dialogs.edit_conditions import about_operation, edited
from o365desk.ui.fields.pickers import PickerEditor
from o365desk.ui.pages.directory.listing import Seen, about_directory
from o365desk.ui.pages.operations.searching.conditions_row import ConditionsRow
from o365desk.ui.suggesting import asking
from o365desk.ui.table.view import Column, Empty, Table, TableArea, TableModel
from o365desk.ui.tasks import Task, Tell
from o365desk.ui.widgets.banner import Banner
from o365desk.ui.widgets.labels import text_label

_SOON = 150
"""Milliseconds after a change until the preview is told anew."""
_SHOWN = 5
"""Names in it."""
_GROUP = Field(
    key="group", label="Add a &group", kind=FieldKind.GROUP, help="Type a name to search; Enter or Add takes it."
)
_GUIDES = (
    ("all", Groups.ALL, "A&ll groups"),
    ("named", Groups.NAMED, "&These groups"),
    ("none", Groups.NONE, "No gro&ups"),
)


class ChooseDialog(QDialog):
    """See the module. Accepted: the choice is saved in the data source's file. `refused` says why whoever works
    here may not change it."""

    def __init__(self, context: Context, source: DataSource, refused: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("choose")
        self.setWindowTitle("What is imported")
        self._context, self._source, self._refused = context, source, refused
        self._task: Task | None = None
        self._saving: Task | None = None
        theme, choice = context.theme, source.imports
        self.banner = Banner(theme)
        self.conditions = ConditionsRow(theme, catalogue.operation("user-list"))
        self.guests, self.disabled = QCheckBox("&Guests too"), QCheckBox("&Disabled accounts too")
        self.radios = {groups: QRadioButton(text) for _, groups, text in _GUIDES}
        self.picker = PickerEditor(_GROUP, theme)
        self.add_button, self.remove_button = QPushButton("&Add"), QPushButton("Take &out")
        self.named = TableModel(_NAMED, lambda each: each.id, self)
        self.table = Table(self.named, theme, "The groups that are imported")
        self.said = text_label("")
        self.said.setObjectName("choose-preview")
        self.save_button, self.close_button = QPushButton("&Save"), QPushButton("Clos&e")
        self.table.setSortingEnabled(False)
        self.table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self._soon = QTimer(self, singleShot=True, interval=_SOON)
        self._lay_out()
        self._put(choice)
        self._connect()
        self._follow()
        if refused:
            self._lock(refused)

    def choice(self) -> Choice:
        """What is chosen in the dialog."""
        groups = next(each for each, radio in self.radios.items() if radio.isChecked())
        tree = self.conditions.tree
        before = self._source.imports
        return Choice(
            conditions=trees.dumps(tree) if tree else {},
            guests=self.guests.isChecked(),
            disabled=self.disabled.isChecked(),
            groups=groups,
            named=tuple(self.named.all_rows()) if groups is Groups.NAMED else (),
            extra=before.extra,
        )

    def save(self) -> None:
        """Writes the choice to the data source's file, in a worker."""
        if self._refused or self._saving or self._lacks():
            return
        app, source, choice = self._context.app, self._source, self.choice()

        def work(stop: Stop, tell: Tell) -> None:
            entry = app.workspace.get(source.id)
            if entry.source.imports != source.imports:
                raise ProblemError(_changed(source))
            try:
                app.connections.save(entry.source.replace(imports=choice), entry.version)
            except ConflictError:
                raise ProblemError(_changed(source)) from None

        self._saving = self._context.tasks.run(
            "Saving what is imported", work, lambda _: self.accept(), self._failed, owner=self
        )

    def done(self, result: int) -> None:
        """Leaves nothing running."""
        if self._task:
            self._task.abandon()
        super().done(result)

    # --- inside ---------------------------------------------------------------------------------------------

    def _put(self, choice: Choice) -> None:
        self.guests.setChecked(choice.guests)
        self.disabled.setChecked(choice.disabled)
        self.radios[choice.groups].setChecked(True)
        self.named.set_rows(choice.named)
        try:
            self.conditions.put(choice.tree if choice.conditions else NO_CONDITION)
        except trees.MalformedError as error:
            self.banner.show_text("bad", "The conditions in the file cannot be read", error.why)

    def _edit(self) -> None:
        made = edited(self._context, self._asked(self.conditions.tree), self)
        if made is not None:
            self.conditions.put(made)

    def _asked(self, before: Group) -> Any:
        """The preview of the conditions looks at the copy where there is one, else it asks the tenant."""
        app = self._context.app
        directory = app.directories.of(self._source)
        if directory.imported:
            seen = Seen(self._source, directory, as_of=directory.as_of)
            return about_directory(self._context, seen, Kind.USERS, before)
        return about_operation(self._context, self._source, catalogue.operation("user-list"), before)

    def _add(self) -> None:
        chosen, text = self.picker.chosen, self.picker.value()
        if not text:
            return
        if chosen is None:
            self.banner.show_text("warn", "Choose a group in the list", "Type its name, and take it with Enter.")
            self.picker.suggestions.ask_now()
            return
        rows = list(self.named.all_rows())
        if chosen.value.lower() not in {each.id.lower() for each in rows}:
            self.named.set_rows([*rows, NamedGroup(id=chosen.value, name=chosen.title)])
        self.banner.hide()
        self.picker.put("")
        self._follow()

    def _take_out(self) -> None:
        current = self.table.current()
        if current is not None:
            self.named.set_rows([each for each in self.named.all_rows() if each is not current])
            self._follow()

    def _lacks(self) -> bool:
        lacks = self.radios[Groups.NAMED].isChecked() and not self.named.total
        if lacks:
            self.banner.show_text("warn", "No group is named", "Add one, or choose All groups or No groups.")
            self.picker.line.setFocus()
        return lacks

    def _follow(self) -> None:
        """What is chosen is another: the preview follows in a moment."""
        named = self.radios[Groups.NAMED].isChecked()
        self._named_part.setVisible(named)
        self.remove_button.setEnabled(self.named.total > 0 and not self._refused)
        self._soon.start()

    def _look(self) -> None:
        if self._task:
            self._task.abandon()
        app, source, choice = self._context.app, self._source, self.choice()

        def work(stop: Stop, tell: Tell) -> Preview | None:
            directory = app.directories.of(source)
            if not directory.imported:
                return None
            return preview(directory, choice, app.clock(), stop.check, tell)

        self.said.setText("Looking who would leave…")
        self._task = self._context.tasks.run(
            "Looking who would leave", work, self._previewed,
            lambda problem: self.said.setText(problem.sentence()), owner=self, quiet=True,
            told=lambda count: self.said.setText(f"Looking who would leave: {count:,} so far…"),
        )  # fmt: skip

    def _previewed(self, found: Preview | None) -> None:
        self._task = None
        if found is None:
            self.said.setText("Nothing was imported yet: the first import says how many there are.")
            return
        lines = [_side(found.users, "user"), _side(found.groups, "group")]
        if found.users.leaving or found.groups.leaving:
            lines.append("Who leaves is removed from the copy by the next import, which reads everything.")
        self.said.setText("\n".join(lines))

    def _failed(self, problem: Problem) -> None:
        self._saving = None
        self.banner.show_problem(problem)

    def _lock(self, why: str) -> None:
        for each in (self.conditions, self.guests, self.disabled, *self.radios.values(), self._named_part,
                     self.save_button):  # fmt: skip
            each.setEnabled(False)
            each.setToolTip(shown(why))
        self.banner.show_text("info", "You may look at this choice, and not change it", why)

    def _connect(self) -> None:
        self.conditions.wanted.connect(self._edit)
        self.conditions.changed.connect(self._follow)
        for box in (self.guests, self.disabled):
            box.toggled.connect(lambda _: self._follow())
        for radio in self.radios.values():
            radio.toggled.connect(lambda on: self._follow() if on else None)
        self.picker.connect_to(asking(self._context, self._source, lambda: FieldKind.GROUP))
        self.picker.line.returnPressed.connect(self._add)
        self.add_button.clicked.connect(self._add)
        self.remove_button.clicked.connect(self._take_out)
        self.save_button.clicked.connect(self.save)
        self.close_button.clicked.connect(self.reject)
        self._soon.timeout.connect(self._look)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(12)
        column.addWidget(text_label(f"What is imported of “{self._source.name}”", "section"))
        column.addWidget(text_label(
            "Nobody else is kept on this computer. It is part of the data source's file, and holds for everybody "
            "who shares it.", "dim",
        ))  # fmt: skip
        column.addWidget(self.banner)
        inside = QWidget()
        parts = QVBoxLayout(inside)
        parts.setContentsMargins(0, 0, 4, 0)
        parts.setSpacing(12)
        parts.addWidget(_card("Users", [self.conditions, self.guests, self.disabled]))
        parts.addWidget(_card("Groups", [*self.radios.values(), self._named_groups()]))
        parts.addStretch(1)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        column.addWidget(scroll, 1)
        column.addWidget(_card("What follows", [self.said]))
        self.save_button.setProperty("role", "primary")
        self.save_button.setAutoDefault(False)
        buttons = QHBoxLayout()
        for button, name in ((self.save_button, "save"), (self.close_button, "close"), (self.add_button, "add"),
                             (self.remove_button, "remove")):  # fmt: skip
            button.setObjectName(f"choose-{name}")
            button.setAutoDefault(False)
        buttons.addWidget(self.save_button)
        buttons.addWidget(self.close_button)
        buttons.addStretch(1)
        column.addLayout(buttons)
        parent = self.parentWidget()
        room = parent.window().size() if parent else self.sizeHint()
        self.setMinimumSize(520, 400)
        self.resize(min(760, room.width() - 40), min(720, room.height() - 20))

    def _named_groups(self) -> QWidget:
        self._named_part = QWidget()
        line = QHBoxLayout()
        line.addWidget(self.picker, 1)
        self.picker.line.setPlaceholderText("Search a group by name")
        self.picker.line.setAccessibleName("Search a group to import")
        line.addWidget(self.add_button)
        line.addWidget(self.remove_button)
        nothing = Empty(self._context.theme, "users", "No group is named", "Add the groups that are wanted.")
        area = TableArea(self.table, self.named, nothing, self._context.theme)
        area.setMinimumHeight(self.fontMetrics().height() * 6)
        column = QVBoxLayout(self._named_part)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(line)
        column.addWidget(area)
        return self._named_part


_NAMED = (
    Column(key="name", title="Group", text=lambda each: each.name or each.id, width=260, grows=True),
    Column(key="id", title="Object ID", text=lambda each: each.id, width=300, mono=True),
)


def _card(title: str, widgets: list[QWidget]) -> QFrame:
    card = QFrame()
    card.setProperty("role", "card")
    card.setAccessibleName(title)
    column = QVBoxLayout(card)
    column.setContentsMargins(16, 12, 16, 12)
    column.setSpacing(8)
    column.addWidget(text_label(title, "section"))
    for widget in widgets:
        column.addWidget(widget)
    return card


def _side(side: Side, one: str) -> str:
    if not side.leaving:
        return (
            f"All {wording.many(side.there, one)} of the copy would stay." if side.there else f"No {one} is there."
        )
    names, rest = side.names[:_SHOWN], side.leaving - _SHOWN
    named = f"{', '.join(names)} and {rest:,} more" if rest > 0 else wording.listed(names)
    more = f": {named}" if names else ""
    there = wording.many(side.there, one)
    return f"{side.there - side.leaving:,} of {there} would stay; {side.leaving:,} would leave{more}."


def _changed(source: DataSource) -> Problem:
    return Problem(
        title=f"“{source.name}” was changed meanwhile",
        cause="Somebody else saved another choice. Nothing was saved.",
        remedy="Close this, look at theirs, and choose again.",
        code="conflict",
    )
