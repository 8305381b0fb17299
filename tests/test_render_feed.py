from __future__ import annotations

import io
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta, timezone

import feedparser
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree, html

from aggregator import __version__
from aggregator.records import FORGOTTEN, Attribution, Copy, Enclosure, MergedEntry, MergedFeed, Related, Tombstone
from aggregator.render.feed import atom, rss
from aggregator.render.merged import shown_entry

NOW = datetime(2026, 3, 14, 7, 0, tzinfo=UTC)
NS = {
    "a": "http://www.w3.org/2005/Atom",
    "fh": "http://purl.org/syndication/history/1.0",
    "at": "http://purl.org/atompub/tombstones/1.0",
    "dc": "http://purl.org/dc/elements/1.1/",
    "content": "http://purl.org/rss/1.0/modules/content/",
}
DESK = Attribution("The Desk", "https://desk.example.org/", "https://desk.example.org/feed", "urn:uuid:desk", NOW)
BENCH = Attribution("Bench & Co", "https://bench.example.org/", "https://bench.example.org/rss")
LETTER = Attribution("A Private Letter", "https://letter.example.org/?key=s3cret", id="urn:uuid:letter")

ENTRY = MergedEntry(
    id="urn:uuid:one",
    title="One",
    link="https://desk.example.org/1",
    source=DESK,
    published=NOW - timedelta(hours=2),
    updated=NOW - timedelta(hours=1),
    content="<p>Body.</p>",
)
FEED = MergedFeed(
    id="urn:uuid:feed",
    title="Future of Work",
    link="https://feeds.example.org/",
    self_url="https://feeds.example.org/atom.xml",
    updated=NOW,
    entries=(ENTRY,),
)
RSS_URL = "https://feeds.example.org/rss.xml"


def atom_tree(feed: MergedFeed) -> etree._Element:
    return etree.fromstring(atom(feed))


def rss_tree(feed: MergedFeed) -> etree._Element:
    return etree.fromstring(rss(feed, self_url=RSS_URL))


def with_entry(**more: object) -> MergedFeed:
    return replace(FEED, entries=(replace(ENTRY, **more),))  # type: ignore[arg-type]


def texts(tree: etree._Element, path: str) -> list[str]:
    return [str(found) for found in tree.xpath(path, namespaces=NS)]


def links(tree: etree._Element, path: str) -> list[dict[str, str]]:
    return [dict(link.attrib) for link in tree.xpath(path, namespaces=NS)]


# --- the documents as wholes ---------------------------------------------------------------------------------


def test_the_same_record_gives_the_same_bytes() -> None:
    assert atom(FEED) == atom(replace(FEED))
    assert rss(FEED, self_url=RSS_URL) == rss(replace(FEED), self_url=RSS_URL)


@pytest.mark.parametrize("entries", [(), (ENTRY,)])
def test_every_time_is_one_of_the_record(entries: tuple[MergedEntry, ...]) -> None:
    """feedgen dates what it is not told with the moment of writing."""
    feed = replace(FEED, entries=entries)
    assert {*texts(atom_tree(feed), "//a:updated/text()")} <= {"2026-03-14T07:00:00Z", "2026-03-14T06:00:00Z"}
    assert texts(rss_tree(feed), "//lastBuildDate/text()") == ["Sat, 14 Mar 2026 07:00:00 +0000"]


