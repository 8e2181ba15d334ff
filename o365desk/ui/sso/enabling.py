"""The card that enables single sign-on: the box, the provider, and the data source through which people sign in."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from o365desk.model.access.single_sign_on import SingleSignOn
from o365desk.model.datasource import DataSource
from o365desk.model.text.shown import shown
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import Label, text_label
from o365desk.ui.widgets.theme import Theme

_WHAT = (
    "People may sign in to this workspace with their Office 365 account; their role follows from it. Until Auto "
    "redirect is on, the account of each computer works as well."
)
_NONE = (
    "No data source enables single sign-on. Open one, check “Enable Azure OpenID Connect Single-Sign-On”, save it, "
    "and have its permissions consented to."
)


class EnablingCard(QFrame):
    """See the module. `enabled` carries what the box is to be, `chosen` the id of the data source that is to be the
    connector."""

    enabled = Signal(bool)
    chosen = Signal(str)
    open_sources = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.setObjectName("enabling")
        self.box = QCheckBox("&Enable Single Sign-On")
        self.box.setObjectName("box-enable")
        self.combo = QComboBox()
        self.combo.setObjectName("connector")
        self.combo.setAccessibleName("Office 365 connector")
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.combo.setMinimumContentsLength(16)
        self.combo.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.combo.installEventFilter(self)
        self._none = text_label(_NONE, "warn")
        self._lead = QPushButton("Show the data &sources")
        self._lead.setObjectName("show-sources")
        self._lay_out(theme)
        self.box.clicked.connect(self.enabled)
        self.combo.activated.connect(lambda _: self.chosen.emit(self.connector()))
        self._lead.clicked.connect(self.open_sources)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The wheel turns the choice only while it has the focus: scrolling the page changes nothing."""
        if event.type() == QEvent.Type.Wheel and not self.combo.hasFocus():
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def connector(self) -> str:
        """The id of the data source that is chosen; "" for none."""
        return str(self.combo.currentData() or "")

    def show_settings(self, settings: SingleSignOn, sources: Sequence[DataSource], now: DataSource | None) -> None:
        """Shows what is set; `sources` are those that enable it, `now` the connector, if it is still there."""
        self.box.setChecked(settings.enabled)
        self.combo.clear()
        for source in sources:
            self.combo.addItem(shown(source.name), source.id)
        if settings.connector and self.combo.findData(settings.connector) < 0:
            gone = f"{now.name} (does not enable it any more)" if now else "(its data source is gone)"
            self.combo.insertItem(0, shown(gone), settings.connector)
        if settings.connector:
            self.combo.setCurrentIndex(self.combo.findData(settings.connector))
        elif len(sources) > 1:
            self.combo.insertItem(0, "Choose one", "")
            self.combo.setCurrentIndex(0)
        for widget in (self._none, self._lead):
            widget.setVisible(not sources)

    def lock(self, why: str) -> None:
        """Shows, and lets nothing be changed; on again with ""."""
        for widget in (self.box, self.combo):
            widget.setEnabled(not why)
            widget.setToolTip(shown(why))
        if not why and not self.combo.count():
            self.combo.setEnabled(False)
            self.combo.setToolTip(_NONE)

    def _lay_out(self, theme: Theme) -> None:
        provider = QWidget()
        fixed = QHBoxLayout(provider)
        fixed.setContentsMargins(0, 0, 0, 0)
        fixed.setSpacing(6)
        lock = Label()
        Pictured(theme, lock, "lock", "dim")
        for widget in (Label("Office 365"), lock, text_label("the only one", "small", wrap=False)):
            fixed.addWidget(widget)
        fixed.addStretch(1)
        provider.setToolTip("The provider is fixed.")
        connector = Label("&Office 365 connector")
        connector.setBuddy(self.combo)
        for label in (connector, name := Label("Provider")):
            label.setMinimumHeight(self.combo.sizeHint().height())
        form = QFormLayout()
        form.setSpacing(8)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(name, provider)
        form.addRow(connector, self.combo)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        column.addWidget(self.box, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(text_label(_WHAT, "small"))
        column.addLayout(form)
        column.addWidget(self._none)
        column.addWidget(self._lead, 0, Qt.AlignmentFlag.AlignLeft)
