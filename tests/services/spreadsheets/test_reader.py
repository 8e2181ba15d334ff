"""The clinic: what people's files are read as, what is said of them, and that the file stays as it is."""

import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from o365desk.catalogue import Column, operation
from o365desk.catalogue.operations import Operation
from o365desk.model.problems import ProblemError
from o365desk.services.spreadsheets import export, reader
from o365desk.services.spreadsheets.formats.limits import Limits
from o365desk.services.spreadsheets.reader import Sheet
from tests.torture import examples

ADD = operation("add-user-to-group")
ASSIGN = operation("assign-licence-to-user")
CREATE = operation("create-group")
ID = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"


def read(tmp_path: Path, data: str | bytes, wanted: Operation = ADD, **fixed: str) -> Sheet:
    file = tmp_path / "rows.csv"
    file.write_bytes(data.encode() if isinstance(data, str) else data)
    before = file.read_bytes()
    try:
        return reader.read(file, wanted, fixed)
    finally:
        assert file.read_bytes() == before


def kinds(made: Sheet) -> list[str]:
    return [finding.kind for finding in made.findings]


def users(made: Sheet) -> list[str]:
    return [row.values["user"] for row in made.rows]


CLEAN = "group,user\nSales,a@b.c\nSales,d@e.f\n"


def test_a_copy_goes_to_where_a_link_points(tmp_path: Path) -> None:
    target, link = tmp_path / "copy.csv", tmp_path / "link.csv"
    link.symlink_to(target)
    read(tmp_path, CLEAN).save_repaired(link)
    assert link.is_symlink()
    assert target.read_text("utf-8").splitlines() == CLEAN.splitlines()


def test_a_clean_file_needs_no_remark(tmp_path: Path) -> None:
    made = read(tmp_path, CLEAN)
    assert (made.findings, made.columns, made.encoding, made.delimiter) == ((), ("group", "user"), "utf-8", ",")
    assert [(row.number, row.line, row.values["user"], row.problem) for row in made.rows] == [
        (1, 2, "a@b.c", None), (2, 3, "d@e.f", None),
    ]  # fmt: skip


