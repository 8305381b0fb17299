"""`aggregator publish`: everything again from the store, no network."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from aggregator.store.sqlite import open_store
from tests.world import World


def test_a_lost_folder_is_written_again_without_a_request(world: World) -> None:
    blog = world.blog("One", "a")
    world.write()
    world.poll()
    world.run("digest")
    before = {p.name: p.read_bytes() for p in world.public("digest").iterdir()}
    shutil.rmtree(world.folder / "public")
    assert "atom.xml" in world.run("publish").split()
    assert {p.name: p.read_bytes() for p in world.public("digest").iterdir()} == before
    assert len(blog.requests) == 1


def test_an_output_that_cannot_be_written_is_exit_4_and_names_the_path(world: World) -> None:
    world.blog("One", "a")
    world.write()
    (world.folder / "public").write_text("in the way")
    world.run("poll", code=4)
    assert str(world.folder / "public") in world.said


def test_a_wrong_template_stops_nothing_that_was_published(world: World) -> None:
    world.blog("One", "a")
    world.write()
    world.poll()
    river = world.public("index.html").read_bytes()
    templates = world.folder / "templates"
    templates.mkdir()
    (templates / "digest.html").write_text("<p>Mine: {{ digest.date }}\n{{ digest.nothing }}")
    (templates / "style.css").write_text("p { color: green }")
    world.run("digest", code=4)
    assert world.said.splitlines()[-1] == (
        "publish: templates/digest.html:2: 'aggregator.records.digest.Digest object' has no attribute 'nothing'; "
        "the last good output stays"
    )
    assert world.public("index.html").read_bytes() == river
    assert not list(world.public("digest").glob("20*"))
    (templates / "digest.html").write_text("<p>Mine: {{ digest.date }}")
    world.run("digest")
    assert world.public("digest/2026-03-14.html").read_text() == "<p>Mine: 2026-03-14"
    assert world.public("style.css").read_text() == "p { color: green }"
    (templates / "digest.html").unlink()
    world.run("publish")
    assert world.public("digest/2026-03-14.html").read_text() == "<p>Mine: 2026-03-14", "sealed is sealed"


def read_by_an_older_version(folder: Path, title: str) -> None:
    """The store as a version left it that read no content of an entry."""
    store = open_store(folder / "data/aggregator.db")
    one = next(stored for stored in store.entries.newest_accepted() if stored.entry.title == title)
    body = store.bodies.newest(one.source_key)
    assert body is not None
    worse = replace(one.entry, summary="", content="", text="")
    with store.transaction():
        store.bodies.replace(body, one.key, worse)
    store.close()


def test_a_replay_shows_what_differs_and_applies_it_when_told(world: World) -> None:
    world.blog("One", "a", "b")
    world.blog("Two", "c")
    world.write()
    world.poll()
    world.run("digest")
    right = {p: p.read_bytes() for p in world.public("").rglob("*") if p.is_file() and "status" not in p.name}
    read_by_an_older_version(world.folder, "a")
    world.run("publish")
    wrong = world.public("atom.xml").read_bytes()
    assert wrong != right[world.public("atom.xml")]
    shown = world.run("publish", "--replay").splitlines()
    assert [line.split() for line in shown[:2]] == [
        ["SOURCE", "DOCUMENTS", "ENTRIES", "CHANGED", "MORE", "FIELDS"],
        ["One", "1", "2", "1", "0", "summary", "1,", "text", "1"],
    ]
    (outcome,) = shown[2:]
    assert outcome.startswith("read 2 kept documents of 2 sources again: 1 entry changed, 0 more found; nothing was wr")
    assert outcome.endswith("`aggregator publish --replay --apply` does it")
    assert "    summary: '' -> " in world.run("publish", "--replay", "--verbose")
    assert world.public("atom.xml").read_bytes() == wrong
    told = json.loads(world.run("publish", "--replay", "--json"))
    assert told["applied"] is False
    assert [source["title"] for source in told["sources"] if source["changed"]] == ["One"]
    assert told["sources"][0]["changed"][0]["fields"]["summary"]["before"] == ""
    assert "ids and sealed digests stay" in world.run("publish", "--replay", "--apply")
    assert {path: path.read_bytes() for path in right} == right
    assert world.run("publish", "--replay").splitlines() == [
        "read 2 kept documents of 2 sources again: nothing differs from what is stored"
    ]


@pytest.mark.parametrize("option", ["--apply", "--json"])
def test_what_goes_with_a_replay_alone_is_wrong_usage(world: World, option: str) -> None:
    world.blog("One")
    world.write()
    world.run("publish", option, code=2)
    assert f"{option} goes with --replay" in world.said
