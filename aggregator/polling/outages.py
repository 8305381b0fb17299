"""When this machine had no network: what passes found, kept in the store as text, so that a digest can say so.

An outage begins with the pass that found every host out of reach and ends with the first pass that reached one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

KEPT = timedelta(days=60)
MOST = 500
"""Outages that are remembered; a line that comes and goes all day must not fill the store."""


def after(known: Callable[[str], str | None], *, offline: bool, now: datetime) -> Mapping[str, str]:
    """What is to be remembered after a pass, by name: `offline_since`, and `outages` if one ended with it.

    `known` gives what these names stood for before; empty or None for nothing.
    """
    since = known("offline_since")
    if offline:
        return {"offline_since": since or _text(now)}
    if not since:
        return {"offline_since": ""}
    young = [(began, ended) for began, ended in _read(known("outages")) if ended > now - KEPT]
    those = [*young, (datetime.fromisoformat(since), now)][-MOST:]
    return {"offline_since": "", "outages": json.dumps([[_text(began), _text(ended)] for began, ended in those])}


def lasts(known: Callable[[str], str | None]) -> bool:
    """Whether the last pass found that our own network is away; `known` as in `after`."""
    return known("offline_since") not in (None, "")


def offline_between(start: datetime, end: datetime, *, since: str | None, kept: str | None) -> timedelta:
    """How long this machine was known to be offline from `start` to `end`; what overlaps (a clock that was set back)
    counts once."""
    going_on = [(datetime.fromisoformat(since), end)] if since else []
    total, reached = timedelta(0), start
    for began, ended in sorted([*_read(kept), *going_on]):
        total += max(min(ended, end) - max(began, reached), timedelta(0))
        reached = max(reached, ended)
    return total


def outages(*, since: str | None, kept: str | None) -> tuple[tuple[datetime, datetime | None], ...]:
    """From when to when this machine was offline, oldest first; one that lasts has no end."""
    return (*sorted(_read(kept)), *([(datetime.fromisoformat(since), None)] if since else []))


def _read(kept: str | None) -> list[tuple[datetime, datetime]]:
    return [(datetime.fromisoformat(began), datetime.fromisoformat(ended)) for began, ended in json.loads(kept or "[]")]


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
