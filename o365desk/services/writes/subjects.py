"""What the row of a run is about, and which later runs have changed that since.

A row is about one object of the tenant and, where it does not change all of it, what of it: a group; the membership
of somebody in a group; a plan of somebody; a property of somebody. That comes from the row's sort of change: an
undo, and whatever else asks which rows meet, goes by it.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from o365desk import catalogue
from o365desk.model.run import Run
from o365desk.model.targets import Before, Target
from o365desk.services.writes.changes import sort_of
from o365desk.services.writes.changes.sort import Key, Subject
from o365desk.services.writes.journal.journal import JournalRow, Made, Turn


def of_run(operation: str, target: Target | None, before: Before | None) -> Subject | None:
    """What a row of a run of this operation is about; None where that is not known: this program does not know the
    operation, its group was not made, or another version has written the row."""
    try:
        change = catalogue.operation(operation).change
    except KeyError:
        return None
    sort = sort_of(change) if change else None
    if sort is None or not isinstance(target, sort.target):
        return None
    found = sort.about(target, before)
    return found if all(found.key) else None


# --- what was changed since ---------------------------------------------------------------------------------------


@dataclass
class Since:
    """What later runs have done to what a row is about. `again` is the last change of the same; `parts` counts, by
    run, changes of what is a part of it; `gone` is the run that deleted what it is a part of; `doubts` are runs of
    which nobody knows yet whether they changed it. Runs are named by their ids."""

    again: Made | None = None
    parts: Counter[str] = field(default_factory=Counter)
    gone: str = ""
    doubts: set[str] = field(default_factory=set)


def changed_since(run: Run, rows: Sequence[JournalRow], made: Iterable[Made]) -> dict[int, Since]:
    """By number, what has become since of what these rows of a run changed; rows of which nothing has are not
    named. `made` are the changes of other runs, an undo's after those of what it undoes."""
    mine = {row.number: about for row in rows if (about := of_run(run.operation, row.target, row.before))}
    turns = {row.number: row.turn for row in rows}
    same = _by({number: about.key for number, about in mine.items()})
    inside = _by({number: about.whole for number, about in mine.items() if about.whole})
    found: defaultdict[int, Since] = defaultdict(Since)
    seen: dict[tuple[str, int], tuple[int, int]] = {}
    for change in made:
        about = of_run(change.operation, change.target, change.before)
        if about is None:
            continue
        met = ((same, about.key, _again), (same, about.whole, _part), (inside, about.key, _gone))
        numbers = [(number, note) for index, key, note in met if key for number in index.get(key, ())]
        if numbers:
            seen[change.run, change.number] = change.turn
        for number, note in numbers:
            if change.turn > turns[number] and not _is_as_before(run, change, turns[number], seen):
                _noted(found[number], change, note)
    return dict(found)


def _by(about: Mapping[int, Key]) -> dict[Key, list[int]]:
    index: defaultdict[Key, list[int]] = defaultdict(list)
    for number, key in about.items():
        index[key].append(number)
    return index


def _is_as_before(run: Run, change: Made, turn: Turn, seen: Mapping[tuple[str, int], Turn]) -> bool:
    """Whether a change leaves things as they were at a turn of the run: it was taken back, or takes back what was
    done since. The rows of an undo have the numbers of those that it undoes."""
    undid = seen.get((change.undoes, change.number))
    return change.undone or change.undoes == run.id or (undid is not None and undid > turn)


def _noted(since: Since, change: Made, note: Callable[[Since, Made], None]) -> None:
    if change.doubtful:
        since.doubts.add(change.run)
    else:
        note(since, change)


def _again(since: Since, change: Made) -> None:
    if since.again is None or change.turn > since.again.turn:
        since.again = change


def _part(since: Since, change: Made) -> None:
    since.parts[change.run] += 1


def _gone(since: Since, change: Made) -> None:
    since.gone = change.run
