"""One entry element of RSS or Atom -> ParsedEntry. The tuples of names are the precedence of each field.

`docs/normalization.md` shows the same precedence as a table.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from aggregator.dates import parse_date
from aggregator.parse import atom
from aggregator.parse.element import (
    Bases,
    Fields,
    Person,
    attribute,
    is_permalink,
    is_web,
    joined,
    language_of,
    language_tag,
    markup_of,
    person,
    seconds,
    text_of,
    whole_number,
)
from aggregator.parse.media import Media
from aggregator.parse.xml import Element
from aggregator.records import Enclosure, ParsedEntry

TITLE: Final = ("title", "atom:title", "dc:title", "media:title", "itunes:title")
SUMMARY: Final = (
    "description",
    "atom:summary",
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
ORIGINAL_LINK: Final = ("feedburner:origlink", "pheedo:origlink")
_RDF_ABOUT: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_YES: Final = frozenset({"true", "yes", "1"})
_MOST_CATEGORIES: Final = 200


def read(element: Element, bases: Bases, language: str | None, author: Person) -> ParsedEntry:
    """Read an entry; `language` and `author` are the feed's, for an entry that names none."""
    fields = Fields(element)
    links = atom.links(fields)
    media = Media(fields, bases)
    enclosures = _enclosures(fields, links, bases, media)
    link = _link(fields, links, bases) or media.player or next((one.url for one in enclosures), None)
    title, title_is_text = title_of(fields, bases)
    author = _author(fields, author)
    content = html_of(fields, CONTENT, bases)
    summary = html_of(fields, SUMMARY, bases) or media.description
    holder = next((child for _, child in fields.filled(*CONTENT, *SUMMARY)), element)
    return ParsedEntry(
        id=_id(fields),
        link=link,
        title=title or media.title,
        title_is_text=title_is_text,
        summary=summary,
        content=content,
        published=date_of(fields, PUBLISHED),
        updated=date_of(fields, UPDATED),
        author=author.name,
        author_email=author.email,
        categories=categories_of(fields, CATEGORIES),
        enclosures=enclosures,
        comments=_comments(fields, links, bases),
        image=media.image,
        language=_language(fields, holder) or language,
        source_title=_source(fields),
        source_id=next((source.text("atom:id", "id") for source in fields.within("atom:source")), None),
        rights=html_of(fields, RIGHTS, bases),
        duration=seconds(fields.text("itunes:duration")) or media.duration,
        base=bases.own(holder) or link or bases.url(element, "."),
    )


def _link(fields: Fields, links: list[atom.Link], bases: Bases) -> str | None:
    """The page of an entry: what a proxy replaced, RSS's link, Atom's, or a guid that is a permalink."""
    for _, child in fields.filled(*ORIGINAL_LINK):
        return bases.url(child, text_of(child))
    for child in reversed(fields.all("link")):
        if url := bases.url(child, text_of(child) or attribute(child, "href")):
            return url
    if page := atom.alternate(links):
        return bases.url(page.element, page.href)
    for _, child in fields.filled("guid"):
        url = text_of(child)
        if is_permalink(url) and (attribute(child, "ispermalink") or "true").lower() in _YES:
            return bases.url(child, url)
    about = fields.element.get(_RDF_ABOUT)
    return about if is_web(about) else None


def title_of(fields: Fields, bases: Bases) -> tuple[str | None, bool]:
    """The title and whether it is plain text."""
    for name, child in fields.filled(*TITLE):
        if name.startswith("atom:"):
            return atom.construct(child, bases)
        if title := markup_of(child, bases):
            return title, name.startswith(("itunes:", "media:"))
    return None, False


def html_of(fields: Fields, names: tuple[str, ...], bases: Bases) -> str | None:
    """The first of these that holds anything, as HTML."""
    for name, child in fields.filled(*names):
        html = atom.construct(child, bases).html if name.startswith("atom:") else markup_of(child, bases)
        if html:
            return html
    return None


def date_of(fields: Fields, names: tuple[str, ...]) -> datetime | None:
    """The first of these that is a date."""
    dates = (parse_date(text_of(child) or "") for _, child in fields.filled(*names))
    return next((date for date in dates if date), None)


def author_of(fields: Fields, names: tuple[str, ...] = AUTHOR) -> Person:
    """All authors that the first kind of element names; an address without a name goes with a later kind's name."""
    email = None
    for name in names:
        elements = fields.all(name)
        if not elements:
            continue
        found = joined([(atom.person_of if name.startswith("atom:") else _person)(child) for child in elements])
        email = email or found.email
        if found.name:
            return Person(found.name, email)
    return Person(None, email)


def _author(fields: Fields, default: Person) -> Person:
    """The entry's, else its source's, else the feed's (RFC 4287 section 4.2.1)."""
    author = author_of(fields)
    if author.name or author.email:
        return author
    sources = (author_of(source) for source in fields.within("atom:source"))
    return next((found for found in sources if found.name), default)


def _person(element: Element) -> Person:
    """An RSS author; some write Atom's name and email inside."""
    inner = Fields(element)
    if name := inner.text("name", "atom:name"):
        return Person(name, inner.text("email", "atom:email"))
    return person(text_of(element))


def categories_of(fields: Fields, names: tuple[str, ...]) -> tuple[str, ...]:
    """Each category once, in order; iTunes' keywords are one list with commas, its categories are attributes."""
    found: list[str | None] = []
    for name in names:
        for child in fields.all(name)[:_MOST_CATEGORIES]:
            if name == "itunes:keywords":
                found += (text_of(child) or "").split(",")
            elif name == "itunes:category":
                found += (attribute(part, "text") for part in child.iter())
            else:
                found.append(atom.category(child) if name == "atom:category" else text_of(child))
    return unique(found)


def unique(words: Iterable[str | None]) -> tuple[str, ...]:
    """Each word that is there once, white space put in order, two hundred at most."""
    clean = (" ".join(word.split()) for word in words if word)
    return tuple(dict.fromkeys(word for word in clean if word))[:_MOST_CATEGORIES]


def _id(fields: Fields) -> str | None:
    return fields.text("guid", "atom:id", "dc:identifier") or (fields.element.get(_RDF_ABOUT) or "").strip() or None


def _comments(fields: Fields, links: list[atom.Link], bases: Bases) -> str | None:
    for _, child in fields.filled("comments"):
        text = text_of(child) or ""
        return None if " " in text else bases.url(child, text)
    replies = [link for link in links if link.rel == "replies"]
    page = next((link for link in replies if "html" in link.type), None) or next(iter(replies), None)
    return bases.url(page.element, page.href) if page else None


def _enclosures(fields: Fields, links: list[atom.Link], bases: Bases, media: Media) -> tuple[Enclosure, ...]:
    """RSS enclosures and Atom's; without any, the media that the entry is about."""
    parts = [(child, attribute(child, "url") or attribute(child, "href")) for child in fields.all("enclosure")]
    parts += [(link.element, link.href) for link in links if link.rel == "enclosure"]
    found: dict[str, Enclosure] = {}
    for child, href in parts[:100]:
        if url := bases.url(child, href):
            found.setdefault(url, Enclosure(url, attribute(child, "type"), whole_number(attribute(child, "length"))))
    return tuple(found.values()) or media.enclosures


def _language(fields: Fields, holder: Element) -> str | None:
    return language_of(holder) or language_of(fields.element) or language_tag(fields.text("dc:language", "language"))


def _source(fields: Fields) -> str | None:
    for inner in fields.within("atom:source"):
        for _, child in inner.filled("atom:title", "title"):
            return atom.construct(child).value
    return fields.text("source", "dc:source")
