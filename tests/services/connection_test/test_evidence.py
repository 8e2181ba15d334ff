"""Kept evidence: of which details and which secret it speaks, saved or not."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from o365desk.model.access.operator import os_user
from o365desk.model.datasource import SignIn, new
from o365desk.model.report import Report
from o365desk.model.secret import Secret
from o365desk.services.connection_test.evidence import KeptEvidence, report_of
from o365desk.services.signin.credentials import NO_CREDENTIAL, Credential
from o365desk.services.state.state import State

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SOURCE = new("A", tenant="contoso.com", client_id="c", sign_in=SignIn.SECRET)
TYPED = Credential(secret=Secret("typed"))


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state.sqlite", lambda: NOW)


@pytest.fixture
def evidence(state: State) -> KeptEvidence:
    return KeptEvidence(state, os_user("ada"))


def report(message: str) -> Report:
    return Report(
        source=SOURCE.name, started=NOW, outcome="succeeded", message=message, seconds=1, steps=(), operations=()
    )


def shown(evidence: KeptEvidence, credential: Credential = NO_CREDENTIAL) -> str:
    """The message of the test that speaks for the data source, "" for none."""
    proof = evidence.proof(SOURCE, None, credential)
    last = evidence.tests(SOURCE.id, proof, drafted=credential != NO_CREDENTIAL)[1]
    return last.message if last and last.fingerprint == proof else ""


def test_a_test_with_a_typed_secret_speaks_for_it_and_once_it_is_kept_for_the_data_source(
    state: State, evidence: KeptEvidence
) -> None:
    evidence.record(SOURCE, report("with the kept one"), None, NO_CREDENTIAL, lambda: True)
    evidence.record(SOURCE, report("with the typed one"), None, TYPED, lambda: True)
    assert (shown(evidence), shown(evidence, TYPED)) == ("with the kept one", "with the typed one")
    assert shown(evidence, Credential(secret=Secret("another"))) == ""
    evidence.secrets_kept(SOURCE.id, TYPED)
    evidence.adopt(SOURCE, None)
    assert shown(evidence) == "with the typed one"
    evidence.secrets_kept(SOURCE.id, Credential(secret=Secret("another")))
    assert shown(evidence) == "", "nothing was proven with that"
    state.close()


def test_secrets_that_could_not_be_kept_after_all_take_nothing_away(state: State, evidence: KeptEvidence) -> None:
    evidence.record(SOURCE, report("with the kept one"), None, NO_CREDENTIAL, lambda: True)
    put_back = evidence.secrets_put_back(SOURCE.id)
    evidence.secrets_kept(SOURCE.id, TYPED)
    assert shown(evidence) == ""
    put_back()
    assert shown(evidence) == "with the kept one"
    state.close()


def test_what_is_not_saved_is_kept_apart_and_goes_with_the_draft(state: State, evidence: KeptEvidence) -> None:
    evidence.record(SOURCE, report("of the draft"), None, NO_CREDENTIAL, lambda: False)
    assert state.evidence(SOURCE.id) == (None, None)
    assert shown(evidence) == "of the draft"
    evidence.discard(SOURCE.id)
    assert shown(evidence) == ""
    state.close()


def test_it_says_who_tested_and_holds_the_report(state: State, evidence: KeptEvidence) -> None:
    evidence.record(SOURCE, report("m"), None, NO_CREDENTIAL, lambda: True)
    kept = state.evidence(SOURCE.id)[1]
    assert kept
    assert kept.by == "ada"
    assert report_of(kept) == report("m")
    assert report_of(None) is None
    state.close()
