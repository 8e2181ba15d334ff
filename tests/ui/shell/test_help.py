"""The Help menu explains errors that were met elsewhere."""

import pytest
from PySide6.QtWidgets import QLabel, QPlainTextEdit
from pytestqt.qtbot import QtBot

from o365desk.ui.shell.help import explain_sheet
from o365desk.ui.shell.window import Window
from o365desk.ui.widgets.banner import Banner


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("AADSTS50011", "Mobile and desktop applications"),
        ("Sorry, but we’re having trouble … AADSTS65001: The user or administrator has not", "Grant admin consent"),
        ('{"error": {"code": "Authorization_RequestDenied"}}', "administrator consent"),
        ("what is this", "does not know"),
    ],
)
def test_a_pasted_error_is_explained(qtbot: QtBot, window: Window, pasted: str, words: str) -> None:
    sheet = explain_sheet(window)
    qtbot.addWidget(sheet)
    sheet.show()
    text, banner = sheet.findChild(QPlainTextEdit, "pasted"), sheet.findChild(Banner, "explanation")
    assert isinstance(text, QPlainTextEdit)
    assert isinstance(banner, Banner)
    assert not banner.isVisible()
    text.setPlainText(pasted)
    assert banner.isVisible()
    assert words in " ".join(label.text() for label in banner.findChildren(QLabel))
    text.clear()
    assert not banner.isVisible()
