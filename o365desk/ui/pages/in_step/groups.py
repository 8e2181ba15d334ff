"""Groups in step: groups of the workspace that follow the tenant, and groups of the tenant that follow the
directory or a file."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtWidgets import QPushButton

from o365desk.model.access.security import Deed
from o365desk.model.directory.in_step import Direction, StepPlan, StepReport, StepState
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.model.stop import Control
from o365desk.model.text import wording
from o365desk.services.in_step.in_step import GroupList, GroupRow, SavedGroup, sentence
from o365desk.ui.context import CommandKey, Commands, Context, Extras
from o365desk.ui.destinations import Begins, ToConnector, ToGroupsInStep, ToImport, ToPeople
from o365desk.ui.dialogs.confirm import ConfirmDialog
from o365desk.ui.dialogs.question import Go, Option, QuestionDialog
from o365desk.ui.pages.in_step.difference import DifferenceDialog
from o365desk.ui.pages.in_step.editor import GroupEditor
from o365desk.ui.pages.list_page import ListAction, ListPage
from o365desk.ui.rights import refusal
from o365desk.ui.table.view import Column
from o365desk.ui.widgets.banner import Remedies
from o365desk.ui.widgets.notices import remedies

LOOKS = {
    StepState.OFF: ("Not kept in step", "pause", "dim"),
    StepState.NEVER: ("Not run yet", "clock", "dim"),
    StepState.IN_STEP: ("In step", "passed", "good"),
    StepState.DIFFERS: ("Differs", "info", "info"),
    StepState.HELD: ("Waits for a person", "warning", "warn"),
    StepState.INCOMPLETE: ("Incomplete", "not-proven", "warn"),
    StepState.GONE: ("Gone at the source", "failed", "bad"),
    StepState.RENAMED: ("Renamed at the source", "warning", "warn"),
    StepState.FAILED: ("Failed", "failed", "bad"),
}
"""How a state is told: words, icon, colour."""
_RUN = "It runs now already."


class GroupsInStepPage(ListPage[ToGroupsInStep, GroupRow]):
    """See the module."""

    title = "Groups in step"
    breadcrumb = ("Directory", "Groups in step")
    help = (
        "<p>A <b>group of the workspace</b> follows a group of the tenant: its members come from there, every hour"
        ", and leave only where <b>Override group members</b> is on.</p><p>A <b>group of the tenant</b> can follow "
        "conditions over the directory, or a file: each run is a plan of adds and removals, kept under Runs, and "
        "can be undone.</p><p><b>Rehearse</b> shows the difference that the next run would make, by the imported "
        "copy; nothing is asked of the tenant. What is large or looks wrong waits for a person.</p>"
    )

    key = "groups-in-step"
    thing = "group"
    searched = "name, data source, group or state"
    nothing = (
        "users",
        "No group is kept in step yet",
        "A group here follows a group of the tenant every hour; or one of the tenant follows the directory.",
    )

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.new_button, self.people_button = QPushButton("&New group…"), QPushButton("Peop&le…")
        self.new_button.clicked.connect(self.new)
        self.people_button.clicked.connect(lambda: context.go(ToPeople()))
        self.tools.addWidget(self.new_button)
        self.tools.addWidget(self.people_button)
        self._running = False
        self._listing = GroupList()

    def first_step(self) -> QPushButton:
        """Making the first."""
        button = QPushButton("New group…")
        button.clicked.connect(self.new)
        return button

    def read(self) -> Sequence[GroupRow]:
        """The groups; what cannot be read is told beside them."""
        self._listing = self.context.app.groups.overview()
        return self._listing.rows

    def show_rows(self, rows: Sequence[GroupRow]) -> None:
        """Shows the groups, and the files that need a hand."""
        super().show_rows(rows)
        if self._listing.unreadable:
            self.banner.show_problem(self._listing.unreadable[0].problem, [("Read again", self.refresh)])

    def identity(self, row: GroupRow) -> object:
        """The group."""
        return row.group.id

    def can_do(self) -> Sequence[ListAction[GroupRow]]:
        """Changing it, looking what a run would do, running it, removing it."""
        return (
            ListAction(CommandKey.OPEN, self.open, "&Open…"),
            ListAction("Rehearse the &next run…", self.rehearse, "Rehear&se…", why_not=self._off),
            ListAction(CommandKey.RUN, self.run, "&Run now", why_not=self._not_run),
            ListAction("Remove &group…", self.remove, why_not=self._no_change),
        )

    def commands(self) -> Commands:
        """As any list; a new one besides."""
        return {**super().commands(), CommandKey.NEW: self.new}

    def extras(self) -> Extras:
        """What is only here."""
        return {**super().extras(), "Ne&w group…": self.new, "Peop&le…": lambda: self.context.go(ToPeople())}

    # --- why not ------------------------------------------------------------------------------------------------

    def _off(self, row: GroupRow) -> str:
        return "" if row.group.sync else "Group member sync is off: open it and turn it on."

    def _not_run(self, row: GroupRow) -> str:
        return _RUN if self._running else self._off(row) or self._no_change(row)

    def _no_change(self, row: GroupRow) -> str:
        deed = Deed.EDIT if row.source else Deed.PEOPLE
        return refusal(self.context.app, row.source, deed)

    # --- actions ------------------------------------------------------------------------------------------------

    def new(self) -> None:
        """Asks for a new group."""
        self._edit(None)

    def open(self, row: GroupRow) -> None:
        """Shows how a group is kept in step, to be changed."""
        self._edit(row)

    def _edit(self, row: GroupRow | None) -> None:
        refused = self._no_change(row) if row else ""
        dialog = GroupEditor(self.context, row, refused, self._listing.sources, self.window())
        saved = dialog.exec() == GroupEditor.DialogCode.Accepted
        made = dialog.saved
        dialog.deleteLater()
        if saved and made:
            self._tell_saved(made)
        self.refresh()

    def _tell_saved(self, made: SavedGroup) -> None:
        name = made.entry.thing.name
        if made.unscheduled:
            self.context.notices.say(
                "warn", f"“{name}” is saved, and nothing keeps it in step by itself", made.unscheduled.sentence()
            )
        else:
            said = f"The task “{made.task.name}” runs every hour." if made.task else ""
            self.context.notices.say("good", f"“{name}” is saved", said)

    def rehearse(self, row: GroupRow) -> None:
        """Shows what the next run would do."""
        app, key = self.context.app, row.group.id
        self.context.tasks.run(
            f"Rehearsing “{row.group.name}”",
            lambda stop, tell: app.groups.rehearse(key, stop),
            partial(self._rehearsed, row),
            partial(self._failed, row),
            owner=self,
        )

    def _rehearsed(self, row: GroupRow, plan: StepPlan) -> None:
        dialog = DifferenceDialog(self.context, plan, self._not_run(row), self.window())
        dialog.offer(self._remedies(row, plan.problem))
        wanted = dialog.exec() == DifferenceDialog.DialogCode.Accepted
        dialog.deleteLater()
        if wanted:
            self._begin(row, plan)

    def run(self, row: GroupRow) -> None:
        """Imports what changed, and brings the group in step."""
        self._begin(row, None)

    def _begin(self, row: GroupRow, plan: StepPlan | None) -> None:
        """A run; what is known to wait for a person asks for the group's name first."""
        large = bool(plan and plan.held)
        if plan and large and not self._confirmed(plan):
            return
        app, key, control = self.context.app, row.group.id, Control()
        self._running = True
        self._chosen()
        self.banner.show_text("info", f"Bringing “{row.group.name}” in step", "Importing what changed…")
        self.context.tasks.run(
            f"Bringing “{row.group.name}” in step",
            lambda stop, tell: app.groups.run(key, control.stop, tell, allow_large=large),
            partial(self._ended, row),
            partial(self._failed, row),
            owner=self,
            told=lambda text: self.banner.show_text("info", f"Bringing “{row.group.name}” in step", f"{text}…"),
            cancelled=self._cancelled,
            control=control,
        )

    def _confirmed(self, plan: StepPlan) -> bool:
        said = plan.sentence
        dialog = ConfirmDialog(
            self.context.theme, f"Do it all the same ({said})", " ".join(each.why for each in plan.held),
            plan.group.name, danger=bool(plan.leaves or plan.removes), parent=self.window(),
        )  # fmt: skip
        wanted = dialog.ask() is Go.ON
        dialog.deleteLater()
        return wanted

    def _ended(self, row: GroupRow, report: StepReport) -> None:
        self._running = False
        plan, name = report.plan, row.group.name
        ways: Remedies
        if plan.problem:
            ways = self._remedies(row, plan.problem) or [("Open the group…", partial(self._edit, row))]
            self.banner.show_problem(plan.problem, ways, "warn")
        elif report.complete:
            self.banner.show_text("good", f"“{name}” is in step", sentence(report))
        elif plan.held:
            ways = [("Look at it…", partial(self.rehearse, row))]
            if plan.import_waits and row.source:
                there = ToImport(source_id=row.source.id)
                ways = [("Look at the import", lambda: self.context.go(there))]
            self.banner.show_text(
                "warn", f"“{name}” waits for a person, and nothing was changed", " ".join(
                    (*(each.why for each in plan.held), *plan.notes)
                ), ways,
            )  # fmt: skip
        else:
            words = LOOKS[report.state][0].lower()
            self.banner.show_text("warn", f"“{name}”: {words}", sentence(report))
        self.refresh(quiet=True)

    def _remedies(self, row: GroupRow, problem: Problem | None) -> Remedies:
        source = row.source
        if problem is None or source is None:
            return []
        there = ToConnector(source_id=source.id, then=Begins.TEST)
        return remedies(
            problem,
            {
                Action.IMPORT: lambda: self.context.go(ToImport(source_id=source.id, begin=True)),
                Action.TEST: lambda: self.context.go(there),
            },
        )

    def _failed(self, row: GroupRow, problem: Problem) -> None:
        self._running = False
        self.banner.show_problem(problem, self._remedies(row, problem))
        self.refresh(quiet=True)

    def _cancelled(self) -> None:
        self._running = False
        self.banner.show_text("info", "The run was cancelled", "What was done by then stays, and is under Runs.")
        self.refresh(quiet=True)

    def remove(self, row: GroupRow) -> None:
        """Removes a group from the workspace, after a question."""
        name = row.group.name
        dialog = QuestionDialog(
            self.context.theme, "remove-group", "Remove the group", f"Remove “{name}” from the workspace?",
            "Its members and how it is kept in step go; the file stays in the history. The tenant stays as it is.",
            (Option(Go.ON, "&Remove", "danger"), Option(Go.BACK, "&Keep it")), Go.BACK,
            icon=("bin", "bad"), parent=self.window(),
        )  # fmt: skip
        wanted = dialog.ask() is Go.ON
        dialog.deleteLater()
        if not wanted:
            return
        try:
            self.context.app.groups.remove(row.group.id)
        except ProblemError as error:
            self.banner.show_problem(error.problem)
            return
        self.context.notices.say("good", f"“{name}” is removed from the workspace")
        self.refresh()

    # --- columns ------------------------------------------------------------------------------------------------

    def columns(self) -> Sequence[Column]:
        """What it is called, what it follows, how it stands, and when it runs."""
        return (
            Column(
                key="name", title="Name", text=lambda row: row.group.name, note=_follows, width=200, grows=True,
                link=True, searched=True,
            ),
            Column(
                key="state", title="State", text=lambda row: LOOKS[row.state][0],
                icon=lambda row: LOOKS[row.state][1:], tone=lambda row: LOOKS[row.state][2],
                note=lambda row: row.last.message if row.last and row.group.sync else "", width=260, grows=True,
                searched=True, wraps=True,
            ),
            Column(
                key="group", title="Group name", text=lambda row: row.group.group_name or row.group.group_id or "–",
                note=_source, width=150, searched=True,
            ),
            Column(
                key="last", title="Last run",
                text=lambda row: wording.age(row.last.at, self.context.app.clock()) if row.last else "–",
                sort=lambda row: -row.last.at.timestamp() if row.last else 0.0, width=130,
            ),
            Column(
                key="next", title="Next run",
                text=lambda row: wording.in_table(row.task.next) if row.task and row.task.next else "–",
                note=lambda row: "" if row.task or not row.group.sync else "no task", width=160,
                wraps=True,
            ),
        )  # fmt: skip


def _source(row: GroupRow) -> str:
    if row.source:
        return row.source.name
    return "its data source is gone" if row.group.source else ""


def _follows(row: GroupRow) -> str:
    if row.group.direction is Direction.TENANT:
        return "of the tenant, by a file" if row.group.rows else "of the tenant, by conditions"
    return f"of the workspace, {wording.many(len(row.group.members), 'member')}"
