"""The operator: everything that says who did something says the same."""

from pathlib import Path

import pytest

from o365desk.app import account, build, whoever_is_here
from o365desk.model.access.operator import Operator, OperatorKind, os_user
from o365desk.model.datasource import new
from o365desk.model.secret import Secret
from o365desk.services.signin.credentials import Credential


def test_files_and_approvals_name_the_operator(tmp_path: Path) -> None:
    operator = os_user("ada")
    assert operator == Operator(kind=OperatorKind.OS, address="ada")
    app = build(tmp_path / "w", state_folder=tmp_path / "s", session_only=True, operator=operator)
    source = app.connections.save(new("A"), None, Credential(secret=Secret("a client secret"))).source
    approval = app.state.approval(source.id)
    assert approval
    assert (source.modified_by, approval.by) == ("ada", "ada")
    app.workspace.delete(source.id)
    assert [item.deleted_by for item in app.workspace.recycled()] == ["ada"]
    app.close()


def test_an_account_without_a_name_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    assert whoever_is_here() == os_user(account())
    monkeypatch.setattr("o365desk.app.account", nobody)
    assert whoever_is_here() == os_user("unknown")
