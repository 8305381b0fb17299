"""Polls that met nothing that was known (gaps.py), and what became of filling them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from datetime import datetime, timedelta
from typing import Any

from aggregator.records import Gap
from aggregator.store.protocol import Connection, holes
from aggregator.store.rows import to_text, to_time

KEPT_FOR = timedelta(days=400)
_NAMES = tuple(field.name for field in fields(Gap))
_TIMES = frozenset(name for name in _NAMES if name.endswith("_at")) | {"newest_known", "oldest_come"}
_READ = f"SELECT {', '.join(_NAMES)} FROM gaps"
_WRITE = (
    f"INSERT INTO gaps ({', '.join(_NAMES)}) VALUES ({', '.join('?' * len(_NAMES))}) ON CONFLICT (source_key, "
    f"found_at) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _NAMES[2:])}"
)


def _gap(row: tuple[Any, ...]) -> Gap:
    values = dict(zip(_NAMES, row, strict=True))
    for name in _TIMES:
        values[name] = to_time(values[name])
    return Gap(**values)


class Gaps:
    """A row a gap."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def put(self, gap: Gap) -> None:
        """Write one, new or changed, and let go of those of long ago (inside a transaction)."""
        values = (getattr(gap, name) for name in _NAMES)
        self._sql.execute(_WRITE, [to_text(one) if isinstance(one, datetime) else one for one in values])
        self._sql.execute("DELETE FROM gaps WHERE found_at < ?", (to_text(gap.found_at - KEPT_FOR),))

    def due(self, now: datetime) -> list[Gap]:
        """Those with a page to be read now, the one that waits longest first."""
        query = f"{_READ} WHERE state = 'open' AND next_at <= ? ORDER BY next_at, source_key"
        return [_gap(row) for row in self._sql.execute(query, (to_text(now),))]

    def latest(self, source_key: int, since: datetime) -> Gap | None:
        """The newest of a source that was found since then, if any."""
        query = f"{_READ} WHERE source_key = ? AND found_at >= ? ORDER BY found_at DESC LIMIT 1"
        row = self._sql.execute(query, (source_key, to_text(since))).fetchone()
        return _gap(row) if row else None

    def newest(self, since: datetime, sources: Collection[int] | None = None) -> dict[int, Gap]:
        """The same of every source that has one, or of those of `sources` that have."""
        only = "" if sources is None else f" AND source_key IN ({holes(sources)})"
        rows = self._sql.execute(
            f"{_READ} WHERE found_at >= ?{only} ORDER BY found_at", (to_text(since), *(sources or ()))
        )
        return {gap.source_key: gap for gap in map(_gap, rows)}

    def lost(self, start: datetime | None, end: datetime) -> list[Gap]:
        """Those that could not be filled, closed in (start, end]; oldest first."""
        query = f"{_READ} WHERE state = 'lost' AND closed_at > ? AND closed_at <= ? ORDER BY closed_at, source_key"
        return [_gap(row) for row in self._sql.execute(query, (to_text(start) or "", to_text(end)))]
