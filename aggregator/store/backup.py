"""Copies of a store: made beside a writer, verified, put back; and a damaged store moved aside. Nothing is deleted.

A copy is written under a temporary name, checked page by page, synced and only then renamed: who finds a backup
finds a whole one.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from aggregator.errors import StoreError

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_SIDES = ("", "-wal", "-shm")  # SQLite's files of one store
_CONFIGURATION = "feeds.yaml"  # the fact in a copy that holds the file's text
_KEPT_BEFORE = 2  # backups made by upgrades


def reading(path: Path, **more: Any) -> sqlite3.Connection:
    """A connection that reads a store; on a disk that cannot be written SQLite must be told that nothing changes."""
    where: dict[str, Any] = {"database": path}
    if not os.access(path.parent, os.W_OK):
        log = path.with_name(f"{path.name}-wal")
        still = "" if log.exists() and log.stat().st_size else "&immutable=1"
        where = {"database": f"{path.resolve().as_uri()}?mode=ro{still}", "uri": True}
    connection: sqlite3.Connection = sqlite3.connect(**where, **{"timeout": 10, **more})
    return connection


def damage(path: Path) -> str | None:
    """What is wrong with the file of a store, in one line; None where it is whole, empty, or not there.

    Raises StoreError where that cannot be found out (a disk that cannot be read is no damage of the file).
    """
    if not path.exists():
        return None
    try:
        with contextlib.closing(reading(path)) as connection:
            rows = connection.execute("PRAGMA quick_check(1)").fetchall()
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF in _DAMAGED:
            return str(error)
        raise StoreError(f"store: {path} cannot be read: {error}") from error
    told = " ".join(str(rows[0][0]).split())
    return None if told == "ok" else told


def tells_damage(error: BaseException | None) -> bool:
    """Whether an exception, or one that caused it, is SQLite's word for a damaged file."""
    while error is not None:
        if isinstance(error, sqlite3.Error) and (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF in _DAMAGED:
            return True
        error = error.__cause__ or error.__context__
    return False


def set_aside(path: Path, why: str, now: datetime) -> Path:
    """Rename a store, with its log, to a name that says why and when; gives the new name of its main file."""
    name = f"{path.name}.{why}-{now:%Y-%m-%dT%H%M%SZ}"
    taken = {file.name for file in path.parent.iterdir()}
    name = next(free for free in (name, *(f"{name}-{n}" for n in range(2, 1000))) if free not in taken)
    try:
        for side in reversed(_SIDES):  # the log first: beside another main file it would be read as that one's
            with contextlib.suppress(FileNotFoundError):
                path.with_name(path.name + side).rename(path.with_name(name + side))
    except OSError as error:
        raise StoreError(f"store: {path} cannot be moved aside: {error.strerror}") from error
    return path.with_name(name)


def copy(path: Path, target: Path, configuration: str | None = None) -> int:
    """Copy a store as it is at this moment, also while another process writes to it; gives the copy's bytes.

    `configuration` is the text of feeds.yaml, kept in the copy (`configuration_in`). A target that is there is
    replaced at once, by a whole copy or not at all. Raises StoreError.
    """
    version_of(path)
    try:
        with contextlib.closing(reading(path)) as source:
            return copy_of(source, target, configuration)
    except sqlite3.Error as error:
        raise StoreError(f"store: {path} cannot be copied to {target}: {error}") from error


def copy_of(source: sqlite3.Connection, target: Path, configuration: str | None = None) -> int:
    """The same for a connection that is open."""
    with _replacing(target) as temporary:
        with contextlib.closing(sqlite3.connect(temporary)) as made:
            source.backup(made)
            made.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
            if configuration is not None:
                made.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (_CONFIGURATION, configuration))
                made.commit()
        told = damage(temporary)
        if told:
            raise StoreError(f"store: the copy at {target} would be damaged ({told}); nothing was written")
    return target.stat().st_size


@contextlib.contextmanager
def _replacing(target: Path) -> Iterator[Path]:
    """A temporary file beside the target that takes its place when the block ends well."""
    import tempfile  # noqa: PLC0415 (10 ms, with all that packs and copies)

    try:
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    except OSError as error:
        raise StoreError(f"store: cannot write {target}: {error.strerror}") from error
    temporary = Path(name)
    os.close(descriptor)
    try:
        yield temporary
        descriptor = os.open(temporary, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        for side in _SIDES[1:]:  # the log of the file that was there would be read as the copy's
            target.with_name(target.name + side).unlink(missing_ok=True)
        temporary.replace(target)
    except OSError as error:
        raise StoreError(f"store: cannot write {target}: {error.strerror}") from error
    finally:
        for side in (*_SIDES, "-journal"):
            with contextlib.suppress(OSError):
                temporary.with_name(temporary.name + side).unlink()


def before_upgrade(source: sqlite3.Connection, path: Path, version: int) -> Path:
    """Copy a store before its schema moves up to `version`; of such copies the newest two stay."""
    target = path.with_name(f"{path.name}.before-{version:04}")
    copy_of(source, target)
    for old in backups_of_upgrades(path)[_KEPT_BEFORE:]:
        with contextlib.suppress(OSError):
            old.unlink()
    return target


def backups_of_upgrades(path: Path) -> list[Path]:
    """The copies that upgrades made, newest schema first."""
    found = (file for file in path.parent.glob(f"{path.name}.before-*") if file.name[-4:].isdigit())
    return sorted(found, key=lambda file: file.name, reverse=True)


def configuration_in(path: Path) -> str | None:
    """The text of feeds.yaml that a backup holds."""
    with contextlib.closing(reading(path)) as connection:
        row = connection.execute("SELECT value FROM meta WHERE name = ?", (_CONFIGURATION,)).fetchone()
    return None if row is None else str(row[0])


def version_of(path: Path) -> int:
    """The schema of a store's file. Raises StoreError where it is no store of ours, or damaged."""
    told = damage(path) if path.is_file() else "not there"
    if told:
        raise StoreError(f"store: {path} cannot be used ({told}); nothing was touched")
    try:
        with contextlib.closing(reading(path)) as connection:
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.Error as error:
        raise StoreError(f"store: {path} cannot be read: {error}") from error
    if not version or not {"meta", "sources", "entries", "digests", "ledger"} <= tables:
        raise StoreError(f"store: {path} is no store of an aggregator; nothing was touched")
    return version
