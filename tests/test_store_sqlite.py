from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from aggregator.errors import StoreBroken, StoreError
from aggregator.parse.worker import resident
from aggregator.records import Response
from aggregator.store.bodies import Body
from aggregator.store.packing import Damaged
from aggregator.store.sqlite import open_store
from aggregator.upkeep import heap
from tests.makers import NOW, ONE, memory_store, source

TABLES = {
    "articles",
    "robots",
    "tallies",
    "touched",
    "search",
    "search_docs",
    "search_waiting",
    "hidden",
    "appeared",
    "meta",
    "sources",
    "subscriptions",
    "gaps",
    "hosts",
    "entries",
    "marks",
    "digests",
    "digest_files",
    "ledger",
    "bodies",
    "counted_days",
    "learned",
    "signs",
    "unread",
    "stories",
    "deliveries",
}


def tables(path: Path) -> set[str]:
    with sqlite3.connect(path) as connection:
        found = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    connection.close()
    return {name for name in found if not name.startswith("search_") or name in TABLES}


def test_at_rest_no_page_of_the_file_is_held(tmp_path: Path) -> None:
    """A store of years would else take its share of memory by and by, whatever is done."""
    with closing(open_store(tmp_path / "a.db")) as store:
        with store.transaction():
            for number in range(3000):
                store.set_meta(f"large {number}", "x" * 4000)
        assert sum(len(store.meta(f"large {number}") or "") for number in range(3000)) == 12_000_000
        heap.give_back()
        before = resident()
        store.rest()
        if not heap.give_back():
            pytest.skip("another C library than glibc")
        assert before - resident() > 6_000_000
        assert store.meta("large 7") == "x" * 4000


def test_an_empty_file_is_migrated_and_opens_again(tmp_path: Path) -> None:
    path = tmp_path / "data" / "aggregator.db"
    store = open_store(path)
    with store.transaction():
        store.set_meta("a", "1")
        store.set_meta("a", "2")
    store.close()
    assert tables(path) == TABLES
    again = open_store(path, create=False)
    assert (again.meta("a"), again.meta("b")) == ("2", None)
    again.close()


def test_a_store_of_a_newer_version_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "newer.db"
    connection = sqlite3.connect(path)
    connection.executescript("CREATE TABLE things (a); PRAGMA user_version = 99;")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="newer aggregator"):
        open_store(path)
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["newer.db"]


@pytest.mark.parametrize("content", [b"this is a text, not a store. " * 100, b"SQLite format 3\0" + b"\xff" * 4000])
def test_what_is_no_store_is_refused_and_not_touched(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "aggregator.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="aggregator"):
        open_store(path)
    assert path.read_bytes() == content


def test_a_store_that_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does not exist yet"):
        open_store(tmp_path / "no" / "aggregator.db", create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="cannot make the folder"):
        open_store(tmp_path / "file" / "aggregator.db")


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "aggregator.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE marks (in_the_way)")
    connection.close()
    with pytest.raises(StoreError, match="already exists"):
        open_store(path)
    assert tables(path) == {"marks"}


@pytest.mark.parametrize("durable", [False, True])
def test_all_or_nothing(durable: bool) -> None:
    store = memory_store()
    with pytest.raises(RuntimeError), store.transaction(durable=durable):
        store.set_meta("a", "1")
        store.sources.follow([source(ONE)], NOW)
        raise RuntimeError
    assert store.meta("a") is None
    assert store.sources.states() == {}
    with store.transaction(durable=durable):
        store.set_meta("a", "2")
    assert store.meta("a") == "2"


def test_a_full_disk_at_commit_leaves_the_store_usable(tmp_path: Path) -> None:
    store = open_store(tmp_path / "aggregator.db")
    store._connection.execute(
        f"PRAGMA max_page_count={store._connection.execute('PRAGMA page_count').fetchone()[0] + 1}"
    )
    with pytest.raises(StoreError, match="full"), store.transaction():
        for number in range(2000):
            store.set_meta(f"fact {number}", "x" * 200)
    store._connection.execute("PRAGMA max_page_count=100000")
    assert store.meta("fact 0") is None
    with store.transaction():
        store.set_meta("fact 0", "y")
    assert store.meta("fact 0") == "y"
    store.close()


