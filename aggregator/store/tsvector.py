"""PostgreSQL's tsvector as the index of words. Words are cut and folded here, so that they are the same everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from aggregator.entries.query import Query, Term, words
from aggregator.store.protocol import Connection
from aggregator.store.search import Fields

_LABELS = ("A", "D", "B")  # of title, text, and author with categories
_RANK = "-ts_rank('{0.125, 0.125, 0.25, 1.0}', %s, ?1::tsquery, 1)"  # of D, C, B, A; long texts weigh less
_MOST_WORDS = 16_000  # positions end at 16,383
_MOST_BYTES = 900_000  # a tsvector ends at a megabyte
_LONGEST = 200  # characters of a word; a lexeme ends at 2 KB


class TsVector:
    """How a column `words` of search_docs takes in words and is asked for them. Lower scores are better."""

    number = "d.doc"
    score = _RANK % "d.words"
    hits = "FROM search_docs d"
    meets = "d.words @@ ?1::tsquery"
    newest = "SELECT doc FROM search_docs WHERE words @@ ?::tsquery ORDER BY doc DESC LIMIT ?"

    def __init__(self, connection: Connection) -> None:
        self._sql = connection

    def put(self, doc: int, fields: Fields) -> None:
        """Take in an entry whose row is there."""
        self._sql.execute("UPDATE search_docs SET words = ?::tsvector WHERE doc = ?", (_vector(fields), doc))

    def let_go(self, doc: int, fields: Fields) -> None:
        """Nothing to do: the row is written anew, or deleted."""

    def expression(self, query: Query) -> str:
        """The query as a tsquery: every word quoted, so that nothing a user types is its syntax."""
        return _expression(query, "")

    def in_title(self, query: Query) -> str:
        """The same, looked for in titles alone."""
        return _expression(query, "A")

    def scored(self, those: Iterable[tuple[int, Fields]], query: Query) -> dict[int, float]:
        """Which of these entries, that the index does not hold, meet the query, and how well."""
        keys, vectors = zip(*((key, _vector(fields)) for key, fields in those), strict=True)
        rows = self._sql.execute(
            f"SELECT key, {_RANK % 'words'} FROM (SELECT key, told::tsvector AS words "
            "FROM unnest(?2::bigint[], ?3::text[]) AS rest (key, told)) AS rest WHERE words @@ ?1::tsquery",
            (self.expression(query), list(keys), list(vectors)),
        )
        return dict(rows.fetchall())


def _vector(fields: Fields) -> str:
    return " ".join(_lexemes(fields))


def _lexemes(fields: Fields) -> Iterator[str]:
    """Each word with its place and weight; between fields a gap, so that no phrase reaches over it."""
    place = size = 0
    for text, label in zip((fields[0], fields[2], fields[1]), (_LABELS[0], _LABELS[2], _LABELS[1]), strict=True):
        for word in words(text):
            place += 1
            size += len(word.encode()) + 6
            if place > _MOST_WORDS or size > _MOST_BYTES:
                return
            yield f"'{word[:_LONGEST]}':{place}{label}"
        place += 1


def _expression(query: Query, label: str) -> str:
    return " | ".join(
        "(" + " & ".join(_phrase(term, label) for term in one.wanted)
        + (" & !(" + " | ".join(_phrase(term, label) for term in one.unwanted) + ")" if one.unwanted else "") + ")"
        for one in query.alternatives
    )  # fmt: skip


def _phrase(term: Term, label: str) -> str:
    *before, last = (f"'{word[:_LONGEST]}'" for word in term.words)
    marks = ("*" if term.is_stem else "") + label
    named = [f"{word}:{label}" if label else word for word in before]
    return "(" + " <-> ".join((*named, f"{last}:{marks}" if marks else last)) + ")"
