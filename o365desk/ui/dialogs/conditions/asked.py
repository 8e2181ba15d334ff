"""What the dialog is asked: about which parameters, what is saved, and what it may ask back. No Qt.

Everything that is not the dialog's own comes from here, so that a partner's mapping, Find Users and User List open
the same dialog.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from o365desk.model.conditions import judging, operators, words
from o365desk.model.conditions.judging import Judge, Row
from o365desk.model.conditions.parameters import Parameters
from o365desk.model.conditions.tree import NO_CONDITION, Condition, Group, Place
from o365desk.model.problems import ProblemError
from o365desk.model.stop import Stop


@dataclass(frozen=True)
class Fault:
    """What is wrong with a row of a tree that has no gaps: where, in which field ("parameter", "operator", "value",
    "" for the row), and why, as a sentence."""

    place: Place
    text: str
    field: str = ""


@dataclass(frozen=True)
class Cost:
    """What an answer takes: what Graph is sent, as it is sent ("" for nothing), what is judged here, and what that
    costs, as sentences ("" for nothing to say)."""

    sent: str = ""
    here: str = ""
    cost: str = ""


@dataclass(frozen=True)
class Known:
    """Rows in memory, as Graph gave them. `what` says which, and from when: "User List, read at 09:30"."""

    rows: Sequence[Row]
    what: str
    complete: bool = True


def _nothing(key: str, typed: str) -> Sequence[str]:
    return ()


@dataclass(frozen=True, kw_only=True)
class Asked:
    """See the module. `about` is what the conditions are of: "Find Users". `judge` and what it returns may raise
    ProblemError; `suggestions` gives values of a parameter that occur and are like what is typed, and is called in
    a worker; `plans` are SKU ids with their product names; `read` brings rows where none are in memory, in a
    worker; `columns` are the parameters that the preview shows besides those of the conditions. `empty` says why
    there must be a condition, "" where there need be none. `zone`: in which the days of new rows begin."""

    about: str
    parameters: Parameters
    words: Callable[[Group], str]
    check: Callable[[Group], Sequence[Fault]]
    judge: Callable[[Group], Judge]
    saved: Group = NO_CONDITION
    partner: bool = False
    empty: str = ""
    zone: str = ""
    plans: Callable[[], Sequence[tuple[str, str]]] = tuple
    suggestions: Callable[[str, str], Sequence[str]] = _nothing
    explain: Callable[[Group], Cost] | None = None
    known: Known | None = None
    read: Callable[[Stop], Known] | None = None
    columns: tuple[str, ...] = ()


def asked(about: str, parameters: Parameters, clock: Callable[[], datetime], **rest: Any) -> Asked:
    """What is asked about an operation's parameters, by what conditions mean (`model/conditions`); `rest` as Asked
    has it. `clock` tells what dates are held against."""
    return Asked(
        about=about,
        parameters=parameters,
        words=lambda tree: words.sentence(tree, parameters),
        check=lambda tree: [_fault(tree, found, parameters) for found in judging.check(tree, parameters)],
        judge=lambda tree: judging.judge(tree, parameters, clock()),
        **rest,
    )


def _fault(tree: Group, found: judging.Finding, parameters: Parameters) -> Fault:
    """A finding, with the field that it is about."""
    row = _at(tree, found.place)
    field = ""
    if isinstance(row, Condition):
        parameter, operator = parameters.get(row.parameter), operators.find(row.operator)
        fits = parameter and operator and operators.fits(operator, parameter.type)
        field = "value" if fits else "operator" if parameter else "parameter"
    return Fault(found.place, f"{found.why[:1].upper()}{found.why[1:]}. {found.remedy}", field)


def _at(tree: Group, place: Place) -> Condition | Group:
    row: Condition | Group = tree
    for step in place:
        if isinstance(row, Group):
            row = row.rows[step]
    return row


def problem_words(error: ProblemError) -> str:
    """Why the rows in memory cannot be judged."""
    return error.problem.sentence()
