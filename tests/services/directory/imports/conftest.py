"""What tests of imports stand on."""

import pytest

from tests.desk import Desk
from tests.practice.fixtures import Client
from tests.services.directory.imports.office import Office


@pytest.fixture
def office(desk: Desk, client: Client) -> Office:
    return Office(desk, client)
