"""Who authorised each data source on this machine; for as long as the tokens of that last."""

from o365desk.model import datasource
from o365desk.model.datasource import DataSource
from o365desk.model.status import Authorisation
from o365desk.services.state.state import State
from o365desk.services.vault.vault import Vault, VaultKind


class Authorisations:
    """See the module. Raises ProblemError where the state cannot be used."""

    def __init__(self, state: State, vault: Vault) -> None:
        self._state = state
        self._vault = vault
        # Sign-ins whose tokens live for the session only.
        self._session: dict[str, Authorisation] = {}

    def of(self, source: DataSource) -> Authorisation | None:
        """What was authorised for another app or another tenant is no authorisation for this one. A tenant that is
        given by its domain cannot be compared offline; the test does."""
        kept = self._session.get(source.id) or self._state.authorisation(source.id)
        if kept is None or kept.client_id.lower() != source.client_id.lower():
            return None
        other = datasource.is_guid(source.tenant) and kept.tenant.lower() != source.tenant.lower()
        return None if other else kept

    def record(self, source: DataSource, authorisation: Authorisation) -> None:
        """Somebody has signed in, or consented."""
        if source.sign_in.delegated and self._vault.kind is VaultKind.SESSION:
            # The tokens are gone when the program ends, so the authorisation must not outlive it.
            self._session[source.id] = authorisation
        else:
            self._session.pop(source.id, None)
            self._state.record_authorisation(source.id, authorisation)

    def vault_opened(self, source_id: str) -> None:
        """Where the vault was opened since somebody signed in, the tokens were moved there, and outlive the program
        now: so does the authorisation."""
        if source_id in self._session and self._vault.kind is not VaultKind.SESSION:
            self._state.record_authorisation(source_id, self._session.pop(source_id))

    def forget(self, source_id: str) -> None:
        """Nobody is signed in any more."""
        self._session.pop(source_id, None)
        self._state.record_authorisation(source_id, None)
