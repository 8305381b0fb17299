"""A store that is lost, or older than what it published: what stands in `public/` is put back, so that nothing is
announced twice.

An entry comes back under its id, at its place; when its feed brings it again it gets the publisher's guid and full
text, and no new date. A digest comes back with its bytes, and owns what it told. What no file tells (the backlog)
comes again from the feeds as backlog.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from aggregator import ledger
from aggregator.entries.duplicates import marks
from aggregator.entries.view import View
from aggregator.publish.published import Issue, Told, days, has_feed, issues, merged_feed, shown, stories, withdrawn
from aggregator.records import Config, Entry, Series
from aggregator.store.digests import Sealed
from aggregator.store.recovered import RECOVERED
from aggregator.store.rows import to_text
from aggregator.store.sqlite import Store
from aggregator.urls import public_address

_UNKNOWN = "urn:fow-aggregator:unknown-source"


@dataclass(frozen=True, slots=True)
class Recovery:
    """How much came back."""

    entries: int
    digests: int


def is_needed(config: Config, store: Store) -> bool:
    """Whether the outputs know more than the store: it never published, or a digest there is newer than its newest."""
    if store.meta("feed_id") is None:
        return has_feed(config.output) or any(days(_folder(config, one)) for one in config.every_series)
    return any(_is_behind(config, store, series) for series in config.every_series)


def _is_behind(config: Config, store: Store, series: Series) -> bool:
    there, newest = days(_folder(config, series)), store.digests.newest(series.name)
    return bool(there) and (newest is None or there[-1] > newest.day)


def _folder(config: Config, series: Series) -> Path:
    return config.output / ledger.folder(series.name)


def recover(config: Config, store: Store, now: datetime) -> Recovery:
    """Put back what `public/` tells and the store does not know, in one transaction."""
    sealed = {series.name: issues(_folder(config, series)) for series in config.every_series}
    feed = merged_feed(config.output)
    found = _in_order(feed, [issue for those in sealed.values() for issue in those])
    with store.transaction(durable=True):
        places = _Places(config, store, now, feed)
        keys = [(told, at, _put_back(told, at, places, store)) for told, at in found]
        digests = sum(_adopt(name, those, store) for name, those in sealed.items())
        _hide(keys, places, View(config, store.sources.states().values(), now), store)
        _tell_stories({told.entry.link: told.id for told, _ in found}, config, store)
        store.set_meta(RECOVERED, to_text(now))
    return Recovery(sum(key is not None for _, _, key in keys), digests)


def _in_order(feed: Iterable[Told], issues: Iterable[Issue]) -> list[tuple[Told, datetime]]:
    """Each entry once with the moment of its acceptance, oldest first: that of its digest, in its archive's month."""
    found: dict[str, Told] = {}
    owner: dict[str, Issue] = {}
    for issue in issues:
        for line in issue.lines:
            found.setdefault(line.id, line)
            owner.setdefault(line.id, issue)
    found |= {told.id: told for told in feed}
    rows = [(told, _accepted_at(told, owner.get(told.id))) for told in found.values()]
    return sorted(rows, key=lambda row: (row[1], row[0].published, -row[0].place, row[0].id))


def _accepted_at(told: Told, issue: Issue | None) -> datetime:
    """Within what its digest covers, and within the month of its archive."""
    at = told.published
    if issue is not None:
        at = min(max(at, issue.covers_from or at), issue.covers_to)
    if told.month is not None:
        year, month = told.month
        first = datetime(year, month, 1, tzinfo=UTC)
        at = min(max(at, first), first + timedelta(days=monthrange(year, month)[1], seconds=-1))
    return at


