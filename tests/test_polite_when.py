"""Politeness, section B: when to ask, as publishers with habits see it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from heapq import heappop, heappush
from itertools import pairwise
from pathlib import Path

import pytest

from aggregator.errors import ConfigError
from aggregator.polling.memory import after_answer
from aggregator.records import Response, Source, SourceState
from aggregator.sources.config import load
from tests.personas import START, Stage, host
from tests.web import Answer, Raw, Request, rss

FEED = "http://blog.example/feed"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
JITTER = 4 * MINUTE
BODY = rss(3, newest=START)
TAGGED = {"ETag": '"v1"'}


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage() as made:
        yield made


def quiet(body: bytes = BODY, **headers: str) -> object:
    """A publisher whose feed never changes and whose validators work; `headers` stand in every answer."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}

    def answer(request: Request) -> Answer:
        fresh = request.headers.get("if-none-match") == '"v1"'
        return Answer(304, b"", given) if fresh else Answer(200, body, TAGGED | given)

    return answer


def http_date(at: datetime) -> str:
    return format_datetime(at, usegmt=True)


# --- B01, B02 ------------------------------------------------------------------------------------------------


@pytest.mark.polite("B01")
def test_the_gap_holds_across_restarts_reloads_and_a_second_process(stage: Stage) -> None:
    stage.on(FEED, quiet())
    other = stage.on("http://other.example/feed", quiet())
    stage.follow(FEED)
    for turn in range(30):
        stage.poll()
        if turn % 3 == 0:
            stage.restart()
        if turn % 4 == 0:
            stage.follow(*([FEED, other] if turn % 8 else [FEED]))
        stage.poll(later=7 * MINUTE)
    for url in (FEED, other):
        assert min(stage.gaps(url)) >= HOUR - 5 * MINUTE  # a one-shot poll's slack
        assert len(stage.times(url)) > 2


@pytest.mark.polite("B01")
@pytest.mark.fault(13)
@pytest.mark.parametrize("back", [2 * HOUR, -2 * HOUR, -3650 * DAY, START - datetime(1970, 1, 2, tzinfo=UTC)])
def test_a_clock_that_jumps_makes_no_storm_and_no_stall(stage: Stage, back: timedelta) -> None:
    stage.on(FEED, quiet())
    stage.follow(FEED)
    stage.run(days=0.5)
    before = len(stage.asked)
    stage.now -= back
    stage.run(days=0.5)
    assert (1 if back < -DAY else 6) <= len(stage.asked) - before <= 13  # ten years on it is a quiet source
    gaps = stage.gaps(FEED)
    assert all(gap >= HOUR for gap in gaps[: before - 1] + gaps[before:])


@pytest.mark.polite("B01")
@pytest.mark.fault(16)
def test_a_sleep_of_three_days_costs_one_poll_on_wake(stage: Stage) -> None:
    stage.on(FEED, quiet())
    stage.follow(FEED)
    stage.run(days=0.2)
    stage.now += 3 * DAY
    before = len(stage.asked)
    stage.run(days=1 / 24)
    assert len(stage.asked) - before == 1


@pytest.mark.polite("B01")
def test_an_hourly_cron_polls_hourly_on_the_days_the_clocks_change_too(stage: Stage) -> None:
    stage.now = datetime(2026, 3, 28, 12, tzinfo=UTC)
    stage.on(FEED, quiet())
    stage.follow(FEED)
    for _ in range(36):
        assert stage.poll(later=HOUR).polled == 1
    assert set(stage.gaps(FEED)) == {HOUR}


@pytest.mark.polite("B01")
def test_only_force_goes_below_and_stays_conditional(stage: Stage) -> None:
    stage.on(FEED, quiet(Cache_Control="max-age=7200"))
    stage.follow(FEED)
    stage.poll()
    assert stage.poll(later=MINUTE).polled == 0
    assert stage.poll(force=True).not_modified == 1


