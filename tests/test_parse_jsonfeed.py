"""JSON Feed and its near misses."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import ParseError
from aggregator.parse import jsonfeed
from aggregator.records import Enclosure, ParsedEntry, ParsedFeed

SAMPLES = Path(__file__).parent / "samples" / "feeds"
VERSION = "https://jsonfeed.org/version/1.1"


def _read(document: Any, most: int = 100) -> ParsedFeed:
    return jsonfeed.read(json.dumps(document), "https://j.example/feed.json", most)


def _entry(**item: Any) -> ParsedEntry:
    return _read({"version": VERSION, "items": [item]}).entries[0]


def test_a_whole_feed() -> None:
    feed = jsonfeed.read((SAMPLES / "notes.json").read_text("utf-8"), None, 100)
    assert (feed.lane, feed.format, feed.version, feed.title) == ("json", "json", "1.1", "Notes")
    assert (feed.link, feed.self_link) == ("https://notes.example/", "https://notes.example/feed.json")
    assert feed.hints.hubs == ("https://hub.example/",)
    first, second = feed.entries
    assert (first.id, first.link, first.title, first.title_is_text) == ("17", "https://notes.example/17", "A < B", True)
    assert first.content == "1 &lt; 2 &amp; 3"
    assert first.published == datetime(2026, 3, 1, 8, tzinfo=UTC)
    assert first.author == "Kim"
    assert first.categories == ("work", "play")
    assert first.enclosures == (Enclosure("https://notes.example/a.mp3", "audio/mpeg", 5),)
    assert (first.duration, first.language) == (61, "en")
    assert (second.author, second.summary, second.content) == ("Lee, Max", "a &amp; b", "<p>Hi</p>")


@pytest.mark.parametrize(
    ("item", "field", "value"),
    [
        ({"id": 1.5}, "id", "1.5"),
        ({"id": ["a"]}, "id", None),
        ({"id": True}, "id", None),
        ({"title": "a\x00\ud800b"}, "title", "ab"),
        ({"external_url": "/x"}, "link", "https://j.example/x"),
        ({"author": {"name": "Ann"}, "authors": [{"name": "Bo"}, "Cy", 3, None]}, "author", "Bo, Cy, 3, Ann"),
        ({"tags": "a, b"}, "categories", ("a", "b")),
        ({"tags": [["a"], "b"]}, "categories", ("b",)),
        ({"attachments": {"url": "a"}}, "enclosures", ()),
        ({"attachments": [{"url": "/a", "size_in_bytes": "big"}]}, "enclosures", (Enclosure("https://j.example/a"),)),
        ({"date_published": 17}, "published", None),
        ({"banner_image": "/b.png"}, "image", "https://j.example/b.png"),
    ],
)
def test_near_misses(item: dict[str, Any], field: str, value: Any) -> None:
    assert getattr(_entry(**item), field) == value


@pytest.mark.parametrize("document", [{}, [], None, 3, {"items": []}, {"version": 3}, {"title": "t", "items": "x"}])
def test_other_json_is_not_a_feed(document: Any) -> None:
    with pytest.raises(ParseError) as caught:
        _read(document)
    assert caught.value.kind == "not_feed"


@pytest.mark.parametrize(("text", "kind"), [('{"a": ', "not_feed"), ("[" * 200_000, "limit")])
def test_broken_json(text: str, kind: str) -> None:
    with pytest.raises(ParseError) as caught:
        jsonfeed.read(text, None, 100)
    assert caught.value.kind == kind


def test_of_too_many_entries_the_rest_is_counted() -> None:
    feed = _read({"version": VERSION, "items": [{"id": str(number)} for number in range(5)] + [None]}, most=3)
    assert [entry.id for entry in feed.entries] == ["0", "1", "2"]
    assert feed.left_out == 2


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_KEYS = st.sampled_from(
    ["id", "url", "title", "content_text", "content_html", "tags", "authors", "author", "attachments", "image"]
)


@given(st.dictionaries(_KEYS, _JSON, max_size=8), st.dictionaries(_KEYS, _JSON, max_size=4))
def test_any_values_are_read(feed: dict[str, Any], item: dict[str, Any]) -> None:
    assert len(_read({**feed, "version": VERSION, "items": [item]}).entries) == 1


def test_the_feed_is_dated_by_its_newest_entry() -> None:
    dated = [
        {"date_published": f"2026-03-0{day}T08:00:00Z", "date_modified": "2026-03-09T08:00:00Z"} for day in (1, 3, 2)
    ]
    feed = _read({"version": VERSION, "items": [{"id": "undated"}, *dated]})
    assert feed.published == datetime(2026, 3, 3, 8, tzinfo=UTC)
    assert feed.updated == datetime(2026, 3, 9, 8, tzinfo=UTC)
    assert _read({"version": VERSION, "items": [{"id": "undated"}]}).updated is None
