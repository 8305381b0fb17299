"""The reading budget: which entries become stories, so that the digest takes the minutes it was given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import islice

from aggregator.records import DigestEntry, Story

TOLERANCE = 0.1
_MOST_CONSIDERED = 200


@dataclass(frozen=True, slots=True)
class Told:
    """A story with its sentences, and the seconds that it takes to read."""

    story: Story
    seconds: int


@dataclass(frozen=True)
class Timed:
    """A story of the day in both its shapes: as lines of "Everything else" (`line_seconds` to read), and told.

    On a day of a thousand entries most are never told: `tell` is called once, when the story has a chance.
    """

    entries: tuple[DigestEntry, ...]
    line_seconds: int
    tell: Callable[[], Told]

    @cached_property
    def told(self) -> Told:
        """The story with its sentences."""
        return self.tell()


def spend(timed: Sequence[Timed], read_in: timedelta | None) -> tuple[list[Timed], list[Timed]]:
    """Stories and lines, both in the given order (best first).

    Stories are taken while they fit into the budget and a tenth; an entry without a sentence of its own becomes a
    story only when the others do not fill the time. Where that leaves more than a tenth of the time unspent, the
    best that fill it are taken, if there are such. `read_in` None makes everything a story.
    """
    if read_in is None:
        return list(timed), []
    budget = read_in.total_seconds()
    chosen, spent = _best_that_fit(timed, budget)
    if spent < budget * (1 - TOLERANCE):
        chosen = _best_that_fill(timed, budget) or chosen
    return [one for n, one in enumerate(timed) if n in chosen], [one for n, one in enumerate(timed) if n not in chosen]


def _in_order(timed: Sequence[Timed]) -> Iterator[tuple[int, int]]:
    """Places and seconds: first the stories that have a sentence of their own."""
    bare = []
    for place, one in enumerate(timed):
        if one.told.story.summary:
            yield place, one.told.seconds
        else:
            bare.append((place, one.told.seconds))
    yield from bare


def _best_that_fit(timed: Sequence[Timed], budget: float) -> tuple[set[int], int]:
    """One after the other, each that still fits, until the budget is spent; with the seconds that they take."""
    places: set[int] = set()
    spent = 0
    for place, seconds in _in_order(timed) if budget else ():
        if spent + seconds <= budget * (1 + TOLERANCE):
            places.add(place)
            spent += seconds
        if spent >= budget:
            break
    return places, spent


def _best_that_fill(timed: Sequence[Timed], budget: float) -> set[int]:
    """Of the sums within a tenth of the budget the one made of the best; empty when there is none.

    For each sum the first way to it is kept, so that the work is bounded by the seconds of the budget.
    """
    order = list(islice(_in_order(timed), _MOST_CONSIDERED))
    ways: dict[int, tuple[int, ...]] = {0: ()}
    for rank, (_, seconds) in enumerate(order):
        for total, way in sorted(ways.items(), reverse=True):
            if total + seconds <= budget * (1 + TOLERANCE):
                ways.setdefault(total + seconds, (*way, rank))
    best = min((way for total, way in ways.items() if total >= budget * (1 - TOLERANCE)), default=())
    return {order[rank][0] for rank in best}
