"""Whose turn it is at a host, among many processes: a host is in the hands of one of them, as long as it asks there.

A shard keeps the sources of a host together, but what a redirect leads to may be another shard's host, in another
process. So each process claims a host in the database before it asks there: a job the hosts of its sources, all in one
question, a redirect the one that it leads to. A claim outlasts the last request by the spacing, and its process by a
lease.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Protocol

from aggregator.errors import FetchError, StoreError
from aggregator.fetch.turns import SPACING, Turns

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

BUSY = "busy"  # the kind of failure that says nothing of a source
PATIENCE = 10.0  # seconds that a redirect waits for a host that is in another's hands
LONGEST = 60.0  # seconds that a redirect has a host in its hands, should its process die there
AGAIN = 0.25  # seconds between two looks


class Claims(Protocol):
    """What the database keeps of it, for one process (store/leases.py)."""

    def claim(self, hosts: Collection[str], seconds: float) -> set[str]:
        """Those of the hosts that are ours now, for so many seconds at most."""

    def let_go(self, hosts: Collection[str], rest: float) -> None:
        """They are anybody's after so many seconds."""


Use = Callable[[], "AbstractContextManager[Claims]"]


class SharedTurns(Turns):
    """The turns of a process that is one of many. `use` lends a session for what a redirect leads to."""

    def __init__(self, use: Use, spacing: float = SPACING, patience: float = PATIENCE) -> None:
        super().__init__(spacing)
        self._use, self._patience = use, patience
        self._held: Counter[str] = Counter()
        self._holding = threading.Lock()

    def hold(self, hosts: Collection[str], claims: Claims, seconds: float) -> set[str]:
        """Take hosts into this process's hands, for so many seconds at most; those that it has now."""
        with self._holding:
            got = claims.claim(hosts, seconds)
            self._held.update(got)
            return got

    def let_go(self, hosts: Collection[str], claims: Claims) -> None:
        """The inverse of `hold`; a host stays ours until its next request may start."""
        with self._holding:
            if free := self._freed(hosts):
                claims.let_go(free, max(map(self.wait_for, free)))

    def _freed(self, hosts: Collection[str]) -> list[str]:
        """One of us less asks there; the hosts where nobody of us does any more."""
        self._held.subtract(hosts)
        free = [host for host in hosts if self._held[host] <= 0]
        for host in free:
            del self._held[host]
        return free

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
                raise FetchError(BUSY, f"leads to {host}, which is being asked by another worker")
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
        with self._holding:  # one session at a time is enough for what redirects lead to
            if not self._held[host]:
                try:
                    with self._use() as claims:
                        if not claims.claim([host], self._patience + LONGEST):
                            return False
                except StoreError as error:
                    raise FetchError(BUSY, f"leads to {host}, and the store does not say who asks there") from error
            self._held[host] += 1
            return True
