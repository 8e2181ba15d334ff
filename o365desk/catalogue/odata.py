"""Text that people typed, as part of a query to Graph. Percent-encoding comes later, once, in the client.

Source: microsoftgraph/microsoft-graph-docs-contrib concepts/{query-parameters,search-query-parameter}.md.
"""

from collections.abc import Sequence


def literal(text: str) -> str:
    """A string literal of a filter: a quote inside is doubled."""
    return "'" + text.replace("'", "''") + "'"


def any_starts_with(properties: Sequence[str], text: str) -> str:
    """A filter: one of the properties begins with the text."""
    return " or ".join(f"startswith({name},{literal(text)})" for name in properties)


def any_equals(properties: Sequence[str], text: str) -> str:
    """A filter: one of the properties is the text."""
    return " or ".join(f"{name} eq {literal(text)}" for name in properties)


UNSEARCHABLE = "&#"
"""Letters that `$search` of v1.0 does not take: what stands behind them is cut off (known issue 18185)."""


def searchable(text: str) -> bool:
    """Whether Graph can search for the words of a text."""
    return not any(letter in text for letter in UNSEARCHABLE)


def any_word(properties: Sequence[str], text: str) -> str:
    """A `$search`: one of the properties has a word that begins with the text (those that Graph does not split
    into words: begins with it)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return " OR ".join(f'"{name}:{escaped}"' for name in properties)
