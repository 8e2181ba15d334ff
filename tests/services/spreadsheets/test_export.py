"""Exports: what is in the files, and that a failed one leaves what was there."""

import csv
import io
import json
import os
import re
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from o365desk.catalogue import Column, ColumnKind, operation
from o365desk.model.problems import ProblemError
from o365desk.services.spreadsheets import export
from o365desk.services.spreadsheets.export import Format, defused, writer

COLUMNS = (
    Column(key="displayName", title="Display name"),
    Column(key="mobilePhone", title="Mobile"),
    Column(key="accountEnabled", title="Enabled", kind=ColumnKind.CHECK),
    Column(key="employeeId", title="Employee ID", kind=ColumnKind.IDENTIFIER),
    Column(key="consumedUnits", title="Used", kind=ColumnKind.NUMBER),
    Column(key="createdDateTime", title="Created", kind=ColumnKind.DATE),
    Column(key="assignedLicenses", title="Licences", of=lambda row: [x["p"] for x in row["assignedLicenses"]]),
    Column(key="seats", title="Seats", kind=ColumnKind.SEATS, of=lambda row: row["s"]),
)
ROWS: list[dict[str, Any]] = [
    {
        "displayName": 'Zoë "Z" O\'Brien, Dr.\nSecond line',
        "mobilePhone": "+49 30 901820",
        "accountEnabled": True,
        "employeeId": "00116000000000000000",
        "consumedUnits": 12,
        "createdDateTime": "2026-01-02T03:04:05Z",
        "assignedLicenses": [{"p": "E3"}, {"p": "Visio"}],
        "s": {"used": 12, "enabled": 25, "free": 13},
    },
    {
        "displayName": "=1+1",
        "mobilePhone": None,
        "accountEnabled": False,
        "employeeId": "#N/A",
        "consumedUnits": 0,
        "createdDateTime": None,
        "assignedLicenses": [],
        "s": None,
    },
]


def written(form: str, rows: list[dict[str, Any]] = ROWS, columns: Any = COLUMNS, **more: Any) -> bytes:
    stream = io.BytesIO()
    with writer(form, stream, columns, **more) as made:
        made.rows(rows[:1])
        made.rows(rows[1:])
        assert made.count == len(rows)
    return stream.getvalue()


