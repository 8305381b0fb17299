"""Any date a feed ever carried -> an aware UTC instant, or None: a wrong instant is worse than none.

Read are RFC 822/2822 dates with the sloppiness of real feeds, W3CDTF and the other forms of ISO 8601, asctime,
numeric dates, month and day names of the common languages, zone names, am/pm and Unix times. A date without a
zone is taken as UTC, one without a time as midnight, one without a day as the first of its month.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from aggregator.datewords import EVENING, IGNORED, MONTHS, MORNING, ZONES, fold

_LONGEST: Final = 120
_MONTH_NAMES: Final = "jan feb mar apr may jun jul aug sep oct nov dec"

_NUMBERS: Final = {name.capitalize(): f"{MONTHS[name]:02}" for name in _MONTH_NAMES.split()}
_SEOUL: Final = timezone(timedelta(hours=9))
_USUAL = re.compile(
    r"(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) (?:([+-])(\d\d)(\d\d)|GMT|UTC|Z)$"
)
_ZONE = re.compile(r" (?:GMT|UTC|([+-](?:0[0-9]|1[0-4])[0-5][0-9])|([ECMP][SD]T))")
_COMMENT = re.compile(r"\([^()]*\)")
_TIME = re.compile(
    r"(?<![\d:.])(\d{1,2})[:h](\d{1,2})(?::(\d{1,2})(?:[.,]\d{1,9})?)?(?![\d:])"
    r"(?:\s*([ap])\.?\s?m\b\.?)?(?:\s*(?:gmt|utc)?\s*([+-])\s?(\d{1,2}):?(\d\d)?(?![\w:]))?"
)
_OFFSET = re.compile(r"(?:gmt|utc|\s)\s*([+-])(\d\d):?(\d\d)(?![\w:])")
_NUMERIC = re.compile(r"(?<![\d/.-])(\d{1,4})([/.-])(\d{1,2})\2(\d{1,4})(?!\d)")
_EAST_ASIAN = re.compile(r"(\d{2,4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]")
_PLACE = re.compile(r"\b[a-z]+(?:/[a-z_]+)+\b")
_WORD = re.compile(r"[^\W\d_]+|\d+|\S")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th|er|[oº°ª])(?![^\W_])")
_ISO_MONTH = re.compile(r"(\d{4})-(\d\d)$|-(\d\d)-?(\d\d)$")
_ISO_DAY_OF_YEAR = re.compile(r"(\d{4})-?(\d{3})$")
_DIGITS: Final = {4: "%Y", 6: "%y%m%d", 8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}


def parse_date(text: str) -> datetime | None:
    """The instant that `text` names, in UTC and whole seconds; None when it names none for certain.

    Sources: RFC 822 section 5, RFC 2822 sections 3.3 and 4.3, RFC 3339, ISO 8601, W3C note "Date and Time Formats".
    """
    text = text.strip()
    if not text or len(text) > _LONGEST:
        return None
    try:
        moment = _common(text) or _plain(text) or _sloppy(fold(text))
        if moment is None or (moment.tzinfo is UTC and not moment.microsecond):
            return moment
        moment = moment.astimezone(UTC)
        return moment.replace(microsecond=0) if moment.microsecond else moment
    except (ValueError, OverflowError):
        return None


def _common(text: str) -> datetime | None:
    """The two forms that nearly all feeds have, by their places: `Mon, 05 Jan 2026 10:00:00 GMT` and ISO 8601."""
    if text[3:5] == ", ":
        if text[6:7] == " ":
            text = f"{text[:5]}0{text[5:]}"
        end = 22 if text[22:23] == " " else 25  # some leave out the seconds
        number, zone = _NUMBERS.get(text[8:11]), _zone(text[end:])
        if not number or not zone:
            return None
        text = f"{text[12:16]}-{number}-{text[5:7]}T{text[17:end]}{zone}"
    elif text[10:11] != "T":
        return None
    return _iso(text)


@lru_cache(maxsize=256)
def _zone(text: str) -> str | None:
    """` GMT`, ` +HHMM` and the other names of RFC 822 as ISO 8601 writes them; None for anything else."""
    found = _ZONE.fullmatch(text)
    if found is None:
        return None
    return found[1] or (f"-{-ZONES[found[2].lower()] // 60:02}00" if found[2] else "Z")


def _plain(text: str) -> datetime | None:
    """The forms that need no guessing: RFC 822 as it should be, ISO 8601, digits only."""
    if usual := _USUAL.match(text):
        return _usual(usual)
    if text[10:11] in ("T", " ") and (moment := _iso(text)):
        return moment
    if day := _ISO_DAY_OF_YEAR.match(text):
        return datetime(int(day[1]), 1, 1, tzinfo=UTC) + timedelta(days=_in_year(int(day[2])) - 1)
    if text.isascii() and text.isdigit():
        return _digits(text)
    if month := _ISO_MONTH.match(text):
        year, number, short_year, short_number = month.groups()
        return datetime(int(year) if year else _full_year(short_year), int(number or short_number), 1, tzinfo=UTC)
    return _iso(text)


def _iso(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _usual(match: re.Match[str]) -> datetime | None:
    day, month, year, hour, minute, second, sign, hours, minutes = match.groups()
    number = MONTHS.get(month.lower())
    if not number:
        return None
    zone = _offset(sign, hours, minutes) if sign else UTC
    if hour < "24" and second < "60":
        return datetime(int(year), number, int(day), int(hour), int(minute), int(second), tzinfo=zone)
    return datetime(int(year), number, int(day), tzinfo=zone) + _clock(int(hour), int(minute), int(second))


def _digits(text: str) -> datetime | None:
    """`2003`, `20031231`, `20031231235959`, `031231`; ten digits are Unix seconds, thirteen milliseconds."""
    if len(text) in (10, 13):
        return datetime.fromtimestamp(int(text[:10]), UTC)
    form = _DIGITS.get(len(text))
    return datetime.strptime(text, form).replace(tzinfo=UTC) if form else None


@dataclass(slots=True)
class _Parts:
    """What has been recognised of one date so far."""

    clock: timedelta = timedelta()
    evening: bool | None = None
    zone: tzinfo | None = None
    ymd: tuple[int, int, int] | None = None
    months: list[int] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)


def _sloppy(text: str) -> datetime | None:
    """Everything else: the time, the numeric date and the place are cut out, the words that remain are read."""
    parts = _Parts()
    rest = _ORDINAL.sub("", _COMMENT.sub(" ", text))
    rest = _cut_date(_cut_time(re.sub(r"(?<=\d)t(?=\d)", " ", rest), parts), parts)
    if not _read_words(rest, parts):
        return None
    date = parts.ymd or _named_date(parts)
    if date is None or (parts.ymd and parts.numbers):
        return None
    if parts.evening is not None:
        parts.clock = _twelve_hours(parts.clock, parts.evening)
    return datetime(*date, tzinfo=parts.zone or UTC) + parts.clock


def _cut_time(text: str, parts: _Parts) -> str:
    match = _TIME.search(text)
    if match:
        hour, minute, second = (int(part or 0) for part in match.group(1, 2, 3))
        parts.clock = _clock(hour, minute, second)
        if match[4]:
            parts.evening = match[4] == "p"
        if match[5]:
            parts.zone = _offset(match[5], match[6], match[7])
        text = f"{text[: match.start()]} {text[match.end() :]}"
    if parts.zone is None and (match := _OFFSET.search(text)):
        parts.zone = _offset(match[1], match[2], match[3])
        text = f"{text[: match.start()]} {text[match.end() :]}"
    return text


def _cut_date(text: str, parts: _Parts) -> str:
    if place := _PLACE.search(text):
        parts.zone = _place(place[0])
        text = text.replace(place[0], " ")
    if match := _EAST_ASIAN.search(text):
        parts.ymd = (_full_year(match[1]), int(match[2]), int(match[3]))
        # Only Korea writes these letters, and never with a zone.
        parts.zone = parts.zone or (_SEOUL if "년" in match[0] else None)
    elif match := _NUMERIC.search(text):
        parts.ymd = _numeric_date(match[1], match[2], match[3], match[4])
    return f"{text[: match.start()]} {text[match.end() :]}" if match else text


def _read_words(text: str, parts: _Parts) -> bool:
    """Sort the words that are left; False as soon as one is unknown, save a first one: some language's weekday."""
    for position, word in enumerate(_WORD.findall(text)):
        if word.isdecimal():
            parts.numbers.append(word)
        elif word in MONTHS:
            parts.months.append(MONTHS[word])
        elif word in ZONES:
            parts.zone = parts.zone or timezone(timedelta(minutes=ZONES[word]))
        elif word in MORNING or word in EVENING:
            parts.evening = word in EVENING
            parts.zone = parts.zone or (_SEOUL if word in "오전 오후" else None)
        elif word not in IGNORED and not (position == 0 and word.isalpha()):
            return False
    return True


