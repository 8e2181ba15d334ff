"""Excel workbooks, read without trusting them: a few kilobytes can unpack to gigabytes.

Only what the rows need is unpacked: the list of sheets, the formats that make a number a date, the texts that
cells share, and the sheets. All of that is unpacked and counted once, piece by piece, before any of it is
understood; what the file says of its own sizes is not believed. Themes, pictures, comments and links are
never looked at. Nothing here knows what the rows mean.
"""

import posixpath
import re
import zipfile
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import unquote
from xml.parsers import expat

from o365desk.services.spreadsheets.formats.limits import LIMITS, Limits

_MOST_COLUMNS_OF_EXCEL = 16_384
_DEEPEST = 64
_LONGEST_FORMAT = 1_000
_LONGEST_TITLE = 100

_MOST_SPILLS = 100
_RANGE = re.compile(r"([A-Z]{1,3})\d{1,7}:([A-Z]{1,3})(\d{1,7})")
_MOST_LINKS = 200_000
"""Mail links of a sheet that are kept."""

Row = tuple[int, list[str]]


class Unknown(str):
    """A cell whose value is not known; its text is what a spreadsheet shows there."""

    __slots__ = ()

    @property
    def calculated(self) -> bool:
        """Whether a spreadsheet tried: then it is an error. Else nothing has calculated the formula yet."""
        return self != UNCALCULATED


UNCALCULATED = Unknown("#CALC!")
"""A formula whose value no program has stored."""


def address(line: int, place: int) -> str:
    """A cell's address as Excel writes it; `place` counts from 0."""
    letters, number = "", place + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{line}"


class UnfitBookError(Exception):
    """Why a workbook is not read: what is wrong, what to do, a code, and the line of the sheet, if it is one's."""

    def __init__(self, why: str, remedy: str = "Save it as CSV.", code: str = "too-large", line: int = 0) -> None:
        super().__init__(why)
        self.why, self.remedy, self.code, self.line = why, remedy, code, line


@dataclass(frozen=True)
class SheetPart:
    """A sheet by its title, and where it is in the file."""

    title: str
    visible: bool
    name: str
    active: bool = False


@dataclass
class Seen:
    """What is on a sheet besides values, as far as it was read."""

    formulas: int = 0
    """Those whose values are stored."""
    uncalculated: int = 0
    errors: int = 0
    merged: int = 0
    hidden: int = 0
    links: dict[str, str] = field(default_factory=dict)
    """By a cell's address: the key of what it leads to."""


