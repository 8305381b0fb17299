from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.polling.cadence import (
    after_failure,
    after_success,
    in_words,
    is_due,
    longest_wish,
    max_age,
    one_shot_slack,
    retry_after,
)
from aggregator.records import Hints

NOW = datetime(2026, 3, 14, 7, 0, tzinfo=UTC)  # a Saturday
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MOST_JITTER = 4 * MINUTE


def http_date(at: datetime) -> str:
    return format_datetime(at, usegmt=True)


SENT = {"date": http_date(NOW)}


def gap_after_success(headers: dict[str, str], hints: Hints = Hints(), every: timedelta = HOUR) -> timedelta:
    return after_success(NOW, every, headers, hints, newest=None, wasted=0, seed="x").at - NOW


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"cache-control": "max-age=7200"}, 7200),
        ({"cache-control": "Public, MAX-AGE=7200, stale-if-error=9"}, 7200),
        ({"cache-control": 'max-age="7200"'}, 7200),
        ({"cache-control": "max-age=60, max-age=7200"}, 7200),
        ({"cache-control": "s-maxage=9, max-age=7200", "age": "200"}, 7000),
        ({"cache-control": "max-age=7200", "age": "9000"}, 0),
        ({"cache-control": "max-age=7200", "age": "soon"}, 7200),
        ({"cache-control": "max-age=7200, no-cache"}, 0),
        ({"cache-control": "no-store"}, 0),
        ({"cache-control": "max-age=0, must-revalidate"}, 0),
        ({"cache-control": "max-age=-5"}, None),
        ({"cache-control": "max-age=soon"}, None),
        ({"cache-control": "max-age="}, None),
        ({"cache-control": "max-age=٣"}, None),
        ({"cache-control": ",,=,"}, None),
    ],
)
def test_max_age_less_age(headers: dict[str, str], expected: int | None) -> None:
    assert max_age(headers) == (None if expected is None else timedelta(seconds=expected))


@pytest.mark.parametrize(
    ("headers", "hints", "wish", "words"),
    [
        ({}, Hints(), timedelta(0), ""),
        ({"cache-control": "max-age=7200"}, Hints(), 2 * HOUR, "Cache-Control says 2 h"),
        ({"cache-control": "max-age=31536000"}, Hints(), DAY, "Cache-Control says 365 days, a day is the most"),
        ({"cache-control": "max-age=" + "9" * 40}, Hints(), DAY, "Cache-Control says 11574 days, a day is the most"),
        ({"expires": http_date(NOW + 3 * HOUR), **SENT}, Hints(), 3 * HOUR, "Expires says 3 h"),
        # its clock may be wrong: only the distance to its own Date counts
        (
            {"expires": http_date(NOW - 9 * DAY + HOUR), "date": http_date(NOW - 9 * DAY)},
            Hints(),
            HOUR,
            "Expires says 1 h",
        ),
        ({"expires": http_date(NOW + 3 * HOUR)}, Hints(), timedelta(0), ""),
        ({"expires": "0", **SENT}, Hints(), timedelta(0), ""),
        ({"expires": "-1", **SENT}, Hints(), timedelta(0), ""),
        ({"expires": "next week", **SENT}, Hints(), timedelta(0), ""),
        ({"expires": http_date(NOW - HOUR), **SENT}, Hints(), timedelta(0), ""),
        # max-age wins over Expires (RFC 9111, 5.3), also when it asks for freshness
        (
            {"cache-control": "max-age=600", "expires": http_date(NOW + 9 * HOUR), **SENT},
            Hints(),
            10 * MINUTE,
            "Cache-Control says 10 min",
        ),
        ({"cache-control": "no-cache", "expires": http_date(NOW + 9 * HOUR), **SENT}, Hints(), timedelta(0), ""),
        ({}, Hints(ttl=90 * MINUTE), 90 * MINUTE, "its ttl says 90 min"),
        ({}, Hints(ttl=9000 * DAY), DAY, "its ttl says 9000 days, a day is the most"),
        ({}, Hints(ttl=-HOUR), timedelta(0), ""),
        ({"cache-control": "max-age=7200"}, Hints(ttl=3 * HOUR), 3 * HOUR, "its ttl says 3 h"),
        ({"cache-control": "max-age=18000"}, Hints(ttl=3 * HOUR), 5 * HOUR, "Cache-Control says 5 h"),
    ],
)
def test_the_longest_wish_wins_and_a_day_is_the_most(
    headers: dict[str, str], hints: Hints, wish: timedelta, words: str
) -> None:
    assert longest_wish(headers, hints) == (wish, words)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "86400"}, 86400),
        ({"retry-after": " 120 "}, 120),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "1.5"}, None),
        ({"retry-after": "315360000"}, 7 * 86400),
        ({"retry-after": "9" * 500}, 7 * 86400),
        ({"retry-after": "120, 120"}, None),
        ({"retry-after": http_date(NOW + HOUR), **SENT}, 3600),
        ({"retry-after": http_date(NOW + HOUR - 9 * DAY), "date": http_date(NOW - 9 * DAY)}, 3600),
        ({"retry-after": http_date(NOW + HOUR)}, 3600),
        ({"retry-after": http_date(NOW - HOUR), **SENT}, 0),
        ({"retry-after": http_date(NOW + 3650 * DAY), **SENT}, 7 * 86400),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT", "date": "soon"}, 7 * 86400),
    ],
)
def test_retry_after_in_all_its_forms(headers: dict[str, str], expected: int | None) -> None:
    assert retry_after(headers, NOW) == (None if expected is None else timedelta(seconds=expected))


