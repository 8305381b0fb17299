"""Different articles on one event: what makes two entries one story, and the groups that come of it.

Two texts are about one event when they resemble each other AND share what tells an event from a theme: rare names,
figures, a linked page. A theme alone ("entry-level jobs and AI") never suffices. Hard negatives matter more than
recall: two instalments of a series are not one story, and one company's launch is not its lawsuit.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import chain, product

from aggregator.entries.linkage import Link, Members, joined
from aggregator.entries.stems import DATES
from aggregator.entries.terms import Terms, Vocabulary, likeness
from aggregator.records import StoredEntry

MOST_DAYS = 14
LEAST = 0.12  # for two entries of which one links to the other
ALIKE = 0.25  # likeness from which on two entries with two anchors in common are one story
ALIKE_BY_ONE = 0.285  # with one anchor, when enough other rare words are common too
ALIKE_IN_A_SOURCE = 0.75  # what a source tells twice is one story only if it is nearly one text
ALIKE_IN_A_SOURCE_LATER = 0.9  # on another day it is rather its daily column
ALIKE_IN_A_RUBRIC = 0.5  # "Labour court: ..." begins many a headline
ON_THE_WHOLE = 0.2  # mean likeness of two stories that are one: less than two entries need, as each adds its own
AGING = 0.035  # added to what is needed for each day between two entries after the second
_SPECIFIC = 3.0  # rarity from which on a common word says something: about one text in twenty
_SPECIFIC_WORDS = 2
_NEAREST = 8  # entries with the most words in common that are looked at for novelty


def group(entries: Sequence[StoredEntry], vocabulary: Vocabulary) -> tuple[tuple[StoredEntry, ...], ...]:
    """The entries as stories, each entry in exactly one; most stand alone.

    A story is begun by two entries that resemble each other, and takes in what is like all of it on the whole.
    Members and stories are in order of acceptance, whatever the order given.
    """
    ordered = sorted(entries, key=_place)
    terms = [vocabulary.terms(stored) for stored in ordered]
    linked = {(one, other): score for score, one, other in _pairs(ordered, vocabulary)}

    near = sorted({place for places in linked for place in places})
    number = {place: number for number, place in enumerate(near)}

    def those(members: Members) -> Members:
        return tuple(near[member] for member in members)

    def may_join(left: Members, right: Members) -> bool:
        return _belong_together(those(left), those(right), ordered, terms, linked)

    links = [(score, number[one], number[other]) for (one, other), score in linked.items()]
    found = map(those, joined([terms[place].unit for place in near], links, ON_THE_WHOLE, may_join))
    alone = ((place,) for place in range(len(ordered)) if place not in number)
    return tuple(
        sorted((tuple(ordered[place] for place in sorted(story)) for story in chain(found, alone)), key=_first)
    )


class Earlier:
    """What was told before, ready to be asked what a story continues and how new an entry is."""

    def __init__(self, entries: Sequence[StoredEntry], vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._by_anchor = _Index(entries, vocabulary, _anchors)
        self._by_word = _Index(entries, vocabulary, _specific)

    def continued(self, story: Sequence[StoredEntry]) -> tuple[StoredEntry, ...]:
        """The earlier entries of a story, in order of acceptance.

        They are one story with an entry of it, or with such an earlier entry while they resemble the story still.
        """
        found: dict[int, StoredEntry] = {}
        asking = tuple(story)
        while asking:
            like = {other.key: other for one in asking for other in self._like(one) if other.key not in found}
            asking = tuple(other for other in like.values() if self._resembles(story, other))
            found.update((other.key, other) for other in asking)
        return tuple(sorted(found.values(), key=_place))

    def novelty(self, stored: StoredEntry) -> float:
        """How much of an entry's title and lead was not told before: 1 less the best likeness, 0 to 1."""
        common = Counter(self._by_word.near(stored))
        nearest = sorted(common, key=lambda other: (-common[other], -other))[:_NEAREST]
        terms = self._vocabulary.terms(stored)
        others = (self._vocabulary.terms(self._by_word.entries[place]) for place in nearest)
        return max(0.0, 1.0 - max((likeness(terms, other) for other in others), default=0.0))

    def _like(self, one: StoredEntry) -> Iterator[StoredEntry]:
        for place in set(self._by_anchor.near(one)):
            other = self._by_anchor.entries[place]
            if resemblance(one, other, self._vocabulary) is not None:
                yield other

    def _resembles(self, story: Sequence[StoredEntry], other: StoredEntry) -> bool:
        terms = self._vocabulary.terms
        return any(likeness(terms(one), terms(other)) >= LEAST for one in story)