@pytest.mark.polite("B02")
@pytest.mark.parametrize(
    ("every", "private", "good"), [("5m", False, False), ("10m", False, True), ("90s", True, True)]
)
def test_below_ten_minutes_only_ones_own_machine(tmp_path: Path, every: str, private: bool, good: bool) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text(f"sources:\n  - url: {FEED}\n    every: {every}\n    allow_private: {str(private).lower()}\n")
    if good:
        assert load(path).sources[0].every < timedelta(minutes=11)
    else:
        with pytest.raises(ConfigError, match="every"):
            load(path)


# --- B03 to B13: what slows us down --------------------------------------------------------------------------


@pytest.mark.polite("B03")
def test_without_validators_the_gap_doubles_to_a_day_and_a_new_entry_resets_it(stage: Stage) -> None:
    stage.on(FEED, *[Answer(200, BODY)] * 6, Answer(200, rss(["New", "Entry 0"], newest=START)))
    stage.follow(FEED)
    plans = []
    while len(plans) < 7:
        stage.poll()
        at = stage.state(FEED).next_poll_at
        assert at is not None
        plans.append(round((at - stage.now) / HOUR))
        stage.now = at
    assert plans == [1, 2, 4, 8, 24, 24, 1]


SY = "xmlns='http://purl.org/rss/1.0/modules/syndication/'"
HINTS = [
    ("B04", {"Cache-Control": "public, max-age=7200"}, "", 2 * HOUR),
    ("B05", {"Cache-Control": "max-age=10800"}, "", 3 * HOUR),
    ("B06", {"Cache-Control": "max-age=10800", "Age": "3600"}, "", 2 * HOUR),
    ("B06", {"Date": http_date(START - 9 * DAY), "Expires": http_date(START - 9 * DAY + 5 * HOUR)}, "", 5 * HOUR),
    ("B06", {"Date": http_date(START), "Expires": "0"}, "", HOUR),
    ("B06", {"Date": http_date(START), "Expires": "-1"}, "", HOUR),
    ("B06", {"Date": http_date(START), "Expires": "next week"}, "", HOUR),
    ("B07", {"Cache-Control": "no-cache"}, "", HOUR),
    ("B07", {"Cache-Control": "no-store"}, "", HOUR),
    ("B07", {"Cache-Control": "max-age=0"}, "", HOUR),
    ("B08", {"Cache-Control": "max-age=31536000"}, "", DAY),
    ("B09", {}, "<ttl>180</ttl>", 3 * HOUR),
    ("B10", {}, f"<updatePeriod {SY}>daily</updatePeriod><updateFrequency {SY}>4</updateFrequency>", 6 * HOUR),
    ("B13", {"Cache-Control": "max-age=7200"}, "<ttl>240</ttl>", 4 * HOUR),
    ("B13", {"Cache-Control": "max-age=18000"}, "<ttl>240</ttl>", 5 * HOUR),
]  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "extra", "gap"),
    [pytest.param(*row[1:], id=f"{row[0]}-{n}", marks=pytest.mark.polite(row[0])) for n, row in enumerate(HINTS)],
)
@pytest.mark.parametrize("how", ["run", "poll"])
def test_a_publishers_wish_is_a_lower_bound(
    stage: Stage, headers: dict[str, str], extra: str, gap: timedelta, how: str
) -> None:
    stage.on(FEED, quiet(rss(3, newest=START, extra=extra), **{k.replace("-", "_"): v for k, v in headers.items()}))
    stage.follow(FEED)
    if how == "run":
        stage.run(days=4, until=lambda: len(stage.asked) == 4)
    else:
        while len(stage.asked) < 4:
            stage.poll(later=10 * MINUTE if gap < 5 * HOUR else HOUR)
    gaps = stage.gaps(FEED)[1:]  # the first is longer, to keep sources apart
    assert min(stage.gaps(FEED)) >= (gap if gap > HOUR or how == "run" else gap - 5 * MINUTE)
    assert gaps
    assert min(gaps) <= gap + JITTER + (10 * MINUTE if gap < 5 * HOUR else HOUR)
    assert [one.conditions == {} for one in stage.asked] == [True, *[False] * len(gaps), False]


