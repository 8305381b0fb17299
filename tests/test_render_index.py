"""search.json: what the script of the river reads; static, bounded, without anything a browser would run."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

from aggregator.records import Attribution, Copy
from aggregator.render.index import MOST, MOST_BYTES, search_index
from tests.test_render_pages import NOW, SITE, merged


def rows(*entries, days=()) -> list[dict[str, object]]:  # type: ignore[no-untyped-def]
    document = json.loads(search_index(entries, site=SITE, days=days))
    assert document["version"] == 1
    return document["entries"]  # type: ignore[no-any-return]


def test_an_entry_has_what_the_page_shows_of_it_and_nothing_that_is_empty() -> None:
    one = merged(1, tags=("policy",), copies=(Copy(Attribution("The Copyist"), None),), language="ar")
    bare = replace(merged(2), link="javascript:alert(1)", title="", excerpt="", source=None)
    assert rows(one, bare, days=(date(2026, 3, 14),)) == [
        {
            "title": "Entry 1", "link": "https://example.org/1", "source": "Notes on Work",
            "published": "2026-03-14T08:12:00Z", "day": "2026-03-14", "page": True,
            "excerpt": "What entry 1 begins with", "tags": ["policy"], "also_in": ["The Copyist"],
            "lang": "ar", "dir": "rtl",
        },
        {"title": "Untitled", "published": "2026-03-14T07:12:00Z", "day": "2026-03-14", "page": True},
    ]  # fmt: skip


def test_it_holds_the_newest_thousand_newest_first() -> None:
    found = rows(*(merged(number) for number in reversed(range(MOST + 5))))
    assert [row["title"] for row in found] == [f"Entry {number}" for number in range(MOST)]


def test_over_its_size_the_oldest_lose_their_excerpt_and_then_their_place() -> None:
    wordy = [merged(n, excerpt="ördög " * 60, title="T" * 900) for n in range(MOST)]
    made = search_index(wordy, site=SITE)
    found = json.loads(made)["entries"]
    assert len(made) <= MOST_BYTES + 100
    assert "excerpt" in found[0]
    assert "excerpt" not in found[-1]
    assert len(found) == MOST
    assert len(search_index([merged(n, title="T" * 9000) for n in range(MOST)], site=SITE)) <= MOST_BYTES + 100


def test_one_word_of_a_megabyte_does_not_make_a_megabyte() -> None:
    assert len(search_index([merged(1, excerpt="x" * 10**6)], site=SITE)) < 1000


def test_the_same_feed_gives_the_same_bytes_and_lone_surrogates_do_not_stop_it() -> None:
    entries = [merged(1, title="a \ud800 b", published=NOW - timedelta(days=1)), merged(2)]
    assert search_index(entries, site=SITE) == search_index(entries[::-1], site=SITE)
