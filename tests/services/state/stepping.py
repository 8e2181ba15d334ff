"""Files of former versions: the state file as it was before a step."""

import pkgutil
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import o365desk.services
from o365desk.model.problems import Problem
from o365desk.services.state.database import Database, SchemaStep

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


APART = frozenset({"o365desk.services.directory.copy.store", "o365desk.services.directory.imports.staging"})
"""Stores that have files of their own, with steps of their own."""


def declared(*, apart: bool = False) -> dict[str, tuple[SchemaStep, ...]]:
    """Every module of the services that declares steps of the state file, with these; or those that are `apart`."""
    found = {}
    for module in pkgutil.walk_packages(o365desk.services.__path__, "o365desk.services."):
        if (module.name in APART) is apart and "STEPS" in (names := vars(import_module(module.name))):
            found[module.name] = names["STEPS"]
    return found


def file_before(step: str, file: Path) -> Database:
    """The file of the last version that did not know a step, the state file or one that is apart: put into it what
    was kept then, and close it."""
    state = tuple(each for steps in declared().values() for each in steps)
    every = next(
        steps for steps in (*declared(apart=True).values(), state) if step in {each.name for each in steps}
    )
    older = [each for each in every if each.name < step]

    def never(file: Path, kept: Path, emptied: bool) -> Problem:
        raise AssertionError(f"{file} is damaged")

    return Database(file, lambda: NOW, older, name="The file", contents="What was kept", damaged=never)
