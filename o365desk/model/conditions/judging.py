"""Whether a row satisfies conditions: yes, no, or *cannot tell*. This is their meaning; what Graph is asked only
saves traffic.

*Cannot tell* is never covered by an Or, nor by an And: all rows of the conditions are looked at for every row of
the list, whether they can be told, before any of them is asked. No error names a value of the list: whoever asks
may not see it.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import itemgetter
from typing import Any, TypeAlias

from o365desk.model.conditions import matching, operators, typed
from o365desk.model.conditions.days import Calendar, UnknownZoneError, zone
from o365desk.model.conditions.operators import Operator
from o365desk.model.conditions.parameters import Parameter, Parameters
from o365desk.model.conditions.tree import Condition, Group, Join, Place, place_words
from o365desk.model.conditions.typed import MistakeError, Partner
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.text.shown import shown

CANNOT_TELL = "cannot-tell"
"""The code of the problem that says why nothing can be told."""

Row: TypeAlias = Mapping[str, Any]
"""A row as Graph gives it; of a write, what its fields hold, each a text or the object that was looked up."""
Judge: TypeAlias = Callable[[Row], bool]

_SHOWN = 60
_NOBODY: Partner = {}
_BAD_VALUES = (LookupError, TypeError, ValueError, AttributeError, OverflowError)
"""What taking a value out of a row of another shape ends in."""


@dataclass(frozen=True)
class Finding:
    """Why nothing can be told by one row of the conditions, and what can be done."""

    place: Place
    why: str
    remedy: str

    def problem(self) -> Problem:
        """For whoever wanted to know."""
        return Problem(
            title=f"The conditions cannot be judged because of {place_words(self.place)}"
            if self.place
            else "The conditions cannot be judged",
            cause=f"{self.why[:1].upper()}{self.why[1:]}.",
            remedy=self.remedy,
            code=CANNOT_TELL,
        )


def check(
    tree: Group, parameters: Parameters, partner: Partner | None = None, unreadable: Collection[str] = ()
) -> list[Finding]:
    """All that makes it impossible to tell anything, found before anything is asked, in the order of the rows.
    `partner`: the values of whoever asks; None while that is not known yet, as where conditions are edited.
    `unreadable`: Graph's properties that may not be read."""
    return [found for found, _ in _looked_at(tree, parameters, partner, unreadable) if found]


def judge(
    tree: Group,
    parameters: Parameters,
    now: datetime,
    partner: Partner | None = None,
    unreadable: Collection[str] = (),
) -> Judge:
    """What tells of a row whether it satisfies the conditions; every row satisfies none. `now`, with a time zone,
    is what dates are held against, for all rows. `partner`: None or empty where nobody asks as one.

    Raises ProblemError (CANNOT_TELL) where `check` finds anything, and so does what it returns for a row that lacks
    a property or has another sort of value in it."""
    ready: dict[Place, _Leaf] = {}
    for found, leaf in _looked_at(tree, parameters, partner or _NOBODY, unreadable):
        if found:
            raise ProblemError(found.problem())
        if leaf:
            ready[leaf.place] = leaf
    if not tree.rows:
        return lambda row: True
    return _judge(tree, ready, now)


# --- before the first row -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Leaf:
    """A row of the conditions in which nothing is wrong."""

    place: Place
    condition: Condition
    parameter: Parameter
    operator: Operator
    values: tuple[Any, ...]


def _looked_at(
    tree: Group, parameters: Parameters, partner: Partner | None, unreadable: Collection[str], place: Place = ()
) -> Iterator[tuple[Finding | None, _Leaf | None]]:
    """Each row of the conditions: what is wrong with it, or it ready to be judged."""
    for number, row in enumerate(tree.rows):
        here = (*place, number)
        if isinstance(row, Condition):
            try:
                yield None, _leaf(here, row, parameters, partner, unreadable)
            except MistakeError as error:
                yield Finding(here, error.why, error.remedy), None
        elif row.rows:
            yield from _looked_at(row, parameters, partner, unreadable, here)
        else:
            yield Finding(here, "a group has no rows", "Add a condition to it, or remove the group."), None


def _leaf(
    place: Place, row: Condition, parameters: Parameters, partner: Partner | None, unreadable: Collection[str]
) -> _Leaf:
    """Raises MistakeError."""
    parameter = parameters.get(row.parameter)
    if parameter is None:
        known = ", ".join(parameters) or "none"
        raise MistakeError(
            f"this operation has no parameter “{shown(row.parameter, _SHOWN)}”", f"Its parameters: {known}."
        )
    operator = operators.find(row.operator)
    if operator is None or not operators.fits(operator, parameter.type):
        fitting = ", ".join(each.key for each in operators.operators(parameter.type))
        raise MistakeError(
            f"“{parameter.title}” ({parameter.type}) cannot be compared by “{shown(row.operator, _SHOWN)}”",
            f"Its operators: {fitting}.",
        )
    try:
        zone(row.zone)
    except UnknownZoneError as error:
        raise MistakeError(
            f"there is no time zone “{shown(row.zone, _SHOWN)}”", "Choose one such as Europe/Dublin."
        ) from error
    values = typed.read(parameter, operator, row.value, partner)
    typed.check_order(operator, values)
    hidden = [need for need in parameter.needs if need in unreadable]
    if hidden:
        raise MistakeError(
            f"“{parameter.title}” cannot be read with the permissions that were granted",
            f"Grant a permission that shows {', '.join(hidden)}, or leave the condition out.",
        )
    return _Leaf(place, row, parameter, operator, values)


