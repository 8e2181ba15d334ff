"""The data-source file: bytes to `DataSource` and back. Strict about structure, silent about values, no secrets.

Reading never trusts a file: people edit it, git merges it, disks damage it. Whatever is wrong becomes one problem
that names the line and the field. `model.datasource.check` judges the values later.
"""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC
from functools import lru_cache
from typing import Any, NoReturn

import msgspec

from o365desk.log import looks_secret, without_secret
from o365desk.model.datasource import FIELDS, VERSION, DataSource
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.model.secret import OURS

SCHEMA = "https://o365desk.example/schema/data-source-1.json"
"""The `$id` of `resources/data-source.schema.json`."""

MAX_BYTES = 1_000_000
_MAX_DEPTH = 32
_FORMAT_KEYS = ("$schema", "version")
YEARS = range(1900, 9000)
"""Python cannot tell the first and the last moments of its calendar in every time zone."""
_KEYS = {f.encode_name: f for f in msgspec.structs.fields(DataSource) if f.name != "extra"}
_OURS = frozenset((*_KEYS, *_FORMAT_KEYS))
_JUDGED = frozenset({"id", "modified", "secretExpires"})
"""What has a form of its own, which is judged when it is read."""
_ALWAYS = {"id", "name", "cloud", "tenant", "clientId", "signIn", "readWrite", "sso"}
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
# Takes a text that nothing ends up to the end of the file; else a hostile file would be searched again and again.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[{}\[\]:]', re.DOTALL)
_SECRET_KEY = re.compile(r"secret|password|passwd|passphrase|privatekey|token|apikey|credential")
_MERGE = re.compile(r"^(<{7}|={7}|>{7})( |$)", re.MULTILINE)
_WORDS = {"str": "a text", "int": "a number", "float": "a number", "bool": "true or false", "null": "empty (null)",
          "array": "a list", "object": "a group in { }"}  # fmt: skip
_EXPECTED = re.compile(r"Expected `([^`]+)`, got `([^`]+)`")

_Pairs = list[tuple[str, Any]]


def decode(data: bytes, label: str) -> DataSource:
    """Reads a file's bytes; `label` is what problems call it. Raises ProblemError with line and field."""
    text = _text(data, label)
    found = _parse(text, label)
    if not isinstance(found, dict):
        raise _refusal(label, "it does not begin with “{”", 1, "Write the details as “key: value” pairs in { }.")
    _check_version(found, text, label)
    _check_secrets(found, text, label)
    try:
        known = {key: value for key, value in found.items() if key in _KEYS}
        source = msgspec.convert(known, DataSource)
    except msgspec.ValidationError as error:
        raise _wrong_value(str(error), text, label) from None
    if not is_id(source.id):
        raise _bad_id(text, label)
    if source.modified and source.modified.year not in YEARS:
        source = source.replace(modified=None)
    if source.modified and source.modified.tzinfo is None:
        source = source.replace(modified=source.modified.replace(tzinfo=UTC))
    rest = {key: value for key, value in found.items() if key not in _KEYS and key not in _FORMAT_KEYS}
    return source.replace(extra=rest) if rest else source


def encode(source: DataSource) -> bytes:
    """A data source as the bytes of its file; the same source always gives the same bytes. Raises ProblemError for
    what could not be read back (an id that cannot name a folder, a secret among the unknown keys)."""
    body: dict[str, Any] = {"$schema": SCHEMA, "version": VERSION}
    for key, field in _KEYS.items():
        value = getattr(source, field.name)
        if key in _ALWAYS or value != field.default:
            body[key] = msgspec.to_builtins(value)
    body.update((key, value) for key, value in source.extra.items() if key not in (*_KEYS, *_FORMAT_KEYS))
    _refuse_secret(body, source)
    text = json.dumps(body, ensure_ascii=False, indent=2) + "\n"
    # Half a surrogate pair is no character: it can be typed by a broken input method, but in no file.
    data = text.encode("utf-8", "replace")
    decode(data, f"“{source.name}”")
    return data


def is_id(text: str) -> bool:
    """Whether a text can be a data source's id. It names a folder of the history and an owner in the vault, so not
    anything can."""
    return _ID.fullmatch(text) is not None and text.lower() != OURS


def suggested_id(label: str) -> str:
    """An id for a file that needs one. The same each time: a problem that changes whenever the list is read looks
    like a new one."""
    import uuid

    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{SCHEMA}#{label}"))


