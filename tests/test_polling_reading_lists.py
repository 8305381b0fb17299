"""Lists of others, followed live: sources come and go with them, politely, and a broken list changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from aggregator.fetch.client import Trust, Wire
from aggregator.parse.opml import Subscription
from aggregator.polling.reading_lists import (
    MOST,
    ReadingList,
    fit,
    keep,
    read_due,
    remembered,
    sign_of_lists,
    status_lines,
    with_lists,
)
from aggregator.records import Config, Source
from aggregator.store.store import Store
from tests.makers import POOL, memory_store
from tests.web import Answer, Web
from tests.world import Blog, World


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as made:
        yield made


def opml(*blogs: Blog, folder: str = "Work") -> bytes:
    rows = "".join(f"<outline text='{blog.name}' xmlUrl='{blog.url}'/>" for blog in blogs)
    return f"<opml version='2.0'><body><outline text='{folder}'>{rows}</outline></body></opml>".encode()


def own(world: World, web: Web, *blogs: Blog) -> None:
    world.settings = f"reading_lists: [{web.url('/list.opml')}]"
    path = world.write(list(blogs))
    if not blogs:
        path.write_text(path.read_text().split("sources:")[0])


def test_sources_come_with_a_list_and_leave_with_it(world: World, web: Web) -> None:
    one, two, three = world.blog("One", "a"), world.blog("Two", "b"), world.blog("Three", "c")
    web.on("/list.opml", Answer(body=opml(two, three), headers={"ETag": '"1"'}), Answer(body=opml(three)))
    own(world, web, one)
    world.poll()
    assert set(world.titles()) == {"a", "b", "c"}
    assert "2 sources added, 0 removed" in world.said
    assert (world.public("tags") / "work" / "atom.xml").is_file()
    assert f"reading list {web.url('/list.opml')}: 2 sources" in world.run("status")
    world.now += timedelta(hours=2)
    world.poll()
    assert set(world.titles()) == {"a", "c"}
    assert web.asked[1].headers["if-none-match"] == '"1"'


def test_a_list_is_asked_conditionally_and_not_at_every_pass(world: World, web: Web) -> None:
    web.on("/list.opml", Answer(body=opml(world.blog("Two", "b")), headers={"ETag": '"1"'}), Answer(304))
    own(world, web)
    world.poll()
    world.now += timedelta(minutes=30)
    world.poll("--force")
    assert len(web.asked) == 1
    world.now += timedelta(hours=2)
    world.poll()
    assert len(web.asked) == 2
    assert world.titles() == ["b"]


@pytest.mark.parametrize("broken", [Answer(500), Answer(body=b"<html>sorry</html>"), Answer(404)])
def test_what_a_list_held_stays_while_it_cannot_be_read(world: World, web: Web, broken: Answer) -> None:
    web.on("/list.opml", Answer(body=opml(world.blog("Two", "b"))), broken)
    own(world, web)
    world.poll()
    world.now += timedelta(hours=2)
    world.poll()
    assert world.titles() == ["b"]
    assert "what it held stays (1)" in world.said
    assert "; " in world.run("status").splitlines()[-2]
    asked = len(web.asked)
    world.now += timedelta(minutes=20)
    world.poll()
    assert len(web.asked) == asked


USUAL = Source(
    "", tags=("all",), every=timedelta(hours=3), headers=(("X", "secret"),), auth="env:A", allow_private=True
)


def remembering(url: str, *feeds: Subscription) -> Store:
    """A store that has read a list, as an older version kept it."""
    store = memory_store()
    with store.transaction():
        store.set_meta(f"reading_list {url}", json.dumps({"feeds": list(map(asdict, feeds)), "etag": '"1"'}))
    return store


def test_a_strangers_line_gets_no_secrets_and_no_private_network() -> None:
    mine = Source("https://mine.example/feed", line=3)
    config = Config(
        Path("/x/feeds.yaml"), Path("/x/public"), "/x/db", ZoneInfo("UTC"),
        sources=(mine,), reading_lists=("https://list.example/l.opml",), usual=USUAL,
    )  # fmt: skip
    feeds = (
        Subscription("http://www.mine.example/feed/", "Mine"), Subscription("https://list.example/f", "F", ("x", "!")),
        Subscription("http://192.168.0.1/admin"), Subscription("file:///etc/passwd"), Subscription("https://a:b@c.example/"),
    )  # fmt: skip
    store = remembering(config.reading_lists[0], *feeds)
    found = with_lists(config, store)
    assert found.sources[0] == mine
    f, router = found.sources[1:]
    assert (f.url, f.title, f.tags, f.every, f.line) == ("https://list.example/f", "F", ("all", "x"), USUAL.every, 0)
    assert (f.headers, f.auth, f.allow_private) == ((), None, True)
    assert (router.url, router.allow_private) == ("http://192.168.0.1/admin", False)
    assert with_lists(found, store) == found
    assert remembered(store, config.reading_lists[0]) == ReadingList(number=5, etag='"1"')


def test_a_list_that_is_kept_in_the_store_is_followed_until_it_is_let_go_of() -> None:
    config = Config(
        Path("/x/feeds.yaml"), Path("/x/public"), "/x/db", ZoneInfo("UTC"), usual=USUAL,
        sources=(Source("https://mine.example/feed", line=3),),
    )  # fmt: skip
    store = memory_store()
    before = sign_of_lists(config, store)
    keep(
        store,
        "big.opml",
        fit([Subscription("https://one.example/f", "One", ("x",)), Subscription("https://mine.example/feed/")]),
    )
    found = with_lists(config, store)
    assert [(one.url, one.title, one.tags) for one in found.sources[1:]] == [
        ("https://one.example/f", "One", ("all", "x"))
    ]
    assert (found.sources[1].headers, found.sources[1].allow_private) == ((), True)
    assert list(status_lines(config, store)) == ["imported list big.opml: 2 sources"]
    assert sign_of_lists(config, store) != before
    keep(store, "big.opml", [])
    assert with_lists(config, store) == config
    assert sign_of_lists(config, store) == before


@pytest.mark.slow
def test_a_list_of_a_hundred_thousand_is_followed(world: World, web: Web) -> None:
    """It takes more time than a feed is given."""
    rows = "".join(f"<outline text='Blog {n}' xmlUrl='http://127.1.0.1:1/{n}'/>" for n in range(MOST))
    body = f"<opml version='2.0'><body><outline text='All'>{rows}</outline></body></opml>".encode()
    web.on("/list.opml", Answer(body=body))
    config = Config(
        Path("/x/feeds.yaml"), Path("/x/public"), "/x/db", ZoneInfo("UTC"), reading_lists=(web.url("/list.opml"),),
        usual=USUAL,
    )  # fmt: skip
    store = memory_store()
    told = list(read_due(config, store, Wire("test", Trust(), 60.0), POOL, world.now))
    assert told == [f"reading list {web.url('/list.opml')}: 100,000 sources added, 0 removed"]
    assert len(with_lists(config, store).sources) == MOST
