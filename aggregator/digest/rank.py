"""What comes first: a score in a few terms, each of which a person can read; deterministic.

    score = coverage + topic + interests + rules + substance + novelty - crowding

coverage   1.5 for every further source of the story
topic      1 when one of the user's topics is met
interests  the sum of (weight - 1) of the user's words that are met: 2 lifts, 0.5 lowers
rules      what `score:` rules add
substance  up to 1 by length: a whole post tells more than a teaser of one line
novelty    up to 0.5: how much of title and lead the digests of the last 14 days did not tell
crowding   0.6 for every better entry of the same source: a loud source cannot drown the others
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from aggregator.digest.lenses import Interests, Lists, haystack
from aggregator.entries.view import View
from aggregator.entries.words import Folded
from aggregator.records import StoredEntry

COVERAGE, TOPIC, NOVELTY, CROWDING = 1.5, 1.0, 0.5, 0.6
_FULL_WORDS = 400


@dataclass(frozen=True, slots=True)
class Scored:
    """An entry with its terms; `sources` counts every source of its story."""

    stored: StoredEntry
    topic: str | None
    sources: int
    coverage: float
    topical: float
    interest: float
    rules: float
    substance: float
    crowding: float
    words: tuple[str, ...]
    novelty: float

    @property
    def score(self) -> float:
        """The sum of the terms."""
        told = self.coverage + self.topical + self.interest + self.rules + self.substance
        return told + self.novelty - self.crowding

    @property
    def reason(self) -> str:
        """The score in a few words."""
        parts = [f"{self.sources} sources"] if self.sources > 1 else []
        parts += [self.topic] if self.topic else []
        parts += [f"your interest: {', '.join(self.words)}"] if self.words else []
        return " · ".join(parts)


def ranked(
    group_of: Sequence[tuple[StoredEntry, int]],
    view: View,
    novelty: Mapping[int, float] | None = None,
    text: Callable[[StoredEntry], str] = lambda stored: stored.entry.text,
) -> list[Scored]:
    """Entries with the number of their sources, best first; ties by order of acceptance.

    `novelty` is 0 to 1 by the key of an entry; without it nothing is told apart by it.
    `text` gives what of an entry's text is worth telling: what its source puts around every entry is no topic of it.
    """
    topics, interests = Lists(view.config.topics), Interests(view.config.interests)
    new = novelty or {}
    scored = [
        _scored(stored, text(stored), sources, view, topics, interests, novelty=new.get(stored.key, 0.0))
        for stored, sources in group_of
    ]
    return _best_first(_crowded(_best_first(scored)))


def _scored(
    stored: StoredEntry, text: str, sources: int, view: View, topics: Lists, interests: Interests, *, novelty: float
) -> Scored:
    verdict = view.verdict(stored)
    folded = haystack(stored.entry, verdict.tags, text) if topics or interests else Folded("")
    topic, found = topics.first(folded), interests.found(folded)
    return Scored(
        stored,
        topic,
        sources,
        coverage=COVERAGE * (sources - 1),
        topical=TOPIC if topic else 0.0,
        interest=sum(weight - 1 for _, weight in found),
        rules=verdict.score,
        substance=min(len(text.split(None, _FULL_WORDS)) / _FULL_WORDS, 1.0),
        crowding=0.0,
        words=tuple(word for word, weight in found if weight > 1),
        novelty=NOVELTY * novelty,
    )


def _crowded(scored: list[Scored]) -> list[Scored]:
    better: dict[int, int] = {}
    out = []
    for one in scored:
        place = better.get(one.stored.source_key, 0)
        better[one.stored.source_key] = place + 1
        out.append(replace(one, crowding=CROWDING * place) if place else one)
    return out


def _best_first(scored: list[Scored]) -> list[Scored]:
    return sorted(scored, key=lambda one: (-round(one.score, 6), one.stored.accepted))