@pytest.mark.parametrize("status", [301, 403, 413, 429, 500, 503])
def test_retry_after_is_heeded_with_every_status_that_refuses(status: int) -> None:
    decision = after_failure(NOW, HOUR, 1, status, {"retry-after": "86400"}, seed="x")
    assert decision.not_before == NOW + DAY
    assert NOW + DAY <= decision.at <= NOW + DAY + MOST_JITTER
    assert decision.reason == "it asks to wait 1 day (Retry-After)"


def test_a_short_retry_after_does_not_shorten_our_own_wait() -> None:
    decision = after_failure(NOW, HOUR, 4, 503, {"retry-after": "60"}, seed="x")
    assert decision.not_before == NOW + MINUTE
    assert decision.at >= NOW + 8 * HOUR
    assert decision.reason == "failed 4 times in a row, waiting 8 h"


def test_retry_after_of_a_success_or_of_no_answer_means_nothing() -> None:
    assert after_failure(NOW, HOUR, 1, None, {"retry-after": "86400"}, seed="x").not_before is None
    assert after_failure(NOW, HOUR, 1, 200, {"retry-after": "86400"}, seed="x").not_before is None


@pytest.mark.parametrize(
    ("every", "hours"),
    [(HOUR, [1, 2, 4, 8, 16, 24, 24, 24]), (6 * HOUR, [6, 12, 24, 24]), (14 * DAY, [336, 336, 336])],
)
def test_failures_double_the_gap_up_to_a_day(every: timedelta, hours: list[int]) -> None:
    for failures, expected in enumerate(hours, 1):
        decision = after_failure(NOW, every, failures, 500, {}, seed="x")
        assert timedelta(0) <= decision.at - NOW - expected * HOUR <= MOST_JITTER
    assert after_failure(NOW, every, 10**9, None, {}, seed="x").at - NOW <= max(every, DAY) + MOST_JITTER


def test_429_without_retry_after_waits_at_least_twice_the_last_gap() -> None:
    gaps = [3 * HOUR]
    for failures in range(1, 6):
        gaps.append(after_failure(NOW, HOUR, failures, 429, {}, seed="x", last_gap=gaps[-1]).at - NOW)
    assert all(later >= min(2 * earlier, DAY) for earlier, later in pairwise(gaps))
    assert DAY <= gaps[-1] <= DAY + MOST_JITTER
    assert after_failure(NOW, HOUR, 1, 429, {}, seed="x").at >= NOW + 2 * HOUR


