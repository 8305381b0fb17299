from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from aggregator.records import Gap, HostRest
from aggregator.store.ahead import Ahead, Elders
from tests.contract import each_store, pytest_generate_tests  # noqa: F401 (each test runs over every store)
from tests.makers import DAY, HOUR, NOW, ONE, THREE, TWO, Desk, entry


def gap(source: int, found: timedelta) -> Gap:
    return Gap(source, NOW - found, NOW - 3 * DAY, NOW - 2 * DAY, NOW - 4 * DAY, 3600, "lost")


def full() -> Desk:
    desk = Desk(ONE, TWO, THREE)
    desk.record(ONE, *(entry(f"a{n}", published=NOW - n * HOUR) for n in range(40)))
    desk.record(TWO, entry("b"))
    with desk.store.transaction():
        for one in (gap(1, DAY), gap(1, HOUR), gap(2, 9 * DAY)):
            desk.store.gaps.put(one)
        desk.store.sources.rest_host(HostRest("one.example.org", NOW + HOUR, HOUR), NOW)
    return desk


def test_what_is_read_of_many_is_what_is_read_of_each() -> None:
    store = full().store
    since = NOW - 2 * DAY
    ahead = Ahead(store).read([1, 2, 3], [1, 2], since)
    for key in (1, 2, 3):
        assert ahead.known(key) == store.entries.known(key)
        assert ahead.published(key) == store.entries.rhythm(key)
        assert ahead.gap(key, since) == store.gaps.latest(key, since)
    assert (len(ahead.known(1)), len(ahead.published(1)), len(ahead.known(3))) == (40, 30, 0)
    assert ahead.gap(1, since) == gap(1, HOUR)
    assert ahead.paces == {"one.example.org": HOUR}


def test_what_was_not_read_ahead_is_read_when_it_is_asked_for() -> None:
    ahead = Ahead(full().store)
    assert [one.guid for one in ahead.known(2)] == ["b"]
    assert len(ahead.published(1)) == 30
    assert ahead.gap(2, NOW - 2 * DAY) is None


def test_where_entries_came_back_what_is_known_is_asked_for_when_they_are_recognised() -> None:
    desk = full()
    with desk.store.transaction():
        desk.store.set_meta("recovered_at", "2026-03-14T07:00:00Z")
    ahead = Ahead(desk.store).read([2], [2], NOW - DAY)
    desk.record(TWO, entry("c"))
    assert [one.guid for one in ahead.known(2)] == ["b", "c"]


def test_of_a_few_that_a_save_removed_all_are_looked_at_and_of_many_those_with_an_entry_of_the_document() -> None:
    desk = full()
    desk.follow(replace(desk.config, sources=desk.config.sources[2:]))
    named = [entry("other"), replace(entry("b"), guid="another")]
    since = desk.now
    assert [one.url for one in Elders(desk.store, since).like(named)] == [ONE, TWO]
    assert [one.url for one in Elders(desk.store, since, few=1).like(named)] == [TWO]
    assert Elders(desk.store, since, few=1).like([entry("other")]) == []
    assert Elders(desk.store, None).like(named) == []
    assert [one.url for one in desk.store.removed_lately().like(named)] == []
