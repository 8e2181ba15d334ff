"""The window. The only place that knows Qt."""

import gc
import sys

gc.set_threshold(50_000, 20, 20)
# While modules and windows are made, the collector finds nothing, yet by default runs hundreds of times: a fifth of
# the start.


def keep_true_alive() -> None:
    """PySide6 6.12.0 returns True from each `Signal.emit` without taking a reference to it. Before Python 3.12, in
    which True became immortal, the process is aborted once the count reaches zero: after some hundred signals.
    (Measured with `sys.getrefcount(True)`; 6.11.3 does not do it.) So the count is set to where no session ends."""
    if sys.implementation.name == "cpython" and sys.version_info < (3, 12) and sys.getrefcount(True) < 1 << 29:
        import ctypes

        ctypes.c_ssize_t.from_address(id(True)).value += 1 << 30
