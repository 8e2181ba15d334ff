"""Who is kept signed in to a workspace on this machine, or works there as long as this process goes on; and from
which account of the machine single sign-on can be mended. Tokens are elsewhere (`signin/`); here is what they are
for."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

import msgspec

from o365desk.services.sso.who import Identity
from o365desk.services.state.state import State, place_of

_Kind = TypeVar("_Kind")

SKEW = timedelta(minutes=5)
"""By so much a clock may be set back."""
FRESH = timedelta(hours=1)
"""For so long nobody asks Microsoft again whether somebody is still signed in."""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who is signed in through a data source: since `begun`, as Microsoft said at `renewed`, for at most
    so many `days`."""

    source: str
    tid: str
    oid: str
    addresses: tuple[str, ...]
    name: str
    guest: bool
    begun: datetime
    renewed: datetime
    days: int
    hint: str = ""

    @property
    def identity(self) -> Identity:
        """Who that is."""
        return Identity(tid=self.tid, oid=self.oid, addresses=self.addresses, name=self.name, guest=self.guest)

    @property
    def ends(self) -> datetime:
        """When they have to sign in again."""
        return self.begun + timedelta(days=self.days)

    def over(self, now: datetime) -> bool:
        """Whether it has ended, or its times make no sense: a clock is wrong, then or now, by more than a
        little."""
        return not self.begun - SKEW <= now < self.ends

    def fresh(self, now: datetime) -> bool:
        """Whether Microsoft was asked just now."""
        return timedelta(0) <= now - self.renewed <= FRESH


class WayBack(msgspec.Struct, frozen=True, kw_only=True):
    """The account of this machine that enabled single sign-on, and when."""

    account: str
    at: datetime


class Sessions:
    """See the module. Raises ProblemError where the state cannot be used. `passing` is whoever signed in and is not
    remembered: nothing but this process's memory has it."""

    def __init__(
        self, state: State, workspace: Path, clock: Callable[[], datetime], passing: Session | None = None
    ) -> None:
        self._state, self._workspace, self._clock = state, workspace, clock
        self.passing = passing

    @property
    def place(self) -> str:
        """The one name of the workspace on this machine."""
        return place_of(self._workspace)

    def current(self) -> Session | None:
        """Who is kept signed in."""
        return self._get("session", Session)

    def keep(self, session: Session | None) -> None:
        """Keeps who is; None: nobody."""
        self._put("session", msgspec.json.encode(session) if session else b"")

    def renew(self, session: Session) -> None:
        """Microsoft said just now that somebody still is, unless they have signed out meanwhile."""
        renewed = msgspec.structs.replace(session, renewed=self._clock())
        if session is self.passing:
            self.passing = renewed
            return
        before, after = msgspec.json.encode(session), msgspec.json.encode(renewed)
        self._state.change(self._key("session"), lambda kept: after if kept == before else kept)

    def way_back(self) -> WayBack | None:
        """From which account there is a way back."""
        return self._get("way-back", WayBack)

    def keep_way_back(self, account: str) -> None:
        """From this one, from now on; "": from none."""
        self._put("way-back", msgspec.json.encode(WayBack(account=account, at=self._clock())) if account else b"")

    def told(self, mark: str) -> bool:
        """Whether something that is told once was; from now on it was."""
        before = self._state.remembered(self._key("told")) or b""
        self._put("told", mark.encode())
        return before == mark.encode()

    def _get(self, what: str, kind: type[_Kind]) -> _Kind | None:
        data = self._state.remembered(self._key(what))
        try:
            return msgspec.json.decode(data, type=kind) if data else None
        except msgspec.MsgspecError:
            return None

    def _put(self, what: str, data: bytes) -> None:
        self._state.remember(self._key(what), data)

    def _key(self, what: str) -> str:
        return f"sso-{what}:{self.place}"
