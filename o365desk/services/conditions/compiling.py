"""Conditions as a filter for Microsoft Graph: as much of them as can be asked for, so that no more than needed is
read. It may let more through than the conditions mean, never less: all that comes is judged here again.

Inside And, what can be sent is; inside Or all or nothing. A negative is sent only where its opposite is exact:
plans, and lists of Microsoft's own words. Texts are sent by `caseless.py`; the blank ones are not: Graph knows
null, and a text of blanks is blank as well."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias
from urllib.parse import quote, urlencode

from o365desk.catalogue import Listing, Query
from o365desk.catalogue.odata import literal
from o365desk.catalogue.operations import PAGE
from o365desk.model.conditions import operators, spans, typed
from o365desk.model.conditions.days import EARLIEST, LATEST, Calendar, zone
from o365desk.model.conditions.parameters import Parameter, Parameters, Type
from o365desk.model.conditions.tree import Condition, Group, Join, PartnerValue, Place
from o365desk.model.conditions.typed import MistakeError, Partner
from o365desk.model.datasource import is_guid
from o365desk.services.conditions import caseless
from o365desk.services.conditions.caseless import Way
from o365desk.services.conditions.filterable import ADVANCED, FILTERABLE, MADE, NOT, Filterable

LONGEST = 1_800
"""Characters of an address behind its host, encoded. Advanced queries are refused over 2,048 with it. A batch would
take a longer one, but its list goes on by a link that repeats it: so what does not fit is judged here."""
_ALTERNATIVES = 15
"""Alternatives that a filter may have, unless it is an advanced query (known issue "query parameters")."""
_FIRST_YEAR = 1601
"""Directories count from here; what is older bounds nothing."""


@dataclass(frozen=True)
class Here:
    """A row of the conditions that Graph is not asked for, or not for all of it, and why."""

    place: Place
    why: str


@dataclass(frozen=True)
class Compiled:
    """What is sent: each of the `queries` has a `$filter`, or the one of them nothing; what any of them finds is
    read. `here` is judged here alone; all the rest here as well."""

    queries: tuple[Query, ...]
    here: tuple[Here, ...]

    @property
    def filters(self) -> tuple[str, ...]:
        """The filters; none where everything is read."""
        return tuple(query.options["$filter"] for query in self.queries if query.options)


NOTHING = Compiled((Query({}),), ())


def compiled(
    tree: Group,
    parameters: Parameters,
    listing: Listing,
    now: datetime,
    partner: Partner | None = None,
    *,
    values: Mapping[str, str] = {},
    order: str = "",
) -> Compiled:
    """What of conditions goes to Graph for a list with these values and order beside it. `now`, with a time zone,
    is what dates are held against: the same as where rows are judged. `partner`: None where it is not known yet;
    what compares with a value of his is not sent then. The conditions are in order (see `judging.check`); where
    they are not, nothing is sent for what is wrong."""
    if not tree.rows:
        return NOTHING
    compiler = _Compiler(listing.path, parameters, now, partner)
    sent = compiler.sent(tree, ())
    return _fitted(sent, lambda also: listing.query(values, order, also=also), chunked=not order)


def cost(made: Compiled, listing: Listing, count: int | None = None) -> str:
    """What it costs to read, in words; `count`: how many there are in the tenant, where that is known."""
    rows = listing.rows
    if not listing.paged or listing.single:
        return f"reads all {rows.many}: 1 request"
    if count is None:
        everything = f"all {rows.many}"
    else:
        requests = max(1, -(-count // PAGE))
        everything = f"all {rows.counted(count)}: {requests:,} request{'' if requests == 1 else 's'}"
    if not made.filters:
        return f"reads {everything}"
    if not made.here:
        return f"reads the {rows.many} that match, and no others"
    return f"reads the {rows.many} that Microsoft Graph finds by the filter, at most {everything}"


# --- parts of a filter -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Part:
    """A part of a filter, with the rows that it says. `join` is the word that holds it together, "" for none.
    `name` and `values`: it says that this property has one of these values (as literals), and nothing else."""

    text: str
    places: tuple[Place, ...]
    join: str = ""
    advanced: bool = False
    alternatives: int = 1
    name: str = ""
    values: tuple[str, ...] = ()

    def within(self, join: str) -> str:
        """The text as a part of another one."""
        return f"({self.text})" if self.join not in ("", join) else self.text


def _one_of(name: str, values: Iterable[str], places: Iterable[Place], *, advanced: bool) -> _Part:
    """That a property has one of some values."""
    each = tuple(dict.fromkeys(values))
    text = f"{name} in ({','.join(each)})" if each[1:] else f"{name} eq {each[0]}"
    return _Part(text, tuple(places), "", advanced, len(each), name, each)


def _joined(join: str, parts: Sequence[_Part]) -> _Part:
    if join == "or":
        parts = _merged(parts)
    if len(parts) == 1:
        return parts[0]
    several = [part.alternatives for part in parts if join == "or" or part.alternatives > 1]
    return _Part(
        f" {join} ".join(part.within(join) for part in parts),
        tuple(place for part in parts for place in part.places),
        join,
        any(part.advanced for part in parts),
        sum(several) or 1,
    )


def _merged(parts: Sequence[_Part]) -> list[_Part]:
    """With the values of each property in one list."""
    found: dict[str, _Part] = {}
    for number, part in enumerate(parts):
        key = part.name or str(number)
        if key in found:
            other = found[key]
            places, advanced = (*other.places, *part.places), other.advanced or part.advanced
            part = _one_of(part.name, (*other.values, *part.values), places, advanced=advanced)
        found[key] = part
    return list(found.values())


@dataclass(frozen=True)
class _Sent:
    """What can be sent of a row or group: parts that must all hold, and the rows that they do not say."""

    parts: tuple[_Part, ...] = ()
    here: tuple[Here, ...] = ()


def _fitted(sent: _Sent, whole: Callable[[Query], Query], *, chunked: bool) -> Compiled:
    """As many of the parts as fit into an address. A list of IDs may be `chunked`: then one read follows the
    other."""
    kept: list[_Part] = []
    here, told = list(sent.here), {each.place for each in sent.here}
    for part in sent.parts:
        tried = [*kept, part]
        if not all(_fits(_query(each, whole), whole) for each in _chunks(tried, chunked=chunked)):
            here += [Here(place, _LENGTH) for place in part.places if place not in told]
            continue
        kept = tried
    here.sort(key=lambda each: each.place)
    if not kept:
        return Compiled(NOTHING.queries, tuple(here))
    return Compiled(tuple(_query(each, whole) for each in _chunks(kept, chunked=chunked)), tuple(here))


def _chunks(parts: list[_Part], *, chunked: bool) -> list[list[_Part]]:
    """The parts, with as many of the IDs as one query may have."""
    place = next((place for place, part in enumerate(parts) if part.name == "id"), None)
    if place is None or not chunked:
        return [parts]
    ids = parts[place]
    found = []
    for first in range(0, len(ids.values), _ALTERNATIVES):
        chunk = _one_of("id", ids.values[first : first + _ALTERNATIVES], ids.places, advanced=ids.advanced)
        found.append([*parts[:place], chunk, *parts[place + 1 :]])
    return found


def _fits(query: Query, whole: Callable[[Query], Query]) -> bool:
    return len(urlencode(whole(query).options, safe="$,", quote_via=quote)) <= LONGEST


def _query(parts: Sequence[_Part], whole: Callable[[Query], Query]) -> Query:
    part = _joined("and", parts)
    # What a search asks for beside it counts as well; too many are counted where “or” is searched for.
    beside = whole(Query({})).options.get("$filter", "").count(" or ")
    many = part.alternatives + beside > _ALTERNATIVES
    return Query({"$filter": part.text}, eventual=part.advanced or many)


# --- rows --------------------------------------------------------------------------------------------------------

_Texts: TypeAlias = tuple[str, ...]


class _NotSentError(Exception):
    """Why nothing is sent for a row."""


_NO_FILTER = "Microsoft Graph cannot filter by it"
_NO_OPERATOR = "Microsoft Graph cannot compare it so"
_BLANKS = "Microsoft Graph does not call a text of blanks blank"
_OPPOSITE = "what Microsoft Graph calls different may be the same here"
_LETTERS = "Microsoft Graph may write it otherwise"
_BEGINS = "Microsoft Graph is asked for a part of the text only"
_LENGTH = "the filter would be too long for an address"
_OR = "it is joined by Or with what is judged here"


class _Compiler:
    """Compiles the rows of one tree."""

    def __init__(self, path: str, parameters: Parameters, now: datetime, partner: Partner | None) -> None:
        self._path = path
        self._filterable = FILTERABLE.get(path, {})
        self._parameters = parameters
        self._now = now
        self._partner = partner

    def sent(self, row: Condition | Group, place: Place) -> _Sent:
        """What can be sent of a row or group."""
        if isinstance(row, Condition):
            return self._row(row, place)
        inside = [self.sent(each, (*place, number)) for number, each in enumerate(row.rows)]
        if row.join is Join.OR and len(inside) > 1:
            return _either(inside)
        return _Sent(
            tuple(part for each in inside for part in each.parts),
            tuple(here for each in inside for here in each.here),
        )

    def _row(self, row: Condition, place: Place) -> _Sent:
        try:
            part, whole = self._asked(row, place)
        except _NotSentError as error:
            return _Sent((), (Here(place, str(error)),))
        return _Sent((part,), () if whole else (Here(place, _BEGINS),))

    def _asked(self, row: Condition, place: Place) -> tuple[_Part, bool]:
        """The part that says a row, and whether it says all of it. Raises _NotSentError."""
        parameter, operator = self._parameters.get(row.parameter), operators.find(row.operator)
        if parameter is None or operator is None:
            raise _NotSentError(_NO_FILTER)
        made, can = MADE.get((self._path, parameter.key)), self._filterable.get(parameter.property)
        try:
            values = typed.read(parameter, operator, row.value, self._partner)
            calendar = Calendar(zone(row.zone), self._now)
        except (MistakeError, ValueError) as error:
            raise _NotSentError("it cannot be judged as it is") from error
        if None in values:
            raise _NotSentError("it depends on who asks")
        ask = _Ask(row, place, parameter, values, calendar, self._partner or {})
        if made is not None:
            return _of_kind(ask, made), True
        if can is None:
            raise _NotSentError(_NO_FILTER)
        return _BY_TYPE.get(parameter.type, _nothing)(ask, can)


def _either(inside: Sequence[_Sent]) -> _Sent:
    """All of an Or, or nothing."""
    here = [each for part in inside for each in part.here]
    if all(each.parts for each in inside):
        return _Sent((_joined("or", [_joined("and", each.parts) for each in inside]),), tuple(here))
    told = {each.place for each in here}
    lost = (place for each in inside for part in each.parts for place in part.places if place not in told)
    return _Sent((), (*here, *(Here(place, _OR) for place in dict.fromkeys(lost))))


@dataclass(frozen=True)
class _Ask:
    """One row, ready to be asked."""

    row: Condition
    place: Place
    parameter: Parameter
    values: tuple[object, ...]
    calendar: Calendar
    partner: Partner

    @property
    def operator(self) -> str:
        return self.row.operator

    @property
    def text(self) -> str:
        """The one value, as it was typed."""
        value = self.row.value
        return self.partner.get(value, "") if isinstance(value, PartnerValue) else str(value)

    def part(self, texts: Iterable[str], *, advanced: bool, join: str = "or") -> _Part:
        """A part that says one (or all) of these."""
        parts = [_Part(text, (self.place,), advanced=advanced) for text in texts]
        made = _joined(join, parts)
        return _Part(made.text, (self.place,), made.join, advanced, made.alternatives)


def _needs(support: str, why: str = _NO_OPERATOR) -> bool:
    """Whether it takes an advanced query. Raises _NotSentError where it is not supported."""
    if support == NOT:
        raise _NotSentError(why)
    return support == ADVANCED


def _of_kind(ask: _Ask, made: Mapping[str, str]) -> _Part:
    """A value that is made of several properties."""
    if ask.operator not in ("equals", "is one of"):
        raise _NotSentError(_NO_OPERATOR)
    by_value = {key.lower(): text for key, text in made.items()}
    texts = [by_value.get(str(value)) for value in dict.fromkeys(ask.values)]
    parts = [_Part(text, (ask.place,), "and" if " and " in text else "") for text in texts if text]
    if len(parts) < len(texts):
        raise _NotSentError(_NO_FILTER)
    made_part = _joined("or", parts)
    return _Part(made_part.text, (ask.place,), made_part.join, False, made_part.alternatives)


def _text(ask: _Ask, can: Filterable) -> tuple[_Part, bool]:
    """A text, or the items of a list of texts."""
    negative = ask.operator == "not equals"
    way = _way(ask, can)
    columns = {Way.EQUALS: can.eq, Way.STARTS: can.starts_with, Way.ENDS: can.ends_with}
    for asked in caseless.asks(way, ask.text, plain=can.plain):
        used = {columns[each] for each, _ in asked.tests}
        if NOT in used or (negative and not asked.whole):
            continue
        advanced = negative or ADVANCED in used
        return _text_part(ask, can.name, asked, advanced=advanced, negative=negative), asked.whole
    raise _NotSentError(_NO_OPERATOR if columns[way] == NOT else _LETTERS)


def _way(ask: _Ask, can: Filterable) -> Way:
    """How a text is compared. Raises _NotSentError where Graph cannot, or where its opposite is not exact."""
    negative = ask.operator == "not equals"
    if negative and not (can.plain and "/" in can.name):
        raise _NotSentError(_OPPOSITE)
    if ask.operator in ("is blank", "not blank"):
        raise _NotSentError(_BLANKS)
    way = _WAYS.get("equals" if negative else ask.operator)
    if way is None:
        raise _NotSentError(_NO_OPERATOR)
    if can.name == "id" and not is_guid(ask.text.strip()):
        raise _NotSentError("Microsoft Graph refuses what is no object ID")
    return way


def _text_part(ask: _Ask, name: str, asked: caseless.Ask, *, advanced: bool, negative: bool) -> _Part:
    if "/" not in name and [way for way, _ in asked.tests] == [Way.EQUALS]:
        return _one_of(name, (literal(asked.tests[0][1]),), (ask.place,), advanced=advanced)
    said = (_item(name, way, text) for way, text in asked.tests)
    return ask.part((f"not {each}" if negative else each for each in said), advanced=advanced)


_WAYS = {"equals": Way.EQUALS, "starts with": Way.STARTS, "ends with": Way.ENDS}


def _item(name: str, way: Way, text: str) -> str:
    """A comparison with a text; of a list, with one of its items."""
    owner, listed, _ = name.partition("/")
    what = "p" if listed else owner
    said = f"{what} eq {literal(text)}" if way is Way.EQUALS else f"{way}({what},{literal(text)})"
    return f"{owner}/any(p:{said})" if listed else said


def _choice(ask: _Ask, can: Filterable) -> tuple[_Part, bool]:
    """One of Microsoft's own words, as Microsoft spells it."""
    if ask.operator not in ("equals", "is one of"):
        raise _NotSentError(_BLANKS if "blank" in ask.operator else _OPPOSITE)
    advanced, spelled = _needs(can.eq), {key.casefold(): key for key, _ in ask.parameter.choices}
    keys = (literal(spelled.get(str(value), str(value))) for value in ask.values)
    return _one_of(can.name, keys, (ask.place,), advanced=advanced), True


