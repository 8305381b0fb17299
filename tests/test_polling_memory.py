from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.errors import FetchError, ParseError
from aggregator.polling.memory import PATIENCE, after_answer, after_failure, where_to_ask
from aggregator.records import Hints, ParsedFeed, Redirect, Response, Source, SourceState

NOW = datetime(2026, 3, 14, 7, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
URL, NEW = "https://blog.example/feed", "https://new.example/feed"
SOURCE = Source(URL)
FRESH = SourceState(1, URL, URL)
KNOWN = replace(
    FRESH,
    etag='"1"',
    last_modified="Mon",
    validators_url=URL,
    success_at=NOW - HOUR,
    polled_at=NOW - HOUR,
    body_hash="one",
)
FEED = ParsedFeed("express", "rss", "rss20", "utf-8", True, title="A blog")
REFUSED = FetchError("http", "not found (404)")


def answer(status: int = 200, /, *hops: Redirect, url: str = URL, **headers: str) -> Response:
    return Response(url, status, {name.replace("_", "-"): value for name, value in headers.items()}, redirects=hops)


def told(
    state: SourceState,
    response: Response,
    feed: ParsedFeed | None = FEED,
    *,
    news: bool = False,
    now: datetime = NOW,
    source: Source = SOURCE,
) -> SourceState:
    return after_answer(
        source,
        state,
        response,
        feed if response.status == 200 else None,
        body_hash="two",
        brought_news=news,
        published=[now],
        now=now,
    )


def failed(state: SourceState, status: int | None, now: datetime = NOW, **headers: str) -> SourceState:
    return after_failure(SOURCE, state, answer(status, **headers) if status else None, REFUSED, now)


@pytest.mark.parametrize(
    ("headers", "etag", "modified"),
    [
        (
            {"etag": '"5f3-61a-gzip"', "last_modified": "Tue, 02 Jan 2024 03:04:05 GMT"},
            '"5f3-61a-gzip"',
            "Tue, 02 Jan 2024 03:04:05 GMT",
        ),
        ({"etag": 'W/"x"'}, 'W/"x"', None),
        ({"etag": "abc"}, "abc", None),
        ({"etag": '""'}, '""', None),
        ({"etag": "e" * 1024}, "e" * 1024, None),
        ({"last_modified": "2024-01-02 03:04:05"}, None, "2024-01-02 03:04:05"),
        ({"date": "Tue, 02 Jan 2024 03:04:05 GMT"}, None, None),
        ({"etag": "", "last_modified": ""}, None, None),
    ],
)
@pytest.mark.parametrize("before", [FRESH, KNOWN])
def test_a_200_replaces_the_validators_whatever_they_look_like(
    before: SourceState, headers: dict[str, str], etag: str | None, modified: str | None
) -> None:
    after = told(before, answer(200, **headers))
    assert (after.etag, after.last_modified) == (etag, modified)
    assert after.validators_url == (URL if etag or modified else None)


@pytest.mark.parametrize(
    ("headers", "etag", "modified"),
    [
        ({}, '"1"', "Mon"),
        ({"etag": '"2"'}, '"2"', "Mon"),
        ({"last_modified": "Tue"}, '"1"', "Tue"),
        ({"etag": '"2"', "last_modified": "Tue"}, '"2"', "Tue"),
        ({"etag": ""}, '"1"', "Mon"),
    ],
)
def test_a_304_only_adds_to_the_validators(headers: dict[str, str], etag: str, modified: str) -> None:
    after = told(KNOWN, answer(304, **headers))
    assert (after.etag, after.last_modified, after.validators_url, after.body_hash) == (etag, modified, URL, "one")


def test_the_same_bytes_with_new_validators_are_remembered_with_the_new_ones() -> None:
    assert told(KNOWN, answer(etag='"touched"'), feed=None).etag == '"touched"'


def test_a_document_that_was_cut_leaves_the_validators_alone_and_is_read_again() -> None:
    after = told(KNOWN, answer(etag='"2"'), FEED._replace(wellformed=False, cut=True))
    assert (after.etag, after.last_modified, after.validators_url, after.body_hash) == ('"1"', "Mon", URL, None)
    assert told(KNOWN, answer(etag='"2"'), FEED._replace(wellformed=False)).etag == '"2"'  # mended, but whole


@pytest.mark.parametrize("status", [None, 304, 403, 404, 410, 429, 500, 503])
def test_a_failure_changes_no_validator(status: int | None) -> None:
    after = failed(KNOWN, status, etag='"2"', last_modified="Tue")
    assert (after.etag, after.last_modified, after.validators_url, after.body_hash) == ('"1"', "Mon", URL, "one")


@pytest.mark.fault(45)
def test_a_document_that_stops_its_reader_three_times_is_left_alone_for_a_day_then_tried_again() -> None:
    poison, state, gaps = ParseError("limit", "its reader was stopped after 2 s"), KNOWN, []
    for _ in range(4):
        state = after_failure(SOURCE, state, answer(200), poison, NOW)
        assert state.next_poll_at
        gaps.append(state.next_poll_at - NOW >= timedelta(days=1))
    assert gaps == [False, False, True, True]
    assert state.reason == "its document stopped its reader 4 times, left alone for a day"
    assert told(state, answer()).reason != state.reason


def test_validators_belong_to_the_address_that_answered() -> None:
    assert told(FRESH, answer(200, Redirect(302, NEW), url=NEW, etag='"2"')).validators_url == NEW


def test_a_success_resets_what_failures_left_behind() -> None:
    bad = failed(failed(KNOWN, 410), 410)
    assert (bad.failures, bad.error, bad.error_kind) == (2, "not found (404)", "http")
    good = told(bad, answer(304))
    assert (good.failures, good.error, good.error_kind, good.gone_at) == (0, None, None, None)
    assert good.success_at == good.polled_at == NOW
    assert good.next_poll_at is not None
    assert good.next_poll_at - NOW < 2 * HOUR


def test_what_the_feed_says_of_itself_is_kept_until_it_says_otherwise() -> None:
    first = told(FRESH, answer(), FEED._replace(link="https://blog.example/", language="en", hints=Hints(ttl=3 * HOUR)))
    assert (first.feed_title, first.feed_link, first.language) == ("A blog", "https://blog.example/", "en")
    assert told(first, answer(304)).next_poll_at == first.next_poll_at  # the ttl counts for a 304, too
    later = told(first, answer(), FEED._replace(title=None))
    assert (later.feed_title, later.feed_link, later.hints) == ("A blog", "https://blog.example/", Hints())


# --- 410 and 404 ---------------------------------------------------------------------------------------------


def test_410_a_day_apart_retires_a_source() -> None:
    state = failed(KNOWN, 410)
    assert (state.gone, state.gone_at) == (False, NOW)
    state = failed(state, 410, NOW + DAY - HOUR)
    assert (state.gone, state.gone_at) == (False, NOW)
    assert failed(state, 410, NOW + DAY).gone


@pytest.mark.parametrize(("between", "gone"), [(None, True), (404, False), (503, False)])
def test_only_an_answer_speaks_against_a_410(between: int | None, gone: bool) -> None:
    state = failed(failed(failed(KNOWN, 410), between, NOW + HOUR), 410, NOW + DAY)
    assert state.gone is gone


def test_an_asked_for_poll_of_a_retired_source_revives_it_only_by_an_answer() -> None:
    gone = failed(failed(KNOWN, 410), 410, NOW + DAY)
    assert failed(gone, None, NOW + 2 * DAY).gone
    assert failed(gone, 410, NOW + 2 * DAY).gone
    assert not failed(gone, 404, NOW + 2 * DAY).gone
    assert not told(gone, answer(), now=NOW + 2 * DAY).gone


@pytest.mark.polite("B22")
def test_404_is_never_the_end() -> None:
    state, now = KNOWN, NOW
    for _ in range(100):
        state, now = failed(state, 404, now), now + DAY
    assert not state.gone
    assert state.failures == 100
    assert state.next_poll_at is not None
    assert state.next_poll_at - now < HOUR


# --- moves ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hops", "moved_to"),
    [
        ((), None),
        ((Redirect(301, NEW),), NEW),
        ((Redirect(308, NEW),), NEW),
        ((Redirect(302, NEW),), None),
        ((Redirect(303, NEW),), None),
        ((Redirect(307, NEW),), None),
        ((Redirect(301, "https://a.example/"), Redirect(308, NEW)), NEW),
        ((Redirect(302, "https://a.example/"), Redirect(301, NEW)), None),
        ((Redirect(301, "https://a.example/"), Redirect(302, NEW)), "https://a.example/"),
    ],
)
@pytest.mark.parametrize("status", [200, 304])
def test_only_what_permanent_redirects_begin_with_is_a_move(
    hops: tuple[Redirect, ...], moved_to: str | None, status: int
) -> None:
    after = told(replace(KNOWN, validators_url=NEW), answer(status, *hops, url=hops[-1].url if hops else URL))
    assert after.moved_to == moved_to
    assert (after.moved_seen, after.moved_since) == ((1, NOW) if moved_to else (0, None))


