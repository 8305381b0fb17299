"""Months in minutes: the real service, its clock moved by hand, real sockets, and two answers in a hundred a fault.

What must stay as it is: memory, file handles, threads, what the store holds besides entries and digests; and no
source is asked more than two of its intervals late. `python -m tests.test_soak DAYS SOURCES` prints what was measured.
"""

from __future__ import annotations

import json
import random
import socket
import sqlite3
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median

import pytest

from aggregator.app import App
from aggregator.parse.pool import Pool
from aggregator.parse.worker import resident
from aggregator.service import FileBroken, Service
from aggregator.sources.config import load
from aggregator.store.sqlite import Store, open_store
from tests.makers import DAY, HOUR, NOW, POOL, words

FAULTS = 0.02  # the share of all answers
_GROWS = ("entries", "marks", "digests", "digest_files", "ledger", "appeared", "search")  # with each entry or digest
_HOSTS = 4
STEP = 6 * HOUR  # of the clock; also the interval of every source


class Blogs:
    """Made-up blogs on a few ports of this machine; every answer depends on the hour, the seed and nothing else."""

    def __init__(self, count: int, faults: float, seed: int) -> None:
        self.now, self.asked, self.faults, self._share = NOW, 0, 0, faults
        chance = random.Random(seed)
        self.gaps = [chance.choice((6, 12, 24, 48, 96, 200)) * HOUR for _ in range(count)]  # between two entries
        self._fate = random.Random(seed + 1)
        blogs = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                blogs.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self._servers = [ThreadingHTTPServer(("127.0.0.1", 0), Handler) for _ in range(_HOSTS)]
        for server in self._servers:
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def urls(self) -> list[str]:
        return [f"http://127.0.0.1:{self._servers[n % _HOSTS].server_port}/{n}" for n in range(len(self.gaps))]

    def close(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def answer(self, to: BaseHTTPRequestHandler) -> None:
        self.asked += 1
        if self._fate.random() < self._share:
            self.faults += 1
            self._fail(to, self._fate.randrange(8))
            return
        number = int(to.path.lstrip("/"))
        newest = int((self.now - NOW + 30 * DAY) / self.gaps[number])
        tag = f'"{newest}"'
        if to.headers.get("If-None-Match") == tag:
            _send(to, 304, b"", ETag=tag)
        else:
            _send(to, 200, self._document(number, newest), ETag=tag)

    def _document(self, number: int, newest: int) -> bytes:
        rows = []
        for n in range(newest, max(newest - 10, 0), -1):
            at = NOW - 30 * DAY + n * self.gaps[number]
            rows.append(
                f"<item><title>{words(5, number * 10_000 + n)}</title><guid isPermaLink='false'>{number}-{n}</guid>"
                f"<link>https://blog{number}.example/{n}</link><pubDate>{format_datetime(at)}</pubDate>"
                f"<description>{words(60, n * 1_000 + number)}</description></item>"
            )
        return f"<rss version='2.0'><channel><title>Blog {number}</title>{''.join(rows)}</channel></rss>".encode()

    @staticmethod
    def _fail(to: BaseHTTPRequestHandler, kind: int) -> None:
        """One of the ways in which a server fails; the connection may break with it."""
        to.close_connection = True
        whole = b"<rss version='2.0'><channel><title>x</title></channel></rss>"
        if kind == 0:
            with suppress(OSError):
                to.connection.shutdown(socket.SHUT_RDWR)
        elif kind == 1:
            _send(to, 200, whole[:20], length=len(whole))
        elif kind == 2:
            _send(to, 200, b"<html><body>We are moving house</body></html>")
        elif kind == 3:
            _send(to, 200, b"\x1f\x8b not gzip", **{"Content-Encoding": "gzip"})
        elif kind == 4:
            _send(to, 429, b"", **{"Retry-After": "600"})
        elif kind == 5:
            _send(to, 200, b"")
        else:
            _send(to, (500, 503)[kind % 2], b"no")


def _send(to: BaseHTTPRequestHandler, status: int, body: bytes, length: int | None = None, **headers: str) -> None:
    to.send_response(status)
    for name, value in headers.items():
        to.send_header(name, value)
    if status != 304:
        to.send_header("Content-Length", str(len(body) if length is None else length))
    to.end_headers()
    to.wfile.write(body)


@dataclass
class Sample:
    """What a process and its store take at an hour: MiB resident, handles, threads, KiB of tables that may not grow."""

    memory: float
    handles: int
    threads: int
    kept: float


@dataclass
class Soaked:
    """What was measured. `latest` is how late the latest poll was, in intervals of its source."""

    days: int
    asked: int
    faults: int
    entries: int
    digests: int
    latest: float
    samples: list[Sample]

    def growth(self, name: str) -> float:
        """Of the median of the last third over that of the second third (the first is for warming up); 0.01 is 1 %."""
        third = len(self.samples) // 3
        before, after = (
            median(getattr(one, name) for one in part) for part in (self.samples[third:-third], self.samples[-third:])
        )
        return after / before - 1


def soak(
    folder: Path,
    days: int,
    sources: int,
    pool: Pool,
    *,
    faults: float = FAULTS,
    seed: int = 7,
    watch: Callable[[int, Sample], None] = lambda *_: None,
) -> Soaked:
    """So many days of a service over so many sources, in steps of its clock; a sample a step, one a day to `watch`."""
    with _running(folder, sources, pool, faults, seed) as (blogs, app, service):
        latest, samples = 0.0, list[Sample]()
        for step in range(days * (DAY // STEP)):
            before = app.store.sources.states()
            service.tick()
            for url, state in app.store.sources.states().items():
                planned = before[url].next_poll_at
                if planned is not None:  # how late it was asked, or is
                    was_asked = state.polled_at == blogs.now
                    late = blogs.now - (planned if was_asked else state.next_poll_at or planned)
                    latest = max(latest, late / STEP)
            samples.append(_sample(app.store, folder))
            blogs.now += STEP
            if (step + 1) % (DAY // STEP) == 0:
                watch((step + 1) // (DAY // STEP), samples[-1])
        entries = sum(app.store.sources.tally().values())
        digests = len(app.store.digests.all(""))
        return Soaked(days, blogs.asked, blogs.faults, entries, digests, latest, samples)


@contextmanager
def _running(folder: Path, count: int, pool: Pool, faults: float, seed: int) -> Iterator[tuple[Blogs, App, Service]]:
    with closing(Blogs(count, faults, seed)) as blogs:
        lines = "".join(f"  - {url}\n" for url in blogs.urls())
        head = f"timezone: UTC\ndefaults: {{allow_private: true, every: {STEP // HOUR}h}}\n"
        (folder / "feeds.yaml").write_text(f"{head}sources:\n{lines}")
        config = load(folder / "feeds.yaml")
        with closing(open_store(folder / "data" / "aggregator.db")) as store:
            app = App(config, store, lambda: blogs.now, pool=pool, timeout=20, publish_after=600)
            app.follow(config)
            said: list[object] = []
            yield blogs, app, Service(app, lambda: config, said.append, lambda _: None)
            assert not [one for one in said if isinstance(one, FileBroken)]


def _sample(store: Store, folder: Path) -> Sample:
    path = folder / "data" / "aggregator.db"
    with closing(sqlite3.connect(path)) as sql:
        sizes = sql.execute(
            "SELECT m.tbl_name, sum(pgsize - unused) FROM dbstat JOIN sqlite_schema AS m USING (name) GROUP BY 1"
        ).fetchall()
    kept = sum(size for name, size in sizes if not name.startswith(_GROWS))
    handles = len(list(Path("/proc/self/fd").iterdir())) if sys.platform == "linux" else 0
    return Sample(resident() / 2**20, handles, threading.active_count(), kept / 1024)


def _hold(measured: Soaked, *, memory: float) -> None:
    """The promises: memory as given, nothing else grows, nobody waits more than two intervals."""
    assert measured.growth("memory") < memory, measured.samples
    assert max(one.handles for one in measured.samples[-4:]) <= max(one.handles for one in measured.samples[:-4]) + 8
    assert max(one.threads for one in measured.samples[-4:]) <= max(one.threads for one in measured.samples[:-4]) + 8
    assert measured.latest <= 2
    assert measured.digests >= measured.days - 1


@pytest.mark.timeout(600)
def test_three_days(tmp_path: Path) -> None:
    """Memory needs longer to come to rest than this lasts; what leaks with each poll would still be seen."""
    measured = soak(tmp_path, 3, 6, POOL, faults=0.1)
    _hold(measured, memory=0.15)
    assert measured.asked > 30
    assert measured.faults > 3
    assert measured.entries > 60
    assert measured.samples[-1].kept < 6 * 20  # KiB: raw feeds of some days, and what is known of each source


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600)  # half an hour of one core; it may have to share it
@pytest.mark.fault(46)
def test_ninety_days(tmp_path: Path) -> None:
    measured = soak(tmp_path, 90, 200, POOL)
    _hold(measured, memory=0.05)
    assert measured.growth("kept") < 0.05, measured.samples
    assert measured.asked > 20_000
    assert measured.faults > measured.asked / 100


def _told(day: int, sample: Sample) -> None:
    """A line a day: a run takes half an hour."""
    print(f"day {day}: {sample}", file=sys.stderr, flush=True)  # noqa: T201


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place, closing(Pool(wall=120)) as workers:
        days, count = map(int, sys.argv[1:3])
        found = soak(Path(place), days, count, workers, watch=_told)
        growth = {name: round(found.growth(name), 4) for name in ("memory", "handles", "threads", "kept")}
        ends = [asdict(found.samples[n]) for n in (0, len(found.samples) // 3, -1)]
        print(json.dumps(asdict(found) | {"samples": ends, "growth": growth}, indent=1))  # noqa: T201