@pytest.mark.parametrize(
    ("start", "hints", "expected"),
    [
        (NOW, Hints(skip_hours=(8, 9)), datetime(2026, 3, 14, 10, tzinfo=UTC)),
        (NOW, Hints(skip_hours=(0,)), datetime(2026, 3, 14, 8, tzinfo=UTC)),
        (NOW, Hints(skip_hours=tuple(range(24))), datetime(2026, 3, 14, 8, tzinfo=UTC)),
        (NOW, Hints(skip_hours=tuple(h for h in range(24) if h != 6)), datetime(2026, 3, 15, 6, tzinfo=UTC)),
        (NOW, Hints(skip_days=("saturday",)), datetime(2026, 3, 15, 0, tzinfo=UTC)),
        (NOW, Hints(skip_days=("saturday", "sunday"), skip_hours=(0, 1)), datetime(2026, 3, 16, 2, tzinfo=UTC)),
        (NOW, Hints(skip_days=("monday",)), datetime(2026, 3, 14, 8, tzinfo=UTC)),
        (
            NOW,
            Hints(skip_days=("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")),
            datetime(2026, 3, 14, 8, tzinfo=UTC),
        ),
        # the jitter must not push it into an hour that is closed
        (NOW + 59 * MINUTE + timedelta(seconds=59), Hints(skip_hours=(9,)), datetime(2026, 3, 14, 8, 59, tzinfo=UTC)),
    ],
)
def test_skip_hours_and_skip_days_close_the_door(start: datetime, hints: Hints, expected: datetime) -> None:
    for seed in map(str, range(20)):
        for decision in (
            after_success(start, HOUR, {}, hints, newest=None, wasted=0, seed=seed),
            after_failure(start, HOUR, 1, 500, {}, seed=seed, hints=hints),
        ):
            assert expected <= decision.at
            if len(hints.skip_hours) < 24 and len(hints.skip_days) < 7:
                assert decision.at.hour not in hints.skip_hours
                assert f"{decision.at:%A}".lower() not in hints.skip_days


def test_what_a_closed_hour_does_is_told() -> None:
    reason = after_success(NOW, HOUR, {}, Hints(skip_hours=(8,)), newest=None, wasted=0, seed="x").reason
    assert reason == "every 1 h, then when its skipHours and skipDays end"


@pytest.mark.parametrize("control", ["no-cache", "no-store", "max-age=0"])
def test_a_wish_for_freshness_leaves_our_own_gap(control: str) -> None:
    decision = after_success(NOW, HOUR, {"cache-control": control}, Hints(), newest=None, wasted=0, seed="x")
    assert (decision.reason, decision.not_before) == ("every 1 h", None)
    assert HOUR <= decision.at - NOW <= HOUR + MOST_JITTER


@pytest.mark.parametrize(
    ("quiet", "every", "gap", "reason"),
    [
        (10 * DAY, HOUR, HOUR, "every 1 h"),
        (31 * DAY, HOUR, 3 * HOUR, "quiet for 31 days: every 3 h"),
        (91 * DAY, HOUR, 12 * HOUR, "quiet for 91 days: every 12 h"),
        (361 * DAY, HOUR, DAY, "quiet for 361 days: every 1 day"),
        (31 * DAY, 6 * HOUR, 6 * HOUR, "every 6 h"),
        (9000 * DAY, 2 * DAY, 2 * DAY, "every 2 days"),
        (-DAY, HOUR, HOUR, "every 1 h"),
    ],
)
def test_a_quiet_source_is_asked_less_often(quiet: timedelta, every: timedelta, gap: timedelta, reason: str) -> None:
    decision = after_success(NOW, every, {}, Hints(), newest=NOW - quiet, wasted=0, seed="x")
    assert decision.reason == reason
    assert gap <= decision.at - NOW <= gap + MOST_JITTER


