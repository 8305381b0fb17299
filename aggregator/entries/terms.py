"""What an entry is about: its words with weights, the names and figures in it, and the pages it links to.

Weights are those of vector retrieval (Salton and Buckley, "Term-weighting approaches in automatic text retrieval",
1988): how often a word stands in title and lead (its logarithm), times how rare it is among the texts that were given.
A word is a name when running text writes it with a capital where no sentence begins.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, islice
from math import log, sqrt
from typing import NamedTuple

from aggregator.markup import word_set
from aggregator.records import Entry, StoredEntry

LEAD_WORDS = 120
IMAGINED = 200  # texts in which no word stands: without them nothing would be rare among the first few texts
RARE = 0.03  # share of the texts in which a name or figure may stand and still tell an event
RARE_AT_LEAST = 6  # texts: an event of the day may be in so many, however few there are
NAMED = 1.25  # what a name weighs against another word as rare
_STEM = 7
_SHORT = 2  # letters of the names of themes and countries (AI, HR, EU), which tell no event
_MOST_LINKS = 30
_MOST_LINKING = 4  # a page that more entries link to tells no event
_MOST_CHARACTERS = 20_000
_WORD = re.compile(r"[^\W_]+(?:[.,'’&][^\W_]+)*%?")
_HREF = re.compile(r'href="https?://(?:www\.)?([^"?#\s]{4,300})', re.IGNORECASE)
_BEFORE = re.compile(r"[.!?:;|•…»“”\"'‘’()\[\]–—\n-]\s*$|^\s*$")
_CAPITALIZING = ("de", "lb")  # languages that write every noun with a capital
_NUMBERS = {"two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8"} | {
    "nine": "9",
    "ten": "10",
}
_STOP = word_set(
    """a about after again all also am amid among an and any are as at be because been before being between both but by
    can could did do does down during each even every few for from get gets had has have he her here his how i if in
    into is it its just like made make makes many may me might more most much must my need new no not now of off on once
    one only or other our out over own part per said say says she should since so some such than that the their them
    then there these they this those through to too under until up upon us use used using very via was way we were what
    when where which while who why will with within without would year years you your
    aber als am an auch auf aus bei bis das dass dem den der des die durch ein eine einem einen einer es für hat ich im
    in ist kann mehr mit nach nicht noch nur oder sich sie sind so über um und von vor was wenn werden wie wird zu zum
    zur
    a au aux avec ce ces cette comme dans de des du elle en est et il la le les leur mais ne nous on ou par pas plus
    pour qu que qui sa sans se ses son sont sur un une vous
    al como con de del el en es esta este la las lo los más muy no para pero por que se sin su sus un una y ya
    a az be csak de egy el és ez ezt hanem hogy is ki le már meg még mert mint nagy nem sem szerint több után vagy
    van volt"""
)


class Word(NamedTuple):
    """A word of a text: its folded `stem`, whether it has a capital, and whether a phrase begins with it."""

    stem: str
    capital: bool
    first: bool


@dataclass(frozen=True)
class Terms:
    """One text in terms. `weights` maps stems to weights; `names` maps each name's stems to the run they stand in."""

    weights: Mapping[str, float]
    names: Mapping[str, int]
    figures: Set[str]
    links: Set[str]
    page: str
    title: tuple[str, ...]

    @cached_property
    def length(self) -> float:
        """The length of the vector of weights."""
        return sqrt(sum(weight * weight for weight in self.weights.values()))

    @property
    def unit(self) -> dict[str, float]:
        """The weights as a vector of length 1; empty for a text without words."""
        return {stem: weight / self.length for stem, weight in self.weights.items()}


def likeness(one: Terms, other: Terms) -> float:
    """The cosine of two texts' weights, 0 to 1."""
    few, many = sorted((one.weights, other.weights), key=len)
    common = sum(weight * many[stem] for stem, weight in few.items() if stem in many)
    return common / (one.length * other.length) if common else 0.0


