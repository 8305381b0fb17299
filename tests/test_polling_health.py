from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.polling.health import state_of, status_words, typical_gap
from aggregator.records import Source, SourceState, State

NOW = datetime(2026, 3, 14, 7, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SOURCE = Source("https://blog.example/feed")
FINE = SourceState(1, SOURCE.url, SOURCE.url, success_at=NOW - DAY)


def days_ago(*days: float) -> list[datetime]:
    return [NOW - day * DAY for day in days]


@pytest.mark.fault(44)
@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (401, {}, "it wants a password (401)"),
        (403, {}, "refused (403)"),
        (403, {"cf-mitigated": "challenge"}, "refused (403, anti-bot)"),
        (503, {"x-datadome": "1"}, "refused (503, anti-bot)"),
        (404, {"cf-mitigated": "challenge"}, "not found (404)"),
        (404, {}, "not found (404)"),
        (410, {}, "gone (410)"),
        (429, {}, "it asks us to slow down (429)"),
        (500, {}, "its server fails (500)"),
        (503, {}, "not available just now (503)"),
        (599, {}, "its server fails (599)"),
        (204, {}, "an unexpected answer (204)"),
        (418, {}, "an unexpected answer (418)"),
        (302, {"retry-after": "60"}, "redirects, and asks us to wait first (302)"),
        (300, {}, "an unexpected answer (300)"),
    ],
)
def test_a_status_in_words(status: int, headers: dict[str, str], words: str) -> None:
    assert status_words(status, headers) == words


@pytest.mark.parametrize(
    ("published", "days"),
    [((), None), ((1,), None), ((1, 2, 3), None), ((1, 2, 3, 4), 1), ((0, 1, 8, 15, 22), 7), ((0, 7, 14, 300), 7)],
)
def test_the_typical_gap_is_the_median(published: tuple[float, ...], days: float | None) -> None:
    assert typical_gap(days_ago(*published)) == (None if days is None else days * DAY)


def test_the_first_state_that_applies_is_told() -> None:
    """Everything is wrong at once, then one thing after the other is mended."""
    source, held, silent = replace(SOURCE, paused=True), True, True
    state = replace(FINE, gone=True, failures=2, moved_to="https://new.example/feed", moved_seen=1)

    def told() -> State:
        return state_of(source, state, held=held, silent=silent)

    assert told() == "paused"
    source = SOURCE
    assert told() == "gone"
    state = replace(state, gone=False)
    assert told() == "quarantined"
    held = False
    assert told() == "failing"
    state = replace(state, failures=0)
    assert told() == "moved"
    state = replace(state, moved_to=None, moved_seen=0)
    assert told() == "silent"
    silent = False
    assert told() == "ok"


def test_a_source_that_never_answered_is_new_even_if_it_looks_silent() -> None:
    new = SourceState(1, SOURCE.url, SOURCE.url)
    assert state_of(SOURCE, new, held=False, silent=True) == "new"
