from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from aggregator.errors import FetchError, ParseError, StoreError
from aggregator.fetch.client import Trust, Wire
from aggregator.fetch.names import Resolver, look_up
from aggregator.fetch.turns import SPACING
from aggregator.pipeline import Polled, settle
from aggregator.polling.lanes import AHEAD, FIRST_LANES, LANES, LIGHT, LOOK, LULL, Crew, Done, in_lanes
from aggregator.polling.recorder import record
from aggregator.records import PollResult, Response, Source, SourceState
from aggregator.store.ahead import Elders
from aggregator.store.sqlite import Store, open_store
from aggregator.urls import host_of
from tests.makers import POOL
from tests.web import DAY_ONE, Answer, Raw, Request, Web, atom, rss

NOW = DAY_ONE + timedelta(minutes=30)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TLS = Trust()


def wire(timeout: float = 1.0, resolver: Resolver = look_up) -> Wire:
    return Wire("test/1", TLS, timeout, resolver)


def ours(url: str, **more: Any) -> Source:
    return replace(Source(url, allow_private=True), **more)


def fresh(source: Source) -> tuple[Source, SourceState]:
    return source, SourceState(0, source.url, source.url)


def polled(work: list[tuple[Source, SourceState]], reach: Wire | None = None, now: datetime = NOW) -> list[Polled]:
    return [one for one in in_lanes(work, reach or wire(), POOL, lambda: now, threading.Event()) if one is not None]


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as made:
        yield made


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = open_store(tmp_path / "aggregator.db")
    yield made
    made.close()


