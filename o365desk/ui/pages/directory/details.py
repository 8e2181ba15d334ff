"""A person or a group of the directory: what is known of them, their groups or members, and what became of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QPushButton, QTabWidget, QVBoxLayout

from o365desk.catalogue import OPERATIONS
from o365desk.catalogue.groups import kind_of
from o365desk.model.datasource import DataSource
from o365desk.model.directory.imports import Difference, Kind
from o365desk.model.fields import Kind as FieldKind
from o365desk.model.problems import Problem
from o365desk.model.text import wording
from o365desk.services.directory.copy import words
from o365desk.services.directory.copy.directory import Directory, Member, Owners, Person
from o365desk.services.directory.group_limits import refused_kind
from o365desk.ui.context import Context
from o365desk.ui.pages.directory import owners as owning
from o365desk.ui.pages.directory.owners import OwnersTab
from o365desk.ui.pages.directory.restoring import Restoring, memberships, restorings
from o365desk.ui.table.view import Column, Empty, Table, TableArea, TableModel
from o365desk.ui.tasks import Task
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import ElidedLabel, caption

_SOON = 60
"""Milliseconds that somebody rests on a row before it is looked up: who walks through a list passes over many."""
_MOST = 10_000
"""So many members, groups and differences are shown."""
_TYPES = {"servicePrincipal": "application"}
"""What Graph's types are called, where that is not their name."""
FIELD = {Kind.USERS: FieldKind.USER, Kind.GROUPS: FieldKind.GROUP}
"""What they are as values of an operation."""


@dataclass(frozen=True)
class Line:
    """Something that is known: what, and its value; `warns`: it is worth a look."""

    what: str
    value: str
    warns: bool = False


@dataclass(frozen=True)
class Known:
    """All that the directory knows of one of them, at a moment (`at`; None: now). `related` are groups, or the
    members of a group; `back`: what makes a group's members those of that moment again; `owners`: those of a group
    as the tenant told them last, whatever the moment."""

    person: Person
    related: Sequence[Member]
    total: int
    history: Sequence[Difference]
    at: datetime | None = None
    back: Sequence[Restoring] = ()
    owners: Owners | None = None


def look_up(directory: Directory, kind: Kind, key: str, at: datetime | None) -> Known | None:
    """What is known of a user or group; None for who is not there. For a worker. Raises ProblemError."""
    history = directory.history(key)[:_MOST]
    person = directory.person(key, at) if kind is Kind.USERS else directory.group(key, at)
    if person is None:
        return None
    if kind is Kind.USERS:
        groups = [Member(id=row["id"], type="group", row=row) for row in directory.groups_of(key, at)]
        return Known(person, groups[:_MOST], len(groups), history, at)
    members = directory.members(key, at)
    back: Sequence[Restoring] = ()
    if at is not None and directory.group(key):
        then, now_there = (_users(each) for each in (members, directory.members(key)))
        back = memberships(key, then, now_there)
    return Known(person, members[:_MOST], len(members), history, at, back, directory.owners(key))


def _users(members: Sequence[Member]) -> list[str]:
    return [each.id for each in members if each.type == "user"]


