from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.postgres import empty_database, give_back, needs_postgres, take_database
from tests.world import World

DAY, HOUR = timedelta(days=1), timedelta(hours=1)

pytestmark = needs_postgres


@pytest.fixture
def address() -> Iterator[str]:
    taken = take_database()
    yield taken
    give_back(taken)


def outputs(world: World) -> dict[str, bytes]:
    root = world.public("")
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def link_of(world: World, title: str) -> str:
    items = json.loads(world.public("feed.json").read_bytes())["items"]
    return str(next(item["url"] for item in items if item["title"] == title))


# --- the same week on both -----------------------------------------------------------------------------------


def test_the_same_week_gives_the_same_bytes_on_both(world: World, tmp_path: Path, address: str) -> None:
    """News, a copy, an edit, an outage and an entry that is hidden: every file and every word of the commands."""
    twin = World(tmp_path / "twin")
    twin.folder.mkdir()
    one, two = world.blog("One", "Bread", "Tea"), world.blog("Two", "Milk", kind="json")
    twin.blogs = world.blogs
    for each, store in ((world, "data/aggregator.db"), (twin, address)):
        each.settings = f"store: {store}\nlenses: {{alarm: [layoff*], opportunity: [hiring]}}"
        each.write()
    both = (world, twin)

    def say(*arguments: str, code: int | None = 0) -> str:
        told = [each.run(*arguments, code=code).replace(str(each.folder), "") for each in both]
        assert told[0] == told[1], arguments
        return told[0]

    for number in range(4):
        world.now = twin.now = world.now + DAY
        world.post(one, f"Hiring {number}", f"Hiring {number} in <b>Zürich</b>: what it takes, and who asks for it.")
        if number == 1:
            world.post(two, "Hiring 1", "Hiring 1 in Zürich: what it takes, and who asks for it.").at -= HOUR
        if number == 2:
            one.posts[0].text = "Bread is told here again. It was edited, and has another second sentence."
            two.broken = lambda handler: handler.send_error(500)
        if number == 3:
            two.broken = None
            say("hide", link_of(world, "Tea"))
        say("poll", "--json")
        say("digest")
        assert outputs(world) == outputs(twin), f"day {number}"
    say("status", "--json")
    say("search", "--newest", "hiring OR bread")
    say("explain", link_of(world, "Hiring 1"))
    say("digest", "--why")
    assert "Hiring 3" in say("digest", "--print", "text")
    for command in (["search", "zurich"], ["export", "--entries"]):  # in the order of ranks, and of what came first
        found = [sorted(each.run(*command).splitlines()) for each in both]
        assert found[0] == found[1] != []


# --- moving --------------------------------------------------------------------------------------------------


def test_a_store_moves_there_and_back_and_nothing_is_announced_again(world: World, address: str) -> None:
    blog = world.blog("One", "a", "b")
    world.write()
    world.poll()
    world.run("digest")
    before, titles = outputs(world), world.titles()
    told = world.run("move-store", address)
    assert told.startswith("2 entries, 1 source, 1 digest copied to postgresql://")
    assert "each read back and compared" in told
    assert f"write `store: {address}` into feeds.yaml now" in world.said
    world.settings = f"store: {address}"
    world.write()
    world.run("publish")
    assert {name: data for name, data in outputs(world).items() if not name.startswith("status")} == {
        name: data for name, data in before.items() if not name.startswith("status")
    }
    world.now += DAY
    world.post(blog, "c")
    assert world.poll()["new"] == 1
    world.run("move-store", str(world.folder / "back.db"))
    world.settings = "store: back.db"
    world.write()
    world.now += DAY
    assert world.poll()["new"] == 0
    assert world.titles() == ["c", *titles]


def test_what_cannot_be_moved_is_one_line(world: World, address: str) -> None:
    world.blog("One", "a")
    world.write()
    world.run("move-store", address, code=3)
    assert "does not exist yet" in world.said
    world.poll()
    world.run("move-store", str(world.folder / "data" / "aggregator.db"), code=2)
    assert "is the store itself" in world.said
    world.run("move-store", "postgresql://ann:hidden@127.0.0.1:1/x", code=3)
    assert "hidden" not in world.said
    world.run("move-store", address)
    world.run("move-store", address, code=3)
    assert "holds entries or sources already; nothing was touched" in world.said


# --- the program on PostgreSQL -------------------------------------------------------------------------------


def test_what_is_for_files_alone_says_what_to_use_instead(world: World, address: str) -> None:
    world.blog("One", "a")
    world.settings = f"store: {address}"
    world.write()
    world.run("status", code=None)
    world.poll()
    world.run("backup", str(world.folder / "copy.db"), code=3)
    assert "use `pg_dump`, or `aggregator move-store FILE`" in world.said
    world.run("restore", str(world.folder / "copy.db"), code=3)
    told = json.loads(world.run("doctor", "--offline", "--json", code=None))
    assert {check["name"]: check["told"] for check in told["checks"]}["store"].endswith(": answers")


def test_beside_a_running_aggregator_poll_asks_it(world: World, address: str) -> None:
    from aggregator.store.postgres import open_postgres

    world.blog("One", "a")
    world.settings = f"store: {address}"
    world.write()
    world.poll()
    running = open_postgres(address)
    running.session.write("run", world.now)
    assert f"asked the running aggregator (pid {os.getpid()} on " in world.run("poll")
    world.run("publish", code=5)
    assert f"(pid {os.getpid()} on " in world.said
    (state,) = running.sources.states().values()
    assert state.reason == "asked for by hand"
    running.close()


def test_the_password_comes_from_the_environment(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.blog("One", "a")
    world.settings = "store: postgresql://ann:${FOW_TEST_PASSWORD}@127.0.0.1:1/feeds"
    world.write()
    world.run("poll", code=3)
    assert "the environment has no FOW_TEST_PASSWORD" in world.said
    monkeypatch.setenv("FOW_TEST_PASSWORD", "p@ss/word")
    world.run("poll", code=3)
    assert "postgresql://ann@127.0.0.1:1/feeds" in world.said
    assert "word" not in world.said.replace("password", "")
    world.settings = "store: postgresql://ann:secret@127.0.0.1:1/feeds"
    world.write()
    world.run("check", code=2)
    assert "secrets do not stand in this file" in world.said


def test_a_database_with_nothing_in_it_is_told_as_such(world: World) -> None:
    world.blog("One", "a")
    world.settings = f"store: {empty_database()}"
    world.write()
    world.run("status", code=3)
    assert "is empty yet; run `aggregator poll`" in world.said
    assert world.poll()["new"] == 1
