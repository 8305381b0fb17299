from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.makers import HOUR, NOW, source
from tests.postgres import give_back, needs_postgres, take_database

pytest.importorskip("psycopg")
from aggregator.store.leases import LEASED, SHARDS, Leases, shard_of
from aggregator.store.postgres import PostgresStore, open_postgres

pytestmark = needs_postgres
SECOND = timedelta(seconds=1)


@pytest.fixture
def stores() -> Iterator[list[PostgresStore]]:
    address = take_database()
    made = [open_postgres(address) for _ in range(3)]
    yield made
    for one in made:
        one.close()
    give_back(address)


def follow(store: PostgresStore, number: int, host: str = "one.example.org") -> None:
    with store.transaction():
        store.sources.follow([source(f"https://{host}/{n}") for n in range(number)], NOW)


def test_a_host_is_in_one_shard_for_ever() -> None:
    assert [shard_of(f"blog{n}.example.org") for n in range(5)] == [86, 211, 29, 152, 192]
    assert {shard_of(f"{n}.example.org:8080") for n in range(3000)} == set(range(SHARDS))


def test_due_sources_are_leased_once_whoever_asks(stores: list[PostgresStore]) -> None:
    ann, ben = Leases(stores[0].session, "ann"), Leases(stores[1].session, "ben")
    follow(stores[2], LEASED + 50)
    assert len(ann.without_shard()) == LEASED + 50
    assert ann.due(NOW) == []
    ann.put(dict.fromkeys(ann.without_shard(), 7))
    assert (ann.without_shard(), ann.due(NOW)) == ({}, [7])
    first, rest = ann.take(7, NOW, 60), ben.take(7, NOW, 60)
    assert (len(first), len(rest), set(first) & set(rest)) == (LEASED, 50, set())
    assert ben.take(7, NOW, 60) == ben.take(8, NOW, 60) == ann.due(NOW) == []
    ben.give_back(first)  # not his to give
    assert ben.take(7, NOW, 60) == []
    ann.give_back(first[:2])
    ann.give_back(first[2:4], aside=60)
    assert sorted(ben.take(7, NOW, 60)) == sorted(first[:2])


def test_what_is_not_due_not_in_the_file_or_gone_is_not_leased(stores: list[PostgresStore]) -> None:
    store, ann = stores[0], Leases(stores[0].session, "ann")
    follow(store, 4)
    ann.put(dict.fromkeys(ann.without_shard(), 7))
    one, two, three, four = store.sources.states().values()
    with store.transaction():
        store.session.execute("UPDATE sources SET next_poll_at = '2026-03-14T08:00:00Z' WHERE key = ?", (one.key,))
        store.session.execute("UPDATE sources SET gone = 1 WHERE key = ?", (two.key,))
        store.session.execute("UPDATE sources SET position = NULL WHERE key = ?", (three.key,))
    assert ann.take(7, NOW, 60) == [four.key]
    assert ann.take(7, NOW + HOUR, 60) == [one.key]


def test_a_lease_that_ran_out_is_another_s_and_the_first_one_records_nothing(stores: list[PostgresStore]) -> None:
    ann, ben = Leases(stores[0].session, "ann"), Leases(stores[1].session, "ben")
    follow(stores[2], 2)
    ann.put(dict.fromkeys(ann.without_shard(), 7))
    keys = ann.take(7, NOW, 0.0)
    assert ann.still_ours(keys) == set()
    assert sorted(ben.take(7, NOW, 60)) == sorted(keys)
    with stores[0].transaction():
        assert ann.still_ours(keys) == set()
    with stores[1].transaction():
        assert ben.still_ours(keys) == set(keys)


def test_a_shard_is_one_worker_s_and_a_death_in_it_is_seen(stores: list[PostgresStore]) -> None:
    ann, ben = Leases(stores[0].session, "ann"), Leases(stores[1].session, "ben")
    with ann.shard(7, 60) as ended:
        assert ended is True
        with ben.shard(7, 60) as other:
            assert other is None
        with ben.shard(8, 60) as other:
            assert other is True
    with ben.shard(7, 60) as ended:
        assert ended is True
    with pytest.raises(RuntimeError), ann.shard(7, 60):
        raise RuntimeError
    with ben.shard(7, 60) as ended:
        assert ended is False
        with stores[2].polling(0.0) as alone:
            assert not alone
    with ben.shard(7, 60) as ended:
        assert ended is True


def test_one_process_polls_alone_only_while_no_worker_does(stores: list[PostgresStore]) -> None:
    ann = Leases(stores[0].session, "ann")
    with stores[1].polling(0.0) as alone:
        assert alone
        with ann.shard(7, 60) as ended:
            assert ended is None
    with ann.shard(7, 60) as ended, stores[1].polling(0.0) as alone:
        assert (ended, alone) == (True, False)
    with stores[1].polling(0.0) as alone:
        assert alone


def test_after_one_that_polled_alone_shards_rest_for_workers_and_not_for_the_next_one(
    stores: list[PostgresStore],
) -> None:
    ann = Leases(stores[0].session, "ann")
    with stores[1].polling(60.0):
        pass
    with ann.shard(7, 60) as ended, stores[2].polling(0.0) as alone:
        assert (ended, alone) == (None, True)
    with ann.shard(7, 60) as ended:
        assert ended is True


def test_who_follows_one_that_died_while_it_polled_alone_waits_for_the_spacing(stores: list[PostgresStore]) -> None:
    ann, doomed = Leases(stores[0].session, "ann"), stores[1].polling(0.0)
    assert doomed.__enter__()
    (pid,) = stores[1].session.execute("SELECT pg_backend_pid()").fetchone()
    stores[0].session.execute("SELECT pg_terminate_backend(?, 60000)", (pid,))
    with ann.shard(7, 60) as ended:
        assert ended is False
    doomed.__exit__(None, None, None)


def test_claims_that_are_long_over_are_forgotten(stores: list[PostgresStore]) -> None:
    Leases(stores[0].session, "ann").claim(["old.example", "new.example"], 60)
    stores[0].session.execute("UPDATE hands SET until = now() - interval '2 hours' WHERE host = 'old.example'")
    stores[1].tidy(NOW)
    assert stores[0].session.execute("SELECT host FROM hands").fetchall() == [("new.example",)]


def test_tables_of_others_are_made_once(stores: list[PostgresStore]) -> None:
    for one in stores:
        Leases(one.session, "ann").make("leased_things", "CREATE TABLE leased_things (a INT)")
    stores[0].session.execute("DROP TABLE leased_things")
    assert stores[0].workers() == 0


def test_a_worker_that_hangs_holds_its_shard_no_longer_than_its_lease(stores: list[PostgresStore]) -> None:
    ann, ben = Leases(stores[0].session, "ann"), Leases(stores[1].session, "ben")
    with ann.shard(7, 0.0), ben.shard(7, 60) as ended:
        assert ended is False
    with ben.shard(7, 60) as ended:
        assert ended is True