# what it is, the file (group is given for all rows), the users read, the kinds of findings
CLINIC: tuple[tuple[str, str | bytes, list[str], list[str]], ...] = (
    ("semicolons", "user;group\na@b.c;Sales\n", ["a@b.c"], ["delimiter"]),
    ("tabs", "user\tgroup\na@b.c\tSales\n", ["a@b.c"], ["delimiter"]),
    ("bars", "user|group\na@b.c|Sales\n", ["a@b.c"], ["delimiter"]),
    ("the delimiter inside quotes", '"user";"group"\n"a@b.c";"Sales"\n', ["a@b.c"], ["delimiter"]),
    ("Excel's own line", "sep=;\nuser;group\na@b.c;Sales\n", ["a@b.c"], ["delimiter"]),
    ("UTF-8 with a mark", "\ufeffuser\na@b.c\n".encode(), ["a@b.c"], []),
    ("UTF-16 with a mark", "user\nmüller@b.c\n".encode("utf-16"), ["müller@b.c"], []),
    ("UTF-16 without one", "user\na@b.c\n".encode("utf-16-le"), ["a@b.c"], ["encoding"]),
    ("Windows-1252", "user\nmüller@b.c\n".encode("cp1252"), ["müller@b.c"], ["encoding"]),
    ("CRLF", "user\r\na@b.c\r\nd@e.f\r\n", ["a@b.c", "d@e.f"], []),
    ("CR", "user\ra@b.c\rd@e.f\r", ["a@b.c", "d@e.f"], []),
    ("blank rows", "user\n\na@b.c\n , \nd@e.f\n\n\n", ["a@b.c", "d@e.f"], ["blank-row", "blank-row"]),
    ("a row of invisible letters", "user\n\u200b\u00a0\na@b.c\n", ["a@b.c"], ["blank-row"]),
    ("another heading", "User principal name\na@b.c\n", ["a@b.c"], ["column"]),
    ("a heading in capitals", " UPN \na@b.c\n", ["a@b.c"], ["column"]),
    ("blanks around", "user\n  a@b.c \n", ["a@b.c"], ["blanks"]),
    ("a hard blank", "user\na@b.c\u00a0\n", ["a@b.c"], ["blanks"]),
    ("a zero-width blank", "user\na@\u200bb.c\n", ["a@b.c"], ["invisible"]),
    ("mailto:", "user\nMailTo:a@b.c\n", ["a@b.c"], ["address"]),
    ("a name with the address", "user\nAnna Maier <a@b.c>\n", ["a@b.c"], ["address"]),
    ("typographic apostrophe", "user\nsiobhan.o’brien@b.c\n", ["siobhan.o'brien@b.c"], ["quotes"]),
    ("typographic quotes", "user\n“a@b.c”\n", ["a@b.c"], ["around"]),
    ("an id in braces", f"user\n{{{ID}}}\n", [ID], ["braces"]),
    ("marked as text", "user\n'+a@b.c\n", ["+a@b.c"], ["text-mark"]),
    ("a letter of two parts", "user\nmu\u0308ller@b.c\n", ["müller@b.c"], ["letters"]),
    ("NUL bytes", b"user\na\0@b.c\n", ["a@b.c"], ["nul"]),
    ("duplicates", "user\na@b.c\nd@e.f\nA@B.C\n", ["a@b.c", "d@e.f", "A@B.C"], ["duplicate"]),
    ("ids and addresses", f"user\na@b.c\n{ID}\n", ["a@b.c", ID], ["mixed"]),
    ("a row too short", "user,group\na@b.c\n", ["a@b.c"], ["short"]),
    ("columns without name and values", "user,,\na@b.c,,\n", ["a@b.c"], []),
    ("a value over two lines", 'user\n"a@b.c\n"\nd@e.f\n', ["a@b.c", "d@e.f"], ["blanks"]),
)  # fmt: skip


@pytest.mark.parametrize(("data", "wanted", "found"), [row[1:] for row in CLINIC], ids=[row[0] for row in CLINIC])
def test_the_clinic(tmp_path: Path, data: str | bytes, wanted: list[str], found: list[str]) -> None:
    made = read(tmp_path, data, group="Sales")
    assert users(made) == wanted
    assert kinds(made) == found
    assert all(row.values["group"] == "Sales" and row.problem is None for row in made.rows)
    copy = tmp_path / "repaired.csv"
    made.save_repaired(copy)
    again = reader.read(copy, ADD, {"group": "Sales"})
    assert users(again) == wanted
    assert not [finding for finding in again.findings if finding.repaired]


def test_each_finding_tells_its_line(tmp_path: Path) -> None:
    made = read(tmp_path, 'user\n"a\n@b.c"\n\n b@b.c\nb@b.c\n', group="x")
    assert [(item.line, item.kind) for item in made.findings] == [(4, "blank-row"), (5, "blanks"), (6, "duplicate")]
    assert "line 5" in made.findings[2].text
    assert [row.line for row in made.rows] == [2, 5, 6]


