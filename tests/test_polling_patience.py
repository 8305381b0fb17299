"""When a pass publishes on its way: times are given, nothing is waited for."""

from __future__ import annotations

from aggregator.polling.patience import Patience


def moments(patience: Patience, seconds: int, a_second: float, *, idle: float = 0.0, cost: float = 1.0) -> list[int]:
    """The seconds of a pass, which reads so many sources each, in which it publishes."""
    found = []
    for now in range(1, seconds + 1):
        if patience.is_over(now, int(now * a_second), idle):
            patience.begin_anew(now, cost)
            found.append(now)
    return found


def test_a_pass_that_waits_shows_what_it_has_every_five_seconds() -> None:
    assert moments(Patience(5, 100, 0, 0), 20, 1, idle=1) == [6, 12, 18]


def test_one_that_reads_shows_it_every_half_minute() -> None:
    assert moments(Patience(5, 1000, 0, 0), 100, 5) == [31, 62, 93]


def test_a_large_one_that_reads_spends_a_twentieth_of_its_time_on_it() -> None:
    assert moments(Patience(5, 100_000, 0, 0), 600, 5, cost=10) == [31, 232, 433]


def test_a_few_moments_in_which_nothing_came_are_no_wait() -> None:
    assert moments(Patience(5, 100_000, 20, 0), 400, 5, idle=0.125, cost=20) == [161, 322]


def test_nothing_is_shown_when_the_pass_will_soon_be_over() -> None:
    assert moments(Patience(5, 1000, 0, 0), 60, 17) == []


def test_publishing_takes_a_sixth_of_a_pass_at_most() -> None:
    assert moments(Patience(5, 10_000, 20, 0), 400, 1, idle=1, cost=20) == [100, 200, 300, 400]


def test_a_pass_that_has_read_nothing_yet_waits_as_any_other() -> None:
    assert moments(Patience(5, 10, 0, 0), 12, 0, idle=0.5) == [11]
