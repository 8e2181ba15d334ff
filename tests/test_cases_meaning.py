"""What the cells and headings of people's files mean: each file of tests/cases ends as it should, in words; and the
kinds of which they are examples.
"""

from pathlib import Path
from typing import Any

import pytest

from o365desk import paths
from o365desk.catalogue import operation
from o365desk.catalogue.operations import Operation
from o365desk.catalogue.values import check, check_field, several
from o365desk.model import datasource
from o365desk.model.datasource import FIELDS, DataSource
from o365desk.model.fields import Field, Kind
from o365desk.model.problems import ProblemError
from o365desk.services.spreadsheets import reader
from o365desk.services.spreadsheets.heading_names import OURS, plain, spoken
from o365desk.services.spreadsheets.reader import Sheet
from o365desk.services.spreadsheets.repairs import clean, cleaned

CASES = Path(__file__).parent / "cases"
ADD, REMOVE = operation("add-user-to-group"), operation("remove-user-from-group")
ASSIGN, TAKE = operation("assign-licence-to-user"), operation("remove-licence-from-user")
CREATE, LOCATE = operation("create-group"), operation("set-usage-location")
GROUP = {"group": "Engineering Berlin 16"}
ID, OTHER = "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "4f2504e0-4f89-41d3-9a0c-0305e82c3302"
HOME = "@ostwindpractice629.onmicrosoft.com"


def read(
    tmp_path: Path, text: str, wanted: Operation = ADD, *, left_out: tuple[str, ...] = (), **fixed: str
) -> Sheet:
    file = tmp_path / "rows.csv"
    file.write_text(text, "utf-8")
    given = GROUP if not fixed and wanted in (ADD, REMOVE) else {key: text for key, text in fixed.items() if text}
    return reader.read(file, wanted, given, left_out=left_out)


def ends(made: Sheet, key: str) -> list[tuple[int, str, str]]:
    """By row its line, what it has for a field, and what is wrong with it."""
    return [(row.line, row.values.get(key, ""), row.problem.title if row.problem else "") for row in made.rows]


def said(made: Sheet) -> str:
    return "\n".join(f"{finding.line}: {finding.text}" for finding in made.findings)


# --- the files ---------------------------------------------------------------------------------------------------