def _text(data: bytes, label: str) -> str:
    if len(data) > MAX_BYTES:
        raise _refusal(
            label, f"it is larger than {MAX_BYTES:,} bytes", 0, "A data source needs a few hundred; see what it is."
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _refusal(label, "it is written in UTF-16", 1, "Save it as UTF-8.")
    nul = data.find(b"\0")
    if nul >= 0:
        raise _refusal(label, "it holds NUL bytes, as a damaged file does", _line(data[:nul]), _BACK)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = _line(data[: error.start])
        raise _refusal(label, "it holds bytes that are not UTF-8", place, "Save it as UTF-8.") from None


_BACK = "Correct it with a text editor, or put back an older version from .history or from git."


def _line(before: str | bytes) -> int:
    return (before.count("\n") if isinstance(before, str) else before.count(b"\n")) + 1


class _RefusedError(ValueError):
    """Why the JSON is refused, from inside the parser's hooks."""


def _parse(text: str, label: str) -> Any:
    if not text.strip():
        raise _refusal(label, "it is empty", 0, _BACK)
    merge = _MERGE.search(text)
    if merge:
        raise _refusal(
            label,
            "it holds both sides of a merge that nobody resolved",
            _line(text[: merge.start()]),
            "Resolve the conflict: keep one side of each marked part and remove the marks.",
        )
    deep = _too_deep(text)
    if deep:
        raise _refusal(label, f"it is nested more than {_MAX_DEPTH} levels deep", deep, _BACK)
    try:
        found = _DECODER.decode(text)
        if "\\u" in text:
            json.dumps(found, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise _refusal(label, f"it is not valid JSON: {error.msg}", error.lineno, _BACK, error.colno) from None
    except _RefusedError as error:
        reason, key = error.args
        place = _line_of_duplicate(text) if key else _line_of_text(text, reason.rsplit(" ", 1)[-1])
        raise _refusal(label, reason, place, "Keep one of them." if key else _BACK, field=key) from None
    except UnicodeEncodeError:
        place = _line_of_text(text, "\\ud")
        raise _refusal(label, "it holds half of a character (a lone surrogate)", place, _BACK) from None
    except ValueError:
        # The only one left: Python refuses to read whole numbers of more than 4,300 digits.
        digits = next((run for run in re.finditer(r"\d++", text) if len(run[0]) > 4300), None)
        place = _line(text[: digits.start()]) if digits else 0
        raise _refusal(label, "it holds a number too long to read", place, _BACK) from None
    return found


def _once(pairs: _Pairs) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        seen: set[str] = set()
        key = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise _RefusedError(f"it says “{_short(key)}” twice", key)
    return found


def _no_constant(name: str) -> NoReturn:
    raise _RefusedError(f"a value is not a number that JSON knows: {name}", "")


def _number(digits: str) -> float:
    value = float(digits)
    if value in (float("inf"), float("-inf")):
        raise _RefusedError(f"a number is too large: {_short(digits)}", "")
    return value


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_number)


def _short(text: str) -> str:
    """A foreign text, fit for a message: one line of printable characters, not long."""
    text = "".join(letter if letter.isprintable() else "�" for letter in text[:41])
    return text if len(text) <= 40 else text[:40] + "…"


def _too_deep(text: str) -> int:
    """The line on which the nesting gets too deep, or 0. Counted first, as the parser's stack is the thread's."""
    if text.count("[") + text.count("{") <= _MAX_DEPTH:
        return 0
    depth = 0
    for token in _TOKEN.finditer(text):
        depth += (token[0] in "[{") - (token[0] in "]}")
        if depth > _MAX_DEPTH:
            return _line(text[: token.start()])
    return 0


def _keys(text: str) -> Iterator[tuple[str, int, int, bool]]:
    """Every key of a JSON text: the key, where it begins, how deep it is, and whether its object repeats it."""
    path: list[int] = []
    seen: dict[int, set[str]] = {}
    previous = None
    for number, token in enumerate(_TOKEN.finditer(text)):
        sign = token[0]
        if sign in ("{", "["):
            path.append(number)
        elif sign in ("}", "]"):
            del path[-1:]
        elif sign == ":" and previous is not None:
            key = json.loads(previous[0], strict=False)
            known = seen.setdefault(path[-1] if path else -1, set())
            yield key, previous.start(), len(path), key in known
            known.add(key)
        previous = token if sign[0] == '"' else None


def _line_of(text: str, wanted: str, *, top: bool = True) -> int:
    """The line of a key, at the top or anywhere; 0 where there is none."""
    found = (place for key, place, depth, _ in _keys(text) if key == wanted and (depth == 1 or not top))
    return _line_at(text, next(found, -1))


def _line_of_duplicate(text: str) -> int:
    return _line_at(text, next((place for _, place, _, again in _keys(text) if again), -1))


def _line_at(text: str, place: int) -> int:
    return _line(text[:place]) if place >= 0 else 0


def _line_of_text(text: str, wanted: str) -> int:
    return _line_at(text, text.lower().find(wanted.rstrip("…").lower()))


def _check_version(found: dict[str, Any], text: str, label: str) -> None:
    version = found.get("version", VERSION)
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        place = _line_of(text, "version")
        raise _refusal(label, "“version” is not a whole number from 1", place, f"Write {VERSION}.", field="version")
    if version > VERSION:
        raise ProblemError(
            Problem(
                title=f"{label} was written by a newer o365desk",
                cause=f"Line {_line_of(text, 'version')} says version {_short(str(version))}; "
                f"this program reads up to version {VERSION}.",
                remedy="Update o365desk. The file was left as it is.",
                code="newer-version",
            )
        )


def _check_secrets(found: dict[str, Any], text: str, label: str) -> None:
    plain = [value for key, value in found.items() if type(value) is str and key not in _JUDGED]
    if found.keys() <= _OURS and not looks_secret("\n".join(plain)):
        return  # as in nearly every file: thousands are looked through when a list is shown
    key = _secret_in(found, "", inside=False)
    if key is not None:
        place = _line_of(text, key, top=False)
        raise ProblemError(
            Problem(
                title=f"{label} holds a secret",
                cause=f"{f'Line {place}: ' if place else ''}“{_short(without_secret(key))}” has a value. "
                "Data-source files are made to be shared, so nothing secret may be in them. It was not kept.",
                remedy="Remove that line. If anyone else could see the file, make a new secret in the portal; "
                "give it to o365desk in the form, or with “o365desk secret set”.",
                field=key if key in FIELDS else "",
                code="secret-in-file",
            )
        )


def _refuse_secret(body: dict[str, Any], source: DataSource) -> None:
    """The same on the way out: what was typed must not get into a file either, nor into a draft."""
    key = _secret_in(body, "", inside=False)
    if key is not None:
        name = FIELDS[key].plain_label if key in FIELDS else _short(without_secret(key))
        raise ProblemError(
            Problem(
                title=f"{name} of “{_short(without_secret(source.name))}” looks like a secret",
                cause="It looks like a private key or a token. Data-source files are made to be shared, so nothing "
                "secret may be in them.",
                remedy="Clear it. For a certificate, give the path of the file and not what is in it.",
                field=key if key in FIELDS else "",
                action=Action.FIELD if key in FIELDS else Action.NONE,
                code="secret-in-file",
            )
        )


def _secret_in(value: Any, key: str, *, inside: bool) -> str | None:
    """The key that holds a secret, or None: by its name, or by what its text looks like. It may be one itself."""
    if isinstance(value, str):
        return key if (inside and value.strip()) or looks_secret(value) else None
    if isinstance(value, dict):
        for name in value:
            if name not in _KEYS and looks_secret(name):
                return str(name)
        pairs: Iterable[tuple[str, Any]] = value.items()
    elif isinstance(value, list):
        pairs = ((key, item) for item in value)
    else:
        return None
    for name, item in pairs:
        bad = inside or (name is not key and name not in _KEYS and _sounds_secret(name))
        hit = _secret_in(item, name, inside=bad)
        if hit is not None:
            return hit
    return None


@lru_cache(1000)
def _sounds_secret(name: str) -> bool:
    return _SECRET_KEY.search(re.sub(r"[\W_]", "", name.lower())) is not None


def _wrong_value(message: str, text: str, label: str) -> ProblemError:
    """msgspec's message in words. It ends in “ - at `$.key`”, or names a missing field."""
    if "missing required field" in message:
        return _bad_id(text, label)
    key = message.rpartition("$.")[2].rstrip("`")
    expected = _EXPECTED.match(message)
    if expected:
        wanted, got = expected.groups()
        names = [_WORDS.get(name, name) for name in wanted.split(" | ")]
        reason = f"“{key}” is {_WORDS.get(got, got)} and must be {' or '.join(names)}"
    else:
        # Not which: people paste secrets into the field beside the one that they meant.
        reason = f"“{key}” has a value that it cannot have"
    return _refusal(label, reason, _line_of(text, key), _HINTS.get(key, _BACK), field=key)


_HINTS = {
    "signIn": "Write “administrator”, “secret” or “certificate”.",
    "secretExpires": "Write a date as year-month-day, like 2027-01-31.",
    "modified": "Write a date and time like 2027-01-31T12:00:00Z, or remove the line.",
}


def _bad_id(text: str, label: str) -> ProblemError:
    place = _line_of(text, "id")
    reason = "“id” is not made of 1 to 64 letters, digits and hyphens, or is ours" if place else "“id” is missing"
    return _refusal(label, reason, place, f"Give it an id of its own, such as “{suggested_id(label)}”.", field="id")


def _refusal(label: str, reason: str, line: int, remedy: str, column: int = 0, field: str = "") -> ProblemError:
    place = f"Line {line}{f', column {column}' if column else ''}: " if line else ""
    return ProblemError(
        Problem(
            title=f"{label} cannot be read",
            cause=f"{place}{reason[0].upper() if not place else reason[0]}{reason[1:]}.",
            remedy=remedy,
            field=field if field in FIELDS else "",
            code="unreadable-file",
        )
    )
