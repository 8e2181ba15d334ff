"""Search as you type: each word that was typed begins a word of the name, first or last name, mail, UPN, job or
department (of a group: of name, mail, nickname or description), without regard to case and accents.

The index answers in the order of the names (see `placing`) while it is read, so the first rows are there at once,
however many there are. Only for more than three letters it first gathers all that begin so, which takes long where
that is nearly everybody (“contoso”); so some hundred rows that begin with these three letters are looked at first.
"""

import re
import sqlite3
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from o365desk.model.text.folding import plain
from o365desk.services.directory.copy.tables import Table

_MOST_WORDS = 8
_PREFIX = 3
"""Letters up to which the index knows all beginnings."""
_LOOKED_AT = 1_000


def words_of(typed: str) -> tuple[str, ...]:
    """The words of a text as the index has them: letters and digits, folded; the first eight."""
    return tuple(dict.fromkeys(filter(None, re.split(r"[\W_]+", _bare(typed)))))[:_MOST_WORDS]


def _bare(text: str) -> str:
    """Without accents, in lower case, as the index folds a text."""
    if text.isascii():
        return text.lower()
    letters = unicodedata.normalize("NFD", text.lower())
    return unicodedata.normalize("NFC", "".join(each for each in letters if not unicodedata.combining(each)))


def _term(word: str, length: int | None = None) -> str:
    """A word's beginning as the index is asked for it; also as names are sorted, where ß is ss."""
    ways = dict.fromkeys(each[:length] for each in (word, plain(word)))
    asked = " OR ".join(f'"{each}"*' for each in ways)
    return f"({asked})" if len(ways) > 1 else asked


def window(
    connection: sqlite3.Connection, table: Table, typed: Sequence[str], after: int, limit: int
) -> list[tuple[Any, ...]]:
    """Up to `limit` rows behind place `after` that have all the words: `n`, `id`, `sort` and the properties."""
    if any(len(word) > _PREFIX for word in typed):
        found = _quickly(connection, table, typed, after, limit)
        if found is not None:
            return found
    return _asked(connection, table, " AND ".join(map(_term, typed)), after, limit)


def count(connection: sqlite3.Connection, table: Table, typed: Sequence[str], most: int) -> int:
    """How many rows have all the words, counted up to `most`."""
    row = connection.execute(
        f"SELECT count(*) FROM (SELECT 1 FROM {table.search} WHERE {table.search} MATCH ? LIMIT ?)",
        (" AND ".join(map(_term, typed)), most),
    ).fetchone()
    return int(row[0])


def _asked(
    connection: sqlite3.Connection, table: Table, asked: str, after: int, limit: int
) -> list[tuple[Any, ...]]:
    return connection.execute(
        f"SELECT u.n, u.id, u.sort, {table.listed('u')} FROM {table.search} s JOIN {table.name} u ON u.n = s.rowid"
        f" WHERE {table.search} MATCH ? AND s.rowid > ? ORDER BY s.rowid LIMIT ?",
        (asked, after, limit),
    ).fetchall()


def _quickly(
    connection: sqlite3.Connection, table: Table, typed: Sequence[str], after: int, limit: int
) -> list[tuple[Any, ...]] | None:
    """The same by looking at rows that have the beginnings; None where there are too many to look at."""
    asked = " AND ".join(_term(word, _PREFIX) for word in typed)
    candidates = connection.execute(
        f"SELECT u.n, u.id, u.sort, {table.listed('u')} FROM {table.search} s JOIN {table.name} u ON u.n = s.rowid"
        f" WHERE {table.search} MATCH ? AND s.rowid > ? ORDER BY s.rowid LIMIT {_LOOKED_AT}",
        (asked, after),
    )
    found: list[tuple[Any, ...]] = []
    looked = 0
    for row in candidates:
        looked += 1
        if has(table, row[2], row[3:], typed):
            found.append(row)
            if len(found) == limit:
                return found
    return found if looked < _LOOKED_AT else None


def has(table: Table, sort: str, values: Sequence[Any], typed: Sequence[str]) -> bool:
    """Whether a row (its sort key and its properties, as they lie in the file) has all the words."""
    text = _bare(" ".join([sort, *(values[place] or "" for place in _places(table))]))
    return all(pattern.search(text) for pattern in map(_begins, typed))


@lru_cache
def _places(table: Table) -> tuple[int, ...]:
    return tuple(table.properties.index(name) for name in table.searched)


@lru_cache(1_000)
def _begins(word: str) -> re.Pattern[str]:
    """Finds a word that begins so."""
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, dict.fromkeys((word, plain(word)))))})")
