"""A source's state in words: what is wrong, since when, and whether its silence is unusual for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from aggregator.polling.rhythm import median
from aggregator.records import Source, SourceState, State

_REFUSALS = {
    401: "it wants a password (401)",
    402: "it wants payment (402)",
    403: "refused (403)",
    404: "not found (404)",
    406: "it has no feed for us (406)",
    407: "the proxy wants a password (407)",
    410: "gone (410)",
    429: "it asks us to slow down (429)",
    451: "withheld for legal reasons (451)",
    503: "not available just now (503)",
}
_CHALLENGES = ("cf-mitigated", "x-sucuri-block", "x-datadome")


def status_words(status: int, headers: Mapping[str, str]) -> str:
    """An HTTP status as a person would say it; anti-bot walls are named as such."""
    if status in (403, 429, 503) and any(name in headers for name in _CHALLENGES):
        return f"refused ({status}, anti-bot)"
    if 300 <= status < 400 and "retry-after" in headers:
        return f"redirects, and asks us to wait first ({status})"
    if status in _REFUSALS:
        return _REFUSALS[status]
    if status >= 500:
        return f"its server fails ({status})"
    return f"an unexpected answer ({status})"


def typical_gap(published: Sequence[datetime]) -> timedelta | None:
    """The median gap between a source's newest entries (newest first); None for fewer than three gaps."""
    gaps = [later - earlier for later, earlier in pairwise(published)]
    return median(gaps) if len(gaps) >= 3 else None


def state_of(source: Source, state: SourceState, *, held: bool, silent: bool) -> State:
    """The first that applies of paused, gone, quarantined, failing, moved, silent, new, ok."""
    tests: tuple[tuple[State, bool], ...] = (
        ("paused", source.paused),
        ("gone", state.gone),
        ("quarantined", held),
        ("failing", state.failures > 0),
        ("moved", state.moved_seen > 0),
        ("silent", not state.is_new and silent),
        ("new", state.is_new),
    )
    return next((name for name, applies in tests if applies), "ok")


NETWORK_KINDS = frozenset({"dns", "connect", "tls"})
