from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest

from aggregator.fetch.client import Trust, Wire
from aggregator.polling.network import Network
from aggregator.records import Config
from aggregator.sources.config import load
from aggregator.urls import host_of
from tests.makers import POOL
from tests.postgres import give_back, needs_postgres, take_database
from tests.world import Blog, World

pytest.importorskip("psycopg")
from aggregator.store.leases import Leases
from aggregator.store.postgres import open_postgres
from aggregator.workers.hands import SharedTurns
from aggregator.workers.shards import Done, Job, Tools, hasten, place_new

pytestmark = needs_postgres
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


class Shop:
    """A world on PostgreSQL after `run` has followed its file, and a worker's tools."""

    def __init__(self, world: World, address: str) -> None:
        self.world = world
        world.settings = f"store: {address}"
        self.store = open_postgres(address)
        self.leases = Leases(self.store.session, "ann")
        turns = SharedTurns(lambda: nullcontext(self.leases), spacing=0.0, patience=0.0)
        self.tools = Tools(
            Wire("test", Trust(), 60.0, turns=turns), turns, POOL, lambda: world.now, threading.Event(),
            Network(), threading.Lock(), spacing=0.0, lease=600.0, margin=60.0, aside=0.01,
        )  # fmt: skip

    @property
    def config(self) -> Config:
        return load(self.world.folder / "feeds.yaml")

    def follow(self, blogs: list[Blog] | None = None) -> None:
        self.world.write(blogs)
        with self.store.transaction():
            self.store.sources.follow(self.config.sources, self.world.now)
        place_new(self.leases)

    def work(self, leases: Leases | None = None, **tools: object) -> Done:
        """Every shard that is due, one after the other; what was done in all."""
        total = Done()
        for number in self.leases.due(self.world.now):
            own = replace(self.tools, **tools)  # type: ignore[arg-type]
            sources = {source.url: source for source in self.config.sources}
            done = Job(number, sources, self.store, leases or self.leases, own).run()
            for name in ("polled", "failed", "lost", "new"):
                setattr(total, name, getattr(total, name) + getattr(done, name))
            total.offline |= done.offline
        return total

    def leased(self) -> int:
        return int(self.store.session.execute("SELECT count(*) FROM sources WHERE leased_by IS NOT NULL").fetchone()[0])

    def reason(self, blog: Blog) -> str:
        return self.store.sources.states()[blog.url].reason


@pytest.fixture
def shop(world: World) -> Iterator[Shop]:
    address = take_database()
    made = Shop(world, address)
    yield made
    made.store.close()
    give_back(address)


def test_every_due_source_is_polled_once_and_given_back(shop: Shop) -> None:
    blogs = [shop.world.blog(f"B{n}", f"Post {n}") for n in range(5)]
    shop.follow()
    assert shop.work() == Done(polled=5, new=5)
    assert shop.work() == Done()
    assert [len(blog.requests) for blog in blogs] == [1] * 5
    assert shop.leased() == 0
    shop.world.now += DAY
    shop.world.post(blogs[0], "later")
    blogs[1].broken = lambda handler: handler.send_error(500)
    assert shop.work() == Done(polled=5, failed=1, new=1)
    assert shop.world.run("publish")
    assert set(shop.world.titles()) == {*(f"Post {n}" for n in range(5)), "later"}


def test_paused_and_resting_ones_are_set_aside_and_the_others_polled(shop: Shop) -> None:
    one, two = shop.world.blog("One", "a"), shop.world.blog("Two", "b")
    shop.follow()
    path = shop.world.folder / "feeds.yaml"
    path.write_text(path.read_text().replace('    title: "Two"', '    title: "Two"\n    paused: true'))
    assert shop.work(aside=3600.0) == Done(polled=1, new=1)
    assert (len(one.requests), len(two.requests)) == (1, 0)
    assert shop.leases.due(shop.world.now) == []


def test_what_another_took_over_is_not_recorded_twice(shop: Shop) -> None:
    """Ann's lease is over before the answer comes; Ben polls, and what Ann brings is let go of."""
    blog = shop.world.blog("One", "a")
    shop.follow()
    ben = open_postgres(shop.config.store)
    taken = []

    def overtake(handler: object) -> None:
        blog.broken = None
        shop_of_ben = Leases(ben.session, "ben")
        ben.session.execute("UPDATE sources SET leased_until = clock_timestamp() - interval '1 second'")
        taken.extend(shop_of_ben.take(number, shop.world.now, 600))
        handler.do_GET()  # type: ignore[attr-defined]

    blog.broken = overtake
    (number,) = shop.leases.due(shop.world.now)
    assert shop.work() == Done(lost=1)
    assert len(taken) == 1
    assert shop.store.entries.known(taken[0]) == []
    Leases(ben.session, "ben").give_back(taken)
    ben.close()
    assert shop.work() == Done(polled=1, new=1)


