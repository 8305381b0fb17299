from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.digest.budget import Timed, Told, spend
from aggregator.records import DigestEntry, Story
from tests.makers import NOW


def timed(seconds: int, *, told: bool = True, name: str = "") -> Timed:
    line = DigestEntry(name, None, name, "A Blog", NOW)
    story = Story(name, "", "", ("A sentence.",) if told else (), (line,))
    return Timed((line,), 3, lambda: Told(story, seconds))


def minutes(one: list[Timed]) -> list[int]:
    return [each.told.seconds for each in one]


@pytest.mark.parametrize(
    ("seconds", "read_in", "stories", "lines"),
    [
        ([30, 20, 10], 60, [30, 20, 10], []),
        ([30, 20, 16, 10], 60, [30, 20, 16], [10]),  # up to a tenth over
        ([30, 20, 17, 10], 60, [30, 20, 10], [17]),  # no further: the next one that fits
        ([70, 20], 60, [20], [70]),
        ([40, 40, 25], 65, [40, 25], [40]),
        ([50, 30, 30], 60, [30, 30], [50]),  # 50 alone would leave more than a tenth unspent
        ([20, 20, 20, 20], 60, [20, 20, 20], [20]),
        ([1, 1], 420, [1, 1], []),
        ([], 420, [], []),
        ([100], 0, [], [100]),
    ],
)
def test_what_fits(seconds: list[int], read_in: int, stories: list[int], lines: list[int]) -> None:
    chosen, rest = spend([timed(each) for each in seconds], timedelta(seconds=read_in))
    assert (minutes(chosen), minutes(rest)) == (stories, lines)


def test_all_means_all() -> None:
    those = [timed(500), timed(500, told=False)]
    assert spend(those, None) == (those, [])


def test_an_entry_without_a_sentence_becomes_a_story_only_when_the_others_do_not_fill_the_time() -> None:
    bare, told = timed(20, told=False, name="bare"), timed(20, name="told")
    assert spend([bare, told], timedelta(seconds=20)) == ([told], [bare])
    assert spend([bare, told], timedelta(seconds=40)) == ([bare, told], [])  # and stands where its rank is


_day = st.lists(st.builds(timed, st.integers(3, 90), told=st.booleans()), max_size=40)


@given(_day, st.sampled_from([60, 120, 420, 900]))
def test_within_a_tenth_when_there_is_that_much(day: list[Timed], read_in: int) -> None:
    chosen, rest = spend(day, timedelta(seconds=read_in))
    assert (chosen, rest) == spend(day, timedelta(seconds=read_in))
    assert sorted(map(id, chosen + rest)) == sorted(map(id, day))
    spent = sum(minutes(chosen))
    assert spent <= read_in * 1.1
    reachable = {0}
    for each in day:
        reachable |= {total + each.told.seconds for total in reachable if total + each.told.seconds <= read_in * 1.1}
    assert spent >= read_in * 0.9 or max(reachable) < read_in * 0.9
