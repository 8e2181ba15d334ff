"""`workspace.json`: bytes to `People` and back. Whatever is malformed is refused by its line and place, the file is
left as it is, and whoever decides about rights allows nothing until it is mended.
"""

from collections.abc import Iterator
from typing import Any

from o365desk.model.access.people import VERSION, Account, Partner, People, Person, Role, same_address
from o365desk.model.access.security import WhoKind
from o365desk.model.access.single_sign_on import NO_SINGLE_SIGN_ON
from o365desk.model.datasource import is_guid
from o365desk.model.problems import Problem, ProblemError
from o365desk.services.workspace import single_sign_on_block, strict_json
from o365desk.services.workspace.security_block import (
    items_of,
    kind_of,
    object_of,
    rest_of,
    text_of,
    with_rest,
)
from o365desk.services.workspace.strict_json import FORMAT_KEYS, FaultError, Path, short, sort_of

SCHEMA = "https://o365desk.example/schema/workspace-1.json"
"""The `$id` of `resources/workspace.schema.json`."""
NAME = "workspace.json"

_KEYS = frozenset(("people", "partners", single_sign_on_block.KEY, *FORMAT_KEYS))
_PERSON = {"address", "role", "kind", "name", "identity"}
_PARTNER = {"company", "contactName", "contactEmail", "users", "domains"}
_ROLES = ", ".join(f"“{role}”" for role in Role)
_MENDED = "Correct it, or put back an older version from .history or from git. Until then nothing is allowed."
_SORT = strict_json.Sort(
    version=VERSION,
    keys=_KEYS,
    nested=frozenset(("people", "partners", single_sign_on_block.KEY)),
    too_large="A workspace needs a few thousand; see what it is.",
    made_to_be="The files of a workspace are",
    items={
        "people": "person",
        "partners": "partner",
        "users": "user",
        "domains": "domain",
        "bypassGroup": "bypass account",
    },
    parts={single_sign_on_block.KEY: "single sign-on"},
)


def decode(data: bytes, label: str = NAME) -> People:
    """Reads the file's bytes; `label` is what problems call it. Raises ProblemError with line and place."""
    document = strict_json.read(data, label, _SORT)
    found = document.found
    try:
        people = People(
            persons=tuple(_person(each, place) for each, place in items_of(found, "people", ())),
            partners=tuple(_partner(each, place) for each, place in items_of(found, "partners", ())),
            single_sign_on=single_sign_on_block.read(found[single_sign_on_block.KEY])
            if single_sign_on_block.KEY in found
            else NO_SINGLE_SIGN_ON,
            extra=rest_of(found, set(_KEYS)),
        )
        _refuse_clashes(people)
    except FaultError as error:
        raise document.fault(error) from None
    return people


def encode(people: People) -> bytes:
    """The people as the bytes of the file; the same people always give the same bytes. Raises ProblemError for what
    could not be read back."""
    try:
        _refuse_clashes(people)
    except FaultError as error:
        raise ProblemError(
            Problem(
                title="The people of the workspace cannot be kept like this",
                cause=f"{error.words(_SORT)}.",
                remedy="Name each address and each domain once. Nothing was saved.",
                code="named-twice",
            )
        ) from None
    body: dict[str, Any] = {"$schema": SCHEMA, "version": VERSION}
    body["people"] = [_person_as_json(each) for each in people.persons]
    if people.partners:
        body["partners"] = [_partner_as_json(each) for each in people.partners]
    if people.single_sign_on != NO_SINGLE_SIGN_ON:
        body[single_sign_on_block.KEY] = single_sign_on_block.dumps(people.single_sign_on)
    body = with_rest(body, people.extra, set(_KEYS))
    key = strict_json.secret_in(body, _SORT)
    if key is not None:
        raise ProblemError(
            Problem(
                title=f"“{short(key)}” looks like a secret",
                cause="It looks like a password, a key or a token. The files of a workspace are made to be shared, "
                "so nothing secret may be in them. Nothing was saved.",
                remedy="Leave it out.",
                code="secret-in-file",
            )
        )
    data = strict_json.written(body)
    decode(data)
    return data


