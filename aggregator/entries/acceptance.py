"""Acceptance: recorded entries get their place in the order and in their group, in one deterministic step.

Of several copies met together the one of the source that stands first in feeds.yaml leads, because the store hands
waiting entries out in that order; network timing decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from aggregator.entries.duplicates import same_text
from aggregator.entries.identity import names_a_page
from aggregator.records import Standing, StoredEntry, Waiting


class Shelf(Protocol):
    """What acceptance asks of the store."""

    def by_url(self, canonical_url: str) -> list[StoredEntry]:
        """Accepted entries with this canonical URL."""

    def by_marks(self, marks: Iterable[int], /) -> list[StoredEntry]:
        """Accepted entries that share enough marks to be candidates, best first."""

    def members(self, group: int) -> list[StoredEntry]:
        """The entries of a group in order of acceptance."""

    def get(self, keys: Iterable[int]) -> list[StoredEntry]:
        """Entries by key."""


def place(one: Waiting, shelf: Shelf, is_shown: Callable[[StoredEntry], bool]) -> tuple[Standing, int]:
    """The standing and the group of a waiting entry.

    Folding never hides what nobody was shown: a copy of an entry that is backlog, hidden, held or of a removed
    source is news itself, under the id of the group. Backlog stays backlog. A copy of a forgotten entry is forgotten.
    """
    group = _group(one, shelf)
    if group is None:
        return one.standing, one.key
    members = shelf.members(group)
    if any(member.standing == "forgotten" for member in members):
        return "forgotten", group
    if one.standing == "backlog":
        return "backlog", group
    return ("folded" if any(map(is_shown, members)) else "news"), group


def _group(one: Waiting, shelf: Shelf) -> int | None:
    """The group that an entry of another source belongs to as a copy."""
    copies = (*_same_page(one, shelf), *_same_text(one, shelf))
    return next((other.group for other in copies if other.source_key != one.source_key), None)


def _same_page(one: Waiting, shelf: Shelf) -> list[StoredEntry]:
    """Copies by their address; one that a source gives to several of its entries is no article's own."""
    url = one.canonical_url
    others = shelf.by_url(url) if url and names_a_page(url) else []
    sources = [one.source_key, *(other.source_key for other in others)]
    return others if len(set(sources)) == len(sources) else []


def _same_text(one: Waiting, shelf: Shelf) -> Iterator[StoredEntry]:
    """Copies by their text, which is read only where marks say that there may be one."""
    if candidates := shelf.by_marks(one.marks):
        entry = shelf.get([one.key])[0].entry
        yield from (other for other in candidates if same_text(entry, other.entry))
