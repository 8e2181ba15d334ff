"""What people paste into a form is put right where there is no doubt, as in a file of rows: once the field is left,
or when the form is used. Below the field it says what it was read as.
"""

from collections.abc import Collection

from PySide6.QtCore import QObject

from o365desk.model.fields import Kind
from o365desk.services.spreadsheets.repairs import cleaned
from o365desk.ui.fields.forms import FieldRow, Form

_TYPED = frozenset({Kind.TEXT, Kind.IDENTIFIER, Kind.USER, Kind.USERS, Kind.GROUP, Kind.PLAN, Kind.SERVICE_PLANS})


class Tidying(QObject):
    """Follows a form; of its fields only `keys`, or all where none are named. What was not typed stays as it is."""

    def __init__(self, form: Form, keys: Collection[str] = ()) -> None:
        super().__init__(form)
        self._form, self._keys = form, keys or tuple(form.rows)
        self._typed: set[str] = set()
        form.edited.connect(self._edited)
        form.left.connect(self._left)

    def all(self) -> None:
        """Puts right whatever was typed, before it is used."""
        for key in list(self._typed):
            self._left(key)

    def _edited(self, key: str) -> None:
        row = self._form.rows.get(key)
        if row and key in self._keys and row.field.kind in _TYPED and not row.field.free:
            self._typed.add(key)

    def _left(self, key: str) -> None:
        if key not in self._typed:
            return
        self._typed.discard(key)
        row = self._form.rows[key]
        given = str(row.editor.value() or "")
        better, remarks = cleaned([row.field], {key: given})
        if better[key] != given:
            self._put(row, better[key])
            row.set_hint(" ".join(text for _, text in remarks))

    def _put(self, row: FieldRow, value: str) -> None:
        row.editor.put(value)
        row.edited.emit(row.field.key)  # whoever follows the form knows the value as it is now
        self._typed.discard(row.field.key)
