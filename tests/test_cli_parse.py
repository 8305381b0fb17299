"""`aggregator parse`: one JSON object a line, also for a broken file."""

from __future__ import annotations

import json
from pathlib import Path

from tests.world import World

FEED = [
    "title",
    "link",
    "id",
    "description",
    "language",
    "author",
    "updated",
    "published",
    "image",
    "icon",
    "categories",
    "self_link",
    "generator",
    "copyright",
]
ENTRY = [
    "id",
    "link",
    "title",
    "summary",
    "content",
    "published",
    "updated",
    "author",
    "author_email",
    "categories",
    "enclosures",
    "comments",
    "image",
    "source_title",
    "duration",
]


def test_the_line_has_the_keys_of_the_contract(world: World, tmp_path: Path) -> None:
    document = tmp_path / "feed.xml"
    document.write_bytes(world.blog("One", "a").document(world.now))
    line = json.loads(world.run("parse", str(document)))
    assert list(line) == ["file", "ok", "error", "lane", "format", "encoding", "feed", "entries"]
    assert (line["ok"], line["format"], line["lane"]) == (True, "rss", "express")
    assert "express lane: well-formed XML" in world.said
    assert list(line["feed"]) == FEED
    assert list(line["entries"][0]) == ENTRY
    assert line["entries"][0]["published"] == "2026-03-14T06:00:00Z"


def test_what_is_no_feed_is_a_line_too_and_exit_1(world: World, tmp_path: Path) -> None:
    page, missing = tmp_path / "page.html", tmp_path / "none.xml"
    page.write_text("<!doctype html><title>Hi</title>")
    lines = [json.loads(line) for line in world.run("parse", str(page), str(missing), code=1).splitlines()]
    assert [line["ok"] for line in lines] == [False, False]
    assert "HTML page" in lines[0]["error"]
    assert "cannot be read" in lines[1]["error"]
