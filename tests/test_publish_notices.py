"""What is told, when, and how often: a source that breaks, nothing that succeeds, and that it is well again."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from aggregator.publish.notices import ALL, Event, Trouble, compare
from aggregator.records import SourceHealth
from tests.makers import DAY, HOUR, NOW
from tests.web import Answer, Web
from tests.world import World

ROW = SourceHealth("https://a.example/feed", "A", "ok", NOW, NOW, "", 0, None, 1, None)


class Story:
    """Health after health, hour after hour; what was told of it."""

    def __init__(self, *others: str) -> None:
        self.known: dict[str, Trouble] = {}
        self.now = NOW
        self.others = others

    def see(self, state: Any, after: timedelta = HOUR, *, offline: bool = False) -> list[tuple[str, str]]:
        self.now += after
        rows = {"a": replace(ROW, state=state)} | {url: replace(ROW, state="ok", title=url) for url in self.others}
        events, self.known = compare(rows, self.known, self.now, offline=offline)
        return [(event.row.title if event.row else ALL, event.state) for event in events]


@pytest.mark.parametrize(
    ("states", "told"),
    [
        ("failing ok failing ok", []),  # one failure is no news
        (("failing " * 24), []),
        (("failing " * 60), [("A", "failing")]),  # told once
        (("failing " * 30 + "ok ok"), [("A", "failing"), ("A", "well")]),
        (("failing " * 20 + "ok " + "failing " * 20), []),  # no day in a row
        ("gone gone gone", [("A", "gone")]),
        ("quarantined quarantined ok", [("A", "quarantined"), ("A", "well")]),
        (("failing " * 30 + "gone ok"), [("A", "failing"), ("A", "gone"), ("A", "well")]),
        (("failing " * 30 + "paused paused"), [("A", "failing")]),  # the user knows
        ("moved silent new ok", []),
    ],
)
def test_a_source(states: str, told: list[tuple[str, str]]) -> None:
    story = Story("b")
    assert [event for state in states.split() for event in story.see(state)] == told


def test_nothing_succeeds() -> None:
    story = Story()
    assert [event for _ in range(60) for event in story.see("failing")] == [(ALL, "nothing_succeeds")]
    assert story.see("ok") == [(ALL, "well")]
    story = Story("b")
    assert [event for _ in range(60) for event in story.see("ok", offline=True)] == [(ALL, "nothing_succeeds")]
    assert story.see("failing") == [(ALL, "well")]


def test_a_laptop_that_wakes_without_its_network_is_no_news() -> None:
    story = Story("b")
    assert story.see("ok") == []
    assert story.see("ok", 3 * DAY, offline=True) == []
    assert story.see("ok") == []


def test_a_clock_that_is_set_back_delays_at_most_a_day() -> None:
    story = Story("b")
    story.see("failing", 365 * DAY)
    story.see("failing", -365 * DAY)
    assert story.see("failing", DAY + HOUR) == [("A", "failing")]


def test_a_source_that_left_the_file_is_forgotten() -> None:
    _, after = compare({}, {"a": Trouble(NOW, "gone")}, NOW, offline=False)
    assert after == {}
    assert compare({"a": ROW}, {"a": Trouble(NOW, "gone")}, NOW, offline=False)[0] == [Event("well", NOW, ROW)]


def _answers(status: int) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def test_through_the_program_once_and_once_more_when_it_is_well(world: World) -> None:
    broken, fine = world.blog("Broken", "one"), world.blog("Fine", "two")
    said = []
    with Web() as web:
        url = web.on("/secret-topic", Answer(500), Answer(200))
        world.settings = f"notify: {url}\n"
        world.write([broken, fine])
        world.run("poll")
        broken.broken = _answers(404)
        for hours in (1, 12, 13, 2, 24):
            world.now += hours * HOUR
            world.run("poll", "--force")
            said.append((len(web.asked), "answered 500; tried again in an hour" in world.said))
            assert "secret-topic" not in world.said
        broken.broken = None
        world.now += 24 * HOUR
        world.run("poll", "--force")
    assert said == [(0, False), (0, False), (1, True), (2, False), (2, False)]
    told = [json.loads(request.body) for request in web.asked]
    assert [one["events"][0]["event"] for one in told] == ["failing", "failing", "well"]
    assert told[1]["events"][0]["error"] == "not found (404)"
    assert told[1]["text"] == "aggregator: Broken has failed since Saturday 14 March 08:00: not found (404)"
    assert told[2]["text"] == "aggregator: Broken is well again"


def test_a_command_that_fails_changes_nothing(world: World) -> None:
    blog, other = world.blog("Gone", "one"), world.blog("Fine", "two")
    world.settings = "notify: ./nowhere {text}\n"
    world.write([blog, other])
    world.run("poll")
    blog.broken = _answers(410)
    world.now += 2 * HOUR
    for _ in range(4):
        world.now += 2 * DAY
        world.poll("--force")
    assert "notify: ./nowhere: No such file or directory; tried again in an hour" in world.said
    assert sorted(world.titles()) == ["one", "two"]
