"""The status: its word, its reason, its age, and what ends soon."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from o365desk.model.datasource import SignIn, fingerprint, new
from o365desk.model.problems import NOT_APPROVED, Problem
from o365desk.model.status import (
    Authorisation,
    Evidence,
    Known,
    Lifetime,
    Word,
    authorisation_ends,
    derive,
    lifetimes,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SOURCE = new("Contoso", tenant="contoso.com", client_id="c", sign_in=SignIn.SECRET)
DELEGATED = SOURCE.replace(sign_in=SignIn.ADMINISTRATOR)


def evidence(outcome: str = "succeeded", source: Any = SOURCE, **ago: float) -> Evidence:
    at = NOW - timedelta(**(ago or {"days": 3}))
    return Evidence(outcome, "It is so", at, "a.admin", fingerprint(source), 10, 10)


def authorised(**ago: float) -> Authorisation:
    return Authorisation("admin@contoso.com", NOW - timedelta(**ago), "t", "c")


@pytest.mark.parametrize(
    ("known", "word", "said"),
    [
        (Known(problems=(Problem(title="Tenant is missing"),)), Word.INCOMPLETE, "incomplete — Tenant is missing"),
        (Known(problems=(Problem(title="A"), Problem(title="B"))), Word.INCOMPLETE, "incomplete — A, and 1 more"),
        (
            Known(problems=(Problem(title="Changed since it was approved", code=NOT_APPROVED), Problem(title="B"))),
            Word.INCOMPLETE,
            "changed since it was approved — see what changed, and approve it or go back",
        ),
        (Known(), Word.INCOMPLETE, "not tested yet — test the connection"),
        (Known(evidence=evidence()), Word.READY, "ready — proven 3 days ago, 10 of 10 operations"),
        # The age is the test's, not that of what it found.
        (
            Known(evidence=evidence("failed", hours=2)),
            Word.TEST_FAILED,
            "test failed — tested 2 hours ago: It is so",
        ),
        (
            Known(attempt=evidence("not proven", minutes=5)),
            Word.INCOMPLETE,
            "not proven — tried 5 minutes ago: It is so",
        ),
        # Offline for a while: what was proven stays proven, and nobody takes the last try for a success.
        (
            Known(evidence=evidence(), attempt=evidence("not proven", minutes=1)),
            Word.READY,
            "ready — proven 3 days ago, 10 of 10 operations; last try 1 minute ago not proven: It is so",
        ),
        (
            Known(evidence=evidence("failed"), attempt=evidence("not proven", minutes=1)),
            Word.TEST_FAILED,
            "test failed — tested 3 days ago: It is so; last try 1 minute ago not proven: It is so",
        ),
        (
            Known(evidence=evidence(source=SOURCE.replace(read_write=True))),
            Word.INCOMPLETE,
            "changed since its test — tested 3 days ago; test it again",
        ),
    ],
)
def test_status_of_an_application(known: Known, word: Word, said: str) -> None:
    status = derive(SOURCE, known, NOW)
    assert (status.word, str(status)) == (word, said)


def test_status_of_an_administrators_sign_in() -> None:
    proven = evidence(source=DELEGATED)
    assert str(derive(DELEGATED, Known(), NOW)) == "not authorised — nobody has signed in for it on this computer"
    elsewhere = Known(evidence=proven, proof="nobody's")
    assert derive(DELEGATED, elsewhere, NOW).state == "not authorised"
    somebody = Known(evidence=proven, authorisation=authorised(days=1), proof="somebody else's")
    assert derive(DELEGATED, somebody, NOW).state == "changed since its test"
    ready = derive(DELEGATED, Known(evidence=proven, authorisation=authorised(days=1)), NOW)
    assert ready.word is Word.READY
    assert ready.warnings == ()


@pytest.mark.parametrize(
    ("left", "step"), [(31, None), (30, 30), (15, 30), (14, 14), (4, 14), (3, 3), (1, 3), (0, 0), (-9, 0)]
)
def test_warnings_come_30_14_and_3_days_ahead(left: int, step: int | None) -> None:
    assert Lifetime("secret", "The client secret", NOW + timedelta(days=left)).warning(NOW) == step


def test_a_ready_connection_says_when_to_authorise_again() -> None:
    at = datetime(2026, 6, 2, 12, tzinfo=UTC)
    known = Known(
        evidence=evidence(source=DELEGATED), authorisation=Authorisation("admin@contoso.com", at, "t", "c")
    )
    status = derive(DELEGATED, known, NOW)
    assert status.word is Word.READY
    assert status.reason.endswith("; re-authorise within 9 days")
    (warning,) = status.warnings
    assert warning.sentence(NOW) == "The authorisation ends in 9 days, on 2 December 2026."


def test_after_six_months_it_must_be_authorised_again() -> None:
    known = Known(evidence=evidence(source=DELEGATED), authorisation=authorised(days=190))
    status = derive(DELEGATED, known, NOW)
    assert status.word is Word.INCOMPLETE
    assert status.state == "authorisation ended"
    assert status.reason.endswith("re-authorise")


def test_a_secret_ends_on_the_day_that_was_noted() -> None:
    source = SOURCE.replace(secret_expires=date(2026, 11, 24))
    (item,) = lifetimes(source, Known())
    assert item.ends == datetime(2026, 11, 24, tzinfo=UTC)
    assert item.sentence(NOW) == "The client secret ends today, on 24 November 2026."
    # Evidence outlives the note of a date: the date is not among what a test depends on.
    assert (
        derive(source.replace(secret_expires=date(2026, 11, 1)), Known(evidence=evidence()), NOW).word
        is Word.INCOMPLETE
    )
    assert lifetimes(source.replace(sign_in=SignIn.ADMINISTRATOR), Known()) == []


@pytest.mark.parametrize(
    ("at", "ends"),
    [
        (datetime(2026, 5, 12, tzinfo=UTC), datetime(2026, 11, 12, tzinfo=UTC)),
        (datetime(2026, 8, 31, tzinfo=UTC), datetime(2027, 2, 28, tzinfo=UTC)),
        (datetime(2027, 8, 31, tzinfo=UTC), datetime(2028, 2, 29, tzinfo=UTC)),
        (datetime(2026, 12, 31, tzinfo=UTC), datetime(2027, 6, 30, tzinfo=UTC)),
        (datetime(2026, 6, 30, tzinfo=UTC), datetime(2026, 12, 30, tzinfo=UTC)),
    ],
)
def test_six_months_are_calendar_months(at: datetime, ends: datetime) -> None:
    assert authorisation_ends(at) == ends
