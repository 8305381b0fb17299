"""Trees from text: what is mended, and what no document can make the parser do."""

from __future__ import annotations

import pytest
from lxml import etree

from aggregator.parse import xml


def _xml(text: str) -> str:
    root = xml.read(text).root
    return etree.tostring(root, encoding="unicode") if root is not None else ""


def test_a_well_formed_document_is_left_alone() -> None:
    document = xml.read('<?xml version="1.0"?>\n<!-- note --><rss><title>a &amp; b</title></rss>')
    assert document.wellformed
    assert document.root is not None


@pytest.mark.parametrize(
    ("broken", "mended"),
    [
        ("<rss>a & b</rss>", "<rss>a &amp; b</rss>"),
        ("<rss>5 < 6</rss>", "<rss>5 &lt; 6</rss>"),
        ("<rss>caf&eacute; &nosuch; &amp; &lt;</rss>", "<rss>café &amp;nosuch; &amp; &lt;</rss>"),
        ("<rss>x\x00y\x0bz&#0;&#x1f;&#65;</rss>", "<rss>xyzA</rss>"),
        ("\n <?xml version='1.0'?><rss>a</rss>", "<rss>a</rss>"),
        ("Warning: oops<br>\n<rss>a</rss>\n<script>b</script>", "<rss>a</rss>"),
        ("<rss>a ]]> b</rss>", "<rss>a ]]&gt; b</rss>"),
        ("<rss><![CDATA[a & b]]> & c</rss>", "<rss>a &amp; b &amp; c</rss>"),
        ("<rss><a>cut", "<rss><a>cut</a></rss>"),
        ("<rss><a>b</c></a></rss>", "<rss><a>b</a></rss>"),
        ("<rss><dc:date>a</dc:date></rss>", "<rss><dc:date>a</dc:date></rss>"),
        ('<!DOCTYPE rss [<!ENTITY me "Me">]><rss>&me; &hellip;</rss>', "<rss>Me …</rss>"),
    ],
)
def test_carelessness_is_mended(broken: str, mended: str) -> None:
    assert _xml(broken) == mended
    assert not xml.read(broken).wellformed


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]><rss>&x;</rss>',
        '<!DOCTYPE r SYSTEM "http://127.0.0.1:9/x.dtd"><rss>&x;</rss>',
        '<!DOCTYPE r [<!ENTITY % p SYSTEM "http://127.0.0.1:9/p"> %p; ]><rss>&x;</rss>',
        '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY x "&a;&a;&a;&a;">]><rss>&x;</rss>',
    ],
)
def test_entities_are_neither_fetched_nor_nested(text: str) -> None:
    assert _xml(text) == "<rss>&amp;x;</rss>"


def test_no_doctype_reaches_another_reader() -> None:
    assert "DOCTYPE" not in xml.read('<!DOCTYPE r [<!ENTITY a "b">]><rss a=1>').text


def test_what_cannot_be_mended_has_no_tree() -> None:
    assert xml.read("<rss a=b c=d>").root is None
    assert xml.read("nothing of the kind").root is None


def test_local_name() -> None:
    assert xml.local_name(etree.fromstring('<X:Feed xmlns:X="urn:x"/>')) == "feed"
