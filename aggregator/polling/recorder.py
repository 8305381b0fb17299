"""match and record, for polls that come together: they share a transaction, and what is asked of the store before."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from datetime import datetime

from aggregator.entries.gaps import HURRIED_FOR
from aggregator.pipeline import Polled, settle
from aggregator.records import Entry, Outline, Packed, PollResult
from aggregator.store.ahead import Ahead, Elders
from aggregator.store.rows import packed
from aggregator.store.sqlite import Store

MOST = 100  # polls in one transaction
DOCUMENTS = 8  # of these with a document: a third of a megabyte each
LONGEST = 1.0  # seconds that one waits


def settle_all(
    polls: Sequence[Polled],
    store: Store,
    now: datetime,
    removed: Elders | None = None,
    *,
    scatter: bool = False,
    hears: bool = False,
) -> list[PollResult]:
    """`settle` for at most 500 polls, of which no two are of one source: the store is read ahead of them all."""
    keys, documents = ([polled.state.key for polled in some] for some in (polls, filter(_is_read, polls)))
    ahead = Ahead(store).read(keys, documents, now - HURRIED_FOR)
    return [settle(polled, store, now, removed, scatter=scatter, hears=hears, ahead=ahead) for polled in polls]


def _is_read(polled: Polled) -> bool:
    """Whether it brought a document whose entries are to be compared with those that are known."""
    return polled.feed is not None


def record(result: PollResult, store: Store, now: datetime) -> None:
    """One source's poll in one transaction."""
    record_all((result,), store, now)


def record_all(results: Collection[PollResult], store: Store, now: datetime) -> None:
    """Several sources' polls in one transaction."""
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
    new = ((entry, _pack(result, entry), standing) for entry, standing in result.changes.new)
    store.entries.add(result.state, new, now)
    for key, entry in result.changes.updated:
        store.entries.update(key, entry, _pack(result, entry), now)
    if result.signs:
        store.signs.keep(result.state.key, result.signs)
    if result.kept is not None:
        store.bodies.keep(result.state.key, result.kept, now)
        if any(isinstance(entry, Outline) for entry, _ in result.changes.new):
            store.bodies.read_later(result.state.key, now)


def _pack(result: PollResult, entry: Entry) -> Packed:
    """As it was packed where it was read; one that was told apart since is packed anew."""
    return result.packs.get(entry.guid) or packed(entry)


class Batch:
    """Polls that are not recorded yet: a kill makes their sources be asked again, so that none waits for long.

    What failed waits for nothing, for a host that said 429 must not be asked again; nor does what a hub brought, for
    the same source may be polled next.
    """

    def __init__(self, longest: float = LONGEST) -> None:
        self._longest = longest
        self._polls: list[Polled] = []
        self._documents, self._since = 0, 0.0

    def add(self, polled: Polled) -> None:
        """One more, the last that came."""
        if not self._polls:
            self._since = time.monotonic()
        self._polls.append(polled)
        self._documents += _is_read(polled)

    @property
    def is_ripe(self) -> bool:
        """Whether to record it now."""
        if not self._polls:
            return False
        is_full = len(self._polls) >= MOST or self._documents >= DOCUMENTS
        newest = self._polls[-1]
        return is_full or newest.error is not None or newest.pushed or time.monotonic() - self._since >= self._longest

    def taken(self) -> list[Polled]:
        """All of them; what comes next is another batch."""
        polls, self._polls, self._documents = self._polls, [], 0
        return polls
