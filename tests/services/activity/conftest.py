"""See `log.py`."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.activity.log import Log


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    made = Log(tmp_path)
    yield made
    made.close()
