"""The same article from several sources: what copies of one text have in common, and when two texts are copies.

Marks are the smallest hashes of a text's word 4-grams (bottom-k sketch; Broder, "On the resemblance and
containment of documents", 1997): copies share most of them, so the store finds candidates by an index. The
decision is then made on the texts themselves. Hard negatives matter more than recall: two instalments of a
series are not one article.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from struct import pack, unpack
from zlib import crc32

from aggregator.entries.identity import names_a_page
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
_SIGNS = frozenset("\u2019\u2018\u201c\u201d\u2013\u2014\u2026\u2022\u201e\xab\xbb\xa0\xb7\u3001\u3002\uff0c")
_PLAIN = bytes(n if n > 127 or chr(n).isalnum() or n in b"_" else 32 for n in range(256)).lower()
_ASCII = bytes(range(128))
_LANE = 8  # bytes
_FACTORS = (0x2545F491, 0x27D4EB2F, 0x3C6EF373, 0x1B873593)  # one for each place in a gram, odd, below 2**30
_FACTOR = sum(factor << 8 * _LANE * (GRAM - 1 - place) for place, factor in enumerate(_FACTORS))
# The 48 middle bits of each lane, where all its words have left their traces.
_MARK = int.from_bytes(b"\0\xff\xff\xff\xff\xff\xff\0" * (_MOST_WORDS + GRAM), "little")


def marks(entry: Entry) -> tuple[int, ...]:
    """What copies of this entry share: a negative mark for the title, the rest from the text when it is long.

    Two marks of the text in common, or that of the title, make a candidate: one is often chance. Of 12,000 made-up
    texts of 60 to 300 words, each beside a copy with 5 % of its words changed, all share two or more.
    """
    words = _words(entry.text)
    found = [-1 - crc32(_title(entry))] if len(words) >= SHORTEST * _LANE else []
    if len(words) >= LONG * _LANE:
        found += _smallest(_gram_lanes(words))
    return tuple(found)


def _smallest(grams: tuple[int, ...]) -> list[int]:
    """The smallest of these numbers of 48 bits, each once; they are as good as random, so few are below a bound."""
    bound = (4 * MARKS << 48) // len(grams)
    few = sorted({gram for gram in grams if gram < bound})
    return (few if len(few) >= MARKS else sorted(set(grams)))[:MARKS]


def are_alike(one: Iterable[int], other: Iterable[int]) -> bool:
    """Whether the marks of two entries make them candidates."""
    shared = set(one).intersection(other)
    return len(shared) > 1 or any(mark < 0 for mark in shared)


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
    titled, shorter = _title(one) == _title(other), min(len(a), len(b))
    if shorter >= LONG * _LANE:
        grams_a, grams_b = _grams(a), _grams(b)
        return _share(grams_a, grams_b) >= SAME or (titled and _contained(grams_a, grams_b) >= CONTAINED)
    most = min(shorter, TEASER * _LANE)
    if not titled or most < SHORTEST * _LANE:
        return False
    return _share(frozenset(_lanes(a[:most])), frozenset(_lanes(b[:most]))) >= CONTAINED


def why_copy(one: Entry, other: Entry) -> str:
    """In words, why two entries are copies; they may have been edited since they were found to be."""
    if same_page(one, other):
        return "same address"
    if min(len(_words(one.text)), len(_words(other.text))) >= LONG * _LANE and same_text(one, other):
        return f"{resemblance(one.text, other.text):.0%} of their groups of {GRAM} words are the same"
    return "same title and teaser" if same_text(one, other) else "the same until one was edited"


def resemblance(a: str, b: str) -> float:
    """Jaccard similarity of the sets of word 4-grams of two texts, 0 to 1."""
    return _share(_grams(_words(a)), _grams(_words(b)))


def containment(a: str, b: str) -> float:
    """How many of the shorter text's word 4-grams the longer one has, 0 to 1."""
    return _contained(_grams(_words(a)), _grams(_words(b)))


def _contained(a: Set[int], b: Set[int]) -> float:
    return len(a & b) / max(min(len(a), len(b)), 1)


def _share(a: Set[int], b: Set[int]) -> float:
    both = len(a & b)
    return both / (len(a) + len(b) - both) if a or b else 0.0


def _title(entry: Entry) -> bytes:
    return _words(entry.title)


def _words(text: str) -> bytes:
    """The words of a text without case and punctuation, eight bytes each: a number below 2**32, little-endian."""
    data = text[:_MOST_CHARACTERS].encode("utf-8", "replace")
    if not data.isascii():
        data = _folded(data)
    words = data.translate(_PLAIN).split()[:_MOST_WORDS]
    return pack(f"<{len(words)}Q", *map(crc32, words))


def _folded(data: bytes) -> bytes:
    """A text without the signs that are not ASCII, and without case where a letter is not."""
    others = set(data.translate(None, _ASCII).decode())
    for sign in _SIGNS & others:
        data = data.replace(sign.encode(), b" ")
    return data if others <= _SIGNS else data.decode().casefold().encode()


def _grams(words: bytes) -> Set[int]:
    return frozenset(_gram_lanes(words))


def _gram_lanes(words: bytes) -> tuple[int, ...]:
    """The 4-grams of so many words as numbers of 48 bits.

    All are made at once: the words are the 64-bit lanes of one long number, and its product with the factors, the
    first in the highest of their four lanes, holds the sum for a gram in each lane from the fourth on. No sum is over
    2**64, so that no lane runs into the next.
    """
    size = len(words) - (GRAM - 1) * _LANE
    if size <= 0:
        return ()
    product = (int.from_bytes(words, "little") * _FACTOR & _MARK).to_bytes(len(words) + GRAM * _LANE, "little")
    first = (GRAM - 1) * _LANE + 1  # and a byte on, for the lowest of each lane is no part of its mark
    return _lanes(product[first : first + size])


def _lanes(data: bytes) -> tuple[int, ...]:
    return unpack(f"<{len(data) // _LANE}Q", data)
