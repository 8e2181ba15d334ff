"""What an answer to a write says of it."""

from enum import Enum

from o365desk.services.graph.client import Reply


class Fate(Enum):
    """What a reply says of its rows."""

    DONE = "done"
    REFUSED = "refused"  # not done, and will not be
    DENIED = "denied"  # likewise, for a reason that smaller requests share
    BUSY = "busy"  # not done: somebody else wrote to the same object just then
    LOST = "lost"  # nobody knows
    AWAY = "away"  # not done, and may be another time


_FATES = {
    0: Fate.LOST,
    401: Fate.AWAY,  # it is about the token: no row is to blame
    403: Fate.DENIED,
    409: Fate.BUSY,
    424: Fate.AWAY,
    429: Fate.AWAY,
}


def fate(reply: Reply) -> Fate:
    """See `Fate`."""
    if reply.status in _FATES:
        return _FATES[reply.status]
    if reply.status < 0:
        return Fate.AWAY
    if reply.status >= 500:
        return Fate.LOST
    return Fate.REFUSED if reply.problem else Fate.DONE
