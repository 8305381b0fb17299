"""Which groups of entries are one story, as digests told them; a story that is told again takes in what is new."""

from __future__ import annotations

from collections.abc import Iterable

from aggregator.store.protocol import Connection, holes


class Stories:
    """A row for each group that was told together with another one. Groups are named by their keys."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def tell(self, groups: Iterable[int]) -> None:
        """These are one story, with all that any of them was told with before (inside a transaction)."""
        wanted = tuple(sorted(set(groups)))
        if len(wanted) < 2:
            return
        rows = self._sql.execute(f"SELECT DISTINCT story FROM stories WHERE grp IN ({holes(wanted)})", wanted)
        before = sorted(row[0] for row in rows)
        story = before[0] if before else wanted[0]
        self._sql.executemany("UPDATE stories SET story = ? WHERE story = ?", [(story, other) for other in before[1:]])
        self._sql.executemany(
            "INSERT INTO stories VALUES (?, ?) ON CONFLICT DO NOTHING", [(group, story) for group in wanted]
        )

    def mates(self, groups: Iterable[int]) -> dict[int, list[int]]:
        """The other groups of the story of each of these, as far as they have one; one query for all."""
        wanted = tuple(groups)
        rows = self._sql.execute(
            "SELECT a.grp, b.grp FROM stories a JOIN stories b ON b.story = a.story AND b.grp <> a.grp "
            f"WHERE a.grp IN ({holes(wanted)}) ORDER BY a.grp, b.grp",
            wanted,
        )
        found: dict[int, list[int]] = {}
        for group, other in rows:
            found.setdefault(group, []).append(other)
        return found
