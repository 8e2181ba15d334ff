"""docs/conditions.md names every operator."""

from pathlib import Path

import pytest

from o365desk.model.conditions.operators import operators
from o365desk.model.conditions.parameters import Type

TEXT = Path(__file__, "../../../../docs/conditions.md").resolve().read_text("utf-8")
SHORT = {"within", "more", "this", "last", "next"}
"""Operators that the page counts up by their first and last words."""


@pytest.mark.parametrize("key", sorted({each.key for sort in Type for each in operators(sort)}))
def test_it_names_every_operator(key: str) -> None:
    if key.split()[0] in SHORT:
        assert all(f"{word}" in TEXT for word in key.split())
    else:
        assert f"`{key}`" in TEXT
