"""Full-text search on SQLite's FTS5. The index is filled in idle time; what still waits is searched beside it.

The index holds words, not texts (a contentless table), so that it stays small beside the compressed entries. Its
numbers rise with the hour of publication: newest first is the index read backwards, a span of time a part of it.
"""

from __future__ import annotations

import contextlib
import heapq
import sqlite3
import zlib
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from aggregator.entries.query import Query, Term, spaced
from aggregator.store.rows import unpack_entry

RANKED = 4000  # hits that are ranked; of more, these newest ones and those with the words in the title
TITLED = 200
_WEIGHTS = "8.0, 1.0, 2.0"  # of title, text, and author with categories
_FIRST = datetime(1995, 1, 1, tzinfo=UTC)  # nothing is published earlier
_BITS = 12  # of a number in the index, within an hour
_LONGEST = 200_000  # characters of a text that are indexed
_COLUMNS = "title, text, more"
_TOKENS = "unicode61 remove_diacritics 2"  # as in the migration

_ALMOST_HOUR = timedelta(seconds=3599)
_INDEXED = (
    "FROM search f CROSS JOIN search_docs d ON d.doc = f.rowid "
    "WHERE d.entry NOT IN (SELECT entry FROM search_waiting) AND search"
)

Span = tuple[datetime, datetime]
EVER = (_FIRST, datetime(9000, 1, 1, tzinfo=UTC))


