"""Answers of the practice tenant with one thing in them changed, and a line that gives them without sockets, so
that thousands can be tried.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from requests.structures import CaseInsensitiveDict

from o365desk.model.stop import Stop
from o365desk.practice.directory import licences_held
from o365desk.practice.graph.routes import Graph as PracticeGraph
from o365desk.practice.tenant import Addresses, Tenant
from o365desk.practice.wire import Request

Place = tuple[str | int, ...]
NOBODY = "11111111-2222-4333-8444-555555555555"
LOST, TWICE = object(), object()
"""What a mutator makes of something that is to be missing, or to be there twice."""
SOMEBODY, SOME_GROUP = "~somebody~", "~some group~"
"""Stand for the id of another user, and of a group."""
LIES = frozenset({"nobody", "another user", "another group", "twice", "base64"})
"""Mutators after which an answer may be as good as any, but of something else: whom it names is believed. What an
id looks like is for Graph to say: that it is a GUID is documented nowhere."""


# --- what is done to one place of an answer -----------------------------------------------------------------------


class Raw(str):
    """Text that stands in an answer as it is."""


_RAW = "~raw~"


MUTATORS: dict[str, Callable[[Any], Any]] = {
    "null": lambda value: None,
    "missing": lambda value: LOST,
    "number": lambda value: 7,
    "text": lambda value: "text" if not isinstance(value, str) else [value],
    "object": lambda value: {"a": {"b": [value]}},
    "list": lambda value: [value, None, {}],
    "empty": lambda value: type(value)() if isinstance(value, str | list | dict) else "",
    "true": lambda value: True,
    "huge number": lambda value: 10**40,
    "endless number": lambda value: Raw("9" * 5000),
    "no number": lambda value: Raw("1e999"),
    "fraction": lambda value: 0.5,
    "minus": lambda value: -1,
    "surrogate": lambda value: Raw('"\\ud800"'),
    "controls": lambda value: "a\x00b\r\nc",
    "path": lambda value: "x/../../users/y?z#",
    "nobody": lambda value: NOBODY,
    "another user": lambda value: SOMEBODY,
    "another group": lambda value: SOME_GROUP,
    "deep": lambda value: Raw("[" * 100_000 + "]" * 100_000),
    "not so deep": lambda value: Raw("[" * 400 + "]" * 400),
    "deep objects": lambda value: Raw('{"innerError":' * 300 + "{}" + "}" * 300),
    "twice": lambda value: TWICE,
    "long": lambda value: "x" * 100_000,
    "base64": lambda value: "eyJ2YWx1ZSI6W119",
}


def places(value: Any, here: Place = ()) -> Iterator[Place]:
    """Every place in a JSON value, its root too; of a long list the first, the second and the last."""
    yield here
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*here, key))
    elif isinstance(value, list):
        for number in sorted({0, 1, len(value) - 1} & set(range(len(value)))):
            yield from places(value[number], (*here, number))


def mutated(value: Any, place: Place, mutator: str) -> bytes:
    """The value as JSON, with one place changed."""
    top = {"": json.loads(json.dumps(value))}
    holder: Any = top
    *way, last = ("", *place)
    for part in way:
        holder = holder[part]
    made = MUTATORS[mutator](holder[last])
    if made is LOST:
        del holder[last]
    elif made is TWICE and isinstance(holder, list):
        holder.insert(int(last), holder[int(last)])
    elif made is TWICE:
        holder[last] = next((item for key, item in holder.items() if key != last), None)
    else:
        holder[last] = _RAW if isinstance(made, Raw) else made
    text = json.dumps(top.get("", {}))
    return text.replace(f'"{_RAW}"', made).encode() if isinstance(made, Raw) else text.encode()


# --- the tenant and the line --------------------------------------------------------------------------------------

PERMISSIONS = (
    "User.Read.All", "User.ReadWrite.All", "Group.ReadWrite.All", "LicenseAssignment.ReadWrite.All",
    "LicenseAssignment.Read.All", "Organization.Read.All", "Member.Read.Hidden",
)  # fmt: skip
Truth = dict[tuple[str, ...], Any]


class Office:
    """A small tenant in this process, and the token of an app that may do everything."""

    def __init__(self, folder: Path, root: str = "https://graph.invalid") -> None:
        self.root = root
        self.tenant = Tenant(Addresses("https://login.invalid", self.root, ""), folder, 90, 14, 5, 0)
        self.directory = self.tenant.home
        self._graph = PracticeGraph(self.tenant)
        self._lock = threading.Lock()
        app = self.tenant.register("everything", frozenset(), frozenset(PERMISSIONS), True)
        self.claims = {
            "aud": self.root, "appid": app.client_id, "oid": app.object_id, "tid": self.directory.tenant_id,
            "roles": list(PERMISSIONS), "exp": self.tenant.now() + 86_400, "nbf": 0, "iss": "x", "idtyp": "app",
        }  # fmt: skip
        self.token = self.tenant.signer.sign(self.claims)

    def reset(self) -> None:
        """As at the start, but for the app."""
        self.directory.reset()

    def answered(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> requests.Response:
        """The answer to a request."""
        parts = urlsplit(url)
        given = {name.lower(): value for name, value in headers.items()}
        with self._lock:
            answer = self._graph.answer(Request(method, parts.path, parts.query, given, body))
        made = requests.Response()
        made.status_code, made._content, made.url = answer.status, answer.body or b"", url
        made.headers = CaseInsensitiveDict({"Content-Type": answer.content_type, **answer.headers})
        return made

    def truth(self) -> Truth:
        """All that a run may change, one entry each."""
        home = self.directory
        found: Truth = {}
        # What was made a moment ago is listed with the next request only.
        for group in [*home.groups, *(group for _, group in home.pending.values())]:
            found["group", group["id"]] = _without(group, "deletedDateTime")
            for entry in home.members[group["id"]]:
                if entry["id"] in home.user_by_key:
                    found["member", group["id"], entry["id"]] = True
        for user in home.users:
            found["user", user["id"]] = _without(user, "assignedLicenses", "usageLocation")
            found["usageLocation", user["id"]] = user["usageLocation"]
            for held in licences_held.of(home, user):
                if not held.group:
                    found["licence", user["id"], held.sku] = sorted(held.disabled)
        return found


def _without(entity: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """A copy that lacks these. Made some hundred times for each case: by no loop of Python's."""
    made = dict(entity)
    for name in names:
        made.pop(name, None)
    return made