# --- row by row ---------------------------------------------------------------------------------------------------
# The values that the conditions compare are taken out of a row all at once, and all of them are looked at: only
# then the tree is asked, and stops where it knows the answer.


def _judge(tree: Group, leaves: Mapping[Place, _Leaf], now: datetime) -> Judge:
    values_of, places = _taker(tuple(leaves.values()))
    calendars = {leaf.condition.zone: Calendar(zone(leaf.condition.zone), now) for leaf in leaves.values()}

    def step(row: Condition | Group, place: Place, decides: bool) -> _Step:
        if isinstance(row, Group):
            return _EVERYTHING, joined(row, place), decides
        leaf = leaves[place]
        operator = matching.positive(leaf.operator)
        test = matching.test(leaf.parameter.type, operator, leaf.values, calendars[row.zone])
        return places[leaf.parameter.key], test, decides is not leaf.operator.negative

    def steps_of(group: Group, place: Place) -> tuple[_Step, ...]:
        """Patterns come last: they take longest, and the order changes no answer."""
        rows = sorted(enumerate(group.rows), key=lambda row: _has_pattern(row[1]))
        return tuple(step(row, (*place, number), group.join is Join.OR) for number, row in rows)

    def joined(group: Group, place: Place) -> matching.Test:
        steps, decides = steps_of(group, place), group.join is Join.OR

        def answer(values: tuple[Any, ...]) -> bool:
            for where, test, stops in steps:
                if test(values[where]) is stops:
                    return decides
            return not decides

        return answer

    steps, decides = steps_of(tree, ()), tree.join is Join.OR

    def judged(row: Row) -> bool:
        values = values_of(row)
        for where, test, stops in steps:
            if test(values[where]) is stops:
                return decides
        return not decides

    return judged


def _has_pattern(row: Condition | Group) -> bool:
    return any(map(_has_pattern, row.rows)) if isinstance(row, Group) else row.operator in typed.PATTERNS


_Step: TypeAlias = tuple[Any, matching.Test, bool]
"""Where the value is in the tuple, its test, and the answer of the test that decides for the group."""
_EVERYTHING = slice(None)
"""The place of a group's values: of a tuple, that is the tuple itself."""


def _taker(leaves: tuple[_Leaf, ...]) -> tuple[Callable[[Row], tuple[Any, ...]], dict[str, int]]:
    """What takes the values out of a row, and where in the tuple the value of each parameter is. It raises
    ProblemError for the first row of the conditions whose value is missing, or not of its type."""
    used = {leaf.parameter.key: leaf.parameter for leaf in leaves}
    plain = [each for each in used.values() if _is_plain(each) and each.type in matching.SURE]
    made = [each for key, each in used.items() if key not in {one.key for one in plain}]
    names = [each.needs[0] for each in plain]
    # Of one key alone, it would not make a tuple.
    get: Callable[[Row], tuple[Any, ...]] = itemgetter(*names, names[0]) if names else lambda row: ()
    readers = [_reader(each) for each in made]
    surely = [matching.SURE[each.type] for each in plain]

    def look(row: Row) -> None:
        for leaf in leaves:
            try:
                _value(leaf.parameter, row)
            except _BAD_VALUES as error:
                raise ProblemError(_of_row(leaf, error).problem()) from error

    def take(row: Row) -> tuple[Any, ...]:
        try:
            values = get(row)
            for value, sure in zip(values, surely, strict=False):  # quick
                if value.__class__ not in sure:
                    look(row)
            return (*[read(row) for read in readers], *values) if readers else values
        except _BAD_VALUES:
            look(row)
            raise

    return take, {each.key: number for number, each in enumerate([*made, *plain])}


def _reader(parameter: Parameter) -> Callable[[Row], Any]:
    """What `_value` takes out of a row, made ready."""
    if not _is_plain(parameter):
        return partial(_value, parameter)
    read, of = matching.reader(parameter.type), parameter.of
    return lambda row: read(of(row))


def _is_plain(parameter: Parameter) -> bool:
    """Whether it is a property as it is. Its `of` raises where a row lacks it."""
    return isinstance(parameter.of, itemgetter) and len(parameter.needs) == 1


def _value(parameter: Parameter, row: Row) -> Any:
    """The value of a row as it is compared. Raises one of _BAD_VALUES."""
    if not _is_plain(parameter) and _lacks(row, parameter.needs, parameter.absent):
        raise LookupError(parameter.key)
    return matching.reader(parameter.type)(parameter.of(row))


def _lacks(row: Row, needs: tuple[str, ...], absent: frozenset[str]) -> bool:
    """Whether a row has not got what it should have."""
    for need in needs:
        if need not in row:
            field, _, inner = need.partition(".")
            if not (inner and inner in row[field]):
                return row.get("@odata.type") not in absent
    return False


def _of_row(leaf: _Leaf, error: Exception) -> Finding:
    """That a row of the list cannot be judged. What it holds is not told: whoever asks may not see it."""
    title = leaf.parameter.title
    if isinstance(error, matching.UnexpectedError):
        why = f"in one of the rows that came, “{title}” is not {error}"
    else:
        why = f"one of the rows that came lacks “{title}”, or has it in another form"
    return Finding(leaf.place, why, "Try again; if it stays so, leave the condition out, or use another parameter.")
