"""What a worker does with a document: parse and normalize, so that nothing of a stranger is read anywhere else.

Who asks a worker for it needs the names of these functions alone, and does not wait for what they import.
"""

from __future__ import annotations

from datetime import datetime

from aggregator.records import Entry, Packed, ParsedFeed
from aggregator.store.rows import packed
from aggregator.urls import absolute, clean_link


def parse_and_normalize(
    body: bytes, url: str, content_type: str | None, now: datetime
) -> tuple[ParsedFeed, tuple[Entry, ...]]:
    """What a feed says of itself, safe to show and without its entries, and its entries; raises what `parse` does."""
    from aggregator.entries.normalize import normalize  # noqa: PLC0415
    from aggregator.html import title_text  # noqa: PLC0415
    from aggregator.parse.feed import parse  # noqa: PLC0415

    feed = parse(body, url=url, content_type=content_type)
    entries = normalize(feed, url, now)
    title = title_text(feed.title or "", is_text=False) or None
    link = clean_link(absolute(url, feed.link) or "") if feed.link else None
    return feed._replace(entries=(), title=title, link=link), entries


def parse_and_pack(
    body: bytes, url: str, content_type: str | None, now: datetime
) -> tuple[ParsedFeed, tuple[Entry, ...], tuple[Packed, ...]]:
    """The same, and each entry as the store keeps it: that is worked out here, beside the program's own threads."""
    feed, entries = parse_and_normalize(body, url, content_type, now)
    return feed, entries, tuple(map(packed, entries))
