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
