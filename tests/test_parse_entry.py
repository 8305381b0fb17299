"""The precedence of each field of an entry: docs/normalization.md as a table of plain values."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from aggregator.parse import entry
from aggregator.parse.element import Fields, Person
from aggregator.parse.references import Bases
from aggregator.records import Enclosure, ParsedEntry

NAMESPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "atom": "http://www.w3.org/2005/Atom",
        "content": "http://purl.org/rss/1.0/modules/content/",
        "dc": "http://purl.org/dc/elements/1.1/",
        "dcterms": "http://purl.org/dc/terms/",
        "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
        "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
        "media": "http://search.yahoo.com/mrss/",
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    }.items()
)


def _read(inner: str, attributes: str = "", author: Person = Person(None, None)) -> ParsedEntry:
    element = etree.fromstring(f"<item {NAMESPACES} {attributes}>{inner}</item>")
    return entry.read(Fields(element), Bases("http://e.example/", scoped="xml:base" in attributes), "en", author)


@pytest.mark.parametrize(
    ("inner", "field", "value"),
    [
        # id: as it is written
        ("<guid> a b </guid><atom:id>c</atom:id>", "id", "a b"),
        ("<guid/><atom:id>c</atom:id>", "id", "c"),
        ("<guid> <p>a1</p> </guid>", "id", "<p>a1</p>"),
        ("<dc:identifier>doi:1</dc:identifier>", "id", "doi:1"),
        ("<link>http://e.example/1</link>", "id", None),
        # link
        ("<link>/1</link><feedburner:origLink>http://o.example/1</feedburner:origLink>", "link", "http://o.example/1"),
        ("<link>/1</link><atom:link href='/2'/>", "link", "http://e.example/1"),
        ("<link/><atom:link href='/2'/>", "link", "http://e.example/2"),
        ("<link href='/1'/>", "link", "http://e.example/1"),
        ("<guid>http://e.example/g</guid>", "link", "http://e.example/g"),
        ("<guid>/g</guid>", "link", "http://e.example/g"),
        ("<guid isPermaLink='false'>http://e.example/g</guid>", "link", None),
        ("<guid>g-1</guid>", "link", None),
        ("<media:player url='/p'/>", "link", "http://e.example/p"),
        ("<enclosure url='/a.mp3'/>", "link", "http://e.example/a.mp3"),
        ("<atom:link href='/x'/><atom:link type='text/html' href='/h'/>", "link", "http://e.example/h"),
        ("<atom:link type='a/b' href='/x'/><atom:link href='/h'/>", "link", "http://e.example/h"),
        ("<atom:rights type='html'>&lt;i&gt;CC BY&lt;/i&gt;</atom:rights>", "rights", "<i>CC BY</i>"),
        ("<atom:source><atom:id>urn:f</atom:id></atom:source>", "source_id", "urn:f"),
        # comments
        ("<atom:link rel='replies' href='/c'/>", "comments", "http://e.example/c"),
        ("<atom:link rel='replies' href='no address'/>", "comments", None),
        ("<comments>none yet</comments>", "comments", None),
        # title, summary, content
        ("<summary>s</summary>", "summary", "s"),
        ("<summary>s</summary><description>d</description>", "summary", "d"),
        (
            "<atom:content type='text/plain'>plain</atom:content><atom:content type='html'>rich</atom:content>",
            "content",
            "rich",
        ),
        ("<itunes:title>i</itunes:title><title>t</title>", "title", "t"),
        ("<title/><dc:title>d</dc:title>", "title", "d"),
        ("<itunes:title>i</itunes:title>", "title", "i"),
        ("<title>a &amp;lt; b &lt;i&gt;c&lt;/i&gt;</title>", "title", "a &lt; b <i>c</i>"),
        ("<itunes:summary>i</itunes:summary><description>d</description>", "summary", "d"),
        ("<media:description>m</media:description>", "summary", "m"),
        ("<atom:summary type='text'>1 &lt; 2</atom:summary>", "summary", "1 &lt; 2"),
        ("<description>d</description><content:encoded>c</content:encoded>", "content", "c"),
        ("<description>d</description>", "content", None),
        # people
        ("<author>a@e.example (Ann)</author><dc:creator>Bo</dc:creator>", "author", "Ann"),
        ("<author>a@e.example</author><dc:creator>Bo</dc:creator>", "author", "Bo"),
        ("<author>a@e.example</author><dc:creator>Bo</dc:creator>", "author_email", "a@e.example"),
        ("<dc:creator>Ann</dc:creator><dc:creator>Bo</dc:creator>", "author", "Ann, Bo"),
        ("<itunes:author>Show</itunes:author><dc:creator>Ann</dc:creator>", "author", "Ann"),
        ("<author><name>Ann</name></author>", "author", "Ann"),
        ("", "author", None),
        # the rest
        ("<category>b</category><dc:subject>a</dc:subject><category> b </category>", "categories", ("b", "a")),
        ("<itunes:keywords>x, y,,x</itunes:keywords>", "categories", ("x", "y")),
        ("<comments>http://e.example/c</comments>", "comments", "http://e.example/c"),
        ("<comments>no comments please</comments>", "comments", None),
        ("<source url='u'>Other</source>", "source_title", "Other"),
        ("<atom:source><atom:title>Other</atom:title></atom:source>", "source_title", "Other"),
        ("<itunes:duration>1:00</itunes:duration>", "duration", 60),
        ("<dc:language>de</dc:language>", "language", "de"),
        ("", "language", "en"),
        (
            "<enclosure url='/a.mp3' type='audio/mpeg' length='5'/><enclosure url='/a.mp3'/><enclosure/>",
            "enclosures",
            (Enclosure("http://e.example/a.mp3", "audio/mpeg", 5),),
        ),
        ("<enclosure url='/a.mp3' length='many'/>", "enclosures", (Enclosure("http://e.example/a.mp3"),)),
    ],
)
def test_precedence(inner: str, field: str, value: Any) -> None:
    assert getattr(_read(inner), field) == value


@pytest.mark.parametrize(
    ("inner", "published", "updated"),
    [
        ("<pubDate>12 Mar 2026</pubDate><dc:date>2026-03-01</dc:date>", "2026-03-12", "2026-03-01"),
        ("<pubDate>soon</pubDate><dc:date>2026-03-01</dc:date>", "2026-03-01", "2026-03-01"),
        ("<atom:updated>2026-03-02</atom:updated>", None, "2026-03-02"),
        (
            "<dcterms:issued>2026-03-01</dcterms:issued><dcterms:modified>2026-03-02</dcterms:modified>",
            "2026-03-01",
            "2026-03-02",
        ),
    ],
)
def test_dates_are_kept_apart(inner: str, published: str | None, updated: str | None) -> None:
    read = _read(inner)
    assert (read.published and f"{read.published:%Y-%m-%d}") == published
    assert (read.updated and f"{read.updated:%Y-%m-%d}") == updated


def test_rdf_about_is_the_last_resort() -> None:
    assert _read("", 'rdf:about="http://e.example/1"').id == "http://e.example/1"
    assert _read("", 'rdf:about="http://e.example/1"').link == "http://e.example/1"


def test_the_base_is_that_of_the_content() -> None:
    assert _read("<link>/1</link><description>d</description>", 'xml:base="/x/"').base == "http://e.example/x/"
    assert _read("<link>/1</link>").base == "http://e.example/1"
    assert _read("").base == "http://e.example/"


def test_the_feeds_author_signs_what_nobody_signed() -> None:
    house = Person("House", "house@e.example")
    assert _read("", author=house).author == "House"
    assert _read("<dc:creator>Ann</dc:creator>", author=house).author == "Ann"
    source = "<atom:source><atom:author><atom:name>Src</atom:name></atom:author></atom:source>"
    assert _read(source, author=house).author == "Src"
