"""**View as…**: what somebody would get from a data source, and which setting decides. Asking gives no rights."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from o365desk.model.datasource import DataSource
from o365desk.model.fields import Kind
from o365desk.model.problems import Problem
from o365desk.model.text.shown import shown
from o365desk.services.directory.suggestions import Suggestion
from o365desk.ui.context import Context
from o365desk.ui.dialogs.security import tenant
from o365desk.ui.dialogs.security.answer import AccessAnswer, AnswerView, answer
from o365desk.ui.dialogs.security.rows_seen import RowsSeen
from o365desk.ui.fields.pickers import Suggestions
from o365desk.ui.suggesting import asking
from o365desk.ui.tasks import Task
from o365desk.ui.widgets.banner import Banner
from o365desk.ui.widgets.icons import Pictured
from o365desk.ui.widgets.labels import Label, announce, text_label


class ViewAsDialog(QDialog):
    """See the module. `drafted`: the settings are not those that are saved."""

    def __init__(
        self, context: Context, source: DataSource, *, drafted: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("view-as")
        self.setWindowTitle("View as")
        self._context, self._source = context, source
        self._address = ""
        self._looking: Task | None = None
        self._asking: Task | None = None
        self.line = QLineEdit(clearButtonEnabled=True)
        self.line.setObjectName("view-as-line")
        me = context.app.access.operator.address
        self.line.setPlaceholderText(shown(f"Search, or type an address; empty: you, {me}"))
        self.line.setAccessibleName("As whom: search, or type an address")
        self.suggestions = Suggestions(self.line, Kind.USER, context.theme, "View as")
        self.suggestions.ask = asking(context, source, lambda: Kind.USER)
        self.look_button, self.close_button = QPushButton("&Look"), QPushButton("&Close")
        self.refresh = QPushButton("&Refresh from the tenant")
        self.banner = Banner(context.theme)
        self.who, self.age = text_label(role="strong"), text_label(role="small")
        self.who.setObjectName("view-as-who")
        self.answer = AnswerView(context.theme)
        self.rows = RowsSeen(context, source)
        self.found: AccessAnswer | None = None
        self._lay_out(drafted)
        self.suggestions.chosen.connect(self._picked)
        self.look_button.clicked.connect(self.look)
        self.refresh.clicked.connect(self.find_out)
        self.close_button.clicked.connect(self.reject)
        self._start()

    def look(self) -> None:
        """Says what is known about whoever is typed."""
        self.suggestions.close()
        self._address = self.line.text().strip()
        self._start()

    def find_out(self) -> None:
        """Asks the tenant about them, and about the groups that the settings name."""
        if self._asking and self._asking.running:
            return
        self._address = self.line.text().strip()
        self.refresh.setText("Asking…")
        self._asking = tenant.find_out(
            self._context, self, self._source, self._address, self._found_out, self._not_found_out
        )

    def done(self, result: int) -> None:
        """Leaves nothing running."""
        for task in (self._looking, self._asking):
            if task:
                task.abandon()
        self.rows.cancel()
        super().done(result)

    # --- inside -----------------------------------------------------------------------------------------------

    def _picked(self, suggestion: Suggestion) -> None:
        self.line.setText(str(suggestion.extra.get("userPrincipalName") or suggestion.value))
        self.look()

    def _start(self) -> None:
        if self._looking:
            self._looking.abandon()
        app, source, address = self._context.app, self._source, self._address
        self._looking = self._context.tasks.run(
            f"Looking what {address or 'you'} may do",
            lambda stop, tell: answer(app, source, address),
            self._show,
            self.banner.show_problem,
            owner=self,
            quiet=True,
        )

    def _show(self, found: AccessAnswer) -> None:
        self.found = found
        self.who.setText(found.sentence)
        self.age.setText(found.asked)
        self.answer.show_report(found.report)
        self.rows.show_for(found.report)
        announce(self.who)

    def _found_out(self) -> None:
        self.refresh.setText("&Refresh from the tenant")
        self.banner.hide()
        self._start()

    def _not_found_out(self, problem: Problem) -> None:
        self.refresh.setText("&Refresh from the tenant")
        self.banner.show_problem(problem, level="warn")

    def _lay_out(self, drafted: bool) -> None:
        for button, name in (
            (self.look_button, "view-as-look"),
            (self.refresh, "view-as-refresh"),
            (self.close_button, "view-as-close"),
        ):
            button.setObjectName(name)
            button.setAutoDefault(button is self.look_button)
        self.look_button.setDefault(True)
        self.look_button.setProperty("role", "primary")
        Pictured(self._context.theme, self.refresh, "refresh")
        label = Label("&View as")
        label.setBuddy(self.line)
        asked = QHBoxLayout()
        asked.setSpacing(8)
        for widget, stretch in ((label, 0), (self.line, 1), (self.look_button, 0)):
            asked.addWidget(widget, stretch)
        about = QHBoxLayout()
        about.setSpacing(8)
        both = QVBoxLayout()
        both.setSpacing(2)
        both.addWidget(self.who)
        both.addWidget(self.age)
        about.addLayout(both, 1)
        about.addWidget(self.refresh, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(12)
        column.addWidget(
            text_label(f"What somebody gets from “{self._source.name or 'the new data source'}”", "section")
        )
        judged = " Judged by the settings as they were changed, which are not saved yet." if drafted else ""
        column.addWidget(text_label(f"Asking gives no rights.{judged}", "small"))
        column.addLayout(asked)
        column.addWidget(self.banner)
        column.addLayout(about)
        column.addWidget(self.answer, 1)
        column.addWidget(self.rows)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.close_button)
        column.addLayout(foot)
        parent = self.parentWidget()
        room = parent.window().size() if parent else self.sizeHint()
        self.setMinimumSize(520, 400)
        self.resize(min(900, max(520, room.width() - 40)), min(720, max(400, room.height() - 20)))
        self.line.setFocus()
