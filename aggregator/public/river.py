"""The river: what came, by day of publication, as pages and as the index that their search reads.

`index.html` has the newest entries of the merged feed, `day/YYYY-MM-DD.html` each day whole. A day is written anew
while anything of it was accepted in the last 14 days of news, and something on it changed (paged.py); then it is
closed and stays as it is, but for what is withdrawn from it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from hashlib import sha256
from itertools import islice, pairwise

from aggregator.batched import batched
from aggregator.entries.view import View
from aggregator.public.members import WINDOW, Place, standing
from aggregator.public.paged import Paged, span
from aggregator.records import Config, LocalDate, MergedEntry, MergedFeed
from aggregator.render import pages
from aggregator.render.index import search_index
from aggregator.render.site import Site
from aggregator.store.days import Head
from aggregator.store.sqlite import Store
from aggregator.store.texts import Telling

MOST_AT_ONCE = 31  # missing days that one publication makes, the newest first: a lost folder comes back by and by
REOPENED_FOR = timedelta(days=30)
MOST_A_DAY = 2000
_PAGE = 200


def river_files(
    config: Config,
    store: Store,
    view: View,
    feed: MergedFeed,
    shown: Sequence[Place],
    *,
    tags: Mapping[str, str],
    stands: Callable[[str], bool],
    paged: Paged,
    most: int = MOST_AT_ONCE,
) -> dict[str, bytes]:
    """`index.html`, `search.json` and the pages of days that are open or missing, of these at most so many.

    `shown` are the members of the merged feed `feed`, newest acceptance first; `tags` maps a tag to its folder;
    `paged` knows which pages that stand are as they would be made, and is told which do then.
    """
    site, newest = Site.of(config), store.digests.newest("")
    days = store.days.dates(config.timezone)
    tell = partial(_tell, telling=store.texts.of_many(), view=view)
    feed = _told(feed, shown, tell)
    missing = list(islice((on for on in reversed(days) if not stands(day_name(on))), most))
    open_days = _open(shown, store, view).union(missing)
    made = _with_neighbours(days, open_days, stands)
    making = set(made)
    there = [on for on in days if on in making or stands(day_name(on))]
    out = {
        "index.html": pages.river(
            feed, site=site, digest=newest.day if newest else None, tags=tags, pages=frozenset(there)
        ),
        "search.json": search_index(feed.entries, site=site, days=frozenset(there)),
    }
    known = {place.group: place for place in shown}
    current = paged.current(store, config.timezone)
    for on in made:
        place = bisect_left(there, on)
        before, after = there[place - 1] if place else None, there[place + 1] if place + 1 < len(there) else None
        frame, left = _frame(before, after, tags), current.get(on)
        if left and left[0] == frame and stands(day_name(on)):
            paged.keep(on, left)
            continue
        entries, tells = _entries(on, store, view, known, tell)
        day = replace(feed, entries=entries)
        out[day_name(on)] = pages.day(day, on, site=site, previous=before, following=after, tags=tags)
        paged.keep(on, (frame, tells))
    return out


def _frame(before: LocalDate | None, after: LocalDate | None, tags: Mapping[str, str]) -> str:
    """A sign of what stands on a day's page beside its entries."""
    return sha256(repr((before, after, sorted(tags.items()))).encode("utf-8", "replace")).hexdigest()[:16]


def day_name(on: LocalDate | str) -> str:
    """The file of a day's page."""
    return f"day/{on}.html"


def _open(shown: Sequence[Place], store: Store, view: View) -> set[LocalDate]:
    """The days of what was accepted lately, and of what was withdrawn lately."""
    zone, since = view.config.timezone, shown[0].accepted_at - WINDOW if shown else None
    touched = [place.entry.published for place in shown if since is not None and place.accepted_at >= since]
    touched += store.days.withdrawn(view.midnight - REOPENED_FOR)
    return {moment.astimezone(zone).date() for moment in touched}


def _with_neighbours(
    days: Sequence[LocalDate], wanted: set[LocalDate], stands: Callable[[str], bool]
) -> list[LocalDate]:
    """The wanted days and those beside them that stand already, which link to them; newest first."""
    near = {on for pair in pairwise(days) for on in pair if wanted.intersection(pair)}
    return [on for on in reversed(days) if on in wanted or (on in near and stands(day_name(on)))]


def _entries(
    on: LocalDate, store: Store, view: View, known: Mapping[int, Place], tell: Callable[[Place], MergedEntry]
) -> tuple[tuple[MergedEntry, ...], bool]:
    """The entries of a day, and whether they are told: where the page has room for it."""
    keys = store.days.keys(*span(on, view.config.timezone))
    if len(keys) > pages.IN_FULL:
        lines = tuple(islice(_lines(keys, known, store, view), MOST_A_DAY))
        if len(lines) > pages.IN_FULL:
            return lines, False
    return tuple(map(tell, standing(keys, known, store, view))), True


def _lines(
    keys: Sequence[tuple[int, int]], known: Mapping[int, Place], store: Store, view: View
) -> Iterator[MergedEntry]:
    """What stands on a large day. Of most entries, which nobody copied and no rule asks about, only the head is read:
    their texts are looked at by none."""
    for some in batched(keys, _PAGE):
        heads = store.days.heads([key for key, group in some if key == group and key not in known])
        read = {head.key: _line(head, view) for head in heads if view.asks_nothing_of(head.source)}
        others = standing([pair for pair in some if pair[0] not in read], known, store, view)
        read |= {place.shown.key: _in_short(place) for place in others}
        yield from (read[key] for key, _ in some if key in read)


def _line(head: Head, view: View) -> MergedEntry:
    """An entry as `_in_short` has it, as far as a page shows it."""
    source = view.source(head.source)
    return MergedEntry(
        id=head.id,
        title=head.title,
        link=head.link,
        source=view.attribution(head.source),
        published=head.published,
        updated=head.published,
        language=head.language,
        tags=source.tags if source else (),
    )


def _told(feed: MergedFeed, those: Sequence[Place], tell: Callable[[Place], MergedEntry]) -> MergedFeed:
    """The feed as the river shows it; what no page shows is left as it is."""
    known = {place.entry.id: place for place in those}
    newest = (tell(known[one.id]) for one in feed.entries[: pages.RIVER_LENGTH])
    return replace(feed, entries=(*newest, *feed.entries[pages.RIVER_LENGTH :]))


def _tell(place: Place, telling: Telling, view: View) -> MergedEntry:
    """An entry with the first words that are its own: not those that its source repeats everywhere."""
    text = telling(place.shown, full=view.full_text(place.shown.source_key))
    return _in_short(place, view.excerpt(place.shown, text))


def _in_short(place: Place, excerpt: str = "") -> MergedEntry:
    """An entry without its content, which no page shows: a day of many sources is too much to be held."""
    return replace(place.entry, summary="", content="", excerpt=excerpt)
