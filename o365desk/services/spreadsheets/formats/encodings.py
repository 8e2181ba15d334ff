"""Which letters the bytes of a file of rows stand for. Without a mark, what is no UTF-8 is read as Windows-1252
only where every word of it could be one of Western Europe; else it is asked for, with what a word would be in each.

A name that is read wrongly is another name, so nothing is put in place of a byte that cannot be read.
"""

import codecs
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_PIECE = 1024 * 1024
_TRIED = 64 * 1024
"""So much of a file is tried in each encoding that is offered; all of it in the one that is chosen."""
_MOST_WORDS = 200_000
"""Different words of a file that are looked at."""
_SAMPLE = 24
"""Letters of a word that is shown."""

NAMES = {
    "utf-8": "UTF-8",
    "cp1252": "Western European (Windows-1252)",
    "cp1250": "Central European (Windows-1250)",
    "cp1251": "Cyrillic (Windows-1251)",
    "cp1253": "Greek (Windows-1253)",
    "cp1254": "Turkish (Windows-1254)",
    "cp1255": "Hebrew (Windows-1255)",
    "cp1256": "Arabic (Windows-1256)",
    "cp1257": "Baltic (Windows-1257)",
    "cp850": "Western European, DOS (850)",
    "cp852": "Central European, DOS (852)",
    "cp866": "Cyrillic, DOS (866)",
    "koi8-r": "Cyrillic (KOI8-R)",
    "mac-roman": "Western European, Mac (MacRoman)",
    "cp932": "Japanese (Shift-JIS, 932)",
    "euc-jp": "Japanese (EUC)",
    "iso2022-jp": "Japanese (ISO-2022-JP)",
    "gb18030": "Chinese, simplified (GBK, GB18030)",
    "big5": "Chinese, traditional (Big5)",
    "cp949": "Korean (949)",
    "iso8859-15": "Western European (ISO 8859-15)",
    "iso8859-2": "Central European (ISO 8859-2)",
    "cp437": "American, DOS (437)",
    "utf-16": "UTF-16",
}
"""What files are encoded in, by Python's names: the encodings that are offered, and what people call them."""
_ALIASES = {
    "ansi": "cp1252", "mac": "mac-roman", "macintosh": "mac-roman", "gbk": "gb18030", "gb2312": "gb18030",
    "cp936": "gb18030", "sjis": "cp932", "shiftjis": "cp932", "latin1": "cp1252", "iso88591": "cp1252",
    "l1": "cp1252", "ascii": "cp1252", "usascii": "cp1252", "utf8sig": "utf-8", "utf8bom": "utf-8", "utf8": "utf-8",
    "unicode": "utf-16", "cp10000": "mac-roman", "cp65001": "utf-8", "cp1200": "utf-16-le", "cp1201": "utf-16-be",
    "cp54936": "gb18030", "cp20866": "koi8-r", "cp28592": "iso8859-2", "cp28605": "iso8859-15", "cp950": "big5",
    "cp51932": "euc-jp", "cp50220": "iso2022-jp",
}  # fmt: skip
"""Other names, as `_plain` makes them. Latin-1 is what people call Windows-1252, as browsers take it."""
_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig", "UTF-8"),
    (b"\xff\xfe\0\0", "utf-32", "UTF-32"),
    (b"\xff\xfe", "utf-16", "UTF-16"),
    (b"\xfe\xff", "utf-16", "UTF-16"),
)

