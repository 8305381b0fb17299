"""SQLite's FTS5 as the index of words (a contentless table: words only, so that it stays small beside the entries)."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from aggregator.store.search import Fields

if TYPE_CHECKING:
    from aggregator.entries.query import Query, Term

_COLUMNS = "title, text, more"
_TOKENS = "unicode61 remove_diacritics 2"  # as in the migration
_WEIGHTS = "8.0, 1.0, 2.0"  # of title, text, and author with categories


class Fts:
    """How FTS5 takes in words and is asked for them. Lower scores (BM25) are better."""

    number = "f.rowid"
    score = f"bm25(search, {_WEIGHTS})"
    hits = "FROM search f CROSS JOIN search_docs d ON d.doc = f.rowid"
    meets = "search MATCH ?1"
    newest = "SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid DESC LIMIT ?"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._sql = connection

    def put(self, doc: int, fields: Fields) -> None:
        """Take in an entry under a number that is free."""
        row = (doc, *_spaced(fields))
        self._sql.execute(f"INSERT INTO search (rowid, {_COLUMNS}) VALUES (?, ?, ?, ?)", row)

    def let_go(self, doc: int, fields: Fields) -> None:
        """Forget an entry; FTS5 lets go only of the words that it is told again."""
        row = (doc, *_spaced(fields))
        self._sql.execute(f"INSERT INTO search (search, rowid, {_COLUMNS}) VALUES ('delete', ?, ?, ?, ?)", row)

    def expression(self, query: Query) -> str:
        """The query in FTS5's language: every word quoted, so that nothing a user types is its syntax."""
        return " OR ".join(
            "(" + " AND ".join(map(_phrase, one.wanted)) + ")"
            + (" NOT (" + " OR ".join(map(_phrase, one.unwanted)) + ")" if one.unwanted else "")
            for one in query.alternatives
        )  # fmt: skip

    def in_title(self, query: Query) -> str:
        """The same, looked for in titles alone."""
        return f"title : ({self.expression(query)})"

    def scored(self, those: Iterable[tuple[int, Fields]], query: Query) -> dict[int, float]:
        """Which of these entries, that the index does not hold, meet the query, and how well."""
        with contextlib.closing(sqlite3.connect(":memory:")) as beside:
            beside.execute(f"CREATE VIRTUAL TABLE rest USING fts5 ({_COLUMNS}, content = '', tokenize = '{_TOKENS}')")
            rows = ((key, *_spaced(fields)) for key, fields in those)
            beside.executemany(f"INSERT INTO rest (rowid, {_COLUMNS}) VALUES (?, ?, ?, ?)", rows)
            asked = f"SELECT rowid, bm25(rest, {_WEIGHTS}) FROM rest WHERE rest MATCH ?"
            return dict(beside.execute(asked, (self.expression(query),)).fetchall())


def _spaced(fields: Fields) -> Iterator[str]:
    from aggregator.entries.query import spaced  # noqa: PLC0415 (5 ms, for who searches or has what is new)

    return map(spaced, fields)


def _phrase(term: Term) -> str:
    return '"' + " ".join(term.words) + '"' + ("*" if term.is_stem else "")