def test_times_are_utc_to_the_second() -> None:
    here = datetime(2026, 3, 14, 7, 30, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
    feed = with_entry(published=here, updated=here)
    assert texts(atom_tree(feed), "//a:published/text()") == ["2026-03-14T06:30:00Z"]
    assert texts(rss_tree(feed), "//pubDate/text()") == ["Sat, 14 Mar 2026 06:30:00 GMT"]


def test_the_head_of_the_atom_form() -> None:
    root = atom_tree(replace(FEED, hub="https://hub.example.org/"))
    assert texts(root, "/a:feed/a:id/text()") == ["urn:uuid:feed"]
    assert texts(root, "/a:feed/a:title/text()") == ["Future of Work"]
    assert texts(root, "/a:feed/a:author/a:name/text()") == ["Future of Work"]
    assert texts(root, "/a:feed/a:generator/@version") == [__version__]
    assert links(root, "/a:feed/a:link") == [
        {"rel": "self", "href": "https://feeds.example.org/atom.xml", "type": "application/atom+xml"},
        {"rel": "alternate", "href": "https://feeds.example.org/", "type": "text/html"},
        {"rel": "hub", "href": "https://hub.example.org/"},
    ]


def test_the_head_of_the_rss_form() -> None:
    channel = rss_tree(replace(FEED, hub="https://hub.example.org/"))[0]
    assert texts(channel, "link/text()") == ["https://feeds.example.org/"]
    assert texts(channel, "description/text()") == ["Future of Work"]
    assert texts(channel, "ttl/text()") == ["60"]
    assert texts(channel, "docs | language") == []
    assert links(channel, "a:link") == [
        {"href": RSS_URL, "rel": "self", "type": "application/rss+xml"},
        {"rel": "hub", "href": "https://hub.example.org/"},
    ]


def test_both_forms_keep_the_order_and_the_ids() -> None:
    entries = tuple(replace(ENTRY, id=f"urn:uuid:{number}", title=str(number)) for number in (3, 1, 2))
    feed = replace(FEED, entries=entries)
    for document in (atom(feed), rss(feed, self_url=RSS_URL)):
        parsed = feedparser.parse(io.BytesIO(document))
        assert not parsed.bozo
        assert [entry.id for entry in parsed.entries] == ["urn:uuid:3", "urn:uuid:1", "urn:uuid:2"]


def test_a_feed_without_entries_is_a_feed() -> None:
    feed = replace(FEED, entries=())
    assert atom_tree(feed).xpath("count(a:entry)", namespaces=NS) == 0
    assert rss_tree(feed).xpath("count(//item)") == 0


# --- archives and tombstones ---------------------------------------------------------------------------------


@pytest.mark.polite("E10")
def test_an_archive_document_says_so_and_links_the_chain() -> None:
    root = atom_tree(
        replace(
            FEED,
            self_url="https://feeds.example.org/archive/2026-02.atom.xml",
            current_url="https://feeds.example.org/atom.xml",
            prev_archive="https://feeds.example.org/archive/2026-01.atom.xml",
            next_archive="https://feeds.example.org/archive/2026-03.atom.xml",
        )
    )
    assert root.xpath("count(/a:feed/fh:archive)", namespaces=NS) == 1
    found = {link["rel"]: link["href"].rpartition("/")[2] for link in links(root, "/a:feed/a:link")}
    assert found == {
        "self": "2026-02.atom.xml",
        "alternate": "",
        "current": "atom.xml",
        "prev-archive": "2026-01.atom.xml",
        "next-archive": "2026-03.atom.xml",
    }


def test_the_subscription_document_links_the_newest_archive_and_is_none_itself() -> None:
    root = atom_tree(replace(FEED, prev_archive="https://feeds.example.org/archive/2026-03.atom.xml"))
    assert root.xpath("count(//fh:archive)", namespaces=NS) == 0
    assert texts(root, "/a:feed/a:link[@rel='prev-archive']/@href") == [
        "https://feeds.example.org/archive/2026-03.atom.xml"
    ]


def test_a_tombstone_names_what_is_gone_and_since_when() -> None:
    root = atom_tree(replace(FEED, tombstones=(Tombstone("urn:uuid:gone", NOW),)))
    assert links(root, "/a:feed/at:deleted-entry") == [{"ref": "urn:uuid:gone", "when": "2026-03-14T07:00:00Z"}]
    assert texts(root, "/a:feed/at:deleted-entry/at:comment/text()") == []


def test_the_tombstone_of_what_was_forgotten_says_so() -> None:
    root = atom_tree(replace(FEED, tombstones=(Tombstone("urn:uuid:gone", NOW, forgotten=True),)))
    assert texts(root, "/a:feed/at:deleted-entry/at:comment/text()") == [FORGOTTEN]


# --- where an entry is from ----------------------------------------------------------------------------------


def test_atom_names_the_source_as_a_feed() -> None:
    source = atom_tree(FEED).xpath("//a:entry/a:source", namespaces=NS)[0]
    assert texts(source, "a:id/text()") == ["urn:uuid:desk"]
    assert texts(source, "a:title/text()") == ["The Desk"]
    assert texts(source, "a:updated/text()") == ["2026-03-14T07:00:00Z"]
    assert links(source, "a:link") == [
        {"rel": "self", "href": "https://desk.example.org/feed"},
        {"rel": "alternate", "href": "https://desk.example.org/"},
    ]


def test_a_source_without_id_or_date_has_its_url_and_the_entrys_date() -> None:
    source = atom_tree(with_entry(source=BENCH)).xpath("//a:entry/a:source", namespaces=NS)[0]
    assert texts(source, "a:id/text()") == ["https://bench.example.org/rss"]
    assert texts(source, "a:updated/text()") == ["2026-03-14T06:00:00Z"]


def test_rss_names_the_source_and_the_author() -> None:
    item = rss_tree(with_entry(author="Ann Example")).xpath("//item")[0]
    assert texts(item, "source/text()") == ["The Desk"]
    assert texts(item, "source/@url") == ["https://desk.example.org/feed"]
    assert texts(item, "dc:creator/text()") == ["Ann Example"]


def test_a_private_source_is_named_and_not_linked() -> None:
    feed = with_entry(source=LETTER, content="", copies=(Copy(LETTER, "https://letter.example.org/p/1"),))
    assert texts(atom_tree(feed), "//a:source/a:title/text()") == ["A Private Letter"]
    assert texts(atom_tree(feed), "//a:source/a:id/text()") == ["urn:uuid:letter"]
    assert links(atom_tree(feed), "//a:source/a:link") == []
    assert links(rss_tree(feed), "//source") == []
    assert b"s3cret" not in atom(feed) + rss(feed, self_url=RSS_URL)


def test_an_entry_without_author_is_by_its_source() -> None:
    assert texts(atom_tree(FEED), "//a:entry/a:author/a:name/text()") == ["The Desk"]
    assert texts(rss_tree(FEED), "//dc:creator/text()") == ["The Desk"]


def test_the_content_ends_with_a_visible_line_that_names_every_source() -> None:
    copies = (Copy(BENCH, "https://bench.example.org/x?a=1&b=2"), Copy(LETTER, None))
    feed = with_entry(copies=copies)
    expected = (
        '<p>Body.</p><p><small>From <a href="https://desk.example.org/">The Desk</a>. Also at: '
        '<a href="https://bench.example.org/x?a=1&amp;b=2">Bench &amp; Co</a>, A Private Letter</small></p>'
    )
    assert texts(atom_tree(feed), "//a:content[@type='html']/text()") == [expected]
    assert texts(rss_tree(feed), "//item/description/text()") == [expected]
    assert links(atom_tree(feed), "//a:link[@rel='via']") == [
        {"rel": "via", "href": "https://bench.example.org/x?a=1&b=2", "title": "Bench & Co"}
    ]


def test_an_entry_links_to_others_of_its_story_with_an_address_and_its_text_stays_as_it_was() -> None:
    found = Related("urn:uuid:2", " A & B ", "https://bench.example.org/x?a=1&b=2", "Bench & Co")
    feed = with_entry(related=(found, replace(found, link=None), replace(found, link="javascript:alert(1)")))
    assert links(atom_tree(feed), "//a:entry/a:link[@rel='related']") == [
        {"rel": "related", "href": "https://bench.example.org/x?a=1&b=2", "title": "A & B"}
    ]
    assert rss(feed, self_url="https://reader.example.net/rss.xml") == rss(
        with_entry(), self_url="https://reader.example.net/rss.xml"
    )


# --- content, summary, categories, language ------------------------------------------------------------------

CREDIT = '<p><small>From <a href="https://desk.example.org/">The Desk</a></small></p>'
TEASER, BODY = "<p>Teaser.</p>", "<p>Body.</p>"


@pytest.mark.parametrize(
    ("given_texts", "in_atom", "in_rss"),
    [
        (("", "", ""), (CREDIT, []), (CREDIT, [])),
        (("", BODY, ""), (BODY + CREDIT, []), (BODY + CREDIT, [])),
        ((BODY, BODY, ""), (BODY + CREDIT, []), (BODY + CREDIT, [])),
        ((TEASER, "", "Teaser."), (TEASER + CREDIT, []), (TEASER + CREDIT, [])),
        ((TEASER, BODY, "Body."), (BODY + CREDIT, ["Teaser."]), ("Teaser.", [BODY + CREDIT])),
        ((BODY, BODY, "Body."), (BODY + CREDIT, ["Body."]), ("Body.", [BODY + CREDIT])),
        (('<img src="/x.png">', BODY, "Body."), (BODY + CREDIT, ["Body."]), ("Body.", [BODY + CREDIT])),
        (("", BODY, "a < b"), (BODY + CREDIT, ["a < b"]), ("a &lt; b", [BODY + CREDIT])),
        (("", "", "a < b\n\nc"), ("<p>a &lt; b</p><p>c</p>" + CREDIT, []), ("<p>a &lt; b</p><p>c</p>" + CREDIT, [])),
    ],
)
def test_what_stands_where(
    given_texts: tuple[str, str, str], in_atom: tuple[str, list[str]], in_rss: tuple[str, list[str]]
) -> None:
    """Given summary, content, excerpt; then Atom's content and summary, RSS's description and content:encoded."""
    summary, content, excerpt = given_texts
    feed = with_entry(summary=summary, content=content, excerpt=excerpt)
    assert texts(atom_tree(feed), "//a:content/text()") == [in_atom[0]]
    assert texts(atom_tree(feed), "//a:summary[@type='text']/text()") == in_atom[1]
    assert texts(rss_tree(feed), "//item/description/text()") == [in_rss[0]]
    assert texts(rss_tree(feed), "//content:encoded/text()") == in_rss[1]


def test_a_style_sheet_for_browsers_stands_before_everything() -> None:
    for document in (atom(replace(FEED, style="../a&b.css")), rss(replace(FEED, style="../a&b.css"), self_url=RSS_URL)):
        sheet = etree.fromstring(document).getroottree().getroot().getprevious()
        assert sheet is not None
        assert (sheet.target, sheet.text) == ("xml-stylesheet", 'type="text/css" href="../a&amp;b.css"')
    assert b"xml-stylesheet" not in atom(FEED) + rss(FEED, self_url=RSS_URL)


def test_tags_come_first_and_each_category_once() -> None:
    feed = with_entry(tags=("policy", "work"), categories=("Policy", " AI ", "", "AI"))
    assert texts(atom_tree(feed), "//a:category/@term") == ["policy", "work", "AI"]
    assert texts(rss_tree(feed), "//category/text()") == ["policy", "work", "AI"]


@pytest.mark.parametrize(
    ("given_tag", "written"),
    [("de", ["de"]), ("en_US", ["en-US"]), (None, []), ("", []), ("not a language", []), ('e"><x', [])],
)
def test_language_of_an_entry(given_tag: str | None, written: list[str]) -> None:
    assert texts(atom_tree(with_entry(language=given_tag)), "//a:entry/@xml:lang") == written


# --- links and enclosures ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("enclosure", "in_atom", "in_rss"),
    [
        (
            Enclosure("https://e.example.org/a.mp3", "audio/mpeg", 42),
            {"type": "audio/mpeg", "length": "42"},
            {"type": "audio/mpeg", "length": "42"},
        ),
        (
            Enclosure("https://e.example.org/a.mp3?x=.pdf"),
            {"type": "audio/mpeg"},
            {"type": "audio/mpeg", "length": "0"},
        ),
        (Enclosure("https://e.example.org/file"), {}, {"type": "application/octet-stream", "length": "0"}),
        (
            Enclosure("https://e.example.org/b", "Video/MP4; codecs=x", -1),
            {"type": "video/mp4"},
            {"type": "video/mp4", "length": "0"},
        ),
        (Enclosure("https://e.example.org/c.pdf", "pdf\x00<"), {"type": "application/pdf"}, None),
    ],
)
def test_enclosure_attributes(enclosure: Enclosure, in_atom: dict[str, str], in_rss: dict[str, str] | None) -> None:
    feed = with_entry(enclosures=(enclosure,))
    assert links(atom_tree(feed), "//a:link[@rel='enclosure']") == [
        {"rel": "enclosure", "href": enclosure.url, **in_atom}
    ]
    if in_rss is not None:
        assert links(rss_tree(feed), "//enclosure") == [{"url": enclosure.url, **in_rss}]


