"""From what a person types to the feed: made-up pages of every kind on a loopback web, one GET an address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta

import pytest

from aggregator.discovery.discover import Offers, offers
from aggregator.discovery.finding import Ask, Found, address, find
from aggregator.fetch.client import Trust, Wire
from aggregator.pipeline import Polled, poll_source
from aggregator.records import Response, Source, SourceState
from tests.makers import POOL
from tests.web import DAY_ONE, Answer, Web, atom, rss

LONG = " ".join(["word"] * 300)


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as made:
        yield made


@pytest.fixture
def ask() -> Iterator[Ask]:
    with closing(Wire("test/1", Trust(), 5).client()) as client:

        def one(url: str) -> Polled:
            return poll_source(client, POOL, Source(url, allow_private=True), SourceState(0, url, url), DAY_ONE)

        yield one


def read(page: Response) -> Offers:
    return offers(page.body, page.url)


def page(head: str = "", body: str = "<p>Hello</p>") -> Answer:
    text = f"<!doctype html><html><head><title>x</title>{head}</head><body>{body}</body></html>"
    return Answer(200, text.encode(), {"Content-Type": "text/html"})


def link(href: str, kind: str = "application/rss+xml", title: str = "") -> str:
    return f"<link rel=alternate type='{kind}' title='{title}' href='{href}'>"


def full(document: bytes) -> bytes:
    return document.replace(b"What ", LONG.encode() + b" What ")


def urls(found: Found, web: Web) -> list[str]:
    return [one.url.removeprefix(web.url("")) for one in found.candidates]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("example.org", "https://example.org"), (" example.org/blog ", "https://example.org/blog"),
        ("http://example.org", "http://example.org"), ("feed://example.org/rss", "https://example.org/rss"),
        ("feed:https://example.org/rss", "https://example.org/rss"), ("//example.org/x", "https://example.org/x"),
        ("localhost:8000/feed", "https://localhost:8000/feed"),
    ],
)  # fmt: skip
def test_what_a_person_types_becomes_an_address(typed: str, meant: str) -> None:
    assert address(typed) == meant


def test_a_feed_is_itself_and_is_asked_once(web: Web, ask: Ask) -> None:
    found = find(web.on("/feed", Answer(body=rss(5, title="Mine"))), ask, read)
    (one,) = found.candidates
    assert (one.url, one.title, one.entries) == (web.url("/feed"), "Mine", 5)
    assert (one.newest, one.gap, one.fullness) == (DAY_ONE, timedelta(hours=1), "titles")
    assert web.targets() == ["/feed"]


@pytest.mark.parametrize(
    ("script", "expected", "asked"),
    [
        pytest.param(
            {"/": page(link("/feed") + link("/comments/feed", title="Comments")), "/feed": rss(3)},
            ["/feed"], ["/", "/feed"], id="link tag, comments left alone",
        ),
        pytest.param(
            {"/": page(link("/c", title="Comments")), "/c": rss(3, title="Comments")},
            ["/c"], None, id="comments when there is nothing else",
        ),
        pytest.param(
            {"/": page(link("/teasers") + link("/full")), "/teasers": rss(4), "/full": full(atom(4))},
            ["/full"], ["/", "/teasers", "/full"], id="full before teasers of the same entries",
        ),
        pytest.param(
            {"/": page(link("/rss") + link("/atom", "application/atom+xml")), "/rss": rss(4), "/atom": atom(4)},
            ["/rss"], None, id="the same in two formats is one",
        ),
        pytest.param(
            {"/": page(link("/en") + link("/de")), "/en": rss(3, title="En"), "/de": full(rss(3, title="De"))},
            ["/de", "/en"], None, id="two feeds are a choice, full text first",
        ),
        pytest.param(
            {"/": page("", "<a href='/about'>About</a> <a href='/blog.rss'>RSS</a>"), "/blog.rss": rss(3)},
            ["/blog.rss"], ["/", "/blog.rss"], id="a link in the text",
        ),
        pytest.param({"/": page(), "/atom.xml": atom(2)}, ["/atom.xml"], None, id="where feeds usually stand"),
        pytest.param({"/": page(link("/gone")), "/rss": rss(2)}, ["/rss"], None, id="what is offered is gone"),
        pytest.param({"/@ann": page(), "/@ann.rss": rss(2)}, ["/@ann.rss"], ["/@ann", "/@ann.rss"], id="a profile"),
        pytest.param({"/blog/2026/post": page(), "/blog/feed": rss(2)}, ["/blog/feed"], None, id="near an article"),
        pytest.param({"/": page()}, [], None, id="nothing"),
    ],
)  # fmt: skip
def test_the_feed_behind_a_page(
    web: Web, ask: Ask, script: dict[str, Answer | bytes], expected: list[str], asked: list[str] | None
) -> None:
    for path, answer in script.items():
        web.on(path, answer if isinstance(answer, Answer) else Answer(body=answer))
    found = find(web.url(next(iter(script))), ask, read)
    assert urls(found, web) == expected
    assert bool(found.error) is not bool(expected)
    assert asked is None or web.targets() == asked
    assert len(web.targets()) == len(set(web.targets())) <= 14


@pytest.mark.parametrize(
    ("status", "kept"), [(301, "/new"), (308, "/new"), (302, "/old"), (307, "/old")]
)  # fmt: skip
def test_only_a_move_for_good_changes_the_address(web: Web, ask: Ask, status: int, kept: str) -> None:
    web.on("/old", Answer(status, headers={"Location": "/new"}))
    web.on("/new", Answer(body=rss(1)))
    assert urls(find(web.url("/old"), ask, read), web) == [kept]


def test_a_page_that_does_not_answer_says_why_and_nothing_is_guessed(web: Web, ask: Ask) -> None:
    found = find(web.url("/none"), ask, read)
    assert not found.candidates
    assert "404" in found.error
    assert web.targets() == ["/none"]


def test_a_page_that_offers_hundreds_costs_few_requests(web: Web, ask: Ask) -> None:
    web.on("/", page("".join(link(f"/f{n}") for n in range(300))))
    find(web.url("/"), ask, read)
    assert len(web.targets()) < 40


def test_a_known_site_is_asked_for_its_feed_and_not_for_its_page() -> None:
    asked: list[str] = []
    find("https://www.youtube.com/channel/UC1", _nothing(asked), read)
    assert asked == ["https://www.youtube.com/feeds/videos.xml?channel_id=UC1", "https://www.youtube.com/channel/UC1"]


def _nothing(asked: list[str]) -> Callable[[str], Polled]:
    def one(url: str) -> Polled:
        asked.append(url)
        return Polled(Source(url), SourceState(0, url, url))

    return one
