"""Foreign texts as they are shown: whoever can write a name, an answer or a file can write anything into it.

What has no shape of its own, or changes how other letters are shown, stands there as a mark: ``⏎`` for a line
break, ``⟨U+202E⟩`` for the rest (few fonts have Unicode's pictures of control characters). These are the control
characters (C0 and C1), line and paragraph separators, all that steers the direction of writing, whatever is
invisible (zero-width characters, soft hyphens, fillers, tags), lone surrogates and noncharacters. Nothing is lost:
exports and requests have the text itself.

Three sorts of letters have honest work, and are marked only where they do not do it:

- *joiners* (ZWNJ, ZWJ) between letters of scripts that use them (Arabic and Persian, Syriac, the scripts of India,
  Sri Lanka and Burma, Khmer, Mongolian), behind a virama of such a script, and ZWJ between two emoji;
- *variation selectors* right behind a letter that has variants: an emoji or a sign, the digit of a key cap, an
  ideograph, a Burmese or Mongolian letter;
- *combining marks*, up to six in a row; of more, the rest is counted instead.
"""

import re
from functools import cache

MOST = 5_000
"""Letters of a text that are shown where nothing else is said."""
_FLOOD = 6
"""Combining marks in a row: the points of the Bible and the stacks of Tibetan need fewer."""

_JOINING = (
    "\u0620-\u06ff\u0710-\u077f\u07ca-\u07ff\u0840-\u0dff\u1000-\u109f\u1780-\u17d3\u1820-\u18aa\ufb50-\ufdcf"
    "\ufe70-\ufefc"
)
_VIRAMAS = "\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u1039\u103a\u17d2"
_EMOJI = "\u2190-\u2bff\U0001f000-\U0001faff"
_VARIED = (
    f"\u1000-\u109f\u1820-\u18aa\u3001-\u3002\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003fffd©®\u203c\u2049\u2122"
    f"\u2139\u3030\u303d\u3297\u3299{_EMOJI}"
)
_SELECTORS = "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"
_COMBINING = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670"
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed\u0711\u0730-\u074a\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1"
    "\u0eb4-\u0ebc\u0ec8-\u0ece\u0f71-\u0f84\u0f8d-\u0fbc\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u302a-\u302f\u3099"
    "\u309a\ua66f-\ua67d\ufe20-\ufe2f"
)
"""Those that are drawn on top of each other."""

_ALWAYS = (
    "\x00-\x1f\x7f-\x9f"
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff0-\ufffc\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e00ff"
    "\U000e01f0-\U000e0fff\ud800-\udfff\ufdd0-\ufdef"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000))
)
_HIDDEN = (
    f"[{_ALWAYS}]|(?<![{_JOINING}])\u200c|(?<![{_VIRAMAS}])\u200c(?![{_JOINING}])"
    f"|(?<![{_JOINING}{_EMOJI}\ufe0f])\u200d|(?<![{_VIRAMAS}{_EMOJI}\ufe0f])\u200d(?![{_JOINING}])"
    f"|(?<=[{_EMOJI}\ufe0f])\u200d(?![{_EMOJI}])"
    f"|(?<![{_VARIED}])(?!(?<=[#*0-9])\ufe0f\u20e3)[{_SELECTORS}]"
)
_UPON_OTHERS = re.compile(f"[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0{_SELECTORS}{_COMBINING}]")
"""What Python calls printable, and may need a mark all the same."""


@cache
def _marked() -> re.Pattern[str]:
    """Made when it is needed: that takes longer than to read most modules."""
    return re.compile(f"\r\n|{_HIDDEN}|(?P<flood>(?<=[{_COMBINING}]{{{_FLOOD}}})[{_COMBINING}]+)")


@cache
def _hidden() -> re.Pattern[str]:
    return re.compile(_HIDDEN)


def shown(text: str, most: int = MOST, *, lines: bool = False) -> str:
    """The text as it may be shown, at most `most` letters of it. `lines`: line breaks and tabs stay; else it is
    one line. Texts that have nothing to hide are returned as they are."""
    if len(text) > most:
        text = f"{text[:most]}…"
    if text.isprintable() and (text.isascii() or not _UPON_OTHERS.search(text)):  # quick
        return text
    marked = _marked().sub(_mark_in_lines if lines else _mark, text)
    if len(marked) <= most or marked[most:] == "…":
        return marked
    return marked[:most].rstrip("\u200c\u200d") + "…"


def escaped(document: str) -> str:
    r"""A JSON document with the same meaning in which all that would be marked is written as ``\uXXXX``."""
    if document.isascii() and "\x7f" not in document:  # json writes no other control character as it is
        return document
    return _hidden().sub(_as_json, document)


def _mark(found: re.Match[str]) -> str:
    text = found[0]
    if text in ("\n", "\r\n"):
        return "⏎"
    return f"⟨+{len(text)} combining⟩" if found.lastgroup else f"⟨U+{ord(text):04X}⟩"


def _mark_in_lines(found: re.Match[str]) -> str:
    text = found[0]
    return text if text in ("\n", "\t") else "\n" if text == "\r\n" else _mark(found)


def _as_json(found: re.Match[str]) -> str:
    text = found[0]
    if text in "\t\n\r":  # between two values: strings have none
        return text
    code = ord(text)
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"