@pytest.mark.parametrize(
    ("usual", "every", "gap", "reason"),
    [
        (None, HOUR, HOUR, "every 1 h"),
        (0.04, HOUR, HOUR, "every 1 h"),
        (1.0, HOUR, HOUR, "every 1 h"),
        (2.0, HOUR, 2 * HOUR, "it writes every 2 days: every 2 h"),
        (7.0, HOUR, 7 * HOUR, "it writes weekly: every 7 h"),
        (7.0, 12 * HOUR, 12 * HOUR, "every 12 h"),
        (30.4, HOUR, DAY, "it writes monthly: every 1 day"),
        (365.0, HOUR, DAY, "it writes yearly: every 1 day"),
    ],
)
def test_a_source_is_asked_at_its_own_rhythm(
    usual: float | None, every: timedelta, gap: timedelta, reason: str
) -> None:
    decision = after_success(NOW, every, {}, Hints(), newest=NOW, wasted=0, usual=usual, seed="x")
    assert decision.reason == reason
    assert gap <= decision.at - NOW <= gap + MOST_JITTER


def test_a_wish_is_longer_than_its_own_rhythm_and_silence_too() -> None:
    wish = after_success(
        NOW, HOUR, {"cache-control": "max-age=36000"}, Hints(), newest=NOW, wasted=0, usual=7.0, seed="x"
    )
    assert (wish.reason, (wish.at - NOW) // HOUR) == ("Cache-Control says 10 h", 10)
    quiet = after_success(NOW, HOUR, {}, Hints(), newest=NOW - 100 * DAY, wasted=0, usual=7.0, seed="x")
    assert quiet.reason == "quiet for 100 days: every 12 h"


def test_whole_bodies_for_nothing_slow_us_down_to_a_day() -> None:
    gaps = [after_success(NOW, HOUR, {}, Hints(), newest=NOW, wasted=n, seed="x").at - NOW for n in range(7)]
    assert [gap // HOUR for gap in gaps] == [1, 2, 4, 8, 24, 24, 24]
    slow = after_success(NOW, HOUR, {}, Hints(), newest=NOW, wasted=2, seed="x")
    assert slow.reason == "unchanged, and without working validators: every 4 h"
    assert gap_after_success({}, every=3 * DAY) // DAY == 3
    assert after_success(NOW, 3 * DAY, {}, Hints(), newest=NOW, wasted=10**9, seed="x").reason == "every 3 days"


def test_of_two_reasons_to_be_slow_the_slower_one_is_told() -> None:
    both = after_success(NOW, HOUR, {}, Hints(), newest=NOW - 100 * DAY, wasted=1, seed="x")
    assert both.reason == "quiet for 100 days: every 12 h"
    wish = after_success(
        NOW, HOUR, {"cache-control": "max-age=80000"}, Hints(), newest=NOW - 100 * DAY, wasted=1, seed="x"
    )
    assert wish.reason == "Cache-Control says 22 h"


def test_the_explicit_wish_is_kept_apart_from_our_own_pace() -> None:
    decision = after_success(NOW, HOUR, {"cache-control": "max-age=600"}, Hints(), newest=None, wasted=0, seed="x")
    assert (decision.not_before, decision.reason) == (NOW + 10 * MINUTE, "every 1 h")


def test_jitter_is_the_same_for_the_same_seed_and_spreads_over_others() -> None:
    at = [after_success(NOW, HOUR, {}, Hints(), newest=None, wasted=0, seed=str(n)).at for n in range(200)]
    assert at == [after_success(NOW, HOUR, {}, Hints(), newest=None, wasted=0, seed=str(n)).at for n in range(200)]
    assert len(set(at)) > 100
    assert min(at) - NOW >= HOUR
    assert max(at) - NOW <= HOUR + 3 * MINUTE  # a twentieth of the gap


@pytest.mark.parametrize(
    ("next_poll", "not_before", "slack", "due"),
    [
        (None, None, timedelta(0), True),
        (None, NOW + MINUTE, HOUR, False),
        (NOW, None, timedelta(0), True),
        (NOW + MINUTE, None, timedelta(0), False),
        (NOW + 5 * MINUTE, None, 5 * MINUTE, True),
        (NOW + 6 * MINUTE, None, 5 * MINUTE, False),
        (NOW + 5 * MINUTE, NOW + timedelta(seconds=1), 5 * MINUTE, False),  # a wish is never shortened
        (NOW - HOUR, NOW, timedelta(0), True),
    ],
)
def test_due(next_poll: datetime | None, not_before: datetime | None, slack: timedelta, due: bool) -> None:
    assert is_due(NOW, next_poll, not_before, slack) is due


@pytest.mark.parametrize(("every", "slack"), [(10 * MINUTE, MINUTE), (30 * MINUTE, 3 * MINUTE), (DAY, 5 * MINUTE)])
def test_one_shot_slack(every: timedelta, slack: timedelta) -> None:
    assert one_shot_slack(every) == slack


def test_an_hourly_cron_polls_hourly() -> None:
    due = [after_success(NOW, HOUR, {}, Hints(), newest=None, wasted=0, seed=str(n)) for n in range(200)]
    assert all(is_due(NOW + HOUR, one.at, one.not_before, one_shot_slack(HOUR)) for one in due)


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=59), "59 s"),
        (MINUTE, "1 min"),
        (timedelta(seconds=90), "2 min"),
        (45 * MINUTE, "45 min"),
        (HOUR, "1 h"),
        (90 * MINUTE, "90 min"),
        (2 * HOUR, "2 h"),
        (200 * MINUTE, "3 h"),
        (DAY, "1 day"),
        (25 * HOUR, "25 h"),
        (2 * DAY, "2 days"),
        (80 * HOUR, "3 days"),
    ],
)
def test_spans_in_words(span: timedelta, words: str) -> None:
    assert in_words(span) == words


