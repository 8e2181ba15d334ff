"""An importer at a tenant that tells what a test has written down, page by page, in Microsoft's form."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from o365desk.model.access.operator import os_user
from o365desk.model.datasource import DataSource, new
from o365desk.model.directory.choice import EVERYTHING, Choice
from o365desk.model.directory.imports import ImportReport, Kind
from o365desk.model.problems import Problem
from o365desk.model.secret import Secret
from o365desk.model.stop import Stop
from o365desk.model.timing import Timing
from o365desk.services.directory.copy.directories import Directories
from o365desk.services.directory.copy.directory import Directory
from o365desk.services.directory.imports.importer import Importer
from o365desk.services.directory.owners import GroupOwners
from o365desk.services.graph.client import Paging
from o365desk.services.session import Session
from o365desk.services.settings import KeptSettings
from o365desk.services.signin.msal_sign_in import Token
from o365desk.services.state.state import State
from tests.services.scripted import Asked, Said, Scripted

Entry = dict[str, Any]
TENANT = "11111111-1111-4111-8111-111111111111"
START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def key(number: int) -> str:
    """An object ID."""
    return f"00000000-0000-4000-8000-{number:012}"


def user(number: int, name: str = "", **more: Any) -> Entry:
    """A user as a round tells of one; None of a property: it was cleared."""
    name = name or f"User {number:04}"
    upn = f"{name.lower().replace(' ', '.')}@contoso.com"
    return {"id": key(number), "displayName": name, "userPrincipalName": upn, "accountEnabled": True} | more


def users(count: int, **more: Any) -> list[Entry]:
    """Some users."""
    return [user(number, **more) for number in range(1, count + 1)]


def group(number: int, *members: int, left: tuple[int, ...] = (), **more: Any) -> Entry:
    """A group as a round tells of one, with who joined and who `left`."""
    made: Entry = {"id": key(number), "displayName": f"Group {number}", "securityEnabled": True} | more
    said: list[Entry] = [{"@odata.type": "#microsoft.graph.user", "id": key(each)} for each in members]
    said += [{"@odata.type": "#microsoft.graph.user", "id": key(each), "@removed": {"reason": "deleted"}}
             for each in left]  # fmt: skip
    return made | ({"members@delta": said} if said else {})


def gone(number: int, reason: str = "changed") -> Entry:
    """Somebody who was deleted: into the recycle bin, or for good."""
    return {"id": key(number), "@removed": {"reason": reason}}


class Told:
    """See the module. `links` says what a token answers: a page, or what to say instead."""

    def __init__(self, folder: Path, choice: Choice = EVERYTHING) -> None:
        self.server = Scripted(folder, self._say)
        self.state = State(folder / "state.sqlite", self.now)
        self.ahead = timedelta()
        self.tenant = TENANT
        self.granted = ["User.Read.All", "Group.ReadWrite.All"]
        self.partner: dict[Any, str] | None = None
        self.refused: Problem | None = None
        self.source: DataSource = new("Contoso", imports=choice)
        self.folder = folder / "directories"
        self.importer = Importer(
            self.folder, self._session, KeptSettings(self.state), self.now, os_user("ann"), lambda _: self.refused
        )
        self.directories = Directories(self.folder, lambda _: self.refused, self.now)
        self.owners = GroupOwners(self.directories, self._session, self.importer.copy, self.now)
        self._owned: dict[str, Said] = {}
        self._said: dict[str, Said] = {}
        self._last: dict[str, str] = {}
        self._round = 0

    def now(self) -> datetime:
        """A clock that the test moves."""
        return START + self.ahead

    def __enter__(self) -> "Told":
        self.server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.__exit__()
        self.state.close()

    # --- what the tenant tells --------------------------------------------------------------------------------

    def full(self, kind: str, *pages: list[Entry]) -> None:
        """From now on a round that is begun anew has these pages."""
        self._lay(kind, "", pages)

    def then(self, kind: str, *pages: list[Entry]) -> None:
        """After the last round of this kind comes one with these pages."""
        self._lay(kind, self._last[kind], pages)

    def instead(self, kind: str, token: str, said: Said) -> None:
        """Something else is said to a token ("": to who begins; "last": to the last delta link)."""
        self._said[f"{kind}/{self._last[kind] if token == 'last' else token}"] = said

    def _lay(self, kind: str, first: str, pages: tuple[list[Entry], ...]) -> None:
        self._round += 1
        token = first
        for place, page in enumerate(pages):
            end = place == len(pages) - 1
            following = f"{kind}-{self._round}-{'end' if end else place + 1}"
            query = f"$deltatoken={following}" if end else f"$skiptoken={following}"
            link = f"{self.server.root}/v1.0/{kind}/delta?{query}"
            body = {"value": page, "@odata.deltaLink" if end else "@odata.nextLink": link}
            self._said[f"{kind}/{token}"] = Said(body=body)
            token = following
        self._last[kind] = token
        # Whoever asks at the end of it: nothing new, and the same link.
        link = f"{self.server.root}/v1.0/{kind}/delta?$deltatoken={token}"
        self._said.setdefault(f"{kind}/{token}", Said(body={"value": [], "@odata.deltaLink": link}))

    def owned(self, number: int, *pages: list[Entry] | Said) -> None:
        """From now on a group has these owners, in these pages; or something else is said of them."""
        path = f"/v1.0/groups/{key(number)}/owners"
        for place, page in enumerate(pages):
            more = {"@odata.nextLink": f"{self.server.root}{path}?$skiptoken={place + 1}"}
            body = {"value": page} | (more if place < len(pages) - 1 else {})
            self._owned[f"{path} {place or ''}"] = page if isinstance(page, Said) else Said(body=body)

    def _say(self, asked: Asked, number: int) -> Said:
        parts = urlsplit(asked.path)
        if parts.path.endswith("/owners"):
            return self._owned[f"{parts.path} {''.join(parse_qs(parts.query).get('$skiptoken', ()))}"]
        kind = parts.path.split("/")[2]
        query = parse_qs(parts.query)
        token = (query.get("$deltatoken") or query.get("$skiptoken") or [""])[0]
        return self._said[f"{kind}/{token}"]

    # --- importing --------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _session(self, source: DataSource, stop: Stop, operation: Any = None, **_: Any) -> Iterator[Session]:
        with self.server.line() as line:
            claims: dict[str, Any] = {"tid": self.tenant, "roles": self.granted}
            token = Token(Secret("token"), START + timedelta(hours=1), claims)
            graph = self.server.graph(line, paging=Paging(barren=3, pages=50))
            yield Session(source, graph, token, stop, Timing(), lambda: None, partner=self.partner)

    def run(self, *, apply: bool = True, **options: Any) -> ImportReport:
        """An import, an hour after the last one."""
        self.ahead += timedelta(hours=1)
        return self.importer.run(self.source, Stop(), lambda _: None, apply=apply, **options)

    @property
    def directory(self) -> Directory:
        """What was imported."""
        return Directory(self.importer.copy(self.source.id), self.now)

    def names(self, kind: Kind = Kind.USERS, at: datetime | None = None) -> list[str]:
        """The display names, in their order."""
        return [row["displayName"] for rows in self.directory.everybody(kind, at=at) for row in rows]

    def members(self, number: int, at: datetime | None = None) -> set[int]:
        """Who is in a group."""
        return {int(each.id[-12:]) for each in self.directory.members(key(number), at)}

    def asked(self) -> list[str]:
        """The requests so far, by path and query."""
        return [each.path for each in self.server.asked]