@pytest.mark.polite("B08")
def test_an_absurd_wish_is_reported(stage: Stage) -> None:
    stage.on(FEED, quiet(Cache_Control="max-age=31536000"))
    stage.follow(FEED)
    stage.poll()
    assert stage.health(FEED).reason == "Cache-Control says 365 days, a day is the most"


@pytest.mark.polite("B08")
def test_a_week_of_retry_after_is_heeded_and_no_more(stage: Stage) -> None:
    stage.on(FEED, Answer(503, b"", {"Retry-After": str(30 * 86400)}))
    stage.follow(FEED)
    stage.run(days=15)
    assert all(7 * DAY <= gap <= 7 * DAY + JITTER for gap in stage.gaps(FEED))
    assert len(stage.asked) == 3


@pytest.mark.polite("B11")
@pytest.mark.parametrize("closed", [tuple(range(8, 20)), (22, 23, 24, 1, 2, 3)])
def test_closed_hours_are_kept(stage: Stage, closed: tuple[int, ...]) -> None:
    extra = "<skipHours>" + "".join(f"<hour>{hour}</hour>" for hour in closed) + "</skipHours>"
    stage.on(FEED, quiet(rss(3, newest=START, extra=extra)))
    stage.follow(FEED)
    stage.run(days=9, until=lambda: len({one.at.hour for one in stage.asked[1:]}) == 24 - len(closed))
    hours = {one.at.hour for one in stage.asked[1:]}
    assert not hours & {hour % 24 for hour in closed}
    assert len(hours) == 24 - len(closed)


@pytest.mark.polite("B12")
def test_closed_days_are_kept(stage: Stage) -> None:
    extra = "<skipDays><day>Sunday</day><day>Tuesday</day></skipDays>"
    stage.on(FEED, quiet(rss(3, newest=START, extra=extra)))
    stage.follow(FEED)
    stage.run(days=8)
    assert {f"{one.at:%A}" for one in stage.asked} == {"Monday", "Wednesday", "Thursday", "Friday", "Saturday"}


# --- B14 to B20: slow down -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "headers", "rest"),
    [
        pytest.param(429, {"Retry-After": "86400"}, DAY, marks=pytest.mark.polite("B14")),
        pytest.param(
            429,
            {"Date": http_date(START - 9 * DAY), "Retry-After": http_date(START - 8 * DAY)},
            DAY,
            marks=pytest.mark.polite("B15"),
        ),
        pytest.param(503, {"Retry-After": "86400"}, DAY, marks=pytest.mark.polite("B16")),
        pytest.param(413, {"Retry-After": "86400"}, DAY, marks=pytest.mark.polite("B17")),
        pytest.param(302, {"Retry-After": "86400", "Location": FEED + "/2"}, DAY, marks=pytest.mark.polite("B17")),
        *(
            pytest.param(status, {"Retry-After": value}, HOUR, marks=pytest.mark.polite("B18"))
            for value in ("0", "-9", "soon", "", "1.5")
            for status in (429, 503)
        ),
        pytest.param(429, {"Retry-After": "315360000"}, 7 * DAY, marks=pytest.mark.polite("B18")),
    ],
)
@pytest.mark.parametrize("how", ["run", "poll", "force"])
def test_retry_after(stage: Stage, status: int, headers: dict[str, str], rest: timedelta, how: str) -> None:
    stage.on(FEED, Answer(200, BODY, TAGGED), Answer(status, b"", headers), Answer(304))
    stage.follow(FEED)
    stage.poll()
    if how == "run":
        stage.run(days=9, until=lambda: len(stage.times(FEED)) == 3)
    later = 15 * MINUTE if rest <= HOUR else HOUR
    for _ in range(0 if how == "run" else 9 * 24 * 4):
        force = how == "force" and rest > HOUR and len(stage.times(FEED)) == 2
        stage.poll(later=later, force=force)
        if len(stage.times(FEED)) == 3:
            break
    assert stage.gaps(FEED)[1] >= rest


