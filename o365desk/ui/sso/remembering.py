"""The card of *Remember me*: whether it is checked when somebody signs in, and for how long it holds."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFrame, QHBoxLayout, QSpinBox, QVBoxLayout

from o365desk.model.access.single_sign_on import MOST_DAYS, SingleSignOn
from o365desk.model.text.shown import shown
from o365desk.ui.widgets.labels import Label, text_label

_WHAT = (
    "Whoever is remembered need not sign in again on this computer. Microsoft is asked once an hour whether their "
    "account still may: it ends when the account is disabled or its sign-ins are revoked."
)


class RememberCard(QFrame):
    """See the module. `days_chosen` carries the number of days."""

    days_chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.setObjectName("remembering")
        self._days = 0
        self.box = QCheckBox("Default “Re&member me”")
        self.box.setObjectName("box-remember")
        self.days = QSpinBox(minimum=1, maximum=MOST_DAYS, suffix=" days")
        self.days.setObjectName("remember-days")
        self.days.setAccessibleName("Remembered for so many days")
        self.days.editingFinished.connect(self._edited)
        label = Label("Remembered &for")
        label.setBuddy(self.days)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(label)
        row.addWidget(self.days)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(self.box, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(text_label(_WHAT, "small"))
        column.addLayout(row)

    def show_settings(self, settings: SingleSignOn) -> None:
        """Shows them."""
        self._days = settings.remember_days
        self.box.setChecked(settings.remember_me)
        if not self.days.hasFocus() or self.days.value() == self._days:
            self.days.setValue(self._days)

    def lock(self, why: str) -> None:
        """Shows, and lets nothing be changed; on again with ""."""
        for widget in (self.box, self.days):
            widget.setEnabled(not why)
            widget.setToolTip(shown(why))

    def _edited(self) -> None:
        if self.days.value() != self._days:
            self.days_chosen.emit(self.days.value())
