"""Who authorised a data source: for which connection it counts, and for how long."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from o365desk.model.datasource import SignIn, new
from o365desk.model.secret import Secret
from o365desk.model.status import Authorisation
from o365desk.services.signin.authorisations import Authorisations
from o365desk.services.state.state import State
from o365desk.services.vault.vault import Vault

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TENANT = "11111111-2222-3333-4444-555555555555"
SOURCE = new("A", tenant=TENANT, client_id="c", sign_in=SignIn.ADMINISTRATOR)
ADA = Authorisation("ada@contoso.com", NOW, TENANT, "C")


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state.sqlite", lambda: NOW)


def test_it_counts_for_the_app_and_the_tenant_that_it_was_given_for(tmp_path: Path, state: State) -> None:
    authorisations = Authorisations(state, Vault(tmp_path, session_only=True))
    state.record_authorisation(SOURCE.id, ADA)
    assert authorisations.of(SOURCE) == authorisations.of(SOURCE.replace(tenant="contoso.com")) == ADA
    assert authorisations.of(SOURCE.replace(client_id="other")) is None
    assert authorisations.of(SOURCE.replace(tenant=TENANT.replace("1", "9"))) is None
    authorisations.forget(SOURCE.id)
    assert authorisations.of(SOURCE) is None
    state.close()


def test_a_sign_in_whose_tokens_go_with_the_program_goes_with_them(tmp_path: Path, state: State) -> None:
    vault = Vault(tmp_path, session_only=True)
    authorisations = Authorisations(state, vault)
    authorisations.record(SOURCE, ADA)
    authorisations.vault_opened(SOURCE.id)
    assert authorisations.of(SOURCE) == ADA
    assert state.authorisation(SOURCE.id) is None
    authorisations.record(SOURCE.replace(sign_in=SignIn.SECRET), ADA)
    assert state.authorisation(SOURCE.id) == ADA, "a consent is the tenant's, and stays"
    state.close()


def test_a_vault_that_is_opened_later_keeps_it(
    tmp_path: Path, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = Vault(tmp_path)
    vault.use_session()
    authorisations = Authorisations(state, vault)
    authorisations.record(SOURCE, ADA)
    vault.unlock(Secret("correct horse"))
    authorisations.vault_opened(SOURCE.id)
    assert Authorisations(state, vault).of(SOURCE) == ADA
    state.close()
