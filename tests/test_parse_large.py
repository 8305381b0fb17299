"""Documents over 4 MiB: read piece by piece, the newest entries kept, the rest counted; the same as in one piece."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.parse import express, large, xml
from aggregator.parse.document import parse_and_normalize
from aggregator.parse.feed import parse
from aggregator.parse.pool import Pool
from aggregator.records import ParsedFeed

NOW = datetime(2026, 3, 14, 7, tzinfo=UTC)
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
DATED = "<pubDate>Mon, {:02} Jan 2026 10:00:00 GMT</pubDate>"


def _rss(days: list[int]) -> str:
    """A feed with an entry for each day of January, without a date for 0."""
    dates = [DATED.format(day) if day else "" for day in days]
    items = "".join(f"<item><guid>{place}</guid>{date}</item>\n" for place, date in enumerate(dates))
    return f"<rss version='2.0'><channel><title>x</title>{items}<ttl>60</ttl></channel></rss>"


def _read(text: str, most: int) -> ParsedFeed:
    document, left_out = large.read(text, text.encode(), most)
    assert document.root is not None
    assert len(express.Shape(document.root).entries) + left_out == text.count("<item>") + text.count("<entry>")
    return express.read(document.root, None, most, scoped=False)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 31), max_size=12), st.integers(1, 5))
def test_the_same_entries_are_kept_as_of_a_whole_tree(days: list[int], most: int) -> None:
    whole = xml.read(_rss(days)).root
    assert whole is not None
    feed = _read(_rss(days), most)
    assert [entry.id for entry in feed.entries] == [
        entry.id for entry in express.read(whole, None, most, scoped=False).entries
    ]
    assert (feed.title, feed.hints.ttl is not None) == ("x", True)


@pytest.mark.parametrize(
    "text",
    [
        "<feed xmlns='http://www.w3.org/2005/Atom'><title>x</title>{}</feed>",
        "<!DOCTYPE rss><rss><channel><title>x</title>{}</channel></rss>",
        f"<rdf:RDF xmlns:rdf='{RDF}' xmlns='http://purl.org/rss/1.0/'><channel><title>x</title></channel>{{}}</rdf:RDF>",
    ],
)
def test_wherever_a_format_keeps_its_entries(text: str) -> None:
    name = "entry" if "Atom" in text else "item"
    feed = _read(text.format("".join(f"<{name}><title>{number}</title></{name}>" for number in range(9))), 4)
    assert [entry.title for entry in feed.entries] == ["0", "1", "2", "3"]


def test_an_entry_may_be_longer_than_a_piece() -> None:
    long = "word " * 300_000
    items = "".join(f"<item><title>{day}</title>{DATED.format(day)}<description>{long}</description></item>"
                    for day in (5, 6, 7))  # fmt: skip
    feed = _read(f"<rss><channel>{items}</channel></rss>", 2)
    assert [entry.title for entry in feed.entries] == ["6", "7"]
    assert [entry.summary for entry in feed.entries] == [long.strip()] * 2


def test_a_comment_may_be_longer_than_all_entries_may_be() -> None:
    text = _rss([1, 2, 3]).replace("<item>", f"<!--{'x ' * 5_000_000}--><item>", 1)
    assert [entry.id for entry in _read(text, 5).entries] == ["0", "1", "2"]


@pytest.mark.parametrize("text", ["<rss><channel><item></channel></rss>", "<rss><channel>", "", "no markup"])
def test_tags_that_do_not_match_make_no_tree(text: str) -> None:
    document, left_out = large.read(text, None, 5)
    assert (document.root, left_out) == (None, 0)


@pytest.mark.parametrize("flaw", ["AT&T", "&nbsp;", "a\x0bb", "a < b", "&#0;"])
def test_characters_are_mended_as_in_a_small_document(flaw: str) -> None:
    text = _rss([3, 1, 2]).replace("<title>x", f"<title>{flaw}")
    document, left_out = large.read(text, None, 2)
    whole = xml.read(text).root
    assert whole is not None
    assert (left_out, document.wellformed, document.root is None) == (1, False, False)
    assert document.root.findtext("channel/title") == whole.findtext("channel/title")  # type: ignore[union-attr]


def test_a_prefix_that_is_not_declared_is_tolerated() -> None:
    document, left_out = large.read(_rss([3, 1, 2]).replace("<guid>", "<dc:a/><guid>"), None, 2)
    assert document.root is not None
    assert (left_out, document.wellformed, len(document.root[0])) == (1, False, 4)


@pytest.mark.slow
def test_of_a_large_document_with_wrong_characters_the_newest_entries_are_kept() -> None:
    dates = ("Mon, 05 Jan 2026 10:00:00 GMT", "Tue, 06 Jan 2026 10:00:00 GMT")
    items = "".join(
        f"<item><guid>{number}</guid><title>AT&T{'x' * 4_000}</title><pubDate>{dates[number > 100]}</pubDate></item>"
        for number in range(1_101)
    )
    feed = parse(f"<rss><channel><title>x</title>{items}</channel></rss>".encode())
    assert (feed.lane, feed.wellformed, len(feed.entries), feed.left_out) == ("express", False, 1_000, 101)
    assert feed.entries[0].id == "101"


def test_of_a_large_document_whose_tags_do_not_match_the_beginning_is_read() -> None:
    items = "".join(f"<item><guid>{number}</guid><b><title>{'x' * 99_000}</title></item>" for number in range(45))
    feed = parse(f"<rss><channel><title>x</title>{items}</channel></rss>".encode())
    assert (feed.lane, feed.wellformed, len(feed.entries), feed.left_out) == ("express", False, 42, 3)
    assert [entry.id for entry in feed.entries[::41]] == ["0", "41"]


@pytest.mark.parametrize(("start", "wellformed"), [("", True), ("\n", True), ("\n<?xml version='1.0'?>", False)])
def test_what_stands_before_the_declaration_is_noticed(start: str, wellformed: bool) -> None:
    text = start + _rss([1, 2])
    document, _ = large.read(text, text.encode(), 5)
    assert document.wellformed is wellformed is xml.read(text).wellformed


def test_a_large_document_says_how_many_it_left_out() -> None:
    filled = "<description>" + "x" * 3_000 + "</description>"
    items = "".join(f"<item><guid>{number}</guid>{filled}</item>" for number in range(1_500))
    feed = parse(f"<rss><channel><title>x</title>{items}</channel></rss>".encode())
    assert (feed.lane, feed.wellformed, len(feed.entries), feed.left_out) == ("express", True, 1_000, 500)


@pytest.mark.slow
@pytest.mark.parametrize("item", ["<item/>", "<item><guid>1</guid></item>"])
def test_hundreds_of_thousands_of_small_entries_stay_within_the_memory_of_a_worker(item: str) -> None:
    count = (7 << 20) // len(item)
    body = f"<rss version='2.0'><channel><title>x</title>{item * count}</channel></rss>".encode()
    with closing(Pool(most=1, cpu=20)) as pool:
        feed, _ = pool.run(parse_and_normalize, body, "https://h.example/feed", None, NOW)
    assert feed.left_out == count - 1_000
