"""What follows from the settings as they are drafted: findings, what the tenant last said of whom they name, and
whether the service would save them. Looked for in a worker, shortly after the last change, one at a time."""

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from o365desk.app import App
from o365desk.model.access.security import Deed, Security, Who, WhoKind
from o365desk.model.datasource import DataSource
from o365desk.model.problems import Problem
from o365desk.model.text import wording
from o365desk.services.access.findings import Finding, Seen, findings
from o365desk.ui.context import Context
from o365desk.ui.dialogs.security.who_list import Key, WhoStanding, key_of

_DELAY = 120
"""Milliseconds after the last change."""


@dataclass(frozen=True)
class Looked:
    """What was found out about these settings. `refused`: why they would not be saved; None: they would be, or are
    what is saved already."""

    security: Security
    findings: tuple[Finding, ...]
    known: Mapping[Key, WhoStanding]
    refused: Problem | None


class Looking(QObject):
    """See the module. `looked` follows with what was found; `failed` with the Problem that prevented it."""

    looked = Signal(object)
    failed = Signal(object)

    def __init__(
        self, context: Context, source: DataSource, saved: DataSource | None, users: int | None, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._context, self._source, self._saved, self._users = context, source, saved, users
        self._wanted: Security | None = None
        self._running = False
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._start)

    def ask(self, security: Security, *, now: bool = False) -> None:
        """Looks at these settings soon, or at once."""
        self._wanted = security
        self._timer.start(0 if now else _DELAY)

    def _start(self) -> None:
        if self._running or self._wanted is None:
            return
        wanted, self._wanted = self._wanted, None
        self._running = True
        seen = self._seen(wanted)
        self._context.tasks.run(
            "Looking the security settings over",
            lambda stop, tell: look(self._context.app, self._source, self._saved, wanted, self._users, seen),
            self._done,
            self._broken,
            owner=self,
            quiet=True,
            cancelled=lambda: self._done(None),
        )

    def _seen(self, security: Security) -> Seen:
        """The lists that defaults can be tried on, as far as they were read here."""
        keys = {mapping.operation for mapping in security.mappings}
        reads = {key: self._context.lists.last(self._source.id, key) for key in keys}
        whole = {
            key: read.rows
            for key, read in reads.items()
            if read and read.complete and not read.filtered and not any(read.values.values())
        }
        return Seen(self._context.app.clock(), whole)

    def _done(self, looked: Looked | None) -> None:
        self._running = False
        if looked and self._wanted is None:
            self.looked.emit(looked)
        self._start()

    def _broken(self, problem: Problem) -> None:
        self._running = False
        self.failed.emit(problem)
        self._start()


def look(
    app: App, source: DataSource, saved: DataSource | None, security: Security, users: int | None, seen: Seen
) -> Looked:
    """See `Looked`. Raises ProblemError where the state cannot be used."""
    draft = source.replace(security=security)
    named = {key_of(who): who for who in (*security.administrators, *security.users)}
    return Looked(
        security,
        tuple(findings(app.access, draft, saved, users, seen)),
        {key: standing for key, who in named.items() if (standing := standing_of(app, draft, who))},
        _refused(app, saved, draft),
    )


def _refused(app: App, saved: DataSource | None, draft: DataSource) -> Problem | None:
    """What the workspace would say to a save."""
    if saved and saved.security == draft.security:
        return None
    return app.access.hindrance(Deed.SECURITY if saved else Deed.ADD, saved, draft)


def standing_of(app: App, source: DataSource, who: Who) -> WhoStanding | None:
    """What the tenant last said of a user or a group; None where there is nothing to say."""
    if who.kind is WhoKind.USER:
        user = app.access.known_user(source, who.address) if who.address else None
        return _GONE if user and not user.exists else None
    group = app.access.known_group(source, who)
    if group is None:
        return WhoStanding("not read yet", "warn")
    if not group.exists:
        return _GONE
    return WhoStanding(f"{wording.many(group.count, 'user')}, read {wording.age(group.read, app.clock())}")


_GONE = WhoStanding("no longer exists", "bad")
