"""The command palette: every action, operation and data source, found by typing."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QIcon, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHeaderView,
    QLineEdit,
    QMenu,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from o365desk.catalogue import OPERATIONS
from o365desk.model.datasource import DataSource
from o365desk.model.text.shown import shown
from o365desk.ui.commands import EDITING, plain
from o365desk.ui.destinations import ToConnector, ToOperations
from o365desk.ui.shell.frame import Frame
from o365desk.ui.table.copying import copies_disarmed
from o365desk.ui.widgets.labels import Label

_OPERATIONS = "Operations"
_SHOWN = 60
"""At most so many matches are listed: who needs more types another letter."""


@dataclass(frozen=True)
class PaletteEntry:
    """One thing to choose: what it is called, where it comes from, its shortcut, what it does. `off`: why whoever
    works here may not do it, or it cannot be done now; then choosing it says so, or leads to where that is said."""

    text: str
    where: str
    shortcut: str
    icon: QIcon
    do: Callable[[], object]
    off: str = ""


def score(words: str, text: str, *, scattered: bool = True) -> int:
    """How well a text answers what was typed: 0 not at all; whole beginnings beat beginnings of words, these beat
    parts of words, these beat letters in the same order, which count only if `scattered`."""
    if not words:
        return 1
    wanted, whole = words.casefold(), text.casefold()
    if whole.startswith(wanted):
        return 400 - len(whole)
    if f" {wanted}" in whole:
        return 300 - len(whole)
    if wanted in whole:
        return 200 - len(whole)
    parts = wanted.split()
    if len(parts) > 1 and all(part in whole for part in parts):
        return 150 - len(whole)
    if not scattered:
        return 0
    letters = iter(whole)
    return max(1, 100 - len(whole)) if all(letter in letters for letter in wanted if letter != " ") else 0


def ranked(words: str, choices: Sequence[PaletteEntry]) -> list[PaletteEntry]:
    """The choices that answer, the best first; equals in their own order."""

    def worth(choice: PaletteEntry) -> int:
        placed = f"{choice.where} {choice.text}"
        return max(score(words, choice.text), score(words, placed, scattered=False) - 50)

    scored = [(worth(choice), choice) for choice in choices]
    found = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: -pair[0])
    return [choice for _, choice in found[:_SHOWN]]


def actions_of(menu: QMenu, where: str) -> Iterator[PaletteEntry]:
    """Every action of a menu and its submenus that can be done now, or may not be done by whoever works here."""
    for action in menu.actions():
        text = plain(action.text()).split("\t")[0]
        inner = action.menu()
        if isinstance(inner, QMenu):
            yield from actions_of(inner, f"{where} › {text}")
        elif action.isSeparator() or action.objectName() in (*EDITING, "palette"):
            continue
        elif action.isEnabled() or action.property("refused"):
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            shortcut = keys or action.text().partition("\t")[2]
            off = "" if action.isEnabled() else action.toolTip()
            yield PaletteEntry(text.rstrip("…"), where, shortcut, action.icon(), action.trigger, off)


class Palette(QDialog):
    """See the module. Closes on Esc and once something is chosen."""

    def __init__(self, window: Frame) -> None:
        super().__init__(window, Qt.WindowType.Popup)
        self._window = window
        self.setObjectName("palette")
        self.setWindowTitle("Command palette")
        self._chosen: Callable[[], object] | None = None
        self._choices: list[PaletteEntry] = []
        for menu in window.menus.menus.values():
            if menu.menuAction().isVisible():
                window.menus.draw_icons(menu)
                found = actions_of(menu, plain(menu.title()))
                self._choices += [
                    replace(each, do=partial(self._say, each)) if each.off else each for each in found
                ]
        self._choices += self._operations()
        self.words = QLineEdit(placeholderText="Type a command, an operation or the name of a data source")
        self.words.setAccessibleName("Search commands, operations and data sources")
        self.list = QTreeWidget()
        copies_disarmed(self.list)
        self.list.setRootIsDecorated(False)
        self.list.setHeaderHidden(True)
        self.list.setUniformRowHeights(True)
        self.list.setColumnCount(2)
        self.list.setAccessibleName("Matching commands, operations and data sources")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setIconSize(QSize(18, 18))
        self.list.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.header().setStretchLastSection(False)
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self._nothing = Label("Nothing is called like that.", alignment=Qt.AlignmentFlag.AlignCenter)
        self._nothing.setProperty("role", "dim")
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        column.addWidget(self.words)
        column.addWidget(self._nothing)
        column.addWidget(self.list, 1)
        self.words.textChanged.connect(self._show)
        self.words.installEventFilter(self)
        self.list.itemClicked.connect(lambda _item: self._choose())
        self._show("")
        self._place(window)
        self._read_sources()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """While typing: up, down and pages move in the list, Enter chooses."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            rows, at = self.list.topLevelItemCount(), self.list.currentIndex().row()
            steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
            step = steps.get(Qt.Key(event.key()))
            if step and rows:
                self._mark(max(0, min(rows - 1, at + step)))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._choose()
                return True
        return super().eventFilter(watched, event)

    def run(self) -> None:
        """Shows the palette and then does what was chosen: after it is closed, so that focus is back in place."""
        self.words.setFocus()
        self.exec()
        if self._chosen:
            self._chosen()

    def _choose(self) -> None:
        item = self.list.currentItem()
        if item:
            self._chosen = item.data(0, Qt.ItemDataRole.UserRole)
            self.accept()

    def _say(self, choice: PaletteEntry) -> None:
        """Why something that was chosen is not done."""
        self._window.context.notices.say("warn", f"“{choice.text}” is off", choice.off)

    def _show(self, words: str) -> None:
        self.list.clear()
        for choice in ranked(words.strip(), self._choices):
            said = f"{choice.text} — off: {choice.off}" if choice.off else choice.text
            item = QTreeWidgetItem([shown(said), choice.shortcut or choice.where])
            item.setIcon(
                0, choice.icon if not choice.icon.isNull() else self._window.theme.icon("chevron-right", "dim")
            )
            item.setData(0, Qt.ItemDataRole.UserRole, choice.do)
            if choice.off:
                item.setForeground(0, self._window.theme.color("dim"))
            item.setData(
                0, Qt.ItemDataRole.AccessibleTextRole, f"{item.text(0)}, {choice.where}, {choice.shortcut}"
            )
            item.setToolTip(0, f"{choice.where} › {item.text(0)}")
            item.setForeground(1, self._window.theme.color("dim"))
            item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            item.setSizeHint(0, QSize(0, self.fontMetrics().height() + 14))
            self.list.addTopLevelItem(item)
        found = self.list.topLevelItemCount() > 0
        self._nothing.setVisible(not found)
        if found:
            self._mark(0)

    def _mark(self, line: int) -> None:
        item = self.list.topLevelItem(line)
        if item:
            self.list.setCurrentItem(item)

    def _place(self, window: QWidget) -> None:
        width, height = min(640, window.width() - 64), min(460, window.height() - 120)
        self.resize(width, height)
        self.move(window.mapToGlobal(window.rect().topLeft()).x() + (window.width() - width) // 2,
                  window.mapToGlobal(window.rect().topLeft()).y() + 72)  # fmt: skip

    def _operations(self) -> Iterator[PaletteEntry]:
        """The operations, of the data source in sight or else of the one they were last used on."""
        icon, source = self._window.theme.icon("bolt", "dim"), self._window.source()
        for operation in OPERATIONS.values():
            to = ToOperations(source.id if source else "", operation.key)
            yield PaletteEntry(operation.title, _OPERATIONS, "", icon, partial(self._window.go, to))

    def _read_sources(self) -> None:
        app, shown_source = self._window.app, self._window.source()

        def work(stop: object, tell: object) -> tuple[list[DataSource], dict[str, str]]:
            sources = [entry.source for entry in app.workspace.list().entries]
            source = next((each for each in sources if shown_source and each.id == shown_source.id), None)
            offs = {each.title: app.runner.off(source, each) for each in OPERATIONS.values()} if source else {}
            return sources, {title: why.sentence() for title, why in offs.items() if why}

        self._window.tasks.run(
            "Reading the data sources",
            work,
            lambda found: self._add_sources(*found),
            lambda problem: None,  # the list of data sources itself tells what cannot be read
            owner=self,
            quiet=True,
        )

    def _add_sources(self, sources: list[DataSource], offs: dict[str, str]) -> None:
        """The data sources; operations that are off say why, and lead to where something can be done about it."""
        self._choices = [
            replace(each, off=offs[each.text]) if each.where == _OPERATIONS and each.text in offs else each
            for each in self._choices
        ]
        icon, go = self._window.theme.icon("plug", "dim"), self._window.go
        for source in sources:
            do = partial(go, ToConnector(source.id))
            self._choices.append(PaletteEntry(source.name or source.id, "Data source", "", icon, do))
        self._show(self.words.text())


def show_palette(window: Frame) -> None:
    """Opens the palette over the window."""
    dialog = Palette(window)
    dialog.run()
    dialog.deleteLater()