class Book:
    """An opened workbook. Raises UnfitBookError for what is too much, or no workbook; anything else that it raises
    says that the file is damaged."""

    def __init__(self, data: bytes, check: Callable[[], None], limits: Limits = LIMITS) -> None:
        """`check` is asked between two pieces whether to go on."""
        self.limits = limits
        # Before the list of parts is read: a part costs half a kilobyte of memory, and 46 bytes of the file.
        if data.count(b"PK\x01\x02") > self.limits.parts:
            raise UnfitBookError(
                f"It is packed from more than {self.limits.parts:,} parts; a workbook has some dozens."
            )
        self._check = check
        self._packed = zipfile.ZipFile(BytesIO(data))
        self._unpacked = self._tags = 0
        self._texts: _Texts | None = None
        self.sheets: list[SheetPart] = []
        self._dates: list[bool] = []
        self._since_1904 = self._to_calculate = False
        self._names: dict[str, str] = {}
        self._open()

    def rows(self, sheet: SheetPart, seen: Seen) -> Iterator[Row]:
        """The lines of a sheet with their numbers, also those between them that are not in the file."""
        reader = _SheetReader(
            self._names[sheet.name],
            self.limits,
            seen,
            self._dates,
            self._since_1904,
            self._text,
            self._to_calculate,
        )
        last = 0
        for piece in self._pieces(sheet.name):
            reader.feed(piece)
            for number, cells in reader.taken():
                yield from ((blank, []) for blank in range(last + 1, number))
                yield number, cells
                last = number
        reader.end()

    # --- inside ----------------------------------------------------------------------------------------------

    def _open(self) -> None:
        for name in self._packed.namelist():
            self._names.setdefault(_plain_name(name), name)
        book = _led_to(self._links(""), "officeDocument") or "xl/workbook.xml"
        if book not in self._names:
            ods = "content.xml" in self._names
            why = "It is an OpenDocument file (.ods)." if ods else "It is no Excel workbook (.xlsx)."
            raise UnfitBookError(why, "Save it as CSV or XLSX.", "not-excel")
        links = {key: (kind, name) for key, (kind, name) in self._links(book).items() if name in self._names}
        self.sheets = self._found(book, links)
        texts, styles = _led_to(links, "sharedStrings"), _led_to(links, "styles")
        if styles:
            self._weigh(styles)
        for name in [*([texts] if texts else []), *(sheet.name for sheet in self.sheets)]:
            self._weigh(name, cells=True)
        if styles:
            formats = _Formats()
            self._walk(styles, formats.start)
            self._dates = formats.dates
        if texts:
            self._read_texts(texts)

    def _links(self, part: str) -> dict[str, tuple[str, str]]:
        """Sort and name of the other parts that a part leads to, by the keys under which it knows them."""
        folder, _, name = part.rpartition("/")
        links: dict[str, tuple[str, str]] = {}

        def link(name: str, given: dict[str, str]) -> None:
            if name == "Relationship" and len(links) < self.limits.parts and given.get("TargetMode") != "External":
                target = posixpath.normpath(
                    posixpath.join(f"/{folder}", given.get("Target", "").replace("\\", "/"))
                )
                links[given.get("Id", "")] = given.get("Type", "").rpartition("/")[2], _plain_name(target)

        of_links = posixpath.join(folder, "_rels", f"{name}.rels").lower()
        if of_links in self._names:
            self._weigh(of_links)
            self._walk(of_links, link)
        return links

    def mails(self, sheet: SheetPart) -> dict[str, str]:
        """The mail addresses that a sheet links to, by the keys under which it knows them."""
        folder, _, name = sheet.name.rpartition("/")
        mails: dict[str, str] = {}

        def link(name: str, given: dict[str, str]) -> None:
            target = given.get("Target", "")
            if name == "Relationship" and target[:7].lower() == "mailto:" and len(mails) < _MOST_LINKS:
                mails[given.get("Id", "")] = unquote(target[7:].partition("?")[0]).strip()

        of_links = posixpath.join(folder, "_rels", f"{name}.rels").lower()
        if of_links in self._names:
            self._weigh(of_links)
            self._walk(of_links, link)
        return mails

    def _found(self, book: str, links: Mapping[str, tuple[str, str]]) -> list[SheetPart]:
        """The sheets, in their order. A part that several share is read once: else it could be read without end."""
        found: dict[str, SheetPart] = {}
        active, count = 0, 0

        def sheet(name: str, given: dict[str, str]) -> None:
            nonlocal active, count
            if name == "workbookView":
                told = given.get("activeTab", "0")
                active = int(told) if told.isdecimal() and len(told) < 6 else 0
            elif name == "calcPr":
                self._to_calculate = given.get("fullCalcOnLoad") in ("1", "true")
            elif name == "workbookPr":
                self._since_1904 = given.get("date1904") in ("1", "true")
            elif name == "sheet":
                key = next((value for known, value in given.items() if known.endswith(":id")), "")
                kind, part = links.get(key, ("", ""))
                if kind == "worksheet":
                    title = given.get("name", "")[:_LONGEST_TITLE]
                    visible = given.get("state", "visible") == "visible"
                    found.setdefault(part, SheetPart(title, visible, part, count == active))
                count += 1
                if len(found) > self.limits.sheets:
                    raise UnfitBookError(f"It has more than {self.limits.sheets:,} sheets.")

        self._weigh(book)
        self._walk(book, sheet)
        return list(found.values())

    def _weigh(self, name: str, *, cells: bool = False) -> None:
        """Unpacks a part to see whether it can be read."""
        info = self._packed.getinfo(self._names[name])
        if info.flag_bits & 1:
            raise UnfitBookError("It is protected by a password.", "Save it without a password.", "password")
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise UnfitBookError(
                f"Its part “{self._names[name]}” is packed in a way that Excel does not know.", code="damaged"
            )
        size = rows = 0
        for piece in self._pieces(name):
            size += len(piece)
            self._tags += piece.count(b"<")
            rows += piece.count(b"<row")
            if size > self.limits.of_one and not cells:
                raise UnfitBookError(
                    f"Its part “{self._names[name]}” unpacks to more than {self.limits.of_one >> 20} MB."
                )
            if size + self._unpacked > self.limits.unpacked:
                raise UnfitBookError(
                    f"With its part “{self._names[name]}” it unpacks to more than {self.limits.unpacked >> 20} MB."
                )
            if self._tags > self.limits.tags:
                raise UnfitBookError(
                    f"With its part “{self._names[name]}” it has more than {self.limits.tags:,} "
                    "cells, marks and tags."
                )
            if rows > self.limits.lines:
                raise _too_many_lines(self.limits.lines)
        self._unpacked += size

    def _pieces(self, name: str) -> Iterator[bytes]:
        with self._packed.open(self._names[name]) as stream:
            while piece := stream.read(self.limits.piece):
                self._check()
                yield piece

    def _walk(self, name: str, start: Callable[[str, dict[str, str]], None]) -> None:
        parser = _Tags(self._names[name], self.limits, start)
        for piece in self._pieces(name):
            parser.feed(piece)
        parser.end()

    def _read_texts(self, name: str) -> None:
        """Keeps the shared texts as bytes: as strings, short ones would take ten times the memory."""
        self._texts = _Texts(self._names[name], self.limits)
        for piece in self._pieces(name):
            self._texts.feed(piece)
        self._texts.end()

    def _text(self, place: int) -> str:
        if self._texts is None or not 0 <= place < len(self._texts.ends):
            raise IndexError(place)
        ends = self._texts.ends
        return self._texts.texts[ends[place - 1] if place else 0 : ends[place]].decode()


