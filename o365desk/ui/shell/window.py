"""The window: navigation, menus, the page in sight with its title above, notices and the status bar below."""

import contextlib
from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QByteArray, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QFont, QFontMetrics, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QBoxLayout,
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from o365desk.app import App
from o365desk.model.access.security import Deed
from o365desk.model.datasource import DataSource
from o365desk.model.problems import ProblemError
from o365desk.model.text.shown import shown
from o365desk.practice_process import Practice
from o365desk.ui.commands import Menus, plain
from o365desk.ui.context import CommandKey, Commands, Context, MayNot, Page
from o365desk.ui.destinations import Destination, ToAddNew, ToConnector, ToLifetimes, ToSchedules, ToSources
from o365desk.ui.due_tasks import DueTasks
from o365desk.ui.rights import refusal
from o365desk.ui.shell.frame import Frame
from o365desk.ui.shell.leaving import Leaving
from o365desk.ui.shell.places import PLACES, Place
from o365desk.ui.shell.statusbar import StatusBar
from o365desk.ui.tasks import Tasks
from o365desk.ui.widgets.labels import ElidedLabel, Label, text_label
from o365desk.ui.widgets.notices import NoticeBar, Notices
from o365desk.ui.widgets.room import room_around
from o365desk.ui.widgets.stack import Stack
from o365desk.ui.widgets.theme import Theme

_REMEMBERED = "window"


