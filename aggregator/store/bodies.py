"""The raw bodies that are kept of each source, with what is needed to read them again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator import __version__
from aggregator.records import Entry, Response
from aggregator.store.packing import compress, decompress
from aggregator.store.protocol import Connection
from aggregator.store.rows import pack_entry, to_text

_KEPT = timedelta(days=30)
_MOST_BYTES = 2**30


@dataclass(frozen=True, slots=True)
class Body:
    """A raw body as it came; `url` is None in a store of an older version, which did not keep it."""

    source: int
    data: bytes
    fetched_at: datetime
    url: str | None = None
    content_type: str | None = None


class Bodies:
    """The bodies table: at most one a source a day, the day's newest."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def keep(self, key: int, response: Response, now: datetime) -> None:
        """Keep what a source's poll brought (inside a transaction)."""
        self._sql.execute(
            "INSERT INTO bodies (source, day, fetched_at, data, url, content_type, read_by) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source, day) DO UPDATE SET fetched_at = excluded.fetched_at, "
            "data = excluded.data, url = excluded.url, content_type = excluded.content_type, "
            "read_by = excluded.read_by",
            (
                key,
                now.date().isoformat(),
                to_text(now),
                compress(response.body),
                response.url,
                response.headers.get("content-type"),
                __version__,
            ),
        )

    def newest(self, key: int) -> Body | None:
        """The newest body that is kept of a source."""
        row = self._sql.execute(
            "SELECT data, fetched_at, url, content_type FROM bodies WHERE source = ? ORDER BY day DESC LIMIT 1", (key,)
        ).fetchone()
        return None if row is None else Body(key, decompress(row[0]), datetime.fromisoformat(row[1]), *row[2:])

    def all(self, key: int) -> Iterator[Body]:
        """Every body that is kept of a source, the newest first, one in memory at a time."""
        days = self._sql.execute("SELECT day FROM bodies WHERE source = ? ORDER BY day DESC", (key,)).fetchall()
        for (day,) in days:
            row = self._sql.execute(
                "SELECT data, fetched_at, url, content_type FROM bodies WHERE source = ? AND day = ?", (key, day)
            ).fetchone()
            if row is not None:
                yield Body(key, decompress(row[0]), datetime.fromisoformat(row[1]), *row[2:])

    def read_by_others(self) -> list[int]:
        """The configured sources whose newest body was read by another version of the program."""
        rows = self._sql.execute(
            "SELECT b.source FROM bodies b JOIN sources s ON s.key = b.source WHERE s.position IS NOT NULL "
            "AND b.day = (SELECT max(day) FROM bodies WHERE source = b.source) "
            "AND b.url IS NOT NULL AND b.read_by <> ? ORDER BY s.position",
            (__version__,),
        )
        return [int(row[0]) for row in rows]

    def mark_read(self, key: int) -> None:
        """What is kept of a source has been read by this version (inside a transaction)."""
        self._sql.execute("UPDATE bodies SET read_by = ? WHERE source = ?", (__version__, key))

    def replace(self, body: Body, key: int, entry: Entry, entry_hash: str) -> None:
        """An entry as this version reads it in an old body: no edit of the publisher, so no date of it moves.

        What was edited after those bytes stays as it is.
        """
        data = pack_entry(entry)
        self._sql.execute(
            "UPDATE entries SET guid = ?, canonical_url = ?, title = ?, data = ?, hash = ? "
            "WHERE key = ? AND changed_at <= ?",
            (entry.guid, entry.canonical_url, entry.title, data, entry_hash, key, to_text(body.fetched_at)),
        )

    def prune(self, most: int = _MOST_BYTES) -> None:
        """Let go of bodies older than 30 days, and of the oldest over `most` bytes, but of no source's newest."""
        rows = self._sql.execute(
            "SELECT source, day, fetched_at, length(data) FROM bodies ORDER BY fetched_at DESC, source"
        ).fetchall()
        seen: set[int] = set()
        total, oldest = 0, to_text(datetime.fromisoformat(rows[0][2]) - _KEPT) if rows else ""
        for source, day, fetched_at, size in rows:
            total += size
            if source in seen and (fetched_at < (oldest or "") or total > most):
                self._sql.execute("DELETE FROM bodies WHERE source = ? AND day = ?", (source, day))
            seen.add(source)
