"""The express lane: an lxml tree of RSS, RDF or Atom -> ParsedFeed, in one walk.

Sources: RSS 0.90 to 2.0 (rssboard.org), RSS 1.0 (purl.org/rss/1.0), RFC 4287, Atom 0.3, RFC 5005.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from aggregator.parse import atom, entry, precedence
from aggregator.parse.element import Fields, Person, attribute, language_of, language_tag, text_of, whole_number
from aggregator.parse.large import date_rank
from aggregator.parse.media import Media
from aggregator.parse.namespaces import ATOM, ATOM03, name_of
from aggregator.parse.references import Bases, document_base, is_web
from aggregator.parse.xml import Element, local_name
from aggregator.records import Hints, ParsedEntry, ParsedFeed

_ENTRIES: Final = frozenset({"item", "atom:entry"})
_DAYS: Final = frozenset(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"])
_HINTS: Final = frozenset(
    {"skiphours", "skipdays", "ttl", "sy:updateperiod", "sy:updatefrequency", "itunes:new-feed-url"}
)
_MEDIA: Final = frozenset(precedence.MEDIA)
_NO_HINTS: Final = Hints()
_NOBODY: Final = Person(None, None)
_PERIODS: Final = {"hourly": 1, "daily": 24, "weekly": 168, "monthly": 720, "yearly": 8760}
_RDF_ABOUT: Final = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"


class Shape:
    """Where a document keeps its feed and its entries."""

    __slots__ = ("beside", "channel", "entries", "fields", "format", "root", "version")

    def __init__(self, root: Element) -> None:
        self.root = root
        kind = name_of(root.tag)
        self.format: Final = "atom" if kind.startswith("atom:") else "rss"
        self.beside = Fields(root)
        channels = self.beside.named.get("channel", []) if self.format == "rss" else []
        self.channel = channels[0] if channels else root
        self.fields = Fields(self.channel) if channels else self.beside
        holders = [self.fields, *map(Fields, channels[1:])]
        if channels and kind != "channel":
            holders.append(self.beside)
        self.entries = [root] if kind == "atom:entry" else _entries(holders)
        self.version = _version(root, kind)

    def unnested(self) -> None:
        """Take entries for such that stand in other ones."""
        self.entries = [node for node in self.channel.iter() if name_of(node.tag) in _ENTRIES]


def is_feed(root: Element) -> bool:
    """Whether this lane knows the root; one without or with a strange namespace is given its proper one."""
    local = local_name(root)
    if local in ("feed", "entry") and not name_of(root.tag).startswith("atom:"):
        _rename(root, ATOM)
    elif local == "rss" and name_of(root.tag) != "rss":
        _rename(root, "")
    name = name_of(root.tag)
    if name == "channel" and root.tag != "CHANNEL":  # RSS 1.1, or RSS without its root; in capitals it is CDF
        return any(name_of(child.tag) in ("item", "title") for child in root)
    return name in ("rss", "rdf:rdf", "atom:feed", "atom:entry")


def read(root: Element, url: str | None, most: int, *, scoped: bool) -> ParsedFeed:
    """Read a feed whose root `is_feed`; `scoped` says that xml:base may occur in it.

    Of more than `most` entries the newest are kept, `left_out` counts the rest.
    """
    shape = Shape(root)
    fields = shape.fields
    found = atom.links(fields)
    site = Bases(url or _first_web(found), scoped=scoped)
    link = _link(fields, found, site)
    bases = Bases(document_base(url or _first_web(found), link), scoped=scoped)
    language = _language(shape, fields)
    author = entry.author_of(fields, precedence.FEED_AUTHOR)
    inherited = author if shape.format == "atom" else _NOBODY
    entries = _read_entries(shape, most, lambda one: entry.read(one, bases, language, inherited))
    return ParsedFeed(
        lane="express",
        format="atom" if shape.format == "atom" else "rss",
        version=shape.version,
        encoding=None,
        wellformed=True,
        title=_title(fields, bases),
        link=link,
        id=fields.text(("atom:id", "guid")) or shape.channel.get(_RDF_ABOUT) or None,
        description=entry.html_of(fields, precedence.FEED_DESCRIPTION, bases),
        language=language,
        author=author.name,
        author_email=author.email,
        updated=entry.date_of(fields, precedence.FEED_UPDATED),
        published=entry.date_of(fields, precedence.FEED_PUBLISHED),
        image=_image(shape, fields, bases),
        icon=_text_url(fields, bases, "atom:icon"),
        categories=entry.categories_of(fields, precedence.FEED_CATEGORIES),
        self_link=_related(found, bases, "self"),
        generator=_generator(fields),
        copyright=entry.html_of(fields, precedence.FEED_COPYRIGHT, bases),
        hints=_hints(fields, found, bases),
        entries=tuple(entries),
        left_out=len(shape.entries) - len(entries),
    )


def _read_entries(shape: Shape, most: int, read_entry: Callable[[Fields], ParsedEntry]) -> list[ParsedEntry]:
    """The newest `most` entries; where one stands in another, all of them are looked for."""
    entries = []
    kind = name_of(shape.entries[0].tag) if shape.entries else ""
    for element in _newest(shape.entries, most):
        fields = Fields(element)
        if kind in fields.named:
            shape.unnested()
            return [read_entry(Fields(one)) for one in _newest(shape.entries, most)]
        entries.append(read_entry(fields))
    return entries


def _language(shape: Shape, fields: Fields) -> str | None:
    """The feed's, else that of its title: some say it nowhere else."""
    said = language_tag(fields.text(precedence.FEED_LANGUAGE))
    holders = (shape.channel, shape.root, *fields.all("title", "atom:title"))
    return said or next((tag for holder in holders if (tag := language_of(holder))), None)


