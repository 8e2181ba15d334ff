"""A data source and all that is known about it: what is kept together, and what goes together."""

import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from o365desk.app import build
from o365desk.model.datasource import SignIn, new
from o365desk.model.problems import Action, ProblemError
from o365desk.model.secret import Secret
from o365desk.model.status import Authorisation, Word
from o365desk.services.connection_test.evidence import report_of
from o365desk.services.signin.credentials import Credential
from o365desk.services.vault.vault import CLIENT_SECRET
from o365desk.services.workspace.workspace import ConflictError
from tests.desk import Desk

NOBODY = "8f14e45f-ceea-467f-ab1c-aaaaaaaaaaaa"


def test_saving_keeps_the_secret_first_and_drops_the_draft(desk: Desk) -> None:
    source, folder = desk.source(), desk.app.workspace.folder
    desk.app.state.keep_draft(folder, source, None)
    entry = desk.app.connections.save(source, None, desk.secret())
    assert desk.app.vault.has(source.id, CLIENT_SECRET)
    assert desk.app.state.drafts(folder) == []
    assert desk.ready["apps"]["read-write"]["secret"] not in entry.path.read_text("utf-8")


def test_a_conflict_leaves_the_draft_and_the_file(desk: Desk) -> None:
    source, folder = desk.saved(desk.source()), desk.app.workspace.folder
    mine = source.replace(tenant="mine.example")
    desk.app.state.keep_draft(folder, mine, "old version")
    with pytest.raises(ConflictError) as caught:
        desk.app.connections.save(mine, "old version", Credential(secret=Secret("a new one")))
    assert desk.app.vault.get(source.id, CLIENT_SECRET) == desk.secret().secret
    assert caught.value.theirs is not None
    assert caught.value.theirs.source == source
    assert [draft.source for draft in desk.app.state.drafts(folder)] == [mine]
    assert desk.app.workspace.get(source.id).source == source


def test_an_authorisation_holds_for_its_app_and_tenant_only(desk: Desk) -> None:
    source = desk.source(sign_in=SignIn.ADMINISTRATOR)
    done = Authorisation("admin", desk.app.clock(), source.tenant, source.client_id)
    desk.app.state.record_authorisation(source.id, done)
    known = desk.app.connections.known
    assert known(source).authorisation == done
    assert known(source.replace(client_id=NOBODY)).authorisation is None
    assert known(source.replace(tenant=NOBODY)).authorisation is None
    assert known(source.replace(tenant="contoso.com")).authorisation == done


def test_the_list_names_what_needs_a_hand(desk: Desk) -> None:
    first = desk.saved(desk.source(name="One"))
    folder = desk.app.workspace.folder / "data-sources"
    (folder / "copy.json").write_text((folder / "one.json").read_text().replace(first.id, NOBODY))
    (folder / "broken.json").write_text("{")
    overview = desk.app.connections.overview()
    assert [row.entry.source.name for row in overview.rows] == ["One", "One"]
    assert {item.path.name for item in overview.unreadable} >= {"broken.json"}
    assert any("name" in item.problem.sentence() for item in overview.unreadable)


def test_a_deep_look_judges_secrets_and_certificates_too(desk: Desk) -> None:
    source = desk.source(sign_in=SignIn.CERTIFICATE, certificate="/no/such/file.pem")
    desk.app.connections.save(source, None)
    (quick,) = desk.app.connections.overview().rows
    (deep,) = desk.app.connections.overview(deep=True).rows
    assert quick.status.state == "not tested yet"
    assert (deep.status.word, deep.status.reason) == (Word.INCOMPLETE, "The certificate file cannot be read")


def test_the_start_needs_neither_network_nor_keychain(tmp_path: Path) -> None:
    app = build(tmp_path / "w", state_folder=tmp_path / "s")
    app.workspace.save(new("Draft"), None)
    assert len(app.connections.overview().rows) == 1
    assert not list((tmp_path / "s").glob("*vault*"))
    app.close()


def test_a_report_of_an_older_version_counts_as_none(desk: Desk) -> None:
    source = desk.saved(desk.source())
    desk.test(source)
    evidence, _ = desk.app.state.evidence(source.id)
    assert evidence is not None
    import msgspec

    desk.app.state.record_evidence(source.id, msgspec.structs.replace(evidence, report=b'{"old": 1}'))
    assert report_of(desk.app.connections.known(source).attempt) is None


def test_authorising_names_the_first_fault(desk: Desk) -> None:
    with pytest.raises(ProblemError) as caught:
        desk.authorise(desk.source(tenant="", sign_in=SignIn.ADMINISTRATOR))
    assert caught.value.problem.field == "tenant"


def test_ready_does_not_outlive_the_secret_it_was_proven_with(desk: Desk) -> None:
    source, connections = desk.source(), desk.app.connections
    connections.save(source, None, Credential(secret=Secret("w" * 40)))
    # Proven with a typed secret that is then discarded: that says nothing of the one in the vault.
    assert desk.test(source, desk.secret()).outcome == "succeeded"
    assert connections.status(source, desk.secret()).word is Word.READY
    assert connections.status(source).word is Word.INCOMPLETE
    # Kept after all, it does.
    connections.keep(source, desk.secret())
    assert connections.status(source).word is Word.READY
    (row,) = connections.overview().rows
    assert row.status.word is Word.READY
    connections.keep(source, Credential(secret=Secret("v" * 40)))
    assert connections.status(source).word is Word.INCOMPLETE
    assert connections.status(source).state == "changed since its test"


