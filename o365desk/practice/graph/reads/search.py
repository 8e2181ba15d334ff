"""`$search`: clauses in double quotes, joined by AND, OR and parentheses; names and descriptions word by word.

By concepts/search-query-parameter.md of microsoft-graph-docs-contrib. That the words searched for may be the
beginnings of words is how Microsoft's own examples read ("displayName:Guthr").
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from o365desk.practice.directory.directory import Entity
from o365desk.practice.graph.call import GraphError
from o365desk.practice.graph.reads.filterable import NOT, Rules

Found = Callable[[Entity], bool]

_PARTS = re.compile(r'\s+|\(|\)|AND\b|OR\b|"(?:[^"\\]|\\.)*"')
_WORDS = re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_")
_ESCAPED = re.compile(r"\\(.)")


def invalid(text: str, position: int) -> GraphError:
    """A search that says nothing."""
    what = f"character '{text[position]}' is not valid" if position < len(text) else "the expression ends too early"
    return GraphError(400, "BadRequest", f"Invalid search clause: {what} at position {position} in '{text}'.")


@dataclass(frozen=True)
class Search:
    """A search understood."""

    matches: Found
    names: frozenset[str]  # of the properties that it looks at


@lru_cache(maxsize=256)
def understood(text: str, rules: Rules) -> Search:
    """What tells whether a search finds an object; GraphError if it says nothing or what is not indexed."""
    try:
        clauses = _Clauses(text, rules)
        return Search(clauses.whole(), frozenset(clauses.names))
    except RecursionError:
        raise invalid(text, 0) from None


class _Clauses:
    """Reads a search from left to right; AND binds closer than OR."""

    def __init__(self, text: str, rules: Rules) -> None:
        self._text = text
        self._rules = rules
        self._parts = _split(text)
        self._next = 0
        self.names: set[str] = set()

    def whole(self) -> Found:
        """All of the text."""
        found = self._either()
        if self._next < len(self._parts):
            raise self._unexpected()
        return found

    def _peek(self) -> str:
        return self._parts[self._next][0] if self._next < len(self._parts) else ""

    def _unexpected(self) -> GraphError:
        at = self._parts[self._next][1] if self._next < len(self._parts) else len(self._text)
        return invalid(self._text, at)

    def _either(self) -> Found:
        tests = [self._both()]
        while self._peek() == "OR":
            self._next += 1
            tests.append(self._both())
        return tests[0] if len(tests) == 1 else lambda entity: any(test(entity) for test in tests)

    def _both(self) -> Found:
        tests = [self._one()]
        while self._peek() == "AND":
            self._next += 1
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda entity: all(test(entity) for test in tests)

    def _one(self) -> Found:
        part = self._peek()
        if part.startswith('"'):
            self._next += 1
            return self._clause(_ESCAPED.sub(r"\1", part[1:-1]))
        if part != "(":
            raise self._unexpected()
        self._next += 1
        found = self._either()
        if self._peek() != ")":
            raise self._unexpected()
        self._next += 1
        return found

    def _clause(self, clause: str) -> Found:
        """`property:value`: by words where the property is indexed so, else by how it starts."""
        rules = self._rules
        name, colon, value = clause.partition(":")
        name = name.strip()
        if not colon or not value.strip():
            raise GraphError(400, "BadRequest", f"Invalid search clause: '{clause}' is not a property and a value.")
        rule = rules.by_name.get(name.lower()) or rules.by_name.get(f"{name.lower()}/any")
        if rule is None or rule.starts_with == NOT:
            text = f"Property '{name}' of resource '{rules.resource}' is not indexed for search."
            raise GraphError(400, "Request_UnsupportedQuery", text)
        key, start = rule.name.partition("/")[0], value.strip().casefold()
        self.names.add(key)
        if key.lower() in rules.tokenised:
            wanted = _pieces(value)
            return lambda entity: _has(entity.get(key), wanted)
        if "/" in rule.name:
            return lambda entity: any(one.casefold().startswith(start) for one in entity.get(key) or ())
        return lambda entity: str(entity.get(key) or "").casefold().startswith(start)


def _split(text: str) -> list[tuple[str, int]]:
    """The parts of a search with where they begin."""
    parts, at = [], 0
    while at < len(text):
        part = _PARTS.match(text, at)
        if part is None:
            raise invalid(text, at)
        if part[0].strip():
            parts.append((part[0], at))
        at = part.end()
    return parts


def _has(text: str | None, wanted: tuple[str, ...]) -> bool:
    if not text:
        return False
    tokens = tokens_of(text)
    return all(any(token.startswith(piece) for token in tokens) for piece in wanted)


@lru_cache(maxsize=200_000)
def tokens_of(text: str) -> tuple[str, ...]:
    """The words of a value, without case, and besides them those that only symbols keep apart as one."""
    joined = ("".join(letter for letter in chunk if letter.isalnum()) for chunk in text.split())
    tokens = dict.fromkeys(_pieces(text))
    tokens |= dict.fromkeys(
        word.casefold() for word, chunk in zip(joined, text.split(), strict=True) if word and word != chunk
    )
    return tuple(tokens)


def _pieces(text: str) -> tuple[str, ...]:
    """Split at blanks, between letters, digits and symbols, and where a capital follows a small letter."""
    pieces: list[str] = []
    for word in _WORDS.findall(text):
        if word.islower() or word.isupper() or word.istitle() or not word.isalpha():
            pieces.append(word)
            continue
        start = 0
        for at in range(1, len(word)):
            if word[at - 1].islower() and word[at].isupper():
                pieces.append(word[start:at])
                start = at
        pieces.append(word[start:])
    return tuple(piece.casefold() for piece in pieces)
