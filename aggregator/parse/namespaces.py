"""One name for each element of the vocabularies that feeds use, however its namespace is spelled.

`{http://purl.org/dc/elements/1.1/}creator` and `dc:creator` with an undeclared prefix are both `dc:creator`;
RSS's own elements have plain names, those of Atom 0.3 and 1.0 begin with `atom:`. Names are in lower case.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

ATOM: Final = "http://www.w3.org/2005/Atom"
ATOM03: Final = "http://purl.org/atom/ns#"

_RSS: Final = (
    "purl.org/rss/1.0 my.netscape.com/rdf/simple/0.9 channel.netscape.com/rdf/simple/0.9 backend.userland.com/rss "
    "backend.userland.com/rss2 backend.userland.com/rss091 backend.userland.com/rss092 purl.org/net/rss1.1 "
    "blogs.law.harvard.edu/tech/rss cyber.law.harvard.edu/rss/rss.html purl.org/rss/2.0 "
    "www.rssboard.org/rss-specification"
)
_PREFIXES: Final = {
    **dict.fromkeys(_RSS.split(), ""),
    "www.w3.org/2005/atom": "atom",
    "purl.org/atom/ns": "atom",
    "purl.org/dc/elements/1.1": "dc",
    "purl.org/dc/elements/1.0": "dc",
    "purl.org/dc/terms": "dcterms",
    "purl.org/rss/1.0/modules/dc": "dc",
    "purl.org/rss/1.0/modules/dcterms": "dcterms",
    "purl.org/rss/1.0/modules/content": "content",
    "purl.org/rss/1.0/modules/syndication": "sy",
    "www.itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "example.com/dtds/podcast-1.0.dtd": "itunes",
    "www.google.com/schemas/play-podcasts/1.0": "googleplay",
    "www.google.com/schemas/play-podcasts/1.0/play-podcasts.xsd": "googleplay",
    "search.yahoo.com/mrss": "media",
    "video.search.yahoo.com/mrss": "media",
    "rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "www.pheedo.com/namespace/pheedo": "pheedo",
    "www.w3.org/1999/xhtml": "xhtml",
    "www.w3.org/1999/02/22-rdf-syntax-ns": "rdf",
    "webns.net/mvcb": "admin",
    "purl.org/syndication/history/1.0": "fh",
    "www.w3.org/xml/1998/namespace": "xml",
}


@lru_cache(maxsize=4096)
def name_of(tag: str) -> str:
    """The short name of an lxml tag; an element of no known vocabulary keeps its namespace: `{uri}local`."""
    if tag[0] != "{":
        return tag.lower()
    uri, _, local = tag[1:].partition("}")
    prefix = _PREFIXES.get(_key(uri))
    if prefix is None:
        return tag
    return f"{prefix}:{local.lower()}" if prefix else local.lower()


def _key(uri: str) -> str:
    return uri.strip().lower().removeprefix("http://").removeprefix("https://").rstrip("/#")
