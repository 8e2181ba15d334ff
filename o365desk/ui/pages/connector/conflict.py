"""Questions about changes: a save that met somebody else's, and leaving with unsaved ones. Nothing is lost."""

from enum import Enum

from PySide6.QtWidgets import QWidget

from o365desk.model.access.security import NO_SECURITY, settings
from o365desk.model.datasource import FIELDS, DataSource, values_of
from o365desk.model.directory.choice import EVERYTHING, chosen
from o365desk.model.fields import Kind
from o365desk.model.searches import in_words
from o365desk.services.workspace.workspace import Entry
from o365desk.ui.dialogs import conflict
from o365desk.ui.dialogs.conflict import Choice, Compared
from o365desk.ui.dialogs.question import Option, QuestionDialog
from o365desk.ui.widgets.theme import Theme

_SEARCHES = "Saved searches"
_IMPORTED = "What is imported"


class Leave(Enum):
    """What to do with unsaved changes."""

    SAVE = "save"
    DISCARD = "discard"
    KEEP_EDITING = "edit"


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
    if theirs is None:
        return conflict.conflict_question(theme, mine.name, None, "", None, parent)
    other = theirs.source
    return conflict.conflict_question(
        theme, mine.name, compare(mine, other), other.modified_by, other.modified, parent
    )


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
