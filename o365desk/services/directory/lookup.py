"""Who and what is meant: users, groups and licence plans of the tenant by the text that people give for them.

Thousands are looked up in few requests, nothing is ever guessed, and a read that did not reach its end never counts
as "not found": it raises. Source: microsoftgraph/microsoft-graph-docs-contrib concepts/query-parameters.md; known
issue 13635 (15 values to an `in`, 120 letters to an `eq`).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from o365desk.catalogue import odata
from o365desk.catalogue.groups import kind_of
from o365desk.catalogue.operations import PAGE
from o365desk.catalogue.plans import key_of_plan, nearest, product_name, products
from o365desk.catalogue.values import is_employee_id
from o365desk.model.datasource import is_guid
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.services.graph import objects
from o365desk.services.graph.batch import MOST, Request
from o365desk.services.graph.client import Graph

Entity = dict[str, Any]

USER_SELECT = (
    "id", "displayName", "userPrincipalName", "mail", "accountEnabled", "userType", "usageLocation",
    "onPremisesSyncEnabled",
)  # fmt: skip
GROUP_SELECT = (
    "id", "displayName", "mail", "mailNickname", "groupTypes", "mailEnabled", "securityEnabled",
    "onPremisesSyncEnabled", "isAssignableToRole", "isManagementRestricted", "visibility", "createdDateTime",
)  # fmt: skip

_IDS = objects.page(("id",))
_SKUS = objects.page(
    ("skuId", "skuPartNumber", "appliesTo", "capabilityStatus", "consumedUnits", "prepaidUnits", "servicePlans")
)
_VALUES = 15
"""Most values of an `in` without advanced query capabilities."""
_LONGEST = 120
"""Longest value to compare with, likewise."""
_NAMED = 5
"""How many candidates a problem names."""
_PROXIES, _SMTP = "proxyAddresses", "smtp:"
"""All addresses of a mailbox, each with its protocol before it."""
_NAME = "displayName"


@dataclass(frozen=True)
class Found:
    """What a text means: exactly one of `entity` (in Graph's shape) and `problem` is there."""

    entity: Entity | None = None
    problem: Problem | None = None
    note: str = ""


@dataclass(frozen=True)
class Sort:
    """A sort of object: its list; the properties by which it is known, in the order in which a match wins, with
    what a text must look like for them (of properties that stand together, none wins over another); by which of
    them a deleted one is; how a problem names it, and what each must have."""

    noun: str
    path: str
    key: str
    ways: tuple[tuple[tuple[str, ...], Callable[[str], bool]], ...]
    deleted_by: tuple[str, ...]
    label: Callable[[Entity], str]
    known_by: str
    advice: str
    needs: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All properties by which it is known."""
        return tuple(name for names, _ in self.ways for name in names)


def _is_address(text: str) -> bool:
    return "@" in text


def _any(text: str) -> bool:
    return True


def _user_label(user: Mapping[str, Any]) -> str:
    return f"{user.get('displayName')}, {user.get('userPrincipalName')} ({user.get('id')})"


def _group_label(group: Mapping[str, Any]) -> str:
    return f"{group.get('displayName')}, {kind_of(group)} ({group.get('id')})"


USERS = Sort(
    noun="user",
    path="/users",
    key="user",
    ways=(
        (("id",), is_guid),
        (("userPrincipalName",), _is_address),
        (("mail", _PROXIES), _is_address),
        (("employeeId",), is_employee_id),
    ),
    deleted_by=("id", "userPrincipalName", "mail"),
    label=_user_label,
    known_by="this object ID, user principal name, mail address, further address (alias) or employee ID",
    needs=("userPrincipalName",),
    advice="Check the spelling, or give the UPN or object ID.",
)
GROUPS = Sort(
    noun="group",
    path="/groups",
    key="group",
    ways=((("id",), is_guid), (("mail",), _is_address), ((_NAME, "mailNickname"), _any)),
    deleted_by=("id", "mail"),
    label=_group_label,
    known_by="this object ID, mail address, display name or mail nickname",
    needs=("displayName",),
    advice="Check the spelling, or give the object ID. A group that was made a moment ago may not be known yet.",
)


def users(graph: Graph, texts: Collection[str], select: Sequence[str] = USER_SELECT) -> dict[str, Found]:
    """The users that the texts (object ids, UPNs, mail addresses, employee ids) mean, by the text as given. A UPN
    wins over the same mail address of somebody else. Raises ProblemError where that could not be found out."""
    return _resolve(graph, USERS, texts, select)


def groups(graph: Graph, texts: Collection[str], select: Sequence[str] = GROUP_SELECT) -> dict[str, Found]:
    """The groups that the texts (object ids, mail addresses, display names and nicknames that only one has) mean,
    by the text as given. Raises ProblemError where that could not be found out."""
    return _resolve(graph, GROUPS, texts, select)


def key_of(text: object) -> str:
    """By what texts are told apart. Not casefolded: “Strasse” is not “Straße”."""
    return str(text or "").strip().lower()


def is_known_as(sort: Sort, entity: Mapping[str, Any], text: str) -> bool:
    """Whether an object that was found has this id, address or name, however somebody else has it too."""
    return key_of(text) in _keys(entity, sort.names)


def _resolve(graph: Graph, sort: Sort, texts: Collection[str], select: Sequence[str]) -> dict[str, Found]:
    wanted = {key: text.strip() for text in texts if (key := key_of(text))}
    select = tuple(dict.fromkeys((*sort.names, *select)))
    listed = _whole_list(graph, sort, wanted, select)
    matches: dict[str, list[Entity]] = {}
    for names, fits in sort.ways:
        left = {key: text for key, text in wanted.items() if key not in matches and fits(text)}
        if left:
            rows = _ask(graph, sort, names, list(left.values()), select) if listed is None else listed
            index = _index(rows, names)
            matches |= {key: index[key] for key in left if key in index}
    missing = _explained(graph, sort, {key: text for key, text in wanted.items() if key not in matches})
    results = {
        key: _one(sort, text, matches[key]) if key in matches else Found(problem=missing[key])
        for key, text in wanted.items()
    }
    nothing = Found(problem=_not_found(sort, ""))
    return {text: results.get(key_of(text), nothing) for text in texts}


def _index(rows: Iterable[Entity], names: Sequence[str]) -> dict[str, list[Entity]]:
    index: dict[str, list[Entity]] = {}
    for row in {row["id"]: row for row in rows}.values():
        for key in _keys(row, names):
            index.setdefault(key, []).append(row)
    return index


def _keys(row: Mapping[str, Any], names: Sequence[str]) -> set[str]:
    """What an object is known by, of these properties."""
    keys = {key_of(row[name]) for name in names if name != _PROXIES and row.get(name)}
    if _PROXIES in names:
        addresses = (key_of(text) for text in row.get(_PROXIES) or ())
        keys |= {text.removeprefix(_SMTP) for text in addresses if text.startswith(_SMTP)}
    return keys


# --- asking Graph ------------------------------------------------------------------------------------------------


def path_of(path: str, options: Mapping[str, str]) -> str:
    """A path below v1.0 with its query, encoded for `$batch`."""
    return f"{path}?{urlencode(options, safe='$,', quote_via=quote)}"


def _ask(graph: Graph, sort: Sort, names: Sequence[str], texts: list[str], select: Sequence[str]) -> list[Entity]:
    """Every object of which one of these properties is one of the texts: 15 values to a filter, 20 filters to a
    `$batch`. A name may be stored with a blank at its end or beginning, which nobody sees: those that are not found
    are looked for by how they begin."""
    asked = [_wish(sort, name, some, select) for name in names for some in _packs(name, texts)]
    rows = list(rows_of(graph, asked))
    if _NAME in names:
        found = _index(rows, names)
        left = [text for text in texts if key_of(text) not in found and len(text) <= _LONGEST]
        packs = (left[start : start + _VALUES // 2] for start in range(0, len(left), _VALUES // 2))
        rows += rows_of(graph, [_request(sort, _beginnings(some), select) for some in packs])
    return rows


def _packs(name: str, texts: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """As many values as one filter takes. A long one goes alone, as part of an advanced query."""
    values = [value for text in texts for value in _values(name, text)]
    short = [value for value in values if len(value) <= _LONGEST]
    yield from (tuple(short[start : start + _VALUES]) for start in range(0, len(short), _VALUES))
    yield from ((value,) for value in values if len(value) > _LONGEST)


def _values(name: str, text: str) -> tuple[str, ...]:
    """What a property may hold that is meant by a text."""
    if name == "id":
        return (text.lower(),)
    if name == _PROXIES:
        return (f"{_SMTP}{text}",)
    return (text, f"{text} ") if name == _NAME else (text,)


def _wish(sort: Sort, name: str, values: Sequence[str], select: Sequence[str]) -> Request:
    literals = [odata.literal(value) for value in values]
    if name == _PROXIES:
        condition = " or ".join(f"{_PROXIES}/any(p:p eq {literal})" for literal in literals)
    elif len(literals) == 1:
        condition = f"{name} eq {literals[0]}"
    else:
        condition = f"{name} in ({','.join(literals)})"
    return _request(sort, condition, (*select, name), advanced=len(values[0]) > _LONGEST)


def _beginnings(texts: Sequence[str]) -> str:
    return " or ".join(
        f"startswith({_NAME},{odata.literal(value)})" for text in texts for value in (text, f" {text}")
    )


def _request(sort: Sort, condition: str, select: Sequence[str], *, advanced: bool = False) -> Request:
    select = tuple(dict.fromkeys(select))
    options = {"$filter": condition, "$select": ",".join(select), "$top": str(PAGE)}
    return Request(
        method="GET",
        path=path_of(sort.path, options | ({"$count": "true"} if advanced else {})),
        eventual=advanced,
        shape=objects.page(select, *sort.needs),
    )


def rows_of(graph: Graph, requests: Sequence[Request]) -> Iterator[Entity]:
    """The rows of all answers, each read to its end. Raises ProblemError if one of them was refused."""
    for reply in graph.batch(requests):
        yield from graph.rows(reply)


def _whole_list(graph: Graph, sort: Sort, wanted: Mapping[str, str], select: Sequence[str]) -> list[Entity] | None:
    """Those of the tenant's whole list that are wanted, where reading all is fewer requests than asking for each;
    else None."""
    asking = -(-len(wanted) // (_VALUES * MOST))
    if asking <= 2 or (total := _total(graph, sort)) is None or -(-total // PAGE) >= asking:
        return None
    seen, found = 0, []
    shape = objects.page(tuple(select), *sort.needs)
    for page in graph.pages(sort.path, {"$select": ",".join(select), "$top": str(PAGE)}, shape=shape):
        rows = page.body["value"]
        seen += len(rows)
        found += [row for row in rows if not wanted.keys().isdisjoint(_keys(row, sort.names))]
    # Fewer than were counted: whoever is missing there is asked for by name.
    return found if seen >= total else None


def _total(graph: Graph, sort: Sort) -> int | None:
    """How many there are; None where the tenant does not count (Azure AD B2C)."""
    try:
        options = {"$select": "id", "$top": "1", "$count": "true"}
        answer = graph.get(sort.path, options, eventual=True, shape=_IDS)
    except ProblemError as error:
        if error.problem.conclusive:
            return None
        raise
    total: int | None = answer.body.get("@odata.count")
    return total


# --- what a text turned out to mean ------------------------------------------------------------------------------


def _problem(sort: Sort, code: str, title: str, cause: str, remedy: str) -> Problem:
    return Problem(title=title, cause=cause, remedy=remedy, field=sort.key, action=Action.FIELD, code=code)


def _one(sort: Sort, text: str, matches: list[Entity]) -> Found:
    if len(matches) == 1:
        return Found(entity=matches[0])
    named = "; ".join(sort.label(entity) for entity in matches[:_NAMED])
    more = f"; and {len(matches) - _NAMED} more" if len(matches) > _NAMED else ""
    return Found(
        problem=_problem(
            sort,
            "ambiguous",
            f"“{text}” may mean {len(matches)} {sort.noun}s",
            f"{named}{more}.",
            "Give the object ID of the one that is meant; it is never guessed.",
        )
    )


def _not_found(sort: Sort, text: str) -> Problem:
    cause = f"No {sort.noun} of the tenant has {sort.known_by}."
    return _problem(sort, "not-found", f"No {sort.noun} “{text}”", cause, sort.advice)


def _explained(graph: Graph, sort: Sort, missing: Mapping[str, str]) -> dict[str, Problem]:
    """Why each of them was not found: deleted, something else, or unknown. A list that may not be read explains
    nothing."""
    if not missing:
        return {}
    gone = _index_of_deleted(graph, sort)
    others = _other_objects(graph, [text for key, text in missing.items() if is_guid(text) and key not in gone])
    explained = {}
    for key, text in missing.items():
        if key in gone:
            explained[key] = _problem(
                sort,
                "deleted",
                f"The {sort.noun} “{text}” was deleted",
                f"It is in Microsoft's recycle bin{_since(gone[key])}, as {sort.label(gone[key])}.",
                "Restore it in the Entra admin centre within 30 days of that, or take the row out.",
            )
        elif key in others:
            explained[key] = _problem(
                sort,
                "other-type",
                f"“{text}” is {others[key]}, not a {sort.noun}",
                f"An object with this ID exists, but it is {others[key]}.",
                f"Give the object ID of a {sort.noun}.",
            )
        else:
            explained[key] = _not_found(sort, text)
    return explained


def _since(entity: Mapping[str, Any]) -> str:
    when = str(entity.get("deletedDateTime") or "")[:10]
    return f" since {when}" if when else ""


def _index_of_deleted(graph: Graph, sort: Sort) -> dict[str, Entity]:
    """The recycle bin's latest, by what they were known by. A deleted user's UPN begins with its id, without
    hyphens."""
    select = (*sort.deleted_by, _NAME, "deletedDateTime")
    options, shape = {"$select": ",".join(select), "$top": str(PAGE)}, objects.page(select)
    try:
        path = f"/directory/deletedItems/microsoft.graph.{sort.noun}"
        rows = graph.get(path, options, shape=shape).body["value"]
    except ProblemError:
        return {}
    index: dict[str, Entity] = {}
    for row in rows:
        prefix = key_of(row["id"]).replace("-", "")
        for name in sort.deleted_by:
            if row.get(name):
                index.setdefault(key_of(row[name]).removeprefix(prefix), row)
    return index


def _other_objects(graph: Graph, ids: Sequence[str]) -> dict[str, str]:
    """What sort of objects these ids belong to, as far as that may be known."""
    if not ids:
        return {}
    try:
        wanted = {"ids": [text.lower() for text in ids[:1000]], "types": ["user", "group"]}
        address, shape = graph.address("/directoryObjects/getByIds"), objects.page(("id", "@odata.type"))
        rows = graph.send("POST", address, body=wanted, shape=shape).body["value"]
    except ProblemError:
        return {}
    return {key_of(row["id"]): _noun(str(row.get("@odata.type") or "")) for row in rows}


def _noun(odata_type: str) -> str:
    name = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in odata_type.rpartition(".")[2])
    return f"{'an' if name[:1] in 'aeio' else 'a'} {name}" if name else "something else"


# --- licence plans -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plans:
    """The tenant's licence plans (subscribedSkus). Where they may not be read, `readable` is False and `problem`
    says why; a plan given by its SKU id is taken all the same, with its seats unknown."""

    all: tuple[Entity, ...] = ()
    readable: bool = True
    problem: Problem | None = None
    _cache: dict[str, Found] = field(default_factory=dict, repr=False, compare=False)

    def find(self, text: str) -> Found:
        """The plan that is meant by SKU id, part number or product name, in this order."""
        key = key_of_plan(text)
        if key not in self._cache:
            self._cache[key] = self._find(key, text.strip())
        return self._cache[key]

    def _find(self, key: str, text: str) -> Found:
        if not self.readable and is_guid(text):
            return Found(
                entity={"skuId": text, "skuPartNumber": product_name(text)},
                note="The tenant's plans may not be read, so its seats are unknown.",
            )
        if not self.readable and self.problem:
            return Found(problem=self.problem.with_(field="plan"))
        for way in (sku_id, part_number, plan_name):
            matches = [sku for sku in self.all if key_of_plan(way(sku)) == key]
            if len(matches) == 1:
                return Found(entity=matches[0])
            if matches:
                return Found(problem=_ambiguous_plan(text, matches))
        return Found(problem=_no_plan(text, self.all))


def sku_id(sku: Mapping[str, Any]) -> str:
    return str(sku.get("skuId") or "")


def part_number(sku: Mapping[str, Any]) -> str:
    return str(sku.get("skuPartNumber") or "")


def plan_name(sku: Mapping[str, Any]) -> str:
    """A plan's product name, as the admin centres show it."""
    return product_name(sku_id(sku), part_number(sku))


def is_plan(sku: Mapping[str, Any], text: str) -> bool:
    """Whether a text is a plan's SKU id, part number or name."""
    return key_of(text) in {key_of(way(sku)) for way in (sku_id, part_number, plan_name)}


def plan_label(sku: Mapping[str, Any]) -> str:
    """A plan, as a problem names it."""
    return f"{plan_name(sku)}, {part_number(sku)} ({sku_id(sku)})"


def plans(graph: Graph) -> Plans:
    """The tenant's licence plans. Raises ProblemError where that could not be found out."""
    try:
        pages = list(graph.pages("/subscribedSkus", shape=_SKUS))
    except ProblemError as error:
        if not error.problem.conclusive:
            raise
        return Plans(readable=False, problem=error.problem)
    return Plans(tuple(row for page in pages for row in page.body["value"]))


def _plan_problem(code: str, title: str, cause: str, remedy: str) -> Problem:
    return Problem(title=title, cause=cause, remedy=remedy, field="plan", action=Action.FIELD, code=code)


def _ambiguous_plan(text: str, matches: Sequence[Entity]) -> Problem:
    named = "; ".join(f"{part_number(sku)} ({sku_id(sku)})" for sku in matches[:_NAMED])
    remedy = "Give the part number or SKU ID of the one that is meant."
    return _plan_problem("ambiguous", f"“{text}” may mean {len(matches)} licence plans", f"{named}.", remedy)


def _no_plan(text: str, known: Sequence[Entity]) -> Problem:
    if not known:
        return _plan_problem("not-found", f"No licence plan “{text}”", "The tenant has no licence plans.", "")
    named = {name: f"{plan_name(sku)} ({part_number(sku)})" for sku in known for name in _names_of(sku)}
    near = list(dict.fromkeys(named[name] for name in nearest(text, named)))
    elsewhere = "; ".join(f"{product.name} ({product.part})" for product in products(text)[:_NAMED])
    why = f"That is {elsewhere}, which is none of" if elsewhere else "No name, part number or SKU ID fits any of"
    return _plan_problem(
        "not-found",
        f"No licence plan “{text}”",
        f"{why} the tenant's {len(known)} plans. Nearest to it: {'; '.join(near[:_NAMED])}.",
        "Give one of these, if it is meant; Licence Plan List shows them all.",
    )


def _names_of(sku: Mapping[str, Any]) -> tuple[str, str]:
    return plan_name(sku), part_number(sku)
