"""Gaps over real sockets: a publisher that wrote more than its feed holds, found, filled where it can be, and said."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from aggregator.app import App
from aggregator.entries.view import View
from aggregator.fetch.client import Trust, Wire
from aggregator.pipeline import poll_source, settle
from aggregator.polling import gaps, survey
from aggregator.polling.recorder import record
from aggregator.records import Gap, PollResult
from aggregator.store.sqlite import open_store
from tests.makers import DAY, HOUR, NOW, POOL, config, memory_store, source
from tests.web import Answer, Request, Web, rss

WIRE = Wire("tester", Trust(), timeout=20)
A_DAY = tuple(f"n{number}" for number in range(12))  # what it wrote while nobody asked, the newest last


class Publisher:
    """A feed of `window` entries, two hours apart, over a web with older pages, as a blog has them."""

    def __init__(self, web: Web, window: int = 4) -> None:
        self.web, self.window, self.written = web, window, ["a", "b", "c"]
        self.newest, self.wordpress, self.archives = NOW - HOUR, False, False
        self.url = web.on("/feed", self._answer)
        web.otherwise = self._answer

    def write(self, *titles: str, newest: datetime) -> None:
        self.written += titles
        self.newest = newest

    def _answer(self, request: Request) -> Answer:
        page = int((re.search(r"[?&](?:paged|archive)=(\d+)", request.target) or [0, 1])[1])
        if not request.target.startswith("/feed") or (page > 1 and not (self.wordpress or self.archives)):
            return Answer(404)
        newest_first = self.written[::-1]
        start = (page - 1) * self.window
        titles = newest_first[start : start + self.window]
        if not titles:
            return Answer(404)
        extra = "<generator>https://wordpress.org/?v=6.9</generator>" if self.wordpress else ""
        if self.archives and start + self.window < len(newest_first):
            extra += f"<a:link rel='prev-archive' href='{self.url}?archive={page + 1}'/>"
        # rss() dates an hour apart
        body = rss(titles, newest=self.newest - start * HOUR, extra=extra)
        return Answer(200, body.replace(b"<rss ", b"<rss xmlns:a='http://www.w3.org/2005/Atom' ", 1))


class Reader:
    """A store with one source; a pass is a poll and a page of every gap."""

    def __init__(self, url: str, **fields: Any) -> None:
        self.store, self.now = memory_store(), NOW
        self.config = config(source(url, allow_private=True, **fields))
        with self.store.transaction():
            self.store.sources.follow(self.config.sources, self.now)

    def poll(self) -> PollResult:
        (line,), state = self.config.sources, next(iter(self.store.sources.states().values()))
        with closing(WIRE.client()) as client:
            result = settle(poll_source(client, POOL, line, state, self.now), self.store, self.now)
        record(result, self.store, self.now)
        return result

    def fill(self, later: timedelta = timedelta(minutes=1)) -> int:
        self.now += later
        return gaps.fill(self.config, self.store, WIRE, POOL, lambda: self.now, Event())

    @property
    def gap(self) -> Gap:
        found = self.store.gaps.latest(1, NOW)
        assert found is not None
        return found

    def standing(self) -> dict[str, str]:
        return {one.entry.title: one.standing for one in self.store.entries.get(range(1, 1000))}

    def said(self) -> str:
        view = View(self.config, self.store.sources.states().values(), self.now)
        return survey.health(self.config, self.store, view, self.now)[0].reason


@pytest.fixture
def blog() -> Iterator[Publisher]:
    with Web() as web:
        yield Publisher(web)


@pytest.fixture
def reader(blog: Publisher) -> Reader:
    """It has polled once; then a day went by in which twelve entries were written."""
    made = Reader(blog.url)
    made.poll()
    made.now += DAY
    blog.write(*A_DAY, newest=made.now - HOUR)
    return made


@pytest.mark.parametrize("way", ["wordpress", "archives"])
def test_older_pages_fill_a_gap_one_a_pass_until_they_meet_what_is_known(
    way: str, blog: Publisher, reader: Reader
) -> None:
    setattr(blog, way, True)
    assert len(reader.poll().changes.new) == 4
    assert (reader.gap.state, reader.gap.pages) == ("open", 0)
    assert "missed" not in reader.said(), "not as long as it may be filled"
    assert [reader.fill() for _ in range(3)] == [4, 4, 0]
    assert (reader.gap.state, reader.gap.recovered, reader.gap.pages) == ("filled", 8, 3)
    before = len(blog.web.asked)
    assert reader.fill(DAY) == 0
    assert len(blog.web.asked) == before
    assert {title: standing for title, standing in reader.standing().items() if title[0] == "n"} == dict.fromkeys(
        A_DAY, "news"
    )
    dates = {one.entry.title: one.published for one in reader.store.entries.get(range(1, 1000))}
    assert [title for title in sorted(dates, key=lambda title: dates[title]) if title[0] == "n"] == list(A_DAY)
    assert "missed" not in reader.said()


def test_a_feed_of_one_entry_has_no_gap_but_a_pace_and_says_when_that_is_not_enough(blog: Publisher) -> None:
    """It has a new entry at every poll, so nobody can know how many came between."""
    blog.window = 1
    reader = Reader(blog.url)
    for hour in range(6):
        blog.write(f"h{hour}", newest=reader.now - HOUR / 2)
        assert len(reader.poll().changes.new) == 1
        reader.now += HOUR
    assert reader.store.gaps.latest(1, NOW - DAY) is None
    assert "its feed holds a single entry, and a new one at nearly every poll: lower its `every`" in reader.said()
    reader.poll()
    assert "single entry" in reader.said(), "an unchanged answer does not unsay it"
    blog.window = 2
    blog.write("one", "two", newest=reader.now)
    reader.poll()
    assert "single entry" not in reader.said()


def test_pages_are_not_asked_for_faster_than_one_a_minute(blog: Publisher, reader: Reader) -> None:
    blog.wordpress = True
    reader.poll()
    reader.fill(timedelta(0))
    asked = len(blog.web.asked)
    reader.fill(timedelta(seconds=59))
    assert len(blog.web.asked) == asked
    reader.fill(timedelta(seconds=1))
    assert len(blog.web.asked) == asked + 1
    assert blog.web.targets()[-2:] == ["/feed?paged=2", "/feed?paged=3"]


def test_a_feed_without_older_pages_is_said_to_have_missed_some(blog: Publisher, reader: Reader) -> None:
    reader.poll()
    assert reader.gap.state == "lost"
    assert "may have missed entries between 2026-03-14 06:00 and 2026-03-15 03:00" in reader.said()
    assert reader.fill() == 0
    assert len(blog.web.asked) == 2
    reader.now += 31 * DAY
    assert "missed" not in reader.said(), "for a month"


def test_an_archive_that_ends_too_soon_leaves_the_rest_lost(blog: Publisher, reader: Reader) -> None:
    blog.wordpress = True
    reader.poll()
    reader.fill()
    blog.wordpress = False  # the third page is a 404
    reader.fill()
    assert (reader.gap.state, reader.gap.recovered) == ("lost", 4)
    assert "between 2026-03-14 06:00 and 2026-03-14 23:00" in reader.said()


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"<html><body>Not a feed</body></html>"),
        Answer(200, rss(["n8", "n9"], newest=NOW + DAY)),
        Answer(404),
        Answer(200, rss([])),
    ],
    ids=["page", "same again", "404", "empty"],
)
def test_what_stands_in_place_of_a_page_ends_it(answer: Answer, blog: Publisher, reader: Reader) -> None:
    blog.wordpress = True
    reader.poll()
    blog.web.on("/feed?paged=2", answer)
    for _ in range(5):
        reader.fill(DAY)
    assert reader.gap.state == "lost"
    assert blog.web.targets().count("/feed?paged=2") == 1
    assert {title for title in reader.standing() if title[0] == "n"} == {"n8", "n9", "n10", "n11"}


def test_a_page_that_fails_is_asked_again_three_times_at_most(blog: Publisher, reader: Reader) -> None:
    blog.wordpress = True
    reader.poll()
    blog.web.on("/feed?paged=2", Answer(503, b"", {"Retry-After": "7200"}))
    reader.fill()
    for _ in range(119):
        reader.fill()
    assert blog.web.targets().count("/feed?paged=2") == 1
    for _ in range(20):
        reader.fill(HOUR)
    assert blog.web.targets().count("/feed?paged=2") == 3
    assert reader.gap.state == "lost"


def test_an_archive_without_end_is_read_for_20_pages(blog: Publisher, reader: Reader) -> None:
    blog.wordpress, blog.window = True, 2
    blog.write(*(f"m{number}" for number in range(200)), newest=NOW + 30 * DAY)
    reader.now += 30 * DAY
    reader.poll()
    for _ in range(40):
        reader.fill()
    assert (reader.gap.state, reader.gap.pages) == ("lost", 20)
    assert len(blog.web.asked) == 22


def test_a_gap_of_a_source_that_left_asks_nobody(blog: Publisher, reader: Reader) -> None:
    blog.wordpress = True
    reader.poll()
    asked = len(blog.web.asked)
    reader.config = replace(reader.config, sources=(replace(reader.config.sources[0], paused=True),))
    reader.fill()
    assert (len(blog.web.asked), reader.gap.state) == (asked, "lost")


def test_two_polls_that_meet_have_no_gap(blog: Publisher) -> None:
    reader = Reader(blog.url)
    reader.poll()
    reader.now += HOUR
    blog.write("d", newest=reader.now)
    reader.poll()
    assert reader.store.gaps.latest(1, NOW) is None


def test_the_next_poll_is_soon_enough_to_meet_it(blog: Publisher) -> None:
    """A feed that holds four hours, of a source that was asked once a day because it wrote seldom."""
    reader = Reader(blog.url, every=timedelta(minutes=30))
    reader.poll()
    reader.now += 40 * DAY
    reader.poll()
    state = reader.store.sources.states()[blog.url]
    assert state.next_poll_at is not None
    assert state.next_poll_at - reader.now > 2 * HOUR, "quiet"
    reader.now += DAY
    blog.write(*A_DAY, newest=reader.now - HOUR)
    reader.poll()
    for _ in range(4):
        reader.now += 3 * HOUR
        reader.poll()
        state = reader.store.sources.states()[blog.url]
        assert state.next_poll_at is not None
        assert state.next_poll_at - reader.now <= timedelta(hours=2, minutes=10)


def test_the_digest_says_what_could_not_be_had(blog: Publisher, tmp_path: Path) -> None:
    store, now = open_store(tmp_path / "a.db"), [NOW]
    made = config(source(blog.url, allow_private=True, title="Busy"), folder=tmp_path)
    app = App(made, store, lambda: now[0], pool=POOL, timeout=20)
    app.follow(made)
    for _ in range(2):
        app.run_pass(app.due(force=True))
        app.seal_due()
        now[0] += DAY
        blog.write(*A_DAY, newest=now[0] - HOUR)
    store.close()
    day = json.loads((tmp_path / "public/digest/2026-03-15.json").read_text())
    (missed,) = day["sources"]["missed"]
    assert missed["title"] == "Busy"
    assert missed["told"].startswith("may have missed entries between 2026-03-14 06:00 and 2026-03-15 ")
    for kind in ("html", "md", "txt"):
        told = re.sub(r"\\|\s+", " ", (tmp_path / f"public/digest/2026-03-15.{kind}").read_text()).replace(" -", "-")
        assert "may have missed entries between" in told
    assert "missed" not in json.loads((tmp_path / "public/digest/2026-03-14.json").read_text())["sources"]
