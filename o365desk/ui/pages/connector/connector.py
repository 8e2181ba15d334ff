"""The Office 365 data connector: draft, authorise, test and save one data source."""

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from o365desk.model.access.security import Deed
from o365desk.model.datasource import FIELDS, DataSource
from o365desk.model.problems import NOT_APPROVED, Problem, ProblemError
from o365desk.model.text import wording
from o365desk.services.signin.credentials import Credential
from o365desk.services.workspace.workspace import Entry
from o365desk.ui.context import CommandKey, Commands, Context, Extras, Page
from o365desk.ui.destinations import Begins, ToActivity, ToConnector, ToOperations, ToSources
from o365desk.ui.fields.tidying import Tidying
from o365desk.ui.pages.connector.approval import Approving
from o365desk.ui.pages.connector.authorize import open_address
from o365desk.ui.pages.connector.checks import ConnectionChecks
from o365desk.ui.pages.connector.conflict import Leave, leave_question
from o365desk.ui.pages.connector.connection_test import TestPanel
from o365desk.ui.pages.connector.connector_banner import ConnectorBanner, Helping
from o365desk.ui.pages.connector.connector_form import RUNNING, ConnectorForm, Gentle
from o365desk.ui.pages.connector.connector_layout import ConnectorSheet, StatusWidget
from o365desk.ui.pages.connector.draft import Assessment, Assessor, Drafting
from o365desk.ui.pages.connector.permissions import PermissionsPanel
from o365desk.ui.pages.connector.saving import Saving
from o365desk.ui.rights import unless
from o365desk.ui.widgets.press_guard import PressGuard