def _check(ask: _Ask, can: Filterable) -> tuple[_Part, bool]:
    if ask.operator == "is blank":
        return ask.part((f"{can.name} eq null",), advanced=_needs(can.null)), True
    wanted = {"is yes": ("true",), "is no": ("false",), "not blank": ("true", "false")}[ask.operator]
    return ask.part((f"{can.name} eq {each}" for each in wanted), advanced=_needs(can.eq)), True


def _date(ask: _Ask, can: Filterable) -> tuple[_Part, bool]:
    """The seconds from the first moment to the last."""
    if ask.operator == "is blank":
        return ask.part((f"{can.name} eq null",), advanced=_needs(can.null)), True
    if ask.operator in ("not equals", "not blank"):
        raise _NotSentError(_OPPOSITE if ask.operator == "not equals" else _NO_OPERATOR)
    try:
        span = spans.span(ask.operator, ask.values, ask.calendar)
    except KeyError as error:
        raise _NotSentError(_NO_OPERATOR) from error
    bounds = []
    if span.first != EARLIEST and span.first.year >= _FIRST_YEAR:
        bounds.append(f"{can.name} ge {_second(span.first)}")
    if span.end != LATEST and span.end.year < LATEST.year:
        bounds.append(f"{can.name} le {_second(max(span.end, _EPOCH) + timedelta(microseconds=999_999))}")
    if not bounds:
        raise _NotSentError("every date is within it")
    return ask.part(bounds, advanced=_needs(can.order), join="and"), True


