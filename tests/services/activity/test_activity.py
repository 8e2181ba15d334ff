"""The activity log: what an entry says, what is found, who sees it, how long it is kept."""

import json
import random
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from o365desk.app import build
from o365desk.model.access.operator import os_user
from o365desk.model.access.people import Role
from o365desk.model.activity import (
    BEGUN,
    CANCELLED,
    DONE,
    FAILED,
    REFUSED,
    Entry,
    Origin,
    Thing,
    What,
    difference,
    title_of,
)
from o365desk.model.problems import NOT_ALLOWED, CancelledError, Problem, ProblemError
from o365desk.model.secret import Secret
from o365desk.model.settings import Settings
from o365desk.services.activity.activity import Query
from o365desk.services.state import database
from tests.services.activity.log import ANN, BEN, CONTOSO, Log
from tests.services.state.stepping import file_before

HOSTILE = '\x1b[31m Anna\u202e\u2066 <b>=HYPERLINK("x")</b>\r\n\x00 \ud800'


def test_an_entry_says_who_when_what_and_from_where(log: Log) -> None:
    log.desk.record(
        What.TEST,
        source=CONTOSO,
        outcome="succeeded",
        facts={"steps": 12},
        requests=["a", "b", "a", ""],
        run="0a1b2c3d",
    )
    (entry,) = log.entries()
    assert (entry.number, entry.who, entry.what, entry.title) == (1, ANN, "test", "Connection tested")
    assert entry.at == "2026-11-27T09:00:00.000+00:00"
    assert (entry.source, entry.rest.source, entry.run) == (CONTOSO.id, "Contoso", "0a1b2c3d")
    assert (entry.rest.origin, entry.rest.identity, entry.rest.outcome) == ("command line", "os", "succeeded")
    assert entry.rest.account
    assert entry.rest.machine
    assert entry.rest.requests == ("a", "b")
    assert entry.rest.facts == {"steps": 12}


def test_only_what_differs_is_kept(log: Log) -> None:
    log.desk.record(What.SETTINGS, before={"a": 1, "b": 2, "gone": 3}, after={"a": 1, "b": 4, "new": "", "n": 5})
    (entry,) = log.entries()
    assert (entry.rest.before, entry.rest.after) == ({"b": 2, "gone": 3}, {"b": 4, "n": 5})
    assert difference(None, {"a": 0}) == ({}, {})


def test_what_is_not_in_the_file_is_begun_first_and_settled_then(log: Log) -> None:
    with log.desk.around(What.SOURCE_SAVED, source=CONTOSO, after={"tenant": "x"}) as doing:
        (begun,) = log.entries()
        assert (begun.rest.outcome, begun.rest.after, doing.number) == (BEGUN, {"tenant": "x"}, 1)
        doing.facts["rows"] = 3
    (ended,) = log.entries()
    assert (ended.settles, ended.rest.outcome, ended.rest.facts) == (1, DONE, {"rows": 3})
    assert [entry.number for entry in log.entries(begun=True)] == [2, 1]


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (ValueError("secret inside"), FAILED),
        (ProblemError(Problem(title="It is full", code="x")), FAILED),
        (ProblemError(Problem(title="You may not", code=NOT_ALLOWED)), REFUSED),
        (CancelledError(), CANCELLED),
    ],
)
def test_what_raised_is_settled_as_it_ended(log: Log, error: Exception, outcome: str) -> None:
    with pytest.raises(type(error)), log.desk.around(What.SOURCE_SAVED):
        raise error
    (entry,) = log.entries()
    assert entry.rest.outcome == outcome
    assert "secret inside" not in json.dumps(entry.rest.facts)


def test_in_the_callers_transaction_both_are_there_or_neither(log: Log) -> None:
    def act(connection: sqlite3.Connection) -> None:
        with database.transaction(connection):
            connection.execute("INSERT INTO remembered VALUES ('fact', 'x')")
            log.desk.within(connection, What.APPROVED)
            raise ValueError

    with pytest.raises(ValueError):
        log.app.state.use(act)
    assert log.app.state.remembered("fact") is None
    assert log.entries() == []


