"""`backup` and `restore`: beside a writer, on another machine, and never over something good."""

from __future__ import annotations

import json
import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from aggregator.store.lock import writer
from tests.stores import made
from tests.world import World

HOUR = timedelta(hours=1)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.fault(48)
def test_a_backup_restores_to_the_same_output(world: World) -> None:
    """Also to a machine that has nothing else: the file is all that is needed."""
    world.blog("One", "a", "b")
    world.write()
    world.poll()
    world.run("digest")
    kept, before = world.folder / "kept.db", contents(world.public(""))
    feeds = (world.folder / "feeds.yaml").read_bytes()
    with writer(world.folder / "data" / "aggregator.db", "run", world.now):  # beside who writes
        assert "verified" in world.run("backup", str(kept))
    for name in ("data", "public"):
        shutil.rmtree(world.folder / name)
    (world.folder / "feeds.yaml").unlink()
    world.run("restore", str(kept))
    assert "feeds.yaml: from the backup" in world.said
    assert (world.folder / "feeds.yaml").read_bytes() == feeds
    world.run("publish")
    after = contents(world.public(""))
    assert {n: d for n, d in after.items() if "status" not in n} == {
        n: d for n, d in before.items() if "status" not in n
    }
    world.now += HOUR
    assert world.poll()["new"] == 0


def test_a_restore_moves_the_present_store_aside_and_leaves_the_users_file(world: World) -> None:
    blog = world.blog("One", "a")
    world.write()
    world.poll()
    world.run("backup", str(world.folder))  # a folder: under the store's own name
    world.now += HOUR
    world.post(blog, "b")
    world.poll()
    feeds = world.write()
    feeds.write_text(feeds.read_text() + "# mine\n")
    world.run("restore", str(world.folder / "aggregator.db"))
    assert feeds.read_text().endswith("# mine\n")
    (aside,) = (world.folder / "data").glob("aggregator.db.replaced-*")
    titles = [json.loads(line)["title"] for line in world.run("export", "--entries").splitlines()]
    assert titles == ["a"]
    world.run("restore", str(aside))
    titles = [json.loads(line)["title"] for line in world.run("export", "--entries").splitlines()]
    assert titles == ["a", "b"]


@pytest.mark.fault(48)
def test_what_cannot_be_restored_leaves_everything_as_it_is(world: World, tmp_path: Path) -> None:
    world.blog("One", "a")
    world.write()
    world.poll()
    newer, text, damaged = tmp_path / "newer.db", tmp_path / "text.db", tmp_path / "damaged.db"
    world.run("backup", str(newer))
    with sqlite3.connect(newer) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    text.write_text("a text")
    damaged.write_bytes(newer.read_bytes()[:8192] + bytes(8192))
    before = contents(world.folder / "data")
    for file in (newer, text, damaged, tmp_path / "nowhere.db"):
        world.run("restore", str(file), code=3)
        assert "nothing was touched" in world.said
    with writer(world.folder / "data" / "aggregator.db", "run", world.now):
        world.run("restore", str(made(1, tmp_path / "old.db")), code=5)
    changed = {n for n, data in contents(world.folder / "data").items() if before.get(n) != data}
    assert changed <= {"aggregator.db.lock"}


def test_the_store_is_not_its_own_backup(world: World) -> None:
    world.blog("One", "a")
    world.write()
    world.run("backup", str(world.folder / "kept.db"), code=3)
    world.poll()
    store = str(world.folder / "data" / "aggregator.db")
    world.run("backup", store, code=2)
    world.run("restore", store, code=2)
    world.run("backup", str(world.folder / "no" / "folder" / "kept.db"), code=3)
    assert "cannot write" in world.said


def test_every_entry_is_a_line_of_json(world: World) -> None:
    world.blog("One", "a", "b")
    world.write()
    world.poll()
    rows = [json.loads(line) for line in world.run("export", "--entries").splitlines()]
    assert [(row["title"], row["standing"], row["source"]["title"]) for row in rows] == [
        ("a", "news", "One"),
        ("b", "news", "One"),
    ]


@pytest.mark.fault(17)
@pytest.mark.parametrize("kept", ["store", "nothing"])
def test_a_fresh_runner_with_a_restored_store_or_none_gives_the_same_output(world: World, kept: str) -> None:
    """What a workflow does: poll, digest, publish, back up; the next run begins on an empty machine."""
    blog = world.blog("One", "a", "b")
    world.write()
    for day in range(3):
        world.poll()
        world.run("digest")
        world.run("publish")
        before = contents(world.public(""))
        world.run("backup", str(world.folder / "kept.db"))
        for name in ("data", "public"):
            shutil.rmtree(world.folder / name)
        if kept == "store":
            (world.folder / "data").mkdir()
            shutil.copy(world.folder / "kept.db", world.folder / "data" / "aggregator.db")
            world.run("publish")
            assert {n for n, data in contents(world.public("")).items() if before.get(n) != data} <= {
                "status.html", "status.json"
            }  # fmt: skip
        world.now += timedelta(days=1)
        world.post(blog, f"post of day {day}")
    world.poll()
    assert sorted(world.titles()) == ["a", "b", "post of day 0", "post of day 1", "post of day 2"]
    feed = json.loads(world.public("feed.json").read_bytes())
    old = json.loads(before["feed.json"])
    assert {one["id"] for one in old["items"]} < {one["id"] for one in feed["items"]}
    if kept == "store":
        world.run("digest")
        assert world.digest("2026-03-17")["shown"] == 1
