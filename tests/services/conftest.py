"""What tests of plans and runs stand on: a data source whose app may do everything, and the tenant's own view."""

from collections.abc import Iterator

import pytest

from tests.desk import Desk
from tests.practice.fixtures import Client
from tests.services.bulk import Bulk


@pytest.fixture
def bulk(desk: Desk, client: Client) -> Iterator[Bulk]:
    """Whatever it sends must be documented."""
    made = Bulk(desk, client)
    yield made
    assert made.faults() == []
