"""The tolerant lane: whatever no XML parser reads -> ParsedFeed. The only door to feedparser.

feedparser gets a BytesIO only (it takes bytes for a file name and text for a URL), clean UTF-8 without a DOCTYPE,
and no address of the document, so that guids stay as they are written; links are resolved here.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Final, Literal

from aggregator.dates import parse_date
from aggregator.errors import ParseError
from aggregator.parse.element import VOID, Person, joined, person, seconds, whole_number
from aggregator.parse.entry import unique
from aggregator.parse.references import document_base, is_permalink, resolve
from aggregator.records import Enclosure, ParsedEntry, ParsedFeed

MOST_ATTRIBUTES: Final = 5_000
DEEPEST: Final = 2_000
MOST_CATEGORIES: Final = 20_000
LONGEST: Final = 4 << 20
NOTHING: Final = "not a feed: neither RSS, Atom, RDF nor JSON Feed in it"
_HEAD: Final = 10_000

_ENTRY = re.compile(r"<(?:[A-Za-z]+:)?(?:item|entry)\b", re.IGNORECASE)
_ENTRY_END = re.compile(r"</(?:[A-Za-z]+:)?(?:item|entry)\s*>", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([A-Za-z][\w:.-]{0,99})[^<>]*?(/?)>")
_CATEGORY = re.compile(r"<(?:\w+:)?(?:category|subject)\b", re.IGNORECASE)
_CDF = re.compile(r"<CHANNEL[\s>]")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_HEADERS: Final = {"content-type": "application/xml; charset=utf-8"}

_Values = Mapping[str, Any]


def read(text: str, url: str | None, most: int) -> ParsedFeed:
    """Read a broken or rare document; ParseError `not_feed` when nothing in it is a feed, `limit` when it would
    take seconds. Of a document over 4 Mi characters the first entries are read, `left_out` counts the others.
    """
    if "<" not in text:  # a notice, a table: feedparser would be loaded to find nothing in it
        raise ParseError("not_feed", NOTHING)
    _refuse_excess(text)
    text, left_out = _shortened(text)
    parsed = _parse(_DECLARATION.sub("", text))
    version = str(parsed.get("version") or "")
    entries = list(parsed.get("entries") or [])
    feed = parsed.get("feed") or {}
    if not version and not entries and not (feed and _CDF.search(text[:_HEAD])):
        raise ParseError("not_feed", NOTHING)
    link = resolve(url, _text(feed, "link"))
    base = document_base(url, link)
    author = _author(feed)
    kept = entries[:most]
    return ParsedFeed(
        lane="tolerant",
        format=_format(version),
        version=version,
        encoding=None,
        wellformed=not parsed.get("bozo"),
        title=_text(feed, "title"),
        link=link,
        id=_text(feed, "id"),
        description=_text(feed, "subtitle"),
        language=_text(feed, "language"),
        author=author.name,
        author_email=author.email,
        updated=parse_date(_text(feed, "updated") or ""),
        published=parse_date(_text(feed, "published") or ""),
        image=resolve(base, _text(feed.get("image") or {}, "href") or _text(feed, "logo")),
        icon=resolve(base, _text(feed, "icon")),
        categories=_categories(feed),
        self_link=next((resolve(base, _text(one, "href")) for one in _links(feed, "self")), None),
        generator=_text(feed, "generator"),
        copyright=_text(feed, "rights"),
        entries=tuple(_entry(values, base, version, feed) for values in kept),
        left_out=left_out + len(entries) - len(kept),
    )


def _parse(text: str) -> _Values:
    import feedparser  # noqa: PLC0415 (with what it needs 3 MiB and 30 ms, for a reading process that meets such a document)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            parsed: _Values = feedparser.parse(
                io.BytesIO(text.encode("utf-8")),
                response_headers=_HEADERS,
                sanitize_html=False,
                resolve_relative_uris=False,
            )
        except Exception as error:  # feedparser raises whatever its input makes it stumble over
            raise ParseError("not_feed", f"not a feed: unreadable ({type(error).__name__})") from error
    return parsed


def _refuse_excess(text: str) -> None:
    """feedparser is quadratic in the attributes of one tag and in the categories of one feed."""
    if any(piece.count("=") > MOST_ATTRIBUTES for piece in text.split("<") if len(piece) > 2 * MOST_ATTRIBUTES):
        raise ParseError("limit", f"a tag with more than {MOST_ATTRIBUTES:,} attributes")
    if _depth(text) > DEEPEST:
        raise ParseError("limit", f"elements nested more than {DEEPEST:,} deep")
    if len(_CATEGORY.findall(text)) > MOST_CATEGORIES:
        raise ParseError("limit", f"more than {MOST_CATEGORIES:,} categories in a broken document")


def _depth(text: str) -> int:
    """How deep the elements nest, as far as a broken document lets one say."""
    depth = deepest = 0
    for end, name, closed in _TAG.findall(text):
        if end:
            depth = max(0, depth - 1)
        elif not closed and name.lower() not in VOID:
            depth += 1
            deepest = max(deepest, depth)
    return deepest


def _shortened(text: str) -> tuple[str, int]:
    shorter = beginning(text)
    if shorter is None:
        raise ParseError("limit", "a broken document with an entry of more than 4 MiB")
    return shorter


def beginning(text: str) -> tuple[str, int] | None:
    """The whole entries of the first 4 Mi characters and how many there are beyond; None where not one is whole."""
    if len(text) <= LONGEST:
        return text, 0
    end = max((match.end() for match in _ENTRY_END.finditer(text, 0, LONGEST)), default=0)
    return (text[:end], len(_ENTRY.findall(text, end))) if end else None


def _format(version: str) -> Literal["rss", "atom"]:
    return "atom" if version.startswith("atom") else "rss"


def _entry(values: _Values, base: str | None, version: str, feed: _Values) -> ParsedEntry:
    is_atom = version.startswith("atom")
    enclosures = _enclosures(values, base)
    link = _link(values, base, is_atom=is_atom) or next((one.url for one in enclosures), None)
    content = next((_html(one) for one in values.get("content") or ()), None)
    summary = _html(values.get("summary_detail") or {})
    title = values.get("title_detail") or {}
    author = _author(values)
    if is_atom and not author.name:
        author = _author(feed)  # RFC 4287 section 4.2.1
    published = _text(values, "published") or _text(values, "created")
    if not published and not is_atom:
        published = _text(values, "updated")  # where feedparser puts dc:date
    return ParsedEntry(
        id=_text(values, "id"),
        link=link,
        title=_text(title, "value"),
        title_is_text=is_atom and title.get("type") == "text/plain",
        summary=None if summary == content else summary,
        content=content,
        published=parse_date(published or ""),
        updated=parse_date(_text(values, "updated") or ""),
        author=author.name,
        author_email=author.email,
        categories=_categories(values),
        enclosures=enclosures,
        comments=resolve(base, _text(values, "comments")),
        image=_image(values, base),
        language=_text(feed, "language"),
        source_title=_text(values.get("source") or {}, "title"),
        source_id=_text(values.get("source") or {}, "id"),
        rights=_html(values.get("rights_detail") or {}),
        duration=seconds(_text(values, "itunes_duration")),
        base=link or base,
    )


def _link(values: _Values, base: str | None, *, is_atom: bool) -> str | None:
    """The entry's own link: feedparser offers any id in its place, where only an RSS guid may be a permalink."""
    if original := _text(values, "feedburner_origlink"):
        return resolve(base, original)
    link = _text(values, "link")
    is_id = link == _text(values, "id") and not _links(values, "alternate")
    return None if is_id and (is_atom or not is_permalink(link)) else resolve(base, link)


