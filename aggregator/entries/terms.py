"""What an entry is about: its words with weights, the names and figures in it, and the pages it links to.

Weights are those of vector retrieval (Salton and Buckley, "Term-weighting approaches in automatic text retrieval",
1988): how often a word stands in title and lead (its logarithm), times how rare it is among the texts that were given.
A word is a name when running text writes it with a capital where no sentence begins.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from functools import cached_property
from itertools import chain, islice
from math import log, sqrt
from operator import attrgetter

from aggregator.entries.spelling import WORD, YEAR, Spelling, Word, Words
from aggregator.entries.stems import DATES, MONTHS, STOP
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
_HREF = re.compile(r'href="(?i:https?://(?:www\.)?)([^"?#\s]{4,300})')
_STEM, _IS_FIGURE = attrgetter("stem"), attrgetter("figure")
_COLON = re.compile(r":\s|\s[|–—]\s")
_ROUNDUP = re.compile(
    r"\b(?:round-?ups?|recap|newsletter|reading list|week(?:end|ly)? (?:in|reading|reads|links|news)|news in brief"
    r"|(?:morning|evening|daily|weekly) (?:brief|briefing|news|call|digest|links)|links? (?:for|of) "
    r"|(?:[0-9]+|three|four|five|six|seven|ten) (?:things|numbers|links|reads)"
    r"|wochenrückblick|presseschau|linktipps|kurz notiert|kurzmeldungen|revue de presse|en bref|resumen semanal"
    r"|heti összefoglaló|hírek röviden)\b",
    re.IGNORECASE,
)  # titles that promise many things
_CAPITALIZING = ("de", "lb")  # languages that write every noun with a capital


class Terms:
    """One text in terms: what may tell an event first, all else when two texts are compared; most share nothing."""

    def __init__(self, entry: Entry, words: tuple[Words, Words, tuple[str, ...]], vocabulary: Vocabulary) -> None:
        self._entry, self._vocabulary = entry, vocabulary
        self._title, self._lead, self._linked = words

    @cached_property
    def names(self) -> Mapping[str, int]:
        """The stems of names, each with the run that it stands in."""
        runs = list(self._vocabulary.runs(chain(self._title, self._lead)))
        return {stem: run for stem, run in runs if stem not in self._byline} if runs else {}

    @cached_property
    def figures(self) -> Set[str]:
        """Numbers but years and single digits."""
        return set(map(_STEM, filter(_IS_FIGURE, chain(self._title, self._lead))))

    @cached_property
    def links(self) -> Set[str]:
        """The pages that it links to as few others do."""
        return {page for page in self._linked if self._vocabulary.texts(page) <= _MOST_LINKING}

    @cached_property
    def page(self) -> str:
        """Its own page."""
        return _address(self._entry.canonical_url or "")

    @cached_property
    def weights(self) -> Mapping[str, float]:
        """Its stems with their weights."""
        times = Counter({word.stem: 2 for word in self._title})
        times.update([word.stem for word in self._lead])
        weight, byline = self._vocabulary.weight, self._byline
        return {stem: weight(stem, number) for stem, number in times.items() if not (stem in STOP or stem in byline)}

    @cached_property
    def length(self) -> float:
        """The length of the vector of weights."""
        return sqrt(sum(weight * weight for weight in self.weights.values()))

    @property
    def unit(self) -> dict[str, float]:
        """The weights as a vector of length 1; empty for a text without words."""
        return {stem: weight / self.length for stem, weight in self.weights.items()}

    @cached_property
    def title(self) -> tuple[str, ...]:
        """The stems of the headline."""
        return tuple(word.stem for word in self._title)

    @cached_property
    def head(self) -> int:
        """How many words of the headline stand before its first colon or bar, where some stand behind it."""
        title = self._entry.title
        found = _COLON.search(title)
        return len(WORD.findall(title[: found.start()])) if found and WORD.search(title, found.end()) else 0

    @cached_property
    def subjects(self) -> Set[str]:
        """The stems of the headline that a capital marks as somebody's or something's own."""
        return set(self._vocabulary.subjects(self._title))

    @cached_property
    def slots(self) -> Mapping[str, Set[str]]:
        """Words with the dates or numbers that follow them."""
        return _slots((*self._title, *self._lead))

    @cached_property
    def is_roundup(self) -> bool:
        """Whether the headline promises many things."""
        return _ROUNDUP.search(self._entry.title) is not None

    @property
    def is_capitalized(self) -> bool:
        """Whether its language writes every noun with a capital."""
        return _is_capitalized(self._entry.language)

    @cached_property
    def _byline(self) -> Set[str]:
        """Who tells it, not what is told."""
        return {word.stem for word in self._vocabulary.spelling.words(self._entry.author or "", 20)}


def likeness(one: Terms, other: Terms) -> float:
    """The cosine of two texts' weights, 0 to 1."""
    few, many = sorted((one.weights, other.weights), key=len)
    common = sum(weight * many[stem] for stem, weight in few.items() if stem in many)
    return common / (one.length * other.length) if common else 0.0


