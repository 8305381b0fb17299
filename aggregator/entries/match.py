"""What a poll of one source brings: new, edited, or seen before under another guid (DESIGN: entry identity).

Pure: what the store knows and what the document says, in; Changes, out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from itertools import islice
from math import inf

from aggregator.entries.recognition import Known, differs, is_same, leads_elsewhere, recognised, rewritten, told
from aggregator.records import Changes, Entry, Outline, Standing

FIRST_NEWS = 5
FIRST_DAYS = timedelta(days=7)
OLD_ANNOUNCED = 3
FLOOD = 50  # from so many new entries in one poll on the source's rhythm is looked at
ALIKE = 12  # the same for new entries that are dated alike
STRANGERS = 8  # the same for a document in which nothing is known, and that leads elsewhere: a parked domain
DAY = timedelta(days=1)


def match(
    entries: Sequence[Entry],
    known: Iterable[Known],
    before: datetime | None,
    now: datetime,
    partial: bool = False,
    *,
    doubt: str | None = None,
    near: Mapping[str, int] | None = None,
) -> Changes:
    """Sort a document's entries into new and updated; the rest is seen and unchanged.

    `before` is the last successful poll, None at the first. At the first poll the newest 5 of the last 7 days are
    news, the rest is backlog. Later, entries that look old (dated before the previous poll) are announced up to 3 a
    poll, and so are those of a flood that the source's rhythm does not explain; the rest of them is held, and all of
    what there is a `doubt` of (takeover.py). In a flood of old ones those that are truly new are news. A `partial`
    document holds new entries only: that nothing in it is known says nothing. Where entries of a source are known
    before its first poll, they came back from what was published (recovery.py). `near` are the keys of stored entries
    by the guids of those that nearly have their text (rewritten.py): looked for only where something would be held.
    """
    stored = list(known)
    entries = told(entries, stored)
    found = recognised(entries, stored)
    fresh = [entry for entry in entries if entry.guid not in found]
    again = rewritten(entries, stored, found, near or {})
    if before is None:
        new = _first(fresh, now) if not stored else _since(fresh, max(old.published for old in stored))
    else:
        many = len(fresh) >= STRANGERS  # fewer are no flood
        usual = _usual([old.published for old in stored], now - before) if many else inf
        elsewhere = many and not partial and not found and len(stored) >= FIRST_NEWS
        strangers = elsewhere and bool(leads_elsewhere(stored, entries))
        days = many and 2 * sum(_is_day(old.published) for old in stored) > len(stored)
        flood = _is_flood(fresh, usual, strangers=strangers, days=days)
        new = [(entry, "held") for entry in fresh] if doubt else _later(fresh, before, flood, usual)
        new = [(entry, standing) for entry, standing in new if entry.guid not in again]
    found |= again
    forgotten = any(old.standing == "forgotten" for old in found.values())
    updated = [(old.key, entry) for entry in entries if (old := found.get(entry.guid)) and differs(entry, old)]
    changed = {key for key, _ in updated}
    return Changes(
        new=tuple(new),
        updated=tuple(updated),
        same=tuple((old.key, e) for e in entries if (old := found.get(e.guid)) and is_same(old, changed)),
        seen=len(entries),
        forgotten=forgotten,
        doubt=doubt or _in_words(new),
        foreign=doubt is not None,
    )


def safer_links(
    same: Sequence[tuple[int, Entry]], link_of: Callable[[int], str | None]
) -> tuple[tuple[int, Entry], ...]:
    """Of entries that are otherwise unchanged those whose link has moved from http to https.

    `link_of` gives a stored link by key, and may be slow: of the entries that were read the first and the last speak
    for the rest. The link of an outline is written as it was when the entry was read.
    """

    def is_safer(key: int, entry: Entry) -> bool:
        return (entry.link or "").startswith("https:") and (link_of(key) or "").startswith("http:")

    read = [one for one in same if not isinstance(one[1], Outline)]
    if not any(is_safer(*one) for one in {*read[:1], *read[-1:]}):
        return ()
    return tuple(one for one in same if is_safer(*one))


# --- what is news --------------------------------------------------------------------------------------------


def first_news(entries: Sequence[Entry], now: datetime) -> frozenset[str]:
    """The guids of what is news at a source's first poll; the rest is backlog."""
    by_age = sorted(entries, key=lambda entry: entry.published or now, reverse=True)
    young = (entry.guid for entry in by_age if now - (entry.published or now) < FIRST_DAYS)
    return frozenset(islice(young, FIRST_NEWS))


def _first(entries: Sequence[Entry], now: datetime) -> list[tuple[Entry, Standing]]:
    news = first_news(entries, now)
    return [(entry, "news" if entry.guid in news else "backlog") for entry in entries]


def _since(entries: Sequence[Entry], newest: datetime) -> list[tuple[Entry, Standing]]:
    """The first poll of a source whose published entries came back: what is older than these was backlog."""
    return [(entry, "backlog" if entry.published and entry.published < newest else "news") for entry in entries]


def _later(entries: Sequence[Entry], polled_at: datetime, flood: bool, usual: float) -> list[tuple[Entry, Standing]]:
    """What is new and what is doubted; a flood of old entries casts no doubt on the few that are newer than it."""
    old = [entry.guid for entry in entries if _looks_old(entry, polled_at)]
    young = len(entries) - len(old)
    doubtful = [entry.guid for entry in entries] if flood and young > usual else old
    held = set(doubtful[OLD_ANNOUNCED:])
    return [(entry, "held" if entry.guid in held else "news") for entry in entries]


def _in_words(new: Sequence[tuple[Entry, Standing]]) -> str | None:
    held = sum(standing == "held" for _, standing in new)
    return f"{len(new)} new entries came at once, more than its rhythm explains or dated long ago" if held else None


def _looks_old(entry: Entry, polled_at: datetime) -> bool:
    """Dated before the previous poll; midnight is a date without a time and stands for its whole day."""
    if entry.published is None:
        return False
    return entry.published + (DAY if _is_day(entry.published) else timedelta(0)) < polled_at


def _is_day(moment: datetime) -> bool:
    return moment.time() == time(0, 0)


def _is_flood(fresh: Sequence[Entry], usual: float, *, strangers: bool, days: bool) -> bool:
    """Whether so many new entries since the last poll are more than a source's rhythm explains.

    Few are never a flood, except of `strangers`, a document in which nothing is known any more and that leads
    elsewhere, and of those that are dated alike: an import stamps all with its own moment. A source that gives `days`
    without a time dates a busy one alike.
    """
    if len(fresh) <= usual:
        return False
    alike = Counter(entry.published for entry in fresh if entry.published and not (days and _is_day(entry.published)))
    return len(fresh) >= (STRANGERS if strangers else FLOOD) or max(alike.values(), default=0) >= ALIKE


def _usual(published: Sequence[datetime], elapsed: timedelta) -> float:
    """How many new entries are nothing special: twice the most that the source ever published within a day, five
    times its mean pace; without a past any number."""
    if not published:
        return inf
    moments = sorted(published)
    span = max(moments[-1] - moments[0], DAY)
    return max(2 * _busiest_day(moments), 5 * len(moments) * (elapsed / span))


def _busiest_day(moments: Sequence[datetime]) -> int:
    """The most of the sorted moments that lie within 24 hours."""
    start, most = 0, 0
    for end, moment in enumerate(moments):
        while moment - moments[start] > DAY:
            start += 1
        most = max(most, end - start + 1)
    return most