def test_a_move_is_believed_after_three_sightings_over_two_days() -> None:
    state, asked = KNOWN, []
    for hours in (0, 1, 2, 47, 48, 49):
        moved = answer(200, Redirect(301, NEW), url=NEW)
        state = told(state, moved, now=NOW + hours * HOUR)
        asked.append(where_to_ask(SOURCE, state))
    assert asked == [URL, URL, URL, URL, NEW, NEW]


def test_two_sightings_are_not_three_however_long_ago() -> None:
    once = told(KNOWN, answer(200, Redirect(301, NEW), url=NEW))
    state = told(once, answer(200, Redirect(301, NEW), url=NEW), now=NOW + 9 * DAY)
    assert where_to_ask(SOURCE, state) == URL


@pytest.mark.polite("C01")
@pytest.mark.parametrize("other", [(), (Redirect(302, NEW),), (Redirect(301, "https://third.example/"),)])
def test_another_answer_in_between_starts_the_count_anew(other: tuple[Redirect, ...]) -> None:
    state = KNOWN
    for hours in (0, 1):
        state = told(state, answer(200, Redirect(301, NEW), url=NEW), now=NOW + hours * HOUR)
    state = told(state, answer(200, *other), now=NOW + 2 * HOUR)
    state = told(state, answer(200, Redirect(301, NEW), url=NEW), now=NOW + 50 * HOUR)
    assert (state.moved_seen, state.moved_since) == (1, NOW + 50 * HOUR)


