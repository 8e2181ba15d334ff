"""What a 403 means. Graph says the same of one row, of a group that nobody may change, and of whoever asks: a
consent withdrawn, a role that ran out, a policy that came. The first two fail their rows; of the third no row is to
blame.
"""

from collections.abc import Collection, Sequence
from typing import TypeVar

from o365desk.model.problems import Problem
from o365desk.services.graph.client import Reply
from o365desk.services.graph.reply_meaning import ReplyMeaning, meaning_of
from o365desk.services.writes.journal.recorder import RunRecorder

_SAMPLES = 5
T = TypeVar("T")


class Denials:
    """The 403s of one run. An answer in which all was denied raises a suspicion, and nothing is sent any more but
    samples of the rest: if one gets through, the rows are to blame, else whoever asks. A permission that a new
    token lacks needs no sample.

    `fresh`: the run was not resumed yet. In one that was, rows fail where nothing gets through: it must come to an
    end, and what failed can be tried again.
    """

    def __init__(self, ledger: RunRecorder, *, fresh: bool, only_key: bool) -> None:
        self._ledger, self._fresh, self._only_key = ledger, fresh, only_key
        self._asked = self._got_through = False
        self._turn = 0
        self.suspected: Problem | None = None
        self.refusal: Problem | None = None
        """Why nothing more is to be sent."""
        self.blameless = False
        """Whether the rows that were denied are not to blame."""

    @property
    def holding(self) -> bool:
        """Whether the rest is held back."""
        return self.suspected is not None or self.refusal is not None

    def hear(self, replies: Sequence[Reply], keys: Collection[str], turn: int, *, sampling: bool = False) -> None:
        """One answer; `keys` are the groups, or the rows without one, that were denied in it. `turn` counts the
        requests as they were sent: what was sent before may get through though its answer comes later."""
        denied = [reply for reply in replies if meaning_of(reply) is ReplyMeaning.DENIED]
        if any(meaning_of(reply) is ReplyMeaning.DONE for reply in replies):
            self._got_through = True
            if turn > self._turn:
                self.suspected = None
        all_of_it = len(denied) == len(replies)
        if not denied or self.refusal:
            return
        # Asked at the first denial, and where nothing comes through: a group that refuses each of its rows must not
        # cost a question each.
        if all_of_it or not self._asked:
            self._asked = True
            self.refusal = self._ledger.lacking(denied[0])
            self.blameless = self.refusal is not None
        if all_of_it and not self.refusal and (sampling or self._only_key or len(keys) > 1):
            self.suspected = self.suspected or self._ledger.explained(denied[0])
            self._turn = max(turn, self._turn)

    def conclude(self) -> None:
        """No sample got through, or there is none left to send."""
        self.refusal, self.suspected = self.suspected, None
        self.blameless = self._fresh and self._got_through


def spread(items: Sequence[T]) -> tuple[list[T], list[T]]:
    """Some samples from beginning to end, and the others."""
    step = max(1, (len(items) - 1) / max(1, _SAMPLES - 1))
    places = {round(number * step) for number in range(min(_SAMPLES, len(items)))}
    return (
        [item for place, item in enumerate(items) if place in places],
        [item for place, item in enumerate(items) if place not in places],
    )
