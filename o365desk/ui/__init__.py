"""The window. The only place that knows Qt."""

import ctypes
import sys


def _keep_true_alive() -> None:
    """PySide6 6.12.0 returns True from each `Signal.emit` without taking a reference to it. Before Python 3.12, in
    which True became immortal, the process is aborted once the count reaches zero: after some hundred signals.
    (Measured with `sys.getrefcount(True)`; 6.11.3 does not do it.) So the count begins where no session ends."""
    if sys.implementation.name == "cpython" and sys.version_info < (3, 12):
        ctypes.c_ssize_t.from_address(id(True)).value += 1 << 30


_keep_true_alive()
