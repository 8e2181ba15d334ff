"""Patterns of conditions: RE2, whose time is linear in the text whatever the pattern is, and whose memory is
bounded: whoever writes a pattern may be a stranger.

They are found without regard to case unless `(?-i)` says so, and anywhere in the text unless anchored. What other
dialects have and RE2 has not is told by its name.
"""

import re
import unicodedata
from collections.abc import Callable

MOST = 500
"""Letters of a pattern."""
_MEMORY = 1 << 20
"""Bytes of a compiled pattern, and of what it remembers while it searches."""

Search = Callable[[str], bool]


class PatternError(ValueError):
    """Why a text is no pattern, and what can be done."""

    def __init__(self, why: str, remedy: str) -> None:
        super().__init__(why)
        self.why = why
        self.remedy = remedy


def compiled(pattern: str, *, literal: bool = False) -> Search:
    """What tells whether the pattern is found in a text. `literal`: it is the text itself that is looked for, with
    no meaning in any of its letters. Raises PatternError."""
    import re2  # with it come 2 MB that most sessions never need

    text = unicodedata.normalize("NFC", _trimmed(pattern))
    if len(text) > MOST:
        raise PatternError(
            f"the pattern is {len(text):,} letters long, and may have {MOST}",
            "Make it shorter, or several rows of it.",
        )
    options = re2.Options()
    options.log_errors = False  # they are told here, not on the terminal
    options.case_sensitive = False
    options.never_capture = True
    options.literal = literal
    options.max_mem = _MEMORY
    try:
        found = re2.compile(text, options)
    except UnicodeEncodeError as error:
        raise PatternError("the pattern has a damaged letter", "Write it anew.") from error
    except re2.error as error:
        said = error.args[0] if error.args else b""
        raise _told(text, said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)) from error
    # What the module's own `search` calls: that makes an object with all positions in letters, four times as slow.
    match, anywhere = found._regexp.Match, re2._Anchor.UNANCHORED
    normalize = unicodedata.normalize

    def search(looked_at: str) -> bool:
        if looked_at.isascii():
            raw = looked_at.encode()
        else:
            raw = normalize("NFC", looked_at).encode("utf-8", "surrogatepass")
        return bool(match(anywhere, raw, 0, len(raw))[0][0] >= 0)

    return search


def _trimmed(pattern: str) -> str:
    """Without blanks at its ends, as any typed value; a blank that is escaped is meant."""
    text = pattern.strip()
    escapes = len(text) - len(text.rstrip("\\"))
    return f"{text} " if escapes % 2 and pattern.rstrip() != pattern else text


_SIMPLER = "RE2 has nothing like it, so that no pattern takes long. Say it by several rows of the conditions."
_FOREIGN: tuple[tuple[str, str, str], ...] = (
    (r"\(\?<[=!]", r"invalid perl operator: \(\?<", "look-behind"),
    (r"\(\?[=!]", r"invalid perl operator: \(\?[=!]", "look-ahead"),
    (r"\(\?P=", r"invalid perl operator: \(\?P", "a back reference"),
    (r"", r"invalid escape sequence: \\[1-9kg]", "a back reference"),
    (r"", r"invalid perl operator: \(\?>", "an atomic group"),
    (r"", r"bad repetition operator: [*+?]\+", "a possessive quantifier"),
    (r"", r"invalid perl operator: \(\?\(", "a condition within a pattern"),
    (r"", r"invalid perl operator: \(\?(?:R|[0-9]|&|P>)", "recursion"),
    (r"", r"invalid perl operator: \(\?#", "a comment within a pattern"),
    (r"", r"invalid perl operator: \(\?\|", "a branch reset"),
)
"""What other dialects have: a sign of it in the pattern, what RE2 says, and its name."""
_WRONG: tuple[tuple[str, str, str], ...] = (
    (r"missing \)", "a “(” is never closed", "Close it, or write “\\(” for the letter itself."),
    (r"unexpected \)", "a “)” closes nothing", "Write “\\)” for the letter itself."),
    (r"missing \]", "a “[” is never closed", "Close it, or write “\\[” for the letter itself."),
    (
        r"no argument for repetition",
        "there is nothing before “*”, “+” or “?” to repeat",
        "Put a backslash before it.",
    ),
    (r"bad repetition operator", "it repeats what is repeated already", "Leave one of the signs out."),
    (r"invalid repetition size", "a repetition is the wrong way round or too often", "Repeat up to 1,000 times."),
    (r"pattern too large", "the pattern is too large", "Repeat less of it, or make several rows of it."),
    (r"trailing \\", "it ends with a lone backslash", "Write “\\\\” for the letter itself."),
    (r"invalid escape sequence: \\Z", "RE2 does not know “\\Z”", "Write “\\z” for the end of the text."),
    (r"invalid character class range", "a range or class of letters is none", "Write it as “[a-z]” or “\\pL”."),
    (r"invalid named capture group", "a group's name is none", "Leave the name out: “(…)”."),
)


def _told(pattern: str, said: str) -> PatternError:
    """RE2's words in ours."""
    for sign, words, name in _FOREIGN:
        if re.match(words, said) and re.search(sign, pattern):
            return PatternError(f"the pattern uses {name}, which RE2 does not have", _SIMPLER)
    for words, why, remedy in _WRONG:
        if re.match(words, said):
            return PatternError(f"the pattern is none: {why}", remedy)
    what = said.rpartition(": ")[2][:20]
    return PatternError(
        f"the pattern is none: RE2 does not know “{what}”",
        "Write a backslash before a sign that is meant as a letter.",
    )