def _named_date(parts: _Parts) -> tuple[int, int, int] | None:
    """Day, month name and year in any order; of two month names the first was a weekday (`mar., 01 déc. 2020`)."""
    if not 1 <= len(parts.months) <= 2 or not 1 <= len(parts.numbers) <= 2:
        return None
    years = [number for number in parts.numbers if len(number) == 4]
    if len(years) > 1 or (len(parts.numbers) == 1 and not years):
        return None
    year = years[0] if years else parts.numbers[1]
    days = parts.numbers.copy()
    days.remove(year)
    if not years and int(days[0]) > 31:
        year, days = days[0], [year]
    if len(year) not in (2, 4) or any(len(day) > 2 for day in days):
        return None
    return _full_year(year), parts.months[-1], int(days[0]) if days else 1


def _numeric_date(first: str, mark: str, middle: str, last: str) -> tuple[int, int, int] | None:
    """`2006/09/15`, `30.10.23`, `09/15/2014`: of two possible readings the one customary with the mark.

    With slashes that is the American one (month first), with dots and dashes day first.
    """
    if len(first) == 4 or (mark == "-" and len(last) <= 2 and len(first) == 2):
        return _full_year(first), int(middle), int(last)
    if len(last) not in (2, 4) or len(first) > 2:
        return None
    month_first = (mark == "/" and int(first) <= 12) or int(middle) > 12
    day, month = (middle, first) if month_first else (first, middle)
    return _full_year(last), int(month), int(day)


