"""Clocks that jump, leap days: no poll storm, no stall, no date without or with two digests."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.makers import ONE, Desk, entry
from tests.world import World, digest_titles

HOUR = timedelta(hours=1)


@pytest.mark.slow
@pytest.mark.fault(13)
@pytest.mark.parametrize(
    "jump",
    [
        2 * HOUR,
        -2 * HOUR,
        timedelta(days=3652),
        datetime(1970, 1, 1, tzinfo=UTC) - datetime(2026, 3, 14, 7, tzinfo=UTC),
    ],
    ids=["+2h", "-2h", "+10y", "1970"],
)
def test_a_clock_that_jumps_makes_no_poll_storm_and_no_stall(world: World, jump: timedelta) -> None:
    """Asked every ten minutes by the clock there is: about once an hour, whatever it says; then it is set right."""
    blog = world.blog("One", "a")
    world.write()
    world.poll()
    world.run("digest")
    right = world.now
    for start in (right + jump, right + 4 * HOUR):
        world.now, before = start, len(blog.requests)
        asked = []
        for _ in range(13):
            world.poll()
            asked.append(len(blog.requests) - before)
            world.now += timedelta(minutes=10)
        assert asked[-1] <= 3, "no storm"
        (row,) = json.loads(world.run("status", "--json"))["sources"]
        assert datetime.fromisoformat(row["next_poll_at"]) - world.now < timedelta(hours=25), "no stall"
    world.now = right + timedelta(days=1)
    world.post(blog, "b")
    world.poll("--force")
    world.run("digest")
    assert "b" in world.titles()
    if jump < timedelta(days=30):
        assert digest_titles(world.digest("2026-03-15")) == ["b"]


@pytest.mark.fault(15)
def test_a_leap_day_is_a_day_like_any_other() -> None:
    desk = Desk(ONE, now=datetime(2028, 2, 27, 8, tzinfo=UTC), timezone=ZoneInfo("Europe/Berlin"))
    days = []
    for number in range(5):
        desk.bring(ONE, entry(f"e{number}"))
        sealed = desk.seal()
        assert sealed is not None
        days.append(sealed.day.isoformat())
        desk.now += timedelta(days=1)
    assert days == ["2028-02-27", "2028-02-28", "2028-02-29", "2028-03-01", "2028-03-02"]
    assert list(desk.store.entries.unsealed("")) == []
