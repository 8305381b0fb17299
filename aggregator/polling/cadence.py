"""When to poll next, and why: one pure function for each way a poll can end.

A Decision is a value with its reason in words, so that `status` and `explain` can print it. The publisher's
explicit wishes (Retry-After, Cache-Control, Expires, ttl, skipHours, skipDays) are lower bounds that nothing
shortens; our own pace comes on top. Jitter only adds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from aggregator.polling import rhythm
from aggregator.records import Hints

NO_TIME = timedelta(0)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LONGEST_WISH = timedelta(days=7)
SLOW_PACE = timedelta(seconds=66)  # a little over a minute: what such limits are counted in
TOO_MANY = 429
ASKED_A_GAP = 24  # polls from one entry to the next at its usual rhythm: found within a 24th of it
_NO_HINTS = Hints()
_QUIET = ((360, 24), (90, 12), (30, 3))  # days without an entry, hours between polls
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Decision:
    """The next poll, the publisher's lower bound if there is one, and the reason in a few words."""

    at: datetime
    reason: str
    not_before: datetime | None = None


def after_success(
    now: datetime,
    every: timedelta,
    headers: Mapping[str, str],
    hints: Hints,
    *,
    newest: datetime | None,
    wasted: int,
    seed: str,
    usual: float | None = None,
    scattered: bool = False,
) -> Decision:
    """After a 200 or a 304. `newest` is the source's newest entry, None when this poll brought news.

    `wasted` counts the polls in a row that cost the publisher a whole body for nothing. `usual` is the source's own
    rhythm, the days from one day with entries to the next, None where it is not known. `scattered` adds up to
    `every` once more: for sources that were all polled in the same minute, at a first start or after a long sleep.
    """
    gap, reason = _own_pace(now, every, newest, usual, wasted)
    wish, words = longest_wish(headers, hints)
    if wish > gap:
        reason = words
    not_before = _allowed(now + wish, hints) if wish or hints.skip_hours or hints.skip_days else None
    if scattered:
        gap += every * share_of(f"scattered {seed}")
    return _decided(now, max(gap, wish), reason, not_before, hints, seed)


def after_failure(
    now: datetime,
    every: timedelta,
    failures: int,
    status: int | None,
    headers: Mapping[str, str],
    *,
    seed: str,
    last_gap: timedelta = NO_TIME,
    hints: Hints = _NO_HINTS,
) -> Decision:
    """After a failure: doubling up to a day, never giving up; `failures` counts this one.

    429 waits at least twice `last_gap`, the time that was planned between the last two polls. The hours and days
    that `hints` close are closed to a second try, too.
    """
    gap = _backed_off(every, failures, max(every, last_gap) if status == TOO_MANY else NO_TIME)
    again = f"failed {failures} times in a row, waiting" if failures > 1 else "failed, again after"
    reason = f"{again} {in_words(gap)}"
    wait = (retry_after(headers, now) if status and status >= 300 else None) or NO_TIME
    if wait > gap:
        gap, reason = wait, f"it asks to wait {in_words(wait)} (Retry-After)"
    return _decided(now, gap, reason, now + wait if wait else None, hints, seed)


def beside_hub(now: datetime, hub: str, not_before: datetime | None, hints: Hints, *, seed: str) -> Decision:
    """After a poll of a source whose news a hub (its host) brings: once a day, to find what that did not bring."""
    return _decided(now, DAY, f"{hub} brings its news: every {in_words(DAY)}", not_before, hints, seed)


def after_gap(now: datetime, gap: timedelta, not_before: datetime | None, hints: Hints, *, seed: str) -> Decision:
    """After a poll of a source whose feed turned over between two polls: soon enough for the next to meet it.

    One that holds a single entry turns over with each.
    """
    told = "its feed holds a single entry" if hints.alone else "its feed has turned over between two polls"
    reason = f"{told}: every {in_words(gap)}"
    return _decided(now, gap, reason, not_before, hints, seed)


def is_open(moment: datetime, hints: Hints) -> bool:
    """Whether skipHours and skipDays (GMT) leave a moment open; all closed counts as open."""
    return _allowed(moment, hints) == moment


def is_due(now: datetime, next_poll_at: datetime | None, not_before: datetime | None, slack: timedelta) -> bool:
    """Due at `now`, give or take `slack` of our own pace; an explicit wish has no slack."""
    if not_before is not None and now < not_before:
        return False
    return next_poll_at is None or now + slack >= next_poll_at


def slower_pace(pace: timedelta) -> timedelta:
    """The pace of a public host after a 429: a little over a minute, then twice as slow each time, an hour at most."""
    return min(max(2 * pace, SLOW_PACE), HOUR)


def easier_pace(pace: timedelta) -> timedelta:
    """The pace after a week without a 429: twice as fast; below a minute it is forgotten."""
    return pace / 2 if pace >= 2 * SLOW_PACE else NO_TIME


def one_shot_slack(every: timedelta) -> timedelta:
    """A one-shot poll takes what is due within a tenth of `every`, at most 5 minutes: an hourly cron polls hourly."""
    return min(every / 10, timedelta(minutes=5))


def longest_wish(headers: Mapping[str, str], hints: Hints) -> tuple[timedelta, str]:
    """The longest of the publisher's wishes, at most a day, with its words; zero and "" when there is none."""
    age = max_age(headers)
    wishes = [
        (age, "Cache-Control says"),
        (_expires(headers) if age is None else None, "Expires says"),
        (hints.ttl, "its ttl says"),
    ]
    wish, words = max(((w, t) for w, t in wishes if w is not None), default=(NO_TIME, ""), key=lambda pair: pair[0])
    if wish <= NO_TIME:
        return NO_TIME, ""
    if wish > DAY:
        return DAY, f"{words} {in_words(wish)}, a day is the most"
    return wish, f"{words} {in_words(wish)}"


