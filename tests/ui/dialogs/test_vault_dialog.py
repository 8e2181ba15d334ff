"""Opening the vault where there is no keychain: a new passphrase twice, an old one once, or this session only."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from o365desk.model.secret import Secret
from o365desk.services.vault.vault import CLIENT_SECRET, Vault, VaultKind
from o365desk.ui.dialogs.vault_dialog import VaultDialog
from o365desk.ui.tasks import Tasks
from o365desk.ui.widgets.theme import Theme


@pytest.fixture
def tasks() -> Iterator[Tasks]:
    made = Tasks()
    yield made
    made.shut_down()


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    """No keychain (see tests/conftest.py), so it wants a passphrase."""
    made = Vault(tmp_path / "vault")
    assert made.locked
    return made


class Opened:
    """The dialog, and its parts by name."""

    def __init__(self, qtbot: QtBot, theme: Theme, tasks: Tasks, vault: Vault) -> None:
        self.dialog = VaultDialog(theme, tasks, vault)
        qtbot.addWidget(self.dialog)
        self.dialog.show()

    def line(self, name: str) -> QLineEdit:
        found = self.dialog.findChild(QLineEdit, name)
        assert found is not None
        return found

    def press(self, name: str) -> None:
        found = self.dialog.findChild(QPushButton, name)
        assert found is not None
        found.click()

    @property
    def problem(self) -> str:
        found = self.dialog.findChild(QLabel, "vault-problem")
        assert found is not None
        return found.text()


def test_a_new_vault_wants_the_passphrase_twice(qtbot: QtBot, theme: Theme, tasks: Tasks, vault: Vault) -> None:
    opened = Opened(qtbot, theme, tasks, vault)
    opened.press("vault-open")
    assert "Type a passphrase" in opened.problem
    QTest.keyClicks(opened.line("vault-passphrase"), "correct horse")
    QTest.keyClicks(opened.line("vault-again"), "correct mule")
    opened.press("vault-open")
    assert "differ" in opened.problem
    locked = vault.locked
    assert locked
    opened.line("vault-again").clear()
    QTest.keyClicks(opened.line("vault-again"), "correct horse")
    with qtbot.waitSignal(opened.dialog.accepted, timeout=60_000):
        QTest.keyClick(opened.line("vault-again"), Qt.Key.Key_Return)
    assert not vault.locked
    vault.set("owner", CLIENT_SECRET, Secret("s"))
    assert opened.line("vault-passphrase").text() == "", "nothing typed stays behind"


def test_an_existing_vault_wants_it_once_and_says_when_it_is_wrong(
    qtbot: QtBot, theme: Theme, tasks: Tasks, vault: Vault, tmp_path: Path
) -> None:
    vault.unlock(Secret("correct horse"))
    vault.set("owner", CLIENT_SECRET, Secret("s"))
    again = Vault(tmp_path / "vault")
    assert again.locked
    opened = Opened(qtbot, theme, tasks, again)
    assert not opened.line("vault-again").isVisible() if opened.dialog.findChild(QLineEdit, "vault-again") else True
    QTest.keyClicks(opened.line("vault-passphrase"), "wrong")
    opened.press("vault-open")
    qtbot.waitUntil(lambda: bool(opened.problem))
    assert opened.dialog.isVisible()
    assert again.locked
    QTest.keyClicks(opened.line("vault-passphrase"), "correct horse")
    with qtbot.waitSignal(opened.dialog.accepted, timeout=60_000):
        opened.press("vault-open")
    assert again.get("owner", CLIENT_SECRET) == Secret("s")


def test_secrets_may_live_for_the_session_only(qtbot: QtBot, theme: Theme, tasks: Tasks, vault: Vault) -> None:
    opened = Opened(qtbot, theme, tasks, vault)
    with qtbot.waitSignal(opened.dialog.accepted):
        opened.press("vault-session")
    assert vault.kind is VaultKind.SESSION
    assert not vault.locked


def test_esc_leaves_it_locked(qtbot: QtBot, theme: Theme, tasks: Tasks, vault: Vault) -> None:
    opened = Opened(qtbot, theme, tasks, vault)
    QTest.keyClicks(opened.line("vault-passphrase"), "something")
    with qtbot.waitSignal(opened.dialog.rejected):
        QTest.keyClick(opened.dialog, Qt.Key.Key_Escape)
    assert vault.locked
    assert opened.line("vault-passphrase").text() == ""
