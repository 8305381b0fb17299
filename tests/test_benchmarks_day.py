from __future__ import annotations

import time

from aggregator.parse.feed import parse
from benchmarks.day import SAME, answer, document, measure, moments, moved_clock

HEAD = b'GET /feed HTTP/1.1\r\nHost: f%d.example\r\nIf-None-Match: "%s"\r\n\r\n'


def test_a_source_that_has_not_written_says_so_and_one_without_validators_cannot() -> None:
    plan = {3: [100], 20: [100]}
    assert answer(HEAD % (3, b"3-0"), 99, plan) == SAME % b"3-0"
    news = answer(HEAD % (3, b"3-0"), 100, plan)
    assert b'ETag: "3-1"' in news
    assert news.endswith(document(3, [100]))
    same = [answer(HEAD % (20, b"20-0"), at, plan) for at in (0, 99)]
    assert same[0] == same[1]
    assert b"ETag" not in same[0]


def test_what_is_written_stands_on_top_of_what_was_there() -> None:
    plan = moments(2, 5, 3600)
    assert sum(map(len, plan.values())) == 5
    for number, those in plan.items():
        entries = parse(document(number, those)).entries
        assert [one.id for one in entries] == [f"http://f{number}.example/{n}" for n in range(len(those), -1, -1)]


def test_the_clock_is_moved_for_a_while() -> None:
    before = time.monotonic()
    with moved_clock() as ahead:
        ahead[0] += 3600
        assert time.monotonic() - before >= 3600
    assert time.monotonic() - before < 3600


def test_some_minutes_of_a_day() -> None:
    found = measure(sources=40, news=960, hours=0.05, days_before=0)
    counted = found["counted"]
    assert isinstance(counted, dict)
    assert counted["polls"] > 0
    assert counted["ticks with nothing due"] > 20
    assert found["all_found"]
