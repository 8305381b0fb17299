from __future__ import annotations

import json
import re
import time

import lxml.html
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator.html import (
    MAX_CHARACTERS,
    MAX_TITLE,
    escape_text,
    excerpt,
    safe_html,
    text_of,
    text_of_safe,
    title_text,
)
from tests.corpus import ROOT as CORPUS
from tests.corpus import needs_corpus

BASE = "https://blog.example/2026/post/"

ELEMENTS = set(
    """a abbr address article aside audio b bdi bdo blockquote br caption cite code col colgroup dd del details dfn div
    dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header hgroup hr i img ins kbd li main mark nav ol p picture pre
    q rp rt ruby s samp section small source span strike strong sub summary sup table tbody td tfoot th thead time tr tt
    u ul var video wbr""".split()
)
ATTRIBUTES = set(
    """alt cite colspan controls datetime dir height href lang poster preload rel rowspan scope src start title type
    width""".split()
)
HOSTILE_ELEMENTS = sorted(
    set("p b i a table tr td select svg math style script pre plaintext template form h1 li".split())
)
GOOD_ADDRESS = re.compile(r"https?://[^/\\@]+(/|\?|#|$)|mailto:[^:]+$")
ADDRESSES = ("href", "src", "poster", "cite")


def link(url: str) -> str:
    return f'<a href="{url}" rel="noopener noreferrer">x</a>'


def faults(fragment: str) -> list[str]:
    """What a browser could still be made to do by a fragment that should be safe."""
    found = [f"character {c!r}" for c in fragment if not (c.isprintable() or c in "\t\n\xa0\u3000") and ord(c) < 0xA0]
    found += ["surrogate"] if any(0xD800 <= ord(c) < 0xE000 for c in fragment) else []
    if not fragment.strip():
        return found
    for element in lxml.html.fragment_fromstring(fragment, create_parent="div").iter():
        if not isinstance(element.tag, str) or element.tag not in ELEMENTS:
            found.append(f"element {element.tag}")
            continue
        found += [f"attribute {name}" for name in element.attrib if name not in ATTRIBUTES]
        addresses = [element.attrib[name] for name in ADDRESSES if name in element.attrib]
        found += [f"address {url}" for url in addresses if not GOOD_ADDRESS.match(url)]
    return found


