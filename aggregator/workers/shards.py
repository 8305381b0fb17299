"""What a poll worker does with one shard: lease, poll host by host, record, give back. The same pipeline as a pass.

Politeness holds across machines, for all sources of a host are in one shard, a shard is one worker's at a time, what a
redirect leads to is claimed first (hands.py), as is what `run` asks beside, and who takes a shard over from a worker
that died waits for the spacing.
Learned paces and rests of hosts stand in the database.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from aggregator import ledger
from aggregator.errors import StoreError
from aggregator.fetch.client import Wire
from aggregator.fetch.turns import BUSY, SPACING
from aggregator.parse.pool import Pool
from aggregator.pipeline import Polled
from aggregator.polling import due
from aggregator.polling.cadence import HOUR
from aggregator.polling.due import Hosts, Work
from aggregator.polling.lanes import in_lanes
from aggregator.polling.memory import where_to_ask
from aggregator.polling.network import Network
from aggregator.polling.recorder import settle_all, write
from aggregator.records import Config, Source, SourceState
from aggregator.store.leases import Leases, shard_of
from aggregator.store.store import Store
from aggregator.urls import host_of
from aggregator.workers.hands import SharedTurns

LEASE = 300.0  # seconds; a job ends before, and what it did not ask by then is given back
MARGIN = 60.0  # of it, for what is in flight
ASIDE = 15.0  # seconds until what may not be asked right now (paused, its host rests) is looked at again
OFFLINE = 60.0  # seconds until our own network is tried again
BATCH = 25  # sources recorded in one transaction
TOGETHER = 0.5  # seconds that a result waits for others


@dataclass(frozen=True, slots=True)
class Tools:
    """What all jobs of a worker process share. `clock` gives the present, aware UTC."""

    wire: Wire
    turns: SharedTurns  # those of the wire
    pool: Pool
    clock: Callable[[], datetime]
    stop: threading.Event
    network: Network
    noting: threading.Lock
    spacing: float = SPACING
    lease: float = LEASE
    margin: float = MARGIN
    aside: float = ASIDE


@dataclass(slots=True)
class Done:
    """What a job did: sources asked, failed, and not recorded since their lease was another's by then."""

    polled: int = 0
    failed: int = 0
    lost: int = 0
    new: int = 0
    offline: bool = False


def place_new(leases: Leases) -> int:
    """Give every source its shard; how many had none."""
    total = 0
    while new := leases.without_shard():
        leases.put({key: shard_of(host_of(url)) for key, (url, _) in new.items()})
        total += len(new)
    return total


def hasten(config: Config, store: Store, now: datetime) -> None:
    """Have workers ask, in the hour before a digest, what was not asked within its `every`."""
    moments = {ledger.ripens(config, series, store, now) for series in config.every_series}
    close = [at for at in moments if at and at - HOUR <= now]
    if not close:
        return
    states, hosts = store.sources.states(), Hosts(store.sources.hosts(), store.sources.paces())
    work = (due.due_before_digest(config.sources, states, hosts, now, at) for at in close)
    if keys := {state.key for part in work for _, state in part}:
        with store.transaction():
            store.sources.mark_due(keys, now)


