from __future__ import annotations

from aggregator.records import Response
from aggregator.store.bodies import Body
from aggregator.store.sqlite import Store
from tests.contract import each_store, pytest_generate_tests  # noqa: F401 (each test runs over every store)
from tests.makers import DAY, HOUR, NOW, ONE, TWO, memory_store, source

A = "https://www.one.example.org/feed"


def response(body: bytes) -> Response:
    return Response(A, 200, {"content-type": "text/xml; charset=latin-2"}, body)


def two_sources() -> Store:
    store = memory_store()
    with store.transaction():
        store.sources.follow([source(ONE), source(TWO)], NOW)
    return store


def days_kept(store: Store) -> list[tuple[int, str]]:
    return store._connection.execute("SELECT source, day FROM bodies ORDER BY source, day").fetchall()


def test_one_body_a_day_the_newest() -> None:
    store = two_sources()
    with store.transaction():
        store.bodies.keep(1, response(b"morning"), NOW)
        store.bodies.keep(1, response(b"evening" * 1000), NOW + 5 * HOUR)
    assert days_kept(store) == [(1, "2026-03-14")]
    assert store.bodies.newest(1) == Body(1, b"evening" * 1000, NOW + 5 * HOUR, A, "text/xml; charset=latin-2")
    assert store.bodies.newest(2) is None


def test_bodies_go_after_30_days_but_for_the_newest() -> None:
    store = two_sources()
    with store.transaction():
        for age in (60, 40):
            store.bodies.keep(2, response(b"silent since"), NOW - age * DAY)
        for age in (31, 30, 1, 0):
            store.bodies.keep(1, response(b"body"), NOW - age * DAY)
        store.bodies.prune()
    assert days_kept(store) == [(1, "2026-02-12"), (1, "2026-03-13"), (1, "2026-03-14"), (2, "2026-02-02")]


def test_bodies_in_all_stay_within_a_bound() -> None:
    store = two_sources()
    with store.transaction():
        for age in range(5):
            for key in (1, 2):
                store.bodies.keep(key, response(bytes(range(256))), NOW - age * DAY)
        size = store._connection.execute("SELECT length(data) FROM bodies").fetchone()[0]
        store.bodies.prune(most=5 * size)
    assert days_kept(store) == [(1, "2026-03-12"), (1, "2026-03-13"), (1, "2026-03-14"), (2, "2026-03-13"),
                                     (2, "2026-03-14")]  # fmt: skip


def test_nothing_to_prune() -> None:
    store = memory_store()
    with store.transaction():
        store.bodies.prune()


def test_what_another_version_has_read_is_known_by_its_newest_body() -> None:
    store = two_sources()
    with store.transaction():
        for key, age in ((1, 2), (1, 1), (2, 1)):
            store.bodies.keep(key, response(b"body"), NOW - age * DAY)
    sql = store._connection
    assert store.bodies.read_by_others() == []
    sql.execute("UPDATE bodies SET read_by = '0.0.1' WHERE day = '2026-03-12'")  # not the newest
    assert store.bodies.read_by_others() == []
    sql.execute("UPDATE bodies SET read_by = '0.0.1'")
    assert store.bodies.read_by_others() == [1, 2]
    sql.execute("UPDATE bodies SET url = NULL WHERE source = 2")  # kept by a version that did not note it
    with store.transaction():
        store.sources.follow([source(TWO)], NOW)
    assert store.bodies.read_by_others() == []
    with store.transaction():
        store.sources.follow([source(ONE), source(TWO)], NOW)
        assert store.bodies.read_by_others() == [1]
        store.bodies.mark_read(1)
    assert store.bodies.read_by_others() == []
