"""Every test here has the practice tenant, as at the start."""

import pytest

from tests.practice.fixtures import Client, attendant, client, practice, switches

__all__ = ["attendant", "client", "practice", "switches"]


@pytest.fixture(autouse=True)
def _as_at_the_start(attendant: Client) -> None:
    attendant.control("/reset", {})
