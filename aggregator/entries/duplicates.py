"""The same article from several sources: what copies of one text have in common, and when two texts are copies.

Marks are the smallest hashes of a text's word 4-grams (bottom-k sketch; Broder, "On the resemblance and
containment of documents", 1997): copies share most of them, so the store finds candidates by an index. The
decision is then made on the texts themselves. Hard negatives matter more than recall: two instalments of a
series are not one article.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from zlib import crc32

from aggregator.records import Entry

GRAM = 4
MARKS = 12
LONG = 60        # words from which on near-identical is enough
SAME = 0.6       # share of common 4-grams among all: 5 % changed words leave about .68
_MOST_WORDS = 5000
_WORD = re.compile(r"\w+")


def marks(entry: Entry) -> tuple[int, ...]:
    """What copies of this entry share: one mark for title and teaser, the rest from the text when it is long."""
    words = _words(entry.text)
    found = [crc32(f"{' '.join(_words(entry.title))}\n{' '.join(words[:30])}".encode())] if len(words) >= 8 else []
    if len(words) >= LONG:
        found += sorted(_grams(words))[:MARKS]
    return tuple(dict.fromkeys(found))


def is_copy(one: Entry, other: Entry) -> bool:
    """Whether two entries of different sources are one article."""
    if one.canonical_url is not None and one.canonical_url == other.canonical_url:
        return True
    a, b = _words(one.text), _words(other.text)
    if _words(one.title) == _words(other.title) and len(a) >= 8 and a[:30] == b[:30]:
        return True
    return min(len(a), len(b)) >= LONG and resemblance(a, b) >= SAME


def resemblance(a: list[str], b: list[str]) -> float:
    """Jaccard similarity of the sets of word 4-grams, 0 to 1."""
    grams_a, grams_b = _grams(a), _grams(b)
    return len(grams_a & grams_b) / len(grams_a | grams_b) if grams_a or grams_b else 0.0


def first_copy(entry: Entry, candidates: Iterable[tuple[int, Entry]]) -> int | None:
    """The key of the first candidate that is a copy of the entry."""
    return next((key for key, other in candidates if is_copy(entry, other)), None)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())[:_MOST_WORDS]


def _grams(words: list[str]) -> set[int]:
    return {crc32(" ".join(words[n : n + GRAM]).encode()) for n in range(len(words) - GRAM + 1)}
