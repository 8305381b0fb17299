"""Reading single elements: text, markup, people, durations. Everything a feed's vocabularies share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from html import escape
from typing import Final, NamedTuple, cast

from aggregator.parse.namespaces import name_of
from aggregator.parse.references import Bases, resolve, resolve_all
from aggregator.parse.xml import Element

_XML: Final = "{http://www.w3.org/XML/1998/namespace}"
XML_LANG: Final = f"{_XML}lang"
_REFERENCES: Final = frozenset(["href", "src", "cite", "poster", "longdesc", "background", "action", "data"])
VOID: Final = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)
_LONGEST_PERSON: Final = 500
_MAIL = re.compile(r"[^\s<>()\"',;:]{1,100}@[^\s<>()\"',;:]{1,100}")
_CLOCK = re.compile(r"(?:(?:([0-9]{1,6}):)?([0-9]{1,6}):)?([0-9]{1,6})")
_MARKUP = re.compile(
    r"</[A-Za-z][A-Za-z0-9]*\s*>|<(?:br|p|img|hr)\b[^<>]*>|&(?:#\d{1,7}|#x[0-9a-fA-F]{1,6}|[A-Za-z]\w{1,30});"
)


class Person(NamedTuple):
    """A name, an address, or both."""

    name: str | None
    email: str | None


class Fields:
    """The children of one element by short name, in document order: `named`."""

    __slots__ = ("element", "named")

    def __init__(self, element: Element) -> None:
        self.element = element
        self.named: dict[str, list[Element]] = {}
        named = self.named
        for child in element[:]:  # type: ignore[index]  # a list is made faster than walked over
            name = name_of(child.tag)
            if name in named:
                named[name].append(child)
            else:
                named[name] = [child]

    def all(self, *names: str) -> list[Element]:
        """Every child of these names, name by name."""
        return [child for name in names for child in self.named.get(name, ())]

    def text(self, names: tuple[str, ...]) -> str | None:
        """The plain text of the first child that has any."""
        for name in names:
            for child in self.named.get(name, ()):
                if text := text_of(child):
                    return text
        return None

    def within(self, name: str) -> Iterator[Fields]:
        """The fields of each child of that name."""
        return (Fields(child) for child in self.named.get(name, ()))


def is_filled(element: Element) -> bool:
    """Whether it holds text other than white space, or an element."""
    return len(element) > 0 or bool(element.text and not element.text.isspace())


def text_of(element: Element) -> str | None:
    """The text of an element and all in it, without white space around it; None when there is none."""
    text = "".join(map(str, element.itertext())) if len(element) else element.text
    return (text.strip() or None) if text else None


def attribute(element: Element, name: str) -> str | None:
    """An attribute without white space around it, its name in any case; None when it is empty."""
    value = element.get(name)
    if value is None:
        for key, other in element.items():
            if str(key).lower() == name:
                return str(other).strip() or None
        return None
    return value.strip() or None


def attributes(element: Element) -> dict[str, str]:
    """All attributes, their names in lower case and without white space around their values; none that is empty."""
    said = cast("list[tuple[str, str]]", element.items())
    return {key.lower(): text for key, value in said if (text := value.strip())}


def markup_of(element: Element, bases: Bases | None = None) -> str | None:
    """What an element holds, as HTML: its text is HTML already, unless it has elements in it.

    Where xml:base is in scope, references are resolved against it: who reads the HTML on its own can't know it.
    """
    if len(element):
        return inner_markup(element, bases)
    text = element.text
    html = text.strip() if text else None
    if html and bases and bases.scoped and (base := bases.own(element)):
        return resolve_all(base, html)
    return html or None


def inner_markup(element: Element, bases: Bases | None) -> str | None:
    """The text and the elements in an element, written as HTML."""
    pieces: list[str] = [escape(element.text or "", quote=False)]
    for child in element:
        _serialise(child, bases, pieces)
    return "".join(pieces).strip() or None


def _serialise(element: Element, bases: Bases | None, pieces: list[str]) -> None:
    """As HTML without namespaces. libxml2 bounds the depth to 256, so recursion is safe."""
    start, end = _tags(element.tag)
    pieces.append(start)
    for key, value in element.items():
        name, text = _local(str(key)), str(value)
        if name in _REFERENCES and bases and bases.scoped and (base := bases.own(element)):
            text = resolve(base, text) or text
        if not str(key).startswith(_XML):
            pieces.append(f' {name}="{escape(text, quote=False).replace(chr(34), "&quot;")}"')
    pieces.append(">")
    if text := element.text or "":
        pieces.append(escape(text, quote=False))
    if len(element):
        for child in element:
            _serialise(child, bases, pieces)
    pieces.append(end)
    if text := element.tail or "":
        pieces.append(escape(text, quote=False))


@lru_cache(maxsize=512)
def _tags(tag: str) -> tuple[str, str]:
    """The beginning of a start tag, and the end tag or nothing, of an element of that name."""
    name = _local(tag)
    return f"<{name}", "" if name.lower() in VOID else f"</{name}>"


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def looks_like_markup(text: str) -> bool:
    """Whether a text that is not declared as HTML is most likely HTML: an end tag, a void element or an entity."""
    return bool(_MARKUP.search(text))


def language_of(element: Element) -> str | None:
    """The element's own xml:lang."""
    tag = element.get(XML_LANG)
    return language_tag(tag) if tag else None


def language_tag(text: str | None) -> str | None:
    """A language tag as RFC 5646 writes it; None for what is too long for one."""
    tag = (text or "").strip().replace("_", "-")
    return tag if 0 < len(tag) <= 35 else None


def person(text: str | None) -> Person:
    """`mail (Name)`, `Name <mail>`, `mail`, `Name`: the forms that RSS authors are written in."""
    return _person((text or "")[:_LONGEST_PERSON])


@lru_cache(maxsize=512)  # a feed has few authors
def _person(text: str) -> Person:
    text = " ".join(text.split())
    mail = _MAIL.search(text) if "@" in text else None
    if not mail:
        inside = text[1:-1] if text.startswith("(") and text.endswith(")") else text
        return Person(inside.strip() or None, None)
    name = f"{text[: mail.start()]} {text[mail.end() :]}"
    name = re.sub(r"\bmailto:|[<>()\[\]\"]", " ", name)
    return Person(" ".join(name.split()).strip(" ,;:-") or None, mail[0].strip("."))


def joined(people: list[Person]) -> Person:
    """All names joined by ", ", each once, and the first address."""
    if len(people) == 1:
        return people[0]
    names = dict.fromkeys(one.name for one in people if one.name)
    return Person(", ".join(names) or None, next((one.email for one in people if one.email), None))


def seconds(text: str | None) -> int | None:
    """A duration `HH:MM:SS`, `MM:SS` or seconds."""
    if not text:
        return None
    if usual := _CLOCK.fullmatch(text):
        hours, minutes, rest = usual.groups()
        return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(rest)
    parts = text.strip().split(":")
    if not 1 <= len(parts) <= 3 or not all(re.fullmatch(r"\d{1,6}(?:\.\d{1,9})?", part.strip()) for part in parts):
        return None
    total = 0.0
    for part in parts:
        total = total * 60 + float(part)
    return int(total)


def whole_number(text: str | None) -> int | None:
    """A number of bytes or minutes; None for what is not one."""
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
