"""Wakes: set up, proven inside the scheduler itself, and whether they come. Each leaves a heartbeat, so that a
broken one can be told from a computer that was off."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from o365desk import processes
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.stop import Stop
from o365desk.model.text import wording
from o365desk.model.timing import Timing
from o365desk.services.connections import Connections
from o365desk.services.schedules import machine, network
from o365desk.services.schedules.records import Records
from o365desk.services.schedules.waking.choosing import choose
from o365desk.services.schedules.waking.entry import MINUTES, Programs, Shown, Standing, Waker
from o365desk.services.state.state import State, place_of
from o365desk.services.vault.vault import CLIENT_SECRET, Vault

SILENT = timedelta(minutes=3 * MINUTES)
"""Without a wake for so long, while the computer was awake, something is broken."""
_LOOK = 0.5


@dataclass(frozen=True)
class Check:
    """What a wake found in its scheduler: `what` is vault, files, network or zone."""

    what: str
    good: bool
    said: str


@dataclass(frozen=True)
class Proof:
    """What the first wake reported; nothing, where none came in time."""

    came: bool
    checks: tuple[Check, ...] = ()

    @property
    def good(self) -> bool:
        """Whether tasks can run there."""
        return self.came and all(check.good for check in self.checks)


class Waking:
    """See the module."""

    def __init__(
        self,
        workspace: Path,
        state: State,
        records: Records,
        connections: Connections,
        vault: Vault,
        clock: Callable[[], datetime],
        timing: Timing,
        programs: Programs = processes.system,
        reach: network.Reach = network.reach,
    ) -> None:
        self._workspace, self._state, self._records = workspace, state, records
        self._connections, self._vault, self._clock = connections, vault, clock
        self._timing, self._programs, self._reach = timing, programs, reach
        self._asked = f"wake-proof {place_of(workspace)}"
        self._shown = f"wake-proven {place_of(workspace)}"

    def waker(self, using: str = "") -> Waker:
        """The scheduler, by its key or this computer's. Raises ProblemError."""
        return choose(using, self._workspace, self._programs)

    def texts(self, using: str = "") -> list[Shown]:
        """What would be written. Raises ProblemError."""
        return self.waker(using).texts()

    def install(self, stop: Stop, using: str = "") -> Proof:
        """Writes, enables and proves it. Raises ProblemError, also where another scheduler wakes us already: two
        would wake twice; CancelledError."""
        waker = self.waker(using)
        other = next((key for key in _OTHERS.get(waker.key, ()) if self._has(key)), "")
        if other:
            raise ProblemError(
                Problem(
                    title=f"{self.waker(other).title} wakes o365desk already",
                    cause="Two schedulers would wake it twice.",
                    remedy=f"Remove that first: o365desk schedule uninstall --using {other}",
                    code="two-schedulers",
                )
            )
        nonce = self._ask()
        waker.install()
        return self._started(waker, nonce, stop)

    def prove(self, stop: Stop, using: str = "") -> Proof:
        """One wake of what is set up, as it is, and what that found. Raises ProblemError, CancelledError."""
        waker = self.waker(using)
        return self._started(waker, self._ask(), stop)

    def proven(self) -> tuple[datetime, Proof] | None:
        """When what is set up was proven last, and what that showed; None where no wake has reported yet."""
        kept = self._state.remembered(self._shown)
        if not kept:
            return None
        said = msgspec.json.decode(kept)
        return datetime.fromisoformat(said["at"]), Proof(True, tuple(Check(*each) for each in said["checks"]))

    def last_wake(self) -> datetime | None:
        """When the last wake was, of whichever scheduler."""
        last = self._records.last_wake()
        return last[0] if last else None

    def uninstall(self, using: str = "") -> bool:
        """Removes it; whether there was anything. Raises ProblemError."""
        removed = self.waker(using).uninstall()
        self._state.remember(self._shown, b"")
        return removed

    def standing(self, using: str = "") -> Standing:
        """What the system has. Raises ProblemError."""
        return self.waker(using).standing()

    def _has(self, key: str) -> bool:
        try:
            return self.standing(key).installed
        except ProblemError:
            return False

    def _ask(self) -> str:
        """Asks the next wake for its word; before there can be one."""
        nonce = os.urandom(8).hex()
        self._state.remember(self._asked, nonce.encode())
        return nonce

    def _started(self, waker: Waker, nonce: str, stop: Stop) -> Proof:
        waker.start()
        return self._proof(nonce, stop, self._timing.wake_proof + (0 if waker.starts else MINUTES * 60))

    def _proof(self, nonce: str, stop: Stop, seconds: float) -> Proof:
        until = stop.now() + seconds
        while stop.now() < until:
            last = self._records.last_wake()
            if last and last[3].get("nonce") == nonce:
                said = {"at": last[0].isoformat(), "checks": last[3]["checks"]}
                self._state.remember(self._shown, msgspec.json.encode(said))
                return Proof(True, tuple(Check(*each) for each in last[3]["checks"]))
            stop.wait(_LOOK)
        return Proof(False)

    # --- in the wake ----------------------------------------------------------------------------------------------

    def woken(self, by: str) -> None:
        """A wake began: leaves its heartbeat, and what it finds around it where somebody waits to know."""
        up = machine.uptime()
        said: dict[str, Any] = {"by": by, "pid": os.getpid(), "invocation": os.environ.get("INVOCATION_ID", "")}
        nonce = (self._state.remembered(self._asked) or b"").decode()
        if nonce:
            said |= {"nonce": nonce, "checks": [[each.what, each.good, each.said] for each in self.look_around()]}
            self._state.remember(self._asked, b"")
        self._records.wake(self._clock(), up.boot, up.awake, said)

    def look_around(self) -> list[Check]:
        """What a task would find here: vault, files, network and zone."""
        sources = [row.entry.source for row in self._connections.overview().rows]
        approved = [source for source in sources if self._connections.approved(source)]
        return [
            self._vault_check([source.id for source in sources]),
            self._files_check(len(sources)),
            self._network_check(list(dict.fromkeys(host for source in approved for host in network.hosts(source)))),
            Check("zone", True, machine.time_zone()),
        ]

    def _vault_check(self, owners: list[str]) -> Check:
        try:
            for owner in owners or ["probe"]:
                self._vault.get(owner, CLIENT_SECRET)
        except ProblemError as error:
            return Check("vault", False, error.problem.sentence())
        return Check("vault", True, self._vault.description)

    def _files_check(self, count: int) -> Check:
        try:
            list(self._workspace.iterdir())
        except FileNotFoundError:
            return Check("files", False, f"{self._workspace} is not there.")
        except OSError as error:
            why = "the system does not let the background see it" if isinstance(error, PermissionError) else error
            return Check("files", False, f"{self._workspace} cannot be read: {why}.")
        return Check("files", True, f"{self._workspace}: {count} data sources")

    def _network_check(self, hosts: list[tuple[str, int]]) -> Check:
        for host, port in hosts:
            if why := self._reach(host, port):
                return Check("network", False, f"{host} cannot be reached: {why}.")
        return Check("network", True, ", ".join(host for host, _ in hosts) or "nothing to reach yet")

    # --- whether it comes -----------------------------------------------------------------------------------------

    def trouble(self) -> Problem | None:
        """What is wrong with the wakes that were set up; None: nothing, as far as is known."""
        if self._records.last_wake() is None:
            return None
        try:
            standing = self.standing()
        except ProblemError:
            return self.silent()
        if standing.stale:
            return Problem(
                title="The system wakes a program that is gone",
                cause=f"It is to start {standing.program}, which is not there any more.",
                remedy="Set it up again: o365desk schedule install",
                code="stale-wakes",
            )
        return self.silent()

    def silent(self) -> Problem | None:
        """That no wake came while the computer was awake; None: one did, or the computer was off or asleep, or
        nobody is signed in for long enough to tell, or none was ever set up."""
        last = self._records.last_wake()
        if last is None or self._clock() - last[0] < SILENT:
            return None
        at, boot, awake, _ = last
        up, signed_in = machine.uptime(), machine.signed_in_for()
        # What is known of the time since then in which a wake should have come.
        lived = up.awake - awake if boot and boot == up.boot else up.awake
        lived = min(lived, signed_in) if signed_in is not None else lived
        if lived < SILENT.total_seconds():
            return None
        return Problem(
            title="Nothing wakes o365desk any more",
            cause=f"The last wake was {wording.age(at, self._clock())}, and this computer has been awake since.",
            remedy="Set it up again: o365desk schedule install",
            code="no-wakes",
        )


_OTHERS = {"systemd": ("cron",), "cron": ("systemd",)}
