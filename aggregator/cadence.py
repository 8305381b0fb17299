"""When to poll next, and why: one pure function for each way a poll can end.

A Decision is a value with its reason in words, so that `status` and `explain` can print it. The publisher's
explicit wishes (Retry-After, Cache-Control, Expires, ttl, skipHours, skipDays) are lower bounds that nothing
shortens; our own pace comes on top. Jitter only adds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256

from aggregator.records import Hints

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LONGEST_WISH = timedelta(days=7)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Decision:
    """The next poll, the publisher's lower bound if there is one, and the reason in a few words."""

    at: datetime
    reason: str
    not_before: datetime | None = None


def after_success(
    now: datetime, every: timedelta, headers: Mapping[str, str], hints: Hints, *,
    newest: datetime | None, quiet_polls: int, working_validators: bool, seed: str,
) -> Decision:
    """After a 200 or a 304. `newest` is the source's newest entry, `quiet_polls` counts polls without news in a row."""
    gap, reason = _own_pace(now, every, newest, quiet_polls, working_validators)
    wish, words = longest_wish(headers, hints)
    if wish > gap:
        reason = words
    at = _allowed(now + max(gap, wish), hints)
    not_before = _allowed(now + wish, hints) if wish or hints.skip_hours or hints.skip_days else None
    return Decision(at + _jitter(max(gap, wish), seed), reason, not_before)


def after_failure(
    now: datetime, every: timedelta, failures: int, status: int | None, headers: Mapping[str, str], *, seed: str,
) -> Decision:
    """After a failure: doubling up to a day, never giving up; `failures` counts this one. 429 starts at twice the gap."""
    doublings = min(failures - 1 + (status == 429), 10)
    gap = min(max(every, timedelta(minutes=10)) * 2**doublings, DAY) if failures > 1 or status == 429 else every
    gap = min(max(gap, every), max(DAY, every))
    wait = retry_after(headers) if status and (status >= 300) else None
    reason = f"failed {failures} times in a row, waiting {in_words(gap)}" if failures > 1 else f"failed, again after {in_words(gap)}"
    if wait is not None and wait > timedelta(0):
        not_before = now + wait
        if wait > gap:
            return Decision(not_before + _jitter(wait, seed), f"it asks to wait {in_words(wait)} (Retry-After)", not_before)
        return Decision(now + gap + _jitter(gap, seed), reason, not_before)
    return Decision(now + gap + _jitter(gap, seed), reason)


def is_due(now: datetime, next_poll_at: datetime | None, not_before: datetime | None, slack: timedelta) -> bool:
    """Due at `now`, give or take `slack` of our own pace; an explicit wish has no slack."""
    if not_before is not None and now < not_before:
        return False
    return next_poll_at is None or now + slack >= next_poll_at


def one_shot_slack(every: timedelta) -> timedelta:
    """A one-shot poll takes what becomes due within a tenth of `every`, at most 5 minutes: an hourly cron polls hourly."""
    return min(every / 10, timedelta(minutes=5))


def longest_wish(headers: Mapping[str, str], hints: Hints) -> tuple[timedelta, str]:
    """The longest of the publisher's wishes, at most a day, with its words; zero and "" when there is none."""
    wishes = [
        (max_age(headers), "Cache-Control says"),
        (_expires(headers) if max_age(headers) is None else None, "Expires says"),
        (hints.ttl, "its ttl says"),
    ]
    wish, words = max(((w, t) for w, t in wishes if w is not None), default=(timedelta(0), ""), key=lambda pair: pair[0])
    if wish <= timedelta(0):
        return timedelta(0), ""
    if wish > DAY:
        return DAY, f"{words} {in_words(wish)}, a day is the most"
    return wish, f"{words} {in_words(wish)}"


def max_age(headers: Mapping[str, str]) -> timedelta | None:
    """Cache-Control max-age less Age (RFC 9111, section 4.2); None when absent, zero when it asks for freshness."""
    directives = [part.strip().lower() for part in headers.get("cache-control", "").split(",")]
    if "no-cache" in directives or "no-store" in directives:
        return timedelta(0)
    ages = [_seconds(part.partition("=")[2].strip('" ')) for part in directives if part.startswith("max-age=")]
    known = [age for age in ages if age is not None]
    if not known:
        return None
    return timedelta(seconds=max(max(known) - (_seconds(headers.get("age", "")) or 0), 0))


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Retry-After in seconds or as a date against the answer's own Date (RFC 9110, 10.2.3), at most 7 days."""
    text = headers.get("retry-after", "").strip()
    seconds = _seconds(text)
    if seconds is None:
        until, sent = _date(text), _date(headers.get("date", ""))
        if until is None or sent is None:
            return None
        seconds = max(int((until - sent).total_seconds()), 0)
    return min(timedelta(seconds=seconds), LONGEST_WISH)


def in_words(span: timedelta) -> str:
    """A span as a person says it: "2 h", "45 min", "1 day"."""
    seconds = int(span.total_seconds())
    for size, name in ((86400, "day"), (3600, "h"), (60, "min")):
        if seconds >= size and (seconds % size == 0 or seconds >= 3 * size):
            number = round(seconds / size)
            return f"{number} {name}{'s' if name == 'day' and number > 1 else ''}"
    return f"{seconds} s" if seconds < 60 else f"{round(seconds / 60)} min"


def _own_pace(
    now: datetime, every: timedelta, newest: datetime | None, quiet_polls: int, working_validators: bool,
) -> tuple[timedelta, str]:
    """Between `every` and a day: slower when the source itself is slow, or when each poll costs it a whole body."""
    if quiet_polls and not working_validators:
        gap = min(every * 2 ** min(quiet_polls, 10), max(DAY, every))
        return gap, f"unchanged, and without working validators: every {in_words(gap)}"
    quiet = now - newest if newest and quiet_polls >= 2 else timedelta(0)
    for days, hours in ((360, 24), (90, 12), (30, 3)):
        if quiet > timedelta(days=days) and every < hours * HOUR:
            return hours * HOUR, f"quiet for {quiet.days} days: every {in_words(hours * HOUR)}"
    return every, f"every {in_words(every)}"


def _allowed(at: datetime, hints: Hints) -> datetime:
    """The first moment from `at` on that skipHours and skipDays (RSS 2.0, GMT) leave open; all closed closes nothing."""
    hours, days = set(hints.skip_hours), set(hints.skip_days)
    if len(hours) >= 24 or len(days) >= 7:
        return at
    moment = at
    for _ in range(24 * 8):
        if moment.hour not in hours and _WEEKDAYS[moment.weekday()] not in days:
            return moment
        moment = moment.replace(minute=0, second=0, microsecond=0) + HOUR
    return at


def _jitter(gap: timedelta, seed: str) -> timedelta:
    """Up to a twentieth of the gap, at most 4 minutes, the same for the same seed: no herd at the full hour."""
    share = int.from_bytes(sha256(seed.encode()).digest()[:4], "big") / 2**32
    return timedelta(seconds=int(min(gap / 20, timedelta(minutes=4)).total_seconds() * share))


def _expires(headers: Mapping[str, str]) -> timedelta | None:
    until, sent = _date(headers.get("expires", "")), _date(headers.get("date", ""))
    return max(until - sent, timedelta(0)) if until and sent else None


def _seconds(text: str) -> int | None:
    text = text.strip()
    return min(int(text), 10**9) if text.isascii() and text.isdigit() and len(text) < 20 else None


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
