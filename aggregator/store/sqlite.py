"""The store on SQLite: opening, migrating, transactions.

WAL, one writer (store/lock.py), explicit transactions. The connection belongs to one thread at a time; the
pass's thread writes, threads that fetch never touch it.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from aggregator.errors import AggregatorError, StoreBroken, StoreError
from aggregator.store.backup import backups_of_upgrades, before_upgrade, reading, tells_damage
from aggregator.store.fts import Fts
from aggregator.store.packing import Damaged
from aggregator.store.schema import migrations, statements
from aggregator.store.store import Store

__all__ = ["SqliteStore", "Store", "open_store", "refuse_newer"]
_TODO = {
    sqlite3.SQLITE_FULL: "make room on that disk",
    sqlite3.SQLITE_CANTOPEN: "is there room on that disk, and may files be made there?",
}


class SqliteStore(Store):
    """A store in one file."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        super().__init__(connection, str(path), Fts(connection), lambda: connection.execute("PRAGMA secure_delete=ON"))
        self._connection: sqlite3.Connection = connection
        self.path, self._file = path, _file(path)

    @contextlib.contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[None]:
        """All or nothing; `durable` survives a power cut (synchronous=FULL), the rest a kill -9."""
        with _translated(self.path):
            self._connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.commit()  # may fail too: a full disk
            except BaseException:
                self._connection.rollback()
                raise

    def frozen(self) -> contextlib.AbstractContextManager[None]:
        """Nobody else writes while the block runs."""
        return self.transaction()

    def check_place(self) -> None:
        """Raise StoreBroken where the file that is open is no longer the one under its name."""
        if _file(self.path) != self._file:
            raise StoreBroken(f"store: {self.path} was removed or replaced while it was open")

    def broken_by(self, error: BaseException) -> StoreBroken | None:
        """Whether an exception, that SQLite or nobody can explain, means that the file is damaged."""
        if isinstance(error, StoreBroken):
            return error
        doubtful = tells_damage(error) or isinstance(error, Damaged) or not isinstance(error, AggregatorError)
        told = self.damage() if doubtful else None
        if told is None:
            return None
        return StoreBroken(f"store: {self.path} is damaged ({told}); the next start makes a new one of it")

    def damage(self) -> str | None:
        """What SQLite's quick check of every page finds wrong, in one line; None where the file is whole."""
        try:
            rows = self._connection.execute("PRAGMA quick_check(3)").fetchall()
        except (sqlite3.DatabaseError, StoreError) as error:
            return " ".join(str(error.__cause__ or error).split())
        told = "; ".join(str(row[0]) for row in rows)
        return None if told == "ok" else " ".join(told.split())

    def tidy(self, now: datetime) -> None:
        """Let go of old bodies, ease the pace of content hosts, let SQLite tidy itself; cheap, once a day."""
        super().tidy(now)
        self._connection.execute("PRAGMA optimize")
        self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def rest(self) -> None:
        """Let go of the pages of the file; the system still has them."""
        self._connection.execute("PRAGMA shrink_memory")

    def close(self) -> None:
        """Close; the write-ahead log is folded in by SQLite."""
        self._connection.close()


def _file(path: Path) -> tuple[int, int] | None:
    """What tells a file from another one of the same name: device and inode."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


class _Connection(sqlite3.Connection):
    """A connection whose reads fail as StoreErrors too; a broken rule of the schema stays an IntegrityError."""

    place: Path | None = None
    """The file, for whom it fails."""

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        try:
            return super().execute(*arguments)
        except (sqlite3.OperationalError, sqlite3.InternalError) as error:
            raise StoreError(_told(self.place, error)) from error


def _told(path: Path | None, error: sqlite3.Error) -> str:
    """What, where, and what to do."""
    todo = _TODO.get((getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF, "`aggregator check` reads without it")
    todo = "stop what runs, and restore a backup" if tells_damage(error) else todo
    return f"store: {path}: {error}; {todo}"


@contextlib.contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(_told(path, error)) from error


def open_store(path: Path, *, create: bool = True) -> SqliteStore:
    """Open and migrate the store; raises StoreError when it cannot be used or was written by a newer version."""
    if not create and not path.exists():
        raise StoreError(f"store: {path} does not exist yet; run `aggregator poll` or `aggregator run` first")
    with _translated(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"store: cannot make the folder {path.parent}: {error.strerror}") from error
        connect = sqlite3.connect if create else reading
        connection = connect(path, isolation_level=None, check_same_thread=False, timeout=10, factory=_Connection)
        if isinstance(connection, _Connection):
            connection.place = path
        try:
            _prepare(connection, path, may_write=create or os.access(path.parent, os.W_OK))
        except BaseException:
            connection.close()
            raise
    return SqliteStore(connection, path)


def _prepare(connection: sqlite3.Connection, path: Path, *, may_write: bool) -> None:
    version, scripts = _version(connection), migrations()
    refuse_newer(path, version)
    if not may_write:
        if version < len(scripts):
            raise StoreError(f"store: {path} is of an older version, and {path.parent} cannot be written to upgrade it")
        return
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA cache_size=-16000")  # KiB, while there is something to do
    if version < len(scripts):
        if version:
            before_upgrade(connection, path, len(scripts))
        _migrate(connection, scripts)


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def refuse_newer(path: Path, version: int) -> None:
    """Raise StoreError for a schema that this program does not know; says where the upgrade left a copy."""
    known = len(migrations())
    if version <= known:
        return
    copies = [file.name for file in backups_of_upgrades(path) if file.name[-4:] > f"{known:04}"]
    back = f", or go back with `aggregator restore {path.with_name(copies[-1])}`" if copies else ""
    raise StoreError(
        f"store: {path} was written by a newer aggregator (schema {version}, this one knows {known}); "
        f"nothing was touched, upgrade the program{back}"
    )


def _migrate(connection: sqlite3.Connection, scripts: list[str]) -> None:
    """All that is missing in one transaction; `user_version` counts the scripts, and is read again inside."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for script in scripts[_version(connection) :]:
            for statement in statements(script):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(scripts)}")
        connection.commit()
    except BaseException:
        connection.rollback()
        raise
