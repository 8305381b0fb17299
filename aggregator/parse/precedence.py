"""What each field is taken from, best first: the tables that `docs/normalization.md` shows as a page.

Most entries of a document have the same few elements. `narrowed` remembers for each such shape which elements of
each table are there at all, so that reading an entry asks for nothing that it does not hold.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

ID: Final = ("guid", "atom:id", "dc:identifier")
ORIGINAL_LINK: Final = ("feedburner:origlink", "pheedo:origlink")
TITLE: Final = ("title", "atom:title", "dc:title", "media:title", "itunes:title")
SUMMARY: Final = (
    "description",
    "atom:summary",
    "summary",
    "dc:description",
    "dcterms:abstract",
    "itunes:summary",
    "googleplay:description",
    "media:description",
    "itunes:subtitle",
)
CONTENT: Final = ("content:encoded", "atom:content", "xhtml:body", "content", "fullitem", "fulltext", "body")
PUBLISHED: Final = (
    "pubdate",
    "atom:published",
    "atom:issued",
    "dcterms:issued",
    "dc:date",
    "dcterms:created",
    "dcterms:date",
    "atom:created",
    "date",
    "published",
)
UPDATED: Final = ("atom:updated", "atom:modified", "dcterms:modified", "lastbuilddate", "updated", "dc:date")
AUTHOR: Final = (
    "author",
    "atom:author",
    "dc:creator",
    "dc:author",
    "managingeditor",
    "itunes:author",
    "googleplay:author",
)
RIGHTS: Final = ("atom:rights", "atom:copyright", "dc:rights", "dcterms:rights", "copyright", "media:copyright")
CATEGORIES: Final = ("category", "atom:category", "dc:subject", "media:category", "itunes:category", "itunes:keywords")
LANGUAGE: Final = ("dc:language", "language")
SOURCE: Final = ("atom:source", "source", "dc:source")
MEDIA: Final = (
    "media:group",
    "media:content",
    "media:thumbnail",
    "media:player",
    "media:title",
    "media:description",
    "itunes:image",
    "googleplay:image",
    "itunes:link",
    "enclosure",
    "image",
    "thumbnail",
)

ENCLOSURES: Final = ("enclosure", "atom:link")
REPLIES: Final = ("comments", "atom:link")
DURATION: Final = ("itunes:duration",)

FEED_DESCRIPTION: Final = (
    "description",
    "atom:subtitle",
    "atom:tagline",
    "dc:description",
    "itunes:summary",
    "googleplay:description",
    "itunes:subtitle",
)
FEED_UPDATED: Final = ("lastbuilddate", "atom:updated", "atom:modified", "dcterms:modified", "dc:date")
FEED_PUBLISHED: Final = ("pubdate", "atom:published", "dcterms:issued", "dcterms:created", "dc:date")
FEED_AUTHOR: Final = (
    "managingeditor",
    "author",
    "atom:author",
    "dc:creator",
    "dc:author",
    "itunes:author",
    "googleplay:author",
    "webmaster",
)
FEED_CATEGORIES: Final = ("category", "atom:category", "dc:subject", "itunes:category", "itunes:keywords")
FEED_COPYRIGHT: Final = ("copyright", "atom:rights", "atom:copyright", "dc:rights", "dcterms:rights", "media:copyright")
FEED_LANGUAGE: Final = ("language", "dc:language", "lang", "atom:lang")

_USUAL_SHAPE: Final = 64


class Tables(NamedTuple):
    """The tables of an entry, holding only the elements that are there."""

    id: tuple[str, ...]
    original_link: tuple[str, ...]
    title: tuple[str, ...]
    summary: tuple[str, ...]
    content: tuple[str, ...]
    published: tuple[str, ...]
    updated: tuple[str, ...]
    author: tuple[str, ...]
    rights: tuple[str, ...]
    categories: tuple[str, ...]
    language: tuple[str, ...]
    source: tuple[str, ...]
    media: tuple[str, ...]
    enclosures: tuple[str, ...]
    replies: tuple[str, ...]
    duration: tuple[str, ...]


_ALL: Final = Tables(
    ID,
    ORIGINAL_LINK,
    TITLE,
    SUMMARY,
    CONTENT,
    PUBLISHED,
    UPDATED,
    AUTHOR,
    RIGHTS,
    CATEGORIES,
    LANGUAGE,
    SOURCE,
    MEDIA,
    ENCLOSURES,
    REPLIES,
    DURATION,
)


def narrowed(names: tuple[str, ...]) -> Tables:
    """The tables for an entry that has elements of these names; a shape of very many is not worth remembering."""
    return _narrowed(names) if len(names) <= _USUAL_SHAPE else _narrow(names)


def _narrow(names: tuple[str, ...]) -> Tables:
    there = frozenset(names)
    return Tables(*(tuple(name for name in table if name in there) for table in _ALL))


_narrowed = lru_cache(maxsize=512)(_narrow)
