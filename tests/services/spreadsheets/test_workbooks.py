"""Workbooks and texts that were made to fill memory or to keep busy: refused, with the part or line named."""

import io
import os
import struct
import sys
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from o365desk.catalogue import operation
from o365desk.model.problems import CancelledError, Problem, ProblemError
from o365desk.model.stop import Stop
from o365desk.services.spreadsheets import reader
from o365desk.services.spreadsheets.formats.limits import LIMITS, Limits
from o365desk.services.spreadsheets.reader import Sheet

ADD = operation("add-user-to-group")
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
SHEET = "xl/worksheets/sheet1.xml"
TEXTS = "xl/sharedStrings.xml"


def cell(text: str, at: str = "") -> str:
    return f'<c{f" r={at!r}" if at else ""} t="inlineStr"><is><t>{text}</t></is></c>'


ROWS = f"<row>{cell('user')}</row><row>{cell('a@b.c')}</row>"


def content(rows: str = ROWS, before: str = "", after: str = "") -> str:
    return f"<worksheet {MAIN}>{before}<sheetData>{rows}</sheetData>{after}</worksheet>"


PARTS = {
    "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{LINKS}"><sheets><sheet name="S" r:id="a"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": "<Relationships>"
    + f'<Relationship Id="a" Type="{LINKS}/worksheet" Target="worksheets/sheet1.xml"/>'
    + f'<Relationship Id="b" Type="{LINKS}/styles" Target="styles.xml"/>'
    + f'<Relationship Id="c" Type="{LINKS}/sharedStrings" Target="/xl/sharedStrings.xml"/></Relationships>',
    "xl/styles.xml": f"<styleSheet {MAIN}/>",
    TEXTS: f"<sst {MAIN}/>",
    SHEET: content(),
}


