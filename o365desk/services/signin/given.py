"""Secrets as they come on standard input: PowerShell puts a mark before them or writes UTF-16, editors put
quotation marks around them, and files of settings a name before. Nothing here says what the secret is."""

import re

from o365desk.model.problems import Problem, ProblemError

MOST_BYTES = 64 * 1024
_NAMED = re.compile(r"\s*(?:export\s+|set\s+|\$(?:env:)?)?[A-Za-z_][A-Za-z0-9_.-]{2,60}\s*(=|:\s)\s*\S")
_NAME_LIKE = re.compile(r"secret|pass|pwd|pfx|cert|key|client|azure|token|value", re.IGNORECASE)
_QUOTES = (('"', '"'), ("'", "'"), ("“", "”"), ("„", "“"), ("‘", "’"), ("`", "`"))


def from_stdin(data: bytes) -> str:
    """The text, without the mark of its encoding and the line break at its end. Raises ProblemError where no
    encoding can be told: a letter that is guessed would make another secret."""
    if len(data) > MOST_BYTES:
        title = "That is too long for a secret"
        raise ProblemError(Problem(title=title, remedy="Give the secret alone on standard input."))
    codec = "utf-8-sig"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        codec = "utf-16"
    elif len(data) > 3 and not len(data) % 2 and not any(data[1::2]) and all(data[::2]):
        codec = "utf-16-le"
    elif len(data) > 3 and not len(data) % 2 and not any(data[::2]) and all(data[1::2]):
        codec = "utf-16-be"
    try:
        return data.decode(codec).rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ProblemError(
            Problem(
                title="What was given on standard input is not UTF-8",
                cause="It has a letter outside ASCII in another encoding, such as Latin-1 or Windows-1252.",
                remedy="Nothing was kept. Give it in UTF-8, or type it: leave --stdin out.",
                code="encoding",
            )
        ) from error


def suspicious(text: str, *, passphrase: bool) -> Problem | None:
    """Whether more was given than the secret, None where it may be one: quotation marks around it, a name before
    it. A passphrase may have quotation marks; then it is typed."""
    what = "passphrase" if passphrase else "client secret"
    stripped = text.strip()
    way = "If they belong to it, type it: leave --stdin out." if passphrase else "A client secret never has them."
    if len(stripped) > 2 and (stripped[0], stripped[-1]) in _QUOTES:
        return Problem(
            title=f"The {what} is in quotation marks",
            cause="They would become part of it. Nothing was kept.",
            remedy=f"Give it without them. {way}",
            field="passphrase" if passphrase else "secret",
            code="quoted",
        )
    match = _NAMED.match(text)
    if match and _NAME_LIKE.search(text[: match.start(1)]):
        return Problem(
            title=f"There is a name before the {what}, as in NAME=value",
            cause="It would become part of it. Nothing was kept.",
            remedy=f"Give the value alone, without the name and “{match[1].strip()}”."
            + (" If it belongs to the passphrase, type it: leave --stdin out." if passphrase else ""),
            field="passphrase" if passphrase else "secret",
            code="named",
        )
    return None
