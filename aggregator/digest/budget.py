"""The reading budget: which entries become stories, so that the digest takes the minutes it was given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from aggregator.records import DigestEntry, Story

TOLERANCE = 0.1
_MOST_CONSIDERED = 200


@dataclass(frozen=True, slots=True)
class Timed:
    """A story in both its shapes: told (`seconds` to read) and as lines of "Everything else" (`line_seconds`)."""

    story: Story
    entries: tuple[DigestEntry, ...]
    seconds: int
    line_seconds: int


def spend(timed: Sequence[Timed], read_in: timedelta | None) -> tuple[list[Timed], list[Timed]]:
    """Stories and lines, both in the given order (best first).

    Stories are taken while they fit into the budget and a tenth; an entry without a sentence of its own becomes a
    story only when the others do not fill the time. Where that leaves more than a tenth of the time unspent, the
    best that fill it are taken, if there are such. `read_in` None makes everything a story.
    """
    if read_in is None:
        return list(timed), []
    budget = read_in.total_seconds()
    order = sorted(range(len(timed)), key=lambda number: not timed[number].story.summary)
    seconds = [timed[number].seconds for number in order]
    places = _best_that_fit(seconds, budget)
    if sum(seconds[place] for place in places) < budget * (1 - TOLERANCE):
        places = _best_that_fill(seconds, budget) or places
    chosen = {order[place] for place in places}
    return [one for n, one in enumerate(timed) if n in chosen], [one for n, one in enumerate(timed) if n not in chosen]


def _best_that_fit(seconds: Sequence[int], budget: float) -> tuple[int, ...]:
    """One after the other, each that still fits, until the budget is spent."""
    places, spent = [], 0
    for place, needed in enumerate(seconds):
        if spent < budget and spent + needed <= budget * (1 + TOLERANCE):
            places.append(place)
            spent += needed
    return tuple(places)


def _best_that_fill(seconds: Sequence[int], budget: float) -> tuple[int, ...]:
    """Of the sums within a tenth of the budget the one made of the best; empty when there is none.

    For each sum the first way to it is kept, so that the work is bounded by the seconds of the budget.
    """
    ways: dict[int, tuple[int, ...]] = {0: ()}
    for place, needed in enumerate(seconds[:_MOST_CONSIDERED]):
        for total, way in sorted(ways.items(), reverse=True):
            if total + needed <= budget * (1 + TOLERANCE):
                ways.setdefault(total + needed, (*way, place))
    return min((way for total, way in ways.items() if total >= budget * (1 - TOLERANCE)), default=())