def _full_year(year: str) -> int:
    number = int(year)
    if len(year) > 2:
        return number
    return number + (2000 if number < 70 else 1900)


def _clock(hour: int, minute: int, second: int) -> timedelta:
    """Since midnight; 24:00 is the next one and a leap second the next minute (ISO 8601)."""
    if minute > 59 or second > 60 or hour > 24 or (hour == 24 and (minute or second)):
        raise ValueError
    return timedelta(hours=hour, minutes=minute, seconds=second)


def _in_year(day: int) -> int:
    if not 1 <= day <= 366:
        raise ValueError
    return day


def _twelve_hours(clock: timedelta, evening: bool) -> timedelta:
    half = timedelta(hours=12)
    if half <= clock < half + timedelta(hours=1) and not evening:
        return clock - half
    return clock + half if evening and clock < half else clock


@lru_cache(maxsize=256)
def _offset(sign: str, hours: str, minutes: str | None) -> timezone:
    east = timedelta(hours=int(hours), minutes=int(minutes or 0))
    if east > timedelta(hours=15) or int(minutes or 0) > 59:
        raise ValueError
    return timezone(-east if sign == "-" else east) if east else UTC


def _place(name: str) -> tzinfo:
    """An IANA zone written out (`Europe/Brussels`); ValueError when there is none of that name."""
    key = "/".join("_".join(word.capitalize() for word in part.split("_")) for part in name.split("/"))
    try:
        return ZoneInfo(key)
    except (LookupError, OSError) as error:
        raise ValueError(name) from error
