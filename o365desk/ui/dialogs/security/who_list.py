"""A list of users and groups that the settings name: searched for in the tenant or typed, and taken out again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
)

from o365desk.model.access.security import Who, WhoKind
from o365desk.model.datasource import is_guid
from o365desk.model.fields import Kind
from o365desk.model.text import letters
from o365desk.model.text.shown import shown
from o365desk.services.directory.suggestions import Suggestion
from o365desk.ui.fields.asking import Ask
from o365desk.ui.fields.pickers import Suggestions
from o365desk.ui.table.copying import copies_disarmed
from o365desk.ui.widgets.icons import icon_button
from o365desk.ui.widgets.labels import Label, text_label
from o365desk.ui.widgets.theme import Theme

_WHO = Qt.ItemDataRole.UserRole
_LINES = 4
"""Of the list; more are scrolled to."""
_KINDS = {WhoKind.USER: ("User", Kind.USER, "user"), WhoKind.GROUP: ("Group", Kind.GROUP, "users")}
"""How each is called, searched for and pictured."""

Key = tuple[str, str, str]


@dataclass(frozen=True)
class WhoStanding:
    """What the tenant last said of somebody, in words; `level` is the colour role of it."""

    text: str
    level: str = "dim"


def key_of(who: Who) -> Key:
    """What tells one from another: not the name, which is only shown."""
    return who.kind.value, who.id.lower(), who.address.lower()


class WhoList(QFrame):
    """See the module. `empty` says what it means that nobody is named. `changed` follows when somebody was added or
    taken out."""

    changed = Signal()

    def __init__(self, theme: Theme, name: str, title: str, hint: str, empty: str) -> None:
        super().__init__()
        self._theme, self._hint = theme, hint
        self._locked = False
        self._known: Mapping[Key, WhoStanding] = {}
        self.who: tuple[Who, ...] = ()
        self.setProperty("role", "card")
        self.setObjectName(f"who-{name}")
        self._title = Label(title)
        self._title.setProperty("role", "section")
        plain = title.replace("&", "")
        self.setAccessibleName(plain)
        self.kinds = QComboBox()
        self.kinds.setAccessibleName(f"{plain}: user or group")
        for kind, (text, _, _) in _KINDS.items():
            self.kinds.addItem(text, kind.value)
        self.line = _Line()
        self.line.setObjectName(f"who-{name}-line")
        self.line.setAccessibleName(f"{plain}: search, or type an address")
        self._title.setBuddy(self.line)
        self.suggestions = Suggestions(self.line, Kind.USER, theme, plain)
        self.add_button = QPushButton("Add")
        self.add_button.setObjectName(f"who-{name}-add")
        self.add_button.setAccessibleName(f"Add to {plain}")
        self.list = _List(plain)
        self.list.setObjectName(f"who-{name}-list")
        self.remove_button = icon_button(theme, "bin", f"Take the chosen one out of {plain} (Del)")
        self.remove_button.setObjectName(f"who-{name}-remove")
        self._empty = text_label(empty, "dim")
        self._problem = text_label(role="bad")
        self._problem.setObjectName(f"who-{name}-problem")
        self._lay_out()
        self._connect()
        self._kind_chosen()
        self._show()

    # --- what is in it ----------------------------------------------------------------------------------------

    def put(self, who: Sequence[Who]) -> None:
        """Shows these."""
        self.who = tuple(who)
        self._show()

    def connect_to(self, make: Callable[[Callable[[], Kind]], Ask]) -> None:
        """Whom to ask while somebody types; `make` is given what says for which kind."""
        self.suggestions.ask = make(lambda: _KINDS[self._kind()][1])

    def show_known(self, known: Mapping[Key, WhoStanding]) -> None:
        """What the tenant last said of those who are named, as far as it said anything."""
        self._known = known
        for item in self._items():
            self._mark(item)

    def lock(self) -> None:
        """Shows, and lets nothing be changed."""
        self._locked = True
        for widget in (self.kinds, self.line, self.add_button, self.remove_button):
            widget.hide()

    def add(self, who: Who) -> None:
        """Names one more, once."""
        self._problem.hide()
        self.suggestions.close()
        self.line.clear()
        if key_of(who) not in map(key_of, self.who):
            self.put((*self.who, who))
            self.changed.emit()
        self.list.choose(key_of(who))

    def remove(self) -> None:
        """Takes the chosen one out."""
        chosen = self.list.chosen()
        if chosen is None or self._locked:
            return
        place = [key_of(who) for who in self.who].index(key_of(chosen))
        self.put((*self.who[:place], *self.who[place + 1 :]))
        self.changed.emit()
        if self.who:
            self.list.choose(key_of(self.who[min(place, len(self.who) - 1)]))
            self.list.setFocus()
        else:
            self.line.setFocus()

    # --- inside -----------------------------------------------------------------------------------------------

    def _typed(self) -> None:
        text = self.line.text().strip()
        if not text:
            return
        why = _unfit(self._kind(), text)
        self._problem.setText(why)
        self._problem.setVisible(bool(why))
        self.line.setAccessibleDescription(shown(why))
        if not why:
            of_graph = is_guid(text)
            self.add(Who(kind=self._kind(), id=text if of_graph else "", address="" if of_graph else text))

    def _picked(self, suggestion: Suggestion) -> None:
        extra = suggestion.extra
        address = extra.get("userPrincipalName") or extra.get("mail") or ""
        kind = self._kind()
        self.add(Who(kind=kind, id=suggestion.value, address=str(address), name=suggestion.title))

    def _kind(self) -> WhoKind:
        return WhoKind(self.kinds.currentData())

    def _kind_chosen(self) -> None:
        group = self._kind() is WhoKind.GROUP
        what = "a group, or type its mail address or ID" if group else "people, or type an address"
        self.line.setPlaceholderText(f"Search {what}")
        self.suggestions.close()

    def _show(self) -> None:
        self.list.clear()
        for who in self.who:
            _, _, icon = _KINDS[who.kind]
            item = QTreeWidgetItem([shown(who.name or who.address or who.id), shown(_second(who)), ""])
            item.setIcon(0, self._theme.icon(icon, "dim"))
            item.setData(0, _WHO, who)
            self._mark(item)
            self.list.addTopLevelItem(item)
        self.list.setVisible(bool(self.who))
        self.remove_button.setVisible(bool(self.who) and not self._locked)
        self._empty.setVisible(not self.who)
        self.list.fit()

    def _mark(self, item: QTreeWidgetItem) -> None:
        who = item.data(0, _WHO)
        standing = self._known.get(key_of(who), WhoStanding(""))
        item.setText(2, standing.text)
        gone = standing.level == "bad"
        item.setIcon(2, self._theme.icon("failed", "bad") if gone else QIcon())
        said = ", ".join(filter(None, (_KINDS[who.kind][0], who.shown, standing.text)))
        for column in range(3):
            item.setToolTip(column, shown(said))
            item.setData(column, Qt.ItemDataRole.AccessibleTextRole, shown(said))
            role = "bad" if gone else ("text", "dim", standing.level)[column]
            item.setForeground(column, self._theme.color(role))

    def _items(self) -> list[QTreeWidgetItem]:
        found = [self.list.topLevelItem(place) for place in range(self.list.topLevelItemCount())]
        return [item for item in found if item]

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.kinds)
        row.addWidget(self.line, 1)
        row.addWidget(self.add_button)
        below = QHBoxLayout()
        below.setSpacing(4)
        below.addWidget(self.list, 1)
        below.addWidget(self.remove_button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(self._title)
        column.addWidget(text_label(self._hint, "small"))
        column.addLayout(row)
        column.addWidget(self._problem)
        column.addLayout(below)
        column.addWidget(self._empty)
        self._problem.hide()

    def _connect(self) -> None:
        self.kinds.currentIndexChanged.connect(lambda _: self._kind_chosen())
        self.line.entered.connect(self._typed)
        self.line.textEdited.connect(lambda _: self._problem.hide())
        self.add_button.clicked.connect(self._typed)
        self.suggestions.chosen.connect(self._picked)
        self.list.taken_out.connect(self.remove)
        self.remove_button.clicked.connect(self.remove)
        self._theme.changed.connect(self._show)


class _Line(QLineEdit):
    """A line whose Enter adds what is typed, and is no press of the dialog's button."""

    entered = Signal()

    def __init__(self) -> None:
        super().__init__(clearButtonEnabled=True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers() and self.text().strip():
            self.entered.emit()
        else:
            super().keyPressEvent(event)


class _List(QTreeWidget):
    """Who is named: name, address, what the tenant says. Del takes the chosen one out."""

    taken_out = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(f"{name}: who is named")
        copies_disarmed(self)
        self.setColumnCount(3)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.header().setStretchLastSection(False)
        self.header().setMinimumSectionSize(48)
        self.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.header().setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.header().setSectionResizeMode(2, QHeaderView.ResizeMode.ResizeToContents)

    def chosen(self) -> Who | None:
        """The current one."""
        item = self.currentItem()
        who = item.data(0, _WHO) if item else None
        return who if isinstance(who, Who) else None

    def choose(self, key: Key) -> None:
        """Makes one the current one."""
        for place in range(self.topLevelItemCount()):
            item = self.topLevelItem(place)
            if item and key_of(item.data(0, _WHO)) == key:
                self.setCurrentItem(item)

    def fit(self) -> None:
        """As high as what is in it, up to a few lines."""
        line = self.fontMetrics().height() + 10
        self.setIconSize(QSize(line - 10, line - 10))
        for place in range(self.topLevelItemCount()):
            item = self.topLevelItem(place)
            if item:
                item.setSizeHint(0, QSize(0, line))
        self.setFixedHeight(line * max(1, min(_LINES, self.topLevelItemCount())) + 2)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete and not event.modifiers():
            self.taken_out.emit()
        else:
            super().keyPressEvent(event)


def _second(who: Who) -> str:
    """What stands beside the name: the address, or the ID."""
    return (who.address or who.id) if who.name else (who.id if who.address else "")


def _unfit(kind: WhoKind, text: str) -> str:
    """Why what is typed names nobody for certain; "" where it does."""
    title, remedy = letters.told(text)
    if title:
        return f"{title}. {remedy}".strip()
    if shown(text) != text:
        return "It holds a character that cannot be seen: type it anew."
    if any(letter.isspace() for letter in text):
        return "That is a name: choose from the search, or type the whole address."
    if kind is WhoKind.GROUP and "@" not in text and not is_guid(text):
        return "A group is named by its mail address or its ID: choose from the search, or paste one of them."
    return ""
