"""A large JSON Feed -> the object with its newest entries only, read value by value.

All the values of 32 MiB of JSON take more memory than a worker has. Each entry is decoded, compared by date with those
that were kept, and freed if it is none of the newest.
"""

from __future__ import annotations

import heapq
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from aggregator.dates import parse_date

_DECODER: Final = json.JSONDecoder(strict=False)
_LISTS: Final = frozenset({"items", "entries"})
_SPACE = re.compile(r"[ \t\r\n]*")


def read(text: str, most: int) -> tuple[dict[str, Any], int]:
    """The object with the newest `most` of its entries in their order, and how many were left out.

    Without dates the first are kept. ValueError for broken JSON and for what is no object, RecursionError for what is
    nested too deeply.
    """
    feed: dict[str, Any] = {}
    left_out = 0
    place = _after(text, 0, "{")
    while text[place : place + 1] != "}":
        key, place = _DECODER.raw_decode(text, place)
        place = _after(text, place, ":")
        if key in _LISTS and text[place : place + 1] == "[":
            newest = _Newest(most)
            place = _each(text, place, newest.take)
            feed[key], left_out = newest.in_order(), newest.left_out
        else:
            feed[str(key)], place = _DECODER.raw_decode(text, place)
        place = _next(text, place, "}")
    if _skipped(text, place + 1) != len(text):
        raise ValueError(f"more text after the end: character {place + 1}")
    return feed, left_out


def _each(text: str, place: int, take: Callable[[object], None]) -> int:
    """Take the values of the list that begins at a place, one by one; the place behind its end."""
    place = _after(text, place, "[")
    while text[place : place + 1] != "]":
        value, place = _DECODER.raw_decode(text, place)
        take(value)
        place = _next(text, place, "]")
    return place + 1


def _skipped(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _after(text: str, place: int, mark: str) -> int:
    """The place of what comes after a mark and the white space around it."""
    place = _skipped(text, place)
    if not text.startswith(mark, place):
        raise ValueError(f"no {mark!r} at character {place}")
    return _skipped(text, place + 1)


def _next(text: str, place: int, end: str) -> int:
    """The place of the next value of an object or a list, or of its end."""
    place = _skipped(text, place)
    if text.startswith(end, place):
        return place
    place = _after(text, place, ",")
    if text.startswith(end, place):
        raise ValueError(f"nothing after the comma before character {place}")
    return place


class _Newest:
    """The newest entries so far; without dates the first, for feeds begin with the newest."""

    __slots__ = ("_kept", "_most", "_seen", "left_out")

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: list[tuple[float, int, Mapping[str, Any]]] = []  # a heap: the one to go next stands first
        self._seen = 0
        self.left_out = 0

    def take(self, entry: object) -> None:
        """Look at the next one; what is no object is no entry."""
        if not isinstance(entry, dict):
            return
        self._seen += 1
        ranked = (_date_rank(entry), -self._seen, entry)
        if len(self._kept) < self._most:
            heapq.heappush(self._kept, ranked)
        else:
            heapq.heappushpop(self._kept, ranked)
            self.left_out += 1

    def in_order(self) -> list[Mapping[str, Any]]:
        """Those that are kept, in the order of the document."""
        return [entry for _, _, entry in sorted(self._kept, key=lambda ranked: -ranked[1])]


def _date_rank(entry: Mapping[str, Any]) -> float:
    """Seconds since 1970; 0 without a date."""
    for key in ("date_published", "date_modified"):
        said = entry.get(key)
        if isinstance(said, str) and (date := parse_date(said)):
            return max(date.timestamp(), 0.0)
    return 0.0
