"""What a poll of one source brings: new, edited, or seen before under another guid (DESIGN: entry identity).

Pure: what the store knows and what the document says, in; Changes, out.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import datetime, time, timedelta
from hashlib import sha256
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from aggregator.entries.normalize import content_hash, names_a_page, told_apart
from aggregator.records import Changes, Entry, Standing

FIRST_NEWS = 5
FIRST_DAYS = timedelta(days=7)
OLD_ANNOUNCED = 3
FLOOD = 50  # from so many new entries in one poll on the source's rhythm is looked at
STRANGERS = 8  # the same for a document in which nothing is known: a parked domain, another site's feed
DAY = timedelta(days=1)
_SHORTEST_PATH = 12  # below this a path says too little to be recognised on another host
_LONG = 60  # words from which on an equal text is no form letter


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
    @property
    def standing(self) -> Standing: ...  # noqa: D102


_One = TypeVar("_One", Entry, Known)


def match(
    entries: Sequence[Entry], known: Iterable[Known], before: datetime | None, now: datetime, partial: bool = False
) -> Changes:
    """Sort a document's entries into new and updated; the rest is seen and unchanged.

    `before` is the last successful poll, None at the first. At the first poll the newest 5 of the last 7 days are
    news, the rest is backlog. Later, entries that look old (dated before the previous poll) are announced up to 3 a
    poll, and so are those of a flood that the source's rhythm does not explain; the rest of them is held. A `partial`
    document holds new entries only: that nothing in it is known says nothing. Where entries of a source are known
    before its first poll, they came back from what was published (recovery.py).
    """
    stored = list(known)
    entries = _told(entries, stored)
    found = _recognised(entries, stored)
    updated = [(old.key, entry) for entry in entries if (old := found.get(entry.guid)) and _differs(entry, old)]
    forgotten = any(old.standing == "forgotten" for old in found.values())
    fresh = [entry for entry in entries if entry.guid not in found]
    if before is None:
        new = _first(fresh, now) if not stored else _since(fresh, max(old.published for old in stored))
    else:
        strangers = not partial and not found and len(stored) >= FIRST_NEWS
        flood = _is_flood(len(fresh), strangers, [old.published for old in stored], now - before)
        new = _later(fresh, before, flood)
    changed = {key for key, _ in updated}
    return Changes(
        new=tuple(new),
        updated=tuple(updated),
        same=tuple((old.key, e) for e in entries if (old := found.get(e.guid)) and _is_same(old, changed)),
        seen=len(entries),
        forgotten=forgotten,
    )


def safer_links(
    same: Sequence[tuple[int, Entry]], link_of: Callable[[int], str | None]
) -> tuple[tuple[int, Entry], ...]:
    """Of entries that are otherwise unchanged those whose link has moved from http to https.

    `link_of` gives a stored link by key, and may be slow: the first and the last entry speak for the rest.
    """

    def is_safer(key: int, entry: Entry) -> bool:
        return (entry.link or "").startswith("https:") and (link_of(key) or "").startswith("http:")

    if not any(is_safer(*one) for one in {*same[:1], *same[-1:]}):
        return ()
    return tuple(one for one in same if is_safer(*one))


def share_known(entries: Sequence[Entry], known: Iterable[Known]) -> float:
    """How much of a document an earlier source's entries explain, 0 to 1: is an edited line the same source?"""
    return len(_recognised(entries, list(known))) / len(entries) if entries else 0.0


# --- what is news --------------------------------------------------------------------------------------------


def _first(entries: Sequence[Entry], now: datetime) -> list[tuple[Entry, Standing]]:
    by_age = sorted(entries, key=lambda entry: entry.published or now, reverse=True)
    young = [e.guid for e in by_age if now - (e.published or now) < FIRST_DAYS][:FIRST_NEWS]
    return [(entry, "news" if entry.guid in young else "backlog") for entry in entries]


def _since(entries: Sequence[Entry], newest: datetime) -> list[tuple[Entry, Standing]]:
    """The first poll of a source whose published entries came back: what is older than these was backlog."""
    return [(entry, "backlog" if entry.published and entry.published < newest else "news") for entry in entries]


def _later(entries: Sequence[Entry], polled_at: datetime, flood: bool) -> list[tuple[Entry, Standing]]:
    doubtful = [entry.guid for entry in entries if flood or _looks_old(entry, polled_at)]
    held = set(doubtful[OLD_ANNOUNCED:])
    return [(entry, "held" if entry.guid in held else "news") for entry in entries]


def _looks_old(entry: Entry, polled_at: datetime) -> bool:
    """Dated before the previous poll; midnight is a date without a time and stands for its whole day."""
    if entry.published is None:
        return False
    return entry.published + (DAY if entry.published.time() == time(0, 0) else timedelta(0)) < polled_at


