"""Workers as processes, and what becomes of their work when one dies, the database goes away, or the way to it."""

from __future__ import annotations

import contextlib
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.postgres import Server, needs_postgres, own_server, take_database
from tests.world import World

psycopg = pytest.importorskip("psycopg")
pytest.importorskip("procrastinate")

pytestmark = needs_postgres
LEASE = 10
LATEST = LEASE + 60  # seconds after which every due source has been polled, whatever happened


class Fleet:
    """A world whose file is followed, and the workers that poll for it."""

    def __init__(self, world: World, address: str) -> None:
        self.world, self.address = world, address
        self._workers: list[subprocess.Popen[bytes]] = []

    def follow(self, blogs: int) -> None:
        """So many blogs, each a host, polled once."""
        for number in range(blogs):
            self.world.blog(f"B{number}", f"Post {number}")
        self.world.settings = f"store: {self.address}"
        self.world.write()
        self.world.run("poll")

    def news(self) -> None:
        """Every blog has news, and everything is due."""
        for blog in self.world.blogs:
            self.world.post(blog, f"News of {blog.name}")
        self.sql("UPDATE sources SET next_poll_at = '2026-01-01T00:00:00Z'")

    def worker(self, address: str | None = None) -> subprocess.Popen[bytes]:
        """Another worker, that may see the database at another address."""
        config = self.world.folder / f"worker-{len(self._workers)}.yaml"
        text = (self.world.folder / "feeds.yaml").read_text()
        config.write_text(text.replace(self.address, address or self.address))
        log = (self.world.folder / f"worker-{len(self._workers)}.log").open("wb")
        command = ["--config", str(config), "worker", "--concurrency", "2", "--lease", str(LEASE)]
        self._workers.append(subprocess.Popen([sys.executable, "-m", "aggregator", *command], stdout=log, stderr=log))
        log.close()
        return self._workers[-1]

    def sql(self, statement: str) -> list[Any]:
        with psycopg.connect(self.address, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def until(self, met: Callable[[], bool], seconds: float = LATEST) -> None:
        """Wait until something is so; the logs of the workers tell why it is not."""
        end = time.monotonic() + seconds
        while not met():
            assert time.monotonic() < end, "\n".join(p.read_text() for p in self.world.folder.glob("worker-*.log"))
            time.sleep(0.1)

    def is_polled(self) -> bool:
        return self.sql("SELECT count(*) FROM sources WHERE next_poll_at < '2026-02-01'") == [(0,)]

    def expect_once(self) -> None:
        """Everything was recorded, and once; nobody holds anything; the tables of the engine do not grow."""
        number = len(self.world.blogs)
        assert self.sql("SELECT count(*), count(DISTINCT id) FROM entries") == [(2 * number, 2 * number)]
        self.until(lambda: self.sql("SELECT count(*) FROM sources WHERE leased_until > now()") == [(0,)])
        self.until(lambda: self.sql("SELECT count(*) FROM procrastinate_jobs WHERE status <> 'todo'") == [(0,)])
        self.until(lambda: self.sql("SELECT count(*) FROM procrastinate_events") <= [(6,)])
        self.world.run("publish")
        assert sorted(self.world.titles()) == sorted(
            title for blog in self.world.blogs for title in (f"Post {blog.name[1:]}", f"News of {blog.name}")
        )

    def close(self) -> None:
        for worker in self._workers:
            if worker.poll() is None:
                worker.kill()
            worker.wait()


class Way:
    """A way to the database through a port of its own, that can be slow, and cut without a word."""

    def __init__(self, server: Server) -> None:
        self._server, self.delay, self.is_cut = server, 0.0, False
        self._listening = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()
        self._open: list[socket.socket] = []

    @property
    def address(self) -> str:
        return f"postgresql://tests@127.0.0.1:{self._listening.getsockname()[1]}/postgres"

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(str(self._server.folder / ".s.PGSQL.5432"))
                self._open += [near, far]
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(source, target), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                time.sleep(self.delay)
                if not self.is_cut:  # then nothing arrives, and nobody is told
                    target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def mend(self) -> None:
        """It carries again; connections that waited in vain are told that they are none any more."""
        self.is_cut = False
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listening.close()
        for one in self._open:
            one.close()


@pytest.fixture
def fleet(world: World) -> Iterator[Fleet]:
    address = take_database()
    made = Fleet(world, address)
    yield made
    made.close()
    with psycopg.connect(address, autocommit=True) as connection:  # what the engine made is not the store's
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")


@pytest.fixture
def own(world: World) -> Iterator[tuple[Server, Fleet]]:
    with own_server() as server:
        made = Fleet(world, server.address())
        yield server, made
        made.close()


def test_a_worker_polls_what_is_due_and_stops_when_it_is_told(fleet: Fleet) -> None:
    fleet.follow(2)
    fleet.news()
    worker = fleet.worker()
    fleet.until(fleet.is_polled)
    assert fleet.world.run("poll", "--json")  # beside it: nothing is asked twice
    fleet.until(lambda: fleet.sql("SELECT count(*) FROM sources WHERE leased_until > now()") == [(0,)])
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0
    fleet.expect_once()
    assert [len(blog.requests) for blog in fleet.world.blogs] == [2, 2]
    assert fleet.sql("SELECT count(*) FROM procrastinate_workers") == [(0,)]


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_workers_that_are_killed_lose_nothing(fleet: Fleet) -> None:
    """Two of three are killed with requests in flight; one of them had the tick."""
    fleet.follow(12)
    hanging = threading.Event()

    def hang(handler: Any) -> None:
        hanging.wait(60)
        handler.send_error(503)

    fleet.news()
    for blog in fleet.world.blogs[:6]:
        blog.broken = hang
    doomed = [fleet.worker(), fleet.worker()]
    fleet.until(lambda: sum(len(blog.requests) for blog in fleet.world.blogs[:6]) >= 6 + 3)
    for one in doomed:
        one.kill()
    for blog in fleet.world.blogs:
        blog.broken = None
    hanging.set()
    fleet.worker()
    fleet.until(fleet.is_polled)
    fleet.expect_once()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_database_that_is_restarted_in_the_middle(own: tuple[Server, Fleet]) -> None:
    server, fleet = own
    fleet.follow(8)
    fleet.news()
    for _ in range(2):
        fleet.worker()
    fleet.until(lambda: any(len(blog.requests) > 1 for blog in fleet.world.blogs))
    server.stop("immediate")
    time.sleep(3)  # away for a while
    server.start()
    fleet.until(fleet.is_polled, LATEST + 60)
    fleet.expect_once()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_way_to_the_database_that_is_cut(own: tuple[Server, Fleet]) -> None:
    """One worker hears nothing any more; what it had is polled by the other, and it returns when the way does."""
    server, fleet = own
    fleet.follow(8)
    fleet.news()
    way = Way(server)
    cut = fleet.worker(way.address)
    fleet.until(lambda: any(len(blog.requests) > 1 for blog in fleet.world.blogs))
    way.is_cut = True
    fleet.worker()
    fleet.until(fleet.is_polled, LATEST + 60)
    fleet.expect_once()
    way.mend()
    fleet.until(lambda: fleet.sql("SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval "
                                  "'20 seconds'") == [(2,)], 180)  # fmt: skip
    assert cut.poll() is None
    way.close()


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_a_slow_database_is_only_slow(own: tuple[Server, Fleet]) -> None:
    server, fleet = own
    fleet.follow(6)
    fleet.news()
    way = Way(server)
    way.delay = 0.03
    for _ in range(2):
        fleet.worker(way.address)
    fleet.until(fleet.is_polled, LATEST + 60)
    fleet.expect_once()
    way.close()


def test_a_worker_needs_a_database_that_is_shared(world: World) -> None:
    world.blog("One", "a")
    world.write()
    world.run("worker", code=3)
    assert re.search(r"workers share a PostgreSQL database; `aggregator run` polls", world.said)
