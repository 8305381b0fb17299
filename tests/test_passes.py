"""One pass, as a user runs it: made-up blogs on real sockets, the real program, a real store."""

from __future__ import annotations

import json
import socket
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from aggregator.polling.backlog import AT_ONCE
from tests.web import Answer, Request, Web
from tests.world import World

HOUR = timedelta(hours=1)


@pytest.mark.fault(35)
def test_a_first_pass_takes_the_newest_five_of_the_week_as_news_and_keeps_the_rest(world: World) -> None:
    world.blog("Loud", *(f"post {n}" for n in range(8)))
    world.blog("Old", "last year", ages=(24 * 300,))
    world.write()
    done = world.poll()
    assert (done["polled"], done["new"], done["failed"], done["offline"]) == (2, 9, [], False)
    assert world.titles() == [f"post {n}" for n in range(5)]


def test_a_second_poll_asks_nothing_an_hour_later_it_asks_conditionally_and_stores_nothing(world: World) -> None:
    blog = world.blog("Quiet", "hello")
    world.write()
    world.poll()
    assert world.poll()["polled"] == 0
    forced = world.poll("--force")
    assert (forced["polled"], forced["not_modified"], forced["new"]) == (1, 1, 0)
    world.now += HOUR
    later = world.poll()
    assert (later["polled"], later["not_modified"], later["new"], later["updated"]) == (1, 1, 0, 0)
    assert ["If-None-Match" in request for request in blog.requests] == [False, True, True]


def test_a_pass_over_many_new_sources_reads_their_news_and_the_backlog_when_nothing_is_due(world: World) -> None:
    """What it shows and counts is as if all had been read at once."""

    def answer(request: Request) -> Answer:
        name, items = request.target.strip("/"), ""
        for title, hours in (("Fresh", 1), ("Aged", 900), ("Older", 901)):
            at = format_datetime(world.now - timedelta(hours=hours))
            page = f"http://{name}.example.org/{title.lower()}"
            items += f"<item><title>{title} {name}</title><link>{page}</link><pubDate>{at}</pubDate>"
            items += f"<description>{title} words of {name} stand here.</description></item>"
        return Answer(body=f"<rss version='2.0'><channel><title>{name}</title>{items}</channel></rss>".encode())

    many = AT_ONCE + 1
    with Web() as web:
        web.otherwise = answer
        lines = (f"  - {web.url(f'/blog{n}')}" for n in range(many))
        head = "timezone: UTC\ndefaults: {allow_private: true}\nsources:\n"
        (world.folder / "feeds.yaml").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
        done = world.poll()
        assert (done["polled"], done["new"], done["failed"]) == (many, 3 * many, [])
        assert len(world.titles()) == many
        world.run("search", "aged", "words", code=1)
        assert "is found by its titles until it is read" in world.said
        assert world.run("search", "--limit", "99", "aged").count("Aged blog") == many
        world.run("digest")
        counts = world.digest("2026-03-14")
        assert (counts["received"], counts["backlog"]) == (3 * many, 2 * many)
        feed = world.public("atom.xml").read_bytes()
        world.run("poll")
        assert (
            world.said
            == f"Nothing is due. `--force` asks all the same. Read the older entries of {many} new sources.\n"
        )
        assert world.run("search", "--limit", "99", "aged", "words").count("Aged blog") == many
        assert world.said == f"{many} entries\n"
        assert world.public("atom.xml").read_bytes() == feed
        assert len(web.asked) == many


def _cut_short(handler: Any) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"<rss>")
    handler.close_connection = True


def _status(number: int) -> Any:
    def answer(handler: Any) -> None:
        handler.send_response(number)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def _page(handler: Any) -> None:
    body = b"<!doctype html><link rel=alternate type='application/rss+xml' href='/real.xml'><title>Hi</title>"
    handler.send_response(200)
    handler.send_header("Content-Type", "text/html")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.mark.fault(42)
@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (_status(404), "not found (404)"),
        (_status(410), "gone (410)"),
        (_status(403), "refused (403)"),
        (_status(500), "its server fails (500)"),
        (_cut_short, "the answer was cut short"),
        (_page, "an HTML page, not a feed; its feed seems to be http://127.0.0.1:"),
    ],
    ids=["404", "410", "403", "500", "cut", "page"],
)
def test_a_failing_source_is_one_clear_line_and_stops_no_other(world: World, broken: Any, words: str) -> None:
    world.blog("Good", "fine")
    bad = world.blog("Bad", "lost")
    bad.broken = broken
    world.write()
    done = world.poll()
    assert world.titles() == ["fine"]
    assert [failure["title"] for failure in done["failed"]] == ["Bad"]
    assert done["failed"][0]["error"].startswith(words)
    assert done["failed"][0]["retry_at"] > done["finished_at"]


def _moved_to_https(handler: Any) -> None:
    handler.send_response(302)
    handler.send_header("Location", "https://127.0.0.1:9/feed")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def test_without_certificates_what_leads_to_https_fails_alone_and_a_source_in_https_ends_it_early(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificates = world.folder / "ca.pem"
    certificates.write_text("nothing", "utf-8")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates))
    world.blog("Good", "fine")
    for number in range(4):
        world.blog(f"Moved {number}", "x").broken = _moved_to_https
    world.write()
    done = world.poll()
    assert (done["offline"], done["polled"], world.titles()) == (False, 5, ["fine"])
    wrong = f"SSL_CERT_FILE: {certificates} holds no certificates that can be read"
    assert {failure["error"] for failure in done["failed"]} == {wrong}
    world.blogs[0].url = "https://127.0.0.1:9/feed"
    world.write()
    assert world.run("poll", code=2) == ""
    assert world.said.splitlines() == [wrong]


@pytest.mark.fault(38)
def test_our_own_outage_is_no_sources_fault(world: World) -> None:
    """Fault 38: three hosts and none of them reached: nothing is held against them, and they stay due."""
    blogs = [world.blog(f"B{n}", f"t{n}") for n in range(3)]
    world.write()
    world.poll()
    world.unplug()
    world.now += HOUR
    done = world.poll()
    assert done["offline"] is True
    status = json.loads(world.run("status", "--json"))
    assert status["offline"] is True
    assert [row["failures"] for row in status["sources"]] == [0] * len(blogs)
    assert world.poll()["polled"] == 3


def test_the_digest_says_how_long_we_were_offline(world: World) -> None:
    for number in range(3):
        world.blog(f"B{number}", f"t{number}")
    world.write()
    world.poll()
    world.run("digest")
    world.unplug()
    world.now += HOUR
    assert world.poll()["offline"] is True
    world.now += HOUR
    assert world.poll()["offline"] is True
    world.blog("Reached", "again")
    world.write()
    world.now += 2 * HOUR
    assert world.poll()["offline"] is False
    world.now += 20 * HOUR
    world.run("digest")
    assert "This machine was offline for 3 hours." in world.public("digest/2026-03-15.txt").read_text("utf-8")


@pytest.mark.fault(38)
def test_one_unreachable_host_is_the_sources_failure(world: World) -> None:
    world.blog("Good", "fine")
    bad = world.blog("Bad", "x")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        bad.url = f"http://127.0.0.1:{free.getsockname()[1]}/feed"
    world.write()
    done = world.poll()
    assert (done["offline"], [failure["title"] for failure in done["failed"]]) == (False, ["Bad"])