@pytest.mark.polite("B19")
def test_429_without_a_word_doubles_the_gap_and_one_success_resets(stage: Stage) -> None:
    stage.on(FEED, Answer(200, BODY, TAGGED), *[Answer(429)] * 7, Answer(304))
    stage.follow(FEED)
    stage.run(days=9, until=lambda: len(stage.asked) == 11)
    gaps = stage.gaps(FEED)
    for earlier, later in pairwise(gaps[:7]):
        assert later >= min(2 * earlier, DAY) - JITTER * 2
    assert max(gaps) <= DAY + JITTER
    assert HOUR <= gaps[-1] <= HOUR + JITTER


@pytest.mark.polite("B20")
def test_429_speaks_for_the_whole_public_origin_5xx_for_one_address(stage: Stage) -> None:
    for path in "abc":
        stage.on(f"http://busy.example/{path}", quiet())
        stage.on(f"http://sick.example/{path}", quiet())
    stage.on("http://busy.example/b", Answer(429, b"", {"Retry-After": "21600"}))
    stage.on("http://sick.example/b", Answer(503, b"", {"Retry-After": "21600"}))
    stage.follow(*(f"http://{name}.example/{path}" for name in ("busy", "sick") for path in "abc"))
    stage.run(days=6 / 24)
    assert [host(one.url) for one in stage.asked].count("busy.example") == 2  # a, then b said no
    assert len(stage.times("http://sick.example/a")) >= 4
    assert len(stage.times("http://sick.example/b")) == 1
    stage.run(days=0.5)
    assert len(stage.times("http://busy.example/c")) >= 3


@pytest.mark.polite("B20")
def test_429_of_the_host_behind_a_redirect_rests_all_that_lead_there(stage: Stage) -> None:
    for path in "ab":
        stage.on(f"http://short.example/{path}", Answer(302, b"", {"Location": f"http://busy.example/{path}"}))
        stage.on(f"http://busy.example/{path}", quiet())
    stage.follow("http://short.example/a", "http://short.example/b")
    stage.run(days=2 / 24)
    stage.on("http://busy.example/a", Answer(429, b"", {"Retry-After": "43200"}))
    stage.run(days=2 / 24, until=lambda: any(one.status == 429 for one in stage.asked))
    asked = len(stage.asked)
    stage.run(days=10 / 24)
    assert len(stage.asked) == asked
    assert "its host's turn" in stage.health("http://short.example/b").reason


@pytest.mark.polite("B20")
def test_429_of_ones_own_machine_speaks_for_one_address(stage: Stage) -> None:
    stage.on("http://box.example/a", Answer(429, b"", {"Retry-After": "86400"}))
    stage.on("http://box.example/b", quiet())
    stage.follow(*(Source(f"http://box.example/{path}", allow_private=True) for path in "ab"))
    stage.run(days=0.5)
    assert len(stage.times("http://box.example/a")) == 1
    assert len(stage.times("http://box.example/b")) >= 10


# --- B21 to B25: failures ------------------------------------------------------------------------------------

BAD = [
    pytest.param(Answer(status, b"no"), id=str(status), marks=pytest.mark.polite(*lines))
    for status, lines in {
        404: ("B21", "B22"), 401: ("B21", "B24"), 403: ("B21", "B24"), 451: ("B21", "B24"),
        500: ("B21", "B25"), 502: ("B21", "B25"), 503: ("B21", "B25"), 400: ("B21",), 418: ("B21",),
    }.items()
]  # fmt: skip
BAD.append(pytest.param(Raw(b"", "reset"), id="reset", marks=pytest.mark.polite("B21", "B25")))
BAD.append(pytest.param(Raw(b"junk\r\n\r\n"), id="junk", marks=pytest.mark.polite("B25")))


