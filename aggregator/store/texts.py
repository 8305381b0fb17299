"""The text by which an entry is told in a few words: that of its own page where it was fetched (`full_text`), without
what its source puts around every one of its entries.

A view of what is stored: nothing that is kept or republished changes by it, and it is learned anew when the newest
entries of a source are others.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from types import MappingProxyType
from typing import Protocol

from aggregator import __version__
from aggregator.entries.chrome import LATEST, Chrome, Repeated, learn, left_out, may_repeat, without, words_of
from aggregator.records import StoredEntry
from aggregator.store.articles import Articles
from aggregator.store.protocol import Connection, holes
from aggregator.store.rows import UNREAD, storable, unpack_text

_NEWEST = (
    f"FROM entries WHERE source = ? AND standing NOT IN ('forgotten', 'held', 'dropped') AND NOT ({UNREAD}) "
    f"ORDER BY published DESC, key DESC LIMIT {LATEST}"
)


class Telling(Protocol):
    """The text by which an entry is told; of its page, if it is there and `full` asks for it."""

    def __call__(self, stored: StoredEntry, *, full: bool = False) -> str:
        """Of one entry."""


class Texts:
    """What summaries and excerpts are made of; what was learned of a source is kept while its newest entries stay, in
    this process and, when `keep` is called, for the next one."""

    def __init__(self, connection: Connection) -> None:
        self._sql = connection
        self._articles = Articles(connection)
        self._learned: dict[int, tuple[str, Chrome]] = {}
        self._unkept: set[int] = set()

    def of_many(self, read: Iterable[StoredEntry] = ()) -> Telling:
        """What tells the text of entries as far as it is worth telling, for one reading: a source is asked for once.

        The texts of what the caller has `read` already are not read again.
        """
        known: dict[int, Chrome] = {}
        texts = {stored.key: stored.entry.text for stored in read}

        def telling(stored: StoredEntry, *, full: bool = False) -> str:
            if stored.source_key not in known:
                known[stored.source_key] = self._learned_now(stored.source_key, texts)[1]
            return without(self._text(stored, full=full), known[stored.source_key])

        return telling

    def _text(self, stored: StoredEntry, *, full: bool) -> str:
        page = self._articles.get(stored.key) if full else None
        return (page.text if page else "") or stored.entry.text

    def whole(self, stored: StoredEntry) -> str:
        """Everything that a search looks through: the text of the feed, then that of the page."""
        page = self._articles.get(stored.key)
        return f"{stored.entry.text}\n\n{page.text}" if page and page.text else stored.entry.text

    def left_out(self, stored: StoredEntry) -> list[Repeated]:
        """The blocks of an entry's text that `telling` leaves out."""
        return left_out(stored.entry.text, self._chrome(stored.source_key))

    def relearned(self, sources: Iterable[int]) -> frozenset[int]:
        """Those of some sources that repeat other words now than what is kept, or of which nothing is kept."""
        kept = {source: self._kept(source) for source in sources}
        return frozenset(
            source
            for source, known in kept.items()
            if known is None or known[1].keys() != self._learned_now(source)[1].keys()
        )

    def keep(self) -> None:
        """Remember what was learned, with a sign of the entries that it was learned from (inside a transaction)."""
        rows = [(source, *self._learned[source]) for source in sorted(self._unkept)]
        self._sql.executemany(
            "INSERT INTO learned VALUES (?, ?, ?) "
            "ON CONFLICT (source) DO UPDATE SET sign = excluded.sign, blocks = excluded.blocks",
            [(source, sign, _packed(chrome)) for source, sign, chrome in rows],
        )
        self._unkept.clear()

    def _chrome(self, source: int) -> Chrome:
        return self._learned_now(source)[1]

    def _learned_now(self, source: int, read: Mapping[int, str] = MappingProxyType({})) -> tuple[str, Chrome]:
        newest = self._sql.execute(f"SELECT key, changed_at {_NEWEST}", (source,)).fetchall()
        sign = sha256(f"{__version__} {newest}".encode()).hexdigest()[:32]
        known = self._learned.get(source) or self._kept(source)
        if known is None or known[0] != sign:
            known = sign, self._learn([key for key, _ in newest], read)
            self._unkept.add(source)
        self._learned[source] = known
        return known

    def _learn(self, keys: Sequence[int], read: Mapping[int, str]) -> Chrome:
        """What the entries repeat; half of them most often show that they repeat nothing."""
        further = max(0, len(keys) - 2) // 2
        first = self._read(keys[: len(keys) - further], read)
        return learn([*first, *self._read(keys[len(keys) - further :], read)]) if may_repeat(first, further) else {}

    def _read(self, keys: Sequence[int], read: Mapping[int, str]) -> list[str]:
        """The texts of some entries in their order; those `read` already are at hand."""
        wanted = [key for key in keys if key not in read]
        rows = self._sql.execute(f"SELECT key, data FROM entries WHERE key IN ({holes(wanted)})", wanted)
        found = {key: unpack_text(data) for key, data in rows} if wanted else {}
        return [found[key] if key in found else read[key] for key in keys]

    def _kept(self, source: int) -> tuple[str, Chrome] | None:
        row = self._sql.execute("SELECT sign, blocks FROM learned WHERE source = ?", (source,)).fetchone()
        if row is None:
            return None
        return row[0], {words_of(text): Repeated(text, seen, of) for text, seen, of in json.loads(row[1])}


def _packed(chrome: Chrome) -> str:
    blocks = [(one.text, one.seen, one.of) for one in chrome.values()]
    return storable(json.dumps(blocks, ensure_ascii=False))
