"""The sessions of a process with the database that it shares, each used by one thread at a time."""

from __future__ import annotations

import os
import queue
import socket
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from aggregator.fetch.turns import SPACING, Turns
from aggregator.store.opening import is_address, open_shared
from aggregator.workers.hands import SharedTurns

if TYPE_CHECKING:
    from aggregator.store.leases import Leases
    from aggregator.store.store import Store

BRIEFLY = 1.0  # seconds that `run` waits for a host that a worker asks: then it is for a later pass


class Sessions:
    """Opened when they are needed, under one name: what one of them holds, the process holds."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.name = f"{socket.gethostname()} {os.getpid()} {uuid.uuid4().hex[:8]}"
        self._idle: queue.SimpleQueue[tuple[Store, Leases]] = queue.SimpleQueue()

    @contextmanager
    def one(self) -> Iterator[tuple[Store, Leases]]:
        """A session of one's own, kept for the next that needs one unless it failed."""
        try:
            store, leases = self._idle.get_nowait()
        except queue.Empty:
            store, leases = open_shared(self._address, self.name)
        try:
            yield store, leases
        except BaseException:
            store.close()
            raise
        self._idle.put((store, leases))

    @contextmanager
    def claims(self) -> Iterator[Leases]:
        """One for what is claimed request by request."""
        with self.one() as (_, leases):
            yield leases

    def close(self) -> None:
        """Close those that nobody uses."""
        while not self._idle.empty():
            self._idle.get()[0].close()


@contextmanager
def turns_beside_workers(where: str, spacing: float = SPACING) -> Iterator[Turns]:
    """The turns of the writer of a store: where workers may share it, hosts are claimed as they claim them."""
    if not is_address(where):
        yield Turns(spacing)
        return
    with closing(Sessions(where)) as sessions:
        yield SharedTurns(sessions.claims, spacing, BRIEFLY)
