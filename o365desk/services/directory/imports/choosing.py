"""Who is kept, by a data source's choice."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from o365desk import catalogue
from o365desk.model.conditions import operators, tree
from o365desk.model.directory.choice import Choice, Groups
from o365desk.model.directory.imports import Kind
from o365desk.model.problems import Problem, ProblemError
from o365desk.services.conditions.reading import reading
from o365desk.services.directory.imports.rounds import Chosen

_MOVING = ("today", "yesterday", "tomorrow", "within", "more than", "this ", "last ", "next ", "between days")
"""What is in the keys of operators that mean something else every day."""


def chosen(kind: Kind, choice: Choice, now: datetime) -> Chosen | None:
    """Tells whether a user or group is kept; None: all are. Raises ProblemError where the conditions cannot be
    judged."""
    if kind is Kind.GROUPS:
        ids = {each.id.lower() for each in choice.named}
        return (lambda row: row["id"].lower() in ids) if choice.groups is Groups.NAMED else None
    if choice.everybody:
        return None
    judge = reading(catalogue.operation("user-list"), (), _tree(choice), now).judge

    def kept(row: Mapping[str, Any]) -> bool:
        if not choice.guests and row["userType"] == "Guest":
            return False
        if not choice.disabled and row["accountEnabled"] is False:
            return False
        return judge is None or judge(row)

    return kept


def moves(choice: Choice) -> bool:
    """Whether what is chosen depends on the day: then changes alone do not tell who is, and all are read anew."""
    keys = (condition.operator for _, condition in tree.rows_of(_tree(choice)))
    return any(word in key for key in keys if operators.find(key) for word in _MOVING)


def _tree(choice: Choice) -> tree.Group:
    try:
        return choice.tree
    except tree.MalformedError as error:
        raise ProblemError(
            Problem(
                title="The conditions of the import cannot be read",
                cause=f"{error.why[:1].upper()}{error.why[1:]}.",
                remedy="Correct them in the data source's file (“import”, “conditions”).",
                code="import-choice",
            )
        ) from None
