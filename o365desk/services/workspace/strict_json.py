"""The files that people share, as JSON: bytes to one object, strictly, and where in the text each part stands.

Reading never trusts a file: people edit it, git merges it, disks damage it, strangers write it. Whatever is wrong
becomes one problem that names the file, the line and the place. What the parts mean is for `data_source_file` and
`people_file` to say.
"""

import json
import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, NoReturn, TypeAlias

from o365desk import files
from o365desk.log import looks_secret, without_secret
from o365desk.model.problems import Problem, ProblemError

MAX_BYTES = 1_000_000
MAX_DEPTH = 64
"""Levels of lists and groups; conditions of 20 levels, in their place in a data source's file, have 47."""
FORMAT_KEYS = ("$schema", "version")
BACK = "Correct it with a text editor, or put back an older version from .history or from git."

# Takes a text that nothing ends up to the end of the file; else a hostile file would be searched again and again.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[{}\[\]:,]', re.DOTALL)
_BLANKS = re.compile(r"\s*+")
_SECRET_KEY = re.compile(r"secret|password|passwd|passphrase|privatekey|token|apikey|credential")
_MERGE = re.compile(r"^(<{7}|={7}|>{7})( |$)", re.MULTILINE)
_WORDS = {str: "a text", int: "a number", float: "a number", bool: "true or false", type(None): "empty (null)",
          list: "a list", dict: "a group in { }"}  # fmt: skip

Path: TypeAlias = tuple[str | int, ...]
"""Where something is in a JSON value: the keys and, from 0, the places in lists that lead there."""
_Pairs = list[tuple[str, Any]]


@dataclass(frozen=True, kw_only=True)
class Sort:
    """What there is to know about a sort of shared file before its parts are read: the version that this program
    writes, its keys at the top, those of them that may sound like a secret's or are judged elsewhere, what to do
    about a file that is too large, whose files they are in words, and the form's fields that problems may name."""

    version: int
    keys: frozenset[str]
    judged: frozenset[str] = frozenset()
    nested: frozenset[str] = frozenset()
    """Keys whose values are looked through for secrets part by part, not as texts."""
    too_large: str
    made_to_be: str
    fields: Container[str] = ()
    items: dict[str, str] = field(default_factory=dict)
    """What one item of the list under a key is called in words."""
    parts: dict[str, str] = field(default_factory=dict)
    """What is under a key, where the key itself is no good word for it."""
    most: int = MAX_BYTES
    """Bytes that such a file may have."""


class FaultError(Exception):
    """Why a part of a file is refused: `path` leads to the part, `other` to one that it contradicts, `told` to what
    is named in words, where that is less. `reason` goes on after the place: “is missing”, “: it is …”; and before
    that of the `other`: “is also that of”."""

    def __init__(
        self, path: Path, reason: str, remedy: str = BACK, *, other: Path | None = None, told: Path | None = None
    ) -> None:
        super().__init__(reason)
        self.path = path
        self.reason = reason
        self.remedy = remedy
        self.other = other
        self.told = path if told is None else told

    def words(self, sort: Sort) -> str:
        """The place and the reason, without lines."""
        joint = "" if self.reason.startswith(":") else " "
        other = ""
        if self.other is not None:
            # An item is named, not the key in it that is at fault.
            item = self.other[:-1] if isinstance(self.other[-1], str) else self.other
            other = f" {place_in_words(sort, item)}"
        return f"{place_in_words(sort, self.told)}{joint}{self.reason}{other}"


@dataclass(frozen=True)
class Document:
    """A shared file as it was read; `label` is what problems call it."""

    sort: Sort
    label: str
    text: str
    found: dict[str, Any]

    def line(self, path: Path) -> int:
        """The line on which a part stands or, where it is missing, the innermost part that would hold it; 0 for
        the whole."""
        return _line_at(self.text, _place(self.text, path))

    def refusal(self, reason: str, line: int = 0, remedy: str = BACK, key: str = "") -> ProblemError:
        """Why the file is refused, by line."""
        return _refusal(self.sort, self.label, reason, line, remedy, key=key)

    def fault(self, error: FaultError) -> ProblemError:
        """Why the file is refused, by line and by place in words."""
        line = self.line(error.other) if error.other is not None else 0
        reason = error.words(self.sort) + (f" on line {line}" if line else "")
        return self.refusal(reason, self.line(error.path), error.remedy)


