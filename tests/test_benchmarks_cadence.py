from __future__ import annotations

from datetime import timedelta

from benchmarks.cadence import LATEST, START, year


def test_a_weekly_source_costs_a_fifth_and_is_found_within_the_day() -> None:
    entries = [START + timedelta(days=7 * n, hours=10) for n in range(-10, 9)]
    before, after = (year(entries, "x", adaptive=adaptive) for adaptive in (False, True))
    assert after.polls < before.polls / 2  # it is silent from March on, and rests then in both
    assert len(before.hours) == len(after.hours) == 9
    assert max(before.hours) < 1.1
    assert max(after.hours) < min(LATEST, 7.5)
