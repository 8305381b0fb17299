"""A new version of the program reads what is kept again, so that its better reading needs no request.

An upgrade's work is shared out: a second of each pass, until the newest body of every source has been read.
"""

from __future__ import annotations

import contextlib
import time
from datetime import datetime

from aggregator import __version__
from aggregator.entries.match import match
from aggregator.entries.normalize import content_hash
from aggregator.errors import ParseError
from aggregator.memory import described
from aggregator.parse.document import parse_and_normalize
from aggregator.parse.pool import Pool
from aggregator.store.bodies import Body
from aggregator.store.rows import packed
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


def _read(body: Body, store: Store, pool: Pool, now: datetime) -> None:
    """One body in one transaction. Known entries are replaced in place; others come as those of a first poll do."""
    state, read = store.sources.state(body.source), None
    with contextlib.suppress(ParseError):  # what this version cannot read stays as the other one read it
        read = pool.run(parse_and_normalize, body.data, body.url or state.url, body.content_type, body.fetched_at)
    with store.transaction():
        store.bodies.mark_read(state.key)
        if read is None:
            return
        feed, entries = read
        changes = match(entries, store.entries.known(state.key), None, now)
        store.sources.save(described(state, feed))
        for key, entry in changes.updated:
            store.bodies.replace(body, key, entry, content_hash(entry))
        for ordinal, (entry, standing) in enumerate(changes.new):
            store.entries.add(state, entry, packed(entry), standing, ordinal, now)
