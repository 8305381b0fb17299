"""`aggregator hide` and `forget`: out of everything that is written from then on."""

from __future__ import annotations

import sqlite3
from datetime import timedelta

from aggregator.store.packing import decompress
from tests.test_public_members import deleted, ids
from tests.world import Blog, World, digest_titles

CAKE = "https://one.example/cake"


def two_blogs(world: World) -> tuple[Blog, Blog]:
    one, two = world.blog("One", "Bread", "Cake"), world.blog("Two", "Tea")
    one.posts[1].text = "Marzipan stands in no other text. It has a second sentence."
    world.write()
    world.poll()
    return one, two


def later(world: World, hours: float = 2) -> None:
    world.now += timedelta(hours=hours)


def public(world: World) -> bytes:
    """Everything that is published, in one."""
    return b"".join(path.read_bytes() for path in world.public("").rglob("*") if path.is_file())


def test_what_is_hidden_is_out_of_all_outputs_for_ever_and_may_return_by_hand(world: World) -> None:
    one, two = two_blogs(world)
    before, known = world.public("atom.xml").read_bytes(), ids(world)
    later(world)
    assert world.run("hide", "http://www.one.example/cake/") == "hidden: Cake\n"
    assert b"Marzipan" not in public(world)
    assert deleted(world) == {known["Cake"]: "2026-03-14T09:00:00Z"}
    world.run("search", "marzipan", code=1)
    assert "Marzipan" in world.run("search", "marzipan", "--all")
    one.posts[1].text += " It was edited."
    two.posts.append(type(two.posts[0])("Cake", world.now, one.posts[1].text, CAKE))  # a copy from elsewhere
    later(world)
    world.poll()
    assert sorted(world.titles()) == ["Bread", "Tea"]
    world.run("digest")
    digest = world.digest("2026-03-14")
    assert sorted(digest_titles(digest)) == ["Bread", "Tea"]
    assert {line["why"] for line in digest["not_shown"]} == {"rule: hidden by hand"}
    assert (digest["received"], digest["filtered"]) == (4, 2)
    assert world.run("hide", "--undo", CAKE) == "shown again: Cake\n"
    assert sorted(world.titles()) == ["Bread", "Cake", "Tea"]
    assert deleted(world) == {}
    assert before != world.public("atom.xml").read_bytes()  # it was edited meanwhile


def test_undoing_a_hiding_restores_every_byte(world: World) -> None:
    two_blogs(world)
    before = {name: world.public(name).read_bytes() for name in ("atom.xml", "rss.xml", "feed.json", "index.html")}
    later(world)
    world.run("hide", CAKE)
    assert {name: world.public(name).read_bytes() for name in before} != before
    later(world)
    world.run("hide", CAKE, "--undo")
    assert {name: world.public(name).read_bytes() for name in before} == before


def stored_texts(world: World) -> bytes:
    """All that the store holds, uncompressed."""
    with sqlite3.connect(world.folder / "data" / "aggregator.db") as sql:
        blobs = [row[0] for table in ("entries", "bodies") for row in sql.execute(f"SELECT data FROM {table}")]
        blobs += [row[0] for row in sql.execute("SELECT old FROM search_waiting WHERE old IS NOT NULL")]
        titles = [row[0].encode() for row in sql.execute("SELECT title FROM entries")]
    sql.close()
    return b"\n".join([*map(decompress, blobs), *titles])


def test_what_is_forgotten_leaves_no_text_and_never_returns(world: World) -> None:
    one, _ = two_blogs(world)
    world.run("digest")
    sealed, known = world.digest("2026-03-14"), ids(world)
    assert b"Marzipan" in stored_texts(world)
    later(world)
    assert world.run("forget", CAKE) == "forgotten: Cake\n"
    assert b"Marzipan" not in stored_texts(world)
    assert b'"title":"Cake"' not in stored_texts(world)
    assert sorted(world.titles()) == ["Bread", "Tea"]
    assert deleted(world) == {known["Cake"]: "2026-03-14T09:00:00Z"}
    world.run("search", "--all", "marzipan", code=1)
    for change in ("the same", "edited", "new guid and link", "new title"):
        later(world)
        if change == "edited":
            one.posts[1].text += " Edited."
        elif change == "new guid and link":  # the guid is made of the name
            one.name = "One again"
        elif change == "new title":
            one.posts[1].title, one.posts[1].link = "Gateau", CAKE
        done = world.poll()
        assert (done["new"], done["updated"]) == (0, 0 if change in ("the same", "edited") else done["updated"])
        assert b"Marzipan" not in stored_texts(world), change
        assert sorted(world.titles()) == ["Bread", "Tea"]
    assert world.digest("2026-03-14") == sealed
    told = world.run("explain", CAKE)
    assert "forgotten" in told
    assert "no sane date" not in told
    assert "2026-03-14" in told


def test_a_copy_of_what_was_forgotten_is_forgotten_too(world: World) -> None:
    one, two = two_blogs(world)
    world.run("forget", CAKE)
    two.posts.append(type(two.posts[0])("Cake", world.now, one.posts[1].text, CAKE))
    later(world)
    assert world.poll()["new"] == 1
    assert sorted(world.titles()) == ["Bread", "Tea"]
    world.run("digest")
    digest = world.digest("2026-03-14")
    assert (digest["received"], digest["shown"], digest["filtered"]) == (4, 2, 2)
    assert {line["title"] for line in digest["not_shown"]} == {"Forgotten"}


def test_an_unknown_address_changes_nothing(world: World) -> None:
    two_blogs(world)
    for command in ("hide", "forget"):
        world.run(command, CAKE, "https://nowhere.example/", code=1)
        assert world.said == "no entry is known under https://nowhere.example/\n"
    assert sorted(world.titles()) == ["Bread", "Cake", "Tea"]


def test_an_address_that_is_no_text_is_an_unknown_one(world: World) -> None:
    two_blogs(world)
    world.run("hide", "https://one.example/\udcff", code=1)  # a byte of the command line that is no UTF-8
    assert world.said.startswith("no entry is known under https://one.example/")
