"""Whole documents of each format, read in the express lane."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.parse.feed import parse
from aggregator.records import Enclosure, Hints, ParsedFeed

SAMPLES = Path(__file__).parent / "samples" / "feeds"


def _sample(name: str) -> ParsedFeed:
    return parse((SAMPLES / name).read_bytes(), url="https://shifts.example/feed/")


def _inline(text: str) -> ParsedFeed:
    return parse(text.encode(), url="http://doc.example/feed")


def test_rss_as_wordpress_writes_it() -> None:
    feed = _sample("wordpress.rss")
    assert (feed.lane, feed.format, feed.version, feed.encoding, feed.wellformed) == (
        "express",
        "rss",
        "2.0",
        "utf-8",
        True,
    )
    assert feed.title == "Shifts &amp; Skills"
    assert (feed.link, feed.self_link) == ("https://shifts.example/", "https://shifts.example/feed/")
    assert (feed.language, feed.image) == ("en-GB", "https://shifts.example/icon.png")
    assert feed.updated == datetime(2026, 3, 12, 9, 30, tzinfo=UTC)
    assert feed.hints == Hints(timedelta(minutes=30), (0, 3), ("sunday",), ("https://hub.example/",))
    first, second = feed.entries
    assert first.id == "https://shifts.example/?p=4711"
    assert first.title == "Apprentices “first”"
    assert first.author == "Ida Berg, Tom Okoye"
    assert first.categories == ("Training", "Europe")
    assert first.enclosures == (Enclosure("https://shifts.example/talk.mp3", "audio/mpeg", 12345),)
    assert (first.source_title, first.duration, first.language) == ("Other Desk", 3723, "en-GB")
    assert first.base == first.link
    assert second.link == "https://shifts.example/second"
    assert second.summary == "Plain <b>naked</b> markup &amp; text"
    assert second.published == datetime(2026, 3, 12, 0, 5, tzinfo=UTC)


def test_rss_091_with_a_doctype() -> None:
    feed = _sample("old.rss")
    assert (feed.version, feed.title, feed.language) == ("0.91", "Café The Desk", "fr")
    assert feed.author_email == "editor@cafe.example"
    assert [entry.link for entry in feed.entries] == ["http://cafe.example/one.html", "http://cafe.example/two.html"]


def test_rdf_keeps_its_entries_beside_the_channel() -> None:
    feed = _sample("science.rdf")
    assert (feed.format, feed.version, feed.id) == ("rss", "1.0", "http://lab.example/rss")
    assert (feed.image, feed.language) == ("http://lab.example/logo.gif", "de")
    (entry,) = feed.entries
    assert (entry.id, entry.author, entry.categories) == ("http://lab.example/1", "Prof. Grün", ("Arbeit",))
    assert entry.summary == "Ein <em>Versuch</em>."
    assert entry.published == datetime(2026, 2, 28, tzinfo=UTC)


def test_atom_with_bases_and_xhtml() -> None:
    feed = _sample("based.atom")
    assert (feed.format, feed.version, feed.language) == ("atom", "1.0", "en")
    assert feed.title == "Roles &lt;new&gt;"
    assert feed.description == "What people <b>do</b> next"
    assert (feed.link, feed.image) == ("https://roles.example/blog/", "https://roles.example/blog/logo.png")
    assert feed.hints.prev_archive == "https://roles.example/blog/archive/2"
    first, second = feed.entries
    assert first.id == "tag:roles.example,2026:1"
    assert (first.title, first.title_is_text) == ("A <em>new</em> role", False)
    assert first.link == "https://roles.example/blog/2026/one"
    assert first.content == 'See <a href="https://roles.example/blog/2026/two">two</a> &amp; <br>rest'
    assert first.summary == "2 &lt; 3"
    assert first.base == "https://roles.example/blog/2026/"
    assert (first.author, first.author_email) == ("House Author", "house@roles.example")
    assert first.comments == "https://roles.example/blog/2026/one#comments"
    assert first.published == datetime(2026, 3, 9, 7, tzinfo=UTC)
    assert first.updated == datetime(2026, 3, 10, 10, tzinfo=UTC)
    assert (second.author, second.source_title, second.title_is_text) == ("Ann, Bo", "Elsewhere", True)


def test_atom_03() -> None:
    feed = _sample("early.atom")
    assert (feed.version, feed.title, feed.description) == ("0.3", "Early <i>bird</i>", "Before breakfast")
    (entry,) = feed.entries
    assert entry.content == "<p>Good morning</p>"
    assert (entry.published, entry.updated) == (
        datetime(2004, 1, 1, 9, tzinfo=UTC),
        datetime(2004, 1, 2, 3, 4, 5, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("text", "entries"),
    [
        ("<feed><title>t</title><entry><id>1</id></entry></feed>", 1),
        ('<entry xmlns="http://www.w3.org/2005/Atom"><id>1</id></entry>', 1),
        ('<rss xmlns="urn:strange"><channel><title>t</title><item><title>a</title></item></channel></rss>', 1),
        ("<channel><title>t</title><item><title>a</title></item></channel>", 1),
        ("<rss><channel><items><item><title>a</title></item></items></channel></rss>", 1),
        ("<rss><channel><item><title>a</title><item><title>b</title></item></item></channel></rss>", 2),
        ("<rss><channel><title>t</title></channel></rss>", 0),
        ("<rss/>", 0),
        ('<Channel xmlns="http://purl.org/net/rss1.1#"><title>t</title><items><item/></items></Channel>', 1),
    ],
)
def test_near_misses_of_the_formats(text: str, entries: int) -> None:
    feed = _inline(text)
    assert (feed.lane, len(feed.entries)) == ("express", entries)


@pytest.mark.parametrize(
    ("inner", "hints"),
    [
        ("<ttl>60</ttl>", Hints(ttl=timedelta(hours=1))),
        ("<ttl>often</ttl>", Hints()),
        ("<ttl>0</ttl>", Hints()),
        ("<skipHours><hour>24</hour><hour>25</hour><hour>x</hour></skipHours>", Hints(skip_hours=(0,))),
        ("<skipDays><day>Someday</day><day>MONDAY</day></skipDays>", Hints(skip_days=("monday",))),
        ("<sy:updatePeriod>weekly</sy:updatePeriod>", Hints(ttl=timedelta(weeks=1))),
        ("<sy:updateFrequency>4</sy:updateFrequency>", Hints(ttl=timedelta(hours=6))),
        (
            "<itunes:new-feed-url>http://n.example/f</itunes:new-feed-url>",
            Hints(new_feed_url="http://n.example/f"),
        ),
    ],
)
def test_hints(inner: str, hints: Hints) -> None:
    spaces = 'xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
    assert _inline(f"<rss {spaces}><channel>{inner}</channel></rss>").hints == hints


@pytest.mark.parametrize(
    ("inner", "language"),
    [
        ("<lang>fr</lang>", "fr"),
        ("<title xml:lang='hu'>t</title>", "hu"),
        ("<title xml:lang='hu'>t</title><language>de-AT</language>", "de-AT"),
        ("<title>t</title>", None),
    ],
)
def test_the_language_of_a_feed(inner: str, language: str | None) -> None:
    assert _inline(f"<rss><channel>{inner}</channel></rss>").language == language


def test_a_proxied_feed_is_relative_to_its_site() -> None:
    text = "<rss><channel><link>http://site.example/</link><item><link>/a</link></item></channel></rss>"
    assert _inline(text).entries[0].link == "http://site.example/a"
