"""Fixtures that every test file may use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.makers import OPEN
from tests.world import world

__all__ = ["world"]


@pytest.fixture(autouse=True)
def _stores_are_closed() -> Iterator[None]:
    """A store that a test made in memory ends with it."""
    yield
    while OPEN:
        OPEN.pop().close()
