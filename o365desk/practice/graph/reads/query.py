"""Which objects of a list a request asks for: `$filter`, `$search`, `$orderby`, and the rules of advanced queries.

The limits on what is compared are those of Microsoft Graph's known issues ("Some limitations apply to query
parameters"): 15 alternatives, values of 120 characters; with the header instead an address of 2,048. That plain
`or` counts like `in` is the wording of the refusal seen in the wild.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from o365desk.practice.directory.directory import Entity
from o365desk.practice.graph.call import Call, GraphError, denied
from o365desk.practice.graph.properties import ObjectKind
from o365desk.practice.graph.reads import filters, search
from o365desk.practice.graph.reads.filterable import ADVANCED, Rules
from o365desk.practice.graph.reads.filters import Exactly, Filter, unsupported
from o365desk.practice.graph.reads.paging import without_token
from o365desk.practice.graph.reads.search import Search

_MOST_ALTERNATIVES, _LONGEST_VALUE, _LONGEST_ADDRESS = 15, 120, 2048
_NEEDS_HEADER = (
    "Request with $search query parameter only works through MSGraph with a special request header: "
    "'ConsistencyLevel: eventual'"
)

# Finds, without going through all, the objects of which a property has one of some values.
Among = Callable[[Exactly], Sequence[Entity]]


@dataclass(frozen=True)
class Order:
    """By which property, which way; objects without it come first."""

    name: str
    descending: bool
    advanced: bool

    def sorted(self, entities: Sequence[Entity]) -> list[Entity]:
        """The objects in this order; equal ones stay in theirs."""
        name = self.name
        return sorted(
            entities,
            key=lambda entity: (entity.get(name) is not None, str(entity.get(name) or "").casefold()),
            reverse=self.descending,
        )


def eventual(call: Call) -> bool:
    """Whether the header of advanced queries came along."""
    return call.request.headers.get("consistencylevel", "").strip().lower() == "eventual"


def counts(call: Call) -> bool:
    """Whether the number of objects is to be told; without the header the option is passed over in silence."""
    return eventual(call) and call.request.options.get("$count", "").lower() == "true"


def asked(call: Call) -> tuple[str | None, ...]:
    """What decides which objects there are and in which order."""
    return (call.request.options.get("$filter"), _searched(call), call.request.options.get("$orderby"))


def _searched(call: Call) -> str | None:
    """What is searched for. Known issue 18185: Graph v1.0 decodes a search twice, so that `&` cuts it off.

    `Prefer: legacySearch=false` avoids that. The issue names `&` only; `#` is taken to do the same.
    """
    text = call.request.options.get("$search")
    if text is None or "legacysearch=false" in call.request.headers.get("prefer", "").lower().replace(" ", ""):
        return text
    if "&" in text or "#" in text:
        raise GraphError(400, "BadRequest", "Unrecognized query argument specified: ''.")
    return text.replace("%26", "&").replace("%23", "#")


@dataclass(frozen=True)
class Listing:
    """A list before anything was asked of it. `name` is what the answer's context calls it.

    `rules` None: it cannot be filtered, searched or sorted; `seen`: the properties that may be read, None: all.
    """

    name: str
    entities: Sequence[Entity]
    kind: ObjectKind
    rules: Rules | None = None
    seen: frozenset[str] | None = None


def narrowed(
    call: Call, listing: Listing, counting: bool = False, among: Among | None = None
) -> Callable[[], Sequence[Entity]]:
    """Checks what was asked and returns what will find it. `counting`: the path itself asks for the count."""
    entities, rules = listing.entities, listing.rules
    if rules is None:
        return lambda: entities
    text, words, sorting = asked(call)
    wanted = filters.understood(text, rules, listing.kind) if text is not None else None
    found = search.understood(words, rules) if words is not None else None
    order = _order(sorting, rules) if sorting is not None else None
    if found is not None and not eventual(call):
        raise unsupported(_NEEDS_HEADER)
    if listing.seen is not None and not _names(wanted, found, order) <= listing.seen:
        raise denied()
    advanced = counts(call) or (counting and eventual(call))
    if _needs_advanced(rules, wanted, order) and not advanced:
        raise unsupported("Unsupported Query.")
    _check_size(call, wanted, advanced)

    def find() -> Sequence[Entity]:
        matching = among(wanted.exactly) if among and wanted and wanted.exactly else entities
        if wanted is not None:
            matching = [entity for entity in matching if wanted.matches(entity)]
        if found is not None:
            matching = [entity for entity in matching if found.matches(entity)]
        return matching if order is None else order.sorted(matching)

    return find


def _names(wanted: Filter | None, found: Search | None, order: Order | None) -> frozenset[str]:
    names = frozenset({order.name} if order else ())
    return names | (wanted.names if wanted else frozenset()) | (found.names if found else frozenset())


def _needs_advanced(rules: Rules, wanted: Filter | None, order: Order | None) -> bool:
    if wanted is not None and (wanted.advanced or order is not None or rules.always_advanced):
        return True
    return order is not None and (order.advanced or rules.always_advanced)


def _check_size(call: Call, wanted: Filter | None, advanced: bool) -> None:
    if wanted is None:
        return
    if advanced:
        request = call.request
        address = call.context.partition("/v1.0")[0] + request.path + "?" + "&".join(without_token(request.query))
        if len(address) > _LONGEST_ADDRESS:
            text = f"The request URI is {len(address)} characters long; the limit is {_LONGEST_ADDRESS}."
            raise GraphError(400, "Request_BadRequest", text)
        return
    if wanted.widest > _MOST_ALTERNATIVES:
        raise unsupported(
            "Too many child clauses specified in search filter expression containing 'OR' operators: "
            f"{wanted.widest}. Max allowed: {_MOST_ALTERNATIVES}."
        )
    if wanted.longest > _LONGEST_VALUE:
        raise unsupported(
            f"A value of {wanted.longest} characters is too long to be compared. Max allowed: {_LONGEST_VALUE}."
        )


def _order(text: str, rules: Rules) -> Order:
    """One property, with `asc` or `desc`."""
    words = text.split()
    if not words or len(words) > 2 or (len(words) == 2 and words[1].lower() not in ("asc", "desc")):
        raise GraphError(400, "BadRequest", f"Invalid orderby clause: '{text}'.")
    takes = rules.sortable.get(words[0].lower())
    if takes is None:
        raise unsupported(f"Unsupported sort property '{words[0]}' for '{rules.resource}'.")
    name = rules.by_name[words[0].lower()].name
    return Order(name, words[-1].lower() == "desc", takes == ADVANCED)