def read(data: bytes, label: str, sort: Sort) -> Document:
    """Reads a file's bytes: one object, of a version that this program knows, without secrets. Raises
    ProblemError."""
    text = _text(data, label, sort)
    found = _parse(text, label, sort)
    if not isinstance(found, dict):
        raise _refusal(
            sort, label, "it does not begin with “{”", 1, "Write the details as “key: value” pairs in { }."
        )
    document = Document(sort, label, text, found)
    _check_version(document)
    _check_secrets(document)
    return document


def read_file(path: FilePath, sort: Sort, wanted: str) -> Document:
    """Reads a file that somebody named; `wanted` says which would do. Raises ProblemError."""
    label = f"“{path.name}”"
    try:
        data = files.read_named(path, sort.most)
    except files.UnfitError as error:
        raise _not_opened(label, f"It {error}.", wanted) from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", "") or "that can be no path"
        raise _not_opened(label, f"The system says: {why}.", wanted) from error
    return read(data, label, sort)


def _not_opened(label: str, cause: str, wanted: str) -> ProblemError:
    return ProblemError(
        Problem(title=f"{label} cannot be read", cause=cause, remedy=wanted, code="unreadable-file")
    )


def written(body: dict[str, Any]) -> bytes:
    """An object as the bytes of a shared file; the same object always gives the same bytes."""
    text = json.dumps(body, ensure_ascii=False, indent=2) + "\n"
    # Half a surrogate pair is no character: it can be typed by a broken input method, but in no file.
    return text.encode("utf-8", "replace")


def place_in_words(sort: Sort, path: Path) -> str:
    """A part's place in words: “operator” of row 1 of the conditions of mapping 2."""
    words: list[str] = []
    for number, step in enumerate(path):
        rest = path[number + 1 :]
        if isinstance(step, int):
            name = path[number - 1] if number else ""
            # A row that has rows is a group, as in the dialog.
            called = "group" if name == "rows" and "rows" in rest else sort.items.get(str(name), "item")
            words.append(f"{called} {step + 1}")
        elif not (rest and isinstance(rest[0], int) and step in sort.items):
            words.append(sort.parts.get(step, f"“{short(step)}”") if rest else f"“{short(step)}”")
    return " of ".join(reversed(words)) or "it"


def sort_of(value: Any) -> str:
    """What a JSON value is, in words: “a text”, “a list”."""
    return _WORDS.get(type(value), "something else")


def short(text: str) -> str:
    """A foreign text, fit for a message: one line of printable characters, not long."""
    text = "".join(letter if letter.isprintable() else "�" for letter in text[:41])
    return text if len(text) <= 40 else text[:40] + "…"


def secret_in(body: dict[str, Any], sort: Sort) -> str | None:
    """The key that holds a secret, or None: by its name, or by what its text looks like. It may be one itself."""
    return _secret_in(body, "", sort, inside=False)


# --- bytes to JSON ------------------------------------------------------------------------------------------------


def _text(data: bytes, label: str, sort: Sort) -> str:
    if len(data) > sort.most:
        raise _refusal(sort, label, f"it is larger than {sort.most:,} bytes", 0, sort.too_large)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _refusal(sort, label, "it is written in UTF-16", 1, "Save it as UTF-8.")
    nul = data.find(b"\0")
    if nul >= 0:
        raise _refusal(sort, label, "it holds NUL bytes, as a damaged file does", _line(data[:nul]), BACK)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _line(data[: error.start])
        raise _refusal(sort, label, "it holds bytes that are not UTF-8", place, "Save it as UTF-8.") from None


