"""When the secrets of a deleted data source are forgotten, and what may leave the recycle bin for good.

A workspace is shared: files vanish with a branch, a merge, a colleague, a synchroniser, and clocks are wrong. So a
secret is forgotten only if all of this is so:

- A person deleted its data source on this computer. What went by other ways is not gone.
- That was 30 days ago by this computer's own count: the time between two looks, of which a week counts at most. A
  clock that jumps ahead for years wins a week; one that jumps back stops the count until it has caught up.
- No workspace in which this computer has ever seen the data source has it now. A workspace that is out of reach, or
  holds a file that cannot be read, may have it.
- A person changes something here. Looking forgets nothing.

A data source that is seen again takes its deletion back. A file leaves the recycle bin by the same count, besides
what its record says (see `Workspace.purge`), so that nobody's clock empties it for everybody.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from o365desk.model.problems import ProblemError
from o365desk.services.state.state import State, place_of
from o365desk.services.workspace import layout

log = logging.getLogger(__name__)

_DELETED = "deleted"
_SEEN = "seen/"
_BIN = "bin/"
"""Keys of the state: what was deleted here; by workspace, the ids seen there and the files in its recycle bin."""

_MOST = timedelta(days=7).total_seconds()
_PAUSE = timedelta(hours=1).total_seconds()
"""How much counts between two looks at most, and what is not worth writing down."""

_Counts = dict[str, tuple[float, float]]
"""By id or file name: the seconds counted so far, and when it was last counted."""


class Forgetting:
    """See the module. Its methods are told what happens to the workspace in `folder`; none of them raises."""

    def __init__(
        self, folder: Path, state: State, clock: Callable[[], datetime], forget: Callable[[str], None]
    ) -> None:
        """`forget` forgets what is kept for a data source. It may raise ProblemError: then it is tried later."""
        # The name of a folder need not be proper text.
        self._place = place_of(folder).encode("utf-8", "backslashreplace").decode()
        self._state = state
        self._clock = clock
        self._forget = forget

    def found(self, ids: Iterable[str]) -> None:
        """These data sources are in the workspace."""
        here = {source_id.lower() for source_id in ids}
        try:
            self._note_seen(here)
            deleted = self._counts(_DELETED)
            if here & deleted.keys():
                self._change(_DELETED, lambda counts: {key: counts[key] for key in counts if key not in here})
            for key in (_DELETED, _BIN + self._place):
                counts, now = self._counts(key), self._now()
                if any(now - last > _PAUSE for _, last in counts.values()):
                    self._change(key, lambda counts: counts)
        except ProblemError as error:
            log.info("What was seen of the workspace is not kept: %s", error.problem.title)

    def deleted(self, source_id: str) -> None:
        """A person has just deleted this data source here."""
        try:
            self._note_seen({source_id.lower()})
            self._change(_DELETED, lambda counts: {**counts, source_id.lower(): (0.0, self._now())})
        except ProblemError as error:
            log.info("Secrets of %s stay: %s", source_id, error.problem.title)

    def aged(self, names: Sequence[str]) -> set[str]:
        """Which of the files in the recycle bin have lain there for 30 days, as this computer has seen it."""
        try:
            fresh = (0.0, self._now())
            counts = self._change(_BIN + self._place, lambda counts: {key: counts.get(key, fresh) for key in names})
        except ProblemError:
            return set()
        return {name for name in names if _is_over(counts[name])}

    def tidy(self) -> None:
        """A person has changed something: forgets what may be forgotten by now."""
        try:
            due = [source_id for source_id, count in self._counts(_DELETED).items() if _is_over(count)]
            places = self._state.remembered_under(_SEEN) if due else {}
            for source_id in due:
                seen = {place for place, ids in places.items() if source_id in _ids(ids)}
                self._forget_unless_seen(source_id, {self._place, *seen})
        except ProblemError as error:
            log.info("Secrets of deleted data sources are still kept: %s", error.problem.title)

    def _forget_unless_seen(self, source_id: str, places: Iterable[str]) -> None:
        for place in places:
            folder = Path(place)
            # Missing, it may lie on a disk that is not connected.
            if not (folder / layout.LIVE).is_dir():
                return
            entries, unreadable = layout.read_folder(folder / layout.LIVE, folder)
            if unreadable:
                return
            if any(entry.source.id.lower() == source_id for entry in entries):
                break
        else:
            self._forget(source_id)
        self._change(_DELETED, lambda counts: {key: counts[key] for key in counts if key != source_id})

    def _note_seen(self, ids: set[str]) -> None:
        key = _SEEN + self._place
        if not ids <= _ids(self._state.remembered(key) or b""):
            self._state.change(key, lambda kept: "\n".join(sorted(_ids(kept) | ids)).encode())

    def _counts(self, key: str) -> _Counts:
        return _decoded(self._state.remembered(key) or b"")

    def _change(self, key: str, make: Callable[[_Counts], _Counts]) -> _Counts:
        """Counts on, then keeps what `make` makes of it."""
        now = self._now()

        def act(kept: bytes) -> bytes:
            counted = {name: _counted(count, now) for name, count in _decoded(kept).items()}
            return msgspec.json.encode(make(counted))

        return _decoded(self._state.change(key, act))

    def _now(self) -> float:
        return self._clock().timestamp()


def _ids(kept: bytes) -> set[str]:
    return set(kept.decode("utf-8", "replace").split("\n"))


def _decoded(kept: bytes) -> _Counts:
    """What makes no sense counts as never noted: then nothing is forgotten."""
    try:
        return msgspec.json.decode(kept or b"{}", type=_Counts)
    except msgspec.MsgspecError:
        return {}


def _counted(count: tuple[float, float], now: float) -> tuple[float, float]:
    seconds, last = count
    return (seconds + min(now - last, _MOST), now) if now > last else count


def _is_over(count: tuple[float, float]) -> bool:
    return count[0] >= layout.BIN_TIME.total_seconds()
