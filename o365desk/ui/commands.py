"""The commands of the menu bar, once: menus, shortcuts, command palette and shortcut sheet derive from it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QIcon, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QMenu, QMenuBar, QWidget

from o365desk.model.shown import shown
from o365desk.ui.context import Commands
from o365desk.ui.widgets.theme import Theme


@dataclass(frozen=True)
class Command:
    """One entry of a menu. `key` names what the window or the page does; "" is a separator. `typed` is a key that
    the focused widget hears by itself and that the menu only tells."""

    menu: str
    key: str = ""
    text: str = ""
    shortcut: str = ""
    icon: str = ""
    typed: str = ""


MENUS = {
    "file": "&File",
    "edit": "&Edit",
    "view": "&View",
    "source": "&Data source",
    "run": "Tas&ks",
    "practice": "&Practice",
    "help": "&Help",
}

COMMANDS = (
    Command("file", "new", "Add &new data source…", "Ctrl+N", "add"),
    Command("file", "save", "&Save", "Ctrl+S", "save"),
    Command("file", "close", "&Close page", typed="Esc"),
    Command("file"),
    Command("file", "quit", "&Quit", "Ctrl+Q"),
    Command("edit", "undo", "&Undo", "Ctrl+Z"),
    Command("edit", "redo", "&Redo", "Ctrl+Shift+Z"),
    Command("edit"),
    Command("edit", "cut", "Cu&t", "Ctrl+X"),
    Command("edit", "copy", "&Copy", "Ctrl+C", "copy"),
    Command("edit", "copy-row", "Copy r&ow", "Ctrl+Shift+C"),
    Command("edit", "copy-headers", "Copy with &headers", "Ctrl+Alt+C"),
    Command("edit", "paste", "&Paste", "Ctrl+V"),
    Command("edit", "selectAll", "Select &all", "Ctrl+A"),
    Command("edit"),
    Command("edit", "search", "&Find", "Ctrl+F", "search"),
    Command("edit"),
    Command("edit", "settings", "S&ettings…", "Ctrl+,", "sliders"),
    Command("view", "palette", "&Command palette…", "Ctrl+K"),
    Command("view", "refresh", "&Refresh", "F5", "refresh"),
    Command("view", "cancel", "Cancel running &work", typed="Esc"),
    Command("view"),
    Command("source", "open", "&Open", typed="Enter"),
    Command("source", "use", "&Use…", "Ctrl+U", "bolt"),
    Command("source", "test", "&Test connection", "Ctrl+T", "play"),
    Command("source", "authorize", "&Authorize…", "Ctrl+Shift+A", "key"),
    Command("source", "security", "&Security…", "", "shield"),
    Command("source"),
    Command("source", "duplicate", "&Duplicate", "Ctrl+D", "copy"),
    Command("source", "restore", "&Restore", "", "restore"),
    Command("source", "delete", "Move to recycle &bin…", "Del", "bin"),
    Command("run", "run", "&Apply or run", "Ctrl+Return", "play"),
    Command("run", "pause", "&Pause or go on", "", "pause"),
    Command("run", "resume", "&Resume", "", "refresh"),
    Command("run", "undo-run", "&Undo this run…", "", "undo"),
    Command("run"),
    Command("run", "export", "&Export rows…", "Ctrl+E", "save"),
    Command("help", "help", "&Help on this page", "F1", "help"),
    Command("help", "shortcuts", "&Keyboard shortcuts", "Ctrl+/", "keyboard"),
    Command("help", "explain", "E&xplain an error…", "", "info"),
    Command("help"),
    Command("help", "open-log", "Open &log folder"),
    Command("help", "diagnostics", "Copy &diagnostics"),
    Command("help"),
    Command("help", "about", "&About o365desk"),
)
EDITING = ("undo", "redo", "cut", "copy", "copy-row", "copy-headers", "paste", "selectAll")
"""Commands that act on the widget that has the focus, by its method of the same name."""
_OVER_TEXT = frozenset(
    QKeySequence(command.shortcut).toString()
    for command in COMMANDS
    if command.shortcut.startswith("Ctrl+") and command.key not in EDITING
)
"""Keys of commands that win over what a line of text does with them; Del and F1 are the text's first."""
NOT_HERE = "Not available on this page."


def plain(text: str) -> str:
    """A menu's or button's text without its mnemonic."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")


class CommandKeys(QObject):
    """Keeps the keys of commands from whatever text has the focus. On Linux a line of text takes some of them as in
    Emacs (Ctrl+E is its end, Ctrl+U empties it), and says so by accepting the ShortcutOverride."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        QApplication.instance().focusChanged.connect(self._focus_changed)  # type: ignore[union-attr]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The text does not hear of the question whether it wants such a key."""
        if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return False
        if QKeySequence(event.keyCombination()).toString() not in _OVER_TEXT:
            return False
        event.ignore()
        return True

    def _focus_changed(self, _: QWidget | None, now: QWidget | None) -> None:
        if now and now.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled):
            now.installEventFilter(self)  # as the first of its filters; it is there once, however often


