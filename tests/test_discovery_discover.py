from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.discovery.discover import FeedLink, feed_links, guesses, known_feeds, page_itself, page_links

PAGE = "https://blog.example/2026/post"


def links(head: str, url: str = PAGE) -> list[str]:
    page = f"<!doctype html><html><head>{head}</head><body><p>Hello</p></body></html>"
    return [link.url for link in feed_links(page.encode(), url)]


def link(href: str, kind: str = "application/rss+xml", rel: str = "alternate", title: str = "") -> str:
    return f"<link rel='{rel}' type='{kind}' title='{title}' href='{href}'>"


@pytest.mark.parametrize(
    ("href", "expected"),
    [
        ("https://blog.example/feed", "https://blog.example/feed"),
        ("/feed", "https://blog.example/feed"),
        ("feed.xml", "https://blog.example/2026/feed.xml"),
        ("//feeds.example/a", "https://feeds.example/a"),
        (" /feed?a=1&amp;b=2 ", "https://blog.example/feed?a=1&b=2"),
        ("/f\u00fc", "https://blog.example/f%C3%BC"),
        ("javascript:alert(1)", None),
        ("file:///etc/passwd", None),
        ("data:text/xml,x", None),
        ("http://[broken", None),
    ],
)
def test_addresses_are_absolute_and_safe(href: str, expected: str | None) -> None:
    assert links(link(href)) == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("kind", "rel", "found"),
    [
        ("application/rss+xml", "alternate", True),
        ("APPLICATION/RSS+XML; charset=utf-8", "Alternate", True),
        ("application/atom+xml", "home alternate", True),
        ("application/feed+json", "alternate", True),
        ("text/xml", "alternate", True),
        ("application/rss+xml", "self", False),
        ("text/html", "alternate", False),
        ("text/css", "alternate stylesheet", False),
        ("application/json+oembed", "alternate", False),
        ("", "alternate", False),
    ],
)
def test_only_alternates_of_a_feed_type_count(kind: str, rel: str, found: bool) -> None:
    assert bool(links(link("/feed", kind, rel))) is found


def test_posts_come_before_comments_and_json_otherwise_as_the_page_has_them() -> None:
    head = (
        link("/comments/feed", title="Comments")
        + link("/feed.json", "application/feed+json")
        + link("/b")
        + link("/a", "application/atom+xml")
        + link("/x", title="Newest comments")
    )
    assert links(head) == [f"https://blog.example/{name}" for name in ("b", "a", "feed.json", "comments/feed", "x")]


def test_the_programming_interface_of_a_site_is_no_feed() -> None:
    assert links(link("/wp-json/wp/v2/posts/7", "application/json")) == []


def test_a_base_element_moves_relative_addresses() -> None:
    assert links("<base href='/blog/'>" + link("feed")) == ["https://blog.example/blog/feed"]
    assert links("<base href='javascript:x'>" + link("/feed")) == []
    assert links("<base>" + link("/feed")) == ["https://blog.example/feed"]


def test_the_title_comes_along() -> None:
    page = f"<title>x</title>{link('/feed', title='Mine &amp; yours')}{link('/two')}".encode()
    assert feed_links(page, PAGE) == [
        FeedLink("https://blog.example/feed", "Mine & yours"),
        FeedLink("https://blog.example/two", ""),
    ]


@pytest.mark.parametrize("said", ["", "<meta charset=utf-8>", "<meta charset=latin-1>"])
def test_a_page_in_utf_8_is_read_so_and_another_as_it_says(said: str) -> None:
    page = f"{said}{link('/feed', title='Über uns')}"
    assert feed_links(page.encode(), PAGE)[0].title == "Über uns"
    if "latin" in said:
        assert feed_links(page.encode("latin-1"), PAGE)[0].title == "Über uns"


def test_a_broken_page_still_tells() -> None:
    page = b"<p><div>\xff\xfe" + link("/feed").encode() + b"<table><li></p>\0<"
    assert [one.url for one in feed_links(page, PAGE)] == ["https://blog.example/feed"]


@pytest.mark.parametrize("page", [b"", b" ", b"\0", b"<!-- a comment -->", b"plain text", b"\xff\xfe\x00", b"%PDF-1.7"])
def test_what_is_no_page_has_no_feed(page: bytes) -> None:
    assert feed_links(page, PAGE) == []


@pytest.mark.parametrize("page", [b"<div>" * 300_000, b"<link " + b"a=b " * 200_000, link("/f").encode() * 20_000])
def test_a_hostile_page_costs_little(page: bytes) -> None:
    began = time.process_time()
    feed_links(page, PAGE)
    assert time.process_time() - began < 2


@given(st.binary(max_size=400), st.binary(max_size=60))
def test_no_bytes_make_it_fail(noise: bytes, href: bytes) -> None:
    said = b"<meta charset='" + href + b"'>"
    for page in (noise, b"<html>" + said + b"<link rel=alternate type=text/xml href='" + href + b"'>"):
        assert all(one.url.startswith(("http://", "https://")) for one in feed_links(page, PAGE))


