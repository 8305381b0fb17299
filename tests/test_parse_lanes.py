"""Two lanes, one result: what the express lane makes of a document, the tolerant lane makes of it too, or the
difference is a correction that this table names with its reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from aggregator.errors import ParseError
from aggregator.parse import tolerant, xml
from aggregator.parse.encoding import decode
from aggregator.parse.feed import parse
from aggregator.records import ParsedEntry, ParsedFeed
from tests.corpus import ROOT as CORPUS
from tests.corpus import needs_corpus

URL = "https://h.example/feed"
_NOT_COMPARED = {
    "lane",
    "format",
    "version",
    "encoding",
    "wellformed",
    "reason",
    "hints",
    "entries",
    "left_out",
    "cut",
    "base",
}


class Correction(NamedTuple):
    """Where the express lane says something else on purpose: its fields, when, and why."""

    names: str
    holds: Callable[[Any, Any], bool]
    reason: str


def _says_more(ours: Any, other: Any) -> bool:
    return bool(ours) and not other


def _words(html: str | None) -> str:
    return re.sub(r"\W+", "", unescape(unescape(re.sub(r"<[^>]*>", "", html or ""))))


def _among(ours: str | None, other: str | None) -> bool:
    return bool(ours) and bool(other) and all(name in other for name in ours.split(", "))  # type: ignore[union-attr]


CORRECTIONS = (
    Correction(
        "image icon comments duration language source_id source_title generator id self_link enclosures categories "
        "author author_email rights published description title summary",
        _says_more,
        "feedparser does not look at Media RSS, thr:replies, googleplay, @rdf:about, admin:generatorAgent and inside "
        "nested elements, or not where they stand",
    ),
    Correction("author", _among, "feedparser adds the iTunes author to those whom the entry itself names"),
    Correction(
        "author",
        lambda ours, other: bool(ours) and bool(other),
        "feedparser takes the iTunes owner before the author; it reads a name that was encoded twice",
    ),
    Correction("author_email", lambda ours, other: ours is None, "the address of the iTunes owner is not an author's"),
    Correction(
        "copyright",
        lambda ours, other: bool(ours) and bool(other),
        "feedparser drops line breaks, and reads a text that was encoded twice",
    ),
    Correction(
        "language", lambda ours, other: bool(ours) and bool(other), "of several languages the first is the feed's"
    ),
    Correction("image", lambda ours, other: not ours, "the picture of a related link is not the entry's"),
    Correction("author", lambda ours, other: "@" in (ours or ""), "an address alone is also a name when none is given"),
    Correction(
        "content summary title description copyright rights",
        lambda ours, other: _words(ours) == _words(other),
        "the same text, written with other quotes, order of attributes or references",
    ),
    Correction(
        "content summary",
        lambda ours, other: not ours or not other or _words(ours) != _words(other),
        "feedparser moves a description beside content:encoded or itunes:summary to where the other would stand, and "
        "takes the text of media:description over the entry's own",
    ),
    Correction(
        "title description image categories",
        lambda ours, other: bool(ours),
        "feedparser lets what stands inside nested media, image or iTunes elements overwrite the entry's or feed's own",
    ),
    Correction(
        "enclosures",
        lambda ours, other: {one.url for one in other} <= {one.url for one in ours},
        "media that play are enclosures too",
    ),
    Correction("link", _says_more, "an entry without a page links to what it plays"),
    Correction("link", lambda ours, other: not str(other).startswith("http"), "an id is no page"),
    Correction("link", lambda ours, other: "feedproxy" in str(other), "the address that a proxy replaced"),
    Correction("link self_link", lambda ours, other: not ours, "an id or the feed itself is no page"),
    Correction("self_link", lambda ours, other: " " in str(ours), "white space in an address stays for the normalizer"),
    Correction("updated published", lambda ours, other: ours is None, "a date of media inside an entry is not its own"),
    Correction("author", lambda ours, other: not ours, "who made the media inside an entry did not write the entry"),
    Correction(
        "title_is_text", lambda ours, other: True, "the lanes tell text from HTML by the element and by its type"
    ),
)


def _lanes(body: bytes) -> tuple[ParsedFeed, ParsedFeed] | None:
    """What both lanes make of a document; None for one that the express lane leaves to the other."""
    try:
        express = parse(body, url=URL)
        if express.lane != "express" or express.cut:
            return None
        return express, tolerant.read(xml.read(decode(body).text.lstrip("\ufeff")).text, URL, 5_000)
    except ParseError:
        return None


def _differences(ours: Any, other: Any) -> Iterator[tuple[str, Any, Any]]:
    for name in type(ours).__annotations__:
        mine, theirs = getattr(ours, name), getattr(other, name)
        if name not in _NOT_COMPARED and mine != theirs:
            yield name, mine, theirs


def _unexplained(express: ParsedFeed, other: ParsedFeed) -> list[tuple[str, Any, Any]]:
    pairs: list[tuple[ParsedFeed | ParsedEntry, ParsedFeed | ParsedEntry]] = [
        (express, other),
        *zip(express.entries, other.entries, strict=True),
    ]
    return [
        (name, mine, theirs)
        for one, two in pairs
        for name, mine, theirs in _differences(one, two)
        if not any(name in known.names.split() and known.holds(mine, theirs) for known in CORRECTIONS)
    ]


def _compared(paths: list[Path]) -> None:
    compared = 0
    for path in paths:
        lanes = _lanes(path.read_bytes())
        if lanes is None or len(lanes[0].entries) != len(lanes[1].entries):
            continue
        compared += 1
        assert not _unexplained(*lanes), path.name
    assert compared > 0.9 * len(paths)


def _real() -> list[Path]:
    return sorted(path for path in (CORPUS / "corpus" / "real").iterdir() if path.is_file())


@needs_corpus
def test_both_lanes_read_a_sample_of_real_feeds_alike() -> None:
    _compared(_real()[::30])


@needs_corpus
@pytest.mark.slow
def test_both_lanes_read_all_real_feeds_alike() -> None:
    _compared(_real())


@pytest.mark.parametrize("path", sorted((Path(__file__).parent / "samples" / "feeds").iterdir()), ids=lambda p: p.name)
def test_both_lanes_read_our_samples_alike(path: Path) -> None:
    lanes = _lanes(path.read_bytes())
    assert lanes is None or not _unexplained(*lanes)


def test_a_difference_that_nobody_named_is_found() -> None:
    body = b"<rss version='2.0'><channel><title>x</title><item><guid>1</guid><title>a</title></item></channel></rss>"
    lanes = _lanes(body)
    assert lanes is not None
    changed = parse(body.replace(b">1<", b">2<"), url=URL)
    assert _unexplained(*lanes) == []
    assert _unexplained(changed, lanes[1]) == [("id", "2", "1")]