def max_age(headers: Mapping[str, str]) -> timedelta | None:
    """Cache-Control max-age less Age (RFC 9111, section 4.2); None when absent, zero when it asks for freshness."""
    if "cache-control" not in headers:
        return None
    directives = [part.strip().lower() for part in headers["cache-control"].split(",")]
    if "no-cache" in directives or "no-store" in directives:
        return NO_TIME
    ages = [_seconds(part.partition("=")[2].strip('" ')) for part in directives if part.startswith("max-age=")]
    known = [age for age in ages if age is not None]
    if not known:
        return None
    return timedelta(seconds=max(max(known) - (_seconds(headers.get("age", "")) or 0), 0))


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Retry-After in seconds or as a date against the answer's own Date (RFC 9110, 10.2.3), at most 7 days.

    `now` stands in for a Date that is missing. None when there is no such wish, or none that can be read.
    """
    text = headers.get("retry-after", "").strip()
    seconds = _seconds(text)
    if seconds is None:
        until = _date(text)
        if until is None:
            return None
        seconds = max(int((until - (_date(headers.get("date", "")) or now)).total_seconds()), 0)
    return min(timedelta(seconds=seconds), LONGEST_WISH)


def in_words(span: timedelta) -> str:
    """A span as a person says it: "2 h", "45 min", "1 day"."""
    seconds = int(span.total_seconds())
    for size, name in ((86400, "day"), (3600, "h"), (60, "min")):
        if seconds >= size and (seconds % size == 0 or seconds >= 3 * size):
            number = round(seconds / size)
            return f"{number} {name}{'s' if name == 'day' and number > 1 else ''}"
    return f"{seconds} s" if seconds < 60 else f"{round(seconds / 60)} min"


def _decided(
    now: datetime,
    gap: timedelta,
    reason: str,
    not_before: datetime | None,
    hints: Hints,
    seed: str,
) -> Decision:
    """After `gap` and its jitter, at the first moment that the publisher leaves open."""
    planned = now + gap + _jitter(gap, seed)
    at = _allowed(planned, hints)
    return Decision(at, reason if at == planned else f"{reason}, then when its skipHours and skipDays end", not_before)


def _own_pace(
    now: datetime, every: timedelta, newest: datetime | None, usual: float | None, wasted: int
) -> tuple[timedelta, str]:
    """Between `every` and a day: as slow as the source itself is, or slower when each poll costs it a whole body."""
    quiet = now - newest if newest else NO_TIME
    slow = next((hours * HOUR for days, hours in _QUIET if quiet > timedelta(days=days)), NO_TIME)
    own = min(timedelta(hours=round(usual * 24 / ASKED_A_GAP)), DAY) if usual else NO_TIME
    doubled = every * 2 ** min(wasted, 10) if wasted else NO_TIME
    costly = doubled if doubled <= 8 * HOUR else DAY
    longest = max(every, slow, own, costly)
    if longest == every:  # of equal ones the first
        reason = ""
    elif longest == slow:
        reason = f"quiet for {quiet.days} days: "
    elif longest == own:
        reason = f"it writes {rhythm.in_words(usual or 0)}: "
    else:
        reason = "unchanged, and without working validators: "
    return longest, f"{reason}every {in_words(longest)}"


def _backed_off(every: timedelta, failures: int, last_gap: timedelta) -> timedelta:
    """`every`, doubled with each failure after the first, or twice the last gap; a day is the most it becomes."""
    doubled = max(every, timedelta(minutes=10)) * 2 ** min(failures - 1, 10) if failures > 1 else every
    return max(every, min(max(doubled, 2 * last_gap), DAY))


def _allowed(at: datetime, hints: Hints) -> datetime:
    """The first moment from `at` on that skipHours and skipDays (RSS 2.0, GMT) leave open; all closed: `at`."""
    hours, days = set(hints.skip_hours), set(hints.skip_days)
    if len(hours) >= 24 or len(days) >= 7:
        return at
    moment = at
    for _ in range(24 * 8):
        if moment.hour not in hours and _WEEKDAYS[moment.weekday()] not in days:
            return moment
        moment = moment.replace(minute=0, second=0, microsecond=0) + HOUR
    return at


def share_of(seed: str) -> float:
    """A number from 0 to 1 that is the same for the same seed, and spread evenly over seeds."""
    return int.from_bytes(sha256(seed.encode()).digest()[:4], "big") / 2**32


def _jitter(gap: timedelta, seed: str) -> timedelta:
    """Up to a twentieth of the gap, at most 4 minutes: no herd at the full hour."""
    return timedelta(seconds=int(min(gap / 20, timedelta(minutes=4)).total_seconds() * share_of(seed)))


def _expires(headers: Mapping[str, str]) -> timedelta | None:
    if "expires" not in headers:
        return None
    until, sent = _date(headers["expires"]), _date(headers.get("date", ""))
    return max(until - sent, NO_TIME) if until and sent else None


def _seconds(text: str) -> int | None:
    text = text.strip()
    return min(int(text[:20]), 10**9) if text.isascii() and text.isdigit() else None


def _date(text: str) -> datetime | None:
    if not text:
        return None
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 (20 ms, for who reads such answers only)

    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