class Search:
    """The index of all entries, and finding in it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = connection

    @property
    def is_behind(self) -> bool:
        """Whether anything waits to be indexed."""
        return self._sql.execute("SELECT 1 FROM search_waiting LIMIT 1").fetchone() is not None

    # --- filling ---------------------------------------------------------------------------------------------

    def fill(self, most: int = 200) -> int:
        """Index some of what waits (inside a transaction); how many entries there were."""
        rows = self._sql.execute("SELECT entry FROM search_waiting ORDER BY entry LIMIT ?", (most,)).fetchall()
        self.take(key for (key,) in rows)
        return len(rows)

    def take(self, keys: Iterable[int]) -> None:
        """Index these entries as they are now, if they wait (inside a transaction)."""
        for key in keys:
            row = self._sql.execute(
                "SELECT w.old, e.data, e.standing, e.source, e.published, d.doc, d.article, a.data "
                "FROM search_waiting w JOIN entries e ON e.key = w.entry LEFT JOIN search_docs d ON d.entry = w.entry "
                "LEFT JOIN articles a ON a.entry = w.entry WHERE w.entry = ?",
                (key,),
            ).fetchone()
            if row is not None:
                self._take(key, row)

    def _take(self, key: int, row: tuple[Any, ...]) -> None:
        old, data, standing, source, at, doc, had_page, page = row
        if old is not None:
            self._sql.execute(
                f"INSERT INTO search (search, rowid, {_COLUMNS}) VALUES ('delete', ?, ?, ?, ?)",
                (doc, *_texts(old, page if had_page else None)),
            )
        if standing == "forgotten":
            self._sql.execute("DELETE FROM search_docs WHERE entry = ?", (key,))
        else:
            if doc is None:
                doc = self._free(_hour(datetime.fromisoformat(at)))
                self._sql.execute("INSERT INTO search_docs (doc, entry, source) VALUES (?, ?, ?)", (doc, key, source))
            self._sql.execute("UPDATE search_docs SET article = ? WHERE doc = ?", (page is not None, doc))
            self._sql.execute(
                f"INSERT INTO search (rowid, {_COLUMNS}) VALUES (?, ?, ?, ?)",
                (doc, *_texts(data, page)),
            )
        self._sql.execute("DELETE FROM search_waiting WHERE entry = ?", (key,))

    def _free(self, hour: int) -> int:
        """The next free number of an hour, or of the next one that has any."""
        first, last = hour << _BITS, (hour + 1 << _BITS) - 1
        within = "SELECT max(doc) FROM search_docs WHERE doc BETWEEN ? AND ?"
        (newest,) = self._sql.execute(within, (first, last)).fetchone()
        if newest is None:
            return first
        return int(newest) + 1 if newest < last else self._free(hour + 1)

    # --- finding ---------------------------------------------------------------------------------------------

    def newest(self, query: Query, sources: Collection[int] | None = None, span: Span = EVER) -> Iterator[int]:
        """Keys of the entries that meet the query, newest published first; read only as far as it is asked.

        `sources` (keys) and `span` (published from, and before; whole hours) restrict.
        """
        match, where, values = _expression(query), *_narrowed(sources, span)
        rows = self._sql.execute(
            f"SELECT -(f.rowid >> {_BITS}), d.entry {_INDEXED} MATCH ?{where} ORDER BY f.rowid DESC", (match, *values)
        )
        rest = sorted((-_hour(at), key) for key, _, at in self._waiting(match, sources, span))
        for _, hour in groupby(heapq.merge(rows, rest, key=itemgetter(0)), key=itemgetter(0)):
            yield from self._by_date([key for _, key in hour])

    def best(self, query: Query, sources: Collection[int] | None = None, span: Span = EVER) -> list[int]:
        """Keys of the entries that meet the query, best first by BM25, titles weighing most; ties newest first.

        Of very many hits the newest 4,000 are ranked, and the newest 200 that have the words in their title.
        """
        match, where, values = _expression(query), *_narrowed(sources, span)
        scored = f"SELECT d.entry, bm25(search, {_WEIGHTS}), f.rowid {_INDEXED} MATCH ?{where}"
        found = self._sql.execute(f"{scored} ORDER BY f.rowid DESC LIMIT {RANKED}", (match, *values)).fetchall()
        if len(found) == RANKED:
            titled = f"SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid DESC LIMIT {TITLED}"
            in_title = (match, *values, f"title : ({match})")
            found += self._sql.execute(f"{scored} AND f.rowid IN ({titled})", in_title).fetchall()
        found += [(key, score, _hour(at) << _BITS) for key, score, at in self._waiting(match, sources, span)]
        return list(dict.fromkeys(key for key, _, _ in sorted(found, key=lambda row: (row[1], -row[2]))))

    def _by_date(self, keys: list[int]) -> list[int]:
        if len(keys) < 2:
            return keys
        rows = self._sql.execute(
            f"SELECT key FROM entries WHERE key IN ({_holes(keys)}) ORDER BY published DESC, key DESC", keys
        )
        return [key for (key,) in rows]

    def _waiting(self, match: str, sources: Collection[int] | None, span: Span) -> list[tuple[int, float, datetime]]:
        """What meets the query among the entries that the index does not hold yet, or not as they are now."""
        waiting = self._sql.execute(
            "SELECT e.key, e.source, e.published, e.data, a.data FROM search_waiting w "
            "JOIN entries e ON e.key = w.entry LEFT JOIN articles a ON a.entry = w.entry "
            "WHERE e.standing <> 'forgotten'"
        ).fetchall()
        if not waiting:
            return []
        published = {}
        with contextlib.closing(sqlite3.connect(":memory:")) as beside:
            beside.execute(f"CREATE VIRTUAL TABLE rest USING fts5 ({_COLUMNS}, content = '', tokenize = '{_TOKENS}')")
            for key, source, at, data, page in waiting:
                moment = datetime.fromisoformat(at)
                if (sources is None or source in sources) and span[0] <= moment < span[1]:
                    published[key] = moment
                    row = (key, *_texts(data, page))
                    beside.execute(f"INSERT INTO rest (rowid, {_COLUMNS}) VALUES (?, ?, ?, ?)", row)
            found = beside.execute(f"SELECT rowid, bm25(rest, {_WEIGHTS}) FROM rest WHERE rest MATCH ?", (match,))
            return [(key, score, published[key]) for key, score in found]


def _texts(data: bytes, page: bytes | None) -> tuple[str, str, str]:
    """What of an entry is searched, with the text of its page where that is there (it never changes).

    Whoever changes this, or `spaced`, has the index filled anew by a migration: it lets go of an entry only by the
    words that it took.
    """
    entry = unpack_entry(data)
    more = " ".join((entry.author or "", *entry.categories))
    text = entry.text[:_LONGEST]
    if page is not None:
        text = f"{text}\n{zlib.decompress(page).decode('utf-8')[:_LONGEST]}"
    return spaced(entry.title), spaced(text), spaced(more)


def _hour(moment: datetime) -> int:
    return max(0, int((moment - _FIRST).total_seconds() // 3600))


def _narrowed(sources: Collection[int] | None, span: Span) -> tuple[str, tuple[int, ...]]:
    """The SQL for what restricts a search, and its values."""
    where = " AND f.rowid >= ? AND f.rowid < ?"
    values: tuple[int, ...] = (_hour(span[0]) << _BITS, _hour(span[1] + _ALMOST_HOUR) << _BITS)
    if sources is not None:
        where += f" AND d.source IN ({_holes(sources)})"
        values += tuple(sources)
    return where, values


def _holes(values: Collection[int]) -> str:
    return ", ".join("?" * len(values))


def _expression(query: Query) -> str:
    """The query in FTS5's language: every word quoted, so that nothing a user types is its syntax."""
    return " OR ".join(
        "(" + " AND ".join(map(_phrase, one.wanted)) + ")"
        + (" NOT (" + " OR ".join(map(_phrase, one.unwanted)) + ")" if one.unwanted else "")
        for one in query.alternatives
    )  # fmt: skip


def _phrase(term: Term) -> str:
    return '"' + " ".join(term.words) + '"' + ("*" if term.is_stem else "")
