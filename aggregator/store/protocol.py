"""What the store's parts ask of a database: statements in the SQL that SQLite and PostgreSQL share, rows as tuples.

Placeholders are `?`, or `?1` `?2` where one value stands in several places. `sqlite3.Connection` is such a connection
as it is; store/postgres.py makes one of psycopg's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol


class Rows(Protocol):
    """What a statement gave: rows as tuples, read as they are asked for, and how many it changed."""

    @property
    def rowcount(self) -> int:
        """How many rows were changed."""

    def fetchone(self) -> Any:
        """The next row, or None."""

    def fetchall(self) -> list[Any]:
        """The rows that are left."""

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """An open database; used by one thread at a time."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Rows:
        """Run one statement."""

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Rows:
        """Run one statement for each of many rows; `rowcount` is their sum."""


def holes(values: Iterable[object]) -> str:
    """The placeholders of a list behind IN, which is met by nothing where it is empty."""
    return ", ".join("?" for _ in values) or "NULL"