@pytest.mark.parametrize("bad", BAD)
def test_a_failure_is_tried_again_ever_less_often_and_for_ever(stage: Stage, bad: Answer | Raw) -> None:
    stage.on(FEED, Answer(200, BODY, TAGGED), *[bad] * 9, Answer(304))
    stage.follow(FEED)
    stage.poll()
    stage.run(days=30, until=lambda: len(stage.asked) >= 12)
    gaps, agents = stage.gaps(FEED), {one.headers["user-agent"] for one in stage.asked}
    assert len(agents) == 1
    assert gaps[0] >= HOUR
    for expected, gap in zip([1, 2, 4, 8, 16, 24, 24, 24], gaps[1:9], strict=True):
        assert timedelta(0) <= gap - expected * HOUR <= JITTER
    assert HOUR <= gaps[10] <= HOUR + JITTER  # one success resets
    assert stage.state(FEED).failures == 0
    assert len(stage.stored(FEED)) == 3


@pytest.mark.polite("B25")
def test_the_backoff_has_jitter(stage: Stage) -> None:
    urls = [stage.on(f"http://{n}.example/feed", Answer(500)) for n in range(12)]
    stage.follow(*urls)
    stage.run(days=0.3)
    assert len({stage.times(url)[2] - stage.times(url)[1] for url in urls}) > 6


@pytest.mark.polite("B23")
def test_410_twice_a_day_apart_ends_it_and_the_user_is_told(stage: Stage) -> None:
    stage.on(FEED, Answer(200, BODY, TAGGED), Answer(410))
    stage.follow(FEED)
    stage.run(days=4)
    asked = len(stage.asked)
    refused = [one.at for one in stage.asked if one.status == 410]
    assert refused[-1] - refused[0] >= DAY
    assert refused[-2] - refused[0] < DAY
    stage.run(days=30, step=HOUR)
    assert len(stage.asked) == asked
    row = stage.health(FEED)
    assert (row.state, row.error, row.next_poll_at, len(stage.stored(FEED))) == ("gone", "gone (410)", None, 3)
    assert stage.merged()  # its entries are kept


# --- B26 to B30: hosts ---------------------------------------------------------------------------------------


@pytest.mark.polite("B26")
def test_fifty_feeds_of_one_host_one_at_a_time_apart_and_delaying_nobody() -> None:
    with Stage(spacing=0.05) as stage:
        busy = [stage.on(f"http://busy.example/{n}", Answer(200, rss(1, f"B{n}", START), wait=0.01)) for n in range(50)]
        calm = [stage.on(f"http://{n}.example/feed", Answer(200, rss(1, f"C{n}", START))) for n in range(10)]
        stage.follow(*busy, *calm)
        stage.poll()
        seen = [one.seen for one in stage.asked if host(one.url) == "busy.example"]
        others = [one.seen for one in stage.asked if host(one.url) != "busy.example"]
    assert (len(seen), len(others)) == (50, 10)
    assert (
        max(seen) - min(seen) >= 49 * 0.05 / 2
    )  # at the other end, where one may be seen late; test_fetch_turns is exact
    assert stage.web.most_in_flight <= 11
    assert max(others) < max(seen)