# the file, the operation, values for all rows, the field that is looked at, the rows (line, value, part of the
# problem), and parts of what is said
FILES: tuple[tuple[str, Operation, dict[str, str], str, list[tuple[int, str, str]], tuple[str, ...]], ...] = (
    ("08-plus-licences.csv", ASSIGN, {}, "plan", [
        (2, "Power BI Pro", ""), (2, "Microsoft Power Automate Free", ""),
        (3, "Unlicensed", "“Unlicensed” says that there is no licence plan"),
        (4, "Enterprise Mobility + Security E3", ""),
    ], ("2: “plan” holds 2 plans; each became a row of its own.",)),
    ("10-hr-utf16-tab.csv", ADD, GROUP, "user", [(2, "joerg.mueller@ostwind.example", "")],
     ("1: The column “E-Mail-Adresse” was read as “user”.",)),
    ("102b-plain-quotes.csv", ADD, {}, "group", [(2, "Engineering Berlin 16", "")],
     ("2: The quotation marks around “group” were taken away", "is read as “Engineering Berlin 16”")),
    ("106-lookalike.csv", ADD, GROUP, "user", [
        (2, f"break‑glass{HOME}", "only looks like “-”: U+2011 (non-breaking hyphen)"),
        (3, f"una.user＠{HOME[1:]}", "only looks like “@”: U+FF20 (fullwidth commercial at)"),
        (4, f"una\xa0.user{HOME}", "only looks like a blank: U+00A0 (no-break space)"),
        (5, f"una.user{HOME}", ""),
        (6, f"break–glass{HOME}", "only looks like “-”: U+2013 (en dash)"),
    ], ("5: Blanks around “user” were taken away.",)),
    ("112-ids.csv", ADD, GROUP, "user", [
        (2, "CN=Una User,OU=Staff,DC=contoso,DC=local", "is a distinguished name of Active Directory"),
        (3, "CONTOSO\\uuser", "is an account name of Active Directory (DOMAIN\\name)"),
        (4, "9f785baf-bfaf-456c-9aad-a6b560eabc98", ""),
        (5, "uuser", "names no user"), (6, "Una User", "names no user"),
    ], ("4: The security identifier in “user” was written as the object ID that it stands for",
        "“S-1-12-1-2675465135-1164754863-3047599514-2562517600” is read as")),
    ("12-many-mails-in-cell.csv", ADD, {}, "user", [
        (2, "ming.li@ostwind.example", ""), (2, "ann.lee@ostwind.example", ""),
        (3, "ming.li@ostwind.example", ""), (3, "ann.lee@ostwind.example", ""),
    ], ("2: “user” holds 2 users; each became a row of its own.", "3: “user” holds 2 users",
        "0: Lines that hold several values: 2. They became 4 rows.")),
    ("17-export-for-assign.csv", ASSIGN, {"plan": "EMS"}, "plan", [(2, "EMS", ""), (3, "EMS", "")],
     ("1: Column “Licenses” is not used: “plan” is given for all rows.",)),
    ("172-newline-name.csv", CREATE, {}, "displayName", [
        (2, "Sales\nEMEA", "Display name has a line break or tab in it: “Sales EMEA”"),
        (4, "Ops\t1", "Display name has a line break or tab in it: “Ops 1”"),
    ], ()),
    ("180b-google-members.csv", ADD, {}, "group", [(2, "sales@x.example", "")],
     ("“Group Email [Required]” was read as “group”", "“Member Role” may turn a row round")),
    ("182-errors-localized.csv", CREATE, {}, "displayName", [
        (2, "#NV", "“#NV” is a spreadsheet's error"), (3, "#N/D", "“#N/D” is a spreadsheet's error"),
        (4, "#WERT!", "“#WERT!” is a spreadsheet's error"),
    ], ()),
    ("183-null.csv", CREATE, {}, "mailNickname", [(2, "", ""), (3, "", ""), (4, "", ""), (5, "", "")],
     ("2: “NULL” in “description” is no value; it was taken as empty.", "3: “-” in “mailNickname” is no value",
      "4: “nan” in “description” is no value", "5: “(null)” in “mailNickname” is no value")),
    ("19-email2.csv", ADD, GROUP, "user", [(2, f"ming.li{HOME}", "")], ("1: Column “E-Mail 2” is not used.",)),
    ("198-no-heading.txt", ADD, GROUP, "user", [(1, f"una.user{HOME}", ""), (2, f"admin{HOME}", "")],
     ("1: There is no line of column names. All cells are addresses or IDs, so they were read as “user”.",)),
    ("20-title-line-comma.csv", ADD, GROUP, "user", [(3, f"ming.li{HOME}", "")],
     ("2: The headings are in line 2; what is above them was left out: “Report: users generated 2026-11-01”.",)),
    ("30-hr-merged.xlsx", ADD, GROUP, "user",
     [(5, "ming.li@ostwind.example", ""), (6, "joerg.mueller@ostwind.example", ""),
      (7, "#CALC!", "The formula in C7 has not been calculated")],
     ("4: The column “Work e-mail” was read as “user”.",
      "5: Column 2 has no name in line 4 and is not used: “Ming”",
      "4: Columns “Employee”, “Start” are not used.")),
    ("33-create-groups.xlsx", CREATE, {}, "members", [
        *((line, f"ann.lee{HOME}; joerg.mueller{HOME}", "") for line in range(2, 7)), (7, "", ""), (8, "", ""),
    ], ("6: What “members” holds was taken as a list",)),
    ("34-titles-with-commas.csv", ADD, GROUP, "user", [(3, f"ming.li{HOME}", "")],
     ("2: The headings are in line 2", "“Contoso GmbH Berlin Germany”")),
    ("36-quotes-smart.csv", ADD, GROUP, "user", [
        (2, f"ming.li{HOME}", ""), (3, f"ann.lee{HOME}", ""), (4, f"joerg.mueller{HOME}", ""),
        (5, f"zoe.delacruz{HOME}", ""), (6, f"quentin.ryan{HOME}", ""), (7, f"max.dangelo{HOME}", ""),
        (8, "OSTWIND\\ming.li", "is an account name of Active Directory"),
    ], ("3: The quotation marks around “user”", "6: The address was taken out of “user”: “SMTP:quentin",
        "7: The account was taken out of the claim in “user”: “i:0#.f|membership|max")),
    ("37-proxyaddresses.csv", ADD, GROUP, "user", [(2, "ming.li@ostwind.example", "")],
     ("2: Of the addresses in “user” the primary one was taken: “SMTP:ming.li@",)),
    ("45-german.csv", ADD, GROUP, "user", [(2, f"ming.li{HOME}", "")],
     ("1: The columns “Objekt-ID”, “Benutzerprinzipalname” all mean “user”",
      "a plan compares what the others say with it")),
    ("50-doubled-utf8.csv", ADD, {}, "group", [
        (2, "MÃ¼ller & SÃ¶hne", "“MÃ¼ller & SÃ¶hne” was converted twice"),
    ], ()),
    ("51-userstatus.csv", ADD, {}, "user", [
        (2, f"ming.li{HOME}", ""), (3, f"ann.lee{HOME}", "“action” says “remove”: the row is to be removed"),
    ], ("1: Column “action” may turn a row round",)),
)  # fmt: skip


