"""The form of an operation, made from its fields: for one item or for a file of them, with its problems."""

from collections.abc import Callable, Collection, Mapping

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QLineEdit, QRadioButton, QVBoxLayout, QWidget

from o365desk.catalogue import Operation
from o365desk.catalogue.groups import nickname
from o365desk.catalogue.values import check, check_field
from o365desk.model.conditions.tree import NO_CONDITION, dumps
from o365desk.model.fields import Field, Kind
from o365desk.model.problems import Problem
from o365desk.model.run import Row
from o365desk.model.searches import Search
from o365desk.services.directory.suggestions import Suggestion
from o365desk.services.spreadsheets.reader import Sheet
from o365desk.ui.commands import plain
from o365desk.ui.context import Context
from o365desk.ui.fields.asking import Ask
from o365desk.ui.fields.editors import RadioEditor
from o365desk.ui.fields.forms import FieldRow, Form
from o365desk.ui.fields.mnemonics import lettered
from o365desk.ui.fields.pickers import PickerEditor, UsersEditor
from o365desk.ui.fields.service_plans import ServicePlansEditor
from o365desk.ui.fields.tidying import Tidying
from o365desk.ui.pages.operations.file_rows import FileRows
from o365desk.ui.pages.operations.searching.conditions_row import ConditionsRow

FOLLOWS: dict[str, tuple[str, str, Callable[[str], str]]] = {
    "create-group": ("displayName", "mailNickname", nickname),
}
"""Fields that are filled in from another until a person fills them in: from, to, how."""

_MANY = Field(
    key="many",
    label="&What for",
    kind=Kind.RADIO,
    choices=(("one", "One"), ("chosen", "Those chosen in a list"), ("file", "Rows from a file (CSV or Excel)")),
)
_NAMED = 5
"""So many of those that were chosen in a list are named; the rest are counted."""
_ORDER = "order"
_MOST = Field(key="mostRows", label="At &most", kind=Kind.NUMBER, placeholder="all rows")


_LETTERS = "loxym"
"""Letters of buttons around the form: the command line, a file or the columns, exporting, a repaired copy, a column
that is left out."""
_LETTERS_OF_RESULTS = "un"
"""What the rows of a read are used for; its conditions."""


def order_field(operation: Operation) -> Field | None:
    """The choice of what Microsoft sorts a read by; None where it sorts by nothing."""
    orders = operation.listing.orders if operation.listing else ()
    titles = {column.key: column.title for column in operation.columns}
    choices: list[tuple[str, str]] = [("", "As Microsoft sends them")]
    for key in orders:
        up, down = ("oldest first", "newest first") if key.endswith("DateTime") else ("A to Z", "Z to A")
        choices += [(key, f"{titles[key]}, {up}"), (f"{key} desc", f"{titles[key]}, {down}")]
    if not orders:
        return None
    return Field(
        key=_ORDER,
        label="&Sort by",
        kind=Kind.CHOICE,
        choices=tuple(choices),
        help="What Microsoft sorts by before it sends. Once the rows are here, a click on a column sorts them.",
    )


