"""What the store knows of entries: recording, acceptance, groups, and the ways to find one again."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aggregator.batched import batched
from aggregator.records import Entry, Packed, SourceState, Standing, StoredEntry, Waiting
from aggregator.store.protocol import Connection, holes
from aggregator.store.rows import (
    UNREAD,
    as_stored,
    marks_of,
    names_of,
    pack_marks,
    row_of,
    storable,
    to_text,
    to_time,
    unpack_marks,
)

SELECT = (
    "SELECT e.key, coalesce(lead.id, e.id), e.source, e.data, e.standing, e.published, e.first_seen, e.changed_at, "
    "e.accepted, e.accepted_at, coalesce(e.grp, e.key), "
    "EXISTS (SELECT 1 FROM hidden h WHERE h.entry = coalesce(e.grp, e.key)) "
    "FROM entries e LEFT JOIN entries lead ON lead.key = e.grp "
)
NEWS = "standing IN ('news', 'folded')"
OF_NEWS = f"FROM entries WHERE accepted > 0 AND {NEWS}"

_NEW = (
    "INSERT INTO entries (source, id, guid, canonical_url, title, hash, standing, ordinal, published, first_seen, "
    "changed_at, data, marks) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_WAITING = (
    "SELECT e.key, e.source, CASE WHEN EXISTS (SELECT 1 FROM entries o WHERE o.canonical_url = e.canonical_url "
    "AND o.key <> e.key) THEN e.canonical_url END, e.title, e.standing, e.marks FROM entries e"
)
MOST_EDITS = 3


@dataclass(frozen=True, slots=True)
class Known:
    """What matching needs to know of a stored entry."""

    key: int
    guid: str
    canonical_url: str | None
    title: str
    hash: str
    published: datetime
    standing: Standing

    @property
    def is_outline(self) -> bool:
        """Whether it is backlog whose texts are still to be read."""
        return self.standing == "backlog" and not self.hash


def _by_group(groups: Iterable[int], members: Iterable[StoredEntry]) -> dict[int, list[StoredEntry]]:
    found: dict[int, list[StoredEntry]] = {group: [] for group in groups}
    for stored in members:
        found[stored.group].append(stored)
    return {group: sorted(those, key=lambda one: one.accepted) for group, those in found.items()}


class Entries:
    """The entries table: rows come once and stay for ever; ids are made here, once."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def known(self, source: int) -> list[Known]:
        """All entries of a source, as matching sees them."""
        return self.known_of([source])[source]

    def known_of(self, sources: Collection[int]) -> dict[int, list[Known]]:
        """The same of many sources."""
        found: dict[int, list[Known]] = {source: [] for source in sources}
        rows = self._sql.execute(
            "SELECT source, key, guid, canonical_url, title, hash, published, standing FROM entries "
            f"WHERE source IN ({holes(sources)}) ORDER BY key",
            tuple(sources),
        )
        for source, k, g, c, t, h, published, standing in rows:
            found[source].append(Known(k, g, c, t, h, datetime.fromisoformat(published), standing))
        return found

    def add(self, source: SourceState, those: Iterable[tuple[Entry, Packed, Standing]], now: datetime) -> None:
        """Store new entries of a document in its order. Their ids are UUIDv5 (RFC 9562) of the first URL and the guid.

        `published` is what is shown: the publisher's, never after `now`; else `now`.
        """
        rows = [row_of(entry, pack, standing, ordinal, now) for ordinal, (entry, pack, standing) in enumerate(those)]
        ids = self._free_ids([f"{source.first_url}\n{guid}" for guid, *_ in rows])
        self._sql.executemany(_NEW, [(source.key, one, *row) for one, row in zip(ids, rows, strict=True)])

    def _free_ids(self, seeds: Sequence[str]) -> list[str]:
        """An id for each seed; the guid that an entry gave up for another one may be used again: its id is taken."""
        ids = [f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, seed)}" for seed in seeds]
        found = (self._sql.execute(f"SELECT id FROM entries WHERE id IN ({holes(p)})", p) for p in batched(ids, 500))
        if not (taken := {one for rows in found for (one,) in rows}):
            return ids
        again = self._free_ids([f"{seed}\nagain" for seed, one in zip(seeds, ids, strict=True) if one in taken])
        return [again.pop(0) if one in taken else one for one in ids]

    def update(self, key: int, entry: Entry, pack: Packed, now: datetime) -> None:
        """An edited entry is updated in place: id, standing, order and date stay, `changed_at` moves if it differs.

        A text that flaps (a counter in it, two titles on trial) is taken at most 3 times a day (UTC). The full text of
        a recovered entry (store/recovered.py) or of backlog that was unread is no edit: the hash is empty. The marks of
        the latter wait for `unplaced`.
        """
        moment = to_text(now) or ""
        self._sql.execute(
            "UPDATE entries SET guid = ?2, canonical_url = ?3, title = ?4, data = ?5, hash = ?6, "
            f"marks = CASE WHEN accepted > 0 AND NOT ({UNREAD}) THEN NULL ELSE ?9 END, "
            "edits = CASE WHEN hash IN (?6, '') THEN edits WHEN changed_at >= ?7 THEN edits + 1 ELSE 1 END, "
            "changed_at = CASE WHEN hash IN (?6, '') THEN changed_at ELSE ?8 END "
            f"WHERE key = ?1 AND (hash IN (?6, '') OR changed_at < ?7 OR edits < {MOST_EDITS})",
            (key, *names_of(entry), pack.data, pack.hash, moment[:10], moment, pack_marks(pack.marks)),
        )

    @property
    def is_waited_on(self) -> bool:
        """Whether anything waits for acceptance."""
        return any(
            self._sql.execute("SELECT 1 FROM entries WHERE accepted = 0 AND standing IN ('news', 'backlog') LIMIT 1")
        )

    def waiting(self) -> Iterator[Waiting]:
        """Recorded but not accepted, in the order of acceptance: place in feeds.yaml, then in the document.

        With its address where another entry has it too.
        """
        order = self._sql.execute(
            "SELECT e.key FROM entries e JOIN sources s ON s.key = e.source "
            "WHERE e.accepted = 0 AND e.standing IN ('news', 'backlog') "
            "ORDER BY coalesce(s.position, 1e9), e.source, e.first_seen, e.ordinal"
        )
        for page in batched([key for (key,) in order], 500):  # of a first pass there may be a hundred thousand
            rows = {row[0]: row for row in self._sql.execute(f"{_WAITING} WHERE e.key IN ({holes(page)})", page)}
            for key, source, url, title, standing, marks in map(rows.__getitem__, page):
                those = marks_of(self.get([key])[0].entry) if marks is None else unpack_marks(marks)
                yield Waiting(key, source, url, title, standing, those)  # without marks: of an older version

    def accept(self, those: Iterable[tuple[int, Standing, int]], now: datetime) -> None:
        """Give entries their places in the order of acceptance: key, standing and group (inside a transaction)."""
        moment = to_text(now)
        self._sql.executemany(
            "UPDATE entries SET standing = ?, grp = ?, accepted_at = ?, marks = NULL, "
            "accepted = (SELECT coalesce(max(accepted), 0) + 1 FROM entries WHERE accepted > 0) WHERE key = ?",
            [(standing, group, moment, key) for key, standing, group in those],
        )

    def set_marks(self, key: int, those: Iterable[int]) -> None:
        """Remember what a copy of this text would share with it."""
        self._sql.executemany("INSERT INTO marks VALUES (?, ?) ON CONFLICT DO NOTHING", [(mark, key) for mark in those])

    def by_marks(self, those: Iterable[int], most: int = 20, *, not_of: int | None = None) -> list[StoredEntry]:
        """Accepted entries that share most marks (two, or the title's), best first; of these all `not_of` a source."""
        if not (wanted := tuple(those)):
            return []
        rows = self._sql.execute(
            f"SELECT entry, count(*) FROM marks WHERE mark IN ({holes(wanted)}) GROUP BY entry "
            f"HAVING count(*) > 1 OR min(mark) < 0 ORDER BY count(*) DESC, entry DESC LIMIT {most}",
            wanted,
        )
        shared: dict[int, int] = dict(rows)
        others = f"WHERE e.key IN ({holes(shared)}) AND e.accepted > 0 AND e.source <> ? ORDER BY e.accepted DESC"
        return sorted(self._those(others, (*shared, not_of or 0)), key=lambda stored: -shared[stored.key])

    def sources_with(self, canonical_urls: Collection[str]) -> list[int]:
        """The sources (by key, in order) that brought an entry with any of these canonical URLs."""
        wanted = f"SELECT DISTINCT source FROM entries WHERE canonical_url IN ({holes(canonical_urls)}) ORDER BY source"
        return [int(key) for (key,) in self._sql.execute(wanted, tuple(canonical_urls))] if canonical_urls else []

    def by_url(self, url: str) -> Iterator[tuple[int, int, int]]:
        """The source, the order of acceptance and the group of each accepted entry with this canonical URL."""
        accepted = "SELECT source, accepted, grp FROM entries WHERE canonical_url = ? AND accepted > 0"
        yield from self._sql.execute(accepted, (url,))

    def members(self, group: int) -> list[StoredEntry]:
        """The entries of a group in order of acceptance."""
        return self._those("WHERE e.grp = ? ORDER BY e.accepted", (group,))

    def groups(self, entries: Sequence[StoredEntry]) -> dict[int, list[StoredEntry]]:
        """The groups of these accepted entries by their keys, each in order of acceptance; one query for all."""
        keys, wanted = tuple(stored.key for stored in entries), tuple({stored.group for stored in entries})
        others = f"WHERE e.grp IN ({holes(wanted)}) AND e.key NOT IN ({holes(keys)})"
        return _by_group(wanted, (*entries, *self._those(others, (*wanted, *keys))))

    def by_groups(self, groups: Iterable[int]) -> dict[int, list[StoredEntry]]:
        """These groups by their keys, each in order of acceptance; one query for all."""
        wanted = tuple(groups)
        return _by_group(wanted, self._those(f"WHERE e.grp IN ({holes(wanted)})", wanted))

    def get(self, keys: Iterable[int]) -> list[StoredEntry]:
        """Entries by key, in order of key."""
        wanted = tuple(keys)
        return self._those(f"WHERE e.key IN ({holes(wanted)}) ORDER BY e.key", wanted)

    def _those(self, clauses: str, values: tuple[Any, ...]) -> list[StoredEntry]:
        return list(map(as_stored, self._sql.execute(SELECT + clauses, values)))

    def newest_accepted(self, before: int | None = None, page: int = 500) -> Iterator[StoredEntry]:
        """Entries that are or were news, newest acceptance first, read in pages."""
        last = before or 2**62
        while rows := self._sql.execute(
            SELECT + "WHERE e.accepted > 0 AND e.accepted < ? AND e.standing IN ('news', 'folded') "
            "ORDER BY e.accepted DESC LIMIT ?",
            (last, page),
        ).fetchall():
            for stored in map(as_stored, rows):
                last = stored.accepted
                yield stored

    def published_between(self, start: datetime, end: datetime) -> Iterator[StoredEntry]:
        """News and folded entries published in (start, end], in order of acceptance, read one by one."""
        # Nothing is accepted before it is published, and acceptance has an index.
        rows = self._sql.execute(
            SELECT + "WHERE e.accepted > 0 AND e.accepted_at >= ?1 AND e.standing IN ('news', 'folded') "
            "AND e.published > ?1 AND e.published <= ?2 ORDER BY e.accepted_at, e.accepted",
            (to_text(start), to_text(end)),
        )
        return map(as_stored, rows)

    def unsealed(self, series: str) -> list[tuple[int, Standing]]:
        """Accepted entries that no digest of the series owns, by key, in order of acceptance."""
        return self._sql.execute(
            "SELECT e.key, e.standing FROM entries e LEFT JOIN ledger l ON l.series = ? AND l.entry = e.key "
            "WHERE e.accepted > 0 AND l.entry IS NULL ORDER BY e.accepted",
            (series,),
        ).fetchall()

    def held(self, since: datetime | None = None, *, dropped: bool = False) -> list[StoredEntry]:
        """Entries in quarantine, those held after `since` if it is given; also those that were `dropped` from it."""
        standings = "('held', 'dropped')" if dropped else "('held')"
        return self._those(
            f"WHERE e.accepted = 0 AND e.standing IN {standings} AND e.first_seen > ? ORDER BY e.source, e.ordinal",
            (to_text(since) or "",),
        )

    def set_held(self, keys: Iterable[int], standing: Standing, now: datetime) -> int:
        """Release ("news") or drop ("dropped") what is held; a released entry is received anew."""
        return sum(
            self._sql.execute(
                "UPDATE entries SET standing = ?1, first_seen = CASE ?1 WHEN 'news' THEN ?2 ELSE first_seen END "
                "WHERE key = ?3 AND standing = 'held'",
                (standing, to_text(now), key),
            ).rowcount
            for key in keys
        )

    def find(self, address: str, canonical_url: str | None) -> list[StoredEntry]:
        """Entries with this id, guid or canonical URL, first seen first."""
        address = storable(address)  # a terminal may give anything
        return self._those(
            "WHERE e.canonical_url = ? OR e.id = ? OR e.guid = ? ORDER BY e.first_seen, e.key",
            (storable(canonical_url), address, address),
        )

    def last_accepted(self) -> int:
        """The newest place in the order of acceptance."""
        return int(self._sql.execute("SELECT coalesce(max(accepted), 0) FROM entries WHERE accepted > 0").fetchone()[0])

    def first_accepted_at(self) -> datetime | None:
        """The earliest moment at which news was accepted."""
        (at,) = self._sql.execute(f"SELECT min(accepted_at) {OF_NEWS}").fetchone()
        return to_time(at)

    def last_accepted_at(self) -> datetime | None:
        """When the last news in the order of acceptance was accepted."""
        row = self._sql.execute(f"SELECT accepted_at {OF_NEWS} ORDER BY accepted DESC LIMIT 1").fetchone()
        return None if row is None else to_time(row[0])

    def rhythm(self, source: int, most: int = 30) -> list[datetime]:
        """When the newest entries of a source were published, newest first."""
        query = "SELECT published FROM entries WHERE source = ? ORDER BY published DESC LIMIT ?"
        return [datetime.fromisoformat(row[0]) for row in self._sql.execute(query, (source, most))]