def packed(how: int = zipfile.ZIP_DEFLATED, /, **other: str) -> bytes:
    """A workbook with some parts otherwise; the names of keywords are those of parts, without folders."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", how) as archive:
        known = {name.rpartition("/")[2].partition(".")[0]: name for name in PARTS if not name.endswith("rels")}
        parts = PARTS | {known.get(key, key): text for key, text in other.items()}
        for name, text in parts.items():
            archive.writestr(name, text)
    return made.getvalue()


def read(tmp_path: Path, data: bytes | str, **more: Any) -> Sheet:
    file = tmp_path / "rows.bin"
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    return reader.read(file, ADD, {"group": "Sales"}, **more)


def refused(tmp_path: Path, data: bytes | str, limits: Limits = LIMITS) -> Problem:
    with pytest.raises(ProblemError) as caught:
        read(tmp_path, data, limits=limits)
    assert caught.value.problem.remedy
    return caught.value.problem


def users(made: Sheet) -> list[str]:
    return [row.values["user"] for row in made.rows]


def shared(*texts: str) -> str:
    return f"<sst {MAIN}>{''.join(f'<si>{text}</si>' for text in texts)}</sst>"


def at(place: int) -> str:
    return f'<c t="s"><v>{place}</v></c>'


def test_a_workbook_in_all_its_ways_to_write_a_value(tmp_path: Path) -> None:
    rows = "".join(
        f"<row>{row}</row>"
        for row in (
            at(0), at(1), at(2), cell("d@b.c"), '<c t="str"><f>A1</f><v>e@b.c</v></c>', '<c t="b"><v>1</v></c>',
            '<c t="e"><v>#N/A</v></c>', "<c><v>7</v></c>", "<c><v>1.16E+20</v></c>", '<c s="1"><v>45413</v></c>',
            '<c s="2"><v>45413.5</v></c>', '<c s="1"><v>1e99</v></c>', '<c t="d"><v>2024-05-01T00:00:00Z</v></c>',
            "<c><v>7.0</v></c>", "<c><f>B7</f></c>",
        )
    )  # fmt: skip
    texts = shared("<t>user</t>", "<r><t>a@</t></r><r><t>b.c</t></r>", "<t>c@b.c</t><rPh><t>spoken</t></rPh>")
    styles = (
        f'<styleSheet {MAIN}><numFmts><numFmt numFmtId="170" formatCode="dd/mm/yyyy hh:mm"/></numFmts>'
        '<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/></cellXfs></styleSheet>'
    )
    made = read(tmp_path, packed(sheet1=content(rows), sharedStrings=texts, styles=styles))
    assert users(made) == [
        "a@b.c", "c@b.c", "d@b.c", "e@b.c", "true", "#N/A", "7", "1.16e+20", "2024-05-01", "2024-05-01T12:00:00",
        "#VALUE!", "2024-05-01", "7", "#CALC!",
    ]  # fmt: skip
    assert "formulas" in [finding.kind for finding in made.findings]


def test_prefixes_gaps_and_places_are_understood(tmp_path: Path) -> None:
    rows = f'<row r="3">{cell("user", "C3")}</row><row r="5">{cell("a@b.c", "C5")}{cell("", "XFD5")}</row>'
    text = content(rows).replace("<", "<x:").replace("<x:/", "</x:").replace("xmlns=", "xmlns:x=")
    made = read(tmp_path, packed(sheet1=text))
    assert (users(made), made.rows[0].line) == (["a@b.c"], 5)
    assert [(found.line, found.kind) for found in made.findings] == [(4, "blank-row")]


def test_what_is_not_needed_is_not_unpacked(tmp_path: Path) -> None:
    names = "theme/theme1.xml media/image1.png comments1.xml externalLinks/externalLink1.xml drawings/drawing1.xml"
    more = dict.fromkeys(
        [f"xl/{name}" for name in names.split()] + ["docProps/core.xml", "inner.zip"], "x" * 20_000
    )
    assert users(read(tmp_path, packed(**more), limits=Limits(unpacked=10_000))) == ["a@b.c"]


FILLING = "<x/>" * 2000
LAUGHS = '<!DOCTYPE w [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
ROW = f"<row>{cell('user')}</row><row>{cell('&b;')}</row>"

# what it is, the parts, the code, and what is named
BOMBS: tuple[tuple[str, dict[str, str], str, str], ...] = (
    ("styles", {"styles": f"<styleSheet {MAIN}>{FILLING}</styleSheet>"}, "too-large", "xl/styles.xml"),
    ("links", {"xl/_rels/workbook.xml.rels": f"<a>{FILLING}</a>"}, "too-large", "xl/_rels/workbook.xml.rels"),
    ("defined names", {"workbook": f"<workbook>{FILLING}</workbook>"}, "too-large", "xl/workbook.xml"),
    ("blanks in a sheet", {"sheet1": content(before=" " * 40_000)}, "too-large", SHEET),
    ("blanks among texts", {"sharedStrings": f"<sst> {' ' * 40_000}</sst>"}, "too-large", TEXTS),
    ("cells", {"sheet1": content(ROWS + "<row>" + "<c/>" * 4000 + "</row>")}, "too-large", SHEET),
    ("merged cells", {"sheet1": content(after='<mergeCell r=""/>' * 4000)}, "too-large", SHEET),
    ("conditional formats", {"sheet1": content(after="<cfRule/>" * 4000)}, "too-large", SHEET),
    ("texts", {"sharedStrings": shared(*["<t>x</t>"] * 400)}, "damaged", TEXTS),
    ("much text", {"sharedStrings": shared(*["<t>" + "x" * 900 + "</t>"] * 20)}, "damaged", TEXTS),
    ("one long text", {"sharedStrings": shared("<t>" + "x" * 1200 + "</t>")}, "damaged", TEXTS),
    ("depth", {"sheet1": content("<a>" * 100)}, "damaged", SHEET),
    ("a tag without end", {"sheet1": content("<a b='" + "x" * 30_000 + "'/>")}, "damaged", SHEET),
    ("a remark without end", {"styles": "<!--" + " " * 7000 + "--><a/>"}, "damaged", "xl/styles.xml"),
    ("names of tags", {"sheet1": content("".join(f"<n{number}/>" for number in range(200)))}, "damaged", SHEET),
    ("laughs", {"sheet1": LAUGHS + content(ROW)}, "damaged", "DOCTYPE"),
    ("laughs in texts", {"sharedStrings": LAUGHS + shared("<t>&b;</t>")}, "damaged", "DOCTYPE"),
    ("a file of this machine", {"sheet1": '<!DOCTYPE w [<!ENTITY b SYSTEM "/etc/passwd">]>' + content(ROW)},
     "damaged", "DOCTYPE"),
    ("sheets", {"workbook": "<a>" + "".join(f'<sheet name="S" x:id="{n}"/>' for n in range(30)) + "</a>",
                "xl/_rels/workbook.xml.rels": "<a>" + "".join(
                    f'<Relationship Id="{n}" Type="/worksheet" Target="s{n}.xml"/>' for n in range(30)) + "</a>",
                **{f"xl/s{n}.xml": content() for n in range(30)}}, "too-large", "more than 20 sheets"),
    ("a long value", {"sheet1": content(ROWS + f"<row>{cell('x' * 1200)}</row>")}, "too-long", "line 3"),
    ("empty rows", {"sheet1": content(ROWS + "<row/>" * 400)}, "too-many-lines", "300 lines"),
    ("empty rows with a prefix", {"sheet1": content("<x:row/>" * 400)}, "too-many-lines", "line 301"),
    ("a row far away", {"sheet1": content(ROWS + '<row r="2000000000"/>')}, "too-many-lines", "line 2000000000"),
    ("rows", {"sheet1": content(ROWS + f"<row>{cell('x@y.z')}</row>" * 250)}, "too-many-rows", "200 rows"),
    ("columns", {"sheet1": content(f"<row>{'<c/>' * 55}{cell('x')}</row>")}, "too-wide", "line 1"),
    ("a column far away", {"sheet1": content(f"<row>{cell('x', 'XFD1')}</row>")}, "too-wide", "line 1"),
    ("a column that is none", {"sheet1": content(f"<row>{cell('x', 'XFE1')}</row>")}, "damaged", "“XFE”"),
    ("a column without end", {"sheet1": content(f"<row>{cell('x', 'A' * 99 + '1')}</row>")}, "damaged", "column"),
    ("half a sheet", {"sheet1": content()[:-20]}, "damaged", "damaged"),
    ("text after the end", {"sheet1": content() + "<a/>"}, "damaged", "damaged"),
)  # fmt: skip


SMALL = Limits(
    rows=200, lines=300, columns=50, cell=1_000, parts=50, sheets=20, unpacked=40_000, of_one=7_500, tags=3_500,
    text=15_000, texts=300, names=100, tag=5_000, piece=1_000,
)  # fmt: skip
"""Limits that small files exceed."""


@pytest.mark.parametrize(("parts", "code", "named"), [row[1:] for row in BOMBS], ids=[row[0] for row in BOMBS])
def test_what_fills_memory_is_refused_and_named(
    tmp_path: Path, parts: dict[str, str], code: str, named: str
) -> None:
    problem = refused(tmp_path, packed(**parts), SMALL)
    assert (problem.code, named in problem.sentence()) == (code, True), problem.sentence()


def test_what_lies_about_itself_is_not_believed(tmp_path: Path) -> None:
    lies = content(before='<dimension ref="A1:XFD1048576"/>', after='<mergeCell ref="A1:XFD1048576"/>')
    assert users(read(tmp_path, packed(sheet1=lies), limits=SMALL)) == ["a@b.c"]
    assert refused(tmp_path, packed(**{f"x{number}": "" for number in range(60)}), SMALL).cause.startswith(
        "It is packed"
    )
    for method in (zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2):
        assert "xl/" in refused(tmp_path, packed(method), SMALL).cause
    whole = packed(styles=f"<styleSheet>{FILLING[:400]}</styleSheet>")
    small, locked = bytearray(whole), bytearray(whole)
    place = whole.find(b"PK\x01\x02")
    while whole[place : place + 4] == b"PK\x01\x02":
        small[place + 24 : place + 28] = struct.pack("<I", 10)
        locked[place + 8] |= 1
        place += 46 + sum(struct.unpack("<HHH", whole[place + 28 : place + 34]))
    assert refused(tmp_path, bytes(small), SMALL).code == "damaged"
    assert refused(tmp_path, bytes(locked), SMALL).code == "password"


def test_a_part_that_two_sheets_share_is_read_once(tmp_path: Path) -> None:
    twice = PARTS["xl/workbook.xml"].replace("</sheets>", '<sheet name="T" r:id="a"/></sheets>')
    made = read(tmp_path, packed(workbook=twice), limits=SMALL)
    assert (users(made), made.findings[:1]) == (["a@b.c"], ())


def test_a_sheet_that_is_unfit_hides_no_other(tmp_path: Path) -> None:
    book = PARTS["xl/workbook.xml"].replace("</sheets>", '<sheet name="T" r:id="d"/></sheets>')
    links = PARTS["xl/_rels/workbook.xml.rels"].replace(
        "</Rel", f'<Relationship Id="d" Type="{LINKS}/worksheet" Target="worksheets/wide.xml"/></Rel', 1
    )
    wide = content(f"<row>{cell('x', 'XFD1')}</row>")
    data = packed(
        workbook=book, sheet1=wide, **{"xl/_rels/workbook.xml.rels": links, "xl/worksheets/wide.xml": content()}
    )
    made = read(tmp_path, data)
    assert (users(made), made.findings[0].kind) == (["a@b.c"], "sheets")


# --- text --------------------------------------------------------------------------------------------------------

# what it is, the file, the code, and what is named
HUGE: tuple[tuple[str, str, str, str], ...] = (
    ("one line", "user\na@b.c\n" + "x," * 2500, "too-long-line", "line 3"),
    ("NUL bytes", "user\na@b.c" + " " * 3990 + "\n" + "\0" * 5000, "too-long-line", "line 3"),
    ("columns", "user" + ",x" * 60 + "\na@b.c\n", "too-wide", "line 1"),
    ("columns in a row", "user\na@b.c\na@b.c" + "," * 55 + "x\n", "too-wide", "line 3"),
    ("empty lines", "user\na@b.c\n" + "\n" * 400, "too-many-lines", "line 301"),
    ("lines", "user\n" + "a@b.c\n" * 400, "too-many-rows", "200 rows"),
    ("cells", "user" + ",x" * 40 + "\n" + ("a@b.c" + "," * 40 + "\n") * 60, "too-large", "2,000 cells"),
    ("letters", "user,a\n" + ("a" * 900 + "@b.c\n") * 40, "too-large", "line"),
    ("letters without a name", "user,,\n" + ("a@b.c,xxxxxxxxxx,yyyyyyyyyyyy\n") * 150, "too-large", "line"),
)


@pytest.mark.parametrize(("data", "code", "named"), [row[1:] for row in HUGE], ids=[row[0] for row in HUGE])
def test_a_text_without_end_is_refused_and_named(tmp_path: Path, data: str, code: str, named: str) -> None:
    problem = refused(tmp_path, data, replace(SMALL, line=4000, cells=2000, kept=30_000))
    assert (problem.code, named in problem.sentence()) == (code, True), problem.sentence()


def test_columns_that_mean_nothing_take_no_memory(tmp_path: Path) -> None:
    made = read(
        tmp_path,
        "user,colour\n" + "a@b.c," * 1 + "x" * 900 + "\n" + f"d@b.c,{'x' * 300}\n,{'y' * 300}\n" * 60,
        limits=replace(SMALL, kept=30_000),
    )
    assert len(made.rows) == 61
    assert len([found for found in made.findings if found.kind == "unused-row"]) == 60


def test_empty_cells_behind_the_last_are_no_columns(tmp_path: Path) -> None:
    made = read(tmp_path, "user" + "," * 1500 + "\na@b.c" + "," * 1500 + "\n")
    assert (users(made), made.rows[0].problem) == (["a@b.c"], None)


def test_reading_can_be_cancelled(tmp_path: Path) -> None:
    stop = Stop()
    stop.set()
    for data in (packed(), "user\n" + "a@b.c\n" * 2000):
        with pytest.raises(CancelledError):
            read(tmp_path, data, check=stop.check)


# --- what is no file ---------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such files")
def test_pipes_and_devices_are_refused_without_waiting(tmp_path: Path) -> None:
    pipe, device = tmp_path / "pipe.csv", tmp_path / "device.csv"
    os.mkfifo(pipe)
    device.symlink_to("/dev/zero")
    for path in (pipe, device):
        with pytest.raises(ProblemError, match=path.name) as caught:
            reader.read(path, ADD)
        assert caught.value.problem.code == "no-file"


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="this system has no such names")
def test_what_the_shell_opened_for_this_program_is_read() -> None:
    reading, writing = os.pipe()
    try:
        os.write(writing, b"user\na@b.c\n")
        os.close(writing)
        made = reader.read(Path(f"/dev/fd/{reading}"), ADD, {"group": "Sales"})
    finally:
        os.close(reading)
    assert users(made) == ["a@b.c"]
