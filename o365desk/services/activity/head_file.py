"""The head of the chain in a file that is kept elsewhere, or in the workspace's git: a line of JSON."""

from pathlib import Path

import msgspec

from o365desk import files
from o365desk.model.activity import Head
from o365desk.model.problems import Problem, ProblemError

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


def write(path: Path, head: Head) -> None:
    """Keeps a head in a file, in place of the one that is there. Raises ProblemError."""
    try:
        files.write(path, msgspec.json.encode(head) + b"\n")
    except OSError as error:
        problem = files.problem("The head of the activity log could not be written", error, path.parent)
        raise ProblemError(problem) from error
