"""What is asked of the tenant: what was never asked or not lately; where somebody wants it anew, everything."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from o365desk.app import App, build
from o365desk.model.access.operator import os_user
from o365desk.model.datasource import new
from o365desk.services.connection_test.evidence import users_counted
from tests.scene import failed, not_proven, succeeded
from tests.secured import ANNA, GONE, LEFT, SALES, SECURITY, know

NOW = datetime(2026, 5, 12, 9, 30, tzinfo=UTC)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    made = build(
        tmp_path / "w",
        state_folder=tmp_path / "s",
        clock=lambda: NOW,
        session_only=True,
        operator=os_user("a.admin"),
    )
    yield made
    made.close()


def test_what_was_asked_lately_is_not_asked_again_unless_it_is_wanted_anew(app: App) -> None:
    source = new("Contoso", security=SECURITY)
    first = app.access.unread(source, app.access.me(source))
    assert first.groups == (SALES, GONE)
    assert first.addresses == (), "whoever works here has no address of the tenant"
    know(app, source)
    assert not app.access.unread(source, app.access.me(source))
    anew = app.access.unread(source, app.access.me(source), anew=True)
    assert anew.groups == (SALES, GONE)
    assert set(anew.addresses) == {ANNA.address, LEFT.address}, "also whether those that are named are still there"


def test_what_the_tenant_said_is_told_with_how_many(app: App) -> None:
    source = new("Contoso", security=SECURITY)
    know(app, source)
    group, user = app.access.known_group(source, SALES), app.access.known_user(source, LEFT.address)
    assert group is not None
    assert group.count == 36, "one has an address besides the ID"
    assert user is not None
    assert not user.exists
    assert app.access.known_user(source, "nobody@contoso.com") is None


def test_how_many_users_a_test_found() -> None:
    source = new("Contoso")
    assert users_counted(succeeded(source)) == 12_431
    assert users_counted(failed(source)) == 12_431
    assert users_counted(not_proven(source)) is None
    assert users_counted(None) is None
