"""What a handover sheet is made of, whatever form it gets: sections of paragraphs, details, tables and points."""

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """How a text is meant; it is never told by colour alone."""

    PLAIN = ""
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    DIM = "dim"
    CODE = "code"
    """To be copied letter by letter."""


@dataclass(frozen=True)
class Text:
    """A text with its tone. Whose it is does not matter: no form takes any text for markup."""

    text: str
    tone: Tone = Tone.PLAIN


Cell = str | Text


@dataclass(frozen=True)
class Details:
    """What stands on a screen: each label with its value, of one line or several."""

    rows: tuple[tuple[str, tuple[Cell, ...]], ...]


@dataclass(frozen=True)
class Grid:
    """A table. `widths` are the columns' shares of the page, in percent."""

    headings: tuple[str, ...]
    widths: tuple[int, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Points:
    """Sentences below each other, each with the sign of its tone."""

    points: tuple[Text, ...]


Block = str | Details | Grid | Points
"""A str is a paragraph."""


@dataclass(frozen=True)
class Section:
    """One screen, or what goes with it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Sheet:
    """The document. `title` names the data source; `summary` stands above all."""

    title: str
    made: str
    summary: tuple[Text, ...]
    sections: tuple[Section, ...]
