"""Entries that came back from what was published: they have an id and a place, but not yet the publisher's guid."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from aggregator.records import Entry, SourceState
from aggregator.store.protocol import Connection
from aggregator.store.rows import pack_entry, to_text

RECOVERED = "recovered_at"  # the fact that entries came back, and when


class Recovered:
    """Until its feed brings it again, a recovered entry has its own id as guid and an empty hash."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    @property
    def is_any(self) -> bool:
        """Whether entries ever came back."""
        return self._sql.execute("SELECT 1 FROM meta WHERE name = ?", (RECOVERED,)).fetchone() is not None

    def source(self, address: str, title: str, now: datetime) -> int:
        """The key of a source that is not in feeds.yaml now; made where it is not known."""
        row = self._sql.execute("SELECT key FROM sources WHERE url = ? OR first_url = ?", (address, address)).fetchone()
        if row is not None:
            return int(row[0])
        rows = self._sql.execute(
            "INSERT INTO sources (first_url, url, removed_at, feed_title) VALUES (?, ?, ?, ?) RETURNING key",
            (address, address, to_text(now), title or None),
        )
        return int(rows.fetchall()[0][0])

    def name_source(self, key: int, title: str, site: str | None) -> None:
        """What is known of a source until its first poll."""
        self._sql.execute(
            "UPDATE sources SET feed_title = coalesce(feed_title, ?), feed_link = coalesce(feed_link, ?) WHERE key = ?",
            (title or None, site, key),
        )

    def add(self, name: str, source: int, entry: Entry, published: datetime, changed: datetime, at: datetime) -> int:
        """Put an entry back under its id, as news that was accepted `at`; its key, 0 where the id is known."""
        accepted = self._sql.execute("SELECT coalesce(max(accepted), 0) + 1 FROM entries").fetchone()[0]
        made = self._sql.execute(
            "INSERT INTO entries (source, id, guid, canonical_url, title, hash, standing, ordinal, "
            "published, first_seen, changed_at, accepted, accepted_at, data) VALUES (?, ?, ?, ?, ?, '', 'news', 0, "
            "?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING key",
            (
                source,
                name,
                name,
                entry.canonical_url,
                entry.title,
                to_text(published),
                to_text(at),
                to_text(changed),
                accepted,
                to_text(at),
                pack_entry(entry),
            ),
        ).fetchall()
        if not made:
            return 0
        self._sql.execute("UPDATE entries SET grp = key WHERE key = ?", made[0])
        return int(made[0][0])

    def key(self, name: str) -> int | None:
        """The key of the entry with this id."""
        row = self._sql.execute("SELECT key FROM entries WHERE id = ?", (name,)).fetchone()
        return None if row is None else int(row[0])

    def owned_until(self, series: str, digest: int, end: datetime) -> None:
        """Give a digest what was accepted up to a moment and is in no digest of the series."""
        self._sql.execute(
            "INSERT INTO ledger SELECT ?, key, ? FROM entries WHERE accepted > 0 AND accepted_at <= ? "
            "ON CONFLICT DO NOTHING",
            (series, digest, to_text(end)),
        )

    def hide(self, key: int, when: datetime | None, now: datetime, owners: Iterable[tuple[str, int]]) -> None:
        """Leave an entry hidden, with its tombstone if it has one, and owned by these digests (series, key)."""
        self._sql.execute("INSERT INTO hidden VALUES (?, ?) ON CONFLICT DO NOTHING", (key, to_text(when or now)))
        self.leave(key, when, owners)

    def leave(self, key: int, when: datetime | None, owners: Iterable[tuple[str, int]]) -> None:
        """Leave an entry with its tombstone if it has one, and owned by these digests (series, key)."""
        self._sql.executemany(
            "INSERT INTO ledger VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            [(series, key, digest) for series, digest in owners],
        )
        if when is not None:
            self._sql.execute(
                "INSERT INTO appeared VALUES (?, ?) "
                "ON CONFLICT (entry) DO UPDATE SET withdrawn_at = excluded.withdrawn_at",
                (key, to_text(when)),
            )

    def recognise(self, source: SourceState, entries: Iterable[Entry]) -> None:
        """Give recovered entries the publisher's guid again: ids are made of a source's first URL and the guid.

        A forgotten one gets what recognises its copies, too.
        """
        from aggregator.entries.recognition import title_mark  # noqa: PLC0415 (who only looks waits for no patterns)

        names = (
            (f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{source.first_url}{chr(10)}{entry.guid}')}", entry)
            for entry in entries
        )
        self._sql.executemany(
            "UPDATE entries SET guid = ?1, source = ?2, "
            "canonical_url = CASE standing WHEN 'forgotten' THEN ?4 ELSE canonical_url END, "
            "title = CASE standing WHEN 'forgotten' THEN ?5 ELSE title END WHERE id = ?3 AND guid = ?3 "
            "AND NOT EXISTS (SELECT 1 FROM entries other WHERE other.source = ?2 AND other.guid = ?1)",
            [(one.guid, source.key, name, one.canonical_url, title_mark(one.title)) for name, one in names],
        )
