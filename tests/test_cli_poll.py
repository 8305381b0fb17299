"""`aggregator poll`: the JSON of the contract, named sources, and its manners beside a running `run`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.store.lock import writer
from tests.world import World

KEYS = [
    "started_at",
    "finished_at",
    "polled",
    "not_modified",
    "unchanged",
    "new",
    "updated",
    "failed",
    "offline",
    "published",
]


def test_the_json_has_the_keys_of_the_contract(world: World) -> None:
    world.blog("One", "a")
    world.write()
    done = world.poll()
    assert list(done) == KEYS
    assert (done["started_at"], done["polled"], done["new"]) == ("2026-03-14T07:00:00Z", 1, 1)
    assert {"atom.xml", "rss.xml", "feed.json", "index.html", "status.json"} <= set(done["published"])


def test_a_pass_is_told_in_words(world: World) -> None:
    world.blog("One", "a", "b")
    world.write()
    world.run("poll")
    assert "1 of 1 source read · 2 entries: 2 of the last week are news, 0 older ones kept for search" in world.said
    world.run("poll")
    assert "Nothing is due. `--force` asks all the same." in world.said


def test_of_an_added_source_news_and_what_is_kept_for_search_are_told_apart(world: World) -> None:
    world.blog("One", "a")
    world.write()
    world.poll()
    world.now += timedelta(hours=2)
    world.blog("Two", "b", "c", "d", ages=(1.0, 24.0 * 40, 24.0 * 50))
    world.write()
    world.run("poll")
    assert "2 of 2 sources read · 1 new, 0 updated, 1 unchanged; 2 older entries kept for search" in world.said


@pytest.mark.parametrize("word", ["Second blog", "second", "SECOND BLOG"])
def test_a_source_is_named_by_any_unambiguous_part(world: World, word: str) -> None:
    world.blog("First blog", "a")
    second = world.blog("Second blog", "b")
    world.write()
    assert world.poll(word)["polled"] == 1
    assert len(second.requests) == 1


def test_an_ambiguous_name_says_the_candidates_and_touches_nothing(world: World) -> None:
    blogs = [world.blog("First blog", "a"), world.blog("Second blog", "b")]
    world.write()
    world.run("poll", "blog", code=2)
    assert all(blog.name in world.said for blog in blogs)
    world.run("poll", "nobody", code=2)
    assert "no source is called `nobody`" in world.said
    assert not any(blog.requests for blog in blogs)


def test_a_paused_source_is_asked_only_when_named(world: World) -> None:
    blog = world.blog("One", "a")
    path = world.write()
    path.write_text(path.read_text() + "    paused: true\n")
    assert world.poll("--force")["polled"] == 0
    assert world.poll("--force", "One")["polled"] == 1
    assert len(blog.requests) == 1


def test_beside_a_running_one_it_asks_for_a_poll_and_other_writers_are_refused(world: World) -> None:
    world.blog("One", "a")
    world.write()
    world.poll()
    with writer(world.folder / "data" / "aggregator.db", "run", datetime.now(UTC)):
        assert world.run("poll").startswith("asked the running aggregator (pid ")
        world.run("publish", code=5)
        assert "already running: `aggregator run` (pid " in world.said
        world.run("status")
    assert world.poll()["polled"] == 1


def test_a_clock_set_back_neither_storms_nor_stalls(world: World) -> None:
    blog = world.blog("One", "a")
    world.write()
    world.now += timedelta(days=3650)
    world.poll()
    world.now -= timedelta(days=3650)
    assert world.poll()["polled"] == 0
    world.now += timedelta(hours=1, minutes=5)
    assert world.poll()["polled"] == 1
    assert len(blog.requests) == 2


def test_an_hourly_cron_polls_hourly(world: World) -> None:
    blog = world.blog("One", "a")
    world.write()
    for _ in range(6):
        world.poll()
        world.now += timedelta(hours=1)
    assert len(blog.requests) == 6


def test_json_log_lines(world: World) -> None:
    world.blog("One", "a")
    world.write()
    world.run("--log", "json", "poll")
    source, done = map(json.loads, world.said.splitlines())
    assert done["text"].startswith("1 of 1 source read")
    assert {"time", "level", "event", "text"} == set(done)
    assert (source["event"], source["outcome"], source["level"]) == ("source", "read", "info")
    assert source["entries"] > 0
    assert source["bytes"] > 100
    assert source["ms"] >= 0
    world.run("--log", "json", "--quiet", "poll", "nobody", code=2)
    (error,) = map(json.loads, world.said.splitlines())
    assert (error["level"], error["event"]) == ("error", "error")
