"""What the field talked about in a year: `trends.html`. Each day is read once and its numbers kept in the store.

A publication counts the days that are new, again the last 14 (entries come late), and some of those that are missing
(a new store, other lists or rules), the newest first; so it costs the same whatever the store holds.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from aggregator.digest.lenses import Lists, haystack
from aggregator.digest.rising import Rise
from aggregator.digest.trends import trends
from aggregator.entries.view import View
from aggregator.public import TRENDS, TRENDS_MADE
from aggregator.public.paged import span, year_as_of
from aggregator.records import Config, DigestEntry, LocalDate, RisingTerm, StoredEntry, Topical, WordList, Year
from aggregator.render.site import Site
from aggregator.render.trends import trends_page
from aggregator.store.days import Counted
from aggregator.store.sqlite import Store
from aggregator.urls import is_http

WEEKS = 53
LEAST_WEEKS = 13  # that are drawn, however young the store is
STILL_COMING = timedelta(days=14)
MOST_AT_ONCE = 2500  # entries that one publication reads for the days that are missing
MOST_SOURCES = 15
MOST_LISTED = 5


def trends_files(
    config: Config, store: Store, view: View, stands: Callable[[str], bool], *, most: int = MOST_AT_ONCE
) -> dict[str, bytes]:
    """`trends.html`, once for each local day with news, and when lists, rules or withdrawals change; else nothing.

    Days end at the newest acceptance, not at the clock. The page does not stand once feeds.yaml has changed: the
    caller knows that without a look at every source. Writes what it counted to the store.
    """
    newest = store.entries.last_accepted_at()
    today = newest.astimezone(config.timezone).date() if newest else None
    if newest is None or today is None:
        return {TRENDS: trends_page(None, site=Site.of(config))}
    first = today - timedelta(days=today.weekday(), weeks=WEEKS - 1)
    made = year_as_of(store, view) or ""
    if stands(TRENDS) and store.meta(TRENDS_MADE) == made:
        return {}
    known, whole = _counted(config, store, view, (first, today), most)
    with store.transaction():
        store.set_meta(TRENDS_MADE, made if whole else "")
    year = _year(config, view, known, first, today)
    return {
        TRENDS: trends_page(replace(year, rising=_rising(config, store, view, newest, today)), site=Site.of(config))
    }


def _sign(config: Config) -> str:
    """What the numbers depend on besides the entries."""
    told = (config.topics, config.lenses, config.filters, str(config.timezone))
    sources = [(source.url, source.tags, source.filters) for source in config.sources]
    return hashlib.sha256(repr((told, sources)).encode("utf-8", "replace")).hexdigest()[:16]


def _counted(
    config: Config, store: Store, view: View, span: tuple[LocalDate, LocalDate], most: int
) -> tuple[Mapping[LocalDate, Counted], bool]:
    """The numbers of the days of the span that are known now, and whether these are all."""
    sign, (first, today) = _sign(config), span
    known = store.days.counted(sign, first)
    fresh: dict[LocalDate, Counted] = {}
    tally, read = _Tally(config, view, store.texts.of_many()), 0
    whole = [today - timedelta(days=back) for back in range((today - first).days + 1)]
    for on in sorted(whole, key=lambda on: (on in known, today - on)):
        if on in known and on <= today - STILL_COMING:
            break
        if read >= most:
            break
        fresh[on], passed = tally.of(on, store)
        read += passed
    with store.transaction():
        store.days.keep(sign, fresh, first)
    known |= fresh
    return known, len(known) == (today - first).days + 1


class _Tally:
    """Counts a day's news: all, by topic (the first that fits, as in the digest), by lens, by source."""

    def __init__(self, config: Config, view: View, text: Callable[[StoredEntry], str]) -> None:
        self._topics, self._lenses, self._view = Lists(config.topics), Lists(config.lenses), view
        self._text, self._asks, self._zone = text, bool(config.topics or config.lenses), config.timezone
        self._has_rules = any((config.filters, *(source.filters for source in config.sources)))

    def of(self, on: LocalDate, store: Store) -> tuple[Counted, int]:
        """The numbers, and how many entries passed by. Without lists and rules nobody asks what they say."""
        if self._asks or self._has_rules:
            return self._read(store.days.published(*span(on, self._zone)))
        passed = store.days.passing(*span(on, self._zone))
        sources = Counter(
            str(source)
            for source, standing, hidden in passed
            if standing == "news" and not hidden and self._view.source(source)
        )
        return _counts(sources, Counter(), Counter()), len(passed)

    def _read(self, entries: Iterable[StoredEntry]) -> tuple[Counted, int]:
        """The same, one by one: a day of many sources is too much to be held."""
        topics, lenses, sources, passed = Counter[str](), Counter[str](), Counter[str](), 0
        for passed, stored in enumerate(entries, 1):  # noqa: B007
            if stored.standing == "news" and self._view.is_shown(stored):
                if self._asks:
                    text = haystack(stored.entry, self._view.tags(stored), self._text(stored))
                    topics.update(filter(None, [self._topics.first(text)]))
                    lenses.update(self._lenses.all(text))
                sources[str(stored.source_key)] += 1
        return _counts(sources, topics, lenses), passed


