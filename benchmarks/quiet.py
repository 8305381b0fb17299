"""What a quiet feed costs: a pass over 500 feeds that all answer 304, and threads against async for the same requests.

    python benchmarks/quiet.py [--feeds 500] [--turns 3] [--json]

The publishers are one process on the loopback interface, each feed on a host of its own. Measured is this process's
CPU time for a request, the median of the turns: a whole pass of the program (planning, polling, recording, status
page), httpcore alone in 50 threads, and httpcore alone as 50 asyncio tasks, without and with 20 ms of latency. Exit
code 1 if a pass costs more than 10 times what httpcore alone does: times stand on no machine but one, the ratio does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).parent.parent))

import httpcore

from aggregator.app import App
from aggregator.fetch.turns import Turns
from aggregator.parse.pool import Pool
from aggregator.records import Config, Source
from aggregator.store.sqlite import open_store

AT_ONCE = 50
CLAIM = 10.0
FEED = (
    b"<rss version='2.0'><channel><title>Quiet</title><item><title>One</title><guid>1</guid>"
    b"<pubDate>Fri, 13 Mar 2026 07:00:00 GMT</pubDate></item></channel></rss>"
)
FULL = b'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Length: %d\r\n\r\n%s' % (len(FEED), FEED)
SAME = b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n'


async def _publish(port: int, latency: float) -> None:
    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await asyncio.sleep(latency)
                writer.write(SAME if b"f-None-Match" in head or b"f-none-match" in head else FULL)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(converse, "127.0.0.1", port, backlog=1000)
    await server.serve_forever()


def _serve(port: int, latency: float) -> None:
    asyncio.run(_publish(port, latency))


@contextmanager
def publishers(latency: float) -> Iterator[int]:
    """The port of a process that answers for all of them."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(port, latency), daemon=True)
    process.start()
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.05)
    yield port
    process.terminate()
    process.join()


def threads(port: int, feeds: int) -> None:
    """The requests alone, in threads, a connection each as different hosts need."""

    def ask(number: int) -> None:
        with httpcore.ConnectionPool() as pool:
            answer = pool.request("GET", f"http://127.0.0.1:{port}/{number}", headers={"If-None-Match": '"1"'})
            assert answer.status == 304

    with ThreadPoolExecutor(AT_ONCE) as those:
        list(those.map(ask, range(feeds)))


def tasks(port: int, feeds: int) -> None:
    """The same as asyncio tasks."""

    async def ask(number: int, turn: asyncio.Semaphore) -> None:
        async with turn, httpcore.AsyncConnectionPool() as pool:
            answer = await pool.request("GET", f"http://127.0.0.1:{port}/{number}", headers={"If-None-Match": '"1"'})
            assert answer.status == 304

    async def all_of_them() -> None:
        turn = asyncio.Semaphore(AT_ONCE)
        await asyncio.gather(*(ask(number, turn) for number in range(feeds)))

    asyncio.run(all_of_them())


@contextmanager
def program(port: int, feeds: int) -> Iterator[Callable[[], None]]:
    """One pass of the program over feeds that were read before; each call is a pass."""
    with tempfile.TemporaryDirectory() as name, closing(Pool()) as pool:
        folder, now = Path(name), [datetime(2026, 3, 14, 7, tzinfo=UTC)]
        lines = tuple(Source(f"http://f{n}.example/feed", line=n) for n in range(feeds))
        config = Config(
            path=folder / "feeds.yaml",
            output=folder / "public",
            timezone=ZoneInfo("UTC"),
            store=str(folder / "db"),
            sources=lines,
        )
        store = open_store(folder / "db")
        app = App(
            config,
            store,
            lambda: now[0],
            pool=pool,
            resolver=lambda host, port, timeout: ["93.184.216.34"],
            dial=lambda address, _, timeout: socket.create_connection(("127.0.0.1", port), timeout=timeout),
            turns=Turns(0.0),
        )
        app.follow(config)
        app.run_pass(app.due())

        def one_pass() -> None:
            now[0] += timedelta(hours=1, minutes=5)
            done = app.run_pass(app.due())
            assert (done.polled, done.not_modified) == (feeds, feeds), done

        yield one_pass
        store.close()


def cost(work: Callable[[], object], feeds: int, turns: int) -> dict[str, float]:
    """CPU and wall time of a request in milliseconds, the median of so many turns."""
    cpu, wall = [], []
    for _ in range(turns):
        began, used = time.perf_counter(), time.process_time()
        work()
        cpu.append((time.process_time() - used) / feeds * 1000)
        wall.append((time.perf_counter() - began) / feeds * 1000)
    return {"cpu_ms": round(median(cpu), 2), "wall_ms": round(median(wall), 2)}


def main() -> int:
    """Print the table, or the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--feeds", type=int, default=500)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    feeds, turns, rows = options.feeds, options.turns, {}
    for latency in (0.0, 0.02):
        with publishers(latency) as port:
            after = f", {latency * 1000:.0f} ms away" if latency else ""
            rows[f"threads{after}"] = cost(lambda p=port: threads(p, feeds), feeds, turns)  # type: ignore[misc]
            rows[f"async{after}"] = cost(lambda p=port: tasks(p, feeds), feeds, turns)  # type: ignore[misc]
            with program(port, feeds) as one_pass:
                rows[f"a pass{after}"] = cost(one_pass, feeds, turns)
    ratio = round(rows["a pass"]["cpu_ms"] / rows["threads"]["cpu_ms"], 1)
    if options.json:
        print(json.dumps({"requests": rows, "ratio": ratio}, indent=2))
    else:
        print(f"{'':<20}{'CPU ms':>8}{'ms':>8}   for each of {feeds} requests")
        for name, row in rows.items():
            print(f"{name:<20}{row['cpu_ms']:>8}{row['wall_ms']:>8}")
        print(f"a pass costs {ratio} times the CPU time of httpcore in threads")
    return 1 if ratio > CLAIM else 0


if __name__ == "__main__":
    sys.exit(main())
