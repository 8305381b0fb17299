"""References: against xml:base, against the feed's address, alone and inside HTML."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from aggregator.parse import references, xml
from aggregator.parse.element import markup_of
from aggregator.parse.references import XML_BASE, Bases


def _element(text: str) -> xml.Element:
    return etree.fromstring(text)


def test_references_in_markup_follow_xml_base() -> None:
    root = _element('<f xml:base="http://a.example/x/"><d xml:base="y/">&lt;a href="z"&gt;</d><e><i src="p"/></e></f>')
    bases = Bases("http://doc.example/", scoped=True)
    assert markup_of(root[0], bases) == '<a href="http://a.example/x/y/z">'
    assert markup_of(root[1], bases) == '<i src="http://a.example/x/p"></i>'
    assert bases.url(root[0], "") == "http://a.example/x/y/"
    assert Bases("http://doc.example/d", scoped=False).url(root[0], "q") == "http://doc.example/q"


@pytest.mark.parametrize(
    ("base", "reference", "expected"),
    [
        ("http://a.example/b/", "c", "http://a.example/b/c"),
        ("http://a.example/b/", "HTTP://d.example", "http://d.example"),
        ("http://a.example/", " http://d.example/a\n b ", "http://d.example/a b"),
        ("http://a.example/", "tag:x,2026:1", "tag:x,2026:1"),
        ("http://a.example/", "http://[broken", None),
        (None, "c", "c"),
        ("http://a.example/", "  ", None),
    ],
)
def test_resolve(base: str | None, reference: str, expected: str | None) -> None:
    assert references.resolve(base, reference) == expected


def test_the_base_of_a_document_is_its_address_unless_a_proxy_serves_it() -> None:
    assert (
        references.document_base("http://www.a.example/blog/feed", "https://a.example/")
        == "http://www.a.example/blog/feed"
    )
    assert references.document_base("http://proxy.example/a", "http://a.example/") == "http://a.example/"
    assert references.document_base("http://a.example/feed", "/relative") == "http://a.example/feed"


@pytest.mark.parametrize(
    ("html", "resolved"),
    [
        ('<a href="b">', '<a href="http://a.example/b">'),
        ("<img alt='=' SRC = '/i?x=1&amp;y=2'>", "<img alt='=' SRC = 'http://a.example/i?x=1&amp;y=2'>"),
        ('<a href="https://b.example/?x&y=1">', '<a href="https://b.example/?x&y=1">'),  # absolute: not a byte
        ('<a class="b" title="src=c">href="d"', '<a class="b" title="src=c">href="d"'),
        ('<video poster="p"><source src="http://b.example/&">', None),
    ],
)
def test_references_in_html_are_resolved_where_they_are_relative(html: str, resolved: str | None) -> None:
    expected = resolved or '<video poster="http://a.example/p"><source src="http://b.example/&">'
    assert references.resolve_all("http://a.example/", html) == expected


_REFERENCES = st.lists(st.sampled_from(["", "x/", "/y", "../z", "http://b.example/w", "?q", "#f"]), max_size=5)


@given(_REFERENCES, _REFERENCES)
def test_what_stands_above_an_element_is_looked_at_once(above: list[str], below: list[str]) -> None:
    """Inside an element the bases are those that walking up from the bottom would find."""
    bottom = entry = top = etree.Element("top")
    for place, reference in enumerate([*above, *below]):
        bottom = etree.SubElement(bottom, "e", {XML_BASE: reference} if reference else {})
        entry = bottom if place < len(above) else entry
    bases = Bases("http://doc.example/d/f", scoped=True)
    assert bases.inside(entry).own(bottom) == bases.own(bottom)
    assert bases.inside(entry).inside(bottom).url(bottom, "r") == bases.url(bottom, "r")
    assert top.getparent() is None