def test_atom_has_every_enclosure_and_rss_the_first() -> None:
    files = tuple(Enclosure(f"https://e.example.org/{name}", "audio/mpeg", 1) for name in "ab")
    feed = with_entry(enclosures=files)
    assert texts(atom_tree(feed), "//a:link[@rel='enclosure']/@href") == [file.url for file in files]
    assert texts(rss_tree(feed), "//enclosure/@url") == [files[0].url]


def test_an_entry_without_link_has_none() -> None:
    feed = with_entry(link=None)
    assert links(atom_tree(feed), "//a:entry/a:link") == []
    assert texts(rss_tree(feed), "//item/link") == []
    assert texts(rss_tree(feed), "//guid/@isPermaLink") == ["false"]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "JavaScript:x", " vbscript:x", "/relative"])
def test_no_reader_is_sent_where_it_should_not_go(url: str) -> None:
    feed = with_entry(
        link=url,
        source=replace(DESK, site=url),
        enclosures=(Enclosure(url),),
        copies=(Copy(BENCH, url),),
    )
    assert url.strip().encode() not in atom(feed) + rss(feed, self_url=RSS_URL)


# --- text that breaks writers --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("5 < 6 & 7 > 4", "5 < 6 & 7 > 4"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("a]]>b", "a]]>b"),
        ("&amp;amp;", "&amp;amp;"),
        ("bell\x07, null\x00, escape\x1b", "bell, null, escape"),
        ("lone \ud800 surrogate \udfff", "lone surrogate"),
        ("not a character \ufffe\uffff", "not a character"),
        ("emoji 🤖 family 👨\u200d👩\u200d👧", "emoji 🤖 family 👨\u200d👩\u200d👧"),
        ("עתיד העבודה \u200f(2026)", "עתיד העבודה \u200f(2026)"),
        ("two\nlines\r\nand\ttab", "two lines and tab"),
        ("", "Untitled"),
        (" \x00 ", "Untitled"),
    ],
)
def test_titles_arrive_as_written(title: str, shown: str) -> None:
    feed = replace(with_entry(title=title, author=title, source=replace(DESK, title=title)), title=title)
    root, channel = atom_tree(feed), rss_tree(feed)[0]
    for found in (
        texts(root, "/a:feed/a:title[@type='text']/text()"),
        texts(root, "//a:entry/a:title[@type='text']/text()"),
        texts(root, "//a:entry/a:author/a:name/text()"),
        texts(root, "//a:source/a:title/text()"),
        texts(channel, "title/text()"),
        texts(channel, "item/title/text()"),
        texts(channel, "item/dc:creator/text()"),
        texts(channel, "item/source/text()"),
    ):
        assert found == [shown]


