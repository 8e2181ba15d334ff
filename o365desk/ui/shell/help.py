"""The Help menu: help on a page, shortcuts, explaining an error, about, the log's folder, diagnostics."""

import platform
import sys
from collections.abc import Callable

from PySide6.QtCore import QLocale, Qt, QUrl, qVersion
from PySide6.QtGui import QDesktopServices, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPlainTextEdit,
    QScrollArea,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from o365desk import __version__
from o365desk.log import mask
from o365desk.model.shown import shown
from o365desk.ui.commands import COMMANDS, MENUS, plain
from o365desk.ui.context import Context, Page
from o365desk.ui.shell.frame import Frame
from o365desk.ui.widgets.banner import Banner
from o365desk.ui.widgets.labels import Label, text_label

_ELSEWHERE = (
    ("Anywhere", "Next or previous control", "Tab"),
    ("Anywhere", "Cancel what runs, else close the page", "Esc"),
    ("Anywhere", "Open a menu or go to a field", "Alt+letter"),
    ("Tables", "Open the row", "Enter"),
    ("Tables", "Copy the cell", "Ctrl+C"),
    ("Tables", "Copy the row", "Ctrl+Shift+C"),
    ("Tiles", "Walk the tiles", "Arrow keys"),
)


def shortcuts(window: Frame) -> list[tuple[str, str, str]]:
    """Every shortcut there is: (where, what, keys)."""
    told = [
        (plain(MENUS[command.menu]), plain(command.text).rstrip("…"), command.shortcut or command.typed)
        for command in COMMANDS
        if command.shortcut or command.typed
    ]
    places = [
        ("View", plain(action.text()), action.shortcut().toString())
        for action in window.menus.menus["view"].actions()
        if action.property("place")
    ]
    keys = [(where, what, QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) or key)
            for where, what, key in told + places]  # fmt: skip
    return sorted(keys, key=lambda line: list(map(plain, MENUS.values())).index(line[0])) + list(_ELSEWHERE)


class Sheet(QDialog):
    """A dialog with a title, something to read, and Close."""

    def __init__(self, parent: QWidget, title: str, body: QWidget, size: tuple[int, int]) -> None:
        super().__init__(parent)
        self.setWindowTitle(shown(title))
        heading = Label(title)
        heading.setProperty("role", "title")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(16)
        column.addWidget(heading)
        column.addWidget(body, 1)
        column.addWidget(buttons)
        self.resize(*size)


