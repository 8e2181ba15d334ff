"""The card of partners: which companies, whom they are known by, and their main contacts."""

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QFormLayout, QFrame, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from o365desk.model.access.people import Partner, People
from o365desk.ui.dialogs.people.entries import Entries
from o365desk.ui.widgets.flow import FlowLayout
from o365desk.ui.widgets.icons import icon_button
from o365desk.ui.widgets.labels import Label, text_label
from o365desk.ui.widgets.theme import Theme

_FIELDS = (
    ("company", "Co&mpany", "Fabrikam"),
    ("contact_name", "Main contact &name", ""),
    ("contact_email", "Main contact &email", ""),
    ("users", "&Users", "Addresses, between semicolons"),
    ("domains", "&Domains", "fabrikam.com; fabrikam.org"),
)


_WHAT = (
    "Companies whose people may query where Enable B2B is on. They are known by their domains, or one by one; "
    "conditions may compare with what is entered here."
)


class PartnersCard(QFrame):
    """See the module. `kept` carries a Partner, `taken` a company's name."""

    kept = Signal(object)
    taken = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.setObjectName("partners")
        self._partners: tuple[Partner, ...] = ()
        self.list = Entries(theme, "Partners", "users", ("Company", "Main contact", "Known by"))
        self.list.setObjectName("partners-list")
        self._none = text_label("No company is entered: only guests of a tenant count as external.", "dim")
        self.lines = {key: QLineEdit(placeholderText=hint) for key, _, hint in _FIELDS}
        self.keep, self.fresh = QPushButton("&Save the partner"), QPushButton("Ne&w partner")
        self.keep.setObjectName("partners-save")
        self.fresh.setObjectName("partners-new")
        self.bin = icon_button(theme, "bin", "Remove the chosen partner (Del)")
        self.bin.setObjectName("partners-bin")
        self._lay_out()
        self.list.chosen.connect(self._choose)
        self.list.taken_out.connect(self._take)
        self.bin.clicked.connect(lambda: self._take(self.list.current()))
        self.keep.clicked.connect(lambda: self.kept.emit(self.typed()))
        self.fresh.clicked.connect(self.clear)

    def typed(self) -> Partner:
        """The partner as it is typed."""
        text = {key: line.text().strip() for key, line in self.lines.items()}
        return Partner(
            company=text["company"],
            contact_name=text["contact_name"],
            contact_email=text["contact_email"],
            users=_several(text["users"]),
            domains=_several(text["domains"]),
        )

    def show_people(self, people: People) -> None:
        """Shows the partners."""
        self._partners = people.partners
        self.list.put([(each.company, _texts(each)) for each in people.partners])
        self._none.setVisible(not people.partners)
        self.bin.setEnabled(bool(people.partners))

    def clear(self) -> None:
        """Another partner is to be typed."""
        for line in self.lines.values():
            line.clear()
        self.list.clearSelection()
        self.list.setCurrentIndex(QModelIndex())
        self.lines["company"].setFocus()

    def lock(self, why: str) -> None:
        """Shows, and lets nothing be changed; on again with ""."""
        for widget in (*self.lines.values(), self.keep, self.fresh, self.bin):
            widget.setEnabled(not why)

    def _choose(self, company: str) -> None:
        partner = next((each for each in self._partners if each.company == company), None)
        if partner is None:
            return
        texts = {
            "company": partner.company,
            "contact_name": partner.contact_name,
            "contact_email": partner.contact_email,
            "users": "; ".join(partner.users),
            "domains": "; ".join(partner.domains),
        }
        for key, text in texts.items():
            self.lines[key].setText(text)
            self.lines[key].setCursorPosition(0)

    def _take(self, company: str) -> None:
        if company and self.keep.isEnabled():
            self.taken.emit(company)

    def _lay_out(self) -> None:
        heading = Label("Partners")
        heading.setProperty("role", "section")
        listed = QHBoxLayout()
        listed.setSpacing(4)
        listed.addWidget(self.list, 1)
        listed.addWidget(self.bin, 0, Qt.AlignmentFlag.AlignTop)
        form = QFormLayout()
        form.setSpacing(8)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for key, title, _ in _FIELDS:
            label = Label(title)
            label.setBuddy(self.lines[key])
            label.setMinimumHeight(self.lines[key].sizeHint().height())  # level with the text of its line
            self.lines[key].setObjectName(f"partner-{key}")
            self.lines[key].setAccessibleName(title.replace("&", ""))
            form.addRow(label, self.lines[key])
        tools = QWidget()
        flow = FlowLayout(tools)
        flow.addWidget(self.keep)
        flow.addWidget(self.fresh)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(heading)
        column.addWidget(text_label(_WHAT, "small"))
        column.addWidget(self._none)
        column.addLayout(listed)
        column.addLayout(form)
        column.addWidget(tools)


def _several(text: str) -> tuple[str, ...]:
    """Several texts between semicolons or commas."""
    return tuple(part.strip() for part in text.replace(",", ";").split(";") if part.strip())


def _texts(partner: Partner) -> tuple[str, str, str]:
    contact = f"{partner.contact_name} ({partner.contact_email})" if partner.contact_name else partner.contact_email
    return partner.company, contact, ", ".join((*partner.domains, *partner.users))
