"""One entry element of RSS or Atom -> ParsedEntry, by the tables of `precedence`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from aggregator.dates import parse_date
from aggregator.parse import atom
from aggregator.parse.element import (
    Fields,
    Person,
    attribute,
    is_filled,
    joined,
    language_of,
    language_tag,
    markup_of,
    person,
    seconds,
    text_of,
    whole_number,
)
from aggregator.parse.media import Media, picture_of
from aggregator.parse.precedence import AUTHOR, Tables, narrowed
from aggregator.parse.references import Bases, is_permalink, is_web
from aggregator.parse.xml import Element
from aggregator.records import Enclosure, ParsedEntry

_RDF_ABOUT: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_TEXT_TITLES: Final = frozenset({"itunes:title", "media:title"})
_YES: Final = frozenset({"true", "yes", "1"})
_MOST_CATEGORIES: Final = 200
_ONLY_FILES: Final = ("enclosure",)
_NO_LINKS: Final[list[atom.Link]] = []


def read(fields: Fields, bases: Bases, language: str | None, author: Person) -> ParsedEntry:
    """Read the entry with these fields; `language` and `author` are the feed's, for an entry that names none.

    Most entries have few of the elements that there may be: what is not there is not asked for.
    """
    element, named = fields.element, fields.named
    there = narrowed(tuple(named))
    bases = bases.inside(element)
    links = atom.links(fields) if "atom:link" in named else _NO_LINKS
    media = Media(fields, bases) if there.media and there.media != _ONLY_FILES else None
    enclosures = _enclosures(fields, links, bases) if there.enclosures else ()
    if media and not enclosures:
        enclosures = media.enclosures
    link = _link(fields, there, links, bases) or (media and media.player) or (enclosures[0].url if enclosures else None)
    title, title_is_text = title_of(fields, there.title, bases) if there.title else (None, False)
    summary, summarised = held(fields, there.summary, bases) if there.summary else (None, None)
    content, holder = held(fields, there.content, bases) if there.content else (None, None)
    if holder is None:
        holder = element if summarised is None else summarised
    if there.author or "atom:source" in named:
        author = _author(fields, there.author, author)
    return ParsedEntry(
        (there.id and _guid(named, there.id)) or (element.get(_RDF_ABOUT) or "").strip() or None,
        link,
        title or (media and media.title),
        title_is_text,
        summary or (media and media.description),
        content,
        date_of(fields, there.published) if there.published else None,
        date_of(fields, there.updated) if there.updated else None,
        author.name,
        author.email,
        categories_of(fields, there.categories) if there.categories else (),
        enclosures,
        _comments(fields, links, bases) if there.replies else None,
        media.image if media else picture_of(named["enclosure"], bases) if there.media else None,
        language_of(holder) or language_of(element) or (there.language and _language(fields, there)) or language,
        _source_title(fields, there.source, bases) if there.source else None,
        _source_id(fields) if there.source else None,
        html_of(fields, there.rights, bases) if there.rights else None,
        (_duration(fields) if there.duration else None) or (media and media.duration),
        (bases.own(holder) if bases.scoped else None) or link or bases.url(element, "."),
    )


def _guid(named: Mapping[str, list[Element]], names: tuple[str, ...]) -> str | None:
    """The guid as it is written, markup too."""
    for name in names:
        for child in named[name]:
            if guid := markup_of(child):
                return guid
    return None


def _link(fields: Fields, tables: Tables, links: list[atom.Link], bases: Bases) -> str | None:
    """The page of an entry: what a proxy replaced, RSS's link, Atom's, or a guid that is a permalink."""
    if tables.original_link and (original := first_filled(fields, tables.original_link)) is not None:
        return bases.url(original, text_of(original))
    for child in reversed(fields.named.get("link", ())):
        text = text_of(child) if len(child) else child.text
        if url := bases.url(child, (text and text.strip()) or attribute(child, "href")):
            return url
    if page := atom.alternate(links):
        return bases.url(page.element, page.href)
    guid = first_filled(fields, ("guid",))
    if guid is not None and is_permalink(url := text_of(guid)):
        return bases.url(guid, url) if (attribute(guid, "ispermalink") or "true").lower() in _YES else None
    about = fields.element.get(_RDF_ABOUT)
    return about if is_web(about) else None


def first_filled(fields: Fields, names: tuple[str, ...]) -> Element | None:
    """The first child that holds anything, in the order of the names: the precedence of a field."""
    for name in names:
        for child in fields.named.get(name, ()):
            if is_filled(child):
                return child
    return None


def title_of(fields: Fields, names: tuple[str, ...], bases: Bases) -> tuple[str | None, bool]:
    """The title and whether it is plain text."""
    for name in names:
        for child in fields.named.get(name, ()):
            if name[:5] == "atom:" and is_filled(child):
                return atom.construct(child, bases)
            if title := markup_of(child, bases):
                return title, name in _TEXT_TITLES
    return None, False


def html_of(fields: Fields, names: tuple[str, ...], bases: Bases) -> str | None:
    """The first of these that holds anything, as HTML."""
    return held(fields, names, bases)[0]


def held(fields: Fields, names: tuple[str, ...], bases: Bases) -> tuple[str | None, Element | None]:
    """The first of these that holds anything, as HTML, and the element that holds it."""
    for name in names:
        children = fields.named.get(name, ())
        for child in children if len(children) < 2 else atom.richest_first(children):
            html = atom.construct(child, bases).html if name[:5] == "atom:" else markup_of(child, bases)
            if html:
                return html, child
    return None, None


def date_of(fields: Fields, names: tuple[str, ...]) -> datetime | None:
    """The first of these that is a date."""
    for name in names:
        for child in fields.named.get(name, ()):
            text = text_of(child) if len(child) else child.text
            if text and (date := parse_date(text)):
                return date
    return None


def author_of(fields: Fields, names: tuple[str, ...]) -> Person:
    """All authors that the first kind of element names; an address without a name goes with a later kind's name."""
    email = None
    for name in names:
        if elements := fields.named.get(name):
            read_person = atom.person_of if name[:5] == "atom:" else _person
            found = read_person(elements[0]) if len(elements) == 1 else joined([read_person(one) for one in elements])
            if found.name:
                return Person(found.name, email) if email else found
            email = email or found.email
    return Person(None, email)


