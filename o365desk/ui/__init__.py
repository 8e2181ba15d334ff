"""The window. The only place that knows Qt."""

import gc

gc.set_threshold(200_000, 20, 20)
# While modules and windows are made, the collector finds nothing, yet by default runs hundreds of times: a fifth of
# the start.

# Before Qt: PySide reads the source of each module that is imported after it, to see whether it uses PySide.
import o365desk.app  # noqa: E402, F401