@pytest.mark.polite("C01")
@pytest.mark.parametrize(
    ("old", "new", "at_once"),
    [
        ("http://blog.example/feed?a=B", "https://blog.example/feed?a=B", True),
        ("http://blog.example/feed#x", "https://blog.example/feed", True),
        ("http://blog.example/feed", "https://blog.example/feed/", False),
        ("http://blog.example/feed", "https://www.blog.example/feed", False),
        ("https://blog.example/feed", "http://blog.example/feed", False),
    ],
)
def test_from_http_to_https_of_the_same_address_is_believed_at_once(old: str, new: str, at_once: bool) -> None:
    source = Source(old)
    state = told(SourceState(1, old, old), answer(200, Redirect(301, new), url=new), source=source)
    assert where_to_ask(source, state) == (new if at_once else old)


@pytest.fixture
def moved() -> SourceState:
    state = KNOWN
    for hours in (0, 24, 48):
        state = told(state, answer(200, Redirect(301, NEW), url=NEW, etag='"n"'), now=NOW + hours * HOUR)
    return state


def test_a_move_stays_while_the_new_address_answers(moved: SourceState) -> None:
    later = told(moved, answer(200, url=NEW), now=NOW + 3 * DAY)
    assert (where_to_ask(SOURCE, later), later.moved_to) == (NEW, NEW)
    assert where_to_ask(SOURCE, told(later, answer(304, url=NEW), now=NOW + 4 * DAY)) == NEW


def test_the_old_address_is_asked_again_while_the_new_one_fails(moved: SourceState) -> None:
    broken = failed(moved, 404, NOW + 3 * DAY)
    assert where_to_ask(SOURCE, broken) == URL
    still = told(broken, answer(200, Redirect(301, NEW), url=NEW), now=NOW + 4 * DAY)
    assert where_to_ask(SOURCE, still) == NEW
    back = told(broken, answer(200), now=NOW + 4 * DAY)
    assert (where_to_ask(SOURCE, back), back.moved_to) == (URL, None)


def test_a_move_goes_on_from_where_it_led(moved: SourceState) -> None:
    third = "https://third.example/"
    further = told(moved, answer(200, Redirect(301, third), url=third), now=NOW + 3 * DAY)
    assert (further.moved_to, further.moved_seen) == (third, 1)
    assert where_to_ask(SOURCE, further) == URL


# --- the pace ------------------------------------------------------------------------------------------------


def hours_until_next(state: SourceState, now: datetime) -> int:
    assert state.next_poll_at is not None
    return (state.next_poll_at - now) // HOUR


def test_without_validators_an_unchanged_body_is_asked_for_ever_less_often() -> None:
    state, gaps = told(FRESH, answer(), news=True), []
    for _ in range(6):
        gaps.append(hours_until_next(state, NOW))
        state = told(state, answer(), feed=None)
    assert gaps == [1, 2, 4, 8, 24, 24]
    assert hours_until_next(told(state, answer(), news=True), NOW) == 1


def test_validators_that_do_not_work_are_found_out_with_patience() -> None:
    state, gaps = KNOWN, []
    for _ in range(PATIENCE + 2):
        state = told(state, answer(etag='"1"'), feed=None)
        gaps.append(hours_until_next(state, NOW))
    assert gaps[PATIENCE - 2 :] == [1, 2, 4, 8]
    assert hours_until_next(told(state, answer(304)), NOW) == 1


def test_an_edited_body_shows_that_the_validators_work() -> None:
    edited = told(replace(KNOWN, quiet_polls=PATIENCE + 5), answer(etag='"2"'))
    assert (edited.quiet_polls, hours_until_next(edited, NOW)) == (0, 1)


def test_429_doubles_the_gap_that_was_planned() -> None:
    slow = told(KNOWN, answer(cache_control="max-age=14400"))
    assert hours_until_next(failed(slow, 429, NOW + 4 * HOUR), NOW + 4 * HOUR) >= 8


def test_a_poll_by_hand_that_fails_does_not_shorten_a_wish() -> None:
    asked = told(KNOWN, answer(cache_control="max-age=14400"))
    assert failed(asked, None, NOW + HOUR).not_before == NOW + 4 * HOUR
    assert failed(asked, None, NOW + 4 * HOUR).not_before is None
    assert failed(asked, 503, NOW + HOUR, retry_after="60").not_before == NOW + 4 * HOUR
