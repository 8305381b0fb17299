"""Full-text search. The index is filled in idle time; what still waits is searched beside it.

The index (fts.py on SQLite, tsvector.py on PostgreSQL) holds words, not texts, so that it stays small beside the
compressed entries. Its numbers rise with the hour of publication: newest first is the index read backwards, a span of
time a part of it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from aggregator.batched import batched
from aggregator.records import Entry
from aggregator.store.packing import decompress
from aggregator.store.protocol import Connection, holes
from aggregator.store.rows import UNREAD, unpack_entry

if TYPE_CHECKING:
    from aggregator.entries.query import Query

RANKED = 4000  # hits that are ranked; of more, these newest ones and those with the words in the title
TITLED = 200
_FIRST = datetime(1995, 1, 1, tzinfo=UTC)  # nothing is published earlier
_AT_ONCE = 200  # entries that are taken together
_BITS = 12  # of a number in the index, within an hour
_LONGEST = 200_000  # characters of a text that are indexed

_ALMOST_HOUR = timedelta(seconds=3599)
_OUTLINES = f"SELECT key FROM entries WHERE source IN (SELECT source FROM unread) AND {UNREAD}"
_IS_AS_INDEXED = "d.entry NOT IN (SELECT entry FROM search_waiting)"

Span = tuple[datetime, datetime]
EVER = (_FIRST, datetime(9000, 1, 1, tzinfo=UTC))


Fields = tuple[str, str, str]
"""What of an entry is searched: title, text, and author with categories."""


class Index(Protocol):
    """What a database's own index of words gives. Its attributes are parts of statements: `d` is search_docs.

    `number` and `score` (lower is better) are of a hit; `meets` asks for the expression in `?1`; `newest` gives the
    numbers of so many newest hits.
    """

    number: str
    score: str
    hits: str
    meets: str
    newest: str

    def put(self, doc: int, fields: Fields) -> None:
        """Take in an entry under its number in search_docs."""

    def let_go(self, doc: int, fields: Fields) -> None:
        """Forget an entry, by the fields that were put in."""

    def expression(self, query: Query) -> str:
        """The query as the database understands it; nothing that a user types is its syntax."""

    def in_title(self, query: Query) -> str:
        """The same, looked for in titles alone."""

    def scored(self, those: Iterable[tuple[int, Fields]], query: Query) -> dict[int, float]:
        """Which of these entries, that the index does not hold, meet the query, and how well."""


class Search:
    """The index of all entries, and finding in it."""

    def __init__(self, connection: Connection, index: Index) -> None:
        self._sql, self._index = connection, index
        self._indexed = f"{index.hits} WHERE {_IS_AS_INDEXED} AND {index.meets}"

    @property
    def is_behind(self) -> bool:
        """Whether anything waits to be indexed."""
        return self._sql.execute("SELECT 1 FROM search_waiting LIMIT 1").fetchone() is not None

    # --- filling ---------------------------------------------------------------------------------------------

    def fill(self, most: int = _AT_ONCE) -> int:
        """Index some of what waits (inside a transaction); how many entries there were."""
        rows = self._sql.execute("SELECT entry FROM search_waiting ORDER BY entry LIMIT ?", (most,)).fetchall()
        self.take(key for (key,) in rows)
        return len(rows)

    def take(self, keys: Iterable[int], read: Mapping[int, Entry] = MappingProxyType({})) -> None:
        """Index these entries as they are now, if they wait (inside a transaction); those `read` are at hand.

        In the order of their numbers: FTS5 gathers words until a number is below the one before.
        """
        for some in batched(keys, _AT_ONCE):
            for doc, change, fields in sorted(self._changes(some, read), key=itemgetter(0)):
                change(doc, fields)
            self._sql.execute(f"DELETE FROM search_waiting WHERE entry IN ({holes(some)})", some)

    def take_outlines(self, sources: Collection[int]) -> None:
        """What of the backlog of sources could not be read is indexed by its titles (inside a transaction)."""
        self._sql.execute(
            "INSERT INTO search_waiting (entry) "
            f"SELECT key FROM entries WHERE source IN ({holes(sources)}) AND {UNREAD} ON CONFLICT DO NOTHING",
            tuple(sources),
        )

    def _changes(
        self, keys: Sequence[int], read: Mapping[int, Entry]
    ) -> Iterator[tuple[int, Callable[[int, Fields], None], Fields]]:
        """What becomes of entries in the index of words: the number of each, let go or put in, and the words."""
        rows = self._sql.execute(
            "SELECT w.entry, w.old, e.data, e.standing, e.source, e.published, d.doc, d.article, a.data "
            "FROM search_waiting w JOIN entries e ON e.key = w.entry LEFT JOIN search_docs d ON d.entry = w.entry "
            f"LEFT JOIN articles a ON a.entry = w.entry WHERE w.entry IN ({holes(keys)}) ORDER BY w.entry",
            keys,
        ).fetchall()
        for key, old, data, standing, source, at, doc, had_page, page in rows:
            if old is not None:
                yield doc, self._index.let_go, _fields(unpack_entry(old), page if had_page else None)
            if standing == "forgotten":
                self._sql.execute("DELETE FROM search_docs WHERE entry = ?", (key,))
                continue
            number = self._free(_hour(datetime.fromisoformat(at))) if doc is None else doc
            self._sql.execute(
                "INSERT INTO search_docs (doc, entry, source, article) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (doc) DO UPDATE SET article = excluded.article",
                (number, key, source, int(page is not None)),
            )
            yield number, self._index.put, _fields(read.get(key) or unpack_entry(data), page)

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
        number, (where, values) = self._index.number, self._narrowed(sources, span)
        rows = self._sql.execute(
            f"SELECT -({number} >> {_BITS}), d.entry {self._indexed}{where} ORDER BY {number} DESC",
            (self._index.expression(query), *values),
        )
        rest = sorted((-_hour(at), key) for key, _, at in self._waiting(query, sources, span))
        for _, hour in groupby(heapq.merge(rows, rest, key=itemgetter(0)), key=itemgetter(0)):
            yield from self._by_date([key for _, key in hour])

    def best(self, query: Query, sources: Collection[int] | None = None, span: Span = EVER) -> tuple[list[int], bool]:
        """Keys of the entries that meet the query, best first as the index says (titles weigh most), ties newest first.

        Of very many hits the newest 4,000 are ranked, and the newest 200 that have the words in their title: then the
        second value is True.
        """
        index, (where, narrowing) = self._index, self._narrowed(sources, span)
        values = (index.expression(query), *narrowing)
        scored = f"SELECT d.entry, {index.score}, {index.number} {self._indexed}{where}"
        found = self._sql.execute(f"{scored} ORDER BY {index.number} DESC LIMIT {RANKED}", values).fetchall()
        if is_cut := len(found) == RANKED:
            titled = f"{scored} AND {index.number} IN ({index.newest})"
            found += self._sql.execute(titled, (*values, index.in_title(query), TITLED)).fetchall()
        found += [(key, score, _hour(at) << _BITS) for key, score, at in self._waiting(query, sources, span)]
        ranked = sorted(found, key=lambda row: (row[1], -row[2]))
        return list(dict.fromkeys(key for key, _, _ in ranked)), is_cut

    def _by_date(self, keys: list[int]) -> list[int]:
        if len(keys) < 2:
            return keys
        rows = self._sql.execute(
            f"SELECT key FROM entries WHERE key IN ({holes(keys)}) ORDER BY published DESC, key DESC", keys
        )
        return [key for (key,) in rows]

    def _waiting(self, query: Query, sources: Collection[int] | None, span: Span) -> list[tuple[int, float, datetime]]:
        """What meets the query among the entries that the index does not hold yet, or not as they are now."""
        waiting = self._sql.execute(
            "SELECT e.key, e.source, e.published, e.data, a.data "
            "FROM entries e LEFT JOIN articles a ON a.entry = e.key "
            f"WHERE e.key IN (SELECT entry FROM search_waiting UNION {_OUTLINES}) AND e.standing <> 'forgotten'"
        ).fetchall()
        published, those = dict[int, datetime](), list[tuple[int, Fields]]()
        for key, source, at, data, page in waiting:
            moment = datetime.fromisoformat(at)
            if (sources is None or source in sources) and span[0] <= moment < span[1]:
                published[key] = moment
                those.append((key, _fields(unpack_entry(data), page)))
        scores = self._index.scored(those, query) if those else {}
        return [(key, score, published[key]) for key, score in scores.items()]

    def _narrowed(self, sources: Collection[int] | None, span: Span) -> tuple[str, tuple[int, ...]]:
        """The SQL for what restricts a search, and its values."""
        where = f" AND {self._index.number} >= ? AND {self._index.number} < ?"
        values: tuple[int, ...] = (_hour(span[0]) << _BITS, _hour(span[1] + _ALMOST_HOUR) << _BITS)
        if sources is not None:
            where += f" AND d.source IN ({holes(sources)})"
            values += tuple(sources)
        return where, values


def _fields(entry: Entry, page: bytes | None) -> Fields:
    """What of an entry is searched, with the text of its page where that is there (it never changes).

    Whoever changes this, or `spaced`, has the index filled anew by a migration: it lets go of an entry only by the
    words that it took.
    """
    more = " ".join((entry.author or "", *entry.categories))
    text = entry.text[:_LONGEST]
    if page is not None:
        text = f"{text}\n{decompress(page).decode('utf-8')[:_LONGEST]}"
    return entry.title, text, more


def _hour(moment: datetime) -> int:
    return max(0, int((moment - _FIRST).total_seconds() // 3600))
