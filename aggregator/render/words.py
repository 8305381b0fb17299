"""Dates, spans and counts in plain English words, the same on every machine (no locale is asked)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from aggregator.records import Digest

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
MINUTE, HOUR, DAY = 60, 3600, 86400
_LONGEST = 2000
# C0 and C1 controls, surrogates, and the marks that reorder a whole line (embeddings, overrides, isolates).
CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufeff]")


def long_date(day: date) -> str:
    """`Saturday, 14 March 2026`."""
    return f"{WEEKDAYS[day.weekday()]}, {day.day} {MONTHS[day.month - 1]} {day.year}"


def short_date(day: date) -> str:
    """`Saturday 14 March`."""
    return f"{WEEKDAYS[day.weekday()]} {day_and_month(day)}"


def day_and_month(day: date) -> str:
    """`14 March`."""
    return f"{day.day} {MONTHS[day.month - 1]}"


def month(day: date) -> str:
    """`March 2026`."""
    return f"{MONTHS[day.month - 1]} {day.year}"


def clock(when: datetime, zone: ZoneInfo) -> str:
    """`07:00`, the time on the wall in `zone`."""
    local = when.astimezone(zone)
    return f"{local.hour:02d}:{local.minute:02d}"


def moment(when: datetime, zone: ZoneInfo, year: int | None = None) -> str:
    """`Saturday 14 March 07:00` in `zone`; the year is said where it is not `year`."""
    local = when.astimezone(zone)
    other_year = "" if year in (None, local.year) else f" {local.year}"
    return f"{short_date(local)}{other_year} {clock(when, zone)}"


def utc(when: datetime | None) -> str | None:
    """`2026-03-14T06:00:00Z`, as files and commands give instants; None stays None."""
    return None if when is None else f"{when.astimezone(UTC).isoformat(timespec='seconds')[:19]}Z"


def count(number: int, one: str, many: str) -> str:
    """`1 entry`, `2 entries`, `1,204 entries`."""
    return f"{number:,} {one if number == 1 else many}"


def minutes(seconds: int) -> str:
    """A reading time: `7 minutes`, never less than `1 minute`."""
    return count(max(1, round(seconds / MINUTE)), "minute", "minutes")


def span(seconds: float) -> str:
    """A stretch of time in its one natural unit: `40 seconds`, `23 minutes`, `5 hours`, `12 days`, `3 months`."""
    units = ((90, 1, "second"), (90 * MINUTE, MINUTE, "minute"), (36 * HOUR, HOUR, "hour"), (60 * DAY, DAY, "day"))
    for below, size, name in units:
        if seconds < below:
            return count(round(seconds / size), name, name + "s")
    return count(round(seconds / (30 * DAY)), "month", "months")


def relative(when: datetime, now: datetime) -> str:
    """`23 minutes ago`, `in 2 hours`, `now` within half a minute."""
    seconds = (when - now).total_seconds()
    if abs(seconds) < 30:
        return "now"
    return f"in {span(seconds)}" if seconds > 0 else f"{span(-seconds)} ago"


def listed(names: tuple[str, ...]) -> str:
    """`A`, `A and B`, `A, B and C`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def covers(digest: Digest) -> str:
    """What a digest covers, in one sentence in its own zone."""
    zone, year = ZoneInfo(digest.timezone), digest.date.year
    to = moment(digest.covers_to, zone, year)
    if digest.covers_from is None:
        return f"First issue: the last seven days, up to {to} ({digest.timezone})"
    days = (digest.covers_to.astimezone(zone).date() - digest.covers_from.astimezone(zone).date()).days
    several = f"{days} days, from " if days > 1 else ""
    return f"Covers {several}{moment(digest.covers_from, zone, year)} to {to} ({digest.timezone})"


def one_line(strange: str) -> str:
    """A stranger's text on one line: no control characters, single spaces, at most 2,000 characters."""
    line = " ".join(CONTROL.sub("", strange[: 4 * _LONGEST]).split())
    return line if len(line) <= _LONGEST else line[:_LONGEST] + "…"
