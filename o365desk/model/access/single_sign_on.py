"""Single sign-on of a workspace, as `workspace.json` holds it: through which connector people sign in, whether
there is another way in, and for whom. Who gets in follows from it in `services/sso/`; nothing is decided here.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec

UNCONFIRMED = timedelta(minutes=10)
"""For so long *Auto redirect* holds before somebody has confirmed it."""
MOST_DAYS = 90
"""A sign-in is remembered no longer: Microsoft's refresh tokens end then, unless they are used."""


class Mode(StrEnum):
    """What single sign-on means at this moment."""

    OFF = "off"
    OPEN = "open"  # whoever wants to signs in; an account of the operating system does as well
    REDIRECTING = "redirecting"  # no other way in, but for the bypass group and the way back


class Bypass(msgspec.Struct, frozen=True, kw_only=True):
    """An account of the operating system that gets in without signing in. `seen`: when it opened the workspace for
    the first time since it was named, None where it never did. `extra` are the file's unknown keys."""

    account: str
    seen: datetime | None = None
    extra: dict[str, Any] = {}


class Armed(msgspec.Struct, frozen=True, kw_only=True):
    """Who switched *Auto redirect* on, when, and until when it holds unless it is `confirmed`. `extra` as above."""

    by: str
    at: datetime
    until: datetime
    confirmed: bool = False
    extra: dict[str, Any] = {}


class SingleSignOn(msgspec.Struct, frozen=True, kw_only=True):
    """The settings. `connector` is the id of a data source; `remember_days` for how long a sign-in is kept. `extra`
    as above."""

    enabled: bool = False
    connector: str = ""
    auto_redirect: bool = False
    bypass_group: tuple[Bypass, ...] = ()
    remember_me: bool = False
    remember_days: int = 14
    armed: Armed | None = None
    extra: dict[str, Any] = {}

    def replace(self, **changes: Any) -> "SingleSignOn":
        """A copy with some settings changed."""
        return msgspec.structs.replace(self, **changes)

    def mode(self, now: datetime) -> Mode:
        """What holds now. *Auto redirect* that nobody armed, or that was armed and not confirmed in time, is off:
        nothing has to live to take it back."""
        if not self.enabled:
            return Mode.OFF
        return Mode.REDIRECTING if self.auto_redirect and self._stands(now) else Mode.OPEN

    def _stands(self, now: datetime) -> bool:
        armed = self.armed
        if armed is None:
            return False
        # A time that is too long was not written by us, and a clock may be set back.
        return armed.confirmed or armed.at <= now < min(armed.until, armed.at + UNCONFIRMED)

    def lapsed(self, now: datetime) -> bool:
        """Whether it was armed, and nobody confirmed it in time."""
        return self.enabled and self.auto_redirect and self.armed is not None and not self._stands(now)


NO_SINGLE_SIGN_ON = SingleSignOn()
