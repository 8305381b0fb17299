"""What stands in the merged feed, what would if nothing hid it, and what is remembered of a publication."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.entries.view import View
from aggregator.records import MergedEntry, StoredEntry
from aggregator.store.sqlite import Store

LEAST, MOST = 200, 1000
WINDOW = timedelta(days=14)


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
    for stored, place in places(store.entries.newest_accepted(), store, view):
        if place is None:
            hidden[stored.group] = None
        elif len(found) >= MOST or (len(found) >= LEAST and place.accepted_at < found[0].accepted_at - WINDOW):
            break
        else:
            found.append(place)
    return Members(found, tuple(hidden))


def places(entries: Iterable[StoredEntry], store: Store, view: View) -> Iterator[tuple[StoredEntry, Place | None]]:
    """Each group where its representative stands, and without a place each member of a group that is hidden."""
    for stored in entries:
        group = store.entries.members(stored.group) or [stored]
        shown = view.representative(group)
        if shown is None:
            yield stored, None
        elif shown.key == stored.key and (entry := view.merged(group)) and stored.accepted_at is not None:
            yield stored, Place(entry, stored, stored.accepted_at)


def noted(store: Store, view: View) -> Members:
    """The members at a publication, which remembers what it shows, and since when it hides what it once showed."""
    found = members(store, view)
    with store.transaction():
        store.withdrawn.note((place.group for place in found.places), found.hidden, view.now)
    return found
