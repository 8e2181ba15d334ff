"""The token of one piece of work, replaced in time. A sign-in service that is busy is waited for, as Graph is."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from o365desk.model.problems import CancelledError, Problem, ProblemError
from o365desk.model.secret import Secret
from o365desk.services.graph.throttling import Patience, Pause, RetryBudget
from o365desk.services.signin.msal_sign_in import BusyError, Token

_RENEW = timedelta(minutes=2)
"""How long before its end a token is replaced: a request may wait that long."""


class Bearer:
    """See the module. `get` asks for a token, with the claims of a challenge, afresh or not; `rest` waits, and says
    whether to go on; `now` measures waits, in seconds since some moment. Safe from any thread. Whoever waits with
    others gives up with them: for the rest of the work there is no token any more."""

    def __init__(
        self,
        get: Callable[[str | None, bool], Token],
        patience: Patience,
        rest: Callable[[Pause], bool],
        clock: Callable[[], datetime],
        now: Callable[[], float],
    ) -> None:
        self._ask = get
        self._patience, self._rest, self._clock, self._now = patience, rest, clock, now
        self._lock = threading.Lock()
        self._given_up: BusyError | None = None
        self.token = self._get(None)

    def _get(self, claims: str | None) -> Token:
        if self._given_up:
            raise self._given_up
        endurance = RetryBudget(self._patience, self._now)
        while True:
            try:
                return self._ask(claims, False)
            except BusyError as error:
                if endurance.failed(error.wait) or not self._rest(endurance.pause(error.wait, error.problem.title)):
                    self._given_up = error
                    raise

    def lacking(self, judge: Callable[[Token], Problem | None]) -> Problem | None:
        """What `judge` finds lacking in a new token: what the present one may was true when it was made. None if
        nothing is, or if it cannot be found out now."""
        try:
            token = self._ask(None, True)  # without patience: an explanation is not worth a wait
        except ProblemError as error:
            return error.problem if error.problem.conclusive else None
        except CancelledError:
            return None  # whoever asked comes upon it by themselves, after what came was written down
        return judge(token)

    def __call__(self, claims: str | None) -> Secret:
        with self._lock:
            if claims or self.token.expires - _RENEW < self._clock():
                self.token = self._get(claims)
            return self.token.value