texts = st.text(max_size=30)
seconds = st.integers(min_value=-10, max_value=10**12).map(str)
headers_of_strangers = st.fixed_dictionaries(
    {},
    optional={
        "cache-control": st.one_of(texts, seconds.map("max-age={}".format)),
        "age": st.one_of(texts, seconds),
        "expires": st.one_of(texts, st.datetimes().map(lambda at: http_date(at.replace(tzinfo=UTC)))),
        "retry-after": st.one_of(texts, seconds, st.datetimes().map(lambda at: http_date(at.replace(tzinfo=UTC)))),
        "date": st.one_of(texts, st.datetimes().map(lambda at: http_date(at.replace(tzinfo=UTC)))),
    },
)
hints_of_strangers = st.builds(
    Hints,
    ttl=st.none() | st.timedeltas(),
    skip_hours=st.lists(st.integers(0, 23)).map(tuple),
    skip_days=st.lists(st.sampled_from(("monday", "tuesday", "saturday", "someday"))).map(tuple),
)
spans = st.timedeltas(10 * MINUTE, 30 * DAY)


@given(
    headers_of_strangers,
    hints_of_strangers,
    spans,
    st.none() | st.timedeltas(-DAY, 9000 * DAY),
    st.integers(0, 99),
    st.none() | st.floats(0, 9000),
)
def test_never_earlier_than_every_and_never_earlier_than_a_wish(
    headers: dict[str, str], hints: Hints, every: timedelta, quiet: timedelta | None, wasted: int, usual: float | None
) -> None:
    newest = None if quiet is None else NOW - quiet
    decision = after_success(NOW, every, headers, hints, newest=newest, wasted=wasted, usual=usual, seed="x")
    assert decision.at >= NOW + every
    assert decision.at >= NOW + longest_wish(headers, hints)[0]
    assert decision.not_before is None or decision.at >= decision.not_before
    assert decision.at <= NOW + max(every, DAY) + 9 * DAY  # closed days come on top
    assert decision.reason


@given(headers_of_strangers, hints_of_strangers, spans, st.integers(1, 10**6), st.sampled_from((None, 301, 429, 503)))
def test_no_failure_is_tried_again_too_early_or_never(
    headers: dict[str, str], hints: Hints, every: timedelta, failures: int, status: int | None
) -> None:
    decision = after_failure(NOW, every, failures, status, headers, seed="x", hints=hints)
    assert decision.at >= NOW + every
    assert decision.not_before is None or NOW < decision.not_before <= min(decision.at, NOW + 7 * DAY)
    assert decision.at <= NOW + max(every, 7 * DAY) + 9 * DAY
