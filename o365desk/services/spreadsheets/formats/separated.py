"""Text with separators, as lines of cells: CSV of any delimiter and encoding."""

import codecs
import contextlib
import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from o365desk.model.problems import ProblemError
from o365desk.services.spreadsheets.formats import encodings, foreign
from o365desk.services.spreadsheets.formats.encodings import UnreadableError
from o365desk.services.spreadsheets.formats.grid import (
    FIRST,
    ChoiceError,
    Choices,
    Grid,
    How,
    Lines,
    Names,
    Symptom,
    refusal,
)
from o365desk.services.spreadsheets.formats.limits import LIMITS, Limits

_LONGEST_CELL = 1024 * 1024
_HEAD = 100 * 1024
"""Letters in which delimiter and sort of a file show."""
DELIMITERS = {
    ",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars",
    "^": "carets", "~": "tildes", ":": "colons",
}  # fmt: skip
_RARE = frozenset("^~:")
"""Separators that are taken only where the headings are known with them: values have these signs, too."""
_WORDS = {
    "comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "bar": "|", "pipe": "|", "caret": "^", "tilde": "~",
    "colon": ":", "space": " ", "blank": " ",
}  # fmt: skip
_OTHER_ESCAPE = re.compile(rb'\\[^"\\]')
_MOST_BLANKS = 3


def delimiter_named(text: str) -> str:
    """The separator that somebody means, by itself or in words: “;”, “tab”, “\\t”. "" for none."""
    known = _WORDS.get(text.strip().casefold().removesuffix("s"), "") or text
    fit = (
        len(known) == 1
        and not known.isalnum()
        and known not in "\"'\r\n\0@"
        and (known == "\t" or known.isprintable())
    )
    return known if fit else ""


def text_grid(
    path: Path, data: bytes, names: Names, how: How, check: Callable[[], None], limits: Limits = LIMITS
) -> Grid:
    """The lines of a text. Raises ProblemError; ChoiceError where its encoding is to be chosen."""
    try:
        encoding = encodings.encoding_of(data, how.encoding)
    except UnreadableError as error:
        # What is no text in any encoding needs none.
        _refuse_garbage(path, data[: 4 * _HEAD].decode("utf-8", "replace"), most=2)
        raise _unreadable(path, error) from error
    head = _head(data, encoding.codec)
    _refuse_garbage(path, head)
    head = head.replace("\0", "")
    told = foreign.looked_at(head)
    if told:
        raise refusal(path, f"This is no table: it looks like {told.what}.", told.remedy, told.code)
    told_by = re.match(r"sep=(.)(?:\r\n|\r|\n)", head)
    head = head[told_by.end() :] if told_by else head
    known = told_by[1] if told_by and told_by[1] in DELIMITERS else ""
    delimiter = how.delimiter or known or _delimiter(head, names)
    findings = [Symptom(0, "encoding", encoding.said, True)] if encoding.said else []
    escaped = _is_escaped(path, data, encoding.codec, delimiter)
    if escaped:
        said = 'Quotation marks that were written as \\" were read as quotation marks.'
        findings.append(Symptom(0, "escapes", said, True))
    blanks = _has_blanks(data, encoding.codec, delimiter)
    if blanks:
        findings.append(Symptom(0, "separator-blanks", "The blanks behind the separators were left out.", True))
    text = _Text(path, data, encoding.codec, check, limits.line)
    form = {"delimiter": delimiter, "skipinitialspace": blanks} | ({"escapechar": "\\"} if escaped else {})
    lines = _lines(path, text, form, 1 if told_by else 0, Lines(path, names, limits))  # written by Excel, for Excel
    if text.nul_bytes:
        findings.append(Symptom(text.first_nul, "nul", f"{text.nul_bytes:,} NUL bytes were left out.", True))
    if delimiter != ",":
        what = DELIMITERS.get(delimiter, f"“{delimiter}”")
        findings.append(Symptom(0, "delimiter", f"Its columns are separated by {what}.", False))
    choices = Choices(encodings=encoding.samples)
    chosen = How(encoding=encoding.codec, delimiter=delimiter)
    return Grid(lines.full, encoding.codec, delimiter, findings, lines.blanks, choices, chosen)


def _head(data: bytes, codec: str) -> str:
    decoder = codecs.getincrementaldecoder(codec)(errors="replace")
    return str(decoder.decode(data[: 4 * _HEAD], len(data) <= 4 * _HEAD))[:_HEAD]


def _unreadable(path: Path, error: UnreadableError) -> ProblemError:
    """The question which encoding it is, with what a word would be in each."""
    shown = "; ".join(f"{codec}: “{word}”" for codec, word in error.samples[:5])
    seen = f" It would be read as {shown}." if shown else ""
    remedy = (
        "Say how it is encoded (on the command line: --encoding), or save it as “CSV UTF-8” in the program that it "
        "comes from."
    )
    problem = refusal(path, f"{error.why}{seen}", remedy, "encoding", error.line).problem
    return ChoiceError(problem, Choices(encodings=error.samples)) if error.samples else ProblemError(problem)


