"""Atom's text constructs, persons, links and categories, in Atom documents and wherever RSS borrows them.

Sources: RFC 4287 sections 3 and 4, the Atom 0.3 syndication format, RFC 4685.
"""

from __future__ import annotations

import base64
import binascii
from html import escape
from typing import Final, NamedTuple

from aggregator.parse.element import (
    Fields,
    Person,
    attribute,
    attributes,
    inner_markup,
    is_filled,
    looks_like_markup,
    markup_of,
    person,
    text_of,
)
from aggregator.parse.references import Bases, resolve_all
from aggregator.parse.xml import Element, local_name

_HTML: Final = frozenset({"html", "text/html"})
_TEXT: Final = frozenset({"text", "text/plain"})
_KNOWN: Final = frozenset({"", "text", "html", "xhtml", "xml"})
_RELS: Final = frozenset({"alternate", "self", "enclosure", "replies", "hub", "edit"})
_USUAL: Final = frozenset({"text", "html", "xhtml"})
_RELATIONS: Final = "http://www.iana.org/assignments/relation/"


class Construct(NamedTuple):
    """A text with what it is: plain text, or HTML."""

    value: str | None
    is_text: bool

    @property
    def html(self) -> str | None:
        """The same as HTML."""
        return escape(self.value, quote=False) if self.value and self.is_text else self.value


class Link(NamedTuple):
    """One atom:link: `rel` without IANA's prefix and "alternate" if not said, `type` in lower case."""

    rel: str
    type: str
    href: str
    element: Element


def construct(element: Element, bases: Bases | None = None) -> Construct:
    """A text construct or a content element (RFC 4287 sections 3.1 and 4.1.3.3)."""
    kind = element.get("type")
    if kind not in _USUAL:
        kind = (attribute(element, "type") or "").lower().partition(";")[0].strip()
    if len(element):
        return Construct(_without_div(element, bases), False)
    mode = (element.get("mode") or "").strip().lower()
    text = text_of(element)
    if not text:
        return Construct(None, False)
    if mode == "base64" or not (kind in _KNOWN or kind.startswith("text/") or kind.endswith(("+xml", "/xml"))):
        text, kind = _from_base64(text), ""
    if kind in _HTML or (mode == "escaped" and kind not in _TEXT) or (not kind and looks_like_markup(text)):
        if bases and bases.scoped and (base := bases.own(element)):
            text = resolve_all(base, text)
        return Construct(text, False)
    return Construct(text, True)


def richest_first(alternatives: list[Element]) -> list[Element]:
    """Several contents say the same in several forms, though RFC 4287 section 4.1.2 allows but one: HTML is best."""
    return sorted(alternatives, key=lambda one: "html" not in (attribute(one, "type") or "").lower())


def _without_div(element: Element, bases: Bases | None) -> str | None:
    """The div of XHTML content is not part of it (RFC 4287 section 3.1.1.3)."""
    if len(element) == 1 and local_name(element[0]) == "div":
        outside = f"{element.text or ''}{element[0].tail or ''}"
        if not outside.strip():
            return inner_markup(element[0], bases) if is_filled(element[0]) else None
    return markup_of(element, bases)


def _from_base64(text: str) -> str:
    """The text that is encoded; what turns out to be none stays as it is."""
    try:
        return base64.b64decode(text, validate=True).decode("utf-8").strip()
    except (binascii.Error, ValueError):
        return text


def person_of(element: Element) -> Person:
    """A person construct; some write the name into the element itself."""
    inner = Fields(element)
    written = person(inner.text(("atom:name", "name")) or (text_of(element) if len(element) == 0 else None))
    email = person(inner.text(("atom:email", "email"))).email
    return Person(written.name, email or written.email)


def links(fields: Fields) -> list[Link]:
    """The links that have a target, in document order."""
    found = []
    for element in fields.named.get("atom:link", ()):
        said = attributes(element)
        href = said.get("href") or (text_of(element) if len(element) == 0 else None) or element.get("href")
        if href is not None:
            rel = said.get("rel", "alternate")
            rel = rel if rel in _RELS else rel.removeprefix(_RELATIONS).lower()
            found.append(Link(rel, said.get("type", "").lower(), href, element))
    return found


def alternate(found: list[Link]) -> Link | None:
    """The link to the page: an alternate that says it is HTML, one that does not say what it is, any other."""
    pages = [link for link in found if link.rel == "alternate" or "alternate" in link.rel.split()]
    if len(pages) < 2:
        return pages[0] if pages else None
    html = [link for link in pages if "html" in link.type]
    unsaid = [link for link in pages if not link.type]
    return next(iter(html or unsaid or pages), None)


def first(found: list[Link], rel: str) -> Link | None:
    """The first link of a relation."""
    return next((link for link in found if link.rel == rel), None)


def category(element: Element) -> str | None:
    """The label that people read, else the term."""
    return attribute(element, "label") or attribute(element, "term") or text_of(element)