_EPOCH = datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC)


def _second(when: datetime) -> str:
    """As Graph writes it; parts of a second are left out."""
    return f"{when.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat()}Z"


def _plans(ask: _Ask, can: Filterable) -> tuple[_Part, bool]:
    """Plans by their SKU ids, which are compared exactly: so their opposites are sent too."""
    owner, _, inner = can.name.partition("/any/")
    if ask.operator in ("is blank", "not blank"):
        sign = "eq" if ask.operator == "is blank" else "ne"
        return ask.part((f"{owner}/$count {sign} 0",), advanced=_needs(can.count)), True
    negative = ask.operator in ("not equals", "is none of")
    ids = list(dict.fromkeys(str(value) for value in ask.values))
    if not all(is_guid(each) for each in ids):
        raise _NotSentError("it is no SKU ID")
    texts = (f"{'not ' if negative else ''}{owner}/any(a:a/{inner} eq {each})" for each in ids)
    advanced = _needs(can.eq) or negative
    return ask.part(texts, advanced=advanced, join="and" if negative else "or"), True


def _nothing(ask: _Ask, can: Filterable) -> tuple[_Part, bool]:
    raise _NotSentError(_NO_OPERATOR)


_BY_TYPE: Mapping[Type, Callable[[_Ask, Filterable], tuple[_Part, bool]]] = {
    Type.TEXT: _text,
    Type.IDENTIFIER: _text,
    Type.TEXTS: _text,
    Type.CHOICE: _choice,
    Type.CHECK: _check,
    Type.DATE: _date,
    Type.PLANS: _plans,
}
