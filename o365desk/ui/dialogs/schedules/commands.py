"""A command as one line, and as the words that are run: no shell reads it, so quotes are all that it knows."""

import shlex
from collections.abc import Sequence


def as_line(words: Sequence[str]) -> str:
    """The words as a line that reads as these words."""
    return " ".join(map(_quoted, words))


def as_words(line: str) -> tuple[str, ...]:
    """The words of a line. Raises ValueError where a quote is not closed."""
    # Not as a shell would: a backslash is a letter, as in paths of Windows, and so are #, $ and *.
    reader = shlex.shlex(line, posix=True, punctuation_chars=False)
    reader.whitespace_split, reader.escape, reader.commenters = True, "", ""
    return tuple(reader)


def _quoted(word: str) -> str:
    if word and not any(letter.isspace() or letter in "\"'" for letter in word):
        return word
    return "".join(f"'{part}'" if '"' in part else f'"{part}"' for part in _parts(word))


def _parts(word: str) -> list[str]:
    """Pieces none of which has both sorts of quotes."""
    parts = [""]
    for letter in word:
        other = {'"': "'", "'": '"'}.get(letter)
        if other and other in parts[-1]:
            parts.append("")
        parts[-1] += letter
    return parts
