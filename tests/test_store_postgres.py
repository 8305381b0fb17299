from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from aggregator.errors import AlreadyRunning, StoreError
from aggregator.store.schema import migrations
from tests.makers import NOW, ONE, source
from tests.postgres import at, empty_database, give_back, needs_postgres, server_address, take_database

psycopg = pytest.importorskip("psycopg")
from aggregator.store.leases import Leases  # noqa: E402 (it needs psycopg)
from aggregator.store.postgres import PostgresStore, _migrate, open_postgres  # noqa: E402
from aggregator.store.session import Session, shown  # noqa: E402

pytestmark = needs_postgres


@pytest.fixture
def address() -> Iterator[str]:
    taken = take_database()
    yield taken
    give_back(taken)


@pytest.fixture
def store(address: str) -> Iterator[PostgresStore]:
    made = open_postgres(address)
    yield made
    made.close()


def cut(store: PostgresStore) -> None:
    """The server ends the store's session, as a restart does."""
    pid = store.session.opened().info.backend_pid
    with psycopg.connect(server_address(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (pid,))


# --- opening -------------------------------------------------------------------------------------------------


def test_the_schema_is_that_of_sqlite(store: PostgresStore) -> None:
    """Every table with every column, in the same order: rows go from one to the other as they are."""
    with sqlite3.connect(":memory:") as lite:
        lite.executescript("".join(migrations()))
        names = [row[0] for row in lite.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        names = [name for name in names if name != "search" and not name.startswith(("search_", "sqlite_"))]
        expected = {name: [row[1] for row in lite.execute(f"PRAGMA table_info({name})")] for name in names}
    lite.close()
    columns = "SELECT column_name FROM information_schema.columns WHERE table_name = ? ORDER BY ordinal_position"
    found = {name: [row[0] for row in store.session.execute(columns, (name,))] for name in names}
    assert {name: those[: len(expected[name])] for name, those in found.items()} == expected


def test_text_is_ordered_by_its_bytes_whatever_the_database_s_language(store: PostgresStore) -> None:
    rows = store.session.execute(
        "SELECT table_name, column_name FROM information_schema.columns "
        "WHERE table_schema = 'public' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'"
    ).fetchall()
    assert rows == [("running", "told")]


def test_a_database_that_must_be_there() -> None:
    empty = empty_database()
    with pytest.raises(StoreError, match="is empty yet; run `aggregator poll`"):
        open_postgres(empty, create=False)
    open_postgres(empty).close()
    open_postgres(empty, create=False).close()


def test_claims_that_workers_of_an_older_version_left_stay_when_the_schema_has_their_table() -> None:
    older = empty_database()
    session = Session(older)
    _migrate(session, migrations()[:14])
    session.script(
        'CREATE TABLE hands (host TEXT COLLATE "C" PRIMARY KEY, held_by TEXT COLLATE "C" NOT NULL, '
        "until TIMESTAMPTZ NOT NULL); INSERT INTO hands VALUES ('one.example', 'ann', now() + interval '1 hour')"
    )
    session.close()
    with closing(open_postgres(older)) as store:
        ann, ben = Leases(store.session, "ann"), Leases(store.session, "ben")
        assert (ben.claim(["one.example"], 60), ann.claim(["one.example"], 60)) == (set(), {"one.example"})


def test_several_that_open_it_at_once_make_one_schema() -> None:
    empty, failed = empty_database(), []

    def open_it() -> None:
        try:
            open_postgres(empty).close()
        except StoreError as error:
            failed.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert failed == []


def test_a_newer_schema_is_refused(store: PostgresStore, address: str) -> None:
    (version,) = store.session.execute("SELECT version FROM running").fetchone()
    store.session.execute("UPDATE running SET version = 99")
    try:
        with pytest.raises(StoreError, match="newer aggregator"):
            open_postgres(address)
    finally:
        store.session.execute("UPDATE running SET version = ?", (version,))


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("postgresql://ann:hidden@127.0.0.1:1/feeds", "postgresql://ann@127.0.0.1:1/feeds"),
        ("postgresql://ann:hidden@127.0.0.1:nonsense/feeds", "postgresql://"),
    ],
)
def test_where_nobody_answers_one_line_says_so_without_the_password(address: str, told: str) -> None:
    with pytest.raises(StoreError) as caught:
        open_postgres(address)
    assert told in str(caught.value)
    assert "hidden" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_addresses_for_people() -> None:
    assert (
        shown("postgresql://ann:x@db.example.org:5433/feeds?sslmode=require")
        == "postgresql://ann@db.example.org:5433/feeds"
    )
    assert shown("postgresql:///feeds") == "postgresql:///feeds"


