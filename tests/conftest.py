"""Fixtures that every test file may use."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

from tests import score
from tests.makers import close_stores
from tests.world import world

__all__ = ["world"]


# The program is started hundreds of times, the tests are read by several processes: none compiles it all anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# The same examples at every run, and none judged by the clock: what is random belongs to tests/fuzz.py.
settings.register_profile("steady", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def _stores_are_closed() -> Iterator[None]:
    """A store that a test made ends with it."""
    yield
    close_stores()


@pytest.fixture(autouse=True, scope="module")
def _what_tests_left_is_not_looked_at() -> None:
    """Thousands of tests are millions of objects: the program, which tidies its memory, has its own to look at."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        score.mark(item)
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(900))  # long by itself, and longer on a machine that others use


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """The lines `polite: N/N points`, `hostile: N/N`, `faults: N/N` at the end of a run that tested any."""
    stats = terminalreporter.stats
    found = (r for kind in ("passed", "failed", "skipped", "error") for r in stats.get(kind, []))
    reports = (r for r in found if isinstance(r, pytest.TestReport))  # a file that cannot be read has another
    for made in score.scores(reports):
        for line in made.lines():
            terminalreporter.write_line(line)
