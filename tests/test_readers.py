"""Real readers subscribe to the merged feed: each sees every entry once, and none again."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.records import Attribution, Copy, Enclosure, MergedEntry, MergedFeed, Related, Tombstone
from aggregator.render.feed import atom, rss
from aggregator.render.jsonfeed import json_feed
from aggregator.render.opml import opml
from aggregator.serving.serve import bind
from tests.clients import (
    Seen,
    Served,
    by_feedparser,
    by_feedsmith,
    by_liferea,
    by_newsboat,
    by_reader,
    by_rss_parser,
    by_sfeed,
    published,
    served,
    w3c_findings,
)
from tests.corpus import needs_corpus
from tests.makers import words
from tests.test_replay import Replay
from tests.world import Post, World

NOW = datetime(2026, 3, 14, 7, 0, tzinfo=UTC)
DESK = Attribution("The Desk", "https://desk.example.org/", "https://desk.example.org/feed", "urn:uuid:d", NOW)
BENCH = Attribution("Bench & Co", "https://bench.example.org/", "https://bench.example.org/rss")
LETTER = Attribution("A Private Letter", id="urn:uuid:1f0e1a52-5c1b-5a57-9c58-0d6d3a3f1a11")

Client = Callable[[str, Path], list[Seen]]
# What the W3C validator wonders about and we cannot mend: two publishers' dates may be the same (day-precise ones are),
# the first of all archives has no other before it, and it does not know RFC 6721.
UNAVOIDABLE = re.compile(r"same value for atom:updated|Archive incomplete|purl\.org/atompub/tombstones/1\.0")
KEEPING: list[Client] = [by_newsboat, by_sfeed, by_reader]
CLIENTS: list[Client] = [by_feedparser, by_rss_parser, by_feedsmith, *KEEPING]
XML_FORMS = ["atom.xml", "rss.xml", "gone.xml"]  # gone.xml: with a tombstone


def entry(number: int, **more: object) -> MergedEntry:
    when = NOW - timedelta(hours=number)
    made = MergedEntry(
        id=f"urn:uuid:00000000-0000-5000-8000-{number:012d}",
        title=f"Entry {number}",
        link=f"https://desk.example.org/{number}",
        source=replace(DESK, id="urn:uuid:6d0a3d5c-2b43-5b0e-8a53-0f2f3f6a7b01"),
        published=when,
        updated=when,
        content=f"<p>What entry {number} says.</p>",
    )
    return replace(made, **more)  # type: ignore[arg-type]


ENTRIES = (
    entry(
        1,
        title="Apprentices & robots: 5 < 6",
        author="Ann Example",
        language="en",
        summary="<p>A teaser.</p>",
        tags=("policy",),
        categories=("Work",),
        enclosures=(
            Enclosure("https://desk.example.org/1.mp3", "audio/mpeg", 1234),
            Enclosure("https://desk.example.org/1.pdf"),
        ),
        copies=(Copy(BENCH, "https://bench.example.org/same?a=1&b=2"), Copy(LETTER, None)),
        related=(
            Related(
                "urn:uuid:6d0a3d5c-2b43-5b0e-8a53-0f2f3f6a7b09",
                "Five & six",
                "https://letter.example.org/?a=1&b=2",
                "Letter",
            ),
        ),
    ),
    entry(2, title="مستقبل العمل", language="ar", source=LETTER, content=""),
    entry(3, title="Emoji 🤖 and ]]> too", source=BENCH),
    entry(4, title="Old news", updated=NOW - timedelta(minutes=5)),
)


def publish(site: Served, entries: tuple[MergedEntry, ...]) -> None:
    """Put all forms of a feed with these entries on the site, as the aggregator serves them."""
    feed = MergedFeed(
        id="urn:uuid:5f2d7f8a-6d5e-5a0b-9d0c-3b1f0a9f0c11",
        title="Future of Work",
        link=f"{site.base}/",
        self_url=f"{site.base}/atom.xml",
        updated=NOW,
        entries=entries,
        hub="https://hub.example.org/",
        prev_archive=f"{site.base}/archive/2026-02.atom.xml",
    )
    gone = replace(feed, tombstones=(Tombstone("urn:uuid:7c6e2f0e-51a2-5d7b-8f64-1c2a0c1d9a22", NOW),))
    month = replace(feed, self_url=f"{site.base}/archive/2026-02.atom.xml", current_url=feed.self_url, hub=None)
    sources = [(DESK, ("policy", "labour")), (BENCH, ()), (LETTER, ("policy",))]
    site.files.update(
        {
            "/atom.xml": ("application/atom+xml; charset=utf-8", atom(feed)),
            "/gone.xml": (
                "application/atom+xml; charset=utf-8",
                atom(replace(gone, self_url=f"{site.base}/gone.xml")),
            ),
            "/archive/2026-02.atom.xml": (
                "application/atom+xml; charset=utf-8",
                atom(replace(month, prev_archive=f"{site.base}/archive/2026-01.atom.xml")),
            ),
            "/rss.xml": ("application/rss+xml; charset=utf-8", rss(feed, self_url=f"{site.base}/rss.xml")),
            "/feed.json": ("application/feed+json", json_feed(feed, self_url=f"{site.base}/feed.json")),
            "/sources.opml": ("text/x-opml; charset=utf-8", opml(feed.title, sources, created=NOW)),
        }
    )


@pytest.fixture
def site() -> Iterator[Served]:
    with served() as running:
        publish(running, ENTRIES)
        yield running


def expected(entries: tuple[MergedEntry, ...]) -> list[Seen]:
    return [Seen(one.id, one.title, one.link or "") for one in entries]


@pytest.mark.parametrize("form", XML_FORMS)
@pytest.mark.parametrize("client", CLIENTS)
def test_every_reader_sees_each_entry_once_in_order_and_none_again(
    client: Client, form: str, site: Served, tmp_path: Path
) -> None:
    url = f"{site.base}/{form}"
    assert client(url, tmp_path) == expected(ENTRIES)
    assert client(url, tmp_path) == expected(ENTRIES)

    newer = (entry(0, title="Just in"), *ENTRIES)
    publish(site, newer)
    assert client(url, tmp_path) == expected(newer)
    assert site.asked == [f"/{form}"] * 3


@pytest.mark.parametrize("client", KEEPING)
def test_an_entry_with_a_new_copy_and_a_new_story_is_not_news(client: Client, site: Served, tmp_path: Path) -> None:
    client(f"{site.base}/atom.xml", tmp_path)
    story = Related(ENTRIES[2].id, ENTRIES[2].title, ENTRIES[2].link, BENCH.title)
    last = replace(ENTRIES[3], copies=(Copy(BENCH, "https://bench.example.org/again"),), related=(story,))
    publish(site, (*ENTRIES[:3], last))
    assert client(f"{site.base}/atom.xml", tmp_path) == expected(ENTRIES)


@pytest.mark.parametrize("client", [by_reader, by_feedsmith])
def test_the_json_form_is_read_too(client: Client, site: Served, tmp_path: Path) -> None:
    assert client(f"{site.base}/feed.json", tmp_path) == expected(ENTRIES)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["atom.xml", "rss.xml", "gone.xml"])
def test_liferea_sees_each_entry_once_and_none_again(form: str, site: Served, tmp_path: Path) -> None:
    """On a screen of its own; it wants many packages and seconds for a start."""
    url = f"{site.base}/{form}"
    assert by_liferea(url, tmp_path) == expected(ENTRIES)
    newer = (entry(0, title="Just in"), replace(ENTRIES[0], copies=()), *ENTRIES[1:])
    publish(site, newer)
    assert [seen.id for seen in by_liferea(url, tmp_path)] == [one.id for one in newer]


# --- days of the program itself, served by its own server ------------------------------------------------------


def held(world: World, sock: socket.socket, days: int, clients: list[Client], move: Callable[[], None]) -> None:
    """Poll day after day; each reader subscribes on the first one, and in the end holds every entry, each once."""
    base = f"http://127.0.0.1:{sock.getsockname()[1]}"
    homes = {client: world.folder / client.__name__ for client in clients}
    with published(world.public(""), sock):
        for day in range(days):
            if day:
                move()
            world.poll()
            fed = {item["id"] for item in json.loads(world.public("feed.json").read_bytes())["items"]}
            for client, home in homes.items():
                home.mkdir(exist_ok=True)
                ids = [seen.id for seen in client(f"{base}/atom.xml", home)]
                assert len(ids) == len(set(ids)), (client.__name__, day)
                assert set(ids) == fed, (client.__name__, day)


def test_readers_live_through_days_of_news_edits_and_copies(world: World) -> None:
    sock = bind("127.0.0.1", 0)
    one, two = world.blog("One", "a", "b", "c"), world.blog("Two", "d", "e", kind="json")
    world.settings = f"link: http://127.0.0.1:{sock.getsockname()[1]}/"
    world.write()

    def move() -> None:
        world.now += timedelta(days=1)
        text = world.post(one, f"one on {world.now:%A}", words(60, world.now.day)).text
        world.post(two, f"two on {world.now:%A}")
        world.now += timedelta(hours=1)
        two.posts.append(Post(f"one on {world.now:%A}", world.now, text))
        one.posts[0].text += " An afterthought."

    held(world, sock, 3, KEEPING, move)


@contextmanager
def week(folder: Path) -> Iterator[tuple[Replay, socket.socket, Callable[[], None]]]:
    """The replay on a Saturday morning, the port where its output will be, and a step to the next day."""
    replay, sock = Replay(folder), bind("127.0.0.1", 0)

    def move() -> None:
        replay.at(replay.now + timedelta(days=1))

    try:
        replay.at(datetime(2026, 3, 14, 7, 0, tzinfo=UTC))
        replay.configure()
        path = folder / "feeds.yaml"
        link = f"http://127.0.0.1:{sock.getsockname()[1]}/"
        path.write_text(f"link: {link}\nhub: http://127.0.0.1:9/\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
        yield replay, sock, move
    finally:
        replay.close()


@needs_corpus
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("client", [*CLIENTS, by_liferea])
def test_a_reader_lives_through_a_week_of_the_replay(client: Client, tmp_path: Path) -> None:
    with week(tmp_path) as (replay, sock, move):
        held(replay, sock, 7, [client], move)


@needs_corpus
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_w3c_validator_has_nothing_to_say_of_a_week_of_the_replay(tmp_path: Path) -> None:
    with week(tmp_path) as (replay, sock, move):
        base = f"http://127.0.0.1:{sock.getsockname()[1]}"
        for _ in range(7):
            replay.poll()
            replay.run("digest")
            move()
        with published(replay.public(""), sock):
            for name in ("atom.xml", "rss.xml", "archive/2026-03.atom.xml", "digest/atom.xml", "sources.opml"):
                assert [line for line in w3c_findings(f"{base}/{name}") if not UNAVOIDABLE.search(line)] == [], name


@pytest.mark.parametrize("form", ["atom.xml", "archive/2026-02.atom.xml", "rss.xml", "sources.opml"])
def test_the_w3c_validator_has_nothing_to_say(form: str, site: Served) -> None:
    assert w3c_findings(f"{site.base}/{form}") == []


def test_the_w3c_validator_only_wonders_about_tombstones(site: Served) -> None:
    (finding,) = w3c_findings(f"{site.base}/gone.xml")
    assert UNAVOIDABLE.search(finding)
    assert finding.endswith("Use of unknown namespace: http://purl.org/atompub/tombstones/1.0")
