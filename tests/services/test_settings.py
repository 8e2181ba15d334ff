"""Settings: what is kept, and what counts where that makes no sense."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from o365desk.model import settings
from o365desk.model.settings import Settings
from o365desk.services.settings import KeptSettings
from o365desk.services.state.state import State


def test_they_outlive_the_program(tmp_path: Path) -> None:
    for expected in (Settings(), Settings(large_items=7)):
        state = State(tmp_path / "state.sqlite", lambda: datetime.now(UTC))
        kept = KeptSettings(state)
        assert kept.get() == expected
        kept.keep(Settings(large_items=7))
        state.close()


def test_what_makes_no_sense_counts_as_none_and_what_is_newer_is_passed_over(tmp_path: Path) -> None:
    state = State(tmp_path / "state.sqlite", lambda: datetime.now(UTC))
    for kept in (b"{", b"[]", b'{"largeItems": "many"}'):
        state.remember("settings", kept)
        assert KeptSettings(state).get() == Settings()
    state.remember("settings", b'{"largePercent": 3, "theme": "dark"}')
    assert KeptSettings(state).get() == Settings(large_percent=3)
    state.close()


def test_each_has_a_field_and_is_read_as_typed() -> None:
    assert [field.key for field in settings.FIELDS] == list(msgspec.to_builtins(Settings()))
    assert settings.of({"largeItems": "007", "largePercent": 5}) == Settings(large_items=7, large_percent=5)