def _counts(sources: Counter[str], topics: Counter[str], lenses: Counter[str]) -> Counted:
    return {"entries": sources.total(), "topics": topics, "lenses": lenses, "sources": sources}


def _year(config: Config, view: View, known: Mapping[LocalDate, Counted], first: LocalDate, today: LocalDate) -> Year:
    """The counted days as weeks; those before the first entry are left out, as far as a quarter is left."""
    start = min((on for on, day in known.items() if day["entries"]), default=today)
    start = min(start, today - timedelta(weeks=LEAST_WEEKS - 1))
    start = max(first, start - timedelta(days=start.weekday()))
    weeks = tuple(start + timedelta(weeks=n) for n in range((today - start).days // 7 + 1))

    def by_week(number: Callable[[Counted], int]) -> tuple[int, ...]:
        sums = Counter[int]()
        for on, day in known.items():
            sums[(on - start).days // 7] += number(day)
        return tuple(sums[n] for n in range(len(weeks)))

    def each(lists: Sequence[WordList], kind: str) -> tuple[Topical, ...]:
        return tuple(Topical(one.name, by_week(lambda day: day[kind].get(one.name, 0))) for one in lists)  # noqa: B023

    sources = Counter[str]()
    for day in known.values():
        sources.update(day["sources"])
    named = [(view.title(int(key)), number) for key, number in sources.most_common() if view.source(int(key))]
    named.sort(key=lambda pair: (-pair[1], pair[0].casefold()))
    return Year(
        weeks,
        today,
        by_week(lambda day: day["entries"]),
        each(config.topics, "topics"),
        each(config.lenses, "lenses"),
        tuple(named[:MOST_SOURCES]),
        (len(named[MOST_SOURCES:]), sum(number for _, number in named[MOST_SOURCES:])),
    )


def _rising(config: Config, store: Store, view: View, newest: datetime, today: LocalDate) -> tuple[RisingTerm, ...]:
    bare = replace(config, lenses=())
    began = store.entries.first_accepted_at()
    news, text = store.entries.published_between, store.texts.of_many()
    _, rises = trends(news, view.is_shown, bare, newest, today, text=text, began=began)
    return tuple(_term(rise, view) for rise in rises)


def _term(rise: Rise, view: View) -> RisingTerm:
    entries = tuple(_line(stored, view) for stored in rise.entries[:MOST_LISTED])
    return RisingTerm(rise.term, entries, rise.number, rise.before)


def _line(stored: StoredEntry, view: View) -> DigestEntry:
    entry, link = stored.entry, stored.entry.link
    safe = link if link and is_http(link) else None
    return DigestEntry(stored.id, safe, entry.title, view.title(stored.source_key), stored.published, entry.language)
