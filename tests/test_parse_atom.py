"""Atom's text constructs, persons and links."""

from __future__ import annotations

import pytest
from lxml import etree

from aggregator.parse import atom
from aggregator.parse.element import Fields, Person

NS = 'xmlns="http://www.w3.org/2005/Atom"'


@pytest.mark.parametrize(
    ("text", "value", "is_text"),
    [
        ("<title>a &lt; b</title>", "a < b", True),
        ("<title>a &lt;b&gt;b&lt;/b&gt;</title>", "a <b>b</b>", False),
        ("<title type='text'>a &lt;b&gt;b&lt;/b&gt;</title>", "a <b>b</b>", True),
        ("<title type='html'>a &amp;lt; b</title>", "a &lt; b", False),
        ("<title type='TEXT/HTML'>a</title>", "a", False),
        ("<title type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'>a <i>b</i></div></title>", "a <i>b</i>", False),
        ("<title type='xhtml'>&lt;b&gt;</title>", "<b>", True),
        ("<title type='text/html' mode='escaped'>&lt;b&gt;</title>", "<b>", False),
        ("<title mode='base64'>PHA+aGk8L3A+</title>", "<p>hi</p>", False),
        ("<content type='application/octet-stream'>aGVsbG8=</content>", "hello", True),
        ("<content type='image/png'>no base64!</content>", "no base64!", True),
        ("<title> </title>", None, False),
    ],
)
def test_construct(text: str, value: str | None, is_text: bool) -> None:
    assert atom.construct(etree.fromstring(text)) == (value, is_text)


def test_a_construct_as_html() -> None:
    assert atom.Construct("a < b", is_text=True).html == "a &lt; b"
    assert atom.Construct("a <b>", is_text=False).html == "a <b>"


@pytest.mark.parametrize(
    ("text", "person"),
    [
        (f"<author {NS}><name>Ann</name><email>ann@x.example</email></author>", Person("Ann", "ann@x.example")),
        (f"<author {NS}><name>ann@x.example (Ann)</name></author>", Person("Ann", "ann@x.example")),
        (f"<author {NS}>Ann</author>", Person("Ann", None)),
        (f"<author {NS}><uri>http://x.example</uri></author>", Person(None, None)),
    ],
)
def test_person_of(text: str, person: Person) -> None:
    assert atom.person_of(etree.fromstring(text)) == person


def test_the_page_is_an_alternate_and_html_before_others() -> None:
    entry = etree.fromstring(
        f'<entry {NS}><link rel="self" href="s"/><link type="application/json" href="j"/>'
        '<link rel="http://www.iana.org/assignments/relation/alternate" type="text/html" href="h"/><link/></entry>'
    )
    links = atom.links(Fields(entry))
    assert [link.rel for link in links] == ["self", "alternate", "alternate"]
    page, own = atom.alternate(links), atom.first(links, "self")
    assert page is not None
    assert page.href == "h"
    assert own is not None
    assert own.href == "s"
    assert atom.first(links, "hub") is None


def test_a_category_is_its_label() -> None:
    assert atom.category(etree.fromstring("<category term='t' label='Label'/>")) == "Label"
    assert atom.category(etree.fromstring("<category term='t'/>")) == "t"
