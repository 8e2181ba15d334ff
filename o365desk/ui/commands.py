"""The commands of the menu bar, once: menus, shortcuts, command palette and shortcut sheet derive from it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QIcon, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QMenu, QMenuBar, QWidget

from o365desk.model.text.shown import shown
from o365desk.ui.context import CommandKey, Commands, Extras, MayNot
from o365desk.ui.widgets.theme import Theme


@dataclass(frozen=True)
class Command:
    """One entry of a menu. `key` names what the window or the page does; without one it is a
    separator. `typed` is a key that the focused widget hears by itself and that the menu only tells."""

    menu: str
    key: CommandKey | None = None
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
    Command("file", CommandKey.NEW, "Add &new data source…", "Ctrl+N", "add"),
    Command("file", CommandKey.SAVE, "&Save", "Ctrl+S", "save"),
    Command("file", CommandKey.CLOSE, "&Close page", typed="Esc"),
    Command("file"),
    Command("file", CommandKey.SIGN_IN, "Sign &in…", "", "key"),
    Command("file", CommandKey.SWITCH, "S&witch account…", "", "users"),
    Command("file", CommandKey.SIGN_OUT, "Sign &out…"),
    Command("file"),
    Command("file", CommandKey.QUIT, "&Quit", "Ctrl+Q"),
    Command("edit", CommandKey.UNDO, "&Undo", "Ctrl+Z"),
    Command("edit", CommandKey.REDO, "&Redo", "Ctrl+Shift+Z"),
    Command("edit"),
    Command("edit", CommandKey.CUT, "Cu&t", "Ctrl+X"),
    Command("edit", CommandKey.COPY, "&Copy", "Ctrl+C", "copy"),
    Command("edit", CommandKey.COPY_ROW, "Copy r&ow", "Ctrl+Shift+C"),
    Command("edit", CommandKey.COPY_HEADERS, "Copy with &headers", "Ctrl+Alt+C"),
    Command("edit", CommandKey.PASTE, "&Paste", "Ctrl+V"),
    Command("edit", CommandKey.SELECT_ALL, "Select &all", "Ctrl+A"),
    Command("edit"),
    Command("edit", CommandKey.SEARCH, "&Find", "Ctrl+F", "search"),
    Command("edit"),
    Command("edit", CommandKey.PEOPLE, "Roles a&nd partners…", "", "users"),
    Command("edit", CommandKey.SINGLE_SIGN_ON, "&Single sign-on…", "", "key"),
    Command("edit", CommandKey.SETTINGS, "S&ettings…", "Ctrl+,", "sliders"),
    Command("view", CommandKey.PALETTE, "&Command palette…", "Ctrl+K"),
    Command("view", CommandKey.REFRESH, "&Refresh", "F5", "refresh"),
    Command("view", CommandKey.CANCEL, "Cancel running &work", typed="Esc"),
    Command("view", CommandKey.LIFETIMES, "&Lifetimes", "", "calendar"),
    Command("view"),
    Command("source", CommandKey.OPEN, "&Open", typed="Enter"),
    Command("source", CommandKey.USE, "&Use…", "Ctrl+U", "bolt"),
    Command("source", CommandKey.TEST, "&Test connection", "Ctrl+T", "play"),
    Command("source", CommandKey.AUTHORIZE, "&Authorize…", "Ctrl+Shift+A", "key"),
    Command("source", CommandKey.SECURITY, "&Security…", "", "shield"),
    Command("source", CommandKey.SHEET, "Handover sh&eet…", "", "file"),
    Command("source"),
    Command("source", CommandKey.DUPLICATE, "&Duplicate", "Ctrl+D", "copy"),
    Command("source", CommandKey.RESTORE, "&Restore", "", "restore"),
    Command("source", CommandKey.DELETE, "Move to recycle &bin…", "Del", "bin"),
    Command("run", CommandKey.RUN, "&Apply or run", "Ctrl+Return", "play"),
    Command("run", CommandKey.PAUSE, "&Pause or go on", "", "pause"),
    Command("run", CommandKey.RESUME, "&Resume", "", "refresh"),
    Command("run", CommandKey.UNDO_RUN, "&Undo this run…", "", "undo"),
    Command("run"),
    Command("run", CommandKey.EXPORT, "&Export rows…", "Ctrl+E", "save"),
    Command("run"),
    Command("run", CommandKey.NEW_TASK, "&New scheduled task…", "Ctrl+Shift+N", "clock"),
    Command("run", CommandKey.HISTORY, "Histor&y of the task", "Ctrl+H", "runs"),
    Command("run", CommandKey.REMOVE_TASK, "&Delete the task…", "", "bin"),
    Command("help", CommandKey.HELP, "&Help on this page", "F1", "help"),
    Command("help", CommandKey.SHORTCUTS, "&Keyboard shortcuts", "Ctrl+/", "keyboard"),
    Command("help", CommandKey.EXPLAIN, "E&xplain an error…", "", "info"),
    Command("help"),
    Command("help", CommandKey.OPEN_LOG, "Open &log folder"),
    Command("help", CommandKey.DIAGNOSTICS, "Copy &diagnostics"),
    Command("help"),
    Command("help", CommandKey.ABOUT, "&About o365desk"),
)
TEXTS = {command.key: command.text for command in COMMANDS if command.key}
"""The text of each command, with its mnemonic."""
EDITING = (
    CommandKey.UNDO,
    CommandKey.REDO,
    CommandKey.CUT,
    CommandKey.COPY,
    CommandKey.COPY_ROW,
    CommandKey.COPY_HEADERS,
    CommandKey.PASTE,
    CommandKey.SELECT_ALL,
)
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
        self._page_extras: Extras = {}
        self._extras: dict[str, QAction] = {}
        self._told: dict[QAction, tuple[str, bool]] = {}
        self.menus: dict[str, QMenu] = {}
        self.actions: dict[CommandKey, QAction] = {}
        for key, title in MENUS.items():
            self.menus[key] = bar.addMenu(title)
            self.menus[key].setToolTipsVisible(True)
            self.menus[key].aboutToShow.connect(partial(self.draw_icons, self.menus[key]))
        self.menus["practice"].menuAction().setVisible(False)
        for command in COMMANDS:
            self._add(command)
        self.menus["edit"].aboutToShow.connect(self._show_editing)
        self.menus["edit"].aboutToHide.connect(self._allow_editing)

    def show(self, page: Commands, extras: Extras) -> None:
        """What the page in sight can do now, and what only it has; the rest is off, with the reason as tool tip."""
        self._page, self._page_extras = page, extras
        for key, action in self.actions.items():
            if key not in EDITING and key is not CommandKey.CANCEL:
                self._enable(action, self._own.get(key) or page.get(key, NOT_HERE))
        if list(self._extras) != list(extras):
            for action in self._extras.values():
                self.menus["source"].removeAction(action)
                self._told.pop(action, None)
                action.deleteLater()
            self._extras = {text: self._extra(text) for text in extras}
        for text, action in self._extras.items():
            self._enable(action, extras[text])

    def enable(self, key: CommandKey, reason: str = "") -> None:
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
        key = command.key
        if key is None:
            menu.addSeparator()
            return
        action = QAction(command.text + (f"\t{command.typed}" if command.typed else ""), self._bar)
        action.setObjectName(key)
        action.setProperty("icon_name", command.icon)
        if command.shortcut:
            action.setShortcut(QKeySequence(command.shortcut))
            action.setAutoRepeat(key in EDITING)  # a held key acts once
        if key is CommandKey.QUIT:
            action.setMenuRole(QAction.MenuRole.QuitRole)
        elif key is CommandKey.ABOUT:
            action.setMenuRole(QAction.MenuRole.AboutRole)
        action.triggered.connect(lambda: self._do(key))
        menu.addAction(action)
        self.actions[key] = action

    def _extra(self, text: str) -> QAction:
        action = QAction(text, self._bar)
        action.triggered.connect(lambda: _done(self._page_extras[text]))
        self.menus["source"].addAction(action)
        return action

    def _enable(self, action: QAction, does: Callable[[], object] | str) -> None:
        reason = does if isinstance(does, str) else ""
        told = (reason, isinstance(does, MayNot))
        if self._told.get(action) == told:
            return  # some thirty are told at each key stroke
        self._told[action] = told
        action.setEnabled(not reason)
        action.setProperty("refused", isinstance(does, MayNot))
        action.setToolTip(shown(reason) or plain(action.text()).split("\t")[0])

    def _do(self, key: CommandKey) -> None:
        if key in EDITING:
            _edit(key)
        else:
            _done(self._own.get(key) or self._page.get(key, NOT_HERE))

    def _allow_editing(self) -> None:
        for key in EDITING:
            self.actions[key].setEnabled(True)

    def _show_editing(self) -> None:
        focused = QApplication.focusWidget()
        for key in EDITING:
            self.actions[key].setEnabled(_method(focused, key) is not None)


def _done(does: Callable[[], object] | str) -> None:
    if callable(does):
        does()


def _method(widget: QWidget | None, key: CommandKey) -> Callable[[], object] | None:
    method = getattr(widget, key.replace("-", "_"), None)
    return method if callable(method) else None


def _edit(key: CommandKey) -> None:
    method = _method(QApplication.focusWidget(), key)
    if method:
        method()