class Menus:
    """The menu bar. `own` are the window's commands; what a page can do is told by `show`. The Practice menu
    is hidden until there is something in it."""

    def __init__(self, bar: QMenuBar, own: Commands, theme: Theme) -> None:
        self._bar = bar
        self._own = own
        self._theme = theme
        self._keys = CommandKeys(bar)
        self._page: Commands = {}
        self._extras: dict[str, QAction] = {}
        self.menus: dict[str, QMenu] = {}
        self.actions: dict[str, QAction] = {}
        for key, title in MENUS.items():
            self.menus[key] = bar.addMenu(title)
            self.menus[key].setToolTipsVisible(True)
            self.menus[key].aboutToShow.connect(partial(self.draw_icons, self.menus[key]))
        self.menus["practice"].menuAction().setVisible(False)
        for command in COMMANDS:
            self._add(command)
        self.menus["edit"].aboutToShow.connect(self._show_editing)
        self.menus["edit"].aboutToHide.connect(self._allow_editing)

    def show(self, page: Commands) -> None:
        """What the page in sight can do now; the rest is off, with the reason as tool tip."""
        self._page = page
        for key, action in self.actions.items():
            if key not in EDITING and key != "cancel":
                self._enable(action, self._own.get(key) or page.get(key, NOT_HERE))
        extras = [key for key in page if key not in self.actions]
        if list(self._extras) != extras:
            for action in self._extras.values():
                self.menus["source"].removeAction(action)
                action.deleteLater()
            self._extras = {key: self._extra(key) for key in extras}
        for key, action in self._extras.items():
            self._enable(action, page[key])

    def enable(self, key: str, reason: str = "") -> None:
        """Turns a command on, or off for a reason."""
        self._enable(self.actions[key], reason or str)

    def draw_icons(self, menu: QMenu) -> None:
        """Gives the actions of a menu their icons: just before it is shown, so that the start need not wait."""
        for action in menu.actions():
            name = action.property("icon_name")
            if name and action.icon().isNull():
                action.setIcon(self._theme.icon(name, "dim"))

    def forget_icons(self) -> None:
        """Another theme: icons are drawn anew when next shown."""
        for menu in self.menus.values():
            for action in menu.actions():
                if action.property("icon_name"):
                    action.setIcon(QIcon())

    def _add(self, command: Command) -> None:
        menu = self.menus[command.menu]
        if not command.key:
            menu.addSeparator()
            return
        action = QAction(command.text + (f"\t{command.typed}" if command.typed else ""), self._bar)
        action.setObjectName(command.key)
        action.setProperty("icon_name", command.icon)
        if command.shortcut:
            action.setShortcut(QKeySequence(command.shortcut))
            action.setAutoRepeat(command.key in EDITING)  # a held key acts once
        if command.key == "quit":
            action.setMenuRole(QAction.MenuRole.QuitRole)
        elif command.key == "about":
            action.setMenuRole(QAction.MenuRole.AboutRole)
        action.triggered.connect(lambda: self._do(command.key))
        menu.addAction(action)
        self.actions[command.key] = action

    def _extra(self, key: str) -> QAction:
        action = QAction(key, self._bar)
        action.triggered.connect(lambda: self._do(key))
        self.menus["source"].addAction(action)
        return action

    def _enable(self, action: QAction, does: Callable[[], object] | str) -> None:
        reason = does if isinstance(does, str) else ""
        action.setEnabled(not reason)
        action.setToolTip(shown(reason) or plain(action.text()).split("\t")[0])

    def _do(self, key: str) -> None:
        if key in EDITING:
            _edit(key)
            return
        does = self._own.get(key) or self._page.get(key, NOT_HERE)
        if callable(does):
            does()

    def _allow_editing(self) -> None:
        for key in EDITING:
            self.actions[key].setEnabled(True)

    def _show_editing(self) -> None:
        focused = QApplication.focusWidget()
        for key in EDITING:
            self.actions[key].setEnabled(_method(focused, key) is not None)


def _method(widget: QWidget | None, key: str) -> Callable[[], object] | None:
    method = getattr(widget, key.replace("-", "_"), None)
    return method if callable(method) else None


def _edit(key: str) -> None:
    method = _method(QApplication.focusWidget(), key)
    if method:
        method()