def _title(fields: Fields, bases: Bases) -> str | None:
    """The feed's title, always as HTML."""
    return atom.Construct(*entry.title_of(fields, precedence.TITLE, bases)).html


def _rename(root: Element, namespace: str) -> None:
    """Give all elements of the root's namespace another one."""
    old = str(root.tag).rpartition("}")[0]
    for node in root.iter():
        head, _, local = str(node.tag).rpartition("}")
        if head == old:
            node.tag = f"{{{namespace}}}{local}" if namespace else local


def _entries(holders: list[Fields]) -> list[Element]:
    """Items of the channel and, as in RDF, beside it; some feeds wrap them once more."""
    found = [child for holder in holders for child in _in_order(holder)]
    if found:
        return found
    wrapped = [child for holder in holders for child in holder.all("items", "entries")]
    return [child for wrapper in wrapped for child in wrapper if name_of(child.tag) == "item"]


def _in_order(holder: Fields) -> list[Element]:
    """The entries among the children of an element; hardly any feed has both kinds."""
    items, entries = holder.named.get("item", []), holder.named.get("atom:entry", [])
    if items and entries:
        return [child for child in holder.element if name_of(child.tag) in _ENTRIES]
    return items or entries


def _version(root: Element, kind: str) -> str:
    if kind == "rdf:rdf":
        return "0.90" if any("netscape.com" in str(child.tag) for child in root) else "1.0"
    if kind.startswith("atom:"):
        return "0.3" if str(root.tag).startswith("{" + ATOM03) else "1.0"
    return attribute(root, "version") or "2.0"


def _newest(elements: list[Element], most: int) -> list[Element]:
    """The newest `most`, in document order; without dates the first, for feeds begin with the newest."""
    if len(elements) <= most:
        return elements
    dates = [(-date_rank(element), position) for position, element in enumerate(elements)]
    return [elements[position] for position in sorted(position for _, position in sorted(dates)[:most])]


def _link(fields: Fields, found: list[atom.Link], bases: Bases) -> str | None:
    """The site: RSS's link, else Atom's alternate one, else what RDF says the channel is about."""
    for child in reversed(fields.all("link")):
        if url := bases.url(child, text_of(child) or attribute(child, "href")):
            return url
    if page := atom.alternate(found):
        return bases.url(page.element, page.href)
    return None


def _first_web(found: list[atom.Link]) -> str | None:
    """Where the feed says it is, for a document that came without an address."""
    return next((link.href for link in found if link.rel == "self" and is_web(link.href)), None)


def _related(found: list[atom.Link], bases: Bases, rel: str) -> str | None:
    link = atom.first(found, rel)
    return bases.url(link.element, link.href) if link else None


def _text_url(fields: Fields, bases: Bases, *names: str) -> str | None:
    found = entry.first_filled(fields, names)
    return None if found is None else bases.url(found, text_of(found))


def _image(shape: Shape, fields: Fields, bases: Bases) -> str | None:
    """RSS's image, Atom's logo, a podcast's cover; RDF keeps the image beside the channel."""
    beside = shape.beside.named.get("image", []) if shape.root is not shape.channel else []
    for child in (*fields.all("image"), *beside):
        if url := bases.url(child, Fields(child).text(("url",))):
            return url
    if logo := _text_url(fields, bases, "atom:logo"):
        return logo
    shown = None if _MEDIA.isdisjoint(fields.named) else Media(fields, bases).image
    return shown or _text_url(fields, bases, "atom:icon")


def _generator(fields: Fields) -> str | None:
    for child in fields.all("admin:generatoragent"):
        return next((str(value).strip() for value in child.attrib.values()), None)
    return fields.text(("generator", "atom:generator"))


def _hints(fields: Fields, found: list[atom.Link], bases: Bases) -> Hints:
    if not found and _HINTS.isdisjoint(fields.named):
        return _NO_HINTS
    hours = {
        number % 24
        for holder in fields.within("skiphours")
        for child in holder.all("hour")[:24]
        if (number := whole_number(text_of(child))) is not None and number <= 24
    }
    days = {
        day
        for holder in fields.within("skipdays")
        for child in holder.all("day")[:7]
        if (day := (text_of(child) or "").lower()) in _DAYS
    }
    return Hints(
        ttl=_ttl(fields),
        skip_hours=tuple(sorted(hours)),
        skip_days=tuple(sorted(days)),
        hubs=entry.unique(bases.url(link.element, link.href) for link in found if link.rel == "hub"),
        new_feed_url=_text_url(fields, bases, "itunes:new-feed-url"),
        prev_archive=_related(found, bases, "prev-archive"),
    )


def _ttl(fields: Fields) -> timedelta | None:
    """Minutes to leave the feed alone: RSS's ttl, else the syndication module's period and frequency."""
    minutes = whole_number(fields.text(("ttl",)))
    if minutes:
        return timedelta(minutes=min(minutes, 525_600))
    period, frequency = fields.text(("sy:updateperiod",)), whole_number(fields.text(("sy:updatefrequency",)))
    if period is None and frequency is None:
        return None
    return timedelta(hours=_PERIODS.get((period or "daily").lower(), 24)) / (frequency or 1)
