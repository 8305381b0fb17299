"""Lists of subscriptions as readers write them, as people mend them, and as an enemy would."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.errors import ParseError
from aggregator.parse.opml import Subscription, read_opml

SAMPLES = Path(__file__).parent / "samples" / "opml"
ANN, CAT = "https://ann.example/feed?a=1&b=2", "https://cat.example/atom.xml"


def feeds(body: str) -> list[tuple[str, str, tuple[str, ...]]]:
    text = f"<?xml version='1.0'?><opml version='2.0'><body>{body}</body></opml>"
    return [(one.url, one.title, one.tags) for one in read_opml(text.encode()).feeds]


@pytest.mark.parametrize(
    ("name", "expected", "left_out"),
    [
        ("netnewswire", [(ANN, "Ann & Bob", ()), (CAT, "Cat", ("Work",))], ()),
        ("feedly", [(CAT, "Cat", ("Work", "AI")), (ANN, "Ann & Bob", ("Work",))], ()),
        ("miniflux", [(ANN, "Ann & Bob", ("All",)), (CAT, "Cat", ("Work",))], ()),
        (
            "freshrss",
            [(CAT, "Cat", ("Work",)), (ANN, "Ann & Bob", ())],
            ("A page: its type `HTML+XPath` is not a feed",),
        ),
    ],
)
def test_the_forms_of_well_known_readers(
    name: str, expected: list[tuple[str, str, tuple[str, ...]]], left_out: tuple[str, ...]
) -> None:
    found = read_opml((SAMPLES / f"{name}.opml").read_bytes())
    assert found.feeds == tuple(Subscription(*one) for one in expected)
    assert found.left_out == left_out
    assert found.title


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<outline XMLURL='https://a.example' Text='A'/>", [("https://a.example", "A", ())]),
        ("<outline xmlUrl='https://a.example'/>", [("https://a.example", "", ())]),
        (
            (
                "<outline text='Work'><outline text='Remote'><outline xmlUrl='u'/></outline>"
                "<outline xmlUrl='v'/></outline>"
            ),
            [("u", "", ("Work", "Remote")), ("v", "", ("Work",))],
        ),
        ("<outline xmlUrl='u' category='/Work/Remote, AI,,/'/>", [("u", "", ("Work", "Remote", "AI"))]),
        ("<outline text='AI'><outline xmlUrl='u' category='AI'/></outline>", [("u", "", ("AI",))]),
        ("<outline isComment='true' text='x'><outline xmlUrl='u'/></outline>", []),
        ("<outline xmlUrl='u' text='A &nbsp; B & C'/>", [("u", "A B & C", ())]),
        ("<outline text='empty'/>", []),
        ("<outline><outline xmlUrl='u'/></outline>", [("u", "", ())]),
        ("<outline xmlUrl='u'><outline xmlUrl='v'/></outline>", [("u", "", ()), ("v", "", ())]),
    ],
)
def test_what_lists_hold(body: str, expected: list[tuple[str, str, tuple[str, ...]]]) -> None:
    assert feeds(body) == expected


def test_what_is_no_feed_is_named() -> None:
    text = (
        "<opml><body><outline text='P' htmlUrl='https://p.example/'/>"
        "<outline type='include' text='L' url='https://l.example/x.opml'/></body></opml>"
    )
    assert read_opml(text.encode()).left_out == (
        "P: no feed, only a page: https://p.example/",
        "L: another list, not followed: https://l.example/x.opml",
    )


def _bomb(levels: int) -> bytes:
    entities = "<!ENTITY e0 'x'>" + "".join(f"<!ENTITY e{n} '{f'&e{n - 1};' * 10}'>" for n in range(1, levels))
    return (
        f"<!DOCTYPE opml [{entities}]><opml><body><outline xmlUrl='u' text='&e{levels - 1};'/></body></opml>".encode()
    )


_XXE = b"""<!DOCTYPE opml [<!ENTITY f SYSTEM "file:///etc/passwd"><!ENTITY % d SYSTEM "http://127.0.0.1:9/d"> %d;]>
<opml><body><outline xmlUrl="u" text="&f;"/><outline text="&f;">&f;</outline></body></opml>"""


@pytest.mark.parametrize("body", [_bomb(12), _XXE])
def test_entities_are_neither_expanded_nor_fetched(body: bytes) -> None:
    began = time.process_time()
    found = read_opml(body)
    assert [one.url for one in found.feeds] == ["u"]
    assert "root:" not in str(found)
    assert len(str(found)) < 500
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "body",
    [
        b"", b"\0", b"<html><body>no</body></html>", b"<rss version='2.0'><channel/></rss>", b'{"items": []}',
        b"<opml><body>" + b"<outline text='x'>" * 100_000, b"<opml",
    ],
)  # fmt: skip
def test_what_is_no_list_is_refused_soon(body: bytes) -> None:
    began = time.process_time()
    try:
        assert read_opml(body).feeds == ()
    except ParseError as error:
        assert "not OPML" in str(error)
    assert time.process_time() - began < 20


def test_ten_thousand_outlines_are_read_quickly() -> None:
    rows = "".join(f"<outline text='S{n}' type='rss' xmlUrl='https://s{n}.example/feed'/>" for n in range(10_000))
    began = time.process_time()
    assert len(feeds(rows)) == 10_000
    assert time.process_time() - began < 10


@given(st.text(max_size=200))
def test_no_text_makes_it_fail_otherwise(text: str) -> None:
    for body in (text, f"<opml><body><outline xmlUrl={text!r} text='{text}'/></body></opml>"):
        try:
            read_opml(body.encode("utf-8", "replace"))
        except ParseError as error:
            assert error.kind == "not_feed"