def table(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8"), newline="")))


def test_csv_shows_what_the_window_shows() -> None:
    header, first, second = table(written("csv"))
    assert header == [column.key for column in COLUMNS]
    assert first == [
        'Zoë "Z" O\'Brien, Dr.\nSecond line', "+49 30 901820", "true", "00116000000000000000", "12",
        "2026-01-02T03:04:05Z", "E3; Visio", "12 of 25",
    ]  # fmt: skip
    assert second == ["'=1+1", "", "false", "#N/A", "0", "", "", ""]


def test_a_byte_order_mark_where_it_is_wanted() -> None:
    assert written("csv", bom=True) == b"\xef\xbb\xbf" + written("csv")
    assert not written("csv").startswith(b"\xef\xbb\xbf")


def test_json_has_graphs_own_values() -> None:
    rows = json.loads(written("json"))
    assert [list(row) for row in rows] == [[column.key for column in COLUMNS]] * 2
    assert rows[0]["assignedLicenses"] == [{"p": "E3"}, {"p": "Visio"}]
    assert rows[0]["accountEnabled"] is True
    assert rows[0]["seats"] == {"used": 12, "enabled": 25, "free": 13}
    assert rows[1]["displayName"] == "=1+1"
    assert [json.loads(line) for line in written("jsonl").splitlines()] == rows


def test_no_rows_are_a_whole_file() -> None:
    assert json.loads(written("json", [])) == []
    assert written("jsonl", []) == b""
    assert table(written("csv", [])) == [[column.key for column in COLUMNS]]
    sheet = openpyxl.load_workbook(io.BytesIO(written("xlsx", []))).active
    assert sheet.max_row == 1


def test_a_workbook_keeps_text_as_text() -> None:
    book = openpyxl.load_workbook(io.BytesIO(written("xlsx")))
    header, first, second = ([cell.value for cell in row] for row in book.active.iter_rows())
    assert header == [column.key for column in COLUMNS]
    assert first == [
        'Zoë "Z" O\'Brien, Dr.\nSecond line', "+49 30 901820", True, "00116000000000000000", 12,
        "2026-01-02T03:04:05Z", "E3; Visio", "12 of 25",
    ]  # fmt: skip
    assert second == ["=1+1", None, False, "#N/A", 0, None, None, None]
    kinds = [[cell.data_type for cell in row] for row in book.active.iter_rows(min_row=2)]
    assert not {kind for row in kinds for kind in row} & {"f", "e", "d"}
    assert kinds[1][0] == kinds[1][3] == "s"


def test_what_a_workbook_cannot_hold_is_left_out() -> None:
    rows = [ROWS[0] | {"displayName": "a\x00b\x0bc\ufffed\te"}]
    sheet = openpyxl.load_workbook(io.BytesIO(written("xlsx", rows))).active
    assert sheet["A2"].value == "abcd\te"


def test_what_does_not_fit_on_a_sheet_goes_on_on_the_next() -> None:
    book = openpyxl.load_workbook(io.BytesIO(written("xlsx", [ROWS[0]] * 7, sheet_rows=3)))
    assert [sheet.max_row - 1 for sheet in book.worksheets] == [3, 3, 1]
    assert {sheet["A1"].value for sheet in book.worksheets} == {"displayName"}


@pytest.mark.parametrize(
    "text",
    ["=1+1", '=HYPERLINK("http://x")', "@SUM(1)", "+1+cmd|' /C calc'!A0", "-2+3+cmd|x!A1", "\t=1", "\r=1", "-abc",
     "+SUM(A1)", "-A1", "=", "+1)*SUM(A1"],
)  # fmt: skip
def test_what_a_spreadsheet_would_execute_is_defused(text: str) -> None:
    marked = "'" + text.replace("\t=", "\t'=").replace("\r=", "\r'=")
    assert defused(text) == marked
    assert table(written("csv", [ROWS[0] | {"displayName": text}]))[1][0] == marked


@pytest.mark.parametrize(
    "text",
    ["+49 30 901820", "+1 (555) 010-9999", "-5", "-0.5", "-", "+44 20 7946 0000 ext. 12", "+49-30/90", "a=1", " =1",
     "anna@contoso.com", "+anna@contoso.com", "-svc.sync@contoso.com", "", "O'Brien", "1.16E+20", "'quoted"],
)  # fmt: skip
def test_what_it_would_not_execute_is_left_alone(text: str) -> None:
    assert defused(text) == text


UNSEEN = "\0\x0b\x1b\x7f\x85\xa0\xad\u034f\u061c\u180e\u2000\u200b\u200d\u200e\u2028\u202e\u2066\u3000\ufe0f\ufeff"
SIGNS = "=+-@＝＋－＠﹦﹢﹣﹫"


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize("unseen", ["", *UNSEEN, "\ufeff \u200b", "\u3000\u3000"])
def test_a_formula_is_disarmed_however_it_is_hidden(sign: str, unseen: str) -> None:
    text = f"{unseen}{sign}cmd|' /C calc'!A0"
    for begin in ("", "Anna;", 'Anna,"', "Anna\n", "a\t'"):
        marked = defused(begin + text)
        place = len(begin.rstrip("'\""))
        assert marked == f"{begin[:place]}'{begin[place:]}{text}"
        assert export.as_given(marked) == begin + text
    row = ROWS[0] | {"displayName": text}
    assert table(written("csv", [row]))[1][0] == "'" + text
    with zipfile.ZipFile(io.BytesIO(written("xlsx", [row]))) as packed:
        assert b"<f>" not in packed.read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize(
    "text", ["\u200e+49 30 901820", "\ufeff-5", "＋81 3 1234", "－5", "\u202a+a@b.c", "\xa0a=1"]
)
def test_numbers_and_addresses_stay_as_they_are_behind_unseen_letters(text: str) -> None:
    assert defused(text) == text
    assert defused(f"a;{text}") == f"a;{text}"


def test_the_name_of_a_column_is_disarmed() -> None:
    assert table(written("csv", [], [Column(key="=1+1", title="")])) == [["'=1+1"]]


TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)


@given(st.lists(st.tuples(TEXTS, st.none() | TEXTS)))
def test_csv_comes_back_as_it_was(pairs: list[tuple[str, str | None]]) -> None:
    columns = (Column(key="a", title="A"), Column(key="b", title="B"))
    data = written("csv", [{"a": a, "b": b} for a, b in pairs], columns)
    assert table(data)[1:] == [[defused(a), defused(b) or ""] for a, b in pairs]


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("Anna;=cmd|'/C calc'!A0", "Anna;'=cmd|'/C calc'!A0"),
        ("a,@SUM(1)\n-cmd|x!A1\t+A1", "a,'@SUM(1)\n'-cmd|x!A1\t'+A1"),
        ('a;"=1+1', "a;'\"=1+1"),
        ("'=1", "''=1"),
        ("a;'=1", "a;''=1"),
        ("-@1;-a@1,-svc@b.c", "'-@1;'-a@1,-svc@b.c"),
        ("10;-5,+49 30 901820;-svc@b.c; =1", "10;-5,+49 30 901820;-svc@b.c; =1"),
    ],
)
def test_what_another_locale_would_execute_is_defused(text: str, marked: str) -> None:
    assert defused(text) == marked
    assert export.as_given(marked) == text
    data = written("csv", [{"a": "x", "b": text}], (Column(key="a", title="A"), Column(key="b", title="B")))
    assert data.split(b"\r\n", 1)[1].startswith(b'x,"' if set(text) & set(';,\t\n"') else b"x,'")


