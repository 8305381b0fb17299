"""Real readers subscribe to the merged feed: each sees every entry once, and none again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.records import Attribution, Copy, Enclosure, MergedEntry, MergedFeed, Tombstone
from aggregator.render.feed import atom, rss
from aggregator.render.jsonfeed import json_feed
from aggregator.render.opml import opml
from tests.clients import Seen, Served, by_feedparser, by_newsboat, by_reader, by_sfeed, served, w3c_findings

NOW = datetime(2026, 3, 14, 7, 0, tzinfo=UTC)
DESK = Attribution("The Desk", "https://desk.example.org/", "https://desk.example.org/feed", "urn:uuid:d", NOW)
BENCH = Attribution("Bench & Co", "https://bench.example.org/", "https://bench.example.org/rss")
LETTER = Attribution("A Private Letter", id="urn:uuid:1f0e1a52-5c1b-5a57-9c58-0d6d3a3f1a11")

Client = Callable[[str, Path], list[Seen]]
CLIENTS: list[Client] = [by_feedparser, by_newsboat, by_sfeed, by_reader]
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


@pytest.mark.parametrize("client", [by_newsboat, by_sfeed, by_reader])
def test_an_entry_with_a_new_copy_is_not_news(client: Client, site: Served, tmp_path: Path) -> None:
    client(f"{site.base}/atom.xml", tmp_path)
    last = replace(ENTRIES[3], copies=(Copy(BENCH, "https://bench.example.org/again"),))
    publish(site, (*ENTRIES[:3], last))
    assert client(f"{site.base}/atom.xml", tmp_path) == expected(ENTRIES)


def test_reader_reads_the_json_form_too(site: Served, tmp_path: Path) -> None:
    assert by_reader(f"{site.base}/feed.json", tmp_path) == expected(ENTRIES)


@pytest.mark.parametrize("form", ["atom.xml", "archive/2026-02.atom.xml", "rss.xml", "sources.opml"])
def test_the_w3c_validator_has_nothing_to_say(form: str, site: Served) -> None:
    assert w3c_findings(f"{site.base}/{form}") == []


def test_the_w3c_validator_only_wonders_about_tombstones(site: Served) -> None:
    (finding,) = w3c_findings(f"{site.base}/gone.xml")
    assert finding.endswith("Use of unknown namespace: http://purl.org/atompub/tombstones/1.0")