class Job:
    """One shard, once."""

    def __init__(self, shard: int, sources: Mapping[str, Source], store: Store, leases: Leases, tools: Tools) -> None:
        self._shard, self._store, self._leases, self._tools = shard, store, leases, tools
        self._sources = sources  # by address
        self._done = Done()
        self._elders = store.removed_lately()

    def run(self) -> Done:
        """Poll what is due, until nothing is or the time of a lease is over. Raises StoreError."""
        with self._leases.shard(self._shard, self._tools.lease) as ended:
            if ended is None:
                return self._done
            if not ended:
                self._tools.stop.wait(self._tools.spacing)  # the one before may have asked a moment ago
            end, asked = time.monotonic() + self._tools.lease - self._tools.margin, False
            while not self._tools.stop.is_set() and time.monotonic() < end:
                keys = self._leases.take(self._shard, self._tools.clock(), self._tools.lease)
                if not keys:
                    break
                asked |= self._poll(keys, end - time.monotonic())
            self._leases.rest = self._tools.spacing if asked else 0.0
        return self._done

    def _poll(self, keys: list[int], most: float) -> bool:
        """Ask what is leased and may be asked now; whether there was any at hosts of others."""
        work, tools = self._work(keys), self._tools
        lanes = {host_of(where_to_ask(source, state)) for source, state in work}
        held = tools.turns.hold(lanes, self._leases, tools.lease) if work else set[str]()
        try:
            return self._poll_work([one for one in work if host_of(where_to_ask(*one)) in held], set(keys), most)
        finally:
            with contextlib.suppress(StoreError):  # else the claims end by themselves
                tools.turns.let_go(held, self._leases)

    def _poll_work(self, work: Work, keys: set[int], most: float) -> bool:
        """Ask what may be asked now, its hosts in our hands."""
        waiting = {state.key for _, state in work}
        self._leases.give_back(keys - waiting, self._tools.aside)
        unreached: list[Polled] = []
        batch: list[Polled] = []
        began = time.monotonic()
        tools = self._tools
        signs = self._store.signs.of(waiting)
        for polled in in_lanes(work, tools.wire, tools.pool, tools.clock, tools.stop, most, signs=signs):
            if polled is not None:
                with tools.noting:
                    away = tools.network.note(polled, tools.clock())
                if polled.error is None or polled.error.kind != BUSY:  # else it is asked again, a little later
                    (unreached if away else batch).append(polled)
            if len(batch) >= BATCH or (batch and time.monotonic() - began > TOGETHER):
                waiting -= self._record(batch)
                batch, began = [], time.monotonic()
        with tools.noting:
            self._done.offline = tools.network.is_away(tools.clock())
        waiting -= self._record(batch if self._done.offline else batch + unreached)
        aside = 0.0 if tools.stop.is_set() else tools.aside
        self._leases.give_back(waiting, OFFLINE if self._done.offline else aside)
        return not all(source.is_ours for source, _ in work)

    def _work(self, keys: Collection[int]) -> Work:
        """Of what is leased what may be asked now; what belongs to another shard by now goes there."""
        states = self._store.sources.some(keys)
        known = [
            (self._sources[state.url], state)
            for state in states
            if state.url in self._sources and self._is_here(self._sources[state.url], state)
        ]
        hosts = Hosts(self._store.sources.hosts(), self._store.sources.paces())
        return due.due(
            [source for source, _ in known], {state.url: state for _, state in known}, hosts, self._tools.clock()
        )

    def _is_here(self, source: Source, state: SourceState) -> bool:
        """Whether it is asked in this shard; one that moved to where another line stands is not asked at all."""
        address = where_to_ask(source, state)
        there = shard_of(host_of(address))
        if there != self._shard:
            self._leases.put({state.key: there})
        return there == self._shard and (address == source.url or address not in self._sources)

    def _record(self, batch: Iterable[Polled]) -> set[int]:
        """Record what was brought, as far as it is leased by us still, in one transaction; the keys that are done."""
        now, those, store = self._tools.clock(), list(batch), self._store
        if not those:
            return set()
        keys = [polled.state.key for polled in those]
        settled = list(zip(those, settle_all(those, store, now, self._elders, scatter=True), strict=True))
        with store.transaction():
            ours = self._leases.still_ours(keys)
            recorded = [(polled, result) for polled, result in settled if polled.state.key in ours]
            write([result for _, result in recorded], store, now)
            self._leases.give_back(ours)
        self._done.polled += len(recorded)
        self._done.lost += len(settled) - len(recorded)
        self._done.failed += sum(polled.error is not None for polled, _ in recorded)
        self._done.new += sum(len(result.changes.new) for _, result in recorded)
        return set(keys)
