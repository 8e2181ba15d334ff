"""Every test here has the practice tenant, as at the start."""

import pytest

from tests.practice.fixtures import Client, client, practice, switches

__all__ = ["client", "practice", "switches"]


@pytest.fixture(autouse=True)
def _as_at_the_start(client: Client) -> None:
    client.control("/reset", {})
