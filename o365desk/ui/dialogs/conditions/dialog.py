"""**Edit conditions**: the dialog. **OK** accepts it, with `tree` as it was made; **Close** leaves it as it was."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QMessageBox,
    QPushButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from o365desk.model.conditions.tree import Group
from o365desk.model.text.wording import many
from o365desk.ui.dialogs.conditions import editing, pasting
from o365desk.ui.dialogs.conditions.asked import Asked
from o365desk.ui.dialogs.conditions.board import Board, Change
from o365desk.ui.dialogs.conditions.editing import ROOT, Box, Draft, Gap, History, Row
from o365desk.ui.dialogs.conditions.entry.picking import Kit
from o365desk.ui.dialogs.conditions.keys import Keys, clipboard, watch
from o365desk.ui.dialogs.conditions.meaning import Meaning
from o365desk.ui.dialogs.conditions.pasting import NotPastedError
from o365desk.ui.tasks import Tasks
from o365desk.ui.widgets.icons import icon_button
from o365desk.ui.widgets.labels import announce, set_role, text_label
from o365desk.ui.widgets.room import room_around
from o365desk.ui.widgets.theme import Theme

WIDE, HIGH = 940, 720
_MOVES: Mapping[str, Callable[[Draft, int], Draft]] = {
    "up": lambda draft, id_: editing.move(draft, id_, -1),
    "down": lambda draft, id_: editing.move(draft, id_, 1),
    "out": editing.outwards,
    "in": editing.inwards,
}


class ConditionsDialog(QDialog):
    """See the module."""

    def __init__(self, theme: Theme, tasks: Tasks, asked: Asked, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("conditions")
        self.setWindowTitle("Edit conditions")
        self.tree = asked.saved
        self._asked, self._theme = asked, theme
        self._kit = Kit(theme, tasks, asked, Keys(self._do, self))
        self._history = History(editing.begin(asked.saved))
        self.board = Board(self._kit)
        self.meaning = Meaning(self._kit)
        self.ok, self.shut = QPushButton("&OK"), QPushButton("&Close")
        self.undo = icon_button(theme, "undo", "Undo (Ctrl+Z)")
        self.redo = icon_button(theme, "redo", "Redo (Ctrl+Shift+Z)")
        self.why = text_label(role="small")
        self._lay_out()
        self.board.edited.connect(self._edit)
        self.board.wanted.connect(self._wanted)
        self.ok.clicked.connect(self.accept)
        self.shut.clicked.connect(self.reject)
        self.undo.clicked.connect(lambda: self._go(self._history.undo()))
        self.redo.clicked.connect(lambda: self._go(self._history.redo()))
        self._show()
        rows = (node.id for node in editing.nodes(self._history.now.root) if isinstance(node, Row))
        self.board.focus(next(rows, ROOT), "parameter")

    @property
    def changed(self) -> bool:
        """Whether there is something that **Close** would lose."""
        return editing.tree_of(self._history.now.root) != self._asked.saved

    def accept(self) -> None:
        """Keeps the tree, where nothing is missing."""
        if not self.ok.isEnabled():
            return
        self.tree = editing.tree_of(self._history.now.root)
        super().accept()

    def reject(self) -> None:
        """Leaves without the changes, after a question where there are some."""
        if self.changed and not self._may_leave():
            return
        super().reject()

    def done(self, result: int) -> None:
        """Leaves nothing running."""
        self.meaning.leave()
        super().done(result)

    # Editing

    def _edit(self, change: Change, kind: object) -> None:
        self._go(self._history.edited(change(self._history.now), kind))

    def _go(self, history: History) -> None:
        if history is not self._history:
            self._history = history
            self._show()

    def _wanted(self, command: str, id_: int) -> None:
        """What a button or a handle's menu asks for."""
        self._command(command, id_)

    def _do(self, command: str, widget: QWidget) -> bool:
        """What a key asks for, where the focus is; whether it was done."""
        if command == "press":
            if isinstance(widget, QPushButton):
                widget.click()
            return True
        id_ = self.board.node_of(widget)
        return self._command(command, id_, field=self._field_of(id_, widget))

    def _command(self, command: str, id_: int, field: str = "") -> bool:
        draft = self._history.now
        if command in ("undo", "redo"):
            self._go(self._history.undo() if command == "undo" else self._history.redo())
        elif command in _MOVES:
            self._move(_MOVES[command](draft, id_), id_, field)
        elif command in ("add", "add-group", "add-in", "add-group-in"):
            self._add(command, id_)
        elif command == "remove":
            if id_ == ROOT:
                return False
            beside = editing.after_removal(draft, id_)
            self._go(self._history.edited(editing.remove(draft, id_)))
            self.board.focus(beside)
        elif command == "copy":
            self._copy(id_)
        elif command == "paste":
            self._paste(id_)
        return True

    def _field_of(self, id_: int, widget: QWidget) -> str:
        view = self.board.view(id_)
        names = ("parameter", "operator", "value")
        fields = {name: view.field(name) for name in names} if view and hasattr(view, "field") else {}
        return next((name for name, each in fields.items() if each is widget or each.isAncestorOf(widget)), "")

    def _move(self, draft: Draft, id_: int, field: str) -> None:
        if draft is self._history.now:
            return
        self._go(self._history.edited(draft))
        self.board.focus(id_, field)

    def _add(self, command: str, id_: int) -> None:
        draft = self._history.now
        node = draft.find(id_)
        box = node if isinstance(node, Box) else draft.parent(id_) or draft.root
        after = None if node is box else id_
        adds_group = command.startswith("add-group") or (command == "add" and box.id == ROOT and after is None)
        made, row = (editing.add_group if adds_group else editing.add_row)(draft, box.id, after)
        if made.root is draft.root:
            self._say(f"Not added: {self._full(adds_group)}")
            return
        self._go(self._history.edited(made))
        self.board.focus(row, "parameter")

    def _full(self, adds_group: bool) -> str:
        from o365desk.model.conditions.tree import MAX_DEPTH, MAX_ROWS

        deep = f", nested {MAX_DEPTH} levels deep at most" if adds_group else ""
        return f"there may be {MAX_ROWS} rows and groups{deep}."

    def _copy(self, id_: int) -> None:
        node = self._history.now.find(id_)
        try:
            text = pasting.copied(node or self._history.now.root)
        except NotPastedError as error:
            self._say(str(error))
            return
        QGuiApplication.clipboard().setText(text)
        self._say("Copied as text." if id_ != ROOT else "All conditions were copied as text.")

    def _paste(self, id_: int) -> None:
        draft = self._history.now
        try:
            given = pasting.read(clipboard())
        except NotPastedError as error:
            self._say(str(error))
            return
        made, new = editing.insert(draft, given, id_)
        if made is draft:
            self._say(f"Not pasted: {self._full(True)}")
            return
        self._go(self._history.edited(made))
        self.board.focus(new)

    # Showing

    def _show(self) -> None:
        history = self._history
        self.board.show_draft(history.now)
        self.undo.setEnabled(bool(history.past))
        self.redo.setEnabled(bool(history.undone))
        tree = editing.tree_of(history.now.root)
        said = {gap.id: gap for gap in editing.gaps(history.now)}
        wrong: dict[int, Gap] = {}
        for fault in self._asked.check(tree):
            id_ = history.now.at(fault.place)
            if id_ not in said:
                wrong.setdefault(id_, Gap(id_, fault.field, fault.text))
        self.board.say(said | wrong, frozenset(wrong))
        why = self._why_not(tree, len(said), len(wrong))
        self.ok.setEnabled(not why)
        self.ok.setToolTip(why or "Keep these conditions")
        self.ok.setAccessibleDescription(why)
        set_role(self.why, "small")
        self.why.setText(why)
        self.meaning.show_tree(tree, editing.spoken(history.now.root), not said and not wrong)

    def _why_not(self, tree: Group, missing: int, wrong: int) -> str:
        parts = [
            f"something is {what} in {many(count, 'place')}"
            for what, count in (("wrong", wrong), ("missing", missing))
            if count
        ]
        if parts:
            return f"OK is off: {' and '.join(parts)}, as said there."
        if not tree and self._asked.empty:
            return f"OK is off: {self._asked.empty}"
        return ""

    def _say(self, text: str) -> None:
        """About what was just asked for."""
        self.why.setText(text)
        announce(self.why)

    def _may_leave(self) -> bool:
        box = QMessageBox(self)
        box.setObjectName("leave-conditions")
        box.setWindowTitle("Unsaved changes")
        box.setText("Keep the changes to these conditions?")
        keep = box.addButton("&Keep them (OK)", QMessageBox.ButtonRole.AcceptRole)
        keep.setEnabled(self.ok.isEnabled())
        more = "They are lost otherwise."
        if not self.ok.isEnabled():
            more = "They are lost otherwise. They cannot be kept yet: something in them is missing or wrong."
        box.setInformativeText(more)
        discard = box.addButton("&Discard", QMessageBox.ButtonRole.DestructiveRole)
        stay = box.addButton("Keep &editing", QMessageBox.ButtonRole.RejectRole)
        keep.setProperty("role", "primary")
        discard.setProperty("role", "danger")
        box.setDefaultButton(keep if keep.isEnabled() else stay)
        box.setEscapeButton(stay)
        layout = box.layout()
        if layout:
            layout.setContentsMargins(24, 16, 24, 16)
        box.exec()
        if box.clickedButton() is keep:
            self.accept()
            return False
        return box.clickedButton() is discard

    def _make_room(self) -> None:
        """The lower part gets what it needs, up to almost half of the dialog, and gives nothing back: nothing
        jumps. Until somebody moves the border."""
        upper, lower = self._both.sizes()
        layout = self.meaning.layout()
        needed = layout.totalHeightForWidth(self.meaning.width()) if layout else 0
        wanted = min(needed + 4, self.height() * 9 // 20)
        if upper and wanted > lower:
            self._both.setSizes([upper + lower - wanted, wanted])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._make_room)

    def _lay_out(self) -> None:
        about = text_label(f"{self._asked.about}: only what matches is let through.", "dim")
        self.ok.setProperty("role", "primary")
        for button in (self.ok, self.shut, self.undo, self.redo):
            button.setAutoDefault(False)
            watch(button)
        self.why.setObjectName("conditions-why")
        below = QScrollArea(widgetResizable=True)
        below.setFrameShape(QFrame.Shape.NoFrame)
        below.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        below.setWidget(self.meaning)
        below.setMinimumHeight(80)
        both = QSplitter(Qt.Orientation.Vertical)
        both.setChildrenCollapsible(False)
        both.addWidget(self.board)
        both.addWidget(below)
        both.setStretchFactor(0, 1)
        both.setStretchFactor(1, 0)
        both.setHandleWidth(8)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self.undo)
        line.addWidget(self.redo)
        line.addWidget(self.why, 1)
        line.addWidget(self.shut)
        line.addWidget(self.ok)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 12)
        column.setSpacing(8)
        column.addWidget(about)
        column.addWidget(both, 1)
        column.addLayout(line)
        room = room_around(self)
        self.resize(min(WIDE, room.width() - 16), min(HIGH, room.height() - 40))
        self._both = both
        both.splitterMoved.connect(lambda: self.meaning.grown.disconnect(self._make_room))
        self.meaning.grown.connect(self._make_room)
