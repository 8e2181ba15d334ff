"""What the window shows and does once somebody else has changed where a data source leads."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from o365desk import catalogue
from o365desk.model.datasource import DataSource
from o365desk.model.fields import Kind
from o365desk.model.problems import ProblemError
from o365desk.model.stop import Control, Stop
from o365desk.ui.destinations import ToConnector, ToOperations, ToPlan, ToRun, Wish
from o365desk.ui.widgets.theme import Theme
from tests.desk import Desk
from tests.practice.fixtures import Client
from tests.recorder import Hosts, hosts
from tests.ui.office import ADD, REMOVE, Office, click

WORD = "Changed since it was approved"


class Strange(Office):
    """An office whose data source was used through hosts that write down what comes; a stranger may change it."""

    def __init__(self, qtbot: QtBot, desk: Desk, client: Client, theme: Theme, made: Hosts) -> None:
        super().__init__(qtbot, desk, client, theme)
        self.hosts = made
        entry = desk.app.workspace.get(self.bulk.source.id)
        moved = entry.source.replace(login=made.login.root, graph=made.graph.root, ca_file=str(made.ca_file))
        self.bulk.source = desk.app.connections.save(moved, entry.version).source

    @property
    def file(self) -> Path:
        return self.desk.app.workspace.get(self.bulk.source.id).path

    @property
    def opened(self) -> DataSource:
        return self.desk.app.workspace.get(self.bulk.source.id).source

    def tamper(self, **changes: Any) -> None:
        """A stranger writes the file."""
        changes = changes or {"login": self.hosts.other_login.root, "modifiedBy": "<img src=x> mallory"}
        self.file.write_text(json.dumps(json.loads(self.file.read_text("utf-8")) | changes), "utf-8")
        self.hosts.forget()

    def looked_over(self) -> Any:
        """The connector page with the data source, looked over."""
        self.window.go(ToConnector(self.bulk.source.id))
        page: Any = self.window.page(ToConnector)
        self.soon(lambda: not (page.busy() or self.window.tasks.active() or page._assessor._timer.isActive()))
        return page


@pytest.fixture
def strange(qtbot: QtBot, desk: Desk, client: Client, theme: Theme, tmp_path: Path) -> Iterator[Strange]:
    with hosts(tmp_path, desk.ready) as made:
        office = Strange(qtbot, desk, client, theme, made)
        yield office
        office.close()


def test_the_page_says_it_first_and_neither_button_sends_anything(strange: Strange) -> None:
    strange.tamper()
    page = strange.looked_over()
    assert page._status._pill.text() == "changed since it was approved"
    assert WORD in page.sheet.banner.plain_text()
    assert page.sheet.banner.remedies[0].text() == "See what changed…"
    page.test()
    strange.idle()
    assert WORD in page.headline_text()
    page.authorise()
    strange.idle()
    assert WORD in page.headline_text()
    assert strange.hosts.came == []
    assert strange.desk.person.opened == []


def test_approving_shows_both_sides_and_lets_it_pass(strange: Strange) -> None:
    strange.tamper()
    page = strange.looked_over()
    texts: list[str] = []

    def approve(dialog: Any) -> None:
        texts.extend(label.text() for label in dialog.findChildren(QLabel))
        click(dialog, "approval-approve")

    seen = strange.answer("approval", approve)
    page.sheet.banner.remedies[0].click()
    strange.soon(lambda: seen)
    strange.idle()
    said = "\n".join(texts)
    assert strange.hosts.login.root in said
    assert strange.hosts.other_login.root in said
    assert "mallory" in said
    assert "it bears the date" in said
    strange.soon(lambda: not page.sheet.banner.isVisible())
    page.test()
    strange.soon(lambda: page.headline_text().startswith("Connection test succeeded"))
    assert strange.hosts.other_login.came


def test_going_back_restores_the_file(strange: Strange) -> None:
    before = strange.opened.login
    strange.tamper()
    page = strange.looked_over()
    seen = strange.answer("approval", lambda dialog: click(dialog, "approval-back"))
    page.approve()
    strange.soon(lambda: seen)
    strange.idle()
    assert strange.opened.login == before
    assert page.source().login == before
    strange.soon(lambda: not page.sheet.banner.isVisible())
    page.test()
    strange.soon(lambda: page.headline_text().startswith("Connection test succeeded"))
    assert not strange.hosts.other_login.came


def test_closing_the_dialog_decides_nothing(strange: Strange) -> None:
    strange.tamper()
    page = strange.looked_over()
    seen = strange.answer("approval", lambda dialog: dialog.reject())
    page.approve()
    strange.soon(lambda: seen)
    strange.idle()
    page.test()
    strange.idle()
    assert strange.hosts.came == []


def test_typing_another_name_over_it_and_saving_approves_nothing(strange: Strange) -> None:
    strange.tamper()
    page = strange.looked_over()
    page.form.put({**page.form.values(), "name": "Corrected"})
    page._draft._edited("name")
    page.test()
    strange.idle()
    page.save()
    strange.idle()
    assert strange.opened.name == "Corrected"
    page.test()
    strange.idle()
    assert strange.hosts.came == []


def test_a_login_typed_here_is_approved_and_the_notice_says_where_secrets_go(strange: Strange) -> None:
    page = strange.looked_over()
    page.form.put({**page.form.values(), "login": strange.hosts.other_login.root})
    page._draft._edited("login")
    page.test()
    strange.soon(lambda: page.headline_text().startswith("Connection test succeeded"))
    page.save()
    strange.idle()
    assert any(strange.hosts.other_login.root in note.detail for note in strange.desk.app.state.notices())
    assert strange.opened.login == strange.hosts.other_login.root
    page.test()
    strange.soon(lambda: page.headline_text().startswith("Connection test succeeded"))


def test_operations_plans_and_runs_lead_to_what_changed(strange: Strange) -> None:
    """Every other page that would reach the network: a list, a picker, a plan, an undo, a run that is resumed."""
    group = strange.bulk.group("security")
    rows = strange.members(group, 3)
    _, done = strange.bulk.done(ADD, rows[:1])
    control = Control()
    control.cancel()
    stopped = strange.bulk.apply(strange.bulk.plan(ADD, rows[1:2]), control)
    strange.tamper()
    strange.bulk.source = strange.opened

    strange.window.go(ToOperations(source_id=strange.opened.id, operation="user-list"))
    page: Any = strange.window.page(ToOperations)
    strange.soon(lambda: page.view and WORD in page.view.banner.plain_text())
    assert page.view.why_off()
    page.view.run()
    with pytest.raises(ProblemError):
        strange.desk.app.runner.suggest(strange.opened, Kind.USER, "anna", Stop())

    plan: Any = strange.planned(ADD, rows[2:])
    assert WORD in plan.banner.plain_text()
    undo = catalogue.operation(REMOVE)
    strange.window.go(ToPlan(Wish(strange.opened, undo, undoes=done.id)))
    strange.idle()
    assert WORD in plan.banner.plain_text()

    strange.window.go(ToRun(run_id=stopped.id, resume=True))
    strange.idle()
    assert WORD in strange.run.view.banner.plain_text()
    assert strange.hosts.came == []

    opened = strange.answer("approval", lambda dialog: click(dialog, "approval-approve"))
    button = next(item for item in strange.run.view.banner.remedies if item.text() == "See what changed…")
    button.click()
    strange.soon(lambda: opened)
    strange.idle()
    assert not strange.desk.app.approvals.review(strange.opened).needed


def test_what_the_form_cannot_show_whole_is_no_persons_change(strange: Strange) -> None:
    """A field takes 32,767 letters: the rest is cut off. Somebody corrects the name only."""
    strange.tamper(login=strange.hosts.other_login.root + "/" * 40_000)
    page = strange.looked_over()
    row = page.form.rows["name"].editor.line
    row.setText("Corrected")
    row.textEdited.emit("Corrected")
    page.save()
    strange.idle()
    assert strange.opened.name == "Corrected"
    page.test()
    strange.idle()
    approval = strange.desk.app.state.approval(strange.opened.id)
    assert approval is not None
    assert not approval.connection.login.endswith("/")
    assert strange.desk.app.approvals.review(strange.opened).needed
    assert strange.hosts.came == []


def test_mine_brought_back_over_theirs_and_opened_again_is_judged_as_it_is(strange: Strange) -> None:
    """A stranger's login stood in the file when somebody began to type, and is taken back before they save."""
    good = strange.opened.login
    strange.tamper()
    page = strange.looked_over()
    row = page.form.rows["name"].editor.line
    row.setText("Typed over theirs")
    row.textEdited.emit("Typed over theirs")
    strange.tamper(login=good)
    taken = strange.answer("conflict", lambda dialog: click(dialog, "conflict-theirs"))
    page.save()
    strange.soon(lambda: taken)
    strange.idle()
    assert page.source().login == good
    next(item for item in page.sheet.banner.remedies if "mine" in item.text()).click()
    strange.idle()
    assert page.source().login == strange.hosts.other_login.root
    # The program ends here, and is started again.
    page._draft._timer.stop()
    page._draft.load(ToConnector(strange.opened.id))
    page.test()
    strange.idle()
    assert WORD in page.headline_text()
    kept = strange.answer("conflict", lambda dialog: click(dialog, "conflict-mine"))
    page.save()
    strange.soon(lambda: kept)
    strange.idle()
    page.test()
    strange.idle()
    assert strange.hosts.came == []


