"""Single elements: markup, people, durations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from aggregator.parse import element, references, xml
from aggregator.parse.element import Fields, Person


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
    references.resolve(left, right)
    element.person(left + "@" + right)
    references.resolve_all("http://a.example/", f'<a href="{left}">{right}')