def _led_to(links: Mapping[str, tuple[str, str]], kind: str) -> str:
    """The name of the part of this sort that these links lead to, "" for none."""
    return next((name for known, name in links.values() if known == kind), "")


def _plain_name(name: str) -> str:
    """A part's name as it is compared: some programs write other capitals, or the separators of Windows."""
    return name.replace("\\", "/").lstrip("/").lower()


# --- XML ---------------------------------------------------------------------------------------------------------


class _Parser:
    """Reads XML a piece at a time; refuses what only serves to fill memory: definitions of its own, depth, a tag
    without end, names without end."""

    def __init__(self, part: str, limits: Limits) -> None:
        self._part, self._limits = part, limits
        self._depth = self._fed = 0
        parser = self._parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype

    def feed(self, piece: bytes) -> None:
        """The next piece."""
        self._parser.Parse(piece)
        self._fed += len(piece)
        # What is not whole is kept, and looked at again with each piece.
        if self._fed - self._parser.CurrentByteIndex > self._limits.tag:
            raise self._refused("has a tag or remark of more than 1 MB")
        if len(self._parser.intern) > self._limits.names:
            raise self._refused(f"has more than {self._limits.names:,} names of tags")

    def end(self) -> None:
        """Nothing follows. Raises ExpatError where something should."""
        self._parser.Parse(b"", True)

    def told(self, name: str, given: dict[str, str]) -> None:
        """A tag begins; its name has no prefix."""

    def told_end(self, name: str) -> None:
        """It ends."""

    def _start(self, name: str, given: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._refused(f"has tags that are more than {_DEEPEST} deep in each other")
        self.told(name.rpartition(":")[2] if ":" in name else name, given)

    def _end(self, name: str) -> None:
        self._depth -= 1
        self.told_end(name.rpartition(":")[2] if ":" in name else name)

    def _text(self, text: str) -> None:
        """Some letters between tags."""

    def _doctype(self, *about: object) -> None:
        raise self._refused("has definitions of its own (DOCTYPE), as no spreadsheet program writes them")

    def _refused(self, why: str) -> UnfitBookError:
        return UnfitBookError(f"Its part “{self._part}” {why}.", code="damaged")


class _Tags(_Parser):
    """Tells of each tag, and of no text."""

    def __init__(self, part: str, limits: Limits, told: Callable[[str, dict[str, str]], None]) -> None:
        super().__init__(part, limits)
        self._told = told

    def told(self, name: str, given: dict[str, str]) -> None:
        """Passes it on."""
        self._told(name, given)


class _Formats:
    """Which of the cells' formats are dates."""

    def __init__(self) -> None:
        self.dates: list[bool] = []
        self._ids: set[int] = set()
        self._in_cells = False

    def start(self, name: str, given: dict[str, str]) -> None:
        """A tag of the part of styles."""
        from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format

        if name == "numFmt":
            code = given.get("formatCode", "")
            if len(code) < _LONGEST_FORMAT and is_date_format(code):
                self._ids.add(int(given.get("numFmtId", "0")))
        elif name in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
            self._in_cells = name == "cellXfs"
        elif name == "xf" and self._in_cells:
            number = int(given.get("numFmtId", "0"))
            self.dates.append(number in self._ids or bool(is_date_format(BUILTIN_FORMATS.get(number))))


class _Words(_Parser):
    """Puts together the text of a cell: all that stands in `t` or `v`, but for how it is spoken."""

    def __init__(self, part: str, limits: Limits) -> None:
        super().__init__(part, limits)
        self._letters: list[str] = []
        self._size = 0
        self._taking = self._spoken = False

    def told(self, name: str, given: dict[str, str]) -> None:
        """A tag inside the cell."""
        if name in ("t", "v"):
            self._taking = not self._spoken
        elif name == "rPh":
            self._spoken = True

    def told_end(self, name: str) -> None:
        """Its end."""
        self._taking = False
        if name == "rPh":
            self._spoken = False

    def _text(self, text: str) -> None:
        if self._taking:
            self._letters.append(text)
            self._size += len(text)
            if self._size > self._limits.cell:
                raise self._too_long()

    def _too_long(self) -> UnfitBookError:
        return self._refused(f"has a text of more than {self._limits.cell:,} letters")

    def _taken_text(self) -> str:
        """What came since the last time."""
        text = "".join(self._letters)
        self._letters.clear()
        self._size = 0
        return text


class _Texts(_Words):
    """The texts that cells share, end to end, and where each ends."""

    def __init__(self, part: str, limits: Limits) -> None:
        super().__init__(part, limits)
        self.texts, self.ends = bytearray(), array("I")

    def told_end(self, name: str) -> None:
        """A tag's end."""
        super().told_end(name)
        if name == "si":
            self.texts += self._taken_text().replace("x005F_", "").encode("utf-8", "replace")
            self.ends.append(len(self.texts))
            if len(self.texts) > self._limits.text or len(self.ends) > self._limits.texts:
                raise self._refused(
                    f"has more than {self._limits.texts:,} texts, or {self._limits.text >> 20} MB of them"
                )


class _SheetReader(_Words):
    """The lines of a sheet, as its XML comes."""

    def __init__(
        self,
        part: str,
        limits: Limits,
        seen: Seen,
        dates: Sequence[bool],
        since_1904: bool,
        shared: Callable[[int], str],
        to_calculate: bool,
    ) -> None:
        super().__init__(part, limits)
        self._to_calculate = to_calculate
        self._seen, self._dates, self._since_1904, self._shared = seen, dates, since_1904, shared
        self._rows: list[Row] = []
        self._number = self._column = 0
        self._cells: list[str] = []
        self._hidden = self._any = self._formula = False
        self._spill = ""
        self._spills: list[tuple[int, int, int]] = []
        self._kind = self._style = ""
        self._columns: dict[str, int] = {}

    def taken(self) -> list[Row]:
        """The rows that ended since the last time."""
        rows, self._rows = self._rows, []
        return rows

    def told(self, name: str, given: dict[str, str]) -> None:
        """A tag of the sheet."""
        if name == "c":
            self._any = True
            place = given.get("r", "").rstrip("0123456789")
            self._column = (self._columns.get(place) or self._place(place)) if place else self._column + 1
            self._kind, self._style = given.get("t", "n"), given.get("s", "")
            self._formula = False
        elif name == "row":
            self._begin_row(given)
        elif name == "f":
            self._formula, self._spill = True, given.get("ref", "") if given.get("t") == "array" else ""
        elif name == "mergeCell":
            self._seen.merged += 1
        elif name == "hyperlink":
            key = next((value for known, value in given.items() if known.endswith(":id")), "")
            if key and len(self._seen.links) < _MOST_LINKS:
                self._seen.links[given.get("ref", "")] = key
        else:
            super().told(name, given)

    def told_end(self, name: str) -> None:
        """Its end."""
        if name == "c":
            text = self._taken_text() if self._letters else ""
            if self._formula and not self._is_calculated(text):
                self._put_unknown()
            elif text:
                self._seen.formulas += self._formula
                self._put(self._value(text))
        elif name == "row":
            if self._spills:
                self._put_spilled()
            self._seen.hidden += self._hidden and self._any
            self._rows.append((self._number, self._cells))
        else:
            super().told_end(name)

    def _is_calculated(self, text: str) -> bool:
        """Whether a program stored the formula's value. Excel stores an empty one as a text without letters; some
        programs put 0 in place of each, and ask that all be calculated when the file is opened."""
        if not text:
            return self._kind == "str"
        return not (self._to_calculate and text == "0" and self._kind == "n")

    def _put_unknown(self) -> None:
        self._seen.uncalculated += 1
        if self._column > self._limits.columns:
            return
        self._put(UNCALCULATED)
        match = _RANGE.fullmatch(self._spill) if self._spill else None
        if match and len(self._spills) < _MOST_SPILLS:
            # What such a formula would fill besides its own cell is not in the file at all.
            self._spills += [(self._place(match[1]), self._place(match[2]), int(match[3]))]

    def _put_spilled(self) -> None:
        for first, last, line in self._spills:
            for column in range(first, min(last, self._limits.columns) + 1) if self._number <= line else ():
                if column > len(self._cells) or not self._cells[column - 1]:
                    self._column = column
                    self._put(UNCALCULATED)

    def _too_long(self) -> UnfitBookError:
        why = f"A value in this row is longer than the {self._limits.cell:,} letters that Excel takes."
        return UnfitBookError(why, "Shorten it.", "too-long", self._number)

    def _begin_row(self, given: dict[str, str]) -> None:
        number = given.get("r", "")
        # What is no number, or goes back, is the next one.
        told = int(number) if number.isdecimal() and len(number) < 20 else 0
        self._number = max(self._number + 1, told)
        if self._number > self._limits.lines:
            raise _too_many_lines(self._limits.lines, self._number)
        self._hidden = given.get("hidden") in ("1", "true")
        self._any = False
        self._column, self._cells = 0, []

    def _place(self, letters: str) -> int:
        """The number of the column that is called so."""
        place = 0
        for letter in letters.upper()[:8]:
            place = place * 26 + ord(letter) - 64
        if not letters.isascii() or not letters.isalpha() or place > _MOST_COLUMNS_OF_EXCEL:
            raise UnfitBookError(
                f"“{letters[:20]}” is no column that Excel knows.", code="damaged", line=self._number
            )
        self._columns[letters] = place
        return place

    def _put(self, text: str) -> None:
        if self._column > self._limits.columns:
            raise UnfitBookError(
                f"The row has more than {self._limits.columns:,} columns.",
                "Keep those that are needed.",
                "too-wide",
                self._number,
            )
        missing = self._column - len(self._cells)
        if missing > 0:
            self._cells += [""] * missing
        self._cells[self._column - 1] = text

    def _value(self, text: str) -> str:
        """A cell as it would be in a CSV file: dates in ISO form, whole numbers without a point."""
        if self._kind == "n":
            style = int(self._style) if self._style else -1
            is_date = 0 <= style < len(self._dates) and self._dates[style]
            return _date(text, self._since_1904) if is_date else _number(text)
        if self._kind == "s":
            return self._shared(int(text))
        if self._kind == "b":
            return "true" if text.strip() == "1" else "false"
        if self._kind == "e":
            self._seen.errors += 1
            return Unknown(text)
        return text.removesuffix("Z").removesuffix("T00:00:00") if self._kind == "d" else text


def _too_many_lines(most: int, line: int = 0) -> UnfitBookError:
    why = f"A sheet has more than {most:,} lines, most of them empty."
    return UnfitBookError(
        why, "Delete what is below the last row, or save the rows as CSV.", "too-many-lines", line
    )


def _number(text: str) -> str:
    if len(text) > 400:
        return text
    try:
        return str(int(text))
    except ValueError:
        pass
    value = float(text)
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else str(value)


def _date(text: str, since_1904: bool) -> str:
    from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

    try:
        when: Any = from_excel(float(text), MAC_EPOCH if since_1904 else WINDOWS_EPOCH)
    except (OverflowError, ValueError):
        return "#VALUE!"
    return str(when.isoformat()).removesuffix("T00:00:00")