@pytest.mark.parametrize("case", FILES, ids=[case[0] for case in FILES])
def test_each_file_ends_as_it_should(tmp_path: Path, case: Any) -> None:
    name, wanted, fixed, key, rows, parts = case
    made = reader.read(CASES / name, wanted, fixed)
    found = ends(made, key)
    assert [row[:2] for row in found] == [row[:2] for row in rows]
    for (_, _, problem), (_, _, part) in zip(found, rows, strict=True):
        assert part in problem
        assert bool(part) == bool(problem)
    for part in parts:
        assert part in said(made)
    made.save_repaired(tmp_path / "copy.csv")
    again = reader.read(tmp_path / "copy.csv", wanted, fixed)
    done = [(row.values, row.problem is None) for row in made.rows]
    assert [(row.values, row.problem is None) for row in again.rows] == done


def test_no_file_is_forgotten() -> None:
    used = Path(__file__).read_text("utf-8") + Path(__file__).with_name("test_cases_reading.py").read_text("utf-8")
    assert [file.name for file in CASES.iterdir() if f'"{file.name}"' not in used] == []


# --- columns that turn a row round -------------------------------------------------------------------------------

# the operation, the heading, cells that agree, cells that contradict, a cell that is not understood
TURNING = (
    (ADD, "action", ("add", "Add member", "GRANT", "joiner"), ("remove", "Delete", "leaver", "revoke"), "maybe"),
    (REMOVE, "Action", ("remove", "delete user"), ("add", "assign"), "do not add"),
    (ADD, "isDelete", ("false", "0", "no", ""), ("true", "1", "x", "ja"), "2024-05-01"),
    (REMOVE, "isDelete", ("true", "y"), ("false", ""), "perhaps"),
    (REMOVE, "Is Deleted", ("true", "false", ""), (), "2024-05-01"),
    (ADD, "Is Deleted", ("False", ""), ("True",), "2024-05-01"),
    (ADD, "Member Role", ("MEMBER", "Mitglied", ""), ("OWNER", "Besitzer"), "Engineer"),
    (ADD, "status", ("Active", "new", ""), ("left", "terminated", "inactive"), "on leave"),
    (TAKE, "Employee status", ("left", "active"), ("added",), "on leave"),
    (ASSIGN, "Aktion", ("hinzufügen", "zuweisen"), ("entfernen", "löschen"), "vielleicht"),
    (ADD, "Approved", ("yes", "ja"), ("no", "nein"), "by Anna"),
    (ADD, "exclude", ("no", ""), ("yes", "x"), "perhaps"),
    (REMOVE, "keep", ("no",), ("yes",), "some"),
    (CREATE, "action", ("create", "new"), ("delete",), "rename"),
    (LOCATE, "operation", ("update", "set"), ("delete",), "see below"),
)