def _is_flood(number: int, strangers: bool, published: Sequence[datetime], elapsed: timedelta) -> bool:
    """Whether so many new entries since the last poll are more than a source's rhythm explains.

    Few are never a flood, except of `strangers`: a document in which nothing is known any more. Usual is twice the
    most that the source ever published within a day, and five times its mean pace.
    """
    if number < (STRANGERS if strangers else FLOOD) or not published:
        return False
    moments = sorted(published)
    span = max(moments[-1] - moments[0], DAY)
    return number > max(2 * _busiest_day(moments), 5 * len(moments) * (elapsed / span))


def _busiest_day(moments: Sequence[datetime]) -> int:
    """The most of the sorted moments that lie within 24 hours."""
    start, most = 0, 0
    for end, moment in enumerate(moments):
        while moment - moments[start] > DAY:
            start += 1
        most = max(most, end - start + 1)
    return most


# --- which stored entry an entry is --------------------------------------------------------------------------


def _told(entries: Sequence[Entry], stored: Sequence[Known]) -> list[Entry]:
    """The entries; one whose guid the publisher used before for another article gets a guid that says more."""
    by_guid = {old.guid: old for old in stored}
    return [
        told_apart(entry, entry.canonical_url or "")
        if (old := by_guid.get(entry.guid)) and _is_another(entry, old)
        else entry
        for entry in entries
    ]


def _is_another(entry: Entry, old: Known) -> bool:
    """Link and title both differ."""
    return (
        entry.canonical_url is not None
        and old.canonical_url is not None
        and entry.canonical_url != old.canonical_url
        and _title(entry) != _title(old)
    )


def _is_same(old: Known, changed: set[int]) -> bool:
    return old.key not in changed and old.standing != "forgotten"


def _differs(entry: Entry, old: Known) -> bool:
    """Whether there is something to store; what was forgotten stays so."""
    if old.standing == "forgotten":
        return False
    return (entry.guid, entry.canonical_url, content_hash(entry)) != (old.guid, old.canonical_url, old.hash)


def _recognised(entries: Sequence[Entry], stored: Sequence[Known]) -> dict[str, Known]:
    """The stored entry that each entry is, by the entry's guid.

    Where the guid is not known: by URL, path, title and date, content, in this order, among the stored entries whose
    own guid is not in the document any more. What stands for several (everybody's link is /news, a title that comes
    twice a day) says nothing: a wrong find would lose a new entry and overwrite an old one.
    """
    if not stored:
        return {}
    by_guid = {old.guid: old for old in stored}
    found = {entry.guid: by_guid[entry.guid] for entry in entries if entry.guid in by_guid}
    present = {entry.guid for entry in entries} | {entry.guid.partition("\n")[0] for entry in entries}
    taken = {old.key for old in stored if old.guid in present}
    signs = (_listed, _url, _path, _instant, _content, *(() if found or len(entries) < 3 else (_day, _title)))
    for sign in signs if len(found) < len(entries) else ():
        ours, theirs = _by(sign, stored), _by(sign, (entry for entry in entries if entry.guid not in found))
        for mark, those in theirs.items():
            twins = ours.get(mark, [])
            if sign is not _listed and (len(those) > 1 or len(twins) > 1):
                continue
            for entry, old in zip(those, (old for old in twins if old.key not in taken), strict=False):
                found[entry.guid] = old
                taken.add(old.key)
    return found


def _by(sign: Callable[[_One], Hashable], those: Iterable[_One]) -> dict[Hashable, list[_One]]:
    marks: dict[Hashable, list[_One]] = {}
    for one in those:
        if (mark := sign(one)) is not None:
            marks.setdefault(mark, []).append(one)
    return marks


def _listed(one: Entry | Known) -> Hashable:
    """Everything but the guid: an entry that a document lists twice is met twice again."""
    return (one.canonical_url, _title(one), one.published) if names_a_page(one.canonical_url) else None


def _url(one: Entry | Known) -> Hashable:
    return one.canonical_url if names_a_page(one.canonical_url) else None


def _path(one: Entry | Known) -> Hashable:
    """Path and query, long enough to be recognised when host or scheme changed."""
    if one.canonical_url is None:
        return None
    parts = urlsplit(one.canonical_url)
    path = f"{parts.path}?{parts.query}"
    return path if len(path) >= _SHORTEST_PATH else None


def _instant(one: Entry | Known) -> Hashable:
    """Title and the moment; a date without a time is as good as one with."""
    return (_title(one), one.published) if one.published else None


def _content(one: Entry | Known) -> Hashable:
    if not isinstance(one, Entry):
        return one.hash
    return content_hash(one) if len(one.text.split()) >= _LONG else None


def _day(one: Entry | Known) -> Hashable:
    return (_title(one), one.published.date()) if one.published else None


def _title(one: Entry | Known) -> Hashable:
    return one.title if not isinstance(one, Entry) and one.standing == "forgotten" else title_mark(one.title)


def title_mark(title: str) -> str:
    """What equal titles share, whatever their case and spaces: a hash, for a forgotten entry leaves no title."""
    return sha256(" ".join(title.casefold().split()).encode("utf-8", "replace")).hexdigest()[:32]