class Window(Frame):
    """See the module. `go` shows a page. `way_back`: whoever works here came in by that. `left` follows when it
    closes because somebody else is to work, or nobody any more: it says why, and which Problem ended a sign-in."""

    left = Signal(object, object)

    def __init__(self, app: App, tasks: Tasks, theme: Theme, *, way_back: bool = False) -> None:
        super().__init__()
        self.app, self.tasks, self.theme = app, tasks, theme
        self.notices = Notices(app.state, self)
        self.due = DueTasks(app, tasks, self.notices, self)
        self.due.go = lambda: self.go(ToSchedules())
        self.context = Context(app, tasks, theme, self.notices, self.go, self.due)
        self._pages: dict[type[Destination], Page[Any]] = {}
        self._where: type[Destination] | None = None
        self._closing = False
        self.seat = Leaving(self, way_back=way_back)
        self.header = PageHeader(self.go)
        self.navigation = Navigation(self.go)
        self.status = StatusBar(app, tasks, theme)
        self._stack = Stack()
        self._lay_out()
        self.menus = Menus(self.menuBar(), self._commands(), theme)
        self._fill_view_menu()
        QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self._escape).setAutoRepeat(False)
        theme.changed.connect(self._recolour)
        tasks.running_changed.connect(self._running_changed)
        app.people.subscribe(lambda changed: tasks.on_main(self, self._people_changed))
        self._recolour()
        self._running_changed()
        self.seat.follow()
        self._restore_place()
        if app.practice and app.practice.ready:
            self._practice_ready(app.practice)

    def page(self, where: type[Destination]) -> Page[Any]:
        """The page that a destination leads to, made on the first visit."""
        if where not in self._pages:
            page = self._pages[where] = PLACES[where].make(self.context)
            page.title_changed.connect(lambda: self._title_changed(where))
            self._stack.addWidget(page)
            self.header.adopt(page.beside_title)
            if page.foot:
                self._column.addWidget(page.foot)
                page.foot.hide()
        return self._pages[where]

    def go(self, to: Destination) -> bool:
        """Shows a page, if the present one lets go. Returns whether it did."""
        where = type(to)
        other = where is not self._where or to.asks
        if self._where and other and not self._pages[self._where].may_leave():
            self.navigation.mark(self._where)
            return False
        page = self.page(where)
        self._where = where
        self.navigation.mark(where)
        page.activated(to)
        self._stack.setCurrentWidget(page)
        for each in self._pages.values():
            if each.foot:
                each.foot.setVisible(each is page)
        self._title_changed(where)
        return True

    def source(self) -> DataSource | None:
        """The data source in sight."""
        return self._pages[self._where].source() if self._where else None

    def open_source(self, key: str) -> None:
        """Opens a data source by id, name or file name; says so if there is none."""
        self.tasks.run(
            "Opening the data source",
            lambda stop, tell: self.app.workspace.get(key).source.id,
            lambda source_id: self._open(source_id),
            self.notices.problem,
            owner=self,
        )

    def _open(self, source_id: str) -> None:
        self.go(ToConnector(source_id=source_id))

    def start_practice(self) -> None:
        """Starts the practice tenant in a worker; its menu follows when it answers."""

        def ready(source: DataSource) -> None:
            if self.app.practice:
                self._practice_ready(self.app.practice)
            opened = self._untouched() and self.go(ToConnector(source_id=source.id))
            what = "press Test connection" if opened else f"open “{source.name}” and test it"
            self.notices.say("good", f"The practice tenant is ready: {what}", "", source.id)

        self.tasks.run(
            "Starting the practice tenant",
            lambda stop, tell: self.app.start_practice(),
            ready,
            self.notices.problem,
            owner=self,
        )

    def _untouched(self) -> bool:
        """Whether the person has done nothing yet but look at the first page."""
        busy = QApplication.activeModalWidget() or QApplication.activePopupWidget()
        return list(self._pages) == [ToSources] and not self._pages[ToSources].touched() and not busy

    def _practice_ready(self, practice: Practice) -> None:
        from o365desk.ui.shell.practice_menu import PracticeMenu

        menu = self.menus.menus["practice"]
        menu.menuAction().setVisible(True)
        self._practice_menu = PracticeMenu(menu, practice, self.context, self._open_client)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Asks the pages, then stops all work and remembers the window's place."""
        asked = [page for where, page in self._pages.items() if where is self._where or page.dirty()]
        if not (all(page.may_leave() for page in asked) and self._may_stop_writing()):
            event.ignore()
            if not self._closing:
                self.seat.stays()
            return
        self.tasks.shut_down()
        with contextlib.suppress(ProblemError):
            self.app.state.remember(_REMEMBERED, bytes(self.saveGeometry().data()))
        event.accept()
        if self.seat.why:
            self.left.emit(self.seat.why, self.seat.problem)

    def _may_stop_writing(self) -> bool:
        """Whether the window may close over runs that go on; asks. After a gentle cancel it closes by itself when
        they have ended; asked for once more, at once."""
        if not self.tasks.writing() or self._closing:
            return True
        from o365desk.ui.dialogs.confirm import Closing, ClosingDialog

        choice = ClosingDialog(self.theme, self.tasks, self).ask()
        if choice is Closing.GENTLY:
            self._closing = True
            for task in self.tasks.writing():
                if not task.ending:
                    task.cancel()
        return choice is Closing.NOW

    # --- parts --------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        area = QWidget()
        area.setObjectName("page")
        column = self._column = QVBoxLayout(area)
        column.setContentsMargins(24, 12, 24, 12)
        column.setSpacing(8)
        column.addWidget(self.header)
        column.addSpacing(4)
        column.addWidget(self.seat.place)
        column.addWidget(self._stack, 1)
        column.addWidget(NoticeBar(self.theme, self.notices, self.go))
        whole = QWidget()
        row = QHBoxLayout(whole)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.navigation)
        row.addWidget(area, 1)
        self.setCentralWidget(whole)
        self.setStatusBar(self.status)
        self.setMinimumSize(720, 480)
        self.resize(1240, 800)

    def _commands(self) -> Commands:
        helped = (
            CommandKey.HELP,
            CommandKey.SHORTCUTS,
            CommandKey.EXPLAIN,
            CommandKey.OPEN_LOG,
            CommandKey.DIAGNOSTICS,
            CommandKey.ABOUT,
        )
        return {
            CommandKey.NEW: lambda: self.go(ToAddNew()),
            CommandKey.QUIT: self.close,
            CommandKey.PALETTE: self._show_palette,
            CommandKey.CANCEL: self.status.cancel_newest,
            CommandKey.SETTINGS: self._show_settings,
            CommandKey.PEOPLE: self._show_people,
            CommandKey.LIFETIMES: lambda: self.go(ToLifetimes()),
            CommandKey.NEW_TASK: self._new_task,
            **self.seat.commands(),
            **{key: partial(self._help, key) for key in helped},
        }

    def _show_settings(self) -> None:
        from o365desk.ui.pages.settings import SettingsDialog

        SettingsDialog(self.theme, self.app.settings, self).exec()

    def _show_people(self) -> None:
        from o365desk.ui.dialogs.people.roles_and_partners import RolesDialog

        dialog = RolesDialog(self.context, self)
        dialog.exec()
        dialog.deleteLater()

    def _new_task(self) -> None:
        from o365desk.ui.dialogs.schedules.opening import add_task

        add_task(self.context, self, lambda: self.go(ToSchedules()))

    def _people_changed(self) -> None:
        """What may be done is another for the page in sight; the others are told when they are shown."""
        self.seat.follow()
        if self._where:
            self._pages[self._where].rights_changed()

    def _show_palette(self) -> None:
        from o365desk.ui.shell.palette import show_palette

        show_palette(self)

    def _help(self, key: str) -> None:
        from o365desk.ui.shell.help import help_on

        if self._where:
            help_on(key, self, self._pages[self._where])

    def _fill_view_menu(self) -> None:
        for number, (where, place) in enumerate(_in_navigation(), 1):
            action = self.menus.menus["view"].addAction(place.text)
            action.setShortcut(QKeySequence(f"Alt+{number}"))
            action.setAutoRepeat(False)
            action.setProperty("icon_name", place.icon)
            action.setProperty("place", True)
            action.triggered.connect(lambda _=False, where=where: self.go(where()))

    def _title_changed(self, where: type[Destination]) -> None:
        if where is not self._where:
            return
        page = self._pages[where]
        crumbs = list(page.breadcrumb) or [page.title]
        self.header.show_page(page, crumbs)
        name = shown(crumbs[-1]).replace("[*]", "[*][*]")  # what Qt takes for the place of its mark
        self.setWindowTitle(f"{name}[*] — o365desk")
        self.setWindowModified(page.dirty())
        self.menus.show(page.commands(), page.extras())
        self.menus.enable(CommandKey.NEW, MayNot(refusal(self.app, None, Deed.ADD)))
        self.seat.tell_menus()
        self.status.show_source(page.source(), page.account())

    def _running_changed(self) -> None:
        self.menus.enable(CommandKey.CANCEL, "" if self.tasks.shown() else "Nothing is running.")
        if self._closing and not self.tasks.writing():
            QTimer.singleShot(0, self.close)

    def _escape(self) -> None:
        """Cancels what somebody asked for and still runs; else it is the page's. What writes is cancelled where it
        is in sight only: by its page."""
        reading = [task for task in self.tasks.shown() if not task.control]
        if reading:
            reading[-1].cancel()
        elif self._where:
            self._pages[self._where].escape()

    def _open_client(self) -> str:
        source = self.source()
        return source.client_id if source else ""

    def _recolour(self) -> None:
        self.navigation.recolour(self.theme)
        self.menus.forget_icons()

    def _restore_place(self) -> None:
        # Where the window was is worth no refusal to start.
        with contextlib.suppress(ProblemError):
            kept = self.app.state.remembered(_REMEMBERED)
            if kept and self.restoreGeometry(QByteArray(kept)):
                return
        self.resize(self.size().boundedTo(room_around(self).size()))