@pytest.mark.parametrize(("wanted", "heading", "agree", "contradict", "unclear"), TURNING)
def test_a_row_that_contradicts_is_refused_and_what_is_not_understood_is_asked_for(
    tmp_path: Path,
    wanted: Operation,
    heading: str,
    agree: tuple[str, ...],
    contradict: tuple[str, ...],
    unclear: str,
) -> None:
    first = "displayName" if wanted is CREATE else "user"
    fixed = {"plan": "EMS"} if wanted in (ASSIGN, TAKE) else {"usageLocation": "IE"} if wanted is LOCATE else {}
    cells = [*agree, *contradict]

    def text(*more: str) -> str:
        rows = "".join(f"u{place}@b.c,{cell}\n" for place, cell in enumerate([*cells, *more]))
        return f"{first},{heading}\n{rows}"

    made = read(tmp_path, text(), wanted, left_out=(), **fixed)
    refused = [row.problem.code if row.problem else "" for row in made.rows]
    assert refused == [""] * len(agree) + ["contradicts"] * len(contradict)
    with pytest.raises(ProblemError) as caught:
        read(tmp_path, text(unclear), wanted, left_out=(), **fixed)
    problem = caught.value.problem
    assert (problem.code, problem.detail) == ("column-asked", heading)
    assert f"line {len(cells) + 2}" in problem.title
    assert f"--leave-out {heading}" in problem.remedy
    made = read(tmp_path, text(unclear), wanted, left_out=(heading.upper(),), **fixed)
    assert not [row for row in made.rows if row.problem]
    assert f"1: Column “{heading}” was left out, as you said." in said(made)


def test_an_action_that_is_missing_in_some_rows_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="says nothing here, though other rows say something"):
        read(tmp_path, "user,action\na@b.c,add\nd@b.c,\n")
    assert len(read(tmp_path, "user,action\na@b.c,\nd@b.c,\n").rows) == 2


def test_a_role_means_nothing_for_licences_and_a_state_of_an_address_turns_nothing(tmp_path: Path) -> None:
    made = read(tmp_path, "user,Role,State\na@b.c,Engineer,Bavaria\n", ASSIGN, plan="EMS")
    assert "Columns “Role”, “State” are not used." in said(made)
    assert not OURS & {
        name for words in paths.table("headings.json")["turning"]["columns"].values() for name in words.split()
    }


def test_what_turns_a_row_round_stays_in_the_copy(tmp_path: Path) -> None:
    made = read(tmp_path, "user,action\na@b.c,add\nd@b.c,remove\n")
    made.save_repaired(tmp_path / "copy.csv")
    assert (tmp_path / "copy.csv").read_text("utf-8").splitlines() == ["user,action", "a@b.c,add", "d@b.c,remove"]


def test_a_column_that_is_not_there_cannot_be_left_out(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="There is no column “colour” to be left out"):
        read(tmp_path, "user,action\na@b.c,add\n", left_out=("colour",))


# --- no value ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["NULL", "N/A", "nan", "None", "-", "(null)", "n/a", "—", "NaN", "$null", "k.A."])
def test_what_is_no_value_is_empty_where_that_does_no_harm_and_refused_elsewhere(tmp_path: Path, text: str) -> None:
    made = read(tmp_path, f"displayName,description,owners\nSales,{text},{text}\n{text},x,\n", CREATE)
    assert made.rows[0].values == {"displayName": "Sales", "description": "", "owners": ""}
    assert f"2: “{text}” in “description” is no value; it was taken as empty." in said(made)
    assert made.rows[1].problem
    assert f"“{text}” is no value of “Display name”" in made.rows[1].problem.title
    for wanted, key in ((ADD, "user"), (ASSIGN, "plan"), (ASSIGN, "disabledPlans"), (LOCATE, "usageLocation")):
        problem = check_field(wanted.field(key), text)
        if (key, text) == ("disabledPlans", "None"):  # said on purpose: no service plan is left out
            continue
        assert problem
        assert problem.code in ("no-value", "no-user")


