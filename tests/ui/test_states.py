"""What is said about a data source: header, form, panel, list and command line tell the same of the same moment."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from o365desk.app import now
from o365desk.cli import main
from o365desk.model.timing import Timing
from o365desk.ui.destinations import ToSources
from o365desk.ui.pages.datasources.source_lines import SourceLine
from o365desk.ui.widgets.theme import Theme
from tests.desk import Desk
from tests.practice.fixtures import Client
from tests.ui.office import Office
from tests.ui.pages.connector.test_conflict import edit
from tests.ui.test_matrix import Lent

PROVEN, FAILED, NOT_PROVEN, NEVER = OUTCOMES = ("proven", "failed", "not proven", "never")
SECRET_EXPIRED, BUSY = "The client secret has expired", "The sign-in service is not available"
HEADLINES = {PROVEN: "Connection test succeeded", FAILED: SECRET_EXPIRED, NOT_PROVEN: BUSY, NEVER: ""}
SWITCHES: dict[str, dict[str, Any]] = {
    PROVEN: {},
    FAILED: {"secret": {"read-write": "expired"}},
    NOT_PROVEN: {"login_down": "503"},
}


@dataclass
class Clock:
    """The clock, which can be set ahead."""

    ahead: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return now() + self.ahead


class Faces:
    """Everything that tells the state of one data source."""

    def __init__(self, office: Office, clock: Clock, switches: Callable[..., Any], capsys: Any) -> None:
        self.office, self.clock, self._switches, self._capsys = office, clock, switches, capsys
        desk = office.desk
        self.source = desk.saved(desk.source())
        self.page = office.open_source(self.source)

    def begin(self, outcome: str) -> None:
        """Begins a test of what the form has, which will end like this."""
        self._switches(**SWITCHES[outcome])
        self.page.test()

    def tried(self, outcome: str) -> None:
        """The same, until it has ended; or nothing, where there was never a test."""
        if outcome != NEVER:
            self.begin(outcome)
            self.ended()

    def ended(self) -> None:
        self.office.idle()
        self._switches(login_down="none", secret={"read-write": "valid"})

    def later(self, minutes: int) -> None:
        """Time goes by, and the page looks at the clock, as it does each minute."""
        self.clock.ahead += timedelta(minutes=minutes)
        self.page._grow_older()
        self.office.idle()

    def edited(self) -> None:
        """The same tenant by its domain: other details, of which a test ends as of the saved ones."""
        edit(self.page, "tenant", self.office.desk.ready["domain"])
        self.office.idle()

    def discarded(self) -> None:
        self.page._discard()
        self.office.idle()

    def form(self) -> str:
        """What header and form say, which is the same."""
        pill, reason, status = (self._label(name) for name in ("status-pill", "status-reason", "status"))
        assert status == f"{pill} — {reason}"
        return status

    def elsewhere(self) -> str:
        """What the list and the command line say, which is the same."""
        line: SourceLine = self._line()
        assert self._told("list")[0]["state"] == line.state
        for said in (self._told("list")[0], self._told("show", self.source.name)):
            assert f"{said['state']} — {said['reason']}" == f"{line.state} — {line.reason}"
            assert said["status"] in ("incomplete", "test failed", "ready")
        return f"{line.state} — {line.reason}"

    def panel(self) -> tuple[str, str]:
        """The panel's headline, and when it says that was, without how long it took."""
        when = self.page.panel._when.text()
        return self.page.headline_text(), when.partition(", took")[0] + when.partition(";")[1] + when.partition(
            ";"
        )[2]

    def _label(self, name: str) -> str:
        found = self.office.window.findChild(QLabel, name)
        assert isinstance(found, QLabel)
        return found.text()

    def _line(self) -> SourceLine:
        window = self.office.window
        page: Any = window.page(ToSources)
        page.refresh()
        self.office.qtbot.waitUntil(lambda: not window.tasks.active())
        page._reading.closer.timeout.emit()
        self.office.qtbot.waitUntil(lambda: not window.tasks.active())
        (line,) = page.model.all_rows()
        assert isinstance(line, SourceLine)
        return line

    def _told(self, *words: str) -> Any:
        assert main(["sources", *words, "--json"]) == 0
        return json.loads(self._capsys.readouterr().out)


