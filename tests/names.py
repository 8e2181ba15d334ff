"""Names as strangers may write them, and what must never be shown as it is."""

import unicodedata
from itertools import pairwise

ESCAPES = (
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "\x9b2J",
)
DIRECTIONS = tuple(
    f"invoice{letter}fdp.exe"
    for letter in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"
)
INVISIBLE = tuple(
    f"ad{letter}min" for letter in "\u200b\u200c\u200d\u2060\ufeff\xad\u180e\u3164\u034f\ufe0f\U000e0061\U000e0101"
)
BREAKS = (
    "Sales\nDone: all is well",
    "Sales\r\x1b[2KDone",
    "a\u2028b",
    "a\u2029b",
    "a\x85b",
    "a\x0bb",
    "a\x0cb",
    "a\tb",
)
BROKEN = ("half \ud800 pair", "no\uffffcharacter", "no\ufdd0character", "\U0010ffff", "bell\x07\x08\x00\x7f")
MARKUP = (
    "<img src='file:///etc/hostname'>",
    '<b>bold</b> & <a href="javascript:alert(1)">x</a>',
    "[red]rich[/red] [link=https://evil.example]here[/link] :skull:",
    "[x](javascript:alert(1)) `code` | cell | https://evil.example **b** &lt;",
    "<script>alert(1)</script>",
    "R&D [*] %1 \\",
)
FLOODS = ("Z" + "\u0301\u0316" * 60, "long " + "x" * 100_000)
HOSTILE = (*ESCAPES, *DIRECTIONS, *INVISIBLE, *BREAKS, *BROKEN, *MARKUP, *FLOODS)

HONEST = (
    "Anna Müller", "Łódź Café", "山田太郎", "김철수", "محمد", "می\u200cخواهم", "ශ්\u200dරී", "न्\u200dय", "ন্\u200d",
    "O’Neil", "“R&D” – ☎",
    "👩\u200d💻", "❤\ufe0f\u200d🔥", "👍🏽", "1\ufe0f\u20e3", "葛\U000e0100", "Nguyễn Văn A",
    "Tiê\u0301\u0323ng", "שָׁלוֹם",
    "\u0f56\u0f66\u0f92\u0fb2\u0f74\u0f56\u0f66", "a\u3000b\xa0c", "ไม้เอก ที่",
)  # fmt: skip


def short(text: str | bytes) -> str:
    """What the test with this name is called: the names of tests are told from process to process."""
    return ascii(text[:40])


_WORKING = {"\u200c", "\u200d"}
_FILLERS = set("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")


def hidden(text: str) -> list[str]:
    """What a text holds that must not be shown as it is, by Unicode's own classes: told independently of the
    program. Joiners and variation selectors are looked at by their neighbours only as far as ASCII goes."""
    found = [letter for letter in text if _never(letter)]
    for before, letter in pairwise(f" {text}"):
        if before.isascii() and (letter in _WORKING or (_selects(letter) and before not in "#*0123456789")):
            found.append(letter)
    return found


def _never(letter: str) -> bool:
    code = ord(letter)
    unassigned = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    if letter in _FILLERS or unassigned:
        return True
    if unicodedata.category(letter) == "Cf":
        return letter not in _WORKING and not _drawn(code)
    return unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp")


def _drawn(code: int) -> bool:
    """Arabic and Kaithi number signs are called format characters, and are seen."""
    return code in (0x6DD, 0x70F, 0x8E2, 0x110BD, 0x110CD) or 0x600 <= code <= 0x605 or 0x890 <= code <= 0x891


def _selects(letter: str) -> bool:
    return 0xFE00 <= ord(letter) <= 0xFE0F or 0xE0100 <= ord(letter) <= 0xE01EF
