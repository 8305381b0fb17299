"""A day of `run`, simulated: what it costs to watch many sources of which few say something new.

    python benchmarks/day.py [--sources 5000] [--news 400] [--hours 24] [--days-before 37] [--json]

Made-up sources, each on a host of its own, are served by a process of their own. All have been read before and write
seldom, so that each is asked once an hour; nearly all answer 304, one in twenty sends the same bytes each time (it
knows no validators), and `--news` new entries come a day, at random moments. The store holds as many for each of the
days before. The service ticks as in `run`: one tick follows the other at once, and both clocks, that of the day and the
monotonic one, are moved by what lies between two ticks. Every pass, publication, digest and all that follows them is in
it; no reader, no TLS and no DNS. The day begins at half past six, so that half an hour of it shows a digest, too.

Measured is the CPU time of this process and of its reading processes, as a share of one core. Exit code 1 if it is more
than CLAIM, or if an entry that came was not published.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import random
import resource
import socket
import sys
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ctypes import c_double
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from aggregator.app import App
from aggregator.parse.pool import Pool
from aggregator.records import Entry, SourceState
from aggregator.service import TICK, DigestSealed, Event, PassEnded, Service
from aggregator.store.rows import packed, to_text
from aggregator.upkeep import idle
from benchmarks.growth import NOW, desk, fill, settle
from benchmarks.words import WORDS

CLAIM = 0.01  # of one core
HOUR = 3600
START = NOW + timedelta(hours=22, minutes=30)
OLD = timedelta(days=14)  # so old is the entry that each feed has held all the time
LATE = 5400  # seconds before the end of the day: what is written since may be found after it
NO_VALIDATORS = 20  # every so many-th source has none
SAME = b'HTTP/1.1 304 Not Modified\r\nETag: "%s"\r\n\r\n'
WHOLE = b"HTTP/1.1 200 OK\r\n%sContent-Type: application/rss+xml\r\nContent-Length: %d\r\n\r\n%s"


def moments(sources: int, news: int, seconds: int) -> dict[int, list[int]]:
    """When which source writes, in seconds after START and in order: the same on every call."""
    chance, found = random.Random(7), dict[int, list[int]]()
    for _ in range(news):
        found.setdefault(chance.randrange(sources), []).append(chance.randrange(seconds))
    return {number: sorted(those) for number, those in found.items()}


def words(number: int, entry: int) -> str:
    """Two hundred words that no other entry has in this order."""
    chance = random.Random(f"{number}/{entry}")
    return " ".join(f"{chance.choice(WORDS)}{chance.randrange(400)}" for _ in range(200))


def document(number: int, written: Sequence[int]) -> bytes:
    """The feed of a source that has written at these moments, after one old entry."""
    told = [-OLD.total_seconds(), *written]
    entries = "".join(_entry(number, entry, told[entry]) for entry in reversed(range(len(told))))
    title = f"<title>Blog {number}</title><link>http://f{number}.example/</link>"
    return f'<rss version="2.0"><channel>{title}{entries}</channel></rss>'.encode()


def _entry(number: int, entry: int, at: float) -> str:
    page, text = f"http://f{number}.example/{entry}", words(number, entry)
    when = format_datetime(START + timedelta(seconds=at))
    title = " ".join(text.split()[:6])
    return (
        f"<item><title>{title}</title><link>{page}</link><guid>{page}</guid><pubDate>{when}</pubDate>"
        f"<description>&lt;p&gt;{text}.&lt;/p&gt;</description></item>"
    )


def answer(head: bytes, now: float, plan: dict[int, list[int]]) -> bytes:
    """What a source answers, `now` seconds after START."""
    headers = dict(line.split(b": ", 1) for line in head.lower().splitlines() if b": " in line)
    number = int(headers[b"host"].partition(b".")[0][1:])
    written = plan.get(number, [])[: bisect_right(plan.get(number, ()), now)]
    tag = b"" if number % NO_VALIDATORS == 0 else b"%d-%d" % (number, len(written))
    if tag and headers.get(b"if-none-match", b"").strip(b'"') == tag:
        return SAME % tag
    body = document(number, written)
    return WHOLE % (b'ETag: "%s"\r\n' % tag if tag else b"", len(body), body)


def serve(port: int, now: c_double, plan: dict[int, list[int]]) -> None:
    """All sources on one port, told apart by the host that is asked for."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                writer.write(answer(await reader.readuntil(b"\r\n\r\n"), now.value, plan))
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def publish() -> None:
        server = await asyncio.start_server(converse, "127.0.0.1", port, backlog=1000)
        await server.serve_forever()

    asyncio.run(publish())


