"""From a publisher's entry to ours: one pass that makes every field safe, absolute and clean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

from aggregator.entries.boilerplate import strip_boilerplate
from aggregator.entries.identity import bounded, hashed, names_a_page, told_apart
from aggregator.entries.match import first_news
from aggregator.entries.signs import Signer, Signs
from aggregator.html import excerpt, safe_html, text_of_safe, title_text
from aggregator.records import Enclosure, Entry, Outline, ParsedEntry, ParsedFeed
from aggregator.urls import absolute, canonical, clean_link

EARLIEST = datetime(1995, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)


def normalize(feed: ParsedFeed, feed_url: str, now: datetime) -> tuple[Entry, ...]:
    """All entries of a document, in its order, each guid once (the first wins).

    Not one that was cut off: half an entry is worse than one that comes an hour later.
    """
    base = _base(feed, feed_url)
    return distinct([normalize_entry(parsed, feed, base, now) for parsed in _whole(feed)])


def normalize_anew(feed: ParsedFeed, feed_url: str, now: datetime, before: Signs) -> list[tuple[bytes, Entry]]:
    """The same with their signs; of one whose sign was there `before` the outline, its texts are left alone."""
    base, entries = _base(feed, feed_url), list[Entry]()
    signs = list(map(Signer(feed, base).sign, _whole(feed)))
    for sign, parsed in zip(signs, _whole(feed), strict=True):
        known = _outline(parsed, base, now, before[sign]) if sign in before else None
        entries.append(known or normalize_entry(parsed, feed, base, now))
    return [(signs[place], entry) for place, entry in _distinct(entries)]


def normalize_news(feed: ParsedFeed, feed_url: str, now: datetime) -> list[tuple[bytes, Entry]]:
    """All entries of a first poll with their signs, and of its backlog the outlines."""
    base, parsed, sign = _base(feed, feed_url), _whole(feed), Signer(feed, _base(feed, feed_url)).sign
    found = list(_distinct([_outline(one, base, now) or normalize_entry(one, feed, base, now) for one in parsed]))
    news = first_news([entry for _, entry in found], now)

    def read(entry: Entry, one: ParsedEntry) -> Entry:
        if entry.guid not in news or not isinstance(entry, Outline):
            return entry
        whole = normalize_entry(one, feed, base, now)
        return whole if whole.guid == entry.guid else replace(whole, guid=entry.guid)

    return [(sign(parsed[place]), read(entry, parsed[place])) for place, entry in found]


def normalize_entry(parsed: ParsedEntry, feed: ParsedFeed, base: str, now: datetime) -> Entry:
    """One entry; `base` is what its relative links stand on when it names no base of its own."""
    link = _link(base, parsed.link)
    content_base = (absolute(base, parsed.base) if parsed.base else None) or link or base
    title = title_text(parsed.title or "", is_text=parsed.title_is_text)
    names = {"title": title, "source_title": title_text(feed.title or "", is_text=False)}
    summary = strip_boilerplate(safe_html(parsed.summary or "", base=content_base), **names)
    content = strip_boilerplate(safe_html(parsed.content or "", base=content_base), **names)
    text = text_of_safe(content)
    if len(summary) > len(text):  # no text is longer than its HTML
        text = max(text, text_of_safe(summary), key=len)
    canonical_url = canonical(link) if link else None
    return Entry(
        guid=_guid(parsed, canonical_url, title, text),
        canonical_url=canonical_url,
        link=link,
        title=title or title_for(text, parsed.enclosures, link) or "Untitled",
        summary=summary,
        content=content,
        text=text,
        author=title_text(parsed.author or "", is_text=True) or None,
        published=_published(parsed, now),
        updated=_sane(parsed.updated, now),
        language=parsed.language or feed.language,
        categories=tuple(dict.fromkeys(filter(None, (title_text(c, is_text=True) for c in parsed.categories[:30])))),
        enclosures=_enclosures(parsed, base),
        comments=_link(base, parsed.comments),
        image=_link(base, parsed.image),
        duration=parsed.duration,
    )


def _outline(parsed: ParsedEntry, base: str, now: datetime, said: str = "") -> Outline | None:
    """What an entry is known by, as `normalize_entry` has it; None where its text is its name or its title."""
    link = _link(base, parsed.link)
    canonical_url = canonical(link) if link else None
    title = title_text(parsed.title or "", is_text=parsed.title_is_text)
    if not title or (parsed.id or canonical_url) is None:
        return None
    guid, published = _guid(parsed, canonical_url, title, ""), _published(parsed, now)
    return Outline(guid, canonical_url, link, title, "", "", "", published=published, said=said)


def title_for(text: str, enclosures: tuple[Enclosure, ...], link: str | None) -> str | None:
    """What stands in for a title that is missing: the first words, the name of the file that is played, the link."""
    names = (unquote(e.url.partition("?")[0].rpartition("/")[2]).rpartition(".")[0] for e in enclosures[:1])
    return excerpt(text, 10) or title_text(next(names, ""), is_text=True) or link


def removed_lines(feed: ParsedFeed, feed_url: str, entry: Entry, now: datetime) -> list[str]:
    """The lines of an entry's text that normalizing takes off, in a document that still has it."""
    base = _base(feed, feed_url)
    for parsed in feed.entries:
        one = normalize_entry(parsed, feed, base, now)
        if one.guid == entry.guid or (names_a_page(one.canonical_url) and one.canonical_url == entry.canonical_url):
            whole = max((text_of_safe(safe_html(part or "")) for part in (parsed.content, parsed.summary)), key=len)
            kept = tuple(filter(None, one.text.split("\n")))
            lines = (line.strip() for line in whole.split("\n"))
            return [line for line in lines if line and not any(line[:40] in other for other in kept)]
    return []


