from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.records import Attribution, Copy, Enclosure, MergedEntry, MergedFeed, Related
from aggregator.render.feed import atom, rss
from aggregator.render.jsonfeed import json_feed

NOW = datetime(2026, 3, 14, 7, 0, tzinfo=UTC)
URL = "https://feeds.example.org/feed.json"
DESK = Attribution("The Desk", "https://desk.example.org/", "https://desk.example.org/feed", "urn:uuid:desk", NOW)
LETTER = Attribution("A Private Letter", "https://letter.example.org/?key=s3cret", id="urn:uuid:letter")
ENTRY = MergedEntry(
    id="urn:uuid:one",
    title="One",
    link="https://desk.example.org/1",
    source=DESK,
    published=NOW - timedelta(hours=2),
    updated=NOW - timedelta(hours=1),
)
FEED = MergedFeed("urn:uuid:feed", "Future of Work", "https://feeds.example.org/", "https://f/atom.xml", NOW, (ENTRY,))


def parsed(feed: MergedFeed) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json_feed(feed, self_url=URL))
    return document


def item(**more: object) -> dict[str, Any]:
    found: dict[str, Any] = parsed(replace(FEED, entries=(replace(ENTRY, **more),)))["items"][0]  # type: ignore[arg-type]
    return found


def test_the_head() -> None:
    document = parsed(replace(FEED, entries=(), hub="https://hub.example.org/"))
    assert document == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Future of Work",
        "home_page_url": "https://feeds.example.org/",
        "feed_url": URL,
        "hubs": [{"type": "WebSub", "url": "https://hub.example.org/"}],
        "items": [],
    }


@pytest.mark.polite("E14")
def test_an_entry_in_full() -> None:
    found = item(
        author="Ann Example",
        content="<p>Body.</p>",
        excerpt="Body.",
        image="https://desk.example.org/1.png",
        language="en",
        tags=("policy",),
        categories=("Policy", "AI"),
        enclosures=(Enclosure("https://e.example.org/a.mp3", "audio/mpeg", 42), Enclosure("https://e.example.org/b")),
    )
    assert found == {
        "id": "urn:uuid:one",
        "url": "https://desk.example.org/1",
        "title": "One",
        "content_html": '<p>Body.</p><p><small>From <a href="https://desk.example.org/">The Desk</a></small></p>',
        "summary": "Body.",
        "image": "https://desk.example.org/1.png",
        "date_published": "2026-03-14T05:00:00Z",
        "date_modified": "2026-03-14T06:00:00Z",
        "authors": [{"name": "Ann Example"}],
        "tags": ["policy", "AI"],
        "language": "en",
        "attachments": [
            {"url": "https://e.example.org/a.mp3", "mime_type": "audio/mpeg", "size_in_bytes": 42},
            {"url": "https://e.example.org/b", "mime_type": "application/octet-stream"},
        ],
        "_aggregator": {
            "sources": [
                {
                    "title": "The Desk",
                    "site": "https://desk.example.org/",
                    "feed_url": "https://desk.example.org/feed",
                    "link": "https://desk.example.org/1",
                }
            ]
        },
    }


def test_what_is_not_known_is_left_out() -> None:
    assert set(item(link=None)) == {
        "id",
        "title",
        "content_html",
        "date_published",
        "date_modified",
        "authors",
        "_aggregator",
    }


def test_a_folded_entry_names_every_source_and_a_private_one_without_its_addresses() -> None:
    found = item(copies=(Copy(LETTER, "https://letter.example.org/p/1"),))
    assert found["_aggregator"]["sources"][1] == {"title": "A Private Letter", "link": "https://letter.example.org/p/1"}


def test_an_entry_names_others_of_its_story() -> None:
    found = Related("urn:uuid:2", "Another report", "https://letter.example.org/p/2", "A Private Letter")
    assert item(related=(found, replace(found, link=None)))["_aggregator"]["related"] == [
        {
            "id": "urn:uuid:2",
            "title": "Another report",
            "url": "https://letter.example.org/p/2",
            "source": "A Private Letter",
        }
    ]
    assert set(item()["_aggregator"]) == {"sources"}


def test_the_bytes_are_utf_8_end_with_a_newline_and_are_the_same_again() -> None:
    feed = replace(FEED, title="Zukunft für alle 🤖")
    document = json_feed(feed, self_url=URL)
    assert "für alle 🤖".encode() in document
    assert document.endswith(b"}\n")
    assert document == json_feed(replace(feed), self_url=URL)


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b", "a\ufffeb", "a\x1bb"])
def test_a_title_is_the_same_in_all_three_forms(text: str) -> None:
    feed = replace(FEED, entries=(replace(ENTRY, title=text),))
    titles = {
        parsed(feed)["items"][0]["title"],
        *(entry.title for entry in feedparser.parse(io.BytesIO(atom(feed))).entries),
        *(entry.title for entry in feedparser.parse(io.BytesIO(rss(feed, self_url=URL))).entries),
    }
    assert titles == {"ab"}


@pytest.mark.polite("E14")
def test_the_ids_are_those_of_the_atom_and_rss_forms_in_their_order() -> None:
    feed = replace(FEED, entries=tuple(replace(ENTRY, id=f"urn:uuid:{number}") for number in (2, 3, 1)))
    ids = [found["id"] for found in parsed(feed)["items"]]
    assert ids == ["urn:uuid:2", "urn:uuid:3", "urn:uuid:1"]
    assert ids == [entry.id for entry in feedparser.parse(io.BytesIO(atom(feed))).entries]
    assert ids == [entry.id for entry in feedparser.parse(io.BytesIO(rss(feed, self_url=URL))).entries]


ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)


@given(ANY_TEXT, ANY_TEXT)
def test_whatever_the_text_the_document_is_json_with_a_title_and_an_author(title: str, body: str) -> None:
    found = item(title=title, author=body, content=body, tags=(title,), language=body)
    assert found["title"]
    assert found["authors"][0]["name"]
