"""Media RSS and the pictures of an entry: what it shows and plays.

Sources: Media RSS 1.5.1 (rssboard.org/media-rss), Apple's podcast RSS tags.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, final

from aggregator.parse.element import Fields, attribute, attributes, markup_of, seconds, text_of, whole_number
from aggregator.parse.references import Bases
from aggregator.parse.xml import Element
from aggregator.records import Enclosure

_MOST: Final = 50
_TITLE: Final = ("media:title",)
_SOUND: Final = frozenset({"audio/mpeg", "audio/mp3", "audio/x-m4a", "video/mp4"})
_PICTURES: Final = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif")


@final
class Media:
    """The media of an entry, those of its groups among them."""

    __slots__ = ("_bases", "_contents", "_entry", "_scopes")

    def __init__(self, entry: Fields, bases: Bases) -> None:
        named = entry.named
        groups = list(entry.within("media:group")) if "media:group" in named else []
        self._entry = entry
        self._bases = bases
        self._contents = named.get("media:content", [])[:_MOST]
        for group in groups:
            self._contents += group.all("media:content")[:_MOST]
        self._scopes = [entry, *groups]
        if self._contents:
            self._scopes += [Fields(child) for child in self._contents if len(child)]

    @property
    def title(self) -> str | None:
        """A title given to the media."""
        for scope in self._scopes:
            if "media:title" in scope.named and (text := scope.text(_TITLE)):
                return text
        return None

    @property
    def description(self) -> str | None:
        """A description given to the media."""
        for scope in self._scopes:
            for child in scope.named.get("media:description", ()):
                if text := markup_of(child):
                    return text
        return None

    @property
    def duration(self) -> int | None:
        """Seconds, as the first that tells says."""
        for child in self._contents:
            if time := seconds(attribute(child, "duration")):
                return time
        return None

    @property
    def image(self) -> str | None:
        """The entry's picture: iTunes' image, a thumbnail, a medium or an enclosure that is an image."""
        for child, said in self._pictures():
            if url := self._bases.url(child, said):
                return url
        return None

    def _pictures(self) -> Iterator[tuple[Element, str | None]]:
        """Elements and the references in them, best first."""
        named = self._entry.named
        for name in ("itunes:image", "googleplay:image", "itunes:link"):
            for child in named.get(name, ()):
                if name != "itunes:link" or attribute(child, "rel") == "image":
                    yield child, attribute(child, "href") or attribute(child, "url") or text_of(child)
        for scope in self._scopes:
            for child in scope.named.get("media:thumbnail", ()):
                yield child, attribute(child, "url")
        for child in (*self._contents, *named.get("enclosure", ())):
            if _is_image(child):
                yield child, attribute(child, "url")
        for name in ("image", "thumbnail"):
            for child in named.get(name, ()):
                yield child, Fields(child).text(("url",)) or attribute(child, "url") or text_of(child)

    @property
    def player(self) -> str | None:
        """A page that plays the media."""
        for scope in self._scopes:
            for child in scope.named.get("media:player", ()):
                if url := self._bases.url(child, attribute(child, "url")):
                    return url
        return None

    @property
    def enclosures(self) -> tuple[Enclosure, ...]:
        """What plays: sound and film, each address once."""
        found: dict[str, Enclosure] = {}
        for child in self._contents:
            url = self._bases.url(child, attribute(child, "url")) if _plays(child) else None
            if url and url not in found:
                found[url] = Enclosure(url, attribute(child, "type"), whole_number(attribute(child, "filesize")))
        return tuple(found.values())


def picture_of(files: list[Element], bases: Bases) -> str | None:
    """The first of an entry's files that is a picture."""
    for child in files:
        if _is_image(child) and (url := bases.url(child, attribute(child, "url"))):
            return url
    return None


def _is_image(element: Element) -> bool:
    kind, medium = element.get("type"), element.get("medium")
    if medium == "image" or (kind and kind.startswith("image/")):
        return True
    if kind in _SOUND and medium is None:
        return False
    said = attributes(element)
    kind = said.get("type", "").lower()
    if kind.startswith("image/") or said.get("medium") == "image":
        return True
    return not kind and said.get("url", "").lower().partition("?")[0].endswith(_PICTURES)


def _plays(element: Element) -> bool:
    said = attributes(element)
    return said.get("medium") in ("audio", "video") or said.get("type", "").lower().startswith(("audio/", "video/"))
