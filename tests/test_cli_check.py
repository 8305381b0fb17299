"""`aggregator check`: every mistake at once without network; --online asks each source once."""

from __future__ import annotations

import json

from tests.world import World


def _gone(handler: object) -> None:
    handler.send_error(410)  # type: ignore[attr-defined]


def test_a_valid_file_is_said_to_be_without_a_request(world: World) -> None:
    blog = world.blog("One", "a")
    world.write()
    assert world.run("check") == "feeds.yaml: 1 source, valid\n"
    assert blog.requests == []


def test_every_mistake_has_its_line_and_nothing_is_touched(world: World) -> None:
    world.blog("One", "a")
    world.settings = "titel: x\ndigest: {at: '25:00'}"
    world.write()
    for command in (["check"], ["poll"], ["run"]):
        world.run(*command, code=2)
        assert [line.split(": ")[0] for line in world.said.splitlines()] == ["feeds.yaml:3:1", "feeds.yaml:4:14"]
    assert not (world.folder / "data").exists()
    assert json.loads(world.run("check", "--json", code=2))["ok"] is False


def test_a_missing_file_says_how_to_get_one(world: World) -> None:
    world.run("check", code=2)
    assert "aggregator init" in world.said


def test_online_tells_which_addresses_have_aged(world: World) -> None:
    world.blog("One", "a", "b")
    world.blog("Two", "c").broken = _gone
    world.write()
    told = world.run("check", "--online", code=1).splitlines()
    assert told[0].startswith("ok    line 5")
    assert "2 entries, newest 2026-03-14, excerpts" in told[0]
    assert told[1].startswith("FAIL  line 7")
    assert "gone (410)" in told[1]
    assert told[2] == "feeds.yaml: 2 sources, valid, 1 answers, 1 fails"
    assert [len(blog.requests) for blog in world.blogs] == [1, 1]
    assert not (world.folder / "data").exists()
