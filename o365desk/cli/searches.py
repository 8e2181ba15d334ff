"""Saved searches on the command line: `o365desk sources searches`, and `run … --saved`."""

from collections.abc import Sequence
from typing import Any

import typer

from o365desk.catalogue import OPERATIONS, Operation
from o365desk.catalogue.parameters import parameters
from o365desk.cli.options import order_of
from o365desk.cli.printing import print_json, print_table, say
from o365desk.cli.session import DONE, Json, Name, entry_of, services
from o365desk.model.conditions import tree, words
from o365desk.model.datasource import DataSource
from o365desk.model.searches import Search, named, of_operation

_SAVED = "--saved"


def sources_searches(context: typer.Context, name: Name, json: Json = False) -> int:
    """List the saved searches of a data source; run OPERATION --saved runs one of them."""
    searches = entry_of(services(context), name).source.searches
    keys = dict.fromkeys((*OPERATIONS, *(each.operation for each in searches)))
    ordered = [each for key in keys for each in of_operation(searches, key)]
    if json:
        print_json([_as_json(each) for each in ordered])
    elif ordered:
        rows = [
            (each.name, each.operation, _values(each), _conditions(each), each.sort, _most(each))
            for each in ordered
        ]
        print_table(("Name", "Operation", "Values", "Conditions", "Sort", "Max rows"), rows)
    else:
        say("No saved searches. The window saves them, beside the conditions of a read.")
    return DONE


def _as_json(search: Search) -> dict[str, Any]:
    conditions = tree.dumps(search.tree) if search.tree else None
    return {
        "name": search.name, "operation": search.operation, "values": search.values, "conditions": conditions,
        "sort": search.sort, "maxRows": search.max_rows or None,
    }  # fmt: skip


def _values(search: Search) -> str:
    return "; ".join(f"{key}={text}" for key, text in search.values.items())


def _conditions(search: Search) -> str:
    operation = OPERATIONS.get(search.operation)
    if not search.tree:
        return ""
    return words.sentence(search.tree, parameters(operation) if operation else {})


def _most(search: Search) -> str:
    return str(search.max_rows or "")


def saved_of(source: DataSource, item: Operation, name: str) -> Search:
    """The saved search of an operation that is meant, in order for it. Raises BadParameter for what is wrong with
    it, by its place."""
    from o365desk.services.conditions import reading

    search = named(source.searches, item.key, name)
    if search is None:
        names = ", ".join(f"“{each.name}”" for each in of_operation(source.searches, item.key))
        known = f"there are {names}" if names else "there is none"
        raise typer.BadParameter(f"“{item.title}” has no saved search “{name}”; {known}", param_hint=_SAVED)
    fields = {field.key for field in item.fields}
    for key in search.values:
        if key not in fields:
            wrong = f"“{search.name}” has a value of “{key}”, which “{item.title}” has not"
            raise typer.BadParameter(wrong, param_hint=_SAVED)
    order_of(item, search.sort, hint=_SAVED)
    found = reading.check(item, search.tree)
    if found:
        raise typer.BadParameter(f"“{search.name}”: {found[0].problem().sentence()}", param_hint=_SAVED)
    return search


def with_saved(search: Search | None, given: Sequence[str]) -> Sequence[str]:
    """What was set, and of the search what was not."""
    if search is None:
        return given
    keys = {text.partition("=")[0].strip() for text in given}
    return [*(f"{key}={text}" for key, text in search.values.items() if key not in keys), *given]