class ConnectorPage(Page[ToConnector]):
    """See the module. Shown with `source_id`, or with `draft` and its `base`."""

    title = "Office 365 data connector"
    help = (
        "Fill in how the tenant is reached, <b>Authorize</b>, then <b>Test connection</b>. Save at any time, also "
        "with details missing. What the check boxes ask for is listed under Permissions, without a network."
    )

    def __init__(self, context: Context, open_url: Callable[[str], bool] = open_address) -> None:
        super().__init__(context)
        clock = context.app.clock
        self._assessment: Assessment | None = None
        self._told: object = None
        self._helping = Helping(context, self, open_url)
        self.sheet = ConnectorSheet(context.theme, self)
        self.view = ConnectorForm(context.theme, clock, open_url, practice=context.app.practice is not None)
        self.form = self.view.form
        self._tidying = Tidying(self.form, ("tenant", "clientId"))
        self.panel = TestPanel(context.theme, self._helping.remedies, clock, context.app.timing.test)
        self.permissions = PermissionsPanel(context.theme)
        self.foot = self.sheet.foot
        self.sheet.fill(self.view, (self.panel, self.permissions))
        self.beside_title = self._status = StatusWidget()
        self._saying = ConnectorBanner(
            context,
            self,
            self.source,
            self.sheet.banner,
            {
                "authorisation": ("Re-Authorize", self.authorise),
                "secret": ("Go to the client secret", lambda: self.go_to("secret")),
                "certificate": ("Go to the certificate", lambda: self.go_to("certificate")),
                "approval": ("See what changed…", self.approve),
            },
        )
        self._gentle = Gentle(self.form)
        self._calm = PressGuard(self, context.app.timing.press)
        self._draft = Drafting(context.app, self.form)
        self._proving = ConnectionChecks(context, self.panel, self.view.waiting, self)
        self._saving = Saving(context, self)
        self._approving = Approving(context, self)
        self._assessor = Assessor(context, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.sheet)
        self._connect()

    def _connect(self) -> None:
        for key, do in (
            ("test", self.test),
            ("save", self.save),
            ("security", self.secure),
            ("close", self.close_page),
        ):
            self.sheet.buttons[key].clicked.connect(do)
        self.view.authorize.connect(self.authorise)
        self.permissions.copy_link.connect(self._helping.copy_link)
        self.permissions.register.connect(lambda: self._helping.register(self))
        self.panel.copied.connect(lambda text: self._saying.say("good", text))
        self._draft.changed.connect(self._follow)
        self._proving.changed.connect(self._proving_changed)
        self._proving.authorised.connect(self.test)
        self._proving.tested.connect(self._saying.tested)
        self._proving.failed.connect(self._not_proven)
        self._saving.saved.connect(self._saved)
        self._saving.taken.connect(self._theirs_taken)
        self._saving.failed.connect(self._not_saved)
        self._approving.approved.connect(self._approved)
        self._approving.went_back.connect(self._went_back)
        self._approving.failed.connect(self._saying.complain)
        self._assessor.assessed.connect(self._assessed)
        self._assessor.failed.connect(self._saying.complain)
        QApplication.instance().focusChanged.connect(self._focus_moved)  # type: ignore[union-attr]
        minute = QTimer(self, interval=60_000)
        minute.timeout.connect(self._grow_older)
        minute.start()

    def _focus_moved(self, before: QWidget | None, now: QWidget | None) -> None:
        self.sheet.follow_focus(now)

    def _grow_older(self) -> None:
        """Ages are told in minutes, and end dates come nearer."""
        if self.isVisible() and not self.busy():
            self._follow(now=True)

    # --- what the window asks ---------------------------------------------------------------------------------

    def activated(self, to: ToConnector) -> None:
        """Opens a data source or a draft, and begins with what is asked for; shows what was open otherwise."""
        if not to.asks:
            return
        before = self._draft.source.id
        try:
            kept = self._draft.load(to)
        except ProblemError as error:
            self.context.notices.problem(error.problem)
            QTimer.singleShot(0, self.close_page)
            return
        self._opened(before)
        if before != self._draft.source.id:
            self.sheet.to_top()
        if kept:
            self._saying.restored(f"{wording.clock(kept)} on {wording.day(kept, year=False)}", self._discard)
        self.form.rows["name"].editor.target.setFocus()
        # Once the page is in sight: what is begun or gone to belongs there.
        QTimer.singleShot(0, self, lambda: self._begin(to))

    def _begin(self, to: ToConnector) -> None:
        ways = {Begins.TEST: self.test, Begins.AUTHORIZE: self.authorise, Begins.APPROVE: self.approve}
        if to.then:
            ways[to.then]()
        elif to.field:
            self.go_to(to.field)

    @property
    def breadcrumb(self) -> list[str]:  # type: ignore[override]
        """Ends in the name as typed."""
        return ["Data sources", self._draft.source.name.strip() or "New data source"]

    def dirty(self) -> bool:
        """Whether a detail or a secret was typed and not saved."""
        return self._draft.dirty

    def source(self) -> DataSource | None:
        """The data source as the form has it."""
        return self._draft.source if self._draft.source.id else None

    def account(self) -> str:
        """Who signed in for what is open, also if that lasts for this session only."""
        known = self._assessment.known.authorisation if self._assessment else None
        return known.account if known else ""

    def busy(self) -> bool:
        """Whether a test, a sign-in or a save is running."""
        return bool(self._proving.doing) or self._saving.running

    def headline_text(self) -> str:
        """The headline of the test panel as it reads."""
        return self.panel.headline_text()

    def commands(self) -> Commands:
        """Save, test, authorize, security, close."""
        free, refused = not self._proving.doing, self._refused
        return {
            CommandKey.SAVE: unless(refused(Deed.EDIT), self.save),
            CommandKey.TEST: unless(refused(Deed.TEST), self.test if free else RUNNING),
            CommandKey.AUTHORIZE: unless(refused(Deed.AUTHORISE), self.authorise if free else RUNNING),
            CommandKey.SECURITY: self.secure,
            CommandKey.USE: self.use if self._draft.editing.saved else "Save the data source first.",
            CommandKey.SHEET: self.hand_over
            if self._draft.editing.saved and not self.dirty()
            else "Save first: the sheet tells what is saved.",
            CommandKey.CLOSE: self.close_page,
        }

    def rights_changed(self) -> None:
        """Buttons and menus are off and on anew."""
        self._follow(now=True)

    def extras(self) -> Extras:
        """What somebody would get; importing by a task."""
        saved = self._draft.editing.saved
        task = self.import_every_hour if saved else "Save the data source first."
        activity = self._activity if saved else "Save the data source first."
        return {"&View as…": self.view_as, "&Import every hour…": task, "&Activity of this data source": activity}

    def _activity(self) -> None:
        self.context.go(ToActivity(source_id=self._draft.source.id))

    def may_leave(self) -> bool:
        """Asks Save / Discard / Keep editing where something is not saved. A test goes on meanwhile."""
        if not self.dirty():
            return True
        choice = leave_question(self.context.theme, self._draft.source.name, self).ask()
        if choice is Leave.SAVE:
            return self._savable() and self._saving.save_and_wait(*self._to_save())
        if choice is Leave.DISCARD:
            self._discard()
        return choice is Leave.DISCARD

    def secure(self, *_: object) -> None:
        """Opens the security settings; what is kept of them is in the form then, and not saved yet."""
        from o365desk.ui.dialogs.security.opening import secure

        editing, found = self._draft.editing, self._assessment
        if not editing.source.id:
            return
        report = found.report if found else None
        refused = found.refusals if found else {}
        if security := secure(self.context, editing.source, editing.saved, refused, report, self):
            self._draft.secure(security)
        self._follow(now=True)  # the tenant may have said who is in a group

    def import_every_hour(self) -> None:
        """A new task that imports its users and groups."""
        from o365desk.ui.dialogs.schedules.opening import import_every_hour

        saved = self._draft.editing.saved
        if saved:
            import_every_hour(self.context, saved.id, saved.name, self)

    def view_as(self) -> None:
        """Shows what somebody would get, by the settings as the form has them."""
        from o365desk.ui.dialogs.security.opening import view_as

        editing = self._draft.editing
        basis = editing.saved or editing.source
        drafted = basis.security != editing.source.security
        view_as(self.context, basis.replace(security=editing.source.security), self, drafted=drafted)
        self._follow(now=True)  # likewise

    def _refused(self, deed: Deed) -> str:
        """Why whoever works here may not do something with what is open; "" where they may, as far as is known."""
        return self._assessment.refusals.get(deed, "") if self._assessment else ""

    def use(self) -> None:
        """Goes on to the operations of the data source, as it was saved."""
        self.context.go(ToOperations(source_id=self._draft.source.id))

    def hand_over(self) -> None:
        """Saves the handover sheet of the data source, as it was saved."""
        from o365desk.ui.handover import hand_over

        if saved := self._draft.editing.saved:
            hand_over(self.context, saved, self)

    def escape(self) -> None:
        """Closes the page; not with a press that was meant for a test or sign-in that ended a moment ago."""
        if self._calm.over:
            self.close_page()

    def close_page(self) -> None:
        """Back to datasource management; what runs for this data source is stopped."""
        if self.context.go(ToSources()):
            self._proving.cancel()

    # --- what follows from what is open and typed -------------------------------------------------------------

    def _opened(self, before: str) -> None:
        """Something was put into the form; `before` is the id of what was open until now."""
        if before != self._draft.source.id:
            self._proving.cancel()
            self.panel.clear()
            self._assessment = None
            self._saying.warn(())
            self._saying.unapproved(None)
            self._status.show_status(None)
        self._gentle.reset()
        self._follow(now=True)
        self._saying.first(None)

    def _follow(self, *, now: bool = False) -> None:
        """Everything that follows from what is typed."""
        source = self._draft.source
        self.view.follow(source)
        self.permissions.show_source(source)
        self._assessor.ask(self._draft.editing, self._draft.credential, now=now)
        self._tell()

    def _tell(self) -> None:
        """Tells the window, if something that it shows is another."""
        source, dirty = self._draft.source, self.dirty()
        self.sheet.show_saved(dirty, self._draft.editing.saved is not None)
        told = (source.id, source.name, source.tenant, source.cloud, source.sign_in, dirty, self._proving.doing)
        if told != self._told:
            self._told = told
            self.title_changed.emit()

    def _assessed(self, assessment: Assessment) -> None:
        if assessment.source.id != self._draft.source.id:
            return
        known, before = assessment.known, self._assessment
        self._assessment = assessment
        self._status.show_status(assessment.status)
        self.view.show_status(assessment.status)
        self.view.show_authorisation(known.authorisation, assessment.source.sign_in.delegated)
        for key in ("secret", "passphrase"):
            self.form.set_kept(key, key in assessment.kept)
        self._gentle.show(known.problems)
        last = known.attempt
        if not self._proving.doing:
            self.panel.follow(last, assessment.report)
        self.panel.mark_changed(last is not None and last.fingerprint != known.proof)
        self._saying.warn(assessment.status.warnings)
        self._saying.unapproved(next((it for it in known.problems if it.code == NOT_APPROVED), None))
        if not self._proving.doing:
            self._show_refusals()
        changed = before is None or before.known.authorisation != known.authorisation
        if changed or (before and before.refusals != assessment.refusals):
            self.title_changed.emit()  # the status bar names the account, menus say what is off

    def _show_refusals(self) -> None:
        """What may not be done is off, and says why."""
        self.sheet.show_refusals(*map(self._refused, (Deed.EDIT, Deed.TEST, Deed.SECURITY)))
        self.view.show_refusal(self._refused(Deed.AUTHORISE))
        self._saying.refused(self._refused(Deed.EDIT))

    def go_to(self, key: str) -> None:
        """Puts the focus into a field, in sight."""
        if self.form.focus(key):
            self.sheet.reveal(self.form.rows[key])

    def _discard(self) -> None:
        self._proving.cancel()  # what it would show goes with the draft
        self._draft.discard()
        self._opened(self._draft.source.id)

    # --- saving -----------------------------------------------------------------------------------------------

    def save(self) -> None:
        """Saves; a conflict, a locked vault or a problem is asked about or shown."""
        if self._savable():
            self._saving.save(*self._to_save())

    def _to_save(self) -> tuple[DataSource, str | None, Credential, DataSource | None]:
        self._tidying.all()
        editing = self._draft.editing
        return editing.source, editing.base, self._draft.credential, editing.opened

    def _savable(self) -> bool:
        """What has no value at all cannot be saved; what is merely missing can."""
        bad = self.form.own_problems()
        self._gentle.ask_all()
        if bad:
            self._not_saved(bad[0])
        return not bad

    def _saved(self, entry: Entry, kept: Credential, missing: list[Problem]) -> None:
        before, leads = self._draft.source.id, self._leads(entry)
        self._draft.saved(entry, kept)
        if before != entry.source.id:
            self._opened(before)
        remark = f"Still to do before it is ready: {'; '.join(problem.title for problem in missing)}."
        remarks = [leads, remark if missing else ""]
        self._saying.say("good", "Details saved successfully", "\n".join(part for part in remarks if part))
        self._saying.first(None)
        self._follow(now=True)

    def _leads(self, entry: Entry) -> str:
        return self.context.app.approvals.leads(self._draft.editing.opened, entry.source)

    def _not_saved(self, problem: Problem) -> None:
        if problem.field in FIELDS:
            self._gentle.insist(problem)
        self._saying.complain(problem)

    def _theirs_taken(self, theirs: Entry, mine: DataSource) -> None:
        def show(typed: DataSource | None) -> None:
            self._draft.open_entry(theirs, typed)
            self._opened(theirs.source.id)

        show(None)
        self._saying.taken(lambda: show(mine))

    def unlock(self) -> None:
        """Opens the vault, then tests again."""
        if self._saving.open_vault():
            self.test()

    # --- what its secrets were given for ----------------------------------------------------------------------

    def approve(self, *_: object) -> None:
        """Shows what changed since its secrets were given, to approve it or go back."""
        if self.source():
            self._approving.look(self._draft.source, self._draft.editing.saved is not None)

    def _approved(self, where: str) -> None:
        self._saying.say("good", "Approved", where)
        self._saying.first(None)
        self._follow(now=True)

    def _went_back(self, entry: Entry, differing: str) -> None:
        self._draft.open_entry(entry)
        self._opened(entry.source.id)
        if differing:
            other = "what is in its file is another. Put that file back too, or look and approve it."
            self._saying.say(
                "warn", "The data source is as it was approved, but a file is not", f"{differing}: {other}"
            )
        else:
            self._saying.say("good", "The connection is again what its secrets were given for")

    # --- authorising and testing ------------------------------------------------------------------------------

    def test(self, *_: object) -> None:
        """Runs the connection test with what is typed, saved or not; nothing while something runs."""
        if self.source() and not self._proving.doing:
            self._tidying.all()
            self._gentle.ask_all()
            self._proving.test(self._draft.source, self._draft.credential, self._draft.editing.opened)
            self.sheet.reveal(self.panel)

    def authorise(self, *_: object, device_code: bool = False) -> None:
        """Signs in, or waits for an administrator's consent; then the test runs by itself."""
        if self.source() and not self._proving.doing:
            self._tidying.all()
            self._gentle.ask_all()
            editing = self._draft.editing
            self._proving.authorise(editing.source, self._draft.credential, editing.opened, device_code=device_code)
            self.sheet.reveal(self.view.waiting)

    def _not_proven(self, problem: Problem) -> None:
        """It was not even tried: what it lacks is marked in the form."""
        self._saying.note(problem)
        if problem.field in FIELDS:
            self._gentle.insist(problem)

    def _proving_changed(self) -> None:
        self.sheet.show_running(self._proving.doing)
        self.view.set_authorising(bool(self._proving.doing))
        if not self._proving.doing:
            self._calm.begin()
            self._assessor.ask(self._draft.editing, self._draft.credential, now=True)
        self._tell()