def _refuse_garbage(path: Path, text: str, most: int = 20) -> None:
    """Raises ProblemError where this is no text at all: NUL bytes and a stray letter are forgiven."""
    some = text[:4000].replace("\0", "").translate(dict.fromkeys(map(ord, "\t\r\n\x1b")))
    if most == 20:
        bad = sum(letter == "\ufffd" or unicodedata.category(letter) in ("Cc", "Cn", "Co", "Cs") for letter in some)
    else:  # which letters its bytes are is not known: only the control characters of ASCII tell
        bad = 10 * sum(letter < " " or letter == "\x7f" for letter in some)
    if bad > max(3, len(some) / 20):
        excel = path.suffix.lower() in (".xlsx", ".xlsm")
        looks = "a workbook that is damaged" if excel else "bytes of a program, not text"
        raise refusal(path, f"This is no table: it looks like {looks}.", "Choose a CSV or XLSX file.", "no-table")


def _delimiter(head: str, names: Names) -> str:
    """The one that makes the best headings of one of the first lines; else the one that splits the first most."""
    lines = io.StringIO(head, newline="")
    first = list(islice((line for line in lines if line.strip()), FIRST))
    titles = next((place for place, line in enumerate(first) if "@" in line), len(first))
    best, most = ",", (0, 0)
    for delimiter in DELIMITERS:
        split = [next(csv.reader([line], delimiter=delimiter), []) for line in first[: titles or 1]]
        rank = max(((names.score(cells), len(split[0])) for cells in split), default=(0, 0))
        if rank > most and (
            delimiter not in _RARE or (rank[0] > most[0] and any(len(cells) > 1 for cells in split))
        ):
            best, most = delimiter, rank
    return best


def _has_blanks(data: bytes, codec: str, delimiter: str) -> bool:
    """Whether blanks stand between a separator and a quotation mark, which would then be part of the value."""
    plain = "utf-16-le" if codec == "utf-16" else "utf-8" if codec == "utf-8-sig" else codec
    return any(f'{delimiter}{" " * count}"'.encode(plain, "ignore") in data for count in range(1, _MOST_BLANKS + 1))


def _is_escaped(path: Path, data: bytes, codec: str, delimiter: str) -> bool:
    r"""Whether quotation marks inside values are written as \" (by MySQL, PHP and shells). Raises ProblemError
    where backslashes are both, marks and letters: then nobody can tell."""
    if "16" in codec or "32" in codec:
        data = data.decode(codec, "ignore").encode()
    if b'\\"' not in data:
        return False
    # Where quotation marks are written twice, an odd number of them ends the value, and an even one never does.
    end = rb" *(?:" + re.escape(delimiter).encode() + rb"|\r|\n|\Z)"
    match = re.search(rb'\\"(?!"|' + end + rb')|\\""(?=' + end + rb")", data)
    if match is None:
        return False
    if _OTHER_ESCAPE.search(data):
        line = data.count(b"\n", 0, match.start()) + 1
        why = r"A quotation mark inside a value is written as \" here, while other backslashes belong to values."
        raise refusal(path, why, 'Write it twice ("") instead.', "escape", line)
    return True


class _Text:
    """The lines of a text one by one, without the NUL bytes among them: never the whole of it, which takes up to
    four times the memory of the file."""

    def __init__(self, path: Path, data: bytes, encoding: str, check: Callable[[], None], longest: int) -> None:
        self._path, self._check, self._longest = path, check, longest
        self._stream = io.TextIOWrapper(io.BytesIO(data), encoding, errors="replace", newline="")
        self._line = 0
        self.quotes = self.nul_bytes = self.first_nul = 0

    def __iter__(self) -> Iterator[str]:
        while line := self._stream.readline(self._longest + 1):
            self._line += 1
            if self._line % 1000 == 0:
                self._check()
            if len(line) > self._longest:
                why = f"The line is longer than {self._longest >> 20} million letters."
                raise refusal(self._path, why, "See whether this is a table.", "too-long-line", self._line)
            if "\0" in line:
                self.first_nul = self.first_nul or self._line
                self.nul_bytes += line.count("\0")
                line = line.replace("\0", "")
            self.quotes += line.count('"')
            yield line


@contextlib.contextmanager
def _long_cells() -> Iterator[None]:
    """csv's limit for one cell is the whole process's."""
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(before)


def _lines(path: Path, text: _Text, form: dict[str, Any], skipped: int, lines: Lines) -> Lines:
    physical = iter(text)
    for _ in range(skipped):
        next(physical, None)
    reader = csv.reader(physical, **form)
    begin = 0
    with _long_cells():
        try:
            for cells in reader:
                line, begin = skipped + begin + 1, reader.line_num
                lines.add(line, cells)
        except csv.Error as error:
            raise _open_quote(path, skipped + begin + 1, sure=False) from error
    last = lines.full[-1:]
    if last and "\n" in last[0][1][-1] and text.quotes % 2:
        raise _open_quote(path, last[0][0])
    return lines


def _open_quote(path: Path, line: int, *, sure: bool = True) -> ProblemError:
    why = "A quotation mark opens a value here and is never closed, so the rest of the file would be one value."
    if not sure:
        why = "A value in this row is longer than 1 MB; mostly, a quotation mark opens it and is never closed."
    return refusal(path, why, 'Close it, or write it twice ("") where it belongs to the value.', "quote", line)
