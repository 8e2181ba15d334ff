"""How editors ask for suggestions."""

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject

from o365desk.model.fields import Kind
from o365desk.model.problems import Problem
from o365desk.services.directory.suggestions import Suggestion


class Question(Protocol):
    """A question that is under way; what still comes after `abandon` is nobody's."""

    def abandon(self) -> None: ...


Ask = Callable[
    [QObject, Kind, str, Callable[[list[Suggestion]], None], Callable[[Problem], None]], "Question | None"
]
"""Asks the tenant on behalf of a widget what a text may mean; None where there is no tenant to ask."""
