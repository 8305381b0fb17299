"""Whose turn it is at a host: one at a time, starts apart, whoever asks."""

from __future__ import annotations

import threading
import time
from itertools import pairwise

from aggregator.fetch.turns import Turns


def starts(turns: Turns, host: str, number: int, *, spaced: bool = True, takes: float = 0.0) -> list[float]:
    """So many threads ask a host at once: when each had its turn."""
    at: list[float] = []
    inside = threading.Semaphore(1)

    def ask() -> None:
        with turns.at(host, spaced=spaced):
            assert inside.acquire(blocking=False), "two in flight"
            at.append(time.monotonic())
            time.sleep(takes)
            inside.release()

    threads = [threading.Thread(target=ask) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(at)


def test_many_that_ask_one_host_have_their_turn_one_after_the_other_and_apart() -> None:
    at = starts(Turns(0.05), "one.example", 6)
    assert len(at) == 6
    assert all(later - earlier >= 0.05 for earlier, later in pairwise(at))


def test_without_spacing_there_is_still_one_at_a_time() -> None:
    assert len(starts(Turns(9), "box.local", 5, spaced=False, takes=0.02)) == 5


def test_another_host_waits_for_nobody() -> None:
    turns = Turns(30)
    with turns.at("busy.example", spaced=True), turns.at("calm.example", spaced=True) as waited:
        assert waited < 10
    assert turns.wait_for("busy.example") > 20
    assert turns.wait_for("never.example") == 0


def test_the_distance_counts_from_when_the_request_went_out() -> None:
    turns = Turns(10)
    with turns.at("slow.example", spaced=True):
        turns.sent("slow.example", time.monotonic() + 5)  # connecting took its time
    assert turns.wait_for("slow.example") > 10
    with turns.at("fast.example", spaced=True):
        turns.sent("fast.example", 0.0)  # nothing went out
    assert turns.wait_for("fast.example") > 5


def test_strangers_cannot_fill_the_memory() -> None:
    turns = Turns(0, most=10)
    with turns.at("held.example", spaced=True):
        for number in range(100):
            with turns.at(f"{number}.example", spaced=True):
                pass
        assert len(turns._places) <= 11
        assert "held.example" in turns._places
