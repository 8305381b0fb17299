"""The contract of a store, kept by every database: a test file that imports these two runs its tests over each.

    from tests.contract import each_store, pytest_generate_tests

A test that is about files of SQLite is marked `sqlite_only`.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator

import pytest

from tests import makers
from tests.postgres import needs_postgres

__all__ = ["REFUSED", "each_store", "pytest_generate_tests"]

REFUSED: tuple[type[Exception], ...] = (sqlite3.IntegrityError,)
"""What a rule of the schema raises."""
with contextlib.suppress(ImportError):
    import psycopg

    REFUSED += (psycopg.IntegrityError,)

KINDS = ("sqlite", pytest.param("postgresql", marks=needs_postgres))


@pytest.fixture(autouse=True)
def each_store(request: pytest.FixtureRequest) -> Iterator[None]:
    """While the test runs, `memory_store` and Desk are of this kind."""
    makers.KIND.append(getattr(request, "param", "sqlite"))
    yield
    makers.KIND.pop()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.definition.get_closest_marker("sqlite_only") is None:
        metafunc.parametrize("each_store", KINDS, indirect=True)
