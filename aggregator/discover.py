"""The feed behind a page: what its link elements offer."""

from __future__ import annotations

from codecs import getincrementaldecoder
from dataclasses import dataclass

from lxml import etree
from lxml import html as lxml_html

from aggregator.urls import absolute, is_http

_TYPES = {
    "application/atom+xml": 0,
    "application/rss+xml": 0,
    "application/feed+json": 1,
    "application/rdf+xml": 1,
    "application/json": 2,
    "application/xml": 3,
    "text/xml": 3,
}
_MOST_READ = 2**20
_NOT_A_FEED = "/wp-json/"  # WordPress offers its programming interface as an alternate of every page


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A feed that a page offers: absolute URL, and the title that the page gives it."""

    url: str
    title: str


def feed_links(page: bytes, url: str) -> list[FeedLink]:
    """The feeds named by `link rel=alternate` (RSS autodiscovery), posts before comments, in the page's order."""
    head = page[:_MOST_READ]
    parser = lxml_html.HTMLParser(encoding=_coding(head))
    try:
        document = lxml_html.document_fromstring(head, base_url=url, parser=parser)
    except (etree.LxmlError, ValueError):
        return []
    base_element = document.find(".//base")
    base = absolute(url, (base_element.get("href") if base_element is not None else None) or url) or url
    found: list[tuple[int, int, FeedLink]] = []
    for number, link in enumerate(document.iter("link")):
        kind = (link.get("type") or "").partition(";")[0].strip().lower()
        if "alternate" not in (link.get("rel") or "").lower().split() or kind not in _TYPES:
            continue
        target, title = absolute(base, (link.get("href") or "").strip()), link.get("title") or ""
        if target and is_http(target) and _NOT_A_FEED not in target:
            comments = 10 if "comment" in f"{target} {title}".lower() else 0
            found.append((comments + _TYPES[kind], number, FeedLink(target, title)))
    return [link for _, _, link in sorted(found, key=lambda row: row[:2])]


def _coding(head: bytes) -> str | None:
    """UTF-8 where the bytes are that; else what the page says of itself."""
    try:
        getincrementaldecoder("utf-8")().decode(head)  # a character that the limit has cut is no mistake
    except UnicodeDecodeError:
        return None
    return "utf-8"
