"""The connection test: what it proves, in which order, and what it never calls passed."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from o365desk.app import now
from o365desk.catalogue import OPERATIONS, THE_TEN
from o365desk.model.datasource import SignIn, new
from o365desk.model.problems import CancelledError
from o365desk.model.report import Report, Step
from o365desk.model.status import Authorisation, Outcome, Word
from o365desk.model.stop import Stop
from o365desk.model.timing import Timing
from o365desk.services.connection_test import verdicts
from o365desk.services.connection_test.evidence import report_of
from o365desk.services.connection_test.report_text import FORMATS, render
from o365desk.services.connection_test.steps import TABLE, other_cloud
from o365desk.services.connections import Progress, StepBegan
from tests.desk import Desk
from tests.practice.fixtures import Client


def outcomes(report: Any) -> dict[str, str]:
    return {step.key: str(step.outcome) for step in report.steps}


def test_every_step_rests_on_steps_before_it() -> None:
    seen: set[str] = set()
    for row in TABLE:
        assert {*row.after, *row.ended} <= seen, row.key
        seen.add(row.key)
    assert {operation.proof for operation in OPERATIONS.values()} <= seen


def test_a_test_that_succeeds_keeps_its_evidence(desk: Desk) -> None:
    source = desk.saved(desk.source())
    report = desk.test(source)
    assert report.outcome == "succeeded"
    assert report.message == "Connection test succeeded"
    assert [item.outcome for item in report.operations] == [Outcome.PASSED] * 10
    by_key = {step.key: step for step in report.steps}
    assert by_key["users"].detail == "1,260 users"
    assert len(by_key["users"].request_id) == 36
    assert by_key["login"].detail == "Practice tenant"
    status = desk.app.connections.status(source)
    assert (status.word, status.reason) == (Word.READY, "proven just now, 10 of 10 operations")
    kept = report_of(desk.app.connections.known(source).attempt)
    assert kept is not None
    assert kept.as_json() == report.as_json()
    (row,) = desk.app.connections.overview().rows
    assert row.status.word is Word.READY
    changed = source.replace(read_write=False)
    assert desk.app.connections.status(changed).state == "changed since its test"


def test_progress_tells_each_step_once_and_independent_ones_side_by_side(
    desk: Desk, switches: Callable[..., Any]
) -> None:
    told: list[Progress] = []
    switches(latency_ms=150)
    report = desk.app.connections.test(desk.source(), Stop(), told.append, credential=desk.secret())
    began = [item.key for item in told if isinstance(item, StepBegan)]
    assert sorted(began) == sorted(row.key for row in TABLE)
    ended = [item for item in told if isinstance(item, Step)]
    assert sorted(step.key for step in ended) == sorted(row.key for row in TABLE)
    by_key = {step.key: step for step in report.steps}
    reads = [by_key[key] for key in ("organisation", "users", "groups", "licences")]
    assert max(step.began for step in reads) < min(step.began + step.seconds for step in reads)


def test_cancel_ends_the_test_at_once(patient_desk: Desk, switches: Callable[..., Any]) -> None:
    """Else it would end with the time limit of the suite."""
    desk, stop = patient_desk, Stop()
    switches(graph_down="hang")
    threading.Timer(0.5, stop.set).start()
    source = desk.source()
    with pytest.raises(CancelledError):
        desk.test(source, desk.secret(), stop)
    assert desk.app.state.evidence(source.id) == (None, None)


@pytest.mark.parametrize("timing", [Timing(test=1.0)], ids=["hasty"])
def test_a_test_gives_up_and_what_had_not_ended_is_not_proven(desk: Desk, switches: Callable[..., Any]) -> None:
    switches(graph_down="hang")
    source = desk.saved(desk.source())
    report = desk.test(source)
    assert report.outcome == "not proven"
    by_key = {step.key: step for step in report.steps}
    assert len(by_key) == len(TABLE)
    hung = by_key["users"]
    assert (hung.outcome, hung.problem and hung.problem.code) == (Outcome.NOT_PROVEN, "gave-up")
    assert desk.app.connections.status(source).state == "not proven"


def test_the_network_dying_half_way_leaves_not_proven(desk: Desk, switches: Callable[..., Any]) -> None:
    source = desk.saved(desk.source())
    switches(graph_down_after=2)
    report = desk.test(source)
    assert report.outcome == "not proven"
    assert "failed" not in outcomes(report).values()
    assert desk.app.connections.status(source).word is Word.INCOMPLETE


def test_being_offline_does_not_undo_what_was_proven(desk: Desk, switches: Callable[..., Any]) -> None:
    source = desk.saved(desk.source())
    desk.test(source)
    switches(login_down="refuse")
    assert desk.test(source).outcome == "not proven"
    assert desk.app.connections.status(source).word is Word.READY


def test_a_step_without_its_ground_is_not_tried(desk: Desk, client: Client) -> None:
    before = client.control("/")["requests"]
    report = desk.test(desk.source(tenant="contoso"), desk.secret())
    assert outcomes(report) == {
        row.key: {"details": "failed", "lifetimes": "skipped"}.get(row.key, "not proven") for row in TABLE
    }
    assert client.control("/")["requests"] == before


def test_more_than_needed_is_a_remark_not_a_failure(desk: Desk) -> None:
    report = desk.test(desk.source("read-write", read_write=False), desk.secret())
    assert report.outcome == "succeeded"
    permissions = next(step for step in report.steps if step.key == "permissions")
    assert permissions.warning
    assert "3 more than needed" in permissions.detail
    verdicts = {item.key: str(item.outcome) for item in report.operations}
    assert [key for key, outcome in verdicts.items() if outcome == "skipped"] == [
        operation.key for operation in THE_TEN if operation.writes
    ]


def test_consent_given_meanwhile_is_seen_at_once(desk: Desk, switches: Callable[..., Any]) -> None:
    source = desk.source("no-consent")
    assert desk.test(source, desk.secret("no-consent")).outcome == "failed"
    switches(consent={"no-consent": "granted"})
    assert desk.test(source, desk.secret("no-consent")).outcome == "succeeded"


@pytest.mark.parametrize("profile", ["users-only", "read", "read-write", "no-consent", "sso"])
@pytest.mark.parametrize("read_write", [False, True])
def test_each_verdict_agrees_with_what_graph_does(
    desk: Desk, client: Client, profile: str, read_write: bool
) -> None:
    """A passed read is one that Graph answers; a failed one is one that it refuses. Asked without our client."""
    report = desk.test(desk.source(profile, read_write=read_write), desk.secret(profile))
    able = client.bearer("read-write")
    one = {name: client.graph(f"/{name}s?$top=1", able).json()["value"][0]["id"] for name in ("user", "group")}
    assert {item.key for item in report.beyond} == {key for key, item in OPERATIONS.items() if not item.place}
    for item in (*report.operations, *report.beyond):
        listing = OPERATIONS[item.key].listing
        if listing:
            status = client.graph(listing.at(one).path, client.bearer(profile)).status_code
            assert (item.outcome is Outcome.PASSED) == (status == 200), item
        if item.outcome is Outcome.FAILED:
            assert item.missing
        assert item.detail


@pytest.mark.parametrize(
    ("offset", "outcome", "words"), [(0, "passed", "right"), (-100, "passed", "ahead"), (3600, "failed", "behind")]
)
def test_the_clock(desk: Desk, switches: Callable[..., Any], offset: int, outcome: str, words: str) -> None:
    switches(clock_offset=offset)
    report = desk.test(desk.source(), desk.secret())
    clock = next(step for step in report.steps if step.key == "clock")
    assert (str(clock.outcome), words in clock.detail) == (outcome, True), clock
    assert clock.warning == (offset == -100)


def test_single_sign_on_is_proven_by_somebody_who_signed_in(desk: Desk, switches: Callable[..., Any]) -> None:
    source = desk.saved(desk.source("sso", sso=True), "sso")
    found = sso_of(desk.test(source))
    assert (found.outcome, "Nobody has signed in" in found.detail) == ("not proven", True)
    desk.app.single_sign_on.rehearse(Stop(), lambda _: None, connector=source.id)
    found = sso_of(desk.test(source))
    assert (found.outcome, found.warning) == ("passed", False)
    assert desk.ready["accounts"]["admin"]["username"] in found.detail
    assert "just now" in found.detail
    # Of another app it proves nothing.
    other = source.replace(client_id=desk.ready["apps"]["read"]["client_id"])
    typed = desk.secret("read")
    report = desk.app.connections.test(other, Stop(), lambda _: None, credential=typed, opened=source)
    assert sso_of(report).outcome == "not proven"
    switches(redirect="none")
    assert sso_of(desk.test(source)).outcome == "failed"


def test_a_sign_in_of_long_ago_is_worth_another(
    tmp_path: Path, practice: Any, switches: Callable[..., Any]
) -> None:
    days = timedelta(0)
    desk = Desk(tmp_path, practice.ready, clock=lambda: now() + days)
    source = desk.saved(desk.source("sso", sso=True), "sso")
    desk.app.single_sign_on.rehearse(Stop(), lambda _: None, connector=source.id)
    days = timedelta(days=31)
    found = sso_of(desk.test(source))
    assert (found.outcome, found.warning, "31 days ago" in found.detail) == ("passed", True, True), found
    desk.close()


def sso_of(report: Report) -> Step:
    return next(step for step in report.steps if step.key == "sso")


def test_lifetimes_ahead_warn_and_ended_ones_fail(desk: Desk) -> None:
    source = desk.source("read", secret_expires=(now() + timedelta(days=9)).date())
    step = next(item for item in desk.test(source, desk.secret("read")).steps if item.key == "lifetimes")
    assert (step.outcome, step.warning) == (Outcome.PASSED, True)
    assert "in 8 days" in step.detail
    # The noted day has passed and yet the secret works: the note is wrong, not the secret.
    source = source.replace(secret_expires=(now() - timedelta(days=9)).date())
    step = next(item for item in desk.test(source, desk.secret("read")).steps if item.key == "lifetimes")
    assert step.outcome is Outcome.PASSED
    assert "correct the date" in step.detail
    delegated = desk.source("read", sign_in=SignIn.ADMINISTRATOR)
    desk.authorise(delegated)
    account = desk.ready["admin"]["username"]
    old = Authorisation(account, now() - timedelta(days=190), desk.ready["tenant"], delegated.client_id)
    desk.app.connections._authorisations._session[delegated.id] = old
    report = desk.test(delegated)
    assert outcomes(report)["lifetimes"] == "failed"
    assert report.outcome == "failed"


def test_a_mistake_in_one_step_costs_neither_the_others_nor_the_truth(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, expected_warning: Callable[[str], None]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("Bearer eyJhbGciOiJSUzI1NiJ9.eyJ0ZXN0IjoxfQ.c2lnbmF0dXJl")

    monkeypatch.setattr(verdicts, "extra_permissions", broken)
    expected_warning("The step permissions of the connection test made a mistake")
    report = desk.test(desk.source(), desk.secret())
    step = next(item for item in report.steps if item.key == "permissions")
    assert (step.outcome, report.outcome) == (Outcome.NOT_PROVEN, "not proven")
    assert step.problem
    assert "ZeroDivisionError" in step.problem.detail
    assert "eyJ" not in step.problem.detail
    assert outcomes(report)["users"] == "passed"


@pytest.mark.parametrize("form", FORMATS)
def test_a_report_is_complete_and_holds_no_secret(desk: Desk, form: str) -> None:
    secret = desk.ready["apps"]["read"]["secret"]
    report = desk.test(desk.source("read", name="<b>|Ü & co\\", read_write=True), desk.secret("read"))
    text = render(report, form)
    assert secret not in text
    assert "eyJ" not in text
    for step in report.steps:
        assert step.title in text
    for item in report.operations:
        assert item.title in text
    assert "Group.ReadWrite.All" in text
    if form == "html":
        assert "<b>" not in text
    if form == "json":
        assert json.loads(text) == report.as_json()


def test_another_of_microsofts_clouds_is_told_by_its_graph_host() -> None:
    source = new("x", cloud="global", tenant="contoso.com")
    problem = other_cloud(source, "graph.microsoft.us")
    assert problem
    assert (problem.code, problem.field) == ("other-cloud", "cloud")
    assert "US Government" in problem.title
    assert other_cloud(source, "graph.microsoft.com") is None
    assert other_cloud(source, "graph.example.com") is None
    # GCC High and DoD sign in at one host, which cannot tell them apart.
    assert other_cloud(source.replace(cloud="dod"), "graph.microsoft.us") is None
    assert other_cloud(source.replace(cloud="custom", graph="https://own"), "graph.microsoft.us") is None


def test_own_endpoints_that_name_another_graph_host_get_a_remark(desk: Desk, switches: Callable[..., Any]) -> None:
    switches(cloud="usgov")
    report = desk.test(desk.source(), desk.secret())
    step = next(item for item in report.steps if item.key == "tenant")
    assert (step.outcome, step.warning) == (Outcome.PASSED, True)
    assert "graph.microsoft.us" in step.detail
