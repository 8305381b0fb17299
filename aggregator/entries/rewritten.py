"""Old entries in a flood under new guids, links and titles, found by what is left of their text.

Looked for only where something would be held: elsewhere a wrong find would lose a new entry and overwrite an old one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Protocol

from aggregator.entries.duplicates import marks, same_text
from aggregator.records import Entry, StoredEntry

MOST = 6  # candidates that are looked at: what resembles more is a form that is filled in


class Shelf(Protocol):
    """What is asked of the store."""

    def by_marks(self, marks: Iterable[int], most: int, /) -> list[StoredEntry]:
        """Accepted entries that share enough marks to be candidates, best first."""


def near_copies(entries: Iterable[Entry], source_key: int, shelf: Shelf) -> dict[str, int]:
    """By the guid of an entry the key of the accepted one of its source that says nearly the same (duplicates.py).

    What is like several, or several are like, says nothing: many sources fill in forms.
    """
    found: dict[str, int] = {}
    for entry in entries:
        candidates = (old for old in shelf.by_marks(marks(entry), MOST) if old.source_key == source_key)
        like = [old.key for old in candidates if same_text(entry, old.entry)]
        if len(like) == 1:
            found[entry.guid] = like[0]
    claims = Counter(found.values())
    return {guid: key for guid, key in found.items() if claims[key] == 1}
