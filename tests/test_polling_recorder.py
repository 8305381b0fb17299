"""What came is written at once, that nothing came a hundred at a time; nothing is lost and nothing is out of order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aggregator.polling.recorder import MOST, Recorder
from aggregator.records import Changes, HostRest, Outcome, PollResult
from tests.makers import HOUR, NOW, Desk, entry, source

URLS = [f"https://{n}.example.org/feed" for n in range(MOST + 1)]


def result(desk: Desk, url: str, outcome: Outcome = "not_modified", **fields: object) -> PollResult:
    state = replace(desk.store.sources.states()[url], polled_at=NOW)
    return PollResult(source(url), state, outcome, **fields)  # type: ignore[arg-type]


def written(desk: Desk) -> int:
    return sum(state.polled_at is not None for state in desk.store.sources.states().values())


def test_nothing_new_waits_for_others_and_not_for_long() -> None:
    desk = Desk(*URLS)
    results = [result(desk, url) for url in URLS]
    recorder = Recorder(desk.store, lambda: NOW)
    for one in results[: MOST - 1]:
        recorder.add(one)
    assert written(desk) in (0, MOST - 1)  # a machine that stands still for a second writes earlier
    recorder.add(results[MOST - 1])
    assert written(desk) == MOST
    recorder.add(results[MOST])
    recorder.flush()
    assert written(desk) == MOST + 1


@pytest.mark.parametrize(
    "fields",
    [
        {"outcome": "new", "changes": Changes(new=((entry("a"), "news"),))},
        {"outcome": "failed"},
        {"rests": (HostRest("0.example.org", NOW + HOUR, None),)},
        {"missed": True},
    ],
)
def test_what_changed_more_is_written_at_once_after_what_waited(fields: dict[str, object]) -> None:
    desk = Desk(*URLS[:2])
    waiting, other = result(desk, URLS[0]), result(desk, URLS[1], **fields)  # type: ignore[arg-type]
    recorder = Recorder(desk.store, lambda: NOW)
    recorder.add(waiting)
    recorder.add(other)
    assert written(desk) == 2
