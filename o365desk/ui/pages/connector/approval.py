"""What changed in a data source since its secrets were given: both sides, to approve it or to go back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.text import wording
from o365desk.model.text.shown import shown
from o365desk.services.signin.approvals import Review
from o365desk.services.workspace import layout
from o365desk.services.workspace.workspace import ConflictError, Entry
from o365desk.ui.context import Context
from o365desk.ui.dialogs.conflict import Compared, both_sides
from o365desk.ui.dialogs.question import Option, QuestionDialog
from o365desk.ui.dialogs.vault_dialog import VaultDialog
from o365desk.ui.widgets.theme import Theme

_SHORT = 80
"""Letters of a stranger's text that stand within our sentences."""


class Decision(Enum):
    """What to do about a connection that is not what secrets were given for."""

    APPROVE = "approve"
    GO_BACK = "back"
    NOT_NOW = "later"


@dataclass(frozen=True)
class Look:
    """What there is to look at. `entry` is the file; None for a draft that was not saved yet."""

    source: DataSource
    entry: Entry | None
    review: Review
    dated: datetime | None


def approval_question(theme: Theme, look: Look, parent: QWidget | None = None) -> QuestionDialog[Decision]:
    """Both sides; closing it means: not now."""
    then = look.review.then
    name = shown(look.source.name or "This data source", _SHORT)
    elsewhere = f"“{name}” leads elsewhere than when its secrets were given"
    answers = [Option(Decision.APPROVE, "&Approve", "danger"), Option(Decision.NOT_NOW, "&Not now")]
    if then and look.entry:
        answers.insert(1, Option(Decision.GO_BACK, "&Go back to what was approved", "primary"))
    lines = [
        Compared(part.title, part.title, part.then or "not known", part.now, not part.same)
        for part in look.review.parts
    ]
    dialog = QuestionDialog(
        theme,
        "approval",
        "Changed since it was approved" if then else "Not approved yet",
        elsewhere if then else f"Where the secrets of “{name}” would go",
        _explain(look),
        answers,
        Decision.NOT_NOW,
        details=both_sides(theme, lines, ("Approved", "Now")),
        parent=parent,
    )
    dialog.resize(720, 420)
    return dialog


def _explain(look: Look) -> str:
    then, source = look.review.then, look.source
    parts = []
    if then:
        parts.append(f"Approved by {then.by} on {_day(then.at)}.")
    else:
        parts.append("What its secrets were given for is not known any more.")
    if look.entry:
        said = "does not say who changed it"
        if source.modified:
            who = shown(source.modified_by or "somebody", _SHORT)
            said = f"says that “{who}” changed it on {_day(source.modified)}"
        bears = f"; it bears the date {_day(look.dated)}" if look.dated else ""
        parts.append(f"The file “{shown(look.entry.path.name, _SHORT)}” {said}{bears}.")
        parts.append("Whoever wrote it may have written anything there.")
    parts.append("Nothing is sent before you approve. If you did not expect this, ask who did it.")
    return " ".join(parts)


def _day(when: datetime) -> str:
    return f"{wording.day(when)} at {wording.clock(when)}"


class Approving(QObject):
    """Shows what changed, and does what is decided. `approved` follows with where secrets go from now on,
    `went_back` with the Entry that was put back and what is another still ("" for nothing), `failed` with a
    Problem."""

    approved = Signal(str)
    went_back = Signal(object, str)
    failed = Signal(object)

    def __init__(self, context: Context, parent: QWidget) -> None:
        super().__init__(parent)
        self._context, self._parent = context, parent

    def look(self, source: DataSource, saved: bool) -> None:
        """Looks at the data source as its file has it, or at the draft where that is what differs."""
        app = self._context.app
        if app.vault.locked:
            dialog = VaultDialog(self._context.theme, self._context.tasks, app.vault, self._parent)
            if not dialog.exec():
                return

        def work() -> Look:
            entry = app.workspace.get(source.id) if saved else None
            if entry:
                review = app.approvals.review(entry.source)
                if review.needed:
                    return Look(entry.source, entry, review, layout.dated(entry.path))
            return Look(source, None, app.approvals.review(source), None)

        self._run("Looking at what changed", work, self._show)

    def _show(self, look: Look) -> None:
        if not look.review.needed:
            self.approved.emit("There is nothing to approve any more.")
            return
        decision = approval_question(self._context.theme, look, self._parent).ask()
        connections, approvals = self._context.app.connections, self._context.app.approvals
        if decision is Decision.APPROVE:
            mark, where = look.review.mark, f"Its secrets go to {look.source.login_root} from now on."
            self._run(
                "Approving", lambda: connections.approve(look.source, mark), lambda _: self.approved.emit(where)
            )
        elif decision is Decision.GO_BACK and look.entry:
            entry = look.entry

            def go_back() -> tuple[Entry, str]:
                back = connections.go_back(entry)
                parts = approvals.review(back.source).parts
                return back, " and ".join(part.title for part in parts if not part.same)

            self._run("Going back", go_back, lambda went: self.went_back.emit(*went))

    def _run(self, title: str, work: Callable[[], object], done: Callable[[Any], None]) -> None:
        def act(*_: object) -> object:
            try:
                return work()
            except ConflictError as error:
                problem = Problem(title=str(error), remedy="Look again.", code="conflict")
                raise ProblemError(problem) from None

        self._context.tasks.run(title, act, done, self.failed.emit, owner=self)
