"""The texts of entries' own pages, what became of fetching them, and what hosts say in robots.txt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from aggregator.records import StoredEntry
from aggregator.store.entries import Entries
from aggregator.store.packing import compress, decompress
from aggregator.store.protocol import Connection
from aggregator.store.rows import to_text, to_time

NEWEST = 5
"""Pages of a source in one pass, and of its backlog at all (no other backlog is news)."""
WITHIN = timedelta(days=2)  # since an entry was first seen: switching it on fetches no past
ROBOTS_FOR = timedelta(days=1)  # RFC 9309, 2.4


@dataclass(frozen=True, slots=True)
class Article:
    """What became of an entry's page: `text` in so many `words`, or `why` there is none; `at` is the last try."""

    at: datetime
    text: str = ""
    words: int = 0
    why: str | None = None
    tries: int = 0
    next_try_at: datetime | None = None


class Articles:
    """A row an entry whose page was asked for, and a row a host."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def wanted(self, source: int, now: datetime) -> list[StoredEntry]:
        """The newest news of a source whose pages are to be fetched now, newest first."""
        rows = self._sql.execute(
            "SELECT e.key FROM entries e LEFT JOIN articles a ON a.entry = e.key WHERE e.source = ? AND e.accepted > 0 "
            "AND e.standing = 'news' AND e.first_seen >= ? AND (a.entry IS NULL OR a.next_try_at <= ?) "
            "ORDER BY e.published DESC, e.key DESC LIMIT ?",
            (source, to_text(now - WITHIN), to_text(now), NEWEST),
        )
        keys = [key for (key,) in rows]
        found = {one.key: one for one in Entries(self._sql).get(keys)}
        return [found[key] for key in keys]

    def get(self, entry: int) -> Article | None:
        """What became of an entry's page; None where it was never asked for."""
        row = self._sql.execute(
            "SELECT at, data, words, why, tries, next_try_at FROM articles WHERE entry = ?", (entry,)
        ).fetchone()
        if row is None:
            return None
        at, data, words, why, tries, again = row
        text = decompress(data).decode("utf-8") if data else ""
        return Article(datetime.fromisoformat(at), text, words, why, tries, to_time(again))

    def put(self, entry: int, article: Article) -> None:
        """Remember what became of a page (inside a transaction); a text that is there stays."""
        data = compress(article.text.encode("utf-8", "replace")) if article.text else None
        self._sql.execute(
            "INSERT INTO articles (entry, at, data, words, why, tries, next_try_at) VALUES (?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT (entry) DO UPDATE SET at = excluded.at, data = excluded.data, words = excluded.words, "
            "why = excluded.why, tries = excluded.tries, next_try_at = excluded.next_try_at "
            "WHERE articles.data IS NULL",
            (entry, to_text(article.at), data, article.words, article.why, article.tries, to_text(article.next_try_at)),
        )

    def robots(self, origin: str, now: datetime) -> bytes | None:
        """The robots.txt of a scheme, host and port as it was read in the last day; None where it has to be asked."""
        row = self._sql.execute("SELECT fetched_at, data FROM robots WHERE origin = ?", (origin,)).fetchone()
        if row is None or abs(now - datetime.fromisoformat(row[0])) >= ROBOTS_FOR:
            return None
        return decompress(row[1])

    def keep_robots(self, origin: str, robots: bytes, now: datetime) -> None:
        """Remember a robots.txt, and let go of those that are too old to be used (inside a transaction)."""
        self._sql.execute("DELETE FROM robots WHERE fetched_at < ?", (to_text(now - ROBOTS_FOR),))
        self._sql.execute(
            "INSERT INTO robots VALUES (?, ?, ?) "
            "ON CONFLICT (origin) DO UPDATE SET fetched_at = excluded.fetched_at, data = excluded.data",
            (origin, to_text(now), compress(robots)),
        )
