"""The hub is told after the files stand, of what changed and of nothing else; no hub can stop a publication."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from lxml import etree

from aggregator.publish.websub import REST, TOPICS, tell
from tests.makers import DAY, HOUR, NOW
from tests.web import Answer, Request, Scripted, Web
from tests.world import World

HUB, LINK = "https://hub.example.org/", "https://reader.example.net/"


class Desk:
    """What is remembered, and the topics that were told; `answer` is what the hub does."""

    def __init__(self, root: Path) -> None:
        self.root, self.notes, self.asked, self.answer = root, dict[str, str](), list[str](), str | None
        self.answer: str | None = None
        self.now = NOW

    def post(self, url: str, forms: Sequence[Mapping[str, str]]) -> str | None:
        assert url == HUB
        assert all(form["hub.mode"] == "publish" and form["hub.url"] == form["hub.topic"] for form in forms)
        self.asked += [form["hub.url"].removeprefix(LINK) for form in forms]
        return self.answer

    def tell(self, link: str = LINK) -> tuple[list[str], str | None]:
        self.asked = []
        told = tell(HUB, link, self.root, self.notes.get, self.post, self.now)
        self.notes |= told.notes
        return self.asked, told.trouble


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    for name in (*TOPICS, "index.html"):
        (tmp_path / name).write_text("one")
    return Desk(tmp_path)


@pytest.mark.websub("F21")
def test_only_new_bytes_are_told(desk: Desk) -> None:
    assert desk.tell() == (["atom.xml", "rss.xml", "feed.json"], None)
    assert desk.tell() == ([], None)
    (desk.root / "rss.xml").write_text("two")
    (desk.root / "index.html").write_text("two")
    assert desk.tell() == (["rss.xml"], None)
    (desk.root / "rss.xml").write_text("two")
    assert desk.tell() == ([], None)


def test_another_link_is_another_topic(desk: Desk) -> None:
    desk.tell()
    assert len(desk.tell("https://elsewhere.example.org/")[0]) == 3


def test_what_is_not_there_is_not_told(desk: Desk) -> None:
    (desk.root / "feed.json").unlink()
    assert desk.tell() == (["atom.xml", "rss.xml"], None)


@pytest.mark.websub("F21")
def test_a_hub_that_failed_is_told_again_after_a_rest_though_nothing_changed_since(desk: Desk) -> None:
    desk.answer = "it answered 503"
    asked, trouble = desk.tell()
    assert len(asked) == 3
    assert trouble is not None
    assert re.fullmatch(r"hub https://hub\.example\.org/ was not told: it answered 503; .*", trouble)
    desk.answer = None
    desk.now += REST - timedelta(seconds=1)
    assert desk.tell() == ([], None)
    desk.now += timedelta(seconds=1)
    assert len(desk.tell()[0]) == 3
    assert desk.tell() == ([], None)


def test_a_clock_that_was_set_back_does_not_silence_the_hub(desk: Desk) -> None:
    desk.answer = "it answered 503"
    desk.tell()
    desk.now -= 300 * DAY
    assert len(desk.tell()[0]) == 3


# --- the program and a hub on a socket -------------------------------------------------------------------------


class Hub(Web):
    """A hub: what it was told, and what the published file was at that moment."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.told: list[tuple[str, bytes]] = []
        self.status = 204
        self.on("/hub", self._answered)
        world.settings = f"hub: {self.url('/hub')}\nlink: {LINK}"
        self._world = world

    def _answered(self, request: Request) -> Scripted:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        assert form["hub.mode"] == "publish"
        topic = form["hub.url"].removeprefix(LINK)
        self.told.append((topic, self._world.public(topic).read_bytes()))
        return Answer(self.status)


@pytest.mark.websub("F21")
def test_the_hub_hears_of_a_change_when_the_whole_file_stands_and_of_nothing_else(world: World) -> None:
    blog = world.blog("One", "a")
    with Hub(world) as hub:
        world.write()
        world.poll()
        assert [topic for topic, _ in hub.told] == list(TOPICS)
        assert all(data == world.public(topic).read_bytes() for topic, data in hub.told)
        world.now += HOUR
        world.poll()
        world.run("digest")
        world.run("publish")
        assert len(hub.told) == 3
        world.post(blog, "b")
        world.now += HOUR
        world.poll()
        assert len(hub.told) == 6
        assert all(b"b is told here" in data for _, data in hub.told[3:])
        assert {request.headers["user-agent"].partition("/")[0] for request in hub.asked} == {"fow-aggregator"}


@pytest.mark.websub("F21")
def test_a_hub_that_fails_is_one_line_and_the_feed_is_published_all_the_same(world: World) -> None:
    world.blog("One", "a")
    with Hub(world) as hub:
        hub.status = 500
        world.write()
        done = json.loads(world.run("poll", "--json"))
        assert {"atom.xml", "rss.xml", "feed.json"} <= set(done["published"])
        assert world.said.count("was not told") == 1
        assert "it answered 500" in world.said
        assert world.titles() == ["a"]
        hub.status = 202
        world.now += HOUR
        world.run("poll")
        assert "hub" not in world.said
        assert [topic for topic, _ in hub.told][1:] == list(TOPICS)


def test_a_hub_that_is_gone_is_one_line_too(world: World) -> None:
    world.blog("One", "a")
    with Hub(world):
        world.write()
    world.run("poll")
    assert "refused the connection" in world.said
    assert world.titles() == ["a"]


@pytest.mark.websub("F20")
def test_the_merged_feed_names_its_hub_and_itself_in_all_three_forms(world: World) -> None:
    world.blog("One", "a")
    with Hub(world) as hub:
        world.write()
        world.poll()
        address = hub.url("/hub")
    atom = {"a": "http://www.w3.org/2005/Atom"}
    for name in ("atom.xml", "rss.xml"):
        root = etree.fromstring(world.public(name).read_bytes())
        links = {
            link.get("rel"): link.get("href") for link in root.xpath("/*/a:link | /rss/channel/a:link", namespaces=atom)
        }
        assert (links["hub"], links["self"]) == (address, f"{LINK}{name}")
    document = json.loads(world.public("feed.json").read_bytes())
    assert document["hubs"] == [{"type": "WebSub", "url": address}]
    assert document["feed_url"] == f"{LINK}feed.json"
    assert b'rel="hub"' not in world.public("archive/2026-03.atom.xml").read_bytes()