def _line(before: str | bytes) -> int:
    return (before.count("\n") if isinstance(before, str) else before.count(b"\n")) + 1


class _RefusedError(ValueError):
    """Why the JSON is refused, from inside the parser's hooks."""


def _parse(text: str, label: str, sort: Sort) -> Any:
    if not text.strip():
        raise _refusal(sort, label, "it is empty", 0, BACK)
    merge = _MERGE.search(text)
    if merge:
        raise _refusal(
            sort,
            label,
            "it holds both sides of a merge that nobody resolved",
            _line(text[: merge.start()]),
            "Resolve the conflict: keep one side of each marked part and remove the marks.",
        )
    deep = _too_deep(text)
    if deep:
        raise _refusal(sort, label, f"it is nested more than {MAX_DEPTH} levels deep", deep, BACK)
    try:
        found = _DECODER.decode(text)
        if "\\u" in text:
            json.dumps(found, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        reason = f"it is not valid JSON: {error.msg}"
        raise _refusal(sort, label, reason, error.lineno, BACK, column=error.colno) from None
    except _RefusedError as error:
        reason, key = error.args
        place = _line_of_duplicate(text) if key else _line_of_text(text, reason.rsplit(" ", 1)[-1])
        raise _refusal(sort, label, reason, place, "Keep one of them." if key else BACK, key=key) from None
    except UnicodeEncodeError:
        place = _line_of_text(text, "\\ud")
        raise _refusal(sort, label, "it holds half of a character (a lone surrogate)", place, BACK) from None
    except ValueError:
        # The only one left: Python refuses to read whole numbers of more than 4,300 digits.
        digits = next((run for run in re.finditer(r"\d++", text) if len(run[0]) > 4300), None)
        place = _line(text[: digits.start()]) if digits else 0
        raise _refusal(sort, label, "it holds a number too long to read", place, BACK) from None
    return found


def _once(pairs: _Pairs) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        key = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise _RefusedError(f"it says “{short(key)}” twice", key)
    return found


def _no_constant(name: str) -> NoReturn:
    raise _RefusedError(f"a value is not a number that JSON knows: {name}", "")


def _number(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise _RefusedError(f"a number is too large: {short(digits)}", "")
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_number)


def _too_deep(text: str) -> int:
    """The line on which the nesting gets too deep, or 0. Counted first, as the parser's stack is the thread's."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return 0
    depth = 0
    for token in _TOKEN.finditer(text):
        depth += (token[0] in "[{") - (token[0] in "]}")
        if depth > MAX_DEPTH:
            return _line(text[: token.start()])
    return 0


# --- where something stands ---------------------------------------------------------------------------------------


@dataclass
class _Level:
    """An open list or group, and the step that leads on from it to what is read just now."""

    listed: bool
    step: str | int = 0
    seen: set[str] = field(default_factory=set)


def _steps(text: str) -> Iterator[tuple[list[_Level], int, bool]]:
    """Every key and every item of a JSON text: the levels that lead to it, where it begins, and whether its group
    has that key already."""
    levels: list[_Level] = []
    previous = None
    for token in _TOKEN.finditer(text):
        sign = token[0]
        if sign in "{[":
            levels.append(_Level(sign == "["))
        elif sign in "}]":
            del levels[-1:]
        elif levels and sign == ":" and previous is not None:
            level, key = levels[-1], json.loads(previous[0], strict=False)
            level.step = key
            yield levels, previous.start(), key in level.seen
            level.seen.add(key)
        elif levels and sign == "," and levels[-1].listed:
            levels[-1].step = int(levels[-1].step) + 1
        if levels and levels[-1].listed and sign in "[,":
            blanks = _BLANKS.match(text, token.end())
            yield levels, blanks.end() if blanks else token.end(), False
        previous = token if sign[0] == '"' else None


def _place(text: str, path: Path) -> int:
    """Where a part begins, or the innermost part on the way to it that is there; -1 for none."""
    depth, place = 0, -1
    for levels, begins, _ in _steps(text):
        if (
            len(levels) == depth + 1 <= len(path)
            and levels[-1].step == path[depth]
            and all(level.step == step for level, step in zip(levels, path, strict=False))
        ):
            depth, place = depth + 1, begins
            if depth == len(path):
                break
    return place


def _line_of_key(text: str, wanted: str) -> int:
    """The line of a key, wherever it is; 0 where there is none."""
    found = (place for levels, place, _ in _steps(text) if not levels[-1].listed and levels[-1].step == wanted)
    return _line_at(text, next(found, -1))


def _line_of_duplicate(text: str) -> int:
    return _line_at(text, next((place for _, place, again in _steps(text) if again), -1))


def _line_at(text: str, place: int) -> int:
    return _line(text[:place]) if place >= 0 else 0


def _line_of_text(text: str, wanted: str) -> int:
    return _line_at(text, text.lower().find(wanted.rstrip("…").lower()))


# --- version and secrets ------------------------------------------------------------------------------------------


def _check_version(document: Document) -> None:
    newest = document.sort.version
    version = document.found.get("version", newest)
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        place = document.line(("version",))
        raise document.refusal("“version” is not a whole number from 1", place, f"Write {newest}.", key="version")
    if version > newest:
        raise ProblemError(
            Problem(
                title=f"{document.label} was written by a newer o365desk",
                cause=f"Line {document.line(('version',))} says version {short(str(version))}; "
                f"this program reads up to version {newest}.",
                remedy="Update o365desk. The file was left as it is.",
                code="newer-version",
            )
        )


def _check_secrets(document: Document) -> None:
    sort, found = document.sort, document.found
    plain = [value for key, value in found.items() if type(value) is str and key not in sort.judged]
    ours = found.keys() <= sort.keys and found.keys().isdisjoint(sort.nested)
    if ours and not looks_secret("\n".join(plain)):
        return  # as in nearly every file: thousands are looked through when a list is shown
    key = secret_in(found, sort)
    if key is not None:
        place = _line_of_key(document.text, key)
        raise ProblemError(
            Problem(
                title=f"{document.label} holds a secret",
                cause=f"{f'Line {place}: ' if place else ''}“{short(without_secret(key))}” has a value. "
                f"{sort.made_to_be} made to be shared, so nothing secret may be in them. It was not kept.",
                remedy="Remove that line. If anyone else could see the file, make a new secret in the portal; "
                "give it to o365desk in the form, or with “o365desk secret set”.",
                field=key if key in sort.fields else "",
                code="secret-in-file",
            )
        )


def _secret_in(value: Any, key: str, sort: Sort, *, inside: bool) -> str | None:
    if isinstance(value, str):
        return key if (inside and value.strip()) or looks_secret(value) else None
    if isinstance(value, dict):
        for name in value:
            if name not in sort.keys and looks_secret(name):
                return str(name)
        pairs: Iterable[tuple[str, Any]] = value.items()
    elif isinstance(value, list):
        pairs = ((key, item) for item in value)
    else:
        return None
    for name, item in pairs:
        bad = inside or (name is not key and name not in sort.keys and _sounds_secret(name))
        hit = _secret_in(item, name, sort, inside=bad)
        if hit is not None:
            return hit
    return None


@lru_cache(1000)
def _sounds_secret(name: str) -> bool:
    return _SECRET_KEY.search(re.sub(r"[\W_]", "", name.lower())) is not None


def _refusal(
    sort: Sort, label: str, reason: str, line: int, remedy: str, *, column: int = 0, key: str = ""
) -> ProblemError:
    place = f"Line {line}{f', column {column}' if column else ''}: " if line else ""
    return ProblemError(
        Problem(
            title=f"{label} cannot be read",
            cause=f"{place}{reason[0].upper() if not place else reason[0]}{reason[1:]}.",
            remedy=remedy,
            field=key if key in sort.fields else "",
            code="unreadable-file",
        )
    )
