"""The data-source file: bytes to `DataSource` and back. Strict about structure, silent about values, no secrets.

Reading never trusts a file: people edit it, git merges it, disks damage it. Whatever is wrong becomes one problem
that names the line and the field. `model.datasource.check` judges the values later.
"""

import re
from collections.abc import Callable
from datetime import UTC
from typing import Any

import msgspec

from o365desk.log import without_secret
from o365desk.model.datasource import FIELDS, VERSION, DataSource
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.model.secret import OURS
from o365desk.services.workspace import import_block, searches_block, security_block, strict_json
from o365desk.services.workspace.strict_json import BACK, FORMAT_KEYS, MAX_BYTES, Document, FaultError, short

__all__ = ["MAX_BYTES", "PEOPLE", "SCHEMA", "YEARS", "decode", "encode", "is_id", "names_folder", "suggested_id"]

SCHEMA = "https://o365desk.example/schema/data-source-1.json"
"""The `$id` of `resources/data-source.schema.json`."""

PEOPLE = "workspace"
"""The folder of the history of `workspace.json`; so no data source can have it as its id."""
YEARS = range(1900, 9000)
"""Python cannot tell the first and the last moments of its calendar in every time zone."""
_KEYS = {f.encode_name: f for f in msgspec.structs.fields(DataSource) if f.name != "extra"}
_SORT = strict_json.Sort(
    version=VERSION,
    keys=frozenset((*_KEYS, *FORMAT_KEYS)),
    # What has a form of its own, which is judged when it is read.
    judged=frozenset({"id", "modified", "secretExpires"}),
    nested=frozenset({"security", "searches", "import"}),
    too_large="A data source needs a few hundred; see what it is.",
    made_to_be="Data-source files are",
    fields=FIELDS,
    items=security_block.ITEMS | searches_block.ITEMS | import_block.ITEMS,
    parts=security_block.PARTS | import_block.PARTS,
)
_BLOCKS: dict[str, Callable[[Any], Any]] = {
    "security": security_block.dumps,
    "searches": searches_block.dumps,
    "import": import_block.dumps,
}
"""Keys whose values have parts, and what writes them."""
_ALWAYS = {"id", "name", "cloud", "tenant", "clientId", "signIn", "readWrite", "sso"}
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_EXPECTED = re.compile(r"Expected `([^`]+)`, got `([^`]+)`")
_WORDS = {"str": "a text", "int": "a number", "float": "a number", "bool": "true or false", "null": "empty (null)",
          "array": "a list", "object": "a group in { }"}  # fmt: skip


def decode(data: bytes, label: str) -> DataSource:
    """Reads a file's bytes; `label` is what problems call it. Raises ProblemError with line and field."""
    document = strict_json.read(data, label, _SORT)
    found = document.found
    try:
        known = {key: value for key, value in found.items() if key in _KEYS and key not in _BLOCKS}
        source = msgspec.convert(known, DataSource)
    except msgspec.ValidationError as error:
        raise _wrong_value(str(error), document) from None
    if not is_id(source.id):
        raise _bad_id(document)
    if source.modified and source.modified.year not in YEARS:
        source = source.replace(modified=None)
    if source.modified and source.modified.tzinfo is None:
        source = source.replace(modified=source.modified.replace(tzinfo=UTC))
    if not _BLOCKS.keys().isdisjoint(found):
        source = _with_blocks(source, document)
    rest = {key: value for key, value in found.items() if key not in _KEYS and key not in FORMAT_KEYS}
    return source.replace(extra=rest) if rest else source


def _with_blocks(source: DataSource, document: Document) -> DataSource:
    found = document.found
    try:
        if "security" in found:
            source = source.replace(security=security_block.read(found["security"], ("security",)))
        if "import" in found:
            source = source.replace(imports=import_block.read(found["import"], ("import",)))
        return source.replace(searches=searches_block.read(found, ()))
    except FaultError as error:
        raise document.fault(error) from None


def encode(source: DataSource) -> bytes:
    """A data source as the bytes of its file; the same source always gives the same bytes. Raises ProblemError for
    what could not be read back (an id that cannot name a folder, a secret among the unknown keys, conditions that
    are none)."""
    body: dict[str, Any] = {"$schema": SCHEMA, "version": VERSION}
    for key, field in _KEYS.items():
        value = getattr(source, field.name)
        if key in _BLOCKS:
            if value != field.default:
                body[key] = _BLOCKS[key](value)
        elif key in _ALWAYS or value != field.default:
            body[key] = msgspec.to_builtins(value)
    body.update((key, value) for key, value in source.extra.items() if key not in (*_KEYS, *FORMAT_KEYS))
    _refuse_secret(body, source)
    data = strict_json.written(body)
    decode(data, f"“{source.name}”")
    return data


def names_folder(text: str) -> bool:
    """Whether a text can name a folder of the history."""
    return _ID.fullmatch(text) is not None


def is_id(text: str) -> bool:
    """Whether a text can be a data source's id. It names a folder of the history and an owner in the vault, so not
    anything can."""
    return names_folder(text) and text.lower() not in (OURS, PEOPLE)


def suggested_id(label: str) -> str:
    """An id for a file that needs one. The same each time: a problem that changes whenever the list is read looks
    like a new one."""
    import uuid

    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{SCHEMA}#{label}"))


def _refuse_secret(body: dict[str, Any], source: DataSource) -> None:
    """The same on the way out: what was typed must not get into a file either, nor into a draft."""
    key = strict_json.secret_in(body, _SORT)
    if key is not None:
        name = FIELDS[key].plain_label if key in FIELDS else short(without_secret(key))
        raise ProblemError(
            Problem(
                title=f"{name} of “{short(without_secret(source.name))}” looks like a secret",
                cause="It looks like a private key or a token. Data-source files are made to be shared, so nothing "
                "secret may be in them.",
                remedy="Clear it. For a certificate, give the path of the file and not what is in it.",
                field=key if key in FIELDS else "",
                action=Action.FIELD if key in FIELDS else Action.NONE,
                code="secret-in-file",
            )
        )


def _wrong_value(message: str, document: Document) -> ProblemError:
    """msgspec's message in words. It ends in “ - at `$.key`”, or names a missing field."""
    if "missing required field" in message:
        return _bad_id(document)
    key = message.rpartition("$.")[2].rstrip("`")
    expected = _EXPECTED.match(message)
    if expected:
        wanted, got = expected.groups()
        names = [_WORDS.get(name, name) for name in wanted.split(" | ")]
        reason = f"“{key}” is {_WORDS.get(got, got)} and must be {' or '.join(names)}"
    else:
        # Not which: people paste secrets into the field beside the one that they meant.
        reason = f"“{key}” has a value that it cannot have"
    return document.refusal(reason, document.line((key,)), _HINTS.get(key, BACK), key)


_HINTS = {
    "signIn": "Write “administrator”, “secret” or “certificate”.",
    "secretExpires": "Write a date as year-month-day, like 2027-01-31.",
    "modified": "Write a date and time like 2027-01-31T12:00:00Z, or remove the line.",
}


def _bad_id(document: Document) -> ProblemError:
    place = document.line(("id",))
    reason = "“id” is not made of 1 to 64 letters, digits and hyphens, or is ours" if place else "“id” is missing"
    return document.refusal(
        reason, place, f"Give it an id of its own, such as “{suggested_id(document.label)}”.", "id"
    )
