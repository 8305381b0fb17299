"""Different articles on one event: what makes two entries one story, and the groups that come of it.

Two texts are about one event when they resemble each other AND share what tells an event from a theme: rare names,
figures, a linked page. A theme alone ("entry-level jobs and AI") never suffices. Hard negatives matter more than
recall: two instalments of a series are not one story, and one company's launch is not its lawsuit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterator, Sequence

from aggregator.entries.terms import DATES, Terms, Vocabulary, likeness
from aggregator.records import StoredEntry

_Pair = tuple[int, int]

MOST_DAYS = 14
LEAST = 0.12  # for two entries of which one links to the other
ALIKE = 0.25  # likeness from which on two entries with two anchors in common are one story
ALIKE_BY_ONE = 0.26  # with one anchor, when enough other rare words are common too
ALIKE_IN_A_SOURCE = 0.6  # what a source tells twice is one story only if it is nearly one text
AGING = 0.03  # added to what is needed for each day between two entries after the second
_SPECIFIC = 3.0  # rarity from which on a common word says something: about one text in twenty
_SPECIFIC_WORDS = 2


def group(entries: Sequence[StoredEntry], vocabulary: Vocabulary) -> tuple[tuple[StoredEntry, ...], ...]:
    """The entries as stories, each entry in exactly one; most stand alone.

    The best pairs are joined first; two groups become one when their entries are alike on the whole, not by a chain.
    Members and stories are in order of acceptance, whatever the order given.
    """
    ordered = sorted(entries, key=_place)
    scores = {(one.key, other.key): score for score, one, other in _pairs(ordered, vocabulary)}
    homes: dict[int, list[StoredEntry]] = {stored.key: [stored] for stored in ordered}
    for one, other in sorted(scores, key=lambda pair: (-scores[pair], pair)):
        left, right = homes[one], homes[other]
        if left is not right and _belong_together(left, right, scores):
            left.extend(right)
            homes.update((stored.key, left) for stored in right)
    whole = {id(home): tuple(sorted(home, key=_place)) for home in homes.values()}
    return tuple(sorted(whole.values(), key=lambda story: _place(story[0])))


def continued(
    story: Sequence[StoredEntry], earlier: Sequence[StoredEntry], vocabulary: Vocabulary
) -> tuple[StoredEntry, ...]:
    """The earlier entries that tell the same story as some of `story`, in order of acceptance."""
    found = {
        other.key: other
        for one, other in _near(story, earlier, vocabulary)
        if resemblance(one, other, vocabulary) is not None
    }
    return tuple(sorted(found.values(), key=_place))


def resemblance(one: StoredEntry, other: StoredEntry, vocabulary: Vocabulary) -> float | None:
    """How much two entries tell the same event, 0 to 1; None when they are not one story."""
    a, b = vocabulary.terms(one), vocabulary.terms(other)
    days = abs((one.published - other.published).total_seconds()) / 86400
    alike = likeness(a, b)
    if alike < LEAST or days > MOST_DAYS or _instalments(a, b):
        return None
    needed = _needed(a, b, vocabulary) + AGING * max(days - 2, 0.0)
    if one.source_key == other.source_key:
        needed = max(needed, ALIKE_IN_A_SOURCE)
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
    """Whether two titles are one form filled in twice: the same words with other numbers, months or ordinals."""
    one, other = set(a.title), set(b.title)
    differing = one ^ other
    changed = {stem for stem in differing if stem[0].isdigit() or stem in DATES}
    return bool(changed & one) and bool(changed & other) and len(one & other) >= len(differing - changed)


def _belong_together(left: Sequence[StoredEntry], right: Sequence[StoredEntry], linked: Container[_Pair]) -> bool:
    """Whether most entries of both sides are alike, and no source comes twice with different texts."""
    alike = 0
    for one in left:
        for other in right:
            if (one.key, other.key) in linked or (other.key, one.key) in linked:
                alike += 1
            elif one.source_key == other.source_key:
                return False
    return 2 * alike >= len(left) * len(right)


def _pairs(ordered: Sequence[StoredEntry], vocabulary: Vocabulary) -> Iterator[tuple[float, StoredEntry, StoredEntry]]:
    for one, other in _near(ordered, ordered, vocabulary):
        score = resemblance(one, other, vocabulary)
        if score is not None:
            yield score, one, other


def _near(
    some: Sequence[StoredEntry], others: Sequence[StoredEntry], vocabulary: Vocabulary
) -> Iterator[tuple[StoredEntry, StoredEntry]]:
    """The pairs that share an anchor, each once: only these need comparing."""
    standing: defaultdict[str, list[int]] = defaultdict(list)
    for place, other in enumerate(others):
        for anchor in _anchors(vocabulary.terms(other), vocabulary):
            standing[anchor].append(place)
    for number, one in enumerate(some):
        places = (standing.get(anchor, ()) for anchor in _anchors(vocabulary.terms(one), vocabulary))
        for place in sorted({place for those in places for place in those}):
            if others is not some or number < place:
                yield one, others[place]


def _anchors(terms: Terms, vocabulary: Vocabulary) -> Iterator[str]:
    yield from terms.names
    yield from (figure for figure in terms.figures if vocabulary.is_rare(figure))
    yield from terms.links
    if terms.page:
        yield terms.page


def _place(stored: StoredEntry) -> tuple[int, int]:
    return stored.accepted, stored.key
