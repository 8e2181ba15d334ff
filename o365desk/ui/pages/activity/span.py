"""A span of days that is looked at: from a day to a day, both included, either left open."""

from datetime import date, datetime, timedelta

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from o365desk.model.fields import Field, Kind
from o365desk.model.text import wording
from o365desk.ui.fields.editors import DateEditor
from o365desk.ui.widgets.labels import Label, announce, text_label
from o365desk.ui.widgets.theme import Theme


class Span(QWidget):
    """See the module. `changed` follows when something was typed or chosen; days that make no sense change neither
    `since` nor `until`, and what is wrong with them stands beside them."""

    changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.since: datetime | None = None
        self.until: datetime | None = None
        self.first, self.last = (
            DateEditor(Field(key=label, label=label, kind=Kind.DATE), theme) for label in ("first day", "last day")
        )
        self.said = text_label(role="bad", wrap=False)
        self.said.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for word, editor in (("from", self.first), ("to", self.last)):
            editor.line.setAccessibleName(editor.field.plain_label)
            editor.line.setPlaceholderText("YYYY-MM-DD")
            editor.line.setMinimumWidth(editor.line.fontMetrics().horizontalAdvance("0000-00-00") + 24)
            editor.edited.connect(self._edited)
            row.addWidget(Label(word))
            row.addWidget(editor)
        row.addWidget(self.said)

    def forget(self) -> None:
        """No day is left."""
        self.first.put(None)
        self.last.put(None)
        self._edited()

    # --- inside ---------------------------------------------------------------------------------------------

    def _edited(self) -> None:
        first, last = self.first.value(), self.last.value()
        if self.first.own_problem() or self.last.own_problem():
            said = "Type days like 2026-05-31: these are not used yet."
        elif first and last and first > last:
            said = "The first day is after the last: these are not used."
        else:
            said = ""
            self.since, self.until = _begins(first), _begins(last, timedelta(days=1))
        self.said.setText(said)
        self.said.setVisible(bool(said))
        if said:
            announce(self.said)
        self.changed.emit()


def _begins(day: date | None, more: timedelta = timedelta(0)) -> datetime | None:
    """The first moment of a day, or of one after it; None where calendars end: nothing was done beyond."""
    try:
        return wording.begins(day + more) if day else None
    except (OverflowError, ValueError):
        return None
