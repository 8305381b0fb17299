"""What a worker does with a document: parse and normalize, so that nothing of a stranger is read anywhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from aggregator.entries.normalize import normalize
from aggregator.html import title_text
from aggregator.parse.feed import parse
from aggregator.records import Entry, ParsedFeed


def parse_and_normalize(
    body: bytes, url: str, content_type: str | None, now: datetime
) -> tuple[ParsedFeed, tuple[Entry, ...]]:
    """What a feed says of itself, its title as a line of text, and its entries made safe; raises what `parse` does."""
    feed = parse(body, url=url, content_type=content_type)
    entries = normalize(feed, url, now)
    return replace(feed, entries=(), title=title_text(feed.title or "", is_text=False) or None), entries
