"""The feed behind a page: what its link elements offer."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree
from lxml import html as lxml_html

from aggregator.urls import absolute, is_http

_TYPES = {
    "application/atom+xml": 0, "application/rss+xml": 0, "application/feed+json": 1, "application/rdf+xml": 1,
    "application/json": 2, "application/xml": 3, "text/xml": 3,
}
_MOST_READ = 2**20


@dataclass(frozen=True, slots=True)
class FeedLink:
    """A feed that a page offers: absolute URL, and the title that the page gives it."""

    url: str
    title: str


def feed_links(page: bytes, url: str) -> list[FeedLink]:
    """The feeds named by `link rel=alternate` (RSS autodiscovery), posts before comments, in the page's order."""
    try:
        document = lxml_html.document_fromstring(page[:_MOST_READ], base_url=url)
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
        if target and is_http(target):
            comments = 10 if "comment" in f"{target} {title}".lower() else 0
            found.append((comments + _TYPES[kind], number, FeedLink(target, title)))
    return [link for _, _, link in sorted(found, key=lambda row: row[:2])]