# What may stand before and behind a letter in a word of Western Europe, in small letters. In the other code pages
# the same bytes are letters that stand elsewhere: cp1250's č is è, ň is ò, ń is ñ, ę is ê, ř is ø.
_VOWEL = "aeiouyäöüéèêëáàâåíîïóôúûãõæø"
_CONSONANT = "bcdfghjklmnpqrstvwxzçñ"
_FITS = {
    letter: re.compile(before + "·" + behind)
    for letters, before, behind in (
        ("äöüéáóúâîôûàå", "", ""),
        ("í", "", f"(?:$|[{_VOWEL}{_CONSONANT}])"),
        ("ë", "", f"(?:$|[{_VOWEL}{_CONSONANT}])"),
        ("è", f"(?:^|[{_CONSONANT}iu])", f"(?:$|s$|[{_CONSONANT}]{{1,3}}e)"),
        ("ê", "(?:^|[bcdfghjklmnpqrstvwx])", "(?:$|[tmlncvprsgqe])"),
        ("ï", f"(?:^|[{_VOWEL}])", f"(?:$|[{_CONSONANT}ae])"),
        ("ñ", f"(?:^|[{_VOWEL}])", f"[{_VOWEL}]"),
        ("ã", "", "(?:o|$|s$|e)"),
        ("õ", f"[{_CONSONANT}i]", "e"),
        ("ò", f"[{_CONSONANT}]", "$"),
        ("ß", f"[{_VOWEL}]", "(?:$|[a-zäöü])"),
        ("æ", f"(?:^|[{_CONSONANT}])", f"[{_CONSONANT}]"),
        ("ø", f"(?:^|[{_CONSONANT}])", f"(?:$|y|[{_CONSONANT}])"),
        ("œ", "", "(?:u|d)"),
    )
    for letter in letters
}
_TOGETHER = frozenset(
    [
        "äß",
        "öß",
        "üß",
        "ää",
        "öö",
        "äö",
        "öä",
        "éé",
        "çã",
        "çõ",
        "çó",
        "çá",
        "ñó",
        "ñí",
        "ñá",
        "ñé",
        "ñú",
        "úñ",
        "íñ",
        "óñ",
        "éê",
        "øå",
        "øæ",
    ]
)
_BEFORE_LETTER = frozenset("“„«‘‚¿¡‹–—•·’")
_BEHIND_LETTER = frozenset("”»’›®™©…“‘–—")
_WORD = re.compile(rb"(?<![A-Za-z\x80-\xff])[A-Za-z]*+[\x80-\xff][A-Za-z\x80-\xff]*+")
_FOREIGN = re.compile(rb"[\x80-\xff]")


@dataclass(frozen=True)
class Encoding:
    """How a file is read. `said`: what was guessed, in a sentence; `samples`: what a word of it would be in each
    encoding, where that was a guess."""

    codec: str
    said: str = ""
    samples: tuple[tuple[str, str], ...] = ()


