"""Targets in the state file: each sort comes back as it was written, and so do rows that were written before they
had the name of their sort, as this program wrote them on 27 November 2026.
"""

import re
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from o365desk.model.problems import ProblemError
from o365desk.model.run import Also, Row
from o365desk.model.targets import (
    Before,
    GroupTarget,
    LicenceBefore,
    LicenceTarget,
    MemberTarget,
    NewGroupBefore,
    NewGroupTarget,
    PropertyBefore,
    PropertyTarget,
    SameTarget,
    Target,
    expect,
)
from o365desk.services.writes.journal import stored
from tests.services.bulk import Bulk, outcomes, standings

G, U, S = "d5b722bf-ae7f-4e8d-acf6-fe5738351026", "44e3d1b0-3162-4928-acc6-edcbb3245cd9", "efccb6f7-5641"
PLAN = "932ad362-64a8-4783-9106-97849a1a30b9"
BODY = {"displayName": "Night shift", "mailNickname": "night-shift", "mailEnabled": False, "groupTypes": []}
NEW = NewGroupTarget(owners=[U], members=[], body=BODY)

TARGETS: list[tuple[str, Target | None]] = [
    (f'{{"group":"{G}","user":"{U}"}}', MemberTarget(group=G, user=U)),
    (
        f'{{"group":"{G}","user":"{U}","made":"2026-11-27T01:21:17+00:00"}}',
        MemberTarget(group=G, user=U, made=datetime(2026, 11, 27, 1, 21, 17, tzinfo=UTC)),
    ),
    ('{"same":1}', SameTarget(same=1)),
    ("{}", None),
    (f'{{"user":"{U}","sku":"{S}","wish":["{PLAN}"]}}', LicenceTarget(user=U, sku=S, wish=[PLAN])),
    (
        f'{{"location":"IE","user":"{U}","sku":"{S}","wish":[]}}',
        LicenceTarget(user=U, sku=S, wish=[], location="IE"),
    ),
    (f'{{"user":"{U}","sku":"{S}","wish":null,"stays":true}}', LicenceTarget(user=U, sku=S, wish=None, stays=True)),
    (
        f'{{"user":"{U}","name":"usageLocation","value":"DE"}}',
        PropertyTarget(user=U, name="usageLocation", value="DE"),
    ),
    (f'{{"owners":["{U}"],"members":[],"body":{msgspec.json.encode(BODY).decode()}}}', NEW),
    (f'{{"group":"{G}"}}', GroupTarget(group=G)),
    # What was given besides stands beside it.
    (
        f'{{"group":"{G}","user":"{U}","also":[{{"field":"user","heading":"Mail","text":"a@b.de"}}]}}',
        MemberTarget(group=G, user=U),
    ),
    # Of rows that could not be done, not all was known.
    (f'{{"user":"{U}","sku":"{S}"}}', None),
    ('{"location":"IE"}', None),
    (f'{{"owners":["{U}"],"members":[]}}', None),
]
BEFORES: list[tuple[str, Before | None]] = [
    ("{}", None),
    ('{"direct":null}', LicenceBefore(direct=None)),
    (f'{{"direct":["{PLAN}"]}}', LicenceBefore(direct=[PLAN])),
    ('{"value":null}', PropertyBefore(value=None)),
    ('{"value":"DE"}', PropertyBefore(value="DE")),
    (f'{{"made":"{G}"}}', NewGroupBefore(made=G)),
    (f'{{"theirs":["{G}"]}}', NewGroupBefore(theirs=[G])),
    (f'{{"theirs":["{G}"],"made":"{U}"}}', NewGroupBefore(made=U, theirs=[G])),
]


@pytest.mark.parametrize(("text", "meant"), TARGETS)
def test_a_target_without_a_name_is_known_by_its_keys(text: str, meant: Target | None) -> None:
    assert stored.target_of(text.encode()) == meant


@pytest.mark.parametrize(("text", "meant"), BEFORES)
def test_so_is_what_was_before(text: str, meant: Before | None) -> None:
    assert stored.before_of(text.encode()) == meant


@pytest.mark.parametrize("target", [target for _, target in TARGETS])
def test_a_target_comes_back_with_all_that_was_given_besides(target: Target | None) -> None:
    also = (Also("user", "Mail", "a@b.de"),)
    row = Row(number=1, values={}, also=also, picked={"group": "Sales"})
    text = stored.target_text(target, row)
    assert stored.target_of(text) == target
    assert stored.given_besides(text) == (also, {"group": "Sales"})
    assert stored.given_besides(stored.target_text(target, Row(number=1, values={}))) == ((), {})


