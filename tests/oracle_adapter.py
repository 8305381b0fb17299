"""The parser as the oracle suites ask for it: `parse(data, url, headers)` -> plain values, as parsed and normalized,
before sanitizing, cleaning of links and boilerplate."""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import Any

from lxml import etree

from aggregator.entries.normalize import title_for
from aggregator.errors import ParseError
from aggregator.html import text_of
from aggregator.parse.feed import identified
from aggregator.parse.feed import parse as parse_feed
from aggregator.records import ParsedEntry, ParsedFeed


def parse(data: bytes, url: str | None, headers: dict[str, str] | None) -> dict[str, Any]:
    content_type = {name.lower(): value for name, value in (headers or {}).items()}.get("content-type")
    try:
        feed = identified(parse_feed(data, url=url, content_type=content_type), url)
    except ParseError as error:
        return {"ok": False, "error": str(error), "wellformed": _is_xml(data), "feed": {}, "entries": []}
    return {
        "ok": True,
        "wellformed": feed.wellformed,
        "format": feed.format,
        "version": feed.version,
        "encoding": feed.encoding,
        "feed": _feed(feed),
        "entries": [_entry(entry) for entry in feed.entries],
    }


def _is_xml(data: bytes) -> bool:
    """A document that is no feed may be well-formed all the same."""
    try:
        etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return False
    return True


def _feed(feed: ParsedFeed) -> dict[str, Any]:
    names = "title link id description language author author_email image icon self_link generator copyright"
    values = {name: getattr(feed, name) for name in names.split()}
    values |= {"author_name": feed.author, "author_raw": _raw(feed.author, feed.author_email)}
    values |= {"updated": _date(feed.updated), "published": _date(feed.published)}
    return values | {"categories": list(feed.categories) or None}


def _entry(entry: ParsedEntry) -> dict[str, Any]:
    texts = "id link title summary content author author_email comments image language"
    names = f"{texts} source_title source_id rights duration"
    values = {name: getattr(entry, name) for name in names.split()}
    if not entry.title:
        values["title"] = title_for(text_of(entry.content or entry.summary or ""), entry.enclosures, entry.link)
    elif entry.title_is_text:
        values["title"] = escape(entry.title, quote=False)
    values |= {"author_name": entry.author, "author_raw": _raw(entry.author, entry.author_email)}
    values |= {"published": _date(entry.published), "updated": _date(entry.updated)}
    values |= {"date": _date(entry.published or entry.updated), "body": entry.content or entry.summary}
    values |= {"categories": list(entry.categories) or None}
    return values | {"enclosures": [enclosure.url for enclosure in entry.enclosures] or None}


def _raw(name: str | None, email: str | None) -> str | None:
    return f"{email} ({name})" if name and email else name or email


def _date(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
