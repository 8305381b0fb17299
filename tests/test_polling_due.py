"""Which sources are asked now: from plain values."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from aggregator.polling.due import PORTION, Hosts, due, due_before_digest, hosts_of, planned, twin
from aggregator.records import Source, SourceState
from tests.makers import DAY, HOUR, NOW

A, B, C = (f"https://{name}.example/feed" for name in "abc")
SECOND = timedelta(seconds=1)
POLLED = NOW - 2 * HOUR


def state(url: str = A, **fields: Any) -> SourceState:
    known = {"polled_at": POLLED, "success_at": POLLED, "next_poll_at": NOW, "reason": "every 1 h"}
    return SourceState(1, url, url, **(known | fields))


def asked(*pairs: tuple[Source, SourceState], hosts: Hosts = Hosts(), now: datetime = NOW, **how: Any) -> list[str]:
    states = {source.url: state for source, state in pairs}
    return [source.url for source, _ in due([source for source, _ in pairs], states, hosts, now, **how)]


@pytest.mark.parametrize(
    ("fields", "source", "how", "is_asked"),
    [
        ({}, {}, {}, True),
        ({"next_poll_at": None, "polled_at": None}, {}, {}, True),
        ({"next_poll_at": NOW + SECOND}, {}, {}, False),
        ({"next_poll_at": NOW + 5 * timedelta(minutes=1)}, {}, {"one_shot": True}, True),
        ({"next_poll_at": NOW + 6 * timedelta(minutes=1)}, {}, {"one_shot": True}, False),
        ({"next_poll_at": NOW + SECOND, "not_before": NOW + SECOND}, {}, {"one_shot": True}, False),
        ({"next_poll_at": NOW + DAY}, {}, {"force": True}, True),
        ({"next_poll_at": NOW + DAY, "not_before": NOW + DAY}, {}, {"force": True}, True),
        ({"next_poll_at": NOW + DAY, "not_before": NOW + DAY, "failures": 1}, {}, {"force": True}, False),
        ({}, {"paused": True}, {}, False),
        ({}, {"paused": True}, {"force": True}, False),
        ({}, {"paused": True}, {"named": frozenset({A})}, True),
        ({"gone": True}, {}, {"force": True}, False),
        ({"gone": True}, {}, {"named": frozenset({A})}, True),
        ({}, {}, {"named": frozenset({B})}, False),
    ],
)
def test_a_source_is_due(fields: dict[str, Any], source: dict[str, Any], how: dict[str, Any], is_asked: bool) -> None:
    assert asked((replace(Source(A), **source), state(**fields)), **how) == [A] * is_asked


def test_a_resting_host_is_left_alone_under_whichever_name_a_source_meets_it() -> None:
    rests = Hosts({"b.example": NOW + SECOND})
    behind = state(A, answered_by=B)  # a redirect leads there each time
    moved = state(A, moved_to=B, moved_seen=3, moved_since=NOW - 9 * DAY)
    for one in (behind, moved, state(B)):
        assert asked((Source(one.url), one), hosts=rests) == []
        assert asked((Source(one.url), one), hosts=rests, force=True) == []
        assert asked((Source(one.url), one), hosts=rests, now=NOW + SECOND) == [one.url]
    assert hosts_of(Source(A), behind) == {"a.example", "b.example"}


def feeds(number: int, host: str = "busy.example") -> list[tuple[Source, SourceState]]:
    urls = [f"https://{host}/{n}" for n in range(number)]
    return [(Source(url), state(url, next_poll_at=NOW - n * SECOND)) for n, url in enumerate(urls)]


def test_a_pass_takes_a_portion_of_a_host_those_that_wait_longest() -> None:
    many, calm = feeds(PORTION + 5), (Source(A), state())
    assert asked(*many, calm) == [source.url for source, _ in many[5:]] + [A]
    assert len(asked(*many, one_shot=True)) == PORTION + 5


@pytest.mark.parametrize("how", [{}, {"one_shot": True}, {"force": True}])
def test_a_host_with_a_pace_is_asked_one_source_at_a_time(how: dict[str, Any]) -> None:
    hosts = Hosts(paces={"busy.example": timedelta(seconds=66)})
    assert asked(*feeds(9), (Source(A), state()), hosts=hosts, **how) == ["https://busy.example/8", A]


def test_of_two_lines_that_lead_to_one_address_one_is_asked() -> None:
    moved = state(A, moved_to=B, moved_seen=3, moved_since=NOW - 9 * DAY)
    states = {A: moved, B: state(B)}
    assert asked((Source(A), moved), (Source(B), states[B])) == [B]
    assert twin(Source(A), moved, states) == B
    assert twin(Source(B), states[B], states) is None
    assert twin(Source(A), replace(moved, moved_seen=2), states) is None  # not certain yet
    assert twin(Source(A), moved, {A: moved}) is None


# --- before a digest ---------------------------------------------------------------------------------------------

AT = NOW + 40 * timedelta(minutes=1)


def before(fields: dict[str, Any], now: datetime = NOW, *, source: Source = Source(A), one_shot: bool = True) -> bool:
    resting = state(**({"next_poll_at": NOW + 9 * HOUR} | fields))
    return bool(due_before_digest([source], {A: resting}, Hosts(), now, AT, one_shot=one_shot))


@pytest.mark.parametrize(
    ("fields", "source", "now", "is_asked"),
    [
        ({}, {}, NOW, True),
        ({}, {}, AT - HOUR - SECOND, False),  # too early
        ({}, {}, AT + 9 * HOUR, True),  # the digest waited for the machine
        ({"polled_at": AT - HOUR}, {}, AT, False),  # within that hour once is enough
        ({"polled_at": NOW - 2 * HOUR}, {"every": 3 * HOUR}, NOW, False),
        ({"not_before": NOW + SECOND}, {}, NOW, False),
        ({"failures": 1}, {}, NOW, False),
        ({"gone": True}, {}, NOW, False),
        ({"polled_at": None}, {}, NOW, False),
        ({}, {"paused": True}, NOW, False),
    ],
)
def test_what_rests_is_asked_once_before_a_digest(
    fields: dict[str, Any], source: dict[str, Any], now: datetime, is_asked: bool
) -> None:
    assert before(fields, now, source=replace(Source(A), **source)) is is_asked


def test_run_spreads_them_over_the_hour() -> None:
    states = {f"https://{n}.example/": state(f"https://{n}.example/", next_poll_at=NOW + DAY) for n in range(600)}
    sources = [Source(url) for url in states]
    each = []
    for minute in range(61):
        now = AT - HOUR + minute * timedelta(minutes=1)
        work = due_before_digest(sources, states, Hosts(), now, AT)
        each.append(len(work))
        states |= {source.url: replace(one, polled_at=now) for source, one in work}
    assert sum(each) == 600
    assert max(each) < 30
    assert each[51:] == [0] * 10


# --- what status prints ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "source", "hosts", "at", "reason"),
    [
        ({}, {}, Hosts(), NOW, "every 1 h"),
        ({}, {"paused": True}, Hosts(), None, "paused"),
        ({"gone": True}, {}, Hosts(), None, "gone for good (410 twice, a day apart); not asked again"),
        (
            {"moved_to": B, "moved_seen": 3, "moved_since": NOW - 9 * DAY},
            {},
            Hosts(),
            None,
            f"moved to {B}, an address that has a line of its own, which is polled; remove line 0",
        ),
        ({}, {}, Hosts({"a.example": NOW + HOUR}), NOW + HOUR, "every 1 h, then its host's turn (it said 429)"),
        (
            {},
            {},
            Hosts({"a.example": NOW + HOUR}, {"a.example": timedelta(seconds=66)}),
            NOW + HOUR,
            "every 1 h, then its host's turn (one request every 1 min)",
        ),
        ({"next_poll_at": NOW + DAY}, {}, Hosts({"a.example": NOW + HOUR}), NOW + DAY, "every 1 h"),
        ({"next_poll_at": None}, {}, Hosts({"a.example": NOW - HOUR}), None, "every 1 h"),
    ],
)
def test_what_is_planned_is_told(
    fields: dict[str, Any], source: dict[str, Any], hosts: Hosts, at: datetime | None, reason: str
) -> None:
    states = {A: state(**fields), B: state(B)}
    assert planned(replace(Source(A), **source), states[A], states, hosts, NOW) == (at, reason)
