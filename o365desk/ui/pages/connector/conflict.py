"""Questions about changes: a save that met somebody else's, and leaving with unsaved ones. Nothing is lost."""

from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from o365desk.model.access.security import NO_SECURITY, settings
from o365desk.model.datasource import FIELDS, DataSource, values_of
from o365desk.model.directory.choice import EVERYTHING, chosen
from o365desk.model.fields import Kind
from o365desk.model.searches import in_words
from o365desk.model.text import wording
from o365desk.services.workspace.workspace import Entry
from o365desk.ui.dialogs.question import Option, QuestionDialog
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import Label, selectable, text_label
from o365desk.ui.widgets.theme import Theme

_SEARCHES = "Saved searches"
_IMPORTED = "What is imported"


class Choice(Enum):
    """What to do about a conflict."""

    KEEP_MINE = "mine"
    TAKE_THEIRS = "theirs"
    COPY = "copy"
    KEEP_EDITING = "edit"


class Leave(Enum):
    """What to do with unsaved changes."""

    SAVE = "save"
    DISCARD = "discard"
    KEEP_EDITING = "edit"


@dataclass(frozen=True)
class Compared:
    """One field on both sides, as people read it."""

    key: str
    label: str
    mine: str
    theirs: str
    differs: bool


def compare(mine: DataSource, theirs: DataSource) -> list[Compared]:
    """All fields that a file holds and, if either has any, security settings, saved searches and what is imported;
    those that differ first."""
    left, right = values_of(mine), values_of(theirs)
    lines = [
        Compared(key, field.plain_label, shown(key, left[key]), shown(key, right[key]), left[key] != right[key])
        for key, field in FIELDS.items()
        if key in left and not field.fixed
    ]
    if mine.security != NO_SECURITY or theirs.security != NO_SECURITY:
        here, there = settings(mine.security), settings(theirs.security)
        lines += [
            Compared(title, title, text or "—", there[title][1] or "—", value != there[title][0])
            for title, (value, text) in here.items()
        ]
    if mine.searches or theirs.searches:
        kept, others = ("\n".join(map(in_words, each.searches)) or "—" for each in (mine, theirs))
        lines.append(Compared("searches", _SEARCHES, kept, others, mine.searches != theirs.searches))
    if EVERYTHING not in (mine.imports, theirs.imports) or mine.imports != theirs.imports:
        kept, others = (chosen(each.imports) for each in (mine, theirs))
        lines.append(Compared("import", _IMPORTED, kept, others, mine.imports != theirs.imports))
    return sorted(lines, key=lambda line: not line.differs)


def shown(key: str, value: object) -> str:
    """A field's value in words."""
    field = FIELDS[key]
    if field.kind is Kind.CHECK:
        return "checked" if value else "not checked"
    if field.choices:
        titles = {str(choice): title.replace("&", "") for choice, title in field.choices}
        return titles.get(str(value), str(value))
    return str(value) if value else "—"


def conflict_question(
    theme: Theme, mine: DataSource, theirs: Entry | None, parent: QWidget | None = None
) -> QuestionDialog[Choice]:
    """Both sides, field by field; closing it means: keep editing."""
    answers = [
        Option(Choice.KEEP_MINE, "Keep &mine" if theirs else "&Save mine again", "primary"),
        Option(Choice.COPY, "Save mine as a &copy"),
        Option(Choice.KEEP_EDITING, "Keep &editing"),
    ]
    if theirs:
        answers.insert(1, Option(Choice.TAKE_THEIRS, "Take &theirs"))
    dialog = QuestionDialog(
        theme,
        "conflict",
        "Changed by someone else",
        f"“{mine.name}” was changed since you opened it",
        _explain(theirs),
        answers,
        Choice.KEEP_EDITING,
        details=both_sides(theme, compare(mine, theirs.source), ("Mine", "Theirs")) if theirs else None,
        parent=parent,
    )
    dialog.resize(680, 460 if theirs else 200)
    return dialog


def leave_question(theme: Theme, name: str, parent: QWidget | None = None) -> QuestionDialog[Leave]:
    """Save, discard or keep editing; closing it means: keep editing. Enter saves, which loses nothing."""
    answers = (
        Option(Leave.SAVE, "&Save", "primary"),
        Option(Leave.DISCARD, "&Discard", "danger"),
        Option(Leave.KEEP_EDITING, "Keep &editing"),
    )
    question = f"Save the changes to “{name or 'the new data source'}”?"
    text = "They are not saved yet. Details may still be missing when you save."
    return QuestionDialog(
        theme, "leave", "Unsaved changes", question, text, answers, Leave.KEEP_EDITING,
        default=Leave.SAVE, parent=parent,
    )  # fmt: skip


def _explain(theirs: Entry | None) -> str:
    if theirs is None:
        return "Its file was deleted meanwhile. What you typed is still here; nothing has been written."
    who = theirs.source.modified_by or "Somebody"
    at = theirs.source.modified
    when = f" on {wording.day(at)} at {wording.clock(at)}" if at else ""
    return (
        f"{who} saved another version{when}. Nothing has been written yet. Whichever you choose, the other version "
        "is not lost: theirs stays in the history, and yours can be brought back."
    )


def both_sides(theme: Theme, lines: list[Compared], titles: tuple[str, str]) -> QWidget:
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
