"""Lines of cells, as they come out of a file of any sort: kept, counted, and refused where they are too many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from o365desk.model.problems import Problem, ProblemError
from o365desk.services.spreadsheets.formats.limits import LIMITS, Limits

FIRST = 10
"""Among so many lines the headings are looked for."""
STDIN = Path("standard input")
"""The name of what comes from there."""

Line = tuple[int, list[str]]


@dataclass(frozen=True)
class How:
    """What somebody chose where a file leaves it open: the title of a workbook's sheet, an encoding by its codec,
    and what separates the cells. "" for as it shows."""

    sheet: str = ""
    encoding: str = ""
    delimiter: str = ""


@dataclass(frozen=True)
class Choices:
    """What there is to choose from: titles of sheets, or encodings with what a word would be in each."""

    sheets: tuple[str, ...] = ()
    encodings: tuple[tuple[str, str], ...] = ()


class ChoiceError(ProblemError):
    """The file can be read in several ways, and somebody has to say in which."""

    def __init__(self, problem: Problem, choices: Choices) -> None:
        super().__init__(problem)
        self.choices = choices


@dataclass(frozen=True)
class Symptom:
    """What the clinic saw in `line` of the file (0: the file as a whole). `kind` is one word, `text` a sentence;
    `repaired`: it was put right in what was read, never in the file."""

    line: int
    kind: str
    text: str
    repaired: bool


@dataclass(frozen=True)
class Grid:
    """A file's lines that hold anything, numbered as an editor or Excel numbers them; `blanks` are the numbers of
    those between them that do not."""

    lines: list[Line]
    encoding: str
    delimiter: str
    findings: list[Symptom] = field(default_factory=list)
    blanks: list[int] = field(default_factory=list)
    choices: Choices = Choices()
    chosen: How = How()
    mails: Mapping[tuple[int, int], str] = field(default_factory=dict)
    """By line and place: the mail address that a cell links to."""
    unknown: bool = False
    """Whether there are cells whose value is not known."""


class Names(Protocol):
    """What knows an operation's headings."""

    def score(self, cells: Sequence[str]) -> int:
        """How much a line looks like them."""

    def find(self, lines: Sequence[Line]) -> int | None:
        """Which of the first lines has them, None for none."""

    def idle(self, lines: Sequence[Line]) -> Sequence[int]:
        """The places of columns that mean nothing, by the headings in the first lines."""


def refusal(path: Path, why: str, remedy: str, code: str, line: int = 0) -> ProblemError:
    """Why a file of rows cannot be used, with its name and line."""
    where = f"“{path.name}”, line {line}" if line else f"“{path.name}”"
    return ProblemError(Problem(title=f"{where} cannot be used", cause=why, remedy=remedy, field="rows", code=code))


class Lines:
    """The lines read so far. Blank ones count once a line follows that is not. Of cells in columns that mean
    nothing only this is kept, that they hold something."""

    def __init__(self, path: Path, names: Names, limits: Limits = LIMITS) -> None:
        self._path, self._names, self._limits = path, names, limits
        self.full: list[Line] = []
        self.blanks: list[int] = []
        self._waiting: list[int] = []
        self._idle: Sequence[int] = ()
        self._count = self._cells = self._kept = 0

    def add(self, number: int, cells: list[str]) -> None:
        """Takes the next line. Raises ProblemError for one too many, and for too much in it."""
        self._count += 1
        if self._count > self._limits.lines:
            why = f"It has more than {self._limits.lines:,} lines, most of them empty."
            raise self._refused(why, "Delete what is below the last row.", "too-many-lines", number)
        if _is_blank(cells):
            if self.full and len(self._waiting) < self._limits.rows:
                self._waiting.append(number)
            return
        if len(self.full) > self._limits.rows:
            why = f"It has more than {self._limits.rows:,} rows, which is the most that one file may have."
            raise self._refused(why, "Split it, and run the parts one after the other.", "too-many-rows")
        if not _is_blank(cells[self._limits.columns :]):
            why = f"The row has more than {self._limits.columns:,} columns."
            raise self._refused(why, "Keep those that are needed.", "too-wide", number)
        del cells[self._limits.columns :]
        if len(self.full) > FIRST:
            self._empty_idle(cells)
        self._weigh(number, cells)
        self.full.append((number, cells))
        self.blanks += self._waiting
        self._waiting = []

    def _empty_idle(self, cells: list[str]) -> None:
        """Keeps of the cells in columns that mean nothing only whether they hold something."""
        self._idle = self._idle or self._names.idle(self.full) or (self._limits.columns,)
        for place in self._idle:
            if place >= len(cells):
                break
            if any(map(str.isalnum, cells[place])):
                cells[place] = "…"

    def _weigh(self, number: int, cells: Sequence[str]) -> None:
        """Raises ProblemError where they fill the memory."""
        self._cells += len(cells)
        self._kept += sum(64 + len(cell) * (1 if cell.isascii() else 4) for cell in cells if cell and cell != "…")
        most, room = self._limits.cells, self._limits.kept
        if self._cells > most or self._kept > room:
            why = f"Up to here it has more than {most:,} cells, or {room >> 20} MB of them."
            raise self._refused(why, "Keep the columns that are needed, or split it.", "too-large", number)

    def _refused(self, why: str, remedy: str, code: str, line: int = 0) -> ProblemError:
        return refusal(self._path, why, remedy, code, line)


def _is_blank(cells: Sequence[str]) -> bool:
    return not any(cell and not cell.isspace() for cell in cells)