class _Index:
    """Which entries have which marks in common; an entry is named by its place in `entries`."""

    def __init__(
        self,
        entries: Sequence[StoredEntry],
        vocabulary: Vocabulary,
        marks: Callable[[Terms, Vocabulary], Iterable[str]],
    ) -> None:
        self.entries = entries
        self._vocabulary = vocabulary
        self._marks = marks
        self._places: defaultdict[str, list[int]] = defaultdict(list)
        for place, stored in enumerate(entries):
            for mark in marks(vocabulary.terms(stored), vocabulary):
                self._places[mark].append(place)

    def near(self, stored: StoredEntry) -> Iterator[int]:
        """The places of other entries, once for each mark that they share with this one."""
        for mark in self._marks(self._vocabulary.terms(stored), self._vocabulary) if self.entries else ():
            yield from (place for place in self._places.get(mark, ()) if self.entries[place].key != stored.key)


def resemblance(one: StoredEntry, other: StoredEntry, vocabulary: Vocabulary) -> float | None:
    """How much two entries tell the same event, 0 to 1; None when they are not one story."""
    a, b = vocabulary.terms(one), vocabulary.terms(other)
    days = abs((one.published - other.published).total_seconds()) / 86400
    alike = likeness(a, b)
    if alike < LEAST or days > MOST_DAYS or _instalments(a, b):
        return None
    needed = _needed(a, b, vocabulary) + AGING * max(days - 2, 0.0)
    if one.source_key == other.source_key:
        needed = max(needed, ALIKE_IN_A_SOURCE if days < 1 else ALIKE_IN_A_SOURCE_LATER)
    elif a.is_roundup or b.is_roundup:
        needed = max(needed, ALIKE_IN_A_SOURCE)
    elif _one_rubric(a, b):
        needed = max(needed, ALIKE_IN_A_RUBRIC)
    return alike if alike >= needed else None


def _needed(a: Terms, b: Terms, vocabulary: Vocabulary) -> float:
    """The likeness that two texts need, given what they share; 2 is never reached."""
    if a.page in b.links or b.page in a.links:
        return LEAST
    anchors = min(_names(a, b), _names(b, a)) + len(_figures(a, b, vocabulary)) + _links(a, b)
    if anchors >= 2:
        return ALIKE
    if not anchors:
        return 2.0
    names = a.names.keys() | b.names.keys()
    common = [stem for stem in a.weights if stem in b.weights and stem not in names and not stem[0].isdigit()]
    specific = sum(vocabulary.rarity(stem) >= _SPECIFIC for stem in common)
    return ALIKE_BY_ONE if specific >= _SPECIFIC_WORDS else 2.0


def _names(a: Terms, b: Terms) -> int:
    """How many names of `a` stand in both; words of one run are one name."""
    return len({run for stem, run in a.names.items() if stem in b.names})


def _figures(a: Terms, b: Terms, vocabulary: Vocabulary) -> set[str]:
    return {figure for figure in a.figures & b.figures if vocabulary.is_rare(figure)}


def _links(a: Terms, b: Terms) -> bool:
    """Whether two texts link to the same pages; one page among many says little."""
    return 3 * len(a.links & b.links) >= min(len(a.links), len(b.links)) > 0