def _person(given: Any, path: Path) -> Person:
    found = object_of(given, path)
    address = text_of(found, "address", path, needed=True)
    role = found.get("role")
    if role not in tuple(Role):
        if "role" not in found:
            reason = "is missing"
        elif isinstance(role, str):
            reason = f": “{short(role)}” is no role"
        else:
            reason = f"is {sort_of(role)} and must be a text"
        raise FaultError(
            (*path, "role"), reason, f"Write one of the three: {_ROLES}. Until then nothing is allowed."
        )
    return Person(
        address=address,
        role=Role(role),
        kind=kind_of(found, path, WhoKind.USER),
        name=text_of(found, "name", path),
        identity=_identity(found, path),
        extra=rest_of(found, _PERSON),
    )


def _identity(found: dict[str, Any], path: Path) -> Account | None:
    if "identity" not in found:
        return None
    if kind_of(found, path, WhoKind.USER) is WhoKind.GROUP:
        raise FaultError((*path, "identity"), ": a group is nobody's account", _MENDED)
    return _account(found["identity"], (*path, "identity"))


def _account(given: Any, path: Path) -> Account:
    found = object_of(given, path)
    ids = {key: text_of(found, key, path, needed=True).lower() for key in ("tid", "oid")}
    for key, text in ids.items():
        if not is_guid(text):
            raise FaultError((*path, key), f": “{short(text)}” is no ID of Microsoft's", _MENDED)
    return Account(**ids, extra=rest_of(found, {"tid", "oid"}))


def _person_as_json(person: Person) -> dict[str, Any]:
    made: dict[str, Any] = {"address": person.address, "role": person.role.value}
    if person.kind is not WhoKind.USER:
        made["kind"] = person.kind.value
    if person.name:
        made["name"] = person.name
    if account := person.identity:
        made["identity"] = with_rest({"tid": account.tid, "oid": account.oid}, account.extra, {"tid", "oid"})
    return with_rest(made, person.extra, _PERSON)


def _partner(given: Any, path: Path) -> Partner:
    found = object_of(given, path)
    partner = Partner(
        company=text_of(found, "company", path, needed=True),
        contact_name=text_of(found, "contactName", path),
        contact_email=text_of(found, "contactEmail", path),
        users=_texts(found, "users", path),
        domains=_texts(found, "domains", path),
        extra=rest_of(found, _PARTNER),
    )
    for number, domain in enumerate(partner.domains):
        if "@" in domain:
            raise FaultError((*path, "domains", number), "has an “@”", "Write what stands behind the “@”.")
    return partner


def _texts(found: dict[str, Any], key: str, path: Path) -> tuple[str, ...]:
    texts = []
    for item, place in items_of(found, key, path):
        if not isinstance(item, str):
            raise FaultError(place, f"is {sort_of(item)} and must be a text", _MENDED)
        if not item.strip():
            raise FaultError(place, "is empty", _MENDED)
        texts.append(item)
    return tuple(texts)


def _partner_as_json(partner: Partner) -> dict[str, Any]:
    made: dict[str, Any] = {"company": partner.company}
    contact = {"contactName": partner.contact_name, "contactEmail": partner.contact_email}
    lists = {"users": list(partner.users), "domains": list(partner.domains)}
    made |= {key: value for key, value in {**contact, **lists}.items() if value}
    return with_rest(made, partner.extra, _PARTNER)


def _refuse_clashes(people: People) -> None:
    """Raises FaultError, with both places, where one address, domain or company stands for two. A person and a
    group have no address in common either: which of the two roles would count?"""
    seen: dict[tuple[str, str], Path] = {}
    for what, text, path in _named(people):
        first = seen.setdefault((what, same_address(text)), path)
        # Within one partner it is said twice and means the same.
        if first is not path and (first[:2] != path[:2] or first[0] != "partners"):
            reason = f": the {what} “{short(text)}” is also that of"
            remedy = "Keep one of the two. Until then nothing is allowed."
            raise FaultError(path, reason, remedy, other=first, told=path[:2] if path[-1] == what else path)


def _named(people: People) -> Iterator[tuple[str, str, Path]]:
    """What may be named once: its sort, the text and its place."""
    for number, person in enumerate(people.persons):
        yield "address", person.address, ("people", number, "address")
        if account := person.identity:
            yield "account", f"{account.tid} {account.oid}", ("people", number, "identity")
    for number, partner in enumerate(people.partners):
        yield "company", partner.company, ("partners", number, "company")
        for place, user in enumerate(partner.users):
            yield "address", user, ("partners", number, "users", place)
        for place, domain in enumerate(partner.domains):
            yield "domain", domain, ("partners", number, "domains", place)
