"""The backlog of many new sources is read in idle time: their first pass reads what is news and outlines the rest.

An outline has its place and is counted as any backlog is; a search finds it by its title. What is read here, of the
body that was kept, is its text, and by it its copies and what its source repeats. Sources are counted, not seconds: how
fast a machine is decides neither what is read when nor which group a copy is in.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING

from aggregator.entries.acceptance import place
from aggregator.entries.recognition import recognised, told
from aggregator.entries.signs import pack_signs, unpack_signs
from aggregator.errors import ParseError
from aggregator.parse.document import Reading, parse_and_pack
from aggregator.parse.pool import Pool
from aggregator.records import Entry, Outline, StoredEntry
from aggregator.store.bodies import Body
from aggregator.store.rows import packed
from aggregator.store.sqlite import Store

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

AT_ONCE = 60
"""Sources: a pass over no more new ones puts nothing off, and a tick of `run` reads so many."""
MANY = 500
"""Sources from which on a second process that reads is worth its start, which costs as much as some fifty of them."""
TOGETHER, HEAVY = 20, 2 << 20
"""Sources in a transaction, or bytes of their documents: a kill loses half a second's reading, two transactions are in
memory, and the words of some 200 entries are written at once."""
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
    """Read the backlog of so many sources, in the order of feeds.yaml; how many there were."""
    return sum(in_steps(store, pool, is_shown, now, stop, store.bodies.unread(most)))


def in_steps(
    store: Store,
    pool: Pool,
    is_shown: Callable[[StoredEntry], bool],
    now: datetime,
    stop: threading.Event,
    sources: Sequence[int],
    *,
    at_once: int = 1,
) -> Iterator[int]:
    """The same of given sources, a transaction a step; of how many sources each was.

    While they are recorded, the documents of the next step are read, so many `at_once`: one, but where there are MANY.
    """
    if not sources:
        return
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 (for who has something to read)

    readers = ThreadPoolExecutor(at_once, "reader")
    try:
        for some in _read_ahead(sources, store, pool, readers, stop):
            if stop.is_set():
                break
            with store.transaction():
                _record(some, store, is_shown, now)
            yield len(some)
    finally:
        readers.shutdown(wait=False, cancel_futures=True)


def _read_ahead(
    sources: Sequence[int], store: Store, pool: Pool, readers: Executor, stop: threading.Event
) -> Iterator[Mapping[int, Reading | None]]:
    """What the documents of sources say, those of a transaction together; the next ones are being read by then."""
    before: dict[int, Future[Reading | None]] = {}
    for bodies in chain(_bodies(sources, store), ({},)):
        begun = {source: readers.submit(_reading, body, known, pool, stop) for source, (body, known) in bodies.items()}
        if before:
            yield {source: one.result() for source, one in before.items()}
        before = begun


def _bodies(sources: Sequence[int], store: Store) -> Iterator[Mapping[int, tuple[Body | None, bytes]]]:
    """The documents of sources, with the signs of what is known of them, for one transaction after the other.

    Where workers record as well, each source has its own: of two with several sources one could wait for the other.
    """
    most = 1 if store.workers() else TOGETHER
    some, size = dict[int, tuple[Body | None, bytes]](), 0
    for source in sources:
        body = store.bodies.first(source)
        known = pack_signs((sign, said) for sign, said in _signs(source, store).items() if said)
        some[source], size = (body, known), size + len(body.data if body else b"")
        if len(some) >= most or size >= HEAVY:
            yield some
            some, size = {}, 0
    if some:
        yield some


def _reading(body: Body | None, known: bytes, pool: Pool, stop: threading.Event) -> Reading | None:
    """The document, but for the texts that were read; None where it cannot be read, or nobody waits for it any more."""
    if body is not None and not stop.is_set():
        with contextlib.suppress(ParseError):
            return pool.run(parse_and_pack, body.data, body.url or "", body.content_type, body.fetched_at, known)
    return None


def _record(
    those: Mapping[int, Reading | None], store: Store, is_shown: Callable[[StoredEntry], bool], now: datetime
) -> None:
    """What documents say, by their sources (inside a transaction)."""
    entries = dict[int, Entry]()
    for source, read in those.items():
        filled = _fill(source, read, store, now) if read is not None else {}
        _place(source, store, is_shown, now)
        if store.texts.is_told_otherwise(source, {key: entry.text for key, entry in filled.items()}):
            store.touched.note_news(source)
        entries |= filled
    store.texts.keep(those)
    store.search.take(entries, entries)
    store.search.take_outlines(those)
    store.bodies.mark_whole(those)


def _signs(source: int, store: Store) -> dict[bytes, str]:
    return unpack_signs(store.signs.of([source]).get(source, b""))


def _fill(source: int, read: Reading, store: Store, now: datetime) -> dict[int, Entry]:
    """Give outlines their texts; what a newer document brought since is not touched. The entries, by their keys."""
    known = store.entries.known(source)
    entries = told(read.entries, known)
    found, outlines = recognised(entries, known), {one.key for one in known if one.is_outline}
    filled = dict[int, Entry]()
    for entry in entries:
        old = found.get(entry.guid)
        if old and old.key in outlines and not isinstance(entry, Outline):
            store.entries.update(old.key, entry, read.packs.get(entry.guid) or packed(entry), now)
            filled[old.key] = entry
    now_said = unpack_signs(read.signs)
    signs = ((sign, said or now_said.get(sign, "")) for sign, said in _signs(source, store).items())
    store.signs.keep(source, pack_signs(signs))
    return filled


def _place(source: int, store: Store, is_shown: Callable[[StoredEntry], bool], now: datetime) -> None:
    """Find the copies of what is read now."""
    for one, is_free in store.unplaced.of(source):
        standing, group = place(one, store.entries, is_shown) if is_free else (one.standing, one.key)
        if standing == "forgotten":
            store.withdrawn.forget([one.key], now)
        else:
            store.entries.set_marks(one.key, one.marks)
            if group != one.key:
                store.unplaced.join(one.key, group)
    store.unplaced.mark_placed(source)