def _with(value: object, bad: str) -> object:
    """A record with something in each of its texts."""
    if isinstance(value, str):
        return value + bad
    if isinstance(value, tuple):
        return tuple(_with(one, bad) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: _with(getattr(value, one.name), bad) for one in fields(value)})  # type: ignore[type-var]
    return value


_RICH = replace(
    ENTRY,
    author="Ann",
    summary="<p>In short.</p>",
    excerpt="In short.",
    language="en",
    tags=("ours",),
    categories=("theirs",),
    enclosures=(Enclosure("https://e.example.org/c.pdf", "application/pdf", 3),),
    image="https://e.example.org/i.png",
    copies=(Copy(BENCH, "https://bench.example.org/1"),),
    related=(Related("urn:uuid:two", "Two", "https://desk.example.org/2", "The Desk"),),
)


@pytest.mark.parametrize("name", [one.name for one in fields(MergedEntry)])
def test_what_is_not_legal_is_found_in_every_text_of_an_entry(name: str) -> None:
    spoiled = replace(_RICH, **{name: _with(getattr(_RICH, name), "\ufffe")})  # type: ignore[arg-type]
    assert shown_entry(spoiled, "") == shown_entry(_RICH, "")


def test_a_title_with_markup_stays_text_in_the_visible_line() -> None:
    feed = with_entry(source=replace(DESK, title='<img src="x" onerror=alert(1)>'))
    (content,) = texts(atom_tree(feed), "//a:content/text()")
    assert html.fragment_fromstring(content, create_parent=True).xpath("count(//img)") == 0


def test_an_untitled_entry_is_called_by_its_first_words() -> None:
    feed = with_entry(title="", excerpt="word " * 40)
    (title,) = texts(atom_tree(feed), "//a:entry/a:title/text()")
    assert title == ("word " * 16).strip()


ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=40)


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_whatever_the_text_both_forms_are_well_formed(title: str, body: str, name: str, word: str) -> None:
    source = Attribution(name, f"https://{word}", f"https://{name}", word or None)
    feed = replace(
        with_entry(
            title=title,
            author=name,
            summary=word,
            content=body,
            excerpt=body,
            language=word,
            tags=(word, title),
            categories=(name,),
            source=source,
            link=f"https://{body}",
            enclosures=(Enclosure(f"https://{title}", name, 1),),
            copies=(Copy(source, f"http://{word}"),),
        ),
        title=title,
        tombstones=(Tombstone(word, NOW),),
    )
    assert len(atom_tree(feed).xpath("a:entry", namespaces=NS)) == 1
    assert len(rss_tree(feed).xpath("//item")) == 1
