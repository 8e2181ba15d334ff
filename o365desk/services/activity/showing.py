"""Entries as they are shown and exported: the shape of their JSON, the columns of their tables, and what is to be
known of one in a line."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any

from o365desk.catalogue.operations import Column, ColumnKind
from o365desk.model.activity import Entry, What
from o365desk.model.settings import FIELDS
from o365desk.model.text import wording

_BATCH = 1_000
_LONGEST = 300
"""Letters of a line about an entry."""

COLUMNS = (
    Column(key="number", title="Number", kind=ColumnKind.NUMBER),
    Column(key="at", title="At"),
    Column(key="who", title="Who"),
    Column(key="identity", title="Identity"),
    Column(key="account", title="Account"),
    Column(key="machine", title="Machine"),
    Column(key="from", title="From"),
    Column(key="what", title="What"),
    Column(key="title", title="In words"),
    Column(key="sourceId", title="ID of the data source", kind=ColumnKind.IDENTIFIER),
    Column(key="source", title="Data source"),
    Column(key="run", title="Run", kind=ColumnKind.IDENTIFIER),
    Column(key="outcome", title="Outcome"),
    Column(key="of", title="Outcome of", kind=ColumnKind.NUMBER),
    Column(key="facts", title="Facts"),
    Column(key="before", title="Before"),
    Column(key="after", title="After"),
    Column(key="requests", title="Request IDs", kind=ColumnKind.LIST),
    Column(key="hash", title="Hash", kind=ColumnKind.IDENTIFIER),
)
"""What is exported."""


def as_json(entry: Entry) -> dict[str, Any]:
    """The stable JSON shape. `of` is the number of the entry of which this one says the outcome, or null."""
    rest = entry.rest
    return {
        "number": entry.number,
        "at": entry.at,
        "who": entry.who,
        "identity": rest.identity,
        "account": rest.account,
        "machine": rest.machine,
        "from": rest.origin,
        "what": entry.what,
        "title": entry.title,
        "sourceId": entry.source,
        "source": rest.source,
        "run": entry.run,
        "outcome": rest.outcome,
        "of": entry.settles or None,
        "facts": rest.facts,
        "before": rest.before,
        "after": rest.after,
        "requests": list(rest.requests),
        "hash": entry.hash,
    }


def summary(entry: Entry, most: int = _LONGEST) -> str:
    """What is to be known of an entry, in a line of at most so many letters."""
    facts = [
        f"{named(entry, name)}: {text}" for name, value in entry.rest.facts.items() if (text := in_words(value))
    ]
    changed = [named(entry, name) for name in dict.fromkeys([*entry.rest.before, *entry.rest.after])]
    if changed:
        facts.insert(0, f"changed: {', '.join(changed)}")
    said = "; ".join(facts)
    return said if len(said) <= most else f"{said[:most]}…"


def named(entry: Entry, name: str) -> str:
    """What a name in an entry is called for people: a setting by its label, others in words."""
    if entry.what == What.SETTINGS:
        return _SETTINGS.get(name, name)
    return _HUMP.sub(lambda found: f" {found[0].lower()}", name) if name[:1].islower() else name


_HUMP = re.compile(r"(?<=[a-z])[A-Z]")
_SETTINGS = {field.key: field.plain_label for field in FIELDS}


def when(entry: Entry) -> str:
    """When it was, as tables say it; what is no time is shown as it is written."""
    try:
        return wording.in_table(datetime.fromisoformat(entry.at))
    except ValueError:
        return entry.at


def in_words(value: Any) -> str:
    """A value of an entry as text."""
    if value is None or value == {} or value == []:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {text}" for name, held in value.items() if (text := in_words(held)))
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, map(in_words, value)))
    return f"{value:,}" if isinstance(value, int) else str(value)


def write(
    form: str, target: Path | IO[bytes], entries: Iterable[Entry], check: Callable[[], None] = lambda: None
) -> int:
    """Writes entries as CSV, XLSX, JSON or JSON lines; returns how many. `check` is asked now and then whether to
    go on. Raises ProblemError."""
    from o365desk.services.spreadsheets import export

    with export.writer(form, target, COLUMNS) as out:
        for batch in _batches(entries):
            check()
            out.rows([as_json(entry) for entry in batch])
        return out.count


def _batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    left = iter(entries)
    while batch := list(islice(left, _BATCH)):
        yield batch