def test_without_a_network_nothing_is_recorded_and_all_come_back_later(shop: Shop) -> None:
    blogs = [shop.world.blog(f"B{n}", f"Post {n}") for n in range(4)]
    shop.follow()
    shop.work()
    shop.world.now += DAY
    urls = [blog.url for blog in blogs]
    shop.world.close()
    done = shop.work()
    away = shop.work()
    assert done.offline or away.offline
    assert done.failed + away.failed < len(urls)
    assert shop.leases.due(shop.world.now) == []
    assert shop.leased() == 0


def test_who_follows_a_dead_one_waits_for_the_spacing(shop: Shop) -> None:
    shop.world.blog("One", "a")
    shop.follow()
    (number,) = shop.leases.due(shop.world.now)
    with pytest.raises(RuntimeError), shop.leases.shard(number, 60):
        raise RuntimeError
    waited = []

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waited.append(timeout)
            return super().wait(0)

    shop.work(stop=Stop(), spacing=1.0)
    shop.world.now += DAY
    shop.work(stop=Stop(), spacing=1.0)
    assert waited.count(1.0) == 1


def test_before_a_digest_the_quiet_ones_are_hastened(shop: Shop) -> None:
    blog = shop.world.blog("One", "a")
    shop.world.settings += '\ndigest: {at: "07:30"}'
    shop.follow()
    shop.work()
    with shop.store.transaction():
        shop.store.session.execute("UPDATE sources SET next_poll_at = '2026-03-20T00:00:00Z'")
        shop.store.set_meta("last_pass_at", "2026-03-14T07:00:00Z")
    shop.world.run("publish")
    shop.world.run("digest")
    shop.world.now += DAY - HOUR
    hasten(shop.config, shop.store, shop.world.now)
    assert shop.leases.due(shop.world.now) == []
    shop.world.now += 80 * HOUR / 60
    hasten(shop.config, shop.store, shop.world.now)
    assert shop.reason(blog) == "asked for by hand"


def test_while_workers_are_at_it_run_polls_nothing(shop: Shop) -> None:
    blog = shop.world.blog("One", "a")
    shop.follow()
    with shop.leases.shard(3, 60):
        shop.world.run("poll")
    assert len(blog.requests) == 0
    shop.world.run("poll")
    assert len(blog.requests) == 1


def test_what_a_redirect_leads_to_is_asked_by_one_worker_at_a_time(shop: Shop) -> None:
    """Ben asks where One leads to: that is no failure of One, which is asked again when he has done."""
    one, two = shop.world.blog("One"), shop.world.blog("Two", "b")

    def lead_on(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", two.url)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    one.broken = lead_on
    shop.world.write([one])
    shop.follow([one])
    ben = open_postgres(shop.config.store)
    his = Leases(ben.session, "ben")
    assert his.claim([host_of(two.url)], 60) == {host_of(two.url)}
    assert shop.work(aside=3600.0) == Done()
    assert (len(one.requests), len(two.requests), shop.leased()) == (1, 0, 0)
    assert shop.store.sources.states()[one.url].failures == 0
    his.let_go([host_of(two.url)], 0.0)
    ben.session.execute("UPDATE sources SET leased_until = NULL")
    assert shop.work() == Done(polled=1, new=1)
    assert his.claim([host_of(one.url), host_of(two.url)], 60) == {host_of(one.url), host_of(two.url)}
    ben.close()


def test_hosts_that_another_worker_was_led_to_are_set_aside(shop: Shop) -> None:
    one, two = shop.world.blog("One", "a"), shop.world.blog("Two", "b")
    shop.follow()
    ben = open_postgres(shop.config.store)
    Leases(ben.session, "ben").claim([host_of(one.url)], 60)
    assert shop.work(aside=3600.0) == Done(polled=1, new=1)
    assert (len(one.requests), len(two.requests)) == (0, 1)
    assert shop.leases.due(shop.world.now) == []
    ben.close()
