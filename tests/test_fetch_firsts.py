"""`check --online`, `add` and the first poll share one request."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.fetch.firsts import Firsts
from aggregator.records import Redirect, Response
from tests.makers import HOUR, NOW
from tests.world import World

URL = "https://blog.example/feed"
ANSWER = Response(URL + "/", 200, {"etag": '"1"'}, b"\x00\xff<rss/>", (Redirect(301, URL + "/"),))


def test_an_answer_comes_back_as_it_was_for_an_hour(tmp_path: Path) -> None:
    firsts = Firsts(tmp_path / "first")
    firsts.put(URL, ANSWER, NOW)
    assert firsts.get("https://other.example/", NOW, take=True) is None
    assert firsts.get(URL, NOW + HOUR, take=False) == ANSWER
    assert firsts.get(URL, NOW + HOUR + timedelta(seconds=1), take=False) is None
    assert firsts.get(URL, NOW - HOUR, take=False) is None
    assert firsts.get(URL, NOW, take=True) == ANSWER
    assert firsts.get(URL, NOW, take=True) is None
    assert not (tmp_path / "first").exists()


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"at": 7}'])
def test_what_cannot_be_read_or_written_is_a_request_more(tmp_path: Path, text: str) -> None:
    firsts = Firsts(tmp_path / "first")
    firsts.put(URL, ANSWER, NOW)
    (path,) = (tmp_path / "first").iterdir()
    path.write_text(text)
    assert firsts.get(URL, NOW, take=True) is None
    (tmp_path / "file").write_text("")
    Firsts(tmp_path / "file" / "first").put(URL, ANSWER, NOW)
    Firsts(None).put(URL, ANSWER, NOW)
    assert Firsts(None).get(URL, NOW, take=True) is None


@pytest.mark.polite("A01")
def test_checking_twice_and_polling_costs_one_request(world: World) -> None:
    blog = world.blog("One", "a", "b")
    world.write()
    world.run("check", "--online")
    world.run("check", "--online")
    done = world.poll()
    assert (done["polled"], done["new"], len(blog.requests)) == (1, 2, 1)
    assert "If-None-Match" not in blog.requests[0]
    world.now += 2 * HOUR
    assert world.poll()["not_modified"] == 1
    assert [one.get("If-None-Match") is not None for one in blog.requests] == [False, True]


@pytest.mark.polite("A01")
def test_what_failed_is_not_kept(world: World) -> None:
    blog = world.blog("One", "a")
    blog.broken = lambda handler: handler.send_error(500)
    world.write()
    world.run("check", "--online", code=1)
    blog.broken = None
    assert world.poll()["new"] == 1
    assert len(blog.requests) == 2


@pytest.mark.polite("A01")
def test_adding_and_polling_costs_one_request(world: World) -> None:
    world.blog("One", "a")
    world.write()
    world.poll()
    blog = world.blog("Two", "b", "c")
    world.run("add", blog.url)
    assert world.poll()["new"] == 2
    assert len(blog.requests) == 1
