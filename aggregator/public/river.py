"""The river: what came, by day of publication, as pages and as the index that their search reads.

`index.html` has the newest entries of the merged feed, `day/YYYY-MM-DD.html` each day whole. A day is written anew
while anything of it was accepted in the last 14 days of news; then it is closed and stays as it is, but for what is
withdrawn from it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import partial
from itertools import islice, pairwise

from aggregator.entries.view import View
from aggregator.public.members import WINDOW, Place, places
from aggregator.records import Config, LocalDate, MergedEntry, MergedFeed
from aggregator.render import pages
from aggregator.render.index import search_index
from aggregator.render.site import Site
from aggregator.store.sqlite import Store
from aggregator.store.texts import Telling

MOST_AT_ONCE = 31  # missing days that one publication makes, the newest first: a lost folder comes back by and by
REOPENED_FOR = timedelta(days=30)
MOST_A_DAY = 2000


def river_files(
    config: Config,
    store: Store,
    view: View,
    feed: MergedFeed,
    shown: Sequence[Place],
    *,
    tags: Mapping[str, str],
    stands: Callable[[str], bool],
    most: int = MOST_AT_ONCE,
) -> dict[str, bytes]:
    """`index.html`, `search.json` and the pages of days that are open or missing, of these at most so many.

    `shown` are the members of the merged feed `feed`, newest acceptance first; `tags` maps a tag to its folder.
    """
    site, newest = Site.of(config), store.digests.newest("")
    days = store.days.dates(config.timezone)
    tell = partial(_tell, telling=store.texts.of_many(), view=view)
    feed = _told(feed, shown, tell)
    missing = list(islice((on for on in reversed(days) if not stands(_name(on))), most))
    open_days = _open(shown, store, view).union(missing)
    made = _with_neighbours(days, open_days, stands)
    making = set(made)
    there = [on for on in days if on in making or stands(_name(on))]
    out = {
        "index.html": pages.river(
            feed, site=site, digest=newest.day if newest else None, tags=tags, pages=frozenset(there)
        ),
        "search.json": search_index(feed.entries, site=site, days=frozenset(there)),
    }
    for on in made:
        entries, place = _entries(on, config, store, view, tell), bisect_left(there, on)
        before, after = there[place - 1] if place else None, there[place + 1] if place + 1 < len(there) else None
        out[_name(on)] = pages.day(
            replace(feed, entries=entries), on, site=site, previous=before, following=after, tags=tags
        )
    return out


def _name(on: LocalDate) -> str:
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
    return [on for on in reversed(days) if on in wanted or (on in near and stands(_name(on)))]


def _entries(
    on: LocalDate, config: Config, store: Store, view: View, tell: Callable[[Place], MergedEntry]
) -> tuple[MergedEntry, ...]:
    start, end = (datetime.combine(day, time(), config.timezone) for day in (on, on + timedelta(days=1)))
    found = (place for _, place in places(store.days.published(start, end), store, view) if place)
    first = list(islice(found, pages.IN_FULL))
    rest = [_in_short(place) for place in islice(found, MOST_A_DAY - pages.IN_FULL)]
    return (*map(_in_short, first), *rest) if rest else tuple(map(tell, first))


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
