"""`aggregator doctor`: words, exit codes, JSON, and `--fix` over a story of a source that moves, dies, doubles."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from tests.world import Blog, World


def redirect(to: Blog) -> Any:
    def answer(handler: Any) -> None:
        handler.send_response(301)
        handler.send_header("Location", to.url)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def page_of(feed: Blog) -> Any:
    """A home page in the place of the feed, which names where the feed is now."""

    def answer(handler: Any) -> None:
        body = f'<html><head><link rel="alternate" type="application/rss+xml" href="{feed.url}"></head></html>'.encode()
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def days(world: World, count: int) -> None:
    for _ in range(count):
        world.now += timedelta(days=1)
        world.poll("--force")


def test_a_healthy_world_is_well(world: World) -> None:
    world.blog("One", "a")
    world.write()
    world.poll()
    told = world.run("doctor")
    assert told.splitlines()[-1] == "all is well"
    assert all(line.startswith("ok ") for line in told.splitlines()[:-1])
    assert json.loads(world.run("doctor", "--json"))["ok"] is True


def test_before_the_first_pass_it_says_what_to_do(world: World) -> None:
    world.blog("One", "a")
    world.write()
    told = world.run("doctor", code=1)
    assert "run `aggregator poll` or `aggregator run` first" in told
    assert not (world.folder / "data").exists()


def test_what_has_aged_is_proposed_and_mended(world: World) -> None:
    """One blog moves, one is gone, one stands there twice, one has a page where its feed was; one is fine."""
    new = world.blog("New", "m1", "m2", "m3")
    moves, goes, broken, fine = (
        world.blog(name, f"{name} 1", f"{name} 2") for name in ("Moves", "Goes", "Page", "Fine")
    )
    better = world.blog("Page", "Page 1", "Page 2")
    better.posts = broken.posts
    moves.posts = new.posts
    path = world.write([moves, goes, broken, fine])
    path.write_text("# mine\n" + path.read_text("utf-8") + "# the end\n", "utf-8")
    world.poll()
    moves.broken, goes.broken, broken.broken = redirect(new), lambda h: h.send_error(410), page_of(better)
    days(world, 4)
    before = path.read_text("utf-8")
    told = world.run("doctor", code=1)
    assert path.read_text("utf-8") == before
    assert f"moved          feeds.yaml:6: Moves: redirects for good to {new.url}, seen 3 times since 2026-03-15" in told
    assert "gone           feeds.yaml:8: Goes: its server says that it is gone for good (410)" in told
    assert f"the feed of its site is {better.url}" in told
    assert f"-  - url: {moves.url}\n+  - url: {new.url}\n" in told
    document = json.loads(world.run("doctor", "--json", code=1))
    assert [one["kind"] for one in document["proposals"]] == ["moved", "gone", "broken"]
    told = world.run("doctor", "--fix")
    assert told.count("fixed ") == 3
    after = path.read_text("utf-8")
    assert after == (
        before.replace(moves.url, new.url)
        .replace(broken.url, better.url)
        .replace(f'  - url: {goes.url}\n    title: "Goes"\n', "")
    )
    titles = world.titles()
    world.now += timedelta(hours=2)
    world.poll("--force")
    assert world.run("doctor").endswith("all is well\n")
    assert [title for title in titles if "Goes" not in title] == world.titles()  # nothing is announced again


def test_a_wrong_file_is_a_wrong_file(world: World) -> None:
    world.blog("One", "a")
    world.settings = "titel: x"
    world.write()
    world.run("doctor", "--fix", code=2)
    assert "unknown key `titel`" in world.said
