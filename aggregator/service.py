"""What `run` does at each tick: heed the file, poll what is due, seal what is due. Says what happened as events."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from aggregator.app import App
from aggregator.errors import ConfigError
from aggregator.hubs.callback import Callback
from aggregator.hubs.subscriber import HUB, Subscriber
from aggregator.polling.due import Work
from aggregator.polling.reading_lists import read_due, sign_of_lists
from aggregator.records import Config
from aggregator.report import Pass, Progress
from aggregator.serving.metrics import Measured
from aggregator.store.digests import Sealed
from aggregator.store.sources import ASKED
from aggregator.upkeep import heap, idle
from aggregator.workers.shards import hasten

TICK = 5.0  # seconds
GATHER = 60.0  # seconds between two looks at what workers did, without news
PROBE_GAP = 60.0  # while offline: one source a minute
BEFORE_SEAL = 300.0  # polling before a seal takes at most this long
REST = timedelta(minutes=1)  # between two passes: what is due by then is asked together, and `status.*` written once
BREATH = timedelta(milliseconds=60)  # for each source, where that is more: five minutes where there are 5,000
_AT_ONCE = (ASKED, HUB)  # so begin the reasons of polls that somebody waits for
WAIT_FOR_NETWORK = 480.0  # a digest that is due waits this long for the network after a wake


@dataclass(frozen=True, slots=True)
class PassBegan:
    """A pass over so many sources begins; `first` is the very first of this store."""

    total: int
    first: bool


@dataclass(frozen=True, slots=True)
class PassEnded:
    """A pass ended."""

    done: Pass
    first: bool


@dataclass(frozen=True, slots=True)
class DigestSealed:
    """A digest was sealed and written."""

    sealed: Sealed
    first: bool


@dataclass(frozen=True, slots=True)
class FileChanged:
    """feeds.yaml was saved and is in force; another `store` or `output` waits for the next start."""

    added: int
    removed: int
    needs_restart: bool = False


@dataclass(frozen=True, slots=True)
class FileBroken:
    """feeds.yaml was saved but is wrong; the version of `since` stays in force."""

    error: ConfigError
    since: datetime


@dataclass(frozen=True, slots=True)
class Mailed:
    """A digest was mailed, or could not be; `text` says which."""

    text: str


@dataclass(frozen=True, slots=True)
class ListRead:
    """A reading list brought other sources, or could not be read; `text` says which."""

    text: str


Event = PassBegan | PassEnded | DigestSealed | FileChanged | FileBroken | ListRead | Mailed


def read_lists(app: App) -> list[str]:
    """Read what is due of the reading lists, and follow it; a line for each change."""
    lines = list(read_due(app.config, app.store, app.wire, app.pool, app.clock()))
    if lines:
        app.follow(app.config)
    return lines


class Service:
    """The state of a running aggregator between ticks; `measured` may be read from any thread.

    `desk` is where WebSub hubs call; None unless it `hears`, that is where something is served.
    """

    def __init__(
        self,
        app: App,
        load: Callable[[], Config],
        say: Callable[[Event], None],
        progress: Callable[[Progress], None],
        *,
        hears: bool = False,
    ) -> None:
        self._app = app
        app.hears, self.desk = hears, Callback() if hears else None
        self._subscriber = Subscriber(app.store, app.pool, app.clock, self.desk) if self.desk else None
        app.scatters = app.publication.is_patient = True
        self._load = load
        self._say = say
        self._progress = progress
        self._stamp: tuple[int, ...] | None = self._file_stamp()
        self._lists = sign_of_lists(app.config, app.store)
        self._loaded_at = app.clock()
        self._probes = 0
        self._probed, self._hastened = 0.0, -GATHER
        self._due_since: float | None = None
        self._caught_up = False
        self._passed_at: datetime | None = None
        self._grew = True  # memory was needed that is not needed now
        self.measured = self._with_digests(Measured(last_pass=self._last_pass()))

    def look_again(self) -> None:
        """Read feeds.yaml at the next tick, whether it was saved or not. May be called from any thread."""
        self._stamp = None

    def tick(self) -> None:
        """One look at everything; does nothing most of the time."""
        self._reload()
        self._app.heed_clock()
        self._app.publish_asked()
        for line in read_lists(self._app):  # what is new in them is polled in this tick
            self._say(ListRead(line))
            self._lists = sign_of_lists(self._app.config, self._app.store)
        sealing = self._app.digest_is_due()
        work = self._work(at_once=sealing)
        pushed = (
            self._subscriber.tick(self._app.config, self._app.wire, self._app.is_offline) if self._subscriber else []
        )
        self._catch_up(work)
        if work or pushed or self._was_brought:
            first = self._app.store.meta("last_pass_at") is None
            self._say(PassBegan(len(work) + len(pushed), first))
            was_offline = self._app.is_offline
            began = time.monotonic()
            done = self._app.run_pass(work, self._progress, most=BEFORE_SEAL if sealing else None, pushed=pushed)
            self._probed = time.monotonic()
            self._passed_at = None if was_offline or done.offline else self._app.clock()  # who waited, waits no longer
            self._grew |= done.new + done.updated > 0
            if self._subscriber:
                self._subscriber.look_again()
            self.measured = self.measured.after(done, self._probed - began).standing(self._app.told_health)
            if not (was_offline and done.offline):
                self._say(PassEnded(done, first))
        elif not self._app.is_offline and self._app.store.gaps.due(self._app.clock()):
            self._app.run_pass([])  # a page of what was missed
        if not self._app.stop.is_set():
            self._seal()
            for one in self._app.deliver():
                self._say(Mailed(one.text))
            self._grew |= self._app.read_backlog() + idle.index(self._app.store) > 0
        self._app.pool.sleep()
        if self._grew:
            self._app.store.rest()
            heap.give_back()
            self._grew = False

    def _catch_up(self, work: Work) -> None:
        """Once, at the start: what a kill between recording and publishing left undone needs no request to be done."""
        if not self._caught_up and not work:
            self._app.run_pass([])
            self.measured = self.measured.standing(self._app.told_health)
        self._caught_up = True

    @property
    def _was_brought(self) -> bool:
        """Whether workers brought something to publish; once a minute the pages of the sources are made anew."""
        store = self._app.store
        return store.workers() > 0 and (store.entries.is_waited_on or time.monotonic() - self._probed > GATHER)

    def _work(self, *, at_once: bool) -> Work:
        if self._app.store.workers():
            if time.monotonic() - self._hastened > GATHER:  # it looks through all sources
                self._hastened = time.monotonic()
                hasten(self._app.config, self._app.store, self._app.clock())
            return []
        is_away = self._app.is_offline
        if is_away and time.monotonic() - self._probed < PROBE_GAP:
            return []
        rests = not at_once and self._rests()
        if rests and not self._app.store.sources.presses(self._app.clock(), *_AT_ONCE):  # which is soon asked
            return []
        work = self._app.due()
        if rests and not any(state.is_new or state.reason.startswith(_AT_ONCE) for _, state in work):
            return []
        if not work or not is_away:
            return work
        self._probes += 1
        return [work[self._probes % len(work)]]

    def _rests(self) -> bool:
        """Whether it is too soon for another pass: each looks at all sources, whatever it asks.

        What is new, or wanted by somebody who waits, is asked at once.
        """
        since = self._app.clock() - self._passed_at if self._passed_at else None
        rest = max(REST, len(self._app.config.sources) * BREATH)
        return since is not None and timedelta(0) <= since < rest

    def _seal(self) -> None:
        """Seal what is due; just after a wake the network may still be on its way."""
        if not self._app.digest_is_due():
            self._due_since = None
            return
        self._due_since = self._due_since or time.monotonic()
        if self._app.is_offline and time.monotonic() - self._due_since < WAIT_FOR_NETWORK:
            return
        for sealed in self._app.seal_due():
            self._say(DigestSealed(sealed, sealed.covers_from is None))
            self._grew = True
        self.measured = self._with_digests(self.measured)

    def _with_digests(self, measured: Measured) -> Measured:
        """With the end of what the newest digest of each series covers."""
        names = [series.name for series in self._app.config.every_series]
        newest = [(name, self._app.store.digests.newest(name)) for name in names]
        return replace(measured, sealed=tuple((name, one.covers_to) for name, one in newest if one))

    def _last_pass(self) -> datetime | None:
        told = self._app.store.meta("last_pass_at")
        return datetime.fromisoformat(told) if told else None

    def _reload(self) -> None:
        """A saved feeds.yaml is in force within a tick; a broken one leaves the last good one."""
        stamp, lists = self._file_stamp(), sign_of_lists(self._app.config, self._app.store)
        if (stamp, lists) == (self._stamp, self._lists):
            return
        self._stamp, self._lists = stamp, lists
        before = self._app.config
        try:
            config = self._load()
            added, removed = self._app.follow(replace(config, store=before.store, output=before.output))
        except ConfigError as error:
            self._say(FileBroken(error, self._loaded_at))
            self._tell_pages(str(error))
            return
        moved = (config.store, config.output) != (before.store, before.output)
        self._loaded_at = self._app.clock()
        self._say(FileChanged(added, removed, moved))
        if self._app.store.meta("last_pass_at") is not None:
            self._app.publish()
            self._grew = True

    def _tell_pages(self, error: str) -> None:
        """The page of the sources says what is wrong in feeds.yaml, until a right one is followed."""
        store = self._app.store
        with store.transaction():
            store.set_meta("config_error", error)
        if store.meta("last_pass_at") is not None:
            self._app.publish_status()

    def _file_stamp(self) -> tuple[int, ...]:
        try:
            stat = self._app.config.path.stat()
        except OSError:
            return ()
        return (stat.st_mtime_ns, stat.st_size, stat.st_ino)
