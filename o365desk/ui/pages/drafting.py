"""What is open in the form, from opening to saving: kept as a draft while it is typed, so that nothing is lost."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from o365desk.app import App
from o365desk.model.datasource import DataSource
from o365desk.model.problems import ProblemError
from o365desk.services.connections import NO_CREDENTIAL, Credential
from o365desk.services.workspace import Entry
from o365desk.ui.forms import Form
from o365desk.ui.pages.editing import Editing, as_values, credential, with_values

_NOTHING = Editing(DataSource(id=""), None, None, DataSource(id=""))


class Drafting(QObject):
    """Fills the form and follows it. `changed` follows when a field was edited."""

    changed = Signal()

    def __init__(self, app: App, form: Form) -> None:
        super().__init__(form)
        self._app, self._form = app, form
        self.editing = _NOTHING
        self._timer = QTimer(self, singleShot=True, interval=500)
        self._timer.timeout.connect(self.keep)
        form.edited.connect(self._edited)

    @property
    def source(self) -> DataSource:
        """The data source as the form has it; its id is "" while none is open."""
        return self.editing.source

    @property
    def credential(self) -> Credential:
        """What is typed as secrets."""
        return credential(self._form.values())

    @property
    def dirty(self) -> bool:
        """Whether a detail or a secret was typed and not saved."""
        return bool(self.source.id) and (self.editing.dirty or self.credential != NO_CREDENTIAL)

    def load(self, **where: Any) -> datetime | None:
        """Opens by `source_id`, or a `draft` with its `base` (None: new). Returns when the draft was kept that was
        opened instead of the file, if one was. Raises ProblemError where there is nothing to open."""
        draft: DataSource | None = where.get("draft")
        source_id = draft.id if draft else where["source_id"]
        kept = next(
            (kept for kept in self._app.state.drafts(self._app.workspace.folder) if kept.source.id == source_id),
            None,
        )
        on_disk = None
        if draft is None or where.get("base"):
            try:
                on_disk = self._app.workspace.get(source_id)
            except ProblemError:
                if kept is None:
                    raise
        if kept:
            self.open(Editing(kept.source, on_disk.source if on_disk else None, kept.base))
            return kept.at
        if on_disk:
            self.open(Editing(draft or on_disk.source, on_disk.source, on_disk.version))
        elif draft:
            self.open(Editing(draft, None, None, draft))
        return None

    def open(self, editing: Editing) -> None:
        """Shows a data source in the form."""
        self.editing = editing
        self._form.put(as_values(editing.source))
        self._form.clear_secrets()

    def open_entry(self, entry: Entry, typed: DataSource | None = None) -> None:
        """Shows what a file holds, or what is typed over it."""
        self.open(Editing(typed or entry.source, entry.source, entry.version))
        self.keep()

    def saved(self, entry: Entry, kept: Credential) -> None:
        """It was saved (perhaps as a copy, which is open from now on). What was typed meanwhile stays."""
        self._timer.stop()
        if entry.source.id != self.source.id:
            self._app.state.drop_draft(self._app.workspace.folder, self.source.id)
            self.open(Editing(entry.source, entry.source, entry.version))
        elif self.credential == kept:
            self._form.clear_secrets()
        source = with_values(entry.source, self._form.values())
        self.editing = Editing(source, entry.source, entry.version)
        self.keep()

    def discard(self) -> None:
        """Back to what is saved, or to how a new draft began."""
        self._timer.stop()
        self._app.state.drop_draft(self._app.workspace.folder, self.source.id)
        start = self.editing.saved or self.editing.fresh or DataSource(id=self.source.id)
        try:
            entry = self._app.workspace.get(start.id) if self.editing.saved else None
        except ProblemError:  # deleted meanwhile
            entry = None
        if entry:
            self.open(Editing(entry.source, entry.source, entry.version))
        else:
            self.open(Editing(start, None, None, start))

    def keep(self) -> None:
        """So that a killed program offers again what was typed; secrets are not part of it."""
        state, folder = self._app.state, self._app.workspace.folder
        if self.editing.dirty:
            state.keep_draft(folder, self.source, self.editing.base)
        elif self.source.id:
            state.drop_draft(folder, self.source.id)

    def _edited(self, key: str) -> None:
        self.editing = replace(self.editing, source=with_values(self.source, self._form.values()))
        self._timer.start()
        self.changed.emit()
