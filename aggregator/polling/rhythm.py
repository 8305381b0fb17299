"""How often a source writes, and whether its silence is more than that: each source is measured by itself.

Days with entries are counted once, however many entries a day has, and the gaps between such days are the data. How
long a gap may grow is asked of the tail of the longest third of them (peaks over a threshold; Pickands, "Statistical
inference using extreme order statistics", Annals of Statistics 3, 1975; Davison and Smith, "Models for exceedances
over high thresholds", JRSS B 52, 1990), taken as exponential. Of m excesses with mean e over the threshold u the next
gap is longer than x with the probability (m/n) (1 + (x - u) / (m e))^-m, which is the F(2, 2m) prediction of
exponential data (Lawless, "Statistical Models and Methods for Lifetime Data", 2nd ed. 2003, section 4.1) and so has
in it that e is known from a few gaps only. A source that writes regularly has a short tail and is missed soon, one
that writes in bursts is not. The probability is shared out to the gaps of a year (Bonferroni), so that a source that
lives gives no more than one false alarm in a hundred years of its rhythm.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import fsum
from typing import TypeVar

_DAY = timedelta(days=1)
A_YEAR = 365.25
RECENT = 30  # gaps that say how it writes now
FALSE_A_YEAR = 0.01
LEAST_GAPS = 3
ENOUGH = 5  # gaps to call something usual
SHORTEST = 30.0  # days: holidays and illness are in nobody's rhythm
SUMMER = 100.0  # days that a source which is not known for a year may rest
LONGER = 1.5  # times its longest pause, which it may make again and then some
A_ROUND = 400.0  # days: a year and its delays
_NAMES = ((1.5, "daily"), (5.5, ""), (8.5, "weekly"), (12, ""), (17, "every two weeks"), (25, ""), (35, "monthly"))


@dataclass(frozen=True, slots=True)
class Silence:
    """A source that has been silent for longer than its rhythm explains; all in days."""

    days: float
    typical: float
    longest: float
    limit: float

    @property
    def words(self) -> str:
        """`silent for 40 days, its rhythm is weekly`."""
        return f"silent for {self.days:.0f} days, its rhythm is {in_words(self.typical)}"


Much = TypeVar("Much", float, timedelta)


def median(values: Iterable[Much]) -> Much:
    """The middle of some values, or the mean of the two there (`statistics` takes 10 ms to import for it)."""
    ordered = sorted(values)
    return (ordered[len(ordered) // 2] + ordered[~(len(ordered) // 2)]) / 2


def gaps_of(published: Sequence[datetime]) -> list[float]:
    """Days between days with entries, newest first. `published` is newest first, too."""
    days: list[datetime] = []
    for moment in published:
        if not days or days[-1].date() != moment.date():
            days.append(moment)
    return [(later - earlier) / _DAY for later, earlier in pairwise(days)]


def typical(published: Sequence[datetime]) -> float | None:
    """The usual gap in days between days with entries, None while too few are known. `published` is newest first."""
    gaps = gaps_of(published)[:RECENT]
    return median(gaps) if len(gaps) >= ENOUGH else None


def silence(now: datetime, published: Sequence[datetime]) -> Silence | None:
    """The silence of a source whose entries are from these instants, newest first; None while it is not unusual.

    `now` is when it was last read: an aggregator that did not run is no silence of anybody.

    The more of the past is given, the better: a yearly break is known only from a year that had one.
    """
    days = (now - published[0]) / _DAY if published else 0.0
    gaps = gaps_of(published) if days > SHORTEST else []  # no limit is shorter, and most sources wrote since
    if len(gaps) < LEAST_GAPS:
        return None
    limit = longest_likely(gaps)
    return Silence(days, median(gaps[:RECENT]), max(gaps), limit) if days > limit else None


def longest_likely(gaps: Sequence[float]) -> float:
    """The days after which a silence is more than the rhythm of these gaps (in days, newest first) explains."""
    recent = gaps[:RECENT]
    a_year = A_YEAR * len(recent) / fsum(recent)
    chance = FALSE_A_YEAR / max(a_year, 1.0)
    limit = max(SHORTEST, _tail(recent, chance), LONGER * max(gaps))
    if sum(gaps) >= A_ROUND:
        return limit
    return max(limit, min(SUMMER, _bound(recent, chance)))


def _tail(gaps: Sequence[float], chance: float) -> float:
    """The gap that the next one exceeds with this chance, from the tail of the gaps."""
    ordered = sorted(gaps, reverse=True)
    many = max(LEAST_GAPS, len(ordered) // 3)
    above = ordered[:many]
    start = ordered[many] if many < len(ordered) else 0.0
    return start + _bound([gap - start for gap in above], min(1.0, chance * len(ordered) / many))


def _bound(gaps: Sequence[float], chance: float) -> float:
    """The same for gaps without memory: they lie around their mean as those of a Poisson process do."""
    count = len(gaps)
    return float(fsum(gaps) * (chance ** (-1 / count) - 1))


def in_words(days: float) -> str:
    """A rhythm as people call it: `daily`, `every 3 days`, `weekly`, `monthly`, `every 4 months`."""
    for most, name in _NAMES:
        if days <= most:
            return name or (f"every {round(days)} days" if days < 17 else f"every {round(days / 7)} weeks")
    return f"every {round(days / 30.4)} months" if days < 320 else "yearly" if days < 450 else "slower than yearly"
