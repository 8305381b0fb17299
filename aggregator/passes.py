"""One pass: what is due is polled and recorded; then its end, step by step, in `OnePass._finish`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import chain

from aggregator.entries.acceptance import place
from aggregator.entries.view import View
from aggregator.fetch.client import Wire
from aggregator.fetch.post import post_forms
from aggregator.fetch.turns import SPACING
from aggregator.parse.pool import Pool
from aggregator.pipeline import Polled, moves
from aggregator.polling import gaps, outages, survey
from aggregator.polling.backlog import AT_ONCE, read_backlog, since
from aggregator.polling.due import Work
from aggregator.polling.lanes import LULL, in_lanes
from aggregator.polling.network import Network
from aggregator.polling.patience import Patience
from aggregator.polling.recorder import Batch, record_all, settle_all
from aggregator.polling.reread import reread
from aggregator.public.publication import Publication
from aggregator.publish import notices
from aggregator.publish.deliver import tell_hub
from aggregator.records import Config, SourceHealth, Standing
from aggregator.report import Failure, Pass, Progress
from aggregator.store.ahead import Elders
from aggregator.store.rows import to_text
from aggregator.store.sqlite import Store
from aggregator.upkeep import idle

OFFLINE = timedelta(minutes=1)  # until our own network is tried again


@dataclass(slots=True, kw_only=True)
class OnePass:
    """What one pass works with, and what it has done so far; made anew for each.

    `clock` gives the present, aware UTC. `publish_after` is in seconds, see `Patience`. With `scatters` sources that
    were all asked at once are kept apart from then on; `hears`: hubs can reach this program.
    """

    config: Config
    store: Store
    clock: Callable[[], datetime]
    pool: Pool
    wire: Wire
    network: Network
    publication: Publication
    stop: threading.Event
    publish_after: float
    scatters: bool
    hears: bool
    _done: Pass = field(init=False)
    _elders: Elders = field(init=False)
    _batch: Batch = field(init=False, default_factory=Batch)
    _before: str | None = field(init=False)
    _is_large: bool = field(init=False, default=False)
    _unreached: list[Polled] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self._done = Pass(self.clock(), self.clock())
        self._elders = self.store.removed_lately()
        self._before = self.store.meta("last_pass_at")

    def run(
        self, work: Work, progress: Callable[[Progress], None], *, most: float | None, pushed: Sequence[Polled]
    ) -> Pass:
        """Poll, record, accept, publish; one source stops no other. `pushed` by hubs is recorded first.

        Published at the end, and before it as `Patience` has it. No source is asked after `most` seconds.
        """
        read, total = 0, len(work) + len(pushed)
        patience = Patience(self.publish_after, total, self.publication.took, time.monotonic())
        for polled in chain(pushed, self._asked(work, most) if work else ()):
            if polled is not None:
                self._take(polled)
                read += 1
                progress(polled.progress(read, total))
            is_time = patience.is_over(time.monotonic(), read, LULL if polled is None else 0.0)
            if polled is None or is_time or self._batch.is_ripe:
                self._record(self._batch.taken())
            if is_time and self.publication.is_stale and self._done.polled > len(self._done.failed):
                self._publish_early()
                patience.begin_anew(time.monotonic(), self.publication.took)
        self._record(self._batch.taken())
        self._judge_network(read)
        self._finish()
        return self._done

    # --- polling ---------------------------------------------------------------------------------------------

    def _asked(self, work: Work, most: float | None) -> Iterator[Polled | None]:
        signs = self.store.signs.of(state.key for _, state in work)
        self._is_large = sum(state.is_new for _, state in work) > AT_ONCE
        if self._is_large:
            self.pool.expect_many()
        with self.store.polling(SPACING) as ours, self.wire.turns.alone():  # where it is not ours, workers are at it
            yield from in_lanes(
                work if ours else (),
                self.wire,
                self.pool,
                self.clock,
                self.stop,
                most,
                signs=signs,
                outlines=self._is_large,
            )

    def _take(self, polled: Polled) -> None:
        """To be recorded with others, soon; what may be our own network's fault waits for the end of the polls."""
        if not polled.pushed and self.network.note(polled, self.clock()):
            self._unreached.append(polled)
        else:
            self._batch.add(polled)

    def _record(self, polls: Sequence[Polled]) -> None:
        if not polls:
            return
        now, done = self.clock(), self._done
        results = settle_all(polls, self.store, now, self._elders, scatter=self.scatters, hears=self.hears)
        record_all(results, self.store, now)
        for polled, result in zip(polls, results, strict=True):
            self.publication.is_stale |= polled.feed is not None
            done.polled += not polled.pushed
            done.not_modified += result.outcome == "not_modified"
            done.unchanged += result.outcome == "unchanged"
            done.updated += len(result.changes.updated)
            done.backlog += sum(standing == "backlog" for _, standing in result.changes.new)
            done.moved += moves(polled, result.state)
            self._note_failure(polled, result.state.next_poll_at)

    def _note_failure(self, polled: Polled, retry_at: datetime | None) -> None:
        if polled.error is not None:
            is_first = polled.state.polled_at is None
            self._done.failed.append(Failure(polled.source, polled.name, str(polled.error), retry_at, is_first))

    def _judge_network(self, read: int) -> None:
        """Whether our own network is away decides what becomes of the polls that met nobody; `read` were made."""
        was_away, nobody = outages.lasts(self.store.meta), 0 < len(self._unreached) == read
        self._done.offline = self.network.is_away(self.clock()) or (was_away and nobody)
        if self._done.offline:
            self._take_back()
            return
        for polled in self._unreached:
            self._record((polled,))

    def _take_back(self) -> None:
        """Our own outage is no source's fault: what it did is taken back, and all stay due."""
        with self.store.transaction():
            for state in self.network.taken_back(self.clock()):
                self.store.sources.save(state)
        for polled in self._unreached:
            self._done.polled += 1
            self._note_failure(polled, self.clock() + OFFLINE)

    def _publish_early(self) -> None:
        self._accept()
        self._done.published += self.publication.publish_early(self.config, self._view())

    # --- its end ---------------------------------------------------------------------------------------------

    def _finish(self) -> None:
        """The steps after the polls, in their order; those that need the web are left out while it is away."""
        self._note_times()
        reread(self.store, self.pool, self.clock())
        self._fill_gaps()
        self._accept()
        self._read_pages()
        self._publish()
        self._tell_hub()
        self._tell_user()
        idle.tidy(self.store, self.clock())
        self._do_idle_work()
        self._sort_failures()

    def _note_times(self) -> None:
        """When the last pass was, and since when our own network is away."""
        done = self._done
        done.finished_at = self.clock()
        with self.store.transaction():
            if done.polled:
                for name, value in outages.after(self.store.meta, offline=done.offline, now=done.finished_at).items():
                    self.store.set_meta(name, value)
            if not done.offline and (done.polled or self.store.entries.is_waited_on):
                self.store.set_meta("last_pass_at", to_text(done.finished_at))

    def _fill_gaps(self) -> None:
        if not self._done.offline:
            gaps.fill(self.config, self.store, self.wire, self.pool, self.clock, self.stop)

    def _accept(self) -> None:
        self._done.new += accept(self.store, self._view(), self.clock())

    def _read_pages(self) -> None:
        if not self._done.offline and any(source.full_text for source in self.config.sources):
            from aggregator.polling.full_text import read_pages  # noqa: PLC0415 (20 ms, for who wants full texts)

            read_pages(self._view(), self.store, self.wire, self.pool, self.clock, self.stop)

    def _publish(self) -> None:
        """A first pass that found no network has nothing to show."""
        if self.store.meta("last_pass_at") is not None:
            written = self.publication.publish(self.config, self._view())
            self._done.published = sorted({*self._done.published, *written})

    def _tell_hub(self) -> None:
        post = partial(post_forms, agent=self.wire.agent, tls=self.wire.tls, resolver=self.wire.resolver)
        if not self._done.offline:
            self._done.hub = tell_hub(self.store, self.config, post, self.clock())

    def _tell_user(self) -> None:
        """Whom `notify` names is told of what broke, and of what is well again."""
        self._done.notify = notices.tell(
            self.store, self.config, self._health, self.wire, self.clock(), offline=self._done.offline
        )

    def _do_idle_work(self) -> None:
        """What earlier passes put off, as far as time has gone by; a pass over many new sources has enough to do."""
        most = since(self._before, self._done.started_at)
        if most and not self._is_large:
            read_backlog(self.store, self.pool, self._view().is_shown, self.clock(), self.stop, most)
            idle.index(self.store)

    def _sort_failures(self) -> None:
        """As feeds.yaml has them, not as they came."""
        order = {source.url: place for place, source in enumerate(self.config.sources)}
        self._done.failed.sort(key=lambda failure: order[failure.source.url])

    def _view(self) -> View:
        return View(self.config, self.store.sources, self.clock())

    def _health(self) -> tuple[SourceHealth, ...]:
        """As `status.*` tell it, where this process has written them."""
        return self.publication.health or survey.health(self.config, self.store, self._view(), self.clock())


def accept(store: Store, view: View, now: datetime) -> int:
    """Give every waiting entry its place, in one transaction; how many there were."""
    if not store.entries.is_waited_on:
        return 0
    many, placed = 0, list[tuple[int, Standing, int]]()
    with store.transaction():
        for many, one in enumerate(store.entries.waiting(), 1):  # noqa: B007 (how many there were)
            if not one.is_alone:  # it is compared with all that came before
                store.entries.accept(placed, now)
                placed.clear()
            standing, group = place(one, store.entries, view.is_shown)
            if standing == "forgotten":
                store.withdrawn.forget([one.key], now)
            else:
                store.entries.set_marks(one.key, one.marks)
            placed.append((one.key, standing, group))
        store.entries.accept(placed, now)
    return many
