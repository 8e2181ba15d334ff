"""What a report of a fault is sent with."""

import platform
import sys

from PySide6.QtCore import QLocale, QUrl, qVersion
from PySide6.QtGui import QDesktopServices, QGuiApplication

from o365desk import __version__
from o365desk.log import mask
from o365desk.model.text.shown import shown
from o365desk.ui.context import Context


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