class Details(QFrame):
    """See the module. `used` carries the key of an operation for which whoever is shown is wanted; `restored` a
    Restoring; `opened` the kind and ID of somebody who is named; `refused` why the tenant does not tell the owners,
    None when that is over."""

    used = Signal(str)
    refused = Signal(object)
    restored = Signal(object)
    opened = Signal(object, str)

    def __init__(self, context: Context, kind: Kind) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self._context, self._kind = context, kind
        self._task: Task | None = None
        self._wanted: Callable[[], None] = lambda: None
        self.known: Known | None = None
        self.name, self.note = ElidedLabel(role="section"), ElidedLabel(role="dim")
        self.use_button, self.restore_button = QPushButton("U&se for…"), QPushButton("Res&tore…")
        self.tabs = QTabWidget()
        theme = context.theme
        self.profile = TableModel(_PROFILE, lambda line: (line.what, line.value), self)
        self.related = TableModel(
            (_named("Group" if kind is Kind.USERS else "Member"),), lambda each: each.id, self
        )
        self.owners = OwnersTab(context, _named("Owner")) if kind is Kind.GROUPS else None
        self.history = TableModel(_history(key=kind), id, self)
        self._models = {"profile": self.profile, "related": self.related, "history": self.history}
        names = ("What is known", "Groups" if kind is Kind.USERS else "Members", "What became of it")
        self.tables = {
            key: Table(model, theme, name, several=key == "history")
            for (key, model), name in zip(self._models.items(), names, strict=True)
        }
        for key in ("profile", "related"):  # in their own order
            self.tables[key].setSortingEnabled(False)
            self.tables[key].horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self._soon = QTimer(self, singleShot=True, interval=_SOON)
        self._soon.timeout.connect(lambda: self._wanted())
        self._lay_out()
        self._connect()
        self.forget()

    def show_one(self, source: DataSource, directory: Directory, key: str, at: datetime | None) -> None:
        """Looks somebody up in the directory of a data source, soon."""
        self._let_go()
        self._wanted = lambda: self._look_up(source, directory, key, at)
        self._soon.start()

    def forget(self, said: str = "") -> None:
        """Nobody is chosen; `said` says why, where that is not plain."""
        self._let_go()
        self.known = None
        one = "person" if self._kind is Kind.USERS else "group"
        self.name.setText(said or f"Choose a {one}")
        self.note.setText("")
        for model in (self.profile, self.related, self.history):
            model.set_rows([])
        if self.owners:
            self.owners.forget()
        self._tell_restorings()
        self.use_button.setEnabled(False)

    # --- inside ---------------------------------------------------------------------------------------------

    def _let_go(self) -> None:
        self._soon.stop()
        if self._task:
            self._task.abandon()
            self._task = None

    def _look_up(self, source: DataSource, directory: Directory, key: str, at: datetime | None) -> None:
        kind = self._kind

        def done(known: Known | None) -> None:
            self._task = None
            if known:
                self._show(known)
                if self.owners:
                    self.owners.show_group(source, known.person.row, known.owners, past=at is not None)
            else:
                self.forget("Not in the directory at that time")

        self._task = self._context.tasks.run(
            "Looking somebody up",
            lambda stop, tell: look_up(directory, kind, key, at),
            done,
            self._failed,
            owner=self,
            quiet=True,
        )

    def _failed(self, problem: Problem) -> None:
        self._task = None
        self.forget(problem.title)

    def _show(self, known: Known) -> None:
        row = known.person.row
        self.known = known
        self.name.setText(str(row.get("displayName") or row.get("userPrincipalName") or row["id"]))
        note = row.get("userPrincipalName") if self._kind is Kind.USERS else kind_of(row)
        self.note.setText(str(note or ""))
        for table in self.tables.values():
            table.forget()
        self._tell_profile(known.owners)
        self.related.set_rows(known.related)
        self.history.set_rows(known.history)
        for table in self.tables.values():
            table.choose_first()
        name = "Groups" if self._kind is Kind.USERS else "Members"
        self.tabs.setTabText(1, f"{name} ({known.total:,})")
        self.tabs.setTabText(self.tabs.count() - 1, f"History ({len(known.history):,})")
        self.use_button.setEnabled(True)
        self._tell_restorings()

    def _tell_profile(self, owners: Owners | None) -> None:
        if self.known:
            now = self._context.app.clock()
            self.profile.set_rows(lines(self._kind, self.known.person, owners, now))

    def restorings(self) -> list[Restoring]:
        """What can be planned back: of a group at a past moment its members, else what is chosen in its history."""
        if self.known and self.known.back:
            return list(self.known.back)
        return restorings(self.tables["history"].selected()) if self.known else []

    def _tell_restorings(self) -> None:
        found = self.restorings()
        menu = self.restore_button.menu()
        menu.clear()
        for each in found:
            menu.addAction(each.words).triggered.connect(lambda _=False, each=each: self.restored.emit(each))
        self.restore_button.setEnabled(bool(found))
        reason = "A membership or a licence under History, or a group as it was, can be planned back."
        self.restore_button.setToolTip("" if found else reason)
        self.restore_button.setAccessibleDescription("" if found else reason)

    def _open_related(self, member: Member) -> None:
        if member.row is not None:
            kind = Kind.GROUPS if member.type == "group" else Kind.USERS
            self.opened.emit(kind, member.id)

    def _open_line(self, difference: Difference) -> None:
        """A membership leads to the group, or to who was in it."""
        if difference.kind != "members" or self.known is None:
            return
        if self._kind is Kind.USERS:
            self.opened.emit(Kind.GROUPS, difference.group)
        else:
            self.opened.emit(Kind.USERS, difference.id)

    def _lay_out(self) -> None:
        theme = self._context.theme
        for name, title, text in (
            ("profile", "&Profile", "What is known of who is chosen."),
            ("related", "Groups" if self._kind is Kind.USERS else "Members", ""),
            ("history", "History", "What imports saw change since the first one."),
        ):
            empty = Empty(theme, "info", "Nothing", text)
            if name == "history" and self.owners:
                self.tabs.addTab(self.owners, "Owners")
            self.tabs.addTab(TableArea(self.tables[name], self._models[name], empty, theme), title)
        self.tabs.setTabText(0, "Profile")
        self.use_button.setObjectName("details-use")
        self.restore_button.setObjectName("details-restore")
        Pictured(theme, self.use_button, "play")
        Pictured(theme, self.restore_button, "undo")
        self.restore_button.setMenu(QMenu(self.restore_button))
        menu = QMenu(self.use_button)
        for operation in OPERATIONS.values():
            if operation.writes and any(each.kind is FIELD[self._kind] for each in operation.fields):
                action = QAction(f"{caption(operation.title)}…", self)
                action.triggered.connect(lambda _=False, key=operation.key: self.used.emit(key))
                menu.addAction(action)
        self.use_button.setMenu(menu)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.use_button)
        buttons.addWidget(self.restore_button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(8)
        for part in (self.name, self.note):
            column.addWidget(part)
        column.addLayout(buttons)
        column.addWidget(self.tabs, 1)

    def _connect(self) -> None:
        self.tables["related"].opened.connect(self._open_related)
        self.tables["history"].opened.connect(self._open_line)
        if owners := self.owners:
            owners.opened.connect(self._open_related)
            owners.refused.connect(self.refused)
            owners.changed.connect(lambda: self._tell_profile(owners.owners))
        self.tables["history"].selectionModel().selectionChanged.connect(lambda *_: self._tell_restorings())


# --- what is known, in lines -------------------------------------------------------------------------------------


def lines(kind: Kind, person: Person, owners: Owners | None, now: datetime) -> list[Line]:
    """A profile: what has a value, the owners of a group, origin and how old it is."""
    row = person.row
    made = []
    for key, column in words.columns(kind).items():
        if said := words.text(column, row):
            warns = key == "accountEnabled" and row.get("accountEnabled") is False
            made.append(Line(column.title, said, warns))
    if kind is Kind.GROUPS:
        refused = refused_kind(row, ())
        can = refused.with_(title="No").sentence() if refused else "Yes"
        made.append(Line("Members can be changed here", can, bool(refused)))
        made.append(Line("Owners", owning.line(row, owners, now)))
    synced = row.get("onPremisesSyncEnabled")
    made.append(Line("Origin", "Active Directory, synchronised" if synced else "Made in the cloud"))
    since = wording.moment(person.since) if person.since else "the first import, or before"
    made.append(Line("In the directory since", since))
    if person.touched:
        made.append(Line("Last changed", wording.moment(person.touched)))
    made.append(Line("Last seen", f"{wording.moment(person.seen)}, {wording.age(person.seen, now)}"))
    return made


_PROFILE = (
    Column(key="what", title="What", text=lambda line: line.what, sort=lambda line: 0, width=150),
    Column(
        key="value", title="Value", text=lambda line: line.value, sort=lambda line: 0, width=240, grows=True,
        wraps=True, icon=lambda line: ("warning", "warn") if line.warns else None,
    ),
)  # fmt: skip


def _named(title: str) -> Column:
    """Somebody or something that is named: a group, a member, an owner."""

    def note(each: Any) -> str:
        row = each.row or {}
        said = kind_of(row) if each.type == "group" and each.row else row.get("userPrincipalName")
        return str(said or f"{_TYPES.get(each.type, each.type)}, not in the directory")

    return Column(key="name", title=title, text=lambda each: each.name, note=note, width=260, grows=True, link=True)


def _history(key: Kind) -> tuple[Column, ...]:
    def how(each: Difference) -> str:
        if key is Kind.GROUPS and each.kind == "members":
            return each.name
        return words.how(each)

    return (
        Column(
            key="at",
            title="As of",
            text=lambda each: wording.in_table(each.at) if each.at else "",
            sort=lambda each: each.at,
            width=150,
        ),
        Column(
            key="what",
            title="What",
            text=lambda each: words.what(each) if key is Kind.USERS else _of_group(each),
            note=how,
            width=160,  # so that both are in sight, without a bar to scroll them
            grows=True,
        ),
    )


def _of_group(each: Difference) -> str:
    if each.kind != "members":
        return words.what(each)
    return "joined" if each.what == "added" else "left"
