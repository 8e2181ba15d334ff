"""How much a file of rows may hold before it is refused: a few kilobytes can unpack to gigabytes."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Of any file first, then of workbooks. Sizes are in bytes where nothing else is said."""

    file: int = 64 * 1024 * 1024
    rows: int = 100_000
    lines: int = 1_048_576
    """With those that are empty; what Excel has on a sheet."""
    columns: int = 1_000
    cells: int = 10_000_000
    kept: int = 128 * 1024 * 1024
    """Memory that the cells of a file may take."""
    line: int = 4 * 1024 * 1024
    """Letters of a line of a text."""

    cell: int = 32_767
    """Letters that Excel takes. As a short reference may stand for that much, it bounds what a piece comes to."""
    parts: int = 10_000
    sheets: int = 1_000
    unpacked: int = 512 * 1024 * 1024
    of_one: int = 16 * 1024 * 1024
    """Of a part that holds no cells."""
    tags: int = 24_000_000
    """Of all parts; a hundred thousand rows of forty cells have about sixteen million."""
    text: int = 64 * 1024 * 1024
    """Of the texts that cells share."""
    texts: int = 4_000_000
    names: int = 1_000
    """Different ones of tags and attributes, in one part."""
    tag: int = 1024 * 1024
    piece: int = 16 * 1024
    """So much of a part is looked at at a time."""


LIMITS = Limits()
