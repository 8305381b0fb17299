"""Large JSON: read value by value, the newest entries kept; otherwise what the standard library makes of it."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.errors import ParseError
from aggregator.parse import jsonlarge
from aggregator.parse.feed import parse

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
_FEEDS = st.dictionaries(
    st.sampled_from(["items", "entries", "title", "a"]), _VALUES | st.lists(st.dictionaries(st.just("id"), _VALUES))
)


@settings(deadline=None, max_examples=40)
@given(_FEEDS, st.sampled_from([None, 1, "\t"]))
def test_it_reads_what_the_standard_library_reads(feed: dict[str, Any], indent: int | str | None) -> None:
    expected = {
        key: [one for one in value if isinstance(one, dict)]
        if key in ("items", "entries") and isinstance(value, list)
        else value
        for key, value in feed.items()
    }
    assert jsonlarge.read(f" {json.dumps(feed, indent=indent)}\n", 1_000) == (expected, 0)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 28), max_size=12), st.integers(1, 5))
def test_the_newest_are_kept_in_their_order_and_without_dates_the_first(days: list[int], most: int) -> None:
    items = [{"id": n, "date_published": f"2026-01-{day:02}T10:00:00Z"} if day else {"id": n}
             for n, day in enumerate(days)]  # fmt: skip
    feed, left_out = jsonlarge.read(json.dumps({"items": items, "title": "x"}), most)
    best = sorted(sorted(range(len(days)), key=lambda n: (-days[n], n))[:most])
    assert [item["id"] for item in feed["items"]] == best
    assert (left_out, feed["title"]) == (max(0, len(days) - most), "x")


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[1]", '{"items"}', '{"items": [1, 2}', '{"items": [{},]}', '{"items": [1 2]}', '{"a": 1,}',
        '{"a": 1} x', '{"a" 1}', '{"items": [', '{"items": [{"a": ]}', "nothing",
    ],
)  # fmt: skip
def test_broken_json_is_an_error_here_too(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        jsonlarge.read(text, 5)


def _document(count: int, filler: str = "") -> bytes:
    items = ",".join(f'{{"id": {n}, "url": "/{n}", "content_text": "{filler}"}}' for n in range(count))
    return f'{{"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": [{items}]}}'.encode()


def test_a_large_feed_keeps_a_thousand_and_counts_the_others() -> None:
    feed = parse(_document(1_500, "x" * 3_000), url="https://h.example/feed.json")
    assert (feed.lane, feed.title, len(feed.entries), feed.left_out) == ("json", "x", 1_000, 500)
    assert (feed.entries[0].id, feed.entries[-1].link) == ("0", "https://h.example/999")


def test_the_memory_is_that_of_the_entries_that_are_kept() -> None:
    text = _document(4_000).decode()
    tracemalloc.start()
    jsonlarge.read(text, 10)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < len(text) / 4


@pytest.mark.parametrize(
    ("start", "kind"), [("{", "not_feed"), ("[", "not_feed"), ('{"items": [' + "[" * 99_999, "limit")]
)
def test_a_large_document_that_is_none_is_refused(start: str, kind: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(start.encode() + b" " * (3 << 20))
    assert caught.value.kind == kind
