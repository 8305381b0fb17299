"""What goes out as the merged feed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aggregator.records.wire import Enclosure


@dataclass(frozen=True, slots=True)
class Attribution:
    """A source as outputs name it; `feed_url` and `id` are None for a private source, `site` may be unknown."""

    title: str
    site: str | None = None
    feed_url: str | None = None
    id: str | None = None
    updated: datetime | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """The same article at another source: who, and its link there."""

    source: Attribution
    link: str | None


@dataclass(frozen=True, slots=True)
class Related:
    """Another entry of the same story: its id in the merged feed, and what a link to it says."""

    id: str
    title: str
    link: str | None
    source: str


@dataclass(frozen=True, slots=True)
class MergedEntry:
    """One entry of the merged feed, ready to be written: content is what `republish` allows.

    `tags` are the user's, `categories` the publisher's. `updated` is when its content last changed for readers.
    `source` is None for an entry of our own (a digest).
    """

    id: str
    title: str
    link: str | None
    source: Attribution | None
    published: datetime
    updated: datetime
    author: str | None = None
    summary: str = ""
    content: str = ""
    excerpt: str = ""
    language: str | None = None
    tags: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    image: str | None = None
    copies: tuple[Copy, ...] = ()
    related: tuple[Related, ...] = ()


FORGOTTEN = "Forgotten at its publisher's wish."  # the comment of such a tombstone, which recovery reads again


@dataclass(frozen=True, slots=True)
class Tombstone:
    """An entry that was in the merged feed and is not shown any more (RFC 6721); `forgotten` by a publisher's wish."""

    id: str
    when: datetime
    forgotten: bool = False


@dataclass(frozen=True, slots=True)
class MergedFeed:
    """A feed to write; `updated` is the newest change in it, `self_url` the address of the Atom form.

    For an archive document (RFC 5005) `current_url` names the subscription document; `prev_archive` and
    `next_archive` link the chain. `style` is the relative address of the style sheet that browsers use.
    """

    id: str
    title: str
    link: str
    self_url: str
    updated: datetime
    entries: tuple[MergedEntry, ...]
    tombstones: tuple[Tombstone, ...] = ()
    hub: str | None = None
    current_url: str | None = None
    prev_archive: str | None = None
    next_archive: str | None = None
    style: str | None = None