def test_namibia_is_a_value_and_so_is_whatever_is_looked_for(tmp_path: Path) -> None:
    assert check_field(LOCATE.field("usageLocation"), "NA") is None
    search = operation("find-users").field("search")
    assert check_field(search, "Null") is None
    assert clean(search, "'Null'") == ("'Null'", [])


def test_of_several_columns_one_that_holds_no_value_is_not_asked(tmp_path: Path) -> None:
    made = read(tmp_path, "Group ID,Group name,user\nN/A,Sales,a@b.c\n", user="")
    assert made.rows[0].values["group"] == "Sales"


@pytest.mark.parametrize(
    "text",
    ["#N/A", "#NV", "#N/D", "#WERT!", "#DIV/0!", "#¡VALOR!", "#¿NOMBRE?", "#RIF!", "#NAAM?", "#ЗНАЧ!", "#ÜBERLAUF!",
     "#Н/Д", "#SAYI/0!", "#PROPAGATION!", "#wert!", "#NENÍ_K_DISPOZICI", "#KÉZDIKÖZLEMÉNY!"],
)  # fmt: skip
def test_errors_of_spreadsheets_in_any_language_are_no_values(text: str) -> None:
    for field in (CREATE.field("displayName"), CREATE.field("description"), ADD.field("group")):
        problem = check_field(field, text)
        assert problem or text == "#wert!"
        assert problem is None or problem.code == "spreadsheet-error"


@pytest.mark.parametrize("text", ["#sales", "#1 Team", "#Metoo", "C#", "N/A Team", "Nancy", "-1"])
def test_names_that_only_look_like_that_are_names(text: str) -> None:
    assert check_field(CREATE.field("displayName"), text) is None


@pytest.mark.parametrize(
    ("key", "text", "code"),
    [
        ("displayName", "Sales\nEMEA", "line-break"),
        ("displayName", "Sales\tEMEA", "line-break"),
        ("displayName", "Sales\u2028EMEA", "line-break"),
        ("description", "One line.\nAnother.", ""),
        ("displayName", "M\ufffdller", "lost-letter"),
        ("description", "M\ufffdller", "lost-letter"),
        ("displayName", "MÃ¼ller", "converted-twice"),
        ("description", "Itâ€™s ours", "converted-twice"),
        ("displayName", "SÃO PAULO", ""),
        ("displayName", "Ärzte – Köln", ""),
    ],
)
def test_texts_that_are_not_what_they_were(key: str, text: str, code: str) -> None:
    problem = check_field(CREATE.field(key), text)
    assert (problem.code if problem else "") == code


# --- headings ----------------------------------------------------------------------------------------------------

NAMED_BY_PEOPLE = (
    "Work Email", "Primary Email", "primaryEmail", "Login Name", "Sign-in name", "Principal name", "Member UPN",
    "User Principal Name (UPN)", "WindowsLiveID", "ExternalDirectoryObjectId", "AadObjectId", "Email ID",
    "Business Email", "UPN/Email", "user.login", "Users", "Members", "Email Address [Required]",
    "Benutzerprinzipalname", "Objekt-ID", "Nom d’utilisateur principal", "ID d'objet", "Adresse e-mail",
    "Nombre principal de usuario", "Correo electrónico", "Nome entità utente", "ID oggetto", "Gebruikersnaam",
    "E-mailadres", "Nome UPN", "Endereço de email",
    "ユーザー プリンシパル名", "オブジェクト ID", "ＵＰＮ", "E_MAIL",
    "User principal name *",
)  # fmt: skip


@pytest.mark.parametrize("heading", NAMED_BY_PEOPLE)
def test_what_people_call_the_user(tmp_path: Path, heading: str) -> None:
    made = read(tmp_path, f'Wer,"{heading}",Was\nAnna,a@b.c,x\n')
    assert ends(made, "user") == [(2, "a@b.c", "")]
    assert f"The column “{heading}” was read as “user”." in said(made)