class Desk:
    """A store, the sources it follows, and a pass over them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.removed: Elders | None = None

    def follow(self, *sources: Source, now: datetime = NOW) -> None:
        self.sources = sources
        with self.store.transaction():
            self.store.sources.follow(sources, now)
        self.removed = Elders(self.store, now)

    def poll(self, now: datetime = NOW) -> dict[str, PollResult]:
        states = self.store.sources.states()
        results = {}
        for one in polled([(source, states[source.url]) for source in self.sources], now=now):
            result = settle(one, self.store, now, self.removed)
            record(result, self.store, now)
            results[one.source.url] = result
        return results

    def state(self, url: str) -> SourceState:
        return self.store.sources.states()[url]

    def titles(self, url: str) -> set[str]:
        return {known.title for known in self.store.entries.known(self.state(url).key)}

    def kept(self, url: str) -> bytes | None:
        body = self.store.bodies.newest(self.state(url).key)
        return body.data if body else None


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


# --- one source ----------------------------------------------------------------------------------------------


def test_a_source_from_its_first_poll_to_a_quiet_one(web: Web, desk: Desk) -> None:
    tagged = {"ETag": '"1"', "Content-Type": "application/rss+xml"}
    url = web.on(
        "/feed",
        Answer(200, rss(2), tagged),
        Answer(304),
        Answer(200, rss(2), {"ETag": '"2"'}),
        Answer(200, rss(["New", "Entry 0", "Entry 1"], newest=NOW), {"ETag": '"3"'}),
    )
    desk.follow(ours(url))
    outcomes, news = [], []
    for hours in range(4):
        result = desk.poll(NOW + hours * HOUR)[url]
        outcomes.append(result.outcome)
        news.append(len(result.changes.new))
    assert outcomes == ["new", "not_modified", "unchanged", "new"]
    assert news == [2, 0, 0, 1]
    assert [request.headers.get("if-none-match") for request in web.asked] == [None, '"1"', '"1"', '"2"']
    assert (desk.state(url).etag, desk.state(url).feed_title, desk.state(url).failures) == ('"3"', "Made up", 0)
    assert desk.titles(url) == {"New", "Entry 0", "Entry 1"}


def test_a_304_to_a_request_without_a_condition_is_an_error_and_does_not_wedge(web: Web, desk: Desk) -> None:
    url = web.on("/feed", Answer(304, headers={"ETag": '"x"'}), Answer(200, rss(1)))
    desk.follow(ours(url))
    result = desk.poll()[url]
    assert (result.outcome, result.state.error_kind, result.state.etag) == ("failed", "http", None)
    assert result.state.error == "says 'not modified' (304) to a request without a condition"
    assert desk.poll(NOW + 2 * HOUR)[url].outcome == "new"
    assert "if-none-match" not in web.asked[1].headers


@pytest.mark.fault(33)
@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (
            Answer(200, b"<html><head><link rel=alternate type='application/rss+xml' href='/real'></head><p>Hi</html>"),
            "html",
            "; its feed seems to be http://127.0.0.1:{port}/real",
        ),
        (Answer(200, b"<!doctype html><title>Parked</title><p>Buy this domain"), "html", "an HTML page"),
        (Answer(200, b""), "not_feed", "empty"),
        (Answer(200, b"%PDF-1.7"), "not_feed", ""),
        (Answer(404, b"no"), "http", "not found (404)"),
        (Answer(403, b"no", {"cf-mitigated": "challenge"}), "http", "refused (403, anti-bot)"),
        (Answer(200, rss(3)[:-40], length=len(rss(3)), then="close"), "body", "cut short"),
        (Answer(200, b"\x1f\x8b\x08", {"Content-Encoding": "gzip"}), "body", "cut short"),
    ],
)
def test_a_failure_is_data_and_leaves_what_was_known(
    web: Web, desk: Desk, answer: Answer, kind: str, words: str
) -> None:
    wrong = replace(answer, headers={**answer.headers, "ETag": '"2"'})
    url = web.on("/feed", Answer(200, rss(2), {"ETag": '"1"'}), wrong, Answer(304))
    desk.follow(ours(url))
    desk.poll()
    result = desk.poll(NOW + HOUR)[url]
    assert (result.outcome, result.state.error_kind, result.state.failures) == ("failed", kind, 1)
    assert words.format(port=web.port) in (result.state.error or "")
    assert desk.titles(url) == {"Entry 0", "Entry 1"}
    assert desk.poll(NOW + 3 * HOUR)[url].outcome == "not_modified"
    assert [request.headers.get("if-none-match") for request in web.asked] == [None, '"1"', '"1"']


def test_a_document_that_was_cut_gives_its_whole_entries_and_no_validators(web: Web, desk: Desk) -> None:
    whole = rss(["One", "Two", "Three"])
    cut = whole[: whole.index(b"Three") + 2]
    url = web.on("/feed", Answer(200, cut, {"ETag": '"1"'}), Answer(200, cut, {"ETag": '"1"'}), Answer(200, whole))
    desk.follow(ours(url))
    assert {"One", "Two"} <= {entry.title for entry, _ in desk.poll()[url].changes.new}
    desk.poll(NOW + HOUR)
    desk.poll(NOW + 2 * HOUR)
    assert all("if-none-match" not in request.headers for request in web.asked)
    assert {"One", "Two", "Three"} <= desk.titles(url)


def test_a_move_is_followed_at_once_and_asked_directly_once_it_is_certain(web: Web, desk: Desk) -> None:
    new = web.on("/new", Answer(200, rss(2), {"ETag": '"n"'}), Answer(304))
    old = web.on("/old", Answer(301, b"", {"Location": "/new"}))
    desk.follow(ours(old))
    for hours in (0, 24, 48, 72, 96):
        desk.poll(NOW + hours * HOUR)
    assert web.targets() == ["/old", "/new"] * 3 + ["/new"] * 2
    tags = [request.headers.get("if-none-match") for request in web.asked if request.target == "/new"]
    assert tags == [None, *['"n"'] * 4]
    assert (desk.state(old).moved_to, len(desk.titles(old))) == (new, 2)
    web.on("/new", Answer(410))
    desk.poll(NOW + 120 * HOUR)
    web.on("/old", Answer(200, rss(2)))
    desk.poll(NOW + 144 * HOUR)
    assert web.targets()[-2:] == ["/new", "/old"]
    assert desk.state(old).moved_to is None


def test_a_redirect_to_a_page_changes_nothing(web: Web, desk: Desk) -> None:
    url = web.on("/feed", Answer(200, rss(2)), Answer(301, b"", {"Location": "/parked"}))
    web.on("/parked", Answer(200, b"<html><body>Parked</body></html>"))
    desk.follow(ours(url))
    desk.poll()
    state = desk.poll(NOW + HOUR)[url].state
    assert (state.error_kind, state.moved_to, len(desk.titles(url))) == ("html", None, 2)


# --- recording -----------------------------------------------------------------------------------------------


def test_recording_is_one_transaction(web: Web, desk: Desk) -> None:
    url = web.on("/feed", Answer(200, rss(2), {"ETag": '"1"'}))
    desk.follow(ours(url))
    (one,) = polled([(desk.sources[0], desk.state(url))])
    result = settle(one, desk.store, NOW)
    twice = replace(result, changes=replace(result.changes, new=result.changes.new * 2))
    with pytest.raises(StoreError):  # one guid, two entries: the store refuses the second
        record(twice, desk.store, NOW)
    state = desk.state(url)
    assert (state.etag, state.success_at, desk.titles(url), desk.kept(url)) == (
        None,
        None,
        set(),
        None,
    )
    record(result, desk.store, NOW)
    assert (desk.state(url).etag, len(desk.titles(url))) == ('"1"', 2)
    assert desk.kept(url) == rss(2)


@pytest.mark.parametrize(("headers", "rested"), [({"Retry-After": "86400"}, DAY), ({}, 2 * HOUR)])
def test_429_rests_the_whole_public_host(desk: Desk, headers: dict[str, str], rested: timedelta) -> None:
    source = Source("https://feeds.example/a")
    desk.follow(source)
    answer = Response(source.url, 429, {name.lower(): value for name, value in headers.items()})
    failed = Polled(source, desk.state(source.url), answer, error=ParseError("http", "slow down"))
    result = settle(failed, desk.store, NOW)
    record(result, desk.store, NOW)
    until = desk.store.sources.hosts()["feeds.example"]
    assert rested <= until - NOW <= rested + timedelta(minutes=4)


def test_other_refusals_and_private_hosts_rest_only_the_address(desk: Desk) -> None:
    public, private = Source("https://feeds.example/a"), ours("http://box.example/a")
    desk.follow(public, private)
    for source, status in ((public, 503), (public, 403), (private, 429)):
        answer = Response(source.url, status, {"retry-after": "86400"})
        result = settle(Polled(source, desk.state(source.url), answer, error=ParseError("http", "no")), desk.store, NOW)
        assert result.rests == ()
        assert result.state.not_before == NOW + DAY


def test_a_redirect_rests_the_host_that_said_429(desk: Desk) -> None:
    source = Source("https://short.example/a")
    desk.follow(source)
    answer = Response("https://feeds.example/a", 429, {})
    failed = Polled(source, desk.state(source.url), answer, error=ParseError("http", "slow down"))
    assert [rest.host for rest in settle(failed, desk.store, NOW).rests] == ["feeds.example"]


# --- an edited line ------------------------------------------------------------------------------------------


def test_an_edited_address_keeps_its_history(web: Web, desk: Desk) -> None:
    old = web.on("/old", Answer(200, rss(4), {"ETag": '"1"'}))
    new = web.on("/new", Answer(200, rss(3), {"ETag": '"2"'}))
    desk.follow(ours(old))
    desk.poll()
    key = desk.state(old).key
    desk.follow(ours(new), now=NOW + HOUR)
    result = desk.poll(NOW + HOUR)[new]
    assert (result.changes.new, desk.state(new).key, desk.state(new).first_url) == ((), key, old)
    assert "if-none-match" not in web.asked[1].headers
    assert (desk.state(new).etag, desk.state(new).validators_url) == ('"2"', new)
    assert list(desk.store.sources.states()) == [new]


def test_what_a_move_taught_does_not_follow_to_an_edited_address(web: Web, desk: Desk) -> None:
    old, new = web.on("/old", Answer(301, b"", {"Location": "/moved"})), web.on("/new", Answer(200, rss(3)))
    web.on("/moved", Answer(200, rss(3)))
    desk.follow(ours(old))
    for hours in (0, 24, 48):
        desk.poll(NOW + hours * HOUR)
    desk.follow(ours(new), now=NOW + 49 * HOUR)
    for hours in (49, 50):
        desk.poll(NOW + hours * HOUR)
    assert web.targets()[-2:] == ["/new", "/new"]


def test_another_blog_is_another_source(web: Web, desk: Desk) -> None:
    old = web.on("/old", Answer(200, rss(3)))
    new = web.on("/new", Answer(200, rss(["A", "B"], title="Other")))
    desk.follow(ours(old))
    desk.poll()
    desk.follow(ours(new), now=NOW + HOUR)
    assert len(desk.poll(NOW + HOUR)[new].changes.new) == 2
    assert desk.state(new).first_url == new


def test_of_two_new_lines_only_one_takes_over(web: Web, desk: Desk) -> None:
    old = web.on("/old", Answer(200, rss(4)))
    one, two = web.on("/one", Answer(200, rss(4))), web.on("/two", Answer(200, rss(4)))
    desk.follow(ours(old))
    desk.poll()
    desk.follow(ours(one), ours(two), now=NOW + HOUR)
    results = desk.poll(NOW + HOUR)
    assert sorted(len(result.changes.new) for result in results.values()) == [0, 4]
    assert list(desk.store.sources.states()) == [one, two]


# --- lanes ---------------------------------------------------------------------------------------------------


def test_bad_sources_stop_no_other(web: Web) -> None:
    bad: list[Answer | Raw] = [
        Answer(500),
        Answer(200, b"\0\xff" * 500),
        Answer(200, rss(2)[:200], length=999, then="close"),
        Raw(b"", "reset"),
        Answer(200, b"<rss", drip=0.1),
        Raw(b"junk\r\n\r\n"),
        Answer(301, b"", {"Location": "file:///etc/passwd"}),
        Answer(200, b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"),
        Answer(200, b"[" * 100_000),
    ]
    work = [fresh(ours(web.on(f"/bad{n}", answer))) for n, answer in enumerate(bad)]
    work += [fresh(ours("http://[::1]:1/refused")), fresh(ours("http://" + "a" * 70 + ".example/"))]
    good = [ours(web.on(f"/good{n}", Answer(200, document))) for n, document in enumerate((rss(2), atom(2), rss(0)))]
    for source in good:
        work.insert(len(work) // 2, fresh(source))
    results = {one.source.url: one for one in polled(work, wire(0.5))}
    assert len(results) == len(work)
    assert [len(results[source.url].entries) for source in good] == [2, 2, 0]
    assert all(results[source.url].error is None for source in good)
    assert sum(one.error is not None for one in results.values()) == len(work) - 3


def test_one_request_at_a_time_at_a_host_and_hosts_side_by_side() -> None:
    with Web() as one, Web() as two:
        slow = Answer(404, wait=0.25)  # nothing to read: what is measured is the asking alone
        work = [fresh(ours(web.on(f"/{n}", slow))) for n in range(3) for web in (one, two)]
        assert len(polled(work)) == 6
        assert one.most_in_flight == two.most_in_flight == 1
        assert max(web.asked[0].at for web in (one, two)) < min(web.asked[-1].at for web in (one, two))
        assert one.targets() == two.targets() == ["/0", "/1", "/2"]
        assert one.connections == two.connections == 1


class Names:
    """A resolver that gives everything one address of nobody (documentation), and notes who asked when."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, float]] = []

    def __call__(self, host: str, port: int, timeout: float) -> list[str]:
        self.asked.append((host, time.monotonic()))
        return ["192.0.2.1"]

    def at(self, host: str) -> list[float]:
        return [at for name, at in self.asked if name == host]


