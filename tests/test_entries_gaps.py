"""What is a gap and what is none, where older pages stand, what is said: plain values."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from aggregator.entries import gaps
from aggregator.records import Changes, Entry, Gap, Hints, ParsedFeed, Response, SourceState, Standing
from tests.makers import DAY, HOUR, NOW, entry, parsed, state

URL = "https://one.example.org/feed"
POLLED = state(success_at=NOW - DAY)
KNOWN = (NOW - 20 * HOUR,)
GAP = Gap(1, NOW, NOW - DAY, NOW - HOUR, NOW - DAY, 8 * 3600, state="open", next_url=f"{URL}?paged=2")


def news(*hours: float, standing: Standing = "news") -> tuple[tuple[Entry, Standing], ...]:
    return tuple((entry(f"g{ago}", published=NOW - ago * HOUR), standing) for ago in hours)


def changes(*new: tuple[Entry, Standing], seen: int = 0) -> Changes:
    return Changes(new=new, seen=seen or len(new))


@pytest.mark.parametrize(
    ("feed", "came", "before", "known", "is_gap"),
    [
        (parsed(), changes(*news(1, 2, 3)), POLLED, KNOWN, True),
        (parsed(), changes(*news(1, 2, 3), seen=4), POLLED, KNOWN, False),  # one of four is known
        (parsed(), changes(*news(1, 2, 30)), POLLED, KNOWN, False),  # one is older than what is known
        (parsed(), changes(*news(1)), POLLED, KNOWN, False),  # a feed of one
        (parsed(), changes(*news(1, 2), (entry("u", published=None), "news")), POLLED, KNOWN, False),
        (parsed(), changes(*news(1, 2), *news(3, standing="held")), POLLED, KNOWN, False),
        (parsed(), changes(*news(1, 2, 3)), state(), KNOWN, False),  # the first poll
        (parsed(), changes(*news(1, 2, 3)), POLLED, (), False),  # it was empty until now
        (parsed(cut=True), changes(*news(1, 2, 3)), POLLED, KNOWN, False),
        (parsed(left_out=5), changes(*news(1, 2, 3)), POLLED, KNOWN, False),
        (None, Changes(), POLLED, KNOWN, False),
        (parsed(), changes(), POLLED, KNOWN, False),
    ],
)
def test_what_is_a_gap(
    feed: ParsedFeed | None, came: Changes, before: SourceState, known: tuple[object, ...], is_gap: bool
) -> None:
    found = gaps.gap_in(feed, Response(URL, 200, {}), came, before, known, NOW)  # type: ignore[arg-type]
    assert (found is not None) == is_gap
    if found is not None:
        assert (found.newest_known, found.oldest_come, found.window_s) == (KNOWN[0], NOW - 3 * HOUR, 3 * 3600)


def test_a_partial_answer_has_no_gap() -> None:
    partial = Response(URL, 226, {"im": "feed"})
    assert gaps.gap_in(parsed(), partial, changes(*news(1, 2, 3)), POLLED, KNOWN, NOW) is None


WORDPRESS = "https://wordpress.org/?v=6.9"


@pytest.mark.parametrize(
    ("url", "feed", "older"),
    [
        (URL, parsed(), None),
        (URL, parsed(generator=WORDPRESS), f"{URL}?paged=2"),
        (f"{URL}?a=b#c", parsed(generator="WordPress.com"), f"{URL}?a=b&paged=2"),
        (f"{URL}?paged=9&x=1", parsed(generator=WORDPRESS), f"{URL}?paged=10&x=1"),
        (URL, parsed(hints=Hints(prev_archive="https://a.example/1"), generator=WORDPRESS), "https://a.example/1"),
        (URL, parsed(hints=Hints(prev_archive=URL)), None),
        (URL, parsed(generator="Hugo"), None),
    ],
)
def test_where_older_entries_stand(url: str, feed: ParsedFeed, older: str | None) -> None:
    assert gaps.older(feed, url) == older


def test_what_becomes_of_a_gap_by_a_page() -> None:
    page, url = parsed(generator=WORDPRESS), f"{URL}?paged=2"
    between = [entry("a", published=NOW - 2 * HOUR), entry("b", published=NOW - 3 * HOUR)]
    on = gaps.after_page(GAP, between, page, url, 2, NOW)
    assert (on.state, on.next_url, on.oldest_come, on.recovered) == ("open", f"{URL}?paged=3", NOW - 3 * HOUR, 2)
    assert on.next_at == NOW + gaps.SPACING
    met = gaps.after_page(GAP, [*between, entry("c", published=NOW - DAY)], page, url, 2, NOW)
    assert (met.state, met.next_url, met.closed_at) == ("filled", None, NOW)
    assert gaps.after_page(GAP, [entry("n", published=NOW)], page, url, 0, NOW).state == "lost"
    assert gaps.after_page(GAP, [], page, url, 0, NOW).state == "lost"
    assert gaps.after_page(replace(GAP, pages=gaps.MOST_PAGES - 1), between, page, url, 2, NOW).state == "lost"


def test_what_lies_in_it() -> None:
    page = [entry(f"g{ago}", published=NOW - ago * HOUR) for ago in (0.5, 1, 2, 23, 24, 48)]
    assert [one.guid for one in gaps.missing(GAP, [*page, entry("u", published=None)])] == ["g2", "g23"]


def test_how_soon_it_is_asked_and_what_is_said() -> None:
    lost, zone = gaps.closed(GAP, NOW, is_filled=False), ZoneInfo("Europe/Berlin")
    assert gaps.pace(GAP, Hints(), ()) == 4 * HOUR
    assert gaps.pace(None, Hints(), ()) is None

    told = "may have missed entries between 2026-03-13 08:00 and 2026-03-14 07:00"
    assert gaps.in_words(lost, zone, HOUR) == told
    assert gaps.in_words(replace(lost, window_s=3000), zone, HOUR) == (
        f"{told}: its feed holds only the last 50 min; lower its `every`"
    )
    assert gaps.in_words(GAP, zone, HOUR) is None
    assert gaps.in_words(None, zone, timedelta(0)) is None


@pytest.mark.parametrize(
    ("hours", "alone", "pace", "told"),
    [
        ((0, 1, 2, 3, 4), True, HOUR / 2, True),
        ((0, 1, 2, 4, 5), True, HOUR / 2, True),
        ((0, 1, 2, 3), True, None, False),  # too few to tell
        ((0, 1, 2, 3, 4), False, None, False),
        ((0, 2, 4, 6, 8), True, HOUR, False),
        ((0, 24, 48, 72, 96), True, DAY / 2, False),
    ],
)
def test_a_feed_of_one_entry_is_asked_twice_between_two(
    hours: tuple[int, ...], alone: bool, pace: timedelta | None, told: bool
) -> None:
    published = [NOW - ago * HOUR for ago in hours]
    assert gaps.pace(None, Hints(alone=alone), published) == pace
    assert (gaps.one_in_words(Hints(alone=alone), published, HOUR) is not None) == told
