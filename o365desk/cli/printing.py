"""What commands show: tables and progress for people, JSON for scripts."""

import contextlib
import errno
import json
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from o365desk.log import mask
from o365desk.model.problems import Action, CancelledError, Problem
from o365desk.model.report import Report, Step
from o365desk.model.status import Outcome
from o365desk.model.stop import Stop
from o365desk.model.text import shells
from o365desk.model.text.shown import escaped, shown

if TYPE_CHECKING:
    from o365desk.catalogue import Column

_ENDLESS = 10_000
_GAP = 2
_WIDEST = 60
"""Letters that a column of a streamed table has at most; longer values wrap."""
_CELL = 1_000
"""Letters of a value that a table has at most."""

_PATIENCE = 2.0
"""Seconds that cancelled work has to end."""

_SIGNS = {
    Outcome.PASSED: ("✓", "green"),
    Outcome.FAILED: ("✗", "red"),
    Outcome.NOT_PROVEN: ("?", "yellow"),
    Outcome.SKIPPED: ("–", "dim"),
}


class _Out:
    """Whether results went to standard output already. Threads of a command share it."""

    def __init__(self) -> None:
        self.used = False

    def begin(self) -> None:
        """A command begins: nothing did."""
        self.used = False


OUT = _Out()


def _sign(outcome: Outcome) -> tuple[str, str]:
    """How an outcome is shown: as a sign, or as a word where standard error cannot show the signs. There, a letter
    that is lacking becomes “?”, which is a sign itself."""
    sign, style = _SIGNS[outcome]
    try:
        "".join(each for each, _ in _SIGNS.values()).encode(getattr(sys.stderr, "encoding", None) or "utf-8")
    except (UnicodeError, LookupError):
        return f"{outcome.value:<{_WORDY}}", style
    return sign, style


_WORDY = max(len(outcome.value) for outcome in Outcome)


_COMMANDS: dict[Action, tuple[str, *tuple[str, ...]]] = {
    Action.AUTHORIZE: ("authorize",),
    Action.DEVICE_CODE: ("authorize", "--device-code"),
    Action.BROWSER: ("authorize",),
    Action.CONSENT: ("authorize",),
    Action.IMPORT: ("import", "--apply"),
}
"""What the window offers as a button, and the command that does the same, with its options."""

_COMMAND: ContextVar[Callable[..., str] | None] = ContextVar("_COMMAND", default=None)


def name_in_commands(here: Callable[[str], str], name: str) -> None:
    """From now on, commands in problems are about this data source; `here` is `App.command_here`. Without a name,
    none is shown: it would be about nothing."""
    _COMMAND.set((lambda word, *options: here(shells.ours([word], [name], options))) if name else None)


def line(*parts: str | tuple[str, str]) -> Text:
    """One line for a terminal, some of it with a style. It is made of texts, never of rich's markup, which a name
    could hold; it is masked; and what could move the cursor or change what was printed before is a mark."""
    made = Text()
    for part in parts:
        text, style = (part, "") if isinstance(part, str) else part
        made.append(shown(mask(text)), style)
    return made


class _Messages(Console):
    """Standard error, which is never worth stopping for: a run goes on when the pipe that its messages went to is
    closed, or the disk that they were written to is full."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Prints, if that is possible."""
        try:
            super().print(*objects, **options)
        except OSError:
            give_up(sys.stderr)

    def on_broken_pipe(self) -> None:
        """Rich would end the process."""
        give_up(sys.stderr)


class UnreadError(Exception):
    """Nobody reads what is printed any more; `code` is what came of the command all the same."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


@contextlib.contextmanager
def telling(code: int) -> Iterator[None]:
    """What comes of a command is known, and is printed meanwhile: whoever stops reading does not change it. Raises
    UnreadError. Typer and rich end the process themselves when nobody reads any more."""
    try:
        yield
    except (SystemExit, BrokenPipeError) as error:
        if isinstance(error, BrokenPipeError) or isinstance(error.__context__, BrokenPipeError):
            raise UnreadError(code) from error
        raise


_FULL = (errno.ENOSPC, errno.EFBIG, errno.EIO, errno.EDQUOT)


def unwritten(error: OSError) -> Problem | None:
    """What it means that standard output takes no more; from then on, it goes nowhere. None, if that is not it."""
    if error.errno not in _FULL or error.filename is not None:
        return None
    give_up(sys.stdout)
    return Problem(
        title="The results cannot be written",
        cause=f"Standard output takes no more: {error.strerror or error}.",
        remedy="Make room where it goes to.",
        code="output",
    )


def give_up(stream: IO[str]) -> None:
    """Lets go what cannot be written, now and later: Python would complain once more while it ends."""
    with contextlib.suppress(OSError), Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())


def people() -> Console:
    """Where messages and progress go: standard error, made anew as tests and shells redirect it."""
    return _Messages(stderr=True, highlight=False, markup=False, emoji=False)


def _results() -> Console:
    """Where tables go: standard output. A file or pipe has no edge at which to wrap."""
    options: dict[str, Any] = {"highlight": False, "markup": False, "emoji": False}
    console = Console(**options)
    return console if console.is_terminal else Console(**options, width=_ENDLESS)


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    print_document(escaped(json.dumps(value, indent=2, ensure_ascii=False)) + "\n")


def print_document(text: str) -> None:
    """JSON on standard output: UTF-8 whatever the terminal's encoding is, and nothing that steers a terminal."""
    OUT.used = True
    sys.stdout.flush()
    sys.stdout.buffer.write(escaped(text).encode("utf-8"))
    sys.stdout.buffer.flush()


