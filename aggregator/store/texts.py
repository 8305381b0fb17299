"""The text by which an entry is told in a few words: that of its own page where it was fetched (`full_text`), without
what its source puts around every one of its entries.

A view of what is stored: nothing that is kept or republished changes by it, and it is learned anew when the newest
entries of a source are others.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from struct import Struct
from types import MappingProxyType
from typing import Protocol
from zlib import crc32

from aggregator import __version__
from aggregator.entries.chrome import (
    LATEST,
    LEAST,
    Chrome,
    Ends,
    Repeated,
    ends_of,
    learn,
    left_out,
    may_repeat,
    without,
    words_of,
)
from aggregator.records import StoredEntry
from aggregator.store.articles import Articles
from aggregator.store.protocol import Connection, holes
from aggregator.store.rows import UNREAD, storable, unpack_text

_NEWEST = (
    f"FROM entries WHERE source = ? AND standing NOT IN ('forgotten', 'held', 'dropped') AND NOT ({UNREAD}) "
    f"ORDER BY published DESC, key DESC LIMIT {LATEST}"
)
_ENDS = Struct("<qI6I")  # an entry, when it changed (`_Version`), the marks of its ends

_Version = tuple[int, int]
"""An entry as it was when its text was looked at: its key, a mark of when it changed and of the program."""


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
        self._unkept: dict[int, dict[_Version, Ends]] = {}

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
        kept = ((source, self._kept(source)) for source in sources)
        return frozenset(source for source, known in kept if known is None or self._differs(source, known[1]))

    def is_told_otherwise(self, source: int, read: Mapping[int, str]) -> bool:
        """Whether a source repeats other words now than when it was last told; where nothing is kept it never was.

        Texts that were `read`, by the keys of their entries, are not read again.
        """
        known = self._kept(source)
        return known is not None and self._differs(source, known[1], read)

    def _differs(self, source: int, kept: Chrome, read: Mapping[int, str] = MappingProxyType({})) -> bool:
        return kept.keys() != self._learned_now(source, read)[1].keys()

    def keep(self, sources: Collection[int] | None = None) -> None:
        """Remember what was learned (of these sources, else of all), with a sign of the entries that it was learned
        from and with their ends (inside a transaction)."""
        kept = sorted(self._unkept if sources is None else self._unkept.keys() & set(sources))
        rows = [(source, *self._learned[source], self._unkept.pop(source)) for source in kept]
        self._sql.executemany(
            "INSERT INTO learned (source, sign, blocks, ends) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (source) DO UPDATE SET sign = excluded.sign, blocks = excluded.blocks, ends = excluded.ends",
            [(source, sign, _packed(chrome), _packed_ends(ends)) for source, sign, chrome, ends in rows],
        )

    def _chrome(self, source: int) -> Chrome:
        return self._learned_now(source)[1]

    def _learned_now(self, source: int, read: Mapping[int, str] = MappingProxyType({})) -> tuple[str, Chrome]:
        newest = self._sql.execute(f"SELECT key, changed_at {_NEWEST}", (source,)).fetchall()
        sign = sha256(f"{__version__} {newest}".encode()).hexdigest()[:32]
        known = self._learned.get(source) or self._kept(source)
        if known is None or known[0] != sign:
            known = sign, self._learn(source, [(key, _mark(at)) for key, at in newest], read)
        self._learned[source] = known
        return known

    def _learn(self, source: int, newest: Sequence[_Version], read: Mapping[int, str]) -> Chrome:
        """What the entries repeat. Their ends most often show that it is nothing, half of them first; those that were
        looked at before are known."""
        known, texts = self._ends(source), {key: read[key] for key, _ in newest if key in read}
        self._unkept[source] = ends = {version: known[version] for version in newest if version in known}
        if len(newest) < LEAST:
            return {}
        further = (len(newest) - 2) // 2
        for some in (newest[: len(newest) - further], newest):
            self._read([key for key, mark in some if (key, mark) not in ends], texts)
            ends |= {version: ends_of(texts[version[0]]) for version in some if version not in ends}
            if not may_repeat([ends[version] for version in some], len(newest) - len(some)):
                return {}
        self._read([key for key, _ in newest], texts)
        return learn([texts[key] for key, _ in newest])

    def _read(self, keys: Sequence[int], texts: dict[int, str]) -> None:
        """Put the texts of some entries to those that are at hand."""
        wanted = [key for key in keys if key not in texts]
        if wanted:
            rows = self._sql.execute(f"SELECT key, data FROM entries WHERE key IN ({holes(wanted)})", wanted)
            texts |= {key: unpack_text(data) for key, data in rows}

    def _ends(self, source: int) -> Mapping[_Version, Ends]:
        """The ends that are known of a source's entries."""
        row = self._sql.execute("SELECT ends FROM learned WHERE source = ?", (source,)).fetchone()
        kept = row[0] if row and row[0] else b""
        found = {(key, mark): frozenset(marks) - {0} for key, mark, *marks in _ENDS.iter_unpack(kept)}
        return found | self._unkept.get(source, {})

    def _kept(self, source: int) -> tuple[str, Chrome] | None:
        row = self._sql.execute("SELECT sign, blocks FROM learned WHERE source = ?", (source,)).fetchone()
        if row is None:
            return None
        return row[0], {words_of(text): Repeated(text, seen, of) for text, seen, of in json.loads(row[1])}


def _packed(chrome: Chrome) -> str:
    blocks = [(one.text, one.seen, one.of) for one in chrome.values()]
    return storable(json.dumps(blocks, ensure_ascii=False))


def _packed_ends(ends: Mapping[_Version, Ends]) -> bytes:
    return b"".join(_ENDS.pack(*version, *marks, *[0] * (6 - len(marks))) for version, marks in ends.items())


def _mark(changed_at: str) -> int:
    return crc32(f"{__version__} {changed_at}".encode())
