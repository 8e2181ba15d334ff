"""JSON as lines of cells: a list of objects, as this program and Graph write them, or one object in each line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from o365desk.services.spreadsheets.formats.grid import Grid, Lines, Names, refusal
from o365desk.services.spreadsheets.formats.limits import LIMITS, Limits

_LISTS = ("value", "items", "rows", "data")
"""Under which key a document keeps its list."""
_MOST_KEYS = 1_000


def json_grid(path: Path, data: bytes, names: Names, check: Callable[[], None], limits: Limits = LIMITS) -> Grid:
    """The lines of JSON: the keys as headings, then the objects, each with the number of its line. Raises
    ProblemError."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    objects = _objects(path, data)
    keys: dict[str, int] = {}
    rows = []
    for number, raw in enumerate(objects):
        if number % 1000 == 0:
            check()
        try:
            row = msgspec.json.decode(raw)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            row = None
        if not isinstance(row, dict):
            raise refusal(path, f"Item {number + 1:,} of its list is no object.", _REMEDY, "no-table")
        for key in row:
            keys.setdefault(key, len(keys))
        if len(keys) > _MOST_KEYS:
            raise refusal(path, f"It has more than {_MOST_KEYS:,} keys.", "Keep those that are needed.", "too-wide")
        rows.append(row)
    lines = Lines(path, names, limits)
    lines.add(1, list(keys))
    place, line = 0, 1
    for raw, row in zip(objects, rows, strict=True):
        at = data.find(bytes(raw), place)
        line, place = line + data.count(b"\n", place, at), at
        lines.add(line, [_cell(row.get(key)) for key in keys])
    return Grid(lines.full, "json", "", [], lines.blanks)


_REMEDY = "Give a list of objects, each with the fields of a row; or a CSV or XLSX file."


def _objects(path: Path, data: bytes) -> list[Any]:
    """The rows, not decoded yet."""
    try:
        return list(msgspec.json.decode(data, type=list[msgspec.Raw]))
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        whole = error
    try:
        found = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return _each_line(path, data, whole)
    for key in _LISTS:
        if key in found and bytes(found[key])[:1] == b"[":
            return list(msgspec.json.decode(found[key], type=list[msgspec.Raw]))
    return [msgspec.Raw(data)]


def _each_line(path: Path, data: bytes, whole: Exception) -> list[Any]:
    lines = [line for line in data.splitlines() if line.strip()]
    if len(lines) < 2 or not all(line.lstrip()[:1] == b"{" for line in lines):
        why = f"This is JSON that is damaged ({whole})."
        raise refusal(path, why, _REMEDY, "no-table")
    return [msgspec.Raw(line.strip()) for line in lines]


def _cell(value: object) -> str:
    """A value as it would be in a CSV file."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return "; ".join(value)
    return msgspec.json.encode(value).decode()