class Vocabulary:
    """How rare each word is among some texts, and which words are names there."""

    def __init__(self, entries: Iterable[StoredEntry]) -> None:
        self._words: dict[int, tuple[tuple[Word, ...], tuple[Word, ...]]] = {}
        self._texts: Counter[str] = Counter()
        self._spelled = _Known()
        capital: Counter[str] = Counter()
        small: Counter[str] = Counter()
        for stored in entries:
            title, lead = self._words[stored.key] = _read(stored.entry, self._spelled)
            self._texts.update({word.stem for word in chain(title, lead)})
            self._texts.update(set(_links(stored.entry)))
            for word in _running(title, lead, stored.entry.language):
                (capital if word.capital else small)[word.stem] += 1
        self._names = {stem for stem, times in capital.items() if times > 9 * small[stem]} - DATES
        self._count = len(self._words) + IMAGINED
        self._known: dict[int, Terms] = {}

    def terms(self, stored: StoredEntry) -> Terms:
        """An entry in terms; the same object each time."""
        if stored.key not in self._known:
            self._known[stored.key] = self._terms(stored)
        return self._known[stored.key]

    def is_rare(self, stem: str) -> bool:
        """Whether a name or figure stands in so few texts that it can tell an event."""
        return self._texts[stem] <= max(RARE_AT_LEAST, RARE * self._count)

    def rarity(self, stem: str) -> float:
        """The inverse document frequency: the logarithm of how many texts there are for each that has the word."""
        return log(self._count / (self._texts[stem] + 0.5))

    def _terms(self, stored: StoredEntry) -> Terms:
        entry = stored.entry
        title, lead = self._words.get(stored.key) or _read(entry, self._spelled)
        times = Counter({word.stem: 2 for word in title})
        times.update(word.stem for word in lead)
        weights = {stem: self._weight(stem, number) for stem, number in times.items() if stem not in _STOP}
        return Terms(
            weights,
            dict(self._runs(chain(title, lead))),
            {stem for stem in times if _tells(stem)},
            {page for page in _links(entry) if self._texts[page] <= _MOST_LINKING},
            _address(entry.canonical_url or ""),
            tuple(word.stem for word in title),
        )

    def _weight(self, stem: str, times: int) -> float:
        """The second mention of a word says less than the first; a name says more than another word."""
        return (1 + log(times)) * self.rarity(stem) * (NAMED if stem in self._names else 1.0)

    def _runs(self, words: Iterable[Word]) -> Iterator[tuple[str, int]]:
        """Rare names with the number of the run of names in which each stands first: `Hong Kong` is one name."""
        run, seen, inside = 0, set[str](), False
        for word in words:
            named = word.capital and word.stem in self._names
            run += not (named and inside and not word.first)
            inside = named
            if named and len(word.stem) > _SHORT and word.stem not in seen and self.is_rare(word.stem):
                seen.add(word.stem)
                yield word.stem, run


class _Known(dict[tuple[str, bool], Word]):
    """Words as they are written, and whether a phrase begins with them: most of a day's come again and again."""

    def __missing__(self, key: tuple[str, bool]) -> Word:
        written, first = key
        word = self[key] = Word(_stem(written), written[0].isupper(), first)
        return word


def _read(entry: Entry, known: _Known) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    return tuple(_words(entry.title, 60, known)), tuple(_words(entry.text[:_MOST_CHARACTERS], LEAD_WORDS, known))


def _words(text: str, most: int, known: _Known) -> Iterator[Word]:
    end = 0
    for found in islice(_WORD.finditer(text), most):
        start = found.start()
        first = end == 0 or (text[end:start] != " " and _BEFORE.search(text[end:start]) is not None)
        end = found.end()
        yield known[found[0], first]


def _stem(word: str) -> str:
    """Folded and cut: endings differ between a title and its text; a figure without its separators."""
    low = word.casefold().replace("’", "'").removesuffix("'s")
    if low[:1].isdigit():
        return low.replace(",", "")
    low = _NUMBERS.get(low, low)
    return low[:_STEM] if len(low) > _STEM else (low.rstrip("s") or low) if len(low) > 3 else low


def _running(title: tuple[Word, ...], lead: tuple[Word, ...], language: str | None) -> Iterator[Word]:
    """Words whose capital means something: not a phrase's first, not in a Headline Written Like This."""
    if (language or "").split("-")[0].lower() in _CAPITALIZING:
        return
    for words in (title, lead):
        inner = [word for word in words if not word.first and word.stem not in _STOP and word.stem[:2] != "i'"]
        if 2 * sum(word.capital for word in inner) <= len(inner) or words is lead:
            yield from inner


def _tells(stem: str) -> bool:
    """A figure that may tell an event: not a year, not a single digit."""
    return stem[0].isdigit() and len(stem) > 1 and not re.fullmatch("(?:19|20)[0-9][0-9]", stem)


def lean(stored: StoredEntry) -> StoredEntry:
    """An entry with no more of its content than its links, which is all of it that tells stories apart."""
    links = "".join(found[0] + '"' for found in _found_links(stored.entry))
    return replace(stored, entry=replace(stored.entry, content=links, summary=""))


def _found_links(entry: Entry) -> Iterator[re.Match[str]]:
    return islice(_HREF.finditer(entry.content[:_MOST_CHARACTERS]), _MOST_LINKS)


def _links(entry: Entry) -> Iterator[str]:
    for found in _found_links(entry):
        page = found[1].rstrip("/").casefold()
        if "/" in page:
            yield page


def _address(url: str) -> str:
    return url.partition("://")[2].removeprefix("www.").rstrip("/").casefold()


DATES = frozenset(
    map(
        _stem,
        word_set(
            """January February March April May June July August September October November December Januar Februar März
        Mai Juni Juli Oktober Dezember január február március április május június július augusztus szeptember október
        janvier février mars avril juin juillet août septembre octobre enero febrero marzo abril mayo junio julio
        agosto Monday Tuesday Wednesday Thursday Friday Saturday Sunday Montag Dienstag Mittwoch Donnerstag Freitag
        Q1 Q2 Q3 Q4 spring summer autumn winter first second third weekly monthly annual"""
        ),
    )
)
"""Stems that tell one instalment of a series from the next; no names."""
