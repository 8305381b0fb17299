"""The tolerant lane reads what no XML parser reads, and refuses what would take seconds."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.errors import ParseError
from aggregator.parse import tolerant
from aggregator.parse.feed import parse

SAMPLES = Path(__file__).parent / "samples" / "feeds"
URL = "http://un.example/feed"


def test_attributes_without_quotes() -> None:
    feed = parse((SAMPLES / "hopeless.rss").read_bytes(), url=URL)
    assert (feed.lane, feed.format, feed.wellformed, feed.title) == ("tolerant", "rss", False, "Unquoted")
    (entry,) = feed.entries
    assert (entry.id, entry.link) == ("raw-1", "http://un.example/1")
    assert (entry.author, entry.author_email) == ("Ann", "a@un.example")
    assert entry.summary == "<p>Text</p>"
    assert entry.published == datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert entry.categories == ("one",)


def test_cdf() -> None:
    feed = parse(
        b'<CHANNEL HREF="http://c.example/"><TITLE>Active</TITLE>'
        b'<ITEM HREF="http://c.example/1"><TITLE>One</TITLE></ITEM></CHANNEL>'
    )
    assert feed.lane == "tolerant"
    assert [(entry.title, entry.link) for entry in feed.entries] == [("One", "http://c.example/1")]


def test_a_channel_of_cdf_without_items_is_a_feed() -> None:
    feed = parse(b'<CHANNEL HREF="http://c.example/"><TITLE>Active</TITLE></CHANNEL>')
    assert (feed.title, feed.link, feed.entries) == ("Active", "http://c.example/", ())
    with pytest.raises(ParseError):
        parse(b"<channel><name>of a river</name></channel>")


@pytest.mark.parametrize("name", ["wordpress.rss", "science.rdf", "based.atom", "early.atom"])
def test_both_lanes_see_the_same_entries(name: str) -> None:
    body = (SAMPLES / name).read_bytes()
    express, other = parse(body, url=URL), tolerant.read(body.decode(), URL, 100)
    for field in ("id", "link", "title", "published", "author", "categories"):
        assert [getattr(entry, field) for entry in express.entries] == [
            getattr(entry, field) for entry in other.entries
        ]


def test_scripts_and_relative_links_in_html_stay_for_the_normalizer() -> None:
    (entry,) = tolerant.read(
        "<rss><item><description>&lt;a href='x' onclick='y'&gt;</description></item></rss>", URL, 9
    ).entries
    assert entry.summary == "<a href='x' onclick='y'>"


def test_a_big_document_is_read_as_far_as_it_goes() -> None:
    item = "<item><title>t</title><guid>{}</guid><description>{}</description></item>"
    text = (
        "<rss a=b><channel>" + "".join(item.format(number, "x" * 1_000_000) for number in range(6)) + "</channel></rss>"
    )
    feed = tolerant.read(text, URL, 3)
    assert ([entry.id for entry in feed.entries], feed.left_out) == (["0", "1", "2"], 3)


@pytest.mark.parametrize(
    "text",
    [
        "<rss><a " + " ".join(f"a{number}=1" for number in range(6_000)) + "></rss>",
        "<rss>" + "<b>" * 3_000,
        "<rss><item>" + "<category>x</category>" * 21_000,
        "<rss><item>" + "x" * (5 << 20),
    ],
    ids=["attributes", "depth", "categories", "one entry"],
)
def test_what_would_take_seconds_is_refused(text: str) -> None:
    with pytest.raises(ParseError) as caught:
        tolerant.read(text, None, 100)
    assert caught.value.kind == "limit"


@pytest.mark.parametrize("text", ["plain words", "<svg><g/></svg>", "<opml><body/></opml>"])
def test_anything_else_is_not_a_feed(text: str) -> None:
    with pytest.raises(ParseError) as caught:
        tolerant.read(text, None, 100)
    assert caught.value.kind == "not_feed"


def test_a_notice_without_any_markup_is_no_feed_and_feedparser_is_not_loaded_for_it() -> None:
    code = (
        "import sys; from aggregator.errors import ParseError; from aggregator.parse.feed import parse\n"
        "try: parse(b'Too many requests, please come back later.')\n"
        "except ParseError as error: print(error.kind, 'feedparser' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["not_feed", "False"]
