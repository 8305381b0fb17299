"""Everything that is known of every entry, in an open form: one mapping an entry, as JSON has it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from aggregator.store.protocol import Connection
from aggregator.store.rows import to_text, unpack_entry


class Export:
    """Reads the whole store, one entry at a time, in the order in which they were recorded."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def entries(self) -> Iterator[dict[str, Any]]:
        """Each entry: its ids, its source, its dates, its place (standing, group, digests) and all that it says."""
        rows = self._sql.execute(
            "SELECT e.id, coalesce(lead.id, e.id), s.url, s.feed_title, e.standing, e.published, e.changed_at, "
            "e.first_seen, e.accepted_at, EXISTS (SELECT 1 FROM hidden h WHERE h.entry = coalesce(e.grp, e.key)), "
            "e.data, e.key FROM entries e JOIN sources s ON s.key = e.source "
            "LEFT JOIN entries lead ON lead.key = e.grp ORDER BY e.key"
        )
        for name, group, url, title, standing, published, changed, seen, accepted, hidden, data, key in rows:
            own = asdict(unpack_entry(data))
            dates = {name: _as_text(own.pop(name)) for name in ("published", "updated")}
            yield {
                "id": name,
                "shown_as": group,
                "source": {"url": url, "title": title},
                "published": published,
                "changed_at": changed,
                "first_seen": seen,
                "accepted_at": accepted,
                "standing": standing,
                "hidden": bool(hidden),
                "digests": self._digests(key),
                "publisher": dates,
                **own,
            }

    def _digests(self, key: int) -> list[dict[str, str]]:
        rows = self._sql.execute(
            "SELECT d.series, d.date FROM ledger l JOIN digests d ON d.key = l.digest WHERE l.entry = ? "
            "ORDER BY d.series",
            (key,),
        )
        return [{"series": series, "date": date} for series, date in rows]


def _as_text(moment: datetime | None) -> str | None:
    return to_text(moment)