class Vocabulary:
    """How rare each word is among some texts, and which words are names there."""

    def __init__(self, entries: Iterable[StoredEntry]) -> None:
        self.spelling = Spelling()
        self._read: dict[int, tuple[Words, Words, tuple[str, ...]]] = {}
        self._texts: Counter[str] = Counter()
        told: Counter[Word] = Counter()
        for stored in entries:
            title, lead, links = self._read[stored.key] = self._reading(stored.entry)
            self._texts.update({*map(_STEM, title), *map(_STEM, lead), *links})
            told.update(_running(title, lead, stored.entry.language))
        capital, small = Counter[str](), Counter[str]()
        for word, times in told.items():
            if word.tells:
                (capital if word.capital else small)[word.stem] += times
        self._names = {stem for stem, times in capital.items() if times > 9 * small[stem]} - DATES
        self._unsaid = small.keys() | STOP | DATES  # what a capital makes nobody's own
        self._count = len(self._read) + IMAGINED
        self._known: dict[int, Terms] = {}

    def terms(self, stored: StoredEntry) -> Terms:
        """An entry in terms; the same object each time."""
        if stored.key not in self._known:
            words = self._read.get(stored.key) or self._reading(stored.entry)
            self._known[stored.key] = Terms(stored.entry, words, self)
        return self._known[stored.key]

    def let_go(self) -> None:
        """Let go of the texts: each refers to its vocabulary, so that they would stay until cycles are looked for."""
        self._read.clear()
        self._known.clear()

    def texts(self, mark: str) -> int:
        """In how many texts a stem or a link stands."""
        return self._texts[mark]

    def is_rare(self, stem: str) -> bool:
        """Whether a name or figure stands in so few texts that it can tell an event."""
        return self._texts[stem] <= max(RARE_AT_LEAST, RARE * self._count)

    def rarity(self, stem: str) -> float:
        """The inverse document frequency: the logarithm of how many texts there are for each that has the word."""
        return log(self._count / (self._texts[stem] + 0.5))

    def weight(self, stem: str, times: int) -> float:
        """The second mention of a word says less than the first; a name says more than another word."""
        return (1 + log(times)) * self.rarity(stem) * (NAMED if stem in self._names else 1.0)

    def subjects(self, title: Words) -> Iterator[str]:
        """Names, and where not every word of the headline has a capital, what has one and is never written small."""
        inner = [word for word in title if not word.opens and word.stem not in STOP]
        counts = 2 * sum(word.capital for word in inner) <= len(inner)
        for word in title:
            if word.stem in self._names or (counts and word.capital and word.stem not in self._unsaid):
                yield word.stem

    def runs(self, words: Iterable[Word]) -> Iterator[tuple[str, int]]:
        """Rare names with the number of the run of names in which each stands first: `Hong Kong` is one name."""
        names, run, seen, last = self._names, 0, set[str](), -2
        for place, word in [(n, word) for n, word in enumerate(words) if word.capital and word.stem in names]:
            run += word.opens or place != last + 1
            last = place
            if len(word.stem) > _SHORT and word.stem not in seen and self.is_rare(word.stem):
                seen.add(word.stem)
                yield word.stem, run

    def _reading(self, entry: Entry) -> tuple[Words, Words, tuple[str, ...]]:
        """Title, lead and links."""
        lead = self.spelling.words(entry.text[:_MOST_CHARACTERS], LEAD_WORDS)
        return self.spelling.words(entry.title, 60), lead, tuple(_links(entry.content))


def _is_capitalized(language: str | None) -> bool:
    return (language or "").split("-")[0].lower() in _CAPITALIZING


def _slots(words: Words) -> dict[str, set[str]]:
    """What dates a word is followed by ("Index for 2025", "jobs in May"), and what number a name has ("Local 88")."""
    found: dict[str, set[str]] = {}
    context = name = ""
    for word in words:
        told = word.stem
        if told[0].isdigit() or told in MONTHS:
            is_date = told in MONTHS or YEAR.fullmatch(told) is not None
            if slot := context if is_date else name:
                found.setdefault(slot if is_date else f"{slot} #", set()).add(told)
            name = ""
        else:
            context = context if told in STOP else told
            name = told if word.capital and told not in STOP and told not in DATES else ""
    return found


def _running(title: Words, lead: Words, language: str | None) -> Words:
    """Running text, where the capital of a word that `tells` means something: no Headline Written Like This."""
    if _is_capitalized(language):
        return ()
    inner = [word.capital for word in title if word.tells]
    return title + lead if 2 * sum(inner) <= len(inner) else lead


def links_in(content: str) -> str:
    """The links of a content as they stand in it, which is all of it that tells stories apart."""
    return "".join(found[0] + '"' for found in _found_links(content))


def _found_links(content: str) -> Iterator[re.Match[str]]:
    return islice(_HREF.finditer(content[:_MOST_CHARACTERS]), _MOST_LINKS)


def _links(content: str) -> Iterator[str]:
    for found in _found_links(content):
        page = found[1].rstrip("/").casefold()
        if "/" in page:
            yield page


def _address(url: str) -> str:
    return url.partition("://")[2].removeprefix("www.").rstrip("/").casefold()
