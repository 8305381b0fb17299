"""The day's stories against what earlier digests told."""

from __future__ import annotations

import gc
from datetime import date, timedelta

import pytest

from aggregator.digest.threads import threads
from aggregator.entries.terms import Terms
from aggregator.records import StoredEntry
from tests.makers import NOW, entry, stored, words

TODAY = NOW.date()
CUTS = "All know it now: Kestrel cuts 20% of its staff in Ostrava"
OTHER = "Bakers write a manual for the night shift"


def made(key: int, title: str, days: int = 0) -> StoredEntry:
    return stored(key, entry(f"g{key}", title=title, text=""), source_key=key, published=NOW + timedelta(days=days))


OTHERS = [made(100 + n, words(8, n)) for n in range(40)]


def told(days: int, key: int, title: str = CUTS) -> tuple[date, StoredEntry]:
    return TODAY + timedelta(days=days), made(key, title, days)


@pytest.mark.parametrize(
    ("before", "since"),
    [
        ([], None),
        ([told(-1, 1, OTHER)], None),
        ([told(-1, 1)], -1),
        ([told(-1, 2), told(-3, 1)], -3),
        ([told(-14, 1)], -14),
        ([told(-15, 1)], None),
        ([told(0, 1)], None),  # the digest of this very day, previewed again
        ([told(2, 1)], None),  # the clock was set back
    ],
)
def test_since_when_a_story_is_told(before: list[tuple[date, StoredEntry]], since: int | None) -> None:
    candidate = made(9, CUTS)
    (thread,) = threads(TODAY, [candidate], OTHERS, before).all
    assert thread.entries == (candidate,)
    assert thread.since == (None if since is None else TODAY + timedelta(days=since))
    assert bool(thread.before) is (since is not None)


def test_each_candidate_is_in_one_thread_and_has_its_novelty() -> None:
    candidates = [made(9, CUTS), made(8, OTHER), made(7, CUTS)]
    found = threads(TODAY, candidates, [*OTHERS, *candidates], [told(-1, 1)])
    assert [[one.key for one in thread.entries] for thread in found.all] == [[7, 9], [8]]
    assert found.novelty == {9: pytest.approx(0, abs=1e-9), 8: 1.0, 7: pytest.approx(0, abs=1e-9)}


def test_nothing_to_tell() -> None:
    assert threads(TODAY, [], [], []).all == ()


def test_what_was_worked_out_of_the_texts_is_gone_before_cycles_are_looked_for() -> None:
    gc.collect()
    gc.disable()
    try:
        assert threads(TODAY, [made(9, CUTS), made(8, CUTS)], OTHERS, [told(-1, 1)]).groups
        assert not any(isinstance(one, Terms) for one in gc.get_objects())
    finally:
        gc.enable()