def _author(fields: Fields, names: tuple[str, ...], default: Person) -> Person:
    """The entry's, else its source's, else the feed's (RFC 4287 section 4.2.1)."""
    if names:
        author = author_of(fields, names)
        if author.name or author.email:
            return author
    if "atom:source" not in fields.named:
        return default
    sources = (author_of(source, AUTHOR) for source in fields.within("atom:source"))
    return next((found for found in sources if found.name), default)


def _person(element: Element) -> Person:
    """An RSS author; some write Atom's name and email inside."""
    if not len(element):
        return person(element.text)
    inner = Fields(element)
    if name := inner.text(("name", "atom:name")):
        return Person(name, inner.text(("email", "atom:email")))
    return person(text_of(element))


def categories_of(fields: Fields, names: tuple[str, ...]) -> tuple[str, ...]:
    """Each category once, in order; iTunes' keywords are one list with commas, its categories are attributes."""
    found: list[str | None] = []
    for name in names:
        for child in fields.named.get(name, ())[:_MOST_CATEGORIES]:
            if name == "itunes:keywords":
                found += (text_of(child) or "").split(",")
            elif name == "itunes:category":
                found += (attribute(part, "text") for part in child.iter())
            elif name == "atom:category":
                found.append(atom.category(child))
            else:
                found.append(text_of(child) if len(child) else child.text)
    return unique(found)


def unique(words: Iterable[str | None]) -> tuple[str, ...]:
    """Each word that is there once, white space put in order, two hundred at most."""
    clean = dict.fromkeys([" ".join(word.split()) for word in words if word])
    if "" in clean:
        del clean[""]
    return tuple(clean)[:_MOST_CATEGORIES]


def _comments(fields: Fields, links: list[atom.Link], bases: Bases) -> str | None:
    for comments in fields.named.get("comments", ()):
        if text := text_of(comments):
            return None if " " in text else bases.url(comments, text)
        if len(comments):
            return None
    replies = [link for link in links if link.rel == "replies"]
    if not replies:
        return None
    page = next((link for link in replies if "html" in link.type), replies[0])
    return None if " " in page.href else bases.url(page.element, page.href)


def _enclosures(fields: Fields, links: list[atom.Link], bases: Bases) -> tuple[Enclosure, ...]:
    """RSS enclosures and Atom's."""
    parts = [(e, attribute(e, "url") or attribute(e, "href")) for e in fields.named.get("enclosure", ())]
    if links:
        parts += [(link.element, link.href) for link in links if link.rel == "enclosure"]
    if not parts:
        return ()
    found: dict[str, Enclosure] = {}
    for child, href in parts[:100]:
        if (url := bases.url(child, href)) and url not in found:
            found[url] = Enclosure(url, attribute(child, "type"), whole_number(attribute(child, "length")))
    return tuple(found.values())


def _duration(fields: Fields) -> int | None:
    return seconds(fields.text(("itunes:duration",)))


def _language(fields: Fields, tables: Tables) -> str | None:
    return language_tag(fields.text(tables.language))


def _source_title(fields: Fields, names: tuple[str, ...], bases: Bases) -> str | None:
    for inner in fields.within("atom:source"):
        title = first_filled(inner, ("atom:title", "title"))
        if title is not None:
            return atom.construct(title, bases).value
    return fields.text(names[1:] if names[:1] == ("atom:source",) else names)


def _source_id(fields: Fields) -> str | None:
    return next((source.text(("atom:id", "id")) for source in fields.within("atom:source")), None)