def test_starts_at_a_public_host_are_a_second_apart_and_delay_no_other() -> None:
    names = Names()
    work = [fresh(Source(f"https://busy.example/{n}")) for n in range(2)]
    work += [fresh(Source(f"https://calm{n}.example/")) for n in range(5)]
    began = time.monotonic()
    results = polled(work, wire(resolver=names))
    assert {one.error.kind for one in results if one.error} == {"refused"}
    assert len(results) == 7
    starts = names.at("busy.example")
    assert all(later - earlier >= SPACING for earlier, later in pairwise(starts))
    assert SPACING <= time.monotonic() - began < 20 * SPACING
    assert all(names.at(f"calm{n}.example")[0] < starts[1] for n in range(5))


def test_after_429_a_public_host_is_asked_nothing_more(web: Web) -> None:
    web.on("http://busy.example/a", Answer(429, b"", {"Retry-After": "60"}))
    web.on("http://calm.example/a", Answer(200, rss(1)))
    proxy = web.url("")
    work = [fresh(Source(f"http://busy.example/{path}", proxy=proxy, allow_private=True)) for path in "ab"]
    work += [fresh(Source("http://calm.example/a", proxy=proxy, allow_private=True))]
    results = polled(work)
    assert sorted(one.source.url for one in results) == ["http://busy.example/a", "http://calm.example/a"]
    assert "http://busy.example/b" not in web.targets()


