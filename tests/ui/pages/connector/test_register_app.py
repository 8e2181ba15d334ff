"""Registering the app: the texts are the catalogue's, they are copied and saved whole; the portal's way is told."""

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from o365desk import catalogue
from o365desk.model.datasource import SignIn, new
from o365desk.ui.pages.connector.register_app import RegisterDialog, portal_steps
from o365desk.ui.widgets.theme import Theme

SOURCE = new("Contoso HR", tenant="contoso.onmicrosoft.com", read_write=True, sign_in=SignIn.SECRET)


@pytest.fixture
def dialog(qtbot: QtBot, theme: Theme) -> RegisterDialog:
    made = RegisterDialog(theme, SOURCE)
    qtbot.addWidget(made)
    made.show()
    return made


def _tab(dialog: RegisterDialog, number: int) -> QWidget:
    tab = dialog.tabs.widget(number)
    assert tab is not None
    return tab


def _buttons(dialog: RegisterDialog, tab: int) -> dict[str, QPushButton]:
    return {button.text().replace("&", ""): button for button in _tab(dialog, tab).findChildren(QPushButton)}


def test_every_text_names_every_permission_and_is_copied_whole(dialog: RegisterDialog) -> None:
    for tab in range(3):
        dialog.tabs.setCurrentIndex(tab)
        edit = _tab(dialog, tab).findChild(QPlainTextEdit)
        assert edit is not None
        assert edit.isReadOnly()
        assert all(item.id in edit.toPlainText() for item in catalogue.permissions_asked_for(SOURCE))
        _buttons(dialog, tab)["Copy"].click()
        assert QApplication.clipboard().text() == edit.toPlainText()


def test_a_text_is_saved(dialog: RegisterDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "manifest.json"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    _buttons(dialog, 2)["Save…"].click()
    assert json.loads(file.read_text("utf-8"))["displayName"] == "Contoso HR"
    assert "manifest.json" in dialog.said.text()


def test_where_it_cannot_be_saved_the_dialog_says_so(
    dialog: RegisterDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "no" / "folder" / "x"), ""))
    _buttons(dialog, 0)["Save…"].click()
    assert "could not be saved" in dialog.said.text()


@pytest.mark.parametrize(
    ("sign_in", "words"),
    [
        (SignIn.ADMINISTRATOR, "Allow public client flows"),
        (SignIn.SECRET, "New client secret"),
        (SignIn.CERTIFICATE, "upload the certificate"),
    ],
)
def test_the_way_through_the_portal_fits_the_sign_in(sign_in: SignIn, words: str) -> None:
    source = SOURCE.replace(sign_in=sign_in)
    steps = portal_steps(source, catalogue.permissions_asked_for(source))
    assert any(words in step for step in steps)
    assert any("https://entra.microsoft.com" in step for step in steps)
    assert any("http://localhost" in step for step in steps)
    assert all(any(item.name in step for step in steps) for item in catalogue.permissions_asked_for(source))


def test_the_steps_are_shown_and_esc_closes(qtbot: QtBot, dialog: RegisterDialog) -> None:
    dialog.tabs.setCurrentIndex(3)
    shown = [label.text() for label in _tab(dialog, 3).findChildren(QLabel)]
    assert any("New registration" in text for text in shown)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
