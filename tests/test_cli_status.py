"""`aggregator status`: words for people, the contract's JSON for machines."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import timedelta

from aggregator.sources.config import load
from aggregator.store.sqlite import open_store
from tests.world import World


def _gone(handler: object) -> None:
    handler.send_error(404)  # type: ignore[attr-defined]


def test_what_needs_attention_comes_first(world: World) -> None:
    world.blog("Alpha", "a")
    world.blog("Zulu", "z").broken = _gone
    world.write()
    world.poll()
    lines = world.run("status").splitlines()
    assert lines[0].startswith("failing     Zulu")
    assert "not found (404) · feeds.yaml:7 · next poll 08:0" in lines[0]
    assert lines[1].startswith("ok          Alpha")
    assert lines[2] == "2 sources · no digest yet"
    world.now += timedelta(hours=3)
    assert "not found (404) · feeds.yaml:7 · due since 08:0" in world.run("status")


def test_the_json_is_that_of_the_published_file(world: World) -> None:
    world.blog("Alpha", "a")
    world.write()
    world.poll()
    told = json.loads(world.run("status", "--json"))
    assert told == json.loads(world.public("status.json").read_bytes())
    assert list(told) == ["sources", "last_digest", "offline"]
    assert list(told["sources"][0]) == [
        "url",
        "title",
        "state",
        "last_success_at",
        "next_poll_at",
        "reason",
        "failures",
        "error",
        "entries",
        "typical_gap_s",
    ]


def test_without_a_store_it_says_what_to_do(world: World) -> None:
    world.blog("Alpha", "a")
    world.write()
    world.run("status", code=3)
    assert "run `aggregator poll` or `aggregator run` first" in world.said


def test_of_very_many_sources_the_first_lines_and_numbers(world: World) -> None:
    lines = "".join(f"\n  - https://blog{n}.example.org/feed" for n in range(2_050))
    path = world.folder / "feeds.yaml"
    path.parent.joinpath("data").mkdir()
    path.write_text(f"timezone: UTC\nstore: data/aggregator.db\nsources:{lines}\n", encoding="utf-8")
    with closing(open_store(world.folder / "data/aggregator.db")) as store, store.transaction():
        store.sources.follow(load(path).sources, world.now)
    told = world.run("status").splitlines()
    assert len(told) == 102
    assert told[-2:] == [
        "... and 1,950 more (--all shows them): 2,050 new",
        "2,050 sources · no digest yet",
    ]
    assert len(world.run("status", "--all").splitlines()) == 2_051
