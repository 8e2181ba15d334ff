"""The permissions panel follows the draft, offline."""

from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from o365desk import catalogue
from o365desk.model.datasource import DataSource, SignIn, new
from o365desk.ui.pages.connector.permissions import PermissionsPanel
from o365desk.ui.widgets.theme import Theme
from tests.ui.conftest import CLIENT


def draft(**values: Any) -> DataSource:
    return new("Contoso HR", **({"tenant": "contoso.onmicrosoft.com", "client_id": CLIENT} | values))


def shown_for(panel: PermissionsPanel, source: DataSource) -> None:
    """Follows a draft, and lays out what is new."""
    panel.show_source(source)
    QApplication.processEvents()


@pytest.fixture
def panel(qtbot: QtBot, theme: Theme) -> PermissionsPanel:
    made = PermissionsPanel(theme)
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.mark.parametrize("sign_in", list(SignIn))
@pytest.mark.parametrize(
    "boxes", [{}, {"read_write": True}, {"read_write": True, "set_usage_location": True}, {"sso": True}]
)
def test_it_shows_exactly_the_plan(panel: PermissionsPanel, sign_in: SignIn, boxes: dict[str, bool]) -> None:
    source = draft(sign_in=sign_in, **boxes)
    shown_for(panel, source)
    assert panel.names == [permission.name for permission in catalogue.permissions_asked_for(source)]
    for permission in catalogue.permissions_asked_for(source):
        row = next(
            row
            for row in panel.findChildren(QWidget, f"permission-{permission.name}")
            if not row.isHidden() and permission.kind in row.accessibleName()
        )
        said = " ".join(label.text() for label in row.findChildren(QLabel))
        assert permission.reason in said
        assert permission.kind in said
        assert all(title in said for title in permission.operations)
        assert ("admin consent" in said) is permission.admin_consent
        assert ("administrator" in row.accessibleDescription()) is permission.admin_consent


def test_unchecking_takes_permissions_away(panel: PermissionsPanel) -> None:
    shown_for(panel, draft(read_write=True))
    assert "Group.ReadWrite.All" in panel.names
    shown_for(panel, draft())
    shown = [
        row
        for row in panel.findChildren(QWidget)
        if row.objectName().startswith("permission-") and not row.isHidden()
    ]
    assert len(shown) == len(panel.names)
    assert "Group.ReadWrite.All" not in panel.names


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, ""),
        ({"tenant": ""}, "Tenant is missing"),
        ({"client_id": "abc"}, "is not a GUID"),
        ({"cloud": "custom", "login": "http://x", "graph": "https://g"}, "Login address"),
        ({"name": ""}, ""),
    ],
)
def test_the_consent_link_says_why_it_cannot_be_made_yet(
    panel: PermissionsPanel, values: dict[str, str], reason: str
) -> None:
    shown_for(panel, draft().replace(**values))
    button, why = panel.findChild(QPushButton, "button-copy-consent"), panel.findChild(QLabel, "no-consent-link")
    assert button is not None
    assert why is not None
    assert button.isEnabled() is not bool(reason)
    assert why.isVisible() is bool(reason)
    assert reason in why.text()
    assert reason in button.accessibleDescription()


def test_an_unknown_cloud_does_not_break_it(panel: PermissionsPanel) -> None:
    shown_for(panel, draft(cloud="mars"))
    assert panel.names == []