# what it is, the file, code, and parts of what is said
REFUSED: tuple[tuple[str, str | bytes, str, tuple[str, ...]], ...] = (
    ("empty", b"", "empty", ("rows.csv",)),
    ("blanks only", b" \r\n\t\n", "empty", ("rows.csv",)),
    ("headings only", "group,user\n", "no-rows", ()),
    ("columns of something else", "shape,colour\nround,red\n", "unknown-column", ("“colour”", "group, user")),
    ("a typing error", "grup,user\nx,a@b.c\n", "unknown-column", ("“grup”", "probably “group”")),
    ("a column is called otherwise", "group,Wer\nx,Anna\n", "missing-column", ("“user” is missing", "“Wer”")),
    ("a column twice", "group,user,user\nx,a@b.c,a@b.c\n", "double-column", ("“user”",)),
    ("a column in two spellings", "group,UPN,upn\nx,a@b.c,a@b.c\n", "double-column", ("“UPN”", "“upn”")),
    ("a column is missing", "user\na@b.c\n", "missing-column", ("“group”", "--set group=")),
    ("no headings", "a@b.c,Sales\nd@e.f,Sales\n", "no-headings", ("group, user",)),
    ("a quote that stays open", 'group,user\nx,"a@b.c\ny,d@e.f\n', "quote", ("line 2",)),
    ("an old workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old-excel", (".xls",)),
    (
        "a locked workbook",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        "password",
        ("password",),
    ),
    ("a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "no-table", ("This is no table", "PNG")),
    ("a PDF document", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "no-table", ("PDF",)),
    ("a web page", b"\xef\xbb\xbf\n<!DOCTYPE html><table><tr><td>user", "no-table", ("web page",)),
    ("JSON of something else", b'[\n{"user":"a@b.c"},\n7\n]\n', "no-table", ("Item 2", "no object")),
    ("JSON that is cut off", b'[\n{"user":"a@b.c"},\n', "no-table", ("JSON that is damaged",)),
    ("bytes", bytes(range(1, 256)) * 3, "no-table", ("not text",)),
    ("an address above a column", "a@b.c,Team\nd@e.f,Sales\n", "no-headings", ("a@b.c",)),
    ("half a workbook", b"PK\x03\x04" + b"\0" * 50, "damaged", ("damaged",)),
)  # fmt: skip


@pytest.mark.parametrize(("data", "code", "said"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_cannot_be_understood_is_refused(
    tmp_path: Path, data: str | bytes, code: str, said: tuple[str, ...]
) -> None:
    with pytest.raises(ProblemError) as caught:
        read(tmp_path, data)
    problem = caught.value.problem
    assert problem.code == code
    assert "rows.csv" in problem.title
    assert problem.remedy
    for part in said:
        assert part in problem.sentence()


def test_what_is_wrapped_up_without_end_stays_as_it_is(tmp_path: Path) -> None:
    for text in ("mailto:" * 3000 + "a@b.c", "“" * 20_000 + "”" * 20_000, "<" + "@" * 200_000):
        made = read(tmp_path, f"user\n{text}\n", group="Sales")
        assert users(made) == [text]
        assert made.rows[0].problem
    assert users(read(tmp_path, 'user\n"""mailto:Anna <mailto:“a@b.c”>"""\n', group="Sales")) == ["a@b.c"]


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    for path, code in ((tmp_path, "folder"), (tmp_path / "none.csv", "ENOENT"), (Path("a\0b"), "name")):
        with pytest.raises(ProblemError) as caught:
            reader.read(path, ADD)
        assert caught.value.problem.code == code


# what it is, the row's user, the code of its problem
BAD_ROWS = (
    ("an id made a number", "1.16E+20", "spreadsheet-damage"),
    ("a cut id", ID[:-3], "cut-id"),
    ("a name alone", "Anna Maier", "no-user"),
    ("nothing", "", "missing"),
    ("a spreadsheet's error", "#N/A", "spreadsheet-error"),
)


@pytest.mark.parametrize(("value", "code"), [row[1:] for row in BAD_ROWS], ids=[row[0] for row in BAD_ROWS])
def test_a_bad_row_is_that_rows_problem(tmp_path: Path, value: str, code: str) -> None:
    made = read(tmp_path, f"group,user\nx,a@b.c\nx,{value}\nx,d@e.f\n")
    assert [row.problem.code if row.problem else "" for row in made.rows] == ["", code, ""]
    assert made.rows[1].line == 3
    assert made.rows[1].problem
    assert made.rows[1].problem.field == "user"


def test_a_row_too_long_stays_so_in_the_copy(tmp_path: Path) -> None:
    made = read(tmp_path, "user,group\na@b.c,Sales, Berlin,\n")
    assert made.rows[0].problem
    assert made.rows[0].problem.code == "too-many-cells"
    made.save_repaired(tmp_path / "copy.csv")
    assert reader.read(tmp_path / "copy.csv", ADD).rows == made.rows


def test_a_value_for_all_rows_may_not_contradict_the_file(tmp_path: Path) -> None:
    assert len(read(tmp_path, CLEAN, group="sales").rows) == 2
    filled = read(tmp_path, "group,user\nSales,a@b.c\n,d@e.f\n", group="Sales")
    assert [row.values["group"] for row in filled.rows] == ["Sales", "Sales"]
    with pytest.raises(ProblemError) as caught:
        read(tmp_path, CLEAN + "Finance,x@y.z\n", group="Sales")
    assert caught.value.problem.code == "given-twice"
    assert "line 4" in caught.value.problem.title


def test_choices_are_taken_by_their_words(tmp_path: Path) -> None:
    made = read(tmp_path, "name,type,owners\nA,Microsoft 365,Anna <a@b.c>; mailto:d@e.f\nB,SECURITY,\n", CREATE)
    assert [row.values["kind"] for row in made.rows] == ["microsoft365", "security"]
    assert made.rows[0].values["owners"] == "a@b.c; d@e.f"
    assert made.columns == ("displayName", "kind", "owners")


def test_a_copy_never_replaces_the_original(tmp_path: Path) -> None:
    made = read(tmp_path, "UPN,group\na@b.c,x\n")
    (tmp_path / "link.csv").symlink_to(tmp_path / "rows.csv")
    for target in (tmp_path / "rows.csv", tmp_path / "link.csv", tmp_path / "." / "rows.csv"):
        with pytest.raises(ProblemError) as caught:
            made.save_repaired(target)
        assert caught.value.problem.code == "original"
    with pytest.raises(ProblemError):
        made.save_repaired(tmp_path / "none" / "copy.csv")
    made.save_repaired(tmp_path / "copy.csv")
    assert (tmp_path / "copy.csv").read_bytes() == b"user,group\r\na@b.c,x\r\n"


def test_a_copy_is_disarmed(tmp_path: Path) -> None:
    names = ["'=HYPERLINK(1)", "Anna;=cmd|'/C calc'!A0", "=1+1", "''=1", "it's, '=1'"]
    file = tmp_path / "export.csv"
    with export.writer(
        "csv", file, (Column(key="displayName", title=""), Column(key="description", title=""))
    ) as out:
        out.rows([{"displayName": name, "description": name} for name in names])
    made = reader.read(file, CREATE)
    assert [row.values for row in made.rows] == [{"displayName": name, "description": name} for name in names]
    made.save_repaired(tmp_path / "copy.csv")
    assert (tmp_path / "copy.csv").read_bytes() == file.read_bytes()
    made = read(tmp_path, "name\n'=HYPERLINK(1)\n", CREATE)
    assert made.rows[0].values == {"displayName": "=HYPERLINK(1)"}
    made.save_repaired(tmp_path / "copy.csv")
    assert (tmp_path / "copy.csv").read_text("utf-8").splitlines()[1] == "'=HYPERLINK(1)"


def test_too_much_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(ProblemError) as caught:
        read(tmp_path, "group,user\n" + "x,a@b.c\n" * 100_001)
    assert "100,000 rows" in caught.value.problem.cause
    file = tmp_path / "rows.csv"
    file.write_text("group,user\n" + "x,a@b.c\n" * 1000)
    with pytest.raises(ProblemError) as caught:
        reader.read(file, ADD, limits=Limits(file=1000))
    assert caught.value.problem.code == "too-large"


def test_many_findings_of_a_kind_are_counted(tmp_path: Path) -> None:
    made = read(tmp_path, "group,user\n" + "".join(f"x, {n}@b.c\n" for n in range(1000)))
    assert len(made.rows) == 1000
    assert len(made.findings) == 201
    assert "800 more lines" in made.findings[-1].text


BULK = "Member object ID or user principal name [memberObjectIdOrUpn] Required"

# what it is, the file (group is given for all rows), the users read, the kinds of findings, the first row's line
TITLED: tuple[tuple[str, str, list[str], list[str], int], ...] = (
    ("Microsoft's template", f"version:v1.0\n{BULK}\na@b.c\n", ["a@b.c"], ["titles", "column"], 3),
    ("the same from Excel", f"version:v1.0;\n{BULK};\na@b.c;\n", ["a@b.c"], ["delimiter", "titles", "column"], 3),
    ("a title", "Team\n\nuser;group\na@b.c;Sales\n", ["a@b.c"], ["delimiter", "titles"], 4),
    ("a title over one column", "Our members\nuser\na@b.c\n", ["a@b.c"], ["titles"], 3),
    ("several", "Contoso,,\nAs of,May,\nUPN,group,user type\na@b.c,Sales,Guest\n", ["a@b.c"],
     ["titles", "column", "unused"], 4),
    ("a row that reads like headings", "user,colour\na@b.c,red\nuser,group\n", ["a@b.c", "user"], ["unused"], 2),
)  # fmt: skip


@pytest.mark.parametrize(
    ("data", "wanted", "found", "line"), [row[1:] for row in TITLED], ids=[row[0] for row in TITLED]
)
def test_headings_below_titles_are_found(
    tmp_path: Path, data: str, wanted: list[str], found: list[str], line: int
) -> None:
    made = read(tmp_path, data, group="Sales")
    assert (users(made), kinds(made), made.rows[0].line) == (wanted, found, line)
    if "titles" in found:
        said = made.findings[found.index("titles")].text
        assert f"line {line - 1}" in said
        assert data.split("\n")[0].strip(";,") in said


def test_a_group_that_is_called_like_a_heading_is_a_group(tmp_path: Path) -> None:
    with pytest.raises(ProblemError):
        read(tmp_path, "Bezeichnung\nSales\nGroup\nHR\n", CREATE)
    made = read(tmp_path, "name,Was\nGroup,x\nTitle,y\n", CREATE)
    assert [row.values["displayName"] for row in made.rows] == ["Group", "Title"]


# --- columns -----------------------------------------------------------------------------------------------------


def test_a_column_of_another_purpose_is_not_used(tmp_path: Path) -> None:
    made = read(tmp_path, "Abteilung,group,user\nEinkauf,Sales,a@b.c\nsumma summarum,,\n")
    assert [(item.line, item.kind, item.repaired) for item in made.findings] == [
        (1, "unused", False), (3, "unused-row", False),
    ]  # fmt: skip
    assert made.findings[0].text == "Column “Abteilung” is not used."
    assert [row.values for row in made.rows] == [{"group": "Sales", "user": "a@b.c"}]
    made.save_repaired(tmp_path / "copy.csv")
    assert (tmp_path / "copy.csv").read_text("utf-8").splitlines() == ["group,user", "Sales,a@b.c"]


@pytest.mark.parametrize(
    ("heading", "meant"), [("disabldPlans", "disabledPlans"), ("Licens", "plan"), ("uesr", "user")]
)
def test_a_typing_error_is_never_taken_for_another_purpose(tmp_path: Path, heading: str, meant: str) -> None:
    others = [key for key in ("user", "plan") if key != meant]
    with pytest.raises(ProblemError) as caught:
        read(tmp_path, f"{','.join([*others, heading])}\n{'a@b.c,' * len(others)}x\n", ASSIGN)
    assert f"“{heading}” is not known; it is probably “{meant}”" in caught.value.problem.cause
    made = read(tmp_path, f"user,plan,disabledPlans,{heading}\na@b.c,E3,,x\n", ASSIGN)
    assert made.findings[0].text == f"Column “{heading}” is not used."


def test_a_property_is_not_cleared_because_its_column_is_called_otherwise(tmp_path: Path) -> None:
    with pytest.raises(ProblemError) as caught:
        read(tmp_path, "user,Standort\na@b.c,DE\n", operation("set-usage-location"))
    assert (caught.value.problem.code, "“Standort”" in caught.value.problem.cause) == ("missing-column", True)


def listed(tmp_path: Path, ending: str, key: str, *rows: dict[str, Any], only: str = "") -> Path:
    """Rows of a read as this program exports them."""
    file = tmp_path / f"list.{ending}"
    columns = [column for column in operation(key).columns if not only or column.key in only.split()]
    with export.writer(ending, file, columns) as made:
        made.rows(rows)
    return file


ANNA = {"id": ID, "userPrincipalName": "anna@b.c", "mail": "a.s@b.c", "displayName": "Anna", "country": "Germany"}
TEAM = {"id": ID, "displayName": "Sales", "mail": "sales@b.c", "groupTypes": ["Unified"]}


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_list_that_was_exported_can_be_given_as_rows(tmp_path: Path, ending: str) -> None:
    bob = {"userPrincipalName": "bob@b.c", "mail": "b.b@b.c", "usageLocation": "IE"}
    file = listed(tmp_path, ending, "user-list", ANNA, bob)
    made = reader.read(file, ADD, {"group": "Sales"})
    assert users(made) == [ID, "bob@b.c"]
    assert kinds(made) == ["several-columns", "unused", "mixed"]
    assert "“id”, “userPrincipalName”, “mail” all mean “user”" in made.findings[0].text
    moved = reader.read(file, operation("set-usage-location"))
    assert [row.values["usageLocation"] for row in moved.rows] == ["", "IE"], "never that of the address"
    made.save_repaired(tmp_path / "copy.csv")
    assert reader.read(tmp_path / "copy.csv", ADD, {"group": "Sales"}).rows == made.rows
    file = listed(tmp_path, ending, "group-list", TEAM, {"displayName": "HR"})
    made = reader.read(file, ADD, {"user": "a@b.c"})
    assert [row.values["group"] for row in made.rows] == [ID, "HR"]
    assert [row.values["group"] for row in reader.read(file, operation("delete-group")).rows] == [ID, "HR"]
    assert [row.values["displayName"] for row in reader.read(file, CREATE).rows] == ["Sales", "HR"]
    file = listed(
        tmp_path, ending, "licence-plan-list", {"skuId": ID, "skuPartNumber": "SPE_E3", "servicePlans": []}
    )
    assert [row.values["plan"] for row in reader.read(file, ASSIGN, {"user": "a@b.c"}).rows] == [ID]


def test_of_several_columns_the_first_that_is_fit_is_taken(tmp_path: Path) -> None:
    made = read(tmp_path, "ID,UPN,E-mail\n1,a@b.c,x@y.z\n,,d@e.f\n7,,\n", group="Sales")
    assert users(made) == ["a@b.c", "d@e.f", "7"]
    assert [(item.line, item.kind) for item in made.findings] == [(1, "several-columns"), (2, "passed-over")]
    assert "“1” in “ID” is not fit; “UPN” was taken" in made.findings[1].text
    assert [row.problem.code if row.problem else "" for row in made.rows] == ["", "", "no-user"]
    file = listed(tmp_path, "csv", "user-list", ANNA, only="displayName mail userPrincipalName department")
    with pytest.raises(ProblemError):  # who is called like a group is none
        reader.read(file, operation("delete-group"))


# --- workbooks ---------------------------------------------------------------------------------------------------


def workbook(tmp_path: Path, *rows: tuple[Any, ...], change: Any = None) -> Path:
    import openpyxl

    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if change:
        change(book)
    book.save(tmp_path / "rows.xlsx")
    return tmp_path / "rows.xlsx"


def test_a_workbook_is_read(tmp_path: Path) -> None:
    rows = (("User", "Group"), ("a@b.c", 2024), (None, None), ("d@e.f", date(2024, 5, 1)), ("e@e.f", 1.16e20))
    made = reader.read(workbook(tmp_path, *rows), ADD)
    assert [row.values["group"] for row in made.rows] == ["2024", "2024-05-01", "1.16e+20"]
    assert [row.line for row in made.rows] == [2, 4, 5]
    assert [row.problem.code if row.problem else "" for row in made.rows] == ["", "", "spreadsheet-damage"]
    assert (made.encoding, kinds(made)) == ("xlsx", ["column", "column", "blank-row"])


def test_what_a_workbook_hides_is_told(tmp_path: Path) -> None:
    def change(book: Any) -> None:
        book.create_sheet("Archive")
        book.active["B2"] = '="Sa"&"les"'
        book.active.merge_cells("A3:A4")

    file = workbook(tmp_path, ("user", "group"), ("a@b.c", ""), ("d@e.f", "x"), ("g@h.i", "x"), change=change)
    made = reader.read(file, ADD)
    assert kinds(made) == ["sheets", "uncalculated", "merged"]
    assert "Archive" in made.findings[0].text
    # A formula that was never calculated has no value that is known, and a merged cell's second is empty.
    assert [row.problem.code if row.problem else "" for row in made.rows] == ["not-calculated", "", "missing"]
    made.save_repaired(tmp_path / "copy.csv")
    with pytest.raises(ProblemError):
        made.save_repaired(file)


def test_a_row_of_formulas_that_were_never_calculated_is_not_lost(tmp_path: Path) -> None:
    rows = (("user", "group"), ("a@b.c", "x"), ('=A9&"@b.c"', None), (None, None), ("d@e.f", "x"))
    made = reader.read(workbook(tmp_path, *rows), ADD)
    assert [row.line for row in made.rows] == [2, 3, 5]
    assert [row.problem.code if row.problem else "" for row in made.rows] == ["", "not-calculated", ""]


def test_a_sheet_that_is_hidden_is_read_only_where_there_is_no_other(tmp_path: Path) -> None:
    def hide(book: Any) -> None:
        book.active.sheet_state = "hidden"
        for row in (("user", "group"), ("seen@b.c", "x")):
            book.create_sheet("Seen").append(row) if len(book.worksheets) == 1 else book["Seen"].append(row)

    made = reader.read(workbook(tmp_path, ("user", "group"), ("hidden@b.c", "x"), change=hide), ADD)
    assert users(made) == ["seen@b.c"]

    def other(book: Any) -> None:
        book.active.sheet_state = "hidden"
        book.create_sheet("Remarks")

    made = reader.read(workbook(tmp_path, ("user", "group"), ("hidden@b.c", "x"), change=other), ADD)
    assert users(made) == ["hidden@b.c"]
    assert "hidden" in kinds(made)


def test_hidden_rows_count_like_the_others_and_are_told(tmp_path: Path) -> None:
    def filtered(book: Any) -> None:
        for row in (2, 4, 7):  # the last one is empty
            book.active.row_dimensions[row].hidden = True

    rows = [("user", "group"), *((f"u{number}@b.c", "x") for number in range(4))]
    made = reader.read(workbook(tmp_path, *rows, change=filtered), ADD)
    assert len(made.rows) == 4
    assert [found.text for found in made.findings if found.kind == "hidden-rows"] == [
        "Hidden rows: 2, by a filter or by hand. They count like the others."
    ]
    assert "hidden-rows" not in kinds(reader.read(workbook(tmp_path, *rows), ADD))


def test_a_cell_of_megabytes_is_not_called_an_open_quote(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="line 3") as caught:
        read(tmp_path, f"user,group\na@b.c,x\n{'x' * 3_000_000}@b.c,x\n")
    assert "longer than 1 MB" in caught.value.problem.cause


def test_a_value_that_is_too_long_is_its_rows_problem(tmp_path: Path) -> None:
    made = read(tmp_path, f"user,group\n{'x' * 2000}@b.c,x\nd@e.f,x\n")
    assert [row.problem.code if row.problem else "" for row in made.rows] == ["too-long", ""]


def test_the_table_of_a_workbook_is_found(tmp_path: Path) -> None:
    def change(book: Any) -> None:
        members = book.create_sheet("Members")
        for row in (("Members of Sales",), (), ("UPN", "Group"), ("a@b.c", "Sales")):
            members.append(row)
        book.create_sheet("Later").append(("user", "group"))

    made = reader.read(workbook(tmp_path, ("Read me", "first"), ("By", "Anna"), change=change), ADD)
    assert [(row.line, row.values) for row in made.rows] == [(4, {"user": "a@b.c", "group": "Sales"})]
    assert kinds(made) == ["sheets", "titles", "column", "column"]
    assert "the sheet “Members” was read, which has the headings; not “Sheet”, “Later”" in made.findings[0].text
    assert "Members of Sales" in made.findings[1].text


def test_what_is_called_a_workbook_and_is_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rows.xlsx"
    for data in (
        bytes(range(1, 256)) * 3,
        workbook(tmp_path, ("user", "group"), ("a@b.c", "x")).read_bytes()[:900],
    ):
        file.write_bytes(data)
        with pytest.raises(ProblemError) as caught:
            reader.read(file, ADD)
        assert "damaged" in caught.value.problem.cause


def test_other_packed_files_are_refused(tmp_path: Path) -> None:
    for name, said in (("content.xml", "OpenDocument"), ("word/document.xml", "no Excel workbook")):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(name, "<x/>")
        with pytest.raises(ProblemError) as caught:
            read(tmp_path, packed.getvalue())
        assert said in caught.value.problem.cause


# --- whatever comes ----------------------------------------------------------------------------------------------

CELL = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "a@b.c",
            f"{{{ID}}}",
            ID,
            "mailto:x@y.z",
            "A <a@b.c>",
            "“a@b.c”",
            "'=x",
            "\u200b",
            '"',
            "x;y",
            "''=x;'-y",
            "=;=x",
        ]
    ),
)


