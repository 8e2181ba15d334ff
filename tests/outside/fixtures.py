"""`outside`: both outside providers, one after the other; `node_provider` and `authlib_provider`: one of them.

Import the names into a conftest.py or a test file to use them. Each serves for the whole session, and remembers
nobody between two browsers.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.outside import authlib_provider as by_authlib
from tests.outside import node_provider as by_node


@pytest.fixture(scope="session")
def node_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Node's oidc-provider: how to reach it."""
    if why := by_node.missing():
        pytest.skip(why)
    with by_node.serving(tmp_path_factory.mktemp("node-provider")) as ready:
        yield ready


@pytest.fixture(scope="session")
def authlib_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A provider made of Authlib: how to reach it."""
    with by_authlib.serving(tmp_path_factory.mktemp("authlib-provider")) as ready:
        yield ready


@pytest.fixture(params=["node_provider", "authlib_provider"])
def outside(request: pytest.FixtureRequest) -> dict[str, Any]:
    """How to reach one of them."""
    ready: dict[str, Any] = request.getfixturevalue(request.param)
    return ready