def test_ready_does_not_outlive_the_account_it_was_proven_with(desk: Desk) -> None:
    source = desk.source(sign_in=SignIn.ADMINISTRATOR)
    desk.authorise(source)
    desk.test(source)
    assert desk.app.connections.status(source).word is Word.READY
    desk.person.kind = "user"
    desk.authorise(source)
    assert desk.app.connections.status(source).word is Word.INCOMPLETE


def test_an_authorisation_does_not_outlive_its_tokens(tmp_path: Path, practice: Any, switches: Any) -> None:
    first = Desk(tmp_path, practice.ready)
    source = first.saved(first.source(sign_in=SignIn.ADMINISTRATOR))
    first.authorise(source)
    assert first.test(source).outcome == "succeeded"
    first.close()
    second = Desk(tmp_path, practice.ready)  # its vault is for the session only, as the first one's was
    assert second.app.connections.status(source).state == "not authorised"
    second.close()


def test_a_locked_vault_neither_fails_nor_undoes_what_was_proven(
    tmp_path: Path, practice: Any, switches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("O365DESK_VAULT_PASSPHRASE", "correct horse battery staple")
    first = Desk(tmp_path, practice.ready, session_only=False)
    source = first.saved(first.source())
    assert first.test(source).outcome == "succeeded"
    first.close()
    monkeypatch.delenv("O365DESK_VAULT_PASSPHRASE")
    second = Desk(tmp_path, practice.ready, session_only=False)
    report = second.test(source)
    assert report.outcome == "not proven"
    assert report.problem
    assert report.problem.code == "vault-locked"
    (row,) = second.app.connections.overview().rows
    assert row.status.word is Word.READY
    second.close()


def test_nobody_signs_in_while_the_tokens_could_not_be_kept(tmp_path: Path, practice: Any, switches: Any) -> None:
    desk = Desk(tmp_path, practice.ready, session_only=False)  # no keychain and no passphrase here
    source = desk.source(sign_in=SignIn.ADMINISTRATOR)
    with pytest.raises(ProblemError) as caught:
        desk.authorise(source)
    assert caught.value.problem.action is Action.UNLOCK
    assert desk.person.opened == []
    report = desk.test(source)
    assert (report.outcome, report.problem and report.problem.action) == ("not proven", Action.UNLOCK)
    desk.close()


def test_a_sign_in_outlives_the_session_once_the_vault_is_open(
    tmp_path: Path, practice: Any, switches: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Desk(tmp_path, practice.ready, session_only=False)  # no keychain and no passphrase here
    source = first.saved(first.source(sign_in=SignIn.ADMINISTRATOR))
    first.app.vault.use_session()
    first.authorise(source)
    first.app.vault.unlock(Secret("correct horse battery staple"))
    assert first.test(source).outcome == "succeeded"
    first.close()
    monkeypatch.setenv("O365DESK_VAULT_PASSPHRASE", "correct horse battery staple")
    second = Desk(tmp_path, practice.ready, session_only=False)
    assert second.app.connections.status(source).word is Word.READY
    assert second.test(source).outcome == "succeeded"
    second.close()


@pytest.mark.parametrize("field", ["ca_file", "certificate"])
@pytest.mark.parametrize("kind", [os.mkfifo, lambda path: path.symlink_to("/dev/zero"), Path.mkdir])
def test_a_file_named_in_a_file_is_never_waited_for(desk: Desk, tmp_path: Path, field: str, kind: Any) -> None:
    kind(tmp_path / "named")
    source = desk.source(sign_in=SignIn.CERTIFICATE).replace(**{field: str(tmp_path / "named")})
    desk.app.connections.save(source, None)
    (row,) = desk.app.connections.overview(deep=True).rows
    assert row.status.word is Word.INCOMPLETE
    causes = [problem.cause for problem in desk.app.connections.problems(source)]
    assert any(str(tmp_path / "named") in cause and "pipe or a device" in cause for cause in causes)


_opened: Counter[str] = Counter()
sys.addaudithook(lambda event, arguments: _opened.update([str(arguments[0])]) if event == "open" else None)


def test_a_list_of_many_reads_vault_and_state_once(tmp_path: Path, practice: Any, switches: Any) -> None:
    desk = Desk(tmp_path, practice.ready, session_only=False)
    desk.app.vault.unlock(Secret("open sesame"))
    for number in range(20):
        desk.saved(desk.source(name=f"Contoso {number}"))
    statements: list[str] = []
    desk.app.state.use(lambda connection: connection.set_trace_callback(statements.append))
    _opened.clear()
    rows = desk.app.connections.overview(deep=True).rows
    assert len(rows) == 20
    assert {row.status.state for row in rows} == {"not tested yet"}
    assert _opened[str(tmp_path / "state" / "vault")] == 1
    assert 0 < len(statements) < 20
    # Only there: what another program keeps is seen in the next look.
    desk.app.vault.delete(rows[0].entry.source.id)
    reasons = [row.status.reason for row in desk.app.connections.overview(deep=True).rows]
    assert reasons == ["Client secret value is missing", *["test the connection"] * 19]
    assert desk.app.vault._reading.kept is None
    desk.close()