HEADS = (
    b"",
    b"user,group\n",
    b"PK\x03\x04",
    "user;group\r\n".encode("utf-16"),
    b"sep=;\nUPN;Team\n",
    b'"user"\t"group"\n',
)


def rewritten(tmp_path: Path, data: bytes, wanted: Operation) -> None:
    """A file is read or refused; a repaired copy reads back to the same, with nothing left to repair but the marks
    that disarm it."""
    try:
        made = read(tmp_path, data, wanted)
    except ProblemError:
        return
    copy = tmp_path / "copy.csv"
    made.save_repaired(copy)
    try:
        again = reader.read(copy, wanted)
    except ProblemError as error:
        if error.problem.code != "no-table":  # a cell of strange letters, once for each of the values in another
            raise
        return
    assert [(row.values, row.problem) for row in again.rows] == [(row.values, row.problem) for row in made.rows]
    assert not [
        finding for finding in again.findings if finding.repaired and finding.kind not in ("text-mark", "column")
    ]


@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=200).map(str.encode)), st.sampled_from(HEADS))
@example(b'\\"', b"user,group\n")
@example(b'"a\\""b",c', b"user,group\n")
def test_whatever_bytes_come(tmp_path: Path, data: bytes, head: bytes) -> None:
    rewritten(tmp_path, head + data, ADD)


@settings(max_examples=examples(150), suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.lists(CELL, min_size=1, max_size=5), min_size=1, max_size=6), st.sampled_from(",;\t|"))
def test_whatever_cells_come(tmp_path: Path, rows: list[list[str]], delimiter: str) -> None:
    import csv

    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(["User", "Licence", "Without"])
    writer.writerows(rows)
    rewritten(tmp_path, text.getvalue().encode("utf-8", "replace"), ASSIGN)
