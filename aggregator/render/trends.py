"""The page of a year: topics and lenses week by week, what rises, who wrote. Drawn here, as plain SVG with words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aggregator.records import LocalDate, Topical, Year
from aggregator.render.charts import Plot, plot
from aggregator.render.site import Site, page
from aggregator.render.words import MONTHS, count

RECENT = 4  # weeks that are held against the 4 before


@dataclass(frozen=True, slots=True)
class Row:
    """One topic or lens: its name, its plot, and in words what it shows."""

    name: str
    plot: Plot
    told: str


def trends_page(year: Year | None, *, site: Site) -> bytes:
    """The page `trends.html`; None while nothing was ever accepted."""
    if year is None or not any(year.entries):
        return page("trends.html", site, "", year=None)
    values = {
        "all": _row(Topical("All entries", year.entries), max(year.entries)),
        "topics": _rows(year.topics),
        "lenses": _rows(year.lenses),
        "months": _months(year),
        "names": [one.name for one in (*year.topics, *year.lenses)],
        "most": max((number for _, number in year.sources), default=1),
        "total": sum(year.entries),
        "labels": _labels(year.weeks),
    }
    return page("trends.html", site, "", year=year, **values)


def _rows(those: Sequence[Topical]) -> list[Row]:
    """All at one scale, so that they can be held against each other."""
    highest = max((max(one.weeks) for one in those), default=0)
    return [_row(one, highest) for one in those]


def _row(one: Topical, highest: int) -> Row:
    return Row(one.name, plot(one.weeks, highest), _told(one))


def _told(one: Topical) -> str:
    """`312 entries; last four weeks 40, four before 31`."""
    whole = one.weeks[:-1]
    now, before = sum(whole[-RECENT:]), sum(whole[-2 * RECENT : -RECENT])
    total = count(sum(one.weeks), "entry", "entries")
    return f"{total}; last four weeks {now:,}, four before {before:,}"


def _months(year: Year) -> list[tuple[str, list[int]]]:
    """The numbers by month, newest first: a week belongs to the month of its Monday."""
    rows: dict[LocalDate, list[int]] = {}
    for place, monday in enumerate(year.weeks):
        numbers = [year.entries[place], *(one.weeks[place] for one in (*year.topics, *year.lenses))]
        known = rows.setdefault(monday.replace(day=1), [0] * len(numbers))
        rows[monday.replace(day=1)] = [one + other for one, other in zip(known, numbers, strict=True)]
    return [(f"{MONTHS[first.month - 1]} {first.year}", numbers) for first, numbers in reversed(rows.items())]


def _labels(weeks: Sequence[LocalDate]) -> list[tuple[int, str]]:
    """Where a month begins on the axis: the place of its first Monday and its short name, every other one if many."""
    begins = [(place, monday) for place, monday in enumerate(weeks) if place and monday.month != weeks[place - 1].month]
    step = 1 if len(begins) <= 6 else 2
    return [(place, MONTHS[monday.month - 1][:3]) for place, monday in begins[::step] if place < len(weeks) - 2]
