"""What the tenant said of groups and people is kept with its age, and counts for a day."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from o365desk.model.access.security import Who, WhoKind
from o365desk.model.datasource import DataSource
from o365desk.model.stop import Stop
from o365desk.services.access.known import BELIEVED, FRESH, KnownGroup, KnownIdentities, KnownUser, tenant_key
from o365desk.services.state.state import State
from o365desk.services.writes.journal.journal import Journal
from tests.services.bulk import Bulk
from tests.services.state.stepping import file_before

NOW = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)


def test_a_file_from_before_it_opens(tmp_path: Path) -> None:
    file = tmp_path / "state.sqlite"
    old = file_before("0006-known", file)
    old.use(lambda connection: connection.execute("INSERT INTO remembered VALUES ('key', x'6265666f7265')"))
    old.close()
    state = State(file, lambda: NOW)
    Journal(state, lambda: NOW)
    known = KnownIdentities(state, lambda: NOW)
    assert known.user("one", "ada@contoso.com") is None
    assert known.group("one", Who(kind=WhoKind.GROUP, id="x")) is None
    assert state.remembered("key") == b"before"
    state.close()


@pytest.mark.parametrize(
    ("age", "believed", "fresh"),
    [
        (timedelta(0), True, True),
        (FRESH, True, True),
        (FRESH + timedelta(microseconds=1), True, False),
        (BELIEVED, True, False),
        (BELIEVED + timedelta(microseconds=1), False, False),
        (-timedelta(microseconds=1), False, False),
    ],
)
def test_how_long_it_counts(tmp_path: Path, age: timedelta, believed: bool, fresh: bool) -> None:
    known = KnownIdentities(State(tmp_path / "state.sqlite", lambda: NOW), lambda: NOW)
    for each in (KnownGroup(read=NOW - age), KnownUser(read=NOW - age)):
        assert (known.believed(each), known.fresh(each)) == (believed, fresh)
    assert not known.believed(None)
    assert not known.fresh(None)


def test_groups_in_groups_count_and_what_broke_off_changes_nothing(
    bulk: Bulk, switches: Callable[..., Any]
) -> None:
    inner = bulk.group("security")
    made = bulk.writer.send(
        "POST",
        "/groups",
        {"displayName": "Outer", "mailNickname": "outer", "mailEnabled": False, "securityEnabled": True},
    ).json()
    assert bulk.writer.add(made["id"], inner).status_code == 204
    known = KnownIdentities(bulk.desk.app.state, lambda: NOW)
    who = Who(kind=WhoKind.GROUP, id=made["id"])
    with bulk.runner.session(bulk.source, Stop()) as session:
        known.learn(session.graph, bulk.source.id, (who,), ())
        found = known.group(bulk.source.id, who)
        assert found
        assert found.exists
        assert bulk.writer.members(inner) <= found.members
        # Another data source was told nothing by that.
        assert known.group("another", who) is None
        assert bulk.writer.send("DELETE", f"/groups/{made['id']}").status_code == 204
        known.learn(session.graph, bulk.source.id, (who,), ())
    gone = known.group(bulk.source.id, who)
    assert gone
    assert not gone.exists
    assert not gone.members


def test_what_another_tenant_said_does_not_count() -> None:
    here = DataSource(id="one", tenant="Contoso.example", cloud="custom", graph="https://graph.example")
    assert tenant_key(here) == tenant_key(here.replace(tenant="contoso.EXAMPLE", name="Other"))
    keys = {tenant_key(here.replace(**change)) for change in ({}, {"tenant": "x.example"}, {"graph": "https://x"})}
    assert len(keys) == 3
    assert tenant_key(DataSource(id="one")) == "one"
