"""The editor of a group that is kept in step."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from o365desk import catalogue
from o365desk.model.conditions import tree as trees
from o365desk.model.conditions.tree import NO_CONDITION
from o365desk.model.datasource import DataSource
from o365desk.model.directory.imports import Kind as Listed
from o365desk.model.directory.in_step import LONGEST, Direction, KeptGroup, Member
from o365desk.model.fields import Field, Kind
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.model.text.shown import shown
from o365desk.services.in_step.group_file import new_id
from o365desk.services.in_step.in_step import GroupRow, SavedGroup
from o365desk.services.workspace.shared_files import SharedConflictError
from o365desk.ui.context import Context
from o365desk.ui.dialogs.edit_conditions import edited
from o365desk.ui.fields.forms import FieldRow, Form
from o365desk.ui.pages.directory.listing import Seen, about_directory
from o365desk.ui.pages.operations.searching.conditions_row import ConditionsRow
from o365desk.ui.rights import show_refusal
from o365desk.ui.widgets.banner import Banner
from o365desk.ui.widgets.labels import text_label

_FIELDS = (
    Field(key="name", label="N&ame", kind=Kind.TEXT, required=True, longest=LONGEST),
    Field(
        key="direction",
        label="Which group follows",
        kind=Kind.RADIO,
        choices=(
            (Direction.WORKSPACE.value, "A group of the &workspace follows the tenant"),
            (Direction.TENANT.value, "A group of the &tenant follows the directory, or a file"),
        ),
    ),
    Field(
        key="sync",
        label="Group &member sync",
        kind=Kind.CHECK,
        help="Turning it on makes a task that imports every hour and brings the group in step.",
    ),
    Field(
        key="group",
        label="&Group name",
        kind=Kind.TEXT,
        help="At the source: the group's name, mail address or object ID, as it was imported.",
    ),
    Field(
        key="override",
        label="&Override group members",
        kind=Kind.CHECK,
        help="Those missing at the source leave the group, also those who were put in by hand.",
    ),
    Field(
        key="auto_disable",
        label="Auto &disable",
        kind=Kind.CHECK,
        help="People who were brought in and are missing on re-import are not active any more: in the workspace, "
        "never in the tenant.",
    ),
    Field(
        key="auto_remove",
        label="Auto &remove previously imported users that are missing on re-import",
        kind=Kind.CHECK,
        help="They leave the group, and what is noted of them in the workspace goes. The tenant stays as it is.",
    ),
    Field(
        key="transitive",
        label="Members of groups &in the group, too",
        kind=Kind.CHECK,
        help="Groups in groups are looked through to any depth; else only direct members count.",
    ),
    Field(
        key="by_hand",
        label="Put in by &hand",
        kind=Kind.TEXT,
        lines=True,
        help="Addresses, between semicolons. Those of the source are not listed here.",
    ),
    Field(
        key="rows",
        label="&File of rows",
        kind=Kind.FILE,
        help="Who is to be in the tenant group, in place of conditions: a CSV or Excel file.",
    ),
)
_OF_WORKSPACE = ("auto_disable", "auto_remove", "transitive", "by_hand")
_OF_TENANT = ("rows",)


class GroupEditor(QDialog):
    """See the module. Accepted: it is saved, as `saved`. `refused` says why it may only be looked at; `sources` are
    those that it can follow."""

    def __init__(
        self,
        context: Context,
        row: GroupRow | None,
        refused: str,
        sources: Sequence[DataSource],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("group-editor")
        self.setWindowTitle("A group in step")
        self._context, self._row, self._refused = context, row, refused
        self.saved: SavedGroup | None = None
        self.group = row.group if row else KeptGroup(id=new_id(), name="", sync=True)
        self.sources = {source.id: source for source in sources}
        self.banner = Banner(context.theme)
        self.form = Form([FieldRow(field, context.theme) for field in self._fields()], self)
        self.conditions = ConditionsRow(context.theme, catalogue.operation("user-list"))
        self.save_button, self.close_button = QPushButton("&Save"), QPushButton("&Close")
        self._lay_out()
        self._put()
        self.form.edited.connect(self._edited)
        self.conditions.wanted.connect(self._edit_conditions)
        self.save_button.clicked.connect(self.save)
        self.close_button.clicked.connect(self.reject)
        self._follow()
        show_refusal(self.save_button, refused, "Saves it in the workspace, for everybody who shares it")
        if refused:
            self.banner.show_text("info", "You may look at it, and not change it", refused)

    def _fields(self) -> tuple[Field, ...]:
        choices = (("", "–"), *((key, shown(source.name) or key) for key, source in self.sources.items()))
        source = Field(key="source", label="Datasourc&e", kind=Kind.CHOICE, choices=choices)
        return (*_FIELDS[:3], source, *_FIELDS[3:])

    def _put(self) -> None:
        group = self.group
        self.form.put({
            "name": group.name, "direction": group.direction.value, "sync": group.sync,
            "source": group.source if group.source in self.sources else "",
            "group": group.group_name or group.group_id, "override": group.override,
            "auto_disable": group.auto_disable, "auto_remove": group.auto_remove, "transitive": group.transitive,
            "by_hand": "; ".join(each.address for each in group.members if not each.id), "rows": group.rows,
        })  # fmt: skip
        try:
            self.conditions.put(group.tree)
        except trees.MalformedError:
            self.conditions.put(NO_CONDITION)
        for radio in self.form.rows["direction"].editor.findChildren(QWidget):
            radio.setEnabled(self._row is None)
        self.form.focus("name")

    def _edited(self, key: str) -> None:
        self.form.show_problem(key, None)
        self._follow()

    def _follow(self) -> None:
        """Shows what belongs to the direction."""
        tenant = self.form.values()["direction"] == Direction.TENANT.value
        for key in _OF_WORKSPACE:
            self.form.rows[key].setVisible(not tenant)
        for key in _OF_TENANT:
            self.form.rows[key].setVisible(tenant)
        self.conditions.setVisible(tenant)

    def _edit_conditions(self) -> None:
        source = self.sources.get(self.form.values()["source"])
        if source is None:
            self.form.show_problem("source", _choose())
            return
        try:
            directory = self._context.app.directories.of(source)
            asked = about_directory(
                self._context, Seen(source, directory, None, 0, 0, directory.as_of), Listed.USERS,
                self.conditions.tree,
            )  # fmt: skip
        except ProblemError as error:
            self.banner.show_problem(error.problem)
            return
        made = edited(self._context, asked, self)
        if made is not None:
            self.conditions.put(made)

    # --- saving ---------------------------------------------------------------------------------------------------

    def made(self) -> KeptGroup:
        """The group as it is typed, but for which group at the source is meant."""
        values: dict[str, Any] = self.form.values()
        tenant = values["direction"] == Direction.TENANT.value
        typed = [part.strip() for part in str(values["by_hand"] or "").replace("\n", ";").split(";")]
        members = [each for each in self.group.members if each.id]
        members += [Member(address) for address in typed if address]
        rows = str(values["rows"] or "").strip() if tenant else ""
        conditions = trees.dumps(self.conditions.tree) if tenant and self.conditions.tree and not rows else {}
        flags = {key: bool(values[key]) for key in ("sync", "override")}
        flags |= {key: bool(values[key]) and not tenant for key in ("auto_disable", "auto_remove", "transitive")}
        return self.group.replace(
            name=str(values["name"]).strip(),
            direction=Direction(values["direction"]),
            source=str(values["source"]),
            conditions=conditions,
            rows=rows,
            members=tuple(members) if not tenant else (),
            **flags,
        )

    def save(self) -> None:
        """Saves it, if it makes sense; else says at the field why not."""
        for key in self.form.rows:
            self.form.show_problem(key, None)
        self.banner.hide()
        group, values = self.made(), self.form.values()
        wrong = next((each.address for each in group.members if not each.id and "@" not in each.address), None)
        if wrong is not None:
            self._show(_no_address(wrong))
            return
        text, source = str(values["group"] or "").strip(), self.sources.get(group.source)
        known = text in (self.group.group_name, self.group.group_id) and group.source == self.group.source
        app, base = self._context.app, self._row.entry.version if self._row else None
        if text and source is None:
            self._show(_choose())
            return

        def work(group: KeptGroup) -> SavedGroup:
            if not text:
                group = group.replace(group_id="", group_name="", tenant="")
            elif source is not None and not (known and group.group_id):
                group = app.groups.pointed(group, source, text)
            try:
                return app.groups.save(group, base)
            except SharedConflictError as error:
                raise ProblemError(_conflict(str(error))) from error

        self.save_button.setEnabled(False)
        self._context.tasks.run(
            f"Saving “{group.name}”",
            lambda stop, tell: work(group),
            self._done,
            partial(self._show, again=True),
            owner=self,
        )

    def _done(self, saved: SavedGroup) -> None:
        self.saved = saved
        self.accept()

    def _show(self, problem: Problem, *, again: bool = False) -> None:
        if again:
            self.save_button.setEnabled(not self._refused)
        key = problem.field
        if key in self.form.rows and not self.form.rows[key].isHidden():
            self.form.show_problem(key, problem)
            self.form.focus(key)
        elif problem.action is Action.IMPORT:  # what is typed would be lost by going there
            self.banner.show_problem(problem.with_(remedy="Import it first: Directory, Import now."))
        else:
            self.banner.show_problem(problem)

    # --- layout ---------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.save_button.setProperty("role", "primary")
        self.save_button.setDefault(True)
        inner = QWidget()
        rows = QVBoxLayout(inner)
        rows.setContentsMargins(0, 0, 8, 0)
        rows.setSpacing(10)
        for key, row in self.form.rows.items():
            rows.addWidget(row)
            if key == "transitive":
                rows.addWidget(self.conditions)
        if self.group.brought:
            count = f"{len(self.group.brought):,} members come from the data source."
            rows.addWidget(text_label(count, "small"))
        rows.addStretch(1)
        self.form.set_label_width(max(row.label_width() for row in self.form.rows.values()))
        area = QScrollArea(widgetResizable=True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(inner)
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 20, 24, 20)
        column.setSpacing(12)
        title = f"“{self.group.name}”" if self._row else "A new group"
        column.addWidget(text_label(title, "section"))
        column.addWidget(self.banner)
        column.addWidget(area, 1)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.save_button)
        buttons.addWidget(self.close_button)
        column.addLayout(buttons)
        self.resize(680, 640)


def _choose() -> Problem:
    return Problem(
        title="Choose the data source",
        remedy="Its imported directory has the group.",
        field="source",
        code="source",
    )


def _no_address(text: str) -> Problem:
    return Problem(
        title=f"“{text[:60]}” is no address",
        remedy="Write it like anna@contoso.com.",
        field="by_hand",
        code="address",
    )


def _conflict(said: str) -> Problem:
    return Problem(title=said, remedy="Close this, and open the group again.", code="conflict")
