"""Durations as people write them in feeds.yaml and in filters: `90s`, `15m`, `1h`, `1d`, `2w`."""

from __future__ import annotations

import re
from datetime import timedelta

_DURATION = re.compile(r"([0-9]{1,7}) ?([smhdw])", re.ASCII)
_SPELT = re.compile(r"([0-9]{1,7}) ?(sec(?:ond)?s?|min(?:ute)?s?|h(?:ou)?rs?|days?|weeks?)", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_LONGEST = timedelta(days=36500)


def parse_duration(text: str) -> timedelta:
    """The duration that `text` names: a whole number and one of `s m h d w`, case ignored.

    Raises ValueError with a sentence for the person who wrote it. A bare number has no meaning here: whether `5`
    is seconds or days is not for a program to guess.
    """
    written = text.strip()
    found = _DURATION.fullmatch(written.lower())
    if not found:
        raise ValueError(_what_was_meant(written))
    length = timedelta(seconds=int(found[1]) * _SECONDS[found[2]])
    if not timedelta(0) < length <= _LONGEST:
        raise ValueError(f"`{written}` is out of range: a duration is longer than nothing and at most a hundred years")
    return length


def _what_was_meant(written: str) -> str:
    if re.fullmatch(r"[0-9]{1,9}", written, re.ASCII):
        return f"`{written}` has no unit; write {written}m for minutes, {written}h for hours or {written}d for days"
    if spelt := _SPELT.fullmatch(written.lower()):
        return f"`{written[:40]}` is not a duration; did you mean `{spelt[1]}{spelt[2][0]}`?"
    return f"`{written[:40]}` is not a duration; write a whole number and a unit: 90s, 15m, 1h, 1d or 2w"