def _html(detail: _Values) -> str | None:
    value = _text(detail, "value")
    return escape(value, quote=False) if value and detail.get("type") == "text/plain" else value


def _author(values: _Values) -> Person:
    people = [Person(_text(one, "name"), _text(one, "email")) for one in values.get("authors") or () if one]
    written = person(_text(values, "author"))  # feedparser cuts long top-level domains off the addresses in it
    return joined(people) if len(people) > 1 or not (written.name or written.email) else written


def _categories(values: _Values) -> tuple[str, ...]:
    return unique(_text(tag, "label") or _text(tag, "term") for tag in values.get("tags") or ())


def _links(values: _Values, rel: str) -> Iterable[_Values]:
    return [one for one in values.get("links") or () if one.get("rel") == rel and one.get("href")]


def _enclosures(values: _Values, base: str | None) -> tuple[Enclosure, ...]:
    found: dict[str, Enclosure] = {}
    for one in values.get("enclosures") or ():
        if url := resolve(base, _text(one, "href")):
            found.setdefault(url, Enclosure(url, _text(one, "type"), whole_number(_text(one, "length"))))
    return tuple(found.values())


def _image(values: _Values, base: str | None) -> str | None:
    image = values.get("image") or {}
    thumbnails = values.get("media_thumbnail") or [{}]
    return resolve(base, _text(image, "href") or _text(thumbnails[0], "url"))


def _text(values: _Values, key: str) -> str | None:
    # `get` of feedparser's dictionary maps missing keys to others (updated to published): ask the plain one.
    value = dict.get(values, key) if isinstance(values, dict) else None
    return value.strip() or None if isinstance(value, str) else None
