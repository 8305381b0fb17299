"""All that one store holds, copied into another one of any kind, and read back to prove it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from aggregator.errors import StoreError
from aggregator.store.protocol import Connection, holes
from aggregator.store.rows import storable
from aggregator.store.schema import migrations

if TYPE_CHECKING:
    from aggregator.store.store import Store

BATCH = 500  # rows

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the schema: its columns in their order, and the places of those that are its primary key."""

    name: str
    columns: tuple[str, ...]
    key: tuple[int, ...]


def tables() -> list[Table]:
    """What is copied, each table after those that it refers to. The index of words is filled anew."""
    with closing(sqlite3.connect(":memory:")) as made:
        made.executescript("".join(migrations()))
        names = [row[0] for row in made.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid")]
        ours = [name for name in names if name != "search" and not name.startswith(("search_", "sqlite_"))]
        return [_table(made, name) for name in ours]


def _table(made: sqlite3.Connection, name: str) -> Table:
    columns = made.execute(f"PRAGMA table_info({name})").fetchall()
    key = sorted((row[5], row[0]) for row in columns if row[5])
    return Table(name, tuple(row[1] for row in columns), tuple(place for _, place in key))


class Tables:
    """The tables as they are, whatever they mean."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def read(self, table: Table) -> Iterator[list[Row]]:
        """Every row, in batches, in the order of the primary key."""
        key = ", ".join(table.columns[place] for place in table.key)
        start = f"SELECT {', '.join(table.columns)} FROM {table.name}"
        end, last = f"ORDER BY {key} LIMIT {BATCH}", ()
        while rows := self._sql.execute(
            f"{start} WHERE ({key}) > ({holes(last)}) {end}" if last else f"{start} {end}", last
        ).fetchall():
            yield rows
            last = tuple(rows[-1][place] for place in table.key)

    def write(self, table: Table, batches: Iterable[list[Row]]) -> None:
        """Put rows in the place of what is there (triggers may have written something)."""
        self._sql.execute(f"DELETE FROM {table.name}")
        statement = f"INSERT INTO {table.name} ({', '.join(table.columns)}) VALUES ({holes(table.columns)})"
        for rows in batches:
            self._sql.executemany(statement, rows)


@dataclass(slots=True)
class _Sum:
    """How many rows went by, and a hash of all that they hold."""

    rows: int = 0
    hash: Any = field(default_factory=sha256)

    def of(self, batches: Iterable[list[Row]], progress: Callable[[int], None] = lambda _: None) -> Iterator[list[Row]]:
        """The same batches, counted."""
        for given in batches:
            rows = [tuple(storable(one) if isinstance(one, str) else one for one in row) for row in given]
            self.rows += len(rows)
            self.hash.update(repr(rows).encode())
            progress(self.rows)
            yield rows


def move(source: Store, target: Store, progress: Callable[[str, int], None] = lambda *_: None) -> dict[str, int]:
    """Copy every row, all of them or none; gives the number of rows of each table. Nobody writes meanwhile.

    `progress` is told the table and how many rows of it went over. Raises StoreError where the target holds something,
    or does not give back what it was given.
    """
    if any(next(target.tables.read(table), None) for table in tables() if table.name in ("entries", "sources")):
        raise StoreError(f"store: {target.name} holds entries or sources already; nothing was touched")
    counts = {}
    with source.frozen(), target.transaction(durable=True):
        for table in tables():
            given, found = _Sum(), _Sum()
            target.tables.write(table, given.of(source.tables.read(table), partial(progress, table.name)))
            for _ in found.of(target.tables.read(table)):
                pass
            if (found.rows, found.hash.digest()) != (given.rows, given.hash.digest()):
                raise StoreError(
                    f"store: {target.name} gave back {found.rows:,} rows of {table.name} where {given.rows:,} were "
                    "written, or others than those; nothing of it is kept"
                )
            counts[table.name] = given.rows
        target.after_copy()
    return counts
