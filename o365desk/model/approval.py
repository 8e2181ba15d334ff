"""What a data source's secrets were given for: the connection they may go to, and how another one differs from it.

A workspace is shared, so whoever can write a data source's file could lead the next sign-in to a host of their own.
Pure rules; `services.approvals` knows where approvals are kept.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import msgspec

from o365desk.model.datasource import CLOUDS, FIELDS, DataSource, SignIn

FILE_FIELDS = ("cloud", "login", "graph", "ca_file", "tenant", "client_id", "sign_in", "certificate")
"""The attributes of a data source that make up where its secrets go."""


class Connection(msgspec.Struct, frozen=True, kw_only=True):
    """Where secrets go, in the form in which two are compared: roots with their port, the digest of the CA file's
    content, the certificate's SHA-256 fingerprint; each "" where there is none. Not the paths: another clone of the
    same workspace asks nothing."""

    login: str
    graph: str
    ca: str
    tenant: str
    client_id: str
    certificate: str

    @property
    def digest(self) -> str:
        """A text that only this connection has; hexadecimal, 64 characters."""
        parts = ("o365desk approval 1", *msgspec.structs.astuple(self))
        return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()

    @property
    def mark(self) -> str:
        """Its beginning, short enough to be copied from a terminal and too long for two connections, both of one's
        own making, that share it: that takes only the square root of the tries."""
        return self.digest[:40]


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """That a person gave a data source's secrets for a connection: `details` are the file's fields as they were
    then, to go back to; `certificate_named` and `ca_named` say in words which files these were, `authorities` what
    was in the CA file."""

    connection: Connection
    details: dict[str, str]
    ca_named: str
    authorities: tuple[str, ...] = ()
    certificate_named: str
    at: datetime
    by: str

    def put_back(self, source: DataSource) -> DataSource:
        """The data source with the connection that was approved."""
        values: dict[str, object] = dict(self.details)
        return source.replace(**values | {"sign_in": SignIn(self.details["sign_in"])})


@dataclass(frozen=True)
class Part:
    """One part of a connection on both sides, as people read it; `then` is "" where it is not known any more.
    `same`: nothing differs. `typed`: a person changed it in the form or by a command, just now, so that needs no
    question."""

    title: str
    then: str
    now: str
    same: bool
    typed: bool = False


_ROOT = re.compile(r"(https://[a-z0-9._-]+|https://\[[0-9a-f:.]+\])(:[0-9]{1,5})?", re.IGNORECASE | re.ASCII)


def root(address: str) -> str:
    """A root as it is compared: lower case, the usual port written out. What is more than a root stays whole."""
    found = _ROOT.fullmatch(address)
    return f"{found[1]}{found[2] or ':443'}".lower() if found else address


def details(source: DataSource) -> dict[str, str]:
    """The fields of the file that say where secrets go."""
    return {name: str(getattr(source, name)) for name in FILE_FIELDS}


def compare(now: Approval, then: Approval | None, source: DataSource, opened: DataSource) -> list[Part]:
    """Every part of a connection, as it was approved (None: not known) and as it is now. `opened` is the data
    source as it was when a person began to change it."""
    return [
        Part(
            title=title,
            then=(show(then) or "none") if then else "",
            now=(show(now) or "none") + (_came_and_went(now, then) if key == "ca" else ""),
            same=then is not None and getattr(then.connection, key) == getattr(now.connection, key),
            typed=_typed(key, source, opened),
        )
        for key, title, show in _PARTS
    ]


_PARTS: tuple[tuple[str, str, Callable[[Approval], str]], ...] = (
    ("login", FIELDS["login"].plain_label, lambda it: it.connection.login.removesuffix(":443")),
    ("graph", FIELDS["graph"].plain_label, lambda it: it.connection.graph.removesuffix(":443")),
    ("ca", FIELDS["caFile"].plain_label, lambda it: it.ca_named),
    ("tenant", FIELDS["tenant"].plain_label, lambda it: it.connection.tenant),
    ("client_id", FIELDS["clientId"].plain_label, lambda it: it.connection.client_id),
    ("certificate", "Certificate", lambda it: it.certificate_named),
)


_MOST_NAMED = 10


def _came_and_went(now: Approval, then: Approval | None) -> str:
    """Which authorities are trusted now and were not, and the other way round; where that is not known, all."""
    before, after = set(then.authorities if then else ()), set(now.authorities)
    said = ""
    changes = [("new", [item for item in now.authorities if item not in before])]
    if then:
        changes.append(("gone", [item for item in then.authorities if item not in after]))
    for word, names in changes:
        if names:
            more = [f"and {len(names) - _MOST_NAMED} more"] if len(names) > _MOST_NAMED else []
            said += f"; {word}: {', '.join(names[:_MOST_NAMED] + more)}"
    return said


def _typed(key: str, source: DataSource, opened: DataSource) -> bool:
    """Whether a person made this part what it is: what stood in the file already is somebody else's, also where it
    only takes effect now, as a login address does when the cloud becomes a custom one."""
    if key in ("login", "graph"):
        own = source.cloud in CLOUDS and CLOUDS[source.cloud].own_endpoints
        names: tuple[str, ...] = (key,) if own else ("cloud",)
    elif key == "certificate":
        names = ("sign_in",) if source.sign_in is not SignIn.CERTIFICATE else ("certificate",)
    else:
        names = ("ca_file",) if key == "ca" else (key,)
    return any(getattr(source, name) != getattr(opened, name) for name in names)
