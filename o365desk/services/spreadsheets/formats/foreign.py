"""What a file is that is no table of rows, told by how it begins: with the way to make a table of it."""

import re
import zipfile
from dataclasses import dataclass
from io import BytesIO
from itertools import dropwhile
from pathlib import PurePath

_EXCEL = "Open it in Excel, and save it as CSV UTF-8 or XLSX."
_CHOOSE = "Choose a CSV or XLSX file."
_EXPORT = "Write a file with Export-Csv instead: … | Export-Csv users.csv -NoTypeInformation -Encoding utf8"
_HEAD = 8192


@dataclass(frozen=True)
class Told:
    """What a file is, what to do with it, and a code."""

    what: str
    remedy: str = _CHOOSE
    code: str = "no-table"


_SIGNS = (
    (b"\x89PNG", Told("a picture (PNG)")),
    (b"\xff\xd8\xff", Told("a picture (JPEG)")),
    (b"GIF8", Told("a picture (GIF)")),
    (b"%PDF-", Told("a PDF document")),
    (b"{\\rtf", Told("a text document (RTF)")),
    (b"\x1f\x8b", Told("a packed file (gzip)", "Unpack it, and choose the CSV or XLSX file in it.", "packed")),
    (b"7z\xbc\xaf", Told("a packed file (7z)", "Unpack it, and choose the CSV or XLSX file in it.", "packed")),
    (b"Rar!", Told("a packed file (RAR)", "Unpack it, and choose the CSV or XLSX file in it.", "packed")),
    (b"SQLite format 3", Told("a database (SQLite)")),
    (b"\x7fELF", Told("a program")),
    (b"MZ\x90\0", Told("a program")),
    (b"PAR1", Told("a Parquet file", "Export it as CSV.")),
    (b"\x09\x08\x10\0", Told("a workbook of a very old Excel (.xls)", _EXCEL, "old-excel")),
)
"""How files begin that are no text."""

_TEXTS = (
    (r"\s*<\?xml[^>]{0,200}>\s*(?:<\?mso-application[^>]{0,100}>\s*)?(?:<!--.{0,500}-->\s*)?<(?:\w{1,10}:)?Workbook\b",
     Told("an XML spreadsheet of Excel 2003, whatever its name says", _EXCEL)),
    (r"\s*<\?xml.{0,500}<Objs\b", Told("objects of PowerShell (Export-Clixml)",
     "Write a file with: Import-Clixml FILE | Export-Csv users.csv -NoTypeInformation -Encoding utf8")),
    (r"\s*(?:<!doctype html|<html|<head|<body|<table|<meta|<div|<script)\b",
     Told("a web page (HTML), whatever its name says", _EXCEL)),
    (r"\s*<\?xml|\s*<[a-z][\w:.-]{0,60}(?:\s[^<>]{0,2000})?>", Told("XML", _EXCEL)),
    (r"MIME-Version:[^\n]{0,200}\n(?:[^\n]{0,500}\n){0,5}?Content-Type: multipart/related",
     Told("a web page in one file (MHTML), whatever its name says", _EXCEL)),
    (r"\s*(?:#[^\n]{0,500}\n\s*){0,20}(?:version: ?1\s+)?dn::? ", Told("a directory's list (LDIF)",
     "Export the objects as CSV instead: csvde, or Get-ADUser … | Export-Csv.")),
    (r"\s*BEGIN:VCARD", Told("a list of contacts (vCard)", "Export the contacts as CSV instead.")),
    (r"\s*BEGIN:VCALENDAR", Told("a calendar (iCalendar)")),
    (r"\s*\[InternetShortcut\]", Told("a link to a web page", "Open the link, save the file, and choose that.")),
    (r"(?:Return-Path|Received|Delivered-To|From|Subject|MIME-Version): [^\n]{0,500}\n(?:[\w-]{1,40}: |[ \t])",
     Told("a mail", "Save its attachment, and choose that.")),
    (r"\s*-----BEGIN ", Told("a key or a certificate")),
    (r"version https://git-lfs", Told("a pointer of Git LFS, not the file itself", "Get the file: git lfs pull")),
)  # fmt: skip
_BY_TEXT = tuple((re.compile(sign, re.IGNORECASE | re.DOTALL), told) for sign, told in _TEXTS)

_RULE = re.compile(r"(?=.{0,400}(?:-{3}|={3}|[─═━]{3}))[-=+|:\s─═━┼╪╬│║├┤┌┐└┘┬┴╔╗╚╝]{5,}")
"""The line under the headings of a printed table."""
_BOX = re.compile(r"[─═━│║]")
_PAIR = re.compile(r"([A-Za-z_][\w .-]{0,60}?)\s*: ?(.*)")
_ROW_RULE = re.compile(r"-\[ RECORD \d+ \]-*")


def sniffed(data: bytes) -> Told | None:
    """What the file is by its first bytes, None where it may be text or a workbook."""
    return next((told for sign, told in _SIGNS if data.startswith(sign)), None)


def looked_at(head: str) -> Told | None:
    """What a text is, None where it may be a table."""
    head = head.lstrip("\ufeff")[:_HEAD]
    by_text = next((told for sign, told in _BY_TEXT if sign.match(head)), None)
    return by_text or _printed([line.rstrip() for line in head.splitlines()[:40]])


def _printed(lines: list[str]) -> Told | None:
    """Tables that a program printed for people."""
    full = [line for line in lines if line.strip()]
    if full and _ROW_RULE.match(full[0]):
        return _printed_by("psql")
    by_rule = (_ruled(place, full) for place, line in enumerate(full[:12]) if _RULE.fullmatch(line))
    return next(filter(None, by_rule), None) or _listed(lines)


