"""The merged feed as Atom (RFC 4287, with RFC 5005 archives and RFC 6721 tombstones) and as RSS 2.0.

The only door to feedgen, which writes the head of a document, completed through one registered extension. Entries
are many, and written here as text: a tenth of the time, and one that several documents show is written once. What
all forms of the feed show alike is made by `shown` (merged.py). No I/O and no clock: the same record gives the same
bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from email.utils import format_datetime
from functools import lru_cache, partial
from html import escape
from typing import Any, TypeVar

from feedgen.feed import FeedGenerator
from lxml import etree

from aggregator import __version__
from aggregator.records import FORGOTTEN, Enclosure, MergedEntry, MergedFeed
from aggregator.render.merged import UNKNOWN_TYPE, Once, second, shown, stamp

_GENERATOR = "fow-aggregator"
_TTL = 60  # minutes
_SOURCES = 1024  # of which it is known how they are written

_ATOM = "http://www.w3.org/2005/Atom"
_HISTORY = "http://purl.org/syndication/history/1.0"
_DELETED = "http://purl.org/atompub/tombstones/1.0"
_DUBLIN_CORE = "http://purl.org/dc/elements/1.1/"
T = TypeVar("T")
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


def _with_entries(document: bytes, entries: bytes, before: bytes) -> bytes:
    head, end, tail = document.rpartition(before)
    return head + entries + end + tail


def _text(value: str) -> str:
    """Character data of an element (XML 1.0, section 2.4), its carriage returns kept (section 2.11)."""
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def _attribute(value: str) -> str:
    """The value of an attribute, its white space kept (XML 1.0, section 3.3.3)."""
    return _text(value).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")


# --- Atom ----------------------------------------------------------------------------------------------------


def atom(feed: MergedFeed, once: Once | None = None) -> bytes:
    """The feed as an Atom document (RFC 4287), UTF-8.

    With `current_url` it is an archive document, without it the subscription document, whose `prev_archive` is the
    newest archive (RFC 5005 section 4). Tombstones become `at:deleted-entry` (RFC 6721). The order of `entries` is
    kept. Times must be aware. `once` remembers what other documents of a publication show as well.
    """
    once = once or Once()
    entries = (once.written(entry, atom_entry) for entry in shown(feed, once).entries)
    return b"".join(atom_parts(feed, entries))


def atom_parts(feed: MergedFeed, entries: Iterable[T]) -> tuple[bytes | T, ...]:
    """The same in parts, of a feed with these entries: made by `atom_entry`, or what stands for such bytes."""
    feed = shown(replace(feed, entries=()))
    document = _document(feed)
    document.author({"name": feed.title})
    document.ours.namespaces = {"fh": _HISTORY} if feed.current_url else {}
    if feed.tombstones:
        document.ours.namespaces["at"] = _DELETED
    document.ours.write = partial(_finish_atom, feed)
    head, end, tail = _styled(document.atom_str(pretty=True), feed.style).rpartition(b"</feed>")
    return (head, *entries, end, tail)


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


def atom_entry(entry: MergedEntry) -> bytes:
    """One entry (as `shown` made it) as it stands in a document, with its indent and a newline."""
    language = f' xml:lang="{_attribute(entry.language)}"' if entry.language else ""
    lines = [
        f"  <entry{language}>",
        f"    <id>{_text(entry.id)}</id>",
        f'    <title type="text">{_text(entry.title)}</title>',
        f"    <updated>{stamp(entry.updated)}</updated>",
        f"    <author>\n      <name>{_text(entry.author or '')}</name>\n    </author>",
        f'    <content type="html">{_text(entry.content)}</content>',
    ]
    if entry.excerpt:
        lines.append(f'    <summary type="text">{_text(entry.excerpt)}</summary>')
    lines += [f'    <category term="{_attribute(term)}"/>' for term in entry.categories]
    lines.append(f"    <published>{stamp(entry.published)}</published>")
    if entry.link:
        lines.append(f'    <link rel="alternate" href="{_attribute(entry.link)}"/>')
    lines += [line for copy in entry.copies for line in _entry_link("via", copy.link, title=copy.source.title)]
    lines += [line for one in entry.related for line in _entry_link("related", one.link, title=one.title)]
    lines += [line for one in entry.enclosures for line in _enclosure(one)]
    if source := entry.source:
        before, after = _around_updated(source.id, source.title, source.feed_url, source.site)
        lines.append(before + (f"      <updated>{stamp(source.updated)}</updated>\n" if source.updated else "") + after)
    lines.append("  </entry>\n")
    return "\n".join(lines).encode()


def _enclosure(one: Enclosure) -> Iterator[str]:
    return _entry_link("enclosure", one.url, type=one.type, length=str(one.length) if one.length else None)


def _entry_link(rel: str, href: str | None, *, indent: str = "    ", **more: str | None) -> Iterator[str]:
    """An Atom link with all its attributes; without `href` none."""
    if href:
        given = {"rel": rel, "href": href, **{name: value for name, value in more.items() if value}}
        attributes = " ".join(f'{name}="{_attribute(value)}"' for name, value in given.items())
        yield f"{indent}<link {attributes}/>"


@lru_cache(maxsize=_SOURCES)
def _around_updated(name: str | None, title: str, feed_url: str | None, site: str | None) -> tuple[str, str]:
    """An `atom:source` before and after its time, which alone differs between the entries of a source."""
    before = "    <source>\n"
    if name:
        before += f"      <id>{_text(name)}</id>\n"
    links = (*_entry_link("self", feed_url, indent="      "), *_entry_link("alternate", site, indent="      "))
    return before + f'      <title type="text">{_text(title)}</title>\n', "\n".join((*links, "    </source>"))


# --- RSS -----------------------------------------------------------------------------------------------------


def rss(feed: MergedFeed, *, self_url: str, once: Once | None = None) -> bytes:
    """The feed as an RSS 2.0 document, UTF-8, with the ids of the Atom form as guids; `self_url` is its address.

    An entry has its first enclosure only (RSS 2.0 allows one), and `source` unless the source is private. Archive
    links, tombstones and the links of a story are Atom's alone.
    """
    once = once or Once()
    feed = shown(feed, once)
    document = _document(feed)
    document.description(feed.title)
    document.docs("")
    document.ttl(_TTL)
    document.link(href=self_url, rel="self", type="application/rss+xml")
    document.link(href=feed.link, rel="alternate")  # the last one is feedgen's <link>
    document.ours.namespaces = {"dc": _DUBLIN_CORE}
    document.ours.write = partial(_finish_rss, feed)
    items = b"".join(map(_rss_item, feed.entries))
    return _styled(_with_entries(document.rss_str(pretty=True), items, b"  </channel>"), feed.style)


def _finish_rss(feed: MergedFeed, root: etree._Element) -> None:
    if feed.hub:
        etree.SubElement(root[0], f"{{{_ATOM}}}link", rel="hub", href=feed.hub)


def _rss_item(entry: MergedEntry) -> bytes:
    source, content = entry.source, _text(entry.content)
    lines = [
        "    <item>",
        f"      <title>{_text(entry.title)}</title>",
        *([f"      <link>{_text(entry.link)}</link>"] if entry.link else []),
        *(_described(entry.excerpt, content) if entry.excerpt else [f"      <description>{content}</description>"]),
        f'      <guid isPermaLink="false">{_text(entry.id)}</guid>',
        *(f"      <category>{_text(term)}</category>" for term in entry.categories),
        *(
            f'      <enclosure url="{_attribute(one.url)}" length="{one.length or 0}" '
            f'type="{_attribute(one.type or UNKNOWN_TYPE)}"/>'
            for one in entry.enclosures[:1]
        ),
        *(
            [f'      <source url="{_attribute(source.feed_url)}">{_text(source.title)}</source>']
            if source and source.feed_url
            else []
        ),
        f"      <pubDate>{format_datetime(second(entry.published), usegmt=True)}</pubDate>",
        f"      <dc:creator>{_text(entry.author or '')}</dc:creator>",
        "    </item>\n",
    ]
    return "\n".join(lines).encode()


def _described(words: str, content: str) -> Iterator[str]:
    """The few words as HTML, which a description is, beside the content in full."""
    yield f"      <description>{_text(escape(words, quote=False))}</description>"
    yield f"      <content:encoded>{content}</content:encoded>"
