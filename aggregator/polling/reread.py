"""What is kept is read again by this version of the program, so that its better reading needs no request.

By itself after an upgrade: a second of each pass, until the newest body of every source has been read. When asked
(`publish --replay`): every kept body, with the difference that it makes shown first. An entry keeps its id, its place
and its dates either way, and no sealed digest changes.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime

from aggregator import __version__
from aggregator.entries.match import match
from aggregator.entries.recognition import recognised, told
from aggregator.errors import ParseError
from aggregator.parse.document import parse_and_normalize
from aggregator.parse.pool import Pool
from aggregator.polling.memory import described
from aggregator.records import Entry, ParsedFeed, SourceState, Standing
from aggregator.store.bodies import Body
from aggregator.store.rows import pack_entry, packed, unpack_entry
from aggregator.store.sqlite import Store

READ_FOR = 1.0  # seconds of a pass


def reread(store: Store, pool: Pool, now: datetime, seconds: float = READ_FOR) -> int:
    """Read bodies again that another version has read, for so long, one at least; how many were read."""
    if store.meta("read_by") == __version__:
        return 0
    end, done = time.monotonic() + seconds, 0
    for key in store.bodies.read_by_others():
        if done and time.monotonic() > end:
            return done
        if body := store.bodies.newest(key):
            _read(body, store, pool, now)
        done += 1
    with store.transaction():
        store.set_meta("read_by", __version__)
    return done


@dataclass(frozen=True, slots=True)
class Difference:
    """An entry that is read otherwise now: the fields with what they say in the store, and what they would say."""

    id: str
    link: str | None
    title: str
    fields: tuple[tuple[str, object, object], ...]


@dataclass(slots=True)
class Replayed:
    """A source read again: so many bodies and entries, what would differ, and what was not found before.

    `unreadable` are the bodies that this version makes nothing of: what an earlier one read of them stays.
    """

    state: SourceState
    bodies: int = 0
    unreadable: int = 0
    entries: int = 0
    changed: list[Difference] = field(default_factory=list)
    found: list[Entry] = field(default_factory=list)


def replay(state: SourceState, store: Store, pool: Pool, now: datetime, *, apply: bool) -> Replayed:
    """Read every body that is kept of a source; with `apply` in one transaction that stores what differs.

    Each entry is read in the newest body that has it; one that was edited later than that is left alone.
    """
    if not apply:
        return _replayed(state, store, pool, now, apply=False)
    with store.transaction():
        return _replayed(state, store, pool, now, apply=True)


def _replayed(state: SourceState, store: Store, pool: Pool, now: datetime, *, apply: bool) -> Replayed:
    done, keys, guids = Replayed(state), set[int](), set[str]()
    if store.bodies.is_unread(state.key):  # an entry that no version has read yet, none reads otherwise
        keys |= {one.key for one in store.entries.known(state.key) if one.is_outline}
    for body in store.bodies.all(state.key):
        done.bodies += 1
        read = _reading(body, state, pool)
        if read is None:
            done.unreadable += 1
            continue
        known = store.entries.known(state.key)
        entries = told(read[1], known)
        found, fresh = recognised(entries, known), match(entries, known, None, now).new
        pairs = [(old.key, entry) for entry in entries if entry.guid not in guids and (old := found.get(entry.guid))]
        pairs = [pair for pair in pairs if pair[0] not in keys]
        fresh = tuple(one for one in fresh if one[0].guid not in guids)
        _compare(done, body, pairs, store, apply=apply)
        _add(done, fresh, store, now, apply=apply)
        done.entries += len(pairs) + len(fresh)
        keys |= {key for key, _ in pairs}
        guids |= {entry.guid for entry, _ in fresh}
        if apply and done.bodies - done.unreadable == 1:
            store.sources.save(described(state, read[0]))
    if apply:
        store.bodies.mark_read(state.key)
    return done


def _compare(done: Replayed, body: Body, pairs: Sequence[tuple[int, Entry]], store: Store, *, apply: bool) -> None:
    """Note, and with `apply` store, what this reading of a body makes other than what is stored."""
    stored = {one.key: one for one in store.entries.get(sorted({key for key, _ in pairs}))}
    for key, entry in pairs:
        old = stored.get(key)
        if old is None or old.standing == "forgotten" or old.changed_at > body.fetched_at:
            continue
        entry = replace(entry, published=old.entry.published, updated=old.entry.updated)  # noqa: PLW2901 (dates stay)
        if differing := _differing(old.entry, unpack_entry(pack_entry(entry))):
            done.changed.append(Difference(old.id, old.entry.link, old.entry.title, differing))
            if apply:
                store.bodies.replace(body, key, entry)


def _add(done: Replayed, fresh: Sequence[tuple[Entry, Standing]], store: Store, now: datetime, *, apply: bool) -> None:
    """Note, and with `apply` store, what was not found before: it comes as at a first poll."""
    done.found.extend(entry for entry, _ in fresh)
    if apply:
        store.entries.add(done.state, ((entry, packed(entry), standing) for entry, standing in fresh), now)


def _differing(before: Entry, after: Entry) -> tuple[tuple[str, object, object], ...]:
    values = ((f.name, getattr(before, f.name), getattr(after, f.name)) for f in fields(Entry))
    return tuple((name, old, new) for name, old, new in values if old != new)


def _reading(body: Body, state: SourceState, pool: Pool) -> tuple[ParsedFeed, tuple[Entry, ...]] | None:
    """What this version reads in a body; None for what it cannot read, which stays as another one read it."""
    with contextlib.suppress(ParseError):
        return pool.run(parse_and_normalize, body.data, body.url or state.url, body.content_type, body.fetched_at)
    return None


def _read(body: Body, store: Store, pool: Pool, now: datetime) -> None:
    """One body in one transaction. Known entries are replaced in place; others come as those of a first poll do."""
    state = store.sources.state(body.source)
    read = _reading(body, state, pool)
    with store.transaction():
        store.bodies.mark_read(state.key)
        if read is None:
            return
        feed, entries = read
        changes = match(entries, store.entries.known(state.key), None, now)
        store.sources.save(described(state, feed))
        for key, entry in changes.updated:
            store.bodies.replace(body, key, entry)
        store.entries.add(state, ((entry, packed(entry), standing) for entry, standing in changes.new), now)