def _ruled(place: int, full: list[str]) -> Told | None:
    """Who printed the table in which the line at this place divides the headings from the rows; None where it may
    be a line of cells."""
    line = full[place]
    if "," in line or ";" in line:
        return None
    near = full[place - 1] if place else full[1] if len(full) > 1 else ""
    if _BOX.search(line):
        return Told("a table as a program prints it", "Have the program write CSV instead.", "printed")
    if line.lstrip().startswith("+"):
        return _printed_by("mysql")
    if "|" in line and "+" not in line:
        return Told("a table as Markdown has it", "Paste it into Excel, and save it as CSV UTF-8.", "printed")
    if "+" in line and "|" in near:
        return _printed_by("psql")
    if place and ("-- " in line or _is_one_column(line, full)):
        return Told("a table as PowerShell or a terminal prints it (Format-Table)", _EXPORT, "printed")
    return None


def _is_one_column(rule: str, full: list[str]) -> bool:
    """Whether the rule is one stroke, and no line has anything that could part cells."""
    return not rule.strip().strip("-") and not any(sign in line for line in full for sign in ",;\t")


def _printed_by(program: str) -> Told:
    ways = {
        "psql": "Have psql write a file instead: \\copy (SELECT …) TO 'users.csv' CSV HEADER",
        "mysql": "Have the program write CSV instead.",
    }
    return Told(f"a table as {'psql' if program == 'psql' else 'a database'} prints it", ways[program], "printed")


def _listed(lines: list[str]) -> Told | None:
    """Format-List: a property in each line, the colons one below the other, and the objects apart."""
    pairs = _first_object(lines)
    heads = [pair.partition(":")[0] for pair in pairs]
    if len(set(map(len, heads))) != 1 or not all(head.endswith(" ") for head in heads):
        return None
    again = sum(line.startswith(heads[0].strip()) and ":" in line for line in lines) > 1
    if len(pairs) == 1 and not again:
        return None
    return Told("a list as PowerShell prints it (Format-List)", _EXPORT, "printed")


def _first_object(lines: list[str]) -> list[str]:
    """The lines of the first block that have a property and its value; a value goes on in indented lines."""
    pairs: list[str] = []
    for line in dropwhile(lambda line: not line.strip(), lines):
        if _PAIR.fullmatch(line):
            pairs.append(line)
        elif not line.strip() or not (pairs and line.startswith(" ")):
            break
    return pairs


def lock_of(name: str, data: bytes) -> Told | None:
    """Whether this is what Office puts beside a file that is open."""
    if not (name.startswith("~$") and len(data) < 1024) and not name.startswith(".~lock."):
        return None
    other = name[2:] if name.startswith("~$") else name.removeprefix(".~lock.").rstrip("#")
    letters = int.from_bytes(data[55:57], "little") if len(data) > 57 else 0
    who = data[57 : 57 + 2 * min(letters, 54)].decode("utf-16-le", "ignore").strip()
    by = f" (here: {who})" if who and who.isprintable() else ""
    return Told(
        f"what Office keeps beside a file that is open, to say who has it open{by}",
        f"Choose the file itself: “{other}” or, where its name is long, one that ends so.",
        "lock",
    )


_PACKED = (
    (re.compile(r"workbook\.bin\Z"),
     Told("a workbook in Excel's binary form (.xlsb)", _EXCEL, "not-excel")),
    (re.compile(r"\.iwa\Z"),
     Told("a table of Apple Numbers", "Export it as CSV or Excel in Numbers.", "not-excel")),
    (re.compile(r"\Acontent\.xml\Z"),
     Told("an OpenDocument file (.ods)", "Save it as CSV or XLSX.", "not-excel")),
    (re.compile(r"\A(?:word|ppt|visio)/"),
     Told("a document, and no Excel workbook", "Save its table as CSV or XLSX.", "not-excel")),
    (re.compile(r"\A(?:\[content_types\]\.xml\Z|_rels/\.rels\Z|xl/)"), None),
)  # fmt: skip
"""What is in a ZIP that is no list of files; None where that may be a workbook. The first that fits tells."""


def packed(data: bytes) -> Told | None:
    """What a ZIP is that is no workbook of Excel; None where it may be one."""
    try:
        names = zipfile.ZipFile(BytesIO(data)).namelist()[:1000]
    except Exception:  # noqa: BLE001 - a damaged one is told by who reads it
        return None
    plain = [name.replace("\\", "/").lower() for name in names]
    for sign, told in _PACKED:
        if any(map(sign.search, plain)):
            return told
    tables = [PurePath(name).name for name in names if name.lower().endswith((".csv", ".xlsx", ".tsv", ".txt"))]
    inside = f" In it: {', '.join(f'“{name[:60]}”' for name in tables[:3])}." if tables else ""
    return Told(f"a packed file (ZIP).{inside}", "Unpack it, and choose the CSV or XLSX file in it.", "packed")


_ADDRESS = re.compile(r"([a-z][a-z0-9+.-]{1,20}):[/\\]{1,3}", re.IGNORECASE)


def address(name: str) -> Told | None:
    """Whether a file's name is an address of the web."""
    match = _ADDRESS.match(name)
    if match is None:
        return None
    if match[1].lower() == "file":
        return Told("an address (file:)", "Name the file without “file:” and its slashes.", "address")
    return Told(
        f"an address ({match[1].lower()}:), and nothing is fetched from the web",
        "Download it with your browser, and name the file.",
        "address",
    )