def test_the_order_is_the_chains_not_the_clocks(log: Log) -> None:
    log.desk.record(What.READ, facts={"n": 1})
    log.passes(days=-400)
    log.desk.record(What.READ, facts={"n": 2})
    log.passes(days=800)
    log.desk.record(What.READ, facts={"n": 3})
    assert [entry.rest.facts["n"] for entry in log.entries()] == [3, 2, 1]
    assert log.verify().whole
    now = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
    assert [entry.rest.facts["n"] for entry in log.entries(until=now)] == [2]
    assert [entry.rest.facts["n"] for entry in log.entries(since=now, until=now + timedelta(days=1))] == [1]
    assert log.entries(since=now + timedelta(days=4000)) == []


# --- finding ------------------------------------------------------------------------------------------------------


def test_words_that_begin_so_are_found_and_filters_hold_besides(log: Log) -> None:
    log.desk.record(What.TEST, source=CONTOSO, facts={"why": "Das Café ist zu"}, requests=["7f3a-11"])
    log.desk.record(What.SETTINGS, before={"largeItems": 500}, after={"largeItems": 7})
    log.desk.record(What.READ, source=Thing("other", "Fabrikam"), facts={"operation": "User List"}, run="0a1b2c3d")
    found = {
        "cafe": [1], "CAFÉ das": [1], "contoso": [3, 2, 1], "ontoso": [], "largei": [2],
        "settings chan": [2], "500": [2],
        "user list": [3], "fabrik": [3], "ann@contoso.com read": [3], "7f3a": [1], "0a1b": [3], "zebra": [],
        "ann": [3, 2, 1], '" OR *': [], "a": [3, 2, 1],
    }  # fmt: skip
    assert {text: [each.number for each in log.entries(text=text)] for text in found} == found | {
        '" OR *': [each.number for each in log.entries(text="or")]
    }
    assert [each.number for each in log.entries(what="test", text="cont")] == [1]
    assert [each.number for each in log.entries(source="OTHER")] == [3]
    assert [each.number for each in log.entries(run="0a1b2c3d")] == [3]
    assert log.entries(what="test", source="other") == []
    assert log.desk.count(Query(text="ann")) == 3
    assert log.desk.count(Query(), most=2) == 2


def test_windows_follow_each_other(log: Log) -> None:
    log.fill(2_500)
    assert [entry.number for entry in log.desk.window(Query(), 0, 3)] == [2500, 2499, 2498]
    assert [entry.number for entry in log.desk.window(Query(text="user"), 4, 10)] == [3, 2, 1]
    assert [entry.number for entry in log.entries()] == list(range(2500, 0, -1))
    # Too many begin so to look at each: the index gathers them.
    assert [entry.number for entry in log.entries(text="request 2499")] == [2500]
    assert len(list(log.desk.all(Query(), 1_700))) == 1_700
    found = log.desk.entry(7)
    assert found
    assert found.number == 7
    assert log.desk.entry(99_999) is None


def test_among_many_that_begin_so_all_are_found_that_were_meant(log: Log) -> None:
    """Whether few or most of those that begin so are meant, and whichever way is quicker: the same entries come as
    where each is looked at."""
    chance = random.Random(13)

    def act(connection: sqlite3.Connection) -> None:
        with database.transaction(connection):
            for number in range(6_000):
                person = chance.choice(("person1", "person2", "person22", "personal"))
                rare = "rarely" if number % 700 == 0 or number > 5_900 else "rapidly"
                log.desk.within(
                    connection, chance.choice((What.READ, What.TEST)),
                    facts={"of": f"{person} of department {chance.randrange(30)}", "how": rare},
                )  # fmt: skip

    log.app.state.use(act)
    every = [(entry.number, words_of(entry)) for entry in log.entries()]
    texts = ("person", "person2", "personal", "rarely", "departm", "person2 rarely", "department 17 person22",
             "rapidly department", "rarelyx", "department person rap", "persons", "pers ra dep")  # fmt: skip
    for text in texts:
        for what in ("", "test"):
            meant = [
                number
                for number, said in every
                if all(any(each.startswith(word) for each in said) for word in text.split())
                and (not what or "test" in said)
            ]
            query = Query(text=text, what=what)
            assert [entry.number for entry in log.desk.window(query, 0, 100)] == meant[:100], text
            assert [entry.number for entry in log.desk.window(query, 3_000, 7)] == [
                number for number in meant if number < 3_000
            ][:7], text
            assert log.desk.count(query, 50) == min(50, len(meant)), text
            assert log.desk.count(query) == len(meant), text


