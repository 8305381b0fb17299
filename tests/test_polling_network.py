"""Our own outage: recognised, held against nobody, over soon."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from aggregator.polling.network import looks_away
from tests.personas import START, Stage
from tests.web import Answer, Request, Scripted, rss

CUT, PAGE, OTHER = "no connection", "page 1", "page 2"
URLS = [f"http://{n}.example/feed" for n in range(6)]
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("signs", "away"),
    [
        ([], False),
        ([CUT, CUT], False),
        ([CUT] * 3, True),
        ([CUT, CUT, None], False),
        ([CUT] * 9 + [None], True),
        ([CUT] * 8 + [None] * 2, False),
        ([PAGE] * 3, True),
        ([PAGE, OTHER, CUT], False),
        ([PAGE, PAGE, CUT], True),
        ([PAGE, CUT, CUT], False),
        ([None] * 5, False),
    ],
)
def test_three_hosts_and_nine_in_ten(signs: list[str | None], away: bool) -> None:
    assert looks_away(signs) is away


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage() as made:
        for number, url in enumerate(URLS):
            made.on(url, quiet(number))
        made.follow(*URLS)
        made.run(days=0.2)
        yield made


def quiet(number: int) -> Scripted:
    return Answer(200, rss(2, f"Blog {number}", START), {"ETag": '"v1"'})


def portal(request: Request) -> Scripted:
    return Answer(302, b"", {"Location": "http://portal.example/login"})


def same_page(request: Request) -> Scripted:
    return Answer(200, b"<html><title>Hotel</title><form>Your room</form></html>")


def breaks(stage: Stage, how: str) -> None:
    stage.closed |= {"*"} if how == "connect" else set()
    stage.unknown |= {url.split("/")[2] for url in URLS} if how == "dns" else set()
    if how in ("portal", "page"):
        stage.on("http://portal.example/login", Answer(200, b"<html><form>Log in</form></html>"))
        for url in URLS:
            stage.on(url, portal if how == "portal" else same_page)


def mends(stage: Stage) -> None:
    stage.closed.clear()
    stage.unknown.clear()
    for number, url in enumerate(URLS):
        stage.on(url, quiet(number))


@pytest.mark.fault(38)
@pytest.mark.parametrize("how", ["connect", "dns", "portal", "page"])
def test_an_outage_is_no_sources_fault_and_polling_resumes_soon(stage: Stage, how: str) -> None:
    """In `run` sources are asked one by one, a few in each quarter of an hour: the window sees it all the same."""
    stage.now += 2 * HOUR  # all are due
    breaks(stage, how)
    before = {url: stage.state(url) for url in URLS}
    stage.run(days=3 * MINUTE / timedelta(days=1))
    assert stage.app.is_offline
    assert [stage.state(url).failures for url in URLS] == [0] * 6
    assert [stage.state(url).error for url in URLS] == [None] * 6
    assert all(stage.state(url).etag == before[url].etag for url in URLS)
    mends(stage)
    stage.service._probed -= 60  # the real minute between two tries
    stage.run(days=MINUTE / timedelta(days=1))
    assert not stage.app.is_offline
    assert all(stage.state(url).success_at >= stage.now - 2 * MINUTE for url in URLS)  # type: ignore[operator]


@pytest.mark.fault(38)
def test_failures_of_the_window_are_taken_back(stage: Stage) -> None:
    """The first sources that fail are blamed until enough of the others fail, too."""
    breaks(stage, "connect")
    stage.poll(force=True, named=URLS[:2])
    assert [stage.state(url).failures for url in URLS[:2]] == [1, 1]
    stage.now += 16 * MINUTE  # what answered before is out of the window
    stage.poll(force=True, named=URLS[2:4])
    stage.poll(force=True, named=URLS[4:], later=MINUTE)
    assert stage.app.is_offline
    assert [stage.state(url).failures for url in URLS] == [1, 1, 0, 0, 0, 0]


@pytest.mark.fault(38)
def test_with_two_hosts_a_failure_is_the_sources_and_costs_nothing_the_first_time(stage: Stage) -> None:
    stage.follow(*URLS[:2])
    stage.now += HOUR
    breaks(stage, "connect")
    stage.poll(force=True)
    assert not stage.app.is_offline
    assert [stage.state(url).failures for url in URLS[:2]] == [1, 1]
    plans = [stage.state(url).next_poll_at for url in URLS[:2]]
    assert all(at is not None and at - stage.now < HOUR + 4 * MINUTE for at in plans)
