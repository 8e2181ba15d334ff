"""Conditions of a mapping: the way to the dialog that edits them, and them in words."""

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from o365desk.catalogue import Operation
from o365desk.catalogue.parameters import parameters
from o365desk.model.access.security import Mapping
from o365desk.model.conditions import tree, words
from o365desk.model.conditions.tree import Group

Edit = Callable[[Operation, Group, QWidget], Group | None]
"""Edits the conditions of an operation in a dialog over a widget; None: it was left without changes."""


def tree_of(mapping: Mapping) -> Group:
    """The conditions of a mapping; none where they cannot be read."""
    try:
        return mapping.tree
    except tree.MalformedError:
        return tree.NO_CONDITION


def in_words(operation: Operation | None, mapping: Mapping) -> tuple[str, str]:
    """The conditions of a mapping as a sentence, and the role in which it is written: "bad" where they mean
    nothing, and so hide everything."""
    if operation is None:
        return "Choose a table first.", "dim"
    try:
        conditions = mapping.tree
    except tree.MalformedError as error:
        return f"{tree.place_words(error.place)}: {error.why}. Edit the conditions.", "bad"
    if not conditions:
        return "No conditions yet: partners are shown nothing.", "bad"
    return words.sentence(conditions, parameters(operation)), ""
