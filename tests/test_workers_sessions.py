"""What `run` asks beside workers: each has sessions of its own, as a machine would, and the hosts are one web."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from aggregator.entries.view import View
from aggregator.errors import AggregatorError
from aggregator.fetch.client import Trust, Wire
from aggregator.fetch.turns import Turns
from aggregator.parse.article import is_installed
from aggregator.polling import gaps
from aggregator.polling.full_text import read_pages
from aggregator.polling.network import Network
from aggregator.polling.reading_lists import read_due, remembered
from aggregator.records import Config, Gap
from aggregator.sources.config import load
from aggregator.store.rows import packed
from aggregator.store.store import Store
from tests.makers import DAY, POOL, entry
from tests.postgres import give_back, needs_postgres, take_database
from tests.web import Answer, Web, rss
from tests.world import World

pytest.importorskip("psycopg")
from aggregator.workers.hands import SharedTurns
from aggregator.workers.sessions import Sessions, turns_beside_workers
from aggregator.workers.shards import Job, Tools, place_new

SPACING = 0.05
FILE = """store: {}
timezone: UTC
defaults: {{full_text: true}}
reading_lists: {}
sources: ["http://blog.example/0", "http://blog.example/1"]
"""


@dataclass
class Clock:
    """The present, moved by hand."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


def a_gap(source: int, now: datetime) -> Gap:
    """Entries may be missing between three and one days ago; an older page is to be read."""
    then = now - 3 * DAY
    return Gap(source, now, then, now - DAY, then, 86400, next_url="http://blog.example/older", next_at=now)


def fill(store: Store, config: Config, now: datetime) -> None:
    """Two sources of one host, of which one has a gap and a teaser whose page is to be fetched."""
    with store.transaction():
        store.sources.follow(config.sources, now)
        first = store.sources.states()["http://blog.example/0"]
        store.gaps.put(a_gap(first.key, now))
        teaser = entry("teaser", link="http://blog.example/page", text="A teaser.")
        store.entries.add(first, [(teaser, packed(teaser), "news")], now)
        (waiting,) = store.entries.waiting()
        store.entries.accept([(waiting.key, "news", waiting.key)], now)


class Street:
    """One host that everybody asks: when requests went out, and whether two were ever on their way at once."""

    def __init__(self, web: Web) -> None:
        self.web, self.sent, self.most = web, list[float](), 0
        self._inside = threading.Semaphore(1)

    def resolve(self, host: str, port: int, timeout: float) -> list[str]:
        return ["93.184.215.14"]

    def dial(self, address: str, port: int, timeout: float) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.web.port), timeout=timeout)

    def wire(self, turns: Turns) -> Wire:
        return Wire("test", Trust(), 60.0, self.resolve, self.dial, turns)

    def turns(self, sessions: Sessions) -> SharedTurns:
        street = self

        class Watched(SharedTurns):
            @contextmanager
            def at(self, host: str, *, spaced: bool) -> Iterator[float]:
                with super().at(host, spaced=spaced) as waited:
                    assert street._inside.acquire(blocking=False), "two in flight"
                    try:
                        yield waited
                    finally:
                        street._inside.release()

            def sent(self, host: str, at: float) -> None:
                super().sent(host, at)
                street.sent.append(at)

        return Watched(sessions.claims, SPACING, patience=0.0)


@needs_postgres
@pytest.mark.skipif(not is_installed(), reason="the extra fulltext is not installed")
def test_what_run_and_a_worker_ask_a_host_is_one_at_a_time_and_apart(world: World) -> None:
    """Lists, older pages and an entry's page beside polls; a host that is busy is no failure of any."""
    address = take_database()
    with Web() as web, ExitStack() as end:
        street, clock = Street(web), Clock(world.now)
        web.otherwise = lambda request: Answer(200, rss(1, request.target), wait=0.01)
        lists = [f"http://blog.example/list{number}" for number in range(3)]
        for number in range(3):
            web.on(f"/list{number}", Answer(200, b"<opml><body/></opml>"))
        web.on("/robots.txt", Answer(404))
        web.on("/page", Answer(200, b"<p>Nothing to read.</p>", {"Content-Type": "text/html"}))
        web.on("/older", Answer(200, rss(1, "Blog", world.now - 4 * DAY)))
        path = world.folder / "feeds.yaml"
        path.write_text(FILE.format(address, lists))
        config = load(path)
        ours, theirs = (end.enter_context(closing(Sessions(address))) for _ in range(2))
        store, leases = end.enter_context(ours.one())
        fill(store, config, clock())
        place_new(leases)
        turns, wire = street.turns(theirs), street.wire(street.turns(ours))
        tools = Tools(
            street.wire(turns), turns, POOL, clock, threading.Event(), Network(), threading.Lock(), aside=0.01
        )

        def work() -> None:
            with theirs.one() as (own, held):
                while not tools.stop.is_set():
                    for number in held.due(clock()):
                        Job(number, config.by_url, own, held, replace(tools, spacing=0.0)).run()
                    with own.transaction():
                        own.sources.mark_due([state.key for state in own.sources.states().values()], clock())
                    tools.stop.wait(0.05)  # until the next tick

        worker = threading.Thread(target=work, daemon=True)
        worker.start()
        end.callback(tools.stop.set)
        deadline = time.monotonic() + 120
        wanted = {*(f"/list{number}" for number in range(3)), "/older", "/robots.txt", "/page", "/0", "/1"}
        while not wanted <= set(web.targets()):
            assert time.monotonic() < deadline, web.targets()
            list(read_due(config, store, wire, POOL, clock()))
            gaps.fill(config, store, wire, POOL, clock, tools.stop)
            view = View(config, store.sources.states().values(), clock())
            read_pages(view, store, wire, POOL, clock, tools.stop)
            clock.now += timedelta(minutes=1)
        tools.stop.set()
        worker.join(60)
        assert [remembered(store, one).failures for one in lists] == [0, 0, 0]
        assert [(one.state, one.tries) for one in store.gaps.newest(world.now - DAY).values()] == [("filled", 0)]
        page = store.articles.get(1)
        assert (page.tries, page.next_try_at) == (1, None) if page else False
    assert len(street.sent) >= len(wanted)
    assert all(later - earlier >= SPACING for earlier, later in pairwise(sorted(street.sent)))
    give_back(address)


def test_a_store_of_ones_own_has_turns_of_ones_own() -> None:
    with turns_beside_workers("data/aggregator.db") as turns:
        assert type(turns) is Turns


@needs_postgres
def test_no_session_is_opened_before_something_is_asked() -> None:
    with turns_beside_workers("postgresql://nobody@127.0.0.1:1/nothing") as turns:
        assert isinstance(turns, SharedTurns)
        with turns.alone(), turns.at("blog.example", spaced=False):
            pass
        with pytest.raises(AggregatorError, match="does not say who asks"), turns.at("blog.example", spaced=False):
            pass
