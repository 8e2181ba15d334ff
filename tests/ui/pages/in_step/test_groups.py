"""Groups in step through the window: made, rehearsed, run, held, removed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QDialog, QPushButton

from o365desk.model.directory.in_step import Direction
from o365desk.model.stop import Stop
from o365desk.services.in_step.in_step import GroupRow
from o365desk.ui.destinations import ToDirectory, ToGroupsInStep, ToImport, ToPeople
from o365desk.ui.dialogs.confirm import ConfirmDialog
from o365desk.ui.dialogs.question import Go
from o365desk.ui.pages.directory.importing import ImportPage
from o365desk.ui.pages.in_step.difference import DifferenceDialog
from o365desk.ui.pages.in_step.editor import GroupEditor
from o365desk.ui.pages.in_step.groups import LOOKS, GroupsInStepPage
from tests.practice.fixtures import Client
from tests.services.in_step.team import Team
from tests.ui.office import Office, office

__all__ = ["office"]


class Steps:
    """The page over a tenant whose directory is imported."""

    def __init__(self, office: Office, client: Client) -> None:
        self.office = office
        self.team = Team(office.desk, client)
        self.app = office.desk.app

    @property
    def page(self) -> GroupsInStepPage:
        page = self.office.window.page(ToGroupsInStep)
        assert isinstance(page, GroupsInStepPage)
        return page

    @property
    def row(self) -> GroupRow:
        """The chosen one."""
        row = self.page.current
        assert row
        return row

    def open(self) -> GroupsInStepPage:
        self.office.window.go(ToGroupsInStep())
        self.office.idle()
        return self.page

    def answering(self, act: Callable[[], object], *answers: Callable[[Any], object]) -> list[QDialog]:
        """Does something, and answers the dialogs that come of it, one after the other."""
        left, seen = list(answers), list[QDialog]()

        def look() -> None:
            dialog = QApplication.activeModalWidget()
            if isinstance(dialog, QDialog) and left and not (seen and seen[-1] is dialog):
                seen.append(dialog)
                left.pop(0)(dialog)

        timer = QTimer(self.office.window, interval=10)
        timer.timeout.connect(look)
        timer.start()
        act()
        self.office.idle()
        self.office.soon(lambda: not left)
        self.office.idle()
        timer.stop()
        return seen


@pytest.fixture
def steps(office: Office, client: Client) -> Steps:
    return Steps(office, client)


def filled(steps: Steps, **values: Any) -> Callable[[GroupEditor], object]:
    """Types into the editor and saves."""

    def fill(dialog: GroupEditor) -> None:
        dialog.form.put(values)
        dialog._follow()
        dialog.save_button.click()

    return fill


def test_a_group_is_made_rehearsed_run_and_removed(steps: Steps) -> None:
    team = steps.team
    team.made("Ours", *team.ids[:5])
    team.load()
    page = steps.open()
    assert page.area.isVisible()
    values = {"name": "Sales", "source": team.source.id, "group": "ours", "sync": True, "override": True,
              "by_hand": "by.hand@example.com"}  # fmt: skip
    steps.answering(page.new, filled(steps, **values))
    group = steps.app.groups.get("Sales").group
    assert (group.group_name, group.override, group.direction) == ("Ours", True, Direction.WORKSPACE)
    assert steps.row.task, "turning it on makes a task"
    assert LOOKS[steps.row.state][0] == "Not run yet"
    shown: list[tuple[int, str]] = []

    def look(dialog: DifferenceDialog) -> None:
        shown.append((dialog.model.total, dialog.said.text()))
        dialog.run_button.click()

    def confirm(dialog: ConfirmDialog) -> None:
        dialog.line.setText("Sales")
        dialog.apply.click()

    # Who was put in by hand would leave: the only member there is, so that is asked.
    steps.answering(lambda: page.act("Rehearse the &next run…"), look, *([] if not _held(steps) else [confirm]))
    assert shown[0][0] == 6
    assert "As of" in shown[0][1]
    assert page.banner.level == "good", page.banner.plain_text()
    assert steps.team.members("Sales") == set(team.ids[:5])
    assert LOOKS[steps.row.state][0] == "In step"
    steps.answering(lambda: page.remove(steps.row), lambda dialog: dialog.buttons[Go.ON].click())
    assert page.model.total == 0
    assert steps.app.groups.overview().rows == ()


def _held(steps: Steps) -> bool:
    return bool(steps.app.groups.rehearse("Sales", Stop()).held)


def test_what_looks_wrong_waits_and_asks_for_the_name(steps: Steps) -> None:
    team = steps.team
    key = team.made("Ours", *team.ids[:12])
    team.load()
    team.kept(key, override=True)
    team.run()
    team.take(key, *team.ids[:12])
    team.load()
    page = steps.open()
    page.run(steps.row)
    steps.office.idle()
    assert page.banner.level == "warn"
    assert "waits for a person" in page.banner.plain_text()
    assert team.members() == set(team.ids[:12])
    assert LOOKS[steps.row.state][0] == "Waits for a person"
    # Back at the question: nothing is done.
    steps.answering(
        lambda: page.rehearse(steps.row),
        lambda dialog: dialog.run_button.click(),
        lambda dialog: dialog.reject(),
    )
    assert team.members() == set(team.ids[:12])

    def confirm(dialog: ConfirmDialog) -> None:
        dialog.line.setText("team")
        assert not dialog.apply.isEnabled()
        dialog.line.setText("Team")
        dialog.apply.click()

    steps.answering(
        lambda: page.rehearse(steps.row),
        lambda dialog: dialog.run_button.click(),
        confirm,
    )
    assert team.members() == set()


def test_what_is_not_imported_leads_to_the_import(steps: Steps) -> None:
    key = steps.team.made("Ours", *steps.team.ids[:5])
    steps.team.load()
    steps.team.kept(key)
    steps.app.importer.forget(steps.team.source.id)
    page = steps.open()
    shown: list[str] = []

    def press(dialog: DifferenceDialog) -> None:
        shown.append(dialog.banner.plain_text())
        [button] = [each for each in dialog.findChildren(QPushButton) if each.text() == "Import now…"]
        button.click()

    steps.answering(lambda: page.rehearse(steps.row), press)
    assert "Import it first." in shown[0]
    assert "--apply" not in shown[0]
    steps.office.idle()
    page_of_imports = steps.office.window.page(ToImport)
    assert isinstance(page_of_imports, ImportPage)
    assert page_of_imports.isVisible()


def test_an_import_that_waits_is_where_the_button_leads(steps: Steps, client: Client) -> None:
    key = steps.team.made("Ours", *steps.team.ids[:5])
    steps.team.load()
    steps.team.kept(key)
    steps.app.settings.keep(replace(steps.app.settings.get(), import_items=0, import_percent=0))
    client.control("/day", {"days": 1, "seed": 5})
    page = steps.open()
    page.run(steps.row)
    steps.office.idle()
    assert "waits for a person" in page.banner.plain_text()
    [button] = [each for each in page.banner.findChildren(QPushButton) if each.text() == "Look at the import"]
    button.click()
    steps.office.idle()
    imports = steps.office.window.page(ToImport)
    assert isinstance(imports, ImportPage)
    assert imports.found
    assert imports.found.plan


def test_a_group_that_is_gone_is_told_and_not_run(steps: Steps) -> None:
    team = steps.team
    key = team.made("Ours", *team.ids[:5])
    team.load()
    team.kept(key)
    team.run()
    assert team.tenant.send("DELETE", f"/groups/{key}").status_code == 204
    page = steps.open()
    page.run(steps.row)
    steps.office.idle()
    assert page.banner.level == "warn"
    assert "is gone at the source" in page.banner.plain_text()
    assert team.members() == set(team.ids[:5])
    dialogs = steps.answering(
        lambda: page.rehearse(steps.row),
        lambda dialog: (dialog.run_button.isEnabled() and dialog.accept()) or dialog.reject(),
    )
    assert dialogs
    assert team.members() == set(team.ids[:5])


def test_a_tenant_group_is_kept_in_step_and_its_runs_can_be_undone(steps: Steps) -> None:
    team = steps.team
    key = team.made("Ours", *team.ids[:5])
    team.load()
    file = steps.app.workspace.folder / "rows.csv"
    file.write_text("user\n" + "\n".join(team.addresses[each] for each in team.ids[1:7]))
    page = steps.open()
    values = {"name": "Follows", "direction": "tenant", "source": team.source.id, "group": key, "sync": True,
              "override": True, "rows": "rows.csv"}  # fmt: skip
    steps.answering(page.new, filled(steps, **values))
    page.run(steps.row)
    steps.office.idle()
    assert page.banner.level == "good", page.banner.plain_text()
    assert team.tenant.members(key) == set(team.ids[1:7])
    assert len(steps.app.journal.runs()) == 2


def test_what_makes_no_sense_is_said_at_the_field(steps: Steps) -> None:
    team = steps.team
    team.load()
    steps.open()
    dialog = GroupEditor(steps.office.window.context, None, "", [team.source], steps.office.window)
    dialog.show()

    def wrong(key: str, **values: Any) -> None:
        dialog.form.put(values)
        dialog._follow()
        dialog.save()
        steps.office.idle()
        assert dialog.form.problem(key), key
        assert dialog.saved is None
        assert dialog.save_button.isEnabled()

    wrong("name", name="", sync=False)
    wrong("by_hand", name="Sales", by_hand="nobody")
    wrong("source", by_hand="", group="Ours", sync=True)
    wrong("group", source=team.source.id, group="No such group")
    wrong("group", group="")
    dialog.reject()
    dialog.deleteLater()
    assert steps.app.groups.overview().rows == ()


def test_somebody_elses_change_is_no_loss(steps: Steps) -> None:
    team = steps.team
    key = team.made("Ours", *team.ids[:5])
    team.load()
    team.kept(key)
    steps.open()
    row = steps.app.groups.get("Team")
    dialog = GroupEditor(steps.office.window.context, row, "", [team.source], steps.office.window)
    team.edit(override=True)
    dialog.form.put({"auto_disable": True})
    dialog.save()
    steps.office.idle()
    assert "changed by someone else" in dialog.banner.plain_text()
    assert not steps.app.groups.get("Team").group.auto_disable
    dialog.deleteLater()


def test_a_file_that_cannot_be_read_is_told_beside_the_others(steps: Steps) -> None:
    team = steps.team
    key = team.made("Ours", *team.ids[:5])
    team.load()
    team.kept(key)
    (steps.app.groups.files.folder / "broken.json").write_text("{")
    page = steps.open()
    assert page.model.total == 1
    assert "broken.json" in page.banner.plain_text()


def test_the_pages_lead_to_each_other(steps: Steps) -> None:
    steps.team.load()
    page = steps.open()
    page.people_button.click()
    steps.office.idle()
    assert steps.office.window.page(ToPeople).isVisible()
    steps.office.window.go(ToDirectory())
    steps.office.idle()
    directory: Any = steps.office.window.page(ToDirectory)
    directory.step_button.click()
    steps.office.idle()
    assert page.isVisible()
