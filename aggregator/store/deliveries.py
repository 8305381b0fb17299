"""Deliveries: one row for each digest and recipient, written with the seal; what became of the mail.

`due` -> `sending` -> `sent`, or `refused`, `unknown`, `given_up`; from those four no way leads back, so that nothing
is ever sent twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from aggregator.store.protocol import Connection
from aggregator.store.rows import to_text

LONGEST_WAIT = timedelta(days=1)

DeliveryState = Literal["due", "sending", "sent", "refused", "unknown", "given_up"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One digest on its way to one recipient; `tries` counts the failed ones, `error` says what came of the last."""

    digest: int
    series: str
    day: date
    sealed_at: datetime
    recipient: str
    state: DeliveryState
    tries: int
    next_try_at: datetime
    error: str | None


_SELECT = (
    "SELECT digest, series, date, sealed_at, recipient, state, tries, next_try_at, error "
    "FROM deliveries JOIN digests ON key = digest "
)


def _delivery(row: tuple[int, str, str, str, str, DeliveryState, int, str, str | None]) -> Delivery:
    digest, series, day, sealed_at, recipient, state, tries, next_try_at, error = row
    times = date.fromisoformat(day), datetime.fromisoformat(sealed_at)
    return Delivery(digest, series, *times, recipient, state, tries, datetime.fromisoformat(next_try_at), error)


class Deliveries:
    """What is to be mailed and what was; written inside transactions."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def owe(self, series: str, day: date, recipients: Iterable[str], now: datetime) -> None:
        """Every recipient is due the digest of `day`, at once; in the transaction of its seal."""
        self._sql.executemany(
            "INSERT INTO deliveries (digest, recipient, next_try_at, changed_at) "
            "SELECT key, ?, ?, ? FROM digests WHERE series = ? AND date = ? ON CONFLICT DO NOTHING",
            [(recipient, to_text(now), to_text(now), series, day.isoformat()) for recipient in recipients],
        )

    def due(self, now: datetime) -> list[Delivery]:
        """What is to be tried now, oldest digest first.

        No wait is longer than a day: a time further away was set by a clock that has been set back since.
        """
        limits = (to_text(now), to_text(now + LONGEST_WAIT))
        where = "WHERE state = 'due' AND (next_try_at <= ? OR next_try_at > ?) ORDER BY digest, recipient"
        return list(map(_delivery, self._sql.execute(_SELECT + where, limits)))

    def sending(self) -> list[Delivery]:
        """What was in the server's hands when the program was stopped, if nothing is being sent right now."""
        return list(map(_delivery, self._sql.execute(_SELECT + "WHERE state = 'sending' ORDER BY digest, recipient")))

    def of(self, digest: int) -> list[Delivery]:
        """All deliveries of one digest, by its key."""
        return list(map(_delivery, self._sql.execute(_SELECT + "WHERE digest = ? ORDER BY recipient", (digest,))))

    def mark(self, one: Delivery, state: DeliveryState, now: datetime, error: str | None = None) -> None:
        """The delivery is in this state from now on; a final state is never left."""
        self._change(one, "state = ?, changed_at = ?, error = ?", (state, to_text(now), error))

    def postpone(self, one: Delivery, until: datetime, now: datetime, error: str) -> None:
        """A try failed; the next one is `until`."""
        change = "state = 'due', tries = tries + 1, next_try_at = ?, changed_at = ?, error = ?"
        self._change(one, change, (to_text(until), to_text(now), error))

    def _change(self, one: Delivery, change: str, values: tuple[str | None, ...]) -> None:
        self._sql.execute(
            f"UPDATE deliveries SET {change} WHERE digest = ? AND recipient = ? AND state IN ('due', 'sending')",
            (*values, one.digest, one.recipient),
        )
