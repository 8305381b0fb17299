"""What is better said differently in feeds.yaml: each proposal with its evidence. Pure; the edits are made elsewhere.

Nothing is proposed on one sighting: a permanent redirect must have stood for days, a 410 have come twice a day apart,
a silence be longer than the source's own rhythm explains. The user decides; nothing here changes a file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import combinations
from typing import Literal

from aggregator.polling.memory import PATIENCE, where_to_ask
from aggregator.polling.rhythm import Silence
from aggregator.records import Source, SourceState
from aggregator.urls import canonical

Kind = Literal["moved", "https", "gone", "duplicate", "silent", "broken", "validators"]

ALIKE = 0.8  # so much of what two sources wrote in the same time is the same: one of them is enough
LEAST_SHARED = 5
_MOST_SHARERS = 8  # a page that more sources link to says nothing about any two of them
_LONG_BROKEN = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What was found about a source, the evidence, and the edit that mends it.

    `keys` are the keys of its line that change, `remove` takes the line out; with neither, only a person can help,
    or (`is_note`) only the publisher.
    """

    kind: Kind
    source: Source
    evidence: str
    keys: Mapping[str, object] = field(default_factory=dict)
    remove: bool = False
    advice: str = ""
    is_note: bool = False

    @property
    def has_edit(self) -> bool:
        """Whether feeds.yaml can be mended without a person."""
        return self.remove or bool(self.keys)


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of a source: its line, its state, when each article was published by canonical URL, its silence."""

    source: Source
    state: SourceState
    articles: Mapping[str, datetime] = field(default_factory=dict)
    silence: Silence | None = None


def proposals(records: Sequence[Record], better: Mapping[str, str], https: Iterable[str]) -> list[Proposal]:
    """All that is to be said, at most one edit for each source, in the order of feeds.yaml.

    `better` maps the address of a broken source to a feed that answers in its place, `https` are the http addresses
    whose https brings the same entries.
    """
    safer = frozenset(https)
    coming: dict[str | None, Source] = {}
    found = {one.source.url: one for one in _duplicates(records)}
    stay = (record.source for record in records if record.source.url not in found)
    taken = {canonical(source.url): source for source in stay}
    for record in records:
        if record.source.paused or record.source.url in found:
            continue
        one = _of_one(record, better.get(record.source.url), secure=record.source.url in safer)
        if one is not None:
            found[record.source.url] = _only_once(one, taken, coming)
    order = {record.source.url: number for number, record in enumerate(records)}
    return sorted(found.values(), key=lambda one: order[one.source.url])


def _of_one(record: Record, better: str | None, *, secure: bool) -> Proposal | None:
    """The first that applies: what ends a source comes before what only improves it."""
    source, state = record.source, record.state
    if state.gone:
        since = f" since {state.gone_at:%Y-%m-%d}" if state.gone_at else ""
        return Proposal("gone", source, f"its server says that it is gone for good (410){since}", remove=True)
    if state.failures:
        return _broken(source, state, better)
    return (
        _moved(source, state)
        or (_safer(source) if secure else None)
        or _silent(record)
        or _without_validators(source, state)
    )


def _only_once(one: Proposal, taken: Mapping[str | None, Source], coming: dict[str | None, Source]) -> Proposal:
    """An address that another source has, or gets by an edit before (`coming`), would stand in the file twice."""
    url = one.keys.get("url")
    target = canonical(url) if isinstance(url, str) else None
    if target is None:
        return one
    other, later = taken.get(target), coming.setdefault(target, one.source)
    if other is not None and other.url != one.source.url:
        evidence = f"{one.evidence}, which stands on line {other.line}"
    elif later.url != one.source.url:
        evidence = f"{one.evidence}, which is that of line {later.line} then"
    else:
        return one
    return Proposal("duplicate", one.source, evidence, remove=True)


def _broken(source: Source, state: SourceState, better: str | None) -> Proposal | None:
    since = f" since {state.success_at:%Y-%m-%d}" if state.success_at else ""
    error = (state.error or "it fails").partition("; its feed seems to be ")[0]
    evidence = f"{error}, {state.failures} times in a row{since}"
    if better is not None:
        return Proposal("broken", source, f"{evidence}; the feed of its site is {better}", {"url": better})
    long = state.polled_at and state.success_at and state.polled_at - state.success_at >= _LONG_BROKEN
    if state.failures < 3 or (state.success_at and not long):
        return None  # a bad day is nothing to mend
    return Proposal("broken", source, evidence, advice="look at its site for another address, or take its line out")


def _moved(source: Source, state: SourceState) -> Proposal | None:
    """A permanent redirect that is steady enough to be followed (see memory.where_to_ask)."""
    if state.moved_to is None or state.moved_since is None or where_to_ask(source, state) == source.url:
        return None
    sightings = f"seen {state.moved_seen} times since {state.moved_since:%Y-%m-%d}"
    evidence = f"redirects for good to {state.moved_to}, {sightings}"
    return Proposal("moved", source, evidence, {"url": state.moved_to})


def _safer(source: Source) -> Proposal:
    address = f"https://{source.url.partition('://')[2]}"
    return Proposal("https", source, f"{address} brings the same entries, and nobody on the way can change them",
                    {"url": address})  # fmt: skip


def _silent(record: Record) -> Proposal | None:
    quiet = record.silence
    if quiet is None:
        return None
    longest = f"{quiet.longest:.0f}"
    evidence = f"{quiet.words}, its longest pause was {longest} day{'' if longest == '1' else 's'}"
    return Proposal("silent", record.source, evidence, {"paused": True})


def _without_validators(source: Source, state: SourceState) -> Proposal | None:
    if state.quiet_polls < PATIENCE:
        return None
    evidence = f"{state.quiet_polls} polls in a row brought the whole feed again though nothing in it was new"
    advice = "its publisher could mend ETag and Last-Modified; it is asked less often meanwhile"
    return Proposal("validators", source, evidence, advice=advice, is_note=True)


def _duplicates(records: Sequence[Record]) -> Iterator[Proposal]:
    """Sources that bring the same articles: the one that works stays, else the one that stands first."""
    gone: set[str] = set()
    for first, second in _pairs(records):
        shared, all_of_them = _overlap(first.articles, second.articles)
        if shared < LEAST_SHARED or shared < ALIKE * all_of_them or gone & {first.source.url, second.source.url}:
            continue
        stays, goes = (second, first) if first.state.failures and not second.state.failures else (first, second)
        gone.add(goes.source.url)
        evidence = f"{shared} of {all_of_them} entries are those of {stays.source.url} on line {stays.source.line}"
        yield Proposal("duplicate", goes.source, evidence, remove=True)


def _pairs(records: Sequence[Record]) -> Iterator[tuple[Record, Record]]:
    """The pairs that have enough in common to be looked at, in the order of the file."""
    holders: dict[str, list[int]] = {}
    for number, record in enumerate(records):
        for url in () if record.source.paused else record.articles:
            holders.setdefault(url, []).append(number)
    common = Counter(
        pair for those in holders.values() if len(those) <= _MOST_SHARERS for pair in combinations(those, 2)
    )
    for (one, other), count in sorted(common.items()):
        if count >= LEAST_SHARED:
            yield records[one], records[other]


def _overlap(one: Mapping[str, datetime], other: Mapping[str, datetime]) -> tuple[int, int]:
    """How many articles both have, of all that either has in the time that both cover."""
    start = max(min(one.values()), min(other.values()))
    recent = [{url for url, published in those.items() if published >= start} for those in (one, other)]
    return len(recent[0] & recent[1]), len(recent[0] | recent[1])
