"""The Office 365 data connector: draft, authorise, test and save one data source."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QVBoxLayout

from o365desk.model.datasource import FIELDS, DataSource
from o365desk.model.problems import Action, Problem, ProblemError
from o365desk.model.report import Report
from o365desk.services.connections import NO_CREDENTIAL, Credential
from o365desk.services.workspace import Entry
from o365desk.ui.context import Commands, Context, Page
from o365desk.ui.notices import action_text, problem_detail
from o365desk.ui.pages.assessing import Assessment, Assessor
from o365desk.ui.pages.authorize import open_address
from o365desk.ui.pages.conflict import Leave, LeaveDialog
from o365desk.ui.pages.connector_form import RUNNING, ConnectorForm
from o365desk.ui.pages.connector_layout import Sheet, StatusWidget
from o365desk.ui.pages.editing import Editing, as_values, credential, with_values
from o365desk.ui.pages.gentle import Gentle
from o365desk.ui.pages.headline import Remedies
from o365desk.ui.pages.permissions import PermissionsPanel, no_link_because
from o365desk.ui.pages.proving import Proving
from o365desk.ui.pages.saving import Saving
from o365desk.ui.pages.test_panel import TestPanel

NO_SECURITY = "Security settings come with the next version."
_NOTHING = Editing(DataSource(id=""), None, None, DataSource(id=""))


class ConnectorPage(Page):
    """See the module. Shown with `source_id`, or with `draft` and its `base`."""

    title = "Office 365 data connector"
    help = (
        "Fill in how the tenant is reached, <b>Authorize</b>, then <b>Test connection</b>. Save at any time, also "
        "with details missing. What the check boxes ask for is listed under Permissions, without a network."
    )

    def __init__(self, context: Context, open_url: Callable[[str], bool] = open_address) -> None:
        super().__init__(context)
        self._open_url = open_url
        self._editing = _NOTHING
        self._assessment: Assessment | None = None
        self._told: object = None
        self._banner: Callable[[], None] | None = None
        clock = context.app.clock
        self.view = ConnectorForm(context.theme, clock, open_url)
        self.form = self.view.form
        self.panel = TestPanel(context.theme, self.remedies, clock)
        self.permissions = PermissionsPanel(context.theme)
        self.sheet = Sheet(context.theme, self.view, (self.panel, self.permissions))
        self.beside_title = self._status = StatusWidget()
        self._gentle = Gentle(self.form)
        self._proving = Proving(context, self.panel, self.view.waiting, self)
        self._saving = Saving(context, self)
        self._assessor = Assessor(context, self)
        self._draft = QTimer(self, singleShot=True, interval=500)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.sheet)
        self._connect()

    def _connect(self) -> None:
        self.form.edited.connect(self._field_edited)
        self.view.authorize.connect(self.authorise)
        for key, do in (("test", self.test), ("save", self.save), ("close", self.close_page)):
            self.sheet.buttons[key].clicked.connect(do)
        security = self.sheet.buttons["security"]
        security.setEnabled(False)
        security.setToolTip(NO_SECURITY)
        security.setAccessibleDescription(NO_SECURITY)
        self.permissions.copy_link.connect(self._copy_consent_link)
        self.permissions.register.connect(self._register)
        self.panel.copied.connect(lambda text: self._say("good", text))
        self._proving.changed.connect(self._proving_changed)
        self._proving.authorised.connect(self.test)
        self._proving.tested.connect(self._tested)
        self._proving.failed.connect(self._note)
        self._saving.saved.connect(self._saved)
        self._saving.taken.connect(self._theirs_taken)
        self._saving.failed.connect(self._not_saved)
        self._assessor.assessed.connect(self._assessed)
        self._assessor.failed.connect(self._complain)
        self._draft.timeout.connect(self._keep_draft)

    # --- what the window asks ---------------------------------------------------------------------------------

    def activated(self, **where: Any) -> None:
        """Opens a data source by `source_id`, or a `draft` with its `base`; with neither, shows what was open."""
        app = self.context.app
        source_id = where.get("source_id") or (where["draft"].id if "draft" in where else "")
        if not source_id:
            return
        kept = next(
            (draft for draft in app.state.drafts(app.workspace.folder) if draft.source.id == source_id), None
        )
        try:
            on_disk = app.workspace.get(source_id) if "draft" not in where or where.get("base") else None
        except ProblemError as error:
            if kept is None:
                self.context.notices.problem(error.problem)
                QTimer.singleShot(0, self.close_page)
                return
            on_disk = None
        if kept:
            self._open(Editing(kept.source, on_disk.source if on_disk else None, kept.base))
            at = kept.at.astimezone()
            self._banner = lambda: self._show_restored(f"{at:%H:%M} on {at.day} {at:%B}")
        elif on_disk:
            self._open(Editing(where.get("draft", on_disk.source), on_disk.source, on_disk.version))
        else:
            self._open(Editing(where["draft"], None, None, where["draft"]))
        self._show_banner()
        self.form.rows["name"].editor.target.setFocus()

    @property
    def breadcrumb(self) -> list[str]:  # type: ignore[override]
        """Ends in the name as typed."""
        return ["Data sources", self._editing.source.name.strip() or "New data source"]

    def dirty(self) -> bool:
        """Whether a detail or a secret was typed and not saved."""
        return bool(self._editing.source.id) and (self._editing.dirty or self._credential() != NO_CREDENTIAL)

    def source(self) -> DataSource | None:
        """The data source as the form has it."""
        return self._editing.source if self._editing.source.id else None

    def busy(self) -> bool:
        """Whether a test, a sign-in or a save is running."""
        return bool(self._proving.doing) or self._saving.running

    def headline_text(self) -> str:
        """The headline of the test panel as it reads."""
        return self.panel.headline_text()

    def commands(self) -> Commands:
        """Save, test, authorize, security, close."""
        free = not self._proving.doing
        return {
            "save": self.save,
            "test": self.test if free else RUNNING,
            "authorize": self.authorise if free else RUNNING,
            "security": NO_SECURITY,
            "close": self.close_page,
        }

    def may_leave(self) -> bool:
        """Asks Save / Discard / Keep editing where something is not saved. A test goes on meanwhile."""
        if self.dirty():
            dialog = LeaveDialog(self._editing.source.name, self)
            dialog.exec()
            if dialog.choice is Leave.KEEP_EDITING:
                return False
            if dialog.choice is Leave.DISCARD:
                self._discard()
            elif not self._save_and_wait():
                return False
        return True

    # --- opening and editing ----------------------------------------------------------------------------------

    def _open(self, editing: Editing) -> None:
        """Shows a data source; another one's test or sign-in is stopped first."""
        if editing.source.id != self._editing.source.id:
            self._proving.cancel()
            self.panel.clear()
            self._assessment = None
            self._status.show_status(None)
        self._editing, self._banner = editing, None
        self.form.put(as_values(editing.source))
        self.form.clear_secrets()
        self._gentle.reset()
        if not self._proving.doing:
            report = self.context.app.connections.last_report(editing.source.id)
            if report and self.panel.report is None:
                self.panel.show_last(report)
        self._follow(now=True)

    def _field_edited(self, key: str) -> None:
        self._editing = replace(self._editing, source=with_values(self._editing.source, self.form.values()))
        self._draft.start()
        self._follow()

    def _follow(self, *, now: bool = False) -> None:
        """Everything that follows from what is typed."""
        source = self._editing.source
        self.view.follow(source)
        self.permissions.show_source(source)
        self._assessor.ask(source, self._credential(), now=now)
        self._tell()

    def _tell(self) -> None:
        """Tells the window, if something that it shows is another."""
        source, dirty = self._editing.source, self.dirty()
        self.sheet.show_saved(dirty, self._editing.saved is not None)
        told = (source.id, source.name, source.tenant, source.cloud, source.sign_in, dirty, self._proving.doing)
        if told != self._told:
            self._told = told
            self.title_changed.emit()

    def _assessed(self, assessment: Assessment) -> None:
        if assessment.source.id != self._editing.source.id:
            return
        self._assessment = assessment
        self._status.show_status(assessment.status)
        self.view.show_status(assessment.status)
        self.view.show_authorisation(assessment.known.authorisation, assessment.source.sign_in.delegated)
        for key in ("secret", "passphrase"):
            self.form.set_kept(key, key in assessment.kept)
        self._gentle.show(assessment.known.problems)
        self._show_banner()
        self.title_changed.emit()

    def _credential(self) -> Credential:
        return credential(self.form.values())

    def _keep_draft(self) -> None:
        """So that a killed program offers again what was typed; secrets are not part of it."""
        editing, app = self._editing, self.context.app
        if editing.dirty:
            app.state.keep_draft(app.workspace.folder, editing.source, editing.base)
        else:
            app.state.drop_draft(app.workspace.folder, editing.source.id)

    def _discard(self) -> None:
        self._draft.stop()
        app, editing = self.context.app, self._editing
        app.state.drop_draft(app.workspace.folder, editing.source.id)
        start = editing.saved or editing.fresh or DataSource(id=editing.source.id)
        base = editing.base
        if editing.saved:
            base = app.workspace.get(start.id).version
        self._open(Editing(start, editing.saved, base, start))

    # --- saving -----------------------------------------------------------------------------------------------

    def save(self) -> None:
        """Saves; a conflict, a locked vault or a problem is asked about or shown."""
        if self._savable():
            self._saving.save(self._editing.source, self._editing.base, self._credential())

    def _save_and_wait(self) -> bool:
        return self._savable() and self._saving.save_and_wait(
            self._editing.source, self._editing.base, self._credential()
        )

    def _savable(self) -> bool:
        """What has no value at all cannot be saved; what is merely missing can."""
        bad = self.form.own_problems()
        self._gentle.ask_all()
        if bad:
            self._not_saved(bad[0])
        return not bad

    def _saved(self, entry: Entry, kept: Credential) -> None:
        self._draft.stop()
        if self._credential() == kept:
            self.form.clear_secrets()
        same = entry.source.id == self._editing.source.id
        source = with_values(entry.source, self.form.values()) if same else entry.source
        copied = not same
        self._editing = Editing(source, entry.source, entry.version)
        self._banner = None
        if copied:
            self._open(self._editing)
        self._keep_draft()
        missing = [problem.title for problem in self._assessment.known.problems] if self._assessment else []
        remark = f"Still to do before it is ready: {'; '.join(missing)}." if missing else ""
        self._say("good", "Details saved successfully", remark)
        self._follow(now=True)
        self._show_banner()

    def _not_saved(self, problem: Problem) -> None:
        if problem.field in FIELDS:
            self._gentle.insist(problem)
        self._complain(problem)

    def _complain(self, problem: Problem) -> None:
        """A problem that is not the test's: it stays in sight as the page's banner, and among the notices."""
        self._banner = lambda: self.sheet.banner.show_problem(problem)
        self._show_banner()
        self.context.notices.problem(problem, self._editing.source.id)

    def _theirs_taken(self, theirs: Entry, mine: DataSource) -> None:
        self._open(Editing(theirs.source, theirs.source, theirs.version))
        self._keep_draft()

        def bring_back() -> None:
            self._open(replace(self._editing, source=mine))
            self._keep_draft()
            self._show_banner()

        self._banner = lambda: self.sheet.show_banner(
            "info", "The other version is shown now", "What you typed is kept until you leave this page.",
            [("Bring mine back", bring_back)],
        )  # fmt: skip
        self._show_banner()

    # --- authorising and testing ------------------------------------------------------------------------------

    def test(self, *_: object) -> None:
        """Runs the connection test with what is typed, saved or not."""
        if self._proving.doing or not self._editing.source.id:
            return
        self._gentle.ask_all()
        self._proving.test(self._editing.source, self._credential())
        self.sheet.reveal(self.panel)

    def authorise(self, *_: object, device_code: bool = False) -> None:
        """Signs in, or waits for an administrator's consent; then the test runs by itself."""
        if self._proving.doing or not self._editing.source.id:
            return
        self._proving.authorise(self._editing.source, self._credential(), device_code=device_code)
        self.sheet.reveal(self.view.waiting)

    def _proving_changed(self) -> None:
        running = bool(self._proving.doing)
        self.sheet.show_running(self._proving.doing)
        self.view.set_authorising(running)
        if not running:
            self._assessor.ask(self._editing.source, self._credential(), now=True)
        self._tell()

    def _tested(self, report: Report) -> None:
        """The outcome is also a notice: it can be looked up again, and is seen from another page."""
        if report.outcome == "succeeded":
            self._say("good", report.message)
        else:
            self._note(report.problem or Problem(title=report.message))

    def _note(self, problem: Problem) -> None:
        """Keeps a problem among the notices; where its headline is in sight, without saying it twice."""
        source_id = self._editing.source.id
        if self.isVisible():
            self.context.app.state.add_notice("bad", problem.title, problem_detail(problem), source_id)
        else:
            self.context.notices.problem(problem, source_id)

    def remedies(self, problem: Problem) -> Remedies:
        """The buttons for a problem: what the program itself can do about it."""
        text = action_text(problem).replace("&&", "\0").replace("&", "").replace("\0", "&&")
        single: dict[Action, Callable[[], object]] = {
            Action.FIELD: lambda: self._go_to(problem.field),
            Action.AUTHORIZE: self.authorise,
            Action.BROWSER: self.authorise,
            Action.DEVICE_CODE: lambda: self.authorise(device_code=True),
            Action.RETRY: self.test,
            Action.UNLOCK: self._unlock,
        }
        if problem.action is Action.CONSENT and not no_link_because(self._editing.source):
            return [
                ("Copy the consent link", self._copy_consent_link),
                ("Open it in the browser", self._open_consent),
            ]
        return [(text, single[problem.action])] if problem.action in single and text else []

    def _go_to(self, key: str) -> None:
        if self.form.focus(key):
            self.sheet.reveal(self.form.rows[key])

    def _unlock(self) -> None:
        if self._saving.open_vault():
            self.test()

    def _copy_consent_link(self) -> None:
        QGuiApplication.clipboard().setText(self.context.app.connections.consent_link(self._editing.source))
        self._say(
            "good", "The consent link is on the clipboard", "Send it to somebody who can consent for the tenant."
        )

    def _open_consent(self) -> None:
        if not self._open_url(self.context.app.connections.consent_link(self._editing.source)):
            self._copy_consent_link()

    def _register(self) -> None:
        from o365desk.ui.pages.register_app import RegisterDialog

        RegisterDialog(self.context.theme, self._editing.source, self).exec()

    # --- banner and words -------------------------------------------------------------------------------------

    def _show_banner(self) -> None:
        """The one banner: what just happened, else what ends soonest, else none."""
        warnings = self._assessment.status.warnings if self._assessment else ()
        if self._banner:
            self._banner()
        elif warnings:
            first = warnings[0]
            go = {
                "authorisation": ("Re-Authorize", self.authorise),
                "secret": ("Go to the client secret", lambda: self._go_to("secret")),
                "certificate": ("Go to the certificate", lambda: self._go_to("certificate")),
            }
            self.sheet.show_banner("warn", first.sentence(self.context.app.clock()), "", [go[first.key]])
        else:
            self.sheet.banner.hide()

    def _show_restored(self, when: str) -> None:
        def discard() -> None:
            self._discard()
            self._show_banner()

        self.sheet.show_banner(
            "info", f"What you typed until {when} is back", "It was not saved then, and it is not saved yet.",
            [("Discard it", discard)],
        )  # fmt: skip

    def _say(self, level: str, text: str, detail: str = "") -> None:
        self.context.notices.say(level, text, detail, self._editing.source.id)

    def close_page(self) -> None:
        """Back to datasource management; what runs for this data source is stopped."""
        if self.context.go("datasources"):
            self._proving.cancel()