def test_a_kill_loses_only_the_transaction_that_was_open(tmp_path: Path) -> None:
    path = tmp_path / "aggregator.db"
    store = open_store(path)
    with store.transaction():
        store.set_meta("kept", "1")
    store._connection.execute("BEGIN IMMEDIATE")
    store.set_meta("lost", "1")
    for name in ("aggregator.db", "aggregator.db-wal"):  # what a killed process leaves on the disk
        (tmp_path / f"copy-{name}").write_bytes((tmp_path / name).read_bytes())
    survivor = open_store(tmp_path / "copy-aggregator.db")
    assert (survivor.meta("kept"), survivor.meta("lost")) == ("1", None)
    survivor.close()
    store.close()


def test_an_error_of_sqlite_is_one_line_that_names_the_file(tmp_path: Path) -> None:
    store = open_store(tmp_path / "aggregator.db")
    with pytest.raises(StoreError, match="no such table") as caught, store.transaction():
        store._connection.execute("SELECT * FROM things")
    assert "\n" not in str(caught.value)
    store.close()


def test_what_broke_a_store_is_told_from_what_only_stopped_it(tmp_path: Path) -> None:
    path = tmp_path / "kept.db"
    open_store(path).close()
    with closing(open_store(path)) as store:
        store.check_place()
        full, bug, bytes_of_it = StoreError("database or disk is full"), ValueError("a bug"), Damaged("store: damaged")
        assert memory_store().broken_by(bug) is None
        assert memory_store().broken_by(bytes_of_it) is None, "a row is told, and the file is used on"
        path.write_bytes(path.read_bytes()[:4096] + bytes(path.stat().st_size - 4096))
        with pytest.raises((StoreError, sqlite3.DatabaseError)) as caught:
            store.sources.tally()
        assert "is damaged" in str(store.broken_by(caught.value))
        assert "is damaged" in str(store.broken_by(bug))
        assert "is damaged" in str(store.broken_by(bytes_of_it))
        assert store.broken_by(full) is None, "which would be looked at every five seconds"
        path.replace(tmp_path / "elsewhere.db")
        with pytest.raises(StoreBroken, match="was removed or replaced"):
            store.check_place()


def test_tidying_keeps_what_is_there(tmp_path: Path) -> None:
    store = open_store(tmp_path / "aggregator.db")
    with store.transaction():
        store.sources.follow([source(ONE)], NOW)
        store.bodies.keep(1, Response(ONE, 200, {}, b"body"), NOW)
    store.tidy(NOW)
    assert store.bodies.newest(1) == Body(1, b"body", NOW, ONE)
    store.close()


@pytest.mark.parametrize(
    ("query", "index"),
    [
        ("SELECT coalesce(max(accepted), 0) FROM entries WHERE accepted > 0", "entries_accepted"),
        (
            "SELECT * FROM entries WHERE accepted > 0 AND accepted_at >= '2026' AND accepted_at < '2027'",
            "entries_accepted_at",
        ),
        ("SELECT * FROM entries WHERE accepted = 0 AND standing = 'held'", "entries_waiting"),
        ("SELECT * FROM entries WHERE grp = 1 ORDER BY accepted", "entries_by_group"),
        ("SELECT published FROM entries WHERE source = 1 ORDER BY published DESC LIMIT 3", "entries_newest"),
    ],
)
def test_what_is_asked_at_every_pass_reads_no_whole_table(query: str, index: str) -> None:
    plan = " ".join(row[3] for row in memory_store()._connection.execute(f"EXPLAIN QUERY PLAN {query}"))
    assert index in plan


def test_what_fails_names_the_file(tmp_path: Path) -> None:
    """As a pass on a full disk does, whichever statement meets it first."""
    path = tmp_path / "feeds.db"
    with (
        closing(open_store(path)) as store,
        pytest.raises(StoreError, match=f"^store: {re.escape(str(path))}: no such"),
    ):
        store._connection.execute("SELECT 1 FROM nowhere")