class OperationForm(QFrame):
    """See the module. `edited` follows each change by hand; `entered`: Enter was pressed in a line of a read."""

    edited = Signal()
    entered = Signal()

    def __init__(self, context: Context, operation: Operation) -> None:
        super().__init__()
        self.operation = operation
        self.setProperty("role", "card")
        rows = {field.key: FieldRow(field, context.theme) for field in _all_fields(operation)}
        self.form = Form([rows[field.key] for field in operation.fields], self)
        self.form.put({field.key: _first(field) for field in operation.fields})
        self.many = rows.get(_MANY.key)
        self.file = FileRows(context, operation) if operation.writes else None
        self._chosen: tuple[str, tuple[Suggestion, ...]] = ("", ())
        self._names = ""
        self.options = Form([rows[key] for key in (_ORDER, _MOST.key) if key in rows], self)
        listing = operation.listing
        self.conditions = ConditionsRow(context.theme, operation) if listing and not listing.single else None
        self._tidying = Tidying(self.form)
        self._own: set[str] = set()  # fields that a person filled in, so that no other fills them in
        self._lay_out()
        self._connect()
        self._show_fields()

    # --- what is in it --------------------------------------------------------------------------------------

    @property
    def from_file(self) -> bool:
        """Whether a file of rows was chosen instead of one item."""
        return self.many is not None and self.many.editor.value() == "file"

    @property
    def from_list(self) -> bool:
        """Whether it is for those that were chosen in a list."""
        return self.many is not None and self.many.editor.value() == "chosen"

    def is_tall(self) -> bool:
        """Whether there is a list in it, which takes all room that there is."""
        return self.file is not None and self.from_file and self.file.has_remarks()

    def is_empty(self) -> bool:
        """Whether there is nothing to fill in."""
        return not (self.form.rows or self.options.rows or self.many or self.conditions)

    def values(self) -> dict[str, str]:
        """The values of the fields in sight, as text."""
        return {key: text for key, text in self._typed().items() if not self.form.rows[key].isHidden()}

    def order(self) -> str:
        """What Microsoft is to sort by; "" for nothing."""
        return str(self.options.values().get(_ORDER, ""))

    def most(self) -> int | None:
        """How many rows at most; None for all."""
        text = str(self.options.values().get(_MOST.key, ""))
        return int(text) or None if text.isdecimal() else None

    def sheet(self) -> Sheet | None:
        """The file's rows, where a file was chosen."""
        return self.file.sheet if self.file and self.from_file else None

    def asked(self, name: str) -> Search:
        """What is asked now, as a search of that name: its values but for what stands there by itself, its
        conditions, what it is sorted by, and how many rows at most."""
        values = {key: text for key, text in self.values().items() if text}
        values = {key: text for key, text in values.items() if text != _first(self.operation.field(key))}
        tree = self.conditions.tree if self.conditions else NO_CONDITION
        return Search(
            name=name,
            operation=self.operation.key,
            values=values,
            conditions=dumps(tree) if tree else {},
            sort=self.order(),
            max_rows=self.most() or 0,
        )

    def ask(self, search: Search) -> None:
        """Takes what a search asks, and nothing of what was there."""
        fields = {field.key: _first(field) for field in self.operation.fields}
        self.put(fields | {key: text for key, text in search.values.items() if key in fields})
        if self.conditions:
            self.conditions.put(search.tree)
        self.options.put({_ORDER: search.sort, _MOST.key: str(search.max_rows or "")})

    def rows(self) -> tuple[Row, ...] | None:
        """The rows of a write; None while the file is still being read."""
        if self.file and self.from_file:
            return self.file.rows()
        given = {key: text for key, text in self.values().items() if text or self.operation.field(key).empties}
        key, items = self._chosen
        if self.from_list:
            picked = self._picked()
            return tuple(
                Row(number=number, values=given | {key: item.value}, picked=picked | {key: item.title})
                for number, item in enumerate(items, 1)
            )
        return (Row(number=1, values=given, picked=self._picked()),)

    def _picked(self) -> dict[str, str]:
        """The names of what was chosen from suggestions, in the fields in sight."""
        editors = {key: row.editor for key, row in self.form.rows.items() if not row.isHidden()}
        return {
            key: editor.chosen.title
            for key, editor in editors.items()
            if isinstance(editor, PickerEditor) and editor.chosen
        }

    def put(self, values: Mapping[str, str | Suggestion]) -> None:
        """Shows values; those of pickers may be suggestions."""
        needed = {
            row.field.only_with[0]: row.field.only_with[1]
            for key, row in self.form.rows.items()
            if row.field.only_with[0] and values.get(key)
        }
        self.form.put(needed | dict(values))
        self._own |= set(values)
        self._show_fields()

    def take(self, key: str, items: tuple[Suggestion, ...], where: str) -> None:
        """Takes one or several for a field, chosen in a list that `where` names."""
        if len(items) == 1 or self.many is None:
            self._show_many("one")
            self.put({key: items[0]})
            return
        self._chosen = (key, items)
        names = [item.title for item in items[:_NAMED]]
        rest = f" and {len(items) - _NAMED:,} more" if len(items) > _NAMED else ""
        self._names = ", ".join(names) + rest
        chosen = self._choice("chosen")
        chosen.setText(where)
        chosen.show()
        self._show_many("chosen")

    def connect_to(self, ask: Ask | None) -> None:
        """Whom the pickers ask; None where there is no tenant."""
        for row in self.form.rows.values():
            if isinstance(row.editor, PickerEditor | UsersEditor | ServicePlansEditor):
                row.editor.connect_to(ask)

    # --- what is wrong --------------------------------------------------------------------------------------

    def insist(self) -> Problem | None:
        """Shows all that is wrong and goes to the first of it; None where nothing is."""
        self._tidying.all()
        wrong = [*self.form.own_problems(), *self.options.own_problems()]
        if self.from_file:
            wrong += self._wrong_for_all()
        else:
            key, items = self._chosen
            values = self.values() | ({key: items[0].value} if self.from_list else {})
            wrong += check(self.operation, values, searching=not (self.conditions and self.conditions.tree))
        for problem in wrong:
            self.form.show_problem(problem.field, problem)
            self.options.show_problem(problem.field, problem)
        if wrong and not self.form.focus(wrong[0].field):
            self.options.focus(wrong[0].field)
        return wrong[0] if wrong else None

    def go_to(self, key: str) -> bool:
        """Puts the focus into a field; False if there is none of that key in sight."""
        return self.form.focus(key)

    def first(self) -> QWidget | None:
        """Where the focus belongs at first: the first field, if there is one."""
        shown = [row for row in self.form.rows.values() if not row.isHidden()]
        return shown[0].editor.target if shown else None

    def _wrong_for_all(self) -> list[Problem]:
        """What is wrong with the values for all rows, or that there is no file."""
        if self.file is None or self.file.path is None:
            return [Problem(title="No file was chosen", remedy="Drop a file here or choose one.", field="many")]
        values = self.values()
        found = (check_field(row.field, values[key]) for key, row in self.form.rows.items() if key in values)
        return [problem for problem in found if problem]

    def _judge(self, key: str) -> None:
        """A field was left: says what is wrong with it."""
        if key in self.form.rows:
            row = self.form.rows[key]
            empty = not self._typed()[key].strip()
            own = row.editor.own_problem()
            self.form.show_problem(key, own or (None if empty else check_field(row.field, self._typed()[key])))

    # --- inside ---------------------------------------------------------------------------------------------

    def _choice(self, key: str) -> QRadioButton:
        """One of the choices what it is for."""
        editor = self.many.editor if self.many else None
        if not isinstance(editor, RadioEditor):
            raise AssertionError(f"{self.operation.key} is for one at a time")
        return editor.buttons[key]

    def _show_many(self, key: str) -> None:
        if self.many:
            self.many.editor.put(key)
            self._show_fields()

    def _typed(self) -> dict[str, str]:
        return {key: str(value or "") for key, value in self.form.values().items()}

    def _edited(self, key: str) -> None:
        self._own.add(key)
        if self.form.problem(key):
            self.form.show_problem(key, None)
        follows = FOLLOWS.get(self.operation.key)
        if follows:
            source, target, made = follows
            if key == target and not self._typed()[target]:
                self._own.discard(target)
            if key in (source, target) and target not in self._own:
                self.form.put({target: made(self._typed()[source]) if key == source else ""})
        if any(row.field.only_with[0] == key for row in self.form.rows.values()):
            self._show_fields()
            return
        if self.file:
            self.file.fix(self.values())
        self.edited.emit()

    def _conditions_changed(self) -> None:
        """With conditions nothing need be searched for."""
        self._judge_again("search")
        self.edited.emit()

    def _judge_again(self, key: str) -> None:
        """What was said of a field that is empty no longer holds."""
        problem = self.form.problem(key) if key in self.form.rows else None
        if problem and not self._typed()[key].strip():
            self.form.show_problem(key, None)

    def _show_fields(self) -> None:
        """With a file, its columns leave the form; what remains is for all rows. So it is with a list."""
        columns, typed = self.file.columns() if self.file else (), self._typed()
        hint = "For all rows of the file" if self.from_file else "For all of them" if self.from_list else ""
        for row in self.form.rows.values():
            row.setVisible(self._is_asked_for(row.field, columns, typed))
            row.set_hint(hint)
        if self.many:
            self.many.set_hint(self._names if self.from_list else "")
        if self.file:
            self.file.setVisible(self.from_file)
            if self.from_file:
                self.file.fix(self.values())
        self.edited.emit()

    def _is_asked_for(self, field: Field, columns: Collection[str], typed: Mapping[str, str]) -> bool:
        """Whether a field is for the form, and makes sense with what is chosen there or, by row, in the file."""
        if self.from_list and field.key == self._chosen[0]:
            return False
        if self.from_file and (not columns or field.key in columns):
            return False
        choice, wanted = field.only_with
        return not choice or (self.from_file and choice in columns) or typed[choice] == wanted

    def _connect(self) -> None:
        self.form.edited.connect(self._edited)
        self.form.left.connect(self._judge)
        self.options.edited.connect(lambda key: self.options.show_problem(key, None))
        self.options.edited.connect(lambda _: self.edited.emit())
        if self.conditions:
            self.conditions.changed.connect(self._conditions_changed)
        if self.many and self.file:
            self._choice("chosen").hide()
            self.many.editor.put("one")
            self.many.edited.connect(lambda _: self._show_fields())
            self.file.changed.connect(self._show_fields)
        rows = self.form.rows
        for row in rows.values():
            if isinstance(row.editor, ServicePlansEditor) and "plan" in rows:
                row.editor.about = lambda: str(rows["plan"].editor.value())
            if not self.operation.writes and isinstance(row.editor.target, QLineEdit):
                row.editor.target.returnPressed.connect(self.entered)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        if self.many:
            column.addWidget(self.many)
        for row in self.form.rows.values():
            column.addWidget(row)
        self._options = QWidget()
        self._line = QBoxLayout(QBoxLayout.Direction.LeftToRight, self._options)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(16)
        for row in self.options.rows.values():
            self._line.addWidget(row, 1 if row.field.key == _ORDER else 0)
        self._line.addStretch(1)
        if self.conditions:
            column.addWidget(self.conditions)
        column.addWidget(self._options)
        self._options.setVisible(bool(self.options.rows))
        if self.file:
            column.addWidget(self.file, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Labels stand beside their editors where there is room."""
        super().resizeEvent(event)
        letter = self.fontMetrics().averageCharWidth()
        rows = [*self.form.rows.values(), *([self.many] if self.many else [])]
        directions = QBoxLayout.Direction
        below = self.width() < letter * 72
        self._line.setDirection(directions.TopToBottom if below else directions.LeftToRight)
        options = list(self.options.rows.values())
        # Side by side, the first of them stands in line with the fields above, the rest where they come to.
        for row in () if below else options[1:]:
            row.set_label_width(_label_width(row))
        rows += options if below else options[:1]
        narrow = self.width() < letter * 50
        width = max(map(_label_width, rows), default=0)
        for row in rows:
            row.set_stacked(narrow)
            if narrow:
                row.label.setMinimumWidth(0)
                row.label.setMaximumWidth(16777215)
            else:
                row.set_label_width(width)


def _label_width(row: FieldRow) -> int:
    """The width at which the label, as it reads now, needs one line."""
    return row.label.fontMetrics().horizontalAdvance(plain(row.label.text())) + 4


def _all_fields(operation: Operation) -> list[Field]:
    """The fields of the whole form, with letters that nothing else on the page has."""
    listing = operation.listing
    paged = listing is not None and listing.paged and not listing.single
    asked = (
        _MANY if operation.writes else None,
        *operation.fields,
        order_field(operation),
        _MOST if paged else None,
    )
    taken = _LETTERS + (_LETTERS_OF_RESULTS if listing else "")
    return lettered([field for field in asked if field], taken)


def _first(field: Field) -> str:
    """What a field holds at first: the first of its choices."""
    return str(field.choices[0][0]) if field.choices else ""
