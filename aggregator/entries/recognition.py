"""Which stored entry an entry of a document is (DESIGN: entry identity). Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from aggregator.entries.identity import content_hash, names_a_page, told_apart
from aggregator.records import Entry, Standing

MASS = 10  # entries that nothing else explains
_SHORTEST_PATH = 12  # below this a path says too little to be recognised on another host
_OWN = 0.8  # so much of a source's links must lead to one host to make it its own
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


def share_known(entries: Sequence[Entry], known: Iterable[Known]) -> float:
    """How much of a document an earlier source's entries explain, 0 to 1: is an edited line the same source?"""
    return len(recognised(entries, list(known))) / len(entries) if entries else 0.0


def is_mostly_known(entries: Sequence[Entry], known: Iterable[Known]) -> bool:
    """Whether at least half of a document is explained so: nearly always its guids alone say it."""
    known = list(known)
    guids = {entry.guid for entry in entries} & {old.guid for old in known}
    return 0 < len(entries) <= 2 * len(guids) or share_known(entries, known) >= 0.5


def leads_elsewhere(known: Iterable[Known], entries: Iterable[Entry]) -> str | None:
    """The host that entries lead to, where nearly all that is known led to one host and none of them does."""
    hosts = Counter(host for one in known if (host := plain_host(one.canonical_url)))
    own, number = hosts.most_common(1)[0] if hosts else ("", 0)
    now = Counter(host for entry in entries if (host := plain_host(entry.canonical_url)))
    if not now or own in now or number < _OWN * hosts.total():
        return None
    return now.most_common(1)[0][0]


def plain_host(url: str | None) -> str:
    """The host of an address, without `www.`; empty where it has none."""
    try:
        return (urlsplit(url or "").hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def told(entries: Sequence[Entry], stored: Sequence[Known]) -> list[Entry]:
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


def is_same(old: Known, changed: set[int]) -> bool:
    """Whether a recognised entry is as it was; what was forgotten is not there."""
    return old.key not in changed and old.standing != "forgotten"


def differs(entry: Entry, old: Known) -> bool:
    """Whether there is something to store; what was forgotten stays so."""
    if old.standing == "forgotten":
        return False
    return (entry.guid, entry.canonical_url, content_hash(entry)) != (old.guid, old.canonical_url, old.hash)


def recognised(entries: Sequence[Entry], stored: Sequence[Known]) -> dict[str, Known]:
    """The stored entry that each entry is, by the entry's guid.

    Where the guid is not known: by URL, path, title and date, content, in this order, among the stored entries whose
    own guid is not in the document any more. What stands for several (everybody's link is /news, a title that comes
    twice a day) says nothing: a wrong find would lose a new entry and overwrite an old one. By title alone only where
    nothing else is left, or where it explains most of a mass: an import that gave all new guids, links and dates.
    """
    if not stored:
        return {}
    by_guid = {old.guid: old for old in stored}
    found = {entry.guid: by_guid[entry.guid] for entry in entries if entry.guid in by_guid}
    present = {entry.guid for entry in entries} | {entry.guid.partition("\n")[0] for entry in entries}
    taken = {old.key for old in stored if old.guid in present}
    stored = _related([entry for entry in entries if entry.guid not in found], stored)
    signs = (_listed, _url, _path, _instant, _content, *(() if found or len(entries) < 3 else (_day, _title)))
    for sign in signs if stored else ():
        for guid, old in _alike(sign, entries, stored, found, taken):
            found[guid] = old
            taken.add(old.key)
    left = len(entries) - len(found)
    titled = dict(_alike(_title, entries, stored, found, taken)) if left >= MASS else {}
    return found | titled if 2 * len(titled) >= left else found


def rewritten(
    entries: Sequence[Entry], stored: Sequence[Known], found: Mapping[str, Known], near: Mapping[str, int]
) -> dict[str, Known]:
    """Of what is not found yet the stored entries that `near` names, unless the document has these themselves."""
    present = {entry.guid for entry in entries}
    taken = {old.key for old in found.values()}
    free = {old.key: old for old in stored if old.key not in taken and old.guid not in present}
    return {guid: free[key] for guid, key in near.items() if guid not in found and key in free}


def _related(fresh: Sequence[Entry], stored: Sequence[Known]) -> Sequence[Known]:
    """The stored entries that share a path, a title or a text with one of these: no other has a sign of theirs.

    A source may have thousands, of which a poll that brings news would work out every sign.
    """
    if not fresh:
        return ()
    paths = {_behind_host(entry.canonical_url) for entry in fresh if entry.canonical_url}
    titles, marks = {_spelled(entry.title) for entry in fresh}, {title_mark(entry.title) for entry in fresh}
    texts = {_content(entry) for entry in fresh}
    return [
        old
        for old in stored
        if old.hash in texts
        or (old.title in marks if old.standing == "forgotten" else _spelled(old.title) in titles)
        or (old.canonical_url is not None and _behind_host(old.canonical_url) in paths)
    ]


def _alike(
    sign: Callable[[Entry | Known], Hashable],
    entries: Sequence[Entry],
    stored: Sequence[Known],
    found: Collection[str],
    taken: Collection[int],
) -> Iterator[tuple[str, Known]]:
    """The entries not found yet, by guid, and the stored ones not taken yet that have their sign."""
    ours, theirs = _by(sign, stored), _by(sign, (entry for entry in entries if entry.guid not in found))
    for mark, those in theirs.items():
        twins = ours.get(mark, [])
        if sign is not _listed and (len(those) > 1 or len(twins) > 1):
            continue
        for entry, old in zip(those, [old for old in twins if old.key not in taken], strict=False):
            yield entry.guid, old


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


def _behind_host(canonical_url: str) -> str:
    """What is equal where path and query are, without taking the address apart."""
    return canonical_url[len("https://") :].partition("/")[2]


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
    return sha256(_spelled(title)).hexdigest()[:32]


def _spelled(title: str) -> bytes:
    return " ".join(title.casefold().split()).encode("utf-8", "replace")