def _in_navigation() -> list[tuple[type[Destination], Place]]:
    return [(where, place) for where, place in PLACES.items() if place.icon]


class _Entry(QPushButton):
    """An entry of the navigation: as wide as it is when it is marked, which is bolder."""

    def sizeHint(self) -> QSize:
        bold = QFont(self.font())
        bold.setWeight(QFont.Weight.DemiBold)
        more = QFontMetrics(bold).horizontalAdvance(self.text()) - self.fontMetrics().horizontalAdvance(self.text())
        return super().sizeHint() + QSize(max(0, more), 0)

    def minimumSizeHint(self) -> QSize:
        """Its text is never cut off."""
        return self.sizeHint()


class Navigation(QFrame):
    """The pages down the left side; arrow keys move, one is marked."""

    def __init__(self, go: Callable[[Destination], bool]) -> None:
        super().__init__()
        self.setObjectName("navigation")
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 16, 8, 16)
        column.setSpacing(4)
        column.addStrut(168)
        self._picture = Label()
        name = Label("o365desk")
        name.setProperty("role", "section")
        brand = QHBoxLayout()
        brand.setContentsMargins(12, 0, 12, 12)
        brand.setSpacing(8)
        brand.addWidget(self._picture)
        brand.addWidget(name, 1)
        column.addLayout(brand)
        self._group = QButtonGroup(self)
        self._buttons: dict[type[Destination], QPushButton] = {}
        for where, place in _in_navigation():
            button = _Entry(place.text)
            button.setCheckable(True)
            button.setProperty("role", "nav")
            button.setIconSize(QSize(20, 20))
            button.clicked.connect(lambda _=False, where=where: go(where()))
            self._group.addButton(button)
            column.addWidget(button)
            self._buttons[where] = button
        column.addStretch(1)

    def mark(self, where: type[Destination]) -> None:
        """Marks the entry of the page in sight."""
        entry = PLACES[where].under or where
        if entry in self._buttons:
            self._buttons[entry].setChecked(True)

    def recolour(self, theme: Theme) -> None:
        """Draws the icons in the theme's colours."""
        self._picture.setPixmap(theme.app_icon().pixmap(QSize(20, 20), self.devicePixelRatio()))
        for where, place in _in_navigation():
            self._buttons[where].setIcon(theme.icon(place.icon, "text"))


