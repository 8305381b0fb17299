"""Single elements: markup, people, references, durations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from aggregator.parse import element, xml
from aggregator.parse.element import Bases, Fields, Person


def _element(text: str) -> xml.Element:
    return etree.fromstring(text)


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("<d>  &lt;p&gt;escaped&lt;/p&gt; </d>", "<p>escaped</p>"),
        ("<d><![CDATA[<b>cdata</b>]]></d>", "<b>cdata</b>"),
        ("<d>naked <b class='x'>markup</b> &amp; <br/>text</d>", 'naked <b class="x">markup</b> &amp; <br>text'),
        ("<d xmlns:h='http://www.w3.org/1999/xhtml'><h:p>a</h:p></d>", "<p>a</p>"),
        ("<d> </d>", None),
        ("<d/>", None),
    ],
)
def test_markup(text: str, markup: str | None) -> None:
    assert element.markup_of(_element(text)) == markup


def test_references_in_markup_follow_xml_base() -> None:
    root = _element('<f xml:base="http://a.example/x/"><d xml:base="y/">&lt;a href="z"&gt;</d><e><i src="p"/></e></f>')
    bases = Bases("http://doc.example/", scoped=True)
    assert element.markup_of(root[0], bases) == '<a href="http://a.example/x/y/z">'
    assert element.markup_of(root[1], bases) == '<i src="http://a.example/x/p"></i>'
    assert bases.url(root[0], "") == "http://a.example/x/y/"
    assert Bases("http://doc.example/d", scoped=False).url(root[0], "q") == "http://doc.example/q"


@pytest.mark.parametrize(
    ("text", "name", "email"),
    [
        ("desk@x.example (News Desk)", "News Desk", "desk@x.example"),
        ("News Desk <desk@x.example>", "News Desk", "desk@x.example"),
        ("News Desk (mailto:desk@x.example)", "News Desk", "desk@x.example"),
        ("desk@x.example", None, "desk@x.example"),
        ("(News Desk)", "News Desk", None),
        ("Ann (now), Bo (earlier)", "Ann (now), Bo (earlier)", None),
        ("  Ann \n Lee ", "Ann Lee", None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_person(text: str | None, name: str | None, email: str | None) -> None:
    assert element.person(text) == Person(name, email)


def test_joined_names_each_once() -> None:
    people = [Person("Ann", None), Person("Bo", "bo@x.example"), Person("Ann", "ann@x.example")]
    assert element.joined(people) == Person("Ann, Bo", "bo@x.example")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("61", 61), ("1:01", 61), ("1:02:03", 3723), ("00:10.5", 10), ("an hour", None), ("1:2:3:4", None), (None, None)],
)
def test_seconds(text: str | None, expected: int | None) -> None:
    assert element.seconds(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("12 ", 12), ("-1", None), ("1.5", None), ("9" * 30, None), (None, None)]
)
def test_whole_number(text: str | None, expected: int | None) -> None:
    assert element.whole_number(text) == expected


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
    assert element.resolve(base, reference) == expected


def test_the_base_of_a_document_is_its_address_unless_a_proxy_serves_it() -> None:
    assert (
        element.document_base("http://www.a.example/blog/feed", "https://a.example/")
        == "http://www.a.example/blog/feed"
    )
    assert element.document_base("http://proxy.example/a", "http://a.example/") == "http://a.example/"
    assert element.document_base("http://a.example/feed", "/relative") == "http://a.example/feed"


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("a < b", False),
        ("AT&T", False),
        ("<p>x</p>", True),
        ("x<br>", True),
        ("a &hellip;", True),
        ("<T> generic", False),
    ],
)
def test_looks_like_markup(text: str, markup: bool) -> None:
    assert element.looks_like_markup(text) is markup


def test_fields_go_by_precedence_and_skip_what_is_empty() -> None:
    fields = Fields(_element("<i><b/><a> </a><a>one</a><b>two</b></i>"))
    assert fields.text(("a", "b")) == "one"
    assert len(fields.all("a", "b")) == 4
    assert fields.text(("c",)) is None


def test_language_tags_are_written_with_hyphens() -> None:
    assert element.language_tag(" en_US ") == "en-US"
    assert element.language_tag("x" * 40) is None


@given(st.text(max_size=80), st.text(max_size=80))
def test_references_and_people_never_raise(left: str, right: str) -> None:
    element.resolve(left, right)
    element.person(left + "@" + right)
    element.resolve_all("http://a.example/", f'<a href="{left}">{right}')