@pytest.mark.polite("B26", "B30")
def test_in_run_after_three_days_off_a_busy_host_holds_up_no_other() -> None:
    with Stage(spacing=0.02) as stage:
        urls = [stage.on(f"http://busy.example/{n}", quiet(rss(1, f"B{n}", START))) for n in range(22)]
        urls += [stage.on(f"http://{n}.example/feed", quiet(rss(1, f"C{n}", START))) for n in range(55)]
        stage.follow(*urls)
        stage.poll()
        stage.now += 3 * DAY
        stage.asked.clear()
        woke = stage.now
        stage.run(days=1 / 24, until=lambda: {one.url for one in stage.asked} == set(urls))
        first = {url: stage.times(url)[0] - woke for url in urls}
        seen = [one.seen for one in stage.asked if host(one.url) == "busy.example"]
        assert max(first.values()) <= 2 * MINUTE
        assert max(at for url, at in first.items() if "busy" not in url) <= timedelta(seconds=10)
        assert max(seen) - min(seen) >= 21 * 0.02 / 2
        assert stage.web.most_in_flight <= 50


class Limited:
    """Reddit's habit: a request a minute from one address, whatever the path; else 429, and no word on how long."""

    def __init__(self, stage: Stage, gap: timedelta = MINUTE) -> None:
        self.stage, self.gap, self.last = stage, gap, START - DAY

    def __call__(self, request: Request) -> Answer:
        early = self.stage.now - self.last < self.gap
        self.last = self.stage.now
        if early:
            return Answer(429)
        tag = f'"{request.target}"'
        same = request.headers.get("if-none-match") == tag
        return Answer(304) if same else Answer(200, rss(1, request.target, START), {"ETag": tag})


@pytest.mark.polite("B27")
@pytest.mark.parametrize("how", ["run", "poll"])
def test_a_host_that_allows_a_request_a_minute(stage: Stage, how: str) -> None:
    limited = Limited(stage)
    urls = [stage.on(f"http://reddit.example/r/{n}.rss", limited) for n in range(30)]
    stage.follow(*(Source(url, every=4 * HOUR) for url in urls))
    for _ in range(2 * 24 * 4 if how == "poll" else 0):
        stage.poll(later=15 * MINUTE)
    if how == "run":
        stage.run(days=1.2)
    later = [one for one in stage.asked if one.at > START + DAY]
    good = sum(one.status != 429 for one in later)
    assert good >= 0.95 * len(later)
    assert good >= (30 if how == "run" else 4 * 24)
    each = Counter(one.url for one in later)
    assert set(each) == set(urls)
    assert max(each.values()) <= min(each.values()) + 8  # nobody starves
    minutes = Counter(one.at.replace(second=0, microsecond=0) for one in later)
    assert max(minutes.values()) == 1  # no burst


@pytest.mark.polite("B28")
def test_a_thousand_feeds_that_were_started_together_do_not_stay_together() -> None:
    """The decisions of `run` alone, an hour's requests by the minute, from the third hour on."""
    plan = [(START, n) for n in range(1000)]
    sources = [Source(f"https://{n}.example/feed") for n in range(1000)]
    states = [SourceState(n, one.url, one.url, '"v1"', validators_url=one.url) for n, one in enumerate(sources)]
    hours: dict[int, Counter[int]] = {}
    while plan[0][0] < START + 12 * HOUR:
        now, n = heappop(plan)
        states[n] = after_answer(
            sources[n],
            states[n],
            Response(sources[n].url, 200 if now == START else 304, {}),
            None,
            body_hash="x",
            brought_news=now == START,
            published=[START],
            now=now,
            scatter=True,
        )
        heappush(plan, (states[n].next_poll_at or now, n))
        hours.setdefault((now - START) // HOUR, Counter())[(now - START) // MINUTE % 60] += 1
    for hour in range(3, 12):
        total = hours[hour].total()
        assert total > 800
        assert max(hours[hour].values()) <= 0.05 * total, hour


@pytest.mark.polite("B29")
def test_a_feed_without_an_entry_for_ninety_days_is_asked_four_times_a_day_at_most(stage: Stage) -> None:
    stage.on(FEED, quiet(rss(3, newest=START - 91 * DAY)))
    stage.follow(FEED)
    stage.run(days=10)
    days = Counter((one.at - START) // DAY for one in stage.asked)
    assert max(days.values()) <= 4
    assert min(days.values()) >= 1
