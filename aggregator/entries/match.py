"""What a poll of one source brings: new, edited, or seen before under another guid (DESIGN: entry identity).

Pure: what the store knows and what the document says, in; Changes, out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Protocol
from urllib.parse import urlsplit

from aggregator.entries.normalize import content_hash
from aggregator.records import Changes, Entry, Standing

FIRST_NEWS = 5
FIRST_DAYS = timedelta(days=7)
OLD_ANNOUNCED = 3
_SHORTEST_PATH = 12  # below this a path says too little to be recognised on another host


class Known(Protocol):
    """What matching needs to know of a stored entry."""

    @property
    def key(self) -> int: ...  # noqa: D102
    @property
    def guid(self) -> str: ...  # noqa: D102
    @property
    def canonical_url(self) -> str | None: ...  # noqa: D102
    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def hash(self) -> str: ...  # noqa: D102
    @property
    def published(self) -> datetime: ...  # noqa: D102


def match(entries: Sequence[Entry], known: Iterable[Known], before: datetime | None, now: datetime) -> Changes:
    """Sort a document's entries into new and updated; the rest is seen and unchanged.

    `before` is the last successful poll, None at the first. At the first poll the newest 5 of the last 7 days are news, the rest is backlog. Later, entries that look old
    (dated before the previous poll) are announced up to 3 a poll; more of them are held as a flood.
    """
    finder = _Finder(known, {entry.guid for entry in entries})
    updated: list[tuple[int, Entry]] = []
    unknown: list[Entry] = []
    for entry in entries:
        old = finder.find(entry)
        if old is None:
            unknown.append(entry)
        elif old.guid == entry.guid and _is_another(entry, old):
            unknown.append(replace(entry, guid=f"{entry.guid}\n{entry.canonical_url}"))
        elif old.guid != entry.guid or old.hash != content_hash(entry):
            updated.append((old.key, entry))
    fresh = [entry for entry in unknown if finder.find(entry) is None]
    new = _first(fresh, now) if before is None else _later(fresh, before)
    return Changes(new=tuple(new), updated=tuple(updated), seen=len(entries))


def share_known(entries: Sequence[Entry], known: Iterable[Known]) -> float:
    """How much of a document an earlier source's entries explain, 0 to 1: is an edited line the same source?"""
    finder = _Finder(known, frozenset())
    return sum(finder.find(entry) is not None for entry in entries) / len(entries) if entries else 0.0


def _first(entries: Sequence[Entry], now: datetime) -> list[tuple[Entry, Standing]]:
    by_age = sorted(entries, key=lambda entry: entry.published or now, reverse=True)
    young = [e.guid for e in by_age if now - (e.published or now) < FIRST_DAYS][:FIRST_NEWS]
    return [(entry, "news" if entry.guid in young else "backlog") for entry in entries]


def _later(entries: Sequence[Entry], polled_at: datetime) -> list[tuple[Entry, Standing]]:
    old = [entry.guid for entry in entries if _looks_old(entry, polled_at)]
    held = set(old[OLD_ANNOUNCED:])
    return [(entry, "held" if entry.guid in held else "news") for entry in entries]


def _looks_old(entry: Entry, polled_at: datetime) -> bool:
    """Dated before the previous poll; midnight is a date without a time and stands for its whole day."""
    if entry.published is None:
        return False
    whole_day = entry.published.time() == time(0, 0)
    return entry.published + (timedelta(days=1) if whole_day else timedelta(0)) < polled_at


def _is_another(entry: Entry, old: Known) -> bool:
    """The publisher used a guid again for another article: link and title both differ."""
    return (entry.canonical_url is not None and old.canonical_url is not None
            and entry.canonical_url != old.canonical_url and _fold(entry.title) != _fold(old.title))


class _Finder:
    """Finds the stored entry that a document's entry is: by guid, URL, path, title and date, content, in this order.

    Only entries whose own guid is not in the document any more can have changed their guid.
    """

    def __init__(self, known: Iterable[Known], present: Iterable[str]) -> None:
        there = set(present)
        self._guid = {old.guid: old for old in known}
        lost = [old for old in self._guid.values() if old.guid not in there]
        self._url = {old.canonical_url: old for old in lost if old.canonical_url}
        self._path = {path: old for old in lost if (path := _path(old.canonical_url))}
        self._title = {(_fold(old.title), old.published.date()): old for old in lost}
        self._hash = {old.hash: old for old in lost}

    def find(self, entry: Entry) -> Known | None:
        found = self._guid.get(entry.guid) or self._url.get(entry.canonical_url or "")
        if found is None and (path := _path(entry.canonical_url)):
            found = self._path.get(path)
        if found is None and entry.published is not None:
            found = self._title.get((_fold(entry.title), entry.published.date()))
        return found or self._hash.get(content_hash(entry))


def _path(canonical_url: str | None) -> str | None:
    """Path and query, long enough to be recognised when host or scheme changed."""
    if canonical_url is None:
        return None
    parts = urlsplit(canonical_url)
    path = f"{parts.path}?{parts.query}"
    return path if len(path) >= _SHORTEST_PATH else None


def _fold(title: str) -> str:
    return " ".join(title.casefold().split())
