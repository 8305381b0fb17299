"""Pages of new entries on real sockets: what is asked, what robots.txt forbids, what becomes of what comes back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from threading import Event

import pytest

from aggregator.errors import FetchError
from aggregator.fetch.client import Trust, Wire
from aggregator.fetch.turns import BUSY, Turns
from aggregator.parse.article import is_installed
from aggregator.polling.full_text import read_pages
from tests.makers import NOW, ONE, POOL, Desk, entry, source, words
from tests.web import Answer, Web
from tests.world import Blog, World

pytestmark = pytest.mark.skipif(not is_installed(), reason="the extra fulltext is not installed")

TEASER = "A bakery in Graz tries four days a week and bakes as much bread as before."
MORE = "The two women who run it hired a third, who had baked in Linz for a chain that works six days."
STORY = "The oven is lit at midnight on Mondays, says the baker, and nobody misses the fifth day at all."
HTML = {"Content-Type": "text/html; charset=utf-8"}


def page(*more: str, teaser: str = TEASER) -> bytes:
    paragraphs = "".join(f"<p>{part}</p>" for part in (teaser, *(more or (STORY, MORE))))
    return (
        "<!DOCTYPE html><html><head><title>Four days</title></head><body><nav><a href='/'>Home</a> <a href='/s'>Shop"
        f"</a></nav><article><h1>Four days</h1>{paragraphs}</article><footer>Privacy</footer></body></html>"
    ).encode()


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as made:
        made.on("/robots.txt", Answer(404))
        yield made


def blog_of(world: World, web: Web, *paths: str, text: str = TEASER, settings: str = "full_text: true") -> Blog:
    """A blog whose entries have their pages on `web`; each path is an entry."""
    blog = world.blog("One")
    for path in paths:
        world.post(blog, f"Four days {path}", text).link = web.url(path)
    world.settings = f"defaults: {{allow_private: true, {settings}}}"
    path = world.write()
    path.write_text(path.read_text().replace("defaults: {allow_private: true}\n", "", 1))
    return blog


def told(world: World, url: str) -> list[str]:
    return world.run("explain", url).splitlines()


def line(world: World, url: str) -> str:
    return next(one for one in told(world, url) if one.startswith("  full text"))


def test_a_page_serves_digest_river_search_and_explain_and_no_feed(world: World, web: Web) -> None:
    web.on("/a", Answer(200, page(), HTML))
    blog_of(world, web, "/a")
    world.poll()
    assert web.targets() == ["/robots.txt", "/a"]
    assert web.asked[1].headers["accept"].startswith("text/html")
    assert web.asked[1].headers["user-agent"].startswith("fow-aggregator/")
    assert line(world, web.url("/a")) == "  full text   fetched 2026-03-14 07:00, 58 words"
    found = json.loads(world.run("search", "midnight oven", "--json"))["entries"]
    assert "midnight" in found[0]["snippet"]
    world.run("digest")
    (story,) = world.digest("2026-03-14")["stories"]
    assert {STORY, MORE} & set(story["summary"])
    assert "midnight" in world.public("index.html").read_text()
    public = world.public("index.html").parent
    outputs = [*public.glob("*.xml"), *public.glob("archive/*"), public / "feed.json"]
    assert len(outputs) >= 4, outputs
    assert not [path for path in outputs if b"midnight" in path.read_bytes()]
    world.now += timedelta(hours=2)
    world.poll()
    assert web.targets() == ["/robots.txt", "/a"], "a page is fetched once"


def test_switching_it_off_shows_the_feeds_own_text_again(world: World, web: Web) -> None:
    web.on("/a", Answer(200, page(), HTML))
    blog_of(world, web, "/a")
    world.poll()
    assert "midnight" in world.public("index.html").read_text()
    world.settings = ""
    world.write()
    world.run("publish")
    assert "midnight" not in world.public("index.html").read_text()


def test_robots_txt_is_heeded_and_read_once_a_day(world: World, web: Web) -> None:
    web.on("/robots.txt", Answer(200, b"User-agent: *\nDisallow: /a\n"))
    for path in ("/b", "/c", "/d"):
        web.on(path, Answer(200, page(), HTML))
    blog = blog_of(world, web, "/a", "/b")
    world.poll()
    assert sorted(web.targets()) == ["/b", "/robots.txt"]
    assert line(world, web.url("/a")) == "  full text   not fetched 2026-03-14 07:00: robots.txt forbids it"
    for hours, path, asked in ((2, "/c", ["/c"]), (25, "/d", ["/robots.txt", "/d"])):
        web.asked.clear()
        world.now += timedelta(hours=hours)
        world.post(blog, f"Four days {path}", TEASER).link = web.url(path)
        world.poll()
        assert web.targets() == asked


def test_a_robots_txt_that_cannot_be_had_means_not_now(world: World, web: Web) -> None:
    web.on("/robots.txt", Answer(503), Answer(404))
    web.on("/a", Answer(200, page(), HTML))
    web.on("/b", Answer(200, page(), HTML))
    blog_of(world, web, "/a", "/b")
    world.poll()
    assert web.targets() == ["/robots.txt"], "asked once, and no page"
    why = "robots.txt could not be read (not available just now (503))"
    assert line(world, web.url("/a")).endswith(f"07:00: {why}; next try 2026-03-14 08:00")
    world.now += timedelta(hours=2)
    world.poll("--force")
    assert web.targets()[1:] in (["/robots.txt", "/a", "/b"], ["/robots.txt", "/b", "/a"])
    assert "fetched" in line(world, web.url("/a"))


def test_where_a_redirect_leads_robots_txt_holds_too(world: World, web: Web) -> None:
    web.on("/robots.txt", Answer(200, b"User-agent: fow-aggregator\nDisallow: /closed\n"))
    web.on("/a", Answer(302, headers={"Location": web.url("/closed/a")}))
    web.on("/closed/a", Answer(200, page(), HTML))
    blog_of(world, web, "/a")
    world.poll()
    assert "robots.txt forbids it" in line(world, web.url("/a"))


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answer(200, b"%PDF-1.4", {"Content-Type": "application/pdf"}), "its page is application/pdf"),
        (Answer(200, page("Home.", teaser="A bakery in Graz."), HTML), "its page says no more than its feed"),
        (Answer(200, page(words(90), teaser="Please accept our terms."), HTML),
         "its page does not hold what its feed says"),
        (Answer(200, b"<html></html>", HTML), "no text was found on its page"),
        (Answer(200, b"x" * (5 << 20), HTML), "the answer is larger than 4 MiB"),
    ],
)  # fmt: skip
def test_what_is_not_the_text_is_not_used_and_not_asked_for_again(
    world: World, web: Web, answer: Answer, why: str
) -> None:
    web.on("/a", answer)
    blog_of(world, web, "/a")
    world.poll()
    assert line(world, web.url("/a")) == f"  full text   not fetched 2026-03-14 07:00: {why}"
    assert TEASER in world.public("index.html").read_text(), "the feed's own text does"
    world.now += timedelta(hours=9)
    world.poll("--force")
    assert web.targets().count("/a") == 1


def test_a_page_that_fails_is_tried_three_times(world: World, web: Web) -> None:
    web.on("/a", Answer(500))
    blog_of(world, web, "/a")
    for _ in range(6):
        world.poll("--force")
        world.now += timedelta(hours=7)
    assert web.targets().count("/a") == 3
    assert "its server fails (500)" in line(world, web.url("/a"))


def test_a_host_that_asks_for_rest_gets_it(world: World, web: Web) -> None:
    web.on("/a", Answer(429, headers={"Retry-After": "7200"}))
    web.on("/b", Answer(429, headers={"Retry-After": "7200"}))
    blog_of(world, web, "/a", "/b")
    world.poll()
    world.now += timedelta(hours=1)
    world.poll("--force")
    assert len(web.targets()) == 2, "robots.txt and one page"


def test_only_teasers_of_news_and_the_newest_five_of_a_source_in_a_pass(world: World, web: Web) -> None:
    web.otherwise = lambda request: Answer(200, page(), HTML)
    blog = blog_of(world, web, "/old")
    world.poll()
    web.asked.clear()
    world.now += timedelta(hours=2)
    for number in range(7):
        world.post(blog, f"Four days {number}", TEASER).link = web.url(f"/{number}")
    world.post(blog, "Whole", words(300)).link = web.url("/whole")
    world.poll()
    assert len(web.targets()) <= 5
    for _ in range(2):
        world.now += timedelta(hours=2)
        world.poll("--force")
    assert sorted(web.targets()) == [f"/{number}" for number in range(7)]
    assert line(world, web.url("/whole")).endswith("its feed has the whole text")


def test_nothing_is_asked_for_a_source_without_it(world: World, web: Web) -> None:
    blog_of(world, web, "/a", settings="full_text: false")
    world.poll()
    assert web.asked == []
    assert not [one for one in told(world, web.url("/a")) if "full text" in one]


def test_what_is_forgotten_leaves_nothing_of_its_page(world: World, web: Web) -> None:
    web.on("/a", Answer(200, page(), HTML))
    blog_of(world, web, "/a")
    world.poll()
    world.run("forget", web.url("/a"))
    world.run("search", "midnight", code=1)
    assert not [one for one in told(world, web.url("/a")) if "fetched 2026" in one]


def test_a_page_whose_host_a_poll_worker_asks_now_waits_and_that_is_no_try(web: Web) -> None:
    class Taken(Turns):
        """Of a machine where another one has every host; robots.txt is asked first, then the page."""

        def at(self, host: str, *, spaced: bool) -> AbstractContextManager[float]:
            raise FetchError(BUSY, f"{host} is being asked by another worker")

    web.on("/a", Answer(200, page(), HTML))
    desk = Desk(source(ONE, full_text=True, allow_private=True))
    desk.bring(ONE, entry("a", link=web.url("/a"), text=TEASER))
    taken = Wire("test", Trust(), 60.0, turns=Taken())
    assert read_pages(desk.view(), desk.store, taken, POOL, lambda: NOW, Event()) == 0
    with desk.store.transaction():
        desk.store.articles.keep_robots(web.url("").rstrip("/"), b"", NOW)
    assert read_pages(desk.view(), desk.store, taken, POOL, lambda: NOW, Event()) == 0
    assert (web.asked, desk.store.articles.get(1)) == ([], None)