def test_every_translation_is_a_name_that_is_known() -> None:
    table = paths.table("headings.json")
    known = {name for words in (*table["fields"].values(), table["in_lists_of_groups"]) for name in words.split()}
    known |= OURS | {
        plain(name) for wanted in (ADD, ASSIGN, CREATE, LOCATE) for name in (f.key for f in wanted.fields)
    }
    assert set(table["languages"]) == {"de", "fr", "es", "it", "nl", "pt", "ja"}
    for language, names in table["languages"].items():
        assert {"userprincipalname", "objectid", "displayname", "licenses"} <= set(names.values()), language
        for name, meant in names.items():
            assert meant in known, f"{language}: {name}"
            assert meant in spoken(name), f"{language}: {name} is something else in another language"


# what is above the table, and the line of its headings
ABOVE = (
    ("Contoso GmbH, Berlin, Germany", 2),
    ("Report: users, generated 2026-11-01,,,", 2),
    ("Exported by:,admin@b.c\nOn:,2026-11-01", 3),
    ("Users", 2),
    ("Members of Sales,as of May,by Anna,confidential,do not share", 2),
    ("Group,Sales\nOwner,boss@b.c\n", 4),
    ("version:v1.0,,", 2),
)


@pytest.mark.parametrize(("above", "line"), ABOVE)
def test_headings_below_titles(tmp_path: Path, above: str, line: int) -> None:
    made = read(tmp_path, f"{above}\nUser principal name,Department\na@b.c,Sales\nd@b.c,HR\n")
    assert ends(made, "user") == [(line + 1, "a@b.c", ""), (line + 2, "d@b.c", "")]


def test_the_line_that_looks_most_like_headings_is_blamed(tmp_path: Path) -> None:
    with pytest.raises(ProblemError) as caught:
        read(tmp_path, "Title, with comma\n\nMitarbeiter,Team\nAnna,a@b.c\n", LOCATE)
    assert "line 3" in caught.value.problem.title
    assert "Mitarbeiter" in caught.value.problem.cause


def test_a_near_miss_is_fatal_only_while_its_field_has_no_other_column(tmp_path: Path) -> None:
    assert "Column “E-Mial” is not used." in said(read(tmp_path, "UPN,E-Mial\na@b.c,x\n"))
    with pytest.raises(ProblemError, match="“E-Mial” is not known; it is probably “user”"):
        read(tmp_path, "Wer,E-Mial\nAnna,a@b.c\n")


def test_a_column_only_of_addresses_is_the_user_and_that_is_said(tmp_path: Path) -> None:
    made = read(tmp_path, f"Abteilung,Wer\nSales,a@b.c\nHR,\nIT,{ID}\n")
    assert [row.values["user"] for row in made.rows] == ["a@b.c", ID]
    assert "1: All cells of column “Wer” are addresses or IDs, so it was read as “user”." in said(made)
    made = read(tmp_path, "Wer,,Manager e-mail\nAnna,a@b.c,boss@b.c\n")
    assert "1: All cells of column 2 (without a name) are addresses or IDs" in said(made)
    for text in ("Wer,Was\na@b.c,d@b.c\n", "Manager,Was\na@b.c,x\n", "Wer,Was\na@b.c,x\nAnna,y\n"):
        with pytest.raises(ProblemError):
            read(tmp_path, text)
    wide = "".join(f"n{number},u{number}@b.c\n" for number in range(40))  # columns that mean nothing keep nothing
    assert len(read(tmp_path, f"Abteilung,Wer\n{wide}").rows) == 40


def test_a_list_without_a_heading(tmp_path: Path) -> None:
    assert ends(read(tmp_path, f"a@b.c\n{ID}\n"), "user") == [(1, "a@b.c", ""), (2, ID, "")]
    assert [row.line for row in read(tmp_path, "a@b.c,d@b.c,e@b.c\n").rows] == [1, 1, 1]
    made = read(tmp_path, f"sales@b.c\n{ID}\n", ADD, user="a@b.c")
    assert [row.values["group"] for row in made.rows] == ["sales@b.c", ID]
    for text in (f"a@b.c,{ID}\nd@b.c,{OTHER}\n", "a@b.c\nAnna\n"):
        with pytest.raises(ProblemError):
            read(tmp_path, text)


