"""Lists in pages: found, shaped and encoded once, then from memory until the directory changes."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec

from o365desk.practice.directory.directory import Entity
from o365desk.practice.graph import properties
from o365desk.practice.graph.call import Call, GraphError
from o365desk.practice.graph.reads import objects
from o365desk.practice.graph.reads.filters import Exactly
from o365desk.practice.graph.reads.page_cache import DirectoryCache
from o365desk.practice.graph.reads.paging import PageTokens
from o365desk.practice.graph.reads.query import Listing, asked, counts, eventual, narrowed
from o365desk.practice.graph.selection import More, selection, shape_of, shown
from o365desk.practice.tenant import Tenant
from o365desk.practice.wire import Answer

_NARROWING = re.compile(r"(?:\$|%24)(?:filter|search)=", re.IGNORECASE)
_BYTES_OF_PAGES = 128 * 2**20  # a hundred thousand people with all that is usually selected, and some more
_FOUND_OBJECTS = 400_000


class Lists:
    """Answers with lists; a list's name, path and what the caller may see decide what is remembered."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        self._tokens = PageTokens(tenant.addresses.graph)
        self._pages: DirectoryCache[bytes] = DirectoryCache(_BYTES_OF_PAGES, lambda page: len(page) + 2_000)
        self._found: DirectoryCache[Sequence[Entity]] = DirectoryCache(
            _FOUND_OBJECTS, lambda found: len(found) + 500
        )
        self._places: DirectoryCache[dict[str, list[int]]] = DirectoryCache(
            _FOUND_OBJECTS, lambda places: len(places) + 1
        )

    def page(self, call: Call, listing: Listing, more: More | None = None) -> Answer:
        """One page of a list; `more` says what is to be added to each entry."""
        call = self._heard(call)
        try:
            start, after_empty = self._tokens.position(call.request, call.directory.tenant_id)
        except ValueError:
            text = "The specified page token value has expired and can no longer be used."
            raise GraphError(400, "Directory_ExpiredPageToken", text) from None
        size = page_size(call, listing.kind)
        empty = bool(start) and not after_empty and self._tenant.switches.value("empty_page") is True
        key = (call.request.path, call.request.query, asked(call), eventual(call), empty, _sight(call, listing))

        def make() -> bytes:
            part = slice(start, start if empty else start + size)
            return msgspec.json.encode(self._body(call, listing, part, more))

        return Answer(200, self._pages.get(call.directory, key, make))

    def count(self, call: Call, listing: Listing) -> int:
        """How many objects …/$count tells of."""
        return len(self._objects(self._heard(call), listing, counting=True))

    def _heard(self, call: Call) -> Call:
        """The call, without what narrows a list while that is ignored."""
        if self._tenant.switches.value("options_ignored") is not True:
            return call
        kept = [part for part in call.request.query.split("&") if not _NARROWING.match(part)]
        return replace(call, request=replace(call.request, query="&".join(kept)))

    def _objects(self, call: Call, listing: Listing, counting: bool = False) -> Sequence[Entity]:
        """The objects that were asked for, in their order."""
        if listing.rules is None or not any(asked(call)):
            return listing.entities if listing.rules is None else narrowed(call, listing, counting)()
        if listing.kind is properties.MEMBERS:  # what may not be read is not found by what it says either
            seen = [entity for entity in listing.entities if objects.readable(call, entity)]
            listing = replace(listing, entities=seen)
        whole = listing.entities is call.directory.users or listing.entities is call.directory.groups
        find = narrowed(call, listing, counting, partial(self._among, call, listing) if whole else None)
        path = call.request.path.removesuffix("/$count")
        return self._found.get(call.directory, (path, asked(call), _sight(call, listing)), find)

    def _among(self, call: Call, listing: Listing, exactly: Exactly) -> Sequence[Entity]:
        """The objects that have one of these values, in the list's order."""
        found: set[int] = set()
        for name, values in exactly:
            make = partial(_places, listing.entities, name)
            places = self._places.get(call.directory, (listing.name, name), make)
            found.update(place for value in values for place in places.get(value, ()))
        return [listing.entities[place] for place in sorted(found)]

    def _body(self, call: Call, listing: Listing, part: slice, more: More | None) -> dict[str, Any]:
        entities, start = self._objects(call, listing), part.start
        page = entities[part]
        following = start + len(page)
        body: dict[str, Any] = {"@odata.context": f"{call.context}{listing.name}{selection(call)}"}
        if counts(call) and not start:
            body["@odata.count"] = len(entities)
        if following < len(entities):
            owner = call.directory.tenant_id
            body["@odata.nextLink"] = self._tokens.next_link(call.request, owner, following, start == part.stop)
        body["value"] = shaped(call, listing.kind, page)
        if more is not None:
            body["value"] = [entry | more(entity) for entry, entity in zip(body["value"], page, strict=True)]
        return body


def _places(entities: Sequence[Entity], name: str) -> dict[str, list[int]]:
    """Where in a list each value of a property is."""
    places: dict[str, list[int]] = {}
    for place, entity in enumerate(entities):
        value = entity.get(name) or ()
        for one in (value,) if isinstance(value, str) else value:
            places.setdefault(one.casefold(), []).append(place)
    return places


def shaped(call: Call, kind: properties.ObjectKind, page: Sequence[Entity]) -> list[Entity]:
    """The entries of an answer."""
    shape = shape_of(call, kind)
    if kind is properties.MEMBERS:
        own = shape if call.request.options.get("$select") else None
        return [objects.entry(call, entity, own) for entity in page]
    return shown(call.directory, page, kind, shape)


def page_size(call: Call, kind: properties.ObjectKind) -> int:
    """How many entries a page has."""
    top = call.request.options.get("$top")
    if not kind.paged:
        return 1_000_000
    if top is None:
        return 100
    if not top.isdecimal() or not 1 <= int(top) <= 999:
        text = f"Invalid page size specified: '{top}'. Must be between 1 and 999 inclusive."
        raise GraphError(400, "Request_UnsupportedQuery", text)
    return int(top)


def _sight(call: Call, listing: Listing) -> tuple[object, ...]:
    """What of the caller decides how the list looks: two that may see the same are given the same pages."""
    if listing.kind is not properties.MEMBERS:
        return (listing.name, listing.seen, "$expand" in call.request.options and call.granted)
    return (listing.name, *(kind.readers.isdisjoint(call.granted) for kind in objects.TYPES.values()))
