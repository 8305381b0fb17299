"""What stands in the merged feed, what would if nothing hid it, and what is remembered of a publication."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from html import escape
from itertools import chain, islice

from aggregator.batched import batched
from aggregator.entries.stories import MOST_DAYS
from aggregator.entries.view import View
from aggregator.records import Config, MergedEntry, MergedFeed, StoredEntry
from aggregator.store.sqlite import Store

LEAST, MOST = 200, 1000
WINDOW = timedelta(days=14)
FULL_BYTES = 2 * 2**20
FRAME_BYTES = 1500  # what an entry takes besides its content
NEVER = datetime(1995, 1, 1, tzinfo=UTC)
MOST_RELATED = 5  # links of an entry: a story of twenty reports would else be told twenty times in each of them
_PAGE, _FEW = 200, 10


@dataclass(frozen=True, slots=True)
class Place:
    """A group in the merged feed: the entry, the copy that it shows, and when that was accepted."""

    entry: MergedEntry
    shown: StoredEntry
    accepted_at: datetime

    @property
    def group(self) -> int:
        """The key of the entry that leads the group."""
        return self.shown.group

    @property
    def accepted(self) -> int:
        """The place of the copy in the order of acceptance."""
        return self.shown.accepted

    @property
    def changed_at(self) -> datetime:
        """When it last changed for readers: edited, or accepted."""
        return max(self.entry.updated, self.accepted_at)


@dataclass(frozen=True, slots=True)
class Members:
    """The merged feed: what stands in it, and the groups that would if nothing hid them."""

    places: list[Place]
    hidden: tuple[int, ...]


def members(store: Store, view: View) -> Members:
    """The members of the merged feed, newest acceptance first: all of the last 14 days, at least 200, at most 1,000.

    The 14 days end at the newest acceptance, not at the clock, so that the passing of time alone changes nothing.
    """
    found: list[Place] = []
    hidden: dict[int, None] = {}
    newest = store.entries.newest_accepted(page=_PAGE)
    most, rest = places(islice(newest, MOST), store, view), places(newest, store, view, page=_FEW)
    for stored, place in chain(most, rest):  # of the rest one is enough to end it
        if place is None:
            hidden[stored.group] = None
        elif len(found) >= MOST or (len(found) >= LEAST and place.accepted_at < found[0].accepted_at - WINDOW):
            break
        else:
            found.append(place)
    return Members(found, tuple(hidden))


def places(
    entries: Iterable[StoredEntry], store: Store, view: View, page: int = _PAGE
) -> Iterator[tuple[StoredEntry, Place | None]]:
    """Each group where its representative stands, and without a place each member of a group that is hidden; so many
    entries are read at once."""
    for some in batched(entries, page):
        groups = store.entries.groups(some)
        links = related(groups, store, view)
        for stored in some:
            group = groups[stored.group]
            shown = view.representative(group)
            if shown is None:
                yield stored, None
            elif shown.key == stored.key and (place := _place(shown, group, links.get(stored.group, ()), view)):
                yield stored, place


def standing(keys: Sequence[tuple[int, int]], known: Mapping[int, Place], store: Store, view: View) -> Iterator[Place]:
    """The places of entries in their order, given as keys with those of their groups: `known` ones, by group, are not
    read again."""
    for some in batched(keys, _PAGE):
        others = store.entries.get(key for key, group in some if group not in known)
        read = {stored.key: place for stored, place in places(others, store, view) if place}
        for key, group in some:
            place = known.get(group) or read.get(key)
            if place and place.shown.key == key:
                yield place


def place_of(group: Sequence[StoredEntry], links: Iterable[StoredEntry], view: View) -> Place | None:
    """An accepted group with what it links to; None where the view hides it."""
    shown = view.representative(group)
    return _place(shown, group, links, view) if shown else None


def _place(shown: StoredEntry, group: Sequence[StoredEntry], links: Iterable[StoredEntry], view: View) -> Place | None:
    at = shown.accepted_at
    return Place(view.merged_as(shown, group, links), shown, at) if at else None


def related(
    groups: Mapping[int, Sequence[StoredEntry]], store: Store, view: View
) -> dict[int, tuple[StoredEntry, ...]]:
    """What each group links to, by its key: the others of its story as the view shows them, nearest in time first.

    They are at most 5, dated at most 14 days apart. Groups without a story are left out; most have none, and all
    together cost one query.
    """
    mates = store.stories.mates(groups)
    others = {other for those in mates.values() for other in those}
    known = {**groups, **store.entries.by_groups(others.difference(groups))} if others else groups
    shown = {key: view.representative(known[key]) for key in others.union(mates)}
    return {
        key: _nearest(own, (shown[other] for other in those))
        for key, those in mates.items()
        if (own := shown[key]) is not None
    }


def _nearest(own: StoredEntry, others: Iterable[StoredEntry | None]) -> tuple[StoredEntry, ...]:
    def distance(other: StoredEntry) -> timedelta:
        return abs(other.published - own.published)

    near = [other for other in others if other is not None and distance(other) <= timedelta(days=MOST_DAYS)]
    return tuple(sorted(near, key=lambda other: (distance(other), -other.accepted))[:MOST_RELATED])


def noted(store: Store, view: View) -> Members:
    """The members at a publication, which remembers what it shows, and since when it hides what it once showed."""
    found = members(store, view)
    with store.transaction():
        store.withdrawn.note((place.group for place in found.places), found.hidden, view.now)
    return found


def as_feed(config: Config, feed_id: str, places: list[Place], self_url: str, most: float = FULL_BYTES) -> MergedFeed:
    """Places as a feed, newest first by date; over `most` bytes the oldest lose their content, not their place."""
    newest_first = sorted(places, key=lambda place: (place.entry.published, place.accepted), reverse=True)
    size, entries = FRAME_BYTES * len(places), []
    for place in newest_first:
        if size <= most:  # from the first that goes over it on, none has its content
            size += len(escape(place.entry.content + place.entry.summary).encode("utf-8", "replace"))
        entries.append(place.entry if size <= most else replace(place.entry, content="", summary=""))
    updated = max((place.changed_at for place in places), default=NEVER)
    return MergedFeed(feed_id, config.title, config.link, self_url, updated, tuple(entries), hub=config.hub)