def test_after_429_ones_own_machine_is_asked_on(web: Web) -> None:
    work = [fresh(ours(web.on(f"/{n}", Answer(429)))) for n in range(3)]
    assert len(polled(work)) == 3


def test_while_nothing_comes_the_caller_gets_its_turn(web: Web) -> None:
    work = [fresh(ours(web.on("/slow", Answer(200, rss(1), wait=0.7))))]
    turns = list(in_lanes(work, wire(2), POOL, lambda: NOW, threading.Event()))
    assert [turn is None for turn in turns][:2] == [True, True]
    assert turns[-1] is not None


def test_a_caller_that_is_busy_is_not_buried_in_results() -> None:
    names = Names()
    work = [fresh(Source(f"https://calm{n}.example/")) for n in range(LANES + LIGHT + 20)]
    results = in_lanes(work, wire(resolver=names), POOL, lambda: NOW, threading.Event())
    assert next(results) is not None
    assert until(lambda: len(names.asked) > LIGHT + FIRST_LANES, 60)
    threading.Event().wait(0.05)
    assert len(names.asked) <= 1 + LIGHT + LANES  # one taken, those that wait, and one a lane
    assert 1 + len([one for one in results if one is not None]) == len(work)


def test_hosts_that_take_their_time_are_asked_at_once() -> None:
    asked, all_asked = list[str](), threading.Event()

    def slowly(host: str, port: int, seconds: float) -> list[str]:
        asked.append(host)
        all_asked.wait(60)
        raise FetchError("dns", "no such host")

    work = [fresh(Source(f"https://slow{n}.example/")) for n in range(LANES + 1)]
    for _ in in_lanes(work, wire(60, resolver=slowly), POOL, lambda: NOW, threading.Event()):
        if len(asked) >= LANES:
            all_asked.set()
    assert all_asked.is_set()
    assert len(asked) == len(work)


