from __future__ import annotations

import re
import time

import nh3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.markup import INLINE, MAX_ATTRIBUTES, MAX_DEPTH, MAX_STRETCH, MAX_TAGS, reads_the_same, tamed, word_set

KEEP = word_set("p b i a div ul li table tr td br img h1")
ATTRIBUTES = word_set("href src title")
TAG = re.compile(r'<(/?)([a-z0-9]+)((?: [a-z]+="[^"<>]*")*)>')


def large(html: str) -> str:
    """The fragment behind enough empty elements that it is rewritten, as it came out."""
    head = "<br>" * (MAX_TAGS + 1)
    result = tamed(head + html, KEEP, ATTRIBUTES)
    assert result.startswith(head)
    return result.removeprefix(head)


@pytest.mark.parametrize("html", ["", "text", "<p>a<b>b", "<x y=1><script>", "<p>" * MAX_TAGS, "x" * MAX_STRETCH])
def test_a_small_fragment_is_not_touched(html: str) -> None:
    assert tamed(html, KEEP, ATTRIBUTES) is html


@pytest.mark.parametrize(
    ("html", "rewritten"),
    [
        ("<p>a<b>b", "<p>a<b>b</b></p>"),
        ("<p>a<p>b", "<p>a</p><p>b</p>"),
        ("<ul><li>a<li>b</ul>", "<ul><li>a</li><li>b</li></ul>"),
        ("<table><tr><td>a<td>b<tr><td>c", "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>"),
        ("<b>a<p>b</p>c</b>", "<b>a</b><p>b</p>c"),
        ("<b>a</i>b</b>", "<b>ab</b>"),
        ("<DIV>a</Div>", "<div>a</div>"),
        ("<x>a</x><script>b<b>c</script>d<!-- <p> -->e", "ade"),
        ("<script>never closed", ""),
        ("a<!-- never closed", "a"),
        ("a<!>b<?c>d</>e</ x>f", "abdef"),
        ("1 < 2 <3", "1 &lt; 2 &lt;3"),
        ("a<p never closed", "a"),
        ("<a href='x' TITLE=y href=z onclick=w>v</a>", '<a href="x" title="y">v</a>'),
        ('<a title="&lt;b&gt; &amp;" href=\'"\'>v</a>', '<a title="&lt;b&gt; &amp;" href="&quot;">v</a>'),
        ("<a title='a>b'href=c>v</a>", '<a title="a&gt;b" href="c">v</a>'),
        ("<img/src=x/>", '<img src="x/">'),
        ("<a href=>v</a>", '<a href="">v</a>'),
    ],
)
def test_a_large_fragment_is_written_anew(html: str, rewritten: str) -> None:
    assert large(html) == rewritten


def test_a_long_stretch_without_tags_is_written_anew_too() -> None:
    assert tamed("<p " + "a " * MAX_STRETCH + ">text", KEEP, ATTRIBUTES) == "<p>text</p>"


PIECES = st.sampled_from(
    [*(f"<{name}>" for name in sorted(KEEP)), *(f"</{name}>" for name in sorted(KEEP)), "<a href='", '"', "'", "<!--",
     "-->", "<script>", "</script>", "text", "<", ">", "</>", "=", "/", " ", "&amp;", "<div x=y>", "<p title=z>"]
)  # fmt: skip


@settings(max_examples=60)
@given(st.lists(PIECES, max_size=80).map("".join))
def test_the_result_is_balanced_shallow_and_orderly(html: str) -> None:
    stack: list[str] = []
    result = large(html)
    for end, name, attributes in TAG.findall(result):
        assert name in KEEP
        assert attributes.count('="') <= MAX_ATTRIBUTES
        if end:
            assert stack.pop() == name
        elif name not in {"br", "img"}:
            assert name in INLINE or not (INLINE | {"p"}).intersection(stack[-1:])
            stack.append(name)
        assert len(stack) <= MAX_DEPTH
    assert not stack
    assert "<" not in TAG.sub("", result)


def test_rewriting_is_linear() -> None:
    started = time.process_time()
    for piece in (
        "<p",
        "<p x='",
        '<p x="',
        "<!--",
        "<div>",
        "</div>",
        "<b x=1>",
        "<script>",
        "<",
        "<p x=",
        "a='",
        "< ",
    ):
        tamed(piece * (500_000 // len(piece)), KEEP, ATTRIBUTES)
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    ("html", "certain"),
    [
        ("text &amp; &lt;more&gt;", True),
        ('<p>a <em>b <a href="http://a.example/">c</a></em><br><img src="http://a.example/i" alt=""></p>', True),
        ("<ul><li><p>a</p></li><li>b</li></ul>", True),
        ("<div><pre>a\nb</pre><hr></div>", True),
        ("<pre>\na</pre>", False),
        ('<pre lang="en">\na</pre>', False),
        ("<p>a<hr></p>", False),
        ("<p>a<p>b</p></p>", False),
        ("<p><a>a<ul></ul></a></p>", False),
        ("<li>a</li>", False),
        ("<h1><h2>a</h2></h1>", False),
        ("<a>a<a>b</a></a>", False),
        ("<table></table>", False),
        ("<p>a", False),
        ("<p>a</div>", False),
        ("a < b", False),
        ("a > b", False),
        ("caf&eacute;", False),
        ("&quot;a&quot;", False),
        ("a\xa0b", False),
        ('<img alt=">">', False),
    ],
)
def test_a_fragment_that_is_certain_to_be_read_as_it_is_written(html: str, certain: bool) -> None:
    assert reads_the_same(html) is certain


_NAMES = "p div ul li h1 h2 a b em span table tr td blockquote pre hr br img center form dt".split()
_SOUP = st.lists(
    st.sampled_from([*(f"<{name}>" for name in _NAMES), *(f"</{name}>" for name in _NAMES), "x", "&amp;", "\n"])
)


@settings(max_examples=60, deadline=None)
@given(_SOUP.map("".join))
def test_a_parser_agrees(html: str) -> None:
    cleaner = nh3.Cleaner(tags={*_NAMES} - {"center", "form"}, link_rel=None)
    written = cleaner.clean(html)
    if reads_the_same(written):
        assert cleaner.clean(written) == written
