"""What tests of groups in step stand on."""

import pytest

from tests.desk import Desk
from tests.practice.fixtures import Client
from tests.services.in_step.team import Team


@pytest.fixture
def team(desk: Desk, client: Client) -> Team:
    return Team(desk, client)
