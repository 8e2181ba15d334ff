"""The house, and one whose partners see Sales alone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.practice.fixtures import Client
from tests.services.access.house import House
from tests.services.access.rules import default, row
from tests.services.access.rules import tree as conditions


@pytest.fixture
def house(tmp_path: Path, client: Client, switches: Any) -> Iterator[House]:
    made = House(tmp_path, client.ready)
    yield made
    made.close()


@pytest.fixture
def defaults(house: House) -> House:
    """Partners see Sales, enabled, and change nobody else."""
    rule = conditions(row("user.department", "equals", "Sales"))
    house.secure(
        b2b=True,
        partner_defaults=True,
        mappings=(default(), default("find-users"), default("add-user-to-group", "Update", rule)),
    )
    return house
