"""A fleet: a world of blogs whose file is followed on PostgreSQL, `run` and workers as processes, a bad way between."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.postgres import Server, own_server, take_database
from tests.world import Blog, World

LEASE = 10
LATEST = LEASE + 60  # seconds after which every due source has been polled, whatever happened


class Fleet:
    """A world whose file is followed, and the workers that poll for it."""

    def __init__(self, world: World, address: str) -> None:
        self.world, self.address = world, address
        self._started: list[subprocess.Popen[bytes]] = []

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
        config = self.world.folder / f"worker-{len(self._started)}.yaml"
        text = (self.world.folder / "feeds.yaml").read_text()
        config.write_text(text.replace(self.address, address or self.address))
        return self._start("--config", str(config), "worker", "--concurrency", "2", "--lease", str(LEASE))

    def scheduler(self) -> subprocess.Popen[bytes]:
        """`run`, on the machine's own clock."""
        return self._start("--config", str(self.world.folder / "feeds.yaml"), "run", "--no-serve")

    def _start(self, *command: str) -> subprocess.Popen[bytes]:
        with (self.world.folder / f"process-{len(self._started)}.log").open("wb") as log:
            program = [sys.executable, "-m", "aggregator", *command]
            self._started.append(subprocess.Popen(program, stdout=log, stderr=log))
        return self._started[-1]

    def until_alive(self, workers: int) -> None:
        """Wait until so many workers give signs of life."""
        alive = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - interval '20 seconds'"
        self.until(lambda: self.sql("SELECT to_regclass('procrastinate_workers') IS NOT NULL") == [(True,)])
        self.until(lambda: self.sql(alive) == [(workers,)], 180)

    def until_writing(self, scheduler: subprocess.Popen[bytes]) -> None:
        """Wait until this `run` is the writer."""
        self.until(lambda: f'"pid": {scheduler.pid},' in str(self.sql("SELECT told FROM running")))

    def until_asked(self, requests: int, blogs: list[Blog]) -> None:
        """Wait until these blogs were asked so often, in all."""
        self.until(lambda: asked(blogs) >= requests)

    def sql(self, statement: str) -> list[Any]:
        import psycopg

        with psycopg.connect(self.address, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def until(self, met: Callable[[], bool], seconds: float = LATEST) -> None:
        """Wait until something is so; what the processes said tells why it is not."""
        end = time.monotonic() + seconds
        while not met():
            assert time.monotonic() < end, "\n".join(
                p.read_text() for p in sorted(self.world.folder.glob("process-*.log"))
            )
            time.sleep(0.1)

    def is_polled(self) -> bool:
        return self.sql("SELECT count(*) FROM sources WHERE next_poll_at < '2026-02-01'") == [(0,)]

    def expect_once(self) -> None:
        """Everything was recorded and published, and once."""
        self.expect_recorded()
        self.world.run("publish")
        assert self.is_published()

    def is_published(self) -> bool:
        return sorted(self.world.titles()) == sorted(
            title for blog in self.world.blogs for title in (f"Post {blog.name[1:]}", f"News of {blog.name}")
        )

    def expect_recorded(self) -> None:
        """Everything was recorded, and once; nobody holds anything; the tables of the engine do not grow."""
        number = len(self.world.blogs)
        assert self.sql("SELECT count(*), count(DISTINCT id) FROM entries") == [(2 * number, 2 * number)]
        self.until(lambda: self.sql("SELECT count(*) FROM sources WHERE leased_until > now()") == [(0,)])
        self.until(lambda: self.sql("SELECT count(*) FROM shards WHERE leased_until > now()") == [(0,)])
        self.until(lambda: self.sql("SELECT count(*) FROM procrastinate_jobs WHERE status <> 'todo'") == [(0,)])
        self.until(lambda: self.sql("SELECT count(*) FROM procrastinate_events") <= [(6,)])

    def close(self) -> None:
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.wait()


def asked(blogs: list[Blog]) -> int:
    """How often these blogs were asked, in all."""
    return sum(len(blog.requests) for blog in blogs)


def hang(blogs: list[Blog]) -> threading.Event:
    """These blogs answer no more until they are mended, then as ever, if anybody still listens."""
    let_go = threading.Event()

    def answer(handler: Any) -> None:
        with contextlib.suppress(OSError):
            if let_go.wait(120):
                handler.do_GET()

    for blog in blogs:
        blog.broken = answer
    return let_go


def mend(blogs: list[Blog], hanging: threading.Event) -> None:
    """They answer as ever, what hung too."""
    for blog in blogs:
        blog.broken = None
    hanging.set()


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
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:  # what the engine made is not the store's
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")


@pytest.fixture
def own(world: World) -> Iterator[tuple[Server, Fleet]]:
    with own_server() as server:
        made = Fleet(world, server.address())
        yield server, made
        made.close()