# --- transactions --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("durable", [False, True])
def test_all_or_nothing(store: PostgresStore, durable: bool) -> None:
    with pytest.raises(RuntimeError), store.transaction(durable=durable):
        store.set_meta("a", "1")
        store.sources.follow([source(ONE)], NOW)
        raise RuntimeError
    assert store.meta("a") is None
    assert store.sources.states() == {}
    with store.transaction(durable=durable):
        store.set_meta("a", "2")
    assert store.meta("a") == "2"


def test_a_transaction_within_a_transaction_is_refused_and_takes_nothing_along(store: PostgresStore) -> None:
    with pytest.raises(StoreError, match="within a transaction"), store.transaction():
        store.set_meta("a", "1")
        with store.transaction():
            store.set_meta("b", "1")
    assert (store.meta("a"), store.meta("b")) == (None, None)


def test_a_lost_session_fails_what_it_did_and_the_next_one_works(store: PostgresStore) -> None:
    with pytest.raises(StoreError) as caught, store.transaction():
        store.set_meta("a", "1")
        cut(store)
        store.set_meta("b", "1")
    assert "\n" not in str(caught.value)
    assert store.meta("a") is None
    with store.transaction():
        store.set_meta("a", "2")
    assert store.meta("a") == "2"
    cut(store)
    assert store.damage() is not None
    assert store.damage() is None


def test_an_error_of_the_database_is_one_line_that_names_it(store: PostgresStore) -> None:
    with pytest.raises(StoreError, match="does not exist") as caught, store.transaction():
        store.session.execute("SELECT * FROM things")
    assert "\n" not in str(caught.value)
    with pytest.raises(StoreError, match="surrogates not allowed"):
        store.meta("\ud800")


# --- one writer ----------------------------------------------------------------------------------------------


def test_one_writer(store: PostgresStore, address: str) -> None:
    assert store.session.holder() is None
    store.session.write("run", NOW)
    other = open_postgres(address)
    who = other.session.holder()
    assert who is not None
    pid, since = os.getpid(), "2026-03-14T07:00:00Z"
    assert (who.pid, who.command, who.since, who.host) == (pid, "run", since, socket.gethostname())
    with pytest.raises(AlreadyRunning, match=rf"`aggregator run` \(pid {pid} on .* since 2026.* writes to postgres"):
        other.session.write("poll", NOW)
    store.close()
    other.session.write("poll", NOW)
    other.close()


def test_who_lost_the_session_takes_the_lock_again_or_writes_nothing_more(store: PostgresStore, address: str) -> None:
    store.session.write("run", NOW)
    cut(store)
    with pytest.raises(StoreError):
        store.meta("a")
    assert store.meta("a") is None
    other = open_postgres(address)
    with pytest.raises(AlreadyRunning):
        other.session.write("poll", NOW)
    cut(store)
    while other.session.holder() is not None:
        pass
    other.session.write("poll", NOW)
    with pytest.raises(StoreError), store.transaction():
        store.set_meta("a", "1")
    with pytest.raises(AlreadyRunning), store.transaction():
        store.set_meta("a", "1")
    other.close()


def test_a_killed_writer_holds_nothing(store: PostgresStore, address: str) -> None:
    code = (
        "import sys; from datetime import datetime, UTC; from aggregator.store.postgres import open_postgres\n"
        "store = open_postgres(sys.argv[1]); store.session.write('run', datetime.now(UTC))\n"
        "print('on', flush=True); input()"
    )
    child = subprocess.Popen([sys.executable, "-c", code, address], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdin is not None
    assert child.stdout.readline() == b"on\n"
    who = store.session.holder()
    assert who is not None
    assert who.pid == child.pid
    child.kill()
    child.wait()
    child.stdin.close()
    child.stdout.close()
    while store.session.holder() is not None:
        pass
    store.session.write("poll", NOW)


def test_stores_in_two_schemas_have_two_locks(store: PostgresStore, address: str) -> None:
    store.session.execute("CREATE SCHEMA beside")
    try:
        other = open_postgres(f"{address}&options=-csearch_path%3Dbeside")
        with other.transaction():
            other.set_meta("a", "1")
        store.session.write("run", NOW)
        other.session.write("run", NOW)
        assert store.meta("a") is None
        other.close()
    finally:
        store.session.execute("DROP SCHEMA beside CASCADE")


def test_a_database_in_another_encoding_is_refused() -> None:
    name = f"latin_{os.getpid()}"
    with psycopg.connect(server_address(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
        try:
            with pytest.raises(StoreError, match="is encoded in LATIN1; make one with `createdb --encoding UTF8"):
                open_postgres(at(server_address(), name))
        finally:
            connection.execute(f"DROP DATABASE {name}")
