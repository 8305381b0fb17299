"""Many sources on PostgreSQL: what a lease costs as the table grows, and what workers poll a second.

    python benchmarks/scale.py leases [--rows 10000 100000 1000000]
    python benchmarks/scale.py poll [--sources 100000] [--hosts 20000] [--workers 4] [--concurrency 4] [--delay 0.02]

A PostgreSQL of its own is started (tests/postgres.py), without fsync, so that the disk is no part of it. `leases`
fills the table of sources and asks what a tick and a job ask. `poll` starts workers against an origin on the loopback:
each host is an address of 127.0.0.0/8, each source brings one entry of its own, each answer takes `--delay` seconds.
Told are processor seconds, which another load of the machine does not change, beside the wall's. Of the processors
the workers have what the origin, PostgreSQL and whatever else runs leave them: `of_what_was_left_to_them` is their time
by their time and that in which the cores were idle. `memory_curve_mb` is the largest worker after each tenth.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from aggregator.sources.config import load
from aggregator.store.leases import Leases
from aggregator.store.postgres import open_postgres
from tests.postgres import own_server

ROUNDS = 40
CORES = os.cpu_count() or 1
_FILL = """
INSERT INTO sources (first_url, url, position, next_poll_at, shard, reason, feed_title, etag)
SELECT u, u, n, CASE WHEN n <= 5120 THEN '2026-03-14T06:00:00Z' ELSE '2026-03-14T09:00:00Z' END, n % 256,
  'every hour', 'A Blog with a title', md5(u)
