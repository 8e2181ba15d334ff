"""What of an entry is searched as somebody types: each word that was typed begins a word of it, without regard to
case and accents. What is filtered by (who, what, …) is in the same index under keys of a fixed length, so that both
together are found at once among a million entries."""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any

from o365desk.model.activity import Rest, title_of
from o365desk.model.text.folding import folded

_MOST_WORDS = 8
_LONGEST = 1_500
"""Letters of an entry that are searched."""
_PREFIX = 3
"""Letters up to which the index knows all beginnings."""


def of_entry(who: str, what: str, run: str, rest: Rest) -> str:
    """The text in which is searched."""
    parts = [title_of(what), what, who, rest.source, run, rest.outcome, rest.origin, rest.account, rest.machine]
    for values in (rest.facts, rest.after, rest.before):
        parts += _leaves(values)
    return " ".join([*parts, *rest.requests])[:_LONGEST]


def keys(who: str, what: str, source: str, run: str, workspace: str) -> str:
    """What is filtered by."""
    held = {"who": who, "what": what, "source": source, "run": run, "workspace": workspace}
    return " ".join(key(name, value) for name, value in held.items() if value)


@lru_cache(maxsize=256)
def key(name: str, value: str) -> str:
    """One value that is filtered by, as the index has it."""
    return hashlib.sha256(f"{name} {folded(value)}".encode()).hexdigest()[:16]


def typed(text: str) -> tuple[str, ...]:
    """The words of a text as the index has them; the first eight."""
    return tuple(dict.fromkeys(filter(None, re.split(r"[\W_]+", _bare(text)))))[:_MOST_WORDS]


def _bare(text: str) -> str:
    """Without accents, in lower case, as the index folds a text."""
    bare = text.lower()
    if text.isascii():
        return bare
    bare = unicodedata.normalize("NFD", bare)
    return unicodedata.normalize("NFC", "".join(each for each in bare if not unicodedata.combining(each)))


def asked(
    text: str, filters: Mapping[str, str], shortened: Collection[str] = frozenset(), *, whole: bool = False
) -> str:
    """What the index is asked for; "" where that is everything. `shortened` are words of which it is asked for the
    beginning: what it gives may fit, and comes at once. `whole`: only for what has them as whole words, which is
    not all that fits and comes at once, too."""
    any_end = "" if whole else "*"
    terms = [f'words : "{word[:_PREFIX] if word in shortened else word}"{any_end}' for word in typed(text)]
    terms += [f'keys : "{key(name, value)}"' for name, value in filters.items() if value]
    return " AND ".join(terms)


def is_quick(text: str) -> bool:
    """Whether the index answers what was typed while it is read."""
    return all(len(word) <= _PREFIX for word in typed(text))


def fitting(text: str) -> Callable[[str], bool]:
    """Tells of the searched words of an entry whether it is one of those that were asked for."""
    patterns = [re.compile(rf"(?<![^\W_]){re.escape(word)}") for word in typed(text)]

    def fits(words: str) -> bool:
        bare = _bare(words)
        return all(pattern.search(bare) for pattern in patterns)

    return fits


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, held in value.items():
            yield str(name)
            yield from _leaves(held)
    elif isinstance(value, list | tuple):
        for held in value:
            yield from _leaves(held)
    elif value is not None and not isinstance(value, bool):
        yield str(value)
