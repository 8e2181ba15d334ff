"""Starts the installed program's window offscreen on the practice tenant, waits until it can be used, ends it."""

import sys
import time

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from o365desk.cli import make_app
from o365desk.ui.main import main

PATIENCE = 60
"""Seconds until the practice tenant's data source must be there."""


def look(app, since: float) -> None:
    """Ends the program once the practice tenant's data source is saved and a window is shown."""
    shown = any(window.isVisible() for window in QApplication.topLevelWidgets())
    if shown and app.workspace.list().entries:
        print(f"The window is open on {app.workspace.list().entries[0].source.name!r}.")
        QApplication.quit()
    elif time.monotonic() - since > PATIENCE:
        print("The window did not open in time.")
        QApplication.exit(1)


def started():
    app = make_app(None, practice=True)
    timer = QTimer(QApplication.instance())
    timer.timeout.connect(lambda: look(app, since))
    timer.start(200)
    return app


since = time.monotonic()
sys.exit(main(started, practice=True))
