"""`add` as a person uses it: a page in, a line in feeds.yaml out."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web import Answer, Web, rss
from tests.world import World

HEAD = "defaults: {allow_private: true} # mine\nsources:\n"


@pytest.fixture
def web() -> Iterator[Web]:
    with Web() as made:
        made.on("/", page("/feed"))
        made.on("/two", page("/en", "/de"))
        for path in ("/feed", "/en", "/de"):
            made.on(path, Answer(body=rss(5, title=f"At {path}")))
        yield made


def page(*feeds: str) -> Answer:
    links = "".join(f"<link rel=alternate type=application/rss+xml href='{feed}'>" for feed in feeds)
    return Answer(body=f"<!doctype html><html><head>{links}</head><body>Hello</body></html>".encode())


def feeds(world: World, text: str = HEAD) -> Path:
    path = world.folder / "feeds.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_home_page_becomes_one_line(world: World, web: Web) -> None:
    path = feeds(world)
    told = world.run("add", web.url("/"))
    assert path.read_text() == f"{HEAD}  - {web.url('/feed')}\n"
    assert f"feeds.yaml:3: added At /feed  {web.url('/feed')}  (5 entries, newest just now, one every 1 h" in told
    assert web.targets() == ["/", "/feed"]
    world.run("check")


def test_tags_and_json(world: World, web: Web) -> None:
    path = feeds(world)
    told = json.loads(world.run("add", web.url("/feed"), "--tag", "ai", "--tag", "work", "--json"))
    assert path.read_text() == f"{HEAD}  - url: {web.url('/feed')}\n    tags: [ai, work]\n"
    assert told["added"] == [
        {
            "url": web.url("/feed"), "line": 3, "title": "At /feed", "entries": 5, "newest": "2026-03-14T07:00:00Z",
            "typical_gap_s": 3600, "text": "titles",
        }
    ]  # fmt: skip


def test_a_dry_run_shows_the_line(world: World, web: Web) -> None:
    path = feeds(world)
    assert world.run("add", web.url("/"), "--dry-run").endswith(f"+  - {web.url('/feed')}\n")
    assert path.read_text() == HEAD


def test_a_choice_needs_a_person_or_yes(world: World, web: Web) -> None:
    path = feeds(world)
    world.run("add", web.url("/two"), code=2)
    assert f"1. At /en  {web.url('/en')}" in world.said
    assert f"2. At /de  {web.url('/de')}" in world.said
    assert path.read_text() == HEAD
    world.run("add", web.url("/two"), "--yes")
    assert path.read_text() == f"{HEAD}  - {web.url('/en')}\n"


@pytest.mark.parametrize("variant", ["{0}", "{0}/", "{0}#x"])
def test_a_source_that_stands_there_is_refused_with_its_line(world: World, web: Web, variant: str) -> None:
    text = f"{HEAD}  - {web.url('/feed')} # here\n"
    path = feeds(world, text)
    world.run("add", variant.format(web.url("/feed")), code=2)
    assert "feeds.yaml:3: " in world.said
    assert "stands here already" in world.said
    assert web.targets() == []
    world.run("add", web.url("/"), code=2)
    assert "feeds.yaml:3: " in world.said
    assert path.read_text() == text


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["{web}/", "{web}/none"], 1, "404"),
        (["{web}/", "{web}/feed"], 2, "was named twice"),
        (["not an address"], 2, "holds no spaces"),
        (["https://ann:secret@example.org/feed"], 2, "password"),
        (["{web}/", "--tag", "!"], 2, "cannot be a tag"),
    ],
)
def test_all_or_nothing(world: World, web: Web, arguments: list[str], code: int, said: str) -> None:
    path = feeds(world)
    world.run("add", *(one.format(web=web.url("")) for one in arguments), code=code)
    assert said in world.said
    assert path.read_text() == HEAD


def test_this_machine_is_asked_only_where_the_file_permits_it(world: World, web: Web) -> None:
    feeds(world, "sources: []\n")
    world.run("add", web.url("/feed"), code=1)
    assert "allow_private" in world.said
    assert web.targets() == []


def test_a_file_without_sources_is_a_beginning_and_a_broken_one_is_told(world: World, web: Web) -> None:
    path = feeds(world, "timezome: UTC\nsources:\n")
    world.run("add", web.url("/feed"), code=2)
    assert "feeds.yaml:1:1: unknown key `timezome`" in world.said
    path.unlink()
    world.run("add", web.url("/feed"), code=2)
    assert "`aggregator init`" in world.said


def test_a_person_at_a_terminal_is_asked(world: World, web: Web) -> None:
    path = feeds(world)
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "aggregator", "--config", str(path), "add", web.url("/two")]
    with subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=os.environ) as process:
        os.close(slave)
        os.write(master, b"2\n")
        while _read(master):
            pass
    os.close(master)
    assert process.returncode == 0
    assert path.read_text() == f"{HEAD}  - {web.url('/de')}\n"


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # the program ended
        return b""
