"""The Help menu: help on a page, shortcuts, explaining an error, about, the log's folder, diagnostics."""

import platform
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QKeySequence
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
from o365desk.model.text.shown import shown
from o365desk.ui.commands import COMMANDS, MENUS, plain
from o365desk.ui.context import Page
from o365desk.ui.shell.diagnostics import copy_diagnostics, open_log_folder
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


class ReadingDialog(QDialog):
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


def shortcuts_sheet(window: Frame) -> ReadingDialog:
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
    return ReadingDialog(window, "Keyboard shortcuts", scroll, (560, 560))


def help_sheet(window: QWidget, page: Page[Any]) -> ReadingDialog:
    """What a page says about itself."""
    text = QTextBrowser(openExternalLinks=True)
    text.setAccessibleName(shown(f"Help on {page.title}"))
    text.setHtml(page.help or "<p>There is no more to say about this page.</p>")
    return ReadingDialog(window, page.title, text, (520, 380))


def about_sheet(window: Frame) -> ReadingDialog:
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
    return ReadingDialog(window, "About o365desk", body, (460, 300))


def explain_sheet(window: Frame) -> ReadingDialog:
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
    return ReadingDialog(window, "Explain an error", body, (560, 400))


def help_on(key: str, window: Frame, page: Page[Any]) -> None:
    """Does a command of the Help menu."""
    if key == "open-log":
        open_log_folder(window.context)
    elif key == "diagnostics":
        copy_diagnostics(window.context)
    else:
        sheets: dict[str, Callable[[], ReadingDialog]] = {
            "help": lambda: help_sheet(window, page),
            "shortcuts": lambda: shortcuts_sheet(window),
            "explain": lambda: explain_sheet(window),
            "about": lambda: about_sheet(window),
        }
        sheet = sheets[key]()
        sheet.exec()
        sheet.deleteLater()