FROM (SELECT n, 'https://blog' || n || '.example.org/feed.xml' AS u FROM generate_series({0}, {1}) AS n) AS made
"""


def timed(asked: Callable[[], Any]) -> float:
    """Milliseconds of the wall, the median of many."""
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        asked()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


def leases(rows: list[int]) -> list[dict[str, float]]:
    """Twenty sources of each shard are due; what a tick's look and a job's lease of them, given back, take."""
    told, now = [], datetime(2026, 3, 14, 7, tzinfo=UTC)
    with own_server() as server:
        store, had = open_postgres(server.address()), 0
        ann = Leases(store.session, "ann")
        for number in sorted(rows):
            store.session.script(_FILL.format(had + 1, number))
            store.session.script("VACUUM ANALYZE sources")
            had = number
            shards = iter(list(range(256)) * ROUNDS)
            tick = timed(lambda: ann.due(now))
            lease = timed(lambda shards=shards: ann.give_back(ann.take(next(shards), now, 300)))
            told.append({"sources": number, "tick_ms": round(tick, 2), "lease_ms": round(lease, 2)})
        store.close()
    return told


# --- polling -------------------------------------------------------------------------------------------------


def origin(port: Any, delay: float) -> None:
    """Answer every address with a feed of one entry, after a while."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ", 2)[1].decode()
                host = head.lower().split(b"\r\nhost: ", 1)[1].split(b"\r\n", 1)[0].decode()
                await asyncio.sleep(delay)
                body = (
                    f'<rss version="2.0"><channel><title>{host}</title><link>http://{host}/</link><item>'
                    f"<title>{path} of {host}</title><link>http://{host}{path}/1</link><guid>{host}{path}</guid><description>"
                    f"What {host}{path} has to tell is told here in more than eight words.</description></item>"
                    "</channel></rss>"
                ).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: %d\r\n\r\n" % len(body)
                )
                writer.write(body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(answer, "0.0.0.0", 0, backlog=4096)
        port.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


def feeds(folder: Path, address: str, port: int, sources: int, hosts: int) -> Path:
    """A file with so many sources on so many hosts."""
    path = folder / "feeds.yaml"
    lines = [f"store: {address}", "timezone: UTC", "defaults: {allow_private: true}", "sources:"]
    for number in range(sources):
        host = number % hosts
        lines.append(
            f"  - http://127.{1 + host // 62500}.{host // 250 % 250}.{1 + host % 250}:{port}/{number // hosts}"
        )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def poll(given: argparse.Namespace) -> dict[str, Any]:
    """Every source once, from an empty store: what it took of the workers' processors, and of the wall."""
    told = multiprocessing.get_context("spawn").Queue()
    web = multiprocessing.get_context("spawn").Process(target=origin, args=(told, given.delay), daemon=True)
    web.start()
    port = told.get()
    with tempfile.TemporaryDirectory() as folder, own_server() as server:
        path = feeds(Path(folder), server.address(), port, given.sources, given.hosts)
        follow(path, server.address())
        command = [sys.executable, "-m", "aggregator", "--quiet", "--config", str(path)]
        command += ["worker", "--concurrency", str(given.concurrency)]
        began, before = time.monotonic(), machine()
        workers = [subprocess.Popen(command) for _ in range(given.workers)]
        curve: list[int] = []
        with psycopg.connect(server.address(), autocommit=True) as connection:
            polled, left = "SELECT count(polled_at) FROM sources", given.sources
            while left := given.sources - (connection.execute(polled).fetchone() or (0,))[0]:
                while len(curve) < 10 * (given.sources - left) // given.sources:
                    curve.append(max(memory(one.pid) for one in workers))
                time.sleep(1)
            wall, used_up = time.monotonic() - began, [now - then for now, then in zip(machine(), before, strict=True)]
            entries = connection.execute("SELECT count(*) FROM entries").fetchone() or (0,)
            distinct = connection.execute("SELECT count(DISTINCT source) FROM entries").fetchone() or (0,)
            size = connection.execute("SELECT pg_database_size(current_database())").fetchone() or (0,)
        for one in workers:
            one.send_signal(signal.SIGTERM)
        used = [os.wait4(one.pid, 0)[2] for one in workers]
    web.kill()
    cpu = sum(one.ru_utime + one.ru_stime for one in used)
    idle, steal = used_up
    return {
        "sources": given.sources, "recorded": entries[0], "sources_with_entries": distinct[0], "wall_s": round(wall, 1),
        "worker_cpu_s": round(cpu, 1), "cpu_ms_a_source": round(cpu * 1000 / given.sources, 2),
        "of_what_was_left_to_them": round(cpu / (cpu + idle), 2), "of_all_cores": round(cpu / wall / CORES, 2),
        "stolen": round(steal / wall / CORES, 2), "memory_curve_mb": curve,
        "worker_rss_mb": round(max(one.ru_maxrss for one in used) / 1024), "database_mb": round(size[0] / 2**20),
    }  # fmt: skip


def machine() -> tuple[float, float]:
    """Seconds that all cores were idle so far, and that were stolen from them (Linux)."""
    numbers = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()
    ticks = os.sysconf("SC_CLK_TCK")
    return (int(numbers[4]) + int(numbers[5])) / ticks, int(numbers[8]) / ticks


def memory(pid: int) -> int:
    """Megabytes that a process has in memory now, without the processes that parse for it (Linux)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") >> 20


def follow(path: Path, address: str) -> None:
    """What `run` does with the file when it starts."""
    store = open_postgres(address)
    with store.transaction():
        store.sources.follow(load(path).sources, datetime.now(UTC))
    store.close()


def main() -> None:
    """Measure, and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ways = parser.add_subparsers(dest="way", required=True)
    ways.add_parser("leases").add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    polling = ways.add_parser("poll")
    for name, value in (("sources", 100_000), ("hosts", 20_000), ("workers", 4), ("concurrency", 4)):
        polling.add_argument(f"--{name}", type=int, default=value)
    polling.add_argument("--delay", type=float, default=0.02)
    given = parser.parse_args()
    print(json.dumps(leases(given.rows) if given.way == "leases" else poll(given), indent=2))


if __name__ == "__main__":
    main()