@dataclass
class Mutation:
    """One change: the `number`-th answer (from 0), the place in it by `chance`, and what becomes of that.
    `lasting`: what comes later from the same address is changed in the same place too."""

    number: int
    mutator: str
    chance: Random
    lasting: bool = False
    where: Place | None = None
    address: str = ""

    def concerns(self, number: int, address: str) -> bool:
        """Whether it is this answer's turn."""
        return number == self.number or (self.lasting and self.where is not None and address == self.address)

    def made(self, address: str, content: bytes) -> bytes:
        """The changed answer; as it is where it has no such place."""
        body = json.loads(content)
        known = list(places(body))
        if self.where is None:
            # There are far more places in a list's rows than in what holds them: each depth has its turn.
            depth = self.chance.choice(sorted({len(place) for place in known}))
            self.where = self.chance.choice([place for place in known if len(place) == depth])
            self.address = address
        return mutated(body, self.where, self.mutator) if self.where in known else content


class Meddler:
    """Stands between an office and whoever asks it, with a mutation in one of the answers. `silent`: nobody
    understands its answers to batches."""

    def __init__(self, office: Office, mutation: Mutation | None = None, *, silent: bool = False) -> None:
        self._office, self._mutation, self._silent = office, mutation, silent
        self._lock = threading.Lock()
        self.answers = 0

    def answered(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> requests.Response:
        """What comes out."""
        response = self._office.answered(method, url, headers, body)
        with self._lock:
            number, self.answers = self.answers, self.answers + 1
            address = f"{method} {urlsplit(url).path}"
            if self._silent and method == "POST":
                response._content = b"["
            elif self._mutation and response.content and self._mutation.concerns(number, address):
                made = self._mutation.made(address, response.content)
                home = self._office.directory
                for mark, objects in ((SOMEBODY, home.users), (SOME_GROUP, home.groups)):
                    made = made.replace(mark.encode(), objects[-1]["id"].encode())
                response._content = made
        return response


class MeddledLine:
    """In place of a `Line`: leads to a meddler in this process."""

    def __init__(self, meddler: Meddler, stop: Stop) -> None:
        self.stop, self._meddler = stop, meddler
        self.issuers: dict[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """There is nothing to hang up."""

    def start_afresh(self) -> None:
        """There is nothing to begin anew."""

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        data: bytes | None = None,
        **_: object,
    ) -> requests.Response:
        """Asks."""
        self.stop.check()
        return self._meddler.answered(method, url, headers or {}, data or b"")
