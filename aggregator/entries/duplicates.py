"""The same article from several sources: what copies of one text have in common, and when two texts are copies.

Marks are the smallest hashes of a text's word 4-grams (bottom-k sketch; Broder, "On the resemblance and
containment of documents", 1997): copies share most of them, so the store finds candidates by an index. The
decision is then made on the texts themselves. Hard negatives matter more than recall: two instalments of a
series are not one article.
"""

from __future__ import annotations

import re
from collections.abc import Set
from heapq import nsmallest
from zlib import crc32

from aggregator.entries.normalize import names_a_page
from aggregator.records import Entry

GRAM = 4
MARKS = 12
LONG = 60  # words from which on a text can be told by itself
TEASER = 30  # words that a teaser has at least in common with its text
SHORTEST = 8  # words: what is shorter says too little
SAME = 0.6  # share of common 4-grams among all: 5 % changed words leave about .68
CONTAINED = 0.8  # share of common 4-grams, or of a teaser's words, when the titles are equal
_MOST_WORDS = 2000
_MOST_CHARACTERS = 16_000
_WORD = re.compile(r"\w+")


def marks(entry: Entry) -> tuple[int, ...]:
    """What copies of this entry share: one mark for the title, the rest from the text when it is long."""
    words = _words(entry.text)
    found = [crc32(f"title {_title(entry)}".encode())] if len(words) >= SHORTEST else []
    if len(words) >= LONG:
        found += nsmallest(MARKS, _grams(words))
    return tuple(dict.fromkeys(found))


def is_copy(one: Entry, other: Entry) -> bool:
    """Whether two entries of different sources are one article."""
    return same_page(one, other) or same_text(one, other)


def same_page(one: Entry, other: Entry) -> bool:
    """Whether both link to one page; the front page of a host is no article's own."""
    return names_a_page(one.canonical_url) and one.canonical_url == other.canonical_url


def same_text(one: Entry, other: Entry) -> bool:
    """Whether both say the same: long texts that are nearly identical, or an equal title and (nearly) the teaser.

    Under an equal title one long text may be the beginning of the other; two instalments of a series share a title
    and the first sentences only.
    """
    a, b = _words(one.text), _words(other.text)
    titled = _title(one) == _title(other)
    if min(len(a), len(b)) >= LONG:
        return resemblance(a, b) >= SAME or (titled and containment(a, b) >= CONTAINED)
    most = min(len(a), len(b), TEASER)
    return titled and most >= SHORTEST and _share(set(a[:most]), set(b[:most])) >= CONTAINED


def why_copy(one: Entry, other: Entry) -> str:
    """In words, why two entries are copies; they may have been edited since they were found to be."""
    if same_page(one, other):
        return "same address"
    a, b = _words(one.text), _words(other.text)
    if min(len(a), len(b)) >= LONG and same_text(one, other):
        return f"{resemblance(a, b):.0%} of their groups of {GRAM} words are the same"
    return "same title and teaser" if same_text(one, other) else "the same until one was edited"


def resemblance(a: list[str], b: list[str]) -> float:
    """Jaccard similarity of the sets of word 4-grams, 0 to 1."""
    return _share(_grams(a), _grams(b))


def containment(a: list[str], b: list[str]) -> float:
    """How many of the shorter text's word 4-grams the longer one has, 0 to 1."""
    grams_a, grams_b = _grams(a), _grams(b)
    return len(grams_a & grams_b) / max(min(len(grams_a), len(grams_b)), 1)


def _share(a: Set[object], b: Set[object]) -> float:
    return len(a & b) / len(a | b) if a or b else 0.0


def _title(entry: Entry) -> str:
    return " ".join(_words(entry.title))


def _words(text: str) -> list[str]:
    return _WORD.findall(text[:_MOST_CHARACTERS].casefold())[:_MOST_WORDS]


def _grams(words: list[str]) -> set[int]:
    return {crc32(" ".join(gram).encode()) for gram in zip(*(words[n:] for n in range(GRAM)), strict=False)}
