"""Conditions as a file of their own (`run … --conditions FILE`): read strictly, refused by file, line and place."""

from pathlib import Path

from o365desk import files
from o365desk.model.conditions import tree
from o365desk.model.conditions.tree import Group
from o365desk.model.problems import ProblemError
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
    document = strict_json.read_file(path, _SORT, "Name a file that holds conditions.")
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