def words_of(entry: Entry) -> set[str]:
    """The words in which is searched, as far as these tests go."""
    return {*entry.rest.facts.get("of", "").split(), entry.rest.facts.get("how", ""), entry.what}


def test_other_workspaces_are_not_looked_into(log: Log, tmp_path: Path) -> None:
    log.desk.record(What.READ)
    other = build(tmp_path / "another", state_folder=tmp_path / "state", operator=os_user(ANN), session_only=True)
    other.activity.record(What.TEST)
    assert [entry.what for entry in other.activity.all(Query())] == ["test"]
    assert log.whats() == ["read"]
    other.close()


# --- who sees what ------------------------------------------------------------------------------------------------


def test_an_administrator_sees_all_others_their_own(log: Log, tmp_path: Path) -> None:
    log.app.people.set_role(ANN, Role.ADMINISTRATOR)
    log.app.people.set_role(BEN, Role.MANAGE)
    ben = Log(tmp_path, BEN)
    ben.desk.record(What.READ)
    assert {entry.who for entry in log.entries()} == {ANN, BEN}
    assert log.desk.people() == [ANN, BEN]
    assert ben.whats() == ["read"]
    assert not ben.desk.sees_everything()
    assert ben.entries(who=ANN) == []
    assert [entry.what for entry in ben.entries(who=BEN.upper())] == ["read"]
    assert ben.desk.people() == [BEN]
    assert ben.desk.count(Query()) == 1
    assert ben.desk.entry(1) is None
    ben.close()


def test_while_the_people_cannot_be_read_everybody_sees_their_own(log: Log) -> None:
    log.desk.record(What.READ)
    (log.folder / "workspace").mkdir(exist_ok=True)
    (log.folder / "workspace" / "workspace.json").write_text("{")
    assert not log.desk.sees_everything()
    assert len(log.entries()) == 1


# --- what strangers write, and secrets ----------------------------------------------------------------------------


def test_whatever_a_stranger_calls_things_is_kept_and_found_again(log: Log) -> None:
    log.desk.record(
        What.READ, source=Thing("x", HOSTILE), facts={HOSTILE: [HOSTILE, {HOSTILE: HOSTILE}]}, requests=[HOSTILE]
    )
    (entry,) = log.entries(text="anna")
    assert entry.rest.source == HOSTILE.replace("\ud800", "?")
    assert log.verify().whole


def test_nothing_endless_and_nothing_strange_is_kept(log: Log) -> None:
    deep: dict[str, object] = {}
    deep["deep"] = deep
    log.desk.record(
        What.READ,
        facts={
            "long": "a" * 1_000_000, "many": list(range(100_000)), "deep": deep, "bytes": b"raw",
            "object": object(), "secret": Secret("hunter2"), "float": 1.5, "none": None,
        },
        requests=[f"id-{number}" for number in range(10_000)],
    )  # fmt: skip
    (entry,) = log.entries()
    assert len(json.dumps(entry.rest.facts)) < 20_000
    assert entry.rest.facts["bytes"] == "(bytes)"
    assert entry.rest.facts["secret"] == "(Secret)"
    assert [*entry.rest.requests[:1], *entry.rest.requests[-1:]] == ["id-0", "id-9999"]
    assert len(entry.rest.requests) == 20
    assert log.verify().whole


def test_what_looks_secret_is_not_kept(log: Log) -> None:
    secret = "Zz18Q~" + "a1B2c3D4e5" * 3 + "xyz"
    token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
    log.desk.record(
        What.SOURCE_SAVED, source=Thing("x", f"Contoso {secret}"), outcome=token, run=secret,
        facts={"why": f"client_secret={secret}", "list": [token]}, before={"Name": secret}, after={"Name": "x"},
        requests=[token],
    )  # fmt: skip
    rows = log.app.state.use(lambda connection: connection.execute("SELECT * FROM activity").fetchall())
    words = log.app.state.use(lambda connection: connection.execute("SELECT * FROM activity_words").fetchall())
    assert secret not in f"{rows}{words}"
    assert token not in f"{rows}{words}"


# --- origins ------------------------------------------------------------------------------------------------------


def test_what_a_task_does_says_who_set_it_up(log: Log) -> None:
    with log.desk.on_schedule(BEN):
        log.desk.record(What.READ)
    log.desk.record(What.READ)
    after, during = log.entries()
    assert (during.rest.origin, during.rest.facts) == ("schedule", {"as": "the application", "setUpBy": BEN})
    assert (after.rest.origin, after.rest.facts) == ("command line", {})


