"""Whose turn it is at a host: one request in flight, starts a second apart, whichever source or redirect leads there.

One Turns serves all lanes and all passes of a program, so that the last request of one pass and the first of the next
keep their distance, and so do two sources of different hosts that redirect to the same third one.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

BUSY = "busy"  # the kind of a FetchError that says nothing of a source: another process has the host's turn
SPACING = 1.0  # seconds between two starts at one public host
MOST_IDLE = 10_000  # hosts that are remembered; redirects of strangers can name any number of them


@dataclass(slots=True)
class Place:
    """One host: who holds `turn` may ask it; `ready` is when the next request may start (monotonic seconds)."""

    turn: threading.Lock = field(default_factory=threading.Lock)
    ready: float = 0.0


class Turns:
    """The hosts that were asked lately; safe for many threads. `spacing` is in seconds."""

    def __init__(self, spacing: float = SPACING, most: int = MOST_IDLE) -> None:
        self._spacing = spacing
        self._most = most
        self._places: dict[str, Place] = {}
        self._lock = threading.Lock()

    def wait_for(self, host: str) -> float:
        """Seconds until a spaced request to this host may start, if nobody else asks it before."""
        place = self._places.get(host)
        return max(0.0, place.ready - time.monotonic()) if place else 0.0

    def alone(self) -> contextlib.AbstractContextManager[None]:
        """While the block runs no other process asks anything; a program with a store of its own is always alone."""
        return contextlib.nullcontext()

    @contextlib.contextmanager
    def at(self, host: str, *, spaced: bool) -> Iterator[float]:
        """Hold the host's turn for one exchange; gives the seconds that were waited for it.

        `spaced` keeps the distance between starts; without it (one's own machine) only one request is in flight.
        The distance is counted from the start, and again from `sent`, for connecting takes its time.
        """
        began, place = time.monotonic(), self._place(host)
        with place.turn:
            if spaced:
                time.sleep(max(0.0, place.ready - time.monotonic()))
            place.ready = time.monotonic() + self._spacing
            yield time.monotonic() - began

    def sent(self, host: str, at: float) -> None:
        """The request of the turn that is held went out at `at`: the distance counts from there."""
        place = self._place(host)
        place.ready = max(place.ready, at + self._spacing)

    def _place(self, host: str) -> Place:
        if (known := self._places.get(host)) is not None:
            return known
        with self._lock:
            if len(self._places) >= self._most:
                now = time.monotonic()
                self._places = {name: p for name, p in self._places.items() if p.turn.locked() or p.ready > now}
            return self._places.setdefault(host, Place())
