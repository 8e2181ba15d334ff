"""What an answer to a write says of it."""

from enum import Enum

from o365desk.services.graph.client import Reply


class ReplyMeaning(Enum):
    """What a reply says of its rows."""

    DONE = "done"
    REFUSED = "refused"  # not done, and will not be
    DENIED = "denied"  # likewise, for a reason that smaller requests share
    BUSY = "busy"  # not done: somebody else wrote to the same object just then
    LOST = "lost"  # nobody knows
    AWAY = "away"  # not done, and may be another time


_MEANINGS = {
    0: ReplyMeaning.LOST,
    401: ReplyMeaning.AWAY,  # it is about the token: no row is to blame
    403: ReplyMeaning.DENIED,
    409: ReplyMeaning.BUSY,
    424: ReplyMeaning.AWAY,
    429: ReplyMeaning.AWAY,
}


def meaning_of(reply: Reply) -> ReplyMeaning:
    """See `ReplyMeaning`."""
    if reply.status in _MEANINGS:
        return _MEANINGS[reply.status]
    if reply.status < 0:
        return ReplyMeaning.AWAY
    if reply.status >= 500:
        return ReplyMeaning.LOST
    return ReplyMeaning.REFUSED if reply.problem else ReplyMeaning.DONE
