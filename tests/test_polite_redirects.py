"""Politeness, section C: redirects. What one hop may be is in test_fetch_client.py; here is what becomes of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from aggregator.cli.words import move_line
from tests.personas import START, Stage, host
from tests.web import Answer, Request, Scripted, rss

OLD, NEW = "http://old.example/feed", "http://new.example/feed"
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BODY = rss(3, newest=START)


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage() as made:
        yield made


def to(url: str, status: int = 301) -> Answer:
    return Answer(status, b"", {"Location": url})


def quiet(request: Request) -> Scripted:
    return Answer(304) if request.headers.get("if-none-match") == '"v1"' else Answer(200, BODY, {"ETag": '"v1"'})


def old_is_asked_after(stage: Stage, days: float) -> bool:
    """Whether the old address is still asked after so many days of `run`."""
    stage.follow(OLD)
    stage.run(days=days)
    asked = len(stage.times(OLD))
    stage.run(days=0.5)
    return len(stage.times(OLD)) > asked


@pytest.mark.polite("C01")
@pytest.mark.parametrize("status", [301, 308])
@pytest.mark.parametrize(("days", "is_asked"), [(1, True), (1.9, False), (3, False)])
def test_a_move_is_believed_after_three_sightings_over_two_days(
    stage: Stage, status: int, days: float, is_asked: bool
) -> None:
    stage.on(OLD, to(NEW, status))
    stage.on(NEW, quiet)
    stage.follow(OLD)
    if is_asked:
        assert old_is_asked_after(stage, days)
        return
    stage.run(days=days + 0.3)
    before = len(stage.times(OLD))
    stage.run(days=1)
    assert len(stage.times(OLD)) == before
    assert len(stage.times(NEW)) > before
    row = stage.health(OLD)
    assert row.state == "moved"
    assert row.reason.endswith(f"; it has moved for good: line 5 should say {NEW}")
    assert stage.state(OLD).url == OLD  # feeds.yaml is the user's


@pytest.mark.polite("C02")
@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_temporary_redirect_is_never_remembered(stage: Stage, status: int) -> None:
    stage.on(OLD, to(NEW, status))
    stage.on(NEW, quiet)
    assert old_is_asked_after(stage, 5)
    assert len(stage.times(OLD)) == len(stage.times(NEW))
    assert stage.health(OLD).state == "ok"


@pytest.mark.polite("C03")
@pytest.mark.parametrize(
    ("first", "second", "remembered"), [(302, 301, None), (301, 302, "http://mid.example/feed"), (301, 308, NEW)]
)
def test_only_the_permanent_beginning_of_a_chain_is_remembered(
    stage: Stage, first: int, second: int, remembered: str | None
) -> None:
    stage.on(OLD, to("http://mid.example/feed", first))
    stage.on("http://mid.example/feed", to(NEW, second))
    stage.on(NEW, quiet)
    stage.follow(OLD)
    stage.run(days=3)
    assert stage.state(OLD).moved_to == remembered
    assert stage.asked[-1].url == NEW
    old = len(stage.times(OLD))
    stage.run(days=0.5)
    assert (len(stage.times(OLD)) == old) is (remembered is not None)


@pytest.mark.polite("C04")
def test_a_loop_costs_six_requests_and_one_failure(stage: Stage) -> None:
    stage.on(OLD, to(NEW, 302))
    stage.on(NEW, to(OLD, 302))
    stage.follow(OLD)
    done = stage.poll()
    assert len(stage.asked) == 6
    assert [failure.error for failure in done.failed] == ["redirects more than 5 times"]


@pytest.mark.polite("C08")
@pytest.mark.parametrize(
    "page", [b"<html><title>Parked</title><p>Buy this domain</html>", b"<html><form>Log in</form>"]
)
def test_a_redirect_to_a_page_keeps_the_entries_and_the_address(stage: Stage, page: bytes) -> None:
    stage.on(OLD, Answer(200, BODY, {"ETag": '"v1"'}), to("http://parked.example/"))
    stage.on("http://parked.example/", Answer(200, page))
    stage.follow(OLD)
    stage.run(days=4)
    assert stage.state(OLD).moved_to is None
    assert stage.asked[-2].url == OLD
    assert len(stage.stored(OLD)) == len(stage.merged()) == 3
    assert stage.health(OLD).state == "failing"


@pytest.mark.polite("C08")
def test_a_redirect_to_another_feed_is_no_move(stage: Stage) -> None:
    """A domain that changed hands: what stands at the new address is a feed, but not this one."""
    other = rss([f"Casino {n}" for n in range(3)], title="Casino", newest=START)
    stage.on(OLD, Answer(200, BODY, {"ETag": '"v1"'}), to("http://casino.example/feed"))
    stage.on("http://casino.example/feed", Answer(200, other))
    stage.follow(OLD)
    stage.run(days=5)
    assert stage.state(OLD).moved_seen == 0
    assert stage.health(OLD).state == "quarantined"
    assert not [entry for entry in stage.merged() if "Casino" in str(entry)]
    assert stage.asked[-2].url == OLD


@pytest.mark.polite("C01")
def test_a_move_that_became_certain_is_told_once_with_the_line_to_edit(stage: Stage) -> None:
    stage.on(OLD, Answer(200, BODY), to(NEW))
    stage.on(NEW, Answer(200, BODY))
    stage.follow(OLD)
    told = [move for _ in range(6) for move in stage.poll(later=timedelta(days=1)).moved]
    assert [(move.to, move.sightings) for move in told] == [(NEW, 3)]
    since = f"3 sightings since {told[0].since:%d %B}"
    assert move_line(told[0], stage.app.config) == (
        f"  moved: {host(OLD)} now answers at {NEW} ({since}); feeds.yaml:5"
    )
    private = replace(told[0], source=replace(told[0].source, private=True))
    assert "now answers at a new address (" in move_line(private, stage.app.config)


@pytest.mark.polite("C09")
def test_after_a_move_nothing_is_announced_again(stage: Stage) -> None:
    stage.on(OLD, Answer(200, BODY), to(NEW))
    stage.on(NEW, Answer(200, rss(3, newest=START)))
    stage.follow(OLD)
    stage.run(days=4)
    assert stage.state(OLD).moved_to == NEW
    assert len(stage.stored(OLD)) == len(stage.merged()) == 3


@pytest.mark.polite("C10")
def test_a_move_to_another_line_is_polled_once_and_told(stage: Stage) -> None:
    stage.on(OLD, to(NEW))
    stage.on(NEW, quiet)
    stage.follow(OLD, NEW)
    stage.run(days=2.5)
    stage.asked.clear()
    stage.run(days=1)
    assert stage.times(OLD) == []
    assert min(stage.gaps(NEW)) >= HOUR
    row = stage.health(OLD)
    assert (row.state, row.next_poll_at) == ("moved", None)
    assert row.reason == f"moved to {NEW}, an address that has a line of its own, which is polled; remove line 5"


@pytest.mark.polite("C11")
@pytest.mark.parametrize(
    "extra",
    [
        f"<atom:link xmlns:atom='http://www.w3.org/2005/Atom' rel='self' href='{NEW}'/>",
        f"<i:new-feed-url xmlns:i='http://www.itunes.com/dtds/podcast-1.0.dtd'>{NEW}</i:new-feed-url>",
    ],
)
def test_what_a_feed_says_of_its_address_moves_nothing(stage: Stage, extra: str) -> None:
    stage.on(OLD, Answer(200, rss(3, newest=START, extra=extra)))
    stage.on(NEW, quiet)
    stage.follow(OLD)
    stage.run(days=4)
    assert stage.times(NEW) == []
    assert stage.state(OLD).moved_to is None
