"""Entries by the time of their publication or acceptance, and what was counted of a day: what pages by day, archives
by month and the page of the year ask."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from aggregator.batched import batched
from aggregator.records import StoredEntry
from aggregator.store.entries import NEWS, OF_NEWS, SELECT
from aggregator.store.protocol import Connection, holes
from aggregator.store.rows import as_stored, to_text, unpack_head

_AT_ONCE = 500  # dates or entries
_TEXTS = 100  # entries with what they say
WEEK = timedelta(days=7)
_BY_TIME = SELECT.replace("FROM entries e", "FROM entries e INDEXED BY entries_published")


@dataclass(frozen=True, slots=True)
class Head:
    """What a line about an entry says: no texts."""

    key: int
    id: str
    source: int
    published: datetime
    title: str
    link: str | None
    language: str | None


Counted = Mapping[str, Any]


class Days:
    """The calendar of the store. All of it is read from indexes."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def accepted(self, start: datetime, end: datetime) -> Iterator[StoredEntry]:
        """News and folded entries accepted in [start, end), in order of acceptance (RFC 5005 archives), read in pages.

        Only their keys are put in order: a month of many sources is too much to be sorted with what it says.
        """
        for page in batched([key for key, _ in self.accepted_keys(start, end)], _TEXTS):
            rows = self._sql.execute(f"{SELECT}WHERE e.key IN ({holes(page)}) ORDER BY e.accepted", page)
            yield from map(as_stored, rows.fetchall())

    def accepted_keys(self, start: datetime, end: datetime) -> list[tuple[int, int]]:
        """The same by key, with the keys of their groups; nothing of what they say is read."""
        return self._sql.execute(
            f"SELECT key, coalesce(grp, key) {OF_NEWS} AND accepted_at >= ? AND accepted_at < ? ORDER BY accepted",
            (to_text(start), to_text(end)),
        ).fetchall()

    def dates(self, zone: tzinfo) -> list[date]:
        """The local dates on which news was published, oldest first; hundreds are looked up at once."""
        ends = [self._sql.execute(f"SELECT {end}(published) {OF_NEWS}").fetchone()[0] for end in ("min", "max")]
        if ends[0] is None:
            return []
        first, last = (datetime.fromisoformat(end).astimezone(zone).date() for end in ends)
        found, every = list[date](), [first + timedelta(days=n) for n in range((last - first).days + 1)]
        for some in batched(every, _AT_ONCE):
            found += self._with_news(some, zone)
        return found

    def _with_news(self, days: Sequence[date], zone: tzinfo) -> list[date]:
        """Those of some consecutive dates on which news was published."""
        midnights = [to_text(datetime.combine(on, time(), zone)) for on in (*days, days[-1] + timedelta(days=1))]
        values = [value for row in zip(range(len(days)), midnights, midnights[1:], strict=False) for value in row]
        rows = self._sql.execute(
            f"WITH spans (day, start, till) AS (VALUES {', '.join(['(?, ?, ?)'] * len(days))}) SELECT day FROM spans "
            f"WHERE EXISTS (SELECT 1 {OF_NEWS} AND published >= start AND published < till) ORDER BY day",
            values,
        )
        return [days[number] for (number,) in rows]

    def published(self, start: datetime, end: datetime) -> Iterator[StoredEntry]:
        """News and folded entries published in [start, end), the newest first, read one by one."""
        rows = self._sql.execute(
            _BY_TIME + f"WHERE e.accepted > 0 AND e.published >= ? AND e.published < ? AND e.{NEWS} "
            "ORDER BY e.published DESC, e.accepted DESC",
            (to_text(start), to_text(end)),
        )
        return map(as_stored, rows)

    def passing(self, start: datetime, end: datetime) -> list[tuple[int, str, bool]]:
        """The same by source, standing and whether it is hidden by hand; nothing of what they say is read."""
        rows = self._sql.execute(
            f"SELECT source, standing, EXISTS (SELECT 1 FROM hidden h WHERE h.entry = coalesce(grp, key)) {OF_NEWS} "
            "AND published >= ? AND published < ? ORDER BY published DESC, accepted DESC",
            (to_text(start), to_text(end)),
        )
        return [(source, standing, bool(hidden)) for source, standing, hidden in rows]

    def keys(self, start: datetime, end: datetime) -> list[tuple[int, int]]:
        """The same by key, with the keys of their groups; nothing of what they say is read."""
        return self._sql.execute(
            f"SELECT key, coalesce(grp, key) {OF_NEWS} AND published >= ? AND published < ? "
            "ORDER BY published DESC, accepted DESC",
            (to_text(start), to_text(end)),
        ).fetchall()

    def heads(self, keys: Sequence[int]) -> Iterator[Head]:
        """Those of some accepted entries that are alone in their groups and not hidden by hand."""
        rows = self._sql.execute(
            f"SELECT e.key, e.id, e.source, e.published, e.data FROM entries e WHERE e.key IN ({holes(keys)}) "
            "AND coalesce(e.grp, e.key) = e.key "
            "AND NOT EXISTS (SELECT 1 FROM entries o WHERE o.grp = e.key AND o.key <> e.key) "
            "AND NOT EXISTS (SELECT 1 FROM hidden h WHERE h.entry = e.key)",
            keys,
        )
        for key, name, source, published, data in rows:
            known, at = unpack_head(data), datetime.fromisoformat(published)
            yield Head(key, name, source, at, known.get("title", ""), known.get("link"), known.get("language"))

    def sources(self, start: datetime, end: datetime) -> frozenset[int]:
        """The sources of the news published in [start, end)."""
        rows = self._sql.execute(
            f"SELECT DISTINCT source {OF_NEWS} AND published >= ? AND published < ?", (to_text(start), to_text(end))
        )
        return frozenset(source for (source,) in rows)

    def touched(self, keys: Iterable[int]) -> tuple[frozenset[int], frozenset[datetime]]:
        """The sources of some accepted entries and of all copies of these, and when they were published."""
        found = set[tuple[int, str]]()
        for some in batched(keys, _AT_ONCE):
            found.update(
                self._sql.execute(
                    "SELECT source, published FROM entries WHERE grp IN "
                    f"(SELECT grp FROM entries WHERE key IN ({holes(some)}))",
                    some,
                )
            )
        moments = {datetime.fromisoformat(published) for _, published in found}
        return frozenset(source for source, _ in found), frozenset(moments)

    def withdrawn(self, since: datetime) -> list[datetime]:
        """When the entries were published that were hidden or forgotten after `since`."""
        rows = self._sql.execute(
            "SELECT e.published FROM appeared a JOIN entries e ON e.key = a.entry WHERE a.withdrawn_at > ?",
            (to_text(since),),
        )
        return [datetime.fromisoformat(at) for (at,) in rows]

    def weeks(self, source: int, end: datetime, many: int) -> list[int]:
        """How many entries of a source were published in each of so many weeks up to `end`, the oldest week first."""
        numbers = [0] * many
        for (at,) in self._sql.execute(
            "SELECT published FROM entries WHERE source = ? AND published > ? AND published <= ?",
            (source, to_text(end - many * WEEK), to_text(end)),
        ):
            numbers[-1 - (end - datetime.fromisoformat(at)) // WEEK] += 1
        return numbers

    def rhythms(self, sources: Collection[int], most: int = 30) -> dict[int, list[datetime]]:
        """When the newest entries of many sources were published, newest first.

        Of each the index is read as far as it is asked, for a source may have brought thousands; and a source is one
        row of the answer, for SQLite lets go of the interpreter at each, for which the lanes of a pass wait.
        """
        rows = self._sql.execute(
            "SELECT s.key, (SELECT group_concat(published, ' ') FROM (SELECT published FROM entries "
            "WHERE source = s.key ORDER BY published DESC LIMIT ?) newest) "
            f"FROM sources s WHERE s.key IN ({holes(sources)})",
            (most, *sources),
        )
        found: dict[int, list[datetime]] = {source: [] for source in sources}
        for source, moments in rows:  # which it may put together in any order
            found[source] = [datetime.fromisoformat(at) for at in sorted((moments or "").split(), reverse=True)]
        return found

    # --- what was counted ------------------------------------------------------------------------------------

    def counted(self, sign: str, since: date) -> dict[date, Counted]:
        """The days from `since` on that were counted under this sign."""
        rows = self._sql.execute(
            "SELECT day, data FROM counted_days WHERE sign = ? AND day >= ?", (sign, since.isoformat())
        )
        return {date.fromisoformat(day): json.loads(data) for day, data in rows}

    def keep(self, sign: str, days: Mapping[date, Counted], since: date) -> None:
        """Remember what was counted (inside a transaction), and let go of the days before `since`."""
        self._sql.executemany(
            "INSERT INTO counted_days VALUES (?, ?, ?) "
            "ON CONFLICT (day) DO UPDATE SET sign = excluded.sign, data = excluded.data",
            [(day.isoformat(), sign, json.dumps(data, ensure_ascii=False)) for day, data in days.items()],
        )
        self._sql.execute("DELETE FROM counted_days WHERE day < ?", (since.isoformat(),))
