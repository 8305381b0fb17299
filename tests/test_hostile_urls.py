"""Hostile addresses (section U) wherever a feed has one: no output holds anything but web addresses, or no link."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator

import pytest
from lxml import etree

from aggregator.urls import is_http
from tests.test_hostile_markup import ADDRESSES, SAFE, Output, kinds, strings, written

CASES = {
    "U01": "JaVaScRiPt:alert(1)",
    "U02": "java\tscript:alert(1)",
    "U03": "java\nscript:alert(1)",
    "U04": "&#106;avascript&colon;alert(1)",
    "U05": "  javascript:alert(1)",
    "U06": "\x01javascript:alert(1)",
    "U07": "vbscript:msgbox(1)",
    "U08": "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "U09": "file:///etc/passwd",
    "U10": "blob:https://evil.example/1",
    "U11": "intent://evil.example#Intent;scheme=http;end",
    "U12": "//evil.example/x",
    "U13": "\\\\evil.example\\u13",
    "U14": "http:/\\evil.example/u14",
    "U15": "https://bank.example@evil.example/u15",
    "U16": "https://аррӏе.example/",
    "U17": "https://evil.example/\u202egpj.exe",
    "U18": "https://evil.example/" + "a" * 65_536,
    "U19": "http://[",
    "U20": "https://evil.example:99999/x",
    "U21": "|touch /tmp/pwned",
    "U22": "exec:touch /tmp/pwned",
    "U23": "filter:cat https://evil.example/",
    "U24": "feed:https://evil.example/",
    "U25": "tag:evil.example,2026:1",
    "U26": "https://evil.example/a b c",
}


def documents(number: int, url: str) -> Iterator[tuple[str, bytes]]:
    """The address in every place of an RSS, an Atom and a JSON feed that holds one."""
    name, coded = list(CASES)[number], html.escape(url)
    markup = f"<p>{name}</p><a href='{coded}'>x</a><img src='{coded}'><blockquote cite='{coded}'>q</blockquote>"
    inside = html.escape(markup)
    yield (
        "rss",
        (
            f"<rss version='2.0'><channel><title>{name} rss</title><link>{coded}</link>"
            f"<image><url>{coded}</url></image>"
            f"<item><title>{name} rss</title><link>{coded}</link><guid>{coded}</guid><comments>{coded}</comments>"
            f"<enclosure url='{coded}' type='audio/mpeg' length='1'/><source url='{coded}'>x</source>"
            f"<description>{inside} rss</description></item></channel></rss>"
        ).encode(),
    )
    yield (
        "atom",
        (
            f"<feed xmlns='http://www.w3.org/2005/Atom' xml:base='{coded}'><title>{name} atom</title><id>{coded}</id>"
            f"<link href='{coded}'/><logo>{coded}</logo><entry><title>{name} atom</title><id>{coded}</id>"
            f"<link href='{coded}'/><link rel='enclosure' href='{coded}'/>"
            f"<author><name>x</name><uri>{coded}</uri></author>"
            f"<content type='html'>{inside} atom</content></entry></feed>"
        ).encode(),
    )
    item = {"id": f"{url} json", "url": url, "external_url": url, "title": f"{name} json", "image": url}
    item |= {"content_html": markup, "attachments": [{"url": url, "mime_type": "audio/mpeg"}]}
    item |= {"authors": [{"name": "x", "url": url, "avatar": url}], "banner_image": url}
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": f"{name} json", "home_page_url": url}
    yield "json", json.dumps(feed | {"icon": url, "favicon": url, "feed_url": url, "items": [item]}).encode()


@pytest.fixture(scope="module")
def output() -> Output:
    return written({name: [url] for name, url in CASES.items()}, documents)


@pytest.mark.hostile(*CASES)
def test_no_output_holds_an_address_that_is_not_of_the_web(output: Output) -> None:
    found = [(name, kind) for name, page in output.pages() for kind in kinds(page) if " address " in kind]
    for name, data in output.files.items():
        if name.endswith((".xml", ".opml")):
            for element in etree.fromstring(data, etree.XMLParser(resolve_entities=False)).iter():
                found += [(name, v) for k, v in element.attrib.items() if k in ADDRESSES and not SAFE.match(v)]
                if etree.QName(element).localname in {"link", "uri", "url", "comments", "icon", "logo"}:
                    found += [(name, element.text)] if not SAFE.match((element.text or "").strip()) else []
        elif name.endswith(".json"):
            found += [
                (name, v) for k, v in strings(json.loads(data)) if k.endswith(("url", "link")) and not SAFE.match(v)
            ]
        elif name.endswith(".md"):
            targets = re.findall(r"\]\(<?([^)>\s]*)", data.decode())
            found += [(name, target) for target in targets if not SAFE.match(target)]
    assert found == []


@pytest.mark.parametrize("name", [pytest.param(name, id=name, marks=pytest.mark.hostile(name)) for name in CASES])
def test_the_entry_is_there_with_a_web_address_or_none(name: str, output: Output) -> None:
    items = [one for one in json.loads(output.files["feed.json"])["items"] if one["title"].startswith(name)]
    assert items
    for one in items:
        links = [one.get("url"), one.get("image"), *(file["url"] for file in one.get("attachments", ()))]
        assert all(link is None or (is_http(link) and link.isprintable() and " " not in link) for link in links)
        assert all("@" not in (link or "") for link in links)
