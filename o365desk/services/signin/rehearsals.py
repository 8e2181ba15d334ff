"""Sign-ins of people through a data source that succeeded on this machine: what *Auto redirect* and the connection
test rest on. Kept for the connection that they were made with: after a change they prove nothing."""

import hashlib
from datetime import datetime

import msgspec

from o365desk.model import approval
from o365desk.model.datasource import DataSource
from o365desk.services.state.state import State

_MOST = 20


class Rehearsal(msgspec.Struct, frozen=True, kw_only=True):
    """One of them. `account` is who it was, for showing; `used` names the ID token; `workspace` is where. Not
    `trial`: somebody signed in to work."""

    at: datetime
    account: str
    tid: str
    oid: str
    used: str
    workspace: str
    connection: str
    trial: bool = True


class Rehearsals:
    """See the module. Raises ProblemError where the state cannot be used."""

    def __init__(self, state: State) -> None:
        self._state = state

    def of(self, source: DataSource) -> list[Rehearsal]:
        """Those that were made with the data source as it is, the latest first."""
        wanted = connection_of(source)
        return [each for each in self._all(source.id) if each.connection == wanted]

    def add(self, source_id: str, rehearsal: Rehearsal) -> None:
        """Another one."""

        def more(before: bytes) -> bytes:
            return msgspec.json.encode([rehearsal, *_decoded(before)][:_MOST])

        self._state.change(_key(source_id), more)

    def forget(self, source_id: str) -> None:
        """There were none."""
        self._state.remember(_key(source_id), b"")

    def _all(self, source_id: str) -> list[Rehearsal]:
        return _decoded(self._state.remembered(_key(source_id)) or b"")


def connection_of(source: DataSource) -> str:
    """What names where a data source leads, as far as people who sign in are concerned."""
    parts = (
        approval.root(source.login_root),
        approval.root(source.graph_root),
        source.tenant.strip().lower(),
        source.client_id.strip().lower(),
    )
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()


def _key(source_id: str) -> str:
    return f"sso-rehearsals:{source_id}"


def _decoded(data: bytes) -> list[Rehearsal]:
    try:
        return msgspec.json.decode(data, type=list[Rehearsal]) if data else []
    except msgspec.MsgspecError:
        return []
