"""What changed since the files under `public/` were written: noted by triggers, so that no path can forget it."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from aggregator.batched import batched
from aggregator.store.protocol import Connection, holes

_AT_ONCE = 500
_READ = (
    "SELECT t.number, t.entry, EXISTS (SELECT 1 FROM entries e JOIN entries m ON m.grp = e.grp "
    "WHERE e.key = t.entry AND m.standing <> 'backlog') FROM touched t"
)


@dataclass(frozen=True, slots=True)
class Changes:
    """What was touched, in these notes: accepted entries by key, a digest, or `anything` (how a source is named).

    Backlog whose text is nobody else's stands in no file: there may be notes, and nothing to be written.
    """

    notes: Sequence[int]
    entries: frozenset[int]
    digest: bool = False
    anything: bool = False

    def __bool__(self) -> bool:
        return self.of_entries or self.digest

    @property
    def of_entries(self) -> bool:
        """Whether what entries say, or how their sources are named, may be told otherwise now."""
        return bool(self.entries) or self.anything


class Touched:
    """The notes themselves; a publication clears those that it has read."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def read(self) -> Changes:
        """What was touched and is not cleared."""
        notes, found = array("q"), set[int]()  # of a first pass over many sources there are a hundred thousand
        for number, entry, matters in self._sql.execute(_READ):
            notes.append(number)
            if matters or entry <= 0:
                found.add(entry)
        return Changes(notes, frozenset(found - {0, -1}), -1 in found, 0 in found)

    def groups(self, keys: Collection[int]) -> frozenset[int]:
        """The groups of accepted entries, without those that are backlog alone: no feed ever had them."""
        found = set[int]()
        for some in batched(sorted(keys), _AT_ONCE):
            rows = self._sql.execute(
                "SELECT DISTINCT m.grp FROM entries e JOIN entries m ON m.grp = e.grp "
                f"WHERE e.key IN ({holes(some)}) AND m.standing <> 'backlog'",
                some,
            )
            found.update(group for (group,) in rows)
        return frozenset(found)

    def note_news(self, source: int) -> None:
        """What a source brought may be told in other words now (inside a transaction)."""
        self._sql.execute(
            "INSERT INTO touched (entry) SELECT key FROM entries "
            "WHERE source = ? AND accepted > 0 AND standing IN ('news', 'folded')",
            (source,),
        )

    def clear(self, changes: Changes) -> None:
        """Let go of what is published now (inside a transaction); what was touched since stays, whatever its number."""
        self._sql.executemany("DELETE FROM touched WHERE number = ?", ((note,) for note in changes.notes))
