"""What was agreed with hubs about sources (WebSub, websub.py)."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

from aggregator.records import Subscription
from aggregator.store.protocol import Connection
from aggregator.store.rows import to_text, to_time

_NAMES = tuple(field.name for field in fields(Subscription))
_TIMES = frozenset(name for name in _NAMES if name.endswith("_at"))
_READ = f"SELECT {', '.join(_NAMES)} FROM subscriptions"
_WRITE = (
    f"INSERT INTO subscriptions ({', '.join(_NAMES)}) VALUES ({', '.join('?' * len(_NAMES))}) ON CONFLICT (callback) "
    f"DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _NAMES[1:])}"
)


def _subscription(row: tuple[Any, ...]) -> Subscription:
    values = dict(zip(_NAMES, row, strict=True))
    for name in _TIMES:
        values[name] = to_time(values[name])
    return Subscription(**values)


def _column(value: Any) -> Any:
    return to_text(value) if isinstance(value, datetime) else value


class Subscriptions:
    """A row a subscription: one for each source that has or had a hub, and those that were left lately."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def all(self) -> list[Subscription]:
        """Every one that is known, those that were left too."""
        return [_subscription(row) for row in self._sql.execute(f"{_READ} ORDER BY callback")]

    def any(self) -> bool:
        """Whether there is one at all."""
        return self._sql.execute("SELECT 1 FROM subscriptions LIMIT 1").fetchone() is not None

    def due(self, now: datetime) -> list[Subscription]:
        """Those with which something is to be done, the one that waits longest first."""
        rows = self._sql.execute(f"{_READ} WHERE next_at <= ? ORDER BY next_at, callback", (to_text(now),))
        return [_subscription(row) for row in rows]

    def of(self, source_key: int) -> Subscription | None:
        """The one of a source, if it has one that is not being left."""
        row = self._sql.execute(
            f"{_READ} WHERE source_key = ? AND state NOT IN ('leaving', 'left')", (source_key,)
        ).fetchone()
        return _subscription(row) if row else None

    def by_source(self) -> dict[int, Subscription]:
        """The same of every source that has one."""
        rows = self._sql.execute(f"{_READ} WHERE state NOT IN ('leaving', 'left')")
        return {one.source_key: one for one in map(_subscription, rows)}

    def put(self, one: Subscription) -> None:
        """Write one, new or changed (inside a transaction)."""
        self._sql.execute(_WRITE, tuple(_column(getattr(one, name)) for name in _NAMES))

    def missed(self, source_key: int, now: datetime) -> None:
        """A poll found what the hub should have brought (inside a transaction)."""
        self._sql.execute(
            "UPDATE subscriptions SET missed_at = ? WHERE source_key = ? AND state = 'active'",
            (to_text(now), source_key),
        )

    def drop(self, callback: str) -> None:
        """Forget one (inside a transaction)."""
        self._sql.execute("DELETE FROM subscriptions WHERE callback = ?", (callback,))