@pytest.mark.parametrize("before", [before for _, before in BEFORES])
def test_what_was_before_comes_back(before: Before | None) -> None:
    assert stored.before_of(stored.before_text(before)) == before


@pytest.mark.parametrize(
    "text",
    [
        '{"sort":"of a newer version","group":"g","user":"u"}',
        '{"sort":"member","group":7,"user":"u"}',
        '{"group":7,"user":"u"}',
        '{"user":"u","sku":"s","wish":"x"}',
    ],
)
def test_what_is_no_target_of_ours_is_none(text: str) -> None:
    assert stored.target_of(text.encode()) is None
    with pytest.raises(ProblemError, match="Another version"):
        expect(stored.target_of(text.encode()), MemberTarget)


# --- runs that were written before --------------------------------------------------------------------------------


def aged(bulk: Bulk, state: str = "") -> None:
    """All rows are as they were stored before sorts had names; those that changed something get this `state`."""

    def act(connection: sqlite3.Connection) -> None:
        rows = connection.execute("SELECT target, before, run, number FROM run_rows").fetchall()
        connection.executemany(
            "UPDATE run_rows SET target = ?, before = ? WHERE run = ? AND number = ?",
            [(_without_sort(target), _without_sort(before), *key) for target, before, *key in rows],
        )
        if state:
            connection.execute("UPDATE run_rows SET state = ? WHERE state = 'changed'", (state,))
            connection.execute("UPDATE runs SET state = 'cancelled', counts = NULL")

    bulk.desk.app.state.use(act)


def _without_sort(text: bytes) -> bytes:
    kept: dict[str, Any] = msgspec.json.decode(text)
    assert kept.pop("sort", None) or not kept, kept
    return msgspec.json.encode(kept)


def located(bulk: Bulk, *, has: bool) -> str:
    users = [user for user in bulk.users if user["accountEnabled"] and not user["assignedLicenses"]]
    return str(next(user["id"] for user in users if bool(user["usageLocation"]) is has))


def member(bulk: Bulk) -> tuple[str, dict[str, str]]:
    group = bulk.group("security")
    return "add-user-to-group", {"group": group, "user": bulk.outsiders(group, 1)[0]["id"]}


def licence(bulk: Bulk) -> tuple[str, dict[str, str]]:
    return "assign-licence-to-user", {"user": located(bulk, has=False), "plan": "FLOW_FREE", "usageLocation": "IE"}


def location(bulk: Bulk) -> tuple[str, dict[str, str]]:
    user = located(bulk, has=True)
    return "set-usage-location", {"user": user, "usageLocation": "CH"}


def group(bulk: Bulk) -> tuple[str, dict[str, str]]:
    return "create-group", {"displayName": "Night shift", "members": bulk.users[30]["id"]}


SORTS = pytest.mark.parametrize("row", [member, licence, location, group], ids=lambda row: row.__name__)


@SORTS
def test_a_run_from_before_is_undone(bulk: Bulk, row: Callable[[Bulk], tuple[str, dict[str, str]]]) -> None:
    key, values = row(bulk)
    plan, run = bulk.done(key, [values])
    assert run.counts.changed == 1, bulk.rows(run)
    aged(bulk)
    back = bulk.undo(run)
    assert standings(back) == ["will change"]
    assert bulk.apply(back).counts.changed == 1
    assert standings(bulk.plan(key, [values])) == standings(plan)


@SORTS
def test_a_run_from_before_is_resumed(bulk: Bulk, row: Callable[[Bulk], tuple[str, dict[str, str]]]) -> None:
    key, values = row(bulk)
    _, run = bulk.done(key, [values])
    aged(bulk, state="sent")
    resumed = bulk.resumed(run)
    assert outcomes(bulk.rows(resumed)) == ["changed"], bulk.rows(resumed)
    assert re.search("look at the tenant|object ID", bulk.rows(resumed)[0].detail)


def test_what_a_run_from_before_changed_again_is_left_alone(bulk: Bulk) -> None:
    key, values = member(bulk)
    _, first = bulk.done(key, [values])
    bulk.done("remove-user-from-group", [values])
    _, second = bulk.done(key, [values])
    aged(bulk)
    (row,) = bulk.undo(first).rows
    assert row.problem
    assert row.problem.title == f"Run {second.id} changed this again"
