"""When a pass that is not over shows what it has brought: soon while it waits, later while it reads, never for long.

Pure: times are seconds of one clock, given by the caller.
"""

from __future__ import annotations

BUSY = 6  # times as long while results come all the time: what is published is late by the publishing itself
SHARE = 5  # times what publishing takes lie between two publications at least
BUSY_SHARE = 20  # so many while it reads: what is written on the way is written once more at the end


class Patience:
    """Of one pass over `total` sources that begins `now`; publishing took `cost` seconds the last time."""

    def __init__(self, after: float, total: int, cost: float, now: float) -> None:
        self._after, self._total, self._cost = after, total, cost
        self._began = self._since = now
        self._idle = 0.0

    def is_over(self, now: float, read: int, idle: float = 0.0) -> bool:
        """Whether to publish: after so long a wait for slow sources (`idle`: seconds since the last call in which no
        result came), in which it could have published, or where, with `read` sources read, there is more to read than
        to wait for."""
        self._idle += idle
        gone = now - self._since
        if gone < SHARE * self._cost:
            return False
        left = (now - self._began) / max(read, 1) * (self._total - read)
        is_long = gone > max(BUSY * self._after, BUSY_SHARE * self._cost) and left > BUSY * self._after
        return self._idle > max(self._after, self._cost) or is_long

    def begin_anew(self, now: float, cost: float) -> None:
        """It was published, which took `cost` seconds."""
        self._since, self._cost, self._idle = now, cost, 0.0
