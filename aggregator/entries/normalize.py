"""From a publisher's entry to ours: one pass that makes every field safe, absolute and clean (docs/normalization.md)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from aggregator.entries.boilerplate import strip_boilerplate
from aggregator.html import excerpt, safe_html, text_of, title_text
from aggregator.records import Enclosure, Entry, ParsedEntry, ParsedFeed
from aggregator.urls import absolute, canonical, clean_link

EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
_LONGEST_GUID = 1000


def normalize(feed: ParsedFeed, feed_url: str, now: datetime) -> tuple[Entry, ...]:
    """All entries of a document, in its order, each guid once (the first wins)."""
    base = absolute(feed_url, feed.link or "") or feed_url
    entries = [normalize_entry(parsed, feed, base, now) for parsed in feed.entries]
    return distinct(entries)


def normalize_entry(parsed: ParsedEntry, feed: ParsedFeed, base: str, now: datetime) -> Entry:
    """One entry; `base` is what its relative links stand on when it names no base of its own."""
    link = clean_link(absolute(base, parsed.link) or "") if parsed.link else None
    content_base = absolute(base, parsed.base or "") or link or base
    title = title_text(parsed.title or "", is_text=parsed.title_is_text)
    names = {"title": title, "source_title": title_text(feed.title or "", is_text=False)}
    summary = strip_boilerplate(safe_html(parsed.summary or "", base=content_base), **names)
    content = strip_boilerplate(safe_html(parsed.content or "", base=content_base), **names)
    text = max(text_of(content), text_of(summary), key=len)
    canonical_url = canonical(link) if link else None
    return Entry(
        guid=_guid(parsed, canonical_url, title, text),
        canonical_url=canonical_url,
        link=link,
        title=title or excerpt(text, 10) or (link or "Untitled"),
        summary=summary,
        content=content,
        text=text,
        author=title_text(parsed.author or "", is_text=True) or None,
        published=_sane(parsed.published or parsed.updated, now),
        updated=_sane(parsed.updated, now),
        language=parsed.language or feed.language,
        categories=tuple(dict.fromkeys(filter(None, (title_text(c, is_text=True) for c in parsed.categories[:30])))),
        enclosures=_enclosures(parsed, base),
        comments=_link(base, parsed.comments),
        image=_link(base, parsed.image),
        duration=parsed.duration,
    )


def distinct(entries: list[Entry]) -> tuple[Entry, ...]:
    """Each guid once. Where one guid stands for different articles it says nothing: their links tell them apart."""
    urls: dict[str, set[str | None]] = {}
    for entry in entries:
        urls.setdefault(entry.guid, set()).add(entry.canonical_url)
    kept: dict[str, Entry] = {}
    for entry in entries:
        told = _told_apart(entry) if len(urls[entry.guid]) > 1 else entry
        kept.setdefault(told.guid, told)
    return tuple(kept.values())


def content_hash(entry: Entry) -> str:
    """A hash of what readers see, without dates: equal hashes mean that nothing changed."""
    seen = (entry.title, entry.link or "", entry.summary, entry.content, entry.author or "",
            *(enclosure.url for enclosure in entry.enclosures))
    return sha256("\0".join(seen).encode("utf-8", "replace")).hexdigest()[:32]


def _told_apart(entry: Entry) -> Entry:
    return replace(entry, guid=f"{entry.guid}\n{entry.canonical_url or entry.title}"[:_LONGEST_GUID])


def _guid(parsed: ParsedEntry, canonical_url: str | None, title: str, text: str) -> str:
    """The publisher's raw guid, else the canonical URL, else a hash of what the entry says; never from its place."""
    raw = parsed.id or canonical_url
    if raw is None:
        said = f"{title}\n{text[:2000] if not title else parsed.published or text[:2000]}"
        return "sha256:" + sha256(said.encode("utf-8", "replace")).hexdigest()
    if len(raw) <= _LONGEST_GUID:
        return raw.encode("utf-8", "replace").decode("utf-8")
    return "sha256:" + sha256(raw.encode("utf-8", "replace")).hexdigest()


def _sane(moment: datetime | None, now: datetime) -> datetime | None:
    """A wrong instant is worse than none: nothing before 1995 and nothing more than a day ahead.

    What is up to a day ahead is mostly a wrong zone; it is shown as of when it was first seen.
    """
    if moment is None or moment < EARLIEST or moment > now + timedelta(days=1):
        return None
    return moment


def _link(base: str, url: str | None) -> str | None:
    return clean_link(absolute(base, url) or "") if url else None


def _enclosures(parsed: ParsedEntry, base: str) -> tuple[Enclosure, ...]:
    found = (Enclosure(link, e.type, e.length) for e in parsed.enclosures[:20] if (link := _link(base, e.url)))
    return tuple(dict.fromkeys(found))
