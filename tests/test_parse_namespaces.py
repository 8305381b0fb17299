"""One name for each element, however its namespace is spelled."""

from __future__ import annotations

import pytest

from aggregator.parse.namespaces import name_of


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("pubDate", "pubdate"),
        ("dc:creator", "dc:creator"),
        ("{http://purl.org/rss/1.0/}item", "item"),
        ("{http://my.netscape.com/rdf/simple/0.9/}title", "title"),
        ("{http://www.w3.org/2005/Atom}entry", "atom:entry"),
        ("{https://www.w3.org/2005/Atom/}entry", "atom:entry"),
        ("{http://purl.org/atom/ns#}feed", "atom:feed"),
        ("{http://purl.org/dc/elements/1.0/}date", "dc:date"),
        ("{http://www.itunes.com/DTDs/Podcast-1.0.dtd}author", "itunes:author"),
        ("{http://search.yahoo.com/mrss}thumbnail", "media:thumbnail"),
        ("{urn:unknown}Thing", "{urn:unknown}Thing"),
    ],
)
def test_name_of(tag: str, name: str) -> None:
    assert name_of(tag) == name
