"""The words that rise: terms whose share of the last 7 days' entries stands out against the 30 days before.

By the log-likelihood ratio G2 of Dunning, "Accurate Methods for the Statistics of Surprise and Coincidence",
Computational Linguistics 19(1), 1993, here of entries, not of words, so that one long text cannot make a trend.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, pairwise
from math import log

from aggregator.digest.stopwords import STOP
from aggregator.entries.words import fold
from aggregator.records import Entry, StoredEntry

HISTORY = timedelta(days=14)
MOST_LISTED = 20
MOST_TERMS, LEAST_ENTRIES, LEAST_SOURCES = 5, 3, 2
SURPRISE = 7.88
"""The least G2: chance alone reaches it once in 200 terms (chi-square, one degree of freedom)."""
_FIRST_WORDS = 60
_LONGEST_WORD = 40
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Rise:
    """A rising term as it is written most often, the newest entries of the week that hold it (20 at most), how many
    do in all, and how many did before."""

    term: str
    entries: tuple[StoredEntry, ...]
    number: int
    before: int


def newest(entries: Iterable[StoredEntry]) -> list[StoredEntry]:
    """The newest of them, 20 at most."""
    return sorted(entries, key=lambda one: (one.published, one.accepted), reverse=True)[:MOST_LISTED]


class Terms:
    """Which entries hold which terms: those of the week, and how many before hold the week's."""

    def __init__(self, week: Sequence[StoredEntry], now: datetime) -> None:
        self._now = now
        self._size, self._size_before = len(week), 0
        self._oldest = min((one.accepted_at for one in week if one.accepted_at), default=now)
        often, holders = _Often(LEAST_ENTRIES), dict[str, list[StoredEntry]]()
        for stored in week:
            often.update(terms_of(stored.entry))
        for stored in week:
            for term in filter(often.may_hold, terms_of(stored.entry)):
                holders.setdefault(term, []).append(stored)
        self._holders = {term: those for term, those in holders.items() if _is_shared(those)}
        self._before: Counter[str] = Counter()

    def before(self, stored: StoredEntry) -> None:
        """One more of the 30 days before; only of what the week holds it is counted."""
        self._size_before += 1
        self._oldest = min(self._oldest, stored.accepted_at or self._oldest)
        self._before.update(term for term in terms_of(stored.entry) if term in self._holders)

    def rising(self) -> tuple[Rise, ...]:
        """At most 5, the most surprising first; a term that says the same as one before it is left out."""
        if self._now - self._oldest < HISTORY:
            return ()
        taken: list[str] = []
        for term in sorted((term for term in self._holders if self._surprise(term) >= SURPRISE), key=self._order):
            if len(taken) < MOST_TERMS and not any(self._is_like(term, other) for other in taken):
                taken.append(term)
        return tuple(self._rise(term) for term in taken)

    def _rise(self, term: str) -> Rise:
        shown = tuple(newest(self._holders[term]))
        return Rise(_as_written(term, shown), shown, len(self._holders[term]), self._before[term])

    def _order(self, term: str) -> tuple[float, int, str]:
        return -self._surprise(term), -len(term), term

    def _surprise(self, term: str) -> float:
        return round(surprise(len(self._holders[term]), self._size, self._before[term], self._size_before), 6)

    def _is_like(self, term: str, other: str) -> bool:
        """Told by the same entries in the main, so about the same thing."""
        mine, others = ({one.key for one in self._holders[name]} for name in (term, other))
        return 2 * len(mine & others) > min(len(mine), len(others))


class _Often:
    """What was met at least so many times, and a little more, in a megabyte: most terms of a week are met once."""

    def __init__(self, least: int) -> None:
        self._least, self._times = least, bytearray(1 << 20)

    def update(self, terms: Iterable[str]) -> None:
        for term in terms:
            place = hash(term) & 0xFFFFF
            self._times[place] = min(self._times[place] + 1, self._least)

    def may_hold(self, term: str) -> bool:
        return self._times[hash(term) & 0xFFFFF] >= self._least


def terms_of(entry: Entry) -> frozenset[str]:
    """The words and two-word phrases of an entry's title and first 60 words, folded, without stop words and numbers."""
    lead = " ".join(entry.text.split(None, _FIRST_WORDS)[:_FIRST_WORDS])
    words = [word if _tells(word) else "" for word in fold(f"{entry.title} . {lead}").split()]
    pairs = (f"{one} {other}" for one, other in pairwise(words) if one and other)
    return frozenset(chain(filter(None, words), pairs))


def _tells(word: str) -> bool:
    return 1 < len(word) <= _LONGEST_WORD and word not in STOP and not word.isdigit()


def _is_shared(entries: Sequence[StoredEntry]) -> bool:
    return len(entries) >= LEAST_ENTRIES and len({one.source_key for one in entries}) >= LEAST_SOURCES


def surprise(now: int, of_now: int, before: int, of_before: int) -> float:
    """Dunning's G2 that `now` of `of_now` entries hold a term after `before` of `of_before`; 0.0 if its share fell."""
    if now * of_before <= before * of_now:
        return 0.0
    every, holding = of_now + of_before, now + before
    cells = (
        (now, of_now * holding),
        (before, of_before * holding),
        (of_now - now, of_now * (every - holding)),
        (of_before - before, of_before * (every - holding)),
    )
    return 2 * sum(seen * log(seen * every / expected) for seen, expected in cells if seen)


def _as_written(term: str, entries: Iterable[StoredEntry]) -> str:
    """The spelling of a folded term that is met most often; of two the one in lower case."""
    spellings = Counter(chain.from_iterable(_spellings(term, one.entry) for one in entries))
    return max(spellings, key=lambda spelling: (spellings[spelling], spelling), default=term)


def _spellings(term: str, entry: Entry) -> Iterator[str]:
    text = f"{entry.title} . {' '.join(entry.text.split(None, _FIRST_WORDS)[:_FIRST_WORDS])}"
    places = [found.span() for found in _WORD.finditer(text)]
    for (start, end), (_, second_end) in pairwise([*places, (0, 0)]):
        for spelling in (text[start:end], text[start:second_end]):
            if fold(spelling).strip() == term:
                yield spelling
