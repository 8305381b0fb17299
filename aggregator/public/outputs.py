"""What stands in `public/`: from the store to a mapping of file names to bytes. Nothing new, nothing different.

No clock decides a byte of a feed or a page: their times are those of entries. Only `status.*` tell of the last pass.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from uuid import NAMESPACE_URL, uuid5

from aggregator import ledger
from aggregator.entries.view import View
from aggregator.public import SOURCES, TRENDS, TRENDS_MADE
from aggregator.public.archives import Grown, archives, newest_archive
from aggregator.public.members import FULL_BYTES, NEVER, Members, Place, as_feed, members
from aggregator.public.paged import Paged, year_as_of
from aggregator.public.river import river_files
from aggregator.publish.pieces import Data
from aggregator.records import Config, MergedFeed, Tombstone
from aggregator.render import pages
from aggregator.render.feed import atom, rss
from aggregator.render.jsonfeed import json_feed
from aggregator.render.merged import Once
from aggregator.render.opml import opml
from aggregator.render.site import Site
from aggregator.store.digests import Sealed
from aggregator.store.sqlite import Store

TOMBSTONES_FOR = timedelta(days=30)
DIGESTS_IN_FEED = 60
KINDS = ("html", "md", "txt", "json", "epub")
STYLE = "feed.css"


def is_feed(name: str) -> bool:
    """Whether a file is the merged feed or that of a tag: of what was accepted, whatever was sealed since."""
    return name in ("atom.xml", "rss.xml", "feed.json") or name.startswith("tags/")


def files(
    config: Config,
    store: Store,
    view: View,
    stands: Callable[[str], bool],
    *,
    found: Members | None = None,
    grown: Mapping[str, Grown] | None = None,
    paged: Paged | None = None,
    feeds: bool = True,
) -> dict[str, Data]:
    """Every file but `status.*`. `stands` tells whether a file is there already: closed months and sealed digests
    are written once. `found` is `members`, where the caller has it already; `grown` are archives that need only
    what changed in them, `paged` the pages of days that need not be made again; without `feeds` the merged feed and
    those of tags stand as they would be made."""
    feed_id, once = store.meta("feed_id") or "", Once()
    shown = (found or members(store, view)).places
    feed = replace(as_feed(config, feed_id, shown, f"{config.link}atom.xml", FULL_BYTES if feeds else 0), style=STYLE)
    feed = replace(feed, prev_archive=newest_archive(config, store))
    out: dict[str, Data] = {**static_files(config)}
    if feeds:
        tombstones = store.withdrawn.tombstones(view.midnight - TOMBSTONES_FOR)
        out["atom.xml"] = atom(_with_tombstones(feed, tombstones), once)
        out["rss.xml"] = rss(feed, self_url=f"{config.link}rss.xml", once=once)
        out["feed.json"] = json_feed(feed, self_url=f"{config.link}feed.json", once=once)
    if not stands(SOURCES):
        named = ((view.attribution(key), source.tags) for key, source in view.sources())
        out[SOURCES] = opml(config.title, list(named))
    out |= dict(archives(config, store, view, stands, grown or {}, shown=shown, once=once))
    tags = {tag: tag_folder(tag) for place in shown for tag in place.entry.tags}
    out |= {
        f"tags/{folder}/atom.xml": _tag_feed(config, feed_id, those, folder, once)
        for folder, those in (_by_folder(shown, tags) if feeds else {}).items()
    }
    if not stands(TRENDS) or store.meta(TRENDS_MADE) != year_as_of(store, view):
        from aggregator.public.year import trends_files  # noqa: PLC0415 (50 ms, for a page that is made once a day)

        out |= trends_files(config, store, view, stands)
    out |= river_files(config, store, view, feed, shown, tags=tags, stands=stands, paged=paged or Paged({}, ()))
    return out | digest_files(config, store, stands)


def _with_tombstones(feed: MergedFeed, tombstones: tuple[Tombstone, ...]) -> MergedFeed:
    """The feed with what was withdrawn from it; the newest withdrawal is a change of the feed."""
    return replace(feed, tombstones=tombstones, updated=max([feed.updated, *(one.when for one in tombstones)]))


def static_files(config: Config) -> dict[str, bytes]:
    """What no entry changes."""
    site = Site.of(config)
    return {
        "style.css": pages.style(site),
        STYLE: pages.feed_style(site),
        "river.js": pages.script(site),
        "favicon.svg": pages.favicon(site),
        "404.html": pages.not_found(site=site),
    }


def digest_files(config: Config, store: Store, stands: Callable[[str], bool]) -> dict[str, bytes]:
    """The digests of all series from their stored bytes; a file that stands is not read again, the newest one is."""
    out: dict[str, bytes] = {}
    for series in config.every_series:
        folder, sealed = ledger.folder(series.name), store.digests.all(series.name)
        for one in sealed:
            out |= dict(_issue(store, one, (lambda _: False) if one is sealed[-1] else stands))
        if sealed:
            out[f"{folder}latest.html"] = pages.latest(out[f"{folder}{sealed[-1].day}.html"])
        title = f"{config.title}: {series.name or 'the daily digest'}"
        out[f"{folder}index.html"] = pages.calendar(
            title,
            [(one.day, max(1, round(one.reading_time_s / 60)), one.shown) for one in sealed],
            site=Site.of(config),
            series=series.name,
            every_series=[one.name for one in config.every_series],
        )
        out[f"{folder}atom.xml"] = _digest_feed(config, store, folder, title, sealed)
    return out


def issue_files(store: Store, sealed: Sealed) -> dict[str, bytes]:
    """The files of one sealed digest, byte for byte as they were."""
    return dict(_issue(store, sealed, lambda _: False))


def tag_folder(tag: str) -> str:
    """Lower case, letters and digits of any script kept, the rest `-`."""
    return re.sub(r"[\W_]+", "-", tag.lower()).strip("-") or "-"


def _issue(store: Store, sealed: Sealed, stands: Callable[[str], bool]) -> Iterator[tuple[str, bytes]]:
    """The files of a digest that do not stand; those of an older one are fewer kinds."""
    for kind in KINDS:
        name = f"{ledger.folder(sealed.series)}{sealed.day}.{kind}"
        if not stands(name) and (data := store.digests.file(sealed.key, kind)) is not None:
            yield name, data


def _digest_feed(config: Config, store: Store, folder: str, title: str, sealed: list[Sealed]) -> bytes:
    entries = tuple(ledger.as_entry(one, store, config) for one in reversed(sealed[-DIGESTS_IN_FEED:]))
    updated = max((entry.updated for entry in entries), default=NEVER)
    return atom(
        MergedFeed(
            _own_id(store.meta("feed_id") or "", folder),
            title,
            f"{config.link}{folder}",
            f"{config.link}{folder}atom.xml",
            updated,
            entries,
            style="../" * folder.count("/") + STYLE,
        )
    )


def _own_id(feed_id: str, folder: str) -> str:
    """The id of a further feed of ours: made of the main feed's id and its folder, so it never changes."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, f'{feed_id}/{folder}')}"


def _by_folder(places: Iterable[Place], folders: Mapping[str, str]) -> dict[str, list[tuple[Place, str]]]:
    """The places under each folder of a tag, with the tag that brought them there."""
    found: dict[str, list[tuple[Place, str]]] = {folder: [] for folder in folders.values()}
    for place in places:
        for tag in place.entry.tags:
            found[folders[tag]].append((place, tag))
    return found


def _tag_feed(config: Config, feed_id: str, tagged: list[tuple[Place, str]], folder: str, once: Once) -> bytes:
    """The entries of a tag; tags that are written alike in a folder's name ("AI", "ai") share its feed."""
    own = list({place.accepted: place for place, _ in tagged}.values())
    feed = as_feed(config, _own_id(feed_id, f"tags/{folder}/"), own, f"{config.link}tags/{folder}/atom.xml")
    title = f"{config.title}: {min(tag for _, tag in tagged)}"
    return atom(replace(feed, title=title, hub=None, style=f"../../{STYLE}"), once)
