"""The raw bodies that are kept of each source, with what is needed to read them again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator import __version__
from aggregator.records import Entry, Response
from aggregator.store.packing import compress, decompress
from aggregator.store.protocol import Connection
from aggregator.store.rows import UNREAD, pack_marks, packed, to_text

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
    """The bodies table: at most one a source a day, the day's newest; one whose backlog is unread stays until it is."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def keep(self, key: int, response: Response, now: datetime) -> None:
        """Keep what a source's poll brought (inside a transaction)."""
        self._sql.execute(
            "INSERT INTO bodies (source, day, fetched_at, data, url, content_type, read_by) "
            "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source, day) DO UPDATE SET fetched_at = excluded.fetched_at, "
            "data = excluded.data, url = excluded.url, content_type = excluded.content_type, "
            "read_by = excluded.read_by "
            "WHERE NOT EXISTS (SELECT 1 FROM unread u WHERE u.source = bodies.source AND u.day = bodies.day)",
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

    def read_later(self, key: int, now: datetime) -> None:
        """Today's body is a first poll's, of whose backlog only outlines were read (inside a transaction)."""
        self._sql.execute("INSERT INTO unread VALUES (?, ?) ON CONFLICT DO NOTHING", (key, now.date().isoformat()))

    def mark_whole(self, keys: Iterable[int]) -> None:
        """The backlog of these sources is read (inside a transaction)."""
        self._sql.executemany("DELETE FROM unread WHERE source = ?", [(key,) for key in keys])

    def unread(self, most: int = 2**31) -> list[int]:
        """So many configured sources whose backlog is unread, in the order of feeds.yaml."""
        rows = self._sql.execute(
            "SELECT u.source FROM unread u JOIN sources s ON s.key = u.source WHERE s.position IS NOT NULL "
            "ORDER BY s.position LIMIT ?",
            (most,),
        )
        return [int(row[0]) for row in rows]

    def is_unread(self, key: int) -> bool:
        """Whether the backlog of a source is still to be read."""
        return bool(self._sql.execute("SELECT 1 FROM unread WHERE source = ?", (key,)).fetchall())

    def first(self, key: int) -> Body | None:
        """The body of a source whose backlog is unread; None where it had to go."""
        return self._one("JOIN unread u ON u.source = b.source AND u.day = b.day WHERE b.source = ?", key)

    def newest(self, key: int) -> Body | None:
        """The newest body that is kept of a source."""
        return self._one("WHERE b.source = ? ORDER BY b.day DESC LIMIT 1", key)

    def all(self, key: int) -> Iterator[Body]:
        """Every body that is kept of a source, the newest first, one in memory at a time."""
        days = self._sql.execute("SELECT day FROM bodies WHERE source = ? ORDER BY day DESC", (key,)).fetchall()
        for (day,) in days:
            if body := self._one("WHERE b.source = ? AND b.day = ?", key, day):
                yield body

    def _one(self, clauses: str, key: int, *values: str) -> Body | None:
        row = self._sql.execute(
            f"SELECT b.data, b.fetched_at, b.url, b.content_type FROM bodies b {clauses}", (key, *values)
        ).fetchone()
        return None if row is None else Body(key, decompress(row[0]), datetime.fromisoformat(row[1]), *row[2:])

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

    def replace(self, body: Body, key: int, entry: Entry) -> None:
        """An entry as this version reads it in an old body: no edit of the publisher, so no date of it moves.

        What was edited after those bytes stays as it is. Backlog that was unread waits for its copies to be found.
        """
        pack = packed(entry)
        self._sql.execute(
            "UPDATE entries SET guid = ?, canonical_url = ?, title = ?, data = ?, hash = ?, "
            f"marks = CASE WHEN {UNREAD} THEN ? ELSE marks END WHERE key = ? AND changed_at <= ?",
            (
                *(entry.guid, entry.canonical_url, entry.title, pack.data, pack.hash, pack_marks(pack.marks)),
                *(key, to_text(body.fetched_at)),
            ),
        )

    def prune(self, most: int = _MOST_BYTES) -> None:
        """Let go of bodies older than 30 days, and of the oldest over `most` bytes, but of no source's newest.

        Nor of one whose backlog is unread.
        """
        rows = self._sql.execute(
            "SELECT source, day, fetched_at, length(data) FROM bodies ORDER BY fetched_at DESC, source"
        ).fetchall()
        unread = {(source, day) for source, day in self._sql.execute("SELECT source, day FROM unread")}
        seen: set[int] = set()
        total, oldest = 0, to_text(datetime.fromisoformat(rows[0][2]) - _KEPT) if rows else ""
        for source, day, fetched_at, size in rows:
            total += size
            if source in seen and (fetched_at < (oldest or "") or total > most) and (source, day) not in unread:
                self._sql.execute("DELETE FROM bodies WHERE source = ? AND day = ?", (source, day))
            seen.add(source)