def _instalments(a: Terms, b: Terms) -> bool:
    """Whether two texts are instalments of a series, or one form filled in twice."""
    return _dated_apart(a, b) or _numbered_apart(a, b) or _filled_in_twice(a, b)


def _dated_apart(a: Terms, b: Terms) -> bool:
    """Two titles of the same words with other numbers, months or ordinals."""
    one, other = set(a.title), set(b.title)
    differing = one ^ other
    changed = {stem for stem in differing if stem[0].isdigit() or stem in DATES}
    return bool(changed & one) and bool(changed & other) and len(one & other) >= len(differing - changed)


def _numbered_apart(a: Terms, b: Terms) -> bool:
    """The same word has other dates or another number in each: "Index for 2025" and "for 2026", "Local 88" and "91"."""
    return any(values.isdisjoint(b.slots[word]) for word, values in a.slots.items() if word in b.slots)


def _filled_in_twice(a: Terms, b: Terms) -> bool:
    """Two headlines of one form, each about somebody whom the other text does not know.

    Where every noun has a capital it marks nobody, so that more of the headline has to be the same.
    """
    one, other = (set(terms.title) & terms.weights.keys() for terms in (a, b))
    least = 0.75 if a.is_capitalized or b.is_capitalized else 0.5
    if len(one & other) < least * min(len(one), len(other)):
        return False
    return bool(a.subjects - b.weights.keys()) and bool(b.subjects - a.weights.keys())


def _one_rubric(a: Terms, b: Terms) -> bool:
    """Whether two headlines begin alike before their colon, and have nothing in common behind it."""
    if not a.head or a.title[: a.head] != b.title[: b.head]:
        return False
    return not set(a.title[a.head :]) & set(b.title[b.head :]) & a.weights.keys()


def _belong_together(
    left: Members,
    right: Members,
    entries: Sequence[StoredEntry],
    terms: Sequence[Terms],
    linked: Container[tuple[int, int]],
) -> bool:
    """Whether two stories may be one: no source comes twice with different texts, most titles are no instalments.

    One headline among many says little: "in round 6" and "in six rounds" tell one event.
    """
    days = [entries[place].published for place in left + right]
    if max(days) - min(days) > timedelta(days=MOST_DAYS):
        return False
    instalments = 0
    for one, other in product(left, right):
        if (one, other) in linked or (other, one) in linked:
            continue
        if entries[one].source_key == entries[other].source_key:
            return False
        instalments += _dated_apart(terms[one], terms[other])
    return 2 * instalments < len(left) * len(right)


def _pairs(ordered: Sequence[StoredEntry], vocabulary: Vocabulary) -> Iterator[Link]:
    anchors = [tuple(_anchors(vocabulary.terms(one), vocabulary)) for one in ordered]
    places: defaultdict[str, list[int]] = defaultdict(list)
    for number, those in enumerate(anchors):
        for anchor in those:
            places[anchor].append(number)
    for number, (one, those) in enumerate(zip(ordered, anchors, strict=True)):
        for place in sorted({place for anchor in those for place in places[anchor] if place > number}):
            score = resemblance(one, ordered[place], vocabulary)
            if score is not None:
                yield score, number, place


def _specific(terms: Terms, vocabulary: Vocabulary) -> Iterator[str]:
    return (stem for stem in terms.weights if vocabulary.rarity(stem) >= _SPECIFIC)


def _anchors(terms: Terms, vocabulary: Vocabulary) -> Iterator[str]:
    yield from terms.names
    yield from (figure for figure in terms.figures if vocabulary.is_rare(figure))
    yield from terms.links
    if terms.page:
        yield terms.page


def _place(stored: StoredEntry) -> tuple[int, int]:
    return stored.accepted, stored.key


def _first(story: Sequence[StoredEntry]) -> tuple[int, int]:
    return _place(story[0])
