"""The command line: everything the window can do, without one. Results go to standard output, the rest to standard
error. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not proven, 4 not allowed, 130 cancelled."""

import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from o365desk.app import App


def main(arguments: Sequence[str] | None = None) -> int:
    """Opens the window, or carries out a command. Returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    _open_streams()
    try:
        if arguments is None:  # the program itself, not somebody who calls this
            from o365desk.services.vault.vault import take_from_environment

            take_from_environment()
        wish = _window_wish(words)
        if wish is not None:
            return open_window(*wish)
        if "run-due" in words:
            from o365desk.cli.schedules import tick

            if (wake := tick.wish(words)) is not None:
                return tick.run_due(*wake)
        _load()
        from o365desk.cli.commands import run

        return run(words)
    except KeyboardInterrupt:  # while it starts
        return 130
    except Exception:  # noqa: BLE001 - told as Python would tell it, but for what it quotes
        sys.stderr.write(_mistake())
        return 1


def _load() -> None:
    """Imports the commands. All that they bring along stays: whoever looks for rubbish meanwhile takes a quarter of
    the start, and finds none."""
    if "o365desk.cli.commands" in sys.modules:
        return
    collects = gc.isenabled()
    gc.disable()
    try:
        import_module("o365desk.cli.commands")
        gc.freeze()
    finally:
        if collects:
            gc.enable()


def _mistake() -> str:
    """The exception of the moment, which was not expected, as text: what it quotes may be anybody's."""
    import traceback

    from o365desk.log import mask
    from o365desk.model.text.shown import shown

    return shown(mask(traceback.format_exc()), 50_000, lines=True)


def _open_streams() -> None:
    """Under pythonw, or where a shell closed them, there are no standard streams: then what is printed goes
    nowhere, and never into a file that happens to get a stream's number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8", errors="replace"))  # noqa: SIM115, PTH123 - as long as we live
        elif name != "stdin" and hasattr(stream, "reconfigure"):
            # A terminal that lacks a letter gets another one, not a traceback.
            stream.reconfigure(errors=_plainly())


_PLAIN = str.maketrans({
    "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "…": "...", "–": "-", "—": "-", "→": "->", "·": "-", "•": "*",
    "✓": "yes", "✗": "no", "⟨": "<", "⟩": ">", "\u00a0": " ",
})  # fmt: skip
"""Signs of ours, for terminals and pipes that have letters only."""


def _plainly() -> str:
    """The name of a way to write what an encoding lacks: our signs as plain ones, other letters as “?”."""
    import codecs

    def plain(error: UnicodeError) -> tuple[str | bytes, int]:
        if not isinstance(error, UnicodeEncodeError):
            raise error
        lacking = error.object[error.start : error.end].translate(_PLAIN)
        return "".join(letter if letter.isascii() else "?" for letter in lacking), error.end

    codecs.register_error("o365desk", plain)
    return "o365desk"


def _window_wish(words: list[str]) -> tuple[Path | None, bool] | None:
    """Workspace and practice, if the words ask for the window and nothing else. Read by hand: the library for
    commands takes as long to load as Qt."""
    workspace, practice, rest = None, False, list(words)
    while rest:
        word = rest.pop(0)
        if word == "--practice":
            practice = True
        elif word == "--workspace" and rest and not rest[0].startswith("-"):
            workspace = Path(rest.pop(0))
        elif word.startswith("--workspace="):
            workspace = Path(word.partition("=")[2])
        else:
            return None
    return workspace, practice


def open_window(workspace: Path | None, practice: bool) -> int:
    """Opens the window; where none can be shown, says so in one line, and practises in the terminal instead."""
    from o365desk.ui.display import why_no_window

    reason = why_no_window()
    if reason is not None:
        instead = "practising in the terminal instead" if practice else "every command works without one (--help)"
        sys.stderr.write(f"o365desk: no window can be shown here: {reason}; {instead}.\n")
        if not practice:
            return 1
        _load()
        from o365desk.cli.commands import guided_practice

        return guided_practice()
    from o365desk.ui.main import main as window

    return window(lambda: make_app(workspace, practice, origin="window"), practice=practice)


def make_app(workspace: Path | None, practice: bool = False, origin: str = "command line") -> "App":
    """The services for this process, with their log started; `origin` is a value of `model.activity.Origin`."""
    from o365desk import app
    from o365desk.model.activity import Origin

    made = app.build_practice(origin=Origin(origin)) if practice else app.build(workspace, origin=Origin(origin))
    app.start_log(made)
    return made
