"""JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1), and its near misses, -> ParsedFeed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Final

from aggregator.dates import parse_date
from aggregator.errors import ParseError
from aggregator.parse import jsonlarge
from aggregator.parse.element import Person, joined, seconds
from aggregator.parse.entry import unique
from aggregator.parse.references import document_base, resolve
from aggregator.parse.xml import legal
from aggregator.records import Enclosure, Hints, ParsedEntry, ParsedFeed

_LARGE: Final = 2 << 20  # characters

_Object = Mapping[str, Any]


def read(text: str, url: str | None, most: int) -> ParsedFeed:
    """Read a JSON Feed; ParseError `not_feed` when it is other JSON or none. Of too many entries the first are kept, of
    those of a large document the newest.
    """
    feed, left_out = _load(text, most)
    version = _text(feed, "version") or ""
    items = feed.get("items", feed.get("entries"))
    if "jsonfeed.org" not in version and not (isinstance(items, list) and (version or "title" in feed)):
        raise ParseError("not_feed", "not a feed: JSON without a feed's version and items")
    entries = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    link = _url(feed, url, "home_page_url")
    base = document_base(url, link)
    language = _text(feed, "language")
    author = _author(feed)
    read_entries = tuple(_entry(item, base, language, author) for item in entries[:most])
    return ParsedFeed(
        lane="json",
        format="json",
        version=version.rstrip("/").rpartition("/")[2] or "1.1",
        encoding="utf-8",
        wellformed=True,
        reason="JSON",
        title=_html(_text(feed, "title")),
        link=link,
        id=_text(feed, "feed_url"),
        description=_text(feed, "description"),
        language=language,
        author=author.name,
        image=_url(feed, base, "icon"),
        icon=_url(feed, base, "favicon"),
        self_link=_url(feed, url, "feed_url"),
        hints=Hints(hubs=unique(_url(hub, base, "url") for hub in _objects(feed, "hubs"))),
        updated=max((one.updated for one in read_entries if one.updated), default=None),
        published=max((one.published for one in read_entries if one.published), default=None),
        entries=read_entries,
        left_out=left_out + len(entries) - len(entries[:most]),
    )


def _load(text: str, most: int) -> tuple[_Object, int]:
    """The object that the document is; of a large one only with its newest entries, and how many were left out."""
    try:
        if len(text) > _LARGE and text.lstrip()[:1] == "{":
            return jsonlarge.read(text, most)
        document = json.loads(text, strict=False)
    except RecursionError:
        raise ParseError("limit", "JSON nested too deeply") from None
    except ValueError as error:
        raise ParseError("not_feed", f"not a feed: broken JSON ({error})"[:200]) from None
    if not isinstance(document, dict):
        raise ParseError("not_feed", "not a feed: JSON that is no object")
    return document, 0


def _entry(item: _Object, base: str | None, language: str | None, feed_author: Person) -> ParsedEntry:
    author = _author(item)
    plain = _text(item, "content_text")
    attachments = [one for one in _objects(item, "attachments") if _url(one, base, "url")]
    enclosures = tuple(_enclosure(one, base) for one in attachments)
    link = _url(item, base, "url", "external_url") or next((one.url for one in enclosures), None)
    return ParsedEntry(
        id=_text(item, "id"),
        link=link,
        title=_text(item, "title"),
        title_is_text=True,
        summary=_html(_text(item, "summary")),
        content=_text(item, "content_html") or _html(plain),
        published=parse_date(_text(item, "date_published") or ""),
        updated=parse_date(_text(item, "date_modified") or ""),
        author=author.name or feed_author.name,
        categories=unique(_strings(item.get("tags"))),
        enclosures=enclosures,
        image=_url(item, base, "image", "banner_image"),
        language=_text(item, "language") or language,
        duration=next((time for one in attachments if (time := seconds(_text(one, "duration_in_seconds")))), None),
        base=link or base,
    )


def _enclosure(attachment: _Object, base: str | None) -> Enclosure:
    size = attachment.get("size_in_bytes")
    length = int(size) if isinstance(size, int | float) and 0 <= size < 1e15 else None
    return Enclosure(_url(attachment, base, "url") or "", _text(attachment, "mime_type"), length)


def _author(holder: _Object) -> Person:
    """`authors` of 1.1 and `author` of 1.0; a name alone is taken for a person."""
    people: list[object] = []
    for key in ("authors", "author"):
        value = holder.get(key)
        people += value[:100] if isinstance(value, list) else [value]
    return joined([Person(_text(one, "name") if isinstance(one, dict) else _clean(one), None) for one in people])


def _objects(holder: _Object, key: str) -> Iterable[_Object]:
    value = holder.get(key)
    return [one for one in value[:100] if isinstance(one, dict)] if isinstance(value, list) else []


def _strings(value: object) -> list[str | None]:
    if isinstance(value, str):
        return list(value.split(","))
    return [_clean(one) for one in value[:200]] if isinstance(value, list) else []


def _text(holder: _Object, key: str) -> str | None:
    return _clean(holder.get(key))


def _clean(value: object) -> str | None:
    """A string, or a number as one (ids are often numbers); None for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return legal(str(value)).strip() or None
    except ValueError:  # an integer of thousands of digits
        return None


def _html(text: str | None) -> str | None:
    return escape(text, quote=False) if text else None


def _url(holder: _Object, base: str | None, *keys: str) -> str | None:
    return next((url for key in keys if (url := resolve(base, _text(holder, key)))), None)