@contextmanager
def served(plan: dict[int, list[int]]) -> Iterator[tuple[int, c_double]]:
    """The port of a process that serves all sources, and its clock: seconds after START."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    context = multiprocessing.get_context("spawn")
    now: c_double = context.Value("d", 0.0, lock=False)
    process = context.Process(target=serve, args=(port, now, plan), daemon=True)
    process.start()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.05)
    yield port, now
    process.terminate()
    process.join()


@contextmanager
def moved_clock() -> Iterator[list[float]]:
    """The monotonic clock of this process, which the caller moves by adding to what is given.

    What rests for some seconds (`status.*` of very many sources, an idle reading process) rests as long as in life.
    """
    real, ahead = time.monotonic, [0.0]
    time.monotonic = lambda: real() + ahead[0]
    try:
        yield ahead
    finally:
        time.monotonic = real


class Day:
    """The service and its clocks. `spent` has the CPU seconds of ticks by what they did, `counted` how many there were
    and what they brought."""

    def __init__(self, app: App, now: list[datetime], web: c_double, ahead: list[float]) -> None:
        self._app, self._now, self._web, self._ahead = app, now, web, ahead
        self._events: list[Event] = []
        self._service = Service(app, lambda: app.config, self._events.append, lambda _: None)
        self.spent: Counter[str] = Counter()
        self.counted: Counter[str] = Counter()

    def tick(self, moment: int) -> None:
        """One tick at so many seconds after START, as `run` makes it."""
        self._ahead[0] += moment - self._web.value
        self._web.value, self._now[0] = moment, START + timedelta(seconds=moment)
        self._events.clear()
        began = time.process_time()
        self._app.store.check_place()
        self._service.tick()
        spent, kind = time.process_time() - began, "ticks with nothing due"
        for event in self._events:
            if isinstance(event, PassEnded):
                kind = "passes with news" if event.done.new else "passes without news"
                self.counted += Counter(polls=event.done.polled, entries=event.done.new, failed=len(event.done.failed))
            elif isinstance(event, DigestSealed):
                kind = "ticks with a digest"
        self.spent[kind] += spent
        self.counted[kind] += 1


def known(app: App, now: list[datetime], news: int, days_before: int) -> None:
    """A store in which all sources were asked in the last hour, with the entries of the days before."""
    store, begin = app.store, START - timedelta(hours=1)
    with store.transaction():
        store.set_meta("last_pass_at", to_text(NOW) or "")
    app.seal_due()  # the digest of the day before
    now[0] = START
    if news * days_before:
        fill(app, news * days_before, timedelta(days=1) / news, lambda number: words(number, 0))
    with store.transaction():
        store._connection.execute("INSERT INTO ledger SELECT '', key, 1 FROM entries")  # noqa: SLF001 (as `fill` does)
        for state in store.sources.states().values():
            number = int(state.url.removeprefix("http://f").partition(".")[0])
            asked = _asked(number, state, begin + timedelta(seconds=random.Random(number).randrange(HOUR)))
            store.sources.save(asked)
            old = _old(number)
            store.entries.add(asked, [(old, packed(old), "backlog")], begin)
    app.accept()
    while idle.index(store):
        """What the days before brought is in the index by now."""
    if news * days_before:
        settle(app)


def _asked(number: int, state: SourceState, at: datetime) -> SourceState:
    """A source that has answered with its one old entry."""
    tag = None if number % NO_VALIDATORS == 0 else f'"{number}-0"'
    return replace(
        state,
        etag=tag,
        validators_url=tag and state.url,
        body_hash=sha256(document(number, ())).hexdigest(),
        polled_at=at,
        success_at=at,
        next_poll_at=at + timedelta(hours=1),
        answered_by=state.url,
        feed_title=f"Blog {number}",
        feed_link=f"http://f{number}.example/",
    )


def _old(number: int) -> Entry:
    """The old entry as it is stored."""
    page, text = f"http://f{number}.example/0", words(number, 0)
    title = " ".join(text.split()[:6])
    return Entry(page, page, page, title, "", f"<p>{text}.</p>", f"{text}.", published=START - OLD)


def reading() -> float:
    """The CPU seconds of reading processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(sources: int, news: int, hours: float, days_before: int) -> dict[str, object]:
    """The figures of a day; its progress goes to standard error, a line an hour."""
    seconds, pool = int(hours * HOUR), Pool()
    plan = moments(sources, round(news * hours / 24), seconds)
    with moved_clock() as ahead, served(plan) as (port, web), desk(sources, port=port, pool=pool) as (app, now):
        app.config.path.write_text("# read by nobody; but its time is asked for at each tick\n", "utf-8")
        tell("a store in which all sources have been read")
        known(app, now, news, days_before)
        day = Day(app, now, web, ahead)
        began, read = time.process_time(), reading()
        for moment in range(0, seconds, int(TICK)):
            day.tick(moment)
            if (moment + TICK) % HOUR == 0:
                hour = (moment + TICK) / HOUR
                tell(f"hour {hour:g}: {time.process_time() - began:.1f} s, {dict(day.counted)}")
        own = time.process_time() - began
        pool.close()
        spent = {kind: round(took, 1) for kind, took in day.spent.items()} | {"reading": round(reading() - read, 1)}
    total = own + spent["reading"]
    due = sum(at < seconds - LATE for those in plan.values() for at in those)
    return {
        "share": round(total / seconds, 5),
        "cpu_s": round(total, 1),
        "all_found": day.counted["entries"] >= due,
        "spent": spent,
        "counted": dict(day.counted),
    }


def tell(text: str) -> None:
    """A line of progress: a day takes minutes."""
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Print the table, or the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=int, default=5_000)
    parser.add_argument("--news", type=int, default=400)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--days-before", type=int, default=37)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    found = measure(options.sources, options.news, options.hours, options.days_before)
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        for name, value in found.items():
            print(f"{name:<12}{value}")
    return int(found["share"] > CLAIM or not found["all_found"])  # type: ignore[operator]


if __name__ == "__main__":
    sys.exit(main())
