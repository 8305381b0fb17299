"""A text as words: how each is written, and where a phrase begins. Every word is made once, however often it comes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aggregator.entries.stems import STOP, stem

WORD = re.compile(r"([^\W_]+(?:[.,'’&][^\W_]+)*%?)")
YEAR = re.compile("(?:19|20)[0-9][0-9]")
_OPENS = re.compile(r"[.!?:;|•…»“”\"'‘’()\[\]–—\n-]\s*$|^\s*$")


@dataclass(frozen=True, slots=True, eq=False)
class Word:
    """A word by its folded `stem`; the same object wherever it stands.

    `opens`: a phrase begins with it; `tells`: whether it has a `capital` says whether it is a name; `figure`: it is a
    number that may tell an event, neither a year nor a single digit.
    """

    stem: str
    capital: bool
    opens: bool
    tells: bool
    figure: bool

    @classmethod
    def of(cls, written: str, *, opens: bool) -> Word:
        """A word as it is written."""
        told = stem(written)
        tells = not opens and told not in STOP and told[:2] != "i'"
        figure = told[0].isdigit() and len(told) > 1 and not YEAR.fullmatch(told)
        return cls(told, written[0].isupper(), opens, tells, figure)


Words = tuple[Word, ...]


class Spelling:
    """The words that were met so far."""

    def __init__(self) -> None:
        self._after = _After()
        self._usual = self._after[" "]

    def words(self, text: str, most: int) -> Words:
        """The first words of a text."""
        parts = WORD.split(text, most)  # what stands before the first word, that word, what stands before the next...
        written = parts[1::2]
        if not written:
            return ()
        found = list(map(self._usual.__getitem__, written))
        for place, before in enumerate(parts[:-1:2]):
            if before != " ":
                found[place] = self._after[before][written[place]]
        found[0] = self._after[""][written[0]]
        return tuple(found)


class _After(dict[str, "_Written"]):
    """Words by what stands before them: most often a space."""

    def __init__(self) -> None:
        self._within, self._opening = _Written(opens=False), _Written(opens=True)
        super().__init__({" ": self._within})

    def __missing__(self, before: str) -> _Written:
        self[before] = self._opening if _OPENS.search(before) else self._within
        return self[before]


class _Written(dict[str, Word]):
    """Words as they are written."""

    def __init__(self, *, opens: bool) -> None:
        super().__init__()
        self._opens = opens

    def __missing__(self, written: str) -> Word:
        word = self[written] = Word.of(written, opens=self._opens)
        return word
