"""The card of roles: who has which, giving one, and taking it away."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from o365desk.model.access.people import People, Person, Role
from o365desk.model.access.security import WhoKind
from o365desk.ui.dialogs.people.entries import Entries
from o365desk.ui.widgets.flow import FlowLayout
from o365desk.ui.widgets.icons import icon_button
from o365desk.ui.widgets.labels import Label, text_label
from o365desk.ui.widgets.theme import Theme

_FIRST = (
    "Nobody has a role yet: whoever opens this workspace is its Administrator. The first role that you give makes "
    "you Administrator too."
)
_WHAT = (
    "Administrator: everything, and these roles. Manage datasources: adds and changes data sources, where their "
    "Connection administrators do not say otherwise. User: queries. Whoever has no role is a User."
)


class RolesCard(QFrame):
    """See the module. `given` carries address, Role and whether it is a group; `taken` address and whether it is a
    group."""

    given = Signal(str, str, bool)
    taken = Signal(str, bool)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.setObjectName("roles")
        self._people: tuple[Person, ...] = ()
        self.list = Entries(theme, "Who has which role", "user", ("Who", "User or group", "Role"))
        self.list.setObjectName("roles-list")
        self._none = text_label(_FIRST, "dim")
        self.line = QLineEdit(placeholderText="UPN, mail address or account", clearButtonEnabled=True)
        self.line.setObjectName("roles-address")
        self.line.setAccessibleName("Address of who is given a role")
        self.kinds = _choice("User or group", [("User", WhoKind.USER.value), ("Group", WhoKind.GROUP.value)])
        self.roles = _choice("Role", [(role.value, role.value) for role in Role])
        self.roles.setCurrentIndex(self.roles.findData(Role.USER.value))  # the least that can be given by mistake
        self.give = QPushButton("&Give the role")
        self.give.setObjectName("roles-give")
        self.bin = icon_button(theme, "bin", "Take the role away from the chosen one (Del)")
        self.bin.setObjectName("roles-bin")
        self._lay_out()
        self.list.chosen.connect(self._choose)
        self.list.taken_out.connect(self._take)
        self.bin.clicked.connect(lambda: self._take(self.list.current()))
        self.give.clicked.connect(self._give)

    def show_people(self, people: People) -> None:
        """Shows who has which role."""
        self._people = people.persons
        groups = {each.address: "users" for each in people.persons if each.kind is WhoKind.GROUP}
        self.list.put([(each.address, _texts(each)) for each in people.persons], groups)
        self._none.setVisible(not people.persons)
        self.bin.setEnabled(bool(people.persons))

    def lock(self, why: str) -> None:
        """Shows, and lets nothing be changed; on again with ""."""
        for widget in (self.line, self.kinds, self.roles, self.give, self.bin):
            widget.setEnabled(not why)

    def _choose(self, address: str) -> None:
        person = next((each for each in self._people if each.address == address), None)
        if person:
            self.line.setText(person.address)
            self.kinds.setCurrentIndex(self.kinds.findData(person.kind.value))
            self.roles.setCurrentIndex(self.roles.findData(person.role.value))

    def _give(self) -> None:
        group = self.kinds.currentData() == WhoKind.GROUP.value
        self.given.emit(self.line.text().strip(), str(self.roles.currentData()), group)

    def _take(self, address: str) -> None:
        person = next((each for each in self._people if each.address == address), None)
        if person and self.give.isEnabled():
            self.taken.emit(person.address, person.kind is WhoKind.GROUP)

    def _lay_out(self) -> None:
        heading = Label("R&oles")
        heading.setProperty("role", "section")
        heading.setBuddy(self.line)
        tools = QWidget()
        flow = FlowLayout(tools)
        role = Label("Role")
        role.setBuddy(self.roles)
        for widget in (self.kinds, role, self.roles, self.give):
            flow.addWidget(widget)
        listed = QHBoxLayout()
        listed.setSpacing(4)
        listed.addWidget(self.list, 1)
        listed.addWidget(self.bin, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(heading)
        column.addWidget(text_label(_WHAT, "small"))
        column.addWidget(self._none)
        column.addLayout(listed)
        column.addWidget(self.line)
        column.addWidget(tools)


def _choice(name: str, items: list[tuple[str, str]]) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    for text, value in items:
        box.addItem(text, value)
    return box


def _texts(person: Person) -> tuple[str, str, str]:
    name = f"{person.name} ({person.address})" if person.name else person.address
    return name, person.kind.value.capitalize(), person.role.value
