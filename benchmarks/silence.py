"""How often the silence alarm is wrong, and how soon it is right: simulated sources of many rhythms.

    python benchmarks/silence.py [--sources 300] [--years 3] [--seed 1] [--json]

Each made-up source lives for a year that nobody judges and then for `--years`; every day of them the alarm is asked.
A day on which it begins to say "silent" though the source will write again is a false alarm. Then the source dies,
and the days until the alarm says so are counted. Sources without a past (only the ten entries that a feed holds when
it is added) are told apart. Exit code 1 if any rhythm has false alarms in 2 % of its years or more.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parent.parent))

from aggregator.polling.rhythm import SHORTEST, silence

START = datetime(2024, 1, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)
LIMIT = 0.02
KEPT = 400  # the newest entries that are asked for
Writing = Callable[[random.Random, float], Iterator[float]]


def every(gap: float, jitter: float) -> Writing:
    """A fixed day with some jitter (both in days)."""

    def days(dice: random.Random, end: float) -> Iterator[float]:
        number = 0
        while number * gap < end:
            yield number * gap + dice.uniform(-jitter, jitter)
            number += 1

    return days


def poisson(gap: float) -> Writing:
    """Whenever it comes to mind: independent gaps with this mean."""

    def days(dice: random.Random, end: float) -> Iterator[float]:
        day = 0.0
        while (day := day + dice.expovariate(1 / gap)) < end:
            yield day

    return days


def bursts(pause: float, most: int) -> Writing:
    """One to `most` entries within days, then a pause without memory."""

    def days(dice: random.Random, end: float) -> Iterator[float]:
        day = 0.0
        while (day := day + dice.expovariate(1 / pause)) < end:
            for _ in range(dice.randint(1, most)):
                yield day
                day += dice.uniform(0.1, 2)

    return days


def weekdays(dice: random.Random, end: float) -> Iterator[float]:
    """Monday to Friday, now and then a day is left out."""
    for day in range(int(end)):
        if day % 7 < 5 and dice.random() < 0.9:
            yield day + dice.uniform(0, 0.3)


def seasonal(writing: Writing, first: int = 182, last: int = 243) -> Writing:
    """The same without a summer: nothing from July to August."""

    def days(dice: random.Random, end: float) -> Iterator[float]:
        yield from (day for day in writing(dice, end) if not first <= day % 365.25 < last)

    return days


def declining(first: float, last: float) -> Writing:
    """Gaps that grow from `first` to `last` days over its life, each off by up to a third."""

    def days(dice: random.Random, end: float) -> Iterator[float]:
        day = 0.0
        while day < end:
            yield day
            day += (first + (last - first) * day / end) * dice.uniform(0.67, 1.33)

    return days


RHYTHMS: dict[str, Writing] = {
    "daily": every(1, 0.3),
    "daily on weekdays": weekdays,
    "daily but in summer": seasonal(weekdays),
    "weekly with jitter": every(7, 2),
    "weekly but in summer": seasonal(every(7, 1.5)),
    "every two weeks": every(14, 4),
    "monthly": every(30.4, 5),
    "quarterly": every(91, 15),
    "bursts, a month apart": bursts(30, 6),
    "bursts, a week apart": bursts(7, 4),
    "Poisson, 2 days": poisson(2),
    "Poisson, 7 days": poisson(7),
    "Poisson, 30 days": poisson(30),
    "Poisson, 90 days": poisson(90),
    "weekly, declining to monthly": declining(7, 30),
    "daily, declining to weekly": declining(1, 7),
}


@dataclass(frozen=True, slots=True)
class Measured:
    """One rhythm: sources, false alarms, the years that were judged, and the days until a dead one was told."""

    sources: int
    false: int
    years: float
    delays: tuple[float, ...]

    @property
    def rate(self) -> float:
        """False alarms a source and year."""
        return self.false / self.years


def measure(writing: Writing, *, sources: int, years: int, seed: int, known: float = 400.0) -> Measured:
    """Let so many sources live `known` days that are not judged, then years that are, and die."""
    dice = random.Random(seed)
    false, delays, end = 0, [], known + years * 365.25
    for _ in range(sources):
        written = [START + day * DAY for day in sorted(day for day in writing(dice, end) if day >= 0)]
        false += sum(1 for _ in false_alarms(written, known))
        delays.append(delay(written))
    return Measured(sources, false, sources * years, tuple(delays))


def false_alarms(written: list[datetime], known: float) -> Iterator[datetime]:
    """When a silence was told though the source wrote again; without `known` days it has ten entries to begin with."""
    first = max(bisect_right(written, START + known * DAY), 10)
    for number in range(first, len(written)):
        until = written[number]  # the last moment at which it could be told
        if until - written[number - 1] > SHORTEST * DAY and silence(until, past(written, number)) is not None:
            yield until


def past(written: list[datetime], number: int) -> list[datetime]:
    """The newest entries before the entry of that number, newest first."""
    return written[max(0, number - KEPT) : number][::-1]


def delay(written: list[datetime]) -> float:
    """The days from the last entry of a source that died until the alarm says so; none without a rhythm."""
    told = silence(written[-1] + 100_000 * DAY, past(written, len(written)))
    return told.limit if told else float("inf")


def table(*, sources: int, years: int, seed: int) -> dict[str, dict[str, float]]:
    """Every rhythm: false alarms a year with and without a past, and the delay (days) of half and of nine in ten."""
    rows = {}
    for name, writing in RHYTHMS.items():
        known = measure(writing, sources=sources, years=years, seed=seed)
        added = measure(writing, sources=sources, years=years, seed=seed + 1, known=0)
        ordered = sorted(known.delays)
        rows[name] = {
            "false_a_year": round(known.rate, 4),
            "false_a_year_from_the_start": round(added.rate, 4),
            "delay_median": median(ordered),
            "delay_90": ordered[int(len(ordered) * 0.9)],
        }
    return rows


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sources", type=int, default=300)
    parser.add_argument("--years", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rows = table(sources=given.sources, years=given.years, seed=given.seed)
    if given.json:
        print(json.dumps(rows, indent=2))
    else:
        print(f"{'rhythm':<30} {'false a year':>12} {'from day one':>12} {'told after':>11} {'90 %':>6}")
        for name, row in rows.items():
            false, start, half, most = row.values()
            print(f"{name:<30} {false:>12.2%} {start:>12.2%} {half:>8.0f} d {most:>5.0f}")
    return 0 if all(row["false_a_year"] < LIMIT for row in rows.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
