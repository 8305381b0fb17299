"""`aggregator explain`: the whole path of one entry."""

from __future__ import annotations

import json
from datetime import timedelta

from tests.world import World


def test_it_tells_where_an_entry_came_from_and_where_it_went(world: World) -> None:
    world.blog("One", "kept", "hidden one")
    world.settings = "filters: [{drop: title has hidden}]"
    world.write()
    world.poll()
    world.run("digest")
    told = world.run("explain", "http://www.one.example/kept/")
    for line in (
        "kept",
        "  source      One",
        "  standing    news",
        "  hidden      by no rule",
        "  digest      2026-03-14",
    ):
        assert line in told.splitlines()
    assert (
        "  hidden      rule drop: title has hidden (feeds.yaml:3)"
        in world.run("explain", "https://one.example/hidden-one").splitlines()
    )


def test_an_unknown_address_is_exit_1(world: World) -> None:
    world.blog("One", "kept")
    world.write()
    world.poll()
    world.run("explain", "https://nowhere.example/", code=1)
    assert "no entry is known under https://nowhere.example/" in world.said


def test_the_whole_path_of_a_copy(world: World) -> None:
    one, two = world.blog("One"), world.blog("Two")
    world.settings = "filters:\n  - {tag: food, when: title has bread}"
    world.write()
    world.poll()
    world.now += timedelta(hours=2)
    for blog in (one, two):
        world.post(blog, "Bread", " ".join(f"word{n}" for n in range(90)))
    two.posts[-1].text += "</p><p>The post Bread appeared first on Two."
    world.poll()
    world.run("digest")
    link = "https://two.example/bread"
    told = world.run("explain", link).splitlines()
    assert "  standing    folded: another source had the same text" in told
    why = "(100% of their groups of 4 words are the same, which gives the id)"
    assert f"  same text   One: https://one.example/bread {why}" in told
    assert "  met         tag: food when title has bread (feeds.yaml:4)" in told
    assert "  taken off   1 line: The post Bread appeared first on Two." in told
    assert "  feed        in the merged feed as of One, and in archive/2026-03.atom.xml" in told
    (data,) = json.loads(world.run("explain", link, "--json"))["entries"]
    assert data["digests"] == [{"series": "", "date": "2026-03-14"}]
    assert (data["tags"], data["shown_as"], data["first_seen"]) == (["food"], "One", "2026-03-14T09:00:00Z")
    assert [entry["source"] for entry in json.loads(world.run("explain", data["id"], "--json"))["entries"]] == ["One"]
    assert json.loads(world.run("explain", "--json", "https://nowhere.example/", code=1))["entries"] == []


def test_backlog_is_counted_by_a_digest_and_shown_by_none(world: World) -> None:
    world.blog("One", "new", "old", ages=(1.0, 24.0 * 40))
    world.write()
    world.poll()
    world.run("digest")
    told = world.run("explain", "https://one.example/old").splitlines()
    assert "  digest      2026-03-14, counted as backlog" in told