def test_a_column_that_only_means_a_field_yields_to_the_value_for_all_rows(tmp_path: Path) -> None:
    made = read(tmp_path, "UPN,Team\na@b.c,Finance\n")
    assert made.rows[0].values == {"group": GROUP["group"], "user": "a@b.c"}
    assert "1: Column “Team” is not used: “group” is given for all rows." in said(made)
    with pytest.raises(ProblemError, match="--leave-out group"):
        read(tmp_path, "UPN,group\na@b.c,Finance\n")
    assert (
        read(tmp_path, "UPN,group\na@b.c,Finance\n", left_out=("group",)).rows[0].values["group"] == GROUP["group"]
    )


# --- several values, and repairs ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell",
    ["a@b.c;d@b.c", "a@b.c, d@b.c", "a@b.c|d@b.c", '"a@b.c\nd@b.c"', "a@b.c d@b.c", "a@b.c / d@b.c",
     "Maier, Anna <a@b.c>; Bea <d@b.c>", "i:0#.f|membership|a@b.c;i:0#.f|membership|d@b.c",
     "SMTP:a@b.c; SMTP:d@b.c"],
)  # fmt: skip
def test_several_users_in_a_cell_are_several_rows(tmp_path: Path, cell: str) -> None:
    made = read(tmp_path, f'user,group\n"{cell.strip(chr(34))}",Sales\n', user="")
    assert ends(made, "user") == [(2, "a@b.c", ""), (2, "d@b.c", "")]
    assert [row.number for row in made.rows] == [1, 2]
    listed, _ = clean(CREATE.field("members"), cell.strip('"'))
    assert several(listed) == ["a@b.c", "d@b.c"]


def test_what_belongs_together_is_never_guessed(tmp_path: Path) -> None:
    made = read(tmp_path, 'user,group\n"a@b.c;d@b.c","x@b.c;y@b.c"\na@b.c;Anna,Sales\n', user="")
    assert [row.problem.code if row.problem else "" for row in made.rows] == ["several-values"] * 2
    made = read(
        tmp_path, "user,plan,disabledPlans\na@b.c,SPE_E3+Power BI Pro,X\na@b.c,SPE_E3+Unheard Of,\n", ASSIGN
    )
    assert [row.problem.code if row.problem else "" for row in made.rows] == ["several-values"] * 2
    problem = check(ADD, {"user": "a@b.c;d@b.c", "group": "Sales"})[0]
    assert "User holds 2 users: “a@b.c”, “d@b.c”" in problem.title


TENANT, APP = FIELDS["tenant"], FIELDS["clientId"]
USER, TEAM = ADD.field("user"), ADD.field("group")
PORTAL = "https://portal.azure.com/#view/Microsoft_AAD"

