"""Whose turn it is at a host, among many processes: a host is in the hands of one of them, as long as it asks there.

A shard keeps the sources of a host together, but what a redirect leads to may be another shard's host, in another
process, and `run` asks for pages, older pages and lists while they poll. So each process claims a host in the database
before it asks there: a job the hosts of its sources, all in one question, everything else the one that it asks. A claim
outlasts the last request by the spacing, and its process by a lease.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Protocol

from aggregator.errors import FetchError, StoreError
from aggregator.fetch.turns import BUSY, SPACING, Turns

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

PATIENCE = 10.0  # seconds that a request waits for a host that is in another's hands
LONGEST = 60.0  # seconds that a request has a host in its hands, should its process die there
AGAIN = 0.25  # seconds between two looks


class Claims(Protocol):
    """What the database keeps of it, for one process (store/leases.py)."""

    def claim(self, hosts: Collection[str], seconds: float) -> set[str]:
        """Those of the hosts that are ours now, for so many seconds at most."""

    def let_go(self, hosts: Collection[str], rest: float) -> None:
        """They are anybody's after so many seconds."""


Use = Callable[[], "AbstractContextManager[Claims]"]


class SharedTurns(Turns):
    """The turns of a process that is one of many. `use` lends a session for a host that no job holds."""

    def __init__(self, use: Use, spacing: float = SPACING, patience: float = PATIENCE) -> None:
        super().__init__(spacing)
        self._use, self._patience = use, patience
        self._held: Counter[str] = Counter()
        self._ends: dict[str, float] = {}  # when the claim of a host ends (monotonic seconds); a job minds its own
        self._is_alone = False
        self._holding = threading.Lock()

    def hold(self, hosts: Collection[str], claims: Claims, seconds: float) -> set[str]:
        """Take hosts into this process's hands, for so many seconds at most; those that it has now."""
        with self._holding:
            got = claims.claim(hosts, seconds)
            self._held.update(got)
            self._ends |= dict.fromkeys(got, math.inf)
            return got

    def let_go(self, hosts: Collection[str], claims: Claims) -> None:
        """The inverse of `hold`; a host stays ours until its next request may start."""
        with self._holding:
            if free := self._freed(hosts):
                claims.let_go(free, max(map(self.wait_for, free)))

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """While the block runs no other process asks anything (Leases.alone), so nothing is claimed; what is in flight
        at its end is claimed then."""
        self._is_alone = True
        try:
            yield
        finally:
            with self._holding, contextlib.suppress(StoreError):
                self._is_alone = False
                if self._held:
                    with self._use() as claims:
                        self._claimed(self._held, claims, LONGEST)

    def _claimed(self, hosts: Collection[str], claims: Claims, seconds: float) -> set[str]:
        """Claimed for requests."""
        got = claims.claim(hosts, seconds)
        self._ends |= dict.fromkeys(got, time.monotonic() + seconds)
        return got

    def _freed(self, hosts: Collection[str]) -> list[str]:
        """One of us less asks there; the hosts that we had claimed and where nobody of us does any more."""
        self._held.subtract(hosts)
        free = [host for host in hosts if self._held[host] <= 0]
        for host in free:
            del self._held[host]
        return [host for host in free if self._ends.pop(host, None) is not None]

    @contextlib.contextmanager
    def at(self, host: str, *, spaced: bool) -> Iterator[float]:
        """As Turns has it; a host that is in nobody's hands is taken for this request.

        Raises FetchError where another process keeps it all the time.
        """
        began = time.monotonic()
        with self._having(host), super().at(host, spaced=spaced):
            yield time.monotonic() - began

    @contextlib.contextmanager
    def _having(self, host: str) -> Iterator[None]:
        end = time.monotonic() + self._patience
        while not self._taken(host):
            if time.monotonic() > end:
                raise FetchError(BUSY, f"{host} is being asked by another worker")
            time.sleep(AGAIN)
        try:
            yield
        finally:
            with self._holding:
                free = self._freed([host])
                if free:
                    with contextlib.suppress(StoreError), self._use() as claims:  # else the claim ends by itself
                        claims.let_go(free, self.wait_for(host))

    def _taken(self, host: str) -> bool:
        with self._holding:  # one session at a time is enough for these
            if not self._is_alone and self._ends.get(host, 0.0) - time.monotonic() < LONGEST:
                try:
                    with self._use() as claims:
                        if not self._claimed([host], claims, self._patience + LONGEST):
                            return False
                except StoreError as error:
                    raise FetchError(BUSY, f"the store does not say who asks {host} now") from error
            self._held[host] += 1
            return True