def print_lines(lines: Sequence[str]) -> None:
    """Lines on standard output, such as a difference; a line break in one makes no second one."""
    OUT.used = True
    console = _results()
    console.file.writelines(f"{shown(mask(text))}\n" for text in lines)  # rich would take seconds for some thousand
    console.file.flush()


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on standard output. Ids and reasons are never cut: they wrap."""
    console = _results()
    cells = [[shown(mask(cell), _CELL) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(columns, *cells, strict=True)]
    if sum(widths) + 2 * (len(widths) - 1) <= console.width:
        # Nothing wraps, and rich would take seconds to find that out of some thousand rows.
        console.print(Text(_line(columns, widths), "bold"), soft_wrap=True)
        console.file.writelines(_line(row, widths) + "\n" for row in cells)
        console.file.flush()
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in cells:
        table.add_row(*map(Text, row))
    console.print(table)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True))


class StreamedTable:
    """A table on standard output that grows page by page. The first page decides how wide the columns are; on a
    terminal, those that do not fit are left out and named in `left_out`."""

    def __init__(self, columns: "Sequence[Column]") -> None:
        self._columns = list(columns)
        self._widths: list[int] = []
        self.left_out: list[str] = []

    def rows(self, rows: Sequence[dict[str, Any]]) -> None:
        """Prints some more rows, in Graph's shape."""
        console = _results()
        cells = [[shown(_worded(column.value(row)), _CELL) for column in self._columns] for row in rows]
        first = not self._widths
        if first:
            self._fit(cells, console.width)
        table = Table(box=None, pad_edge=False, header_style="bold", show_header=first)
        for column, width in zip(self._columns, self._widths, strict=True):
            table.add_column(column.title, overflow="fold", width=width)
        for row in cells:
            table.add_row(*(_cell(cell) for cell in row[: len(self._columns)]))
        console.print(table)

    def _fit(self, cells: Sequence[Sequence[str]], space: int) -> None:
        for place, column in enumerate(self._columns):
            width = min(_WIDEST, max([len(column.title), *(len(row[place]) for row in cells)]))
            if place and sum(self._widths) + _GAP * place + width > space:
                self.left_out = [other.key for other in self._columns[place:]]
                break
            self._widths.append(width)
        self._columns = self._columns[: len(self._widths)]


def _cell(text: str) -> Text:
    return Text(shown(text, _CELL))


def _worded(value: Any) -> str:
    """A native value as text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return f"{value.get('used', 0):,} of {value.get('enabled', 0):,}"
    return "; ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def say(*lines: str) -> None:
    """A message to the person. Each text is one line: a line break in a name makes no second one."""
    for text in lines:
        _print(line(text))


def _print(*texts: Text) -> None:
    console = people()
    for text in texts:
        console.print(text, soft_wrap=True)


def _reasons(problem: Problem) -> list[str]:
    """Why, in our words and Microsoft's, and what to do."""
    return [text for text in (problem.cause, problem.microsoft_says, problem.remedy) if text]


def show_problem(problem: Problem) -> None:
    """What happened, why, what to do; then code and request id for whoever is asked for help."""
    said = [line((problem.title, "bold red"))]
    said += [line(text) for text in _reasons(problem)]
    if problem.action in _COMMANDS and (command := _COMMAND.get()):
        said.append(line(f"On the command line: {command(*_COMMANDS[problem.action])}"))
    tail = [part for part in (problem.code, problem.request_id and f"request {problem.request_id}") if part]
    if tail:
        said.append(line((f"({', '.join(tail)})", "dim")))
    _print(*said)


def show_step(step: Step) -> None:
    """One line of a running test."""
    time = f"{step.seconds * 1000:.0f} ms"
    warning = [(" !", "yellow")] if step.warning else []
    _print(
        line(_sign(step.outcome), f" {step.title:<26} ", (f"{time:>8}", "dim"), f"  {step.detail}", *warning),
    )


def show_report(report: Report) -> None:
    """A test's verdict on each operation, its headline, and what to do."""
    said = [line("")]
    said += [line(_sign(item.outcome), f" {item.title:<26} ", (item.detail, "dim")) for item in report.operations]
    colour = {"succeeded": "green", "failed": "red"}.get(report.outcome, "yellow")
    said += [line(""), line((report.message, f"bold {colour}"))]
    if report.problem:
        said += [line(text) for text in _reasons(report.problem)]
    _print(*said)


def interruptible(work: Callable[[Stop], Any]) -> Any:
    """The result of blocking work, which Ctrl+C stops. In a thread of its own: on Windows, waiting for a lock in
    the main thread cannot be interrupted."""
    stop, outcome, done = Stop(), {}, threading.Event()

    def run() -> None:
        try:
            outcome["result"] = work(stop)
        except BaseException as error:  # noqa: BLE001 - raised again below, in the main thread
            outcome["error"] = error
        finally:
            done.set()

    try:
        threading.Thread(target=run, daemon=True).start()
        while not done.wait(0.1):
            pass
    except KeyboardInterrupt:
        stop.set()
        done.wait(_PATIENCE)  # so that files it has open are put away
        raise CancelledError from None
    if "error" in outcome:
        raise outcome["error"]
    return outcome["result"]
