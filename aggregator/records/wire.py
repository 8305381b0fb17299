"""What came over the wire: a `Response`, and the `ParsedFeed` that a document holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple


@dataclass(frozen=True, slots=True)
class Redirect:
    """One hop: the status that sent us on, and the absolute target."""

    status: int
    url: str


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to one polite GET; a 304 or an error status is a value, not an exception.

    `headers` have lower-case names, repeated ones joined by ", "; `body` is decoded and within the limit;
    `url` is where the answer came from after `redirects`.
    """

    url: str
    status: int
    headers: dict[str, str]
    body: bytes = b""
    redirects: tuple[Redirect, ...] = ()

    @property
    def is_partial(self) -> bool:
        """A 226 with `IM: feed` (RFC 3229): only what is new since the validators that were sent."""
        manipulations = self.headers.get("im", "").lower().split(",")
        return self.status == 226 and [one.strip() for one in manipulations] == ["feed"]


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that belongs to an entry; `length` in bytes where the publisher gives a sane one."""

    url: str
    type: str | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Hints:
    """What a feed itself says about polling; hours are GMT 0-23, days English names in lower case.

    `topic` is the address under which its `hubs` know it (WebSub: rel=self). `alone`: it holds a single entry.
    """

    ttl: timedelta | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[str, ...] = ()
    hubs: tuple[str, ...] = ()
    new_feed_url: str | None = None
    prev_archive: str | None = None
    topic: str | None = None
    alone: bool = False


class ParsedEntry(NamedTuple):
    """One entry as the publisher wrote it: URLs absolute, dates UTC, `summary` and `content` still strangers' HTML.

    `id` is the raw guid, never resolved or rewritten. `title` is text when `title_is_text`, else HTML.
    `author` joins all authors with ", ". `duration` in seconds. `rights` is the entry's own licence, HTML;
    `source_title` and `source_id` name the feed that it was taken over from.

    A tuple, for it is made for each entry of each document that comes: that takes a sixth of what a frozen dataclass
    of so many fields takes.
    """

    id: str | None = None
    link: str | None = None
    title: str | None = None
    title_is_text: bool = False
    summary: str | None = None
    content: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    author: str | None = None
    author_email: str | None = None
    categories: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    comments: str | None = None
    image: str | None = None
    language: str | None = None
    source_title: str | None = None
    source_id: str | None = None
    rights: str | None = None
    duration: int | None = None
    base: str | None = None


class ParsedFeed(NamedTuple):
    """A document that is a feed, in either lane; `format` is `rss`, `atom` or `json`. A tuple, as its entries are.

    `reason` says why it took this lane; `left_out` counts entries beyond the limit; `cut` says that its end is missing,
    `half_entry` that its last entry is not whole: half of it is not to be taken for all.
    """

    lane: Literal["express", "tolerant", "json"]
    format: Literal["rss", "atom", "json"]
    version: str
    encoding: str | None
    wellformed: bool
    reason: str = ""
    title: str | None = None
    link: str | None = None
    id: str | None = None
    description: str | None = None
    language: str | None = None
    author: str | None = None
    author_email: str | None = None
    updated: datetime | None = None
    published: datetime | None = None
    image: str | None = None
    icon: str | None = None
    categories: tuple[str, ...] = ()
    self_link: str | None = None
    generator: str | None = None
    copyright: str | None = None
    hints: Hints = Hints()
    entries: tuple[ParsedEntry, ...] = ()
    left_out: int = 0
    cut: bool = False
    half_entry: bool = False