YT, GH = "https://www.youtube.com/feeds/videos.xml", "https://github.com/ann/tool"


@pytest.mark.parametrize(
    ("page", "feeds"),
    [
        ("https://www.youtube.com/channel/UCab-_1", [f"{YT}?channel_id=UCab-_1"]),
        ("https://m.youtube.com/channel/UCab/videos", [f"{YT}?channel_id=UCab"]),
        ("https://youtube.com/user/ann", [f"{YT}?user=ann"]),
        ("https://www.youtube.com/playlist?list=PL1", [f"{YT}?playlist_id=PL1"]),
        ("https://www.youtube.com/@ann", []),
        ("https://www.youtube.com/playlist", []),
        (f"{GH}/releases", [f"{GH}/releases.atom"]),
        (f"{GH}/releases/tag/v1", [f"{GH}/releases.atom"]),
        (f"{GH}/tags", [f"{GH}/tags.atom"]),
        (f"{GH}/commits/main", [f"{GH}/commits/main.atom"]),
        (GH, [f"{GH}/releases.atom", f"{GH}/commits.atom"]),
        (f"{GH}/releases.atom", []),
        (f"{GH}/issues/1", []),
        ("https://www.reddit.com/r/jobs/", ["https://www.reddit.com/r/jobs/.rss"]),
        ("https://old.reddit.com/r/jobs/comments/1/x", ["https://www.reddit.com/r/jobs/.rss"]),
        ("https://www.reddit.com/r/jobs/.rss", []),
        ("https://medium.com/@ann", ["https://medium.com/feed/@ann"]),
        ("https://medium.com/some-paper/a-story-1", ["https://medium.com/feed/some-paper"]),
        ("https://medium.com/feed/@ann", []),
        ("https://ann.medium.com/a-story-1", ["https://ann.medium.com/feed"]),
        ("https://ann.substack.com/p/one", ["https://ann.substack.com/feed"]),
        ("https://ann.substack.com/feed", []),
        ("https://bsky.app/profile/ann.example", ["https://bsky.app/profile/ann.example/rss"]),
        ("https://dev.to/ann/one", ["https://dev.to/feed/ann"]),
        ("https://stackoverflow.com/questions/tagged/yaml", ["https://stackoverflow.com/feeds/tag/yaml"]),
        ("https://notyoutube.com/channel/UCab", []),
        ("https://youtube.com.evil.example/channel/UCab", []),
        ("ftp://github.com/a/b", []),
        ("nonsense", []),
    ],
)
def test_what_is_known_of_sites(page: str, feeds: list[str]) -> None:
    assert list(known_feeds(page)) == feeds


@pytest.mark.parametrize(
    ("html", "url", "feeds"),
    [
        ("<link rel=canonical href='https://www.youtube.com/channel/UC1'>", "https://www.youtube.com/@ann", "UC1"),
        ("<meta itemprop=channelId content=UC2>", "https://www.youtube.com/@ann", "UC2"),
        ("<meta itemprop=channelId content=UC2>", "https://blog.example/", None),
    ],
)
def test_what_a_page_says_it_is(html: str, url: str, feeds: str | None) -> None:
    assert list(page_itself(html.encode(), url)) == ([f"{YT}?channel_id={feeds}"] if feeds else [])


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ("<a href='/feed'>Subscribe</a>", True), ("<a href='/blog/rss.xml'>x</a>", True),
        ("<a href='/x'>RSS</a>", True), ("<a href='/x'>Atom feed</a>", True),
        ("<a href='/?feed=rss2'>x</a>", True), ("<a href='/index.xml'>x</a>", True),
        ("<a href='/feedback'>Feedback</a>", False), ("<a href='/rsspberry'>x</a>", False), ("<a>RSS</a>", False),
        ("<a href='javascript:rss'>RSS</a>", False), ("<a href='/about'>About my RSS reader</a>", False),
    ],
)  # fmt: skip
def test_links_in_the_text_that_call_themselves_feeds(link: str, found: bool) -> None:
    assert bool(page_links(f"<body>{link}</body>".encode(), PAGE)) is found


def test_guesses_begin_near_the_page_and_stay_on_its_site() -> None:
    assert guesses("https://a.example/blog/2026/x.html")[:2] == (
        "https://a.example/blog/2026/feed", "https://a.example/blog/2026/rss",
    )  # fmt: skip
    assert guesses("https://a.example")[0] == "https://a.example/feed"
    assert guesses("https://a.example/@ann")[0] == "https://a.example/@ann.rss"


@given(st.text(max_size=60))
def test_no_address_makes_the_rules_fail(noise: str) -> None:
    for url in (noise, f"https://github.com/{noise}", f"https://www.youtube.com/{noise}", f"https://a.example/{noise}"):
        known_feeds(url)
        if url.startswith("https://a"):
            assert all(one.startswith("https://a.example/") for one in guesses(url))
