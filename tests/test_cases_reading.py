"""Files as people have them, as bytes: each case ends as is right, in words. The files are in tests/cases."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from o365desk.catalogue import operation
from o365desk.model.problems import ProblemError
from o365desk.model.secret import Secret
from o365desk.services import certificate_forms
from o365desk.services.signin import credentials, given
from o365desk.services.spreadsheets import reader
from o365desk.services.spreadsheets.formats import encodings, foreign
from o365desk.services.spreadsheets.formats.formats import ChoiceError, How
from o365desk.services.spreadsheets.formats.separated import delimiter_named
from o365desk.services.spreadsheets.reader import Sheet

CASES = Path(__file__).parent / "cases"
OPERATIONS = {
    "A": operation("add-user-to-group"),
    "C": operation("create-group"),
    "L": operation("assign-licence-to-user"),
}
GROUP = {"group": "Engineering Berlin 16"}


def read(file: Path, which: str, how: How | None = None, **fixed: str) -> Sheet:
    return reader.read(file, OPERATIONS[which], fixed, how=how)


def refused(file: Path, which: str = "A", how: How | None = None, **fixed: str) -> ProblemError:
    with pytest.raises(ProblemError) as caught:
        read(file, which, how, **fixed)
    assert caught.value.problem.remedy
    return caught.value


def said(made: Sheet) -> str:
    return "\n".join(finding.text for finding in made.findings)


# --- rows that are refused, each by its place --------------------------------------------------------------------

ROWS: tuple[tuple[str, str, dict[str, str], str, tuple[str, ...]], ...] = (
    ("32-formula-uncalculated.xlsx", "A", {}, "not-calculated", ("A2", "Open and save it in Excel")),
    ("60-uncalculated-optional.xlsx", "L", {}, "not-calculated", ("C2", "Open and save it in Excel")),
    ("50-doubled-utf8.csv", "A", {}, "converted-twice", ("converted twice", "“Müller & Söhne”", "CSV UTF-8")),
    ("171-remark.csv", "A", {}, "too-many-cells", ("Beside the table", "“back on Monday”", "remark")),
)


@pytest.mark.parametrize(("name", "which", "fixed", "code", "words"), ROWS, ids=[row[0] for row in ROWS])
def test_a_row_is_refused_by_its_place(
    name: str, which: str, fixed: dict[str, str], code: str, words: tuple[str, ...]
) -> None:
    made = read(CASES / name, which, None, **fixed)
    problem = made.rows[0].problem
    assert problem is not None
    assert problem.code == code
    for word in words:
        assert word in problem.sentence()
    assert "were taken" not in said(made)


# --- files that are read -----------------------------------------------------------------------------------------

UNA, ADMIN, MING = (f"{name}@ostwindpractice629.onmicrosoft.com" for name in ("una.user", "admin", "ming.li"))
READ: tuple[tuple[str, str, dict[str, str], str, list[str], str], ...] = (
    ("109-own.json", "A", GROUP, "user", ["5781a43b-f1a9-49b0-a7ad-a3edcb2d220e"], ""),
    ("131-strict.xlsx", "A", GROUP, "user", [UNA, ADMIN], ""),
    ("136-hyperlinks.xlsx", "A", GROUP, "user", [UNA, ADMIN], f"“Una User” in A2 links to “{UNA}”"),
    ("137-offset.xlsx", "A", GROUP, "user", [UNA, ADMIN], "In F6, beside the table, stands “call back!”"),
    ("197b-one-line.csv", "A", GROUP, "user", [UNA, ADMIN, MING], "The line holds 3 addresses"),
    ("102-space-quote.csv", "A", {}, "group", ["Engineering Berlin 16", "Müller & Söhne"], "blanks behind"),
    ("103-space-quote-comma.csv", "C", {}, "description", ["Sales, EMEA", "Sales, APAC"], "blanks behind"),
    ("156-backslash.csv", "C", {}, "displayName", ['Sales "EMEA"'], 'written as \\"'),
)


@pytest.mark.parametrize(("name", "which", "fixed", "key", "values", "word"), READ, ids=[row[0] for row in READ])
def test_a_file_is_read_and_what_was_guessed_is_said(
    name: str, which: str, fixed: dict[str, str], key: str, values: list[str], word: str
) -> None:
    made = read(CASES / name, which, None, **fixed)
    assert [row.values[key] for row in made.rows] == values
    assert not [row.problem for row in made.rows if row.problem]
    assert word in said(made)


# --- encodings ---------------------------------------------------------------------------------------------------

CODED = (
    ("150-cp1250.csv", "windows-1250", "Księgowość"),
    ("151-cp1251.csv", "1251", "Отдел продаж"),
    ("153-cp850.csv", "cp850", "Büro Köln"),
    ("154-macroman.csv", "mac", "Büro Köln"),
    ("155-gbk.csv", "GBK", "销售部"),
)


@pytest.mark.parametrize(("name", "encoding", "wanted"), CODED, ids=[row[0] for row in CODED])
def test_an_encoding_that_nothing_tells_is_asked_for(name: str, encoding: str, wanted: str) -> None:
    error = refused(CASES / name, "C")
    assert isinstance(error, ChoiceError)
    sentence = error.problem.sentence()
    for word in ("line 2", "--encoding", "CSV UTF-8", f"“{wanted}”"):
        assert word in sentence
    codec = encodings.named(encoding)
    assert (codec, wanted) in error.choices.encodings
    made = read(CASES / name, "C", How(encoding=codec))
    assert made.rows[0].values["displayName"] == wanted


# In cp1250, 1251, 850 …: one name alone must show it, or be one that Windows-1252 reads the same.
FOREIGN = {
    "cp1250": "Księgowość łódzki Dvořák Němec Řezníček Kučera Kovačević Petőfi Stănescu Gdańsk Zięba Plzeň Jiří",
    "cp1251": "Отдел Москва Ольга",
    "cp850": "Büro Größe Málaga Español Zoë Hélène",
    "mac-roman": "Büro Köln Málaga García Señor Hélène",
    "gb18030": "销售部 王伟",
    "cp932": "営業部 ﾃｽﾄ カタカナ",
    "cp949": "서울 영업부",
    "cp1253": "Αθήνα",
    "cp1254": "Yıldız Kılıç Şahin Ağaoğlu",
    "cp1255": "מכירות",
    "cp1257": "Bērziņš Kalniņš Šķēle",
}
WESTERN = (
    "Müller Söhne Straße Größe Hélène Lefèvre François Peña Muñoz João Conceição Magalhães Søren Øystein Åse Zoë "
    "Loïc Noël Brûlée Hämäläinen MÜLLER d’Angelo Berlin–Mitte Niccolò Ève Inês Mendonça Kjærgård Übung Ærø"
)


@pytest.mark.parametrize("codec", FOREIGN)
def test_a_name_of_another_code_page_is_never_garbled(tmp_path: Path, codec: str) -> None:
    for name in FOREIGN[codec].split():
        file = tmp_path / "rows.csv"
        file.write_bytes(f"displayName\n{name}\n".encode(codec))
        assert refused(file, "C").problem.code == "encoding", name


@pytest.mark.parametrize("name", WESTERN.split())
def test_a_name_of_western_europe_is_read_and_said(tmp_path: Path, name: str) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes(f"displayName\n{name}\n".encode("cp1252"))
    made = read(file, "C")
    assert made.rows[0].values["displayName"] == name
    assert "read as Windows-1252" in said(made)
    assert f"line 2: “{name[:24]}”" in said(made)
    assert ("cp1252", name) in made.choices.encodings


LOST: tuple[tuple[str, bytes, str, str], ...] = (
    ("one bad byte", "displayName\nMüller\nS\xff\n".encode().replace("ÿ".encode(), b"\xf6"), "encoding", "line 3"),
    ("UTF-8 cut off", "displayName\nA\nMüller".encode()[:-5] + b"\xc3", "encoding", "line 3"),
    ("half a letter of UTF-16", "displayName\nA\n".encode("utf-16") + b"x", "encoding", "UTF-16"),
    ("ISO-2022-JP", "displayName\n営業部\n".encode("iso2022-jp"), "encoding", "“営業部”"),
)


@pytest.mark.parametrize(("data", "code", "word"), [row[1:] for row in LOST], ids=[row[0] for row in LOST])
def test_a_letter_that_cannot_be_read_is_named(tmp_path: Path, data: bytes, code: str, word: str) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes(data)
    problem = refused(file, "C").problem
    assert problem.code == code
    assert word in problem.sentence()


def test_a_letter_that_was_lost_before_is_its_rows_problem(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("displayName,description,other\nM\ufffdller,a,b\nSales,x,\ufffd\n", "utf-8")
    problems = [row.problem for row in read(file, "C").rows]
    assert problems[0] is not None
    assert (problems[0].code, problems[0].field, problems[1]) == ("lost-letter", "displayName", None)


def test_an_encoding_that_was_chosen_and_does_not_fit_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_bytes("displayName\nMüller\n".encode("cp1252"))
    assert "line 2" in refused(file, "C", How(encoding="utf-8")).problem.title
    file.write_bytes("\ufeffdisplayName\nMüller\n".encode())
    assert "mark of UTF-8" in refused(file, "C", How(encoding="cp1252")).problem.sentence()
    assert read(file, "C", How(encoding="utf-8")).rows[0].values["displayName"] == "Müller"


@pytest.mark.parametrize(
    ("text", "meant"),
    [("MÃ¼ller", "Müller"), ("M√ºller", "Müller"), ("M├╝ller", "Müller"), ("GrÃ¶ÃŸe", "Größe"), ("Itâ€™s", "It’s"),
     ("РћС‚РґРµР»", "Отдел"), ("NESCAFÉ®", ""), ("Müller", ""), ("Отдел", ""), ("São Tomé", ""), ("Ã", "")],
)  # fmt: skip
def test_text_that_was_converted_twice_is_known(text: str, meant: str) -> None:
    assert encodings.once(text) == meant


def test_a_copy_keeps_what_is_damaged_as_it_is(tmp_path: Path) -> None:
    file, copy = tmp_path / "rows.csv", tmp_path / "copy.csv"
    file.write_text("user,group\n\u00c3\u0080,Sales\na@b.c, M\u00c3\u00bcller\n", "utf-8")
    made = read(file, "A")
    made.save_repaired(copy)
    again = read(copy, "A")
    assert [row.problem.code if row.problem else "" for row in made.rows] == ["converted-twice"] * 2
    assert [(row.values, row.problem) for row in again.rows] == [(row.values, row.problem) for row in made.rows]


# --- workbooks ---------------------------------------------------------------------------------------------------


def book(tmp_path: Path, change: Callable[[Any], None]) -> Path:
    from openpyxl import Workbook

    made = Workbook()
    change(made)
    made.save(tmp_path / "rows.xlsx")
    return tmp_path / "rows.xlsx"


def two(made: Any) -> None:
    for title, user in (("May", "a@b.c"), ("June", "d@e.f")):
        page = made.active if title == "May" else made.create_sheet(title)
        page.title = title
        for row in (("user", "group"), (user, "Sales")):
            page.append(row)
    made.create_sheet("Remarks").append(("by", "Anna"))
    made.active = 1


def test_where_two_sheets_fit_it_is_asked_which(tmp_path: Path) -> None:
    file = book(tmp_path, two)
    error = refused(file)
    assert isinstance(error, ChoiceError)
    assert error.choices.sheets == ("May", "June")
    for word in ("“May”, “June”", "“June” is the active one", "--sheet"):
        assert word in error.problem.sentence()
    for wanted, user in (("June", "d@e.f"), ("may", "a@b.c"), ("2", "d@e.f")):
        made = read(file, "A", How(sheet=wanted))
        assert [row.values["user"] for row in made.rows] == [user]
    assert made.options() == ["--rows", str(file), "--sheet", "June"]
    assert "no sheet “July”" in refused(file, "A", How(sheet="July")).problem.sentence()


def test_where_no_sheet_fits_the_active_one_is_judged(tmp_path: Path) -> None:
    def change(made: Any) -> None:
        made.active.append(("a", "b"))
        other = made.create_sheet("Mine")
        other.append(("usre", "group"))
        other.append(("a@b.c", "x"))
        made.active = 1

    assert "“usre”" in refused(book(tmp_path, change)).problem.sentence()


# the formula's cell, as programs write it, and whether its value is known
FORMULAS = (
    ('<c r="C2"><f>A1</f></c>', False),
    ('<c r="C2"><f>A1</f><v/></c>', False),
    ('<c r="C2"><f t="array" ref="C2:C2">A1</f><v></v></c>', False),
    ('<c r="C2"><f>A1</f><v>0</v></c>', False),
    ('<c r="C2" t="str"><f>A1</f><v></v></c>', True),
    ('<c r="C2" t="str"><f>A1</f><v>SWAY</v></c>', True),
    ('<c r="C2" t="e"><f>A1</f><v>#REF!</v></c>', False),
)


@pytest.mark.parametrize(("cell", "known"), FORMULAS)
def test_each_formula_is_judged(tmp_path: Path, cell: str, known: bool) -> None:
    packed = io.BytesIO((CASES / "60-uncalculated-optional.xlsx").read_bytes())
    file = tmp_path / "rows.xlsx"
    with zipfile.ZipFile(packed) as before, zipfile.ZipFile(file, "w") as after:
        for name in before.namelist():
            text = before.read(name).decode()
            after.writestr(name, re.sub(r'<c r="C2">.*?</c>', lambda _: cell, text))
    problem = read(file, "L").rows[0].problem
    assert (problem is None) == known
    assert problem is None or "C2" in problem.title


def test_a_spilled_formula_without_a_value_fills_no_cell_with_nothing(tmp_path: Path) -> None:
    from openpyxl.worksheet.formula import ArrayFormula

    def change(made: Any) -> None:
        for row in (("user", "plan", "disabledPlans"), ("a@b.c", "EMS", ""), ("d@e.f", "EMS")):
            made.active.append(row)
        made.active["C2"] = ArrayFormula("C2:C3", "=A1:A2")

    problems = [row.problem for row in read(book(tmp_path, change), "L").rows]
    assert [problem and problem.title for problem in problems] == [
        "The formula in C2 has not been calculated",
        "The formula in C3 has not been calculated",
    ]


def test_a_formula_in_a_column_that_is_not_used_refuses_no_row(tmp_path: Path) -> None:
    def change(made: Any) -> None:
        for row in (("user", "group", "colour"), ("a@b.c", "Sales", "=A1")):
            made.active.append(row)

    assert read(book(tmp_path, change), "A").rows[0].problem is None


def test_odd_names_of_parts_are_found(tmp_path: Path) -> None:
    file = tmp_path / "rows.xlsx"
    with zipfile.ZipFile(CASES / "131-strict.xlsx") as before, zipfile.ZipFile(file, "w") as after:
        for name in before.namelist():
            text = before.read(name).decode().replace("xl/workbook.xml", "/data/Book.xml")
            name = name.replace("xl/workbook.xml", "data/Book.xml").replace("xl/_rels/workbook", "data/_rels/Book")
            after.writestr(name.replace("sheet1", "SHEET1"), text.replace('"styles.xml"', '"/xl/styles.xml"'))
    assert [row.values["user"] for row in read(file, "A", None, **GROUP).rows] == [UNA, ADMIN]


# --- what is no table --------------------------------------------------------------------------------------------

TOLD = (
    ("104-format-table.txt", ("Format-Table", "Export-Csv")),
    ("108-report.xls", ("web page (HTML)", "Open it in Excel")),
    ("108c-report.xls", ("XML spreadsheet", "Open it in Excel")),
    ("186-users.zip", ("ZIP", "“users.csv”", "Unpack it")),
    ("193.ldif", ("LDIF", "csvde")),
    ("~$starters.xlsx", ("beside a file that is open", "Una User", "“starters.xlsx”")),
)


@pytest.mark.parametrize(("name", "words"), TOLD, ids=[row[0] for row in TOLD])
def test_what_is_no_table_is_told_as_what_it_is(name: str, words: tuple[str, ...]) -> None:
    sentence = refused(CASES / name).problem.sentence()
    for word in words:
        assert word in sentence


PRINTED = (
    ("UserPrincipalName\n-----------------\na@b.c\n", "Format-Table"),
    ("\nUserPrincipalName : a@b.c\nDisplayName       : Una\n\nUserPrincipalName : d@e.f\n", "Format-List"),
    ("UserPrincipalName : a@b.c\n\nUserPrincipalName : d@e.f\n", "Format-List"),
    ("UserPrincipalName : a@b.c\n  d\nDisplayName       : Una\n\nUserPrincipalName : d@e.f\n", "Format-List"),
    (" user  | name\n-------+------\n a@b.c | Una\n(1 row)\n", "psql"),
    ("+-------+\n| user  |\n+-------+\n| a@b.c |\n+-------+\n", "a database"),
    ("| user | name |\n|------|:-----|\n| a@b.c | Una |\n", "Markdown"),
    ("┌──────┐\n│ user │\n├──────┤\n│ a@b.c│\n└──────┘\n", "as a program prints it"),
    ("-[ RECORD 1 ]---\nuser | a@b.c\n", "psql"),
)


@pytest.mark.parametrize(("text", "word"), PRINTED)
def test_a_printed_table_is_told(tmp_path: Path, text: str, word: str) -> None:
    file = tmp_path / "rows.txt"
    for data in (text.encode(), text.encode("utf-16")):
        file.write_bytes(data)
        assert word in refused(file).problem.sentence()


@pytest.mark.parametrize(
    "text", ["Report\n------\nuser,group\na@b.c,Sales\n", "user,note\na@b.c,a : b\n", "user\n-\n"]
)
def test_a_table_with_a_line_under_its_title_is_none_that_was_printed(text: str) -> None:
    assert foreign.looked_at(text) is None


def test_what_is_no_file_is_told() -> None:
    for name, word in (
        ("https://contoso.example/users.csv", "Download it"),
        ("file:///home/x/users.csv", "without “file:”"),
        (str(CASES), "It is a folder"),
    ):
        assert word in refused(Path(name)).problem.sentence()


# --- separators --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", "^~:|;\t")
def test_a_separator_is_found_where_the_headings_are_known(tmp_path: Path, sign: str) -> None:
    file = tmp_path / "rows.csv"
    file.write_text(f"user{sign}group\na@b.c{sign}Sales\n", "utf-8")
    made = read(file, "A")
    assert (made.rows[0].values, made.delimiter) == ({"user": "a@b.c", "group": "Sales"}, sign)
    assert "separated by" in said(made)


def test_a_separator_can_be_given(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("user#group\na@b.c#Sales, Berlin\n", "utf-8")
    assert read(file, "A", How(delimiter="#")).rows[0].values == {"user": "a@b.c", "group": "Sales, Berlin"}
    assert [delimiter_named(text) for text in ("tab", "\\t", ";", "Commas", "ab", "a", '"', "")] == [
        "\t", "\t", ";", ",", "", "", "", "",
    ]  # fmt: skip


def test_backslashes_that_are_both_marks_and_letters_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    file.write_text('displayName,description\nA,"x\\y"\n"Sales \\"EMEA\\"",b\n', "utf-8")
    problem = refused(file, "C").problem
    assert (problem.code, "line 3" in problem.title) == ("escape", True)
    file.write_text('displayName,description\nA,"C:\\dir\\"\n', "utf-8")
    assert read(file, "C").rows[0].values["description"] == "C:\\dir\\"


JSON = (
    ('[{"user":"a@b.c","group":"Sales"},\n{"group":"HR","user":"d@e.f"}]', [1, 2]),
    ('{"user":"a@b.c","group":"Sales"}\n{"user":"d@e.f","group":"HR"}\n', [1, 2]),
    (
        '{\n"@odata.context":"x",\n"value":[\n{"user":"a@b.c","group":"Sales"},\n{"user":"d@e.f","group":"HR"}]}',
        [4, 5],
    ),
)


@pytest.mark.parametrize(("text", "lines"), JSON)
def test_json_is_rows(tmp_path: Path, text: str, lines: list[int]) -> None:
    file = tmp_path / "rows.json"
    file.write_text(text, "utf-8")
    made = read(file, "A")
    assert [(row.values["user"], row.values["group"]) for row in made.rows] == [("a@b.c", "Sales"), ("d@e.f", "HR")]
    assert [row.line for row in made.rows] == lines
    assert made.encoding == "json"


# --- secrets and certificates ------------------------------------------------------------------------------------


def test_a_secret_is_taken_without_what_a_shell_puts_round_it() -> None:
    secret = "made-up~secret.value_0000000000000000000"
    assert given.from_stdin((CASES / "secret-bom.txt").read_bytes()) == secret
    for codec in ("utf-16", "utf-16-le", "utf-16-be", "utf-8"):
        assert given.from_stdin(f"{secret}\r\n".encode(codec)) == secret
    assert given.from_stdin("pässword".encode()) == "pässword"
    with pytest.raises(ProblemError, match="not UTF-8"):
        given.from_stdin("pässword".encode("latin-1"))


@pytest.mark.parametrize(
    ("text", "code"),
    [('"abc~def"', "quoted"), ("'abc'", "quoted"), ("CLIENT_SECRET=abc", "named"),
     ("$env:AZURE_SECRET = x", "named"), ("export PFX_PASS=x", "named"), ("secret: abc", "named"),
     ("abc~def", ""), ("abc=def", ""), ("it's", "")],
)  # fmt: skip
def test_a_secret_with_something_round_it_is_questioned(text: str, code: str) -> None:
    for passphrase in (False, True):
        problem = given.suspicious(text, passphrase=passphrase)
        assert (problem.code if problem else "") == code
        assert problem is None or "abc" not in problem.sentence()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A certificate and its key in all their forms."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12

    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    now = datetime.now(UTC)
    base = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    base = base.serial_number(7).not_valid_before(now).not_valid_after(now + timedelta(days=3))
    certificate = base.sign(key, hashes.SHA256())
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    none, locked = form.NoEncryption(), form.BestAvailableEncryption(b"geheim")
    pem, der = form.Encoding.PEM, form.Encoding.DER
    return {
        "cert": certificate.public_bytes(pem), "cert-der": certificate.public_bytes(der),
        "key": key.private_bytes(pem, form.PrivateFormat.PKCS8, none),
        "key-der": key.private_bytes(der, form.PrivateFormat.PKCS8, none),
        "key-locked": key.private_bytes(pem, form.PrivateFormat.PKCS8, locked),
        "ssh": key.private_bytes(pem, form.PrivateFormat.OpenSSH, none),
        "p7b": pkcs7.serialize_certificates([certificate], pem),
        "p7b-der": pkcs7.serialize_certificates([certificate], der),
        "csr": request.public_bytes(pem), "csr-der": request.public_bytes(der),
        "pfx": pkcs12.serialize_key_and_certificates(b"x", key, certificate, None, none),
    }  # fmt: skip


def test_certificates_are_taken_in_their_forms(made: dict[str, bytes]) -> None:
    import base64

    both = made["cert"] + made["key"]
    additions = base64.encodebytes(made["cert-der"] + b"\x30\x03\x0c\x01x")
    trusted = b"-----BEGIN TRUSTED CERTIFICATE-----\n" + additions + b"-----END TRUSTED CERTIFICATE-----\n"
    for data in (
        both, made["key"] + made["cert"], both.decode().encode("utf-16"), both.decode().encode("utf-16-le"),
        made["pfx"], base64.encodebytes(made["pfx"]), base64.b64encode(made["pfx"]), trusted + made["key"],
    ):  # fmt: skip
        certificate, _ = credentials._load(data, None)
        assert certificate.serial_number == 7
    with pytest.raises(ProblemError, match="passphrase is missing"):
        credentials._load(made["cert"] + made["key-locked"], None)
    assert credentials._load(made["cert"] + made["key-locked"], Secret("geheim"))[0].serial_number == 7


@pytest.mark.parametrize(
    ("name", "words"),
    [("cert", ("no private key",)), ("cert-der", ("no private key", "public part only")),
     ("key", ("openssl pkcs12",)), ("key-der", ("DER", "openssl pkcs12")),
     ("ssh", ("OpenSSH", "ssh-keygen -p -m PEM")),
     ("p7b", ("chain", "no private")), ("p7b-der", ("chain", "no private")),
     ("csr", ("CSR", "openssl x509")), ("csr-der", ("CSR", "openssl x509"))],
)  # fmt: skip
def test_what_is_no_certificate_with_its_key_is_told(
    made: dict[str, bytes], name: str, words: tuple[str, ...]
) -> None:
    with pytest.raises(ProblemError) as caught:
        credentials._load(made[name], None)
    for word in words:
        assert word in caught.value.problem.sentence()


def test_the_certificate_of_the_cases_holds_no_key() -> None:
    with pytest.raises(ProblemError, match="no private key"):
        credentials._load((CASES / "cert.cer").read_bytes(), None)


def test_authorities_are_taken_in_their_forms(tmp_path: Path, made: dict[str, bytes]) -> None:
    from o365desk.services.http.trust import check_ca_file

    file = tmp_path / "ca"
    utf16 = made["cert"].decode().encode("utf-16")
    for data in (made["cert"], made["cert-der"], made["p7b"], made["p7b-der"], utf16):
        file.write_bytes(data)
        assert check_ca_file(str(file)) is None
    assert check_ca_file(str(CASES / "ca.cer")) is None
    for data in (made["key"], made["key-der"], b"nothing"):
        assert certificate_forms.authorities(data) is None
        file.write_bytes(data)
        assert check_ca_file(str(file)) is not None
