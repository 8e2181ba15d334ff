"""The head of the chain in a file that is kept elsewhere, or in the workspace's git: a line of JSON."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from o365desk import files
from o365desk.model.activity import Head
from o365desk.model.problems import Problem, ProblemError
from o365desk.services.activity import verifying
from o365desk.services.state.state import State

_LONGEST = 4_096


def read(path: Path) -> Head:
    """The head in a file. Raises ProblemError where there is none that can be read."""
    try:
        found = msgspec.json.decode(files.read_named(str(path), _LONGEST), type=Head)
        if len(bytes.fromhex(found.hash)) == 32 and found.number > 0:
            return found
        why = "it names no entry"
    except files.UnfitError as error:
        why = str(error)
    except OSError as error:
        problem = files.problem("The head of the activity log cannot be read", error, path, reading=True)
        raise ProblemError(problem) from None
    except (msgspec.MsgspecError, ValueError) as error:
        why = str(error)
    raise ProblemError(
        Problem(
            title="The file holds no head of an activity log",
            cause=f"{path}: {why}.",
            remedy="Name a file that o365desk activity --write-head has written.",
            code="no-head",
        )
    )


def keep(path: Path, now: Head | None, state: State, check: Callable[[], None] = lambda: None) -> int:
    """Keeps the head as it is `now`, and returns its number; what a head that is there proves is not lost to a
    chain that was made anew. `check` is asked now and then whether to go on. Raises ProblemError."""
    if path.exists():
        found = verifying.verify(state, read(path), lambda done: check())
        if not found.whole:
            raise ProblemError(
                Problem(
                    title="The head was not written: the one in the file does not fit the log",
                    cause=verifying.sentence(found),
                    remedy="Keep the file: it proves that. Write the head to another one.",
                    code="head-differs",
                )
            )
    if now is None:
        raise ProblemError(
            Problem(title="The activity log is empty", remedy="There is no head to keep yet.", code="no-head")
        )
    write(path, now)
    return now.number


def write(path: Path, head: Head) -> None:
    """Keeps a head in a file, in place of the one that is there. Raises ProblemError."""
    try:
        files.write(path, msgspec.json.encode(head) + b"\n")
    except OSError as error:
        problem = files.problem("The head of the activity log could not be written", error, path.parent)
        raise ProblemError(problem) from error
