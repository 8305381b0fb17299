"""Puts the parts together: a pass, publishing, sealing. Knows what happens; not how, and not when."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

from aggregator import ledger
from aggregator.entries.acceptance import place
from aggregator.entries.view import View
from aggregator.fetch.client import Trust, Wire, agent_of
from aggregator.fetch.firsts import Firsts
from aggregator.fetch.guard import Dial, dial
from aggregator.fetch.names import Resolver, look_up
from aggregator.fetch.post import post_forms
from aggregator.fetch.turns import SPACING, Turns
from aggregator.parse.pool import Pool
from aggregator.pipeline import Polled, moves
from aggregator.polling import due, gaps, outages, survey
from aggregator.polling.cadence import HOUR
from aggregator.polling.due import Hosts, Work
from aggregator.polling.full_text import read_pages
from aggregator.polling.lanes import LULL, in_lanes
from aggregator.polling.network import Network
from aggregator.polling.patience import Patience
from aggregator.polling.reading_lists import with_lists
from aggregator.polling.recorder import Batch, record_all, settle_all
from aggregator.polling.reread import reread
from aggregator.public.publication import Publication
from aggregator.publish import notices
from aggregator.publish.deliver import Delivered, deliver, tell_hub
from aggregator.records import Config, Series, SourceHealth
from aggregator.report import Failure, Pass, Progress
from aggregator.store.ahead import Elders
from aggregator.store.digests import Sealed
from aggregator.store.rows import to_text
from aggregator.store.sqlite import Store
from aggregator.upkeep import heap, idle

if TYPE_CHECKING:
    from aggregator.publish.mail import Server

PUBLISH_AFTER = 5.0  # seconds, again and again in a pass: slow sources do not hold the others up


class App:
    """A configuration and a store at work. `clock` gives the present, aware UTC; used by one thread at a time."""

    def __init__(
        self,
        config: Config,
        store: Store,
        clock: Callable[[], datetime],
        *,
        pool: Pool,
        timeout: float = 30.0,
        resolver: Resolver = look_up,
        dial: Dial = dial,
        turns: Turns | None = None,
        mail: Server | None = None,
        publish_after: float = PUBLISH_AFTER,
    ) -> None:
        self.config, self.store, self.clock, self.pool = config, store, clock, pool
        self._mail, self._publish_after = mail, publish_after
        self.stop, self._network = threading.Event(), Network()
        self.scatters = False  # `run` keeps its sources apart; a cron job asks all of them in its own minute
        self.hears = False  # hubs reach `run` while it serves, and nothing else
        self.publication = Publication(store, clock)
        self.wire = Wire(agent_of(config), Trust(), timeout, resolver, dial, turns or Turns(), Firsts.of(config))
        self._post = partial(post_forms, tls=self.wire.tls, resolver=resolver)

    # --- the sources file ------------------------------------------------------------------------------------

    def follow(self, config: Config) -> tuple[int, int]:
        """Make the store follow a configuration: how many sources came (or came back) and how many left."""
        self.config = config = with_lists(config, self.store)
        self.wire = self.wire.following(config)
        now = self.clock()
        with self.store.transaction():
            added, removed = self.store.sources.follow(config.sources, now)
            if added or removed:
                self.store.set_meta("followed_at", to_text(now))
            self.store.set_meta("config_error", "")
        return added, removed

    def heed_clock(self) -> None:
        """A clock that was set back: what was planned by the old one moves with it, so nothing storms or stalls."""
        last = self.store.meta("last_pass_at")
        back = datetime.fromisoformat(last) - self.clock() if last else timedelta(0)
        if back > timedelta(0):
            with self.store.transaction():
                self.store.sources.shift_clock(back)
                self.store.set_meta("last_pass_at", to_text(self.clock()))

    # --- which sources ---------------------------------------------------------------------------------------

    def due(self, *, one_shot: bool = False, force: bool = False, named: frozenset[str] = frozenset()) -> Work:
        """The sources to ask now, and before a digest those that rest; `named` (URLs) restricts and un-pauses."""
        now, lines, sources = self.clock(), self.config.sources, self.store.sources
        hosts, planned = Hosts(sources.hosts(), sources.paces()), None if one_shot or force or named else now
        work = due.due(lines, sources.states(planned), hosts, now, one_shot=one_shot, force=force, named=named)
        those = () if named or force else self.config.every_series
        moments = {ledger.ripens(self.config, series, self.store, now) for series in those}
        near = [at for at in moments if at and at - HOUR <= now]
        known = lines, sources.states() if near else {}, hosts, now
        return due.united(work, *(due.due_before_digest(*known, at, one_shot=one_shot) for at in near))

    # --- a pass ----------------------------------------------------------------------------------------------

    def run_pass(
        self,
        work: Work,
        progress: Callable[[Progress], None] = lambda _: None,
        *,
        most: float | None = None,
        pushed: Sequence[Polled] = (),
    ) -> Pass:
        """Poll, record, accept, publish; one source stops no other. `pushed` by hubs is recorded first.

        Published at the end, and before it as `Patience` has it.
        """
        done, read, total, batch = Pass(self.clock(), self.clock()), 0, len(work) + len(pushed), Batch()
        patience = Patience(self._publish_after, total, self.publication.took, time.monotonic())
        unreached, elders = list[Polled](), self.store.removed_lately()
        for polled in chain(pushed, self._asked(work, most) if work else ()):
            if polled is not None:
                if not polled.pushed and self._network.note(polled, self.clock()):
                    unreached.append(polled)
                else:
                    batch.add(polled)
                read += 1
                progress(polled.progress(read, total))
            is_time = patience.is_over(time.monotonic(), read, LULL if polled is None else 0.0)
            if polled is None or is_time or batch.is_ripe:
                self._record(batch.taken(), done, elders)
            if is_time and self.publication.is_stale and done.polled > len(done.failed):
                done.new += self.accept()
                done.published += self.publication.publish_early(self.config, self.view())
                patience.begin_anew(time.monotonic(), self.publication.took)
        self._record(batch.taken(), done, elders)
        done.offline = self._network.is_away(self.clock()) or (self.is_offline and 0 < len(unreached) == read)
        self._record_unreached(unreached, done, elders)
        return self._finished(done)

    def _asked(self, work: Work, most: float | None) -> Iterator[Polled | None]:
        signs = self.store.signs.of(state.key for _, state in work)
        with self.store.polling(SPACING) as ours, self.wire.turns.alone():  # where it is not ours, workers are at it
            yield from in_lanes(work if ours else (), self.wire, self.pool, self.clock, self.stop, most, signs=signs)

    def _record(self, polls: Sequence[Polled], done: Pass, elders: Elders) -> None:
        if not polls:
            return
        now = self.clock()
        results = settle_all(polls, self.store, now, elders, scatter=self.scatters, hears=self.hears)
        record_all(results, self.store, now)
        for polled, result in zip(polls, results, strict=True):
            self.publication.is_stale |= polled.feed is not None
            done.polled += not polled.pushed
            done.not_modified += result.outcome == "not_modified"
            done.unchanged += result.outcome == "unchanged"
            done.updated += len(result.changes.updated)
            if polled.error is not None:
                done.failed.append(Failure(polled.source, polled.name, str(polled.error), result.state.next_poll_at))
            done.moved += moves(polled, result.state)

    def _record_unreached(self, unreached: list[Polled], done: Pass, elders: Elders) -> None:
        """Our own outage is no source's fault: what it did is taken back, and all stay due."""
        if done.offline:
            with self.store.transaction():
                for state in self._network.taken_back(self.clock()):
                    self.store.sources.save(state)
        for polled in unreached if done.offline else ():
            done.polled += 1
            done.failed.append(
                Failure(polled.source, polled.name, str(polled.error), self.clock() + timedelta(minutes=1))
            )
        for polled in () if done.offline else unreached:
            self._record((polled,), done, elders)

    def _finished(self, done: Pass) -> Pass:
        done.finished_at = self.clock()
        with self.store.transaction():
            if done.polled:
                for name, value in outages.after(self.store.meta, offline=done.offline, now=done.finished_at).items():
                    self.store.set_meta(name, value)
            if not done.offline and (done.polled or self.store.entries.is_waited_on):
                self.store.set_meta("last_pass_at", to_text(done.finished_at))
        reread(self.store, self.pool, self.clock())
        if not done.offline:
            gaps.fill(self.config, self.store, self.wire, self.pool, self.clock, self.stop)
        done.new += self.accept()
        if not done.offline:
            read_pages(self.view(), self.store, self.wire, self.pool, self.clock, self.stop)
        if self.store.meta("last_pass_at") is not None:  # a first pass that found no network has nothing to show
            done.published = sorted({*done.published, *self.publish()})
        post = partial(self._post, agent=self.wire.agent)
        done.hub = None if done.offline else tell_hub(self.store, self.config, post, self.clock())
        done.notify = notices.tell(
            self.store, self.config, self._known_health, self.wire, self.clock(), offline=done.offline
        )
        idle.tidy(self.store, self.clock())
        idle.index(self.store)
        order = {source.url: place for place, source in enumerate(self.config.sources)}
        done.failed.sort(key=lambda failure: order[failure.source.url])
        return done

    @property
    def is_offline(self) -> bool:
        """Whether the last pass found that our own network is away."""
        return self.store.meta("offline_since") not in (None, "")

    def accept(self) -> int:
        """Give every waiting entry its place, in one transaction; how many there were."""
        if not self.store.entries.is_waited_on:
            return 0
        now, view, many = self.clock(), self.view(), 0
        with self.store.transaction():
            for many, one in enumerate(self.store.entries.waiting(), 1):  # noqa: B007 (how many there were)
                standing, group = place(one, self.store.entries, view.is_shown)
                if standing == "forgotten":
                    self.store.withdrawn.forget([one.key], now)
                else:
                    self.store.entries.set_marks(one.key, one.marks)
                self.store.entries.accept(one.key, standing, group, now)
        return many

    # --- what goes out ---------------------------------------------------------------------------------------

    def view(self) -> View:
        """The configuration's eyes on the store, now."""
        return View(self.config, self.store.sources, self.clock())

    def health(self) -> tuple[SourceHealth, ...]:
        """Each source's health, in the order of feeds.yaml."""
        return survey.health(self.config, self.store, self.view(), self.clock())

    def _known_health(self) -> tuple[SourceHealth, ...]:
        return self.told_health or self.health()

    @property
    def told_health(self) -> tuple[SourceHealth, ...]:
        """Each source's health as `status.*` tell it; empty before this process wrote them."""
        return self.publication.health

    def publish(self, *, everything: bool = False) -> list[str]:
        """Write what changed in `public/`; `everything`: also all sealed digests. Closed months and days stay."""
        return self.publication.publish(self.config, self.view(), everything=everything)

    def publish_status(self) -> list[str]:
        """Write `status.*` alone."""
        return self.publication.publish_status(self.config, self.view())

    def publish_asked(self) -> list[str]:
        """Accept and publish if a command that works beside the writer changed something."""
        if self.store.meta("publish_asked") != "yes":
            return []
        with self.store.transaction():
            self.store.set_meta("publish_asked", "")
        self.accept()
        return self.publish()

    def prepare(self) -> None:
        """Put what the first page needs into `public/`, before anything was polled."""
        self.publication.prepare(self.config)

    def seal_due(self) -> list[Sealed]:
        """Seal what is due, in every series, and write its files."""
        sealed = [
            self._seal(series, day)
            for series in self.config.every_series
            if (day := ledger.due(self.config, series, self.store, self.clock()))
        ]
        if sealed:
            self.publish()
        return sealed

    def deliver(self) -> list[Delivered]:
        """Mail what is due to be mailed; each attempt as a value that says what became of it."""
        return deliver(self.store, self.config, self._mail, self.clock())

    def digest_is_due(self) -> bool:
        """Whether any series has a digest due now."""
        return any(ledger.due(self.config, series, self.store, self.clock()) for series in self.config.every_series)

    def _seal(self, series: Series, day: date) -> Sealed:
        from aggregator import sealing  # noqa: PLC0415 (100 ms, for what happens once a day)
        from aggregator.publish.command import ask  # noqa: PLC0415

        self.publication.name_feed(self.config)
        self.accept()
        heap.give_back()
        pen = sealing.Pen(self.config, self.view(), self.health(), partial(ask, self.config.path.parent))
        return sealing.seal(series, day, self.store, pen, self.clock())