def shortcuts_sheet(window: Frame) -> Sheet:
    """All shortcuts, by menu, in two columns of a scrolling sheet."""
    inside = QWidget()
    grid = QGridLayout(inside)
    grid.setContentsMargins(0, 0, 12, 0)
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(8)
    grid.setColumnStretch(1, 1)
    before = ""
    for line, (where, what, keys) in enumerate(shortcuts(window)):
        if where != before:
            head = Label(where)
            head.setProperty("role", "section")
            grid.addWidget(head, line, 0)
            before = where
        key = Label(keys)
        key.setProperty("role", "key")
        grid.addWidget(Label(what), line, 1)
        grid.addWidget(key, line, 2, Qt.AlignmentFlag.AlignRight)
    scroll = QScrollArea(widgetResizable=True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setWidget(inside)
    scroll.setAccessibleName("Keyboard shortcuts")
    return Sheet(window, "Keyboard shortcuts", scroll, (560, 560))


def help_sheet(window: QWidget, page: Page) -> Sheet:
    """What a page says about itself."""
    text = QTextBrowser(openExternalLinks=True)
    text.setAccessibleName(shown(f"Help on {page.title}"))
    text.setHtml(page.help or "<p>There is no more to say about this page.</p>")
    return Sheet(window, page.title, text, (520, 380))


def about_sheet(window: Frame) -> Sheet:
    """Name, version, licence."""
    picture = Label()
    picture.setPixmap(window.theme.app_icon().pixmap(64, 64))
    text = QVBoxLayout()
    text.setSpacing(12)
    text.addWidget(text_label(f"o365desk {__version__}", "strong"))
    for paragraph in (
        "Sets up, proves and uses an Office 365 data connector.",
        f"MIT licence. Made with Qt {qVersion()} (LGPL) and Python {platform.python_version()}.",
        "No account, no telemetry: it talks to the tenants that you name, and to nobody else.",
    ):
        text.addWidget(text_label(paragraph))
    text.addStretch(1)
    body = QWidget()
    row = QHBoxLayout(body)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(16)
    row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
    row.addLayout(text, 1)
    return Sheet(window, "About o365desk", body, (460, 300))


def explain_sheet(window: Frame) -> Sheet:
    """Explains an error that was met elsewhere: on a page of the browser, in a log, in a colleague's mail."""
    pasted = QPlainTextEdit(tabChangesFocus=True)
    pasted.setObjectName("pasted")
    pasted.setPlaceholderText("For example AADSTS50011, or the whole text of the page")
    label = Label("&Code or text of the error")
    label.setBuddy(pasted)
    pasted.setAccessibleName("Code or text of the error")
    pasted.setMaximumHeight(96)
    banner = Banner(window.theme)
    banner.setObjectName("explanation")

    def explain() -> None:
        from o365desk.services.explain import explain as meaning

        text = pasted.toPlainText()
        problem = meaning(text)
        if problem:
            banner.show_problem(problem)
        elif text.strip():
            banner.show_text(
                "info",
                "This version does not know that error",
                "It knows the sign-in service's AADSTS numbers and Graph's error codes. Paste the whole text.",
            )
        else:
            banner.hide()

    pasted.textChanged.connect(explain)
    body = QWidget()
    column = QVBoxLayout(body)
    column.setContentsMargins(0, 0, 0, 0)
    for widget in (label, pasted, banner):
        column.addWidget(widget)
    column.addStretch(1)
    return Sheet(window, "Explain an error", body, (560, 400))


def help_on(key: str, window: Frame, page: Page) -> None:
    """Does a command of the Help menu."""
    if key == "open-log":
        open_log_folder(window.context)
    elif key == "diagnostics":
        copy_diagnostics(window.context)
    else:
        sheets: dict[str, Callable[[], Sheet]] = {
            "help": lambda: help_sheet(window, page),
            "shortcuts": lambda: shortcuts_sheet(window),
            "explain": lambda: explain_sheet(window),
            "about": lambda: about_sheet(window),
        }
        sheet = sheets[key]()
        sheet.exec()
        sheet.deleteLater()


def open_log_folder(context: Context) -> None:
    """Shows the folder of the log in the system's file manager."""
    folder = context.app.log_folder
    if not folder.is_dir():
        context.notices.say("info", "No log was written yet", f"It would be in {folder}")
    elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
        context.notices.say("warn", "No program shows folders here", f"The log is in {folder}")


def diagnostics(context: Context, secrets: str) -> str:
    """What whoever looks after the program wants to know; holds no secret. `secrets` says where they are kept."""
    app, screen = context.app, QGuiApplication.primaryScreen()
    lines = [
        f"o365desk {__version__}",
        f"Python {platform.python_version()} ({sys.executable})",
        f"Qt {qVersion()}, platform {QGuiApplication.platformName()}",
        f"{platform.platform()}, {QLocale.system().name()}",
        f"Screen {screen.size().width()}×{screen.size().height()} at {screen.devicePixelRatio():g}×"
        if screen
        else "",
        f"Theme {'dark' if context.theme.dark else 'light'}",
        f"Workspace {app.workspace.folder}",
        f"Secrets: {secrets}",
        f"Log {app.log_folder}",
        f"Running: {', '.join(task.title for task in context.tasks.active()) or 'nothing'}",
    ]
    return mask("\n".join(shown(line) for line in lines if line))


def copy_diagnostics(context: Context) -> None:
    """Puts the diagnostics on the clipboard, once the vault has answered: a keychain may take its time."""

    def copy(secrets: str) -> None:
        QGuiApplication.clipboard().setText(diagnostics(context, secrets))
        context.notices.say("good", "Diagnostics are on the clipboard; they hold no secrets")

    context.tasks.run(
        "Copying diagnostics",
        lambda stop, tell: context.app.vault.description,
        copy,
        context.notices.problem,
        owner=context.notices,
    )
