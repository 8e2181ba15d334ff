"""Schedules with work that says what it did: see tests/ui/scheduled.py."""

from pathlib import Path

import pytest

from o365desk.app import App
from tests.scheduled import MadeUpWork
from tests.ui.scheduled import planned, with_work, work

__all__ = ["app", "planned", "work"]


@pytest.fixture
def app(app: App, tmp_path: Path, work: MadeUpWork) -> App:
    return with_work(app, tmp_path, work)