def distinct(entries: list[Entry]) -> tuple[Entry, ...]:
    """Each guid once. Where one guid stands for different articles it says nothing: their links tell them apart,
    or their titles where there are no links to pages."""
    return tuple(entry for _, entry in _distinct(entries))


def _distinct(entries: Sequence[Entry]) -> Iterator[tuple[int, Entry]]:
    """The entries that are left, each with its place in the document."""
    alike: dict[str, list[Entry]] = {}
    for entry in entries:
        alike.setdefault(entry.guid, []).append(entry)
    marks = {guid: _marks(those) for guid, those in alike.items() if len(those) > 1}
    kept: set[str] = set()
    for place, entry in enumerate(entries):
        mark = next((getattr(entry, name) for name in marks.get(entry.guid, ()) if getattr(entry, name)), None)
        told = told_apart(entry, mark) if mark else entry
        if told.guid not in kept:
            kept.add(told.guid)
            yield place, told


def _marks(alike: list[Entry]) -> tuple[str, ...]:
    """The fields that tell entries of one guid apart, best first; none when they are one entry, listed twice."""
    if len({entry.canonical_url for entry in alike}) > 1:
        return ("canonical_url", "title")
    alone = not names_a_page(alike[0].canonical_url) and len({entry.title for entry in alike}) > 1
    return ("title",) if alone else ()


def _guid(parsed: ParsedEntry, canonical_url: str | None, title: str, text: str) -> str:
    """The publisher's raw guid, else the canonical URL, else a hash of what the entry says; never from its place or
    its date, which some publishers make anew at every fetch."""
    raw = parsed.id or canonical_url
    if raw is None:
        return hashed(f"{title}\n{text[:2000]}")
    return bounded(raw.encode("utf-8", "replace").decode("utf-8"))


def _published(parsed: ParsedEntry, now: datetime) -> datetime | None:
    return _sane(parsed.published, now) or _sane(parsed.updated, now)


def _sane(moment: datetime | None, now: datetime) -> datetime | None:
    """A wrong instant is worse than none: nothing before 1995 and nothing more than a day ahead.

    What is up to a day ahead is mostly a wrong zone; it is shown as of when it was first seen.
    """
    if moment is None or moment < EARLIEST or moment - now > _AHEAD:
        return None
    return moment


def _base(feed: ParsedFeed, feed_url: str) -> str:
    """What the relative links of a document stand on."""
    return absolute(feed_url, feed.link or "") or feed_url


def _whole(feed: ParsedFeed) -> tuple[ParsedEntry, ...]:
    return feed.entries[:-1] if feed.half_entry else feed.entries


def _link(base: str, url: str | None) -> str | None:
    return clean_link(absolute(base, url) or "") if url else None


def _enclosures(parsed: ParsedEntry, base: str) -> tuple[Enclosure, ...]:
    found = (Enclosure(link, e.type, e.length) for e in parsed.enclosures[:20] if (link := _link(base, e.url)))
    return tuple(dict.fromkeys(found))