def test_going_back_says_where_a_file_is_another_still(strange: Strange, tmp_path: Path) -> None:
    strange.tamper()
    with strange.hosts.ca_file.open("ab") as file:
        file.write(trustme.CA(organization_name="Mallory").cert_pem.bytes())
    page = strange.looked_over()
    seen = strange.answer("approval", lambda dialog: click(dialog, "approval-back"))
    page.approve()
    strange.soon(lambda: seen)
    strange.idle()
    assert strange.opened.login == strange.hosts.login.root
    note = strange.desk.app.state.notices()[0]
    assert note.level == "warn"
    assert "CA file" in note.detail
    page.test()
    strange.idle()
    assert strange.hosts.came == []


def test_a_strangers_words_stand_in_quotes_and_leave_room_for_the_two_sides(strange: Strange) -> None:
    words = "nobody changed it, it is as you approved it. " * 100
    strange.tamper(login=strange.hosts.other_login.root, name=words, modifiedBy=words)
    page = strange.looked_over()
    texts: list[str] = []

    def look(dialog: Any) -> None:
        texts.extend(label.text() for label in dialog.findChildren(QLabel))
        dialog.reject()

    seen = strange.answer("approval", look)
    page.approve()
    strange.soon(lambda: seen)
    said = next(text for text in texts if "says that" in text)
    assert "says that “nobody changed it" in said
    assert len(said) < 500
    assert all(len(text) < 500 for text in texts)
