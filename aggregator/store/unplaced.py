"""Backlog whose texts were read after it was accepted (polling/backlog.py): its copies are still to be found."""

from __future__ import annotations

from aggregator.records import Waiting
from aggregator.store.protocol import Connection
from aggregator.store.rows import unpack_marks

_THOSE = "source = ? AND standing = 'backlog' AND accepted > 0 AND marks IS NOT NULL"


class Unplaced:
    """The entries whose marks wait for that; those of one source at a time."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def of(self, source: int) -> list[tuple[Waiting, bool]]:
        """The entries of a source, each with whether it may join its copies.

        What copies joined, or the user hid, stays in its group.
        """
        rows = self._sql.execute(
            "SELECT key, source, canonical_url, title, standing, marks, "
            "(SELECT count(*) FROM entries m WHERE m.grp = e.key) = 1 "
            f"AND NOT EXISTS (SELECT 1 FROM hidden h WHERE h.entry = e.key) FROM entries e WHERE {_THOSE} ORDER BY key",
            (source,),
        )
        return [
            (Waiting(key, source, url, title, standing, unpack_marks(marks)), bool(is_free))
            for key, source, url, title, standing, marks, is_free in rows
        ]

    def join(self, key: int, group: int) -> None:
        """Give an entry the group in which its copies are (inside a transaction)."""
        self._sql.execute("UPDATE entries SET grp = ? WHERE key = ?", (group, key))

    def mark_placed(self, source: int) -> None:
        """The copies of all entries of a source are found (inside a transaction)."""
        self._sql.execute(f"UPDATE entries SET marks = NULL WHERE {_THOSE}", (source,))
