"""When a field shows its problem: not while it is first typed in, but once left, or when Test or Save asked."""

from collections.abc import Collection, Sequence

from PySide6.QtCore import QObject

from o365desk.model.problems import Problem
from o365desk.ui.forms import Form


class Gentle(QObject):
    """Knows which fields were edited and left, and shows the problems of those; all of them after `ask_all`."""

    def __init__(self, form: Form) -> None:
        super().__init__(form)
        self._form = form
        self._edited: set[str] = set()
        self._asked: set[str] = set()
        self._found: Sequence[Problem] = ()
        self._refused: dict[str, Problem] = {}
        form.edited.connect(self._field_edited)
        form.left.connect(self._left)

    def reset(self) -> None:
        """Another data source: nothing was edited yet."""
        self._edited.clear()
        self._asked.clear()
        self._refused.clear()
        self.show(())

    def ask_all(self) -> None:
        """From now on every field says what is wrong with it."""
        self._asked.update(self._form.rows)
        self.show(self._found)

    def show(self, found: Sequence[Problem]) -> None:
        """Shows what was found wrong, each field's first problem, where it is time to."""
        self._found = found
        mine = self._form.own_problems()
        for key in self._form.rows:
            problem = self._refused.get(key) or _first(key, (*mine, *found))
            self._form.show_problem(key, problem if key in self._asked else None)

    def insist(self, problem: Problem) -> None:
        """Shows at once, and until the field is edited, why it was refused; and goes there."""
        self._asked.add(problem.field)
        self._refused[problem.field] = problem
        self._form.show_problem(problem.field, problem)
        self._form.focus(problem.field)

    def _field_edited(self, key: str) -> None:
        self._edited.add(key)
        self._refused.pop(key, None)

    def _left(self, key: str) -> None:
        if key in self._edited:
            self._asked.add(key)
            self.show(self._found)


def _first(key: str, found: Collection[Problem]) -> Problem | None:
    return next((problem for problem in found if problem.field == key), None)
