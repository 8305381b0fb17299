"""The reading budget: which entries become stories, so that the digest takes the minutes it was given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from aggregator.records import DigestEntry, Story

TOLERANCE = 0.1


@dataclass(frozen=True, slots=True)
class Timed:
    """An entry in both its shapes: a story (`seconds` to read) and a line of "Everything else" (`line_seconds`)."""

    story: Story
    entry: DigestEntry
    seconds: int
    line_seconds: int


def spend(timed: Sequence[Timed], read_in: timedelta | None) -> tuple[list[Timed], list[Timed]]:
    """Stories and lines, both in the given order (best first).

    Stories are taken while they fit into the budget and a tenth; an entry without a sentence of its own becomes a
    story only when the others do not fill the time. `read_in` None makes everything a story.
    """
    if read_in is None:
        return list(timed), []
    most = read_in.total_seconds() * (1 + TOLERANCE)
    chosen: set[int] = set()
    spent = 0
    for wanted in (True, False):
        for number, one in enumerate(timed):
            full = spent >= most / (1 + TOLERANCE)
            if number not in chosen and bool(one.story.summary) is wanted and not full and spent + one.seconds <= most:
                chosen.add(number)
                spent += one.seconds
    stories = [one for number, one in enumerate(timed) if number in chosen]
    return stories, [one for number, one in enumerate(timed) if number not in chosen]
