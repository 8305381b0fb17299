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

from aggregator.entries.stems import DATES, MONTHS, STOP, stem
from aggregator.records import Entry, StoredEntry

LEAD_WORDS = 120
IMAGINED = 200  # texts in which no word stands: without them nothing would be rare among the first few texts
RARE = 0.03  # share of the texts in which a name or figure may stand and still tell an event
RARE_AT_LEAST = 6  # texts: an event of the day may be in so many, however few there are
NAMED = 1.25  # what a name weighs against another word as rare
_SHORT = 2  # letters of the names of themes and countries (AI, HR, EU), which tell no event
_MOST_LINKS = 30
_MOST_LINKING = 4  # a page that more entries link to tells no event
_MOST_CHARACTERS = 20_000
_WORD = re.compile(r"[^\W_]+(?:[.,'’&][^\W_]+)*%?")
_HREF = re.compile(r'href="https?://(?:www\.)?([^"?#\s]{4,300})', re.IGNORECASE)
_BEFORE = re.compile(r"[.!?:;|•…»“”\"'‘’()\[\]–—\n-]\s*$|^\s*$")
_COLON = re.compile(r":\s|\s[|–—]\s")
_YEAR = re.compile("(?:19|20)[0-9][0-9]")
_ROUNDUP = re.compile(
    r"\b(?:round-?ups?|recap|newsletter|reading list|week(?:end|ly)? (?:in|reading|reads|links|news)|news in brief"
    r"|(?:morning|evening|daily|weekly) (?:brief|briefing|news|call|digest|links)|links? (?:for|of) "
    r"|(?:[0-9]+|three|four|five|six|seven|ten) (?:things|numbers|links|reads)"
    r"|wochenrückblick|presseschau|linktipps|kurz notiert|kurzmeldungen|revue de presse|en bref|resumen semanal"
    r"|heti összefoglaló|hírek röviden)\b",
    re.IGNORECASE,
)  # titles that promise many things
_CAPITALIZING = ("de", "lb")  # languages that write every noun with a capital


class Word(NamedTuple):
    """A word of a text: its folded `stem`, whether it has a capital, and whether a phrase begins with it."""

    stem: str
    capital: bool
    first: bool


@dataclass(frozen=True)
class Terms:
    """One text in terms. `weights` maps stems to weights; `names` maps each name's stems to the run they stand in.

    `title` are the stems of the headline, `head` how many of them stand before its colon, `subjects` those that a
    capital marks as somebody's or something's own. `slots` maps a word to the dates or numbers that follow it.
    """

    weights: Mapping[str, float]
    names: Mapping[str, int]
    figures: Set[str]
    links: Set[str]
    page: str
    title: tuple[str, ...]
    head: int
    subjects: Set[str]
    slots: Mapping[str, Set[str]]
    is_roundup: bool
    is_capitalized: bool

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
        self._unsaid = small.keys() | STOP | DATES  # what a capital makes nobody's own
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
        byline = {word.stem for word in _words(entry.author or "", 20, self._spelled)}  # who tells it, not what is told
        weights = {
            stem: self._weight(stem, number) for stem, number in times.items() if not (stem in STOP or stem in byline)
        }
        return Terms(
            weights=weights,
            names={stem: run for stem, run in self._runs(chain(title, lead)) if stem not in byline},
            figures={stem for stem in times if _tells(stem)},
            links={page for page in _links(entry) if self._texts[page] <= _MOST_LINKING},
            page=_address(entry.canonical_url or ""),
            title=tuple(word.stem for word in title),
            head=_head(entry.title),
            subjects=set(self._subjects(title)),
            slots=_slots((*title, *lead)),
            is_roundup=_ROUNDUP.search(entry.title) is not None,
            is_capitalized=_is_capitalized(entry.language),
        )

    def _subjects(self, title: tuple[Word, ...]) -> Iterator[str]:
        """Names, and where not every word of the headline has a capital, what has one and is never written small."""
        inner = [word for word in title if not word.first and word.stem not in STOP]
        counts = 2 * sum(word.capital for word in inner) <= len(inner)
        for word in title:
            if word.stem in self._names or (counts and word.capital and word.stem not in self._unsaid):
                yield word.stem

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
        word = self[key] = Word(stem(written), written[0].isupper(), first)
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


def _is_capitalized(language: str | None) -> bool:
    return (language or "").split("-")[0].lower() in _CAPITALIZING


def _head(title: str) -> int:
    """How many words stand before the first colon or bar, where some stand behind it."""
    found = _COLON.search(title)
    return len(_WORD.findall(title[: found.start()])) if found and _WORD.search(title, found.end()) else 0


def _slots(words: tuple[Word, ...]) -> dict[str, set[str]]:
    """What dates a word is followed by ("Index for 2025", "jobs in May"), and what number a name has ("Local 88")."""
    found: dict[str, set[str]] = {}
    context = name = ""
    for word in words:
        told = word.stem
        if told[0].isdigit() or told in MONTHS:
            is_date = told in MONTHS or _YEAR.fullmatch(told) is not None
            if slot := context if is_date else name:
                found.setdefault(slot if is_date else f"{slot} #", set()).add(told)
            name = ""
        else:
            context = context if told in STOP else told
            name = told if word.capital and told not in STOP and told not in DATES else ""
    return found


def _running(title: tuple[Word, ...], lead: tuple[Word, ...], language: str | None) -> Iterator[Word]:
    """Words whose capital means something: not a phrase's first, not in a Headline Written Like This."""
    if _is_capitalized(language):
        return
    for words in (title, lead):
        inner = [word for word in words if not word.first and word.stem not in STOP and word.stem[:2] != "i'"]
        if 2 * sum(word.capital for word in inner) <= len(inner) or words is lead:
            yield from inner


def _tells(stem: str) -> bool:
    """A figure that may tell an event: not a year, not a single digit."""
    return stem[0].isdigit() and len(stem) > 1 and not _YEAR.fullmatch(stem)


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