class _Places:
    """Which source an entry is of: by its feed's address, a private one, or where that is not told, by its title."""

    def __init__(self, config: Config, store: Store, now: datetime, feed: Iterable[Told]) -> None:
        states = store.sources.states()
        self.store = store
        self.now = now
        self.root = config.output
        self.series = [series.name for series in config.every_series]
        self._urls = {public_address(one.url): states[one.url].key for one in config.sources if not one.private}
        self._titles = {one.title: states[one.url].key for one in config.sources if one.title}
        self._addresses = {told.source_title: told.source_url for told in feed if told.source_url}
        private = [states[one.url].key for one in config.sources if one.private]
        self._only_private = private[0] if len(private) == 1 else None
        for told in feed:
            if told.source_url:
                store.recovered.name_source(self.of(told), told.source_title, told.source_site)

    def of(self, told: Told) -> int:
        url = told.source_url or self._addresses.get(told.source_title)
        if url is None:
            return self._titles.get(told.source_title, self._only_private if told.month else None) or self.unknown()
        return self._urls.get(url) or self.store.recovered.source(url, told.source_title, self.now)

    def unknown(self) -> int:
        """A source that is in no file: until its feed brings them, entries of nobody are shown nowhere."""
        return self.store.recovered.source(_UNKNOWN, "", self.now)


def _put_back(told: Told, at: datetime, places: _Places, store: Store) -> int | None:
    """The key of the entry, None where the store knew it."""
    entry = told.entry
    key = store.recovered.add(told.id, places.of(told), entry, told.published, told.changed, at)
    if key:
        store.entries.set_marks(key, marks(entry))
    return key or None


def _tell_stories(ids: Mapping[str | None, str], config: Config, store: Store) -> None:
    """Entries link to each other again as they did; `ids` are those of what was published, by address."""
    for addresses in stories(config.output):
        store.stories.tell(key for one in addresses if one in ids and (key := store.recovered.key(ids[one])))


def _adopt(series: str, those: list[Issue], store: Store) -> int:
    """The digests that the store does not know, with their bytes and their entries.

    Where digests are missing between those that are left, what is older than the newest one covers was in them.
    """
    new = [issue for issue in those if store.digests.on(series, issue.day) is None]
    for issue in new:
        sealed = Sealed(0, series, issue.day, issue.covers_from, issue.covers_to, issue.shown, issue.reading_time_s)
        keys = {store.recovered.key(line.id) for line in issue.lines}
        free = sorted(key for key in keys if key is not None and store.digests.owner(series, key) is None)
        store.digests.seal(sealed, free, issue.files, issue.covers_to)
    newest = store.digests.newest(series) if new else None
    if newest is not None and newest.covers_from is not None and not _is_unbroken(those):
        store.recovered.owned_until(series, newest.key, newest.covers_from)
    return len(new)


def _is_unbroken(those: list[Issue]) -> bool:
    return those[0].covers_from is None and all(b.covers_from == a.covers_to for a, b in pairwise(those))


def _hide(keys: list[tuple[Told, datetime, int | None]], places: _Places, view: View, store: Store) -> None:
    """What was withdrawn by hand never returns by itself, and no digest counts it again.

    It left a tombstone, which says what was forgotten; or is missing from the merged feed among entries that stand
    there, though no rule hides it.
    """
    newest = [one for name in places.series if (one := store.digests.newest(name))]
    owners = [(digest.series, digest.key) for digest in newest]
    there, gone = shown(places.root), withdrawn(places.root)
    since = min((at for told, at, _ in keys if told.id in there), default=None)
    missing = {key for told, at, key in keys if key and since and told.id not in there and at >= since}
    by_rule = {stored.key for stored in store.entries.get(missing) if not view.is_shown(stored)}
    for key in missing - by_rule - {store.recovered.key(name) for name in gone}:
        store.recovered.hide(key, None, places.now, owners)
    for name, stone in gone.items():
        nothing, when = Entry(name, None, None, "Withdrawn", "", "", ""), stone.when
        key = store.recovered.key(name) or store.recovered.add(name, places.unknown(), nothing, when, when, when)
        if stone.forgotten:
            store.withdrawn.forget([key], when)
            store.recovered.leave(key, when, owners)
        elif key not in by_rule:  # which may let it go
            store.recovered.hide(key, when, places.now, owners)
