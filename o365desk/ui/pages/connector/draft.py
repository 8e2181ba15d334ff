"""What is open in the form: as it was, as it is typed, kept so that nothing is lost, and looked over offline."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from o365desk.app import App
from o365desk.model.access.security import Security
from o365desk.model.datasource import DETAILS, DataSource, values_of, with_values
from o365desk.model.problems import Problem, ProblemError
from o365desk.model.report import Report
from o365desk.model.status import Known, Status, derive
from o365desk.model.stop import Stop
from o365desk.services.connection_test.evidence import report_of
from o365desk.services.signin.credentials import NO_CREDENTIAL, Credential, without_misplaced
from o365desk.services.vault.vault import CLIENT_SECRET, PASSPHRASE
from o365desk.services.workspace.workspace import Entry
from o365desk.ui.context import Context
from o365desk.ui.destinations import ToConnector
from o365desk.ui.fields.forms import Form
from o365desk.ui.rights import Refusals, refusals
from o365desk.ui.tasks import Tell


def credential(values: Mapping[str, Any]) -> Credential:
    """What was typed as secrets."""
    return Credential(values["secret"], values["passphrase"])


@dataclass(frozen=True)
class Editing:
    """`source` is as the form has it; `saved` as the file has it, None when there is none yet (`fresh` is then
    what the form started with, so that an untouched draft is not unsaved work). `base` names the file's version.
    `opened` is what the person began to change, where that is known: what differs from it is theirs."""

    source: DataSource
    saved: DataSource | None
    base: str | None
    fresh: DataSource | None = None
    opened: DataSource | None = None

    @property
    def dirty(self) -> bool:
        """Whether there is something to save."""
        start = self.saved or self.fresh
        if start is None:
            return True
        return values_of(self.source) != values_of(start) or self.source.security != start.security


_ANOTHER = "another version"
"""A draft's base that no file has."""

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

    def load(self, to: ToConnector) -> datetime | None:
        """Opens a data source or a draft. Returns when the draft was kept that was
        opened instead of the file, if one was. Raises ProblemError where there is nothing to open."""
        draft = to.draft
        source_id = draft.id if draft else to.source_id
        kept = next(
            (kept for kept in self._app.state.drafts(self._app.workspace.folder) if kept.source.id == source_id),
            None,
        )
        on_disk = None
        if draft is None or to.base:
            try:
                on_disk = self._app.workspace.get(source_id)
            except ProblemError:
                if kept is None:
                    raise
        if kept:
            same = on_disk and on_disk.version == kept.base
            saved = on_disk.source if on_disk else None
            self.open(Editing(kept.source, saved, kept.base, opened=saved if same else None))
            return kept.at
        if on_disk:
            self.open(Editing(draft or on_disk.source, on_disk.source, on_disk.version, opened=on_disk.source))
        elif draft:
            self.open(Editing(draft, None, None, draft, draft))
        return None

    def open(self, editing: Editing) -> None:
        """Shows a data source in the form."""
        self.editing = editing
        self._form.put(values_of(editing.source))
        self._form.clear_secrets()

    def open_entry(self, entry: Entry, typed: DataSource | None = None) -> None:
        """Shows what a file holds, or what was typed over another version of it."""
        opened = None if typed else entry.source
        self.open(Editing(typed or entry.source, entry.source, entry.version, opened=opened))
        self.keep()

    def saved(self, entry: Entry, kept: Credential) -> None:
        """It was saved (perhaps as a copy, which is open from now on). What was typed meanwhile stays."""
        self._timer.stop()
        if entry.source.id != self.source.id:
            self._app.state.drop_draft(self._app.workspace.folder, self.source.id)
            self.open(Editing(entry.source, entry.source, entry.version, opened=entry.source))
        elif self.credential == kept:
            self._form.clear_secrets()
        typed = entry.source.replace(security=self.source.security)
        source = with_values(typed, values_of(self.source))
        self.editing = Editing(source, entry.source, entry.version, opened=entry.source)
        self.keep()

    def discard(self) -> None:
        """Back to what is saved, or to how a new draft began."""
        self._timer.stop()
        self._app.connections.discard(self.source.id)
        start = self.editing.saved or self.editing.fresh or DataSource(id=self.source.id)
        try:
            entry = self._app.workspace.get(start.id) if self.editing.saved else None
        except ProblemError:  # deleted meanwhile
            entry = None
        if entry:
            self.open(Editing(entry.source, entry.source, entry.version, opened=entry.source))
        else:
            self.open(Editing(start, None, None, start, start))

    def secure(self, security: Security) -> None:
        """Other security settings."""
        self.editing = replace(self.editing, source=self.source.replace(security=security))
        self._timer.start()
        self.changed.emit()

    def keep(self) -> None:
        """So that a killed program offers again what was typed; secrets are not part of it."""
        state, folder = self._app.state, self._app.workspace.folder
        if self.editing.dirty:
            # What was typed over another version is not, when it is opened again, what a person made of this one.
            base = self.editing.base if self.editing.opened else _ANOTHER
            state.keep_draft(folder, without_misplaced(self.source), base)
        elif self.source.id:
            state.drop_draft(folder, self.source.id)

    def _edited(self, key: str) -> None:
        # That field alone: another may show less than its value, and what it shows is nothing that was typed.
        if key in DETAILS:
            source = with_values(self.source, {key: self._form.values()[key]})
            self.editing = replace(self.editing, source=source)
        self._timer.start()
        self.changed.emit()


_DELAY = 120
"""Milliseconds after the last key stroke."""


@dataclass(frozen=True)
class Assessment:
    """What is known about a draft without asking anybody, and the report of its last test. `kept` are the fields
    whose secrets the vault has; `refusals` what whoever works here may not do with it."""

    source: DataSource
    known: Known
    status: Status
    kept: frozenset[str]
    refusals: Refusals
    report: Report | None = None


class Assessor(QObject):
    """Assesses the latest draft shortly after the last key stroke, in a worker (a keychain may be slow), one at a
    time. `assessed` follows with an Assessment; `failed` with the Problem that prevented it."""

    assessed = Signal(object)
    failed = Signal(object)

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._wanted: tuple[Editing, Credential] | None = None
        self._running = False
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._start)

    def ask(self, editing: Editing, credential: Credential, *, now: bool = False) -> None:
        """Assesses this draft soon, or at once."""
        self._wanted = editing, credential
        self._timer.start(0 if now else _DELAY)

    def forget(self) -> None:
        """No draft is open."""
        self._wanted = None

    def _start(self) -> None:
        if self._running or self._wanted is None:
            return
        wanted, self._wanted = self._wanted, None
        self._running = True
        self._context.tasks.run(
            "Looking the details over",
            lambda stop, tell: self._work(*wanted, stop, tell),
            self._done,
            self._broken,
            owner=self,
            quiet=True,
            cancelled=lambda: self._done(None),
        )

    def _work(self, editing: Editing, credential: Credential, stop: Stop, tell: Tell) -> Assessment:
        app, source = self._context.app, editing.source
        known = app.connections.known(source, credential, editing.opened)
        names = {"secret": CLIENT_SECRET, "passphrase": PASSPHRASE}
        kept = frozenset(key for key, name in names.items() if app.vault.has(source.id, name))
        status, report = derive(source, known, app.clock()), report_of(known.attempt)
        return Assessment(source, known, status, kept, refusals(app, editing.saved), report)

    def _done(self, assessment: Assessment | None) -> None:
        self._running = False
        if assessment and self._wanted is None:
            self.assessed.emit(assessment)
        self._start()

    def _broken(self, problem: Problem) -> None:
        self._running = False
        self.failed.emit(problem)
