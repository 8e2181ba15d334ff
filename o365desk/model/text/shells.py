"""How texts are written in the commands that are shown for copying: once for each shell.

What cannot be seen is written by its number: a terminal takes a control character that is pasted for a key.
Source for PowerShell: Microsoft's about_Quoting_Rules, about_Special_Characters and about_Parsing.
"""

import re
import shlex
import sys
from collections.abc import Sequence

_PLAIN_POWERSHELL = re.compile(r"(?:--)?[A-Za-z0-9_/\\][A-Za-z0-9_./\\:=-]*", re.ASCII)
_LIKE_OPTION = re.compile(r"--[A-Za-z0-9_./\\:=-]*", re.ASCII)


def posix(text: str) -> str:
    """For bash, zsh and other POSIX shells."""
    if text.isprintable():
        return shlex.quote(text)
    return "$'" + "".join(_posix_letter(letter) for letter in text) + "'"


def _posix_letter(letter: str) -> str:
    if letter in "\\'":
        return f"\\{letter}"
    if letter.isprintable():
        return letter
    return "".join(f"\\x{byte:02x}" for byte in letter.encode("utf-8", "surrogateescape"))


def powershell(text: str) -> str:
    """For PowerShell, as a string. It takes typographic quotation marks for the plain one."""
    doubled = re.sub("(['‘’‚‛])", r"\1\1", text)
    if doubled.isprintable():
        return f"'{doubled}'"
    letters = (x if x.isprintable() else f"' + [char]::ConvertFromUtf32({ord(x)}) + '" for x in doubled)
    return f"('{''.join(letters)}')"


def ours(command: Sequence[str], names: Sequence[str] = (), options: Sequence[str] = ()) -> str:
    """One of our own commands with the names that it is about, for the shell that people here use. Names that look
    like options come last, behind what says that no option follows."""
    if any(name.startswith("-") for name in names):
        words = [*map(word, [*command, *options]), "--", *map(_name, names)]
    else:
        words = [*map(word, [*command, *names, *options])]
    return " ".join(["o365desk", *words])


def _name(text: str) -> str:
    """A name behind “--”: PowerShell is not to take it for a parameter of its own."""
    return powershell(text) if sys.platform == "win32" and _LIKE_OPTION.fullmatch(text) else word(text)


def word(text: str) -> str:
    """A word of a command for the shell that people here use."""
    return posix(text) if sys.platform != "win32" else _powershell_word(text)


def _powershell_word(text: str) -> str:
    """PowerShell before 7.3 leaves it to the word to keep its quotation marks from the program's start."""
    if _PLAIN_POWERSHELL.fullmatch(text):
        return text
    text = re.sub(r'(?<!\\)(\\*+)"', r'\1\1\\"', text)
    return powershell(re.sub(r"(?<!\\)(\\++)\Z", r"\1\1", text) if " " in text else text)