class UnreadableError(Exception):
    """Why the bytes are not read: in which line, what is wrong, and what a word would be in each encoding."""

    def __init__(self, line: int, why: str, samples: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(why)
        self.line, self.why, self.samples = line, why, tuple(samples)


def named(text: str) -> str:
    """The codec that somebody means: “Windows-1250”, “1250”, “cp1250”, “mac”, “latin-1”. "" for none."""
    plain = _plain(text)
    plain = f"cp{plain}" if plain.isdecimal() else plain
    plain = re.sub(r"^(?:windows|dos|ibm|oem|codepage|ms)(?=cp|\d)", "cp", plain).replace("cpcp", "cp")
    wanted = _ALIASES.get(plain, "") or next((key for key in NAMES if _plain(key) == plain), "") or plain
    found = _codec(wanted) or _codec(text.strip())
    if found is None:
        return ""
    if not getattr(found, "_is_text_encoding", True) or found.name in _NO_FILE:
        return ""
    return next((key for key in NAMES if _plain(key) == _plain(found.name)), found.name)


def _codec(name: str) -> codecs.CodecInfo | None:
    try:
        return codecs.lookup(name)
    except (LookupError, ValueError):
        return None


_NO_FILE = frozenset({"idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined", "mbcs", "oem"})


def _plain(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def title(codec: str) -> str:
    """What people call a codec."""
    return NAMES.get(codec, codec.upper())


def encoding_of(data: bytes, wanted: str = "") -> Encoding:
    """How a file's bytes are read; `wanted` is a codec that was asked for. Raises UnreadableError."""
    mark = next(((codec, name) for begin, codec, name in _MARKS if data.startswith(begin)), None)
    if mark:
        codec, name = mark
        if wanted and not _plain(wanted).startswith(_plain(name)):
            raise UnreadableError(1, f"It begins with the mark of {name}, so it is not {title(wanted)}.")
        _prove(data, codec, name)
        return Encoding(codec)
    if wanted:
        _prove(data, wanted, title(wanted))
        foreign = None if data.isascii() or wanted.startswith("utf") else _FOREIGN.search(data)
        return Encoding(wanted, samples=tuple(_samples(data, _line_at(data, foreign.start())) if foreign else ()))
    wide = _wide(data[:4000])
    if wide:
        _prove(data, wide, wide.upper())
        return Encoding(wide, f"Nothing says how it is encoded; it was read as {wide.upper()}.")
    if b"\x1b$" in data or b"\x1b(" in data:
        place = data.index(b"\x1b")
        said = "It has the marks of a Japanese encoding (ISO-2022-JP)."
        raise UnreadableError(_line_of(data, place, ""), said, _samples(data, _line_at(data, place)))
    bad = _first_bad(data, "utf-8")
    return _guessed(data, bad) if bad is not None else Encoding("utf-8")


def _wide(head: bytes) -> str:
    """UTF-16 without a mark shows by its NUL bytes."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) <= len(head) / 8:
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _first_bad(data: bytes, codec: str) -> int | None:
    """Where the first byte is that the codec cannot read, None for nowhere."""
    decoder = codecs.getincrementaldecoder(codec)()
    for place in range(0, len(data), _PIECE):
        try:
            decoder.decode(data[place : place + _PIECE], place + _PIECE >= len(data))
        except UnicodeDecodeError as error:
            # What was kept of the piece before is at the beginning of what the decoder was given.
            kept = len(error.object) - len(data[place : place + _PIECE])
            return max(0, place - kept + error.start)
    return None


def _line_of(data: bytes, place: int, codec: str) -> int:
    """The number of the line of a byte."""
    if "16" in codec or "32" in codec:
        return data[:place].decode(codec, "ignore").count("\n") + 1
    before = data[:place]
    return before.count(b"\n") + 1 if b"\n" in data else before.count(b"\r") + 1


def _line_at(data: bytes, place: int) -> bytes:
    return data[max(data.rfind(b"\n", 0, place), data.rfind(b"\r", 0, place)) + 1 :][:2000].splitlines()[0]


def _prove(data: bytes, codec: str, name: str) -> None:
    """Raises UnreadableError where a byte is none of the encoding's."""
    bad = _first_bad(data, codec)
    if bad is not None:
        wide = "16" in codec or "32" in codec
        samples = () if wide else _samples(data, _line_at(data, bad), skip=codec)
        raise UnreadableError(_line_of(data, bad, codec), f"A letter here is not {name}.", samples)
    if codec.startswith(("utf", "gb18030")):
        return
    for place in range(0, len(data), _PIECE):
        text = data[place : place + _PIECE].decode(codec, "ignore")
        unfit = next((letter for letter in set(text) if _is_unfit(letter)), "")
        if unfit:
            at = place + max(0, data[place : place + _PIECE].find(unfit.encode(codec, "ignore")))
            samples = _samples(data, _line_at(data, at), skip=codec)
            raise UnreadableError(_line_of(data, at, codec), f"In {name}, a letter here would be none.", samples)


def _is_unfit(letter: str) -> bool:
    """Whether no text has this: a control character outside ASCII, or one that is not assigned."""
    return letter > "\x7f" and unicodedata.category(letter) in ("Cc", "Cn", "Co", "Cs")


def _guessed(data: bytes, bad: int) -> Encoding:
    """Windows-1252, where every word could be one. Raises UnreadableError."""
    line = _line_of(data, bad, "")
    good = len(re.findall(rb"[\xc3-\xf4][\x80-\xbf]+", data[: 4 * _PIECE].decode("utf-8", "ignore").encode()))
    broken = data[: 4 * _PIECE].decode("utf-8", "replace").count("\ufffd")
    if good >= max(1, broken):
        said = "It is UTF-8, but a letter here is damaged or in another encoding."
        raise UnreadableError(line, said, _samples(data, _line_at(data, bad)))
    odd = _odd_word(data)
    if odd is not None:
        said = "It is not UTF-8, and nothing says how it is encoded."
        raise UnreadableError(_line_of(data, odd, ""), said, _samples(data, _line_at(data, odd)))
    said = f"It is not UTF-8; it was read as Windows-1252. See whether names are right, as in line {line}"
    samples = tuple(_samples(data, _line_at(data, bad)))
    shown = dict(samples).get("cp1252", "")
    return Encoding("cp1252", f"{said}: “{shown}”.", samples)


def _odd_word(data: bytes) -> int | None:
    """Where the first word is that Windows-1252 would make no word of Western Europe, None for nowhere."""
    seen: set[bytes] = set()
    for match in _WORD.finditer(data):
        word = match[0]
        if word in seen or len(seen) > _MOST_WORDS:
            continue
        seen.add(word)
        try:
            text = word.decode("cp1252")
        except UnicodeDecodeError:
            return match.start()
        if not is_western(text):
            return match.start()
    return None


def is_western(word: str) -> bool:
    """Whether each letter outside ASCII stands where a language of Western Europe has it."""
    small = word.lower()
    foreign = [place for place, letter in enumerate(small) if letter > "\x7f"]
    letters = sum(letter.isalpha() for letter in small)
    if len(word) > 3 and sum(small[place].isalpha() for place in foreign) * 2 > letters:
        return False
    for place in foreign:
        letter, before, behind = small[place], small[:place], small[place + 1 :]
        if not letter.isalpha() or letter in "ªº":
            if not _sign_fits(letter, before, word[place + 1 :]):
                return False
            continue
        if behind[:1] > "\x7f" and behind[0].isalpha() and letter + behind[0] not in _TOGETHER:
            return False
        if not _letter_fits(letter, before, behind):
            return False
    return True


def _letter_fits(letter: str, before: str, behind: str) -> bool:
    if letter == "ç":
        return before[-1:] in tuple(_VOWEL) or behind[:1] in tuple(_VOWEL)
    fits = _FITS.get(letter)
    if fits is None:
        return False
    cut = before[-1:] or ""
    return fits.search(f"{cut}·{behind[:5]}") is not None


def _sign_fits(sign: str, before: str, behind: str) -> bool:
    """Whether a sign stands beside letters as people set it."""
    after, ahead = behind[:1], before[-1:]
    if sign == "\xa0":
        return not (ahead.isalpha() and after.islower())
    if ahead.isalpha() and after.isalpha():
        if sign == "’":
            return len(before) <= 2 or behind.lower() == "s" or after.isupper()
        return sign in "–—" and after.isupper()
    if after.isalpha():
        return sign in _BEFORE_LETTER
    return not ahead.isalpha() or sign in _BEHIND_LETTER or len(before) == 1


def _samples(data: bytes, line: bytes, skip: str = "") -> list[tuple[str, str]]:
    """What the first foreign word of a line would be, in each encoding that can read the whole file."""
    found = _FOREIGN.search(line)
    begin = max(line.rfind(mark, 0, found.start() if found else 0) for mark in (b",", b";", b"\t", b"|", b'"')) + 1
    piece = re.split(rb'[,;\t|"\r\n]', line[begin : begin + 200], maxsplit=1)[0][:60] if found else line[:60]
    made: list[tuple[str, str]] = []
    for codec in NAMES:
        if codec in (skip, "utf-16") or (codec == "iso2022-jp") != (b"\x1b" in data):
            continue
        try:
            word = piece.decode(codec).strip()
            whole = data[:_TRIED].decode(codec, "strict" if len(data) <= _TRIED else "ignore")
        except UnicodeDecodeError:
            continue
        if word.isprintable() and not any(_is_unfit(letter) for letter in word) and "\ufffd" not in whole:
            made.append((codec, word[:_SAMPLE]))
    return sorted(made, key=lambda sample: _oddness(*sample))


_WESTERN = frozenset({"cp1252", "cp850", "cp437", "mac-roman", "iso8859-15"})


def _oddness(codec: str, text: str) -> int:
    """How little this looks like words: signs in them, several scripts, capitals in the middle."""
    odd = 0
    for word in text.split():
        letters = [letter for letter in word if letter.isalpha()]
        odd += sum(letter > "\x7f" and not letter.isalpha() for letter in word) * 2
        odd += len({unicodedata.name(letter, "?").split()[0] for letter in letters}) > 1
        odd += any(one.islower() and other.isupper() for one, other in pairwise(word))
        odd += codec in _WESTERN and not is_western(word)
    return odd


# --- text that was converted twice -------------------------------------------------------------------------------

_TWICE = (("cp1252", 1), ("latin-1", 1), ("mac-roman", 1), ("cp850", 1), ("cp437", 1), ("cp1250", 1), ("cp1251", 2))
"""As what UTF-8 is read by mistake, and how many letters must show it."""
_MEANT = re.compile("[\u00a0-\u00bf\u00c0-\u017f\u0370-\u04ff\u2010-\u203a\u20ac\u3040-\u9fff\uac00-\ud7af]")
_SUSPECT = re.compile(
    "[\u00c2-\u00c5\u00ce-\u00d1\u00e2-\u00ed\u251c\u252c\u221a\u00ac\u0102\u0139\u0413\u0420\u0421]"
)


def once(text: str) -> str:
    """What a text was before it was taken for another encoding and saved as UTF-8 again: `MÃ¼ller` → `Müller`.
    "" where it was not."""
    if text.isascii() or not _SUSPECT.search(text):
        return ""
    for codec, least in _TWICE:
        data = b"".join(_byte(letter, codec) for letter in text)
        try:
            meant = data.decode("utf-8")
        except UnicodeDecodeError:
            continue
        foreign = [letter for letter in meant if letter > "\x7f"]
        if len(foreign) >= least and all(_MEANT.match(letter) for letter in foreign) and meant.isprintable():
            return meant
    return ""


def _byte(letter: str, codec: str) -> bytes:
    try:
        return letter.encode(codec)
    except UnicodeEncodeError:
        return bytes([ord(letter)]) if "\x80" <= letter <= "\x9f" else b"\xff"
