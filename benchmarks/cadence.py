"""What asking each source at its own rhythm saves its publisher, and what it costs the reader: a simulated year.

    python benchmarks/cadence.py [--sources 5] [--seed 1] [--json]

Made-up sources of many rhythms, asked as `run` does with `every: 1h` and a digest at 03:30: once by silence only, once
by their own rhythm as well. Counted are the polls a day and the hours until an entry is found. Exit code 1 if a
rhythm is asked more often than before, or an entry is found later than a day after it came.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import fmean, quantiles

sys.path.insert(0, str(Path(__file__).parent.parent))

from aggregator.polling.cadence import DAY, HOUR, after_success
from aggregator.polling.rhythm import typical
from aggregator.records import Hints
from benchmarks.silence import Writing, bursts, every, poisson

START = datetime(2025, 1, 1, tzinfo=UTC)
DIGEST = timedelta(hours=3, minutes=30)
KEPT = 30  # the newest entries that the store is asked for
LATEST = 24.0 + 1.2  # hours: a day and the jitter of a plan
RHYTHMS: dict[str, Writing] = {
    "5 a day": poisson(0.2),
    "daily": every(1, 0.2),
    "every 2 days": poisson(2),
    "weekly": every(7, 0.3),
    "weekly, irregular": poisson(7),
    "in bursts, monthly": bursts(30, 6),
    "monthly": every(30, 2),
    "every 3 months": every(91, 5),
}


@dataclass
class Asked:
    """A year of polls: how many, and the hours after which each entry was found."""

    polls: int = 0
    hours: list[float] = field(default_factory=list)


def year(entries: list[datetime], seed: str, *, adaptive: bool) -> Asked:
    """Poll a source that writes at these moments, as its plans and the digest say."""
    seen, now, asked = [moment for moment in entries if moment <= START][::-1], START, Asked()
    waiting = [moment for moment in entries if moment > START][::-1]  # the next one last
    usual, news = None, adaptive
    while now < START + 365 * DAY:
        usual = typical(seen[:KEPT]) if news and adaptive else usual
        asked.polls += 1
        news = False
        while waiting and waiting[-1] <= now:
            moment = waiting.pop()
            asked.hours.append((now - moment) / HOUR)
            seen.insert(0, moment)
            news = True
        plan = after_success(
            now,
            HOUR,
            {},
            Hints(),
            newest=seen[0] if seen and not news else None,
            wasted=0,
            usual=usual,
            seed=f"{seed} {now:%Y-%m-%dT%H}",
        )
        now = min(plan.at, _before_digest(now))
    return asked


def _before_digest(now: datetime) -> datetime:
    """The poll in the hour before the next digest, of a source that was not polled within it."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    at = midnight + DIGEST if now < midnight + DIGEST - HOUR else midnight + DAY + DIGEST
    return max(at - HOUR / 2, now + HOUR)


def measure(sources: int, seed: int) -> Iterable[dict[str, object]]:
    """One row a rhythm."""
    for name, writing in RHYTHMS.items():
        row: dict[str, object] = {"rhythm": name}
        for adaptive in (False, True):
            made = [_one(writing, f"{name} {seed} {n}", adaptive=adaptive) for n in range(sources)]
            hours = [hour for one in made for hour in one.hours]
            row |= {
                f"polls_{int(adaptive)}": round(sum(one.polls for one in made) / sources / 365, 1),
                f"mean_{int(adaptive)}": round(fmean(hours), 1),
                f"p95_{int(adaptive)}": round(quantiles(hours, n=20)[-1], 1),
                f"most_{int(adaptive)}": round(max(hours), 1),
            }
        yield row


def _one(writing: Writing, seed: str, *, adaptive: bool) -> Asked:
    dice = random.Random(seed)
    moments = sorted(START + (day - 365 + dice.random() / 2) * DAY for day in writing(dice, 730.0))
    return year(moments, seed, adaptive=adaptive)


def main() -> int:
    """Print the table, or the JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    rows = list(measure(options.sources, options.seed))
    if options.json:
        print(json.dumps(rows, indent=2))
    else:
        print(f"{'':<20}{'polls a day':>15}{'found after h':>17}{'95 % within':>15}{'latest':>15}")
        for row in rows:
            pairs = ((f"{row[f'{kind}_0']}", f"{row[f'{kind}_1']}") for kind in ("polls", "mean", "p95", "most"))
            print(f"{row['rhythm']:<20}" + "".join(f"{before:>7} -> {after:>4}" for before, after in pairs))
    worse = [row for row in rows if row["polls_1"] > row["polls_0"] or row["most_1"] > LATEST]  # type: ignore[operator]
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