def test_lanes_are_opened_while_there_is_time_to_compute() -> None:
    """In each step: seconds that went by, those of them that were computed, how many lanes are open then."""
    ended = threading.Event()
    crew, now, computed = Crew(lambda: ended.wait(60) and None, 40, 100.0, 7.0), 100.0, 7.0
    steps = ((0.0, 0.0, 6), (0.004, 0.0, 6), (0.01, 0.014, 6), (0.01, 0.009, 6), (0.01, 0.001, 12), (0.01, 0.0, 24),
             (0.02, 0.016, 24), (1.0, 0.1, 40), (1.0, 0.0, 40))  # fmt: skip
    for passed, busy, expected in steps:
        now, computed = now + passed, computed + busy
        crew.look(now, computed)
        assert crew.at_work == expected
        assert crew.patience == (LULL if expected == 40 else LOOK)
    ended.set()
    assert Crew(ended.clear, 3, 0.0, 0.0).at_work == 3


def test_documents_wait_for_the_caller_in_smaller_numbers() -> None:
    source, state = fresh(Source("https://calm.example/"))
    brought, done = Polled(source, state, Response(source.url, 200, {}, b"<rss/>")), Done(threading.Event())
    for one in (*[brought] * AHEAD, Polled(source, state)):
        done.put(one)
    late = threading.Thread(target=done.put, args=(brought,), daemon=True)
    late.start()
    late.join(0.05)
    assert late.is_alive()
    assert done.get(60) is brought
    late.join(60)
    assert not late.is_alive()


