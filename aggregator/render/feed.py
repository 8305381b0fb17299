"""The merged feed as Atom (RFC 4287, with RFC 5005 archives and RFC 6721 tombstones) and as RSS 2.0.

The only door to feedgen, which writes what it writes rightly; the rest goes into its lxml elements through one
registered extension. What all forms of the feed show alike is made by `shown` (jsonfeed.py). No I/O and no clock:
the same record gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from email.utils import format_datetime
from functools import partial
from html import escape
from typing import Any

from feedgen.feed import FeedGenerator
from lxml import etree

from aggregator import __version__
from aggregator.records import FORGOTTEN, Attribution, MergedEntry, MergedFeed
from aggregator.render.merged import UNKNOWN_TYPE, second, shown, stamp

_GENERATOR = "fow-aggregator"
_TTL = 60  # minutes

_ATOM = "http://www.w3.org/2005/Atom"
_HISTORY = "http://purl.org/syndication/history/1.0"
_DELETED = "http://purl.org/atompub/tombstones/1.0"
_DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
_LANG = "{http://www.w3.org/XML/1998/namespace}lang"


# --- feedgen -------------------------------------------------------------------------------------------------


class _Extension:
    """What feedgen cannot say, written into its elements; it makes the instance, so `write` is given later."""

    def __init__(self) -> None:
        self.namespaces: dict[str, str] = {}
        self.write: Callable[[etree._Element], None] = lambda element: None

    def extend_ns(self) -> dict[str, str]:
        return self.namespaces

    def extend_atom(self, element: etree._Element) -> None:
        self.write(element)

    def extend_rss(self, element: etree._Element) -> None:
        self.write(element)


def _document(feed: MergedFeed) -> Any:
    """A feedgen feed with what Atom and RSS have in common."""
    document = FeedGenerator()
    document.register_extension("ours", _Extension, _Extension)
    document.id(feed.id)
    document.title(feed.title)
    document.updated(second(feed.updated))
    document.generator(_GENERATOR, version=__version__)
    return document


def _styled(document: bytes, style: str | None) -> bytes:
    """The document with a style sheet for people who open it in a browser (xml-stylesheet, W3C 2010); CSS, not XSLT."""
    head, end, body = document.partition(b"?>\n")
    sheet = f'<?xml-stylesheet type="text/css" href="{escape(style)}"?>\n'.encode() if style else b""
    return head + end + sheet + body


def _child(parent: etree._Element, name: str) -> etree._Element:
    return next(parent.iterchildren(name))


def _link(parent: etree._Element, rel: str, href: str | None, **more: str | None) -> None:
    """An Atom link with all its attributes (feedgen drops those of entry links); without `href` none."""
    if href:
        given = {name: value for name, value in more.items() if value}
        etree.SubElement(parent, "link", {"rel": rel, "href": href, **given})


# --- Atom ----------------------------------------------------------------------------------------------------


def atom(feed: MergedFeed) -> bytes:
    """The feed as an Atom document (RFC 4287), UTF-8.

    With `current_url` it is an archive document, without it the subscription document, whose `prev_archive` is the
    newest archive (RFC 5005 section 4). Tombstones become `at:deleted-entry` (RFC 6721). The order of `entries` is
    kept. Times must be aware.
    """
    feed = shown(feed)
    document = _document(feed)
    document.author({"name": feed.title})
    document.ours.namespaces = {"fh": _HISTORY} if feed.current_url else {}
    if feed.tombstones:
        document.ours.namespaces["at"] = _DELETED
    document.ours.write = partial(_finish_atom, feed)
    for entry in feed.entries:
        _add_to_atom(document, entry)
    return _styled(document.atom_str(pretty=True), feed.style)


def _finish_atom(feed: MergedFeed, root: etree._Element) -> None:
    _child(root, "title").set("type", "text")
    _child(root, "updated").text = stamp(feed.updated)
    _link(root, "self", feed.self_url, type="application/atom+xml")
    _link(root, "alternate", feed.link, type="text/html")
    _link(root, "hub", feed.hub)
    _link(root, "current", feed.current_url, type="application/atom+xml")
    _link(root, "prev-archive", feed.prev_archive, type="application/atom+xml")
    _link(root, "next-archive", feed.next_archive, type="application/atom+xml")
    if feed.current_url:
        etree.SubElement(root, f"{{{_HISTORY}}}archive")
    for gone in feed.tombstones:
        stone = etree.SubElement(root, f"{{{_DELETED}}}deleted-entry", ref=gone.id, when=stamp(gone.when))
        if gone.forgotten:
            etree.SubElement(stone, f"{{{_DELETED}}}comment").text = FORGOTTEN


def _add_to_atom(document: Any, entry: MergedEntry) -> None:
    element = document.add_entry(order="append")
    element.id(entry.id)
    element.title(entry.title)
    element.published(second(entry.published))
    element.updated(second(entry.updated))
    element.author({"name": entry.author})
    element.category([{"term": term} for term in entry.categories])
    element.content(entry.content, type="html")
    if entry.excerpt:
        element.summary(entry.excerpt)
    element.ours.write = partial(_finish_atom_entry, entry)


def _finish_atom_entry(entry: MergedEntry, element: etree._Element) -> None:
    if entry.language:
        element.set(_LANG, entry.language)
    for child in element.iterchildren("title", "summary"):
        child.set("type", "text")
    _child(element, "published").text = stamp(entry.published)
    _child(element, "updated").text = stamp(entry.updated)
    _link(element, "alternate", entry.link)
    for copy in entry.copies:
        _link(element, "via", copy.link, title=copy.source.title)
    for item in entry.enclosures:
        _link(element, "enclosure", item.url, type=item.type, length=str(item.length) if item.length else None)
    if entry.source:
        _add_source(element, entry.source)


def _add_source(entry: etree._Element, source: Attribution) -> None:
    element = etree.SubElement(entry, "source")
    if source.id:
        etree.SubElement(element, "id").text = source.id
    etree.SubElement(element, "title", type="text").text = source.title
    if source.updated:
        etree.SubElement(element, "updated").text = stamp(source.updated)
    _link(element, "self", source.feed_url)
    _link(element, "alternate", source.site)


# --- RSS -----------------------------------------------------------------------------------------------------


def rss(feed: MergedFeed, *, self_url: str) -> bytes:
    """The feed as an RSS 2.0 document, UTF-8, with the ids of the Atom form as guids; `self_url` is its address.

    An entry has its first enclosure only (RSS 2.0 allows one), and `source` unless the source is private. Archive
    links and tombstones are Atom's alone.
    """
    feed = shown(feed)
    document = _document(feed)
    document.description(feed.title)
    document.docs("")
    document.ttl(_TTL)
    document.link(href=self_url, rel="self", type="application/rss+xml")
    document.link(href=feed.link, rel="alternate")  # the last one is feedgen's <link>
    document.ours.namespaces = {"dc": _DUBLIN_CORE}
    document.ours.write = partial(_finish_rss, feed)
    for entry in feed.entries:
        _add_to_rss(document, entry)
    return _styled(document.rss_str(pretty=True), feed.style)


def _finish_rss(feed: MergedFeed, root: etree._Element) -> None:
    if feed.hub:
        etree.SubElement(root[0], f"{{{_ATOM}}}link", rel="hub", href=feed.hub)


def _add_to_rss(document: Any, entry: MergedEntry) -> None:
    item = document.add_entry(order="append")
    item.id(entry.id)
    item.title(entry.title)
    if entry.link:
        item.link(href=entry.link)
    if entry.excerpt:
        item.description(escape(entry.excerpt, quote=False))  # before content(), which it would overwrite
    item.content(entry.content)
    item.category([{"term": term} for term in entry.categories])
    for enclosure in entry.enclosures[:1]:
        item.enclosure(enclosure.url, enclosure.length or 0, enclosure.type or UNKNOWN_TYPE)
    if entry.source and entry.source.feed_url:
        item.source(url=entry.source.feed_url, title=entry.source.title)
    item.ours.write = partial(_finish_rss_item, entry)


def _finish_rss_item(entry: MergedEntry, item: etree._Element) -> None:
    """The date is written here because feedgen switches the locale of the whole process for each one."""
    etree.SubElement(item, "pubDate").text = format_datetime(second(entry.published), usegmt=True)
    etree.SubElement(item, f"{{{_DUBLIN_CORE}}}creator").text = entry.author