@pytest.mark.parametrize(
    ("hostile", "expected"),
    [
        ("<script>steal()</script>kept", "kept"),
        ("<SCRIPT SRC=//evil.example/x.js></SCRIPT >kept", "kept"),
        ("<scr<script>ipt>steal()</scr</script>ipt>", "ipt&gt;steal()ipt&gt;"),
        ("<img src=x.png onerror=steal()>", '<img src="https://blog.example/2026/post/x.png" alt="">'),
        ("<p onclick='steal()' id=a class=b style='position:fixed'>kept</p>", "<p>kept</p>"),
        ("<a href='javascript:steal()'>kept</a>", "kept"),
        ("<a href='  jAvA\tscri\npt:steal()'>kept</a>", "kept"),
        ("<a href='&#106;avascript:steal()'>kept</a>", "kept"),
        ("<a href='\x01javascript:steal()'>kept</a>", "kept"),
        ("<a href='vbscript:x'>kept</a><a href='file:///etc/passwd'>!</a><a href='blob:x'>?</a>", "kept!?"),
        ("<a href='data:text/html,<script>steal()</script>'>kept</a>", "kept"),
        ("<svg onload=steal()><text>gone</text></svg>kept", "kept"),
        ("<math><mtext><table><mglyph><style><img src=x onerror=steal()>", ""),
        ("<iframe srcdoc='<script>steal()</script>'></iframe>kept", "kept"),
        ("<object data=x><embed src=y></object>kept", "kept"),
        ("<form action=//evil.example><input name=a><button>go</button>kept</form>", "kept"),
        ("<meta http-equiv=refresh content='0;url=//evil.example'><base href=//evil.example>k", "k"),
        ("<link rel=stylesheet href=//evil.example/x.css>k", "k"),
        ("<style>@import '//evil.example'</style>kept", "kept"),
        ("<!-- a --><!--><img src=/x onerror=steal()>-->k", '<img src="https://blog.example/x" alt="">--&gt;k'),
        ("<noscript><p title='</noscript><img src=/x onerror=steal()>k", '<img src="https://blog.example/x" alt="">k'),
        ("<template><script>steal()</script></template>kept", "kept"),
        ("<p>a\x00b\x1b[31mc\ufffed\u202ee</p>", "<p>ab[31mcde</p>"),
        ("&#27;&#1;kept", "kept"),
        ("\ud800kept", "kept"),
        ("<img src='//cdn.example/a.png' srcset='javascript:x 1x' width=10 height='9px' title='&quot;>'>",
         '<img src="https://cdn.example/a.png" alt="" title="&quot;&gt;" width="10" height="9">'),
        ("<p lang='en-GB' dir=rtl>kept</p>", '<p lang="en-GB" dir="rtl">kept</p>'),
        ("<p lang='en\" onclick=x' dir=up>kept</p>", "<p>kept</p>"),
        ("</div></body></html><h1>kept", "<h1>kept</h1>"),
        ("<x/onclick=steal()>kept", "kept"),
        ("<![CDATA[<script>steal()</script>kept]]>", "steal()kept]]&gt;"),
        ("<a id=location name=document ping=//evil.example target=_top href=/x>kept</a>",
         '<a href="https://blog.example/x" rel="noopener noreferrer">kept</a>'),
        ("<textarea></textarea><title></title><xmp><img src=x></xmp>kept", "kept"),
        ("kept <plaintext>rest", "kept rest"),
    ],
)  # fmt: skip
def test_hostile_markup_becomes_harmless(hostile: str, expected: str) -> None:
    result = safe_html(hostile, base=BASE)
    assert result == expected
    assert not faults(result)


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<a href='/a?utm_source=rss&amp;id=7'>x</a>", link("https://blog.example/a?id=7")),
        ("<a href='?p=2'>x</a>", link("https://blog.example/2026/post/?p=2")),
        ("<a href='https://b.example/?ref=blog.example'>x</a>", link("https://b.example/")),
        ("<a href='https://me:pw@b.example/'>x</a>", link("https://b.example/")),
        ("<a href=''>x</a>", "x"),
        ("<a href='javascript:x' title='t' lang=en>x</a>", "x"),
        ("<a href='javascript:x'><table><td><a href='/y'>x</a></td></table></a>",
         f'<table><tbody><tr><td>{link("https://blog.example/y")}</td></tr></tbody></table>'),
        ("<a href='mailto:ann@b.example'>x</a>", link("mailto:ann@b.example")),
        ("<a href='tel:+49123'>x</a>", "x"),
        ("<a href='http:/\\b.example/x'>x</a>", link("http://b.example/x")),
        ("<img src='data:image/gif;base64,AA' data-src='/a.jpg'>", '<img src="https://blog.example/a.jpg" alt="">'),
        ("<img src='https://s.w.org/images/core/emoji/15/72x72/1f680.png' alt='🚀'>", "🚀"),
        ("<video src=a.mp4 autoplay></video>",
         '<video src="https://blog.example/2026/post/a.mp4" preload="none" controls="controls"></video>'),
        ("<blockquote cite='javascript:x'>q</blockquote>", "<blockquote>q</blockquote>"),
        ("<ol start=3 type=a><li>x</ol>", '<ol start="3" type="a"><li>x</li></ol>'),
        ("<td colspan=2>", ""),
        ("<table><tr><td colspan=2>x", '<table><tbody><tr><td colspan="2">x</td></tr></tbody></table>'),
        ("1 < 2 & 3 > 2", "1 &lt; 2 &amp; 3 &gt; 2"),
    ],
)  # fmt: skip
def test_what_is_kept_reads_as_it_was_meant(markup: str, expected: str) -> None:
    assert safe_html(markup, base=BASE) == expected


def test_relative_addresses_without_a_base_are_dropped() -> None:
    assert safe_html("<a href='/x'>text</a><img src='y.png'>") == "text"


@pytest.mark.parametrize(
    "image",
    [
        "<img src='https://a.example/t.gif' width=1 height=1>",
        "<img src='https://a.example/t.gif' width=0 height=0>",
        "<img src='https://a.example/t.gif' height='1px'>",
        "<img src='https://a.example/t.gif' style='display: none'>",
        "<img src='https://pixel.wp.com/b.gif?host=a'>",
        "<img src='https://feeds.feedburner.com/~r/a/~4/b'>",
        "<img src='https://stats.a.example/x'>",
        "<img src='https://ad.doubleclick.net/x'>",
        "<img src='https://a.example/open?id=7'>",
        "<img src='https://a.example/pixel?x'>",
        "<img src='https://a.example/pixel.gif'>",
        "<img alt='no source'>",
    ],
)
def test_images_that_only_count_readers_are_removed(image: str) -> None:
    assert safe_html(f"<p>a{image}b</p>", base=BASE) == "<p>ab</p>"


@pytest.mark.parametrize("path", ["pixel/phone.jpg", "open/door.jpg", "statistics.png", "1x1/photo.jpg"])
def test_images_with_similar_names_stay(path: str) -> None:
    assert path in safe_html(f"<img src='https://a.example/{path}' width=1200 height=1>".replace(" height=1", ""))


