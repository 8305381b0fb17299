"""One of many poll workers on PostgreSQL, with Procrastinate as the engine; the one door of procrastinate.

A periodic tick, done by whichever worker comes first, gives new sources their shard, defers one job for each shard in
which something is due (never two that wait) and takes away the jobs of workers that died. What such a worker had
leased comes back by itself. A database that is away ends nothing: the worker begins anew until it is back.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.jobs import Status

from aggregator.errors import AggregatorError
from aggregator.polling.reading_lists import sign_of_lists, with_lists
from aggregator.records import Config, Source
from aggregator.store.leases import Leases
from aggregator.store.opening import where_for_others
from aggregator.store.store import Store
from aggregator.workers.sessions import Sessions
from aggregator.workers.shards import Done, Job, Tools, place_new

EVERY = "* * * * * */5"  # seconds stand last
HEARTBEAT = 10.0  # seconds
DEAD_AFTER = 30.0  # seconds without a heartbeat
AGAIN = 2.0  # seconds until a database that is away is tried again
LISTS_FOR = 60.0  # seconds that the configuration is used before lists are looked at again
_FIRST = 100  # the tick goes before the shards that wait

Say = Callable[[str], None]
T = TypeVar("T")


@dataclass(slots=True)
class Sheet:
    """feeds.yaml as it stands now, with what the reading lists brought; a broken one leaves the last good one."""

    load: Callable[[], Config]
    config: Config
    stamp: tuple[int, ...] = ()
    read_at: float = -LISTS_FOR
    sources: Mapping[str, Source] | None = None
    lists: str = ""
    turn: threading.Lock = field(default_factory=threading.Lock)

    def now(self, store: Store) -> Mapping[str, Source]:
        """The sources that are followed, by address."""
        with self.turn:
            with suppress(OSError, AggregatorError):
                stat = self.config.path.stat()
                if (stamp := (stat.st_mtime_ns, stat.st_size, stat.st_ino)) != self.stamp:
                    self.stamp, self.sources = stamp, None
                    self.config = self.load()
            if self.sources is None or time.monotonic() - self.read_at > LISTS_FOR:
                self.read_at, lists = time.monotonic(), sign_of_lists(self.config, store)
                if self.sources is None or lists != self.lists:
                    self.lists, self.sources = lists, with_lists(self.config, store).by_url
            return self.sources


def _without_jobs(leases: Leases, now: datetime) -> list[int]:
    place_new(leases)
    waiting = leases.deferred()
    return [number for number in leases.due(now) if lock_of(number) not in waiting]


def lock_of(shard: int) -> str:
    """What keeps two jobs for one shard from waiting."""
    return f"shard {shard}"


class Worker:
    """A process that polls `concurrency` shards at once, until it is stopped."""

    def __init__(
        self,
        sheet: Sheet,
        tools: Tools,
        sessions: Sessions,
        concurrency: int,
        say: Say,
        told: Callable[[int, Done], None],
    ) -> None:
        self._sheet, self._tools, self._sessions, self._concurrency = sheet, tools, sessions, concurrency
        self._say, self._told = say, told
        for noisy in ("procrastinate", "psycopg.pool"):  # what matters of it is said by us, in one line
            logging.getLogger(noisy).setLevel(logging.CRITICAL)

    def run(self) -> None:
        """Work until a signal says to stop; what is under way is recorded and given back first."""
        self._having(lambda *_: None)  # a wrong address is told at once
        while not self._tools.stop.is_set():
            try:
                asyncio.run(self._work())
            except Exception as error:  # whatever a database that goes away makes of a connection
                if not self._tools.stop.is_set():
                    self._say(f"worker: {' '.join(str(error).split())}; trying again")
                    self._tools.stop.wait(AGAIN)
        self._sessions.close()

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(self._concurrency + 2))
        app = self._app()
        async with app.open_async():
            await self._make_room(app)
            working = asyncio.create_task(
                app.run_worker_async(concurrency=self._concurrency, install_signal_handlers=False)
            )
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self._stop, working)
            with suppress(asyncio.CancelledError):
                await working

    def _stop(self, working: asyncio.Task[None]) -> None:
        self._tools.stop.set()
        working.cancel()

    def _app(self) -> procrastinate.App:
        """The engine over our database, with the two tasks that there are."""
        app = procrastinate.App(
            connector=procrastinate.PsycopgConnector(
                conninfo=where_for_others(self._sheet.config.store), min_size=1, max_size=4, timeout=10.0
            ),
            worker_defaults={
                "name": self._sessions.name,
                "delete_jobs": "always",
                "update_heartbeat_interval": HEARTBEAT,
                "stalled_worker_timeout": DEAD_AFTER,
            },
        )

        @app.task(name="shard")
        def shard(number: int) -> None:
            self._shard(number)

        @app.periodic(cron=EVERY)
        @app.task(name="tick", queueing_lock="tick", priority=_FIRST)
        async def tick(timestamp: int) -> None:
            await self._reap(app)
            jobs = [
                shard.configure(queueing_lock=lock_of(number)).make_new_job(number=number)
                for number in await asyncio.to_thread(self._due)
            ]
            if jobs:
                with suppress(AlreadyEnqueued):  # by another worker's tick that began before: the next one will see
                    await app.job_manager.batch_defer_jobs_async(jobs)

        return app

    async def _make_room(self, app: procrastinate.App) -> None:
        """The engine's own tables, once."""
        schema = app.schema_manager.get_schema()
        await asyncio.to_thread(self._having, lambda _, leases: leases.make("procrastinate_jobs", schema))

    async def _reap(self, app: procrastinate.App) -> None:
        """Finish and delete the jobs of workers that gave no sign of life."""
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER):
            if job.id is not None:
                with suppress(procrastinate.exceptions.ProcrastinateException):  # another worker was quicker
                    await app.job_manager.finish_job_by_id_async(job.id, status=Status.FAILED, delete_job=True)

    # --- in threads ------------------------------------------------------------------------------------------

    def _due(self) -> list[int]:
        """The shards in which something is due and for which no job waits."""
        return self._having(lambda _, leases: _without_jobs(leases, self._tools.clock()))

    def _shard(self, number: int) -> None:
        try:
            done = self._having(
                lambda store, leases: Job(number, self._sheet.now(store), store, leases, self._tools).run()
            )
        except AggregatorError as error:  # what it had leased comes back by itself
            self._say(str(error))
            return
        self._told(number, done)

    def _having(self, use: Callable[[Store, Leases], T]) -> T:
        """With a session of its own."""
        with self._sessions.one() as (store, leases):
            return use(store, leases)
