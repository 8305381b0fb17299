"""record: polls on their way into the store. What came is written at once, that nothing came a hundred at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from datetime import datetime

from aggregator.entries.identity import content_hash
from aggregator.records import Changes, PollResult
from aggregator.store.rows import packed
from aggregator.store.sqlite import Store

MOST = 100  # results in one transaction
LONGEST = 1.0  # seconds that one waits


def record(result: PollResult, store: Store, now: datetime) -> None:
    """One source's poll in one transaction."""
    _record_all((result,), store, now)


def _record_all(results: Collection[PollResult], store: Store, now: datetime) -> None:
    with store.transaction():
        write(results, store, now)


def write(results: Collection[PollResult], store: Store, now: datetime) -> None:
    """What polls change (inside a transaction)."""
    store.sources.save(*(result.state for result in results))
    for result in results:
        _write_what_came(result, store, now)


def _write_what_came(result: PollResult, store: Store, now: datetime) -> None:
    if result.missed:
        store.subscriptions.missed(result.state.key, now)
    if result.gap is not None:
        store.gaps.put(result.gap)
    for rest in result.rests:
        store.sources.rest_host(rest, now)
    for ordinal, (entry, standing) in enumerate(result.changes.new):
        pack = result.packs.get(entry.guid) or packed(entry)  # one that was told apart is packed anew
        store.entries.add(result.state, entry, pack, standing, ordinal, now)
    for key, entry in result.changes.updated:
        store.entries.update(key, entry, content_hash(entry), now)
    if result.kept is not None:
        store.bodies.keep(result.state.key, result.kept, now)


class Recorder:
    """One source's result in one transaction; those that changed nothing but when to ask again share theirs.

    What a kill takes along is that some sources answered "nothing new" within the last second: they are asked again.
    """

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store, self._clock = store, clock
        self._waiting: list[PollResult] = []
        self._since = 0.0

    def add(self, result: PollResult) -> None:
        """Write a result, or let it wait for others like it."""
        if not _is_nothing(result):
            self.flush()
            record(result, self._store, self._clock())
            return
        if not self._waiting:
            self._since = time.monotonic()
        self._waiting.append(result)
        if len(self._waiting) >= MOST or time.monotonic() - self._since > LONGEST:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            _record_all(waiting, self._store, self._clock())


def _is_nothing(result: PollResult) -> bool:
    """Whether a result says only that a source was asked, and when it is to be asked again."""
    brought = result.changes != Changes() or result.kept or result.rests or result.missed or result.gap
    return result.outcome in ("not_modified", "unchanged") and not brought
