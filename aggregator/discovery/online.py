"""Sources asked once, politely, without a store: what is there, what could be better, and whether one is another.

`check --online` looks at all of feeds.yaml, `check --changed` at what a change of it adds. A change may come from a
stranger: what it adds is asked without its headers, passwords and proxies, and may be on a private network only where
the file had permitted that host before.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from urllib.parse import urlsplit

from aggregator.entries.fullness import Fullness, fullness
from aggregator.errors import FetchError
from aggregator.fetch.client import Wire
from aggregator.parse.pool import Pool
from aggregator.pipeline import Polled
from aggregator.polling.lanes import in_lanes
from aggregator.polling.rhythm import gaps_of, in_words, silence
from aggregator.records import Config, Source, SourceState
from aggregator.urls import canonical, host_of, is_http, site_name

OLD, DEAD = timedelta(days=180), timedelta(days=365)
ALIKE, LEAST_ALIKE = 0.8, 3
_MOST_HOLDERS = 20  # a title that more sources have says nothing
_FEED_HOSTS = frozenset({"feedburner.com", "feedblitz.com", "feedpress.me", "feedpress.com", "follow.it"})


@dataclass(frozen=True, slots=True)
class Look:
    """What one request found of a source; `error` and `problems` are what is wrong, `advice` is what could be better.

    `newest` and `rhythm` come from the dates of its entries; `text` says how much of them it holds.
    """

    source: Source
    title: str
    status: int | None
    error: str | None
    entries: int = 0
    newest: datetime | None = None
    rhythm: str | None = None
    text: Fullness = "none"
    language: str | None = None
    advice: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """It answers with a feed, and nothing speaks against it."""
        return self.error is None and not self.problems


def ask(
    sources: Sequence[Source],
    wire: Wire,
    pool: Pool,
    clock: Callable[[], datetime],
    told: Callable[[Polled], None] = lambda _: None,
) -> list[Polled]:
    """Each source once, hosts beside each other and each host in turn; in the given order."""
    work = [(source, SourceState(0, source.url, source.url)) for source in sources]
    found: dict[str, Polled] = {}
    for polled in in_lanes(work, wire, pool, clock, threading.Event()):
        if polled is not None:
            found[polled.source.url] = polled
            told(polled)
    return [found.get(source.url) or _not_asked(source) for source in sources]


def _not_asked(source: Source) -> Polled:
    """A host that says 429 is asked nothing more."""
    error = FetchError("http", "not asked: its host wants us to slow down; try again later")
    return Polled(source, SourceState(0, source.url, source.url), error=error)


def secure_variants(found: Sequence[Polled]) -> list[Source]:
    """The https addresses of public sources that answered by http and did not lead to https themselves."""
    return [
        Source(f"https://{polled.source.url.partition('://')[2]}")
        for polled in found
        if polled.error is None and polled.source.url.startswith("http://") and not polled.source.allow_private
        and polled.response is not None and not polled.response.url.startswith("https://")
    ]  # fmt: skip


def homes(found: Sequence[Polled]) -> list[Source]:
    """The sites' pages of sources that bring less than the whole text; of one's own machine only at the same host."""
    urls = {
        polled.feed.link: polled.source.allow_private
        for polled in found
        if polled.feed is not None and polled.feed.link and is_http(polled.feed.link)
        and fullness(polled.entries) != "full"
        and (not polled.source.allow_private or _host(polled.feed.link) == _host(polled.source.url))
    }  # fmt: skip
    return [Source(url, allow_private=private) for url, private in urls.items()]


def other_feeds(found: Sequence[Polled], pages: Sequence[Polled]) -> list[Source]:
    """The feeds that those pages name and that are not among the sources."""
    known = {canonical(url) for polled in found for url in (polled.source.url, polled.response and polled.response.url)
             if url}  # fmt: skip
    named = {url: page.source.allow_private for page in pages if (url := feed_named_in(page.error))}
    return [Source(url, allow_private=private) for url, private in named.items() if canonical(url) not in known]


def feed_named_in(error: object) -> str | None:
    """The feed that a page names, as the pipeline tells it of a page that stands in a feed's place."""
    _, _, url = str(error or "").partition("its feed seems to be ")
    return url.split()[0] if url else None


def looks(found: Sequence[Polled], others: Sequence[Polled], now: datetime) -> list[Look]:
    """What is to be said of each; `others` are the answers of https variants, of pages and of the feeds they name."""
    answers, twins = {polled.source.url: polled for polled in others}, _twins(found)
    out = []
    for polled in found:
        advice = [*_advice(polled, now)]
        secure = answers.get(f"https://{polled.source.url.partition('://')[2]}")
        if secure is not None and brings_the_same(polled, secure):
            advice.append("its https works too")
        page = answers.get((polled.feed.link if polled.feed else None) or "")
        other = answers.get(feed_named_in(page.error) or "") if page is not None else None
        is_fuller = other is not None and fullness(other.entries) == "full" != fullness(polled.entries)
        if other is not None and is_fuller and brings_the_same(polled, other):
            advice.append(f"a fuller feed is {other.source.url}")
        if polled.source.url in twins:
            advice.append(f"brings the same as the source on line {twins[polled.source.url].line}")
        out.append(_look(polled, now, tuple(advice), ()))
    return out


