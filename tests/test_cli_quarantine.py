"""`aggregator quarantine`: a flood of old entries waits; released ones are news, dropped ones never come."""

from __future__ import annotations

from datetime import timedelta

from tests.world import Post, World


def _flooded(world: World) -> None:
    blog = world.blog("One", "first")
    world.write()
    world.poll()
    world.run("digest")
    blog.posts += [Post(f"old {n}", world.now - timedelta(days=30 + n), f"old text {n}") for n in range(6)]
    world.now += timedelta(days=1)
    world.poll()
    world.run("digest")


def test_three_old_entries_are_announced_the_rest_is_held_and_counted(world: World) -> None:
    _flooded(world)
    digest = world.digest("2026-03-15")
    assert (digest["received"], digest["shown"], digest["quarantined"]) == (6, 3, 3)
    assert {line["why"].split(":")[0] for line in digest["not_shown"]} == {"quarantined"}
    assert len(world.run("quarantine").splitlines()) == 3


def test_released_entries_are_received_anew_dropped_ones_are_gone(world: World) -> None:
    _flooded(world)
    one = world.run("quarantine").split()[0]
    world.run("quarantine", "release", one, "urn:uuid:1", code=1)
    assert "urn:uuid:1 is not held; `aggregator quarantine` lists what is" in world.said
    assert world.run("quarantine", "drop", one) == "1 entry dropped\n"
    assert world.run("quarantine", "release") == "2 entries released\n"
    assert len(world.titles()) == 6
    world.now += timedelta(days=1)
    world.poll()
    world.run("digest")
    digest = world.digest("2026-03-16")
    assert (digest["received"], digest["shown"], digest["quarantined"]) == (2, 2, 0)


def test_what_is_dropped_before_a_digest_is_counted_in_it_once(world: World) -> None:
    blog = world.blog("One", "first")
    world.write()
    world.poll()
    world.run("digest")
    blog.posts += [Post(f"old {n}", world.now - timedelta(days=30 + n), f"old text {n}") for n in range(6)]
    world.now += timedelta(hours=22)
    world.poll()
    assert world.run("quarantine", "drop") == "3 entries dropped\n"
    for day, quarantined in (("2026-03-15", 3), ("2026-03-16", 0)):
        world.now += timedelta(days=1) if quarantined == 0 else timedelta(hours=2)
        world.poll()
        world.run("digest")
        assert world.digest(day)["quarantined"] == quarantined