DIRE = st.text(st.sampled_from(";,\t\n\r\"'=+-@ a1＝\ufeff\u3000"), max_size=10)


@given(TEXTS | DIRE)
def test_what_was_defused_can_be_told_as_it_was(text: str) -> None:
    assert export.as_given(defused(text)) == text


@given(st.lists(st.tuples(DIRE, DIRE, DIRE), min_size=1, max_size=4))
def test_no_locale_finds_a_formula(rows: list[tuple[str, str, str]]) -> None:
    columns = tuple(Column(key=key, title=key) for key in "abc")
    text = written("csv", [dict(zip("abc", row, strict=True)) for row in rows], columns).decode()
    for delimiter in ",;\t":
        for line in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            for cell in line:
                assert not re.match(r"[\ufeff\u3000]*(?:[=@＝]|[+-][a-z=+@'])", cell), (delimiter, cell)


# --- files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", list(Format))
def test_a_file_is_there_when_it_is_whole(form: Format, tmp_path: Path) -> None:
    target = tmp_path / f"users.{form}"
    target.write_text("before")
    with writer(form, target, COLUMNS) as made:
        made.rows(ROWS)
        assert target.read_text() == "before"
    assert target.read_bytes() != b"before"
    if form is not Format.XLSX:  # a workbook holds the time
        assert target.read_bytes() == written(form)
    assert [item.name for item in tmp_path.iterdir() if item.is_file()] == [target.name]


@pytest.mark.parametrize("form", list(Format))
def test_a_failed_export_leaves_what_was_there(form: Format, tmp_path: Path) -> None:
    target = tmp_path / "users"
    target.write_text("before")

    def fail() -> None:
        with writer(form, target, COLUMNS) as made:
            made.rows(ROWS)
            raise RuntimeError("the list broke off")

    with pytest.raises(RuntimeError):
        fail()
    assert target.read_text() == "before"
    assert [item.name for item in tmp_path.iterdir() if item.is_file()] == [target.name]


@pytest.mark.parametrize("whole", [True, False])
def test_a_workbook_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: bool) -> None:
    """It is made in temporary files, which hold what people are called."""
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    made = writer("xlsx", io.BytesIO(), COLUMNS, sheet_rows=3)
    made.rows([ROWS[0]] * 7)
    (folder,) = place.iterdir()
    assert folder.stat().st_mode & 0o077 == 0
    if whole:
        made.close()
    else:
        made.discard()
    assert not list(place.iterdir())


def test_rights_and_links_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("before")
    real.chmod(0o600)
    link.symlink_to(real)
    with writer("csv", link, COLUMNS) as made:
        made.rows(ROWS)
    assert link.is_symlink()
    assert real.read_bytes() == written("csv")
    assert real.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such device")
def test_a_device_is_written_to_and_stays_one() -> None:
    with writer("csv", Path(os.devnull), COLUMNS) as made:
        made.rows(ROWS)
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize("name", ["missing/users.csv", "."])
def test_a_place_that_cannot_be_written_is_a_problem(name: str, tmp_path: Path) -> None:
    with pytest.raises(ProblemError) as caught:
        writer("csv", tmp_path / name, COLUMNS)
    assert caught.value.problem.code == "export"
    assert not list(tmp_path.glob("*.csv"))


def test_a_disk_that_is_full_is_a_problem(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    for form in Format:

        def fill(form: Format = form) -> None:
            with writer(form, Path("/dev/full"), COLUMNS) as made:
                made.rows(ROWS)

        with pytest.raises(ProblemError) as caught:
            fill()
        assert caught.value.problem.code == "export"


def test_a_stream_is_left_open() -> None:
    stream = io.BytesIO()
    writer("csv", stream, COLUMNS).close()
    stream.write(b"more")


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ValueError, match="pdf"):
        writer("pdf", io.BytesIO(), COLUMNS)


def _sparse() -> Iterator[dict[str, Any]]:
    yield {}
    yield {"id": "1", "assignedLicenses": None}


@pytest.mark.parametrize("form", list(Format))
@pytest.mark.parametrize("key", ["user-list", "group-list", "licence-plan-list"])
def test_rows_that_lack_properties_are_exported_all_the_same(form: Format, key: str) -> None:
    data = written(form, list(_sparse()), operation(key).columns)
    assert data
    if form is Format.CSV:
        assert len(table(data)) == 3
