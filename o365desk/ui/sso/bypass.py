"""The card of the SSO bypass group: accounts of the operating system that get in without signing in."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from o365desk.model.access.people import same_address
from o365desk.model.access.single_sign_on import Bypass
from o365desk.model.text import wording
from o365desk.ui.dialogs.people.entries import Entries
from o365desk.ui.rights import show_refusal
from o365desk.ui.widgets.flow import FlowLayout
from o365desk.ui.widgets.icons import icon_button
from o365desk.ui.widgets.labels import Label, caption, text_label
from o365desk.ui.widgets.theme import Theme

_WHAT = (
    "Accounts of the operating system that get in without signing in while Auto redirect is on. One must have been "
    "here before it can be switched on; best another one, on another computer."
)
_NEVER = "not yet: open this workspace with it once"


class BypassCard(QFrame):
    """See the module. `wanted` carries all accounts that are to be in the group."""

    wanted = Signal(tuple)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.setObjectName("bypass")
        self._accounts: tuple[str, ...] = ()
        self._me = ""
        self.list = Entries(theme, "SSO bypass group", "user", ("Account", "Has been here"))
        self.list.setObjectName("bypass-list")
        self._none = text_label("Nobody yet.", "dim")
        self.line = QLineEdit(placeholderText="Account of the operating system", clearButtonEnabled=True)
        self.line.setObjectName("bypass-account")
        self.line.setAccessibleName("Account that is added to the SSO bypass group")
        self.add = _button("bypass-add", "A&dd the account")
        self.add_me = _button("bypass-add-me", "")
        self.bin = icon_button(theme, "bin", "Take the chosen account out (Del)")
        self.bin.setObjectName("bypass-bin")
        self._lay_out()
        self.list.taken_out.connect(self._take)
        self.bin.clicked.connect(lambda: self._take(self.list.current()))
        self.add.clicked.connect(lambda: self._put(self.line.text().strip()))
        self.add_me.clicked.connect(lambda: self._put(self._me))

    def show_group(self, group: tuple[Bypass, ...], me: str) -> None:
        """Shows who is in it; `me` is the account of whoever looks."""
        self._accounts, self._me = tuple(each.account for each in group), me
        self.list.put([(each.account, (each.account, _seen(each))) for each in group])
        self._none.setVisible(not group)
        self.bin.setVisible(bool(group))
        self.add_me.setText(f"Add &this account ({caption(me)})")
        self.add_me.setVisible(not any(same_address(each) == same_address(me) for each in self._accounts))

    def lock(self, why: str) -> None:
        """Shows, and lets nothing be changed; on again with ""."""
        self.line.setEnabled(not why)
        for button, tip in ((self.add, ""), (self.add_me, ""), (self.bin, "Take the chosen account out (Del)")):
            show_refusal(button, why, tip)

    def _put(self, account: str) -> None:
        if account:
            self.wanted.emit((*self._accounts, account))

    def _take(self, account: str) -> None:
        if account and self.add.isEnabled():
            self.wanted.emit(tuple(each for each in self._accounts if each != account))

    def _lay_out(self) -> None:
        heading = Label("SSO &bypass group")
        heading.setProperty("role", "section")
        heading.setBuddy(self.line)
        listed = QHBoxLayout()
        listed.setSpacing(4)
        listed.addWidget(self.list, 1)
        listed.addWidget(self.bin, 0, Qt.AlignmentFlag.AlignTop)
        tools = QWidget()
        flow = FlowLayout(tools)
        flow.addWidget(self.add)
        flow.addWidget(self.add_me)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        for widget in (heading, text_label(_WHAT, "small"), self._none):
            column.addWidget(widget)
        column.addLayout(listed)
        column.addWidget(self.line)
        column.addWidget(tools)


def _seen(each: Bypass) -> str:
    return wording.moment(each.seen) if each.seen else _NEVER


def _button(name: str, text: str) -> QPushButton:
    button = QPushButton(text)
    button.setObjectName(name)
    return button
