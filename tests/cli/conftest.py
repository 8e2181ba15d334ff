"""Every test of commands is given a shell with a vault that opens."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.shell import PASSPHRASE, Shell


@pytest.fixture
def shell(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    practice: Any,
    switches: Callable[..., Any],
) -> Shell:
    monkeypatch.setenv("O365DESK_VAULT_PASSPHRASE", PASSPHRASE)
    return Shell(capsys, monkeypatch, practice.ready)
