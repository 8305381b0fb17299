"""Small charts as plain numbers: a template draws them as SVG, and as a table for those who do not see them.

A chart is one row of bars in a box of `WIDTH` by `HEIGHT` units, y downwards as in SVG; it may be stretched, so it
holds no letters. It needs no colour: each lens has a row of its own, under its name, all at one scale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aggregator.render.words import count, short_date

if TYPE_CHECKING:
    from aggregator.records import DigestEntry, LensTrend, LocalDate

STEP, HEIGHT = 10, 40
_GAP, _LEAST = 2.0, 2.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One day: a rectangle that stands on the ground, and what it says in words."""

    x: float
    y: float
    width: float
    height: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One lens over the days: its bars (days without entries have none), its sum, a text that says as much,
    and the newest entries behind the sum."""

    name: str
    total: int
    width: int
    height: int
    bars: tuple[Bar, ...]
    description: str
    entries: tuple[DigestEntry, ...] = ()


def lens_charts(trends: Sequence[LensTrend]) -> tuple[Chart, ...]:
    """A chart for each lens, all at one scale; () when no day has any entry."""
    highest = max((number for trend in trends for _, number in trend.days), default=0)
    return tuple(_chart(trend, highest) for trend in trends) if highest else ()


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A row of bars as one SVG path in a box of `width` by `HEIGHT`, and what it says in words."""

    path: str
    width: int
    height: int
    label: str


def sparkline(weeks: Sequence[int]) -> Sparkline | None:
    """The entries of a source in each of the last weeks, oldest first; None when there was none."""
    most = max(weeks, default=0)
    if not most:
        return None
    tops = [(place, round(max(HEIGHT * number / most, _LEAST))) for place, number in enumerate(weeks) if number]
    path = "".join(f"M{place * STEP + 1} {HEIGHT}v-{tall}h{STEP - 2}v{tall}z" for place, tall in tops)
    total = count(sum(weeks), "entry", "entries")
    label = f"{total} in {len(weeks)} weeks, at most {most:,} in one; the last week: {weeks[-1]:,}"
    return Sparkline(path, STEP * len(weeks), HEIGHT, label)


@dataclass(frozen=True, slots=True)
class Plot:
    """Bars in a box of `width` by `HEIGHT`: one path for the weeks that are over, one for the week that is not."""

    width: int
    whole: str
    open: str


def plot(numbers: Sequence[int], highest: int) -> Plot:
    """The bars of a row of numbers, the last of which may still grow, at the scale of `highest`."""
    tall = [max(round(HEIGHT * number / highest, 1), _LEAST) if number else 0 for number in numbers]
    bars = [f"M{n * STEP + 1} {HEIGHT}v-{high:g}h{STEP - 2}v{high:g}z" if high else "" for n, high in enumerate(tall)]
    return Plot(STEP * len(bars), "".join(bars[:-1]), "".join(bars[-1:]))


def by_day(trends: Sequence[LensTrend]) -> tuple[tuple[LocalDate, tuple[int, ...]], ...]:
    """The same numbers as rows of a table, newest day first: the day, and a number for each lens."""
    rows = zip(*(trend.days for trend in trends), strict=True)
    return tuple((row[0][0], tuple(number for _, number in row)) for row in reversed(list(rows)))


def _chart(trend: LensTrend, highest: int) -> Chart:
    bars = tuple(_bar(place, day, number, highest) for place, (day, number) in enumerate(trend.days) if number)
    return Chart(trend.name, trend.total, STEP * len(trend.days), HEIGHT, bars, _in_words(trend), trend.entries)


def _bar(place: int, day: LocalDate, number: int, highest: int) -> Bar:
    height = round(max(HEIGHT * number / highest, _LEAST), 1)
    label = f"{short_date(day)}: {count(number, 'entry', 'entries')}"
    return Bar(place * STEP + _GAP / 2, round(HEIGHT - height, 1), STEP - _GAP, height, label)


def _in_words(trend: LensTrend) -> str:
    (first, _), (last, _) = trend.days[0], trend.days[-1]
    told = f"{count(trend.total, 'entry', 'entries')} from {short_date(first)} to {short_date(last)}"
    if not trend.total:
        return f"{told}."
    day, most = max(trend.days, key=lambda pair: pair[1])
    return f"{told}; the most on one day: {most:,}, {short_date(day)}."
