"""`status.html` and `status.json`: from the store to their bytes, once a pass, of which they tell."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from aggregator.polling.outages import outages
from aggregator.records import Brought, Config, SourceHealth
from aggregator.render import status
from aggregator.render.site import Site
from aggregator.store.sqlite import Store

A_YEAR = 53  # weeks of a source's rhythm


def status_files(config: Config, store: Store, rows: tuple[SourceHealth, ...], now: datetime) -> dict[str, bytes]:
    """`status.html` and `status.json`, written once a pass."""
    newest, since = store.digests.newest(""), store.meta("offline_since")
    offline, standings = since not in (None, ""), store.sources.standings()
    lines = dict(zip(map(id, rows), config.sources, strict=True))

    def brought(row: SourceHealth) -> Brought:
        """Asked of those alone that have a block of their own."""
        key = store.sources.key_of(lines[id(row)].url)
        return _brought(store, key, standings.get(key, {}), now)

    return {
        "status.html": status.status(
            rows,
            checked_at=now,
            offline=offline,
            site=Site.of(config),
            brought=brought,
            outages=outages(since=since, kept=store.meta("outages")),
            wrong=store.meta("config_error"),
        ),
        "status.json": status.status_json(rows, last_digest=newest.day if newest else None, offline=offline),
    }


def _brought(store: Store, key: int, standings: Mapping[str, int], now: datetime) -> Brought:
    given = {name: standings.get(name, 0) for name in ("news", "folded", "backlog")}
    return Brought(tuple(store.days.weeks(key, now, A_YEAR)), **given)