HOSTILE_PIECES = st.sampled_from(
    [*(f"<{name}>" for name in HOSTILE_ELEMENTS), *(f"</{name}>" for name in HOSTILE_ELEMENTS),
     "<a href='javascript:x'>", "<a href=x>", "<img src=x onerror=y>", "<!--", "-->", "]]>", "<![CDATA[", "text", "\n",
     " ", "&lt;script&gt;", "&#x1b;", "\x00", "\ud800", "<p title='", "'", '"', "<", ">", "/", "=", "&"]
)  # fmt: skip


@pytest.mark.parametrize("lines", [1, 2, 9])
def test_line_ends_that_each_parse_drops_are_all_gone_at_once(lines: int) -> None:
    safe = safe_html(f"<pre>{chr(10) * lines}a\n\nb</pre>")
    assert safe == safe_html(safe) == "<pre>a\n\nb</pre>"


@settings(max_examples=80, deadline=None)
@given(st.lists(HOSTILE_PIECES, max_size=30).map("".join) | st.text(max_size=200))
def test_any_text_is_made_safe_and_stays_as_it_is(text: str) -> None:
    once = safe_html(text, base=BASE)
    assert not faults(once)
    assert safe_html(once, base=BASE) == once


@pytest.mark.parametrize(
    ("html", "safe"),
    [
        ("<a><table><a>", "<table></table>"),
        ("<a><table><a>x", "x<table></table>"),
        ("<a href=javascript:x>a<a href=data:x>b", "ab"),
        ("<a>x</a><a href='http://e.example/'>y</a>",
         'x<a href="http://e.example/" rel="noopener noreferrer">y</a>'),
        ("<a><table><a href='http://e.example/'>x",
         '<a href="http://e.example/" rel="noopener noreferrer">x</a><table></table>'),
    ],
)  # fmt: skip
def test_a_link_without_an_address_goes_from_around_its_words_one_in_another_too(html: str, safe: str) -> None:
    assert safe_html(html) == safe
    assert safe_html(safe) == safe


@settings(max_examples=60, deadline=None)
@given(st.lists(HOSTILE_PIECES, max_size=20).map("".join))
def test_large_hostile_fragments_are_rewritten_and_safe(text: str) -> None:
    assert not faults(safe_html("<b><i>" * 700 + text, base=BASE))


def test_a_large_honest_document_reads_the_same_as_a_small_one() -> None:
    part = "<h2>Head</h2><p>One <b>bold</b> <a href='https://b.example/x'>link</a>.<ul><li>a<li>b</ul>"
    assert safe_html(part * 300) == safe_html(part) * 300


BOMBS = {
    "deep": "<div>" * 200_000,
    "unknown": "<x>" * 340_000,
    "formatting": "<p>" + "".join(f"<b x={i}>" for i in range(5000)) + "<p>x" * 200_000,
    "few but nested": "<p>" + "".join(f"<b x={i}>" for i in range(299)) + "<p>x" * 299,
    "attributes": "<p " + " ".join(f"a{i}" for i in range(150_000)) + ">x",
    "quotes": '<p x="' * 170_000,
    "comments": "<!--" * 260_000,
    "less-than": "<" * 1_000_000,
    "references": "&amp" * 260_000,
    "table": "<table><tr><td>" * 70_000,
    "never closed": "<p/" * 340_000,
    "style": "<style>" * 140_000,
}


