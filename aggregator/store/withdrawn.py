"""What is shown no more: hidden by hand, forgotten at a publisher's wish, and the tombstones that this leaves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from aggregator.records import Entry, Tombstone
from aggregator.store.protocol import Connection, holes
from aggregator.store.rows import pack_entry, to_text
from aggregator.store.search import Search

FORGOTTEN = "Forgotten"
MOST_TOMBSTONES = 1000


class Withdrawn:
    """Hiding, forgetting, and what the merged feed once showed. Groups stand for all copies of an entry."""

    def __init__(self, connection: Connection, search: Search, overwrite: Callable[[], object]) -> None:
        self._sql, self._search, self._overwrite = connection, search, overwrite

    def hide(self, groups: Iterable[int], now: datetime) -> int:
        """Never show these groups again, whatever copies come; how many were not hidden before."""
        rows = [(group, to_text(now)) for group in groups]
        self._leave_tombstones((group for group, _ in rows), now)
        return self._sql.executemany("INSERT INTO hidden VALUES (?, ?) ON CONFLICT DO NOTHING", rows).rowcount

    def unhide(self, groups: Iterable[int]) -> int:
        """Take the hiding of these groups back; how many were hidden."""
        rows = [(group,) for group in groups]
        self._sql.executemany("UPDATE appeared SET withdrawn_at = NULL WHERE entry = ?", rows)
        return self._sql.executemany("DELETE FROM hidden WHERE entry = ?", rows).rowcount

    def forget(self, keys: Iterable[int], now: datetime) -> None:
        """Let go of all that these entries say, and of the raw bodies that said it; what recognises them stays.

        Left are id, guid, address, date, a hash of the title and one of the content: they never return, though their
        feed still carries them. What is deleted is overwritten where the database can. Sealed digests keep their bytes.
        """
        from aggregator.entries.recognition import title_mark  # noqa: PLC0415 (who only looks into the store waits for no patterns)

        self._overwrite()
        wanted = list(keys)
        rows = self._sql.execute(
            "SELECT key, guid, canonical_url, title, source FROM entries "
            f"WHERE standing <> 'forgotten' AND key IN ({holes(wanted)})",
            wanted,
        ).fetchall()
        for key, guid, url, title, source in rows:
            self._sql.execute(
                "UPDATE entries SET standing = 'forgotten', title = ?, data = ?, marks = NULL WHERE key = ?",
                (title_mark(title), pack_entry(Entry(guid, url, None, FORGOTTEN, "", "", "")), key),
            )
            self._sql.execute("DELETE FROM marks WHERE entry = ?", (key,))
            self._sql.execute("DELETE FROM bodies WHERE source = ?", (source,))
            self._sql.execute("DELETE FROM learned WHERE source = ?", (source,))
            self._sql.execute("DELETE FROM signs WHERE source = ?", (source,))
        self._search.take(wanted)  # which still needs the texts of their pages, to let go of their words
        self._sql.executemany("DELETE FROM articles WHERE entry = ?", [(row[0],) for row in rows])
        self._leave_tombstones(wanted, now)

    def note(self, shown: Iterable[int], hidden: Iterable[int], now: datetime) -> None:
        """What a publication shows, and what it hides: groups. Of the hidden, those that appeared leave a tombstone;
        one that is shown again has none."""
        self._sql.executemany(
            "INSERT INTO appeared VALUES (?, NULL) ON CONFLICT (entry) DO UPDATE SET withdrawn_at = NULL "
            "WHERE appeared.withdrawn_at IS NOT NULL",
            [(group,) for group in shown],
        )
        self._leave_tombstones(hidden, now)

    def _leave_tombstones(self, groups: Iterable[int], now: datetime) -> None:
        self._sql.executemany(
            "UPDATE appeared SET withdrawn_at = ? WHERE entry = ? AND withdrawn_at IS NULL",
            [(to_text(now), group) for group in groups],
        )

    def tombstones(self, since: datetime) -> tuple[Tombstone, ...]:
        """What was withdrawn from the merged feed after `since`, newest first, and all that was ever forgotten.

        Should the store be lost, the outputs still tell what must not return.
        """
        rows = self._sql.execute(
            "SELECT e.id, a.withdrawn_at, e.standing = 'forgotten' AS forgotten FROM appeared a "
            "JOIN entries e ON e.key = a.entry WHERE a.withdrawn_at IS NOT NULL "
            "AND (a.withdrawn_at > ? OR e.standing = 'forgotten') "
            "ORDER BY forgotten DESC, a.withdrawn_at DESC, e.key DESC LIMIT ?",
            (to_text(since), MOST_TOMBSTONES),
        )
        stones = [Tombstone(name, datetime.fromisoformat(at), bool(forgotten)) for name, at, forgotten in rows]
        return tuple(sorted(stones, key=lambda stone: stone.when, reverse=True))
