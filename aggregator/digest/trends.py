"""What 30 days show and one day cannot: the lenses day by day, and the words that rise. Counted, never interpreted.

Every article counts once, whatever the number of its copies, on the local date on which it was published, if the
view shows it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain

from aggregator.digest.lenses import LEAD_WORDS, Lists, haystack
from aggregator.digest.rising import HISTORY, MOST_LISTED, Rise, Terms, newest
from aggregator.records import Config, LocalDate, StoredEntry

LENS_DAYS = 30
WEEK, MONTH = timedelta(days=7), timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Met:
    """How many entries met a lens on each local date, oldest first, and the newest of them (20 at most)."""

    name: str
    days: tuple[tuple[LocalDate, int], ...]
    entries: tuple[StoredEntry, ...]


def trends(
    news: Callable[[datetime, datetime], Iterable[StoredEntry]],
    is_shown: Callable[[StoredEntry], bool],
    config: Config,
    now: datetime,
    today: LocalDate,
    *,
    text: Callable[[StoredEntry], str] = lambda stored: stored.entry.text,
    began: datetime | None = None,
) -> tuple[tuple[Met, ...], tuple[Rise, ...]]:
    """Both trends up to `now`, in one reading of 37 days; `news` gives what was published in (start, end].

    Entries pass by one by one. `text` gives what of an entry is worth telling. `began`: nothing was accepted before, so
    that no term can rise for the first days.
    """
    groups: set[int] = set()

    def once(start: datetime, end: datetime) -> Iterator[StoredEntry]:
        for stored in news(start, end):
            if stored.group not in groups and is_shown(stored):
                groups.add(stored.group)
                yield _lean(stored, text(stored))

    days = _LensDays(config, today)
    if began is not None and now - began < HISTORY:
        for stored in once(now - WEEK - MONTH, now) if config.lenses else ():
            days.count(stored)
        return days.trends(), ()
    week = list(once(now - WEEK, now))
    terms = Terms(week, now)
    for stored in chain(week, _each(terms.before, once(now - WEEK - MONTH, now - WEEK))):
        days.count(stored)
    return days.trends(), terms.rising()


def _lean(stored: StoredEntry, text: str) -> StoredEntry:
    """An entry with as much of its text as is looked at, for those that are held in memory."""
    lead = " ".join(text.split(None, LEAD_WORDS)[:LEAD_WORDS])
    return replace(stored, entry=replace(stored.entry, summary="", content="", text=lead))


def _each(look: Callable[[StoredEntry], None], entries: Iterable[StoredEntry]) -> Iterator[StoredEntry]:
    for stored in entries:
        look(stored)
        yield stored


class _LensDays:
    """A count for each lens and each of the last 30 local dates."""

    def __init__(self, config: Config, today: LocalDate) -> None:
        self._lists, self._zone = Lists(config.lenses), config.timezone
        self._names = [lens.name for lens in config.lenses]
        self._days = [today - timedelta(days=back) for back in reversed(range(LENS_DAYS))]
        self._met: Counter[tuple[str, LocalDate]] = Counter()
        self._entries: dict[str, list[StoredEntry]] = {name: [] for name in self._names}

    def count(self, stored: StoredEntry) -> None:
        day = stored.published.astimezone(self._zone).date()
        if self._names and day >= self._days[0]:
            for name in self._lists.all(haystack(stored.entry)):
                self._met[name, day] += 1
                self._entries[name].append(stored)
                if len(self._entries[name]) > 10 * MOST_LISTED:
                    self._entries[name] = newest(self._entries[name])

    def trends(self) -> tuple[Met, ...]:
        return tuple(
            Met(name, tuple((day, self._met[name, day]) for day in self._days), tuple(newest(self._entries[name])))
            for name in self._names
        )
