"""Fixtures that every test file may use."""

from tests.world import world

__all__ = ["world"]
