"""What a worker does with a document: parse and normalize, so that nothing of a stranger is read anywhere else.

Who asks a worker for it needs the names of these functions alone, and does not wait for what they import.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from aggregator.entries.signs import pack_signs, unpack_signs
from aggregator.records import Entry, Outline, Packed, ParsedFeed
from aggregator.store.rows import packed
from aggregator.urls import absolute, clean_link


class Reading(NamedTuple):
    """What a document brings: `feed` as it is safe to show and without its entries, these, each that is to be stored
    as the store keeps it (by guid), and the signs of all."""

    feed: ParsedFeed
    entries: tuple[Entry, ...]
    packs: dict[str, Packed]
    signs: bytes


def parse_and_normalize(
    body: bytes, url: str, content_type: str | None, now: datetime
) -> tuple[ParsedFeed, tuple[Entry, ...]]:
    """What a feed says of itself, and its entries; raises what `parse` does."""
    from aggregator.entries.normalize import normalize  # noqa: PLC0415
    from aggregator.parse.feed import parse  # noqa: PLC0415

    feed = parse(body, url=url, content_type=content_type)
    return _presented(feed, url), normalize(feed, url, now)


def parse_and_pack(
    body: bytes, url: str, content_type: str | None, now: datetime, before: bytes = b"", *, first: bool = False
) -> Reading:
    """The same with each entry as the store keeps it: that is worked out here, beside the program's own threads.

    Nothing of the texts is worked out of entries whose signs were there `before`, nor of the backlog of a `first` poll:
    these are outlines.
    """
    from aggregator.entries.normalize import normalize_anew, normalize_news  # noqa: PLC0415
    from aggregator.parse.feed import parse  # noqa: PLC0415

    feed = parse(body, url=url, content_type=content_type)
    read = normalize_news(feed, url, now) if first else normalize_anew(feed, url, now, unpack_signs(before))
    packs = {entry.guid: packed(entry) for _, entry in read if first or not isinstance(entry, Outline)}
    signs = ((sign, one.said if isinstance(one, Outline) else packs[one.guid].hash) for sign, one in read)
    return Reading(_presented(feed, url), tuple(entry for _, entry in read), packs, pack_signs(signs))


def _presented(feed: ParsedFeed, url: str) -> ParsedFeed:
    from aggregator.html import title_text  # noqa: PLC0415

    title = title_text(feed.title or "", is_text=False) or None
    link = clean_link(absolute(url, feed.link) or "") if feed.link else None
    return feed._replace(entries=(), title=title, link=link)
