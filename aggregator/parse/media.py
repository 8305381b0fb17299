"""Media RSS and the pictures of an entry: what it shows and plays.

Sources: Media RSS 1.5.1 (rssboard.org/media-rss), Apple's podcast RSS tags.
"""

from __future__ import annotations

from typing import Final, final

from aggregator.parse.element import Bases, Fields, attribute, markup_of, seconds, text_of, whole_number
from aggregator.parse.xml import Element
from aggregator.records import Enclosure

_MOST: Final = 50
_PICTURES: Final = (".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif")


@final
class Media:
    """The media of an entry, those of its groups among them."""

    __slots__ = ("_bases", "_contents", "_entry", "_scopes")

    def __init__(self, entry: Fields, bases: Bases) -> None:
        groups = [*entry.within("media:group")]
        self._entry = entry
        self._bases = bases
        self._contents = [child for scope in (entry, *groups) for child in scope.all("media:content")[:_MOST]]
        self._scopes = [entry, *groups, *(Fields(child) for child in self._contents if len(child))]

    @property
    def title(self) -> str | None:
        """A title given to the media."""
        return next((text for scope in self._scopes if (text := scope.text(("media:title",)))), None)

    @property
    def description(self) -> str | None:
        """A description given to the media."""
        texts = (markup_of(child) for scope in self._scopes for child in scope.all("media:description"))
        return next((text for text in texts if text), None)

    @property
    def duration(self) -> int | None:
        """Seconds, as the first that tells says."""
        return next((time for child in self._contents if (time := seconds(attribute(child, "duration")))), None)

    @property
    def image(self) -> str | None:
        """The entry's picture: iTunes' image, a thumbnail, a medium or an enclosure that is an image."""
        covers = [child for child in self._entry.all("itunes:link") if attribute(child, "rel") == "image"]
        for child in (*self._entry.all("itunes:image", "googleplay:image"), *covers):
            if url := self._bases.url(child, attribute(child, "href") or attribute(child, "url") or text_of(child)):
                return url
        thumbnails = [child for scope in self._scopes for child in scope.all("media:thumbnail")]
        pictures = [child for child in self._contents if _is_image(child)]
        enclosures = [child for child in self._entry.all("enclosure") if _is_image(child)]
        for child in (*thumbnails, *pictures, *enclosures):
            if url := self._bases.url(child, attribute(child, "url")):
                return url
        for child in self._entry.all("image", "thumbnail"):
            if url := self._bases.url(child, Fields(child).text(("url",)) or attribute(child, "url") or text_of(child)):
                return url
        return None

    @property
    def player(self) -> str | None:
        """A page that plays the media."""
        players = (child for scope in self._scopes for child in scope.all("media:player"))
        return next((url for child in players if (url := self._bases.url(child, attribute(child, "url")))), None)

    @property
    def enclosures(self) -> tuple[Enclosure, ...]:
        """What plays: sound and film, each address once."""
        found: dict[str, Enclosure] = {}
        for child in self._contents:
            url = self._bases.url(child, attribute(child, "url"))
            if url and _plays(child):
                size = whole_number(attribute(child, "filesize"))
                found.setdefault(url, Enclosure(url, attribute(child, "type"), size))
        return tuple(found.values())


def _is_image(element: Element) -> bool:
    if attribute(element, "medium") == "image" or (attribute(element, "type") or "").lower().startswith("image/"):
        return True
    path = (attribute(element, "url") or "").lower().partition("?")[0]
    return not attribute(element, "type") and path.endswith(_PICTURES)


def _plays(element: Element) -> bool:
    kind = (attribute(element, "type") or "").lower()
    return attribute(element, "medium") in ("audio", "video") or kind.startswith(("audio/", "video/"))