@pytest.fixture
def faces(
    qtbot: QtBot,
    tmp_path: Path,
    practice: Any,
    client: Client,
    theme: Theme,
    switches: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Faces]:
    clock = Clock()
    desk = Desk(tmp_path, practice.ready, clock=clock, timing=Timing(press=0.02))
    lent = Lent(**{part.name: getattr(desk.app, part.name) for part in fields(desk.app)})
    monkeypatch.setattr("o365desk.cli.session.make_app", lambda workspace, practice=False: lent)
    office = Office(qtbot, desk, client, theme)
    yield Faces(office, clock, switches, capsys)
    office.close()
    desk.close()


def said(outcome: str, age: str) -> str:
    """What is said of details whose only test ended like this, so long ago."""
    return {
        PROVEN: f"ready — proven {age}, 10 of 10 operations",
        FAILED: f"test failed — tested {age}: {SECRET_EXPIRED}",
        NOT_PROVEN: f"not proven — tried {age}: {BUSY}",
        NEVER: "not tested yet — test the connection",
    }[outcome]


def shown(outcome: str, age: str, more: str = "") -> tuple[str, str]:
    """What the panel then shows."""
    return HEADLINES[outcome], "" if outcome == NEVER else f"tested {age}{more}"


@pytest.mark.parametrize("second", OUTCOMES)
@pytest.mark.parametrize("first", OUTCOMES)
def test_all_faces_tell_the_same_of_what_is_saved(faces: Faces, first: str, second: str) -> None:
    faces.tried(first)
    assert faces.form() == faces.elsewhere() == said(first, "just now")
    assert faces.panel() == shown(first, "just now")
    faces.later(3)
    before = said(first, "3 minutes ago")
    assert faces.form() == faces.elsewhere() == before
    assert faces.panel() == shown(first, "3 minutes ago")
    if second == NEVER:
        return
    faces.begin(second)
    assert (faces.form(), faces.panel()[0]) == (before, "Testing the connection…")
    faces.ended()
    kept = second == NOT_PROVEN and first in (PROVEN, FAILED)
    after = f"{before}; last try just now not proven: {BUSY}" if kept else said(second, "just now")
    assert faces.form() == faces.elsewhere() == after
    assert faces.panel() == shown(second, "just now")
    faces.later(1)
    assert faces.form() == faces.elsewhere() == after.replace("3 min", "4 min").replace("just now", "1 minute ago")
    assert faces.panel() == shown(second, "1 minute ago")


@pytest.mark.parametrize("second", OUTCOMES)
@pytest.mark.parametrize("first", OUTCOMES)
def test_tests_of_a_draft_say_nothing_of_what_is_saved_and_go_with_it(
    faces: Faces, first: str, second: str
) -> None:
    faces.tried(first)
    faces.later(3)
    saved, panel = said(first, "3 minutes ago"), shown(first, "3 minutes ago")
    faces.edited()
    changed = "changed since its test — tested 3 minutes ago; test it again"
    drafted = said(NEVER, "") if first == NEVER else changed
    since = shown(first, "3 minutes ago", "; details changed since")
    assert (faces.form(), faces.elsewhere(), faces.panel()) == (drafted, saved, since)
    if second != NEVER:
        faces.begin(second)
        assert (faces.form(), faces.elsewhere()) == (drafted, said(first, "3 minutes ago"))
        faces.ended()
        assert (faces.form(), faces.elsewhere()) == (said(second, "just now"), saved)
        assert faces.panel() == shown(second, "just now")
    # Typed back by hand it is what is saved again, though the draft was tested.
    edit(faces.page, "tenant", faces.source.tenant)
    faces.office.idle()
    assert (faces.form(), faces.elsewhere(), faces.panel()) == (saved, saved, panel)
    faces.edited()
    assert faces.form() == (drafted if second == NEVER else said(second, "just now"))
    faces.discarded()
    assert (faces.form(), faces.elsewhere(), faces.panel()) == (saved, saved, panel)
    faces.edited()
    assert (faces.form(), faces.elsewhere()) == (drafted, saved)


@pytest.mark.parametrize("second", OUTCOMES)
def test_a_draft_that_is_saved_takes_its_tests_along(faces: Faces, second: str) -> None:
    faces.tried(PROVEN)
    faces.later(3)
    faces.edited()
    faces.tried(second)
    faces.page.save()
    faces.office.idle()
    changed = "changed since its test — tested 3 minutes ago; test it again"
    assert faces.form() == faces.elsewhere() == (changed if second == NEVER else said(second, "just now"))
