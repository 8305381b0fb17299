"""`aggregator publish`: everything again from the store, no network."""

from __future__ import annotations

import shutil

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