def test_the_origin_is_that_of_the_program(tmp_path: Path) -> None:
    log = Log(tmp_path, origin=Origin.WINDOW)
    log.desk.record(What.READ)
    assert log.entries()[0].rest.origin == "window"
    log.close()


def test_a_kind_of_a_newer_program_is_shown_by_its_key() -> None:
    assert title_of("teleported") == "teleported"
    assert {each.words for each in What}
    assert all(each.words for each in What)


# --- keeping ------------------------------------------------------------------------------------------------------


def test_what_is_too_old_goes_and_an_entry_says_so(log: Log) -> None:
    log.fill(5)
    kept = log.head()
    log.passes(days=300)
    log.fill(2)
    log.passes(days=150)
    log.desk.tidy()
    assert len(log.entries()) == 7  # found too old once: a clock may be wrong for an hour
    log.passes(days=1)
    log.desk.tidy()
    assert [entry.number for entry in log.entries()] == [8, 7, 6]
    dropped = log.entries()[0]
    assert dropped.what == "log-dropped"
    said = dropped.rest.facts
    assert (said["entries"], said["first"], said["last"], said["keptDays"]) == (5, 1, 5, 400)
    assert said["from"] == said["to"] == "2026-11-27T09:00:00.000+00:00"
    assert log.verify().whole
    assert log.verify().entries == 3
    assert log.verify(kept).compared is True  # of the very last that went, the entry has the hash
    assert log.entries(text="request 2", what="read") == log.entries(what="read", text="request 2")


def test_a_clock_that_is_wrong_for_an_hour_drops_nothing(log: Log) -> None:
    log.fill(3)
    for _ in range(3):
        log.passes(days=4000)
        log.desk.tidy()
        log.passes(hours=1)
        log.desk.tidy()
        log.passes(days=-4000)
        log.desk.tidy()
    assert log.whats() == ["read", "test", "source-saved"]


def test_it_is_done_by_itself_a_part_at_a_time(log: Log) -> None:
    log.fill(4_500)
    log.passes(days=500)
    log.desk.record(What.TEST)
    log.passes(days=2)
    for _ in range(4):
        log.desk.record(What.TEST)
    assert {entry.what for entry in log.entries()} == {"test", "log-dropped"}
    assert sum(e.rest.facts["entries"] for e in log.entries(what="log-dropped")) == 4_500
    assert log.verify().whole
    assert log.entries(text="request") == []


def test_nothing_is_dropped_where_that_is_set(log: Log) -> None:
    log.app.settings.keep(Settings(activity_days=0))
    for _ in range(3):
        log.passes(days=5000)
        log.desk.tidy()
    assert log.whats() == ["settings-changed"]


# --- the file -----------------------------------------------------------------------------------------------------


def test_a_file_from_before_gets_an_empty_log_and_keeps_what_it_has(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    before = file_before("0008-activity", tmp_path / "state" / "state.sqlite")
    before.use(
        lambda connection: connection.execute(
            "INSERT INTO remembered VALUES ('settings', CAST('{\"largeItems\": 7}' AS BLOB))"
        )
    )
    before.close()
    log = Log(tmp_path)
    assert log.entries() == []
    assert log.app.settings.get().large_items == 7
    log.desk.record(What.READ)
    assert log.verify().whole
    log.close()


def test_that_nothing_can_be_written_down_keeps_it_from_being_done(log: Log) -> None:
    log.do("CREATE TRIGGER full BEFORE INSERT ON activity BEGIN SELECT raise(ABORT, 'full'); END")
    before = log.app.settings.get()
    with pytest.raises(ProblemError):
        log.app.settings.keep(Settings(large_items=9))
    assert log.app.settings.get() == before
    with pytest.raises(ProblemError), log.desk.around(What.SOURCE_SAVED):
        raise AssertionError("it was begun")


def test_what_was_refused_is_told_whatever_becomes_of_the_log(
    log: Log, expected_warning: Callable[[str], None]
) -> None:
    expected_warning("Refused is not in the activity log")
    log.do("CREATE TRIGGER full BEFORE INSERT ON activity BEGIN SELECT raise(ABORT, 'full'); END")
    log.desk.note(What.REFUSED)
