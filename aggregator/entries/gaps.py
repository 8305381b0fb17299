"""Gaps: a poll that meets nothing of what is known may have come too late for what stood between.

Pure: what came and what is known, in; the gap, where its filling begins, what is said of it, out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from aggregator.polling.health import typical_gap
from aggregator.records import Changes, Entry, Gap, Hints, ParsedFeed, Response, SourceState

FEWEST = 2  # entries in a feed: one that never holds more meets nothing each time, whatever it lost
KNOWN_OF_ONE = 5  # entries by which the rate of such a feed is measured
MOST_PAGES = 20
SPACING = timedelta(minutes=1)  # between two pages of one gap
TRIES = 3
HURRIED_FOR = timedelta(days=30)  # so long the source is asked at the pace at which its feed turns over
_PAGED = re.compile(r"([?&]paged=)(\d{1,6})(?=&|$)")


def gap_in(
    feed: ParsedFeed | None,
    response: Response,
    changes: Changes,
    before: SourceState,
    newest_known: Sequence[datetime],
    now: datetime,
) -> Gap | None:
    """What lies between what a poll brought and what was known, where a whole document holds nothing that was.

    `newest_known` is the date of the newest stored entry, empty where there is none. Only news counts, what is held is
    doubted for other reasons; and only dates that all lie after what is known say that something is between.
    """
    is_whole = feed is not None and not (feed.cut or feed.left_out or response.is_partial)
    if feed is None or not is_whole or not newest_known or before.success_at is None:
        return None
    dates = [entry.published for entry, standing in changes.new if standing == "news" and entry.published]
    if changes.seen < FEWEST or len(dates) < changes.seen or min(dates) <= newest_known[0]:
        return None
    window = (max(dates) - min(dates)).total_seconds() * len(dates) / (len(dates) - 1)
    gap = Gap(before.key, now, newest_known[0], min(dates), before.success_at, int(window))
    return ahead(gap, older(feed, response.url), now)


def older(feed: ParsedFeed, url: str) -> str | None:
    """Where the entries before those of a document stand: its archive (RFC 5005), or a page further in WordPress."""
    if feed.hints.prev_archive:
        return feed.hints.prev_archive if feed.hints.prev_archive != url else None
    paged = _PAGED.search(url)
    if paged:
        return f"{url[: paged.start(2)]}{int(paged[2]) + 1}{url[paged.end(2) :]}"
    if "wordpress" not in (feed.generator or "").lower():
        return None
    plain = url.partition("#")[0]
    return f"{plain}{'&' if '?' in plain else '?'}paged=2"


def ahead(gap: Gap, url: str | None, now: datetime) -> Gap:
    """The gap with its next page, a minute from now; without one it is lost."""
    if url is None or gap.pages >= MOST_PAGES:
        return closed(gap, now, is_filled=False)
    return replace(gap, next_url=url, next_at=now + SPACING if gap.pages else now, tries=0)


def again(gap: Gap, now: datetime, wait: timedelta | None = None) -> Gap:
    """A page could not be read: asked again in an hour, then later, then not any more."""
    if gap.tries + 1 >= TRIES:
        return closed(gap, now, is_filled=False)
    pause = max(timedelta(hours=1) * (gap.tries + 1), wait or timedelta(0))
    return replace(gap, tries=gap.tries + 1, next_at=now + pause)


def closed(gap: Gap, now: datetime, *, is_filled: bool) -> Gap:
    """Nothing more is asked for."""
    return replace(gap, state="filled" if is_filled else "lost", next_url=None, next_at=None, closed_at=now)


def missing(gap: Gap, entries: Sequence[Entry]) -> list[Entry]:
    """Of a page the entries that lie in the gap."""
    return [one for one in entries if one.published and gap.newest_known < one.published < gap.oldest_come]


def after_page(gap: Gap, entries: Sequence[Entry], feed: ParsedFeed, url: str, recovered: int, now: datetime) -> Gap:
    """After a page was read: it reached what is known, there is another one, or nothing more is to be had."""
    dates = [entry.published for entry in entries if entry.published]
    oldest = min(dates, default=gap.oldest_come)
    after = replace(gap, pages=gap.pages + 1, recovered=gap.recovered + recovered)
    if oldest <= gap.newest_known:
        return closed(after, now, is_filled=True)
    if oldest >= gap.oldest_come:  # the same page again, or one of another time
        return closed(after, now, is_filled=False)
    return ahead(replace(after, oldest_come=oldest), older(feed, url), now)


def is_alone(changes: Changes, response: Response) -> bool:
    """Whether a whole document held a single entry, so that each new one takes the place of the last."""
    return changes.seen == 1 and not response.is_partial


def pace(gap: Gap | None, hints: Hints, published: Sequence[datetime]) -> timedelta | None:
    """How often a feed is to be asked that two polls meet: twice while it turns over once.

    One that holds a single entry turns over with each: at the usual distance of those that were `published`, newest
    first, once five are known.
    """
    if gap is not None:
        return timedelta(seconds=gap.window_s) / 2
    distance = _distance(hints, published)
    return distance / 2 if distance is not None else None


def _distance(hints: Hints, published: Sequence[datetime]) -> timedelta | None:
    """The usual time between two entries of a feed that holds one, once enough of them are known."""
    return typical_gap(published) if hints.alone and len(published) >= KNOWN_OF_ONE else None


def one_in_words(hints: Hints, published: Sequence[datetime], every: timedelta) -> str | None:
    """What is said of a feed that holds a single entry and has a new one at nearly every poll: more may have come."""
    distance = _distance(hints, published)
    if distance is None or 2 * distance > 3 * every:
        return None
    return "its feed holds a single entry, and a new one at nearly every poll: lower its `every`"


def in_words(gap: Gap | None, zone: ZoneInfo, every: timedelta) -> str | None:
    """What is said of a gap that could not be filled; None for any other."""
    if gap is None or gap.state != "lost":
        return None
    start, end = (f"{at.astimezone(zone):%Y-%m-%d %H:%M}" for at in (gap.newest_known, gap.oldest_come))
    told = f"may have missed entries between {start} and {end}"
    turn = timedelta(seconds=gap.window_s)
    if turn >= 2 * every:
        return told
    return f"{told}: its feed holds only the last {max(round(turn.total_seconds() / 60), 1)} min; lower its `every`"