@pytest.mark.parametrize("size", [250_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", BOMBS)
def test_hostile_markup_takes_no_minute(name: str, size: int) -> None:
    """Each of them takes a browser's algorithm minutes; here half a second a megabyte, with room for a busy machine."""
    bomb = BOMBS[name][:size]
    started = time.process_time()
    safe_html(bomb, base=BASE)
    text_of(bomb)
    title_text(bomb, is_text=False)
    assert time.process_time() - started < 2 + 4 * size / 1_000_000


def test_embedded_images_do_not_count_against_the_length() -> None:
    assert safe_html("<img src='data:image/png;base64," + "A" * 2 * MAX_CHARACTERS + "'><p>kept</p>") == "<p>kept</p>"


def test_a_cut_never_splits_a_tag() -> None:
    assert safe_html("x" * (MAX_CHARACTERS - 5) + "<b title='y'>z</b>") == "x" * (MAX_CHARACTERS - 5)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("<h2>Head</h2>\n\n<p>Body  with\n spaces&nbsp;&amp; more</p>", "Head\n\nBody with spaces & more"),
        ("<ul><li>a</li><li>b</li></ul>c", "a\nb\n\nc"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("x<script>y</script><style>z</style><svg>w</svg>", "x"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("&lt;b&gt; is bold", "<b> is bold"),
        ("&amp;lt;", "&lt;"),
        ("soft&shy;hyphen zero\u200bwidth", "softhyphen zerowidth"),
        ("<p lang=en title=x>word<b>part</b></p>", "wordpart"),
        ("", ""),
    ],
)
def test_text_of_a_fragment(markup: str, text: str) -> None:
    assert text_of(markup) == text


@given(st.lists(HOSTILE_PIECES, max_size=30).map("".join) | st.text(max_size=200))
@settings(max_examples=60, deadline=None)
def test_text_has_no_blank_run_and_no_control_character(markup: str) -> None:
    text = text_of(markup)
    assert text == text.strip()
    assert not re.search(r"[^\S\n]{2}|\n{3}| \n|\n |[\x00-\x08\x0e-\x1f\ud800-\udfff]", text)


@pytest.mark.parametrize(
    ("value", "is_text", "title"),
    [
        ("Plain", False, "Plain"),
        ("A <b>bold</b>\n  title", False, "A bold title"),
        ("Q&amp;A", False, "Q&A"),
        ("Q&amp;amp;A", False, "Q&A"),
        ("Q&amp;amp;amp;A", False, "Q&amp;A"),
        ("It&#8217;s", True, "It’s"),
        ("R&D", True, "R&D"),
        ("Is 1 < 2?", False, "Is 1 < 2?"),
        ("List<T> explained", False, "List<T> explained"),
        ("List<T> & <b>", True, "List<T> & <b>"),
        ("How to use &lt;div&gt;", False, "How to use <div>"),
        ("<script>steal()</script>Title", False, "Title"),
        ("\u202egnp.exe\u2066 \u200b\ufeff x\x00y", True, "gnp.exe x y"),
        ("a\u200d\u200d\u200d\u200db", True, "a\u200db"),
        ("z" + "\u0301" * 50, True, "z" + "\u0301" * 4),
        ("👩\u200d💻 works", True, "👩\u200d💻 works"),
        ("", False, ""),
    ],
)
def test_titles_are_one_readable_line(value: str, is_text: bool, title: str) -> None:
    assert title_text(value, is_text=is_text) == title


@pytest.mark.parametrize("value", ["word " * 400, "w" * 4000, "word, " * 400])
def test_long_titles_end_at_a_word_with_an_ellipsis(value: str) -> None:
    title = title_text(value, is_text=True)
    assert len(title) <= MAX_TITLE
    assert re.search(r"w\w*…$", title)


@given(st.text(max_size=100), st.booleans())
def test_titles_never_break_a_line(value: str, is_text: bool) -> None:
    title = title_text(value, is_text=is_text)
    assert title == " ".join(title.split())
    assert len(title.splitlines()) <= 1


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("One two.", 5, "One two."),
        ("One two three. Four five six.", 4, "One two three."),
        ("One. Two three four five six.", 5, "One. Two three four five…"),
        ("One two,\nthree four", 2, "One two…"),
        ("He said “stop.” Then he left.", 4, "He said “stop.”"),
        ("", 5, ""),
        ("x y", 0, ""),
    ],
)
def test_excerpt_ends_at_a_sentence_or_word(text: str, words: int, expected: str) -> None:
    assert excerpt(text, words) == expected


def test_escape_text() -> None:
    assert escape_text('<a href="x">\'&\x1b') == "&lt;a href=&quot;x&quot;&gt;&#x27;&amp;"


def corpus_strings() -> list[str]:
    names = ("hostile/markup.json", "corpus/hostile/xss_payloads.json", "corpus/hostile/blns.json")
    found = [row for name in names for row in json.loads((CORPUS / name).read_text("utf-8"))]
    suites = list((CORPUS / "corpus" / "oracle").glob("values-sanitize-*/values.jsonl"))
    found += [json.loads(line)["input"] for path in suites for line in path.read_text("utf-8").split("\n") if line]
    return [row if isinstance(row, str) else row["payload"] for row in found]


@given(st.text(alphabet="<>&;abp/ \n\r'\"=é\u00a0", max_size=80))
@example("<p>a<b>b</b><br>c</p> <ul><li>d<li>e</ul>&amp;lt; <td>f")
def test_text_of_a_safe_fragment_needs_no_second_parser(html: str) -> None:
    safe = safe_html(html, base="https://e.example/")
    assert text_of_safe(safe) == text_of(safe)


@pytest.mark.parametrize(
    "title", ["a & b &amp; c", "&lt;b&gt; x", "1 \r\n 2", "\x00a&nbsp;b", "&amp;amp;", "caf&eacute"]
)
def test_a_title_without_a_tag_reads_the_same_by_the_short_way(title: str) -> None:
    assert title_text(title, is_text=False) == title_text(title + "<i></i>", is_text=False)


@needs_corpus
def test_strings_that_others_collected_are_harmless() -> None:
    strings = corpus_strings()
    assert len(strings) > 30
    found = {text: wrong for text in strings if (wrong := faults(safe_html(text, base=BASE)))}
    assert not found
