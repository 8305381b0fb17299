"""What settling a poll asks of the store; of a batch of polls it is read in a few questions, ahead of them all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from aggregator.records import Entry, Gap, SourceState

if TYPE_CHECKING:
    from aggregator.store.entries import Known
    from aggregator.store.store import Store


FEW = 200  # sources that one save removed


class Elders:
    """The sources that the newest save of feeds.yaml removed: a new line may be one of them under a new address.

    They are read when a new source is met first. Of more than a few those alone are looked at that brought an entry
    of the same address: lists of thousands come and go at once.
    """

    def __init__(self, store: Store, since: datetime | None, few: int = FEW) -> None:
        self._store, self._since, self._few = store, since, few

    @cached_property
    def _all(self) -> dict[int, SourceState]:
        return {one.key: one for one in self._store.sources.removed(self._since)} if self._since else {}

    def like(self, entries: Iterable[Entry]) -> list[SourceState]:
        """Those that a document with these entries may be of."""
        if len(self._all) <= self._few:
            return list(self._all.values())
        addresses = {one.canonical_url for one in entries if one.canonical_url}
        return [self._all[key] for key in self._store.entries.sources_with(addresses) if key in self._all]

    def returned(self, newcomer: SourceState, entries: Sequence[Entry]) -> SourceState:
        """An edited line keeps its history: a first poll that brings mostly a removed source's entries is that source,
        which takes the newcomer's place."""
        from aggregator.entries.recognition import share_known  # noqa: PLC0415 (who only looks waits for no patterns)

        sources = self._store.sources
        for elder in self.like(entries):
            if sources.state(elder.key).url != elder.url:
                continue  # another new line of this pass took it over
            if share_known(entries, self._store.entries.known(elder.key)) >= 0.5:
                with self._store.transaction():
                    sources.adopt(newcomer.key, elder.key)
                return sources.state(elder.key)
        return newcomer


class Ahead:
    """Facts of sources, each read once: ahead for those that `read` names, else when it is asked for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[int, list[Known]] = {}
        self._published: dict[int, list[datetime]] = {}
        self._gaps: dict[int, Gap | None] = {}

    def read(self, keys: Collection[int], with_documents: Collection[int], gaps_since: datetime) -> Ahead:
        """Read those of many sources (by key) at once; the entries of those that brought a document."""
        self._published = self._store.days.rhythms(keys)
        self._gaps = dict.fromkeys(keys) | self._store.gaps.newest(gaps_since, keys)
        if not self.were_recovered:  # else what is known changes before it is asked for
            self._known = self._store.entries.known_of(with_documents)
        return self

    def known(self, key: int) -> list[Known]:
        """All entries of a source."""
        if key not in self._known:
            self._known[key] = self._store.entries.known(key)
        return self._known[key]

    def published(self, key: int) -> list[datetime]:
        """When the newest entries of a source were published, newest first."""
        if key not in self._published:
            self._published[key] = self._store.entries.rhythm(key)
        return self._published[key]

    def gap(self, key: int, since: datetime) -> Gap | None:
        """The newest gap of a source that was found since then, if any."""
        if key not in self._gaps:
            self._gaps[key] = self._store.gaps.latest(key, since)
        return self._gaps[key]

    @cached_property
    def paces(self) -> dict[str, timedelta]:
        """Hosts that are asked only so often."""
        return self._store.sources.paces()

    @cached_property
    def were_recovered(self) -> bool:
        """Whether entries ever came back from what was published."""
        return self._store.recovered.is_any
