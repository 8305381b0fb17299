"""Politeness, section D: what is sent, as a publisher sees a whole week of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aggregator import __version__
from tests.personas import START, Stage
from tests.web import Answer, Raw, rss
from tests.world import World

FEED = "http://blog.example/Feed/?A=b&c=%7E#top"


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage() as made:
        yield made


@pytest.mark.polite("D01", "D02", "D03", "D04", "D05", "D06", "D07")
def test_a_week_of_requests_are_all_the_same_few_lines(stage: Stage) -> None:
    """The publisher offers a cookie, an icon, a page, an enclosure and a redirect; it gets GETs of the feed."""
    extra = "<image><url>http://blog.example/icon.png</url></image>"
    cookie = {"Set-Cookie": "a=1; Path=/", "Link": "</icon.ico>; rel=icon"}
    stage.on(FEED, Answer(302, b"", {"Location": "/real", **cookie}))
    stage.on("http://blog.example/real", Answer(200, rss(3, newest=START, extra=extra), cookie))
    stage.follow(FEED)
    stage.run(days=3)
    assert {one.url for one in stage.asked} == {FEED.partition("#")[0], "http://blog.example/real"}
    assert {one.method for one in stage.asked} == {"GET"}
    names = {frozenset(one.headers) for one in stage.asked}
    assert names == {frozenset(("host", "user-agent", "accept", "accept-encoding"))}
    assert {one.headers["user-agent"] for one in stage.asked} == {f"fow-aggregator/{__version__}"}
    assert all("gzip" in one.headers["accept-encoding"] for one in stage.asked)
    accepted = [part.strip() for part in stage.asked[0].headers["accept"].split(",")]
    assert accepted[:3] == ["application/atom+xml", "application/rss+xml", "application/feed+json"]


@pytest.mark.polite("D08")
def test_validating_the_file_asks_nothing(world: World) -> None:
    blog = world.blog("One", "a")
    world.write()
    world.run("check")
    world.run("check", "--json")
    (world.folder / "feeds.yaml").write_text("sources: [7]\n")
    world.run("check", code=2)
    assert blog.requests == []


@pytest.mark.polite("D09")
def test_a_connection_serves_a_batch_and_does_not_outlive_it(stage: Stage) -> None:
    urls = [stage.on(f"http://busy.example/{n}", Answer(200, rss(1, f"F{n}", START))) for n in range(8)]
    stage.follow(*urls)
    stage.poll()
    assert stage.web.connections == 1
    stage.run(days=0.1)
    assert stage.web.connections > 1  # closed with its pass, long before 30 seconds are over


@pytest.mark.polite("D10")
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Raw(b"\0\0\x12\x04\0\0\0\0\0\0\x03\0\0\0d\0\x04\0\x10\0\0\0\x06\0\0@\0"), "not an HTTP answer"),
        (Raw(b"HTTP/1.1 426 Upgrade Required\r\nUpgrade: h2c\r\nContent-Length: 0\r\n\r\n"), "426"),
        (Raw(b"HTTP/1.1 505 HTTP Version Not Supported\r\nContent-Length: 0\r\n\r\n"), "505"),
    ],
)
def test_a_server_that_insists_on_more_than_http_1_1_gets_one_clear_line(stage: Stage, answer: Raw, words: str) -> None:
    stage.on("http://h2.example/feed", answer)
    stage.follow("http://h2.example/feed")
    (failure,) = stage.poll().failed
    assert words in failure.error
    assert "\n" not in failure.error


@pytest.mark.polite("D11")
@pytest.mark.parametrize(
    ("setting", "agent"),
    [
        ("contact: https://example.org/me", " (+https://example.org/me)"),
        ("link: https://feeds.example.org/", " (+https://feeds.example.org/)"),
        ("link: http://127.0.0.1:8080/", ""),
    ],
)
def test_the_operator_can_say_who_is_asking(world: World, tmp_path: Path, setting: str, agent: str) -> None:
    blog = world.blog("One", "a")
    world.settings = setting
    world.write()
    world.poll()
    assert [one["User-Agent"] for one in blog.requests] == [f"fow-aggregator/{__version__}{agent}"]
