"""Conditions as a file of their own (`run … --conditions FILE`): read strictly, refused by file, line and place."""

from pathlib import Path

from o365desk import files
from o365desk.model.conditions import tree
from o365desk.model.conditions.tree import Group
from o365desk.model.problems import Problem, ProblemError
from o365desk.services.workspace import strict_json
from o365desk.services.workspace.strict_json import FORMAT_KEYS, FaultError, Sort

_SORT = Sort(
    version=1,
    keys=frozenset({"join", "rows", *FORMAT_KEYS}),
    too_large="Conditions need a few thousand; see what it is.",
    made_to_be="Files of conditions are",
    items={"rows": "row", "value": "value"},
)
_MENDED = "Correct it with a text editor. Nothing was asked."


def read(path: Path) -> Group:
    """The conditions of a file. Raises ProblemError."""
    label = f"“{path.name}”"
    try:
        data = files.read_named(path, strict_json.MAX_BYTES)
    except files.UnfitError as error:
        raise ProblemError(_unreadable(label, f"It {error}.")) from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", "") or "that can be no path"
        raise ProblemError(_unreadable(label, f"The system says: {why}.")) from error
    return decode(data, label)


def decode(data: bytes, label: str) -> Group:
    """The conditions that a file's bytes hold; `label` is what problems call it. Raises ProblemError."""
    document = strict_json.read(data, label, _SORT)
    given = {key: value for key, value in document.found.items() if key not in FORMAT_KEYS}
    try:
        found = tree.loads(given)
    except tree.MalformedError as error:
        last = max((place for place, step in enumerate(error.path) if isinstance(step, int)), default=-1)
        fault = FaultError(error.path, f": {error.why}", _MENDED, told=error.path[: last + 1])
        raise document.fault(fault) from None
    if not found.rows:
        raise document.refusal("it holds no conditions", 1, "Add a row, or leave --conditions out.")
    return found


def write(path: Path, conditions: Group) -> None:
    """Writes conditions as such a file. Raises ProblemError."""
    try:
        files.write(path, strict_json.written(tree.dumps(conditions)))
    except OSError as error:
        raise ProblemError(files.problem(f"“{path.name}” was not written", error, path.parent)) from error


def _unreadable(label: str, cause: str) -> Problem:
    return Problem(
        title=f"{label} cannot be read",
        cause=cause,
        remedy="Name a file that holds conditions.",
        code="unreadable-file",
    )
