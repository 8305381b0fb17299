"""Composing from a real store: who was looked at, and what is one story, also over several days."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.records import Digest, Entry, Rule, Series
from tests.makers import DAY, HOUR, ONE, THREE, TWO, Desk, balanced, entry, shown, source, words

ALL = Series(read_in=None)


def test_an_empty_day_says_who_was_looked_at() -> None:
    desk = Desk(source(ONE, title="The Desk"), TWO)
    for url in (ONE, TWO):
        looked(desk, url)
    digest = desk.compose()
    assert (digest.stories, digest.also, digest.more, digest.not_shown) == ((), (), (), ())
    assert (digest.counts.received, digest.looked_at, digest.sources) == (0, 2, ("The Desk", "two.example.org"))
    assert (digest.reading_time_s, digest.also_reading_time_s) == (0, 0)


def looked(desk: Desk, url: str, **fields: object) -> None:
    given = {"success_at": desk.now} | fields
    one = replace(desk.store.sources.states()[url], **given)  # type: ignore[arg-type]
    with desk.store.transaction():
        desk.store.sources.save(one)


def test_what_failed_and_what_was_never_asked() -> None:
    desk = Desk(ONE, TWO, THREE)
    looked(desk, ONE)
    looked(desk, TWO, success_at=None, failures=2, error="not found (404)")
    digest = desk.compose()
    assert [(one.url, one.title, one.error) for one in digest.failed] == [(TWO, "two.example.org", "not found (404)")]
    assert digest.sources == ("one.example.org", "two.example.org")


def test_the_same_day_gives_the_same_digest() -> None:
    desk = Desk(ONE, TWO)
    desk.bring(ONE, *(entry(f"a{n}", text=words(90, n)) for n in range(9)))
    first = desk.compose()
    assert desk.compose() == first
    desk.now += HOUR
    later = desk.compose()
    assert (later.stories, later.also, later.not_shown) == (first.stories, first.also, first.not_shown)


# --- stories and threads --------------------------------------------------------------------------------------

CUTS = ("Kestrel is said to cut 20% of its staff", "Insiders at Kestrel fear for their desks while the shares rise.")
MORE_CUTS = ("What the cuts at Kestrel mean", "The chip maker Kestrel wants to cut about 20% of all staff, it is said.")
STILL = ("After the cuts: Kestrel and its staff", "Of the 20% of staff that Kestrel wants to cut, a third has left.")


def told(guid: str, story: tuple[str, str], **fields: object) -> Entry:
    return entry(guid, title=story[0], text=story[1], language="en", **fields)


def others(desk: Desk, number: int = 5) -> None:
    """Further news, about other things."""
    desk.record(THREE, *(entry(f"o{n}", title=words(6, n), text=words(60, n)) for n in range(number)))


def kestrel(digest: Digest) -> list[list[str]]:
    """Titles of the entries of each story with Kestrel in it."""
    return [[each.title for each in story.entries] for story in digest.stories if "Kestrel" in story.title]


def test_two_articles_on_one_event_are_one_block() -> None:
    desk = Desk(ONE, TWO, THREE)
    desk.record(ONE, told("a", CUTS))
    desk.record(TWO, told("b", MORE_CUTS))
    others(desk)
    desk.accept()
    digest = desk.compose(ALL)
    story = digest.stories[0]
    assert {each.title for each in story.entries} == {CUTS[0], MORE_CUTS[0]}
    best = dict((CUTS, MORE_CUTS))[story.title]
    assert (story.title, story.reason) == (story.entries[0].title, "2 sources")
    assert story.summary
    assert all(sentence in best for sentence in story.summary)
    assert (story.day, story.since) == (1, None)
    assert (digest.counts.shown, len(digest.stories), balanced(digest)) == (7, 6, True)


def test_coverage_counts_the_sources_of_copies_too() -> None:
    desk = Desk(ONE, TWO, THREE)
    text = f"{CUTS[1]} {words(60, 3)}"
    desk.record(ONE, told("a", (CUTS[0], text)))
    desk.record(THREE, told("c", (CUTS[0], text)))
    desk.record(TWO, told("b", MORE_CUTS))
    desk.accept()
    digest = desk.compose(ALL)
    assert [story.reason for story in digest.stories] == ["3 sources"] * len(digest.stories)
    assert (digest.counts.folded, digest.counts.shown, balanced(digest)) == (1, 2, True)


@pytest.mark.parametrize("read_in", [timedelta(0), timedelta(seconds=20), timedelta(minutes=1), None])
def test_a_story_is_told_whole_or_in_lines(read_in: timedelta | None) -> None:
    desk = Desk(ONE, TWO, THREE)
    desk.record(ONE, told("a", CUTS))
    desk.record(TWO, told("b", MORE_CUTS))
    others(desk)
    desk.accept()
    digest = desk.compose(Series(read_in=read_in))
    both = {CUTS[0], MORE_CUTS[0]}
    in_lines = both & {each.title for each in digest.also}
    assert in_lines in (set(), both)
    assert bool(kestrel(digest)) is not bool(in_lines)
    assert balanced(digest)


def test_reading_a_story_takes_its_other_titles_too() -> None:
    desk = Desk(ONE, TWO)
    desk.bring(ONE, told("a", CUTS))
    alone = desk.compose(ALL).reading_time_s
    desk.bring(TWO, told("b", MORE_CUTS))
    both = desk.compose(ALL)
    assert len(both.stories) == 1
    assert alone < both.reading_time_s


def test_each_entry_of_a_story_counts_for_the_cap_of_its_source() -> None:
    desk = Desk(ONE, source(TWO, at_most=1), THREE)
    desk.record(ONE, told("a", CUTS))
    desk.record(TWO, told("b", MORE_CUTS), entry("c", title=words(6, 70), text=words(60, 70)))
    desk.accept()
    digest = desk.compose(ALL)
    assert len(kestrel(digest)[0]) == 2
    assert [(more.source, len(more.entries)) for more in digest.more] == [("two.example.org", 1)]
    assert balanced(digest)


def test_a_story_that_goes_on_says_on_which_day_it_is() -> None:
    desk = Desk(ONE, TWO, THREE)
    others(desk)
    desk.bring(ONE, told("a", CUTS))
    first = desk.seal()
    assert first is not None
    desk.now += 2 * DAY
    desk.bring(TWO, told("b", STILL, published=desk.now - HOUR))
    (story,) = desk.compose(ALL).stories
    assert (story.day, story.since, story.reason) == (3, first.day, "day 3")
    desk.change(filters=(Rule("drop", 'title ~ "is said to"'),))  # what is not shown now is nothing to go on from
    (story,) = desk.compose(ALL).stories
    assert (story.day, story.since, story.reason) == (1, None, "")


def test_a_series_goes_on_from_its_own_digests() -> None:
    desk = Desk(source(ONE, tags=("policy",)), TWO)
    desk.bring(ONE, told("a", CUTS))
    desk.seal()
    desk.now += DAY
    desk.bring(ONE, told("b", STILL, published=desk.now - HOUR))
    policy = desk.compose(Series("policy", read_in=None, tags=("policy",)))
    assert {story.since for story in policy.stories} == {None}
    assert len(shown(policy)) == 2
