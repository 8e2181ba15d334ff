"""What can still be read of a damaged state file: which runs it knew that could be undone or resumed.

SQLite refuses such a file, or stops in the middle. So the bytes are searched for records of the table of runs, in
the file and in its write-ahead log: a record's header says how long each of its columns is.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

_COLUMNS = 11
"""As the step 0002-runs makes them: place, id, source_id, tenant, state, undoes, undone_by, ended, data, problem,
counts. The first is the row's number, of which nothing is kept in the record."""
_START = re.compile(rb"[\x0c-\x20]\x00\x1d(?=[\x0f-\xff])", re.DOTALL)
"""A header's length, then the types of the first two columns: nothing, and a text of eight letters."""
_ID = re.compile(r"[0-9a-f]{8}")
_MOST_BYTES = 1 << 30


def runs(files: Iterable[Path]) -> list[str]:
    """The runs that could be undone or resumed, each in words that begin with its id, the latest first."""
    found: dict[str, tuple[str, str]] = {}
    for file in files:
        try:
            with file.open("rb") as stream:
                data = stream.read(_MOST_BYTES)
        except OSError:
            continue
        for key, started, words in _records(data):
            found[key] = (started, words)
    return [
        f"{key} ({words})"
        for key, (_, words) in sorted(found.items(), key=lambda item: item[1], reverse=True)
        if words
    ]


def _records(data: bytes) -> Iterator[tuple[str, str, str]]:
    """Id, start and words of each run; no words where there was nothing left to undo or resume."""
    for match in _START.finditer(data):
        start = match.start()
        body = start + data[start]
        sizes = [_size(kind) for kind in _varints(data[start + 1 : body])]
        if len(sizes) != _COLUMNS:
            continue
        texts = []
        for size in sizes:
            texts.append(data[body : body + size].decode("utf-8", "replace"))
            body += size
        try:
            facts = json.loads(texts[8])
            counts = json.loads(texts[10] or "{}")
            started, words = (
                str(facts["started"]),
                f"{facts['title']}, {facts['source_name']}, {facts['started'][:10]}",
            )
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        if _ID.fullmatch(texts[1]):
            left = texts[4] != "finished" or counts.get("undoable", 0)
            yield texts[1], started, words if left else ""


def _varints(data: bytes) -> list[int]:
    """SQLite's numbers of one or more bytes: seven bits each, the last without the eighth."""
    found, number = [], 0
    for byte in data:
        number = number << 7 | byte & 0x7F
        if byte < 0x80:
            found.append(number)
            number = 0
    return found


def _size(kind: int) -> int:
    """How many bytes a value of a type takes."""
    return (kind - 12) // 2 if kind >= 12 else (0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0)[kind]
