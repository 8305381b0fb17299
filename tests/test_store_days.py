from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.contract import each_store, pytest_generate_tests  # noqa: F401 (each test runs over every store)
from tests.makers import DAY, HOUR, NOW, ONE, TWO, Desk, entry

WEEK = timedelta(days=7)


def desk() -> Desk:
    made = Desk(ONE, TWO)
    made.record(ONE, *(entry(f"g{n}", published=NOW - n * DAY) for n in (0, 1, 1.01, 8, 30)))
    made.record(ONE, entry("old", published=NOW - 9 * DAY), standing="backlog")
    made.record(TWO, entry("held", published=NOW - DAY), standing="held")
    made.accept()
    return made


def test_weeks_count_all_entries_of_a_source_oldest_week_first() -> None:
    made = desk()
    assert made.store.days.weeks(made.key(ONE), NOW, 3) == [0, 2, 3]
    assert made.store.days.weeks(made.key(TWO), NOW, 3) == [0, 0, 1]


def test_rhythms_are_the_newest_moments_of_each_source_and_no_more_of_one_second() -> None:
    made = desk()
    made.record(TWO, *(entry(f"same{n}", published=NOW - 9 * DAY) for n in range(3)))
    one, two = made.key(ONE), made.key(TWO)
    assert made.store.days.rhythms([one, two, 99], most=2) == {
        one: [NOW, NOW - 1 * DAY],
        two: [NOW - DAY, NOW - 9 * DAY],
        99: [],
    }


def test_what_was_published_in_a_span_newest_first_without_backlog() -> None:
    made = desk()
    found = [one.entry.guid for one in made.store.days.published(NOW - 9 * DAY, NOW)]
    assert found == ["g1", "g1.01", "g8"]
    assert [on.day for on in made.store.days.dates(UTC)] == [12, 6, 13, 14]
    assert [on.day for on in made.store.days.dates(ZoneInfo("Pacific/Honolulu"))] == [11, 5, 12, 13]


def test_a_span_by_keys_is_that_of_its_entries_and_knows_its_sources() -> None:
    made = desk()
    made.bring(TWO, entry("g1", title="Title of g1", published=NOW - 2 * DAY))
    with made.store.transaction():
        made.store.withdrawn.hide([made.titled("Title of g8").key], NOW)
    days, span = made.store.days, (NOW - 9 * DAY, NOW)
    assert days.keys(*span) == [(one.key, one.group) for one in days.published(*span)]
    assert len({group for _, group in days.keys(*span)}) == 3, "a copy is of the group of the first"
    assert days.passing(*span) == [(one.source_key, one.standing, one.hidden) for one in days.published(*span)]
    assert days.sources(*span) == {made.key(ONE), made.key(TWO)}
    assert days.sources(NOW - 9 * DAY, NOW - 3 * DAY) == {made.key(ONE)}


def test_the_head_of_an_entry_that_stands_alone() -> None:
    made = desk()
    made.bring(TWO, entry("g1", title="Title of g1", published=NOW - 2 * DAY))
    made.bring(TWO, entry("alone", link=None, language="de", published=NOW - HOUR))
    with made.store.transaction():
        made.store.withdrawn.hide([made.titled("Title of g8").key], NOW)
    days, every = made.store.days, [one.key for one in made.all()]
    found = {head.title: head for head in days.heads(every)}
    assert {"Title of g0", "Title of alone"} <= found.keys()
    assert not {"Title of g1", "Title of g8"} & found.keys()
    one, stored = found["Title of alone"], made.titled("Title of alone")
    assert (one.key, one.id, one.source) == (stored.key, stored.id, stored.source_key)
    assert (one.published, one.link, one.language) == (stored.published, None, "de")
    assert list(days.heads([])) == []


def test_what_is_touched_is_where_its_copies_are_too() -> None:
    made = desk()
    made.bring(TWO, entry("copy", title="Title of g1", published=NOW - 2 * DAY))
    (copy,) = (one.key for one in made.all() if one.entry.guid == "copy")
    assert made.store.days.touched([copy]) == ({made.key(ONE), made.key(TWO)}, {NOW - DAY, NOW - 2 * DAY})
    assert made.store.days.touched([made.titled("Title of g8").key]) == ({made.key(ONE)}, {NOW - 8 * DAY})
    assert made.store.days.touched([]) == (frozenset(), frozenset())
    assert made.store.days.touched(range(1, 1200))[0] == {made.key(ONE), made.key(TWO)}


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/Havana", "Pacific/Apia"])
def test_dates_are_those_of_all_entries_in_any_zone_and_season(zone: str) -> None:
    desk = Desk(ONE, now=datetime(2026, 12, 1, tzinfo=UTC))
    moments = [datetime(2026, 1, 1, tzinfo=UTC) + n * timedelta(hours=7, minutes=13) for n in range(1, 1090, 3)]
    desk.bring(ONE, *(entry(f"g{n}", published=moment) for n, moment in enumerate(moments)))
    here = ZoneInfo(zone)
    assert desk.store.days.dates(here) == sorted({moment.astimezone(here).date() for moment in moments})


def test_counted_days_are_those_of_the_same_lists() -> None:
    made, today = desk(), NOW.date()
    days = made.store.days
    with made.store.transaction():
        days.keep("a", {today: {"entries": 2}, today - DAY: {"entries": 1}}, today - WEEK)
    assert days.counted("a", today) == {today: {"entries": 2}}
    assert days.counted("b", today - WEEK) == {}
    with made.store.transaction():
        days.keep("b", {today: {"entries": 3}}, today)
    assert days.counted("a", today - WEEK) == {}
    assert days.counted("b", today - WEEK) == {today: {"entries": 3}}


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    "query",
    [
        "SELECT min(published) FROM entries WHERE accepted > 0 AND standing IN ('news', 'folded') AND published >= ''",
        "SELECT published FROM entries WHERE source = 1 AND published >= '2026'",
    ],
)
def test_the_calendar_is_read_from_indexes_alone(query: str) -> None:
    plan = desk().store._connection.execute(f"EXPLAIN QUERY PLAN {query}").fetchall()
    assert "COVERING INDEX" in plan[0][3]


def test_what_was_withdrawn_is_found_by_when_it_was_published() -> None:
    made = desk()
    key = made.titled("Title of g8").key
    with made.store.transaction():
        made.store.withdrawn.note([key], (), NOW)
        made.store.withdrawn.hide([key], NOW)
    assert made.store.days.withdrawn(NOW - HOUR) == [NOW - 8 * DAY]
    assert made.store.days.withdrawn(NOW) == []