def _twins(found: Sequence[Polled]) -> dict[str, Source]:
    """For each source that brings what an earlier one brings, that one; by an index, for there may be thousands."""
    holders: dict[str, list[int]] = {}
    twins = {}
    for number, polled in enumerate(found):
        marks = _marks(polled)
        shared = Counter(earlier for mark in marks for earlier in holders.get(mark, ()))
        same = [earlier for earlier, count in shared.items() if _nearly_all(count, len(marks))]
        if same:
            twins[polled.source.url] = found[min(same)].source
        for mark in marks:
            if len(those := holders.setdefault(mark, [])) < _MOST_HOLDERS:
                those.append(number)
    return twins


def _look(polled: Polled, now: datetime, advice: tuple[str, ...], problems: tuple[str, ...]) -> Look:
    dates = _dates(polled, now)
    gaps = gaps_of(dates)
    return Look(
        polled.source,
        polled.source.title or (polled.feed.title if polled.feed else None) or host_of(polled.source.url),
        polled.response.status if polled.response else None,
        str(polled.error) if polled.error else None,
        len(polled.entries),
        dates[0] if dates else None,
        in_words(median(gaps)) if len(gaps) >= 3 else None,
        fullness(polled.entries),
        polled.feed.language if polled.feed else None,
        advice,
        problems,
    )


def _dates(polled: Polled, now: datetime) -> list[datetime]:
    return sorted((entry.published for entry in polled.entries if entry.published and entry.published <= now),
                  reverse=True)  # fmt: skip


def _advice(polled: Polled, now: datetime) -> Iterator[str]:
    """What its user could do better, from the answer alone."""
    if polled.error is not None or polled.response is None:
        return
    hops = polled.response.redirects
    if hops and all(hop.status in (301, 308) for hop in hops):
        yield f"has moved for good to {polled.response.url}"
    dates = _dates(polled, now)
    quiet = silence(now, dates)
    if not polled.entries:
        yield "no entry in it yet"
    elif not dates:
        yield "its entries carry no dates"
    elif quiet is not None or now - dates[0] > OLD:
        yield f"last entry {(now - dates[0]).days} days ago" + (f", {quiet.words}" if quiet else "")
    if polled.feed is not None and not polled.feed.wellformed:
        yield "not well-formed; it is read all the same"


# --- what a change adds --------------------------------------------------------------------------------------


def added(before: Config, after: Config) -> list[Source]:
    """The sources whose feed `before` does not have, as they may be asked for a stranger (see above)."""
    known = {canonical(source.url) for source in before.sources}
    own = {_host(source.url) for source in before.sources if source.allow_private}
    return [
        Source(
            source.url, title=source.title, tags=source.tags, line=source.line, allow_private=_host(source.url) in own
        )
        for source in after.sources
        if canonical(source.url) not in known
    ]


def perhaps_the_same(new: Sequence[Polled], before: Config) -> list[Source]:
    """The sources of `before` that may be one of `new` under another address: of the same site, or at a feed host."""
    sites = {site_name(url) for polled in new for url in _addresses(polled)}
    return [
        Source(source.url, title=source.title, line=source.line, allow_private=source.allow_private)
        for source in before.sources
        if site_name(source.url) in sites or any(_host(source.url).endswith(host) for host in _FEED_HOSTS)
    ]


def _addresses(polled: Polled) -> Iterator[str]:
    yield polled.source.url
    if polled.response is not None:
        yield polled.response.url
    if polled.feed is not None and polled.feed.link:
        yield polled.feed.link
    yield from (entry.link for entry in polled.entries[:20] if entry.link)


def judged(new: Sequence[Polled], old: Sequence[Polled], before: Config, now: datetime) -> list[Look]:
    """Each added source with what speaks against it: no feed, one that is there already, a dead one."""
    stand = {canonical(source.url): source for source in before.sources}
    ends = {canonical(polled.response.url): polled.source for polled in old if polled.response is not None}
    out = []
    for number, polled in enumerate(new):
        earlier = [*old, *new[:number]]
        problems = [] if polled.error else [*_against(polled, earlier, {**ends, **stand}, now)]
        advice = () if problems else tuple(_advice(polled, now))
        out.append(_look(polled, now, advice, tuple(problems)))
    return out


def _against(polled: Polled, others: Sequence[Polled], ends: dict[str | None, Source], now: datetime) -> Iterator[str]:
    final = canonical(polled.response.url) if polled.response else None
    same = next((other for other in others if brings_the_same(polled, other)), None)
    if final in ends:
        yield f"leads to a source that is there already: {ends[final].url}"
    elif same is not None:
        yield f"brings the same entries as a source that is there already: {same.source.url}"
    dates = _dates(polled, now)
    if not polled.entries:
        yield "holds no entry yet; add it when it does"
    elif dates and now - dates[0] > DEAD:
        yield f"its newest entry is {(now - dates[0]).days} days old"


def brings_the_same(one: Polled, other: Polled) -> bool:
    """Whether nearly all that one brings stands in the other, too: by address, or by title where there is none."""
    mine = _marks(one)
    return _nearly_all(len(mine & _marks(other)), len(mine))


def _nearly_all(shared: int, count: int) -> bool:
    return shared >= min(LEAST_ALIKE, max(count, 1)) and shared >= ALIKE * count


def _marks(polled: Polled) -> frozenset[str]:
    return frozenset(entry.canonical_url or entry.title.casefold() for entry in polled.entries)


def _host(url: str) -> str:
    return (urlsplit(url).hostname or "").lower()
