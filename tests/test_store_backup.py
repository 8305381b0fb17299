"""Copies beside a writer, upgrades of every schema there ever was, and what becomes of a damaged store."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest

from aggregator.errors import StoreError
from aggregator.store import backup
from aggregator.store.sqlite import migrations, open_store
from tests.makers import NOW
from tests.stores import SCHEMAS, made

GUIDS = ["a", "b", "ä", "c", "old", "copy", "new", "flood"]


def everything(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """The rows of each table, but for the search index; the columns of the first schema only."""
    with closing(sqlite3.connect(":memory:")) as first:
        first.executescript(migrations()[0])
        tables = [row[0] for row in first.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns = {name: [row[1] for row in first.execute(f"PRAGMA table_info({name})")] for name in tables}
    connection = sqlite3.connect(path)
    found = {n: connection.execute(f"SELECT {', '.join(columns[n])} FROM {n}").fetchall() for n in tables}
    connection.close()
    return found


@pytest.mark.fault(8)
def test_there_is_a_sample_of_every_schema() -> None:
    """A new migration needs one: `python -m tests.stores` writes it."""
    assert list(range(1, len(migrations()) + 1)) == SCHEMAS


@pytest.mark.fault(8)
@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_store_of_every_schema_opens_with_nothing_lost(tmp_path: Path, schema: int) -> None:
    path = made(schema, tmp_path / "aggregator.db")
    before = everything(path)
    store = open_store(path)
    assert [one.entry.guid for one in store.entries.get(range(1, 100))] == GUIDS
    assert [one.day.isoformat() for one in store.digests.all("")] == ["2026-03-13"]
    assert b"Nachtschicht" in (store.digests.file(1, "html") or b"")
    body = store.bodies.newest(1)
    assert body
    assert body.data == b"<rss>made up</rss>"
    while store.search.is_behind:
        with store.transaction():
            store.search.fill()
    store.close()
    assert everything(path) == before
    kept = backup.backups_of_upgrades(path)
    newest = SCHEMAS[-1]
    assert [file.name for file in kept] == ([f"aggregator.db.before-{newest:04}"] if schema < newest else [])
    assert [backup.version_of(file) for file in kept] == [schema] * len(kept)
    assert all(everything(file) == before for file in kept)


@pytest.mark.slow
@pytest.mark.fault(8)
def test_an_upgrade_that_is_killed_anywhere_left_the_old_store_or_the_new_one(tmp_path: Path) -> None:
    """Killed at moments spread over the whole of opening; what is there then always opens with nothing lost."""
    code = "import sys; from pathlib import Path; from aggregator.store.sqlite import open_store; \n"
    code += "import os, signal; n = int(sys.argv[1]); calls = 0\n"
    code += "def count(*_):\n    global calls; calls += 1\n    if calls == n: os.kill(os.getpid(), signal.SIGKILL)\n"
    code += "sys.setprofile(count); open_store(Path(sys.argv[2])); sys.setprofile(None); print(calls)"

    def opened(at: int, path: Path) -> subprocess.CompletedProcess[str]:
        root = Path(__file__).parent.parent
        return subprocess.run(
            [sys.executable, "-c", code, str(at), str(path)], capture_output=True, text=True, check=False, cwd=root
        )

    whole = int(opened(0, made(1, tmp_path / "whole" / "aggregator.db")).stdout)
    versions = set()
    for moment in (*(whole * number // 12 for number in range(1, 12)), whole - 1):
        path = made(1, tmp_path / str(moment) / "aggregator.db")
        before = everything(path)
        assert opened(moment, path).returncode == -signal.SIGKILL
        versions.add(backup.version_of(path))
        store = open_store(path)
        assert [one.entry.guid for one in store.entries.get(range(1, 100))] == GUIDS
        store.close()
        assert everything(path) == before
    assert versions == {1, SCHEMAS[-1]}


@pytest.mark.fault(48)
def test_a_newer_store_is_refused_with_the_way_back(tmp_path: Path) -> None:
    path = made(SCHEMAS[-1], tmp_path / "aggregator.db")
    copy = tmp_path / f"aggregator.db.before-{SCHEMAS[-1] + 1:04}"
    backup.copy(path, copy)
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMAS[-1] + 2}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="nothing was touched, upgrade the program, or go back with") as caught:
        open_store(path)
    assert str(caught.value).endswith(f"`aggregator restore {copy}`")
    assert path.read_bytes() == before


def test_of_the_copies_that_upgrades_made_two_stay(tmp_path: Path) -> None:
    path = made(1, tmp_path / "aggregator.db")
    for number in (2, 3, 10):
        with sqlite3.connect(path) as connection:
            backup.before_upgrade(connection, path, number)
        connection.close()
    assert [file.name[-4:] for file in backup.backups_of_upgrades(path)] == ["0010", "0003"]


@pytest.mark.fault(48)
def test_a_copy_made_while_another_writes_is_whole(tmp_path: Path) -> None:
    store, enough = open_store(tmp_path / "aggregator.db"), threading.Event()
    numbers = iter(range(10**9))

    def write_pair() -> None:
        with store.transaction():
            for name in ("one", "two"):
                store.set_meta(name, str(number))

    def write() -> None:
        nonlocal number
        while not enough.is_set():
            number = next(numbers)
            write_pair()

    number = 0
    write_pair()
    writer = threading.Thread(target=write)
    writer.start()
    try:
        for round_ in range(10):
            backup.copy(store.path, tmp_path / "copy.db", "sources: []\n")
            assert backup.damage(tmp_path / "copy.db") is None
            connection = sqlite3.connect(tmp_path / "copy.db")
            pair = {row[0] for row in connection.execute("SELECT value FROM meta WHERE name IN ('one', 'two')")}
            connection.close()
            assert len(pair) == 1, round_
            assert backup.configuration_in(tmp_path / "copy.db") == "sources: []\n"
    finally:
        enough.set()
        writer.join()
    store.close()
    assert {file.name for file in tmp_path.iterdir()} == {"aggregator.db", "copy.db"}


def test_a_copy_that_cannot_be_made_leaves_the_old_one(tmp_path: Path) -> None:
    path, target = made(1, tmp_path / "aggregator.db"), tmp_path / "copy.db"
    target.write_bytes(b"the one of last week")
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(path.read_bytes()[:8192] + bytes(8192))
    for source in (damaged, tmp_path / "nowhere.db"):
        with pytest.raises(StoreError):
            backup.copy(source, target)
    with pytest.raises(StoreError, match="cannot write"):
        backup.copy(path, tmp_path / "no" / "folder" / "copy.db")
    assert target.read_bytes() == b"the one of last week"


def zeroed(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(3 * 4096)
        file.write(bytes(4096))


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def wrong_magic(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"Not an SQLite file")


@pytest.mark.fault(7)
@pytest.mark.parametrize("harm", [zeroed, cut, wrong_magic])
def test_damage_is_told_and_the_store_moved_aside_with_its_date(tmp_path: Path, harm: object) -> None:
    path = made(1, tmp_path / "aggregator.db")
    assert backup.damage(path) is None
    harm(path)  # type: ignore[operator]
    assert backup.damage(path)
    bytes_before = path.read_bytes()
    (tmp_path / "aggregator.db-wal").write_bytes(b"its log")
    for name in ("2026-03-14T070000Z", "2026-03-14T070000Z-2"):
        aside = backup.set_aside(path, "damaged", NOW)
        assert aside.name == f"aggregator.db.damaged-{name}"
        assert aside.read_bytes() == bytes_before
        path.write_bytes(bytes_before)
    assert (tmp_path / "aggregator.db.damaged-2026-03-14T070000Z-wal").read_bytes() == b"its log"
    assert not (tmp_path / "aggregator.db-wal").exists()


@pytest.mark.parametrize("content", [None, b"", b"a text", b"SQLite format 3\0" + b"\xff" * 4000])
def test_what_is_no_store_is_not_restored(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "backup.db"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StoreError, match="nothing was touched"):
        backup.version_of(path)


def test_another_programs_database_is_not_restored(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.executescript("CREATE TABLE meta (a); PRAGMA user_version = 3;")
    connection.close()
    with pytest.raises(StoreError, match="no store of an aggregator"):
        backup.version_of(tmp_path / "other.db")
