"""Faults of the network, through the whole program: what hangs holds nobody up, and is over in its time."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest

from aggregator.app import App
from aggregator.sources.config import load
from aggregator.store.sqlite import open_store
from tests.makers import POOL
from tests.personas import START, Stage
from tests.web import Answer, Request, rss
from tests.world import World

DAY = timedelta(days=1)


@pytest.mark.fault(37)
def test_the_good_ones_are_recorded_and_published_while_a_host_hangs(world: World) -> None:
    for n in range(10):
        world.blog(f"Good {n}", f"News {n}")
    seen = []

    def hang(handler: BaseHTTPRequestHandler) -> None:
        """Says nothing until all others can be read in the merged feed, or a minute has passed."""
        end = time.monotonic() + 60
        while not seen and time.monotonic() < end:
            with suppress(OSError, ValueError):
                seen.extend([True] * (len(world.titles()) == 10))
            time.sleep(0.02)
        handler.send_error(503)

    world.blog("Hangs", "x").broken = hang
    config = load(world.write())
    store = open_store(world.folder / "data" / "aggregator.db")
    app = App(config, store, lambda: world.now, pool=POOL, timeout=90, publish_after=0.05)
    app.follow(config)
    done = app.run_pass(app.due())
    store.close()
    assert seen
    assert (done.polled, len(done.failed), done.new) == (11, 1, 10)


def test_what_a_pass_publishes_on_its_way_is_no_last_word(world: World) -> None:
    """The page of the year is made once a day; on a slow first pass it once told of the quickest blog alone."""
    world.blog("Quick", "a")
    slow = world.blog("Slow", "b", "c")
    page = world.folder / "public" / "trends.html"

    def wait(handler: BaseHTTPRequestHandler) -> None:
        end = time.monotonic() + 60
        while not page.exists() and time.monotonic() < end:
            time.sleep(0.02)
        body = slow.document(world.now)
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    slow.broken = wait
    config = load(world.write())
    store = open_store(world.folder / "data" / "aggregator.db")
    app = App(config, store, lambda: world.now, pool=POOL, timeout=90, publish_after=0.05)
    app.follow(config)
    assert app.run_pass(app.due()).new == 3
    made = page.read_bytes()
    app.publish(everything=True)
    store.close()
    assert page.read_bytes() == made
    assert b"Slow" in made


@pytest.mark.fault(37)
def test_whatever_hangs_ends_at_the_deadline() -> None:
    with Stage(timeout=1.0) as stage:
        no_answer = stage.on("http://quiet.example/feed", Answer(200, rss(1), wait=25))
        no_header = stage.on("http://slow.example/feed", Answer(200, rss(1), drip=1.0, drip_head=True))
        no_body = stage.on("http://drip.example/feed", Answer(200, rss(1), drip=1.0))
        no_syn_ack = "http://silent.example/feed"
        stage.silent.add("silent.example")
        urls = (no_answer, no_header, no_body, no_syn_ack)
        stage.follow(*urls)
        began = time.monotonic()
        stage.poll()
        assert time.monotonic() - began < 20
        words = [stage.state(url).error for url in urls]
        assert words[:3] == ["no complete answer within the time allowed"] * 3
        assert words[3] == "silent.example does not answer (no connection in time)"
        assert all(stage.state(url).failures == 1 for url in urls)


@pytest.mark.fault(18)
def test_a_pass_that_runs_past_the_hour_of_the_digest_skips_none_and_loses_nothing() -> None:
    with Stage() as stage:
        written = ["Day 0"]

        def publisher(request: Request) -> Answer:
            if stage.now > START + DAY * len(written) - timedelta(hours=5):  # from 02:13, into the digest of 03:30
                written.insert(0, f"Day {len(written)}")
                stage.now += timedelta(hours=3)  # this pass takes so long
            return Answer(200, rss(written, newest=stage.now))

        stage.on("http://blog.example/feed", publisher)
        stage.follow("http://blog.example/feed")
        stage.run(days=3.5)
        assert len(written) == 4
        digests = sorted((stage.folder / "public" / "digest").glob("2026-*.md"))
        assert [path.stem for path in digests] == [f"2026-03-{day}" for day in range(14, 18)]
        texts = [path.read_text(encoding="utf-8") for path in digests]
        told = [[day for day, text in enumerate(texts) if title in text] for title in reversed(written)]
        assert told == [[0], [1], [2], [3]]