# the field, what is given, what it is read as
REPAIRS = (
    (USER, "SMTP:a@b.c", "a@b.c"), (USER, "sip:a@b.c", "a@b.c"), (USER, "i:0#.f|membership|a@b.c", "a@b.c"),
    (USER, f"c:0o.c|federateddirectoryclaimprovider|{ID}", ID),
    (USER, "‘a@b.c’", "a@b.c"),
    (USER, "«a@b.c»", "a@b.c"),
    (USER, "'a@b.c'", "a@b.c"), (USER, "a@b.c;", "a@b.c"), (USER, "a@b.c.", "a@b.c"), (USER, "(a@b.c)", "a@b.c"),
    (USER, "Anna (a@b.c)", "a@b.c"),
    (USER, "a@b.c (Anna)", "a@b.c"),
    (USER, f"{{{ID}}}", ID),
    (USER, f"({ID})", ID),
    (USER, ID.replace("-", ""), ID),
    (USER, "a\u200b\u202e@b.c", "a@b.c"),
    (USER, "siobhan.o’brien@b.c", "siobhan.o'brien@b.c"),
    (USER, f"{PORTAL}_UsersAndTenants/UserProfileMenuBlade/~/overview/userId/{ID}", ID),
    (USER, f"https://graph.microsoft.com/v1.0/users/{ID}", ID), (USER, f"{PORTAL}/groupId/{ID}", None),
    (USER, f"{PORTAL}/userId/{ID}/tenantId/{OTHER}", ID), (USER, "S-1-5-21-1-2-3-1104", None),
    (TEAM, f"https://teams.microsoft.com/l/team/19/conversations?groupId={ID}&tenantId={OTHER}", ID),
    (TEAM, f"c:0t.c|tenant|{ID}", ID), (TEAM, "“Sales”", "Sales"), (TEAM, "Sales – EMEA", "Sales – EMEA"),
    (TEAM, "Sales, Berlin; Potsdam", "Sales, Berlin; Potsdam"), (TEAM, "\u200bSales", "Sales"),
    (TENANT, "https://login.microsoftonline.com/contoso.com/v2.0", "contoso.com"),
    (TENANT, "@contoso.com", "contoso.com"),
    (TENANT, f"https://login.microsoftonline.com/{ID}/oauth2/v2.0/token", ID),
    (TENANT, "contoso.com.", "contoso.com"),
    (TENANT, f"{PORTAL}_IAM/tenantId/{ID}", ID),
    (TENANT, "'contoso.com'", "contoso.com"),
    (TENANT, f"{{{ID}}}", ID),
    (TENANT, ID.replace("-", ""), ID),
    (TENANT, f"Directory (tenant) ID: {ID}", ID),
    (TENANT, "admin@contoso.com", None),
    (TENANT, f"{PORTAL}/appId/{ID}", None), (TENANT, f"Application (client) ID: {ID}", None),
    (APP, f"api://{ID}", ID),
    (APP, f"api://{ID}/.default", ID),
    (APP, f"'{ID}'", ID),
    (APP, f"Object ID: {ID}", None),
    (APP, f"{PORTAL}_RegisteredApps/~/Overview/appId/{ID}/objectId/{OTHER}", ID), (APP, f"\u200e{ID}", ID),
)  # fmt: skip


@pytest.mark.parametrize(("field", "given", "meant"), REPAIRS)
def test_one_place_repairs_values_wherever_they_come_from(field: Field, given: str, meant: str | None) -> None:
    better, remarks = cleaned([field], {field.key: given})
    assert better[field.key] == (given if meant is None else meant)
    assert bool(remarks) == (better[field.key] != given)
    assert clean(field, better[field.key]) == (better[field.key], [])
    if meant is None:  # then it is refused, and says why
        source = DataSource(id="x", name="x", tenant=given, client_id=given)
        judged = field in (TENANT, APP) and [each for each in datasource.check(source) if each.field == field.key]
        assert judged or check_field(field, given)


def test_letters_of_a_script_or_of_an_emoji_are_no_deception(tmp_path: Path) -> None:
    for name in ("خانه\u200cما", "👩\u200d🚀 Team", "Ärzte – Köln"):
        assert clean(CREATE.field("displayName"), name) == (name, [])
    assert check_field(USER, "иван@пример.рф") is None
    assert check_field(USER, "jürgen@b.c") is None


@pytest.mark.parametrize("letter", ["\u2010", "\u2212", "\uff0d", "\uff20", "\u2007", "\u0430", "\uff41", "\u0131"])
def test_letters_that_only_look_like_others_are_named(letter: str) -> None:
    found = check_field(USER, f"ab{letter}cd@b.c" if letter != "\uff20" else "ab\uff20b.c")
    assert found
    assert (found.code, f"U+{ord(letter):04X}" in found.title) == ("lookalike", True)
    source = DataSource(id="x", name="x", tenant=f"con{letter}toso.com", client_id=f"{ID[:20]}{letter}{ID[21:]}")
    named = [problem.title for problem in datasource.check(source) if problem.field in ("tenant", "clientId")]
    assert all(f"U+{ord(letter):04X}" in title for title in named)
    assert len(named) == 2


def test_the_kinds_of_fields_that_are_repaired_are_all_that_name_somebody() -> None:
    ids = {Kind.USER, Kind.USERS, Kind.GROUP, Kind.PLAN}
    for kind in ids:
        assert clean(Field(key="x", label="x", kind=kind), f"{{{ID}}}") == (ID, ["braces"])
