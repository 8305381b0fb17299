"""Reads a document in a worker while every file it opens, name it looks up and program it starts is noted."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import Any

from aggregator.parse.document import parse_and_normalize
from aggregator.records import Entry, ParsedFeed

FORBIDDEN = (
    "open",
    "socket.",
    "subprocess.",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "urllib.",
    "ftplib.",
)
_NOTED: list[str] = []


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event.startswith(FORBIDDEN) and not str(arguments[0]).startswith("/proc/self/"):
        _NOTED.append(f"{event} {arguments[0]!r}")


def read(body: bytes, content_type: str | None, now: datetime) -> tuple[ParsedFeed, tuple[Entry, ...]]:
    """As the program reads it; AssertionError when it reached for anything but the bytes."""
    if not getattr(sys, "is_watched", False):
        sys.is_watched = True  # type: ignore[attr-defined]
        sys.addaudithook(_note)
    _NOTED.clear()
    try:
        return parse_and_normalize(body, "https://hostile.example/feed", content_type, now)
    finally:
        ours = ("zoneinfo/", "tzdata/")  # zones are looked up by name, among those of the system only
        late = (".pyc'", ".py'", ".so'")  # modules
        touched = [one for one in _NOTED if not one.endswith(late) and not any(part in one for part in ours)]
        if touched:
            raise AssertionError(f"touched: {touched[:3]}")