class PageHeader(QWidget):
    """Breadcrumb, title, and what the page puts beside it: or below it, where there is no room."""

    def __init__(self, go: Callable[[Destination], bool]) -> None:
        super().__init__()
        self._go = go
        crumbs = QWidget()
        crumbs.setFixedHeight(max(20, crumbs.fontMetrics().height() + 4))
        self._crumbs = QHBoxLayout(crumbs)
        self._crumbs.setContentsMargins(0, 0, 0, 0)
        self._crumbs.setSpacing(4)
        self.title = ElidedLabel(role="title")
        self.title.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._beside: list[QWidget] = []
        self._shown: list[str] = []
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._row.addWidget(self.title)
        self._row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        column.addWidget(crumbs)
        column.addLayout(self._row)

    def adopt(self, beside: QWidget | None) -> None:
        """Takes in what a page shows beside its title."""
        if beside:
            self._beside.append(beside)
            beside.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)  # it gives way to the title
            self._row.insertWidget(self._row.count() - 1, beside, 1000)
            beside.hide()

    def show_page(self, page: Page[Any], crumbs: list[str]) -> None:
        """Shows a page's breadcrumb and title."""
        self.title.setText(page.title)
        for widget in self._beside:
            widget.setVisible(widget is page.beside_title)
        if crumbs == self._shown:
            self._fit()
            return
        self._shown = list(crumbs)
        while (item := self._crumbs.takeAt(0)) is not None:
            old = item.widget()
            if old:
                old.hide()
                old.deleteLater()
        links = {place.text: where for where, place in PLACES.items() if place.text}
        for number, text in enumerate(crumbs):
            last = number == len(crumbs) - 1
            self._crumbs.addWidget(self._crumb(text, None if last else links.get(text)))
            if not last:
                self._crumbs.addWidget(text_label("›", "dim", wrap=False))
        self._crumbs.addStretch(1)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Side by side where the title is whole and some words beside it can be read, else one below the other."""
        beside = next((widget for widget in self._beside if not widget.isHidden()), None)
        some = min(beside.sizeHint().width(), self.fontMetrics().averageCharWidth() * 40) if beside else 0
        wide = self.title.sizeHint().width() + 16 + some <= self.width()
        direction = QBoxLayout.Direction
        self._row.setDirection(direction.LeftToRight if wide else direction.TopToBottom)
        self._row.setSpacing(16 if wide else 4)

    def _crumb(self, text: str, where: type[Destination] | None) -> QWidget:
        if where is None:
            return ElidedLabel(text, "dim")
        button = QPushButton(text)
        button.setProperty("role", "crumb")
        button.setAccessibleName(f"Go to {plain(text)}")
        button.clicked.connect(lambda: self._go(where()))
        return button