def lanes_end() -> bool:
    return any(thread.name.startswith("lane-") for thread in threading.enumerate())


def until(condition: Callable[[], bool], seconds: float = 3) -> bool:
    end = time.monotonic() + seconds
    pause = threading.Event()
    while not condition() and time.monotonic() < end:
        pause.wait(0.02)
    return condition()


@pytest.mark.parametrize("how", ["stop", "most"])
def test_told_to_stop_it_ends_within_a_second_though_a_source_hangs(web: Web, how: str) -> None:
    stop = threading.Event()
    answers = {"/hangs": Answer(200, rss(1), wait=3), "/after": Answer(200, rss(1))}
    work = [fresh(ours(web.on(path, answer))) for path, answer in answers.items()]
    threading.Timer(0.2, stop.set if how == "stop" else lambda: None).start()
    began = time.monotonic()
    assert [
        one for one in in_lanes(work, wire(1), POOL, lambda: NOW, stop, 0.2 if how == "most" else None) if one
    ] == []
    assert time.monotonic() - began < 1.2
    assert until(lambda: not lanes_end())
    assert "/after" not in web.targets()  # what was not asked by then stays due


def test_with_no_time_left_nothing_waits(web: Web) -> None:
    work = [fresh(ours(web.on("/slow", Answer(200, rss(1), wait=0.5))))]
    assert list(in_lanes(work, wire(), POOL, lambda: NOW, threading.Event(), 0)) == []


def test_nothing_to_do_is_done_at_once() -> None:
    assert polled([]) == []


def test_a_bug_is_raised_and_ends_the_other_lanes() -> None:
    def broken_clock() -> datetime:
        raise ZeroDivisionError("a bug")

    with Web() as one, Web() as two:
        work = [fresh(ours(web.on(f"/{n}", Answer(200, rss(1), wait=0.2)))) for n in range(20) for web in (one, two)]
        with pytest.raises(ZeroDivisionError, match="a bug"):
            list(in_lanes(work, wire(), POOL, broken_clock, threading.Event()))
        calls = iter(range(100))
        with pytest.raises(ZeroDivisionError):
            list(in_lanes(work, wire(), POOL, lambda: NOW if next(calls) < 3 else broken_clock(), threading.Event()))
        assert until(lambda: not lanes_end())
        assert len(one.asked) + len(two.asked) <= 4


def test_a_caller_that_gives_up_ends_the_lanes(web: Web) -> None:
    work = [fresh(ours(web.on(f"/{n}", Answer(200, rss(1), wait=0.05)))) for n in range(40)]
    lanes = in_lanes(work, wire(), POOL, lambda: NOW, threading.Event())
    next(lanes)
    lanes.close()  # type: ignore[attr-defined]
    assert until(lambda: not lanes_end())
    assert len(web.asked) < 10


def test_every_source_is_asked_once_however_many_hosts_there_are() -> None:
    names = Names()
    work = [fresh(Source(f"https://blog{n}.example/feed")) for n in range(200)]
    results = polled(work, wire(resolver=names))
    assert sorted(host for host, _ in names.asked) == sorted(host_of(source.url) for source, _ in work)
    assert len(results) == 200


def test_a_fetch_uses_the_clock_it_is_given(web: Web) -> None:
    seen: list[Request] = []

    def answer(request: Request) -> Answer:
        seen.append(request)
        return Answer(200, rss(["From tomorrow"], newest=DAY_ONE + 30 * DAY))

    (one,) = polled([fresh(ours(web.on("/feed", answer)))], now=datetime(2026, 3, 14, tzinfo=UTC))
    assert [entry.published for entry in one.entries] == [None]  # a month ahead of that clock
    (one,) = polled([fresh(ours(web.url("/feed")))], now=DAY_ONE + 31 * DAY)
    assert [entry.published for entry in one.entries] == [DAY_ONE + 30 * DAY]
    assert len(seen) == 2
