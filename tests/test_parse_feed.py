"""The door of the parse room: the lane, the errors, the bounds; nothing but ParseError comes out."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from aggregator.entries.normalize import normalize
from aggregator.errors import ParseError
from aggregator.parse.feed import identified, parse
from aggregator.records import Attribution, MergedEntry, MergedFeed
from aggregator.render.feed import atom, rss
from tests.corpus import ROOT as CORPUS
from tests.corpus import needs_corpus

NOW = datetime(2026, 3, 14, 7, tzinfo=UTC)
URL = "https://h.example/feed"
ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "tests" / "samples" / "feeds"
BODIES = {path.name: path.read_bytes() for path in sorted(SAMPLES.iterdir())}


@pytest.mark.parametrize(
    ("name", "lane", "reason", "wellformed", "entries"),
    [
        ("wordpress.rss", "express", "well-formed XML", True, 2),
        ("western.rss", "express", "well-formed XML", True, 1),
        ("broken.rss", "express", "XML that could be mended", False, 2),
        ("control.rss", "express", "XML that could be mended", False, 1),
        ("hopeless.rss", "tolerant", "XML that could not be mended", False, 1),
        ("notes.json", "json", "JSON", True, 2),
    ],
)
def test_the_lane_and_why(name: str, lane: str, reason: str, wellformed: bool, entries: int) -> None:
    feed = parse(BODIES[name])
    assert feed.reason == reason
    assert (feed.lane, feed.wellformed, len(feed.entries)) == (lane, wellformed, entries)


def test_labels_mean_what_browsers_take_them_for() -> None:
    feed = parse(BODIES["western.rss"])
    assert (feed.title, feed.encoding) == ("Grüße „aus“ Köln \u2013 € 5", "windows-1252")


def test_a_broken_feed_keeps_its_raw_guids() -> None:
    first, half = parse(BODIES["broken.rss"]).entries
    assert (first.id, first.title, first.author) == ("raw 1", "5 < 6 & more", "Sam")
    assert first.summary == "bad  control ©  &bogus;"
    assert (half.id, half.summary) == ("raw 2", "half of")


@pytest.mark.fault(31)
@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        (b"", "not_feed", "empty document"),
        (b"\xef\xbb\xbf \n", "not_feed", "empty document"),
        (BODIES["page.html"], "html", "an HTML page, not a feed"),
        (b"<html xmlns='http://www.w3.org/1999/xhtml'><body/></html>", "html", "an HTML page, not a feed"),
        (b"<p>Maintenance</p><body>", "html", "an HTML page, not a feed"),
        (b'{"name": "x"}', "not_feed", "not a feed: JSON"),
        (b"just words", "not_feed", "not a feed"),
        (b"<opml version='2.0'><body/></opml>", "not_feed", "not a feed: an XML document <opml>"),
        (b'<?xml version="1.0" encoding="undefined"?><x/>', "not_feed", "not a feed"),
        (b"\x1f\x8b\x08\x00", "not_feed", "not a feed"),
    ],
)
def test_what_is_no_feed(body: bytes, kind: str, message: str) -> None:
    with pytest.raises(ParseError, match=message) as caught:
        parse(body)
    assert caught.value.kind == kind


def test_of_a_big_body_the_newest_entries_are_kept() -> None:
    day = "<item><guid>{0}</guid><pubDate>2026-01-01T00:{1:02}:{2:02}Z</pubDate><description>{3}</description></item>"
    items = "".join(day.format(number, number // 60, number % 60, "x" * 4_000) for number in range(1_200))
    feed = parse(f"<rss><channel>{items}</channel></rss>".encode())
    assert (len(feed.entries), feed.left_out) == (1_000, 200)
    assert feed.entries[0].id == "200"


def test_bytes_are_never_taken_for_a_file_name(tmp_path: Path) -> None:
    path = tmp_path / "secret.xml"
    path.write_bytes(BODIES["wordpress.rss"])
    with pytest.raises(ParseError):
        parse(str(path).encode())


@st.composite
def _mutated(draw: st.DrawFn) -> bytes:
    body = bytearray(BODIES[draw(st.sampled_from(sorted(BODIES)))])
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(body)))
        end = draw(st.integers(start, min(len(body), start + 40)))
        piece = draw(
            st.sampled_from([b"", b"<", b">", b"&", b'"', b"]]>", b"<![CDATA[", b"\0", b"\xff", b"<item>", b"</a>"])
        )
        body[start:end] = piece if draw(st.booleans()) else draw(st.binary(max_size=8))
    return bytes(body[: draw(st.integers(0, len(body)))] if draw(st.booleans()) else body)


@given(_mutated(), st.sampled_from([None, "text/xml", "text/xml; charset=utf-16", "a; charset=idna"]))
@example(b"<rss><channel><item><link>http://[</link></item></channel></rss>", None)
@example(b"<feed><entry><link href='http://[x'/></entry></feed>", None)
def test_nothing_but_parse_errors(body: bytes, content_type: str | None) -> None:
    for url in ("http://h.example/f", None):
        try:
            parse(body, url=url, content_type=content_type)
        except ParseError as error:
            assert error.kind in {"html", "not_feed", "limit"}


@pytest.mark.slow
@needs_corpus
def test_the_oracles_of_other_projects() -> None:
    """Facts that twenty-two other parsers' suites state: the share of cases in which all of them are right."""
    scorer = CORPUS / "corpus" / "score.py"
    command = [sys.executable, str(scorer), "--project", str(ROOT), "--facts"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    strict, lenient = (float(share) for share in re.findall(r"([\d.]+) %", done.stdout.splitlines()[-1]))
    assert strict >= 90.0
    assert lenient >= 93.5


@needs_corpus
def test_every_real_feed_is_read() -> None:
    folder = CORPUS / "corpus" / "real"
    feeds = [
        parse(path.read_bytes(), url="http://h.example/feed") for path in folder.iterdir() if path.suffix != ".csv"
    ]
    assert sum(feed.lane == "tolerant" for feed in feeds) <= len(feeds) / 50
    assert sum(len(feed.entries) for feed in feeds) / len(feeds) > 20


@pytest.mark.parametrize(
    ("document", "cut"),
    [
        (b"<rss version='2.0'><channel><title>x</title><item><title>a</title></item></channel></rss>", False),
        (
            b"<rss version='2.0'><channel><title>x</title><item></item></channel></rss>\n<!-- cached -->",
            False,
        ),
        (b"<rss version='2.0'><channel><title>x</title><item><title>a</title></item><item><title>b", True),
        (b"<rss version='2.0'><channel><title>x & y</title><item><title>a</title></item></channel></rss>", False),
    ],
)
def test_a_document_without_its_end_is_told_apart_from_a_sloppy_one(document: bytes, cut: bool) -> None:
    assert parse(document).cut is cut


@pytest.mark.fault(33)
@pytest.mark.parametrize(
    ("end", "titles"),
    [
        ("<item><title>Thr", ["One", "Two"]),
        ("<item><title>Three</title><link>https://a.example/3", ["One", "Two"]),
        ("<item><title>Three</title></item>", ["One", "Two", "Three"]),
        ("", ["One", "Two"]),
    ],
)
def test_of_a_cut_document_the_whole_entries_are_taken_the_partial_last_one_is_not(end: str, titles: list[str]) -> None:
    start = "<rss version='2.0'><channel><title>x</title><item><title>One</title></item><item><title>Two</title></item>"
    assert [entry.title for entry in normalize(parse((start + end).encode()), URL, NOW)] == titles


def test_the_half_of_an_entry_is_shown_and_said_to_be_one() -> None:
    feed = parse(b"<rss version='2.0'><channel><title>x</title><item><title>Thr")
    assert (feed.cut, feed.half_entry, [entry.title for entry in feed.entries]) == (True, True, ["Thr"])


@pytest.mark.parametrize(
    ("inner", "url", "link", "title"),
    [
        ("<title>T</title><link>https://a.example/</link>", URL, "https://a.example/", "T"),
        ("<title>T</title>", URL, URL, "T"),
        ("<a:link rel='self' href='https://s.example/f'/>", URL, "https://s.example/f", "https://s.example/f"),
        ("<link>https://a.example/?a&amp;b</link>", None, "https://a.example/?a&b", "https://a.example/?a&amp;b"),
        ("<ttl>1</ttl>", None, None, None),
    ],
)
def test_a_feed_without_page_or_title_is_shown_by_its_address(
    inner: str, url: str | None, link: str | None, title: str | None
) -> None:
    body = f"<rss version='2.0' xmlns:a='http://www.w3.org/2005/Atom'><channel>{inner}</channel></rss>".encode()
    shown = identified(parse(body, url=url), url)
    assert (shown.link, shown.title) == (link, title)


def test_a_document_that_is_kept_as_a_gzip_file() -> None:
    assert parse(gzip.compress(BODIES["wordpress.rss"])) == parse(BODIES["wordpress.rss"])


def test_a_gzip_file_is_unpacked_only_so_far() -> None:
    with pytest.raises(ParseError, match="more than 32 MiB") as caught:
        parse(gzip.compress(b" " * (33 << 20)))
    assert caught.value.kind == "limit"


def _rss(inner: str) -> bytes:
    return f'<rss version="2.0"><channel><title>Big</title>{inner}</channel></rss>'.encode()


def _items(many: int, description: str) -> str:
    return "".join(
        f"<item><guid>{n}</guid><title>t{n}</title><description>{description}</description></item>" for n in range(many)
    )


PATHS = "&lt;path " + " ".join(f'd{n}="M{n} 0"' for n in range(3_000)) + "/&gt;"
HONEST = {
    "5,000 entries": (_rss(_items(5_000, "x")), 5_000),
    "5 MB": (_rss(_items(900, "w " * 3_000)), 900),
    "50,000 character references": (_rss(_items(10, "&#228;" * 5_000)), 10),
    "3,000 attributes": (_rss(_items(3, f"&lt;svg&gt;{PATHS}&lt;/svg&gt;")), 3),
    "3,000 attributes in elements": (_rss(f"<item><description><svg {PATHS[9:-5]}/></description></item>"), 1),
    "an entry of 300 KB": (_rss(_items(1, "&lt;p&gt;long &amp;amp; good&lt;/p&gt;" * 9_000)), 1),
    "an entry of 5 MB": (_rss(_items(1, "z" * (5 << 20))), 1),
    "2,000 categories": (_rss("<item>" + "".join(f"<category>c{n}</category>" for n in range(2_000)) + "</item>"), 1),
    "200 levels of elements": (_rss(f"<item><description>{'<b>' * 200}x{'</b>' * 200}</description></item>"), 1),
    "a thousand enclosures": (_rss("<item>" + "<enclosure url='http://a.example/x'/>" * 1_000 + "</item>"), 1),
    "20,000 comments": (_rss("<!-- x -->" * 20_000 + _items(2, "x")), 2),
    "a thousand namespaces": (
        _rss(
            "<item" + "".join(f" xmlns:n{n}='http://n.example/{n}'" for n in range(1_000)) + "><title>t</title></item>"
        ),
        1,
    ),
}


@pytest.mark.parametrize("name", HONEST)
def test_the_largest_honest_feeds_are_read(name: str) -> None:
    body, entries = HONEST[name]
    feed = parse(body, url="https://big.example/feed")
    assert (feed.lane, len(feed.entries), feed.left_out) == ("express", entries, 0)
    normalize(feed._replace(entries=feed.entries[:20]), "https://big.example/feed", NOW)


@pytest.mark.fault(34)
@pytest.mark.parametrize(
    "inner",
    [
        "bell \x07 and nul &#0; &#x1F;",
        "&#xD800; lone",
        "&lt;div&gt;&lt;b&gt;open &lt;p&gt;never closed",
        "\ufffe\uffff",
    ],
)
def test_what_is_illegal_in_xml_never_reaches_the_merged_feed(inner: str) -> None:
    body = _rss(
        f"<item><title>{inner}</title><link>https://a.example/1</link><description>{inner} end</description></item>"
    )
    (entry,) = normalize(parse(body), "https://a.example/feed", NOW)
    source = Attribution("A", "https://a.example/", "https://a.example/feed")
    shown = MergedEntry("urn:x", entry.title, entry.link, source, NOW, NOW, content=entry.content or entry.summary)
    feed = MergedFeed("urn:f", "F", "https://f.example/", "https://f.example/atom.xml", NOW, (shown,))
    for document in (atom(feed), rss(feed, self_url="https://f.example/rss.xml")):
        assert "end" in "".join(etree.fromstring(document).itertext())
