"""What a user looks for, in words: `remote work`, `"career path"`, `reskill*`, `-layoffs`, `hiring OR recruiting`.

Nothing that is typed is an error: what cannot be understood is looked for as words. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# Scripts that put no spaces between words: each of their characters is a word of its own.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# Compiled, and kept, by `re` when first used: most commands look for nothing.
_CHARACTER = f"([{_UNSPACED}])"
_WORD = f"[{_UNSPACED}]|[^\\W_{_UNSPACED}]+"
_PART = r'(-?)"([^"]*)"(\*?)|(\S+)'
_MOST_TERMS = 30
AROUND = 28  # words of a snippet


@dataclass(frozen=True, slots=True)
class Term:
    """Words in a row, without case and diacritics; the last one of a stem is only its beginning."""

    words: tuple[str, ...]
    is_stem: bool = False


@dataclass(frozen=True, slots=True)
class Alternative:
    """All of `wanted` and none of `unwanted`."""

    wanted: tuple[Term, ...]
    unwanted: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """At least one of the alternatives; without any, nothing is looked for."""

    alternatives: tuple[Alternative, ...]

    @property
    def terms(self) -> tuple[Term, ...]:
        """All that is wanted, for marking it."""
        return tuple(dict.fromkeys(term for one in self.alternatives for term in one.wanted))


def parse_query(text: str) -> Query:
    """Words that all must be there; `"in a row"`, `begin*`, `-without`, and `OR` between alternatives."""
    alternatives, wanted, unwanted = [], list[Term](), list[Term]()
    for minus, phrase, star, word in (*re.findall(_PART, text)[:_MOST_TERMS], ("", "", "", "OR")):
        if word == "OR":
            if wanted:
                alternatives.append(Alternative(tuple(wanted), tuple(unwanted)))
            wanted, unwanted = [], []
            continue
        is_unwanted = bool(minus) or word.startswith("-")
        words = tuple(folded for folded, _, _ in _words(phrase or word))
        if words:
            (unwanted if is_unwanted else wanted).append(Term(words, bool(star) or word.endswith("*")))
    return Query(tuple(alternatives))


def spaced(text: str) -> str:
    """The text with every character of an unspaced script as a word of its own."""
    return text if text.isascii() else re.sub(_CHARACTER, r" \1 ", text)


def marked(text: str, query: Query) -> tuple[tuple[str, bool], ...]:
    """The whole text in pieces, each with whether it is what was looked for."""
    words = list(_words(text))
    return _pieces(text, words, _hits(words, query), 0, len(text))


def snippet(text: str, query: Query, around: int = AROUND) -> tuple[tuple[str, bool], ...]:
    """The part of a text that says most of what was looked for, in pieces as `marked`; its beginning if nothing is."""
    text = " ".join(text.split())
    words = list(_words(text))
    hits = _hits(words, query)
    first = _best_window(hits, around)
    last = min(first + around, len(words)) - 1
    if last < 0:
        return ()
    start, end = words[first][1] if first else 0, words[last][2] if last < len(words) - 1 else len(text)
    before, after = "… " if first else "", " …" if end < len(text) else ""
    pieces = ((before, False), *_pieces(text, words, hits, start, end), (after, False))
    return tuple(piece for piece in pieces if piece[0])


def words(text: str) -> Iterator[str]:
    """The words of a text in their order, without case and diacritics."""
    return (word for word, _, _ in _words(text))


def _words(text: str) -> Iterator[tuple[str, int, int]]:
    """Each word without case and diacritics, with where it stands."""
    for match in re.finditer(_WORD, text):
        yield _folded(match[0]), match.start(), match.end()


def _folded(word: str) -> str:
    if word.isascii():
        return word.lower()
    plain = "".join(c for c in unicodedata.normalize("NFD", word.lower()) if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", plain)


def _hits(words: Sequence[tuple[str, int, int]], query: Query) -> dict[int, Term]:
    """The words, by their place, that belong to what was looked for."""
    firsts = [(term, term.words[0]) for term in query.terms]
    hits: dict[int, Term] = {}
    for place, (word, _, _) in enumerate(words):
        for term, first in firsts:
            alone_as_stem = term.is_stem and len(term.words) == 1
            if (word.startswith(first) if alone_as_stem else word == first) and _meets(words, place, term):
                hits |= {place + n: term for n in range(len(term.words))}
    return hits


def _meets(words: Sequence[tuple[str, int, int]], place: int, term: Term) -> bool:
    said = [word for word, _, _ in words[place : place + len(term.words)]]
    if len(said) < len(term.words) or tuple(said[:-1]) != term.words[:-1]:
        return False
    return said[-1].startswith(term.words[-1]) if term.is_stem else said[-1] == term.words[-1]


def _best_window(hits: dict[int, Term], around: int) -> int:
    """Where a snippet begins: a little before the hit after which most different terms stand close."""
    places = sorted(hits)
    best, start = (0, 0), 0
    for number, place in enumerate(places[:500]):
        those = [hits[other] for other in places[number : number + around] if other < place + around - 4]
        if (said := (len(set(those)), len(those))) > best:
            best, start = said, place
    return max(0, start - 4)


def _pieces(
    text: str, words: Sequence[tuple[str, int, int]], hits: dict[int, Term], start: int, end: int
) -> tuple[tuple[str, bool], ...]:
    pieces, at, last = list[tuple[str, bool]](), start, -2
    for place in sorted(hits):
        _, first, behind = words[place]
        if first < start or behind > end:
            continue
        if place == last + 1 and pieces and hits[place] == hits[last]:  # a phrase is one piece
            pieces[-1] = (pieces[-1][0] + text[at:behind], True)
        else:
            pieces += [(text[at:first], False), (text[first:behind], True)]
        at, last = behind, place
    return tuple(piece for piece in (*pieces, (text[at:end], False)) if piece[0])
