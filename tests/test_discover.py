from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.discover import FeedLink, feed_links

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
