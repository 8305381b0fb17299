"""Puts the parts together: a pass, publishing, sealing. Knows what happens; not how, and not when."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from aggregator import ledger
from aggregator.entries.view import View
from aggregator.fetch.client import Trust, Wire, agent_of
from aggregator.fetch.firsts import Firsts
from aggregator.fetch.guard import Dial, dial
from aggregator.fetch.names import Resolver, look_up
from aggregator.fetch.turns import Turns
from aggregator.parse.pool import Pool
from aggregator.passes import OnePass, accept
from aggregator.pipeline import Polled
from aggregator.polling import due, outages, survey
from aggregator.polling.backlog import AT_ONCE, MANY, in_steps, read_backlog
from aggregator.polling.cadence import HOUR
from aggregator.polling.due import Hosts, Work
from aggregator.polling.network import Network
from aggregator.polling.reading_lists import with_lists
from aggregator.public.publication import Publication
from aggregator.publish.deliver import Delivered, deliver
from aggregator.records import Config, Series, SourceHealth
from aggregator.report import Pass, Progress
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

    # --- the sources file ------------------------------------------------------------------------------------

    def follow(self, config: Config) -> tuple[int, int]:
        """Make the store follow a configuration: how many sources came (or came back) and how many left.

        Raises ConfigError where it cannot be followed; then the one before stays.
        """
        self.wire = self.wire.following(config)
        self.config = config = with_lists(config, self.store)
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
        """One pass over `work` and what was `pushed` by hubs, see `OnePass`; at most `most` seconds of asking."""
        one = OnePass(
            config=self.config,
            store=self.store,
            clock=self.clock,
            pool=self.pool,
            wire=self.wire,
            network=self._network,
            publication=self.publication,
            stop=self.stop,
            publish_after=self._publish_after,
            scatters=self.scatters,
            hears=self.hears,
        )
        return one.run(work, progress, most=most, pushed=pushed)

    @property
    def is_offline(self) -> bool:
        """Whether the last pass found that our own network is away."""
        return outages.lasts(self.store.meta)

    def accept(self) -> int:
        """Give every waiting entry its place, in one transaction; how many there were."""
        return accept(self.store, self.view(), self.clock())

    def read_backlog(self) -> int:
        """Read more of what first polls left for idle time; of how many sources."""
        return read_backlog(self.store, self.pool, self.view().is_shown, self.clock(), self.stop, AT_ONCE)

    @property
    def is_behind(self) -> bool:
        """Whether anything waits for idle time."""
        return bool(self.store.bodies.unread(1)) or self.store.search.is_behind

    def catch_up(self) -> Iterator[list[str]]:
        """All that waits for idle time, in steps; what each published."""
        sources, at_once = self.store.bodies.unread(), 1
        if len(sources) > MANY:
            self.pool.expect_many()
            at_once = self.pool.most
        those = self.store, self.pool, self.view().is_shown, self.clock(), self.stop, sources
        for _ in in_steps(*those, at_once=at_once):
            idle.index(self.store, 0.0)
            yield []
        self.pool.rest()
        while self.store.search.is_behind and not self.stop.is_set():
            idle.index(self.store)
            yield []
        yield self.publish()

    # --- what goes out ---------------------------------------------------------------------------------------

    def view(self) -> View:
        """The configuration's eyes on the store, now."""
        return View(self.config, self.store.sources, self.clock())

    def health(self) -> tuple[SourceHealth, ...]:
        """Each source's health, in the order of feeds.yaml."""
        return survey.health(self.config, self.store, self.view(), self.clock())

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
        with heap.without_collecting():
            return sealing.seal(series, day, self.store, pen, self.clock())
