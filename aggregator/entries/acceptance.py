"""Acceptance: recorded entries get their place in the order and in their group, in one deterministic step.

Of several copies met together the one of the source that stands first in feeds.yaml leads, because the store hands
waiting entries out in that order; network timing decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from aggregator.entries.duplicates import same_text
from aggregator.entries.identity import names_a_page
from aggregator.records import Standing, StoredEntry, Waiting


class Shelf(Protocol):
    """What acceptance asks of the store."""

    def by_url(self, canonical_url: str) -> Iterable[tuple[int, int, int]]:
        """The source, the place in the order and the group of the accepted entries with this canonical URL."""

    def by_marks(self, marks: Iterable[int], /, *, not_of: int) -> list[StoredEntry]:
        """Accepted entries that share enough marks to be candidates, best first, without those of one source."""

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
    """The group that an entry of another source belongs to as a copy; texts are read where no address tells."""
    group = _by_page(one, shelf)
    return _by_text(one, shelf) if group is None else group


def _by_page(one: Waiting, shelf: Shelf) -> int | None:
    """The group of the first copy by its address; one that a source gives to several of its entries is no article's
    own. Nothing is looked at beyond the first source that has it twice: such an address may be that of thousands.
    """
    found: dict[int, tuple[int, int]] = {}
    url = one.canonical_url
    for source, accepted, group in shelf.by_url(url) if url and names_a_page(url) else ():
        if source == one.source_key or source in found:
            return None
        found[source] = (accepted, group)
    return min(found.values())[1] if found else None


def _by_text(one: Waiting, shelf: Shelf) -> int | None:
    """The group of the best copy by its text, which is read only where marks say that another source may have one."""
    candidates = shelf.by_marks(one.marks, not_of=one.source_key)
    entry = shelf.get([one.key])[0].entry if candidates else None
    return next((other.group for other in candidates if entry and same_text(entry, other.entry)), None)
