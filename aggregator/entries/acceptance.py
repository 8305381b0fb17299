"""Acceptance: recorded entries get their place in the order and in their group, in one deterministic step.

Of several copies met together the one of the source that stands first in feeds.yaml leads, because the store hands
waiting entries out in that order; network timing decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from aggregator.entries.duplicates import same_text
from aggregator.entries.normalize import names_a_page
from aggregator.records import Standing, StoredEntry


class Shelf(Protocol):
    """What acceptance asks of the store."""

    def by_url(self, canonical_url: str) -> list[StoredEntry]:
        """Accepted entries with this canonical URL."""

    def by_marks(self, marks: Iterable[int]) -> list[StoredEntry]:
        """Accepted entries that share enough marks to be candidates, best first."""

    def members(self, group: int) -> list[StoredEntry]:
        """The entries of a group in order of acceptance."""


def place(
    stored: StoredEntry, marks: Iterable[int], shelf: Shelf, is_shown: Callable[[StoredEntry], bool]
) -> tuple[Standing, int]:
    """The standing and the group of a waiting entry with these marks.

    Folding never hides what nobody was shown: a copy of an entry that is backlog, hidden, held or of a removed
    source is news itself, under the id of the group. Backlog stays backlog. A copy of a forgotten entry is forgotten.
    """
    group = _group(stored, marks, shelf)
    if group is None:
        return stored.standing, stored.key
    members = shelf.members(group)
    if any(one.standing == "forgotten" for one in members):
        return "forgotten", group
    if stored.standing == "backlog":
        return "backlog", group
    return ("folded" if any(map(is_shown, members)) else "news"), group


def _group(stored: StoredEntry, marks: Iterable[int], shelf: Shelf) -> int | None:
    """The group that an entry of another source belongs to as a copy."""
    copies = (*_same_page(stored, shelf), *_same_text(stored, marks, shelf))
    return next((other.group for other in copies if other.source_key != stored.source_key), None)


def _same_page(stored: StoredEntry, shelf: Shelf) -> list[StoredEntry]:
    """Copies by their address; one that a source gives to several of its entries is no article's own."""
    url = stored.entry.canonical_url
    others = shelf.by_url(url) if url and names_a_page(url) else []
    sources = [stored.source_key, *(other.source_key for other in others)]
    return others if len(set(sources)) == len(sources) else []


def _same_text(stored: StoredEntry, marks: Iterable[int], shelf: Shelf) -> Iterator[StoredEntry]:
    return (other for other in shelf.by_marks(marks) if same_text(stored.entry, other.entry))
