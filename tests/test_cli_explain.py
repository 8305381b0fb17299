"""`aggregator explain`: the whole path of one entry."""

from __future__ import annotations

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
        "  hidden      rule drop: title has hidden"
        in world.run("explain", "https://one.example/hidden-one").splitlines()
    )


def test_an_unknown_address_is_exit_1(world: World) -> None:
    world.blog("One", "kept")
    world.write()
    world.poll()
    world.run("explain", "https://nowhere.example/", code=1)
    assert "no entry is known under https://nowhere.example/" in world.said
