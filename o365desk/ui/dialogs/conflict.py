"""Two versions of one thing side by side: what somebody typed here, and what somebody else has saved meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from o365desk.model.text import wording
from o365desk.ui.dialogs.question import Option, QuestionDialog
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import Label, selectable, text_label
from o365desk.ui.widgets.theme import Theme


class Choice(Enum):
    """What to do about a conflict."""

    KEEP_MINE = "mine"
    TAKE_THEIRS = "theirs"
    COPY = "copy"
    KEEP_EDITING = "edit"


@dataclass(frozen=True)
class Compared:
    """One field on both sides, as people read it."""

    key: str
    label: str
    mine: str
    theirs: str
    differs: bool


def conflict_question(
    theme: Theme,
    name: str,
    lines: Sequence[Compared] | None,
    by: str,
    at: datetime | None,
    parent: QWidget | None = None,
) -> QuestionDialog[Choice]:
    """Both sides, field by field (None: the other one was deleted), as `by` saved it; closing it means: keep
    editing."""
    answers = [
        Option(Choice.KEEP_MINE, "Keep &mine" if lines is not None else "&Save mine again", "primary"),
        Option(Choice.COPY, "Save mine as a &copy"),
        Option(Choice.KEEP_EDITING, "Keep &editing"),
    ]
    if lines is not None:
        answers.insert(1, Option(Choice.TAKE_THEIRS, "Take &theirs"))
    dialog = QuestionDialog(
        theme,
        "conflict",
        "Changed by someone else",
        f"“{name}” was changed since you opened it",
        _explain(by, at) if lines is not None else _DELETED,
        answers,
        Choice.KEEP_EDITING,
        details=both_sides(theme, lines, ("Mine", "Theirs")) if lines is not None else None,
        parent=parent,
    )
    dialog.resize(680, 460 if lines is not None else 200)
    return dialog


_DELETED = "Its file was deleted meanwhile. What you typed is still here; nothing has been written."


def _explain(by: str, at: datetime | None) -> str:
    when = f" on {wording.day(at)} at {wording.clock(at)}" if at else ""
    return (
        f"{by or 'Somebody'} saved another version{when}. Nothing has been written yet. Whichever you choose, the "
        "other version is not lost: theirs stays in the history, and yours can be brought back."
    )


def both_sides(theme: Theme, lines: Sequence[Compared], titles: tuple[str, str]) -> QWidget:
    """Two versions side by side, field by field; what differs is marked."""
    inner = QWidget()
    grid = QGridLayout(inner)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(8)
    for column in (2, 3):
        grid.setColumnStretch(column, 1)
    for column, title in ((2, titles[0]), (3, titles[1])):
        grid.addWidget(text_label(title, "strong"), 0, column)
    for row, line in enumerate(lines, 1):
        if line.differs:
            icon = Label()
            Pictured(theme, icon, "warning", "warn")
            icon.setAccessibleName("differs")
            icon.setToolTip("The two sides differ here")
            grid.addWidget(icon, row, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(text_label(line.label, "" if line.differs else "dim"), row, 1, Qt.AlignmentFlag.AlignTop)
        for column, side, text in ((2, titles[0], line.mine), (3, titles[1], line.theirs)):
            label = selectable(text_label(text, "strong" if line.differs else "dim"))
            differs = ", differs" if line.differs else ""
            label.setAccessibleName(f"{line.label}, {side.lower()}: {label.text()}{differs}")
            grid.addWidget(label, row, column, Qt.AlignmentFlag.AlignTop)
    grid.setRowStretch(len(lines) + 1, 1)
    inner.setAccessibleName("Both versions, field by field")
    return inner
