"""The backlog of many new sources is read in idle time: their first pass reads what is news and outlines the rest.

An outline has its place and is counted as any backlog is; a search finds it by its title. What is read here, of the
body that was kept, is its text, and by it its copies and what its source repeats. Sources are counted, not seconds: how
fast a machine is decides neither what is read when nor which group a copy is in.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from aggregator.entries.acceptance import place
from aggregator.entries.recognition import recognised, told
from aggregator.entries.signs import pack_signs, unpack_signs
from aggregator.errors import ParseError
from aggregator.parse.document import Reading, parse_and_pack
from aggregator.parse.pool import Pool
from aggregator.records import Outline, StoredEntry
from aggregator.store.bodies import Body
from aggregator.store.rows import packed
from aggregator.store.sqlite import Store

AT_ONCE = 60
"""Sources: a pass over no more new ones puts nothing off, and a tick of `run` reads so many."""
_MINUTE = timedelta(minutes=1)


def since(last: str | None, now: datetime) -> int:
    """Of how many sources a pass reads the backlog: one for each minute since the `last`."""
    return max(0, (now - datetime.fromisoformat(last)) // _MINUTE) if last else AT_ONCE


def read_backlog(
    store: Store,
    pool: Pool,
    is_shown: Callable[[StoredEntry], bool],
    now: datetime,
    stop: threading.Event,
    most: int,
) -> int:
    """Read the backlog of so many sources, each in one transaction, in the order of feeds.yaml; how many there were."""
    done = 0
    for source in store.bodies.unread(most):
        if stop.is_set():
            break
        body = store.bodies.first(source)
        read = _reading(body, store, pool) if body else None
        with store.transaction():
            if read is not None:
                _fill(source, read, store, now)
            _place(source, store, is_shown, now)
            if store.texts.relearned((source,)):
                store.touched.note_news(source)
            store.texts.keep((source,))
            store.search.take_outlines(source)
            store.bodies.mark_whole(source)
        done += 1
    return done


def _reading(body: Body, store: Store, pool: Pool) -> Reading | None:
    """The document, but for the texts that were read; None where it cannot be read any more."""
    known = pack_signs((sign, said) for sign, said in _signs(body.source, store).items() if said)
    with contextlib.suppress(ParseError):
        return pool.run(parse_and_pack, body.data, body.url or "", body.content_type, body.fetched_at, known)
    return None


def _signs(source: int, store: Store) -> dict[bytes, str]:
    return unpack_signs(store.signs.of([source]).get(source, b""))


def _fill(source: int, read: Reading, store: Store, now: datetime) -> None:
    """Give outlines their texts; what a newer document brought since is not touched."""
    known = store.entries.known(source)
    entries = told(read.entries, known)
    found, outlines = recognised(entries, known), {one.key for one in known if one.is_outline}
    for entry in entries:
        old = found.get(entry.guid)
        if old and old.key in outlines and not isinstance(entry, Outline):
            store.entries.update(old.key, entry, read.packs.get(entry.guid) or packed(entry), now)
    now_said = unpack_signs(read.signs)
    signs = ((sign, said or now_said.get(sign, "")) for sign, said in _signs(source, store).items())
    store.signs.keep(source, pack_signs(signs))


def _place(source: int, store: Store, is_shown: Callable[[StoredEntry], bool], now: datetime) -> None:
    """Find the copies of what is read now. What copies joined, or the user hid, stays in its group."""
    for one in store.entries.unplaced(source):
        members = store.entries.members(one.key)
        is_free = len(members) == 1 and not members[0].hidden
        standing, group = place(one, store.entries, is_shown) if is_free else (one.standing, None)
        if standing == "forgotten":
            store.withdrawn.forget([one.key], now)
        else:
            store.entries.set_marks(one.key, one.marks)
            store.entries.join(one.key, group)
